"""The pretend vendors refuse what the real ones refuse, fail as they are told to, and create nothing by mistake."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any, Self
from urllib.parse import quote

import httpx
import pytest

from bot.sandbox.vendors.huawei import FakeHuawei, app_signature, basic
from bot.sandbox.vendors.masks import HIDDEN, mask
from bot.sandbox.vendors.tencent import FakeTencent, signature
from bot.sandbox.vendors.vendor import FakeVendor
from bot.sandbox.vendors.ways import FOREVER

Patch = dict[str, Any]
GONE = object()  # in a patch: leave this key out


class Clock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def patched(base: Patch, patch: Patch) -> Patch:
    return {key: value for key, value in (base | patch).items() if value is not GONE}


class Caller:
    """A correct client of one vendor, which a test can bend in one place."""

    vendor: FakeVendor
    person: Patch
    account_field: str
    phone_used: Any
    no_seat: Any

    async def __aenter__(self) -> Self:
        await self.vendor.start()
        self.http = httpx.AsyncClient(base_url=self.vendor.url, timeout=5, verify=False)  # nothing to verify
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self.vendor.stop()

    async def create(self, headers: Patch | None = None, **patch: Any) -> httpx.Response:
        raise NotImplementedError

    async def find(self, account: str) -> httpx.Response:
        raise NotImplementedError

    def code(self, answer: httpx.Response) -> Any:
        raise NotImplementedError


class TencentCaller(Caller):
    account_field, phone_used, no_seat, twice = "userid", 41003, 156009, 20002
    nonces = itertools.count(1)

    def __init__(self, **options: Any) -> None:
        self.vendor: FakeTencent = FakeTencent(**options)
        self.person = {"username": "张三", "userid": "zhangsan", "phone": "13800138000"}
        self.person |= {"operator_id": "admin", "operator_id_type": 1}

    def headers(self, method: str, uri: str, body: bytes, patch: Patch) -> Patch:
        signed = {
            "X-TC-Key": self.vendor.secret_id,
            "X-TC-Nonce": str(next(self.nonces)),
            "X-TC-Timestamp": str(int(self.vendor.clock())),
        } | {k: v for k, v in patch.items() if v is not GONE}
        right = signature(
            self.vendor.secret_id,
            self.vendor.secret_key,
            method,
            signed["X-TC-Nonce"],
            signed["X-TC-Timestamp"],
            uri,
            body,
        )
        fixed = {"AppId": self.vendor.app_id, "SdkId": self.vendor.sdk_id, "X-TC-Signature": right}
        return patched(fixed | signed | {"Content-Type": "application/json"}, patch)

    async def send(self, method: str, uri: str, body: bytes = b"", headers: Patch | None = None) -> httpx.Response:
        return await self.http.request(
            method, uri, content=body, headers=self.headers(method, uri, body, headers or {})
        )

    async def create(self, headers: Patch | None = None, **patch: Any) -> httpx.Response:
        body = json.dumps(patched(self.person, patch), ensure_ascii=False).encode()
        return await self.send("POST", "/v1/users", body, headers)

    async def find(self, account: str) -> httpx.Response:
        return await self.send("GET", f"/v1/users/{quote(account)}?operator_id=admin&operator_id_type=1")

    def code(self, answer: httpx.Response) -> Any:
        return answer.json().get("error_info", {}).get("error_code")


class HuaweiCaller(Caller):
    account_field, phone_used, no_seat, twice = "account", "201040020", "201040019", "201040001"

    def __init__(self, legacy: bool, **options: Any) -> None:
        self.vendor: FakeHuawei = FakeHuawei(**options)
        self.legacy = legacy
        self.base = "/rest/usg/datacenter/v1" if legacy else "/v1/usg/dcs"
        self.person = {"name": "张三", "account": "zhangsan", "phone": "+8613800138000", "country": "chinaPR"}
        self.token = ""

    async def log_in(
        self, method: str = "POST", path: str = "/v1/usg/acs/auth/account", **patch: Any
    ) -> httpx.Response:
        body = patched({"account": self.vendor.account, "clientType": 72}, patch)
        authorization = basic(f"{self.vendor.account}:{self.vendor.password}")
        return await self.http.request(method, path, json=body, headers={"Authorization": authorization})

    async def send(self, method: str, path: str, json: Any = None, headers: Patch | None = None) -> httpx.Response:
        if not self.token:
            await self.renew()
        token = {"Authorization": basic(self.token)} if self.legacy else {"X-Access-Token": self.token}
        return await self.http.request(method, self.base + path, json=json, headers=patched(token, headers or {}))

    async def renew(self) -> None:
        answer = await self.log_in()
        if answer.status_code == 200:
            self.token = answer.json()["accessToken"]

    async def create(self, headers: Patch | None = None, **patch: Any) -> httpx.Response:
        return await self.send("POST", "/corp/member", patched(self.person, patch), headers)

    async def find(self, account: str) -> httpx.Response:
        return await self.send("GET", f"/corp/member/{quote(account)}")

    def code(self, answer: httpx.Response) -> Any:
        body = answer.json()
        code = str(body.get("returnCode") or body.get("error_code") or "").removeprefix("USG.")
        return code if code not in ("", "000000000") else None


CALLERS: dict[str, Callable[..., Any]] = {
    "tencent": TencentCaller,
    "huawei": lambda **options: HuaweiCaller(False, **options),
    "huawei 2019": lambda **options: HuaweiCaller(True, **options),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=CALLERS)
async def caller(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Any]:
    async with CALLERS[request.param](clock=clock) as ready:
        yield ready


@pytest.fixture
async def tencent(clock: Clock) -> AsyncIterator[TencentCaller]:
    async with TencentCaller(clock=clock) as ready:
        yield ready


@pytest.fixture(params=[False, True], ids=["current", "legacy"])
async def huawei(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[HuaweiCaller]:
    async with HuaweiCaller(request.param, clock=clock) as ready:
        yield ready


# --- both vendors


async def test_a_user_is_created_once_and_found(caller: Any) -> None:
    assert caller.code(await caller.find("zhangsan")) in (20001, "201040000")
    assert caller.code(await caller.create()) is None
    assert caller.code(await caller.find("zhangsan")) is None
    assert [made["key"] for made in caller.vendor.created] == ["zhangsan"]
    assert caller.code(await caller.create()) == caller.twice
    assert caller.code(await caller.create(**{caller.account_field: "lisi"})) == caller.phone_used
    assert len(caller.vendor.accounts) == len(caller.vendor.created) == 1


async def test_the_last_seat_is_given_once(caller: Any) -> None:
    caller.vendor.seats = 1
    number = caller.person["phone"][:-1]
    people = [{caller.account_field: f"person{i}", "phone": f"{number}{i}"} for i in range(4)]
    await caller.find("nobody")  # logs in, where there is a log-in
    answers = await asyncio.gather(*(caller.create(**person) for person in people))
    assert sorted(map(str, map(caller.code, answers))) == [str(caller.no_seat)] * 3 + ["None"]
    assert len(caller.vendor.accounts) == 1


async def test_an_email_is_used_once(caller: Any) -> None:
    await caller.create(email="a@example.com")
    person = {caller.account_field: "lisi", "phone": caller.person["phone"][:-1] + "9"}
    answer = await caller.create(**person, email="A@example.com")
    assert caller.code(answer) in (41002, "201040020")
    assert "email" in answer.text


# How each failure on demand looks to a client: HTTP status and vendor's code at Tencent, then at Huawei, whose API of
# 2019 answers what the business refuses with 200.
SEEN: dict[str, tuple[int, int | None, int, str | None]] = {
    "429": (429, None, 429, "APIG.0308"),
    "429_bare": (429, None, 429, None),
    "500": (500, None, 500, None),
    "500_after": (500, None, 500, None),
    "expired_token": (500, 190301, 401, "000000004"),
    "no_seat": (500, 156009, 400, "201040019"),
    "duplicate_phone": (500, 41003, 400, "201040020"),
    "bad_credentials": (500, 190303, 403, "APIGW.0302"),
    "unknown_code": (500, 987654, 500, "299999999"),
    "unknown_code_after": (500, 987654, 500, "299999999"),
    "html": (200, None, 200, None),
    "redirect": (302, None, 302, None),
}


@pytest.mark.parametrize("how", SEEN)
async def test_a_failure_on_demand_strikes_the_next_create_and_no_other_call(caller: Any, how: str) -> None:
    await caller.find("nobody")
    caller.vendor.fail(how)
    assert caller.code(await caller.find("nobody")) in (20001, "201040000")
    answer = await caller.create()
    tencent_status, tencent_code, status, huawei_code = SEEN[how]
    code: int | str | None = huawei_code
    if isinstance(caller, TencentCaller):
        status, code = tencent_status, tencent_code
    elif caller.legacy and status in (400, 500) and code and not how.endswith("_after"):
        status = 200
    assert answer.status_code == status
    with contextlib.suppress(ValueError):
        assert caller.code(answer) == code
    assert len(caller.vendor.created) == how.endswith("_after")
    assert not caller.vendor.failures
    if how == "expired_token":
        caller.token = ""
    assert caller.code(await caller.create()) == (caller.twice if how.endswith("_after") else None)


async def test_429_says_how_long(caller: Any) -> None:
    caller.vendor.fail("429", retry_after=7)
    caller.vendor.fail("429_bare")
    first, second = await caller.create(), await caller.create()
    assert first.headers["Retry-After"] == "7"
    assert "Retry-After" not in second.headers
    assert not second.content


async def test_a_portal_in_the_way_answers_for_the_vendor(caller: Any) -> None:
    await caller.find("nobody")
    caller.vendor.fail("html")
    caller.vendor.fail("redirect")
    page, elsewhere = await caller.create(), await caller.create()
    assert page.headers["Content-Type"].startswith("text/html")
    assert elsewhere.headers["Location"] == "https://portal.invalid/login"


async def test_a_failure_can_strike_several_times(caller: Any) -> None:
    caller.vendor.fail("500", times=2)
    assert [(await caller.create()).status_code for _ in range(3)] == [500, 500, 200]


async def test_after_creating_waits_for_a_call_that_creates(caller: Any) -> None:
    caller.vendor.fail("500_after")
    assert caller.code(await caller.create(**{caller.account_field: "x" * 80})) is not None
    assert len(caller.vendor.failures) == 1
    assert (await caller.create()).status_code == 500
    assert len(caller.vendor.accounts) == 1


@pytest.mark.parametrize("how", ["cut", "cut_after"])
async def test_a_cut_connection_sends_no_byte(caller: Any, how: str) -> None:
    await caller.find("nobody")
    caller.vendor.fail(how)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await caller.create()
    assert len(caller.vendor.accounts) == (how == "cut_after")
    seen = caller.vendor.requests[-1]
    assert (seen["status"], seen["created"]) == (None, how == "cut_after")


async def hanging(caller: Any, call: Any) -> asyncio.Task[Any]:
    """The task of a call that has reached the vendor and hangs there."""
    reached = asyncio.Event()
    before = len(caller.vendor.requests)
    caller.vendor.on_change = lambda: reached.set() if len(caller.vendor.requests) > before else None
    task: asyncio.Task[Any] = asyncio.ensure_future(call)
    await asyncio.wait_for(reached.wait(), 5)
    return task


@pytest.mark.parametrize("how", ["hang", "hang_after"])
@pytest.mark.parametrize("end", ["reset", "stop", "leave"])
async def test_a_hanging_call_ends_with_reset_stop_or_the_client(caller: Any, how: str, end: str) -> None:
    await caller.find("nobody")
    caller.vendor.fail(how)
    task = await hanging(caller, caller.create())
    seen = caller.vendor.requests[-1]
    assert seen["answer"] == "(no answer yet)"
    assert len(caller.vendor.accounts) == (how == "hang_after")
    ended = asyncio.Event()
    caller.vendor.on_change = lambda: ended.set() if seen["answer"] == "(no answer)" else None
    if end == "leave":
        task.cancel()
    elif end == "stop":
        await caller.vendor.stop()
    else:
        caller.vendor.reset()
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError, asyncio.CancelledError)):
        await task
    await asyncio.wait_for(ended.wait(), 5)
    assert seen["status"] is None


async def test_look_ups_fail_apart_from_creations(caller: Any) -> None:
    assert caller.code(await caller.create()) is None
    caller.vendor.fail("find_500")
    caller.vendor.fail("find_refused")
    assert caller.code(await caller.create()) == caller.twice
    assert (await caller.find("zhangsan")).status_code == 500
    refused = await caller.find("zhangsan")
    assert (refused.status_code, caller.code(refused)) in [(400, 500014), (403, "APIGW.0302")]
    caller.vendor.fail("find_hang")
    task = await hanging(caller, caller.find("zhangsan"))
    task.cancel()
    assert caller.code(await caller.find("zhangsan")) is None


async def test_an_answer_comes_compressed_though_nobody_asked(caller: Any) -> None:
    await caller.find("nobody")
    caller.vendor.fail("gzip")
    caller.vendor.fail("find_gzip")
    caller.http.headers["Accept-Encoding"] = "identity"
    for call in (caller.create(), caller.find("zhangsan")):
        answer = await call
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.status_code == 200
        assert "zhangsan" in answer.text  # httpx unpacks what says that it is packed
        assert "zhangsan" in json.dumps(caller.vendor.requests[-1]["answer"])
    assert (caller.vendor.failures, len(caller.vendor.created)) == ([], 1)
    assert "Content-Encoding" not in (await caller.find("zhangsan")).headers


def account_in(answer: httpx.Response) -> Patch:
    body = answer.json()
    return dict(body["data"] if "returnCode" in body else body)


@pytest.mark.parametrize("how", ["find_odd", "find_sparse"])
async def test_a_look_ups_unimportant_fields_are_odd_or_missing(caller: Any, how: str) -> None:
    await caller.create()
    plain = account_in(await caller.find("zhangsan"))
    caller.vendor.fail(how)
    assert caller.code(await caller.find("nobody")) is not None  # nothing to bend: it waits
    bent = account_in(await caller.find("zhangsan"))
    assert caller.vendor.failures == []
    same = {name for name in plain if bent.get(name, GONE) == plain[name]}
    decides = {"userid", "uuid", "phone"} if isinstance(caller, TencentCaller) else {"id", "userAccount", "phone"}
    assert decides <= same < plain.keys()
    if how == "find_odd":
        assert plain.keys() <= bent.keys()
    else:
        assert bent.items() <= plain.items()


async def test_tencents_departments_come_as_texts(tencent: TencentCaller) -> None:
    await tencent.create(department_list=[next(iter(tencent.vendor.departments))])
    tencent.vendor.fail("find_odd", times=2)
    assert account_in(await tencent.find("zhangsan"))["department_list"] == ["示例公司"]
    listed = await tencent.send("GET", "/v1/users/list?operator_id=admin&operator_id_type=1")
    assert {type(user["department_list"]) for user in listed.json()["users"]} == {list}


async def test_huaweis_search_that_finds_nobody_has_no_list(huawei: HuaweiCaller) -> None:
    async def search(text: str) -> Patch:
        if huawei.legacy:
            return dict((await huawei.send("POST", "/corp/member/search", {"condition": text})).json()["data"])
        return dict((await huawei.send("GET", f"/corp/member?searchKey={text}")).json())

    await huawei.create()
    huawei.vendor.fail("find_no_data")
    assert (await search("zhangsan"))["data"]
    nobody = await search("lisi")
    assert "data" not in nobody
    assert 0 in nobody.values()
    assert (await search("lisi"))["data"] == []


async def test_created_and_then_a_code_that_nobody_knows(caller: Any) -> None:
    await caller.find("nobody")
    caller.vendor.fail("unknown_code_after")
    answer = await caller.create()
    assert answer.status_code == 500
    assert caller.code(answer) in (987654, "299999999")
    assert len(caller.vendor.created) == 1


async def test_look_ups_are_told_to_slow_down_for_ever(caller: Any) -> None:
    await caller.create()
    caller.vendor.fail("find_429", times=FOREVER, retry_after=7)
    for _ in range(30):
        answer = await caller.find("zhangsan")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    caller.vendor.fail("")
    assert caller.code(await caller.find("zhangsan")) is None


async def test_the_log_masks_secrets_and_phone_numbers(caller: Any) -> None:
    await caller.create(**({"pwd": "Secret-1234"} if isinstance(caller, HuaweiCaller) else {}))
    if isinstance(caller, HuaweiCaller) and not caller.legacy:
        await caller.send("GET", "/corp/member?searchKey=%2B8613800138000")
    shown = json.dumps(caller.vendor.requests, ensure_ascii=False)
    secrets = ["13800138000", "Secret-1234", caller.vendor.__dict__.get("secret_key"), getattr(caller, "token", None)]
    secrets += [base64.b64encode(word.encode()).decode() for word in secrets if word]
    secrets += [caller.vendor.__dict__.get("password")]
    assert [secret for secret in secrets if secret and secret in shown] == []
    assert "138****8000" in shown
    assert HIDDEN in shown
    created = next(seen for seen in caller.vendor.requests if seen["created"])
    assert set(created) >= {"id", "at", "method", "path", "headers", "body", "status", "answer", "millis"}
    assert (created["method"], created["status"], created["body"][caller.account_field]) == ("POST", 200, "zhangsan")


def test_phones_are_masked_but_for_their_ends() -> None:
    numbers = ["13800138000", "+8613800138000", "1234567", "", "zhang"]
    assert [mask(number, "phone") for number in numbers] == ["138****8000", "+86138****8000", "****67", "", "zhang"]


async def test_reset_forgets(caller: Any) -> None:
    await caller.create()
    caller.vendor.seats = 7
    caller.vendor.fail("500")
    caller.vendor.reset()
    left = (caller.vendor.accounts, caller.vendor.created, caller.vendor.requests, caller.vendor.failures)
    assert left == ([], [], [], [])
    assert caller.vendor.seats == 7
    assert caller.code(await caller.create()) is None


async def test_every_exchange_and_every_failure_tells_the_page(caller: Any) -> None:
    told: list[int] = []
    caller.vendor.on_change = lambda: told.append(len(caller.vendor.requests))
    await caller.create()
    reached = len(told)
    assert reached == len(caller.vendor.requests)
    caller.vendor.fail("500")
    caller.vendor.fail("")
    assert (len(told), caller.vendor.failures) == (reached + 2, [])


async def test_an_unknown_way_to_fail_is_refused(caller: Any) -> None:
    with pytest.raises(ValueError, match="hang_after"):
        caller.vendor.fail("explode")
    with pytest.raises(ValueError, match="times"):
        caller.vendor.fail("500", times=0)


async def test_arrivals_are_kept_for_every_call_but_the_log_in(caller: Any) -> None:
    started = time.monotonic()
    await caller.create()
    await caller.find("zhangsan")
    assert len(caller.vendor.arrivals) == 2
    assert started <= caller.vendor.arrivals[0] <= caller.vendor.arrivals[1]


@pytest.mark.parametrize("name", CALLERS)
async def test_the_rate_limit_opens_again_after_a_minute(name: str, clock: Clock) -> None:
    async with CALLERS[name](clock=clock, calls_a_minute=2) as caller:
        assert [(await caller.find("nobody")).status_code == 429 for _ in range(2)] == [False, False]
        slow = await caller.find("nobody")
        assert (slow.status_code, caller.code(slow)) in [(500, 190310), (429, "APIG.0308")]
        clock.now += 60
        assert caller.code(await caller.find("nobody")) in (20001, "201040000")


async def test_a_path_that_nobody_knows(caller: Any) -> None:
    assert (await caller.http.post("/v1/nothing")).status_code == 404


# --- Tencent: who is calling


@pytest.mark.parametrize(
    ("headers", "code", "named"),
    [
        ({"AppId": GONE}, 190004, "AppId"),
        ({"X-TC-Key": GONE}, 190004, "X-TC-Key"),
        ({"X-TC-Nonce": GONE}, 190004, "X-TC-Nonce"),
        ({"X-TC-Timestamp": GONE}, 190004, "X-TC-Timestamp"),
        ({"X-TC-Signature": GONE}, 190004, "X-TC-Signature"),
        ({"X-TC-Nonce": GONE, "x-tc-nonce": "5"}, 190004, "X-TC-Nonce"),
        ({"X-TC-Registered": "0"}, 190004, "X-TC-Registered"),
        ({"AppId": "1"}, 190303, "AppId"),
        ({"SdkId": "1"}, 190303, "SdkId"),
        ({"SdkId": GONE}, 190303, "SdkId"),
        ({"X-TC-Key": "1"}, 190303, "X-TC-Key"),
        ({"X-TC-Timestamp": "1699999699"}, 190300, "X-TC-Timestamp"),
        ({"X-TC-Timestamp": "1700000301"}, 190300, "X-TC-Timestamp"),
        ({"X-TC-Timestamp": "1700000000000"}, 190004, "X-TC-Timestamp"),
        ({"X-TC-Timestamp": "now"}, 190004, "X-TC-Timestamp"),
        ({"X-TC-Nonce": "0"}, 190004, "X-TC-Nonce"),
        ({"X-TC-Nonce": "-4"}, 190004, "X-TC-Nonce"),
        ({"X-TC-Nonce": "abc"}, 190004, "X-TC-Nonce"),
        ({"X-TC-Signature": "QUJD"}, 200003, "X-TC-Signature"),
        ({"Content-Type": "text/plain"}, 190004, "Content-Type"),
        ({"Content-Type": GONE}, 190004, "Content-Type"),
    ],
)
async def test_tencent_refuses_a_header(tencent: TencentCaller, headers: Patch, code: int, named: str) -> None:
    answer = await tencent.create(headers)
    assert tencent.code(answer) == code
    assert named in answer.json()["error_info"]["message"]
    assert answer.json()["error_info"]["new_error_code"] == int(f"200{code:06d}")
    assert answer.status_code == (400 if code == 190004 else 500)
    assert tencent.vendor.created == []


async def test_tencent_takes_a_timestamp_to_the_second(tencent: TencentCaller) -> None:
    assert tencent.code(await tencent.create({"X-TC-Timestamp": "1699999700"})) is None


async def test_tencent_refuses_a_sdk_id_that_it_never_assigned(clock: Clock) -> None:
    async with TencentCaller(clock=clock, sdk_id="") as caller:
        assert caller.code(await caller.create({"SdkId": "9"})) == 190303
        assert caller.code(await caller.create({"SdkId": ""})) == 190303
        assert caller.code(await caller.create({"SdkId": GONE})) is None


async def test_tencent_refuses_a_replay(tencent: TencentCaller, clock: Clock) -> None:
    moment = {"X-TC-Nonce": "77", "X-TC-Timestamp": "1700000000"}
    assert tencent.code(await tencent.create(moment)) is None
    assert tencent.code(await tencent.create(moment, userid="b", phone="13800138001")) == 190301
    clock.now += 299
    assert tencent.code(await tencent.create(moment, userid="b", phone="13800138001")) == 190301
    fresh = {"X-TC-Nonce": "77", "X-TC-Timestamp": "1700000299"}
    assert tencent.code(await tencent.create(fresh, userid="b", phone="13800138001")) is None


async def test_a_call_with_a_wrong_signature_does_not_use_its_nonce_up(tencent: TencentCaller) -> None:
    moment = {"X-TC-Nonce": "78", "X-TC-Timestamp": "1700000000"}
    assert tencent.code(await tencent.create(moment | {"X-TC-Signature": "QUJD"})) == 200003
    assert tencent.code(await tencent.create(moment)) is None


async def test_tencent_checks_the_signature_over_the_query_as_sent(tencent: TencentCaller) -> None:
    await tencent.create()
    right = "/v1/users/zhangsan?operator_id=%61dmin&operator_id_type=1"
    assert tencent.code(await tencent.send("GET", right)) is None
    headers = tencent.headers("GET", right.replace("%61", "a"), b"", {})
    assert tencent.code(await tencent.http.get(right, headers=headers)) == 200003


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"operator_id": GONE}, 190004),
        ({"operator_id_type": GONE}, 190004),
        ({"operator_id": GONE, "operator_id_type": GONE}, 190004),
        ({"operator_id_type": "1"}, 190004),
        ({"operator_id_type": True}, 190004),
        ({"operator_id_type": 3}, 190004),
        ({"operator_id": "somebody"}, 20001),
        ({"operator_id_type": 2}, 20001),
    ],
)
async def test_tencent_wants_its_operator(tencent: TencentCaller, patch: Patch, code: int) -> None:
    answer = await tencent.create(**patch)
    assert (tencent.code(answer), "operator_id" in answer.text) == (code, True)


async def test_tencents_old_document_knew_no_operator(clock: Clock) -> None:
    async with TencentCaller(clock=clock, operator_required=False) as caller:
        assert caller.code(await caller.create(operator_id="somebody")) == 20001
        assert caller.code(await caller.create(operator_id=GONE, operator_id_type=GONE)) is None


# --- Tencent: the fields


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"username": GONE}, 10001),
        ({"username": ""}, 10001),
        ({"username": "  "}, 10001),
        ({"username": 5}, 190004),
        ({"userid": GONE}, 10001),
        ({"userid": "张三"}, 10001),
        ({"userid": "a" * 41}, 10001),
        ({"userid": "a b"}, 10001),
        ({"userid": "a/b"}, 10001),
        ({"userid": 7}, 190004),
        ({"phone": GONE}, 10001),
        ({"phone": "123"}, 40000),
        ({"phone": "+8613800138000"}, 40000),
        ({"phone": "١٣٨٠٠١٣٨٠٠٠"}, 40000),
        ({"phone": 13800138000}, 190004),
        ({"area": "+86"}, 10001),
        ({"area": 86}, 190004),
        ({"email": "nobody"}, 41001),
        ({"email": None}, 190004),
        ({"staff_id": 6666}, 190004),
        ({"job_title": "x" * 97}, 10001),
        ({"entry_time": "1628495795"}, 190004),
        ({"entry_time": True}, 190004),
        ({"entry_time": -1}, 10001),
        ({"department_list": "07f4"}, 190004),
        ({"department_list": ["nowhere"]}, 10001),
        ({"department_list": [{}]}, 10001),
        ({"department_list": ["07f4c1966815d2519c1d2b1a3e5f7a90"] * 2}, 10001),
        ({"user_account_type": "2"}, 190004),
        ({"user_account_type": 10}, 10001),
        ({"auto_invite": "true"}, 190004),
        ({"is_voov": 2}, 10001),
        ({"nickname": "x"}, 190004),
    ],
)
async def test_tencent_refuses_a_field_and_names_it(tencent: TencentCaller, patch: Patch, code: int) -> None:
    answer = await tencent.create(**patch)
    assert tencent.code(answer) == code
    assert next(iter(patch)) in answer.json()["error_info"]["message"]
    assert answer.status_code == 400
    assert tencent.vendor.created == tencent.vendor.accounts == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"x"'])
async def test_tencent_refuses_a_body_that_is_no_object(tencent: TencentCaller, body: bytes) -> None:
    assert tencent.code(await tencent.send("POST", "/v1/users", body)) == 190004


async def test_tencent_keeps_every_field_and_answers_in_its_own_names(tencent: TencentCaller) -> None:
    sent: Patch = {"userid": "z.s@example.com", "area": "852", "phone": "51234567", "email": "z.s@example.com"}
    sent |= {"staff_id": "6666", "job_title": "develop", "entry_time": 1628495795, "user_account_type": 9}
    answer = await tencent.create(**sent, department_list=["07f4c1966815d2519c1d2b1a3e5f7a90"], auto_invite=False)
    assert set(answer.json()) == {"username", "phone", "userid", "email", "uuid"}
    found = (await tencent.find("z.s@example.com")).json()
    assert {key: found[key] for key in sent} == sent
    assert found["status"] == "3"
    assert [one["department_name"] for one in found["department_list"]] == ["示例公司"]


async def test_tencents_newer_page_forbids_an_email_as_userid(clock: Clock) -> None:
    async with TencentCaller(clock=clock, strict_userid=True) as caller:
        assert caller.code(await caller.create(userid="z.s@example.com")) == 10001
        assert caller.code(await caller.create(userid="z.s-1_2")) is None


async def test_tencents_other_pages(tencent: TencentCaller, clock: Clock) -> None:
    who = "operator_id=admin&operator_id_type=1"
    await tencent.create()
    listed = (await tencent.send("GET", f"/v1/users/list?page=1&page_size=1&{who}")).json()
    assert (listed["total_count"], [user["userid"] for user in listed["users"]]) == (2, ["admin"])
    assert tencent.code(await tencent.send("GET", f"/v1/users/list?page_size=21&{who}")) == 190004
    more = (await tencent.send("GET", f"/v1/users/advance/list?pos=0&size=1&{who}")).json()
    assert (more["has_remaining"], more["next_pos"]) == (True, 1)
    counted = (await tencent.send("GET", f"/v1/users/account/statistics?{who}")).json()
    assert counted["user_account_details"][0]["user_account_used_count"] == 1
    departments = (await tencent.send("GET", "/v1/departments?userid=admin&page=1&page_size=20")).json()
    assert (departments["total_count"], len(departments["department_list"][0]["department_id"])) == (3, 32)
    refused = await tencent.send("GET", "/v1/departments?userid=zhangsan")
    assert (refused.status_code, tencent.code(refused)) == (500, 190443)


WHO = "operator_id=admin&operator_id_type=1"
OPERATOR = {"operator_id": "admin", "operator_id_type": 1}


async def told(tencent: TencentCaller, method: str, path: str, body: Patch | None = None) -> tuple[int, Any]:
    """Status and code of a call: the operator goes along in the query, or in the body where there is one."""
    content = b"" if body is None else json.dumps(OPERATOR | body).encode()
    target = path if body is not None else f"{path}{'&' if '?' in path else '?'}{WHO}"
    answer = await tencent.send(method, target, content)
    return answer.status_code, tencent.code(answer) if answer.content else None


async def test_tencent_invites_once_a_day_and_only_who_is_not_active(tencent: TencentCaller, clock: Clock) -> None:
    path = "/v1/users/zhangsan/invite-activate"
    await tencent.create()
    assert await told(tencent, "PUT", path) == (500, 15101)  # auto_invite sent today's
    clock.now += 86400
    assert await told(tencent, "PUT", path) == (200, None)
    assert await told(tencent, "PUT", path, {}) == (400, 190004)  # the operator belongs in the query
    assert await told(tencent, "PUT", "/v1/users/nobody/invite-activate") == (400, 20001)
    tencent.vendor.activate("zhangsan")
    assert await told(tencent, "PUT", path) == (500, 20003)


async def test_tencents_invitations_are_counted_by_number(tencent: TencentCaller) -> None:
    await tencent.create()
    assert await told(tencent, "DELETE", "/v1/users/zhangsan") == (200, None)
    await tencent.create(userid="lisi", auto_invite=False)  # the same number
    assert await told(tencent, "PUT", "/v1/users/lisi/invite-activate") == (500, 15101)


async def test_tencents_links_activate_for_48_hours_and_the_old_ones_stay_good(
    tencent: TencentCaller, clock: Clock
) -> None:
    async def links(*userids: str) -> list[Patch]:
        body = json.dumps(OPERATOR | {"userid_list": userids}).encode()
        answer = await tencent.send("POST", "/v1/users/invite-activate", body)
        listed: list[Patch] = answer.json()["inactivate_user_list"]
        return listed

    for userid, phone in (("zhangsan", "13800138000"), ("lisi", "13800138001"), ("wangwu", "13800138002")):
        await tencent.create(userid=userid, phone=phone)
    first, second = (await links("zhangsan"))[0], (await links("zhangsan", "lisi", "nobody"))[0]
    assert first["userid"] == second["userid"] == "zhangsan"
    assert first["activate_url"] != second["activate_url"]
    (other,) = await links("lisi")
    clock.now += 48 * 3600
    tencent.vendor.follow(first["activate_url"])
    assert [account["status"] for account in tencent.vendor.accounts] == ["1", "3", "3"]
    assert await links("zhangsan") == []
    clock.now += 1
    with pytest.raises(ValueError, match="expired"):
        tencent.vendor.follow(other["activate_url"])
    with pytest.raises(KeyError):
        tencent.vendor.follow("https://meeting.tencent.com/another")
    for wrong in ([], ["x"] * 101, [5], "zhangsan"):
        status, _ = await told(tencent, "POST", "/v1/users/invite-activate", {"userid_list": wrong})
        assert status == 400


async def test_tencent_enables_and_disables_only_who_was_activated(tencent: TencentCaller) -> None:
    async def enable(on: bool, userid: str = "zhangsan") -> tuple[int, Any]:
        return await told(tencent, "PUT", f"/v1/users/{userid}/enable", {"enable": on})

    await tencent.create()
    assert await enable(False) == (500, 60005)
    tencent.vendor.activate("zhangsan")
    for on, status in ((False, "4"), (True, "1"), (True, "1")):
        assert await enable(on) == (200, None)
        assert tencent.vendor.accounts[0]["status"] == status
    assert await enable(False, "admin") == (500, 20005)
    assert await enable(False, "nobody") == (400, 20001)
    assert await told(tencent, "PUT", "/v1/users/zhangsan/enable", {"enable": 1}) == (400, 190004)


async def test_tencent_deletes_by_either_name_and_once(tencent: TencentCaller) -> None:
    await tencent.create()
    assert await told(tencent, "DELETE", "/v1/users/zhangsan") == (200, None)
    assert (tencent.vendor.accounts, len(tencent.vendor.created)) == ([], 1)
    assert await told(tencent, "DELETE", "/v1/users/zhangsan") == (400, 20001)
    assert await told(tencent, "DELETE", "/v1/users/admin") == (500, 20004)
    await tencent.create()
    uuid_ = tencent.vendor.accounts[0]["uuid"]
    tencent.vendor.by_hand("zhangsan", "replace")
    assert await told(tencent, "DELETE", f"/v1/users?uuid={uuid_}") == (400, 20001)
    (another,) = tencent.vendor.accounts
    assert another["uuid"] != uuid_
    assert await told(tencent, "GET", f"/v1/users?uuid={another['uuid']}") == (200, None)
    assert await told(tencent, "DELETE", f"/v1/users?uuid={another['uuid']}") == (200, None)
    assert await told(tencent, "DELETE", "/v1/users") == (400, 190004)


async def test_tencent_moves_the_assets_only_of_who_is_deleted(tencent: TencentCaller) -> None:
    async def transfer(**more: Any) -> tuple[int, Any]:
        deleted = {"to_operator_id": "zhangsan", "to_operator_id_type": 1}
        return await told(tencent, "POST", "/v1/users/delete-transfer", deleted | more)

    await tencent.create()
    assert await transfer() == (400, 10001)
    await told(tencent, "DELETE", "/v1/users/zhangsan")
    assert await transfer() == (200, None)
    assert await transfer(data_process="2", receiver_id="admin", receiver_id_type=1) == (200, None)
    assert await transfer(data_process="2", receiver_id="nobody", receiver_id_type=1) == (400, 20001)
    assert await transfer(data_process="3") == (400, 10001)
    assert await transfer(data_process=1) == (400, 190004)
    assert await transfer(to_operator_id="never") == (400, 20001)


async def test_tencent_updates_but_neither_the_phone_of_who_is_active_nor_who_is_disabled(
    tencent: TencentCaller,
) -> None:
    async def update(**fields: Any) -> tuple[int, Any]:
        return await told(tencent, "PUT", "/v1/users/zhangsan", fields)

    await tencent.create()
    assert await update(phone="13800138009", username="张三丰") == (200, None)
    account = tencent.vendor.accounts[0]
    assert (account["phone"], account["username"]) == ("13800138009", "张三丰")
    assert "operator_id" not in account
    assert await told(tencent, "PUT", f"/v1/users?uuid={account['uuid']}", {"job_title": "Lead"}) == (200, None)
    assert await told(tencent, "PUT", f"/v1/users?uuid={account['uuid']}", {"user_account_type": 2}) == (400, 190004)
    assert await update(userid="lisi") == (400, 190004)
    tencent.vendor.activate("zhangsan")
    assert await update(phone="13800138001") == (400, 10001)
    assert await update(username="张三") == (200, None)
    tencent.vendor.by_hand("zhangsan", "disable")
    assert await update(username="李四") == (500, 20003)


async def test_tencents_list_at_account_level_has_numbers_of_its_own(tencent: TencentCaller) -> None:
    for userid, phone in (("new", "13800138000"), ("active", "13800138001"), ("off", "13800138002")):
        await tencent.create(userid=userid, phone=phone)
    for userid in ("active", "off"):
        tencent.vendor.activate(userid)
    tencent.vendor.by_hand("off", "disable")
    listed = (await tencent.send("GET", f"/v1/corp/users?page_size=10&{WHO}")).json()
    told_of = {user["userid"]: user["status"] for user in listed["users"]}
    assert told_of == {"admin": 1, "new": 2, "active": 1, "off": 0}
    waiting = (await tencent.send("GET", f"/v1/corp/users?page_size=10&status=2&{WHO}")).json()
    assert [user["userid"] for user in waiting["users"]] == ["new"]
    assert await told(tencent, "GET", "/v1/corp/users") == (400, 190004)


async def test_tencents_licences_are_counted_by_type(clock: Clock) -> None:
    async with TencentCaller(clock=clock, licences={9: 1}) as tencent:
        assert tencent.code(await tencent.create(user_account_type=9)) is None
        assert tencent.code(await tencent.create(userid="lisi", phone="13800138001", user_account_type=9)) == 156009
        assert tencent.code(await tencent.create(userid="lisi", phone="13800138001", user_account_type=2)) is None
        counted = (await tencent.send("GET", f"/v1/users/account/statistics?{WHO}")).json()
    assert [tuple(each.values()) for each in counted["user_account_details"]] == [(2, 1000, 1), (9, 1, 1)]


@pytest.mark.parametrize("code", [190310, 190311, 190313])
async def test_tencents_rate_limits_come_as_its_own_json(tencent: TencentCaller, code: int) -> None:
    tencent.vendor.fail("429", code=code)
    answer = await tencent.create()
    assert (answer.status_code, tencent.code(answer), "Retry-After" in answer.headers) == (500, code, False)


async def test_tencents_limit_of_one_interface(clock: Clock) -> None:
    async with TencentCaller(clock=clock, creates_a_minute=1) as caller:
        assert caller.code(await caller.create()) is None
        assert caller.code(await caller.create(userid="b")) == 190313
        assert caller.code(await caller.find("zhangsan")) is None


async def test_tencents_wrong_clock(tencent: TencentCaller) -> None:
    tencent.vendor.fail("wrong_clock")
    assert tencent.code(await tencent.create()) == 190300


# --- Huawei: logging in


@pytest.mark.parametrize("path", ["/v1/usg/acs/auth/account", "/rest/usg/sso/v1/auth/account", "/own/path"])
async def test_huaweis_two_ways_to_log_in(path: str, clock: Clock) -> None:
    async with HuaweiCaller(False, clock=clock, auth_paths=["/own/path"], token_life=3600) as caller:
        plain = (await caller.log_in("POST", path)).json()
        wrapped = (await caller.log_in("PUT", path, clientType=0, createTokenType=0, forceLoginInd=0)).json()
        assert (wrapped["returnCode"], caller.vendor.logins) == ("000000000", 2)
        assert len({plain["accessToken"], wrapped["data"]["accessToken"]}) == 2
        assert (plain["validPeriod"], plain["expireTime"]) == (3600, int(clock.now) + 3600)
        assert plain["createTime"] == int(clock.now) * 1000
        wrong = {"Authorization": basic("admin@sandbox:wrong")}
        for method, code in (("POST", "error_code"), ("PUT", "returnCode")):
            refused = await caller.http.request(method, path, json={}, headers=wrong)
            assert refused.status_code == 401
            assert refused.json()[code].endswith("206010000")


@pytest.mark.parametrize("patch", [{"account": "other"}, {"clientType": GONE}, {"clientType": "72"}, {"clientType": 9}])
async def test_huawei_checks_the_log_ins_body(huawei: HuaweiCaller, patch: Patch) -> None:
    refused = await huawei.log_in(**patch)
    assert (refused.status_code, next(iter(patch)) in refused.text, huawei.vendor.logins) == (400, True, 0)


async def app_log_in(caller: HuaweiCaller, corp: str | None = None, **patch: Any) -> httpx.Response:
    """Logs in as an application; `upper` sends the hex in the other case, `signature` another signature."""
    vendor = caller.vendor
    upper, given = patch.pop("upper", False), patch.pop("signature", None)
    body: Patch = {"appId": vendor.app_id, "userId": "", "expireTime": int(vendor.clock()) + 600, "clientType": 72}
    body = patched(body | {"nonce": str(uuid.uuid4())}, patch)
    made = app_signature(vendor.app_id, vendor.app_key, body["userId"], body["expireTime"], body["nonce"], corp)
    made = given or (made.upper() if upper else made)
    access = base64.b64encode(vendor.app_id.encode()).decode()
    headers = {"Authorization": f"HMAC-SHA256 signature={made},access={access}", "X-Token-Type": "LongTicket"}
    return await caller.http.post("/v2/usg/acs/auth/appauth", json=body, headers=headers)


@pytest.mark.parametrize(
    ("patch", "status"),
    [
        ({}, 200),
        ({"upper": True}, 200),
        ({"corpId": None}, 200),
        ({"expireTime": 0}, 200),
        ({"corpId": "807077033"}, 401),
        ({"corpId": ""}, 401),
        ({"appId": "other"}, 401),
        ({"signature": "ab" * 32}, 401),
        ({"expireTime": 1_699_999_999}, 401),
        ({"expireTime": 1_700_000_600_000}, 400),
        ({"expireTime": "1700000600"}, 400),
        ({"nonce": "short"}, 400),
        ({"nonce": "x" * 65}, 400),
        ({"clientType": GONE}, 400),
    ],
)
async def test_huaweis_app_log_in(clock: Clock, patch: Patch, status: int) -> None:
    async with HuaweiCaller(False, clock=clock) as caller:
        answer = await app_log_in(caller, **patch)
        assert answer.status_code == status, answer.text
        assert caller.vendor.logins == (status == 200)
        if status == 200:
            caller.token = answer.json()["accessToken"]
            assert caller.code(await caller.create()) is None


@pytest.mark.parametrize(
    ("corp", "sent", "status"),
    [("807077033", "807077033", 200), ("", "", 200), (None, None, 401), ("1", "1", 401), ("807077033", GONE, 401)],
)
async def test_huaweis_app_log_in_of_a_provider_for_several_enterprises(
    clock: Clock, corp: str | None, sent: Any, status: int
) -> None:
    async with HuaweiCaller(False, clock=clock, several_enterprises=True) as caller:
        assert (await app_log_in(caller, corp, corpId=sent)).status_code == status


async def test_huawei_registers_an_unknown_user_who_then_may_not_create(clock: Clock) -> None:
    async with HuaweiCaller(False, clock=clock) as caller:
        caller.token = (await app_log_in(caller, userId="somebody")).json()["accessToken"]
        assert [account["thirdAccount"] for account in caller.vendor.accounts] == ["somebody"]
        assert (await caller.create()).status_code == 403


async def test_huaweis_tokens_expire(huawei: HuaweiCaller, clock: Clock) -> None:
    await huawei.renew()
    clock.now += huawei.vendor.token_life - 1
    assert huawei.code(await huawei.find("nobody")) == "201040000"
    clock.now += 1
    dead = await huawei.create()
    assert (dead.status_code, huawei.code(dead)) == (401, "000000004")
    assert ("returnCode" in dead.json()) == huawei.legacy
    assert huawei.vendor.created == []
    await huawei.renew()
    assert huawei.code(await huawei.create()) is None
    assert huawei.vendor.logins == 2


@pytest.mark.parametrize("header", [GONE, "", "Basic", "Basic !!", "Basic /w==", "nonsense"])
async def test_huawei_refuses_a_call_without_a_token(huawei: HuaweiCaller, header: Any) -> None:
    name = "Authorization" if huawei.legacy else "X-Access-Token"
    assert (await huawei.create({name: header})).status_code == 401
    assert huawei.vendor.created == []


async def test_huaweis_generations_do_not_take_each_others_header(huawei: HuaweiCaller) -> None:
    await huawei.renew()
    huawei.legacy = not huawei.legacy
    assert (await huawei.create()).status_code == 401


async def test_huawei_keeps_64_tokens_for_api_users_and_one_for_others(clock: Clock) -> None:
    async with HuaweiCaller(False, clock=clock) as caller:
        tokens = [(await caller.log_in()).json()["accessToken"] for _ in range(64)]
        for other in (0, 0):
            caller.token = (await caller.log_in(clientType=other)).json()["accessToken"]
        assert [token.client_type for token in caller.vendor.tokens].count(0) == 1
        caller.token = tokens[0]
        assert caller.code(await caller.find("nobody")) == "201040000"
        await caller.log_in()
        assert caller.code(await caller.find("nobody")) == "000000004"
        caller.token = tokens[1]
        assert caller.code(await caller.find("nobody")) == "201040000"


async def test_huaweis_token_is_refreshed_with_the_refresh_token(clock: Clock) -> None:
    async with HuaweiCaller(False, clock=clock) as caller:
        old = (await caller.log_in()).json()
        clock.now += caller.vendor.token_life
        headers = {"X-Access-Token": old["refreshToken"], "Content-Type": "application/json"}
        fresh = await caller.http.put("/v1/usg/acs/token", headers=headers)
        caller.token = fresh.json()["accessToken"]
        assert caller.code(await caller.find("nobody")) == "201040000"
        assert (await caller.http.put("/v1/usg/acs/token", headers=headers)).status_code == 401
        assert caller.vendor.logins == 1


async def test_huaweis_log_in_fails_alone(huawei: HuaweiCaller) -> None:
    await huawei.renew()
    for how, status in (("token_500", 500), ("wrong_clock", 401), ("bad_credentials", 401)):
        huawei.vendor.fail(how)
        if how != "bad_credentials":
            assert (await huawei.create()).status_code == 401  # the tokens in use are gone, so somebody must log in
        assert (await huawei.log_in()).status_code == status
    huawei.vendor.fail("token_hang")
    task = await hanging(huawei, huawei.log_in())
    task.cancel()
    await huawei.renew()
    assert huawei.code(await huawei.create()) is None


# --- Huawei: the fields

BOTH_REFUSE: list[tuple[Patch, str]] = [
    ({"name": GONE}, "201000001"),
    ({"name": ""}, "201000001"),
    ({"name": "x" * 65}, "201000001"),
    *[({"name": f"a{forbidden}b"}, "201000001") for forbidden in "&<>/()'\""],
    ({"name": 5}, "201000001"),
    ({"englishName": "x" * 65}, "201000001"),
    ({"phone": "13800138000"}, "201000001"),
    ({"phone": "+86 138 0013 8000"}, "201000001"),
    ({"phone": "+1" + "2" * 31}, "201000001"),
    ({"phone": "+8612345"}, "201000001"),
    ({"phone": "+4915112345678"}, "201000006"),
    ({"country": "germany"}, "201000006"),
    ({"country": "atlantis"}, "201000001"),
    ({"phone": GONE, "country": GONE}, "201000007"),
    ({"email": "nobody"}, "201000001"),
    ({"email": f"{'x' * 250}@a.com"}, "201000001"),
    ({"account": "x" * 65}, "201000001"),
    ({"account": "12345"}, "201000001"),
    ({"account": "zhang@example.com"}, "201000001"),
    ({"account": "张三"}, "201000001"),
    ({"pwd": "Abc1234"}, "201000001"),
    ({"pwd": "x" * 33}, "201000001"),
    ({"pwd": "abcdefgh"}, "201000001"),
    ({"pwd": "密码密码密码密码1a"}, "201000001"),
    ({"pwd": "zhang-san", "account": "zhang-san"}, "201000001"),
    ({"pwd": "nas-gnahz", "account": "zhang-san"}, "201000001"),
    ({"deptCode": "D999"}, "201030000"),
    ({"deptCode": 1}, "201000001"),
    ({"status": 2}, "201000001"),
    ({"status": "0"}, "201000001"),
    ({"status": False}, "201000001"),
    ({"function": True}, "201000001"),
    ({"function": {"enableRoom": 1}}, "201000001"),
    ({"function": {"other": True}}, "201000001"),
    ({"sendNotify": 1}, "201000001"),
    ({"sortLevel": 0}, "201000001"),
    ({"sortLevel": 10001}, "201000001"),
    ({"sortLevel": "1"}, "201000001"),
    ({"hidePhone": "true"}, "201000001"),
    ({"nickname": "x"}, "201000001"),
]
LEGACY_REFUSES: list[Patch] = [
    {"id": "x" * 65},
    {"vmrId": "x" * 33},
    {"signature": "x" * 129},
    {"sendNotify": "2"},
    {"title": "x"},
    {"desc": "x"},
    {"thirdAccount": "x"},
]
CURRENT_REFUSES: list[Patch] = [
    {"id": "x"},
    {"vmrId": "x"},
    {"signature": "x" * 513},
    {"title": "x" * 33},
    {"desc": "x" * 129},
    {"country": GONE},
]


@pytest.mark.parametrize(("patch", "code"), BOTH_REFUSE)
async def test_huawei_refuses_a_field_and_names_it(huawei: HuaweiCaller, patch: Patch, code: str) -> None:
    answer = await huawei.create(**patch)
    assert huawei.code(answer) == code
    assert answer.status_code == (200 if huawei.legacy else 400)
    assert next(iter(patch)) in answer.text
    assert huawei.vendor.created == huawei.vendor.accounts == []


@pytest.mark.parametrize(
    ("legacy", "patch"), [*((True, patch) for patch in LEGACY_REFUSES), *((False, patch) for patch in CURRENT_REFUSES)]
)
async def test_huaweis_generations_know_different_fields(clock: Clock, legacy: bool, patch: Patch) -> None:
    async with HuaweiCaller(legacy, clock=clock) as caller:
        answer = await caller.create(**patch)
        assert (caller.code(answer), next(iter(patch)) in answer.text) == ("201000001", True)
        assert caller.vendor.created == []


async def test_huawei_wants_json(huawei: HuaweiCaller) -> None:
    await huawei.renew()
    token = {"Authorization": basic(huawei.token)} if huawei.legacy else {"X-Access-Token": huawei.token}
    for content, kind in ((b'{"name":"x"}', "text/plain"), (b"[]", "application/json"), (b"", "application/json")):
        headers = token | {"Content-Type": kind}
        answer = await huawei.http.post(f"{huawei.base}/corp/member", content=content, headers=headers)
        assert huawei.code(answer) == "201000001"


FULL: Patch = {"englishName": "Zhang San", "email": "z@example.com", "deptCode": "D200", "signature": "hi", "status": 1}
FULL |= {"sortLevel": 7, "hidePhone": True, "function": {"enableRoom": True}}


async def test_huaweis_document_of_2019_keeps_every_field(clock: Clock) -> None:
    async with HuaweiCaller(True, clock=clock) as caller:
        extra: Patch = {"id": "request-1", "vmrId": "900123", "sendNotify": "0", "pwd": "Secret-1234", "country": GONE}
        answer = (await caller.create(**FULL, **extra)).json()
        assert set(answer) == {"returnCode", "returnMessage", "achievementTime", "requestId", "data"}
        data = answer["data"]
        assert {key: data[key] for key in FULL} == FULL
        assert (data["id"], data["userAccount"], data["country"]) == ("request-1", "zhangsan", "chinaPR")
        assert (data["vmrList"][0]["vmrId"], data["deptNamePath"]) == ("900123", "示例公司/人力资源部 People")
        assert (data["userType"], data["adminType"], data["sipNum"][:3]) == (2, 2, "+99")
        assert "pwd" not in data
        again = await caller.create(account="other", phone="+8613800138001", id="request-1")
        assert caller.code(again) == "201040001"


async def test_huawei_makes_an_account_when_none_is_given(huawei: HuaweiCaller) -> None:
    answer = await huawei.create(account=GONE, phone=GONE, country=GONE, email="z@example.com")
    made = answer.json()["data"] if huawei.legacy else answer.json()
    assert len(made["userAccount"]) == 32
    assert huawei.vendor.created[0]["key"] == "z@example.com"
    assert huawei.code(await huawei.find(made["userAccount"])) is None


async def test_huawei_echoes_the_request_id(clock: Clock) -> None:
    async with HuaweiCaller(True, clock=clock) as caller:
        assert (await caller.create({"X-Request-Id": "mine"})).json()["requestId"] == "mine"


async def test_huawei_searches_lists_departments_and_deletes(huawei: HuaweiCaller) -> None:
    await huawei.create(email="z@example.com")
    if huawei.legacy:
        answer = await huawei.send("POST", "/corp/member/search", {"condition": "Z@EX", "pageIndex": 1, "pageSize": 10})
        rows, count = answer.json()["data"]["data"], answer.json()["data"]["totalCount"]
    else:
        answer = await huawei.send("GET", "/corp/member?searchKey=Z%40EX&limit=10")
        rows, count = answer.json()["data"], answer.json()["count"]
    assert (count, rows[0]["userAccount"]) == (1, "zhangsan")
    department = (await huawei.send("GET", "/member/dept/1")).json()
    children = (department["data"] if huawei.legacy else department)["childDepts"]
    assert [child["deptCode"] for child in children] == ["D100", "D200"]
    # All or nothing.
    assert huawei.code(await huawei.send("POST", "/corp/member/delete", ["zhangsan", "nobody"])) == "201040000"
    assert len(huawei.vendor.accounts) == 1
    assert (await huawei.send("POST", "/corp/member/delete", ["zhangsan"])).status_code == 200
    assert (huawei.vendor.accounts, len(huawei.vendor.created)) == ([], 1)


async def test_huaweis_status_is_set_by_the_path_and_nothing_else(huawei: HuaweiCaller) -> None:
    await huawei.create()
    for value, status in (("1", 1), ("0", 0)):
        answer = await huawei.send("PUT", f"/corp/member/status/{value}", ["zhangsan"])
        assert (answer.status_code, huawei.vendor.accounts[0]["status"]) == (200, status)
    assert huawei.code(await huawei.send("PUT", "/corp/member/status/2", ["zhangsan"])) == "201000001"
    assert huawei.code(await huawei.send("PUT", "/corp/member/status/1", ["nobody"])) == "201040000"
    assert huawei.code(await huawei.send("PUT", "/corp/member/status/1", "zhangsan")) == "201000001"


async def test_huaweis_update_without_a_department_moves_to_the_root(huawei: HuaweiCaller) -> None:
    await huawei.create(deptCode="D100")
    assert huawei.code(await huawei.send("PUT", "/corp/member/zhangsan", {"name": "李四", "deptCode": "D100"})) is None
    assert huawei.vendor.accounts[0]["deptCode"] == "D100"
    assert huawei.code(await huawei.send("PUT", "/corp/member/zhangsan", {"name": "李四"})) is None
    assert huawei.vendor.accounts[0]["deptCode"] == "1"
    assert (
        huawei.code(await huawei.send("PUT", "/corp/member/zhangsan", {"name": "李四", "account": "x"})) == "201000001"
    )


@pytest.fixture
async def todays(clock: Clock) -> AsyncIterator[HuaweiCaller]:
    async with HuaweiCaller(False, clock=clock) as ready:
        ready.base = "/v1/usg"
        yield ready


async def test_huaweis_details_of_many_tell_absent_from_forbidden(todays: HuaweiCaller) -> None:
    for account, phone in (("zhangsan", "+8613800138000"), ("lisi", "+8613800138001")):
        await todays.send("POST", "/dcs/corp/member", todays.person | {"account": account, "phone": phone})
    seen, unseen = (account["id"] for account in todays.vendor.accounts)
    todays.vendor.unseen.add(unseen)
    ids = [{"id": each} for each in (unseen, "nobody", seen)]
    rows = (await todays.send("POST", "/abs/users/list?idType=USER_ID", ids)).json()
    assert [(row["id"], row["statusCode"]) for row in rows] == [(unseen, 3), ("nobody", 2), (seen, 0)]
    assert (rows[2]["account"], rows[2]["phone"]) == ("zhangsan", "+86138****8000")
    assert "status" not in rows[2]
    for wrong in ([], [{"id": ""}], ["x"], [{"id": "x"}] * 201, {"id": "x"}):
        assert (await todays.send("POST", "/abs/users/list", wrong)).status_code == 400
    assert (await todays.send("POST", "/abs/users/list?idType=ACCOUNT", ids)).status_code == 400


async def test_huaweis_account_type_decides_whom_a_name_means(todays: HuaweiCaller) -> None:
    await todays.send("POST", "/dcs/corp/member", todays.person | {"thirdAccount": "third-1"})
    for path, body in (("delete", ["third-1"]), ("status/1", ["third-1"])):
        method = "PUT" if body and path.startswith("status") else "POST"
        assert todays.code(await todays.send(method, f"/dcs/corp/member/{path}?accountType=0", body)) == "201040000"
        assert todays.code(await todays.send(method, f"/dcs/corp/member/{path}?accountType=2", body)) == "201000001"
    assert (await todays.send("PUT", "/dcs/corp/member/status/1?accountType=1", ["third-1"])).status_code == 200
    assert (await todays.send("POST", "/dcs/corp/member/delete?accountType=1", ["third-1"])).status_code == 200
    assert todays.vendor.accounts == []


async def test_huaweis_deletion_can_name_whom_it_did_not_delete(clock: Clock) -> None:
    async with HuaweiCaller(False, clock=clock, names_failed=True) as huawei:
        await huawei.create()
        answer = await huawei.send("POST", "/corp/member/delete", ["zhangsan", "nobody"])
        assert (answer.status_code, answer.json(), huawei.vendor.accounts) == (200, ["nobody"], [])


async def test_huaweis_search_past_the_end_gives_the_last_page_and_knows_the_status(todays: HuaweiCaller) -> None:
    for number in range(3):
        more = {"account": f"zhang{number}", "phone": f"+861380013800{number}"}
        await todays.send("POST", "/dcs/corp/member", todays.person | more)
    todays.vendor.by_hand(todays.vendor.accounts[1]["id"], "disable")

    async def accounts(query: str) -> list[str]:
        found = (await todays.send("GET", f"/dcs/corp/member?{query}")).json()
        return [row["userAccount"] for row in found["data"]]

    assert await accounts("offset=9&limit=2") == ["zhang2"]
    assert await accounts("status=1") == ["zhang1"]
    assert await accounts("status=0") == ["zhang0", "zhang2"]
    assert (await todays.send("GET", "/dcs/corp/member?status=2")).status_code == 400


async def test_huaweis_seats_are_soft_terminals(clock: Clock) -> None:
    async with HuaweiCaller(False, clock=clock, seats=20, expiring=5) as huawei:
        await huawei.create()
        counted = (await huawei.send("GET", "/corp/resource")).json()["teSoftCount"]
    assert (counted["sumCount"], counted["usedCount"], counted["expiringCount"]) == (20, 1, 5)


# --- without the API


async def test_somebody_deletes_replaces_switches_and_creates_without_the_api(caller: Any) -> None:
    vendor: FakeVendor = caller.vendor
    told_page: list[None] = []
    vendor.on_change = lambda: told_page.append(None)
    await caller.create()
    (row,) = vendor.shown()["accounts"]
    names = [action["name"] for action in row["actions"]]
    assert {"replace", "delete"} < set(names)
    before, calls, pages = dict(vendor.accounts[0]), len(vendor.requests), len(told_page)
    vendor.by_hand(row["key"], "replace")
    after = vendor.accounts[0]
    ids = ("uuid",) if "uuid" in after else ("id",)
    assert all(before[name] != after[name] for name in ids)
    assert before[{"account": "userAccount"}.get(caller.account_field, "userid")] in after.values()
    vendor.by_hand(vendor.row(after).key, names[0])
    assert [action.name for action in vendor.row(after).actions] != names
    with pytest.raises(ValueError, match="cannot 'fly'"):
        vendor.by_hand(vendor.row(after).key, "fly")
    vendor.by_hand(vendor.row(after).key, "delete")
    with pytest.raises(KeyError):
        vendor.by_hand(vendor.row(after).key, "delete")
    vendor.add_by_hand(**{caller.account_field: "somebody", "phone": "13900139000"})
    assert (await caller.find("somebody")).status_code == 200
    assert (len(vendor.created), len(vendor.requests)) == (1, calls + 1)
    assert len(told_page) > pages


CHANGES = {
    "tencent": ("DELETE", f"/v1/users/zhangsan?{WHO}"),
    "huawei": ("POST", "/corp/member/delete"),
}


async def change(caller: Any) -> httpx.Response:
    """Deletes 张三."""
    if isinstance(caller, TencentCaller):
        return await caller.send(*CHANGES["tencent"])
    answer: httpx.Response = await caller.send(*CHANGES["huawei"], ["zhangsan"])
    return answer


@pytest.mark.parametrize(("how", "done"), [("change_500", False), ("change_500_after", True), ("change_429", False)])
async def test_a_change_fails_before_or_after_it_is_done(caller: Any, how: str, done: bool) -> None:
    await caller.create()
    caller.vendor.fail(how)
    assert caller.code(await caller.find("zhangsan")) is None  # no look-up is struck
    assert (await change(caller)).status_code == (429 if how == "change_429" else 500)
    assert len(caller.vendor.accounts) == (0 if done else 1)
    assert caller.vendor.failures == []


@pytest.mark.parametrize(("how", "done"), [("change_cut", False), ("change_cut_after", True)])
async def test_a_change_is_cut_off_before_or_after_it_is_done(caller: Any, how: str, done: bool) -> None:
    await caller.create()
    caller.vendor.fail(how)
    with pytest.raises(httpx.RemoteProtocolError):
        await change(caller)
    assert len(caller.vendor.accounts) == (0 if done else 1)


async def test_a_change_that_is_refused_is_not_the_one_that_fails_afterwards(caller: Any) -> None:
    caller.vendor.fail("change_500_after")
    await change(caller)  # nobody is there
    await caller.create()
    assert (await change(caller)).status_code == 500
    assert caller.vendor.accounts == []


async def test_a_change_is_not_permitted(caller: Any) -> None:
    await caller.create()
    caller.vendor.fail("change_refused")
    refused = await change(caller)
    assert (refused.status_code, caller.code(refused)) in [(400, 500014), (403, "APIGW.0302")]
    assert len(caller.vendor.accounts) == 1


@pytest.mark.parametrize(
    ("country", "phone"),
    [("usa", "+12025550123"), ("canada", "+12025550123"), ("germany", "+4915112345678"), ("GB", "+245955123456")],
)
async def test_huaweis_country_keys(huawei: HuaweiCaller, country: str, phone: str) -> None:
    assert huawei.code(await huawei.create(country=country, phone=phone)) is None
