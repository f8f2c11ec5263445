"""After create: the adapters at the pretend vendors, over HTTP, and what is one vendor's alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from bot.outcome import Account, Conflict, NotAuthorised, OutcomeUnknown, ProvisionError, Rejected, Unreachable
from bot.providers.contract import Provider, Seats
from bot.providers.huawei import Huawei, HuaweiSettings
from bot.providers.tencent import PAGE, Tencent, TencentSettings
from bot.sandbox.vendors.huawei import FakeHuawei
from bot.sandbox.vendors.tencent import FakeTencent
from bot.sandbox.vendors.vendor import FakeVendor
from tests.answers import configured

NOW = 1_800_000_000.0
DAY = 86400.0


class There:
    """A provider and the pretend vendor that it talks to; `clock` is both their idea of now."""

    def __init__(self, vendor: FakeVendor, connect: Callable[[There], Provider[Any, Any]]) -> None:
        self.vendor, self._connect, self.now = vendor, connect, NOW
        vendor.clock = lambda: self.now

    async def start(self) -> There:
        await self.vendor.start()
        self.provider = self._connect(self)
        return self

    async def stop(self) -> None:
        self.provider.close()
        await self.vendor.stop()

    async def call(self, name: str, *args: Any, **options: Any) -> Any:
        """What comes of a call: its answer, or the error."""
        try:
            return await asyncio.to_thread(getattr(self.provider, name), *args, **options)
        except ProvisionError as error:
            return error

    async def create(self, number: int = 0, **typed: str) -> Account:
        person = {"name": "张伟", "account": f"zhang{number}", "phone": f"1380013800{number}"} | typed
        hire = self.provider.form.model_validate(person, context={"region": "CN"})
        made = await self.call("create", hire, f"V{number}")
        assert isinstance(made, Account)
        return made

    def sent(self, since: int = 0) -> list[str]:
        """What reached the vendor: method and path, log-ins left out."""
        calls = [f"{call['method']} {call['path']}" for call in self.vendor.requests[since:]]
        return [call for call in calls if "/auth/" not in call]


def tencent_at(there: There) -> Tencent:
    settings = {name.removeprefix("TENCENT_").lower(): value for name, value in there.vendor.bot_settings().items()}
    return Tencent(configured(TencentSettings, **settings), clock=lambda: there.now)


def huawei_at(api: str) -> Callable[[There], Huawei]:
    def connect(there: There) -> Huawei:
        settings = {name.removeprefix("HUAWEI_").lower(): value for name, value in there.vendor.bot_settings().items()}
        return Huawei(configured(HuaweiSettings, api=api, **settings), clock=lambda: there.now)

    return connect


WORLDS: dict[str, Callable[[], There]] = {
    "tencent": lambda: There(FakeTencent(licences={2: 1000, 9: 3}), tencent_at),
    "huawei": lambda: There(FakeHuawei(seats=20, expiring=4), huawei_at("current")),
    "huawei that names whom it kept": lambda: There(FakeHuawei(names_failed=True), huawei_at("current")),
    "huawei 2019": lambda: There(FakeHuawei(), huawei_at("2019")),
}


@pytest.fixture(params=WORLDS)
async def there(request: pytest.FixtureRequest) -> AsyncIterator[There]:
    world = await WORLDS[request.param]().start()
    yield world
    await world.stop()


@pytest.fixture
async def tencent() -> AsyncIterator[There]:
    world = await WORLDS["tencent"]().start()
    yield world
    await world.stop()


@pytest.fixture
async def huawei() -> AsyncIterator[There]:
    world = await WORLDS["huawei"]().start()
    yield world
    await world.stop()


def key(vendor: FakeVendor, account: Account) -> str:
    return next(row.key for row in map(vendor.row, vendor.accounts) if row.account == account.account)


# --- every vendor


async def test_an_account_is_looked_up_removed_and_then_gone(there: There) -> None:
    made = await there.create()
    assert (await there.call("look", made)).vendor_id == made.vendor_id
    assert await there.call("remove", made) is None
    assert there.vendor.accounts == []
    assert await there.call("look", made) is None
    assert await there.call("look_many", [made] * 4) == [None] * 4
    before = len(there.vendor.requests)
    assert await there.call("remove", made) is None
    assert not [call for call in there.sent(before) if call.startswith("DELETE") or "/delete" in call]


async def test_what_somebody_else_made_under_the_same_name_stays(there: There) -> None:
    made = await there.create()
    there.vendor.by_hand(key(there.vendor, made), "replace")
    assert await there.call("look", made) is None
    assert isinstance(await there.call("remove", made), Conflict)
    assert isinstance(await there.call("switch", made, active=False), Conflict)
    (stays,) = there.vendor.accounts
    assert there.vendor.row(stays).account == made.account


async def test_the_neighbours_of_an_account_that_is_removed_stay(there: There) -> None:
    first, second, third = [await there.create(number) for number in range(3)]
    assert await there.call("remove", second) is None
    assert [each and each.account for each in await there.call("look_many", [first, second, third])] == [
        first.account,
        None,
        third.account,
    ]


@pytest.mark.parametrize("how", ["change_500", "change_cut", "change_500_after", "change_cut_after"])
async def test_a_removal_without_a_clear_answer_is_unknown_and_safe_to_repeat(there: There, how: str) -> None:
    made = await there.create()
    there.vendor.fail(how)
    told = await there.call("remove", made)
    gone = how.endswith("_after")
    assert there.vendor.accounts == [] if gone else len(there.vendor.accounts) == 1
    # Who looks afterwards can tell that it is done; nobody says that it is when it is not.
    assert isinstance(told, OutcomeUnknown) or (told is None and gone)
    assert await there.call("remove", made) is None
    assert there.vendor.accounts == []


async def test_a_look_before_a_removal_that_is_refused_or_hidden_removes_nothing(there: There) -> None:
    made = await there.create()
    for how, error in (("find_refused", NotAuthorised), ("find_500", Unreachable)):
        there.vendor.fail(how)
        assert isinstance(await there.call("remove", made), error)
    assert len(there.vendor.accounts) == 1


async def test_what_is_not_permitted_is_the_admins_matter(there: There) -> None:
    made = await there.create()
    there.vendor.fail("change_refused")
    assert isinstance(await there.call("remove", made), NotAuthorised)
    if "seats" in there.provider.abilities:
        there.vendor.fail("seats_refused")
        assert isinstance(await there.call("seats"), NotAuthorised)


async def test_an_account_is_disabled_and_enabled(there: There) -> None:
    made = await there.create()
    if isinstance(there.vendor, FakeTencent):
        there.vendor.activate(made.account)
    for active, state in ((False, "disabled"), (True, "active")):
        assert await there.call("switch", made, active=active) is None
        assert (await there.call("look", made)).state == state
        many = [made, *[await there.create(number) for number in (1, 2)]] if active else [made] * 3
        assert (await there.call("look_many", many))[0].state == state


async def test_everybody_is_shown_or_nobody(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two: five people are three calls, and who may make two hears of none of them."""
    monkeypatch.setattr("bot.providers.tencent.PAGE", 2)
    monkeypatch.setattr("bot.providers.huawei.BATCH", 2)
    made = [await there.create(number) for number in range(5)]
    before = len(there.vendor.requests)
    found = await there.call("everybody", 3)
    if not _shows(there):
        assert found is None
        assert there.sent(before) == []
        return
    assert [(one.account, one.vendor_id, one.name) for one in found if one.account != "admin"] == [
        (one.account, one.vendor_id, one.name) for one in made
    ]
    assert len(there.sent(before)) == 3
    assert await there.call("everybody", 2) is None
    there.vendor.fail("find_refused")
    assert isinstance(await there.call("everybody", 3), NotAuthorised)


