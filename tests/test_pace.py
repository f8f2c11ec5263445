"""What all processes agree on about a provider: its pace, its days, and when it is set aside; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.providers.huawei import Huawei, HuaweiSettings
from bot.store.cipher import Cipher
from bot.store.history import FAILURES_BEFORE_ASIDE, History, database


@pytest.fixture(params=["sqlite", "postgresql"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[History]]:
    """The same tables as two processes see them."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}" if sqlite else request.getfixturevalue("postgres_url")
    seen = [History(database(url), Cipher()) for _ in range(2)]
    for history in seen:
        history.create(["tencent", "huawei"])
    yield seen
    for history in seen:
        history.engine.dispose()


def test_turns_are_apart_however_many_ask_from_however_many_processes(tables: list[History]) -> None:
    def turn(number: int) -> float:
        wait = tables[number % 2].turn("tencent", 10.0, None, 10_000.0)
        assert wait is not None
        return wait

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(turn, range(40)))
    # Each ten seconds after the last, less the moment that the calls themselves took.
    assert [round(wait / 10) for wait in waits] == list(range(40))


def test_a_turn_that_would_come_too_late_is_not_taken(tables: list[History]) -> None:
    one, other = tables
    for _ in range(3):
        one.turn("tencent", 10.0, None, 100.0)
    assert other.turn("tencent", 10.0, None, 15.0) is None
    assert other.turn("tencent", 10.0, None, 35.0) is not None


def test_a_days_calls_are_used_up_for_all(tables: list[History]) -> None:
    one, other = tables
    assert [one.turn("tencent", 0.0, 3, 1.0) is not None for _ in range(3)] == [True] * 3
    assert other.turn("tencent", 0.0, 3, 1.0) is None
    assert other.turn("huawei", 0.0, 3, 1.0) is not None


def test_when_one_is_slowed_all_are(tables: list[History]) -> None:
    one, other = tables
    one.slow("tencent", 60.0)
    wait = other.turn("tencent", 1.0, None, 100.0)
    assert wait is not None
    assert 55 < wait <= 60
    assert other.turn("huawei", 1.0, None, 100.0) == 0.0


def test_a_provider_that_keeps_failing_is_set_aside_once_and_tried_by_one(tables: list[History]) -> None:
    one, other = tables
    assert [one.failed("tencent") for _ in range(FAILURES_BEFORE_ASIDE)] == [False] * (FAILURES_BEFORE_ASIDE - 1) + [
        True
    ]
    assert not other.failed("tencent")
    assert not other.gate("tencent").go
    assert other.gate("huawei").go
    assert other.answered("tencent")
    assert not one.answered("tencent")
    assert one.gate("tencent").go


def test_a_step_that_is_begun_twice_is_known(tables: list[History]) -> None:
    one, other = tables
    assert one.begin("V1", "send 1")
    assert not other.begin("V1", "send 1")
    assert other.begin("V1", "send 2")


def test_the_same_form_is_written_down_once(tables: list[History]) -> None:
    one, other = tables
    assert one.accept("V1", "tencent", "U1", {"account": "a"}, None)
    assert not other.accept("V1", "tencent", "U1", {"account": "a"}, None)


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
