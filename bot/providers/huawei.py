"""Huawei Cloud Meeting 华为云会议: `POST /rest/usg/datacenter/v1/corp/member`, and its successor.

HUAWEI_API=2019 speaks the documented corporate directory API: `Authorization: Basic Base64(accessToken)`, every answer an
envelope with a returnCode. HUAWEI_API=current speaks https://support.huaweicloud.com/api-meeting/meeting_21_0067.html:
`/v1/usg/dcs/corp/member`, `X-Access-Token`, plain answers, real statuses with error_code. Log-in: meeting_21_0306.html
(account and password) and meeting_21_0311.html (App ID). What surprises:
- Success is HTTP 200 *and* returnCode 000000000; a 200 alone says nothing.
- An account is unique in the whole system, not in the enterprise.
- With an App ID, an unknown HUAWEI_USER_ID is silently made a user: leave it empty for the default administrator.
- Two generations write one code differently: 201040001 and USG.201040001.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from bot.hire import EMAIL, NAME, PHONE, Ask, Choice, DepartmentId, Email, NewHire, Phone, PhoneNumber, Text, problem
from bot.outcome import (
    Account,
    Conflict,
    NoSeatLeft,
    NotAuthorised,
    ProvisionError,
    RateLimited,
    Rejected,
)
from bot.providers.contract import ROOM, Answer, Meaning, Pace, Provider, ProviderSettings, Url, from_environment
from bot.providers.token_cache import Token, TokenCache

ROWS = 20
"""Rows of a search that are read; it is fuzzy, so an exact address or number has few."""

SUCCESS = "000000000"
NOBODY = "201040000"
TOKEN_EXPIRED = "000000004"  # noqa: S105 - a code of the vendor, no secret

with (files("bot.providers") / "huawei_countries.tsv").open(encoding="utf-8") as table:
    COUNTRIES = {row["region"]: row["country"] for row in csv.DictReader(table, delimiter="\t")}
    """ISO 3166 region of a number -> the vendor's key; the vendor's own spellings, `BVl` and `columbia` included."""

_RATE = re.compile(
    r"(?:remain:(?P<remain>\d{1,6}),\s*)?limit:(?P<calls>\d{1,6}),\s*time:(?P<many>\d{1,4})?\s*(?P<unit>second|minute|hour|day)"
)

_NO_SEAT = re.compile(r"(?i)(用户|账号|人)数?.{0,12}上限|(users|accounts|members)\b.{0,80}\b(limit|quota)")

_SPECIAL = "`~!@#$%^&*()-_=+|[{}];:\",'<.>/?"


def _name(typed: str) -> str:
    if found := sorted(set(typed) & set("&<>/()'\"")):
        raise problem(
            f"A name at Huawei Cloud Meeting can't have {' '.join(found)} in it.",
            f"华为云会议的姓名不能含有 {' '.join(found)}。",
        )
    return typed


def _account(typed: str) -> str:
    if not all(char.isascii() and (char.isalnum() or char in "_-.@") for char in typed):
        raise problem("Use only letters, digits and _ - . @ here.", "只能用字母、数字和 _ - . @。")
    if typed.isdigit():
        raise problem("Add at least one letter.", "请至少包含一个字母。")
    if "." in typed.partition("@")[2]:
        raise problem(
            "There can't be a dot after the @: an email address doesn't work here.",
            "@ 后面不能有点，这里不能填邮箱地址。",
        )
    return typed


def _password(secret: SecretStr | None) -> SecretStr | None:
    typed = secret.get_secret_value() if secret else "Aa"
    kinds = [
        any(test(char) for char in typed) for test in (str.islower, str.isupper, str.isdigit, _SPECIAL.__contains__)
    ]
    if not all(char.isascii() and (char.isalnum() or char in _SPECIAL) for char in typed) or sum(kinds) < 2:
        raise problem(
            f"Use at least two of: lowercase, uppercase, digits, symbols ({_SPECIAL}), and nothing else.",
            f"至少包含两类：小写字母、大写字母、数字、符号（{_SPECIAL}），且不含其他字符。",
        )
    return secret


def _phone(phone: Phone | None) -> Phone | None:
    if phone is not None and phone.region not in COUNTRIES:
        raise problem(
            f"Huawei Cloud Meeting doesn't serve numbers of this country (+{phone.calling_code}).",
            f"华为云会议不支持该国家或地区的号码（+{phone.calling_code}）。",
        )
    return phone


_YES_NO = (Choice("true", Text("Yes", "是")), Choice("false", Text("No", "否")))


class HuaweiHire(NewHire):
    """The form: every field of the corporate directory's "add user"."""

    name: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_name), NAME.on_wire("name")]
    phone: Annotated[
        PhoneNumber | None,
        AfterValidator(_phone),
        PHONE.on_wire("", hint=Text("Enter a phone number or an email address.", "电话和邮箱至少填一项。")),
    ] = None
    email: Annotated[
        Email | None,
        Field(max_length=255),
        EMAIL.on_wire("email", hint=Text("Enter a phone number or an email address.", "电话和邮箱至少填一项。")),
    ] = None
    account: Annotated[
        str | None,
        Field(max_length=64),
        AfterValidator(lambda typed: typed if typed is None else _account(typed)),
        Ask(
            wire="account",
            title=Text("Account", "账号"),
            hint=Text(
                "Letters, digits, _ - . @; unique in all of Huawei Cloud Meeting. Leave empty to have one generated.",
                "字母、数字、_ - . @；在整个华为云会议中唯一。留空则自动生成。",
            ),
            placeholder=Text("corp-zhangwei", "corp-zhangwei"),
            example="corp-zhangwei",
        ),
    ] = None
    department: Annotated[
        DepartmentId | None,
        Field(max_length=32),
        Ask(
            wire="deptCode",
            title=Text("Department code", "部门编码"),
            hint=Text(
                "The code, not the name. Leave empty for the root department (1).",
                "请填写部门编码，不是名称。留空则为根部门（1）。",
            ),
            example="1",
        ),
    ] = None
    english_name: Annotated[
        str | None,
        Field(max_length=64),
        Ask(wire="englishName", title=Text("English name", "英文名"), more=True, example="Wei Zhang"),
    ] = None
    notify: Annotated[
        Literal["0", "1"] | None,
        Ask(
            wire="sendNotify",
            title=Text("Notify by email or SMS", "邮件/短信通知本人"),
            kind="choice",
            choices=(Choice("1", Text("Yes", "是")), Choice("0", Text("No", "否"))),
            more=True,
            example="1",
        ),
    ] = None
    signature: Annotated[
        str | None,
        Field(max_length=128),
        Ask(wire="signature", title=Text("Signature", "签名"), more=True, example="Hello"),
    ] = None
    meeting_room: Annotated[
        str | None,
        Field(max_length=32),
        Ask(
            wire="vmrId", title=Text("Cloud meeting room (vmrId)", "云会议室（vmrId）"), more=True, example="985712345"
        ),
    ] = None
    room_device: Annotated[
        bool | None,
        Ask(
            wire="function.enableRoom",
            title=Text("Can use room devices", "可使用会议室终端"),
            kind="choice",
            choices=_YES_NO,
            more=True,
            example="true",
        ),
    ] = None
    hide_phone: Annotated[
        bool | None,
        Ask(
            wire="hidePhone",
            title=Text("Hide the phone number", "隐藏手机号"),
            kind="choice",
            choices=_YES_NO,
            more=True,
            example="true",
        ),
    ] = None
    sort_level: Annotated[
        int | None,
        Field(ge=1, le=10000),
        Ask(
            wire="sortLevel",
            title=Text("Directory order", "通讯录排序"),
            kind="number",
            hint=Text("1 comes first, 10000 last.", "1 排最前，10000 排最后。"),
            more=True,
            example="100",
        ),
    ] = None
    disabled: Annotated[
        int | None,
        Field(ge=0, le=1),
        Ask(
            wire="status",
            title=Text("Account status", "账号状态"),
            kind="choice",
            choices=(
                Choice("0", Text("Active", "启用")),
                Choice("1", Text("Disabled", "停用")),
            ),
            more=True,
            example="0",
        ),
    ] = None
    member_id: Annotated[
        str | None,
        Field(max_length=64),
        Ask(
            wire="id",
            title=Text("HR system ID", "HR 系统 ID"),
            hint=Text("Leave empty and newhire sends its request ID.", "留空则由 newhire 填入申请编号。"),
            more=True,
            example="hr-4711",
        ),
    ] = None
    password: Annotated[
        SecretStr | None,
        Field(min_length=8, max_length=32),
        AfterValidator(_password),
        Ask(
            title=Text("First password", "初始密码"),
            kind="secret",
            hint=Text(
                "Leave empty and Huawei sends one. Otherwise 8–32 characters, changed at first sign-in.",
                "建议留空，由华为云会议生成并通知本人；自填则为 8–32 个字符，首次登录须修改。",
            ),
            more=True,
            example="Welcome-2026",
        ),
    ] = None

    @classmethod
    def together(cls, typed: Mapping[str, Any]) -> Iterator[PydanticCustomError]:
        if not typed.get("phone") and not typed.get("email"):
            yield problem("Enter a phone number or an email address.", "电话和邮箱至少填一项。", field="phone")
        account, password = str(typed.get("account") or ""), str(typed.get("password") or "")
        if account and password in (account, account[::-1]):
            yield problem(
                "The password can't be the account name, forwards or backwards.",
                "密码不能与账号相同，也不能是其倒序。",
                field="password",
            )


