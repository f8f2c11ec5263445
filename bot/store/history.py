"""Who asked for whom, where, when, and what came of it; and what all processes must agree on about a provider.

A few small tables beside the engine's own, in the same database (SQLite or PostgreSQL). They hold no name, phone or e-mail
in clear: people are recognised by one-way marks, passwords are sealed and leave with the outcome.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import sqlite_compat
from bot.store.cipher import Cipher

_tables = sa.MetaData()

_requests = sa.Table(
    "newhire_requests",
    _tables,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("channel", sa.Text),
    sa.Column("ts", sa.Text),
    sa.Column("state", sa.Text, nullable=False),  # accepted | waiting | done
    sa.Column("kind", sa.Text),
    sa.Column("accepted_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    sa.Index("newhire_requests_line", "provider", "state", "accepted_at"),
)
_marks = sa.Table(
    "newhire_marks",
    _tables,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Index("newhire_marks_mark", "mark"),
)
_sends = sa.Table(
    "newhire_sends",
    _tables,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)
_passwords = sa.Table(
    "newhire_passwords",
    _tables,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)
_cipher = sa.Table(
    "newhire_seal",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sample", sa.Text, nullable=False),
)
_providers = sa.Table(
    "newhire_providers",
    _tables,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("next_at", sa.Float, nullable=False, server_default="0"),  # when the next call on the wire may go
    sa.Column("day", sa.Integer, nullable=False, server_default="0"),
    sa.Column("calls", sa.Integer, nullable=False, server_default="0"),  # on that day
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # in a row
    sa.Column("failing_since", sa.Float),
    sa.Column("aside", sa.Integer, nullable=False, server_default="0"),
    sa.Column("probe_at", sa.Float, nullable=False, server_default="0"),
)

BEGUN = "announce"
"""What every request does first (`begin`)."""

_EARLIER = (
    sa.select(_requests)
    .join(_marks, _marks.c.request_id == _requests.c.id)
    .where(
        _marks.c.mark.in_(sa.bindparam("marks", expanding=True)),
        _requests.c.id != sa.bindparam("request_id"),
        sa.or_(
            _requests.c.state != "done",
            sa.and_(
                _requests.c.kind.in_(("Created", "ActionRequired", "AlreadyExists", "OutcomeUnknown")),
                _requests.c.finished_at > sa.bindparam("since"),
            ),
        ),
    )
    .order_by(_requests.c.accepted_at.desc())
    .limit(1)
)
"""Built once: a person waits for it."""

FAILURES_BEFORE_ASIDE = 5
PROBE_SECONDS = (5.0, 60.0)
"""How long a provider that is set aside is left alone: first, and at most."""


@dataclass(frozen=True)
class Earlier:
    """A request for the same person: who asked, when (Unix seconds), where it is talked about, and what came of it."""

    id: str
    requester: str
    accepted_at: float
    channel: str | None
    ts: str | None
    kind: str | None


@dataclass(frozen=True)
class Gate:
    """Whether a call to the provider may go now. If not: seconds until it is worth asking again, and since when."""

    go: bool
    wait: float = 0.0
    since: float | None = None


def database(url: str) -> sa.Engine:
    """The one pool of connections, for the engine and for these tables."""
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
        connection.isolation_level = "IMMEDIATE"
        sqlite_compat.register(connection)
        # WAL: readers and the writer do not wait for each other. secure_delete: a password that left is zeroes.
        for pragma in (
            "busy_timeout=30000",
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class History:
    """The tables. Every method is one short transaction; times are Unix seconds."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, front: sa.Engine | None = None) -> None:
        """`front` has connections of its own for the two calls that a person waits for (`earlier`, `accept`)."""
        self.engine, self.cipher, self.front = engine, cipher, front or engine
        self._sqlite = engine.dialect.name == "sqlite"
        # Several machines share one clock, the database's; one SQLite file has one machine.
        self._now: Any = (
            sa.literal_column("(julianday('now') - 2440587.5) * 86400.0")
            if self._sqlite
            else sa.literal_column("extract(epoch from clock_timestamp())::float8")
        )

    def create(self, providers: Iterable[str]) -> None:
        """The tables, and a row for each provider. Safe to call at every start, from several processes."""
        with self.engine.begin() as connection:
            if not self._sqlite:
                connection.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('newhire:tables', 0))"))
            _tables.create_all(connection)
            for provider in providers:
                connection.execute(self._insert(_providers, {"provider": provider}))

    def check_cipher(self) -> None:
        """Raises cipher.Unreadable when what is stored here was sealed with a key that we do not have."""
        with self.engine.begin() as connection:
            sample = connection.execute(sa.select(_cipher.c.sample)).scalar_one_or_none()
            if sample is not None:
                self.cipher.decrypt(sample)
            row = {"id": 1, "sample": self.cipher.encrypt("newhire")}
            connection.execute(self._insert(_cipher, row))
            connection.execute(sa.update(_cipher).values(sample=row["sample"]))

    # One request's life.

    def accept(
        self, request_id: str, provider: str, requester: str, identity: Mapping[str, str], password: str | None
    ) -> bool:
        """Write a request down; False when it was written down before (the same form again)."""
        row = {
            "id": request_id,
            "provider": provider,
            "requester": requester,
            "state": "accepted",
            "accepted_at": time.time(),
        }
        with self.front.begin() as connection:
            if connection.execute(self._insert(_requests, row)).rowcount == 0:
                return False
            marks = {self._mark(provider, key, value)[0] for key, value in identity.items()}
            if marks:
                rows = [{"request_id": request_id, "mark": mark} for mark in sorted(marks)]
                connection.execute(_marks.insert(), rows)
            if password is not None:
                sealed = {"request_id": request_id, "sealed": self.cipher.encrypt(password)}
                connection.execute(self._insert(_passwords, sealed))
        return True

    def earlier(
        self, request_id: str, provider: str, identity: Mapping[str, str], within: float = 86400.0
    ) -> Earlier | None:
        """The newest other request for the same person at the same provider that is under way, or done in the last day.

        A request that failed is none: asking again after a failure is what people should do.
        """
        marks = [mark for key, value in identity.items() for mark in self._mark(provider, key, value)]
        values = {"marks": marks, "request_id": request_id, "since": time.time() - within}
        with self.front.connect() as connection:
            row = connection.execute(_EARLIER, values).mappings().first()
        return (
            Earlier(*(row[key] for key in ("id", "requester", "accepted_at", "channel", "ts", "kind"))) if row else None
        )

    def ahead(self, request_id: str, provider: str, identity: Mapping[str, str]) -> bool:
        """Whether a request for the same person at the same provider was begun before this one and is still under way.

        Two at once could both find nobody there, or one fail while the other creates: they go one after the other.
        What was written down and never begun (the person was told "not confirmed") holds nobody up.
        """
        marks = [mark for key, value in identity.items() for mark in self._mark(provider, key, value)]
        me, other = _sends.alias("me"), _sends.alias("other")
        query = (
            sa.select(other.c.request_id)
            .join(_requests, _requests.c.id == other.c.request_id)
            .join(_marks, _marks.c.request_id == other.c.request_id)
            .join(me, sa.and_(me.c.request_id == request_id, me.c.what == other.c.what))
            .where(
                _marks.c.mark.in_(marks),
                other.c.what == BEGUN,
                other.c.request_id != request_id,
                _requests.c.state != "done",
                sa.tuple_(other.c.at, other.c.request_id) < sa.tuple_(me.c.at, me.c.request_id),
            )
            .limit(1)
        )
        with self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def password(self, request_id: str) -> str | None:
        """The password that was typed, while it is held. Raises cipher.Unreadable."""
        with self.engine.connect() as connection:
            sealed = connection.execute(
                sa.select(_passwords.c.sealed).where(_passwords.c.request_id == request_id)
            ).scalar_one_or_none()
        return None if sealed is None else self.cipher.decrypt(sealed)

    def begin(self, request_id: str, what: str) -> bool:
        """Write down that something is about to be done once; False when that was written down before.

        A step of the workflow runs again after a crash: this is how it knows that it may have happened already.
        """
        with self.engine.begin() as connection:
            row = {"request_id": request_id, "what": what, "at": self._now}
            return connection.execute(self._insert(_sends, row)).rowcount == 1

    def placed(self, request_id: str, channel: str | None, ts: str | None) -> None:
        """Where the request's message stands, for a link to it."""
        self._set(request_id, channel=channel, ts=ts)

    def place(self, request_id: str) -> dict[str, str] | None:
        """Where the request's message stands, if that was written down."""
        query = sa.select(_requests.c.channel, _requests.c.ts).where(_requests.c.id == request_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return {"channel": row[0], "ts": row[1]} if row and row[1] else None

    def waiting(self, request_id: str) -> None:
        """The request stands in line, until it is finished."""
        self._set(request_id, state="waiting")

    def finish(self, request_id: str, kind: str) -> None:
        """The outcome is final: it is written down, and the password is gone from the file, its log included."""
        with self.engine.begin() as connection:
            held = connection.execute(sa.delete(_passwords).where(_passwords.c.request_id == request_id)).rowcount
            connection.execute(
                sa.update(_requests)
                .where(_requests.c.id == request_id)
                .values(state="done", kind=kind, finished_at=time.time())
            )
        if held:
            self.scrub()

    def scrub(self) -> None:
        """Write SQLite's log back and empty it: deleted texts live on there otherwise."""
        if not self._sqlite:
            return
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def forget(self, older_than: float) -> list[str]:
        """Delete what was finished before that time; the ids of those requests."""
        old = sa.select(_requests.c.id).where(_requests.c.state == "done", _requests.c.finished_at < older_than)
        with self.engine.begin() as connection:
            ids = list(connection.execute(old.limit(1000)).scalars())
            for table in (_marks, _sends, _passwords):
                connection.execute(sa.delete(table).where(table.c.request_id.in_(ids)))
            connection.execute(sa.delete(_requests).where(_requests.c.id.in_(ids)))
        return ids

    def drop_unconfirmed(self, older_than: float) -> None:
        """Delete what was written down and never begun: the person read "not confirmed" and did not send it again."""
        begun = sa.exists().where(_sends.c.request_id == _requests.c.id)
        stale = sa.select(_requests.c.id).where(
            _requests.c.state == "accepted", _requests.c.accepted_at < older_than, ~begun
        )
        with self.engine.begin() as connection:
            ids = list(connection.execute(stale).scalars())
            for table in (_marks, _passwords):
                connection.execute(sa.delete(table).where(table.c.request_id.in_(ids)))
            connection.execute(sa.delete(_requests).where(_requests.c.id.in_(ids)))

    # What all processes agree on about a provider.

    def turn(self, provider: str, gap: float, daily: int | None, longest: float) -> float | None:
        """Take the next turn on the provider's wire: seconds until it comes. Turns are `gap` seconds apart.

        None, and no turn is taken, when it would come later than in `longest` seconds or the day's calls are used up.
        """
        now, row = self._now, _providers.c
        today = sa.cast(now / 86400.0, sa.Integer)
        start = sa.case((row.next_at > now, row.next_at), else_=now)
        calls = sa.case((row.day == today, row.calls), else_=0)
        update = sa.update(_providers).where(row.provider == provider, start - now <= longest)
        if daily is not None:
            update = update.where(calls < daily)
        taken = update.values(next_at=start + gap, calls=calls + 1, day=today).returning(row.next_at - gap - now)
        with self.engine.begin() as connection:
            wait = connection.execute(taken).scalar_one_or_none()
        return None if wait is None else max(float(wait), 0.0)

    def slow(self, provider: str, seconds: float) -> None:
        """No call to the provider for so many seconds, from any process."""
        until = self._now + seconds
        update = sa.update(_providers).where(_providers.c.provider == provider, _providers.c.next_at < until)
        with self.engine.begin() as connection:
            connection.execute(update.values(next_at=until))

    def gate(self, provider: str) -> Gate:
        """Whether the provider may be called. While it is set aside, one caller at a time may try."""
        now, row = self._now, _providers.c
        with self.engine.begin() as connection:
            aside, wait, since, failures = connection.execute(
                sa.select(row.aside, row.probe_at - now, row.failing_since, row.failures).where(
                    row.provider == provider
                )
            ).one()
            if not aside:
                return Gate(go=True)
            if wait > 0:
                return Gate(go=False, wait=float(wait), since=since)
            again = min(PROBE_SECONDS[0] * 2 ** max(failures - FAILURES_BEFORE_ASIDE, 0), PROBE_SECONDS[1])
            claim = (
                sa.update(_providers).where(row.provider == provider, row.probe_at <= now).values(probe_at=now + again)
            )
            mine = connection.execute(claim).rowcount == 1
            return Gate(go=mine, wait=again, since=since)

    def failed(self, provider: str) -> bool:
        """The provider did not answer. True when that sets it aside (once, in one process)."""
        now, row = self._now, _providers.c
        with self.engine.begin() as connection:
            update = sa.update(_providers).where(row.provider == provider)
            failures = connection.execute(
                update.values(
                    failures=row.failures + 1, failing_since=sa.func.coalesce(row.failing_since, now)
                ).returning(row.failures)
            ).scalar_one()
            if failures < FAILURES_BEFORE_ASIDE:
                return False
            goes = update.where(row.aside == 0).values(aside=1, probe_at=now + PROBE_SECONDS[0])
            return connection.execute(goes).rowcount == 1

    def answered(self, provider: str) -> bool:
        """The provider answered, whatever it said. True when it had been set aside (once, in one process)."""
        row = _providers.c
        with self.engine.connect() as connection:
            healthy = sa.select(row.failures).where(row.provider == provider, row.failures == 0)
            if connection.execute(healthy).first() is not None:
                return False
        with self.engine.begin() as connection:
            was_aside = connection.execute(
                sa.update(_providers).where(row.provider == provider, row.aside == 1).values(aside=0)
            ).rowcount
            connection.execute(
                sa.update(_providers).where(row.provider == provider).values(failures=0, failing_since=None)
            )
        return was_aside == 1

    def line(self, provider: str) -> list[str]:
        """Ids of the requests that wait for the provider, the first in line first."""
        query = (
            sa.select(_requests.c.id)
            .where(_requests.c.provider == provider, _requests.c.state == "waiting")
            .order_by(_requests.c.accepted_at, _requests.c.id)
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def _set(self, request_id: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.update(_requests).where(_requests.c.id == request_id).values(**values))

    def _mark(self, provider: str, key: str, value: str) -> list[str]:
        return self.cipher.fingerprints(f"{provider}\n{key}\n{value}")

    def _insert(self, table: sa.Table, row: Mapping[str, Any]) -> Any:
        insert = sqlite.insert(table) if self._sqlite else postgresql.insert(table)
        # SQLAlchemy asks PostgreSQL for the row count of an INSERT only when it is told to.
        return insert.values(**row).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
