"""Who may work on a database, and who is gone: locks that die with the process that holds them, without any clock."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import sqlalchemy as sa

KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""A host that vanishes without a word is noticed after 25 s."""

_LOCK, _TRY, _FREE = (
    f"select {function}(hashtextextended('newhire:' || %s, 0))"
    for function in ("pg_advisory_lock", "pg_try_advisory_lock", "pg_advisory_unlock")
)


class AlreadyRunning(Exception):
    """Another process runs on the same SQLite file."""


def claim_file(url: str) -> IO[str]:
    """One process per SQLite file, by flock. Raises AlreadyRunning."""
    path = sa.make_url(url).database or "newhire.sqlite"
    file = Path(path + ".lock").open("w")  # noqa: SIM115 - held for the life of the process
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(
            f"Another newhire runs on {path}. Stop it, or give this one its own NEWHIRE_DATABASE_URL "
            "(several processes share one PostgreSQL, not one SQLite file)."
        ) from None
    return file


def claim_postgres(url: str, me: str) -> psycopg.Connection:
    """A session lock named after this process; whoever can take it knows that we are gone."""
    connection = psycopg.connect(url, autocommit=True, options=KEEPALIVE, connect_timeout=5)
    connection.execute(_LOCK, (me,))
    return connection


@contextlib.contextmanager
def gone(connection: psycopg.Connection, other: str) -> Iterator[bool]:
    """Whether another process is gone; while it is looked after here, nobody else does."""
    locked = connection.execute(_TRY, (other,)).fetchone()
    is_gone = bool(locked and locked[0])
    try:
        yield is_gone
    finally:
        if is_gone:
            connection.execute(_FREE, (other,))
