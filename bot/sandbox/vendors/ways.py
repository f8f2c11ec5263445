"""The ways in which a vendor can fail: which calls each one strikes, and what people at the page read of it."""

from __future__ import annotations

from dataclasses import dataclass

Said = tuple[str, str]
"""One text in English and in Chinese."""

CREATE, FIND, TOKEN = frozenset({"create"}), frozenset({"find"}), frozenset({"token"})
CHANGE, SEATS = frozenset({"change"}), frozenset({"seats"})

BEFORE = ("Before anything is created", "创建之前")
AFTER = ("After the account is created", "账号已创建之后")
CREDENTIALS = ("Credentials", "凭据")
FINDING = ("When the bot looks the account up", "机器人查询账号时")
CHANGING = ("When the bot changes the account afterwards", "机器人事后更改账号时")
COUNTING = ("When the bot counts the licences", "机器人查询许可证数量时")
NETWORK = ("Network", "网络")

# These strike once the caller has been let in, so that a call refused for its token does not use them up.
AT_THE_DESK = {"no_seat", "duplicate_phone", "unknown_code"}

# These do what was asked and bend the answer; they wait for one that can be bent so.
BENDING = {"gzip", "find_gzip", "find_odd", "find_sparse", "find_no_data"}

FOREVER = 1_000_000
"""`times` for a failure that stays until it is taken back."""


@dataclass(frozen=True)
class Way:
    """`strikes` are the kinds of call that fail so (a route's `kind`), `group` the heading that it stands under."""

    strikes: frozenset[str]
    group: Said
    title: Said
    why: Said


