"""A pretend Tencent Meeting: the enterprise address book's API, as strict as the real one is documented to be.

https://cloud.tencent.com/document/product/1095/43675 (create), /43704 (error codes), /105276 (rate limits), /60808
(departments). Every call is signed; business errors arrive with HTTP 500, bad requests with 400, missing rights with
403, and only the code in the body tells what happened. An account made through the API waits for activation
(status "3"). Not imitated: a newer page says that e-mail is ignored when a phone number is given as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.vendors.vendor import FakeVendor, Row
from bot.sandbox.vendors.wire import Answer, Call, Field, Record, Refused, Route, flag, route, text, whole

_HEADERS = ("AppId", "X-TC-Key", "X-TC-Nonce", "X-TC-Timestamp", "X-TC-Signature")
_CLOCK_SKEW = 300  # seconds that a timestamp may be off, either way
_FORBIDDEN_IN_USERID = set("!*'();:@&=+$,/?#[] ")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NO_PERMISSION = {9042, 500014, 190443}
_BAD_REQUEST = {10001, 190004, 40000, 41001}

_ACCOUNT_TYPES = range(1, 10)
_FREE_ACCOUNT = 2
_NOT_ACTIVATED = "3"

_FIELDS: dict[str, Field] = {
    "username": text(1),
    "userid": text(1),
    "phone": text(1),
    "area": Field(str, lambda value: bool(re.fullmatch(r"[1-9]\d{0,3}", value)), 'country code without "+"'),
    "email": text(0),
    "staff_id": text(0),
    "job_title": text(0, 96),
    "entry_time": whole(0),
    "department_list": Field(list, lambda value: len(value) <= 1, "list of one department id (only one)"),
    "auto_invite": flag(),
    "user_account_type": whole(min(_ACCOUNT_TYPES), max(_ACCOUNT_TYPES)),
    "is_voov": whole(0, 1),
    "add_on_largemeeting": whole(0, 3),
    "add_on_webinar": whole(0, 8),
    "operator_id": text(1),
    "operator_id_type": whole(1, 2),
}

_DEPARTMENTS = {
    "07f4c1966815d2519c1d2b1a3e5f7a90": "示例公司",
    "5b0c6f0e3d2a4e1f8a9b7c6d5e4f3a21": "研发部 Engineering",
    "c3d9e8f7a6b5443322110ffeeddccbba": "人力资源部 People",
}


def signature(
    secret_id: str, secret_key: str, method: str, nonce: str, timestamp: str, uri: str, body: bytes = b""
) -> str:
    """What X-TC-Signature must be: Base64 of the lower-case hex of an HMAC-SHA256 over four lines.

    `uri` is path and query exactly as sent, `body` the exact bytes. https://cloud.tencent.com/document/product/1095/42413
    """
    head = f"{method}\nX-TC-Key={secret_id}&X-TC-Nonce={nonce}&X-TC-Timestamp={timestamp}\n{uri}\n"
    digest = hmac.new(secret_key.encode(), head.encode() + body, hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode()).decode()


def error(code: int, message: str) -> Answer:
    """Tencent's error body, with the HTTP status that belongs to the code."""
    status = 403 if code in _NO_PERMISSION else 400 if code in _BAD_REQUEST else 500
    # The newer number is the old one, six digits wide, behind a prefix: 190303 -> 200190303.
    info = {"error_code": code, "new_error_code": int(f"200{code:06d}"), "message": message}
    return Answer(status, {"error_info": info})


def _refuse(code: int, message: str) -> Refused:
    return Refused(error(code, message))


