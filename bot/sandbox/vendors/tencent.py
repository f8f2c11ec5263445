"""A pretend Tencent Meeting: the enterprise address book's API, as strict as the real one is documented to be.

https://cloud.tencent.com/document/product/1095/43675 (create), /43704 (error codes), /105276 (rate limits), /60808
(departments); after the account: /43676 (update), /82599 (enable), /43679 (delete), /104847 (assets), /88673 (invite),
/98642 (links), /108998 (seats), /52494 (list at account level). Every call is signed; business errors arrive with HTTP
500, bad requests with 400, and only the code in the body tells what happened. An account made through the API waits for
activation (status "3"). Not imitated: a newer page says that e-mail is ignored when a phone number is given as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox.vendors.tencent_fields import (
    CREATING,
    ENABLING,
    LINKING,
    TRANSFERRING,
    UPDATING,
    UPDATING_BY_UUID,
    check,
    error,
    number,
    refuse,
)
from bot.sandbox.vendors.vendor import DELETE, DISABLE, ENABLE, REPLACE, Action, FakeVendor, Row
from bot.sandbox.vendors.wire import Answer, Call, Record, Route, route

_HEADERS = ("AppId", "X-TC-Key", "X-TC-Nonce", "X-TC-Timestamp", "X-TC-Signature")
_CLOCK_SKEW = 300  # seconds that a timestamp may be off, either way
_FORBIDDEN_IN_USERID = set("!*'();:@&=+$,/?#[] ")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

_FREE_ACCOUNT = 2
_ACTIVE, _NOT_ACTIVATED, _DISABLED, _PRE_REGISTERED = "1", "3", "4", "5"
_LINK = "https://meeting.tencent.com/corporate-invitation/activation.html?code="
_LINK_LIFE = 48 * 3600
_DAY = 86400

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


class FakeTencent(FakeVendor):
    """See the module. `sdk_id` "" means that none was assigned: then sending one is refused.

    `operator_required`: the current document wants operator_id and operator_id_type in every call; the old one knew
    neither. `strict_userid`: the newer page's characters only, and so no e-mail address as a userid. `licences`: how many
    there are of each account type, for those types that are counted; the rest have as many as there are seats.
    `may_see_departments`: the operator has that right.
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
        licences: Mapping[int, int] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.app_id, self.sdk_id = app_id, sdk_id
        self.secret_id, self.secret_key = secret_id, secret_key
        self.operator_id = operator_id
        self.operator_required = operator_required
        self.strict_userid = strict_userid
        self.departments = dict(_DEPARTMENTS)
        self.may_see_departments = True
        self._nonces: dict[tuple[int, str], float] = {}  # (timestamp, nonce) -> when it came, oldest first
        self.licences = dict(licences or {})
        self._invited: dict[str, float] = {}  # phone or e-mail -> when
        self._links: dict[str, tuple[str, float]] = {}  # code -> uuid, until when it is good
        self._deleted: dict[str, Record] = {}
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
            route("GET", "/v1/corp/users", "find", self._corp_users),
            route("GET", "/v1/users/account/statistics", "seats", self._statistics),
            route("POST", "/v1/users/invite-activate", "change", self._give_links),
            route("POST", "/v1/users/delete-transfer", "change", self._transfer),
            route("GET", "/v1/users", "find", self._get_by_uuid),
            route("PUT", "/v1/users", "change", self._update),
            route("DELETE", "/v1/users", "change", self._delete),
            route("GET", "/v1/users/{userid}", "find", self._get),
            route("PUT", "/v1/users/{userid}", "change", self._update),
            route("DELETE", "/v1/users/{userid}", "change", self._delete),
            route("PUT", "/v1/users/{userid}/enable", "change", self._enable),
            route("PUT", "/v1/users/{userid}/invite-activate", "change", self._invite),
            route("GET", "/v1/departments", "other", self._list_departments),
        ]

    def reset(self) -> None:
        for forgotten in (self._invited, self._links, self._deleted):
            forgotten.clear()
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
            state=_STATES.get(account["status"]),
            actions=(*_BY_HAND.get(account["status"], ()), REPLACE, DELETE),
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

    # --- what happens without the API

    def a_day_passes(self) -> None:
        """Whom it has invited can be invited again."""
        self._invited = {who: at - _DAY for who, at in self._invited.items()}

    def activate(self, userid: str) -> None:
        """What the new colleague does with the link in the text message. KeyError when there is no such account."""
        self.put(self._account(userid), "activate")
        self._changed()

    def follow(self, link: str) -> None:
        """The new colleague opens an activation link. KeyError for one that nobody gave out, or whose account is gone;
        ValueError once it has expired."""
        uuid_, until = self._links[link.removeprefix(_LINK)]
        if self.clock() > until:
            raise ValueError("the link has expired")
        self.put(self._by_uuid(uuid_), "activate")
        self._changed()

    def put(self, account: Record, action: str) -> None:
        account["status"] = {"activate": _ACTIVE, "enable": _ACTIVE, "disable": _DISABLED}[action]

    def fresh(self, fields: Record) -> Record:
        """Not invited and not activated; a department is named by its id, as in the creating call."""
        named = fields.get("department_list", [])
        departments = [each["department_id"] if isinstance(each, dict) else each for each in named]
        return self._new_account(
            {"username": fields["userid"], "phone": ""} | fields | {"department_list": departments}
        )

    # --- who is calling

    def authenticate(self, call: Call, kind: str) -> None:
        self._check_headers(call)
        self._check_application(call)
        self._check_moment(call)
        self._check_signature(call)
        if _is_invitation(call):
            # The one change without a body: its operator is in the query (page of 2025-12-17).
            if call.raw not in (b"", b"{}"):
                raise refuse(190004, "参数错误: 请求体应为空, operator_id 应在 URL 中 (body)")
        elif call.method in ("POST", "PUT") and not (call.says_json and isinstance(call.json, dict)):
            raise refuse(
                190004, "参数错误: Content-Type 应为 application/json, 请求体应为 JSON 对象 (Content-Type, body)"
            )
        if call.path != "/v1/departments":
            self._check_operator(call)

    def _check_headers(self, call: Call) -> None:
        for name in _HEADERS:
            # The document says that the names of its headers are case sensitive.
            if not call.headers.get(name):
                raise refuse(190004, f"参数错误: 缺少请求头 {name} (missing header, names are case sensitive)")
        if call.headers.get("X-TC-Registered", "1") != "1":
            raise refuse(190004, "参数错误: X-TC-Registered 必须为 1")

    def _check_application(self, call: Call) -> None:
        wanted = {"AppId": self.app_id, "SdkId": self.sdk_id, "X-TC-Key": self.secret_id}
        for name, value in wanted.items():
            sent = call.headers.get(name)
            if (sent or "") != value or (sent == "" and not value):
                raise refuse(190303, f"未认证的密钥 UNAUTHORIZED_SECRET ({name})")

    def _check_moment(self, call: Call) -> None:
        timestamp, nonce = call.headers["X-TC-Timestamp"], call.headers["X-TC-Nonce"]
        if not re.fullmatch(r"\d{1,12}", timestamp):
            raise refuse(190004, "参数错误: X-TC-Timestamp 应为秒级 UNIX 时间戳")
        if not re.fullmatch(r"0*[1-9]\d*", nonce):
            raise refuse(190004, "参数错误: X-TC-Nonce 应为随机正整数")
        if abs(self.clock() - int(timestamp)) > _CLOCK_SKEW:
            raise refuse(190300, "请求时间戳与服务器时间相差超过 5 分钟 (X-TC-Timestamp)")
        if (int(timestamp), nonce) in self._nonces:
            raise refuse(190301, "重放请求: 5 分钟内 X-TC-Timestamp 与 X-TC-Nonce 重复")

    def _check_signature(self, call: Call) -> None:
        timestamp, nonce = call.headers["X-TC-Timestamp"], call.headers["X-TC-Nonce"]
        right = signature(self.secret_id, self.secret_key, call.method, nonce, timestamp, call.target, call.raw)
        if not hmac.compare_digest(right.encode(), call.headers["X-TC-Signature"].encode("utf-8", "replace")):
            raise refuse(200003, "签名验证失败 Signature failed (X-TC-Signature)")
        now = self.clock()
        while self._nonces and now - next(iter(self._nonces.values())) > 2 * _CLOCK_SKEW:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[int(timestamp), nonce] = now

    def _check_operator(self, call: Call) -> None:
        in_body = call.method in ("POST", "PUT") and not _is_invitation(call)
        given: Record = call.json if in_body else dict(call.query)
        operator, kind = given.get("operator_id"), given.get("operator_id_type")
        if operator is None and kind is None and not self.operator_required:
            return
        if not operator or not isinstance(operator, str):
            raise refuse(190004, "参数错误: operator_id 必填")
        # In a query everything is text; in a body the document says integer.
        if kind not in ((1, 2) if in_body else ("1", "2")) or isinstance(kind, bool):
            raise refuse(190004, "参数错误: operator_id_type 必填, 1: userid 2: open_id (integer)")
        if operator != self.operator_id or str(kind) != "1":
            raise refuse(20001, f"用户不存在: 操作者 operator_id {operator}")

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
            raise refuse(41001, "邮箱不合法 (email)")
        self._check_department(body.get("department_list", []))
        self._check_unused(body)
        kind = body.get("user_account_type", _FREE_ACCOUNT)
        if len(self.accounts) >= self.seats or self._used(kind) >= self.licences.get(kind, self.seats):
            # For a premium licence that is missing, no page has the code.
            raise refuse(156009, "人数超出上限")
        account = self._new_account(body)
        if body.get("auto_invite", True):
            self._invited[_reached_at(account)] = self.clock()
        self.remember(account, account["userid"], account["userid"])
        return Answer(200, {key: account[key] for key in ("username", "phone", "userid", "email", "uuid")})

    def _check_fields(self, body: Record) -> None:
        check(body, CREATING, ("username", "userid", "phone"))
        if not body["username"].strip():
            raise refuse(10001, "参数错误: username 不能为空白")

    def _check_userid(self, userid: str) -> None:
        if len(userid.encode()) > 40:
            raise refuse(10001, "参数错误: userid 不能超过 40 字节")
        # The seed document recommends an employee's e-mail as userid; the newer page forbids its characters.
        if not self.strict_userid and _EMAIL.fullmatch(userid):
            return
        if not (userid.isascii() and userid.isprintable()) or _FORBIDDEN_IN_USERID & set(userid):
            raise refuse(10001, "参数错误: userid 不支持中文及特殊字符")

    def _check_phone(self, phone: str, area: str) -> None:
        if not re.fullmatch(r"1\d{10}" if area == "86" else r"\d{4,15}", phone, re.ASCII):
            raise refuse(40000, "手机号不合法 (phone)")

    def _check_department(self, departments: list[Any]) -> None:
        for department in departments:
            if not isinstance(department, str) or department not in self.departments:
                raise refuse(10001, f"参数错误: 部门不存在 department_list {department!r}")

    def _check_unused(self, body: Record) -> None:
        if any(body["userid"] == account["userid"] for account in self._everybody()):
            raise refuse(20002, "用户已存在 (userid)")
        self._check_contact_unused(body, self.accounts)

    def _check_contact_unused(self, body: Record, others: list[Record]) -> None:
        number = (body.get("area", "86"), body["phone"])
        if any(number == (account["area"], account["phone"]) for account in others):
            raise refuse(41003, "手机号已存在 (phone)")
        email = body.get("email", "").lower()
        if email and any(email == account["email"].lower() for account in others):
            raise refuse(41002, "邮箱已被使用 (email)")

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

    def _get_by_uuid(self, call: Call) -> Answer:
        account = self._meant(call)
        return Answer(200, {name: value for name, value in account.items() if name not in _BY_USERID_ALONE})

    def _list(self, call: Call) -> Answer:
        page = number(call, "page", 1, 1, None)
        size = number(call, "page_size", 20, 1, 20)
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
        start = number(call, "pos", 0, 0, None)
        size = number(call, "size", 20, 1, 100)
        wanted = [account for account in self._everybody() if _fits(account, call.query)]
        users, following = wanted[start : start + size], start + size
        remaining = following < len(wanted)
        return Answer(200, {"has_remaining": remaining, "next_pos": following if remaining else 0, "users": users})

    def _corp_users(self, call: Call) -> Answer:
        """The list at account level, with numbers of its own for the status: 0 disabled, 1 enabled, 2 not activated."""
        size = number(call, "page_size", None, 1, 100)
        start = number(call, "pos", 0, 0, None)
        shown = [account | {"status": _LEVEL.get(account["status"], 1)} for account in self._everybody()]
        wanted = [account for account in shown if _fits_level(account, call.query)]
        users, following = wanted[start : start + size], start + size
        remaining = following < len(wanted)
        page = {"has_remaining": remaining, "next_pos": following if remaining else 0, "total_count": len(wanted)}
        return Answer(200, page | {"users": users})

    def _used(self, kind: int) -> int:
        return [account["user_account_type"] for account in self.accounts].count(kind)

    def _statistics(self, call: Call) -> Answer:
        kinds = {_FREE_ACCOUNT, *self.licences, *(account["user_account_type"] for account in self.accounts)}
        details = [
            {
                "user_account_type": kind,
                "user_account_count": self.licences.get(kind, self.seats),
                "user_account_used_count": self._used(kind),
            }
            for kind in sorted(kinds)
        ]
        return Answer(200, {"user_count": len(self.accounts), "user_account_details": details})

    def _update(self, call: Call) -> Answer:
        account, body = self._meant(call), call.json
        check(body, UPDATING if "userid" in call.args else UPDATING_BY_UUID)
        # Deleted or disabled users cannot be updated; the code is on no page, so this is the nearest in the table.
        if account["status"] not in (_ACTIVE, _NOT_ACTIVATED, _PRE_REGISTERED):
            raise refuse(20003, "用户不可用: 已禁用的用户不支持更新")
        new = {name: body[name] for name in ("area", "phone", "email") if name in body}
        if account["status"] == _ACTIVE and any(new[name] != account.get(name) for name in new):
            raise refuse(10001, "参数错误: 已激活用户不支持修改手机号和邮箱 (phone, email)")
        if new:
            self._check_new_contact(account, account | new)
        self._check_department(body.get("department_list", []))
        departments = [self._department(key, is_main=True) for key in body.get("department_list", [])]
        changed = {name: value for name, value in body.items() if not name.startswith("operator_id")}
        account.update(changed | ({"department_list": departments} if departments else {}))
        return Answer(200)

    def _check_new_contact(self, account: Record, body: Record) -> None:
        self._check_phone(body["phone"], body["area"])
        if body["email"] and not _EMAIL.fullmatch(body["email"]):
            raise refuse(41001, "邮箱不合法 (email)")
        self._check_contact_unused(body, [other for other in self.accounts if other is not account])

    def _enable(self, call: Call) -> Answer:
        account = self._meant(call)
        check(call.json, ENABLING, ("enable",))
        if account is self._administrator:
            raise refuse(20005, "不允许删除超级管理员/企业管理员")
        if account["status"] not in (_ACTIVE, _DISABLED):
            raise refuse(60005, "用户不存在或处于未激活状态，不支持启用/禁用动作")
        self.put(account, "enable" if call.json["enable"] else "disable")
        return Answer(200, {})

    def _delete(self, call: Call) -> Answer:
        account = self._meant(call)
        if account is self._administrator:
            raise refuse(20004, "不允许删除超级管理员")
        self.accounts.remove(account)
        self._deleted[account["userid"]] = account
        return Answer(200)

    def _transfer(self, call: Call) -> Answer:
        """Only what a user who is deleted has left; which code a living one gets is on no page."""
        body = call.json
        check(body, TRANSFERRING, ("to_operator_id", "to_operator_id_type"))
        if any(account["userid"] == body["to_operator_id"] for account in self._everybody()):
            raise refuse(10001, "参数错误: 仅支持已删除的用户 (to_operator_id)")
        if body["to_operator_id"] not in self._deleted:
            raise refuse(20001, "用户不存在 (to_operator_id)")
        if body.get("data_process", "1") == "2":
            self._account_or_refuse(body.get("receiver_id", ""))
        return Answer(200, {})

    def _invite(self, call: Call) -> Answer:
        account = self._meant(call)
        if account["status"] not in (_NOT_ACTIVATED, _PRE_REGISTERED):
            raise refuse(20003, "用户状态不可用: 仅支持未激活用户 (userid)")
        where = _reached_at(account)
        if self.clock() - self._invited.get(where, float("-inf")) < _DAY:
            raise refuse(15101, "今天已经向该用户发送过邀请提醒")
        self._invited[where] = self.clock()
        return Answer(200, {})

    def _give_links(self, call: Call) -> Answer:
        """A new link each time; the old ones stay good. Whoever is active, or is nobody, gets none."""
        check(call.json, LINKING, ("userid_list",))
        asked = set(call.json["userid_list"])
        waiting = [each for each in self.accounts if each["userid"] in asked and each["status"] == _NOT_ACTIVATED]
        return Answer(
            200,
            {
                "inactivate_user_list": [
                    {"userid": each["userid"], "activate_url": self._link(each)} for each in waiting
                ]
            },
        )

    def _link(self, account: Record) -> str:
        code = secrets.token_hex(8)
        self._links[code] = (account["uuid"], self.clock() + _LINK_LIFE)
        return _LINK + code

    def _meant(self, call: Call) -> Record:
        """The user in the path, or the one in `?uuid=`."""
        if "userid" in call.args:
            return self._account_or_refuse(call.args["userid"])
        if not call.query.get("uuid"):
            raise refuse(190004, "参数错误: uuid 必填")
        try:
            return self._by_uuid(call.query["uuid"])
        except KeyError:
            raise refuse(20001, "用户不存在 (uuid)") from None

    def _by_uuid(self, wanted: str) -> Record:
        found = next((account for account in self._everybody() if account["uuid"] == wanted), None)
        if found is None:
            raise KeyError(wanted)
        return found

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
            raise refuse(20001, f"用户不存在 (userid {userid})") from None

    # --- departments

    def _list_departments(self, call: Call) -> Answer:
        if call.query.get("userid") != self.operator_id or not self.may_see_departments:
            raise refuse(190443, "没有权限: userid 需具备部门查看权限")
        page = number(call, "page", 1, 1, None)
        size = number(call, "page_size", 20, 1, 20)
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


