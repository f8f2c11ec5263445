"""The sentences about many at once. They are part of `words.WORDS`."""

from __future__ import annotations

from bot.hire import Text

BATCH_WORDS: dict[str, Text] = {
    # The form.
    "many.title": Text("Many new hires", "批量开通账号"),
    "many.submit": Text("Read it", "读取"),
    "many.intro": Text(
        "Nothing is created yet: you first see what was understood, in a direct message.",
        "此时不会创建任何账号：系统会先私信告知读取结果，由您确认。",
    ),
    "many.file": Text("Excel or CSV file", "Excel 或 CSV 文件"),
    "many.file.hint": Text(
        "Up to 10,000 rows and 10 MB; the first row names the columns.", "最多 10,000 行、10 MB，第一行为列标题。"
    ),
    "many.text": Text("Or paste the people here", "或在此粘贴"),
    "many.text.hint": Text(
        "One person a line, or cells copied from a spreadsheet with their headings.",
        "每行一人；也可粘贴从表格中复制的内容（含列标题）。",
    ),
    "many.template": Text("Send me a template", "发送模板给我"),
    "many.nothing": Text("Add a file, or paste the people below.", "请上传文件，或在下方粘贴人员信息。"),
    "many.both": Text("A file is added already: leave one of them empty.", "已上传文件，两者请只填一项。"),
    "many.too_big": Text("This file is larger than 10 MB. Split it.", "文件超过 10 MB，请拆分后再提交。"),
    "template.said": Text(
        "Templates for {provider}. Fill one in, and type `/newhire many`.",
        "{provider}模板。填写后请输入 `/newhire many` 。",
    ),
    "template.trouble": Text("Slack didn't take the template. Try again in a moment.", "模板发送失败，请稍后再试。"),
    "reminder.many": Text(
        "*{n} people haven't activated their {provider} accounts yet.*", "*{n} 人尚未激活{provider}账号。*"
    ),
    "reminder.many.step": Text(
        "To send invitations again, open newhire's Home tab, or type `/newhire status` and a name.",
        "如需重新发送邀请，请打开 newhire 主页，或输入 `/newhire status` 加姓名查找。",
    ),
    "button.many": Text("Many new hires", "批量开通"),
    # The message.
    "batch.pasted": Text("the pasted list", "粘贴的名单"),
    "batch.reading": Text("Reading {file} for {provider}…", "正在读取 {file}（{provider}）…"),
    "batch.unreadable": Text("*{file} can't be used.* {why}", "*无法使用 {file}。* {why}"),
    "batch.shown": Text(
        "*{ready} accounts can be created* at {provider}, from {file}. Nothing is created yet.",
        "*可开通 {ready} 个*{provider}账号（{file}），尚未创建。",
    ),
    "batch.shown.none": Text(
        "*No account can be created* from {file} at {provider}.", "*{file} 中没有可开通*{provider}账号的人员。"
    ),
    "batch.trial": Text(
        "*The first one is done.* {ready} more accounts can be created at {provider}, from {file}.",
        "*首个账号已处理。* 还可开通 {ready} 个{provider}账号（{file}）。",
    ),
    "batch.asked": Text(
        "*Waiting for approval* to create {ready} accounts at {provider}, from {file}.",
        "*等待审批：* 开通 {ready} 个{provider}账号（{file}）。",
    ),
    "batch.running": Text("*Creating accounts* at {provider}, from {file}", "*正在开通*{provider}账号（{file}）"),
    "batch.paused": Text(
        "*Paused:* creating accounts at {provider}, from {file}", "*已暂停：* 开通{provider}账号（{file}）"
    ),
    "batch.stopping": Text(
        "*Stopping:* {file} at {provider}. What was begun is finished.",
        "*正在停止：* {file}（{provider}），已开始的会处理完。",
    ),
    "batch.away": Text(
        "{provider} isn't responding since {since}. It goes on by itself when {provider} is back.",
        "{provider}自 {since} 起无响应，恢复后会自动继续。",
    ),
    "batch.ended": Text("*Done:* {file} at {provider}", "*已完成：* {file}（{provider}）"),
    "batch.stopped": Text(
        "*Stopped:* {file} at {provider}. {left} people were not begun.",
        "*已停止：* {file}（{provider}），{left} 人未开始。",
    ),
    "batch.cancelled": Text("*Cancelled:* {file}. Nothing was created.", "*已取消：* {file}，未创建任何账号。"),
    "batch.expired": Text(
        "*Nobody decided within a day:* {file}. Nothing was created. Send it again when you need it.",
        "*一天内未确认：* {file}，未创建任何账号。需要时请重新提交。",
    ),
    "batch.declined": Text(
        "*Declined by {who}:* {file}. Nothing was created.", "*{who} 已拒绝：* {file}，未创建任何账号。"
    ),
    "batch.reason": Text("Reason: {reason}", "原因：{reason}"),
    "batch.approved": Text("Approved by {who}.", "审批人：{who}。"),
    "count.ready": Text("Can be created: {n}", "可开通：{n}"),
    "count.wrong": Text("To be corrected: {n}", "需更正：{n}"),
    "count.twice": Text("Twice in the list: {n}", "名单中重复：{n}"),
    "count.requested": Text("Requested already: {n}", "已有申请：{n}"),
    "count.there": Text("Have an account already: {n}", "已有账号：{n}"),
    "count.created": Text("Created: {n}", "已开通：{n}"),
    "count.to_activate": Text("Created, to be activated: {n}", "已创建待激活：{n}"),
    "count.existing": Text("Were there already: {n}", "此前已存在：{n}"),
    "count.failed": Text("Not created: {n}", "未开通：{n}"),
    "count.unknown": Text("Result not known: {n}", "结果待确认：{n}"),
    "count.left": Text("To go: {n}", "待处理：{n}"),
    "batch.takes": Text(
        "Takes about {long} at the pace that {provider} allows.", "按{provider}允许的速度，约需 {long}。"
    ),
    "batch.to_go": Text("About {long} to go.", "预计还需 {long}。"),
    "batch.seats": Text("Licences left: {free}.", "剩余账号数：{free}。"),
    "batch.seats.short": Text(
        "*Not enough licences:* {free} left, {needed} needed.", "*账号数不足：* 剩余 {free} 个，需要 {needed} 个。"
    ),
    "batch.columns": Text("Read as: {columns}", "列对应：{columns}"),
    "batch.column": Text("{header} → {field}", "{header} → {field}"),
    "batch.unsure": Text("*Check the columns* before you create anything.", "*请先核对列对应关系* ，再开通账号。"),
    "batch.more": Text("And {n} more: see the file in the thread.", "另有 {n} 行，详见消息列中的文件。"),
    "batch.again": Text(
        "The file in the thread has the result of every row. Correct rows in it and send it again: what is done is passed over.",
        "消息列中的文件列有每行结果。更正后可再次提交，已完成的行会自动略过。",
    ),
    "batch.files": Text("The result of every row", "每行结果"),
    "table.line": Text("Row", "行"),
    "table.name": Text("Person", "姓名"),
    "table.account": Text("Account", "账号"),
    "table.what": Text("What to know", "说明"),
    "row.problem": Text("{field}: {said}", "{field}：{said}"),
    "row.twice": Text("The same person stands in row {line}.", "与第 {line} 行是同一人。"),
    "row.requested": Text("Requested already.", "已有申请。"),
    "row.there": Text("Has an account already.", "已有账号。"),
    "row.ready": Text("Can be created.", "可开通。"),
    "row.left": Text("Not begun.", "未开始。"),
    "row.under_way": Text("Under way.", "处理中。"),
    "result.file": Text("newhire-result", "newhire-结果"),
    # The buttons.
    "batch.button.create": Text("Create {n}", "开通 {n} 个"),
    "batch.button.ask": Text("Ask for approval ({n})", "提交审批（{n} 个）"),
    "batch.button.first": Text("Only the first one", "先开通第一个"),
    "batch.button.columns": Text("Columns…", "核对列…"),
    "batch.button.cancel": Text("Cancel", "取消"),
    "batch.button.pause": Text("Pause", "暂停"),
    "batch.button.resume": Text("Go on", "继续"),
    "batch.button.stop": Text("Stop", "停止"),
    "batch.confirm.stop": Text("Stop here?", "停止？"),
    "batch.confirm.stop.text": Text(
        "Who was begun is finished; nobody else is begun. It can't be gone on with.",
        "已开始的会处理完，其余不再处理，且无法继续。",
    ),
    "batch.over": Text(
        "This button is over: the message shows how things stand.", "此按钮已失效，请以消息显示的状态为准。"
    ),
    "batch.not_yours": Text(
        "Only whoever sent the list, or an admin, can do this.", "只有提交名单的人或管理员可以操作。"
    ),
    "batch.gone": Text("This list is no longer known.", "该名单已不存在。"),
    "batch.trouble": Text("This couldn't be done just now. Try again in a moment.", "暂时无法完成，请稍后再试。"),
    # Approval.
    "approval.asked": Text(
        "*{who} asks to create {n} {provider} accounts*, from {file}.",
        "*{who} 申请开通 {n} 个{provider}账号* （{file}）。",
    ),
    "approval.asked.one": Text(
        "*{who} asks to create a {provider} account* for *{name}*.", "*{who} 申请开通{provider}账号：* {name}"
    ),
    "approval.field": Text("{field}: {value}", "{field}：{value}"),
    "approval.approve": Text("Approve", "同意"),
    "approval.decline": Text("Decline", "拒绝"),
    "approval.decline.title": Text("Decline", "拒绝申请"),
    "approval.reason": Text("Reason (whoever asked reads it)", "原因（申请人可见）"),
    "approval.was.approved": Text("Approved by {who}.", "{who} 已同意。"),
    "approval.was.declined": Text("Declined by {who}.", "{who} 已拒绝。"),
    "approval.was.expired": Text(
        "Nobody decided within a day; nothing was created.", "一天内无人审批，未创建任何账号。"
    ),
    "approval.was.withdrawn": Text("Whoever asked has cancelled it.", "申请人已取消。"),
    "approval.alone": Text(
        "*{who} approved their own request*: nobody else may approve (NEWHIRE_APPROVERS).",
        "*{who} 同意了自己的申请：* 没有其他审批人（NEWHIRE_APPROVERS）。",
    ),
    "approval.own": Text(
        "You asked for this yourself: somebody else has to approve it.", "这是您本人的申请，须由其他人审批。"
    ),
    "approval.not_yours": Text("You may not approve this.", "您没有审批权限。"),
    "approval.not_theirs": Text("Only whoever asked for it can cancel it.", "只有申请人可以取消。"),
    "approval.late": Text("It's too late: nobody decided within a day.", "已过期：一天内无人审批。"),
    "approval.unknown": Text("Nothing is known of this request any more.", "该申请已不存在。"),
    # Columns.
    "columns.title": Text("What is what", "核对列"),
    "columns.submit": Text("Read again", "重新读取"),
    "columns.given": Text("First name", "名"),
    "columns.family": Text("Last name", "姓"),
    "columns.none": Text("Not used", "不使用"),
    "columns.intro": Text("Choose what each column is.", "请选择各列对应的内容。"),
    "columns.values": Text("For everybody, where the list says nothing:", "名单中未填写时，统一使用："),
    # To the admins.
    "admin.batch": Text(
        "*{n} {provider} accounts created*, requested by {who}: {counts}",
        "*批量开通{provider}账号 {n} 个* （申请人：{who}）：{counts}",
    ),
    "admin.batch.approved": Text("approved by {who}", "审批人：{who}"),
}
