"""The sentences about newhire's own set-up, by the names of the checks (`bot.doctor`). They are part of `words.WORDS`."""

from __future__ import annotations

from bot.hire import Text

SET_UP_WORDS: dict[str, Text] = {
    "set_up": Text(
        "*Action needed:* something in newhire's set-up must be mended.",
        "*待处理：* newhire 的配置需要修正。",
    ),
    "set_up.slack.scopes": Text(
        "The Slack app lacks the scopes {what}. Paste its manifest again, and install the app again.",
        "Slack 应用缺少权限范围 {what} ，请重新粘贴应用清单（manifest）并重新安装应用。",
    ),
    "set_up.slack.one_app": Text(
        "The two Slack tokens are of different apps: {what}. Take both from one app's page.",
        "两个 Slack 令牌属于不同的应用： {what} ，请从同一应用的页面获取。",
    ),
    "set_up.slack.allowed": Text(
        "Slack doesn't know {what} on the list of who may use /newhire. Correct the list.",
        "Slack 中不存在 /newhire 使用者名单里的 {what} ，请更正名单。",
    ),
    "set_up.slack.approvers": Text(
        "Slack doesn't know {what} on the list of who may approve. Correct the list.",
        "Slack 中不存在审批人名单里的 {what} ，请更正名单。",
    ),
    "set_up.providers.credentials": Text(
        "newhire's credentials are refused by {what}. Correct them.", "newhire 的凭据被 {what} 拒绝，请更正。"
    ),
    "set_up.database.disk": Text(
        "The disk with newhire's database is almost full. Make room.",
        "newhire 数据库所在的磁盘即将写满，请清理空间。",
    ),
    "set_up.doctor": Text(
        "`newhire doctor`, typed on the server, shows all of it.",
        "在服务器上运行 `newhire doctor` 可查看全部详情。",
    ),
    "set_up.since": Text("Found {since}; looked at again at every start.", "发现时间：{since}；每次启动时重新检查。"),
    "set_up.solved": Text(
        "*Solved:* nothing in newhire's set-up has to be mended any more.",
        "*已解决：* newhire 的配置已无需修正。",
    ),
}
