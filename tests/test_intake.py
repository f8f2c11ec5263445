"""What is accepted: once however often it is handed in, in whose turn, and what becomes of a correction."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.intake import Intake, NotConfirmed
from bot.providers.huawei import HuaweiHire
from bot.request import Duplicate, Request
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.requests import Requests
from bot.store.tables import REQUESTS
from tests.conftest import BOTH_DATABASES


class Accepted:
    """The engine's front door, and what came through it."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.broken = False

    def accept(self, request: Request, *, priority: int) -> None:
        if self.broken:
            raise sa.exc.OperationalError("insert", {}, Exception("the database is gone"))
        self.taken.setdefault(request.id, priority)

    def knows(self, request_id: str) -> bool:
        return request_id in self.taken

    def front_door(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()


@pytest.fixture(params=BOTH_DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    engine = database(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def door() -> Accepted:
    return Accepted()


@pytest.fixture
def intake(engine: sa.Engine, door: Accepted) -> Intake:
    return Intake(Requests(engine, Cipher()), door)


def form(request_id: str = "V1", requester: str = "U1", **typed: str) -> tuple[Request, HuaweiHire]:
    hire = HuaweiHire.model_validate({"name": "Zhang Wei", "phone": "13800138000"} | typed, context={"region": "CN"})
    request = Request(id=request_id, provider="huawei", hire=hire.typed(), requester=requester, accepted_at=time.time())
    return request, hire


async def test_the_same_form_again_is_the_same_request(intake: Intake, door: Accepted) -> None:
    for _ in range(3):
        assert await intake.accept(*form()) is None
    assert list(door.taken) == ["V1"]


async def test_another_form_for_the_same_person_is_said(intake: Intake, door: Accepted) -> None:
    await intake.accept(*form())
    said = await intake.accept(*form("V2", "U2"))
    assert said is not None
    assert (said.id, said.requester) == ("V1", "U1")
    assert await intake.accept(*form("V2", "U2"), confirmed="V1") is None
    assert list(door.taken) == ["V1", "V2"]


async def test_a_correction_in_the_same_form_is_said_and_not_dropped(intake: Intake, door: Accepted) -> None:
    """The first version is under way: people read that, and whoever wants the second too sends it once more."""
    await intake.accept(*form())
    said = await intake.accept(*form(name="Zhang Weiwei"))
    assert said is not None
    assert said.id == "V1"
    for _ in range(2):
        assert await intake.accept(*form(name="Zhang Weiwei"), confirmed="V1") is None
    first, second = door.taken
    assert first == "V1"
    assert second.startswith("V1-")


async def test_a_correction_of_what_was_never_accepted_takes_its_place(
    intake: Intake, door: Accepted, caplog: pytest.LogCaptureFixture
) -> None:
    """The person read "not confirmed"; nothing was begun, so the corrected form is the request."""
    door.broken = True
    with pytest.raises(NotConfirmed):
        await intake.accept(*form())
    assert "did not confirm a request: the database is gone" in caplog.text
    door.broken = False
    assert await intake.accept(*form(name="Zhang Weiwei", phone="13900139000")) is None
    assert list(door.taken) == ["V1"]
    assert isinstance(await intake.accept(*form("V2", phone="13900139000")), Duplicate)
    assert await intake.accept(*form("V3", phone="13800138000")) is None


async def test_ones_many_do_not_stand_before_anothers_one(intake: Intake, door: Accepted) -> None:
    for number in range(5):
        await intake.accept(*form(f"V{number}", phone=f"1380013800{number}"))
    await intake.accept(*form("V9", "U2", phone="13900139000"))
    assert list(door.taken.values()) == [1, 2, 3, 4, 5, 1]


def test_two_colleagues_in_the_same_moment(engine: sa.Engine) -> None:
    """Looking for a duplicate and writing down are one transaction: of eight at once, one is accepted."""
    requests = Requests(engine, Cipher(), front=engine)

    def hand_in(number: int) -> Duplicate | None:
        request, hire = form(f"V{number}", f"U{number}")
        return requests.accept(request, hire.identity())

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(hand_in, range(8)))
    assert said.count(None) == 1


# --- which accounts are taken


@pytest.mark.parametrize(
    ("kind", "is_taken"),
    [
        (None, True),
        ("Created", True),
        ("ActionRequired", True),
        ("AlreadyExists", True),
        ("OutcomeUnknown", True),
        ("Conflict", True),
        ("Rejected", False),
        ("NoSeatLeft", False),
    ],
)
async def test_an_account_is_taken_that_somebody_has_or_may_have(
    intake: Intake, engine: sa.Engine, kind: str | None, is_taken: bool
) -> None:
    await intake.accept(*form(account="ZhangWei"))
    if kind:
        with engine.begin() as connection:
            connection.execute(sa.update(REQUESTS).values(state="done", kind=kind, finished_at=1.0))
    found = await intake.taken("huawei", ["zhangwei", "zhangwei2"])
    assert found == ({"zhangwei"} if is_taken else set())
    assert await intake.taken("tencent", ["zhangwei"]) == set()
    assert await intake.taken("huawei", []) == set()


async def test_a_database_that_does_not_say_which_are_taken_keeps_no_form(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(Requests, "taken", lambda self, provider, accounts: hangs.wait(30))
    monkeypatch.setattr("bot.intake.LOOK_SECONDS", 0.01)
    try:
        for _ in range(5):
            assert await intake.taken("huawei", ["zhangwei"]) == set()
        assert await intake.accept(*form()) is None
    finally:
        hangs.set()


async def test_a_database_that_is_gone_says_nothing_of_accounts(intake: Intake, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("drop table newhire_fingerprints"))
    assert await intake.taken("huawei", ["zhangwei"]) == set()
