/* Every sentence of the page itself, in both languages; what the bot says comes from the bot. */

import { myself } from "./store.js";

const ENGLISH = {
  workspace: "Sandbox Inc.",
  youAre: "You are",
  more: "More",
  morePeople: "More people",
  role_U0ALICE01: "admin · English",
  role_U0LINA001: "admin · 简体中文",
  role_U0MAX0001: "member, may not ask",
  role_U0GUEST01: "guest",
  role_U0STRAN01: "from another workspace",
  role_U0OWEN001: "owner",
  channels: "Channels",
  directMessages: "Direct messages",
  apps: "Apps",
  homeTab: "Home",
  messagesTab: "Messages",
  homeBlank: "Nothing here yet",
  homeBlankMore: (name) => `${name} draws this page for you once it is told that you opened it.`,
  moreActions: "More actions",
  chat: "Chat",
  vendors: "Vendors",
  outside: "What reached the vendor",
  starting: "the bot is starting…",
  connected: "bot connected",
  gone: "bot disconnected",
  offline: "The sandbox does not answer. Trying again…",
  app: "APP",
  edited: "(edited)",
  onlyYou: "Only visible to you",
  botOut: "The bot is not in this channel",
  botOutShort: "no bot",
  botIn: "The bot is in this channel",
  letIn: "Let the bot in",
  takeOut: "Take the bot out",
  unread: "unread",
  archived: "This channel is archived.",
  beginning: (name) => `This is the very beginning of ${name}.`,
  beginningDm: (name) => `This is the very beginning of your direct messages with ${name}.`,
  today: "Today",
  yesterday: "Yesterday",
  newMessages: "New messages",
  messagesIn: (name) => `Messages in ${name}`,
  messageTo: (name) => `Message ${name}`,
  send: "Send",
  shortcuts: "Shortcuts",
  noShortcuts: "The bot has no shortcuts.",
  commands: "Commands",
  people: "People",
  help: "what it can do",
  notACommand: (command) => `${command} is not a command in this workspace.`,
  failedWith: (command, error) => `${command} failed: ${error}`,
  noAnswer: "the bot did not answer within 3 seconds",
  onlyYouBot: "Sandbox",
  composerHelp: "Enter sends, Shift+Enter starts a new line, / lists commands, @ lists people",
  hintTitle: "A whole company to try it on",
  hint1: ["Type ", "/newhire", " in #people-ops and fill in the form, as somebody with a new colleague would."],
  hint2: "Watch the same message change when the account exists, and on the other side what really reached the vendor.",
  hint3: "Then make a call fail, take the bot out of the channel, or be somebody else.",
  hint4: "Under Apps, newhire has a Home of its own; the dots at a message start a form from that message.",
  hintDo: "Type /newhire for me",
  hintClose: "Dismiss",
  cancel: "Cancel",
  close: "Close",
  optional: "(optional)",
  choose: "Choose an option",
  choosePerson: "Choose a person",
  fileSize: (kb) => `${kb} KB`,
  pageBefore: "Previous page",
  pageAfter: "Next page",
  pageOf: (first, last, all) => `${first}–${last} of ${all}`,
  trouble: "We had some trouble connecting. Try again?",
  left: (count) => `${count} left`,
  unsupported: (type) => `The sandbox does not draw “${type}” yet.`,
  slackTab: "Slack",
  seats: (used, all) => `${used} of ${all} seats used`,
  accounts: "Accounts that exist now",
  noAccounts: "No account yet.",
  account: "Account",
  contact: "Contact",
  department: "Department",
  requests: "Requests",
  noRequests: "Nothing has reached this vendor yet.",
  allRequests: (count) => `Show all ${count}`,
  fewerRequests: "Show fewer",
  noReply: "no answer",
  made: "account created",
  headers: "Headers",
  body: "Body",
  answer: "Answer",
  empty: "empty",
  reset: "Reset",
  resetDone: (title) => `${title}: accounts, failures and requests forgotten.`,
  makeFail: "Make the next call fail",
  forNext: "For the next",
  calls: (count) => (count === 1 ? "call" : `${count} calls`),
  armed: "Waiting to happen",
  clear: "Clear",
  botInChannels: "The bot in channels",
  in: "in",
  out: "out",
  newColleague: "A new colleague",
  join: "Somebody joins Slack",
  joinTold: "newhire is told of everybody who joins the workspace.",
  joinNotTold: "newhire is not told of it: its manifest does not ask for team_join.",
  joined: (name) => `${name} joined the workspace.`,
  joinedAll: "Everybody is here already.",
  slackFails: "Make Slack fail",
  slackCalls: "What the bot asked Slack",
  noCalls: "Nothing yet.",
  status: "Bot",
  sockets: (count) => `${count} ${count === 1 ? "connection" : "connections"}`,
  skip: "Go to the message box",
  which: "Which call",
  always: "until cleared",
  replies: (count) => (count === 1 ? "1 reply" : `${count} replies`),
  lastReply: (time) => `Last reply ${time}`,
  alsoInChannel: "Also sent to the channel",
  pingDirect: (bot) => `${bot} (direct message)`,
  pingIn: (bot, channel) => `${bot} in ${channel}`,
  pinged: (count) => `Notified ${count === 1 ? "once" : `${count} times`}`,
  yes: "Yes",
};

