/* What of Slack can be made to fail, in words: [English, Chinese]. How it can fail comes with the snapshot, and so does
   everything about vendors. */

/** The calls that the bot makes, by the names that the sandbox takes. */
export const SLACK_CALLS = [
  { method: "chat.postMessage", title: ["Next message", "下一条消息"] },
  { method: "chat.update", title: ["Next edit", "下一次编辑"] },
  { method: "response_url", title: ["Next private answer", "下一条私密回复"] },
  { method: "views.open", title: ["Next form", "下一个表单"] },
  { method: "views.update", title: ["Next change of a form", "下一次更新表单"] },
  { method: "views.publish", title: ["Next Home tab", "下一次更新主页"] },
  { method: "users.info", title: ["Next profile", "下一次查资料"] },
  { method: "apps.connections.open", title: ["Next connection", "下一次连接"] },
  { method: "*", title: ["Whatever comes next", "任意下一次调用"] },
];

const CODES = [
  { how: "internal_error", title: ["Slack stumbles", "Slack 出错"], why: ["ok: false, internal_error", "ok: false, internal_error"] },
  { how: "is_archived", title: ["Channel archived", "频道已归档"], why: ["ok: false, is_archived", "ok: false, is_archived"] },
  {
    how: "channel_not_found",
    title: ["Channel gone", "频道不存在"],
    why: ["ok: false, channel_not_found", "ok: false, channel_not_found"],
  },
  {
    how: "expired_trigger_id",
    title: ["Too late", "已超时"],
    why: ["ok: false, expired_trigger_id", "ok: false, expired_trigger_id"],
  },
];

const POSTING = ["internal_error", "is_archived", "channel_not_found"];
const ERRORS = {
  "chat.postMessage": POSTING,
  "chat.update": POSTING,
  "views.open": ["internal_error", "expired_trigger_id"],
};

/** Slack's own words of refusal that make sense for a call: {how, title, why}. */
export function codesOf(method) {
  const wanted = ERRORS[method] ?? ["internal_error"];
  return CODES.filter(({ how }) => wanted.includes(how));
}
