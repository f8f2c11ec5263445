"""A pretend Huawei Cloud Meeting, both generations on one server.

Legacy (2019): `/rest/usg/datacenter/v1/...`, `Authorization: Basic base64(accessToken)`, answers in an envelope with
returnCode, business refusals with HTTP 200. Current: `/v1/usg/dcs/...`, `X-Access-Token`, plain answers, refusals with
real HTTP statuses and error_code. https://support.huaweicloud.com/api-meeting/meeting_21_0067.html (add a user),
/meeting_21_0306.html and /meeting_21_0311.html (log in), /meeting_21_0307.html (refresh). One set of accounts and
tokens lies behind both. The 2019 document does not say how a dead token is answered: here HTTP 401, in the envelope.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from bot.sandbox.vendors.huawei_fields import COUNTRIES, CURRENT_FIELDS, LEGACY_FIELDS
from bot.sandbox.vendors.vendor import FakeVendor, Row
from bot.sandbox.vendors.ways import CREATE, CREDENTIALS, FIND, FINDING, TOKEN, WAYS, Way
from bot.sandbox.vendors.wire import Answer, Call, Record, Refused, Route, route

_LEGACY = "/rest/usg/datacenter/v1"
_CURRENT = "/v1/usg/dcs"
_SUCCESS = "000000000"

# Numbers with a source are documented or seen in the field; no stored page shows those for a bad parameter, for the
# quota and for the gateway's missing permission, so these are ours, next to their documented neighbours.
_TOKEN_INVALID = "000000004"  # noqa: S105 - an error code
_BAD_PARAMETER = "201000001"
_COUNTRY_CODE_WRONG = "201000006"
_EMAIL_EMPTY = "201000007"
_USER_UNKNOWN = "201040000"
_ACCOUNT_EXISTS = "201040001"
_QUOTA = "201040019"
_CONTACT_EXISTS = "201040020"
_DEPARTMENT_UNKNOWN = "201030000"
_WRONG_PASSWORD = "206010000"  # noqa: S105 - an error code
_SIGNATURE_EXPIRED = "206010057"

_MANY_TOKENS = 72  # the client type of API users: up to 64 tokens live at a time, where others have one
_TOKEN_LIMIT = 64
_CLIENT_TYPES = {0, 5, 6, _MANY_TOKENS}
_REFRESH_LIFE = 30 * 86400

_DEPARTMENTS = {"1": "示例公司", "D100": "研发部 Engineering", "D200": "人力资源部 People"}


def app_signature(
    app_id: str, app_key: str, user_id: str, expire_time: int, nonce: str, corp_id: str | None = None
) -> str:
    """The App ID log-in's signature, lower-case hex. `corp_id` only for a provider that serves several enterprises.

    An empty `user_id` is the default administrator; its colon stays. Servers take both cases of hex.
    https://support.huaweicloud.com/api-meeting/meeting_21_0311.html
    """
    parts = [app_id, *([] if corp_id is None else [corp_id]), user_id, str(expire_time), nonce]
    return hmac.new(app_key.encode(), ":".join(parts).encode(), hashlib.sha256).hexdigest()


def basic(words: str) -> str:
    """`Authorization` as both log-in (account:password) and the legacy calls (the access token) want it."""
    return f"Basic {base64.b64encode(words.encode()).decode()}"


@dataclass
class Token:
    """What a log-in gave out; times in Unix seconds. `administrator` False may log in and nothing else."""

    access: str
    refresh: str
    client_type: int
    expires_at: float
    refresh_expires_at: float
    administrator: bool = True


class FakeHuawei(FakeVendor):
    """See the module. `logins` counts the log-ins that were answered with a token, refreshes not among them.

    `token_life` is in seconds. `several_enterprises`: the application is a service provider's, so that `corpId` is
    signed and sent; otherwise a real one is refused. `auth_paths`: more paths where account and password are taken.
    """

    name = "huawei"
    title = ("Huawei Cloud Meeting", "华为云会议")
    short = ("Huawei Cloud", "华为云会议")
    hows: ClassVar[Mapping[str, Way]] = WAYS | {
        "expired_token": Way(
            CREATE,
            CREDENTIALS,
            ("Token revoked", "令牌已失效"),
            ("the token in use stops working", "正在使用的令牌失效"),
        ),
        "bad_credentials": replace(WAYS["bad_credentials"], strikes=CREATE | TOKEN),
        "wrong_clock": replace(WAYS["wrong_clock"], strikes=TOKEN),
        "token_500": Way(
            TOKEN,
            CREDENTIALS,
            ("Log-in: server error", "登录：服务器错误"),
            ("500 when asking for a token", "获取令牌时返回 500"),
        ),
        "find_no_data": Way(
            FIND,
            FINDING,
            ("Look-up: nobody, without a list", "查询：无人，且没有列表"),
            ("an empty search comes without its data", "没有结果的搜索不含 data"),
        ),
        "token_hang": Way(
            TOKEN,
            CREDENTIALS,
            ("Log-in: silence", "登录：无应答"),
            ("no answer when asking for a token", "获取令牌时没有应答"),
        ),
    }

    def __init__(
        self,
        account: str = "admin@sandbox",
        password: str = "Sandbox-Passw0rd",  # noqa: S107 - a made-up secret of a made-up vendor
        app_id: str = "sandboxappid0000000000000000000",
        app_key: str = "sandboxappkey",
        corp_id: str = "807077033",
        user_id: str = "",
        *,
        token_life: int = 43200,
        several_enterprises: bool = False,
        auth_paths: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.account, self.password = account, password
        self.app_id, self.app_key = app_id, app_key
        self.corp_id, self.user_id = corp_id, user_id
        self.token_life = token_life
        self.several_enterprises = several_enterprises
        self.auth_paths = ("/v1/usg/acs/auth/account", "/rest/usg/sso/v1/auth/account", *auth_paths)
        self.departments = dict(_DEPARTMENTS)
        self.logins = 0
        self.tokens: list[Token] = []  # live or expired, oldest first
        self._numbers = 210249
        super().__init__(**options)

    def routes(self) -> list[Route]:
        logins = [route(m, path, "token", self._log_in) for path in self.auth_paths for m in ("POST", "PUT")]
        return [
            *logins,
            route("POST", "/v2/usg/acs/auth/appauth", "token", self._log_in_as_app),
            route("PUT", "/v1/usg/acs/token", "token", self._refresh),
            route("POST", f"{_LEGACY}/corp/member", "create", self._create),
            route("POST", f"{_LEGACY}/corp/member/search", "find", self._search_legacy),
            route("POST", f"{_LEGACY}/corp/member/delete", "other", self._delete),
            route("GET", f"{_LEGACY}/corp/member/{{account}}", "find", self._get),
            route("GET", f"{_LEGACY}/member/dept/{{code}}", "other", self._get_department),
            route("POST", f"{_CURRENT}/corp/member", "create", self._create),
            route("GET", f"{_CURRENT}/corp/member", "find", self._search),
            route("POST", f"{_CURRENT}/corp/member/delete", "other", self._delete),
            route("GET", f"{_CURRENT}/corp/member/{{account}}", "find", self._get),
            route("GET", f"{_CURRENT}/member/dept", "other", self._find_departments),
            route("GET", f"{_CURRENT}/member/dept/{{code}}", "other", self._get_department),
        ]

    def row(self, account: Record) -> Row:
        return Row(
            key=account["id"],
            name=account["name"],
            account=account["userAccount"],
            phone=account.get("phone", ""),
            email=account.get("email", ""),
            department=account["deptName"],
            state=("disabled", "已停用") if account["status"] == 1 else None,
        )

    def bent(self, answer: Answer, how: str) -> Answer | None:
        """Bends what lies in the envelope, where there is one."""
        body = answer.body
        if isinstance(body, dict) and "returnCode" in body:
            bent = _bent(body["data"], how)
            return None if bent is None else replace(answer, body=body | {"data": bent})
        bent = _bent(body, how)
        return None if bent is None else replace(answer, body=bent)

    def bot_settings(self) -> dict[str, str]:
        return {
            "HUAWEI_ACCOUNT": self.account,
            "HUAWEI_PASSWORD": self.password,
            "HUAWEI_BASE_URL": self.url,
        }

    def refuses(self, answer: Answer) -> bool:
        """The generation of 2019 refuses with HTTP 200 and a returnCode."""
        code = answer.body.get("returnCode", _SUCCESS) if isinstance(answer.body, dict) else _SUCCESS
        return super().refuses(answer) or code != _SUCCESS

    def revoke_tokens(self) -> None:
        """What a log-in elsewhere, a changed password or the vendor itself can do at any time."""
        self.tokens.clear()

    def fail(self, how: str, times: int = 1, **options: Any) -> None:
        """As every vendor. What strikes only the log-in ends the tokens too, or nobody would log in for hours."""
        super().fail(how, times, **options)
        if how and self.hows[how].strikes == TOKEN:
            self.revoke_tokens()

    # --- who is calling

    def authenticate(self, call: Call, kind: str) -> None:
        if call.method in ("POST", "PUT") and call.raw and not call.says_json:
            raise _refuse(call, _BAD_PARAMETER, "Content-Type must be application/json")
        if kind == "token":
            return
        token = self._token(_access_token(call))
        if token is None:
            raise Refused(_unauthorised(call))
        if not token.administrator:
            raise Refused(_forbidden())

    def _token(self, access: str) -> Token | None:
        alive = (token for token in self.tokens if token.expires_at > self.clock())
        return next((token for token in alive if access and token.access == access), None)

    def _log_in(self, call: Call) -> Answer:
        body = _object(call)
        if call.header("Authorization") != basic(f"{self.account}:{self.password}"):
            raise _refuse(call, _WRONG_PASSWORD, "USG_ERR_PASSWORD 账号或密码错误", 401)
        if body.get("account") != self.account:
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter: account")
        return self._logged_in(call, _client_type(call, body))

    def _log_in_as_app(self, call: Call) -> Answer:
        body = _object(call)
        user, expires, nonce = body.get("userId"), body.get("expireTime"), body.get("nonce")
        if not isinstance(user, str):
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter: userId")
        if type(expires) is not int or not 0 <= expires < 10**11:
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter: expireTime, Unix seconds")
        if not isinstance(nonce, str) or not 32 <= len(nonce) <= 64:
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter: nonce, 32-64 characters")
        if body.get("appId") != self.app_id or not self._signed(call, body):
            raise _refuse(call, _WRONG_PASSWORD, "App ID authentication failed 鉴权失败", 401)
        if expires and expires < self.clock():
            raise _refuse(call, _SIGNATURE_EXPIRED, "USG_APPID_AUTH_EXPIRE 签名已过期", 401)
        return self._logged_in(call, _client_type(call, body), self._is_administrator(user))

    def _signed(self, call: Call, body: Record) -> bool:
        found = re.fullmatch(r"HMAC-SHA256 signature=([0-9A-Fa-f]{64}),\s*access=(\S+)", call.header("Authorization"))
        # The official SDK sends "corpId": null, where a real one (or "") in the single-enterprise case is refused.
        corp = body.get("corpId")
        if corp not in (("", self.corp_id) if self.several_enterprises else (None,)):
            return False
        right = app_signature(self.app_id, self.app_key, body["userId"], body["expireTime"], body["nonce"], corp)
        access = base64.b64encode(self.app_id.encode()).decode()
        return found is not None and found[1].lower() == right and found[2] == access

    def _is_administrator(self, user: str) -> bool:
        if user in ("", self.user_id):
            return True
        # The vendor registers an unknown user on the spot, as an ordinary member, instead of refusing the log-in.
        if self._find("thirdAccount", user) is None:
            self.remember(self._new_account({"name": user, "thirdAccount": user}), user, user)
        return False

    def _logged_in(self, call: Call, client_type: int, administrator: bool = True) -> Answer:
        self.logins += 1
        token = self._new_token(client_type, administrator)
        now = self.clock()
        same = [other for other in self.tokens if other.client_type == client_type and other.expires_at > now]
        # A new log-in ends the old one, except for API users, who may hold 64 at once.
        room = _TOKEN_LIMIT - 1 if client_type == _MANY_TOKENS else 0
        dropped = same[: max(len(same) - room, 0)]
        self.tokens = [t for t in self.tokens if t not in dropped and t.refresh_expires_at > now] + [token]
        return _success(call, self._token_answer(token))

    def _new_token(self, client_type: int, administrator: bool) -> Token:
        now = self.clock()
        access, refresh = f"cnr{secrets.token_hex(19)}", f"cnr{secrets.token_hex(19)}"
        return Token(access, refresh, client_type, now + self.token_life, now + _REFRESH_LIFE, administrator)

    def _token_answer(self, token: Token) -> Record:
        now = self.clock()
        return {
            "accessToken": token.access,
            "tokenIp": "127.0.0.1",
            "validPeriod": self.token_life,
            "expireTime": int(token.expires_at),
            "createTime": int(now * 1000),
            "clientType": token.client_type,
            "tokenType": 0,
            "forceLoginInd": 0,
            "firstLogin": False,
            "pwdExpired": False,
            "refreshToken": token.refresh,
            "refreshValidPeriod": _REFRESH_LIFE,
            "refreshExpireTime": int(token.refresh_expires_at),
            "refreshCreateTime": int(now * 1000),
            "user": {
                "userId": "ff80808167a0c3b10167a0c3b1aa0001",
                "ucloginAccount": self.account,
                "companyId": self.corp_id,
                "userType": 2,
                "adminType": 0 if token.administrator else 2,
                "name": "管理员",
            },
        }

    def _refresh(self, call: Call) -> Answer:
        # The refresh token travels in the access token's header.
        given, now = call.header("X-Access-Token"), self.clock()
        old = next((t for t in self.tokens if given and t.refresh == given and t.refresh_expires_at > now), None)
        if old is None:
            raise Refused(_unauthorised(call))
        token = self._new_token(old.client_type, old.administrator)
        self.tokens = [other for other in self.tokens if other is not old] + [token]
        return _success(call, self._token_answer(token))

    # --- failing on demand

    def refusal(self, call: Call, how: str, options: Record) -> Answer:
        if how == "429":
            return _throttled(options.get("retry_after", 1))
        if how == "expired_token":
            self.revoke_tokens()
            return _unauthorised(call)
        if how == "refused" or (how == "bad_credentials" and call.path.endswith("/corp/member")):
            return _forbidden()
        if how == "unknown_code" and options["how"] == "unknown_code_after":
            return replace(_error(call, "299999999", "系统内部错误 (no table knows this code)"), status=500)
        code, says, status = {
            "bad_credentials": (_WRONG_PASSWORD, "USG_ERR_PASSWORD 账号或密码错误", 401),
            "wrong_clock": (_SIGNATURE_EXPIRED, "USG_APPID_AUTH_EXPIRE 签名已过期", 401),
            "no_seat": (_QUOTA, _NO_SEAT, 400),
            "duplicate_phone": (_CONTACT_EXISTS, _CONTACT_USED.format("phone"), 400),
            "unknown_code": ("299999999", "系统内部错误 (no table knows this code)", 500),
        }[how]
        return _error(call, code, says, status)

    def too_fast(self, call: Call, what: str) -> Answer:
        return _throttled(60)

    def not_found(self, call: Call) -> Answer:
        return Answer(
            404, {"error_code": "APIGW.0101", "error_msg": f"The API does not exist: {call.method} {call.path}"}
        )

    # --- users

    def _create(self, call: Call) -> Answer:
        body = _object(call)
        self._check_fields(call, body)
        self._check_contact(call, body)
        self._check_password(call, body)
        if body.get("deptCode", "1") not in ("", *self.departments):
            raise _refuse(
                call, _DEPARTMENT_UNKNOWN, f"The department does not exist 部门不存在: deptCode {body['deptCode']}"
            )
        self._check_unused(call, body)
        if len(self.accounts) >= self.seats:
            raise _refuse(call, _QUOTA, _NO_SEAT)
        account = self._new_account(body)
        key = next(body[name] for name in ("account", "thirdAccount", "id", "phone", "email") if body.get(name))
        self.remember(account, key, account["userAccount"])
        return _success(call, account)

    def _check_fields(self, call: Call, body: Record) -> None:
        fields = LEGACY_FIELDS if _is_legacy(call) else CURRENT_FIELDS
        if "name" not in body:
            raise _refuse(call, _BAD_PARAMETER, "Missing parameter 缺少参数: name")
        for name, value in body.items():
            rule = fields.get(name)
            if rule is None:
                raise _refuse(call, _BAD_PARAMETER, f"Unknown parameter 未知参数: {name}")
            if not rule.has_kind(value) or not rule.fits(value):
                raise _refuse(call, _BAD_PARAMETER, f"Invalid parameter 参数错误: {name}, {rule.says}")

    def _check_contact(self, call: Call, body: Record) -> None:
        phone, country = body.get("phone"), body.get("country")
        if not phone and not body.get("email"):
            raise _refuse(
                call, _EMAIL_EMPTY, "The email address cannot be empty 手机号和邮箱至少填写一个: phone, email"
            )
        if country and country not in COUNTRIES:
            raise _refuse(call, _BAD_PARAMETER, f"Invalid parameter 参数错误: country {country}")
        if not phone:
            return
        if not country and not _is_legacy(call):
            raise _refuse(call, _BAD_PARAMETER, "Missing parameter 缺少参数: country is required with phone")
        code = COUNTRIES[country or "chinaPR"]
        if not phone.startswith(f"+{code}"):
            raise _refuse(
                call, _COUNTRY_CODE_WRONG, "The country code of the mobile number is incorrect: phone, country"
            )
        if not re.fullmatch(r"1[0-9]{10}" if code == "86" else r"[0-9]{4,}", phone[len(code) + 1 :]):
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 手机号不合法: phone")

    def _check_password(self, call: Call, body: Record) -> None:
        account, password = body.get("account"), body.get("pwd")
        if password and account and password in (account, account[::-1]):
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: pwd must not be the account, nor reversed")

    def _check_unused(self, call: Call, body: Record) -> None:
        ways = [("account", "userAccount", _ACCOUNT_EXISTS), ("id", "id", _ACCOUNT_EXISTS)]
        ways += [("thirdAccount", "thirdAccount", _ACCOUNT_EXISTS)]
        ways += [("phone", "phone", _CONTACT_EXISTS), ("email", "email", _CONTACT_EXISTS)]
        for sent, kept, code in ways:
            if body.get(sent) and self._find(kept, body[sent]):
                says = _CONTACT_USED if code == _CONTACT_EXISTS else "The account already exists 用户已存在: {}"
                raise _refuse(call, code, says.format(sent))

    def _find(self, name: str, value: str) -> Record | None:
        return next((one for one in self.accounts if str(one.get(name, "")).lower() == value.lower()), None)

    def _new_account(self, body: Record) -> Record:
        self._numbers += 1
        code = body.get("deptCode") or "1"
        phone, email = body.get("phone"), body.get("email")
        room = body.get("vmrId") or f"9{self._numbers:08d}"
        return {
            "id": body.get("id") or uuid.uuid4().hex,
            "userAccount": body.get("account") or uuid.uuid4().hex,
            "name": body["name"],
            "englishName": body.get("englishName", ""),
            **({"phone": phone, "country": body.get("country") or "chinaPR"} if phone else {}),
            **({"email": email} if email else {}),
            "sipNum": f"+99111244216{self._numbers}",
            "vmrList": [{"id": uuid.uuid4().hex, "vmrId": room, "vmrName": body["name"], "vmrMode": 0, "status": 0}],
            **self._department(code),
            "userType": 2,
            "adminType": 2,
            "signature": body.get("signature", ""),
            "title": body.get("title", ""),
            "desc": body.get("desc", ""),
            "corp": {"id": self.corp_id, "corpName": self.departments["1"]},
            "function": {"enableRoom": False} | body.get("function", {}),
            "status": body.get("status", 0),
            "sortLevel": body.get("sortLevel", 10000),
            "hidePhone": body.get("hidePhone", False),
            "thirdAccount": body.get("thirdAccount", ""),
        }

    def _get(self, call: Call) -> Answer:
        kind = call.query.get("accountType", "0")
        if kind not in ("0", "1"):
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: accountType")
        account = self._find("thirdAccount" if kind == "1" else "userAccount", call.args["account"])
        if account is None:
            raise _refuse(call, _USER_UNKNOWN, "The user does not exist 用户不存在: account")
        return _success(call, account)

    def _search(self, call: Call) -> Answer:
        offset, limit = _count(call, "offset", 0), _count(call, "limit", 10)
        found = self._matching(call.query.get("searchKey", ""), call.query.get("deptCode", ""))
        rows = found[offset : offset + limit]
        return _success(call, {"offset": offset, "limit": limit, "count": len(found), "data": rows})

    def _search_legacy(self, call: Call) -> Answer:
        body = _object(call)
        size, index = body.get("pageSize", 10), body.get("pageIndex", 1)
        if type(size) is not int or not 1 <= size <= 500:
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: pageSize")
        if type(index) is not int or index < 0:
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: pageIndex")
        found = self._matching(str(body.get("condition", "")), str(body.get("deptCode", "")))
        # No page says whether the first page is 0 or 1: both are, so that nobody's first page is empty.
        start = max(index - 1, 0) * size
        return _success(call, {"data": found[start : start + size], "totalCount": len(found), "pageIndex": index})

    def _matching(self, condition: str, department: str) -> list[Record]:
        names = ("name", "phone", "email", "userAccount", "thirdAccount")
        wanted = condition.lower()
        return [
            _row(account)
            for account in self.accounts
            if any(wanted in str(account.get(name, "")).lower() for name in names)
            and (not department or account["deptCode"] == department)
        ]

    def _delete(self, call: Call) -> Answer:
        named = call.json
        if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: a list of accounts")
        by = "thirdAccount" if call.query.get("accountType") == "1" else "userAccount"
        leaving = [self._find(by, account) for account in named]
        if None in leaving:  # all or nothing
            raise _refuse(call, _USER_UNKNOWN, "The user does not exist 用户不存在: account")
        self.accounts[:] = [account for account in self.accounts if account not in leaving]
        return _success(call, None)

    # --- departments

    def _department(self, code: str) -> Record:
        name, root = self.departments[code], self.departments["1"]
        return {"deptCode": code, "deptName": name, "deptNamePath": root if code == "1" else f"{root}/{name}"}

    def _get_department(self, call: Call) -> Answer:
        code = call.args["code"]
        if code not in self.departments:
            raise _refuse(call, _DEPARTMENT_UNKNOWN, f"The department does not exist 部门不存在: deptCode {code}")
        children = [self._department(child) for child in self.departments if code == "1" and child != "1"]
        return _success(call, {**self._department(code), "childDepts": children})

    def _find_departments(self, call: Call) -> Answer:
        wanted = call.query.get("deptName", "")
        if not 1 <= len(wanted) <= 128:
            raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: deptName, 1-128 characters")
        return _success(call, [self._department(code) for code, name in self.departments.items() if wanted in name])


def _bent(data: Any, how: str) -> Record | None:
    if not isinstance(data, dict):
        return None
    if how == "find_no_data":
        is_empty = data.get("data") == []
        return {name: value for name, value in data.items() if name != "data"} if is_empty else None
    bend = {"find_odd": _odd, "find_sparse": _sparse}[how]
    if data.get("data"):
        return data | {"data": [bend(user) for user in data["data"]]}
    return bend(data) if "userAccount" in data else None


def _odd(user: Record) -> Record:
    """Whatever only is shown in another type than the document's."""
    odd = {"vmrList": None, "sipNum": 991112442, "deptName": ["研发部"], "deptNamePath": None, "title": 5}
    return user | odd | {"corp": user["deptCode"], "function": "none", "status": str(user["status"])}


