"""Who may work on a database, and who is gone: locks that die with the process that holds them, without any clock."""

from __future__ import annotations

import contextlib
import fcntl
import time
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


BOT = "run"
"""The command that is the bot."""

TRIES, APART_SECONDS = 4, 0.05
"""Who only looks whether a file is free (`holder`) holds it for a moment: nobody is refused for that."""


class AlreadyRunning(Exception):
    """Another process runs on the same SQLite file; `command` is which: `run`, `import`, `create`."""

    def __init__(self, said: str, command: str = BOT) -> None:
        self.command = command
        super().__init__(said)


def claim_file(url: str, command: str = BOT) -> IO[str]:
    """One process per SQLite file, by flock; what it is stands in the file. Raises AlreadyRunning."""
    path = sa.make_url(url).database or "newhire.sqlite"
    # Not "w": that would empty it, whoever holds it.
    file = Path(path + ".lock").open("a+")  # noqa: SIM115 - held for the life of the process
    for left in reversed(range(TRIES)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                time.sleep(APART_SECONDS)
        else:
            file.truncate(0)
            file.write(command)
            file.flush()
            return file
    with file:
        file.seek(0)
        raise _already_running(path, file.read())


def _already_running(path: str, command: str) -> AlreadyRunning:
    if command in ("", BOT):
        return AlreadyRunning(
            f"Another newhire runs on {path}. Stop it, or give this one its own NEWHIRE_DATABASE_URL "
            "(several processes share one PostgreSQL, not one SQLite file)."
        )
    return AlreadyRunning(
        f"`newhire {command}` is at work on {path}. Press Ctrl-C there, start the bot, and give the same command again: "
        "then the bot does the work.",
        command,
    )


def holder(url: str) -> str | None:
    """Which command is at work on an SQLite file now; None: none. Raises OSError."""
    path = Path((sa.make_url(url).database or "newhire.sqlite") + ".lock")
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            return file.read() or BOT
    return None


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
