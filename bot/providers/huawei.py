"""Huawei Cloud Meeting 华为云会议: `POST /rest/usg/datacenter/v1/corp/member`, and its successor.

HUAWEI_API=2019 speaks the documented corporate directory API: `Authorization: Basic Base64(accessToken)`, every answer an
envelope with a returnCode. HUAWEI_API=current speaks https://support.huaweicloud.com/api-meeting/meeting_21_0067.html:
`/v1/usg/dcs/corp/member`, `X-Access-Token`, plain answers, real statuses with error_code. Log-in: meeting_21_0306.html
(account and password) and meeting_21_0311.html (App ID). What surprises:
- Success is HTTP 200 *and* returnCode 000000000; a 200 alone says nothing.
- An account is unique in the whole system, not in the enterprise.
- With an App ID, an unknown HUAWEI_USER_ID is silently made a user: leave it empty for the default administrator.
- Two generations write one code differently: 201040001 and USG.201040001.
- The look-up of many tells absent from forbidden, knows them by the vendor's id alone, and does not say who is disabled.

The form and the settings are in `huawei_form`.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from bot.hire import Text
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
)
from bot.providers.contract import ROOM, Ability, Answer, Exam, Meaning, Pace, Provider, Seats
from bot.providers.huawei_form import COUNTRIES, HuaweiHire, HuaweiSettings
from bot.providers.token_cache import Token, TokenCache

__all__ = ["COUNTRIES", "Huawei", "HuaweiHire", "HuaweiSettings", "app_signature"]

ROWS = 20
"""Rows of a search that are read; it is fuzzy, so an exact address or number has few."""

BATCH = 200
"""People asked for in one call of `POST /v1/usg/abs/users/list` (its page of 2025-11-21: maxLength: 200)."""

STATES: dict[str | None, AccountState] = {"0": "active", "1": "disabled"}  # 0：正常；1：停用 (meeting_21_0069.html)

SUCCESS = "000000000"
NOBODY = "201040000"
ABSENT, FORBIDDEN = 2, 3
"""`statusCode` in the look-up of many: 用户不存在, 无权限查询这个用户."""
TOKEN_EXPIRED = "000000004"  # noqa: S105 - a code of the vendor, no secret

_RATE = re.compile(
    r"(?:remain:(?P<remain>\d{1,6}),\s*)?limit:(?P<calls>\d{1,6}),\s*time:(?P<many>\d{1,4})?\s*(?P<unit>second|minute|hour|day)"
)

_NO_SEAT = re.compile(r"(?i)(用户|账号|人)数?.{0,12}上限|(users|accounts|members)\b.{0,80}\b(limit|quota)")

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
    # Neither an invitation that can be sent again nor a link to activate: an account can be used at once. Read 2026-11: the
    # pages of the section 用户管理 (meeting_21_0067 to _0072, _1504, _1530). `POST member/add` (1530, 2025-11-21) invites
    # people who are not in the directory yet, and is not what newhire creates with; `PUT /v1/usg/acs/password/admin/reset`
    # sends a new password.
    abilities = frozenset[Ability]({"look", "remove", "switch", "seats"})
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
        self.abilities = self.dialect.abilities
        self._tokens = TokenCache(self._log_in, self.clock)
        self._admin_type: int | None = None

    def create(self, hire: HuaweiHire, request_id: str) -> Account:
        """`POST` the member. With an account in the form, the answer names it, or it is no success."""
        answer, envelope = self._send("POST", self.dialect.members, self.body(hire, request_id), mutates=True)
        member = self.parse(_Member, answer, mutates=True)
        if hire.account is not None and member.userAccount != hire.account:
            raise self.unclear("the answer is about another account", mutates=True)
        return member.account(hire.name, envelope)

    def find(self, hire: HuaweiHire, request_id: str) -> Account | None:
        """By account, else by phone, else by e-mail: whichever finds somebody first."""
        if hire.account is not None:
            found = self._by_account(hire.account, hire.name)
            if found is not None:
                return found
        for text, same in _keys(hire):
            rows, more, envelope = self._search(text)
            for member in rows:
                if same(member):
                    return member.account(hire.name, envelope)
            if more:
                raise self.unclear("the search found more people than it shows", mutates=False)
        return None

    def check(self) -> None:
        """Log in and search for one row."""
        self._search("newhire", rows=1)

    def examine(self) -> Iterator[Exam]:
        """Who signs in, which generation answers, licences, departments. Nobody is signed in who would be made by that."""
        if self.config.app_id is not None and self.config.user_id is not None:
            known = self._acting_as()
            if known.good is not True:
                yield known
                return
        found = self.exam("credentials", self._tokens.token, "the sign-in works")
        clock = "206010057" in found.said
        yield replace(found, name="clock") if clock else found
        if found.good is not True:
            return
        yield self._rights()
        answers = self._generation()
        yield answers
        if answers.good:
            if "seats" in self.abilities:
                yield self.seats_exam(self.seats)
            path = f"{self.dialect.members.removesuffix('/corp/member')}/member/dept/1"
            yield self.exam("departments", lambda: self._send("GET", path), "they can be read")

    def _acting_as(self) -> Exam:
        """Whether HUAWEI_USER_ID is somebody, asked as the default administrator: with an unknown one, the sign-in would make them."""
        default = self._like_this(user_id=None, api="current")
        path = "/v1/usg/abs/users/list?idType=THIRD_ACCOUNT"
        try:
            answer = default._asked("POST", path, [{"id": self.config.user_id}])
            row = default.parse(_Detail, next(iter(answer.rows()), None), mutates=False)
        except (ProvisionError, ValueError) as error:
            said = error.code if isinstance(error, ProvisionError) else "no list"
            return Exam("operator", None, f"whether HUAWEI_USER_ID is somebody could not be looked up ({said})")
        if row.statusCode in (0, 1):
            return Exam("operator", True, "HUAWEI_USER_ID is somebody")
        said = "HUAWEI_USER_ID is nobody: signing in with it would make that user, so it was not done"
        return Exam("operator", False, said, "Leave HUAWEI_USER_ID out, or set it to an administrator who is there.")

    def _rights(self) -> Exam:
        """By the sign-in's own answer: adminType 0 is the default administrator, 1 another one, 2 nobody of the kind."""
        if self._admin_type is None:
            return Exam("operator", None, "the sign-in does not say whether this account is an administrator")
        if self._admin_type in (0, 1):
            return Exam("operator", True, "the account is an administrator, who may create users")
        return Exam("operator", False, "this account is no administrator", _LOG_IN.en)

    def _generation(self) -> Exam:
        """Which of both answers, by a search for one row."""
        names = {"2019": "current", "current": "2019"}
        mine, other = self.config.api, names[self.config.api]
        found = self.exam("generation", self.check, f"HUAWEI_API={mine} answers")
        its = self._like_this(api=other)
        its._tokens = self._tokens
        answers = its.exam("generation", its.check).good
        if found.good:
            return replace(found, said=f"{found.said}{', and so does ' + other if answers else f'; {other} does not'}")
        return replace(found, mending=f"Set HUAWEI_API={other}: that one answers.") if answers else found

    def _like_this(self, **changes: object) -> Huawei:
        """Another one over the same connections, with other settings and a sign-in of its own."""
        other = copy.copy(self)
        other.config = self.config.model_copy(update=changes)
        other.dialect = _Of2019() if other.config.api == "2019" else _Current()
        other._tokens = TokenCache(other._log_in, self.clock)
        return other

    def look(self, account: Account) -> Account | None:
        """`GET` the member, who has this id. "Absent" there is a code that no page explains: the look-up of many must say so too."""
        found = self._by_account(account.account, account.name)
        if found is None and self.dialect.details and account.vendor_id and self._present([account])[0]:
            raise self.unclear("the account is there by one look-up and absent by another", mutates=False)
        known = self.same(account, found)
        return known and known.model_copy(update={"must_change_password": account.must_change_password})

    def look_many(self, accounts: Sequence[Account]) -> list[Account | None]:
        """One call for two hundred, and one for those who are disabled, whom the first does not tell."""
        disabled = self._disabled() if self.dialect.details and len(accounts) > 2 else None
        if disabled is None or not all(account.vendor_id for account in accounts):
            return super().look_many(accounts)
        present = [
            there
            for start in range(0, len(accounts), BATCH)
            for there in self._present(accounts[start : start + BATCH])
        ]
        now = [
            each.model_copy(update={"state": "disabled" if each.vendor_id in disabled else "active"})
            for each in accounts
        ]
        return [each if there else None for each, there in zip(now, present, strict=True)]

    def everybody(self, calls: int) -> list[Account] | None:
        """`GET` the members without a search, two hundred a page; the first page says how many there are."""
        members: list[Account] = []
        for page in range(calls if self.dialect.details else 0):
            query = urlencode({"offset": page * BATCH, "limit": BATCH, "containsUnActive": "true"})
            data, envelope = self._send("GET", f"{self.dialect.members}?{query}")
            found = self.parse(_Found, data, mutates=False, strict=True)
            rows = [self.parse(_Member, row, mutates=False) for row in found.data or ()]
            members += [member.account(member.userAccount, envelope) for member in rows]
            if found.count is None or found.count > calls * BATCH:
                return None
            if len(members) >= found.count or not rows:
                return members
        return None

    def remove(self, account: Account) -> None:
        """`POST .../delete` with this account alone, and then a look: a 200 can hold a list of whom it did not delete.

        The call knows people by their account only, so between the look before it and the call there is a moment in which
        the account could become another's. "删除多个用户时，全部删除成功或者全部删除失败" (meeting_21_0070.html, 2025-11-21);
        "如果有部分用户失败会响应返回" (its .md twin): with one account in the list both come to the same.
        """
        found = self._by_account(account.account, account.name)
        if found is None:
            return
        self.exactly(account, found)
        failure: ProvisionError = self.unclear(
            "the vendor says that it is done, and the account is there", mutates=True
        )
        try:
            self._change("POST", f"{self.dialect.members}/delete{self.dialect.one_query}", account)
        except OutcomeUnknown as error:
            failure = error
        except Rejected as refusal:
            if not _is_nobody(refusal):
                raise
        if not self._is_gone(account):
            raise failure

    def switch(self, account: Account, *, active: bool) -> None:
        """`PUT .../status/{0|1}` with this account alone."""
        found = self._by_account(account.account, account.name)
        if found is None:
            raise self.gone()
        if self.same(account, found) is None:
            raise self.another()
        self._change("PUT", f"{self.dialect.members}/status/{0 if active else 1}{self.dialect.one_query}", account)

    def seats(self) -> tuple[Seats, ...]:
        """`GET /v1/usg/dcs/corp/resource` (meeting_21_0059.html): users are its "soft" terminals."""
        if "seats" not in self.abilities:
            self._lacks("seats")
        counts = self.parse(_Resource, self._send("GET", "/v1/usg/dcs/corp/resource")[0], mutates=False).teSoftCount
        return (Seats(None, counts.sumCount, counts.usedCount, counts.expiringCount),)

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

    def _by_account(self, account: str, name: str) -> Account | None:
        path = f"{self.dialect.members}/{quote(account, safe='')}{self.dialect.one_query}"
        try:
            data, envelope = self._send("GET", path)
        except Rejected as refusal:
            if _is_nobody(refusal):
                return None
            raise
        member = self.parse(_Member, data, mutates=False)
        if member.userAccount.casefold() != account.casefold():
            raise self.unclear("the answer is about another account", mutates=False)
        return member.account(name, envelope)

    def _present(self, accounts: Sequence[Account]) -> list[bool]:
        """Whether each is in the directory, at most BATCH of them. Raises NotAuthorised when one of them may not be seen."""
        answer = self._asked("POST", self.dialect.details, [{"id": account.vendor_id} for account in accounts])
        if answer.status != 200 or not answer.body.lstrip().startswith(b"["):
            self._data(answer, mutates=False)
            raise self.unclear("the look-up of many is no list", mutates=False)
        try:
            rows = [self.parse(_Detail, row, mutates=False, strict=True) for row in answer.rows()]
        except ValueError:
            raise self.unclear("the look-up of many is no list", mutates=False) from None
        return [self._is_present(account, rows) for account in accounts]

    def _is_present(self, account: Account, rows: list[_Detail]) -> bool:
        row = next((row for row in rows if row.is_about(account)), None)
        if row is None:
            raise self.unclear("the look-up of many does not say whether somebody is there", mutates=False)
        if row.statusCode == FORBIDDEN:
            raise NotAuthorised(
                self.key, code=str(FORBIDDEN), detail="the vendor does not let this account see the user"
            )
        return row.statusCode != ABSENT

    def _disabled(self) -> set[str] | None:
        """The ids of those who are disabled; None when they are more than a search shows."""
        query = urlencode({"offset": 0, "limit": BATCH, "status": 1})
        found = self.parse(_Found, self._send("GET", f"{self.dialect.members}?{query}")[0], mutates=False, strict=True)
        members = [self.parse(_Member, row, mutates=False) for row in found.data or ()]
        return {member.id for member in members} if found.count == len(members) else None

    def _is_gone(self, account: Account) -> bool:
        try:
            return self.look(account) is None
        except ProvisionError as error:
            detail = f"whether the account is gone could not be looked up ({error.kind})"
            raise OutcomeUnknown(self.key, code=error.code, words=error.words, detail=detail) from None

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
        return self._data(self._asked(method, path, body, mutates=mutates), mutates=mutates)

    def _change(self, method: str, path: str, account: Account) -> None:
        """A change of one account. Its answer is an envelope without data, or, today, nothing at all."""
        answer = self._asked(method, path, [account.account], mutates=True)
        if self.dialect.enveloped or not self.done(answer):
            self._data(answer, mutates=True)

    def _asked(self, method: str, path: str, body: object = None, *, mutates: bool = False) -> Answer:
        """One call with a token, which is renewed once when it is refused."""
        return self._tokens.send(
            lambda token: self._exchange(method, path, body, self.dialect.headers(token), mutates=mutates),
            refused=self._token_refused,
        )

    def _token_refused(self, answer: Answer) -> bool:
        # The document of 2019 does not say how: in its envelope, a refusal usually comes with HTTP 200.
        try:
            return answer.status == 401 or str(answer.json().get("returnCode")) == TOKEN_EXPIRED
        except ValueError:
            return False

    def _exchange(self, method: str, path: str, body: object, headers: dict[str, str], *, mutates: bool) -> Answer:
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
        self._admin_type = given.user.adminType if given.user else None
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
    details = ""
    # The document of 2019 has no page about licences (none found, 2026-11).
    abilities = frozenset[Ability]({"look", "remove", "switch"})
    unknown_fields: frozenset[str] = frozenset()

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(token.encode()).decode()}

    def search(self, text: str, rows: int) -> tuple[str, str, dict[str, Any] | None]:
        return "POST", f"{self.members}/search", {"condition": text, "pageIndex": 1, "pageSize": rows}