const CHINESE = {
  workspace: "Sandbox Inc.",
  youAre: "当前身份",
  more: "更多",
  morePeople: "其他人",
  role_U0ALICE01: "管理员 · English",
  role_U0LINA001: "管理员 · 简体中文",
  role_U0MAX0001: "普通成员，无权申请",
  role_U0GUEST01: "访客",
  role_U0STRAN01: "来自其他工作区",
  role_U0OWEN001: "所有者",
  channels: "频道",
  directMessages: "私信",
  apps: "应用",
  homeTab: "主页",
  messagesTab: "消息",
  homeBlank: "这里还没有内容",
  homeBlankMore: (name) => `${name} 得知您打开此页后，会为您显示内容。`,
  moreActions: "更多操作",
  chat: "聊天",
  vendors: "厂商",
  outside: "厂商收到了什么",
  starting: "机器人正在启动…",
  connected: "机器人已连接",
  gone: "机器人已断开",
  offline: "沙盒没有响应，正在重试…",
  app: "应用",
  edited: "（已编辑）",
  onlyYou: "仅您可见",
  botOut: "机器人不在此频道",
  botOutShort: "无机器人",
  botIn: "机器人在此频道",
  letIn: "让机器人加入",
  takeOut: "将机器人移出",
  unread: "未读",
  archived: "此频道已归档。",
  beginning: (name) => `${name} 从这里开始。`,
  beginningDm: (name) => `您与 ${name} 的私信从这里开始。`,
  today: "今天",
  yesterday: "昨天",
  newMessages: "新消息",
  messagesIn: (name) => `${name} 的消息`,
  messageTo: (name) => `发消息到 ${name}`,
  send: "发送",
  shortcuts: "快捷方式",
  noShortcuts: "机器人没有快捷方式。",
  commands: "命令",
  people: "成员",
  help: "可以做什么",
  notACommand: (command) => `此工作区没有 ${command} 命令。`,
  failedWith: (command, error) => `${command} 失败：${error}`,
  noAnswer: "机器人在 3 秒内没有响应",
  onlyYouBot: "沙盒",
  composerHelp: "按 Enter 发送，Shift+Enter 换行，/ 列出命令，@ 列出成员",
  hintTitle: "一整家公司，供您试用",
  hint1: ["在 #people-ops 输入 ", "/newhire", "，像迎接新同事那样填写表单。"],
  hint2: "账号创建后，同一条消息会原地更新；另一侧显示厂商真正收到的内容。",
  hint3: "然后试试让调用失败、把机器人移出频道，或换一个身份。",
  hint4: "“应用”下有 newhire 的主页；点消息旁的“⋯”，可以用该消息的内容打开表单。",
  hintDo: "替我输入 /newhire",
  hintClose: "知道了",
  cancel: "取消",
  close: "关闭",
  optional: "（选填）",
  choose: "请选择",
  choosePerson: "选择成员",
  fileSize: (kb) => `${kb} KB`,
  pageBefore: "上一页",
  pageAfter: "下一页",
  pageOf: (first, last, all) => `第 ${first}–${last} 行，共 ${all} 行`,
  trouble: "连接出现问题，要重试吗？",
  left: (count) => `还可输入 ${count} 个字符`,
  unsupported: (type) => `沙盒暂不支持显示“${type}”。`,
  slackTab: "Slack",
  seats: (used, all) => `已用 ${used} / ${all} 个席位`,
  accounts: "现有账号",
  noAccounts: "还没有账号。",
  account: "账号",
  contact: "联系方式",
  department: "部门",
  requests: "请求",
  noRequests: "该厂商尚未收到任何请求。",
  allRequests: (count) => `显示全部 ${count} 条`,
  fewerRequests: "收起",
  noReply: "无应答",
  made: "已创建账号",
  headers: "请求头",
  body: "请求体",
  answer: "应答",
  empty: "空",
  reset: "重置",
  resetDone: (title) => `${title}：账号、故障和请求记录已清空。`,
  makeFail: "让下一次调用失败",
  forNext: "作用于接下来",
  calls: (count) => `${count} 次调用`,
  armed: "等待触发",
  clear: "清除",
  botInChannels: "机器人所在频道",
  in: "在",
  out: "不在",
  newColleague: "新同事",
  join: "有人加入 Slack",
  joinTold: "每当有人加入工作区，newhire 都会得知。",
  joinNotTold: "newhire 不会得知：其清单没有订阅 team_join。",
  joined: (name) => `${name} 加入了工作区。`,
  joinedAll: "大家都已加入。",
  slackFails: "让 Slack 失败",
  slackCalls: "机器人对 Slack 的调用",
  noCalls: "暂无。",
  status: "机器人",
  sockets: (count) => `${count} 个连接`,
  skip: "跳到消息框",
  which: "哪种调用",
  always: "直到清除",
  replies: (count) => `${count} 条回复`,
  lastReply: (time) => `最后回复：${time}`,
  alsoInChannel: "同时发送到频道",
  pingDirect: (bot) => `${bot}（私信）`,
  pingIn: (bot, channel) => `${bot} · ${channel}`,
  pinged: (count) => `收到 ${count} 次通知`,
  yes: "确定",
};