def _shows(there: There) -> bool:
    """The document of 2019 has no list."""
    return not (isinstance(there.provider, Huawei) and there.provider.config.api == "2019")


# --- Tencent


async def test_a_fresh_account_waits_for_its_person_and_the_invitation_is_counted_on_for_a_day(tencent: There) -> None:
    made = await tencent.create()
    assert (made.state, made.activation_pending, made.invitation_expires_at) == ("not_activated", True, NOW + DAY)
    uninvited = await tencent.create(1, invite="false")
    assert (uninvited.state, uninvited.invitation_expires_at) == ("not_activated", None)
    found = await tencent.call("look", made)
    assert (found.state, found.activation_pending) == ("not_activated", True)
    assert isinstance(tencent.vendor, FakeTencent)
    tencent.vendor.activate(made.account)
    found = await tencent.call("look", made)
    assert (found.state, found.activation_pending) == ("active", False)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("1", "active"),
        ("2", "gone"),
        ("3", "not_activated"),
        ("4", "disabled"),
        ("5", "not_activated"),
        ("6", "unknown"),
    ],
)
async def test_each_status_is_a_state(tencent: There, status: str, state: str) -> None:
    made = await tencent.create()
    tencent.vendor.accounts[0]["status"] = status
    assert (await tencent.call("look", made)).state == state
    assert await tencent.call("remove", made) is None
    assert len(tencent.vendor.accounts) == (1 if state == "gone" else 0)  # what is cancelled is gone already