class _Current:
    members = "/v1/usg/dcs/corp/member"
    one_query = "?accountType=0"
    enveloped = False
    details = "/v1/usg/abs/users/list?idType=USER_ID"
    abilities = frozenset[Ability]({"look", "remove", "switch", "seats"})
    # Removed from "add user" in the successor; the room can be set in an update only.
    unknown_fields: frozenset[str] = frozenset({"member_id", "meeting_room"})

    def headers(self, token: str) -> dict[str, str]:
        return {"X-Access-Token": token}

    def search(self, text: str, rows: int) -> tuple[str, str, dict[str, Any] | None]:
        return "GET", f"{self.members}?{urlencode({'offset': 0, 'limit': rows, 'searchKey': text})}", None


class _SignedIn(BaseModel):
    adminType: int | None = None


class _Token(BaseModel):
    """`validPeriod` in seconds, `expireTime` in Unix seconds; the 2019 generation may give neither."""

    accessToken: str = Field(pattern=r"^[!-~]+$")  # it goes into a header
    validPeriod: float | None = None
    expireTime: float | None = None
    user: _SignedIn | None = None


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

    def account(self, name: str, envelope: dict[str, Any]) -> Account:
        """As newhire knows it; `name` stands in for one that the vendor does not say."""
        rooms = (str(room.get("vmrId") or room.get("id") or "") for room in self.vmrList or [])
        return Account(
            provider=Huawei.key,
            account=self.userAccount,
            vendor_id=self.id,
            name=self.name or name,
            english_name=self.englishName or None,
            phone=self.phone or None,
            email=self.email or None,
            department=self.deptCode or None,
            department_name=self.deptName or None,
            department_path=self.deptNamePath or None,
            sip_number=self.sipNum or None,
            meeting_rooms=tuple(room for room in rooms if room),
            status=self.status,
            state=STATES.get(self.status, "unknown"),
            must_change_password=True,
            request_id=_text(envelope.get("requestId")),
            vendor_code=_text(envelope.get("returnCode")),
            vendor_message=_text(envelope.get("returnMessage")),
            vendor_time=_text(envelope.get("achievementTime")),
        )


