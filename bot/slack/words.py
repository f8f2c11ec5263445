"""Every sentence that a person reads, in English and Simplified Chinese, but for the fields' own (those stand beside them).

`{braces}` are filled in by `say`. A test proves that both languages have every sentence, with the same braces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from bot.hire import Text
from bot.slack.words_batches import BATCH_WORDS
from bot.slack.words_set_up import SET_UP_WORDS

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
        "This form was already submitted with other details ({state}). To create this one as well, choose *Create anyway*.",
        "此表单已以其他内容提交过（{state}）。如仍需按现在的内容创建，请点击“仍要创建”。",
    ),
    "form.see": Text("{state}, see {link}", "{state}，见{link}"),
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
    "form.refused": Text("{where}: {words}", "{where}：{words}"),
    "form.look_at": Text("Check {where}.", "请检查{where}。"),
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
    # Errors on fields, by the error's type; with the field's title where Slack has no field to hang it on.
    "form.on_field": Text("{title}: {error}", "{title}：{error}"),
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
        "• `/newhire Zhang Wei` fills in the name; a phone number or an email works too\n"
        "• `/newhire Name: Zhang Wei Mobile: 138 0013 8000 Email: zhang.wei@example.com` fills in a whole contact card\n"
        "• `/newhire @somebody` takes name, phone, email and job title from their Slack profile\n"
        "• *New hire from message*, in the menu of a message, fills in what it says\n"
        "• `/newhire status` shows where requests stand; `/newhire status Zhang Wei` those for one person\n"
        "• `/newhire help` shows this\n"
        "The result is posted in the channel where you typed the command, or to you alone if you choose so under *More options*.\n"
        "{allowed}",
        "*`/newhire`* 会打开表单，为新同事在{providers}创建账号。\n"
        "• `/newhire 张伟` 会填好姓名，也可输入手机号或邮箱\n"
        "• `/newhire 姓名：张伟 手机：138 0013 8000 邮箱：zhang.wei@example.com` 可粘贴整张名片\n"
        "• `/newhire @某人` 会从其 Slack 资料中带入姓名、电话、邮箱和职位\n"
        "• 在消息的菜单中选择 *New hire from message* ，会带入该消息的内容\n"
        "• `/newhire 状态` 显示申请进度； `/newhire 状态 张伟` 显示某人的申请\n"
        "• `/newhire help` 显示本说明\n"
        "结果会发布在您输入命令的频道中，也可在“更多选项”中选择仅发给自己。\n"
        "{allowed}",
    ),
    "help.not_here": Text(
        "`{word}` isn't available in this version, so nothing was opened. `/newhire help` shows what is. "
        "If it is a person's name, type `/newhire name: {word}`.",
        "当前版本没有 `{word}` 功能，未执行任何操作。输入 `/newhire help` 查看可用功能。"
        "如果这是姓名，请用 `/newhire 姓名：{word}` 打开表单。",
    ),
    "help.provider": Text("{most} or {last}", "{most}或{last}"),
    "help.admins": Text("Workspace admins and owners can use it.", "可使用者：工作区管理员和所有者。"),
    "help.listed": Text("Who can use it: {who}.", "可使用者：{who}。"),
    "refused.admins": Text(
        "You don't have permission to create accounts. A workspace admin or owner can do it for you.",
        "您没有创建账号的权限，请联系工作区管理员或所有者代为办理。",
    ),
    "refused.listed": Text(
        "You don't have permission to create accounts. One of these people can do it for you: {who}.",
        "您没有创建账号的权限，请联系以下任一人员代为办理：{who}。",
    ),
    "refused.outsider": Text(
        "Only full members of this workspace can use /newhire. Ask a colleague who is one to request the account.",
        "仅本工作区正式成员可使用 /newhire，请由正式成员代为申请。",
    ),
    "unchecked": Text(
        "We couldn't check your permissions with Slack, so no form was opened. Try again in a minute.",
        "暂时无法向 Slack 核实您的权限，未打开表单，请稍后再试。",
    ),
    "not_understood": Text(
        "This button or command no longer works. Type `/newhire help`.",
        "此按钮或命令已失效，请输入 `/newhire help` 查看用法。",
    ),
    "not_opened": Text("The form didn't open. Please try again.", "表单未能打开，请重试。"),
    "not_opened.unsure": Text(
        "Slack didn't answer properly. If no form has opened, please try again.",
        "Slack 未正常响应。如果表单没有打开，请重试。",
    ),
    # Messages in the channel. Between a mark of Slack's (*, `) and a Chinese character or full-width sign stands a blank:
    # without it Slack shows the mark and not what it means.
    "creating": Text(
        "Creating a {provider} account for *{name}*… (requested by {requester})",
        "正在为 *{name}* 开通{provider}账号…（申请人：{requester}）",
    ),
    "awaits_approval": Text(
        "*Waiting for approval:* a {provider} account for *{name}* (requested by {requester})",
        "*待审批：* 为 *{name}* 开通{provider}账号（申请人：{requester}）",
    ),
    "declined.declined": Text("Declined by {who}.", "审批人 {who} 已拒绝。"),
    "declined.expired": Text(
        "Nobody approved it within a day. Submit it again if it is still needed.",
        "一天内无人审批。如仍需要，请重新提交。",
    ),
    "declined.withdrawn": Text("Cancelled by {who}.", "{who} 已取消申请。"),
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
        "You don't need to do anything. (requested by {requester})",
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
        "{mention} Your request for *{name}* didn't go through. See above for what to do.",
        "{mention} 您为 *{name}* 提交的申请未成功，处理办法请见上方。",
    ),
    "reply.declined": Text(
        "{mention} Your request for *{name}* wasn't approved: see above.",
        "{mention} 您为 *{name}* 提交的申请未获批准，请见上方。",
    ),
    "reply.unknown": Text(
        "{mention} We couldn't find out whether *{name}*'s account was created. See above for what to do.",
        "{mention} 无法确认 *{name}* 的账号是否已创建，处理办法请见上方。",
    ),
    # What was done since, and the buttons.
    "removed": Text(
        "*{name}*'s {provider} account was removed again (requested by {requester})",
        "*{name}* 的{provider}账号已撤销（申请人：{requester}）",
    ),
    "gone": Text(
        "*{name}*'s {provider} account no longer exists (requested by {requester})",
        "*{name}* 的{provider}账号已不存在（申请人：{requester}）",
    ),
    "disabled": Text(
        "*{name}*'s {provider} account is disabled (requested by {requester})",
        "*{name}* 的{provider}账号已停用（申请人：{requester}）",
    ),
    "deed.approved": Text("Approved by {who}, {when}.", "{who} 于 {when} 同意。"),
    "deed.approved.now": Text("Approved by {who}.", "{who} 已同意。"),
    "deed.retried": Text("Tried again by {who}, {when}: see the new message.", "{who} 于 {when} 重试，结果见新消息。"),
    "deed.corrected": Text("Corrected and submitted again by {who}, {when}.", "{who} 于 {when} 修改后重新提交。"),
    "deed.looked_up": Text("Looked up by {who}, {when}.", "{who} 于 {when} 核实。"),
    "deed.invited": Text("Invitation sent again by {who}, {when}.", "{who} 于 {when} 重新发送了邀请。"),
    "deed.removed": Text("Removed by {who}, {when}.", "{who} 于 {when} 撤销。"),
    "deed.gone": Text("Not found at {provider} any more, seen {when}.", "在{provider}已查不到该账号（{when} 核实）。"),
    "deed.disabled": Text("Disabled by {who}, {when}.", "{who} 于 {when} 停用。"),
    "deed.enabled": Text("Enabled by {who}, {when}.", "{who} 于 {when} 启用。"),
    "deed.activated": Text("Activated, seen {when}.", "已激活（{when} 核实）。"),
    "follows": Text("Follows <{link}|an earlier request>.", "由<{link}|之前的申请>而来。"),
    "reminder": Text(
        "*{name}* hasn't activated their {provider} account yet, {long} after it was created.",
        "*{name}* 的{provider}账号已创建 {long}，仍未激活。",
    ),
    "reminder.step": Text(
        "Send the invitation again, or get a link and forward it to them. We'll check again.",
        "您可以重新发送邀请，或获取激活链接转发给本人。系统稍后会再次核实。",
    ),
    "reminder.last": Text(
        "Send the invitation again, or get a link and forward it to them. This is the last reminder.",
        "您可以重新发送邀请，或获取激活链接转发给本人。此后不再提醒。",
    ),
    # Licences.
    "form.seats.left": Text("{free} of {total} licences left", "账号数剩余 {free} 个（共 {total} 个）"),
    "form.seats.none": Text("All {total} licences are in use", "{total} 个账号数已全部用完"),
    "form.seats.of.left": Text(
        "{free} of {total} “{licence}” licences left", "“{licence}”许可剩余 {free} 个（共 {total} 个）"
    ),
    "form.seats.of.none": Text("All {total} “{licence}” licences are in use", "“{licence}”许可 {total} 个已全部用完"),
    "seats.few": Text(
        "*Few {provider} licences left:* {free} of {total}{licence}. Free or buy some before they run out.",
        "*{provider}账号数即将用完：* 剩余 {free} 个，共 {total} 个{licence}。请提前释放或增购。",
    ),
    "seats.full": Text(
        "*No {provider} licences left:* all {total} are in use{licence}. Free or buy some.",
        "*{provider}账号数已用完：* 共 {total} 个{licence}。请释放或增购。",
    ),
    "seats.expiring": Text(
        "*{provider} licences expire soon:* {expiring} of {total}{licence}, within 30 days. Renew them in time.",
        "*{provider}账号数即将到期：* {total} 个中有 {expiring} 个将在 30 天内到期{licence}。请及时续费。",
    ),
    "seats.licence": Text(" ({licence})", "（{licence}）"),
    # Who has joined, and what a week came to.
    "joined": Text("*{who}* has joined Slack.", "*{who}* 已加入 Slack。"),
    "joined.create": Text("Create account", "开通账号"),
    "digest": Text("*newhire, {since} to {until}*", "*newhire 周报：{since} 至 {until}*"),
    "digest.created": Text("Accounts created: {n}", "已开通账号：{n}"),
    "digest.failed": Text("Not created: {n} ({why})", "未开通：{n}（{why}）"),
    "digest.why.Rejected": Text("details not accepted: {n}", "信息未被接受：{n}"),
    "digest.why.Conflict": Text("already in use: {n}", "信息已被占用：{n}"),
    "digest.why.NotAuthorised": Text("no access: {n}", "无权访问：{n}"),
    "digest.why.NoSeatLeft": Text("no licence left: {n}", "账号数已用完：{n}"),
    "digest.why.RateLimited": Text("too many requests: {n}", "持续限流：{n}"),
    "digest.why.Unreachable": Text("no connection: {n}", "无法连接：{n}"),
    "digest.why.OutcomeUnknown": Text("result not known: {n}", "结果未知：{n}"),
    "digest.waiting": Text("*Not activated yet:*", "*尚未激活：*"),
    "digest.waits": Text(
        "{account} of {who} at {at}, for {long} (requested by {asked})",
        "{at}账号 {account} ，{who}，已创建 {long}（申请人：{asked}）",
    ),
    "digest.more": Text("and {n} more", "另有 {n} 个"),
    "digest.seats": Text("*Licences left:*", "*剩余账号数：*"),
    "digest.seat": Text("{at}{licence}: {free} of {total}", "{at}{licence}：{free} 个（共 {total} 个）"),
    "button.withdraw": Text("Cancel request", "取消申请"),
    "button.look_up": Text("Check now", "立即核实"),
    "button.retry": Text("Try again", "重试"),
    "button.edit": Text("Edit and try again", "修改后重试"),
    "button.resend": Text("Send invitation again", "重新发送邀请"),
    "button.link": Text("Get activation link", "获取激活链接"),
    "button.undo": Text("Undo", "撤销"),
    "button.disable": Text("Disable", "停用"),
    "button.enable": Text("Enable", "启用"),
    "button.copy": Text("Copy as command", "复制为命令"),
    "button.retry_all": Text("Retry all", "全部重试"),
    "confirm.undo": Text("Remove this account?", "撤销此账号？"),
    "confirm.undo.text": Text(
        "{account} of {name} is deleted at {provider}. It can't be brought back.",
        "将在{provider}删除 {name} 的账号 {account} ，删除后无法恢复。",
    ),
    "confirm.undo.yes": Text("Remove", "撤销"),
    "confirm.disable": Text("Disable this account?", "停用此账号？"),
    "confirm.disable.text": Text(
        "{name} can't sign in with {account} until it is enabled again.", "停用后，{name} 无法使用 {account} 登录。"
    ),
    "confirm.disable.yes": Text("Disable", "停用"),
    "confirm.no": Text("Cancel", "取消"),
    "copied": Text(
        "This request as a command. Copy it and paste it where you type:\n```{command}```",
        "此申请对应的命令，复制后粘贴到输入框即可：\n```{command}```",
    ),
    "link": Text(
        "Activation link for *{name}*, good for {hours} hours. Only you can see it. To forward:",
        "*{name}* 的激活链接，{hours} 小时内有效，仅您可见。可转发以下内容：",
    ),
    "link.forward": Text(
        "Hi {name}, please activate your {provider} account here: {link}",
        "{name}，您好！请点击链接激活您的{provider}账号：{link}",
    ),
    "not_done.failed": Text(
        "*{button}* for *{name}* didn't work, and nothing was changed.",
        "对 *{name}* 的“{button}”未成功，未作任何更改。",
    ),
    "not_done.unclear": Text(
        "We don't know whether *{button}* for *{name}* worked: {provider} didn't answer clearly. Press it again in a minute.",
        "无法确定对 *{name}* 的“{button}”是否成功：{provider}未明确答复。请稍后再点一次。",
    ),
    "not_done.requested": Text(
        "Somebody has asked for *{name}* again meanwhile, so nothing was sent.",
        "已有人再次为 *{name}* 提交申请，未重复提交。",
    ),
    "not_done.not_confirmed": Text(
        "We couldn't confirm that yet. Press the button again in a moment; nothing is done twice.",
        "暂时未能确认操作是否成功，请稍后再点一次，不会重复执行。",
    ),
    "not_done.trouble": Text(
        "Something went wrong on our side and nothing was changed. Press the button again in a moment.",
        "系统出错，未作任何更改，请稍后再点一次。",
    ),
    "not_done.unknown": Text("This button no longer works: the request is too old.", "此按钮已失效：该申请时间过久。"),
    "not_done.over": Text(
        "This is no longer possible. The message shows what is.", "此操作已不可用，请以消息中的按钮为准。"
    ),
    "not_done.taken": Text("{who} has just pressed “{button}”. One moment.", "{who} 刚刚点击了“{button}”，请稍候。"),
    "not_done.done": Text("{who} pressed “{button}” {ago}.", "{who} 已于{ago}点击“{button}”。"),
    "not_done.requesters": Text(
        "Only whoever requested this account, or a workspace admin, can do this.",
        "仅申请人或工作区管理员可以执行此操作。",
    ),
    "not_done.admins": Text("Only workspace admins and owners can do this.", "仅工作区管理员和所有者可以执行此操作。"),
    "retrying": Text("Trying {n} requests again.", "正在重试 {n} 个申请。"),
    "retrying.none": Text("There is nothing to try again.", "没有需要重试的申请。"),
    # Lists of requests, and newhire's Home tab.
    "status.own": Text("Your requests", "我的申请"),
    "status.all": Text("All requests", "全部申请"),
    "status.found": Text("Requests for {query}", "{query} 的申请"),
    "status.none": Text(
        "You have no requests yet. Type `/newhire` to open the form.", "暂无申请。输入 `/newhire` 打开表单。"
    ),
    "status.not_found": Text(
        "No request found for {query}. Try the full name, account, phone number or email.",
        "未找到 {query} 的申请。请输入完整的姓名、账号、手机号或邮箱。",
    ),
    "status.not_found.own": Text(
        "None of your requests is for {query}. Try the full name, account, phone number or email.",
        "您的申请中没有 {query} 。请输入完整的姓名、账号、手机号或邮箱。",
    ),
    "status.no_profile": Text(
        "Slack didn't give us the profile of {who}. Type a name, account, phone number or email instead.",
        "暂时无法获取 {who} 的 Slack 资料，请改为输入姓名、账号、手机号或邮箱。",
    ),
    "status.trouble": Text(
        "We couldn't look up the requests just now. Try again in a moment.", "暂时无法查询申请，请稍后再试。"
    ),
    "status.line": Text("*{name}* · {provider}: {state}", "*{name}* · {provider}：{state}"),
    "status.by": Text("Requested by {who}", "申请人：{who}"),
    "status.message": Text("See the message", "查看消息"),
    "state.open": Text("in progress", "处理中"),
    "state.waits": Text("waiting for {provider}", "等待{provider}恢复"),
    "state.asked": Text("waiting for approval", "待审批"),
    "state.Declined": Text("not approved", "未获批准"),
    "state.Created": Text("account ready", "已开通"),
    "state.ActionRequired": Text("not activated yet", "待激活"),
    "state.AlreadyExists": Text("there was an account already", "账号已存在"),
    "state.Removed": Text("account removed again", "账号已撤销"),
    "state.disabled": Text("account disabled", "账号已停用"),
    "state.Rejected": Text("not accepted", "未被接受"),
    "state.Conflict": Text("details already in use", "信息已被占用"),
    "state.NotAuthorised": Text("newhire couldn't access {provider}", "newhire 无法访问{provider}"),
    "state.NoSeatLeft": Text("no licence left", "账号数已用完"),
    "state.RateLimited": Text("{provider} kept limiting requests", "{provider}持续限流"),
    "state.Unreachable": Text("{provider} couldn't be reached", "无法连接{provider}"),
    "state.OutcomeUnknown": Text("result not known yet", "结果待确认"),
    "button.new": Text("New hire", "新员工账号"),
    "button.older": Text("More", "更多"),
    "button.newer": Text("Newer", "较新的申请"),
    "filter.states": Text("Any status", "全部状态"),
    "filter.open": Text("In progress", "处理中"),
    "filter.to_activate": Text("Not activated yet", "待激活"),
    "filter.done": Text("Done", "已完成"),
    "filter.failed": Text("Failed", "未成功"),
    "filter.providers": Text("Any meeting service", "全部会议平台"),
    "home.hello": Text(
        "*newhire* creates meeting accounts for new colleagues. The result comes as a direct message to you.",
        "*newhire* 为新同事开通会议账号，结果会以私信告知您。",
    ),
    "home.services": Text("Meeting services", "会议平台"),
    "home.none_such": Text("No requests here.", "没有符合条件的申请。"),
    "home.trouble": Text(
        "We couldn't look up the requests just now. Open this tab again in a moment. `/newhire` works as ever.",
        "暂时无法查询申请，请稍后重新打开此页。 `/newhire` 仍可使用。",
    ),
    "health.well": Text("*{provider}* is working", "*{provider}* 运行正常"),
    "health.down": Text("*{provider}* isn't responding (since {since})", "*{provider}* 无响应（始于 {since}）"),
    "health.limited": Text(
        "*{provider}* keeps limiting requests (since {since})", "*{provider}* 持续限流（始于 {since}）"
    ),
    "health.denied": Text(
        "newhire can't access *{provider}* (since {since})", "newhire 无法访问 *{provider}* （始于 {since}）"
    ),
    "health.full": Text(
        "All licences of *{provider}* are in use (since {since})", "*{provider}* 账号数已用完（始于 {since}）"
    ),
    "health.times": Text(
        "Last account: {good} · Last failure: {bad} · Waiting: {waiting}",
        "最近成功：{good} · 最近失败：{bad} · 等待中：{waiting}",
    ),
    "health.never": Text("none yet", "无"),
    "pressed": Text(
        "“{button}” is under way. The request's own message shows what comes of it.",
        "正在执行“{button}”，结果会显示在该申请的消息中。",
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
        "{account} already exists with a different {fields}. It may belong to someone else.",
        "账号 {account} 已存在，但{fields}与表单不一致，可能属于他人。",
    ),
    "differs.otherwise": Text(
        "An account with this {field} already exists, with a different {fields}. It may belong to someone else.",
        "已有使用此{field}的账号，但其{fields}与表单不一致，可能属于他人。",
    ),
    "differs.somehow": Text(
        "A similar account already exists, with a different {fields}. It may belong to someone else.",
        "已有相近的账号，但其{fields}与表单不一致，可能属于他人。",
    ),
    "act.AlreadyExists": Text(
        "Check whose it is. If *{name}* needs a new account, submit again with other details.",
        "请先确认该账号的归属；如 *{name}* 需要新账号，请修改信息后重新提交。",
    ),
    "act.Rejected": Text(
        "{provider} didn't accept {field}. Correct it and submit again.", "{provider}未接受{field}，请修改后重新提交。"
    ),
    "act.no_longer_read": Text(
        "We can no longer read this request, perhaps because newhire was updated. Submit it again.",
        "该申请已无法读取（可能因 newhire 更新），请重新提交。",
    ),
    "act.unknown_code": Text(
        "{provider} answered with a code that isn't in its documents. Ask an admin before you submit again.",
        "{provider}返回了文档中没有的错误码。请先联系管理员，再决定是否重新提交。",
    ),
    "act.Conflict": Text(
        "{provider} already has an account with the same {field}. Check whether it belongs to *{name}*.",
        "{provider}已有{field}相同的账号，请先确认是否属于 *{name}* 本人。",
    ),
    "act.NotAuthorised": Text(
        "newhire can't access {provider}. An admin needs to fix this before you submit again.",
        "newhire 无法访问{provider}，请等管理员处理后再提交。",
    ),
    "act.NoSeatLeft": Text(
        "All {provider} licences are in use. An admin needs to free or buy one before you submit again.",
        "{provider}账号数已用完，请等管理员释放或增购后再提交。",
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
        "Don't submit again yet: an admin first needs to look for *{name}* in the {provider} console. "
        "If there's no account, submit again.",
        "请先不要重新提交：需由管理员在{provider}后台查找 *{name}* 的账号，确认不存在后再提交。",
    ),
    "told.admins": Text("Admins have been told.", "已通知管理员。"),
    "a_value": Text("one of the values", "某项内容"),
    "details": Text("details", "信息"),
    "listed": Text("{most} and {last}", "{most}和{last}"),
    # To the admins: what they can do, and not what they are to be asked for.
    "admin.created": Text(
        "Created: {provider} account {account} for *{name}*, requested by {requester}",
        "已开通：{requester} 为 *{name}* 申请的{provider}账号 {account}",
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
        "Look for *{name}* in the {provider} console. If there's no account, {requester} can submit again.",
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
        "*Solved:* newhire can create {provider} accounts again, after {lasted}. Requests affected: {n}.",
        "*已解决：* {provider}已恢复开通账号，历时 {lasted}，受影响的申请：{n}。",
    ),
    "long.minutes.1": Text("1 minute", "1 分钟"),
    "long.minutes": Text("{n} minutes", "{n} 分钟"),
    "long.hours": Text("{n} hours", "{n} 小时"),
    "long.days": Text("{n} days", "{n} 天"),
    "ago.now": Text("just now", "刚刚"),
    "ago": Text("{long} ago", "{long}前"),
    **BATCH_WORDS,
    **SET_UP_WORDS,
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


def enumerated(lang: str, names: Iterable[str]) -> str:
    """Names one after the other, with the language's comma."""
    return ("、" if lang == "zh" else ", ").join(names)


def listing(lang: str, names: Iterable[str], key: str = "listed") -> str:
    """Names as the language lists them; `key` is the sentence that joins the last one to the rest."""
    *most, last = names
    return say(lang, key, most=enumerated(lang, most), last=last) if most else last


def sentences(lang: str, said: Iterable[str]) -> str:
    """One after the other, as the language joins them."""
    return ("" if lang == "zh" else " ").join(said)


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
