"""`newhire history` and `newhire forget`: what somebody at the shell reads of the database, and takes out of it.

Both need the settings of the database alone, and work while the bot runs on it.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from bot.engine import Runs
from bot.environment import user
from bot.hire import known_by
from bot.logs import Masked
from bot.request import SHELL
from bot.settings import Misconfigured, Storage, load_storage, secrets_of
from bot.store import opening
from bot.store.audit import Audit, Noted
from bot.store.cipher import Cipher, Unreadable
from bot.store.database import database, is_sqlite
from bot.store.erasure import Erasure, Gone, Kept
from bot.store.migrate import is_current
from bot.store.requests import Requests

NO_KEY = "What is not shown was encrypted with a key that NEWHIRE_SECRET_KEY does not hold."
COLUMNS = (
    "time (UTC)",
    "event",
    "by",
    "provider",
    "request",
    "outcome",
    "code",
    "name",
    "account",
    "phone",
    "email",
    "more",
)
SEEN_APART = COLUMNS[5:-1]

_FORMULA = re.compile(r"(^|[;,|])([\s\"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet takes a cell for a formula; also behind what another country's spreadsheet separates cells by."""


class Cannot(Exception):
    """Why it cannot be done, in sentences for the person at the terminal."""


@dataclass(frozen=True)
class Said:
    """What a command has to say, and its exit code."""

    lines: tuple[str, ...]
    code: int = 0


# newhire history


def history(since: dt.datetime | None, until: dt.datetime | None, *, as_csv: bool) -> Iterator[str]:
    """The audit in lines, the newest last: a table, or CSV. Raises Cannot; at the end, when a key was missing for some."""
    with _opened() as (engine, cipher, _):
        rows = Audit(engine, cipher).read(since=_seconds(since), until=_seconds(until))
        hidden = False
        if as_csv:
            # Excel takes a file without this mark for one in the machine's old encoding.
            yield "\ufeff" + ",".join(COLUMNS)
        for row in rows:
            hidden |= not row.readable
            yield _csv(row) if as_csv else _line(row)
        if hidden:
            raise Cannot(NO_KEY)


def _line(row: Noted) -> str:
    words = ", ".join(f"{name}: {text}" for name, text in {**row.facts, **row.detail}.items())
    cells = f"{row.event:<11} {row.actor:<12} {row.provider or '-':<8} {row.request_id or '-':<14}"
    return f"{_time(row.at)}  {_plain(cells)} {_plain(words)}".rstrip()


def _csv(row: Noted) -> str:
    words = {**row.facts, **row.detail}
    more = "; ".join(f"{name}: {text}" for name, text in words.items() if name not in SEEN_APART)
    cells = [
        row.event,
        row.actor,
        row.provider or "",
        row.request_id or "",
        *(words.get(name, "") for name in SEEN_APART),
    ]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([_time(row.at), *(inert(cell) for cell in [*cells, more])])
    return line.getvalue()


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (owasp.org, CSV Injection): an apostrophe before what would begin one."""
    return _FORMULA.sub(r"\1\2'", _plain(cell))


def _plain(text: str) -> str:
    """Without what would move a terminal's cursor, or end a line."""
    return "".join(char if char.isprintable() else " " for char in text)


def _seconds(when: dt.datetime | None) -> float | None:
    return None if when is None else when.timestamp()


def _time(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M:%S}"


# newhire forget


def forget(who: str, provider: str | None, sure: Callable[[str], bool]) -> Said:
    """Take a person, by account, phone or e-mail, out of the database once `sure` has agreed to what is shown. Raises Cannot."""
    with _opened() as (engine, cipher, storage):
        try:
            Requests(engine, cipher).open_sample()
        except Unreadable as problem:
            # The fingerprints would be others, and nobody would be found.
            raise Cannot(str(problem)) from None
        erasure = Erasure(engine, cipher, Runs(engine))
        if provider is not None and provider not in (kept := erasure.providers()):
            raise Cannot(f"No request to {provider} is kept; there are some to: {', '.join(kept) or 'nobody'}.")
        found = erasure.find(known_by(who, storage.region), provider)
        done, busy = [each for each in found if each.done], [each for each in found if not each.done]
        listed = erasure.in_lists([each.id for each in done], known_by(who, storage.region))
        if (done or listed) and not sure(_question(who, done, busy, listed)):
            return Said(("Nothing was deleted.",), 1)
        gone = erasure.forget([each.id for each in done], f"{SHELL}{user()}", known_by(who, storage.region))
        return _told(who, gone, busy, sqlite=is_sqlite(engine))


def _question(who: str, done: list[Kept], busy: list[Kept], listed: int) -> str:
    lines = [f"Kept about {_plain(who)}, and under the same account, phone or email:", *map(_request, done)]
    if busy:
        lines += ["Under way, and not touched:", *map(_request, busy)]
    what = [_many(len(done), "request")] if done else []
    what += [f"{_many(listed, 'row')} of lists that were given in"] if listed else []
    return "\n".join([*lines, f"Delete what is kept of {' and '.join(what)}?"])


def _request(kept: Kept) -> str:
    person = " ".join(_plain(word) for word in kept.words.values())
    return f"  {_time(kept.accepted_at)}  {kept.provider}  {kept.kind or 'no outcome yet'}  asked by {kept.requester}  {person}".rstrip()


def _told(who: str, gone: Gone, busy: list[Kept], *, sqlite: bool) -> Said:
    lines = [f"Nothing that has ended is kept about {_plain(who)}."]
    if gone.requests:
        lines = [
            f"Deleted: {_many(gone.requests, 'request')} with fingerprints, messages, records, buttons pressed and follow-ups; "
            f"{_many(gone.runs, 'stored run')}; what {_many(gone.entries, 'entry', 'entries')} of the audit said about the person.",
            "Kept in the audit: who asked when, what came of it, and that somebody was forgotten.",
            "Not touched: the account at the provider, messages in Slack, backups.",
        ]
    if gone.rows:
        lines.append(f"Deleted: {_many(gone.rows, 'row')} of lists that were given in.")
    if gone.homes:
        lines.append(
            f"{_many(gone.homes, 'Home tab')} of newhire may still name the person: the bot draws them anew within two "
            "minutes, or when it is next started."
        )
    if gone.requests and not sqlite:
        lines.append("PostgreSQL keeps deleted rows in its files until it vacuums, and in its archives.")
    if busy:
        lines.append(
            f"Still under way and not touched: {_many(len(busy), 'request')}. Run this again when it has ended."
        )
    if not gone.rewritten:
        lines.append("The database was too busy to be written anew: traces may be left in its file. Run this again.")
    return Said(tuple(lines), 1 if busy or not gone.rewritten else 0)


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"


# The database.


@contextlib.contextmanager
def _opened() -> Iterator[tuple[sa.Engine, Cipher, Storage]]:
    """The database as it is: neither made nor migrated here. Raises Cannot."""
    os.umask(0o077)
    try:
        storage = load_storage()
    except Misconfigured as problem:
        raise Cannot(str(problem)) from None
    url, file = storage.url, opening.file_of(storage.url)
    if file is not None and not file.exists() and file.parent.is_dir():
        raise Cannot(f"There is no database {file.absolute()}: see NEWHIRE_DATABASE_URL.")
    engine = database(url)
    try:
        if not is_current(engine):
            raise Cannot(
                "The database is as another version of newhire left it: start `newhire run` of this one first."
            )
        yield engine, Cipher(storage.keys), storage
    except sa.exc.SQLAlchemyError as error:
        why = Masked(secrets_of(url)).mask(opening.why(url, error))
        raise Cannot(f"NEWHIRE_DATABASE_URL does not work: {why}.") from None
    finally:
        engine.dispose()
