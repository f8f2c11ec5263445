"""Fills a database as a long life would: copies of what the product itself wrote for two requests, each under its own id.

What is sealed is opened, told of the copy, and sealed again; fingerprints and names become other people's; times go back.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.request import handle_of
from bot.store.cipher import Cipher

TABLES = {
    "newhire_requests": "id",
    **{
        f"newhire_{name}": "request_id"
        for name in ("fingerprints", "idempotency_keys", "outbox", "records", "follow_ups", "audit")
    },
    **dict.fromkeys(("workflow_status", "workflow_input", "workflow_output", "operation_outputs"), "workflow_uuid"),
}
"""What holds rows of a request, and the column that says whose. The engine's are the last."""

BACKWARDS = {"accepted_at", "finished_at", "at", "created_at"}
APART_SECONDS = 30.0

_MARK = re.compile(r"[0-9a-f]{64}")

Opened = dict[str, tuple[Any, Callable[[str], str]]]
"""A row: each value in clear, with what seals it again."""


@dataclass(frozen=True)
class Counts:
    """Of requests: to be had in the end."""

    finished: int
    followed_up: int


def fill(file: Path, counts: Counts, key: str) -> None:
    """Copy the finished request (Huawei's), and the one whose account is looked up (Tencent's), until there are so many."""
    cipher = Cipher([key])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.row_factory = sqlite3.Row
        originals = dict(connection.execute("select provider, id from newhire_requests").fetchall())
        for provider, many in (("huawei", counts.finished), ("tencent", counts.followed_up)):
            for name in TABLES:
                copy(connection, name, originals[provider], many - 1, cipher)


def copy(connection: sqlite3.Connection, name: str, original: str, many: int, cipher: Cipher) -> None:
    """So many copies of what that table has of a request. The connection's rows are `sqlite3.Row`s."""
    # A request has several runs: V1, V1~1.
    query = f"select * from {name} where {TABLES[name]} = ? or {TABLES[name]} like ? || '~%'"
    rows = [_opened(row, cipher) for row in connection.execute(query, (original, original))]
    _insert(connection, name, _copies(rows, original, many))


def _opened(row: sqlite3.Row, cipher: Cipher) -> Opened:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates over its values
    sealed = {name for name, value in values.items() if isinstance(value, str) and value.startswith("gAAAA")}
    return {
        name: (cipher.decrypt(value), cipher.encrypt) if name in sealed else (value, _as_it_is)
        for name, value in values.items()
    }


def _as_it_is(text: str) -> str:
    return text


def _copies(rows: list[Opened], original: str, many: int) -> Iterator[dict[str, Any]]:
    for number in range(1, many + 1):
        copy = f"{original}X{number}"
        renamed = {original: copy, handle_of(original): handle_of(copy)}
        for row in rows:
            yield {name: _copied(name, value, renamed, number, seal) for name, (value, seal) in row.items()}


def _copied(name: str, value: Any, renamed: dict[str, str], number: int, seal: Callable[[str], str]) -> Any:
    if isinstance(value, float) and name in BACKWARDS:
        return value - number * APART_SECONDS
    if not isinstance(value, str):
        return value
    if _MARK.fullmatch(value):
        return hashlib.sha256(f"{value}{number}".encode()).hexdigest()
    for old, new in renamed.items():
        value = value.replace(old, new)
    return seal(value)


def _insert(connection: sqlite3.Connection, name: str, rows: Iterator[dict[str, Any]]) -> None:
    """The number of a row in the audit is the database's to give."""
    columns = [row[1] for row in connection.execute(f"pragma table_info({name})")]
    if name == "newhire_audit":
        columns.remove("id")
    marks = ", ".join(f":{column}" for column in columns)
    quoted = ", ".join(f'"{column}"' for column in columns)
    connection.executemany(f"insert into {name} ({quoted}) values ({marks})", rows)
