"""Tencent Meeting 腾讯会议: `POST /v1/users`, signed with AK/SK.

https://cloud.tencent.com/document/product/1095/43675 (create, copies of 2021-08 and 2024-11), /58768 (signature),
/43704 (codes), /105276 (rate limits). What surprises:
- Business errors come with HTTP 500, so the code decides and never the status.
- Phone and e-mail given together: the e-mail is ignored (page of 2024-11).
- The 2021 page names an employee's e-mail as a fitting `userid`, the newer one forbids its characters: let through.
- New users are not active (since 2023-05): they get an SMS or e-mail first, at most one a day.
- One PUT has no body and its operator in the query: the invitation. A user who is not active can be neither enabled nor
  disabled (60005), only deleted. Which page says what about the calls after create: at `codes`.
- Every send wants a fresh timestamp and nonce (190301 within 5 minutes), and `SdkId` only if one was assigned (190303).
"""

from __future__ import annotations

import base64
import copy
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot.hire import EMAIL, NAME, PHONE, Ask, Choice, Date, DepartmentId, Email, NewHire, PhoneNumber, Text
from bot.outcome import (
    Account,
    AccountState,
    Conflict,
    NoSeatLeft,
    NotAuthorised,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
)
from bot.providers.contract import (
    Ability,
    Answer,
    Exam,
    Meaning,
    Pace,
    Provider,
    ProviderSettings,
    Seats,
    Url,
    choices_of,
    from_environment,
)

BEIJING = dt.timezone(dt.timedelta(hours=8))
"""`entry_time` is a moment, the form asks for a day: the vendor's console shows it in Beijing time."""

ABSENT = "20001"
PAGE = 100
"""Users a page of `GET /v1/users/advance/list`: the most that it gives."""

STATES: dict[str | None, AccountState] = {
    "1": "active",  # 正常
    "2": "gone",  # 注销
    "3": "not_activated",  # 未激活
    "4": "disabled",  # 禁用
    "5": "not_activated",  # 预注册: in the detail's page (1095/57959), not in the SDK's text
}


class TencentHire(NewHire):
    """The form: every field of `POST /v1/users` that is about the person."""

    name: Annotated[str, Field(min_length=1, max_length=64), NAME.on_wire("username")]
    account: Annotated[
        str,
        Field(min_length=1, max_length=40),
        Ask(
            wire="userid",
            title=Text("Account (userid)", "账号（userid）"),
            hint=Text(
                "A unique login name, such as a staff ID. Letters and digits are safest; up to 40.",
                "企业内唯一，建议用工号或姓名拼音；字母和数字最稳妥，最多 40 个字符。",
            ),
            placeholder=Text("zhangwei", "zhangwei"),
            example="zhangwei",
        ),
    ]
    phone: Annotated[
        PhoneNumber,
        PHONE.on_wire("", hint=Text("The activation SMS goes to this number.", "激活短信会发到这个号码。")),
    ]
    email: Annotated[
        Email | None,
        Field(max_length=255),
        EMAIL.on_wire(
            "email",
            hint=Text(
                "If you also give a phone number, Tencent Meeting may use only that.",
                "若同时填写手机号，腾讯会议可能只采用手机号。",
            ),
        ),
    ] = None
    department: Annotated[
        DepartmentId | None,
        Field(max_length=64),
        Ask(
            title=Text("Department ID", "部门 ID"),
            hint=Text(
                "The ID from the admin console, not the name; just one.",
                "请填写管理后台中的部门 ID，不是名称；只能填一个。",
            ),
            example="07f4c1966815d251",
        ),
    ] = None
    job_title: Annotated[
        str | None,
        Field(max_length=96),
        Ask(wire="job_title", title=Text("Job title", "职位"), example="Engineer"),
    ] = None
    employee_id: Annotated[
        str | None,
        Field(max_length=64),
        Ask(wire="staff_id", title=Text("Employee ID", "工号"), more=True, example="6666"),
    ] = None
    start_date: Annotated[
        Date | None,
        Ask(title=Text("First day", "入职日期"), kind="date", more=True, example="2026-12-01"),
    ] = None
    account_type: Annotated[
        int | None,
        Field(ge=1, le=9),
        Ask(
            wire="user_account_type",
            title=Text("Licence type", "账号类型"),
            kind="choice",
            hint=Text(
                "Choose one that your edition has. Left empty, newer editions use a premium licence and fail when none is left.",
                "请选择贵司版本支持的类型。不选时，新版会占用高级账号，没有余量时会失败。",
            ),
            choices=(
                Choice("2", Text("Free", "免费账号")),
                Choice("1", Text("Premium (enterprise, education)", "高级账号（企业版、教育版）")),
                Choice("9", Text("Premium (2.0 editions)", "高级账号（2.0 版）")),
                Choice("3", Text("Free, 100 people (business)", "免费账号 100 方（商业版）")),
                Choice("8", Text("Premium, 100 people (business)", "高级账号 100 方（商业版）")),
                Choice("4", Text("Premium, 300 people (business)", "高级账号 300 方（商业版）")),
                Choice("5", Text("Premium, 500 people (business)", "高级账号 500 方（商业版）")),
                Choice("6", Text("Premium, 1000 people (business)", "高级账号 1000 方（商业版）")),
                Choice("7", Text("Premium, 2000 people (business)", "高级账号 2000 方（商业版）")),
            ),
            more=True,
            example="2",
        ),
    ] = None
    invite: Annotated[
        bool | None,
        Ask(
            wire="auto_invite",
            title=Text("Activation invitation", "激活邀请"),
            kind="choice",
            hint=Text("Leave empty and Tencent Meeting sends it right away.", "不选则由腾讯会议立即发送。"),
            choices=(
                Choice("true", Text("Send now", "立即发送")),
                Choice("false", Text("Don't send yet", "暂不发送")),
            ),
            more=True,
            example="true",
        ),
    ] = None


