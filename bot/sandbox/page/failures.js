/* Ways in which Slack's next call can fail, in words: [English, Chinese]. A vendor's ways come with the vendor. */

/** How Slack can be made to fail: {method, kind, title, why}. */
export const SLACK_FAILURES = [
  {
    method: "chat.postMessage",
    kind: "ratelimited",
    title: ["Next message: rate-limited", "下一条消息：限流"],
    why: ["chat.postMessage answers 429 once", "chat.postMessage 返回一次 429"],
  },
  {
    method: "chat.postMessage",
    kind: "is_archived",
    title: ["Next message: channel archived", "下一条消息：频道已归档"],
    why: ["chat.postMessage answers is_archived", "chat.postMessage 返回 is_archived"],
  },
  {
    method: "chat.postMessage",
    kind: "channel_not_found",
    title: ["Next message: channel gone", "下一条消息：频道不存在"],
    why: ["chat.postMessage answers channel_not_found", "chat.postMessage 返回 channel_not_found"],
  },
  {
    method: "chat.postMessage",
    kind: "internal_error",
    title: ["Next message: Slack stumbles", "下一条消息：Slack 出错"],
    why: ["chat.postMessage answers internal_error", "chat.postMessage 返回 internal_error"],
  },
  {
    method: "chat.update",
    kind: "ratelimited",
    title: ["Next edit: rate-limited", "下一次编辑：限流"],
    why: ["chat.update answers 429 once", "chat.update 返回一次 429"],
  },
  {
    method: "views.open",
    kind: "500",
    title: ["Next form: server error", "下一个表单：服务器错误"],
    why: ["views.open answers HTTP 500", "views.open 返回 HTTP 500"],
  },
  {
    method: "users.info",
    kind: "hang",
    title: ["Next profile: silence", "下一次查资料：无应答"],
    why: ["users.info never answers", "users.info 始终没有应答"],
  },
];