class FakeTencent(FakeVendor):
    """See the module. `sdk_id` "" means that none was assigned: then sending one is refused.

    `operator_required`: the current document wants operator_id and operator_id_type in every call; the old one knew
    neither. `strict_userid`: the newer page's characters only, and so no e-mail address as a userid.
    """

    name = "tencent"
    title = ("Tencent Meeting", "腾讯会议")
    short = ("Tencent", "腾讯会议")

    def __init__(
        self,
        app_id: str = "200000001",
        sdk_id: str = "12345678901",
        secret_id: str = "AKIDsandbox0000000001",  # noqa: S107 - made up, as is the next line
        secret_key: str = "sandbox-secret-key",  # noqa: S107
        operator_id: str = "admin",
        *,
        operator_required: bool = True,
        strict_userid: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.app_id, self.sdk_id = app_id, sdk_id
        self.secret_id, self.secret_key = secret_id, secret_key
        self.operator_id = operator_id
        self.operator_required = operator_required
        self.strict_userid = strict_userid
        self.departments = dict(_DEPARTMENTS)
        self._nonces: dict[tuple[int, str], float] = {}  # (timestamp, nonce) -> when it came, oldest first
        self._invited: dict[str, float] = {}
        self._administrator: Record = {
            "userid": operator_id,
            "uuid": "UUIDsandboxadmin",
            "username": "管理员",
            "status": "1",
            "role_name": "超级管理员",
            "user_account_type": 1,
        }

    def routes(self) -> list[Route]:
        return [
            route("POST", "/v1/users", "create", self._create),
            route("GET", "/v1/users/list", "find", self._list),
            route("GET", "/v1/users/advance/list", "find", self._advance_list),
            route("GET", "/v1/users/account/statistics", "other", self._statistics),
            route("GET", "/v1/users/{userid}", "find", self._get),
            route("DELETE", "/v1/users/{userid}", "other", self._delete),
            route("PUT", "/v1/users/{userid}/invite-activate", "other", self._invite),
            route("GET", "/v1/departments", "other", self._list_departments),
        ]

    def reset(self) -> None:
        self._invited.clear()
        super().reset()

    def row(self, account: Record) -> Row:
        department = next(iter(account["department_list"]), {"department_name": ""})
        return Row(
            key=account["userid"],
            name=account["username"],
            account=account["userid"],
            phone=f"+{account['area']} {account['phone']}",
            email=account["email"],
            department=department["department_name"],
            state=("not activated", "未激活") if account["status"] == _NOT_ACTIVATED else None,
        )

    def bent(self, answer: Answer, how: str) -> Answer | None:
        users = answer.body.get("users") if isinstance(answer.body, dict) else None
        bend = {"find_odd": _odd, "find_sparse": _sparse}[how]
        if users:
            return replace(answer, body={**answer.body, "users": [bend(user) for user in users]})
        if users is None and "userid" in answer.body:
            return replace(answer, body=bend(answer.body))
        return None

    def bot_settings(self) -> dict[str, str]:
        return {
            "TENCENT_APP_ID": self.app_id,
            "TENCENT_SDK_ID": self.sdk_id,
            "TENCENT_SECRET_ID": self.secret_id,
            "TENCENT_SECRET_KEY": self.secret_key,
            "TENCENT_OPERATOR_ID": self.operator_id,
            "TENCENT_BASE_URL": self.url,
        }

    def activate(self, userid: str) -> None:
        """What the new colleague does with the link in the text message. KeyError when there is no such account."""
        self._account(userid)["status"] = "1"

    # --- who is calling

    def authenticate(self, call: Call, kind: str) -> None:
        self._check_headers(call)
        self._check_application(call)
        self._check_moment(call)
        self._check_signature(call)
        if call.method in ("POST", "PUT") and not (call.says_json and isinstance(call.json, dict)):
            raise _refuse(
                190004, "参数错误: Content-Type 应为 application/json, 请求体应为 JSON 对象 (Content-Type, body)"
            )
        if call.path != "/v1/departments":
            self._check_operator(call)

    def _check_headers(self, call: Call) -> None:
        for name in _HEADERS:
            # The document says that the names of its headers are case sensitive.
            if not call.headers.get(name):
                raise _refuse(190004, f"参数错误: 缺少请求头 {name} (missing header, names are case sensitive)")
        if call.headers.get("X-TC-Registered", "1") != "1":
            raise _refuse(190004, "参数错误: X-TC-Registered 必须为 1")

    def _check_application(self, call: Call) -> None:
        wanted = {"AppId": self.app_id, "SdkId": self.sdk_id, "X-TC-Key": self.secret_id}
        for name, value in wanted.items():
            sent = call.headers.get(name)
            if (sent or "") != value or (sent == "" and not value):
                raise _refuse(190303, f"未认证的密钥 UNAUTHORIZED_SECRET ({name})")

    def _check_moment(self, call: Call) -> None:
        timestamp, nonce = call.headers["X-TC-Timestamp"], call.headers["X-TC-Nonce"]
        if not re.fullmatch(r"\d{1,12}", timestamp):
            raise _refuse(190004, "参数错误: X-TC-Timestamp 应为秒级 UNIX 时间戳")
        if not re.fullmatch(r"0*[1-9]\d*", nonce):
            raise _refuse(190004, "参数错误: X-TC-Nonce 应为随机正整数")
        if abs(self.clock() - int(timestamp)) > _CLOCK_SKEW:
            raise _refuse(190300, "请求时间戳与服务器时间相差超过 5 分钟 (X-TC-Timestamp)")
        if (int(timestamp), nonce) in self._nonces:
            raise _refuse(190301, "重放请求: 5 分钟内 X-TC-Timestamp 与 X-TC-Nonce 重复")

    def _check_signature(self, call: Call) -> None:
        timestamp, nonce = call.headers["X-TC-Timestamp"], call.headers["X-TC-Nonce"]
        right = signature(self.secret_id, self.secret_key, call.method, nonce, timestamp, call.target, call.raw)
        if not hmac.compare_digest(right.encode(), call.headers["X-TC-Signature"].encode("utf-8", "replace")):
            raise _refuse(200003, "签名验证失败 Signature failed (X-TC-Signature)")
        now = self.clock()
        while self._nonces and now - next(iter(self._nonces.values())) > 2 * _CLOCK_SKEW:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[int(timestamp), nonce] = now

    def _check_operator(self, call: Call) -> None:
        given: Record = call.json if call.method in ("POST", "PUT") else dict(call.query)
        operator, kind = given.get("operator_id"), given.get("operator_id_type")
        if operator is None and kind is None and not self.operator_required:
            return
        if not operator or not isinstance(operator, str):
            raise _refuse(190004, "参数错误: operator_id 必填")
        # In a query everything is text; in a body the document says integer.
        if kind not in ((1, 2) if call.method in ("POST", "PUT") else ("1", "2")) or isinstance(kind, bool):
            raise _refuse(190004, "参数错误: operator_id_type 必填, 1: userid 2: open_id (integer)")
        if operator != self.operator_id or str(kind) != "1":
            raise _refuse(20001, f"用户不存在: 操作者 operator_id {operator}")

    # --- failing on demand

    def refusal(self, call: Call, how: str, options: Record) -> Answer:
        if how == "429":
            return self._told_to_slow_down(options)
        return {
            "expired_token": error(190301, "重放请求: 5 分钟内 X-TC-Timestamp 与 X-TC-Nonce 重复"),
            "bad_credentials": error(190303, "未认证的密钥 UNAUTHORIZED_SECRET"),
            "wrong_clock": error(190300, "请求时间戳与服务器时间相差超过 5 分钟 (X-TC-Timestamp)"),
            "no_seat": error(156009, "人数超出上限"),
            "duplicate_phone": error(41003, "手机号已存在 (phone)"),
            "unknown_code": error(987654, "系统开小差了 (no table knows this code)"),
            "refused": error(500014, "没有权限: 操作者无用户列表查看权限"),
        }[how]

    def _told_to_slow_down(self, options: Record) -> Answer:
        if "code" in options:
            code = int(options["code"])
            return error(code, _SLOW.get(code, "调用频率超限"))
        return Answer(429, "Too Many Requests", {"Retry-After": str(options.get("retry_after", 1))})

    def too_fast(self, call: Call, what: str) -> Answer:
        code = 190310 if what == "call" else 190313
        return error(code, _SLOW[code])

    def not_found(self, call: Call) -> Answer:
        return Answer(404, error(9003, f"接口不存在: {call.method} {call.path}").body)

    # --- users

    def _create(self, call: Call) -> Answer:
        body: Record = call.json
        self._check_fields(body)
        self._check_userid(body["userid"])
        self._check_phone(body["phone"], body.get("area", "86"))
        if body.get("email") and not _EMAIL.fullmatch(body["email"]):
            raise _refuse(41001, "邮箱不合法 (email)")
        self._check_department(body.get("department_list", []))
        self._check_unused(body)
        if len(self.accounts) >= self.seats:
            raise _refuse(156009, "人数超出上限")
        account = self._new_account(body)
        if body.get("auto_invite", True):
            self._invited[account["userid"]] = self.clock()
        self.remember(account, account["userid"], account["userid"])
        return Answer(200, {key: account[key] for key in ("username", "phone", "userid", "email", "uuid")})

    def _check_fields(self, body: Record) -> None:
        for name in ("username", "userid", "phone"):
            if body.get(name) in (None, ""):
                raise _refuse(10001, f"参数错误: {name} 必填")
        for name, value in body.items():
            rule = _FIELDS.get(name)
            if rule is None:
                raise _refuse(190004, f"参数错误: 未知参数 {name}")
            if not rule.has_kind(value):
                raise _refuse(190004, f"参数类型错误: {name} 应为 {rule.says}")
            if not rule.fits(value):
                raise _refuse(10001, f"参数错误: {name} 应为 {rule.says}")
        if not body["username"].strip():
            raise _refuse(10001, "参数错误: username 不能为空白")

    def _check_userid(self, userid: str) -> None:
        if len(userid.encode()) > 40:
            raise _refuse(10001, "参数错误: userid 不能超过 40 字节")
        # The seed document recommends an employee's e-mail as userid; the newer page forbids its characters.
        if not self.strict_userid and _EMAIL.fullmatch(userid):
            return
        if not (userid.isascii() and userid.isprintable()) or _FORBIDDEN_IN_USERID & set(userid):
            raise _refuse(10001, "参数错误: userid 不支持中文及特殊字符")

    def _check_phone(self, phone: str, area: str) -> None:
        if not re.fullmatch(r"1\d{10}" if area == "86" else r"\d{4,15}", phone, re.ASCII):
            raise _refuse(40000, "手机号不合法 (phone)")

    def _check_department(self, departments: list[Any]) -> None:
        for department in departments:
            if not isinstance(department, str) or department not in self.departments:
                raise _refuse(10001, f"参数错误: 部门不存在 department_list {department!r}")

    def _check_unused(self, body: Record) -> None:
        if any(body["userid"] == account["userid"] for account in self._everybody()):
            raise _refuse(20002, "用户已存在 (userid)")
        number = (body.get("area", "86"), body["phone"])
        if any(number == (account["area"], account["phone"]) for account in self.accounts):
            raise _refuse(41003, "手机号已存在 (phone)")
        email = body.get("email", "").lower()
        if email and any(email == account["email"].lower() for account in self.accounts):
            raise _refuse(41002, "邮箱已被使用 (email)")

    def _new_account(self, body: Record) -> Record:
        departments = [self._department(key, is_main=True) for key in body.get("department_list", [])]
        optional = ("staff_id", "job_title", "entry_time", "is_voov", "add_on_largemeeting", "add_on_webinar")
        return {
            "userid": body["userid"],
            "uuid": f"WM{uuid.uuid4().hex}",
            "username": body["username"],
            "area": body.get("area", "86"),
            "phone": body["phone"],
            "email": body.get("email", ""),
            "status": _NOT_ACTIVATED,
            "department_list": departments,
            # Omitted: the older editions fall back to a free account.
            "user_account_type": body.get("user_account_type", _FREE_ACCOUNT),
            **{name: body[name] for name in optional if name in body},
        }

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._account_or_refuse(call.args["userid"]))

    def _list(self, call: Call) -> Answer:
        page = _number(call, "page", 1, 1, None)
        size = _number(call, "page_size", 20, 1, 20)
        everybody = self._everybody()
        users = everybody[(page - 1) * size : page * size]
        return Answer(
            200,
            {
                "total_count": len(everybody),
                "current_page": page,
                "current_size": len(users),
                "page_size": size,
                "users": users,
            },
        )

    def _advance_list(self, call: Call) -> Answer:
        start = _number(call, "pos", 0, 0, None)
        size = _number(call, "size", 20, 1, 100)
        wanted = [account for account in self._everybody() if _fits(account, call.query)]
        users, following = wanted[start : start + size], start + size
        remaining = following < len(wanted)
        return Answer(200, {"has_remaining": remaining, "next_pos": following if remaining else 0, "users": users})

    def _statistics(self, call: Call) -> Answer:
        used = [account["user_account_type"] for account in self.accounts]
        details = [
            {
                "user_account_type": kind,
                "user_account_count": self.seats,
                "user_account_used_count": used.count(kind),
            }
            for kind in sorted({_FREE_ACCOUNT, *used})
        ]
        return Answer(200, {"user_count": len(used), "user_account_details": details})

    def _delete(self, call: Call) -> Answer:
        account = self._account_or_refuse(call.args["userid"])
        if account is self._administrator:
            raise _refuse(20004, "超级管理员不能删除")
        self.accounts.remove(account)
        return Answer(200)

    def _invite(self, call: Call) -> Answer:
        account = self._account_or_refuse(call.args["userid"])
        if account["status"] != _NOT_ACTIVATED:
            raise _refuse(20003, "用户状态不可用: 仅支持未激活用户 (userid)")
        # Once a day for each phone number; the code for the second time is in no copy of the document.
        if self.clock() - self._invited.get(account["userid"], float("-inf")) < 86400:
            raise _refuse(10001, "参数错误: 同一手机号每天只能邀请一次 (userid)")
        self._invited[account["userid"]] = self.clock()
        return Answer(200)

    def _everybody(self) -> list[Record]:
        return [self._administrator, *self.accounts]

    def _account(self, userid: str) -> Record:
        found = next((account for account in self._everybody() if account["userid"] == userid), None)
        if found is None:
            raise KeyError(userid)
        return found

    def _account_or_refuse(self, userid: str) -> Record:
        try:
            return self._account(userid)
        except KeyError:
            raise _refuse(20001, f"用户不存在 (userid {userid})") from None

    # --- departments

    def _list_departments(self, call: Call) -> Answer:
        if call.query.get("userid") != self.operator_id:
            raise _refuse(190443, "没有权限: userid 需具备部门查看权限")
        page = _number(call, "page", 1, 1, None)
        size = _number(call, "page_size", 20, 1, 20)
        keys = [key for key in self.departments if call.query.get("department_id", "") in ("", "0", key)]
        shown = keys[(page - 1) * size : page * size]
        return Answer(
            200,
            {
                "total_count": len(keys),
                "total_page": -(-len(keys) // size),
                "current_page": page,
                "current_size": len(shown),
                "department_list": [self._department(key) for key in shown],
            },
        )

    def _department(self, key: str, *, is_main: bool = False) -> Record:
        name = self.departments[key]
        return {
            "department_id": key,
            "department_name": name,
            "department_full_name": name,
            **({"is_main": True} if is_main else {}),
        }


def _odd(user: Record) -> Record:
    """Whatever only is shown in another type than the document's."""
    names = [department["department_name"] for department in user.get("department_list", [])]
    odd = {"department_list": names or ["研发部"], "job_title": 5, "staff_id": 17, "entry_time": "2026-01-01"}
    return user | odd | {"user_account_type": str(user["user_account_type"])}


def _sparse(user: Record) -> Record:
    """Who it is and whether it works, and nothing else."""
    return {name: user[name] for name in ("userid", "uuid", "username", "area", "phone", "status") if name in user}


_SLOW = {
    190310: "应用调用频率超限: 每分钟 300 次",
    190311: "应用调用频率超限: 每天 200000 次",
    190313: "接口调用频率超限: 每分钟 100 次",
}

_FILTERS: dict[str, Callable[[Record, str], bool]] = {
    "status": lambda account, wanted: bool(account["status"] == wanted),
    "user_account_type": lambda account, wanted: str(account["user_account_type"]) == wanted,
    "department_id": lambda account, wanted: (
        wanted in [department["department_id"] for department in account.get("department_list", [])]
    ),
}


def _fits(account: Record, query: dict[str, str]) -> bool:
    return all(fits(account, query[name]) for name, fits in _FILTERS.items() if query.get(name))


def _number(call: Call, name: str, default: int, least: int, most: int | None) -> int:
    given = call.query.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", given) or int(given) < least or (most is not None and int(given) > most):
        raise _refuse(190004, f"参数错误: {name} 应为 {least}-{most or ''}")
    return int(given)