class HuaweiSettings(ProviderSettings):
    """What the environment must hold: account and password, or App ID and key (https://meeting.huaweicloud.com, 应用管理)."""

    model_config = from_environment("HUAWEI_")

    account: str | None = Field(None, description="An administrator's account, to sign in with a password")
    password: SecretStr | None = Field(None, description="That administrator's password")
    app_id: str | None = Field(
        None, description="The App ID, to sign in without a person's account; it wins over HUAWEI_ACCOUNT"
    )
    app_key: SecretStr | None = Field(None, description="The App ID's key")
    corp_id: str | None = Field(None, description="The enterprise, only when the App ID serves several")
    user_id: str | None = Field(None, description="The administrator to act as; empty means the default one")
    api: Literal["2019", "current"] = Field("2019", description="Which generation of the API to speak")
    auth_path: str = Field("/v1/usg/acs/auth/account", description="Where account and password sign in", pattern="^/")
    base_url: Url = Field("https://api.meeting.huaweicloud.com", description="Where the API is")

    @model_validator(mode="after")
    def _one_log_in(self) -> HuaweiSettings:
        for one, other in (("account", "password"), ("app_id", "app_key")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                missing, given = (one, other) if getattr(self, one) is None else (other, one)
                raise ValueError(f"HUAWEI_{missing.upper()} is missing: it belongs to HUAWEI_{given.upper()}.")
        if self.account is None and self.app_id is None:
            raise ValueError(
                "Huawei Cloud Meeting needs HUAWEI_ACCOUNT and HUAWEI_PASSWORD, or HUAWEI_APP_ID and HUAWEI_APP_KEY."
            )
        return self


_LOG_IN = Text(
    "Check HUAWEI_ACCOUNT and HUAWEI_PASSWORD (or HUAWEI_APP_ID and HUAWEI_APP_KEY), and that this account is an administrator.",
    "请检查 HUAWEI_ACCOUNT 和 HUAWEI_PASSWORD（或 HUAWEI_APP_ID 和 HUAWEI_APP_KEY），并确认该账号是管理员。",
)


_ACTIVATE = Text("Activate the account that newhire signs in with.", "请先激活 newhire 用于登录的账号。")
_CLOCK = Text("Correct the clock of the server newhire runs on (NTP).", "请校准 newhire 所在服务器的时钟（NTP）。")


class Huawei(Provider[HuaweiHire, HuaweiSettings]):
    """Adds members to the enterprise's directory."""

    key = "huawei"
    title = Text("Huawei Cloud Meeting", "华为云会议")
    form = HuaweiHire
    settings = HuaweiSettings
    pace = Pace(calls=100, seconds=60)
    credentials_page = "https://meeting.huaweicloud.com/"
    to_do = Text("choose a new password at the first sign-in.", "首次登录时修改密码。")
    # The pages send one to the "API 错误中心" (API error centre), of which no copy is public, so most codes are unknown here:
    # duplicates of phone and e-mail, and no seat, among them. 1: other people's programs that branch on it (Terraform's
    # provider for Huawei Cloud, a public portal's RpcMeetingUserServiceImpl). 2: fragments in the vendor's own search pages,
    # read 2026-11. 3: the client SDK's table (sdkreference-meeting/error_codes_mac.html), another list of numbers.
    codes = {  # noqa: RUF012 - annotated in Provider
        NOBODY: Meaning(Rejected, "account"),  # 1: "user does not exist", HTTP 400
        "201040001": Meaning(Conflict, "account"),  # 1: the account exists (somewhere in the whole system)
        "201040020": Meaning(Conflict, "phone"),  # 2: "The email address or mobile number ..."; the page is cut there
        "201000006": Meaning(Rejected, "phone"),  # 2: the country code of the mobile number is incorrect
        "201000007": Meaning(Rejected, "email"),  # 2: the e-mail address cannot be empty
        TOKEN_EXPIRED: Meaning(NotAuthorised, advice=_LOG_IN),  # 1: token invalid or expired, HTTP 401
        "206010000": Meaning(NotAuthorised, advice=_LOG_IN),  # 3: USG_ERR_PASSWORD
        "206010007": Meaning(NotAuthorised, advice=_ACTIVATE),  # 3: USG_APPID_ACCOUNT_DISABLED
        "206010057": Meaning(NotAuthorised, advice=_CLOCK),  # 3: USG_APPID_AUTH_EXPIRE
        "100000429": Meaning(RateLimited),  # 3: server flow control. 服务端流控错误
        "000000429": Meaning(RateLimited),  # its like among the server's numbers: not seen anywhere yet
        "APIG.0308": Meaning(
            RateLimited
        ),  # the API gateway's throttling, in place of the vendor's own answer; read 2026-11
    }

    def __init__(self, config: HuaweiSettings, **options: Any) -> None:
        super().__init__(config, **options)
        self.dialect = _Of2019() if config.api == "2019" else _Current()
        self.hidden = self.dialect.unknown_fields
        self._tokens = TokenCache(self._log_in, self.clock)

    def create(self, hire: HuaweiHire, request_id: str) -> Account:
        """`POST` the member. With an account in the form, the answer names it, or it is no success."""
        answer, envelope = self._send("POST", self.dialect.members, self.body(hire, request_id), mutates=True)
        member = self.parse(_Member, answer, mutates=True)
        if hire.account is not None and member.userAccount != hire.account:
            raise self.unclear("the answer is about another account", mutates=True)
        return member.account(hire, envelope)

    def find(self, hire: HuaweiHire, request_id: str) -> Account | None:
        """By account, else by phone, else by e-mail: whichever finds somebody first."""
        if hire.account is not None:
            found = self._by_account(hire, hire.account)
            if found is not None:
                return found
        for text, same in _keys(hire):
            rows, more, envelope = self._search(text)
            for member in rows:
                if same(member):
                    return member.account(hire, envelope)
            if more:
                raise self.unclear("the search found more people than it shows", mutates=False)
        return None

    def check(self) -> None:
        """Log in and search for one row."""
        self._search("newhire", rows=1)

    def body(self, hire: HuaweiHire, request_id: str) -> dict[str, Any]:
        """The creating call's JSON."""
        body = hire.wire()
        if hire.phone is not None:
            body |= {"phone": hire.phone.e164, "country": COUNTRIES[hire.phone.region or ""]}
        if hire.password is not None:
            body["pwd"] = hire.password.get_secret_value()
        if "member_id" in self.hidden:
            for name in ("id", "vmrId"):
                body.pop(name, None)
        else:
            body.setdefault("id", request_id[:64])
        return body

    def meaning(self, code: str | None) -> Meaning | None:
        """The row for a code of either generation: `201040001` and `USG.201040001` are one."""
        return super().meaning((code or "").removeprefix("USG."))

    def wait(self, answer: Answer) -> float | None:
        """Also the gateway's own header: once nothing remains, at most its window."""
        used_up = _RATE.search(answer.headers.get("x-apig-ratelimit-api", ""))
        window = _seconds(used_up) if used_up and used_up["remain"] == "0" else None
        said = super().wait(answer)
        return window if said is None else said

    def _by_account(self, hire: HuaweiHire, account: str) -> Account | None:
        path = f"{self.dialect.members}/{quote(account, safe='')}{self.dialect.one_query}"
        try:
            data, envelope = self._send("GET", path)
        except Rejected as refusal:
            if (refusal.code or "").removeprefix("USG.") == NOBODY:
                return None
            raise
        member = self.parse(_Member, data, mutates=False)
        if member.userAccount.casefold() != account.casefold():
            raise self.unclear("the answer is about another account", mutates=False)
        return member.account(hire, envelope)

    def _search(self, text: str, rows: int = ROWS) -> tuple[list[_Member], bool, dict[str, Any]]:
        """Who is found, whether there are more of them than are shown, and the envelope."""
        method, path, body = self.dialect.search(text, rows)
        data, envelope = self._send(method, path, body)
        found = self.parse(_Found, {} if data is None else data, mutates=False, strict=True)
        total = found.count or found.totalCount or 0
        if found.data is None and (total or not (self.dialect.enveloped or found.model_fields_set)):
            raise self.unclear("the search does not say whom it found", mutates=False)
        members = [self.parse(_Member, row, mutates=False) for row in found.data or ()]
        return members, len(members) >= rows or len(members) < total, envelope

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, mutates: bool = False
    ) -> tuple[object, dict[str, Any]]:
        """One call with a token. Raises what the answer's code stands for."""
        answer = self._tokens.send(
            lambda token: self._exchange(method, path, body, self.dialect.headers(token), mutates=mutates),
            refused=self._token_refused,
        )
        return self._data(answer, mutates=mutates)

    def _token_refused(self, answer: Answer) -> bool:
        # The document of 2019 does not say how: in its envelope, a refusal usually comes with HTTP 200.
        try:
            return answer.status == 401 or str(answer.json().get("returnCode")) == TOKEN_EXPIRED
        except ValueError:
            return False

    def _exchange(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str], *, mutates: bool
    ) -> Answer:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        fixed = {"Content-Type": "application/json", "X-Request-Id": str(uuid.uuid4())}
        answer = self.call(method, path, content=content, headers=fixed | headers, mutates=mutates)
        self._learn_pace(answer.headers.get("x-apig-ratelimit-api", ""))
        return answer

    def _learn_pace(self, said: str) -> None:
        """`remain:99,limit:100,time:1 minute`, as the gateway tells it; a setting of ours wins."""
        found = _RATE.search(said)
        if found and self.config.calls_per_minute is None and int(found["calls"]):
            self.gap = _seconds(found) / int(found["calls"]) / ROOM

    def _data(self, answer: Answer, *, mutates: bool) -> tuple[object, dict[str, Any]]:
        """The payload and its envelope. Raises what the code stands for."""
        body = self.json(answer, mutates=mutates)
        code = next((body[key] for key in ("returnCode", "error_code", "errorCode", "code") if body.get(key)), None)
        if code is not None and str(code) != SUCCESS:
            raise self._refusal(str(code), answer, mutates=mutates)
        if answer.status in (401, 403):
            raise NotAuthorised(self.key, code=str(answer.status), detail="the vendor does not let this account do it")
        if answer.status != 200 or (self.dialect.enveloped and code is None):
            raise self.unclear(f"HTTP {answer.status} without a return code", mutates=mutates)
        return (body.get("data") if code is not None else body), body

    def _refusal(self, code: str, answer: Answer, *, mutates: bool) -> ProvisionError:
        error = self.refused(code, None, answer, mutates=mutates)
        # The portal's words for "no more users" (添加用户数达到上限); the code behind them is in no published table (2026-11).
        # Calls have an upper limit too, so the words must be about users.
        if type(error) is Rejected and self.meaning(code) is None and _NO_SEAT.search(error.words or ""):
            return NoSeatLeft(self.key, code=error.code, words=error.words)
        return error

    def _log_in(self) -> Token:
        """A fresh token. A failure here is never OutcomeUnknown: nothing was sent yet."""
        method, path, body, headers = self._log_in_call()
        answer = self._exchange(method, path, body, headers, mutates=False)
        try:
            data, _ = self._log_in_data(answer)
        except (Rejected, NotAuthorised) as refusal:
            raise NotAuthorised(self.key, code=refusal.code, words=refusal.words, detail=refusal.detail) from None
        given = self.parse(_Token, data, mutates=False)
        return Token(given.accessToken, given.validPeriod or (given.expireTime and given.expireTime - self.clock()))

    def _log_in_data(self, answer: Answer) -> tuple[object, dict[str, Any]]:
        body = self.json(answer, mutates=False)
        # Both generations of log-in can serve both of the directory: an envelope is known by its data.
        if answer.status == 200 and "accessToken" in body:
            return body, body
        if answer.status >= 500 and self.meaning(str(body.get("error_code"))) is None:
            raise self.unclear(f"log-in: HTTP {answer.status}", mutates=False)
        return self._data(answer, mutates=False)

    def _log_in_call(self) -> tuple[str, str, dict[str, Any], dict[str, str]]:
        config = self.config
        if config.app_id is not None and config.app_key is not None:
            expires, nonce = int(self.clock()) + 600, str(uuid.uuid4())
            signed = app_signature(
                config.app_id, config.app_key.get_secret_value(), expires, nonce, config.user_id or "", config.corp_id
            )
            access = base64.b64encode(config.app_id.encode()).decode()
            body = {
                "appId": config.app_id,
                "clientType": 72,
                "expireTime": expires,
                "nonce": nonce,
                "userId": config.user_id or "",
            }
            # A corpId in the single-enterprise case makes the log-in fail, so it goes out only when it is set.
            body |= {} if config.corp_id is None else {"corpId": config.corp_id}
            headers = {"Authorization": f"HMAC-SHA256 signature={signed},access={access}", "X-Token-Type": "LongTicket"}
            return "POST", "/v2/usg/acs/auth/appauth", body, headers
        account, password = config.account or "", config.password.get_secret_value() if config.password else ""
        basic = base64.b64encode(f"{account}:{password}".encode()).decode()
        # 72 is the client type for programs: up to 64 tokens live side by side, any other type has one.
        body = {"account": account, "clientType": 72}
        # The 2019 log-in (paths under /rest) is a PUT, by the vendor's own demo of that year.
        return (
            ("PUT" if config.auth_path.startswith("/rest/") else "POST"),
            config.auth_path,
            body,
            {"Authorization": f"Basic {basic}"},
        )


