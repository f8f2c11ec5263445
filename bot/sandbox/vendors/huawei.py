"""A pretend Huawei Cloud Meeting, both generations on one server.

Legacy (2019): `/rest/usg/datacenter/v1/...`, `Authorization: Basic base64(accessToken)`, answers in an envelope with
returnCode, business refusals with HTTP 200. Current: `/v1/usg/dcs/...`, `X-Access-Token`, plain answers, refusals with
real HTTP statuses and error_code. https://support.huaweicloud.com/api-meeting/meeting_21_0067.html (add a user),
/meeting_21_0306.html and /meeting_21_0311.html (log in), /meeting_21_0307.html (refresh); after the account:
/meeting_21_0068.html (update), /0069 (detail), /0070 (delete), /0072 (status), /0059 (resources), and
/toctopics/zh-cn_topic_0000001575874449.html (the details of many). One set of accounts and tokens lies behind both
generations. The 2019 document does not say how a dead token is answered: here HTTP 401, in the envelope.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bot.sandbox.vendors.huawei_answers import (
    ACCOUNT_EXISTS,
    BAD_PARAMETER,
    CONTACT_EXISTS,
    COUNTRY_CODE_WRONG,
    CURRENT,
    DEPARTMENT_UNKNOWN,
    EMAIL_EMPTY,
    LEGACY,
    QUOTA,
    SIGNATURE_EXPIRED,
    SUCCESS,
    USER_UNKNOWN,
    WRONG_PASSWORD,
    Token,
    access_token,
    bent_data,
    body_of,
    count,
    error,
    forbidden,
    generation,
    is_legacy,
    refuse,
    success,
    throttled,
    unauthorised,
)
from bot.sandbox.vendors.huawei_fields import COUNTRIES, CURRENT_FIELDS, LEGACY_FIELDS, UPDATED_FIELDS
from bot.sandbox.vendors.masks import mask_phone
from bot.sandbox.vendors.vendor import DELETE, DISABLE, ENABLE, REPLACE, FakeVendor, Row
from bot.sandbox.vendors.ways import CREATE, CREDENTIALS, FIND, FINDING, TOKEN, WAYS, Way
from bot.sandbox.vendors.wire import Answer, Call, Field, Record, Refused, Route, route

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


class FakeHuawei(FakeVendor):
    """See the module. `logins` counts the log-ins that were answered with a token, refreshes not among them.

    `token_life` is in seconds. `several_enterprises`: the application is a service provider's, so that `corpId` is
    signed and sent; otherwise a real one is refused. `auth_paths`: more paths where account and password are taken.
    `names_failed`: a deletion answers 200 with the accounts that it did not delete, as one of the two pages says; the other
    says all or nothing. `unseen` are the ids of users whom no look-up may show. `expiring` seats end within 30 days;
    `generations` answer.
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
        names_failed: bool = False,
        expiring: int = 0,
        **options: Any,
    ) -> None:
        self.account, self.password = account, password
        self.app_id, self.app_key = app_id, app_key
        self.corp_id, self.user_id = corp_id, user_id
        self.token_life = token_life
        self.several_enterprises = several_enterprises
        self.auth_paths = ("/v1/usg/acs/auth/account", "/rest/usg/sso/v1/auth/account", *auth_paths)
        self.names_failed = names_failed
        self.expiring = expiring
        self.generations = {"2019", "current"}
        self.unseen: set[str] = set()
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
            *(each for base in (LEGACY, CURRENT) for each in self._of_members(f"{base}/corp/member")),
            route("POST", f"{LEGACY}/corp/member/search", "find", self._search_legacy),
            route("GET", f"{LEGACY}/member/dept/{{code}}", "other", self._get_department),
            route("GET", f"{CURRENT}/corp/member", "find", self._search),
            route("POST", "/v1/usg/abs/users/list", "find", self._details),
            route("GET", f"{CURRENT}/corp/resource", "seats", self._resource),
            route("GET", f"{CURRENT}/member/dept", "other", self._find_departments),
            route("GET", f"{CURRENT}/member/dept/{{code}}", "other", self._get_department),
        ]

    def _of_members(self, members: str) -> list[Route]:
        """What both generations have at the same place."""
        return [
            route("POST", members, "create", self._create),
            route("POST", f"{members}/delete", "change", self._delete),
            route("PUT", f"{members}/status/{{value}}", "change", self._set_status),
            route("GET", f"{members}/{{account}}", "find", self._get),
            route("PUT", f"{members}/{{account}}", "change", self._update),
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
            actions=(ENABLE if account["status"] == 1 else DISABLE, REPLACE, DELETE),
        )

    def put(self, account: Record, action: str) -> None:
        account["status"] = {"enable": 0, "disable": 1}[action]

    def fresh(self, fields: Record) -> Record:
        """`account` names it, or `userAccount` does, as in an account that it replaces."""
        named = {"name": fields.get("account", ""), "account": fields.get("userAccount")} | fields
        return self._new_account({name: value for name, value in named.items() if name != "id"})

    def bent(self, answer: Answer, how: str) -> Answer | None:
        """Bends what lies in the envelope, where there is one."""
        body = answer.body
        if isinstance(body, dict) and "returnCode" in body:
            bent = bent_data(body["data"], how)
            return None if bent is None else replace(answer, body=body | {"data": bent})
        bent = bent_data(body, how)
        return None if bent is None else replace(answer, body=bent)

    def bot_settings(self) -> dict[str, str]:
        return {
            "HUAWEI_ACCOUNT": self.account,
            "HUAWEI_PASSWORD": self.password,
            "HUAWEI_BASE_URL": self.url,
        }

    def refuses(self, answer: Answer) -> bool:
        """The generation of 2019 refuses with HTTP 200 and a returnCode."""
        code = answer.body.get("returnCode", SUCCESS) if isinstance(answer.body, dict) else SUCCESS
        return super().refuses(answer) or code != SUCCESS

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
            raise refuse(call, BAD_PARAMETER, "Content-Type must be application/json")
        if kind == "token":
            return
        if generation(call) not in self.generations:
            raise Refused(self.not_found(call))
        token = self._token(access_token(call))
        if token is None:
            raise Refused(unauthorised(call))
        if not token.administrator:
            raise Refused(forbidden())

    def _token(self, access: str) -> Token | None:
        alive = (token for token in self.tokens if token.expires_at > self.clock())
        return next((token for token in alive if access and token.access == access), None)

    def _log_in(self, call: Call) -> Answer:
        body = body_of(call)
        if call.header("Authorization") != basic(f"{self.account}:{self.password}"):
            raise refuse(call, WRONG_PASSWORD, "USG_ERR_PASSWORD 账号或密码错误", 401)
        if body.get("account") != self.account:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter: account")
        return self._logged_in(call, _client_type(call, body))

    def _log_in_as_app(self, call: Call) -> Answer:
        body = body_of(call)
        user, expires, nonce = body.get("userId"), body.get("expireTime"), body.get("nonce")
        if not isinstance(user, str):
            raise refuse(call, BAD_PARAMETER, "Invalid parameter: userId")
        if type(expires) is not int or not 0 <= expires < 10**11:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter: expireTime, Unix seconds")
        if not isinstance(nonce, str) or not 32 <= len(nonce) <= 64:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter: nonce, 32-64 characters")
        if body.get("appId") != self.app_id or not self._signed(call, body):
            raise refuse(call, WRONG_PASSWORD, "App ID authentication failed 鉴权失败", 401)
        if expires and expires < self.clock():
            raise refuse(call, SIGNATURE_EXPIRED, "USG_APPID_AUTH_EXPIRE 签名已过期", 401)
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
        return success(call, self._token_answer(token))

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
            raise Refused(unauthorised(call))
        token = self._new_token(old.client_type, old.administrator)
        self.tokens = [other for other in self.tokens if other is not old] + [token]
        return success(call, self._token_answer(token))

    # --- failing on demand

    def refusal(self, call: Call, how: str, options: Record) -> Answer:
        if how == "429":
            return throttled(options.get("retry_after", 1))
        if how == "expired_token":
            self.revoke_tokens()
            return unauthorised(call)
        if how == "refused" or (how == "bad_credentials" and call.path.endswith("/corp/member")):
            return forbidden()
        if how == "unknown_code" and options["how"] == "unknown_code_after":
            return replace(error(call, "299999999", "系统内部错误 (no table knows this code)"), status=500)
        code, says, status = {
            "bad_credentials": (WRONG_PASSWORD, "USG_ERR_PASSWORD 账号或密码错误", 401),
            "wrong_clock": (SIGNATURE_EXPIRED, "USG_APPID_AUTH_EXPIRE 签名已过期", 401),
            "no_seat": (QUOTA, _NO_SEAT, 400),
            "duplicate_phone": (CONTACT_EXISTS, _CONTACT_USED.format("phone"), 400),
            "unknown_code": ("299999999", "系统内部错误 (no table knows this code)", 500),
        }[how]
        return error(call, code, says, status)

    def too_fast(self, call: Call, what: str) -> Answer:
        return throttled(60)

    def not_found(self, call: Call) -> Answer:
        return Answer(
            404, {"error_code": "APIGW.0101", "error_msg": f"The API does not exist: {call.method} {call.path}"}
        )

    # --- users

    def _create(self, call: Call) -> Answer:
        body = body_of(call)
        self._check_fields(call, body)
        self._check_contact(call, body)
        self._check_password(call, body)
        if body.get("deptCode", "1") not in ("", *self.departments):
            raise refuse(
                call, DEPARTMENT_UNKNOWN, f"The department does not exist 部门不存在: deptCode {body['deptCode']}"
            )
        self._check_unused(call, body)
        if len(self.accounts) >= self.seats:
            raise refuse(call, QUOTA, _NO_SEAT)
        account = self._new_account(body)
        key = next(body[name] for name in ("account", "thirdAccount", "id", "phone", "email") if body.get(name))
        self.remember(account, key, account["userAccount"])
        return success(call, account)

    def _check_fields(self, call: Call, body: Record) -> None:
        if "name" not in body:
            raise refuse(call, BAD_PARAMETER, "Missing parameter 缺少参数: name")
        self._check_known(call, body, LEGACY_FIELDS if is_legacy(call) else CURRENT_FIELDS)

    def _check_known(self, call: Call, body: Record, fields: Mapping[str, Field]) -> None:
        for name, value in body.items():
            rule = fields.get(name)
            if rule is None:
                raise refuse(call, BAD_PARAMETER, f"Unknown parameter 未知参数: {name}")
            if not rule.has_kind(value) or not rule.fits(value):
                raise refuse(call, BAD_PARAMETER, f"Invalid parameter 参数错误: {name}, {rule.says}")

    def _check_contact(self, call: Call, body: Record) -> None:
        phone, country = body.get("phone"), body.get("country")
        if not phone and not body.get("email"):
            raise refuse(call, EMAIL_EMPTY, "The email address cannot be empty 手机号和邮箱至少填写一个: phone, email")
        if country and country not in COUNTRIES:
            raise refuse(call, BAD_PARAMETER, f"Invalid parameter 参数错误: country {country}")
        if not phone:
            return
        if not country and not is_legacy(call):
            raise refuse(call, BAD_PARAMETER, "Missing parameter 缺少参数: country is required with phone")
        code = COUNTRIES[country or "chinaPR"]
        if not phone.startswith(f"+{code}"):
            raise refuse(call, COUNTRY_CODE_WRONG, "The country code of the mobile number is incorrect: phone, country")
        if not re.fullmatch(r"1[0-9]{10}" if code == "86" else r"[0-9]{4,}", phone[len(code) + 1 :]):
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 手机号不合法: phone")

    def _check_password(self, call: Call, body: Record) -> None:
        account, password = body.get("account"), body.get("pwd")
        if password and account and password in (account, account[::-1]):
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: pwd must not be the account, nor reversed")

    def _check_unused(self, call: Call, body: Record) -> None:
        ways = [("account", "userAccount", ACCOUNT_EXISTS), ("id", "id", ACCOUNT_EXISTS)]
        ways += [("thirdAccount", "thirdAccount", ACCOUNT_EXISTS)]
        ways += [("phone", "phone", CONTACT_EXISTS), ("email", "email", CONTACT_EXISTS)]
        for sent, kept, code in ways:
            if body.get(sent) and self._find(kept, body[sent]):
                says = _CONTACT_USED if code == CONTACT_EXISTS else "The account already exists 用户已存在: {}"
                raise refuse(call, code, says.format(sent))

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
        return success(call, self._named(call))

    def _named(self, call: Call) -> Record:
        """The user in the path, by the kind of account that the query names."""
        account = self._find(_kind(call), call.args["account"])
        if account is None:
            raise refuse(call, USER_UNKNOWN, "The user does not exist 用户不存在: account")
        if account["id"] in self.unseen:
            raise Refused(forbidden())
        return account

    def _details(self, call: Call) -> Answer:
        """200 for all of them: whether one is absent or may not be seen is in its row."""
        by = {"USER_ID": "id", "THIRD_ACCOUNT": "thirdAccount"}.get(call.query.get("idType", "USER_ID"))
        asked = call.json
        if by is None:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: idType")
        if not isinstance(asked, list) or not 1 <= len(asked) <= 200 or not all(map(_has_id, asked)):
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: a list of 1-200 ids")
        return success(call, [self._detail(each["id"], self._find(by, each["id"])) for each in asked])

    def _detail(self, asked: str, account: Record | None) -> Record:
        if account is None or account["id"] in self.unseen:
            # Its own administrator is no account here.
            return {"id": asked, "statusCode": 3 if account else 0 if asked == self.user_id else 2}
        shown = ("name", "englishName", "email", "deptName", "signature", "title")
        return {
            "id": account["id"],
            "statusCode": 0,
            "account": account["userAccount"],
            **{name: account[name] for name in shown if name in account},
            "phone": mask_phone(account.get("phone", "")),
            "number": account["sipNum"],
            "type": "NORMAL_USER",
            "deptCodes": [account["deptCode"]],
        }

    def _resource(self, call: Call) -> Answer:
        users = {"sumCount": self.seats, "trialCount": 0, "expiredCount": 0, "expiringCount": self.expiring}
        users["usedCount"] = len(self.accounts)
        none = {"sumCount": 0, "trialCount": 0, "expiredCount": 0, "expiringCount": 0, "usedCount": 0}
        others = ("te1080pHardCount", "te720pHardCount", "roomCount", "hwVisionCount", "ideaHubCount")
        return success(call, {"teSoftCount": users, **dict.fromkeys(others, none), "enableSMS": True})

    def _update(self, call: Call) -> Answer:
        account, body = self._named(call), body_of(call)
        self._check_known(call, body, UPDATED_FIELDS)
        if is_legacy(call) and "name" not in body:
            raise refuse(call, BAD_PARAMETER, "Missing parameter 缺少参数: name")
        if not (body.get("phone") or body.get("email") or account.get("phone") or account.get("email")):
            raise refuse(call, EMAIL_EMPTY, "手机号和邮箱至少填写一个: phone, email")
        # 若不携带则默认根部门: who sends no department moves the person.
        code = body.get("deptCode") or "1"
        if code not in self.departments:
            raise refuse(call, DEPARTMENT_UNKNOWN, f"The department does not exist 部门不存在: deptCode {code}")
        changed = {name: value for name, value in body.items() if name != "vmrId"}
        account.update({"sortLevel": 10000, "hidePhone": False} | changed | self._department(code))
        return success(call, None if is_legacy(call) else account)

    def _set_status(self, call: Call) -> Answer:
        value = call.args["value"]
        if value not in ("0", "1"):
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: value")
        for account in self._listed(call):
            account["status"] = int(value)
        return Answer(200) if not is_legacy(call) else success(call, None)

    def _listed(self, call: Call) -> list[Record]:
        """The users in the body's list, all of whom must be there."""
        found = [self._find(_kind(call), account) for account in _accounts(call)]
        if None in found:
            raise refuse(call, USER_UNKNOWN, "The user does not exist 用户不存在: account")
        return [account for account in found if account is not None]

    def _search(self, call: Call) -> Answer:
        offset, limit = count(call, "offset", 0), count(call, "limit", 10)
        wanted = call.query.get("status", "")
        if wanted not in ("", "0", "1"):
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: status")
        matching = self._matching(call.query.get("searchKey", ""), call.query.get("deptCode", ""))
        found = [account for account in matching if not wanted or account["status"] == int(wanted)]
        if offset >= len(found) and limit:  # 若超过最大数量，则返回最后一页
            offset = max(len(found) - 1, 0) // limit * limit
        rows = found[offset : offset + limit]
        return success(call, {"offset": offset, "limit": limit, "count": len(found), "data": rows})

    def _search_legacy(self, call: Call) -> Answer:
        body = body_of(call)
        size, index = body.get("pageSize", 10), body.get("pageIndex", 1)
        if type(size) is not int or not 1 <= size <= 500:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: pageSize")
        if type(index) is not int or index < 0:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: pageIndex")
        found = self._matching(str(body.get("condition", "")), str(body.get("deptCode", "")))
        # No page says whether the first page is 0 or 1: both are, so that nobody's first page is empty.
        start = max(index - 1, 0) * size
        return success(call, {"data": found[start : start + size], "totalCount": len(found), "pageIndex": index})

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
        if self.names_failed and not is_legacy(call):
            failed = [account for account in _accounts(call) if self._find(_kind(call), account) is None]
            leaving = [self._find(_kind(call), account) for account in _accounts(call)]
        else:
            failed, leaving = [], [*self._listed(call)]
        self.accounts[:] = [account for account in self.accounts if account not in leaving]
        if is_legacy(call):
            return success(call, None)
        return Answer(200, failed or None)

    # --- departments

    def _department(self, code: str) -> Record:
        name, root = self.departments[code], self.departments["1"]
        return {"deptCode": code, "deptName": name, "deptNamePath": root if code == "1" else f"{root}/{name}"}

    def _get_department(self, call: Call) -> Answer:
        code = call.args["code"]
        if code not in self.departments:
            raise refuse(call, DEPARTMENT_UNKNOWN, f"The department does not exist 部门不存在: deptCode {code}")
        children = [self._department(child) for child in self.departments if code == "1" and child != "1"]
        return success(call, {**self._department(code), "childDepts": children})

    def _find_departments(self, call: Call) -> Answer:
        wanted = call.query.get("deptName", "")
        if not 1 <= len(wanted) <= 128:
            raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: deptName, 1-128 characters")
        return success(call, [self._department(code) for code, name in self.departments.items() if wanted in name])


