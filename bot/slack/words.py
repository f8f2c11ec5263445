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
    "form.proposes": Text("Leave empty to have one proposed.", "留空则由系统拟定。"),
    "form.proposed": Text(
        "We propose the account `{account}`. Change it if you like, and submit again.",
        "已拟定账号 `{account}` ，可修改，请再次提交。",
    ),
    "form.result": Text("Where should the result go?", "结果发到哪里？"),
    "form.result.channel": Text("This channel", "本频道"),
    "form.result.me": Text("Only me", "仅发给我"),
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
        "• *New hire from message*, in the menu of a message, fills in what it says\n"
        "• `/newhire help` shows this\n"
        "The result is posted in the channel where you typed the command, or to you alone if you choose so under *More options*. {allowed}",
        "*`/newhire`* 会打开表单，为新同事在{providers}创建账号。\n"
        "• `/newhire zhang.wei@example.com`、`/newhire 138 0013 8000` 或 `/newhire 张伟` 会预先填写\n"
        "• 也可粘贴整张名片：`/newhire 姓名：张伟 手机：138 0013 8000 邮箱：zhang.wei@example.com`\n"
        "• `/newhire @某人` 会从其 Slack 资料中带入姓名、邮箱和职位\n"
        "• 在消息的菜单中选择 *New hire from message* ，会带入该消息的内容\n"
        "• `/newhire help` 显示本说明\n"
        "结果会发布在输入命令的频道中，也可在“更多选项”中选择仅发给自己。{allowed}",
    ),
    "help.not_here": Text(
        "`{word}` isn't available in this version, so nothing was opened. `/newhire help` shows what is. "
        "If it is a person's name, type `/newhire name: {word}`.",
        "当前版本不支持 `{word}`，未执行任何操作。输入 `/newhire help` 查看可用功能。如果这是姓名，请输入 `/newhire 姓名：{word}`。",
    ),
    "refused": Text(
        "You don't have permission to create accounts. {allowed} Ask one of them.",
        "您没有创建账号的权限。{allowed}请联系其中一位代为办理。",
    ),
    "refused.outsider": Text(
        "Only full members of this workspace can use /newhire. Ask a colleague to request it.",
        "仅本工作区正式成员可使用 /newhire，请由工作区内的同事代为申请。",
    ),
    "allowed.admins": Text("Workspace admins and owners can do this.", "工作区管理员和所有者可以办理。"),
    "allowed.list": Text("These people can do this: {who}.", "可以办理的人：{who}。"),
    "unchecked": Text(
        "We couldn't check your permissions with Slack, so nothing was sent. Try again in a minute.",
        "暂时无法向 Slack 核实您的权限，未执行任何操作，请稍后再试。",
    ),
    "not_understood": Text(
        "This button or command no longer works. Type `/newhire help`.",
        "此按钮或命令已失效，请输入 `/newhire help` 查看用法。",
    ),
    "not_opened": Text("The form didn't open. Type the command again.", "表单未能打开，请重新输入命令。"),
    "not_opened.unsure": Text(
        "Slack didn't answer properly. If no form has opened, type the command again.",
        "Slack 未正常响应。如果表单没有打开，请重新输入命令。",
    ),
    # Messages in the channel. Between a mark of Slack's (*, `) and a Chinese character or full-width sign stands a blank:
    # without it Slack shows the mark and not what it means.
    "creating": Text(
        "Creating a {provider} account for *{name}*… (requested by {requester})",
        "正在为 *{name}* 开通{provider}账号…（申请人：{requester}）",
    ),
    "not_in_channel": Text(
        "We couldn't post in the channel where you typed /newhire, so the result comes here. To see results there, invite newhire to that channel.",
        "无法在您输入 /newhire 的频道中发布，因此在这里告知您。如需在该频道查看结果，请邀请 newhire 加入。",
    ),
    "line": Text(
        "{provider} isn't responding (since {since}). The request for *{name}* is saved and will be sent automatically. (requested by {requester})",
        "*{name}* 的申请已保存：{provider}自 {since} 起无响应，恢复后自动提交。（申请人：{requester}）",
    ),
    "line.just_now": Text(
        "{provider} isn't responding. The request for *{name}* is saved and will be sent automatically. (requested by {requester})",
        "*{name}* 的申请已保存：{provider}暂无响应，恢复后自动提交。（申请人：{requester}）",
    ),
    "late": Text(
        "Still waiting for {provider} to create *{name}*'s account. Next try: {next}. We'll post the result here. "
        "Nothing for you to do. (requested by {requester})",
        "{provider}尚未为 *{name}* 开通账号。将于 {next} 重试，结果会在此告知，您无需操作。（申请人：{requester}）",
    ),
    "unknown": Text(
        "We don't know yet whether *{name}*'s {provider} account was created. Next check: {next}. "
        "Please don't submit it again. (requested by {requester})",
        "暂不确定 *{name}* 的{provider}账号是否已创建，将于 {next} 再次核实，请勿重复提交。（申请人：{requester}）",
    ),
    "Created": Text(
        "*{name}*'s {provider} account is ready (requested by {requester})",
        "已为 *{name}* 开通{provider}账号（申请人：{requester}）",
    ),
    "ActionRequired": Text(
        "*{name}*'s {provider} account is ready to activate (requested by {requester})",
        "*{name}* 的{provider}账号已创建，待本人激活（申请人：{requester}）",
    ),
    "AlreadyExists": Text(
        "*{name}* already has a {provider} account. Nothing was created. (requested by {requester})",
        "*{name}* 已有{provider}账号，未重复创建。（申请人：{requester}）",
    ),
    "failed": Text(
        "No {provider} account was created for *{name}* (requested by {requester})",
        "未能为 *{name}* 开通{provider}账号（申请人：{requester}）",
    ),
    "OutcomeUnknown": Text(
        "We couldn't find out whether *{name}*'s {provider} account was created (requested by {requester})",
        "无法确认 *{name}* 的{provider}账号是否已创建（申请人：{requester}）",
    ),
    "reply.done": Text(
        "{mention} Your request for *{name}* is done: see above.",
        "{mention} 您为 *{name}* 提交的申请已完成，请见上方。",
    ),
    "reply.failed": Text(
        "{mention} Your request for *{name}* didn't go through. What to do is written above.",
        "{mention} 您为 *{name}* 提交的申请未成功，处理办法请见上方。",
    ),
    "reply.unknown": Text(
        "{mention} We couldn't find out what became of your request for *{name}*. What to do is written above.",
        "{mention} 您为 *{name}* 提交的申请结果无法确认，处理办法请见上方。",
    ),
    # Details of an account.
    "detail.account": Text("Account", "账号"),
    "detail.email": Text("Email", "邮箱"),
    "detail.phone": Text("Phone", "电话"),
    "detail.department": Text("Department", "部门"),
    "detail.meeting_rooms": Text("Meeting room", "云会议室"),
    "detail.sip_number": Text("SIP number", "SIP 号码"),
    "detail.vendor_id": Text("{provider} ID", "{provider}内部 ID"),
    "vendor_says": Text("{provider}: {answer}", "{provider}返回 {answer}"),
    # The next step, for whoever asked.
    "to_do": Text("*Next step for {name}:* {what}", "*{name} 的下一步：* {what}"),
    "same": Text("Its details match your form.", "账号信息与表单一致。"),
    "differs": Text(
        "{account} already exists with a different {fields}. It may belong to someone else. Nothing was created.",
        "账号 {account} 已存在，但{fields}与表单不一致，可能属于他人。未创建新账号。",
    ),
    "differs.otherwise": Text(
        "An account with this {field} already exists with a different {fields}. It may belong to someone else. Nothing was created.",
        "此{field}已有账号，但{fields}与表单不一致，可能属于他人。未创建新账号。",
    ),
    "differs.somehow": Text(
        "Such an account already exists with a different {fields}. It may belong to someone else. Nothing was created.",
        "此类账号已存在，但{fields}与表单不一致，可能属于他人。未创建新账号。",
    ),
    "act.AlreadyExists": Text(
        "Check whose account it is. If *{name}* needs one of their own, submit again with other details.",
        "请先确认该账号的归属；如 *{name}* 需要新账号，请修改信息后重新提交。",
    ),
    "act.Rejected": Text(
        "{provider} didn't accept {field}. Correct it and submit again.", "{provider}未接受{field}，请修改后重新提交。"
    ),
    "act.no_longer_read": Text(
        "This request can't be read any more, for example because newhire was updated meanwhile. Submit it again.",
        "该申请已无法读取（例如期间 newhire 有更新），请重新提交。",
    ),
    "act.unknown_code": Text(
        "{provider} answered with a code that isn't in its documents. Ask an admin before you submit again.",
        "{provider}返回了文档中没有的错误码。请先联系管理员，再决定是否重新提交。",
    ),
    "act.Conflict": Text(
        "Another {provider} account already uses {field}. Check whether they already have an account.",
        "{field}已被{provider}其他账号使用，请先确认此人是否已有账号。",
    ),
    "act.NotAuthorised": Text(
        "newhire can't access {provider}. An admin needs to fix this before you submit again.",
        "newhire 无法访问{provider}，请等管理员处理后再提交。",
    ),
    "act.NoSeatLeft": Text(
        "All {provider} licences are in use. An admin needs to free or buy one.",
        "{provider}账号数已用完，请管理员释放或增购。",
    ),
    "act.RateLimited": Text(
        "{provider} kept limiting requests, so newhire stopped trying. Submit again later.",
        "{provider}持续限流，newhire 已停止尝试，请稍后重新提交。",
    ),
    "act.Unreachable": Text(
        "We couldn't reach {provider}, so nothing was sent. Submit again once it's back.",
        "无法连接{provider}，申请未发送，请在其恢复后重新提交。",
    ),
    "act.OutcomeUnknown": Text(
        "Admins: look for *{name}* in the {provider} console. If it isn't there, submit again.",
        "请管理员在{provider}后台查找 *{name}* 的账号，若不存在，可重新提交。",
    ),
    "told.admins": Text("Admins have been told.", "已通知管理员。"),
    "a_value": Text("one of the values", "某项内容"),
    "listed": Text("{most} and {last}", "{most}和{last}"),
    # To the admins: what they can do, and not what they are to be asked for.
    "admin.created": Text(
        "{provider}: account {account} for *{name}*, requested by {requester}",
        "{provider}：已为 *{name}* 开通账号 {account} （申请人：{requester}）",
    ),
    "admin.act": Text(
        "*Action needed:* {provider} account for *{name}*, requested by {requester}",
        "*待处理：* {requester} 为 *{name}* 申请的{provider}账号",
    ),
    "admin.ended": Text(
        "Not created: {provider} account for *{name}*, requested by {requester}",
        "未创建：{requester} 为 *{name}* 申请的{provider}账号",
    ),
    "admin.stuck": Text(
        "Still in progress: {provider} account for *{name}*, requested by {requester}. newhire keeps trying; nothing to do.",
        "仍在处理：{requester} 为 *{name}* 申请的{provider}账号。newhire 会继续尝试，无需操作。",
    ),
    "admin.silent": Text(
        "We couldn't reach {requester} in Slack, so here is the result.", "无法通知 {requester}，结果在此告知。"
    ),
    "admin.group_gone": Text(
        "*Action needed:* the user group {group} is on the list of who may use /newhire, but Slack doesn't know it any more. "
        "Take it off the list or put another in its place.",
        "*待处理：* 用户组 {group} 在 /newhire 的使用者名单中，但 Slack 中已不存在。请将其移除或更换。",
    ),
    "fix.unknown_code": Text(
        "{provider} answered with a code that isn't in its documents. Ask {provider} what it means, and tell {requester}.",
        "{provider}返回了文档中没有的错误码。请向{provider}确认其含义，并告知 {requester}。",
    ),
    "fix.NotAuthorised": Text(
        "newhire can't access {provider}: what to correct is below. Then {requester} can submit again.",
        "newhire 无法访问{provider}，需更正的内容见下方。处理后 {requester} 可重新提交。",
    ),
    "fix.NoSeatLeft": Text(
        "All {provider} licences are in use. Free or buy one; then {requester} can submit again.",
        "{provider}账号数已用完，请释放或增购。处理后 {requester} 可重新提交。",
    ),
    "fix.RateLimited": Text(
        "{provider} kept limiting requests, so newhire stopped trying. {requester} was asked to submit again later.",
        "{provider}持续限流，newhire 已停止尝试，已请 {requester} 稍后重新提交。",
    ),
    "fix.Unreachable": Text(
        "newhire couldn't reach {provider}, so nothing was sent. {requester} was asked to submit again once it's back.",
        "无法连接{provider}，申请未发送，已请 {requester} 在其恢复后重新提交。",
    ),
    "fix.OutcomeUnknown": Text(
        "Look for *{name}* in the {provider} console. If it isn't there, {requester} can submit again.",
        "请在{provider}后台查找 *{name}* 的账号，若不存在，{requester} 可重新提交。",
    ),
    # What is wrong with a provider, for all its requests together.
    "admin.down": Text(
        "*{provider} isn't responding* (since {since}). Requests waiting: {n}. They're saved and will be sent automatically; nothing to do.",
        "*{provider}无响应。* 开始时间：{since}；等待中的申请：{n}。申请已保存，恢复后自动提交，无需操作。",
    ),
    "admin.limited": Text(
        "*{provider} keeps limiting requests* (since {since}). Requests waiting: {n}. They're saved and will be sent automatically; nothing to do.",
        "*{provider}持续限流。* 开始时间：{since}；等待中的申请：{n}。申请已保存，稍后自动提交，无需操作。",
    ),
    "admin.affected": Text("Requests affected since {since}: {n}", "自 {since} 起受影响的申请：{n}"),
    "admin.back": Text(
        "*{provider} is back* after {lasted}. Sending the waiting requests now.",
        "*{provider}已恢复。* 历时 {lasted}，正在处理排队的申请。",
    ),
    "admin.solved": Text(
        "*Solved:* {provider} creates accounts again, after {lasted}. Requests affected: {n}.",
        "*已解决：* {provider}已恢复开通账号，历时 {lasted}，受影响的申请：{n}。",
    ),
    "long.minutes.1": Text("1 minute", "1 分钟"),
    "long.minutes": Text("{n} minutes", "{n} 分钟"),
    "long.hours": Text("{n} hours", "{n} 小时"),
    "long.days": Text("{n} days", "{n} 天"),
    "ago.now": Text("just now", "刚刚"),
    "ago": Text("{long} ago", "{long}前"),
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
    """How long ago."""
    return say(lang, "ago.now") if seconds < 60 else say(lang, "ago", long=long(lang, seconds))


def long(lang: str, seconds: float) -> str:
    """A length of time in one unit: minutes up to two hours, hours up to two days; never a nothing."""
    minutes = max(int(seconds // 60), 1)
    if minutes == 1:
        return say(lang, "long.minutes.1")
    if minutes < 120:
        return say(lang, "long.minutes", n=minutes)
    hours = minutes // 60
    return say(lang, "long.hours", n=hours) if hours < 48 else say(lang, "long.days", n=hours // 24)