class _Of2019:
    members = "/rest/usg/datacenter/v1/corp/member"
    one_query = ""
    enveloped = True
    unknown_fields: frozenset[str] = frozenset()

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(token.encode()).decode()}

    def search(self, text: str, rows: int) -> tuple[str, str, dict[str, Any] | None]:
        return "POST", f"{self.members}/search", {"condition": text, "pageIndex": 1, "pageSize": rows}


class _Current:
    members = "/v1/usg/dcs/corp/member"
    one_query = "?accountType=0"
    enveloped = False
    # Removed from "add user" in the successor; the room can be set in an update only.
    unknown_fields: frozenset[str] = frozenset({"member_id", "meeting_room"})

    def headers(self, token: str) -> dict[str, str]:
        return {"X-Access-Token": token}

    def search(self, text: str, rows: int) -> tuple[str, str, dict[str, Any] | None]:
        return "GET", f"{self.members}?{urlencode({'offset': 0, 'limit': rows, 'searchKey': text})}", None


class _Token(BaseModel):
    """`validPeriod` in seconds, `expireTime` in Unix seconds; the 2019 generation may give neither."""

    accessToken: str = Field(pattern=r"^[!-~]+$")  # it goes into a header
    validPeriod: float | None = None
    expireTime: float | None = None