_NO_SEAT = "The number of users has reached the upper limit 添加用户数达到上限"
_CONTACT_USED = "The email address or mobile number is already in use 手机号或邮箱已被使用: {}"


def _client_type(call: Call, body: Record) -> int:
    given = body.get("clientType")
    if type(given) is not int or given not in _CLIENT_TYPES:
        raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: clientType")
    return given


def _kind(call: Call) -> str:
    """Where the account that a call names is kept: accountType says which of the two it is."""
    kind = call.query.get("accountType", "0")
    if kind not in ("0", "1"):
        raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: accountType")
    return "thirdAccount" if kind == "1" else "userAccount"


def _has_id(asked: object) -> bool:
    return isinstance(asked, dict) and isinstance(asked.get("id"), str) and bool(asked["id"])


def _accounts(call: Call) -> list[str]:
    """The body as a list of 1 to 100 accounts."""
    named = call.json
    if not isinstance(named, list) or not 1 <= len(named) <= 100 or not all(isinstance(one, str) for one in named):
        raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: a list of 1-100 accounts")
    return named


def _row(account: Record) -> Record:
    """A user as lists show one: shorter than the user itself, with the room's number beside it."""
    left_out = ("vmrList", "sipNum", "deptName", "function", "corp")
    return {k: v for k, v in account.items() if k not in left_out} | {"vmrId": account["vmrList"][0]["vmrId"]}
