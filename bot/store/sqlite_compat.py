"""What the engine asks of SQLite and older ones lack.

From Python 3.12 on DBOS takes the time from `unixepoch('subsec')` (dbos/_migration.py, 3.4.0), a word that SQLite learned in
3.42 (https://www.sqlite.org/releaselog/3_42_0.html, 2023-05-16); Debian 12 has 3.40.1, where it is NULL, in the defaults of
DBOS's tables too. Python's version says nothing about SQLite's, so every connection is given the function.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time

SUBSECOND = ("subsec", "subsecond")


def register(connection: sqlite3.Connection) -> None:
    """`unixepoch` with `subsec` for this connection, where its SQLite lacks it; elsewhere nothing."""
    if sqlite3.sqlite_version_info < (3, 42):
        # Of one argument only: with none, or with two, it is still SQLite's own.
        connection.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(when: object) -> float | int | None:
    """Seconds since 1970: of now with milliseconds, or of any other time that SQLite reads, in whole ones."""
    if when in SUBSECOND:
        return round(time.time(), 3)
    with contextlib.closing(sqlite3.connect(":memory:")) as asked:
        (seconds,) = asked.execute("SELECT CAST(strftime('%s', ?) AS INTEGER)", (when,)).fetchone()
    return None if seconds is None else int(seconds)
