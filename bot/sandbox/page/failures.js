/* Every way in which the next call can fail, in words: [English, Chinese]. The keys are the sandbox's own. */

const BEFORE = ["Before anything is created", "创建之前"];
const AFTER = ["After the account is created", "账号已创建之后"];
const CREDENTIALS = ["Credentials", "凭据"];
const FINDING = ["When the bot looks the account up", "机器人查询账号时"];
const NETWORK = ["Network", "网络"];

/** How a vendor can be made to fail: {how, only?, title, why}, in groups. */
export const VENDOR_FAILURES = [
  {
    title: BEFORE,
    ways: [
      {
        how: "429",
        title: ["Too many requests", "请求过多"],
        why: ["429 and says how long to wait", "429，并告知需要等待多久"],
      },
      {
        how: "429_bare",
        title: ["Too many requests, no hint", "请求过多，无提示"],
        why: ["429 with an empty answer", "429，应答为空"],
      },
      {
        how: "500",
        title: ["Server error", "服务器错误"],
        why: ["500 before the account is created", "账号创建前返回 500"],
      },
      { how: "no_seat", title: ["No seat left", "没有空余席位"], why: ["all licences are used up", "许可证已用完"] },
      {
        how: "duplicate_phone",
        title: ["Phone already used", "手机号已被使用"],
        why: ["somebody else has this number", "其他人已使用该号码"],
      },
      {
        how: "unknown_code",
        title: ["A code nobody documented", "文档中没有的错误码"],
        why: ["must be shown, not guessed", "应如实显示，不得猜测"],
      },
    ],
  },
  {
    title: AFTER,
    ways: [
      {
        how: "500_after",
        title: ["Created, then server error", "已创建，随后服务器错误"],
        why: ["the account exists, the answer says 500", "账号已存在，但应答为 500"],
      },
      {
        how: "hang_after",
        title: ["Created, then silence", "已创建，随后无应答"],
        why: ["the account exists, no answer ever comes", "账号已存在，但始终没有应答"],
      },
      {
        how: "cut_after",
        title: ["Created, then cut off", "已创建，随后断开"],
        why: ["the account exists, the connection breaks", "账号已存在，但连接断开"],
      },
    ],
  },
  {
    title: CREDENTIALS,
    ways: [
      {
        how: "expired_token",
        only: "huawei",
        title: ["Token revoked", "令牌已失效"],
        why: ["the token in use stops working", "正在使用的令牌失效"],
      },
      {
        how: "expired_token",
        only: "tencent",
        title: ["Replay refused", "拒绝重放"],
        why: ["the signature counts as used before", "签名被视为已使用"],
      },
      {
        how: "bad_credentials",
        title: ["Credentials refused", "凭据被拒绝"],
        why: ["the key or password is not accepted", "密钥或密码不被接受"],
      },
      {
        how: "wrong_clock",
        title: ["Wrong clock", "时钟不准"],
        why: ["the signing time is too far off", "签名时间偏差过大"],
      },
      {
        how: "token_500",
        only: "huawei",
        title: ["Log-in: server error", "登录：服务器错误"],
        why: ["500 when asking for a token", "获取令牌时返回 500"],
      },
      {
        how: "token_hang",
        only: "huawei",
        title: ["Log-in: silence", "登录：无应答"],
        why: ["no answer when asking for a token", "获取令牌时没有应答"],
      },
    ],
  },
  {
    title: FINDING,
    ways: [
      {
        how: "find_500",
        title: ["Look-up: server error", "查询：服务器错误"],
        why: ["500 when asking whether it exists", "查询账号是否存在时返回 500"],
      },
      {
        how: "find_hang",
        title: ["Look-up: silence", "查询：无应答"],
        why: ["no answer to the question", "查询没有应答"],
      },
      {
        how: "find_refused",
        title: ["Look-up: not permitted", "查询：无权限"],
        why: ["creating is allowed, looking is not", "可以创建，但不可以查询"],
      },
    ],
  },
  {
    title: NETWORK,
    ways: [
      {
        how: "hang",
        title: ["Silence", "无应答"],
        why: ["nothing is created, no answer comes", "没有创建，也没有应答"],
      },
      {
        how: "cut",
        title: ["Cut off", "断开"],
        why: ["the connection breaks before anything", "什么都没发生就断开连接"],
      },
      {
        how: "html",
        title: ["A web page instead", "返回网页"],
        why: ["200 with HTML, as a hotel network does", "200 但内容是 HTML，如酒店网络"],
      },
      { how: "redirect", title: ["Sent elsewhere", "重定向"], why: ["302 to another host", "302 到另一台主机"] },
    ],
  },
];

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

/** The way called `how` at this vendor, for its title. */
export function wayOf(vendor, how) {
  const ways = VENDOR_FAILURES.flatMap((group) => group.ways);
  return (
    ways.find((way) => way.how === how && (!way.only || way.only === vendor)) ?? {
      how,
      title: [how, how],
      why: ["", ""],
    }
  );
}