class _Detail(BaseModel):
    """A row of `POST /v1/usg/abs/users/list`: 0 found, 1 found and unchanged (its id alone), 2 absent, 3 no right to see.

    The page's table has `id` and `statusCode` in every row; its sample shows a row that is found and has neither.
    """

    id: str | None = None
    statusCode: int | None = None
    account: str | None = None

    def is_about(self, account: Account) -> bool:
        """Whether this row answers for `account`."""
        if self.id is not None:
            return self.id == account.vendor_id
        return self.account is not None and self.account.casefold() == account.account.casefold()


class _Counts(BaseModel):
    """ "即将到期数量，到期时间在30天内" is `expiringCount`; `sumCount` the total, `usedCount` those that are used."""

    sumCount: int
    usedCount: int
    expiringCount: int = 0


class _Resource(BaseModel):
    """The answer to `GET /v1/usg/dcs/corp/resource`."""

    teSoftCount: _Counts


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


def _is_nobody(refusal: Rejected) -> bool:
    """The vendor's code for absent, of either generation."""
    return (refusal.code or "").removeprefix("USG.") == NOBODY


def _seconds(rate: re.Match[str]) -> float:
    """The window of the gateway's rate header."""
    return int(rate["many"] or 1) * {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}[rate["unit"]]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