def _sparse(user: Record) -> Record:
    """Who it is, and nothing else."""
    return {
        name: user[name] for name in ("id", "userAccount", "name", "phone", "email", "thirdAccount") if name in user
    }


_NO_SEAT = "The number of users has reached the upper limit 添加用户数达到上限"
_CONTACT_USED = "The email address or mobile number is already in use 手机号或邮箱已被使用: {}"


def _is_legacy(call: Call) -> bool:
    """The 2019 generation: its own paths, and the log-in by PUT, whichever path that takes."""
    return call.path.startswith(_LEGACY) or (call.method == "PUT" and call.path != "/v1/usg/acs/token")


def _access_token(call: Call) -> str:
    if not _is_legacy(call):
        return call.header("X-Access-Token")
    scheme, _, encoded = call.header("Authorization").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _success(call: Call, data: Any) -> Answer:
    return Answer(200, _envelope(call, _SUCCESS, "", data)) if _is_legacy(call) else Answer(200, data)


def _envelope(call: Call, code: str, message: str, data: Any = None) -> Record:
    return {
        "returnCode": code,
        "returnMessage": message,
        "achievementTime": 12,
        "requestId": call.header("X-Request-Id") or uuid.uuid4().hex,
        "data": data,
    }


def _error(call: Call, code: str, message: str, status: int = 400) -> Answer:
    if not _is_legacy(call):
        return Answer(status, {"error_code": f"USG.{code}", "error_msg": message})
    return Answer(status if status in (401, 403) else 200, _envelope(call, code, message))


