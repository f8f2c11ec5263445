"""Batches and their rows: what was given in, which rows are begun, how far all of them have come.

A batch's state changes by compare-and-set: of two who press at once, and of two processes that work on it, one goes on. A row
that is begun is a request; what comes of it is read from there. Times are Unix seconds.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.batch import Batch, BatchState, Row, RowState, Tally
from bot.store.audit import NEW_ENTRY, Audit, Entry
from bot.store.cipher import Cipher
from bot.store.database import is_sqlite
from bot.store.outbox import Draft, Outbox
from bot.store.tables import BATCH_ROWS, BATCHES, REQUESTS

_BATCH, _ROW = BATCHES.c, BATCH_ROWS.c

AT_ONCE = 500
"""Rows that one statement writes or reads."""

ACTIVE: tuple[BatchState, ...] = ("reading", "shown", "asked", "running", "paused", "stopping")

_KINDS = {
    "Created": "created",
    "Removed": "created",
    "ActionRequired": "to_activate",
    "AlreadyExists": "existing",
    "OutcomeUnknown": "unknown",
}
"""How a request ended -> where the tally counts it; every other end is a failure."""

_CANDIDATES = (
    sa.select(_ROW.number)
    .where(_ROW.batch_id == sa.bindparam("batch"), _ROW.state == "ready")
    .order_by(_ROW.number)
    .limit(sa.bindparam("many"))
)
_UNDER_WAY = sa.select(sa.func.count()).where(REQUESTS.c.batch == sa.bindparam("batch"), REQUESTS.c.state != "done")


@dataclass(frozen=True)
class StoredBatch:
    """A batch as it stands: in which round it is (how often its state has changed), and when it came to that state.

    `most`: so many rows are begun and no more (None: all); `drawn_at`: when its message was drawn in this state, 0 if never.
    """

    batch: Batch
    state: BatchState
    round: int
    changed_at: float
    most: int | None = None
    drawn_at: float = 0.0


@dataclass(frozen=True)
class StoredRow:
    """A row, where it stands, and how its request ended, if it is one and has ended."""

    row: Row
    state: RowState
    request_id: str | None = None
    kind: str | None = None


class Batches:
    """All that are remembered."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, outbox: Outbox) -> None:
        self._engine, self._cipher, self._outbox = engine, cipher, outbox
        self._audit = Audit(engine, cipher)

    # Given in, and read.

    def add(self, batch: Batch, source: str, mark: str | None = None) -> None:
        """Write down what was given in; the same id again changes nothing. `source` is what `source_of` gives back."""
        row = {
            "id": batch.id,
            "handle": batch.handle,
            "provider": batch.provider,
            "requester": batch.requester,
            "state": "reading",
            "changed_at": time.time(),
            "mark": mark,
            "content": self._cipher.encrypt(batch.model_dump_json()),
            "source": self._cipher.encrypt(source),
        }
        with self._begun() as connection:
            known = connection.execute(sa.select(_BATCH.id).where(_BATCH.id == batch.id)).first()
            if known is None:
                connection.execute(sa.insert(BATCHES).values(**row))
                connection.execute(NEW_ENTRY, self._audit.row(_noted(batch, "given in")))

    def source_of(self, batch_id: str) -> str | None:
        """What was given in, while it is not read."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(_BATCH.source).where(_BATCH.id == batch_id)).scalar_one_or_none()
        return None if found is None else self._cipher.decrypt(found)

    def fill(self, batch: Batch, rows: Sequence[tuple[Row, RowState]], of: Collection[BatchState], round_: int) -> bool:
        """It is read, or read anew: its rows, in place of those that were there. False when it has gone on meanwhile."""
        made = [self._made(batch.id, row, state) for row, state in rows]
        with self._begun() as connection:
            if not self._move(connection, batch, of, round_, "shown", source=None):
                return False
            connection.execute(sa.delete(BATCH_ROWS).where(_ROW.batch_id == batch.id, _ROW.state != "begun"))
            for first in range(0, len(made), AT_ONCE):
                connection.execute(sa.insert(BATCH_ROWS), made[first : first + AT_ONCE])
        return True

    def _made(self, batch_id: str, row: Row, state: RowState) -> dict[str, Any]:
        content = self._cipher.encrypt(row.model_dump_json())
        return {"batch_id": batch_id, "number": row.number, "state": state, "content": content}

    # One of them.

    def get(self, batch_id: str) -> StoredBatch | None:
        return self._first(_BATCH.id == batch_id)

    def by_handle(self, handle: str) -> StoredBatch | None:
        """The batch whose buttons carry this handle."""
        return self._first(_BATCH.handle == handle)

    def by_mark(self, mark: str, requester: str) -> StoredBatch | None:
        """The newest for which this requester has given in the same."""
        return self._first(sa.and_(_BATCH.mark == mark, _BATCH.requester == requester))

    def active(self) -> list[StoredBatch]:
        """Those for which something may still happen, the oldest first."""
        query = sa.select(BATCHES).where(_BATCH.state.in_(ACTIVE)).order_by(_BATCH.changed_at)
        with self._engine.connect() as connection:
            return [self._stored(row) for row in connection.execute(query).mappings()]

    def _first(self, which: sa.ColumnElement[bool]) -> StoredBatch | None:
        query = sa.select(BATCHES).where(which).order_by(_BATCH.changed_at.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else self._stored(row)

    def _stored(self, row: sa.RowMapping) -> StoredBatch:
        batch = Batch.model_validate_json(self._cipher.decrypt(row["content"]))
        return StoredBatch(batch, row["state"], row["round"], row["changed_at"], row["most"], row["drawn_at"])

    # Where it goes on.

    def move(
        self,
        batch: Batch,
        of: Collection[BatchState],
        round_: int,
        to: BatchState,
        *,
        actor: str,
        most: int | None = None,
        rows_left: bool = False,
    ) -> bool:
        """Change its state, if it is one `of` these and still in that round; `batch` is kept with it as it is given.

        `rows_left`: rows that are not begun stay so for good.
        """
        with self._begun() as connection:
            if not self._move(connection, batch, of, round_, to, most=most):
                return False
            if rows_left:
                ready = sa.update(BATCH_ROWS).where(_ROW.batch_id == batch.id, _ROW.state == "ready")
                connection.execute(ready.values(state="left"))
            connection.execute(NEW_ENTRY, self._audit.row(_noted(batch, to, actor)))
        return True

    def _move(
        self,
        connection: sa.Connection,
        batch: Batch,
        of: Collection[BatchState],
        round_: int,
        to: BatchState,
        **more: Any,
    ) -> bool:
        content = self._cipher.encrypt(batch.model_dump_json())
        changed = {
            "state": to,
            "round": round_ + 1,
            "changed_at": time.time(),
            "drawn_at": 0.0,  # not since; machines' clocks differ, so it is no question of which was later
            "content": content,
            **more,
        }
        mine = sa.and_(_BATCH.id == batch.id, _BATCH.state.in_(of), _BATCH.round == round_)
        return connection.execute(sa.update(BATCHES).where(mine).values(**changed)).rowcount == 1

    def feed(self, batch_id: str, most: int) -> list[StoredRow]:
        """Begin the next rows, as many as may be under way at once (`most`): each is given out to one process."""
        with self._begun() as connection:
            if not is_sqlite(self._engine):
                connection.execute(_MINE_ALONE, {"batch": batch_id})
            state, wanted = connection.execute(sa.select(_BATCH.state, _BATCH.most).where(_BATCH.id == batch_id)).one()
            if state != "running":
                return []
            many = most - self._still_under_way(connection, batch_id)
            if wanted is not None:
                many = min(many, wanted - self._begun_rows(connection, batch_id))
            numbers = (
                list(connection.execute(_CANDIDATES, {"batch": batch_id, "many": many}).scalars()) if many > 0 else []
            )
            if not numbers:
                return []
            request_id = sa.literal(f"{batch_id}-").concat(sa.cast(_ROW.number, sa.Text))
            taken = sa.update(BATCH_ROWS).where(_ROW.batch_id == batch_id, _ROW.number.in_(numbers))
            rows = connection.execute(taken.values(state="begun", request_id=request_id).returning(BATCH_ROWS))
            return sorted((self._row(row) for row in rows.mappings()), key=lambda each: each.row.number)

    def not_done(self, batch_id: str) -> list[StoredRow]:
        """Rows that were given out and are not done: whoever gave them out may have died before the engine had them."""
        query = (
            sa.select(BATCH_ROWS)
            .select_from(BATCH_ROWS.outerjoin(REQUESTS, REQUESTS.c.id == _ROW.request_id))
            .where(_ROW.batch_id == batch_id, _ROW.state == "begun", REQUESTS.c.state.is_distinct_from("done"))
        )
        with self._engine.connect() as connection:
            return [self._row(row) for row in connection.execute(query.order_by(_ROW.number)).mappings()]

    def put_back(self, batch_id: str, number: int, state: RowState) -> None:
        """A row that was given out is no request after all: somebody has asked for the same person meanwhile."""
        row = sa.update(BATCH_ROWS).where(_ROW.batch_id == batch_id, _ROW.number == number)
        with self._begun() as connection:
            connection.execute(row.values(state=state, request_id=None))

    def under_way(self, batch_id: str) -> int:
        """How many of its requests are not done."""
        with self._engine.connect() as connection:
            return self._still_under_way(connection, batch_id)

    def _still_under_way(self, connection: sa.Connection, batch_id: str) -> int:
        return int(connection.execute(_UNDER_WAY, {"batch": batch_id}).scalar_one())

    def _begun_rows(self, connection: sa.Connection, batch_id: str) -> int:
        query = sa.select(sa.func.count()).where(_ROW.batch_id == batch_id, _ROW.state == "begun")
        return int(connection.execute(query).scalar_one())

    # How far it has come.

    def tally(self, batch_id: str) -> Tally:
        """Counted anew each time: rows and requests are the truth."""
        over = sa.case((REQUESTS.c.state == "done", REQUESTS.c.kind), else_=None)
        query = (
            sa.select(_ROW.state, over.label("kind"), sa.func.count().label("many"))
            .select_from(BATCH_ROWS.outerjoin(REQUESTS, REQUESTS.c.id == _ROW.request_id))
            .where(_ROW.batch_id == batch_id)
            .group_by(_ROW.state, over)
        )
        counts: dict[str, int] = {}
        with self._engine.connect() as connection:
            for state, kind, many in connection.execute(query):
                name = state if state != "begun" else "under_way" if kind is None else _KINDS.get(kind, "failed")
                counts[name] = counts.get(name, 0) + many
        return Tally(**counts)

    def rows(
        self, batch_id: str, states: Collection[RowState] | None = None, many: int | None = None
    ) -> Iterator[StoredRow]:
        """Its rows in the order of the file, each as it stands; without those that are forgotten."""
        query = (
            sa.select(BATCH_ROWS, REQUESTS.c.kind)
            .select_from(BATCH_ROWS.outerjoin(REQUESTS, REQUESTS.c.id == _ROW.request_id))
            .where(_ROW.batch_id == batch_id, _ROW.content.is_not(None))
            .order_by(_ROW.number)
        )
        if states is not None:
            query = query.where(_ROW.state.in_(states))
        if many is not None:
            query = query.limit(many)
        with self._engine.connect() as connection, connection.execution_options(yield_per=AT_ONCE) as reading:
            for row in reading.execute(query).mappings():
                yield self._row(row)

    def failed(self, batch_id: str, many: int) -> list[StoredRow]:
        """The first rows that were begun and ended without an account."""
        well = ("Created", "ActionRequired", "AlreadyExists", "Removed")
        query = (
            sa.select(BATCH_ROWS, REQUESTS.c.kind)
            .join(REQUESTS, REQUESTS.c.id == _ROW.request_id)
            .where(_ROW.batch_id == batch_id, REQUESTS.c.state == "done", REQUESTS.c.kind.not_in(well))
            .where(_ROW.content.is_not(None))
            .order_by(_ROW.number)
            .limit(many)
        )
        with self._engine.connect() as connection:
            return [self._row(row) for row in connection.execute(query).mappings()]

    def _row(self, row: sa.RowMapping) -> StoredRow:
        content = Row.model_validate_json(self._cipher.decrypt(row["content"]))
        return StoredRow(content, row["state"], row["request_id"], row.get("kind"))

    # What people are told.

    def draw(self, batch_id: str, round_: int, at: float, not_since: float, drafts: Sequence[Draft]) -> list[Draft]:
        """Put its message anew, unless it was drawn since then or has gone on: by one process. What was put.

        The drafts' versions are counted here.
        """
        drawn = sa.and_(_BATCH.id == batch_id, _BATCH.round == round_, _BATCH.drawn_at <= not_since)
        with self._begun() as connection:
            version = connection.execute(
                sa.update(BATCHES)
                .where(drawn)
                .values(version=_BATCH.version + 1, drawn_at=at)
                .returning(_BATCH.version)
            ).scalar_one_or_none()
            if version is None:
                return []
            put = [Draft(draft.id, draft.request_id, draft.content, version) for draft in drafts]
            for draft in put:
                self._outbox.put_in(connection, draft)
        return put

    def put(self, drafts: Sequence[Draft]) -> None:
        """Put what is said once."""
        with self._begun() as connection:
            for draft in drafts:
                self._outbox.put_in(connection, draft)

    # What leaves.

    def forget(self, older_than: float) -> None:
        """Delete batches that came to their end before that time, with their rows."""
        old = sa.select(_BATCH.id).where(_BATCH.state.not_in(ACTIVE), _BATCH.changed_at < older_than)
        with self._begun() as connection:
            connection.execute(sa.delete(BATCH_ROWS).where(_ROW.batch_id.in_(old)))
            connection.execute(sa.delete(BATCHES).where(_BATCH.id.in_(old)))

    def _begun(self) -> Any:
        return self._engine.begin()


_MINE_ALONE = sa.text("select pg_advisory_xact_lock(hashtextextended('newhire:batch:' || :batch, 0))")
"""Two processes that begin rows of one batch would both count what is under way before either has begun more."""


def _noted(batch: Batch, what: str, actor: str | None = None) -> Entry:
    facts = {"batch": batch.id, "outcome": what}
    return Entry("batch", actor or batch.requester, provider=batch.provider, facts=facts)