export function isChinese() {
  return (myself()?.locale ?? "").toLowerCase().startsWith("zh");
}

/** The sentence called `name` in the language of the person you are; functions get `values`. */
export function t(name, ...values) {
  const sentence = (isChinese() ? CHINESE : ENGLISH)[name] ?? ENGLISH[name];
  return typeof sentence === "function" ? sentence(...values) : sentence;
}

/** One of the two texts of [English, Chinese]. */
export function either([english, chinese]) {
  return isChinese() ? chinese : english;
}

const CLIENT_SENTENCES = [
  [/^Operation timed out\. Apps need to respond within 3 seconds\.$/, "操作超时：应用须在 3 秒内响应。"],
  [/^Please complete this required field\.$/, "请填写此必填项。"],
  [/^Please enter a valid email address\.$/, "请输入有效的邮箱地址。"],
  [/^Please enter a valid URL\.$/, "请输入有效的网址。"],
  [/^Please enter a valid number\.$/, "请输入有效的数字。"],
  [/^Please enter a valid date\.$/, "请输入有效的日期。"],
  [/^Please enter a valid time\.$/, "请输入有效的时间。"],
  [/^Please enter at least (\d+) characters\.$/, "请至少输入 $1 个字符。"],
  [/^Please enter no more than (\d+) characters\.$/, "最多可输入 $1 个字符。"],
  [/^Please enter a number that is at least (\S+)\.$/, "请输入不小于 $1 的数字。"],
  [/^Please enter a number that is at most (\S+)\.$/, "请输入不大于 $1 的数字。"],
  [/^Please choose no more than (\d+)\.$/, "最多可选择 $1 项。"],
];

/** What Slack's own client says, of a field before the bot ever sees it or of a bot that is silent, in the person's language. */
export function clientSentence(english) {
  const known = isChinese() && CLIENT_SENTENCES.find(([pattern]) => pattern.test(english));
  return known ? english.replace(...known) : english;
}

/** What a person is, in a few words. */
export function roleOf(user) {
  return t(`role_${user.id}`) ?? user.note ?? "";
}

export function clock(seconds) {
  return format(seconds, { hour: "numeric", minute: "2-digit" });
}

export function clockExact(seconds) {
  return format(seconds, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

export function day(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return format(seconds, { weekday: "long", month: "long", day: "numeric" });
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function format(seconds, options) {
  return new Intl.DateTimeFormat(isChinese() ? "zh-CN" : "en-US", options).format(new Date(seconds * 1000));
}
