"""Opens the database: SQLite in one file, or PostgreSQL; one pool for the engine and for our own tables."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import sqlite_compat

log = logging.getLogger(__name__)


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
    engine = sa.create_engine(url, pool_size=2, max_overflow=0, pool_timeout=30)

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: object) -> None:
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
    return sa.literal_column("extract(epoch from clock_timestamp())::float8", sa.Float)


def insert_once(engine: sa.Engine, table: sa.Table, **row: object) -> Any:
    """INSERT that leaves a row that is there already; its `rowcount` tells which it was."""
    insert = sqlite.insert(table) if is_sqlite(engine) else postgresql.insert(table)
    # SQLAlchemy asks PostgreSQL for the row count of an INSERT only when it is told to.
    return insert.values(**row).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


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