async def test_an_invitation_goes_out_once_a_day(tencent: There) -> None:
    made = await tencent.create()
    told = await tencent.call("resend", made)
    assert (type(told), told.code, told.words, told.certain) == (
        Rejected,
        "15101",
        "今天已经向该用户发送过邀请提醒",
        True,
    )
    assert "tomorrow" in tencent.provider.advice("15101").en  # type: ignore[union-attr]
    tencent.now += DAY
    assert await tencent.call("resend", made) is None
    (call,) = [call for call in tencent.vendor.requests if call["path"].endswith("operator_id_type=1")][-1:]
    assert (call["method"], call["body"]) == ("PUT", None)


async def test_a_link_activates_the_account_and_then_there_is_none(tencent: There) -> None:
    made = await tencent.create()
    first, second = await tencent.call("link", made), await tencent.call("link", made)
    assert first != second
    assert first.startswith("https://")
    assert isinstance(tencent.vendor, FakeTencent)
    tencent.now += tencent.provider.link_hours * 3600 + 1
    with pytest.raises(ValueError, match="expired"):
        tencent.vendor.follow(first)
    tencent.vendor.follow(await tencent.call("link", made))
    assert (await tencent.call("look", made)).state == "active"
    told = await tencent.call("link", made)
    assert (type(told), told.detail) == (Rejected, "the vendor gives no link: the account is active already")


async def test_nobodys_link_goes_to_whoever_had_the_name_before(tencent: There) -> None:
    made = await tencent.create()
    tencent.vendor.by_hand(made.account, "replace")
    for call in ("link", "resend"):
        assert isinstance(await tencent.call(call, made), Conflict)
    tencent.vendor.by_hand(made.account, "delete")
    for call in ("link", "resend"):
        assert isinstance(await tencent.call(call, made), Rejected)


async def test_who_was_never_activated_cannot_be_disabled(tencent: There) -> None:
    told = await tencent.call("switch", await tencent.create(), active=False)
    assert (type(told), told.code) == (Rejected, "60005")


async def test_licences_are_counted_by_the_values_of_the_form(tencent: There) -> None:
    for number in range(2):
        await tencent.create(number, account_type="9")
    seats = await tencent.call("seats")
    assert seats == (Seats("2", 1000, 0), Seats("9", 3, 2))
    assert [each.free for each in seats] == [1000, 1]
    (field,) = [field for field in tencent.provider.fields() if field.name == "account_type"]
    assert {each.kind for each in seats} <= {choice.value for choice in field.ask.choices}


async def test_an_operator_who_is_nobody_makes_no_account_gone(tencent: There) -> None:
    # The code is the same: 20001.
    made = await tencent.create()
    assert isinstance(tencent.vendor, FakeTencent)
    tencent.vendor.operator_id = "another"
    for call in ("look", "remove", "resend", "link"):
        assert isinstance(await tencent.call(call, made), NotAuthorised)
    assert isinstance(await tencent.call("look_many", [made] * 4), NotAuthorised)
    assert len(tencent.vendor.accounts) == 1


async def test_many_who_wait_cost_a_page_and_the_others_a_call_each(tencent: There) -> None:
    made = [await tencent.create(number) for number in range(9)]
    assert isinstance(tencent.vendor, FakeTencent)
    tencent.vendor.activate("zhang3")
    tencent.vendor.by_hand("zhang4", "delete")
    before = len(tencent.vendor.requests)
    told = await tencent.call("look_many", made)
    states = ["not_activated"] * 9
    states[3] = "active"
    assert [each.state if each else None for each in told] == [*states[:4], None, *states[5:]]
    sent = tencent.sent(before)
    assert [call for call in sent if "advance/list" in call] == [
        f"GET /v1/users/advance/list?pos=0&size={PAGE}&status=3&operator_id=admin&operator_id_type=1"
    ]
    assert len(sent) == 4  # the page, the two who do not wait, and the operator of the one who is absent


async def test_a_crowd_that_waits_is_not_read_to_its_end(tencent: There) -> None:
    for number in range(250):
        tencent.vendor.add_by_hand(userid=f"other{number}", phone=f"139{number:08d}")
    made = [await tencent.create(number) for number in range(3)]
    before = len(tencent.vendor.requests)
    assert [each.state for each in await tencent.call("look_many", made)] == ["not_activated"] * 3
    assert len(tencent.sent(before)) == 4


