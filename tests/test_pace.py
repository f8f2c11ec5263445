"""What all processes agree on about a provider: its pace, its days, and when it is set aside; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.providers.huawei import Huawei, HuaweiSettings
from bot.store import limits
from bot.store.database import database
from bot.store.limits import CircuitBreaker, RateLimiter
from bot.store.migrate import migrate
from tests.conftest import BOTH_DATABASES

FAILURES = 5


@pytest.fixture(params=BOTH_DATABASES)
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[sa.Engine]]:
    """The same tables as two processes see them."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}" if sqlite else request.getfixturevalue("postgres_url")
    seen = [database(url) for _ in range(2)]
    for engine in seen:
        migrate(engine)
        limits.register(engine, ["tencent", "huawei"])
    yield seen
    for engine in seen:
        engine.dispose()


@pytest.fixture
def limiters(tables: list[sa.Engine]) -> list[RateLimiter]:
    return [RateLimiter(engine) for engine in tables]


@pytest.fixture
def breakers(tables: list[sa.Engine]) -> list[CircuitBreaker]:
    return [CircuitBreaker(engine, FAILURES, timedelta(seconds=5), timedelta(minutes=1)) for engine in tables]


def test_turns_are_apart_however_many_ask_from_however_many_processes(limiters: list[RateLimiter]) -> None:
    def turn(number: int) -> float:
        wait = limiters[number % 2].turn("tencent", 10.0, None, 10_000.0)
        assert wait is not None
        return wait

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(turn, range(40)))
    # Each ten seconds after the last, less the moment that the calls themselves took.
    assert [round(wait / 10) for wait in waits] == list(range(40))


def test_a_turn_that_would_come_too_late_is_not_taken(limiters: list[RateLimiter]) -> None:
    one, other = limiters
    for _ in range(3):
        assert one.turn("tencent", 10.0, None, 25.0) is not None
    assert other.turn("tencent", 10.0, None, 25.0) is None
    assert other.turn("tencent", 10.0, None, 35.0) is not None


def test_a_days_calls_are_used_up_for_all(limiters: list[RateLimiter]) -> None:
    one, other = limiters
    assert [one.turn("tencent", 0.0, 3, 1.0) is not None for _ in range(3)] == [True] * 3
    assert other.turn("tencent", 0.0, 3, 1.0) is None
    assert other.turn("huawei", 0.0, 3, 1.0) is not None


def test_when_one_is_slowed_all_are(limiters: list[RateLimiter]) -> None:
    one, other = limiters
    one.slow("tencent", 60.0)
    wait = other.turn("tencent", 1.0, None, 100.0)
    assert wait is not None
    assert 55 < wait <= 60
    assert other.turn("huawei", 1.0, None, 100.0) == 0.0


@pytest.mark.parametrize("column", ["next_at", "blocked_until"])
def test_a_clock_that_was_set_back_stops_no_call(
    limiters: list[RateLimiter], tables: list[sa.Engine], column: str
) -> None:
    """What stands in the database is ahead by more than anybody ever waits: by two hours."""
    limiters[0].turn("tencent", 1.0, None, 20.0)
    with tables[0].begin() as connection:
        connection.execute(sa.text(f"update newhire_providers set {column} = next_at + 7200"))
    assert limiters[1].turn("tencent", 1.0, None, 20.0) is not None


def test_a_long_word_of_the_vendors_is_kept_and_not_for_ever(limiters: list[RateLimiter]) -> None:
    limiters[0].slow("tencent", 86400.0)
    assert limiters[1].turn("tencent", 1.0, None, 3500.0) is None
    wait = limiters[1].turn("tencent", 1.0, None, 3700.0)
    assert wait is not None
    assert 3500 < wait <= 3600


def test_a_circuit_opens_and_closes_once(breakers: list[CircuitBreaker]) -> None:
    one, other = breakers
    assert [one.failed("tencent") for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert other.failed("tencent")
    assert not other.circuit("tencent").closed
    assert other.circuit("huawei").closed
    assert other.answered("tencent")
    assert not one.answered("tencent")
    assert one.circuit("tencent").closed


def test_a_clock_that_was_set_back_keeps_no_circuit_open(
    breakers: list[CircuitBreaker], tables: list[sa.Engine]
) -> None:
    """The next probe stands an hour ahead, further than newhire ever waits: one caller probes now, the other waits for it."""
    one, other = breakers
    for _ in range(FAILURES):
        one.failed("tencent")
    with tables[0].begin() as connection:
        connection.execute(sa.text("update newhire_providers set probe_at = probe_at + 3600"))
    assert one.circuit("tencent").closed
    assert not other.circuit("tencent").closed


@pytest.mark.parametrize(
    ("said", "gap"),
    [
        ("remain:99,limit:100,time:1 minute", 0.75),
        ("remain:199,limit:200,time:1 second", 1 / 160),
        ("remain:0,limit:0,time:1 minute", 0.75),
        ("nonsense", 0.75),
        ("", 0.75),
    ],
)
def test_huaweis_rate_header_sets_the_pace(said: str, gap: float) -> None:
    """The documented 100 a minute with room below it, until the gateway says otherwise."""
    huawei = Huawei(HuaweiSettings(_env_file=None, account="a", password="b"))
    huawei._learn_pace(said)
    assert huawei.gap == pytest.approx(gap)


def test_a_pace_that_was_set_wins_over_the_header() -> None:
    huawei = Huawei(HuaweiSettings(_env_file=None, account="a", password="b", calls_per_minute=600))
    huawei._learn_pace("remain:99,limit:100,time:1 minute")
    assert huawei.gap == pytest.approx(0.125)
