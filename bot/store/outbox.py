"""What people are still to be told: one row for each message, written with what it tells, and ticked off by itself.

A transactional outbox: a crash between the two leaves the row, and whoever takes over tells it. Exactly one process holds a
row; there is no lease and no clock in it, for a process that is gone is known by its lock (`engine`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.request import MessageRef
from bot.store.audit import NEW_ENTRY, Audit, Entry
from bot.store.cipher import Cipher
from bot.store.database import insert_once, now, scrub_or_later
from bot.store.requests import BEGUN
from bot.store.tables import FOLLOW_UPS, IDEMPOTENCY_KEYS, OUTBOX, PASSWORDS, RECORDS, REQUESTS

_ROW = OUTBOX.c
_ID = sa.bindparam("letter_id", type_=sa.Text)
_VERSION = sa.bindparam("new_version", type_=sa.Integer)

# Built once: three of these stand between an answer of a vendor and the people who wait for it.
_UNTOLD = sa.select(OUTBOX).where(_ROW.id == _ID, _ROW.told < _ROW.version)
_NEWER = (
    sa.update(OUTBOX)
    .where(_ROW.id == _ID, _ROW.version < _VERSION)
    .values(
        version=_VERSION,
        content=sa.bindparam("new_content"),
        created_at=sa.bindparam("put_at", type_=sa.Float),
        # Whoever is telling an older version comes to this one by itself.
        holder=sa.case((_ROW.told >= _ROW.version, sa.bindparam("me")), else_=_ROW.holder),
    )
    .returning(_ROW.holder, _ROW.created_at, _ROW.channel, _ROW.ts)
)
_TOLD = (
    sa.update(OUTBOX)
    .where(_ROW.id == _ID)
    .values(
        told=_VERSION,
        content=sa.case((_ROW.version == _VERSION, sa.null()), else_=_ROW.content),
        channel=sa.func.coalesce(sa.bindparam("new_channel", type_=sa.Text), _ROW.channel),
        ts=sa.func.coalesce(sa.bindparam("new_ts", type_=sa.Text), _ROW.ts),
    )
    .returning(_ROW.version)
)
_OUTCOME = sa.bindparam("outcome", type_=sa.Text)
_KIND = (
    sa.update(REQUESTS)
    .where(REQUESTS.c.id == sa.bindparam("request_id"), REQUESTS.c.kind.is_distinct_from(_OUTCOME))
    .values(kind=_OUTCOME)
)
_FORGET_PASSWORD = sa.delete(PASSWORDS).where(PASSWORDS.c.request_id == sa.bindparam("gone"))
_PLACED = (
    sa.update(REQUESTS)
    .where(REQUESTS.c.id == sa.bindparam("request_id"))
    .values(channel=sa.bindparam("new_channel", type_=sa.Text), ts=sa.bindparam("new_ts", type_=sa.Text))
)
_DONE = (
    sa.update(REQUESTS)
    # Its message is drawn anew later, and it is not finished again by that.
    .where(REQUESTS.c.id == sa.bindparam("request_id"), REQUESTS.c.state != "done")
    .values(state="done", finished_at=sa.bindparam("now"))
)


@dataclass(frozen=True)
class Draft:
    """A message to be put: its content (JSON), and which version of it that is."""

    id: str
    request_id: str | None
    content: str
    version: int = 1


@dataclass(frozen=True)
class Letter:
    """One message: its content (JSON), which version of it that is, and where the message stands if it was sent before.

    `created_at` is when this version was put; `fresh` is False when it was put before and may have been told since.
    """

    id: str
    request_id: str | None
    content: str
    version: int
    created_at: float
    ref: MessageRef | None = None
    fresh: bool = True


class Outbox:
    """The messages of all processes; `me` is this one."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, me: str) -> None:
        self._engine, self._cipher, self._me = engine, cipher, me
        self._audit = Audit(engine, cipher)

    def begin(self, request_id: str, letter_id: str, content: str) -> Letter | None:
        """Claim the beginning of a request and put its first message, in one transaction. None if it was begun before."""
        with self._engine.begin() as connection:
            key = insert_once(self._engine, IDEMPOTENCY_KEYS, request_id=request_id, key=BEGUN, at=now(self._engine))
            if connection.execute(key).rowcount == 0:
                return None
            return self.put_in(connection, Draft(letter_id, request_id, content))

    def put(self, draft: Draft) -> Letter | None:
        """Put a message, or a newer version of one: the letter if it is this process that is to tell it."""
        with self._engine.begin() as connection:
            return self.put_in(connection, draft)

    def end(
        self,
        request_id: str,
        kind: str,
        record: str,
        drafts: Sequence[Draft],
        entry: Entry | None = None,
        follow_up: tuple[str, float] | None = None,
    ) -> list[Letter]:
        """The outcome is known: write down its kind, its record (JSON) and what tells of it, in one transaction; the password
        is gone. Returns what this process is to tell. `entry` is for the audit: noted once, however often a run that begins
        anew comes to the same end. `follow_up`: at which provider it is looked up, and when (Unix seconds). Without drafts
        there is nothing to wait for: the request is done.
        """
        noted = entry and self._audit.row(entry)
        with self._engine.begin() as connection:
            fresh = connection.execute(_KIND, {"request_id": request_id, "outcome": kind}).rowcount
            if noted and fresh:
                connection.execute(NEW_ENTRY, noted)
            held = connection.execute(_FORGET_PASSWORD, {"gone": request_id}).rowcount
            row = {"request_id": request_id, "content": self._cipher.encrypt(record)}
            connection.execute(insert_once(self._engine, RECORDS, **row))
            if follow_up is not None:
                later = {"request_id": request_id, "provider": follow_up[0], "due_at": follow_up[1]}
                connection.execute(insert_once(self._engine, FOLLOW_UPS, **later))
            if not drafts:
                connection.execute(_DONE, {"request_id": request_id, "now": time.time()})
            put = [self.put_in(connection, draft) for draft in drafts]
        if held:
            scrub_or_later(self._engine)
        return [letter for letter in put if letter is not None]

    def letter(self, letter_id: str) -> Letter | None:
        """What is to be told now; None when there is nothing (any more)."""
        with self._engine.connect() as connection:
            row = connection.execute(_UNTOLD, {"letter_id": letter_id}).mappings().first()
        if row is None or row["content"] is None:
            return None
        content, ref = self._cipher.decrypt(row["content"]), _ref(row["channel"], row["ts"])
        return Letter(row["id"], row["request_id"], content, row["version"], row["created_at"], ref)

    def ref(self, letter_id: str) -> MessageRef | None:
        """Where a message stands."""
        query = sa.select(_ROW.channel, _ROW.ts).where(_ROW.id == letter_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _ref(*row) if row else None

    def told(self, letter: Letter, ref: MessageRef | None, *, last: bool) -> bool:
        """Tick a version off. `last` ends the request with it. True when there is a newer version to tell."""
        place = {"new_channel": ref and ref.channel, "new_ts": ref and ref.ts}
        with self._engine.begin() as connection:
            # The request before the letter, as in `end`: two that lock them the other way round wait for each other for ever.
            # What the admins read of it stands elsewhere.
            own = letter.id == f"{letter.request_id}/message"
            if own and ref is not None and ref != letter.ref:
                connection.execute(_PLACED, {"request_id": letter.request_id, **place})
            if letter.request_id is not None and last:
                connection.execute(_DONE, {"request_id": letter.request_id, "now": time.time()})
            ticked = {"letter_id": letter.id, "new_version": letter.version, **place}
            version = connection.execute(_TOLD, ticked).scalar_one_or_none()
        return version is not None and version > letter.version

    def holders(self) -> set[str]:
        """The processes that have something to tell."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(_ROW.holder).where(_ROW.told < _ROW.version).distinct()).scalars())

    def take_over(self, holder: str | None) -> list[str]:
        """Hold what a process that is gone was to tell (None: whoever it was); the ids of those messages."""
        taken = sa.update(OUTBOX).where(_ROW.told < _ROW.version).values(holder=self._me).returning(_ROW.id)
        if holder is not None:
            taken = taken.where(_ROW.holder == holder)
        with self._engine.begin() as connection:
            return list(connection.execute(taken).scalars())

    def forget(self, older_than: float) -> None:
        """Delete what was told before that time and belongs to no request."""
        old = sa.and_(_ROW.request_id.is_(None), _ROW.told >= _ROW.version, _ROW.created_at < older_than)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(OUTBOX).where(old))

    def put_in(self, connection: sa.Connection, draft: Draft) -> Letter | None:
        """`put` in somebody else's transaction."""
        letter_id, request_id, content, version = draft.id, draft.request_id, draft.content, draft.version
        encrypted, created_at = self._cipher.encrypt(content), time.time()
        newer = {
            "letter_id": letter_id,
            "new_version": version,
            "new_content": encrypted,
            "put_at": created_at,
            "me": self._me,
        }
        # A later version has a row in all likelihood, a first one has none.
        row = connection.execute(_NEWER, newer).first() if version > 1 else None
        fresh_row = row is not None
        if row is None:
            fresh = {
                "id": letter_id,
                "request_id": request_id,
                "content": encrypted,
                "version": version,
                "holder": self._me,
                "created_at": created_at,
            }
            if connection.execute(insert_once(self._engine, OUTBOX, **fresh)).rowcount == 1:
                return Letter(letter_id, request_id, content, version, created_at)
            # The same again, from a run that begins anew: still to be told?
            untold = _UNTOLD.with_only_columns(_ROW.holder, _ROW.created_at, _ROW.channel, _ROW.ts, _ROW.version)
            row = connection.execute(untold, {"letter_id": letter_id}).first()
            if row is None or row.version != version:
                return None
        if row.holder != self._me:
            return None
        return Letter(letter_id, request_id, content, version, row.created_at, _ref(row.channel, row.ts), fresh_row)


def _ref(channel: str | None, ts: str | None) -> MessageRef | None:
    return MessageRef(channel=channel, ts=ts) if channel and ts else None
