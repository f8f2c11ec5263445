"""Free licences: counted now and then, said once, and shown in the form without keeping anybody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.engine import Interrupted
from bot.hire import Field
from bot.intake import Licences
from bot.onboarding.policy import Policy
from bot.onboarding.relay import AlertContent
from bot.onboarding.seats import SeatCounts
from bot.outcome import NotAuthorised, ProvisionError
from bot.providers.contract import Seats
from bot.providers.huawei import Huawei, HuaweiSettings
from bot.providers.tencent import Tencent, TencentSettings
from bot.request import SeatsLow
from bot.sandbox.block_kit import check_view
from bot.slack import form
from bot.slack.form import ModalState
from bot.slack.listeners import Listeners
from bot.slack.permission import Permission
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.said import Said
from tests.answers import configured
from tests.conftest import BOTH_DATABASES

TENCENT = Tencent(configured(TencentSettings, app_id="200000001", secret_id="AKIDEXAMPLE", secret_key="SKEYexample"))


class Vendor:
    """Says what it is told to, and counts how often it was asked."""

    abilities = frozenset({"seats"})

    def __init__(self, *seats: Seats) -> None:
        self.counted: Sequence[Seats] = seats
        self.error: ProvisionError | BaseException | None = None
        self.asked = 0

    def seats(self) -> Sequence[Seats]:
        self.asked += 1
        if self.error:
            raise self.error
        return self.counted

    def fields(self) -> Sequence[Field]:
        return TENCENT.fields()


class Blind(Vendor):
    abilities = frozenset()


class Use:
    """One newhire over a database, and a clock."""

    def __init__(self, engine: sa.Engine, vendor: Vendor) -> None:
        self.vendor, self.now, self.told, self.engine = vendor, 1000.0, list[str](), engine
        self.outbox = Outbox(engine, Cipher(), "me")
        said = Said(engine, self.outbox)
        vendors = {"tencent": vendor, "blind": Blind()}
        self.counts = SeatCounts(vendors, said, self, 5, Policy(), clock=lambda: self.now)

    def soon(self, letter_id: str) -> None:
        self.told.append(letter_id)

    def hears(self, *seats: Seats) -> list[SeatsLow]:
        """What the admins read when the vendor is asked again and says this."""
        self.vendor.counted, self.told = seats, []
        self.now += 301
        self.counts.fetch("tencent")
        return [self._fact(letter_id) for letter_id in self.told]

    def _fact(self, letter_id: str) -> SeatsLow:
        letter = self.outbox.letter(letter_id)
        assert letter is not None
        fact = AlertContent.model_validate_json(letter.content).alert
        assert isinstance(fact, SeatsLow)
        return fact


@pytest.fixture(params=BOTH_DATABASES)
def use(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Use]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield Use(engine, Vendor(Seats("9", 50, 10)))
    engine.dispose()


def test_a_count_is_good_for_five_minutes(use: Use) -> None:
    assert use.counts.cached("tencent") is None
    assert use.counts.fetch("tencent") == (Seats("9", 50, 10),)
    use.now += 299
    assert use.counts.cached("tencent") == use.counts.fetch("tencent")
    assert use.vendor.asked == 1
    use.now += 2
    assert use.counts.cached("tencent") is None


def test_a_vendor_without_the_call_is_not_asked(use: Use) -> None:
    assert use.counts.cached("blind") == use.counts.fetch("blind") == use.counts.cached("nobody") == ()


def test_a_failure_is_logged_and_the_vendor_left_alone_for_a_minute(use: Use, caplog: pytest.LogCaptureFixture) -> None:
    use.vendor.error = NotAuthorised("tencent", code="500014", words="no right")
    with caplog.at_level(logging.WARNING):
        assert use.counts.fetch("tencent") == ()
    assert "500014" in caplog.text
    assert use.counts.cached("tencent") == ()
    use.now += 61
    assert use.counts.cached("tencent") is None


def test_the_admins_hear_once_that_few_are_left_and_once_that_none_is(use: Use) -> None:
    assert use.hears(Seats("9", 50, 44)) == []
    (few,) = use.hears(Seats("9", 50, 45))
    assert (few.what, few.free, few.total, few.licence and few.licence.en) == ("few", 5, 50, "Premium (2.0 editions)")
    assert use.hears(Seats("9", 50, 47)) == []
    (full,) = use.hears(Seats("9", 50, 50))
    assert (full.what, full.free) == ("full", 0)
    assert use.hears(Seats("9", 50, 51)) == []


def test_it_is_said_again_only_when_there_were_enough_in_between(use: Use) -> None:
    use.hears(Seats("9", 50, 50))
    assert use.hears(Seats("9", 50, 48)) == []
    assert [each.what for each in use.hears(Seats("9", 50, 50))] == ["full"]
    assert use.hears(Seats("9", 50, 10)) == []
    assert [each.what for each in use.hears(Seats("9", 50, 46))] == ["few"]


def test_who_reads_that_none_is_left_does_not_read_that_few_are(use: Use) -> None:
    assert [each.what for each in use.hears(Seats("9", 50, 50))] == ["full"]


def test_licences_that_expire_are_said_once_until_they_are_renewed(use: Use) -> None:
    (said,) = use.hears(Seats(None, 50, 10, expiring=8))
    assert (said.what, said.expiring, said.licence) == ("expiring", 8, None)
    assert use.hears(Seats(None, 50, 10, expiring=8)) == []
    assert use.hears(Seats(None, 50, 10)) == []
    assert len(use.hears(Seats(None, 50, 10, expiring=1))) == 1


def test_two_processes_say_it_once(use: Use) -> None:
    other = Use(use.engine, use.vendor)
    assert len(use.hears(Seats("9", 5, 1))) == 1
    assert other.hears(Seats("9", 5, 1)) == []


def test_each_kind_is_counted_by_itself_and_none_that_cannot_be_chosen(use: Use) -> None:
    said = use.hears(Seats("9", 5, 1), Seats("2", 5, 5), Seats("77", 5, 5), Seats("8", 0, 0))
    assert [(each.what, each.licence and each.licence.en) for each in said] == [
        ("few", "Premium (2.0 editions)"),
        ("full", "Free"),
    ]


async def test_the_front_door_gets_nothing_where_newhire_stops_meanwhile(use: Use) -> None:
    licences = Licences(use.counts)
    assert await licences.fetch("tencent") == licences.cached("tencent") == (Seats("9", 50, 10),)
    use.now += 301
    use.vendor.error = Interrupted()
    assert await asyncio.wait_for(licences.fetch("tencent"), 10) == ()


# --- in the form


def drawn(lang: str, *seats: Seats, huawei: bool = False, more: bool = False) -> list[form.View]:
    offer = Huawei(configured(HuaweiSettings, account="admin", password="Secret-word-1")) if huawei else TENCENT
    view = form.build([offer], ModalState(provider=offer.key, more=more), lang)
    view = form.with_seats(view, offer, seats, 5, lang)
    assert check_view(view) == []
    blocks: list[form.View] = view["blocks"]
    return blocks


def text_of(block: form.View) -> str:
    text = block.get("text") or block["elements"][0]
    return str(text["text"])


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["2 of 50 “Premium (2.0 editions)” licences left", "900 of 1000 “Free” licences left"]),
        ("zh", ["“高级账号（2.0 版）”许可剩余 2 个（共 50 个）", "“免费账号”许可剩余 900 个（共 1000 个）"]),
    ],
)
def test_few_are_a_warning_and_many_a_line_below_the_licence(lang: str, said: list[str]) -> None:
    blocks = drawn(lang, Seats("9", 50, 48), Seats("2", 1000, 100), more=True)
    place = [block["block_id"] for block in blocks].index("account_type")
    warning, line = blocks[place + 1 : place + 3]
    assert [text_of(warning), text_of(line)] == said
    assert (warning["type"], warning["level"], line["type"]) == ("alert", "warning", "context")


def test_where_the_licence_is_not_asked_they_stand_below_the_provider() -> None:
    blocks = drawn("en", Seats(None, 50, 50), huawei=True)
    assert [block["block_id"] for block in blocks[:2]] == ["provider", "seats.low"]
    assert text_of(blocks[1]) == "All 50 licences are in use"
    assert text_of(drawn("en", Seats(None, 50, 10), huawei=True)[1]) == "40 of 50 licences left"


def test_a_long_warning_is_cut_where_slack_would_refuse_it() -> None:
    blocks = drawn("en", *(Seats(kind, 10, 10) for kind in "123456789"), more=True)
    (warning,) = [block for block in blocks if block["type"] == "alert"]
    assert len(text_of(warning)) == 200


def test_nothing_counted_is_nothing_shown() -> None:
    assert not [block for block in drawn("en") if block["block_id"].startswith("seats")]


def test_nobody_who_types_loses_the_focus() -> None:
    view = form.build([TENCENT], ModalState(provider="tencent"), "en")
    assert "focus_on_load" in str(view)
    assert "focus_on_load" not in str(form.without_focus(view))


class FakeClient:
    """Takes an update of the view, and remembers it."""

    def __init__(self) -> None:
        self.views: list[form.View] = []

    async def views_update(self, *, view_id: str, hash: str, view: form.View) -> form.View:
        self.views.append(view)
        return {"view": {"hash": f"{hash}+"}}


class CountedMeanwhile:
    """Unknown while the form is drawn, known as soon as it is to be filled in: another form has asked."""

    few = 5

    def __init__(self) -> None:
        self.known: list[Sequence[Seats] | None] = [None, (Seats("9", 50, 48),), None]

    def cached(self, provider: str) -> Sequence[Seats] | None:
        return self.known.pop(0)

    async def fetch(self, provider: str) -> Sequence[Seats]:
        return (Seats("9", 50, 48),)


async def test_what_another_form_has_asked_for_meanwhile_is_filled_in_all_the_same() -> None:
    listeners = Listeners({"tencent": TENCENT}, Any, Permission([]), "CN", seats=CountedMeanwhile())  # type: ignore[arg-type]
    drawn = listeners._form(ModalState(provider="tencent"), "en")
    assert not form.has_seats(drawn)
    client = FakeClient()
    await listeners._count_seats(cast(AsyncWebClient, client), "V1", "h", drawn, "en")
    (view,) = client.views
    assert form.has_seats(view)
    await listeners._count_seats(cast(AsyncWebClient, client), "V1", "h+", view, "en")
    assert len(client.views) == 1
