"""Every sentence that a person reads, in English and Simplified Chinese, but for the fields' own (those stand beside them).

`{braces}` are filled in by `say`. A test proves that both languages have every sentence, with the same braces.
"""

from __future__ import annotations

from typing import Literal

from bot.hire import Text

Language = Literal["en", "zh"]

WORDS: dict[str, Text] = {
    # The form.
    "form.title": Text("New hire account", "开通会议账号"),
    "form.submit": Text("Create account", "创建账号"),
    "form.anyway": Text("Create anyway", "仍要创建"),
    "form.cancel": Text("Cancel", "取消"),
    "form.close": Text("Close", "关闭"),
    "form.provider": Text("Meeting service", "会议平台"),
    "form.one_provider": Text("This creates a *{provider}* account.", "将开通 *{provider}* 账号。"),
    "form.more": Text("More options", "更多选项"),
    "form.fewer": Text("Fewer options", "收起选项"),
    "form.retype": Text(
        "The {field} you typed isn't kept. If it is still needed, type it again.",
        "您输入的{field}不会保留。如仍需要，请重新输入。",
    ),
    "form.retype.hint": Text("Type it again: what you typed before isn't kept.", "请重新输入：之前输入的内容未保留。"),
    "form.repeat": Text(
        "{requester} already requested this person {ago} ({state}). To request again, choose *Create anyway*.",
        "{requester} {ago}已为此人提交过申请（{state}）。如仍需创建，请点击“仍要创建”。",
    ),
    "form.first_version": Text(
        "Your first version of this form was accepted ({state}). If this one is to be created as well, send it once more.",
        "此表单的第一版已提交（{state}）。如仍需按现在的内容再创建一个，请再次提交。",
    ),
    "form.see": Text("see {link}", "见{link}"),
    "form.message": Text("the message", "这条消息"),
    "form.state.open": Text("in progress", "处理中"),
    "form.state.done": Text("finished", "已完成"),
    "form.state.unknown": Text("result not known yet", "结果待确认"),
    "form.not_confirmed": Text(
        "We couldn't confirm your request yet. Keep this form open and submit again in a moment. "
        "It won't create a second account.",
        "暂时未能确认是否提交成功。请保留此表单，稍后再次提交，不会重复创建账号。",
    ),
    "form.trouble": Text(
        "Something went wrong on our side and nothing was sent. Submit again; if it keeps happening, "
        "give an admin this reference: {where}.",
        "系统出错，申请未提交。请再次提交；若仍失败，请将编号 {where} 告知管理员。",
    ),
    "form.unchecked": Text(
        "We couldn't check your permissions with Slack, so nothing was sent. "
        "What you typed is still here: submit again in a moment.",
        "暂时无法向 Slack 核实您的权限，申请未提交。填写的内容仍保留，请稍后再次提交。",
    ),
    "form.no_profile": Text(
        "Slack didn't give us the profile of {who}, so it isn't filled in.",
        "暂时无法获取 {who} 的 Slack 资料，未能预先填写。",
    ),
    "form.not_redrawn": Text(
        "The form couldn't be changed just now. What you typed is kept: choose again in a moment.",
        "表单暂时未能更新，填写的内容仍保留，请稍后重新选择。",
    ),
    # Errors on fields, by the error's type.
    "error.missing": Text("Enter a value.", "请填写此项。"),
    "error.string_too_short": Text("Enter at least {min_length} characters.", "请输入至少 {min_length} 个字符。"),
    "error.string_too_long": Text("Enter at most {max_length} characters.", "请输入不超过 {max_length} 个字符。"),
    "error.too_short": Text("Enter at least {min_length} characters.", "请输入至少 {min_length} 个字符。"),
    "error.too_long": Text("Enter at most {max_length} characters.", "请输入不超过 {max_length} 个字符。"),
    "error.greater_than_equal": Text("Enter {ge} or more.", "请输入不小于 {ge} 的数。"),
    "error.less_than_equal": Text("Enter {le} or less.", "请输入不大于 {le} 的数。"),
    "error.int_parsing": Text("Enter a whole number.", "请输入整数。"),
    "error.int_type": Text("Enter a whole number.", "请输入整数。"),
    "error.other": Text("Check this value.", "请检查此项内容。"),
    # The command.
    "help": Text(
        "*`/newhire`* opens a form and creates an account for a new colleague at {providers}.\n"
        "• `/newhire zhang.wei@example.com`, `/newhire +86 138 0013 8000` or `/newhire Zhang Wei` fills in what you typed\n"
        "• A whole contact card works too: `/newhire Name: Zhang Wei Mobile: 138 0013 8000 Email: zhang.wei@example.com`\n"
        "• `/newhire @somebody` takes name, email and title from their Slack profile\n"
        "• `/newhire help` shows this\n"
        "The result is posted in the channel where you typed the command. {allowed}",
        "*`/newhire`* 会打开表单，为新同事在{providers}创建账号。\n"
        "• `/newhire zhang.wei@example.com`、`/newhire 138 0013 8000` 或 `/newhire 张伟` 会预先填写\n"
        "• 也可粘贴整张名片：`/newhire 姓名：张伟 手机：138 0013 8000 邮箱：zhang.wei@example.com`\n"
        "• `/newhire @某人` 会从其 Slack 资料中带入姓名、邮箱和职位\n"
        "• `/newhire help` 显示本说明\n"
        "结果会发布在输入命令的频道中。{allowed}",
    ),
    "help.not_here": Text(
        "`{word}` isn't available in this version, so nothing was opened. `/newhire help` shows what is. "
        "If it is a person's name, type `/newhire name: {word}`.",
        "当前版本不支持 `{word}`，未执行任何操作。输入 `/newhire help` 查看可用功能。如果这是姓名，请输入 `/newhire 姓名：{word}`。",
    ),
    "refused": Text(
        "You may not create accounts with /newhire. {allowed}", "您没有使用 /newhire 创建账号的权限。{allowed}"
    ),
    "refused.outsider": Text(
        "/newhire is for full members of this workspace only: ask a colleague there.",
        "/newhire 仅限本工作区正式成员使用，请联系工作区内的同事。",
    ),
    "allowed.admins": Text("Ask a workspace admin or owner: they may.", "请联系工作区管理员或所有者。"),
    "allowed.list": Text("Ask one of these: {who}.", "请联系：{who}。"),
    "unchecked": Text(
        "Slack did not say just now who you are, so nothing was done. Try again in a moment.",
        "暂时无法向 Slack 确认您的身份，未执行任何操作，请稍后再试。",
    ),
    "not_understood": Text(
        "This button or command is not one of newhire's any more. Type `/newhire help`.",
        "此按钮或命令已失效，请输入 `/newhire help`。",
    ),
    "not_opened": Text(
        "The form did not open ({reason}). Type the command again.", "表单未能打开（{reason}），请重新输入命令。"
    ),
    "not_opened.unsure": Text(
        "Slack didn't answer properly. If no form has opened, type the command again.",
        "Slack 未正常响应。如果表单没有打开，请重新输入命令。",
    ),
    # Messages in the channel.
    "creating": Text(
        "Creating a {provider} account for *{name}* …, asked for by {requester}",
        "正在为 *{name}* 创建{provider}账号……（申请人：{requester}）",
    ),
    "not_in_channel": Text(
        "I could not post in the channel where you typed /newhire (I am not in the channel, or it is archived), so I tell you here. "
        "Invite me there to have it in the channel.",
        "无法在您输入命令的频道中发布（我不在该频道中，或频道已归档），因此在这里告知您。如需在频道中显示，请邀请我加入。",
    ),
    "line": Text(
        "{provider} has not answered since {since}. The form for *{name}* is kept and goes out by itself. (asked for by {requester})",
        "{provider}自 {since} 起没有响应。*{name}* 的申请已保存，恢复后会自动提交。（申请人：{requester}）",
    ),
    "late": Text(
        "{provider} has not taken the account for *{name}* so far{why}. The form is kept, the admins know; next try at {next}, "
        "and a final word here within {hours} hours at most. Nothing for you to do. (asked for by {requester})",
        "{provider}至今未能创建 *{name}* 的账号{why}。申请已保存，管理员已获知；下次尝试时间 {next}，最迟 {hours} 小时内在此给出最终结果，"
        "您无需操作。（申请人：{requester}）",
    ),
    "unknown": Text(
        "It is not known yet whether {provider} created the account for *{name}*{why}. Please do not ask again; newhire looks it up at {next} "
        "and says so here. (asked for by {requester})",
        "尚不确定{provider}是否已创建 *{name}* 的账号{why}。请勿重复提交；newhire 将于 {next} 再次查询并在此更新。（申请人：{requester}）",
    ),
    "Created": Text(
        "{provider} account for *{name}* created, asked for by {requester}",
        "已为 *{name}* 创建{provider}账号（申请人：{requester}）",
    ),
    "ActionRequired": Text(
        "{provider} account for *{name}* created, asked for by {requester}; one step is left",
        "已为 *{name}* 创建{provider}账号（申请人：{requester}），还差一步",
    ),
    "AlreadyExists": Text(
        "*{name}* has a {provider} account already; nothing was created. Asked for by {requester}",
        "*{name}* 已有{provider}账号，未重复创建。（申请人：{requester}）",
    ),
    "reply.done": Text(
        "{requester} Your request for *{name}* is finished: see above.",
        "{requester} 您为 *{name}* 提交的申请已完成，请见上方。",
    ),
    "reply.failed": Text(
        "{requester} Your request for *{name}* didn't work: see above what to do.",
        "{requester} 您为 *{name}* 提交的申请未成功，请见上方说明。",
    ),
    "failed": Text(
        "No {provider} account for *{name}* was created. Asked for by {requester}",
        "未能为 *{name}* 创建{provider}账号。（申请人：{requester}）",
    ),
    "OutcomeUnknown": Text(
        "Nobody could find out whether {provider} created the account for *{name}*. Asked for by {requester}",
        "无法确认{provider}是否已创建 *{name}* 的账号。（申请人：{requester}）",
    ),
    "differs": Text(
        "It differs from the form in: {fields}. It may belong to somebody else.",
        "与表单不同的项目：{fields}。该账号可能属于他人。",
    ),
    "same": Text("It has what the form says.", "与表单内容一致。"),
    "to_do": Text("What is left: {what}", "待办：{what}"),
    # Details of an account.
    "detail.name": Text("Name", "姓名"),
    "detail.provider": Text("Provider", "平台"),
    "detail.account": Text("Account", "账号"),
    "detail.vendor_id": Text("Vendor's id", "平台内部 ID"),
    "detail.email": Text("E-mail", "邮箱"),
    "detail.phone": Text("Phone", "电话"),
    "detail.department": Text("Department", "部门"),
    "detail.sip_number": Text("SIP number", "SIP 号码"),
    "detail.meeting_rooms": Text("Meeting room", "云会议室"),
    # Failures: who must act, and what to do.
    "act.Rejected": Text(
        "{requester}: {provider} refused {field}. Correct it and type /newhire again.",
        "{requester}：{provider}拒绝了{field}。请修改后重新输入 /newhire。",
    ),
    "act.Conflict": Text(
        "{requester}: {provider} says that {field} is taken by another account. Use another one and type /newhire again.",
        "{requester}：{provider}表示{field}已被其他账号占用。请更换后重新输入 /newhire。",
    ),
    "act.NotAuthorised": Text(
        "An admin: {provider} does not let newhire do this.", "管理员：{provider}不允许 newhire 执行此操作。"
    ),
    "act.NoSeatLeft": Text("An admin: all seats at {provider} are taken.", "管理员：{provider}的账号数已达上限。"),
    "act.RateLimited": Text(
        "Nobody: {provider} took no more calls for too long. Ask again later.",
        "无需处理：{provider}长时间限流，请稍后再试。",
    ),
    "act.Unreachable": Text(
        "An admin: {provider} could not be reached. Nothing was sent; ask again once it answers.",
        "管理员：无法连接{provider}。未发送任何内容，恢复后可重新提交。",
    ),
    "act.OutcomeUnknown": Text(
        "An admin: look for *{name}* in the console of {provider} before anybody asks again.",
        "管理员：请先在{provider}管理后台查找 *{name}*，再决定是否重新提交。",
    ),
    "a_value": Text("a value", "某项内容"),
    "vendor_says": Text("{provider} says: {code} {words}", "{provider}返回：{code} {words}"),
    "because": Text(" ({reason})", "（{reason}）"),
    "unknown_code": Text(
        "newhire does not know this code; it is shown as it came.", "newhire 不认识此代码，按原样显示。"
    ),
    # To the admins.
    "admin.created": Text(
        "{provider}: account {account} for *{name}*, asked for by {requester}",
        "{provider}：为 *{name}* 创建了账号 {account}，申请人 {requester}",
    ),
    "admin.act": Text(
        "*An admin must act*: {provider}, the request for *{name}* by {requester}",
        "*需要管理员处理*：{provider}，{requester} 为 *{name}* 提交的申请",
    ),
    "admin.down": Text(
        "*{provider} does not answer.* Forms are still accepted; they wait in line, and newhire tries one at a time until it is back.",
        "*{provider}没有响应。* 仍可提交申请，申请会排队等待；newhire 会逐个尝试，直到恢复。",
    ),
    "admin.back": Text("*{provider} answers again.* The line moves.", "*{provider}已恢复响应。* 排队的申请继续处理。"),
    "admin.silent": Text(
        "The requester could not be told in Slack. The account: {kind}.", "无法在 Slack 中告知申请人。结果：{kind}。"
    ),
    "ago.now": Text("just now", "刚刚"),
    "ago.minutes": Text("{n} minutes ago", "{n} 分钟前"),
    "ago.hours": Text("{n} hours ago", "{n} 小时前"),
}


def language(locale: str | None) -> Language:
    """The language for a Slack locale such as `zh-CN`; English for all that newhire does not speak."""
    return "zh" if (locale or "").lower().startswith("zh") else "en"


def pick(text: Text, lang: str) -> str:
    """The sentence in one of the two languages."""
    return text.zh if lang == "zh" else text.en


def say(lang: str, key: str, **values: object) -> str:
    """The sentence for people who read `lang`. Raises KeyError for a sentence that is not there."""
    return pick(WORDS[key], lang).format(**values)


def ago(lang: str, seconds: float) -> str:
    """How long ago, in minutes and hours."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return say(lang, "ago.now")
    return say(lang, "ago.minutes", n=minutes) if minutes < 120 else say(lang, "ago.hours", n=minutes // 60)