class TencentSettings(ProviderSettings):
    """What the environment must hold: the app's page in https://meeting.tencent.com/open-api.html (企业自建应用)."""

    model_config = from_environment("TENCENT_")

    app_id: str = Field(description="The app's enterprise ID (AppId)", pattern=r"^\d+$")
    sdk_id: str | None = Field(None, description="The app's SdkId; leave it out if none was assigned", pattern=r"^\d+$")
    secret_id: str = Field(description="The app's SecretId (AK)")
    secret_key: SecretStr = Field(description="The app's SecretKey (SK)")
    operator_id: str | None = Field(
        None, description="userid of an administrator who may edit users; the current API wants it"
    )
    licence_types: Annotated[str, choices_of(TencentHire, "account_type")] = Field(
        "",
        description="Licence types of your edition, by their numbers (docs/fields.md), comma-separated: "
        "the form offers only these; empty: all",
    )
    base_url: Url = Field("https://api.meeting.qq.com", description="Where the API is")


_CREDENTIALS = Text(
    "Check TENCENT_APP_ID, TENCENT_SDK_ID, TENCENT_SECRET_ID and TENCENT_SECRET_KEY against the app's page; "
    "leave TENCENT_SDK_ID out if no SdkId was assigned.",
    "请对照应用页面检查 TENCENT_APP_ID、TENCENT_SDK_ID、TENCENT_SECRET_ID、TENCENT_SECRET_KEY；未分配 SdkId 时不要设置 TENCENT_SDK_ID。",
)
_PERMISSION = Text(
    "Give the app the permission 管理企业用户, and the operator the right to edit the user list.",
    "请授予应用“管理企业用户”权限，并授予操作者“用户列表”编辑权限。",
)
_EDITION = Text(
    "Your edition of Tencent Meeting doesn't include this API, or has expired: ask Tencent.",
    "贵司的腾讯会议版本不含此接口，或已到期，请联系腾讯会议。",
)
_OPERATOR = Text(
    "TENCENT_OPERATOR_ID must be the userid of an existing administrator.",
    "TENCENT_OPERATOR_ID 须为现有管理员的 userid。",
)
_CLOCK = Text("Correct the clock of the server newhire runs on (NTP).", "请校准 newhire 所在服务器的时钟（NTP）。")
_ADMINISTRATOR = Text(
    "This is an administrator's account: change it in the admin console.", "这是管理员账号，请在管理后台操作。"
)
_NOT_ACTIVE = Text(
    "An account that was never activated can be neither enabled nor disabled.", "未激活的账号不能启用或禁用。"
)
_TOMORROW = Text(
    "Tencent Meeting sends one invitation a day: send the next one tomorrow, or an activation link now.",
    "腾讯会议每天只发送一次邀请：请明天再发，或现在发送激活链接。",
)
_LICENCES = Text("Free a licence or buy more in the admin console.", "请在管理后台释放或购买账号。")