def _refuse(call: Call, code: str, message: str, status: int = 400) -> Refused:
    return Refused(_error(call, code, message, status))


def _unauthorised(call: Call) -> Answer:
    return _error(call, _TOKEN_INVALID, "The token is invalid or has expired 鉴权失败", 401)


def _forbidden() -> Answer:
    """The gateway's answer, which knows no envelope."""
    return Answer(403, {"error_code": "APIGW.0302", "error_msg": "The user is not allowed to access the API"})


def _throttled(seconds: object) -> Answer:
    says = "The throttling threshold has been reached: policy user over ratelimit, limit:100, time:1 minute"
    headers = {"Retry-After": str(seconds), "X-APIG-Ratelimit-Api": "remain:0,limit:100,time:1 minute"}
    return Answer(429, {"error_code": "APIG.0308", "error_msg": says}, headers)


def _object(call: Call) -> Record:
    if not isinstance(call.json, dict):
        raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: the body must be a JSON object")
    return call.json


def _client_type(call: Call, body: Record) -> int:
    given = body.get("clientType")
    if type(given) is not int or given not in _CLIENT_TYPES:
        raise _refuse(call, _BAD_PARAMETER, "Invalid parameter 参数错误: clientType")
    return given


def _count(call: Call, name: str, default: int) -> int:
    given = call.query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", given):
        raise _refuse(call, _BAD_PARAMETER, f"Invalid parameter 参数错误: {name}")
    return int(given)


def _row(account: Record) -> Record:
    """A user as lists show one: shorter than the user itself, with the room's number beside it."""
    left_out = ("vmrList", "sipNum", "deptName", "function", "corp")
    return {k: v for k, v in account.items() if k not in left_out} | {"vmrId": account["vmrList"][0]["vmrId"]}