class _Found(BaseModel):
    """A search's answer: `{offset, limit, count, data}`, in 2019 `{pageIndex, totalCount, data}`; nobody may be no `data`."""

    data: list[Any] | None = None
    count: int | None = None
    totalCount: int | None = None
    offset: int | None = None
    limit: int | None = None
    pageIndex: int | None = None


class _Member(BaseModel):
    """The vendor's user, alike in both generations and in every answer. `id` and `userAccount` decide, the rest is shown."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str = Field(min_length=1)
    userAccount: str = Field(min_length=1)
    name: str | None = None
    englishName: str | None = None
    phone: str | None = None
    email: str | None = None
    sipNum: str | None = None
    vmrList: list[dict[str, Any]] | None = None
    deptCode: str | None = None
    deptName: str | None = None
    deptNamePath: str | None = None
    status: str | None = None

    def account(self, hire: HuaweiHire, envelope: dict[str, Any]) -> Account:
        """As newhire knows it; a name that the vendor does not say is the one that was asked for."""
        rooms = (str(room.get("vmrId") or room.get("id") or "") for room in self.vmrList or [])
        return Account(
            provider=Huawei.key,
            account=self.userAccount,
            vendor_id=self.id,
            name=self.name or hire.name,
            english_name=self.englishName or None,
            phone=self.phone or None,
            email=self.email or None,
            department=self.deptCode or None,
            department_name=self.deptName or None,
            department_path=self.deptNamePath or None,
            sip_number=self.sipNum or None,
            meeting_rooms=tuple(room for room in rooms if room),
            status=self.status,
            must_change_password=True,
            request_id=_text(envelope.get("requestId")),
            vendor_code=_text(envelope.get("returnCode")),
            vendor_message=_text(envelope.get("returnMessage")),
            vendor_time=_text(envelope.get("achievementTime")),
        )


def app_signature(app_id: str, app_key: str, expires: int, nonce: str, user_id: str, corp_id: str | None) -> str:
    """Hex HMAC-SHA256 of the App ID log-in (meeting_21_0311.html); the colon of an empty user id stays."""
    parts = [app_id, *([] if corp_id is None else [corp_id]), user_id, str(expires), nonce]
    return hmac.new(app_key.encode(), ":".join(parts).encode(), hashlib.sha256).hexdigest()


def _keys(hire: HuaweiHire) -> list[tuple[str, Callable[[_Member], bool]]]:
    """What to search for, and whether a row of that fuzzy search is really the person."""
    keys: list[tuple[str, Callable[[_Member], bool]]] = []
    if (phone := hire.phone) is not None:
        numbers = {phone.e164, phone.e164[1:], phone.digits}
        keys.append((phone.digits, lambda member: (member.phone or "") in numbers))
    if (address := hire.email) is not None:
        keys.append((address, lambda member: (member.email or "").casefold() == address.casefold()))
    return keys


def _seconds(rate: re.Match[str]) -> float:
    """The window of the gateway's rate header."""
    return int(rate["many"] or 1) * {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}[rate["unit"]]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