class Tencent(Provider[TencentHire, TencentSettings]):
    """Creates users in the enterprise's address book."""

    key = "tencent"
    title = Text("Tencent Meeting", "腾讯会议")
    form = TencentHire
    settings = TencentSettings
    pace = Pace(calls=100, seconds=60, daily=200_000)
    offered = {"account_type": "licence_types"}  # noqa: RUF012 - annotated in Provider
    licence = "account_type"
    credentials_page = "https://meeting.tencent.com/open-api.html"
    abilities = frozenset[Ability]({"look", "resend", "link", "remove", "switch", "seats"})
    follow_up = True
    # No page says how long the link in the invitation is good. The vendor's own procedure looks after 24 hours and invites
    # again (developer/article/2240184, 2023-04-12: 24小时之后调用获取用户详情接口检查账号的激活状态).
    invitation_hours = 24
    link_hours = (
        48  # 激活链接有效期是48h。 每次获取链接为一个新链接，账号信息不变，旧链接仍然48h有效 (1095/98642, 2025-03-05)
    )
    to_do = Text(
        "activate it with the link in the SMS or email.",
        "点击短信或邮件中的链接激活账号。",
    )
    # 1: the vendor's table (1095/43704), read 2026-11-25. 2: limits (1095/105276, 2025-06-26). 3: departments (1095/60808,
    # 2024-07-08). 4: the developers' pages 1739992 (signature), 246822 and 2104546 (190303). 5: the pages of the calls after
    # create: enable (1095/82599, 2025-03-05), delete (43679, 2024-12-06), invite (88673, 2025-12-17), link (98642,
    # 2025-03-05: no codes), seats (108998). The table is not whole
    # (developer/ask/2104611: 13603 and others), so unknown codes come. Beside each: the vendor's words.
    codes = {  # noqa: RUF012 - annotated in Provider
        "41": Meaning(OutcomeUnknown),  # 1: 系统内部网络错误，具体错误原因见 message 字段
        "5108": Meaning(OutcomeUnknown),  # 1: 系统内部错误，具体错误原因见 message 字段
        "10000": Meaning(OutcomeUnknown),  # 1: 用户管理 API 调用未知错误类型
        "10001": Meaning(Rejected),  # 1: 用户管理 API 调用参数错误
        "190004": Meaning(Rejected),  # 1: 请求参数错误
        "10005": Meaning(NotAuthorised, advice=_EDITION),  # 1: app-version 被禁用
        # 1: 用户不存在. The same code for the person who is looked for and for an operator who is none: `find` tells them apart.
        "20001": Meaning(NotAuthorised, advice=_OPERATOR),
        "20002": Meaning(Conflict, "account"),  # 1: 用户已存在
        "20003": Meaning(Rejected, "account"),  # 1: 用户不可用
        "20004": Meaning(Rejected, advice=_ADMINISTRATOR),  # 1, 5: 不允许删除超级管理员 (HTTP 500)
        "20005": Meaning(
            Rejected, advice=_ADMINISTRATOR
        ),  # 5: 不允许删除超级管理员/企业管理员, of disabling (HTTP 500)
        "60005": Meaning(Rejected, advice=_NOT_ACTIVE),  # 5: 用户不存在或处于未激活状态，不支持启用/禁用动作 (HTTP 500)
        "15101": Meaning(Rejected, advice=_TOMORROW),  # 5: 今天已经向该用户发送过邀请提醒 (HTTP 500)
        "40000": Meaning(Rejected, "phone"),  # 1: 手机号码不合法
        "41001": Meaning(Rejected, "email"),  # 1: 邮箱地址不合法
        "41002": Meaning(Conflict, "email"),  # 1: 邮箱已被使用
        "41003": Meaning(Conflict, "phone"),  # 1: 手机号码已存在
        "50000": Meaning(NotAuthorised, advice=_CREDENTIALS),  # 1: 企业 ID 不合法
        "50001": Meaning(NotAuthorised, advice=_CREDENTIALS),  # 1: 企业不可用
        # 1: 人数超出上限 ... 用户申请到的免费 secretId 可以创建的账户数量最大值为99
        "156009": Meaning(NoSeatLeft, advice=_LICENCES),
        "9042": Meaning(NotAuthorised, advice=_PERMISSION),  # 1: 权限受限或鉴权失败
        "500014": Meaning(NotAuthorised, advice=_PERMISSION),  # 3, 5: no right (HTTP 400)
        "190443": Meaning(NotAuthorised, advice=_PERMISSION),  # 3: no right to see departments (HTTP 500)
        "190439": Meaning(
            NotAuthorised, advice=_EDITION
        ),  # 5: the enterprise is expired, deleted, or of another edition
        "190440": Meaning(NotAuthorised, advice=_EDITION),  # 5: enterprise and education editions only
        "403": Meaning(
            NotAuthorised, advice=_PERMISSION
        ),  # 5: no right on the resource; in the body, the status is 500
        "190300": Meaning(NotAuthorised, advice=_CLOCK),  # 1: X-TC-Timestamp 取值与服务器当前时间差距超过5分钟
        # 1: 请求重放错误 ... 不能使用和过去五分钟内相同的 timestamp 和 nonce. Refused before anything is done, and the next send
        # has a fresh nonce.
        "190301": Meaning(Unreachable),
        # 1: 未认证的 secret 信息，请检查 ... AppId 和 X-TC-Key 内容是否正确。字段 SdkId 如未分配不要携带
        "190303": Meaning(NotAuthorised, advice=_CREDENTIALS),
        "200003": Meaning(NotAuthorised, advice=_CREDENTIALS),  # 4: Signature failed
        "190310": Meaning(RateLimited),  # 2: 300 calls a minute for the app
        "190311": Meaning(RateLimited),  # 2: 200 000 calls a day for the app
        "190313": Meaning(RateLimited),  # 2: 100 calls a minute for the app, calls "at account level"
    }

    def create(self, hire: TencentHire, request_id: str) -> Account:
        """`POST /v1/users`. The answer names the userid that was asked for, or it is no success."""
        answer = self._send("POST", "/v1/users", self.body(hire), mutates=True)
        user = self.parse(_User, answer, mutates=True)
        if user.userid != hire.account:
            raise self.unclear("the answer is about another userid", mutates=True)
        expires = None if hire.invite is False else self.clock() + self.invitation_hours * 3600
        fresh = {"state": "not_activated", "activation_pending": True, "invitation_expires_at": expires}
        return user.account(hire.name).model_copy(update=fresh)

    def find(self, hire: TencentHire, request_id: str) -> Account | None:
        """`GET /v1/users/{userid}`; 20001 is the vendor's word for absent."""
        user = self._user(hire.account)
        return None if user is None else user.account(hire.name)

    def check(self) -> None:
        """`GET /v1/users/list` with one row."""
        self._send("GET", self._asking("/v1/users/list", page=1, page_size=1))

    def examine(self) -> Iterator[Exam]:
        """The credentials, the operator, licences, departments; 200003 is the key's fault alone, 190303 that of who signs."""
        found = self.exam("credentials", self.check, "AppId, SdkId, SecretId, SecretKey and clock are right")
        if found.good is False:
            found = self._suspects(found)
        yield found
        if found.good is not True:
            return
        yield self._rights()
        yield self.seats_exam(self.seats)
        path = f"/v1/departments?{urlencode({'userid': self.config.operator_id or '', 'page': 1, 'page_size': 1})}"
        yield self.exam("departments", lambda: self._send("GET", path), "the operator may see them")

    def _suspects(self, found: Exam) -> Exam:
        """Which credential it is, as far as answers tell: without the SdkId the same call can get further."""
        code = found.said.removeprefix("refused: ").partition(" ")[0]
        if code in ("190004", "20001") and self.config.operator_id is None:
            return replace(found, name="operator", mending="Set TENCENT_OPERATOR_ID: the current API wants it.")
        if code in ("20001", "9042", "500014"):
            return replace(found, name="operator" if code == "20001" else "permission")
        if code == "190300":
            return replace(found, name="clock")
        if code == "200003":
            return replace(found, mending="TENCENT_SECRET_KEY is not the key of TENCENT_SECRET_ID: copy it again.")
        if code == "190303" and self.config.sdk_id is not None:
            without = copy.copy(self)
            without.config = self.config.model_copy(update={"sdk_id": None})
            again = without.exam("credentials", without.check)
            if "190303" not in again.said:
                return replace(found, mending="TENCENT_SDK_ID is wrong: leave it out, or copy it again.")
        return found

    def _rights(self) -> Exam:
        """That the operator may look is known by now; that they may create, only of the super administrator."""
        operator = self.config.operator_id
        try:
            role = str(self._send("GET", self._asking(_path(operator))).get("role_name") or "") if operator else ""
        except ProvisionError as error:
            return self.failed("operator", error)
        if role == "超级管理员":
            return Exam("operator", True, "the operator is the super administrator, who may create users")
        said = "no answer tells, without creating somebody, whether the operator may create users and not only look"
        return Exam("operator", None, said, "See 用户管理 > 用户列表: the operator needs the right to edit.")

    def look(self, account: Account) -> Account | None:
        """`GET /v1/users/{userid}`, and its uuid."""
        return self.same(account, self._standing(account))

    def look_many(self, accounts: Sequence[Account]) -> list[Account | None]:
        """Those who are not activated from `GET /v1/users/advance/list?status=3`, a page for a hundred; the rest one by one."""
        waiting: dict[str, _User] = {}
        if len(accounts) > 2:
            # An enterprise may have more of them than are asked for: no more pages than can save calls.
            pages = max(len(accounts) // 10, 1)
            waiting = {user.userid.casefold(): user for user in islice(self._listed(status=3), pages * PAGE)}
        return [self._among(waiting, account) or self.look(account) for account in accounts]

    def everybody(self, calls: int) -> list[Account] | None:
        """`GET /v1/users/advance/list`, a page for a hundred; as many pages as show that there are no more, or None."""
        found = list(islice(self._listed(), calls * PAGE + 1))
        return [user.account(user.username or user.userid) for user in found] if len(found) <= calls * PAGE else None

    def resend(self, account: Account) -> None:
        """`PUT /v1/users/{userid}/invite-activate`, the operator in the query, no body; 15101 is "already today"."""
        self._stays(account)
        self._change("PUT", self._asking(f"{_path(account.account)}/invite-activate"))

    def link(self, account: Account) -> str:
        """`POST /v1/users/invite-activate`. Whoever is active gets no row in its answer."""
        self._stays(account)
        body = {"userid_list": [account.account], **self._operator()}
        answer = self._send("POST", "/v1/users/invite-activate", body)
        for link in self.parse(_Links, answer, mutates=False).inactivate_user_list:
            if link.userid.casefold() == account.account.casefold():
                return link.activate_url
        raise Rejected(self.key, detail="the vendor gives no link: the account is active already")

    def remove(self, account: Account) -> None:
        """`DELETE /v1/users?uuid=`: whatever happens to the userid in between, it is this user or nobody.

        What the user leaves (recordings, meetings to come) could be handed over by `POST /v1/users/delete-transfer`, once
        the user is deleted and never before (1095/104847, 2024-11-04); a fresh account leaves nothing. Nothing restores it.
        """
        found = self._standing(account)
        if found is None or found.state == "gone":
            return
        path = self._asking("/v1/users", uuid=self.exactly(account, found))
        try:
            self._change("DELETE", path)
        except Rejected as refusal:
            if refusal.code != ABSENT:
                raise

    def switch(self, account: Account, *, active: bool) -> None:
        """`PUT /v1/users/{userid}/enable`, the operator in the body."""
        self._stays(account)
        self._change("PUT", f"{_path(account.account)}/enable", {"enable": active, **self._operator()})

    def seats(self) -> tuple[Seats, ...]:
        """`GET /v1/users/account/statistics`: the licences by type; add-ons and AI licences are counted apart."""
        answer = self._send("GET", self._asking("/v1/users/account/statistics"))
        counted = self.parse(_Statistics, answer, mutates=False).user_account_details
        return tuple(
            Seats(str(each.user_account_type), each.user_account_count, each.user_account_used_count)
            for each in counted
        )

    def body(self, hire: TencentHire) -> dict[str, Any]:
        """The creating call's JSON."""
        body = hire.wire() | {"area": hire.phone.calling_code, "phone": hire.phone.digits} | self._operator()
        if hire.department is not None:
            body["department_list"] = [hire.department]
        if hire.start_date is not None:
            body["entry_time"] = int(dt.datetime.combine(hire.start_date, dt.time(), BEIJING).timestamp())
        return body

    def _operator(self) -> dict[str, Any]:
        if self.config.operator_id is None:
            return {}
        return {"operator_id": self.config.operator_id, "operator_id_type": 1}

    def _asking(self, path: str, **query: object) -> str:
        """The path with its query, the operator in it."""
        return f"{path}?{urlencode(query | self._operator())}".rstrip("?")

    def _user(self, userid: str) -> _User | None:
        """The user of this name; None by the vendor's word for absent."""
        try:
            user = self.parse(_User, self._send("GET", self._asking(_path(userid))), mutates=False)
        except NotAuthorised as refusal:
            if refusal.code == ABSENT:
                return None
            raise
        if user.userid.casefold() != userid.casefold():
            raise self.unclear("the answer is about another userid", mutates=False)
        return user

    def _standing(self, account: Account) -> Account | None:
        """Who has this account's userid now. The code for nobody is that for a wrong operator, whom `check` tells."""
        user = self._user(account.account)
        if user is None:
            self.check()
            return None
        return user.account(account.name)

    def _among(self, users: dict[str, _User], account: Account) -> Account | None:
        user = users.get(account.account.casefold())
        return None if user is None else self.same(account, user.account(account.name))

    def _stays(self, account: Account) -> None:
        """Raises when the account is not there any more, or another one in its place: a call by userid would hit that."""
        found = self._standing(account)
        if found is None:
            raise self.gone()
        if self.same(account, found) is None:
            raise self.another()

    def _listed(self, **only: int) -> Iterator[_User]:
        """All users, or `only` some, page by page; at most as many pages as it takes to come to their end."""
        position: int | None = 0
        while position is not None:
            path = self._asking("/v1/users/advance/list", pos=position, size=PAGE, **only)
            page = self.parse(_Page, self._send("GET", path), mutates=False, strict=True)
            yield from page.users
            going_on = page.has_remaining and page.users and page.next_pos is not None and page.next_pos > position
            position = page.next_pos if going_on else None

    def _change(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """A change whose success is an empty body or `{}`; Rejected with 20001 when the user is absent."""
        try:
            self._send(method, path, body, mutates=True)
        except NotAuthorised as refusal:
            if refusal.code != ABSENT:
                raise
            self.check()
            raise Rejected(self.key, code=refusal.code, words=refusal.words) from None

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, mutates: bool = False
    ) -> dict[str, Any]:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        answer = self.call(method, path, content=content, headers=self._sign(method, path, content), mutates=mutates)
        if mutates and self.done(answer):
            return {}
        data = self.json(answer, mutates=mutates)
        if "error_info" in data:
            raise self._refusal(data["error_info"], answer, mutates=mutates)
        if answer.status != 200:
            raise self.unclear(f"HTTP {answer.status}", mutates=mutates)
        return data

    def _refusal(self, info: object, answer: Answer, *, mutates: bool) -> ProvisionError:
        code = info.get("error_code") if isinstance(info, dict) else None
        if not isinstance(code, int | str) or code in ("", 0):
            return self.unclear(f"HTTP {answer.status} with an error that has no code", mutates=mutates)
        words = info.get("message") if isinstance(info, dict) else None
        return self.refused(code, words, answer, mutates=mutates)

    def _sign(self, method: str, path: str, content: bytes) -> dict[str, str]:
        """Header names and the string to sign: /document/product/1095/42413. The hex text is what gets base64."""
        nonce, timestamp = str(secrets.randbelow(2**31 - 1) + 1), str(int(self.clock()))
        headers = {
            "Content-Type": "application/json",
            "X-TC-Key": self.config.secret_id,
            "X-TC-Nonce": nonce,
            "X-TC-Timestamp": timestamp,
            "X-TC-Signature": signature(
                self.config.secret_id,
                self.config.secret_key.get_secret_value(),
                method,
                nonce,
                timestamp,
                self.uri(path),
                content,
            ),
            "AppId": self.config.app_id,
            # The users are in the enterprise's address book; without it their meetings are not theirs.
            "X-TC-Registered": "1",
        }
        return headers | ({"SdkId": self.config.sdk_id} if self.config.sdk_id else {})


class _User(BaseModel):
    """The vendor's user, in the answers to create (fewer fields) and get (1095/57959). `userid` decides, the rest is shown.

    `uuid` is in the create page's table and not in the SDK's model; `status` "1" normal, "2" cancelled, "3" not activated,
    "4" disabled, "5" pre-registered.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    userid: str = Field(min_length=1)
    username: str | None = None
    uuid: str | None = None
    phone: str | None = None
    email: str | None = None
    status: str | None = None
    staff_id: str | None = None
    job_title: str | None = None
    department_list: list[dict[str, Any]] | None = None

    def account(self, name: str) -> Account:
        """As newhire knows it; `name` stands in for one that the vendor does not say."""
        department = next(iter(self.department_list or []), {})
        return Account(
            provider=Tencent.key,
            account=self.userid,
            vendor_id=self.uuid or None,
            name=self.username or name,
            phone=self.phone or None,
            email=self.email or None,
            employee_id=self.staff_id or None,
            job_title=self.job_title or None,
            department=_text(department.get("department_id")),
            department_name=_text(department.get("department_name")),
            department_path=_text(department.get("department_full_name")),
            status=self.status,
            state=STATES.get(self.status, "unknown"),
            activation_pending=STATES.get(self.status) == "not_activated",
        )


class _Page(BaseModel):
    """One page of `GET /v1/users/advance/list`."""

    has_remaining: bool
    next_pos: int | None = None
    users: list[_User]


class _Link(BaseModel):
    """`activate_url` is a secret: whoever has it activates the account."""

    userid: str
    activate_url: str = Field(pattern=r"^https://[!-~]+$")


class _Links(BaseModel):
    """The answer to `POST /v1/users/invite-activate` (1095/98642)."""

    inactivate_user_list: list[_Link]


class _Count(BaseModel):
    user_account_type: int
    user_account_count: int
    user_account_used_count: int


class _Statistics(BaseModel):
    """The answer to `GET /v1/users/account/statistics` (1095/108998)."""

    user_account_details: list[_Count]


def signature(
    secret_id: str, secret_key: str, method: str, nonce: str, timestamp: str, uri: str, content: bytes
) -> str:
    """88 characters of base64 over the hex HMAC-SHA256; `uri` is path and query as sent, `content` the exact body."""
    head = f"X-TC-Key={secret_id}&X-TC-Nonce={nonce}&X-TC-Timestamp={timestamp}"
    to_sign = f"{method}\n{head}\n{uri}\n".encode() + content
    return base64.b64encode(hmac.new(secret_key.encode(), to_sign, hashlib.sha256).hexdigest().encode()).decode()


def _path(userid: str) -> str:
    return f"/v1/users/{quote(userid, safe='')}"


def _text(value: object) -> str | None:
    return str(value) if value else None
