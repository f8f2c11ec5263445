"""SQLite under many threads: who writes waits for their turn, and for the disk unless what they write may be lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.database import database, forgetful, insert_once
from bot.store.migrate import migrate
from bot.store.tables import SAID

THREADS, TIMES = 8, 25
FULL, NORMAL = 2, 1
"""https://sqlite.org/pragma.html#pragma_synchronous"""


@pytest.fixture
def pools(tmp_path: Path) -> Iterator[list[sa.Engine]]:
    """One file, as the runs and as the front door have it."""
    made = [database(f"sqlite:///{tmp_path / 'newhire.sqlite'}") for _ in range(2)]
    migrate(made[0])
    yield made
    for engine in made:
        engine.dispose()


def said(engine: sa.Engine, key: str) -> int:
    with engine.begin() as connection:
        connection.execute(insert_once(engine, SAID, key=key, at=1.0))
        return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def test_nobody_who_writes_finds_the_file_locked(pools: list[sa.Engine]) -> None:
    """SQLite itself is told not to wait at all: two who write at once would be told so."""
    for engine in pools:
        sa.event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=0"))

    def write(thread: int) -> None:
        for number in range(TIMES):
            said(pools[thread % 2], f"{thread}/{number}")

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(write, range(THREADS)))
    with pools[0].connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(SAID)).scalar_one() == THREADS * TIMES


def test_whoever_fails_gives_up_their_turn(pools: list[sa.Engine]) -> None:
    def twice() -> None:
        with pools[0].begin() as connection:
            for _ in range(2):
                connection.execute(sa.insert(SAID).values(key="a", at=1.0))

    with pytest.raises(sa.exc.IntegrityError):
        twice()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(said, pools[1], "b").result(timeout=10)
    with pools[0].connect() as connection:
        assert connection.execute(sa.select(SAID.c.key)).scalars().all() == ["b"]


def test_the_disk_is_waited_for_unless_it_may_be_forgotten(pools: list[sa.Engine]) -> None:
    engine = pools[0]
    assert said(engine, "kept") == FULL
    with forgetful():
        assert said(engine, "lost") == NORMAL
        with forgetful(False):
            assert said(engine, "kept within") == FULL
        with ThreadPoolExecutor(1) as other:
            assert other.submit(said, engine, "another thread's").result() == FULL
        assert said(engine, "lost again") == NORMAL
    assert said(engine, "kept again") == FULL


def test_what_is_there_is_left_alone(pools: list[sa.Engine]) -> None:
    with pools[0].begin() as connection:
        counts = [
            connection.execute(insert_once(pools[0], SAID, key=key, at=at)).rowcount
            for key, at in (("a", 1.0), ("a", 2.0), ("b", 3.0))
        ]
        rows = connection.execute(sa.select(SAID.c.key, SAID.c.at).order_by(SAID.c.key)).all()
    assert (counts, rows) == ([1, 0, 1], [("a", 1.0), ("b", 3.0)])
