"""The engine's clock on every SQLite that the Pythons we promise come with."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.database import database
from bot.store.sqlite_compat import register


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:")
    register(opened)
    yield opened
    opened.close()


def asked(connection: sqlite3.Connection, expression: str) -> object:
    return connection.execute(f"SELECT {expression}").fetchone()[0]


@pytest.mark.parametrize("word", ["subsec", "subsecond"])
def test_the_time_has_milliseconds(connection: sqlite3.Connection, word: str) -> None:
    before = time.time()
    now = asked(connection, f"unixepoch('{word}')")
    assert isinstance(now, float)
    assert before - 0.001 <= now <= time.time() + 0.001


def test_it_is_a_default_of_a_column_as_in_the_engines_tables(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (id INTEGER, at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))")
    connection.execute("INSERT INTO t (id) VALUES (1)")
    assert abs(float(str(asked(connection, "(SELECT at FROM t)"))) / 1000 - time.time()) < 60


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 38), reason="SQLite's own unixepoch came with 3.38")
@pytest.mark.parametrize("arguments", ["", "'now'", "'now', '+1 day'"])
def test_its_other_uses_stay_those_of_sqlite(connection: sqlite3.Connection, arguments: str) -> None:
    untouched = sqlite3.connect(":memory:")
    difference = int(str(asked(connection, f"unixepoch({arguments})"))) - int(
        str(asked(untouched, f"unixepoch({arguments})"))
    )
    untouched.close()
    assert abs(difference) <= 60


@pytest.mark.parametrize(
    ("argument", "seconds"),
    [("'2020-01-01'", 1577836800), ("'2020-01-01 00:00:01.9'", 1577836801), ("'yesterday-ish'", None), ("NULL", None)],
)
def test_a_date_is_read_as_sqlite_reads_it(connection: sqlite3.Connection, argument: str, seconds: int | None) -> None:
    assert asked(connection, f"unixepoch({argument})") == seconds


def test_every_connection_of_our_database_has_it(tmp_path: Path) -> None:
    engine = database(f"sqlite:///{tmp_path / 'newhire.sqlite'}")
    with engine.connect() as one, engine.connect() as two:
        for each in (one, two):
            assert each.execute(sa.text("SELECT unixepoch('subsec')")).scalar_one() is not None
    engine.dispose()
