"""What requests came to, and what was done about them since: what their buttons act on.

Of people who click at once one acts: an action is a row under the request's round, and the round goes on when it is done.
Times are Unix seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.request import Action, MessageRef, Record
from bot.store.audit import NEW_ENTRY, Audit, Entry
from bot.store.cipher import Cipher
from bot.store.database import insert_once, is_sqlite
from bot.store.outbox import Draft, Outbox
from bot.store.tables import ACTIONS, INCIDENTS, RECORDS, REQUESTS

_ROW, _ACT = RECORDS.c, ACTIONS.c


@dataclass(frozen=True)
class Stored:
    """A record, in which round it is, and how often its message was drawn anew."""

    record: Record
    round: int
    drawn: int


@dataclass(frozen=True)
class Click:
    """Who acts, or has acted, in a round: `done` is False while it is under way."""

    request_id: str
    round: int
    action: Action
    actor: str
    at: float
    done: bool


class Records:
    """The records of all requests that have ended and are not forgotten."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, outbox: Outbox) -> None:
        self._engine, self._cipher, self.outbox, self.audit = engine, cipher, outbox, Audit(engine, cipher)

    def request_of(self, handle: str) -> str | None:
        """The id of the request whose buttons carry this handle."""
        with self._engine.connect() as connection:
            query = sa.select(REQUESTS.c.id).where(REQUESTS.c.handle == handle)
            return connection.execute(query).scalar_one_or_none()

    def place(self, handle: str) -> MessageRef | None:
        """Where the message of the request with this handle stands."""
        with self._engine.connect() as connection:
            query = sa.select(REQUESTS.c.channel, REQUESTS.c.ts).where(REQUESTS.c.handle == handle)
            row = connection.execute(query).first()
        return MessageRef(channel=row[0], ts=row[1]) if row and row[0] and row[1] else None

    def get(self, request_id: str) -> Stored | None:
        """None while the request is under way, and when it ended before version 0.3.0 or is forgotten."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(RECORDS).where(_ROW.request_id == request_id)).mappings().first()
        return self._stored(row) if row else None

    def all_of(self, request_ids: Collection[str]) -> dict[str, Stored]:
        """The records of these requests, of those that have one."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(RECORDS).where(_ROW.request_id.in_(request_ids))).mappings()
            return {row["request_id"]: self._stored(row) for row in rows}

    def failed(self, provider: str, kinds: tuple[str, ...], since: float) -> list[str]:
        """Ids of a provider's requests that ended so since then, the oldest first."""
        query = (
            sa.select(REQUESTS.c.id)
            .join(RECORDS, _ROW.request_id == REQUESTS.c.id)
            .where(REQUESTS.c.provider == provider, REQUESTS.c.kind.in_(kinds), REQUESTS.c.accepted_at >= since)
            .order_by(REQUESTS.c.accepted_at)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def ended(self, since: float, until: float) -> list[Record]:
        """What came to its end in that time."""
        query = sa.select(RECORDS).join(REQUESTS, REQUESTS.c.id == _ROW.request_id)
        # A request that is not told yet has no time of its end; how long one may take is not known here.
        told = sa.or_(REQUESTS.c.finished_at.is_(None), REQUESTS.c.finished_at >= since)
        records = self._all(query.where(told, REQUESTS.c.accepted_at < until))
        return [record for record in records if since <= record.ended_at < until]

    def successes(self) -> list[Record]:
        """Of all that is remembered, what ended with an account, the oldest first."""
        query = sa.select(RECORDS).join(REQUESTS, REQUESTS.c.id == _ROW.request_id)
        there = REQUESTS.c.kind.in_(("Created", "ActionRequired", "AlreadyExists"))
        return self._all(query.where(there).order_by(REQUESTS.c.accepted_at))

    def _all(self, query: sa.Select[Any]) -> list[Record]:
        with self._engine.connect() as connection:
            return [self._stored(row).record for row in connection.execute(query).mappings()]

    def incidents(self) -> list[tuple[str, str, str, float]]:
        """All that are known, open or resolved: (id, provider, cause, since)."""
        columns = (INCIDENTS.c.id, INCIDENTS.c.provider, INCIDENTS.c.cause, INCIDENTS.c.since)
        with self._engine.connect() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(sa.select(*columns))]

    # Clicks.

    def claim(self, request_id: str, round_: int, action: Action, actor: str) -> bool:
        """Act in this round; False when somebody does or did, or the round is over."""
        row = {"request_id": request_id, "round": round_, "action": action, "actor": actor, "at": time.time()}
        with self._engine.begin() as connection:
            if connection.execute(sa.select(_ROW.round).where(_ROW.request_id == request_id)).scalar() != round_:
                return False
            return bool(connection.execute(insert_once(self._engine, ACTIONS, **row)).rowcount == 1)

    def click(self, request_id: str, round_: int) -> Click | None:
        """Who acts in this round."""
        query = sa.select(ACTIONS).where(_ACT.request_id == request_id, _ACT.round == round_)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return _click(row) if row else None

    def under_way(self) -> list[Click]:
        """What people have clicked and is not done."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(ACTIONS).where(_ACT.done_at.is_(None)).order_by(_ACT.at)).mappings()
            return [_click(row) for row in rows]

    # Changes.

    def amend(
        self,
        request_id: str,
        change: Callable[[Record], Record],
        drafts: Callable[[Stored], Sequence[Draft]],
        *,
        round_: int | None = None,
        entry: Entry | None = None,
    ) -> tuple[Stored | None, Sequence[Draft]]:
        """Alter a record, put what tells of it and note it in the audit, in one transaction. With a `round_`, that action is
        done with it.

        The record as it is now, and what was put. None and nothing when there is no such record, or the round was over
        already: then nothing is changed.
        """
        with self._engine.begin() as connection:
            if is_sqlite(self._engine):
                # pysqlite would begin a transaction at the first write only, after the read.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            stored = self.change_in(connection, request_id, change, round_)
            put = drafts(stored) if stored else ()
            for draft in put:
                self.outbox.put_in(connection, draft)
            if stored and entry:
                connection.execute(NEW_ENTRY, self.audit.row(entry))
        return stored, put

    def change_in(
        self,
        connection: sa.Connection,
        request_id: str,
        change: Callable[[Record], Record],
        round_: int | None = None,
    ) -> Stored | None:
        """Alter a record in somebody else's transaction, in which something was written already."""
        query = sa.select(RECORDS).where(_ROW.request_id == request_id).with_for_update()
        row = connection.execute(query).mappings().first()
        if row is None or (round_ is not None and row["round"] != round_):
            return None
        before = self._stored(row)
        now = Stored(change(before.record), before.round + (round_ is not None), before.drawn + 1)
        content = self._cipher.encrypt(now.record.model_dump_json())
        changed = sa.update(RECORDS).where(_ROW.request_id == request_id)
        connection.execute(changed.values(content=content, round=now.round, drawn=now.drawn))
        kind = sa.update(REQUESTS).where(REQUESTS.c.id == request_id).values(kind=_kind(now.record))
        connection.execute(kind)
        if round_ is not None:
            done = sa.update(ACTIONS).where(_ACT.request_id == request_id, _ACT.round == round_)
            connection.execute(done.values(done_at=time.time()))
        return now

    def _stored(self, row: sa.RowMapping) -> Stored:
        record = Record.model_validate_json(self._cipher.decrypt(row["content"]))
        return Stored(record, row["round"], row["drawn"])


def _kind(record: Record) -> str:
    """What it came to, as it is known now. Somebody who is no longer there can be asked for once more."""
    if any(deed.kind in ("removed", "gone") for deed in record.deeds):
        return "Removed"
    activated = record.account is not None and record.account.state in ("active", "disabled")
    return "Created" if record.outcome.kind == "ActionRequired" and activated else record.outcome.kind


def _click(row: sa.RowMapping) -> Click:
    return Click(
        row["request_id"], row["round"], row["action"], row["actor"], row["at"], done=row["done_at"] is not None
    )