_STATES = {
    _NOT_ACTIVATED: ("not activated", "未激活"),
    _DISABLED: ("disabled", "已停用"),
    _PRE_REGISTERED: ("pre-registered", "预注册"),
}
_ACTIVATE = Action("activate", ("Activate, as the new colleague does", "激活（如新同事所做）"))
_BY_HAND = {_NOT_ACTIVATED: (_ACTIVATE,), _PRE_REGISTERED: (_ACTIVATE,), _ACTIVE: (DISABLE,), _DISABLED: (ENABLE,)}
_LEVEL = {_DISABLED: 0, _ACTIVE: 1, _NOT_ACTIVATED: 2, _PRE_REGISTERED: 2}
_BY_USERID_ALONE = {"user_account_type", "is_voov", "add_on_largemeeting", "add_on_webinar", "avatar_url"}


def _is_invitation(call: Call) -> bool:
    return call.method == "PUT" and call.path.endswith("/invite-activate")


def _reached_at(account: Record) -> str:
    """Where an invitation goes: one a day for each phone number or e-mail address."""
    return f"{account['area']} {account['phone']}" if account["phone"] else str(account["email"])


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


def _fits_level(account: Record, query: dict[str, str]) -> bool:
    wanted = {name: query[name] for name in ("userid", "status", "role_code") if query.get(name)}
    exact = all(str(account.get(name)) == value for name, value in wanted.items())
    return exact and query.get("user_name", "") in str(account["username"])
