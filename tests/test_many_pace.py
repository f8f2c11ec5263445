"""Many at once, as fast as the vendor allows and no faster, from however many processes.

Whether calls come too fast is asked of a vendor that counts strictly; how long they take, in simulated time: a busy machine
would make it a question of luck (`make bench` prints what it is on yours).
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.engine import WORKERS
from bot.onboarding.policy import Policy
from bot.providers.tencent import Tencent, TencentSettings
from bot.sandbox.world import World
from bot.spreadsheet.files import as_csv
from bot.store import limits
from bot.store.database import database
from bot.store.limits import RateLimiter
from bot.store.migrate import migrate
from tests.conftest import BOTH_DATABASES, begin
from tests.people import ALICE, Person, somebody, words
from tests.test_many import HEADER, gives_in, message_of, presses, rows_of

ROWS = 300
CALLS_A_MINUTE = 300
"""Of a Tencent app of one's own (cloud.tencent.com/document/product/1095/105276, 2026-11)."""

TOO_LONG = 1.05

TENCENT = TencentSettings(
    _env_file=None,
    app_id="1",
    sdk_id="1",
    secret_id="id",
    secret_key="key",
    operator_id="operator",
    calls_per_minute=CALLS_A_MINUTE,
)


# --- through the real bots


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    started = World()
    await started.start()
    yield started
    await started.stop()


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="function")
async def test_two_processes_together_are_never_too_fast(postgres_url: str, world: World, tmp_path: Path) -> None:
    """The vendor's minute has six seconds, ten times of them in the run: its limit is met again and again."""
    world.tencent.minute, world.tencent.calls_a_minute = 6.0, 60
    settings = {
        "NEWHIRE_DATABASE_URL": postgres_url,
        "NEWHIRE_APPROVAL": "never",
        "TENCENT_CALLS_PER_MINUTE": str(60 * 10),
    }
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    bots = [await begin(world, folder, **settings) for folder in folders]
    try:
        people = [somebody() for _ in range(ROWS)]
        await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "july.csv")
        await presses(world, ALICE, await message_of(world, ALICE, f"Create {ROWS}"), "create")
        channel = Person(world, ALICE).direct
        await world.slack.until(lambda slack: any("Done" in words(one) for one in slack.messages[channel]), timeout=300)
    finally:
        for bot in bots:
            assert await bot.stop() == 0
    assert Counter(one["key"] for one in world.tencent.created) == Counter(one["account"] for one in people)
    refused = [one["answer"] for one in world.tencent.requests if one["refused"]]
    assert refused == []


# --- in simulated time


class Simulated:
    """A time of its own, which the database tells to every process."""

    def __init__(self, tables: sa.Engine) -> None:
        self._tables = tables
        with tables.begin() as connection:
            connection.execute(sa.text("create table simulated (at float)"))
            connection.execute(sa.text("insert into simulated values (0)"))

    def is_now(self, at: float) -> None:
        with self._tables.begin() as connection:
            connection.execute(sa.text("update simulated set at = :at"), {"at": at})


@pytest.fixture(params=BOTH_DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


@pytest.fixture
def processes(url: str) -> Iterator[list[sa.Engine]]:
    """The database as each of two processes sees it."""
    seen = [database(url) for _ in range(2)]
    migrate(seen[0])
    limits.register(seen[0], ["tencent"])
    yield seen
    for engine in seen:
        engine.dispose()


def test_no_minute_has_too_many_calls_and_hardly_a_moment_is_lost(
    processes: list[sa.Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every hand of two processes calls, again and again, a vendor that takes from 0.05 to two seconds for an answer."""
    chance, clock = random.Random(20261130), Simulated(processes[0])
    monkeypatch.setattr(limits, "now", lambda engine: sa.literal_column("(select at from simulated)", sa.Float))
    limiters = [RateLimiter(engine) for engine in processes]
    gap, longest = Tencent(TENCENT, turn=lambda gap: None).gap, Policy().longest_turn.total_seconds()
    hands = [(1_000_000 + chance.random(), hand) for hand in range(2 * WORKERS["postgresql"])]
    heapq.heapify(hands)
    calls: list[float] = []
    while len(calls) < 2 * ROWS:
        at, hand = heapq.heappop(hands)
        clock.is_now(at)
        wait = limiters[hand % 2].turn("tencent", gap, None, longest)
        if wait is None:
            # As the workflow does: without a thread until then.
            heapq.heappush(hands, (at + longest, hand))
        else:
            calls.append(at + wait)
            heapq.heappush(hands, (at + wait + chance.uniform(0.05, 2.0), hand))
    calls.sort()
    assert max(sum(1 for other in calls if at <= other < at + 60) for at in calls) <= CALLS_A_MINUTE
    ideal = (len(calls) - 1) * gap
    assert calls[-1] - calls[0] <= TOO_LONG * ideal


def test_the_ideal_leaves_the_vendor_a_fifth() -> None:
    """Clocks differ, and other programs call too: the pace is four fifths of what the vendor allows."""
    assert Tencent(TENCENT, turn=lambda gap: None).gap == pytest.approx(60 / CALLS_A_MINUTE / 0.8)
