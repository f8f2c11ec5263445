"""The audit: who asked for whom, what was sent and what came back, who clicked what, and what was forgotten.

A row has two halves. `facts` stay for as long as the audit does (NEWHIRE_AUDIT_DAYS): "U1 asked at T, it ended Created".
`detail` is about the person and leaves with everything else about them (NEWHIRE_KEEP_DAYS, or `newhire forget`). Both are
encrypted; in `detail` phone numbers and e-mail addresses are masked besides.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from bot.hire import mask_phone
from bot.logs import mask_phones
from bot.outcome import Declined, Failure, Outcome
from bot.request import Request
from bot.store.cipher import Cipher, Unreadable
from bot.store.tables import AUDIT, SAID

Event = Literal["requested", "ended", "clicked", "acted", "followed_up", "said", "forgotten", "batch", "approval"]

Words = Mapping[str, str]

NEWHIRE = "newhire"
"""The actor of what newhire does by itself."""

NEW_ENTRY = sa.insert(AUDIT)
"""Built once: a person waits for it."""

_ADDRESS = re.compile(r"([^\s@<>,;:\"'()])[^\s@<>,;:\"'()]{0,80}@(?=[^\s@])")

_ROW = AUDIT.c


@dataclass(frozen=True)
class Entry:
    """What is to be noted. `facts` may stay when the person is forgotten; `detail` is about the person."""

    event: Event
    actor: str
    request_id: str | None = None
    provider: str | None = None
    facts: Words = field(default_factory=dict)
    detail: Words = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.detail and self.request_id is None:
            raise ValueError("what is about a person needs its request's id: it could not be found to be forgotten")


@dataclass(frozen=True)
class Noted:
    """A row of the audit. `at` is in Unix seconds; `readable` is False when it was encrypted with a key we do not have."""

    at: float
    event: str
    actor: str
    request_id: str | None
    provider: str | None
    facts: Words
    detail: Words
    readable: bool = True


class Audit:
    """Written in the transaction of what it tells of; read by `newhire history`."""

    def __init__(self, engine: sa.Engine, cipher: Cipher) -> None:
        self._engine, self._cipher = engine, cipher

    def note(
        self,
        event: Event,
        *,
        actor: str,
        request_id: str | None = None,
        provider: str | None = None,
        facts: Words | None = None,
        detail: Words | None = None,
        connection: sa.Connection | None = None,
    ) -> None:
        """Write one row, inside the caller's transaction when its `connection` is given.

        Whatever names or describes the person goes into `detail`, which needs a `request_id`; kinds, codes and ids into
        `facts`. Raises ValueError for a detail without a request.
        """
        row = self.row(Entry(event, actor, request_id, provider, facts or {}, detail or {}))
        if connection is not None:
            connection.execute(NEW_ENTRY, row)
            return
        with self._engine.begin() as own:
            own.execute(NEW_ENTRY, row)

    def row(self, entry: Entry) -> dict[str, Any]:
        """What `NEW_ENTRY` takes; made before a lock that others wait for."""
        return {
            "at": time.time(),
            "event": entry.event,
            "actor": entry.actor,
            "request_id": entry.request_id,
            "provider": entry.provider,
            "facts": self._sealed(entry.facts),
            "detail": self._sealed(masked(entry.detail)),
        }

    def read(
        self, *, since: float | None = None, until: float | None = None, request_id: str | None = None
    ) -> Iterator[Noted]:
        """The rows from `since` up to and without `until` (Unix seconds), or those of one request; the newest last."""
        query = sa.select(AUDIT).order_by(_ROW.at, _ROW.id)
        if since is not None:
            query = query.where(_ROW.at >= since)
        if until is not None:
            query = query.where(_ROW.at < until)
        if request_id is not None:
            query = query.where(_ROW.request_id == request_id)
        with self._engine.connect() as connection, connection.execution_options(yield_per=500).execute(query) as rows:
            for row in rows.mappings():
                yield self.noted(row)

    # What leaves.

    def housekeep(self, keep_days: float, audit_days: float) -> None:
        """People leave with their requests; the facts stay longer, and so does what was said once (to be said again then)."""
        now = time.time()
        self.forget_people(now - keep_days * 86400)
        self.forget(now - audit_days * 86400)

    def forget(self, older_than: float) -> None:
        """Delete what was noted, or said once, before that time."""
        with self._engine.begin() as connection:
            for table in (AUDIT, SAID):
                connection.execute(sa.delete(table).where(table.c.at < older_than))

    def forget_people(self, older_than: float) -> None:
        """Of what was noted before that time, keep the facts alone."""
        old = sa.and_(_ROW.detail.is_not(None), _ROW.at < older_than)
        with self._engine.begin() as connection:
            connection.execute(sa.update(AUDIT).where(old).values(detail=None))

    def _sealed(self, words: Words) -> str | None:
        return self._cipher.encrypt(json.dumps(dict(words))) if words else None

    def noted(self, row: sa.RowMapping) -> Noted:
        """A row of the table, opened as far as our keys go."""
        try:
            facts, detail, readable = self._opened(row["facts"]), self._opened(row["detail"]), True
        except Unreadable:
            facts, detail, readable = {}, {}, False
        names = ("at", "event", "actor", "request_id", "provider")
        return Noted(**{name: row[name] for name in names}, facts=facts, detail=detail, readable=readable)

    def _opened(self, stored: str | None) -> dict[str, str]:
        return {} if stored is None else dict(json.loads(self._cipher.decrypt(stored)))


def forget_requests(connection: sa.Connection, request_ids: Collection[str]) -> int:
    """Of what was noted about these requests, keep the facts alone; of how many rows something left."""
    of_theirs = sa.and_(_ROW.request_id.in_(request_ids), _ROW.detail.is_not(None))
    return connection.execute(sa.update(AUDIT).where(of_theirs).values(detail=None)).rowcount


def requested(request: Request) -> Entry:
    """Somebody has asked for an account: who, where, and what was typed (a password never is among it)."""
    return Entry(
        "requested",
        request.requester,
        request.id,
        request.provider,
        facts=_filled(channel=request.channel),
        detail=_filled(**request.hire),
    )


def ended(request: Request, outcome: Outcome) -> Entry:
    """A request has come to its end: the kind of outcome, the vendor's code and words, and the account if there is one."""
    if isinstance(outcome, Failure):
        facts = _filled(outcome=outcome.kind, code=outcome.code, field=outcome.field)
        return Entry(
            "ended", NEWHIRE, request.id, request.provider, facts, _filled(words=outcome.words or outcome.detail)
        )
    if isinstance(outcome, Declined):
        facts = _filled(outcome=outcome.kind, why=outcome.why)
        return Entry("ended", outcome.by or NEWHIRE, request.id, request.provider, facts)
    account = outcome.account
    facts = _filled(outcome=outcome.kind, code=account.vendor_code, vendor_request=account.request_id)
    detail = _filled(
        account=account.account,
        name=account.name,
        vendor_id=account.vendor_id,
        phone=account.phone,
        email=account.email,
        words=account.vendor_message,
    )
    return Entry("ended", NEWHIRE, request.id, request.provider, facts, detail)


def masked(words: Words) -> dict[str, str]:
    """Every phone number as 138****8000 and every e-mail address as z***@example.com, in whichever word it stands."""
    return {
        name: mask_phone(text) if name == "phone" else mask_phones(_ADDRESS.sub(r"\1***@", text))
        for name, text in words.items()
    }


def _filled(**words: Any) -> dict[str, str]:
    return {name: str(value) for name, value in words.items() if value not in (None, "", [])}