class Paging(httpx.BaseTransport):
    """Answers `GET /v1/users/advance/list` with what the test gives it, and anybody's own call as active."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.page, self.pages = page, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        lists = request.url.path == "/v1/users/advance/list"
        self.pages += lists
        answer = self.page if lists else {"userid": request.url.path.rpartition("/")[2], "uuid": "U", "status": "1"}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(answer).encode()))


@pytest.mark.parametrize(
    "page",
    [
        {"has_remaining": True, "next_pos": 0, "users": [{"userid": "x"}]},
        {"has_remaining": True, "next_pos": 100, "users": []},
        {"has_remaining": True, "users": [{"userid": "x"}]},
    ],
)
def test_pages_that_lead_nowhere_are_not_followed(page: dict[str, Any]) -> None:
    wire = Paging(page)
    config = configured(TencentSettings, app_id="200000001", secret_id="AKIDEXAMPLE", secret_key="SKEYexample")
    accounts = [Account(provider="tencent", account=f"u{number}", name="x", vendor_id="U") for number in range(40)]
    told = Tencent(config, transport=wire).look_many(accounts)
    assert [each and each.state for each in told] == ["active"] * 40
    assert wire.pages == 1


# --- Huawei


async def test_seats_are_all_licences_together_and_warn_a_month_ahead(huawei: There) -> None:
    await huawei.create()
    assert await huawei.call("seats") == (Seats(None, 20, 1, expiring=4),)


async def test_whoever_may_not_be_seen_is_not_gone(huawei: There) -> None:
    made = [await huawei.create(number) for number in range(3)]
    assert isinstance(huawei.vendor, FakeHuawei)
    huawei.vendor.unseen.add(made[1].vendor_id or "")
    for told in (await huawei.call("look", made[1]), await huawei.call("look_many", made)):
        assert isinstance(told, NotAuthorised)


async def test_many_cost_two_calls_whatever_state_they_are_in(huawei: There) -> None:
    made = [await huawei.create(number) for number in range(6)]
    huawei.vendor.by_hand(made[1].vendor_id or "", "disable")
    huawei.vendor.by_hand(made[2].vendor_id or "", "delete")
    before = len(huawei.vendor.requests)
    told = await huawei.call("look_many", made)
    assert [each and each.state for each in told] == ["active", "disabled", None, "active", "active", "active"]
    assert huawei.sent(before) == [
        "GET /v1/usg/dcs/corp/member?offset=0&limit=200&status=1",
        "POST /v1/usg/abs/users/list?idType=USER_ID",
    ]
    before = len(huawei.vendor.requests)
    assert [each is None for each in await huawei.call("look_many", made * 40)] == [
        False,
        False,
        True,
        *[False] * 3,
    ] * 40
    assert len(huawei.sent(before)) == 3  # 240 are two batches


async def test_what_was_known_of_the_first_password_stays_known(huawei: There) -> None:
    made = await huawei.create()
    assert made.must_change_password
    changed = made.model_copy(update={"must_change_password": False})
    assert not (await huawei.call("look", changed)).must_change_password
    assert (await huawei.call("look", made)).must_change_password


async def test_a_deletion_that_says_done_and_was_not_is_unknown(huawei: There, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await huawei.create()
    monkeypatch.setattr(huawei.provider, "_change", lambda *_: None)
    told = await huawei.call("remove", made)
    assert (type(told), told.detail) == (
        OutcomeUnknown,
        "the vendor says that it is done, and the account is there",
    )


class Details(httpx.BaseTransport):
    """A directory without anybody whose look-up of many says `rows`."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answers: Iterator[tuple[str, Any]] = iter(
            [
                ("/auth/", {"accessToken": "t", "validPeriod": 9999}),
                ("/abs/users/list", self.rows),
                ("/corp/member", {"error_code": "USG.201040000", "error_msg": "nobody"}),
            ]
        )
        answer = next(said for part, said in answers if part in request.url.path)
        status = 400 if isinstance(answer, dict) and "error_code" in answer else 200
        return httpx.Response(status, stream=httpx.ByteStream(json.dumps(answer).encode()))


SHE = Account(provider="huawei", account="Zhang", name="张伟", vendor_id="id-1")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"id": "id-1", "statusCode": 2}], None),
        ([{"id": "id-0", "statusCode": 0}, {"id": "id-1", "statusCode": 2}], None),
        ([{"id": "id-1", "statusCode": 3}], NotAuthorised),
        # There by one look-up, absent by the other: nobody is told that she is gone.
        ([{"id": "id-1", "statusCode": 0}], Unreachable),
        ([{"id": "id-1", "statusCode": 1}], Unreachable),
        ([{"account": "zhang", "name": "张伟"}], Unreachable),  # as in the page's sample: neither id nor statusCode
        ([], Unreachable),
        ([{"id": "id-0", "statusCode": 2}], Unreachable),
        ([{"statusCode": 2}], Unreachable),
        ([None], Unreachable),
        ({}, Unreachable),
        ({"error_code": "APIGW.0302", "error_msg": "no"}, Rejected),
    ],
    ids=repr,
)
def test_absent_takes_the_documented_word_for_it(rows: Any, told: type[ProvisionError] | None) -> None:
    config = configured(HuaweiSettings, api="current", account="admin@corp", password="Passw0rd!")
    provider = Huawei(config, transport=Details(rows))
    if told is None:
        assert provider.look(SHE) is None
    else:
        with pytest.raises(told):
            provider.look(SHE)
