"""Opens the database: SQLite in one file, or PostgreSQL; one pool for the engine and for our own tables."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

import sqlalchemy as sa

from bot.store import sqlite_compat

log = logging.getLogger(__name__)

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN IMMEDIATE")
"""Before the first four pysqlite begins a transaction that writes, if there is none; the last is ours. A bare BEGIN only reads."""

_writers: dict[str, threading.Lock] = defaultdict(threading.Lock)
"""For each file who of this process writes. Who finds SQLite's own lock taken sleeps, longer and longer up to 0.1 s, and whoever
comes meanwhile is served before (https://sqlite.org/c3ref/busy_timeout.html): ten threads would mostly sleep."""


class _Thread(threading.local):
    forgetful = False


_thread = _Thread()


@contextlib.contextmanager
def forgetful(on: bool = True) -> Iterator[None]:
    """What this thread writes to SQLite meanwhile may be lost with the machine's power, though not with the process: the disk is
    not waited for. For what is done again, or does not matter, when it is lost; and nothing that people or vendors see may
    depend on it. The next that is waited for takes all before it along (https://sqlite.org/pragma.html#pragma_synchronous).
    """
    before, _thread.forgetful = _thread.forgetful, on
    try:
        yield
    finally:
        _thread.forgetful = before


def forget_from_now_on(on: bool) -> None:
    """The same, until this thread says otherwise."""
    _thread.forgetful = on


class _Connection(sqlite3.Connection):
    """One that waits for its turn to write, and gives it up when its transaction ends: the pool ends every one by a rollback."""

    turn: threading.Lock
    patience: float
    mine = False
    forgets = False

    def begin(self) -> None:
        """Before it writes, within a transaction or not."""
        if self.mine:
            return
        # As long as SQLite itself would wait, which then says that the file is locked.
        self.mine = self.turn.acquire(timeout=self.patience)
        if self.forgets != _thread.forgetful:
            self.forgets = _thread.forgetful
            self.execute(f"PRAGMA synchronous={'NORMAL' if self.forgets else 'FULL'}")

    def commit(self) -> None:
        super().commit()
        self._end()

    def rollback(self) -> None:
        super().rollback()
        self._end()

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        if self.mine and not self.in_transaction:
            self.mine = False
            self.turn.release()


def database(url: str, patience: float = 30.0) -> sa.Engine:
    """A pool of connections to `sqlite:///FILE` or `postgresql://...`; nothing is connected before it is used.

    `patience`: the seconds that SQLite waits for whoever else writes.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1),
            pool_size=20,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5},
        )
    # More connections only wait for SQLite's one writer, and unfairly: two keep the time to accept a form short.
    engine = sa.create_engine(url, pool_size=2, max_overflow=0, pool_timeout=30, connect_args={"factory": _Connection})
    turn = _writers[url]

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _wait(connection: sa.Connection, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip()[:15].upper().startswith(WRITES):
            connection.connection.dbapi_connection.begin()  # type: ignore[union-attr] # one of ours

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: _Connection, _record: object) -> None:
        connection.turn, connection.patience = turn, patience
        sqlite_compat.register(connection)
        connection.isolation_level = "IMMEDIATE"
        # WAL: readers and the writer do not wait for each other. secure_delete: a password that left is zeroes.
        for pragma in (
            f"busy_timeout={int(patience * 1000)}",
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def is_sqlite(engine: sa.Engine) -> bool:
    """Whether it is one file with one process, and not a server that several share."""
    return engine.dialect.name == "sqlite"


def now(engine: sa.Engine) -> sa.ColumnElement[float]:
    """The time as the database tells it, in Unix seconds: several machines share one clock, the database's."""
    if is_sqlite(engine):
        return sa.literal_column("(julianday('now') - 2440587.5) * 86400.0", sa.Float)
    return sa.literal_column("cast(extract(epoch from clock_timestamp()) as float8)", sa.Float)


def insert_once(engine: sa.Engine, table: sa.Table, **row: object) -> sa.TextClause:
    """INSERT that leaves a row that is there already; its `rowcount` tells which it was. `row`: values, or literal columns."""
    said = {name: str(value) for name, value in row.items() if isinstance(value, sa.ColumnClause)}
    values = {name: value for name, value in row.items() if name not in said}
    return _once(table.name, tuple(row), tuple(said.items())).bindparams(**values)


@lru_cache
def _once(table: str, names: tuple[str, ...], said: tuple[tuple[str, str], ...]) -> sa.TextClause:
    """As text, the same for both databases: SQLAlchemy compiles an INSERT .. ON CONFLICT of its own anew each time."""
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(dict(said).get(name, f":{name}") for name in names)
    once = sa.text(f'INSERT INTO "{table}" ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING')  # noqa: S608 - our names
    # SQLAlchemy asks PostgreSQL for the row count of an INSERT only when it is told to.
    return once.execution_options(preserve_rowcount=True)


def scrub_or_later(engine: sa.Engine) -> None:
    """The same where a failure must not be one of what came before; the hourly one comes in any case."""
    try:
        scrub(engine)
    except sa.exc.SQLAlchemyError as error:
        log.warning("the database's log could not be emptied now: %s", type(error).__name__)


def scrub(engine: sa.Engine) -> bool:
    """Write SQLite's log back and empty it: deleted texts live on there otherwise. False when a reader needs it still."""
    if not is_sqlite(engine):
        return True
    with engine.connect() as connection:
        # (busy, pages in the log, pages written back); busy is no error here.
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy
