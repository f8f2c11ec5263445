"""The database: whether it opens, whose version it is, whether it takes writing, its key, and what waits in it. It is left as it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from bot.doctor.findings import Finding, Mark
from bot.logs import Masked
from bot.settings import secrets_of
from bot.store import opening
from bot.store.cipher import Cipher, Unreadable
from bot.store.database import database
from bot.store.incidents import SET_UP
from bot.store.lock import BOT, holder
from bot.store.migrate import NEWEST, version_of
from bot.store.requests import Requests
from bot.store.tables import CIPHER_SAMPLE, INCIDENTS, OUTBOX, RECORDS, REQUESTS

PATIENCE = 2.0
"""Seconds for a lock that somebody else holds."""
LITTLE, TOO_LITTLE = 1_000_000_000, 100_000_000
"""Bytes of free disk that are worth a word, and with which work soon stops."""
LARGE_WAL = 200_000_000
OPENED = 20
"""Stored texts that are tried with the key."""
UNTOLD_SECONDS = 3600.0

_ERRORS = (sa.exc.SQLAlchemyError, psycopg.Error, sqlite3.Error, OSError)


@dataclass(frozen=True)
class Stored:
    """What the settings say of it; `keys` is None where NEWHIRE_SECRET_KEY is wrong."""

    url: str
    keys: Sequence[str] | None
    give_up_hours: float = 24.0


def look(stored: Stored) -> Iterator[Finding]:
    """All of it, as far as it gets."""
    file = opening.file_of(stored.url)
    if file is not None:
        yield _disk(file)
        if not file.exists():
            yield _to_be_made(file)
            yield from _no_key(stored)
            return
    engine = database(stored.url, patience=PATIENCE)
    try:
        version = version_of(engine)
        yield Finding("database.open", "ok", f"{_what(engine, file)}.")
        yield _migrations(version)
        if version == NEWEST:
            yield _writing(stored, engine)
            yield from _key(stored, engine)
            yield _work(stored, engine)
            yield _untold(engine)
            yield _incidents(engine)
    except _ERRORS as error:
        yield Finding(
            "database.open",
            "bad",
            f"NEWHIRE_DATABASE_URL does not work: {_why(stored, error)}.",
            _mending(stored, error),
        )
    finally:
        engine.dispose()


def brief(url: str) -> Iterator[Finding]:
    """What is worth saying at every start of a bot: what would stop it later."""
    file = opening.file_of(url)
    if file is not None:
        yield _disk(file)


def running(url: str) -> bool:
    """Whether a newhire works on this database now; False also when that cannot be said."""
    file = opening.file_of(url)
    if file is None:
        return _session_locks(url)
    if not Path(f"{file}.lock").exists():
        return False
    # A command of the shell that is at work has no connection to Slack.
    with contextlib.suppress(OSError):
        return holder(url) == BOT
    return False


def _session_locks(url: str) -> bool:
    """A process of newhire holds one of PostgreSQL's advisory locks as long as it lives."""
    mine = "database = (select oid from pg_database where datname = current_database())"
    query = f"select count(*) from pg_locks where locktype = 'advisory' and {mine}"  # noqa: S608 - nothing of anybody's is in it
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = connection.execute(query).fetchone()
    except psycopg.Error:
        return False
    return bool(found and found[0])


# --- before anything is in it


def _to_be_made(file: Path) -> Finding:
    if not file.parent.is_dir():
        said = f"NEWHIRE_DATABASE_URL does not work: there is no folder {file.parent.absolute()}."
        return Finding("database.open", "bad", said, "Make the folder, or name another file.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        said = f"NEWHIRE_DATABASE_URL does not work: nothing can be written into {file.parent.absolute()}."
        return Finding(
            "database.open", "bad", said, "Let the user that newhire runs as write there, or name another file."
        )
    return Finding("database.open", "ok", f"{file.absolute()} is not there yet: `newhire run` makes it.")


def _disk(file: Path) -> Finding:
    folder = next(each for each in (file.absolute(), *file.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(folder).free
    mark: Mark = "bad" if free < TOO_LITTLE else "warn" if free < LITTLE else "ok"
    mending = "" if mark == "ok" else "Make room on this disk, or put the database on another one."
    return Finding("database.disk", mark, f"{_size(free)} are free where the database is.", mending)


def _no_key(stored: Stored) -> Iterator[Finding]:
    if stored.keys is not None and not stored.keys:
        said = "NEWHIRE_SECRET_KEY is not set: what people type, passwords included until they are sent, can be read in the database."
        yield Finding("database.key", "warn", said, "Set it; `newhire key` prints one.")
    elif stored.keys:
        yield Finding("database.key", "ok", "NEWHIRE_SECRET_KEY is set.")


# --- what is in it


def _what(engine: sa.Engine, file: Path | None) -> str:
    with engine.connect() as connection:
        if file is None:
            number = connection.exec_driver_sql("show server_version").scalar_one()
            size = connection.exec_driver_sql("select pg_database_size(current_database())").scalar_one()
            return f"PostgreSQL {number} answers; the database has {_size(int(size))}"
        connection.exec_driver_sql("select count(*) from sqlite_master")
    wal = Path(f"{file}-wal")
    waiting = wal.stat().st_size if wal.exists() else 0
    large = " (it is written back when nobody reads)" if waiting > LARGE_WAL else ""
    return f"{file} opens: {_size(file.stat().st_size)}, and {_size(waiting)} in its log{large}"


def _migrations(version: str | None) -> Finding:
    name = "database.migrations"
    if version == NEWEST:
        return Finding(name, "ok", f"Its tables are those of this version ({version}).")
    if version is not None and version > NEWEST:
        said = f"It was used by a newer version of newhire (tables {version}, and this one knows {NEWEST})."
        return Finding(
            name, "bad", said, "Run that version again, or give this one a database of its own (NEWHIRE_DATABASE_URL)."
        )
    said = f"Its tables are older ({version or 'none of ours'}): the next `newhire run` brings them to {NEWEST}."
    return Finding(name, "warn", said, "Make a backup, then start `newhire run`.")


def _writing(stored: Stored, engine: sa.Engine) -> Finding:
    """With a change that changes nothing."""
    nothing = sa.update(CIPHER_SAMPLE).where(CIPHER_SAMPLE.c.id < 0).values(sample="")
    try:
        with engine.connect() as connection:
            connection.execute(nothing)
            connection.rollback()
    except _ERRORS as error:
        mending = "Let the user that newhire runs as write there; end what holds it locked."
        return Finding("database.write", "bad", f"The database takes no writing: {_why(stored, error)}.", mending)
    return Finding("database.write", "ok", "The database takes writing.")


def _key(stored: Stored, engine: sa.Engine) -> Iterator[Finding]:
    if stored.keys is None:
        return
    cipher = Cipher(stored.keys)
    newest = sa.select(RECORDS.c.content).order_by(sa.desc(RECORDS.c.request_id)).limit(OPENED)
    try:
        Requests(engine, cipher).open_sample()
        with engine.connect() as connection:
            for content in connection.execute(newest).scalars():
                cipher.decrypt(content)
    except Unreadable as problem:
        mending = "Put the old key back, behind the new one: NEWHIRE_SECRET_KEY=new,old."
        yield Finding("database.key", "bad", f"{str(problem).partition(':')[0]}.", mending)
        return
    yield from _no_key(stored)


def _work(stored: Stored, engine: sa.Engine) -> Finding:
    query = sa.select(sa.func.count(), sa.func.min(REQUESTS.c.accepted_at)).where(REQUESTS.c.state != "done")
    with engine.connect() as connection:
        many, oldest = connection.execute(query).one()
    if not many:
        return Finding("database.work", "ok", "No request is under way.")
    hours = (time.time() - oldest) / 3600
    said = f"{many} under way, the oldest request for {_hours(hours)}."
    if hours > stored.give_up_hours + 1:
        mending = "Is `newhire run` running? Its log says what it waits for."
        return Finding("database.work", "warn", said, mending)
    return Finding("database.work", "ok", said)


def _untold(engine: sa.Engine) -> Finding:
    query = sa.select(sa.func.count(), sa.func.min(OUTBOX.c.created_at)).where(OUTBOX.c.told < OUTBOX.c.version)
    with engine.connect() as connection:
        many, oldest = connection.execute(query).one()
    if not many:
        return Finding("database.untold", "ok", "Everything that is to be told is told.")
    said = f"{many} messages are not told yet, the oldest for {_hours((time.time() - oldest) / 3600)}."
    if time.time() - oldest > UNTOLD_SECONDS:
        return Finding("database.untold", "warn", said, "Is `newhire run` running, and does Slack take its messages?")
    return Finding("database.untold", "ok", said)


def _incidents(engine: sa.Engine) -> Finding:
    row = INCIDENTS.c
    query = sa.select(row.provider, row.cause, row.since).where(row.resolved_at.is_(None), row.provider != SET_UP)
    with engine.connect() as connection:
        open_ = connection.execute(query).all()
    if not open_:
        return Finding("database.incidents", "ok", "No incident is open.")
    now = time.time()
    said = "; ".join(f"{provider} ({cause}, for {_hours((now - since) / 3600)})" for provider, cause, since in open_)
    return Finding(
        "database.incidents",
        "warn",
        f"Incidents are open: {said}.",
        "Their messages in the admin channel say what to do.",
    )


# --- words


def _why(stored: Stored, error: Exception) -> str:
    return Masked(secrets_of(stored.url)).mask(opening.why(stored.url, error))


def _mending(stored: Stored, error: Exception) -> str:
    if opening.file_of(stored.url) is None:
        return "Look at host, port, user, password and name in NEWHIRE_DATABASE_URL, and at the server."
    if "locked" in str(error):
        return "End what holds it locked: another program, or a backup that copies it."
    return "Name a file of newhire's in NEWHIRE_DATABASE_URL, or restore a backup."


def _hours(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