WAYS: dict[str, Way] = {
    "429": Way(
        CREATE,
        BEFORE,
        ("Too many requests", "请求过多"),
        ("429 and says how long to wait", "429，并告知需要等待多久"),
    ),
    "429_bare": Way(
        CREATE,
        BEFORE,
        ("Too many requests, no hint", "请求过多，无提示"),
        ("429 with an empty answer", "429，应答为空"),
    ),
    "500": Way(
        CREATE,
        BEFORE,
        ("Server error", "服务器错误"),
        ("500 before the account is created", "账号创建前返回 500"),
    ),
    "no_seat": Way(CREATE, BEFORE, ("No seat left", "没有空余席位"), ("all licences are used up", "许可证已用完")),
    "duplicate_phone": Way(
        CREATE,
        BEFORE,
        ("Phone already used", "手机号已被使用"),
        ("somebody else has this number", "其他人已使用该号码"),
    ),
    "unknown_code": Way(
        CREATE,
        BEFORE,
        ("A code nobody documented", "文档中没有的错误码"),
        ("must be shown, not guessed", "应如实显示，不得猜测"),
    ),
    "500_after": Way(
        CREATE,
        AFTER,
        ("Created, then server error", "已创建，随后服务器错误"),
        ("the account exists, the answer says 500", "账号已存在，但应答为 500"),
    ),
    "hang_after": Way(
        CREATE,
        AFTER,
        ("Created, then silence", "已创建，随后无应答"),
        ("the account exists, no answer ever comes", "账号已存在，但始终没有应答"),
    ),
    "cut_after": Way(
        CREATE,
        AFTER,
        ("Created, then cut off", "已创建，随后断开"),
        ("the account exists, the connection breaks", "账号已存在，但连接断开"),
    ),
    "unknown_code_after": Way(
        CREATE,
        AFTER,
        ("Created, then an unknown code", "已创建，随后未知错误码"),
        (
            "the account exists, the answer is 500 and a code nobody documented",
            "账号已存在，但返回 500 和文档中没有的错误码",
        ),
    ),
    "expired_token": Way(
        CREATE,
        CREDENTIALS,
        ("Replay refused", "拒绝重放"),
        ("the signature counts as used before", "签名被视为已使用"),
    ),
    "bad_credentials": Way(
        CREATE,
        CREDENTIALS,
        ("Credentials refused", "凭据被拒绝"),
        ("the key or password is not accepted", "密钥或密码不被接受"),
    ),
    "wrong_clock": Way(
        CREATE,
        CREDENTIALS,
        ("Wrong clock", "时钟不准"),
        ("the signing time is too far off", "签名时间偏差过大"),
    ),
    "find_500": Way(
        FIND,
        FINDING,
        ("Look-up: server error", "查询：服务器错误"),
        ("500 when asking whether it exists", "查询账号是否存在时返回 500"),
    ),
    "find_hang": Way(
        FIND,
        FINDING,
        ("Look-up: silence", "查询：无应答"),
        ("no answer to the question", "查询没有应答"),
    ),
    "find_refused": Way(
        FIND,
        FINDING,
        ("Look-up: not permitted", "查询：无权限"),
        ("creating is allowed, looking is not", "可以创建，但不可以查询"),
    ),
    "find_429": Way(
        FIND,
        FINDING,
        ("Look-up: too many requests", "查询：请求过多"),
        ("429 and says how long to wait", "429，并告知需要等待多久"),
    ),
    "find_odd": Way(
        FIND,
        FINDING,
        ("Look-up: other types", "查询：字段类型不同"),
        ("what is only shown comes in another shape", "仅供显示的字段换了类型"),
    ),
    "find_sparse": Way(
        FIND,
        FINDING,
        ("Look-up: less than usual", "查询：字段缺失"),
        ("what is only shown is left out", "仅供显示的字段缺失"),
    ),
    "find_gzip": Way(
        FIND,
        FINDING,
        ("Look-up: compressed", "查询：被压缩"),
        ("a gateway gzips the answer, unasked", "网关未经请求压缩了应答"),
    ),
    "change_429": Way(
        CHANGE,
        CHANGING,
        ("Change: too many requests", "更改：请求过多"),
        ("429 and says how long to wait", "429，并告知需要等待多久"),
    ),
    "change_500": Way(
        CHANGE,
        CHANGING,
        ("Change: server error", "更改：服务器错误"),
        ("500, and nothing is changed", "返回 500，没有任何更改"),
    ),
    "change_refused": Way(
        CHANGE,
        CHANGING,
        ("Change: not permitted", "更改：无权限"),
        ("looking is allowed, changing is not", "可以查询，但不可以更改"),
    ),
    "change_cut": Way(
        CHANGE,
        CHANGING,
        ("Change: cut off", "更改：断开"),
        ("nothing is changed, the connection breaks", "没有任何更改，连接断开"),
    ),
    "change_500_after": Way(
        CHANGE,
        CHANGING,
        ("Changed, then server error", "已更改，随后服务器错误"),
        ("it is done, the answer says 500", "已完成更改，但应答为 500"),
    ),
    "change_hang_after": Way(
        CHANGE,
        CHANGING,
        ("Changed, then silence", "已更改，随后无应答"),
        ("it is done, no answer ever comes", "已完成更改，但始终没有应答"),
    ),
    "change_cut_after": Way(
        CHANGE,
        CHANGING,
        ("Changed, then cut off", "已更改，随后断开"),
        ("it is done, the connection breaks", "已完成更改，但连接断开"),
    ),
    "seats_500": Way(
        SEATS,
        COUNTING,
        ("Licences: server error", "许可证：服务器错误"),
        ("500 when asking how many are left", "查询余量时返回 500"),
    ),
    "seats_hang": Way(
        SEATS,
        COUNTING,
        ("Licences: silence", "许可证：无应答"),
        ("no answer to the question", "查询没有应答"),
    ),
    "seats_refused": Way(
        SEATS,
        COUNTING,
        ("Licences: not permitted", "许可证：无权限"),
        ("creating is allowed, counting is not", "可以创建，但不可以查询余量"),
    ),
    "hang": Way(
        CREATE, NETWORK, ("Silence", "无应答"), ("nothing is created, no answer comes", "没有创建，也没有应答")
    ),
    "cut": Way(
        CREATE,
        NETWORK,
        ("Cut off", "断开"),
        ("the connection breaks before anything", "什么都没发生就断开连接"),
    ),
    "html": Way(
        CREATE,
        NETWORK,
        ("A web page instead", "返回网页"),
        ("200 with HTML, as a hotel network does", "200 但内容是 HTML，如酒店网络"),
    ),
    "gzip": Way(
        CREATE,
        NETWORK,
        ("Compressed, unasked", "未请求却被压缩"),
        ("created, and a gateway gzips the answer", "已创建，但网关压缩了应答"),
    ),
    "redirect": Way(CREATE, NETWORK, ("Sent elsewhere", "重定向"), ("302 to another host", "302 到另一台主机")),
}
"""Those that any vendor knows; one may add its own, or call one otherwise."""
