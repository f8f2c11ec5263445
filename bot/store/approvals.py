"""What somebody must approve before it is done: asked, decided once, and carried out, over all processes.

A decision is a compare-and-set; whether it was carried out is written down apart, so that a crash between the two is made up
for. Times are Unix seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from bot.request import Asked, Decision, Request
from bot.store.audit import NEW_ENTRY, NEWHIRE, Audit, Entry
from bot.store.cipher import Cipher
from bot.store.database import insert_once
from bot.store.outbox import Draft, Outbox
from bot.store.tables import APPROVALS, REQUESTS

_ROW = APPROVALS.c

Drawn = Callable[[Asked, int], Draft]
"""What the approvers read of it, in this version."""


@dataclass(frozen=True)
class StoredApproval:
    """An approval as it stands: `asked` with its state, and what it is about (`subject`, an id)."""

    id: str
    subject: str
    asked: Asked


class Approvals:
    """All that are remembered."""

    def __init__(
        self, engine: sa.Engine, cipher: Cipher, outbox: Outbox, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._cipher, self._outbox, self._clock = engine, cipher, outbox, clock
        self._audit = Audit(engine, cipher)

    def ask(self, approval_id: str, subject: str, asked: Asked, expires_at: float, drawn: Drawn) -> list[str]:
        """Ask; the same id again changes nothing. The ids of the messages that were put."""
        row = {
            "id": approval_id,
            "handle": asked.handle,
            "kind": "request" if asked.request else "batch",
            "subject": subject,
            "requester": asked.requester,
            "state": "asked",
            "asked_at": self._clock(),
            "expires_at": expires_at,
            "content": self._cipher.encrypt(asked.model_dump_json()),
        }
        with self._engine.begin() as connection:
            if connection.execute(insert_once(self._engine, APPROVALS, **row)).rowcount == 0:
                return []
            if asked.request is not None:
                connection.execute(_of(subject, "accepted").values(state="asked"))
            draft = drawn(asked, 1)
            self._outbox.put_in(connection, draft)
            connection.execute(NEW_ENTRY, self._audit.row(_noted(asked, subject, "asked", asked.requester)))
        return [draft.id]

    def by_handle(self, handle: str) -> StoredApproval | None:
        """The approval whose buttons carry this handle."""
        return self._first(_ROW.handle == handle)

    def of(self, request: Request) -> Asked | None:
        """What became of the asking for one request; None when nobody was asked."""
        found = self._first(sa.and_(_ROW.subject == request.id, _ROW.kind == "request"))
        return found.asked if found else None

    def _first(self, which: sa.ColumnElement[bool]) -> StoredApproval | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(APPROVALS).where(which)).mappings().first()
        return self._stored(row) if row else None

    def decide(self, handle: str, decision: Decision, drawn: Drawn) -> list[str] | None:
        """Decide, or let it expire; the ids of what was put. None when it was decided before, or is too late or too early."""
        now, state, actor = self._clock(), decision.state, decision.by
        with self._engine.begin() as connection:
            mine = sa.and_(_ROW.handle == handle, _ROW.state == "asked")
            in_time = _ROW.expires_at <= now if state == "expired" else _ROW.expires_at > now
            changed = sa.update(APPROVALS).where(mine, in_time)
            row = (
                connection.execute(
                    changed.values(state=state, decided_by=actor, decided_at=now, version=_ROW.version + 1).returning(
                        APPROVALS
                    )
                )
                .mappings()
                .first()
            )
            if row is None:
                return None
            before = self._stored(row)
            made = {"decided_by": actor, "decided_by_name": decision.by_name, "decided_at": now}
            asked = before.asked.model_copy(
                update={"state": state, "reason": decision.reason, "alone": decision.alone, **made}
            )
            content = self._cipher.encrypt(asked.model_dump_json())
            connection.execute(sa.update(APPROVALS).where(_ROW.handle == handle).values(content=content))
            if asked.request is not None:
                connection.execute(_of(before.subject, "asked").values(state="accepted"))
            draft = drawn(asked, row["version"])
            self._outbox.put_in(connection, draft)
            what = f"{state}, alone" if decision.alone else state
            connection.execute(NEW_ENTRY, self._audit.row(_noted(asked, before.subject, what, actor or NEWHIRE)))
        return [draft.id]

    def withdraw(self, subject: str, drawn: Drawn) -> list[str]:
        """Nobody need decide any more: whoever asked has cancelled it."""
        query = sa.select(_ROW.handle).where(_ROW.subject == subject, _ROW.state == "asked")
        with self._engine.connect() as connection:
            handles = list(connection.execute(query).scalars())
        withdrawn = Decision(state="withdrawn")
        return [letter for handle in handles for letter in self.decide(handle, withdrawn, drawn) or ()]

    def overdue(self) -> list[StoredApproval]:
        """Asked, and nobody has decided in time."""
        return self._all(sa.and_(_ROW.acted == 0, _ROW.state == "asked", _ROW.expires_at <= self._clock()))

    def decided(self) -> list[StoredApproval]:
        """Decided, and not carried out."""
        return self._all(sa.and_(_ROW.acted == 0, _ROW.state != "asked"))

    def carried_out(self, approval_id: str) -> None:
        """It needs nothing any more."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(APPROVALS).where(_ROW.id == approval_id).values(acted=1))

    def forget(self, older_than: float) -> None:
        """Delete what was asked before that time and is carried out."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(APPROVALS).where(_ROW.acted == 1, _ROW.asked_at < older_than))

    def _all(self, which: sa.ColumnElement[bool]) -> list[StoredApproval]:
        query = sa.select(APPROVALS).where(which).order_by(_ROW.asked_at)
        with self._engine.connect() as connection:
            return [self._stored(row) for row in connection.execute(query).mappings()]

    def _stored(self, row: sa.RowMapping) -> StoredApproval:
        asked = Asked.model_validate_json(self._cipher.decrypt(row["content"]))
        return StoredApproval(row["id"], row["subject"], asked.model_copy(update={"state": row["state"]}))


def _of(request_id: str, state: str) -> sa.Update:
    return sa.update(REQUESTS).where(REQUESTS.c.id == request_id, REQUESTS.c.state == state)


def _noted(asked: Asked, subject: str, what: str, actor: str) -> Entry:
    if asked.request is not None:
        return Entry("approval", actor, asked.request.id, asked.provider, {"outcome": what})
    return Entry("approval", actor, provider=asked.provider, facts={"outcome": what, "batch": subject})
