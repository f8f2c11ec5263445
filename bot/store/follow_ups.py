"""Who still has to activate their account, and when they are looked up next: one row for each, written with the record.

A row is taken for a while before the vendor is asked, so no two processes ask for the same person; and it moves on in the
same transaction as what is told of it, so nobody is told twice however many processes or crashes come between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.request import Record
from bot.store.audit import NEW_ENTRY, NEWHIRE, Entry
from bot.store.database import insert_once, is_sqlite
from bot.store.outbox import Draft
from bot.store.records import Records, Stored
from bot.store.tables import FOLLOW_UPS

_ROW = FOLLOW_UPS.c


@dataclass(frozen=True)
class Due:
    """A request whose account is to be looked up; `step` counts how often it was."""

    request_id: str
    step: int


@dataclass(frozen=True)
class Seen:
    """What a look has come to: the record as it is now, when it is looked up next (Unix seconds; None: never), what is told."""

    record: Record
    next_at: float | None
    drafts: Callable[[Stored], Sequence[Draft]]


class FollowUps:
    """The rows of all providers. Times are Unix seconds."""

    def __init__(self, engine: sa.Engine, records: Records) -> None:
        self._engine, self._records = engine, records

    def begin(self, request_id: str, provider: str, due_at: float) -> None:
        """Look it up then; a row that is there already stays."""
        with self._engine.begin() as connection:
            connection.execute(
                insert_once(self._engine, FOLLOW_UPS, request_id=request_id, provider=provider, due_at=due_at)
            )

    def take(self, provider: str, now: float, until: float, limit: int) -> list[Due]:
        """Those that are due at a provider, the longest first. Nobody else is given them before `until`: they are due again
        then, should nothing come of it."""
        due = (
            sa.select(_ROW.request_id)
            .where(_ROW.provider == provider, _ROW.due_at <= now)
            .order_by(_ROW.due_at)
            .limit(limit)
        )
        if not is_sqlite(self._engine):
            due = due.with_for_update(skip_locked=True)
        taken = sa.update(FOLLOW_UPS).where(_ROW.request_id.in_(due)).values(due_at=until)
        with self._engine.begin() as connection:
            rows = connection.execute(taken.returning(_ROW.request_id, _ROW.step)).all()
        return [Due(row.request_id, row.step) for row in rows]

    def end(self, request_ids: Collection[str]) -> None:
        """There is nothing to be looked up any more."""
        if request_ids:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(FOLLOW_UPS).where(_ROW.request_id.in_(request_ids)))

    def advance(self, due: Due, judge: Callable[[Record], Seen]) -> list[Draft]:
        """Write down what a look has come to and put what tells of it, in one transaction; what was put.

        Nothing happens when somebody else has advanced it since it was taken. `judge` is given the record as it is now: it
        may have changed since the vendor was asked.
        """
        put: list[Draft] = []
        with self._engine.begin() as connection:
            # Claimed first: of two who have looked, one goes on.
            mine = sa.update(FOLLOW_UPS).where(_ROW.request_id == due.request_id, _ROW.step == due.step)
            if connection.execute(mine.values(step=due.step + 1)).rowcount == 0:
                return []
            seen: list[Seen] = []

            def change(record: Record) -> Record:
                seen.append(judge(record))
                return seen[0].record

            stored = self._records.change_in(connection, due.request_id, change)
            next_at = seen[0].next_at if seen else None
            row = _ROW.request_id == due.request_id
            if next_at is None:
                connection.execute(sa.delete(FOLLOW_UPS).where(row))
            else:
                connection.execute(sa.update(FOLLOW_UPS).where(row).values(due_at=next_at))
            if stored is not None:
                put = list(seen[0].drafts(stored))
                connection.execute(NEW_ENTRY, self._records.audit.row(_noted(stored.record, due)))
            for draft in put:
                self._records.outbox.put_in(connection, draft)
        return put


def _noted(record: Record, due: Due) -> Entry:
    """For the audit: that it was looked up, and what the account was then."""
    state = record.account.state if record.account else "gone"
    facts = {"look": str(due.step + 1), "state": state}
    return Entry("followed_up", NEWHIRE, record.request.id, record.request.provider, facts=facts)
