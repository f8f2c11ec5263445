"""What people are still to be told: one row for each message, written with what it tells, and ticked off by itself.

A transactional outbox: a crash between the two leaves the row, and whoever takes over tells it. Exactly one process holds a
row; there is no lease and no clock in it, for a process that is gone is known by its lock (`engine`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from bot.request import MessageRef
from bot.store.cipher import Cipher
from bot.store.database import insert_once, now, scrub_or_later
from bot.store.requests import BEGUN
from bot.store.tables import IDEMPOTENCY_KEYS, OUTBOX, PASSWORDS, REQUESTS

_ROW = OUTBOX.c


@dataclass(frozen=True)
class Letter:
    """One message: its content (JSON), which version of it that is, and where the message stands if it was sent before."""

    id: str
    request_id: str | None
    content: str
    version: int
    created_at: float
    ref: MessageRef | None = None


class Outbox:
    """The messages of all processes; `me` is this one."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, me: str) -> None:
        self._engine, self._cipher, self._me = engine, cipher, me

    def begin(self, request_id: str, letter_id: str, content: str) -> bool:
        """Claim the beginning of a request and put its first message, in one transaction. False if it was begun before."""
        with self._engine.begin() as connection:
            key = insert_once(self._engine, IDEMPOTENCY_KEYS, request_id=request_id, key=BEGUN, at=now(self._engine))
            if connection.execute(key).rowcount == 0:
                return False
            self._put(connection, letter_id, request_id, content, 1)
        return True

    def put(self, letter_id: str, request_id: str | None, content: str, version: int = 1) -> bool:
        """Put a message, or a newer version of one. True when it is this process that is to tell it."""
        with self._engine.begin() as connection:
            return self._put(connection, letter_id, request_id, content, version)

    def end(self, request_id: str, kind: str, letters: list[tuple[str, str, int]]) -> list[str]:
        """The outcome is known: write down its kind and put what tells of it, in one transaction; the password is gone.

        `letters` are (id, content, version). Returns the ids that this process is to tell.
        """
        with self._engine.begin() as connection:
            connection.execute(sa.update(REQUESTS).where(REQUESTS.c.id == request_id).values(kind=kind))
            held = connection.execute(sa.delete(PASSWORDS).where(PASSWORDS.c.request_id == request_id)).rowcount
            mine = [
                one for one, content, version in letters if self._put(connection, one, request_id, content, version)
            ]
        if held:
            scrub_or_later(self._engine)
        return mine

    def letter(self, letter_id: str) -> Letter | None:
        """What is to be told now; None when there is nothing (any more)."""
        query = sa.select(OUTBOX).where(_ROW.id == letter_id, _ROW.told < _ROW.version)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or row["content"] is None:
            return None
        ref = MessageRef(channel=row["channel"], ts=row["ts"]) if row["ts"] else None
        content = self._cipher.decrypt(row["content"])
        return Letter(row["id"], row["request_id"], content, row["version"], row["created_at"], ref)

    def ref(self, letter_id: str) -> MessageRef | None:
        """Where a message stands."""
        query = sa.select(_ROW.channel, _ROW.ts).where(_ROW.id == letter_id, _ROW.ts.is_not(None))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return MessageRef(channel=row[0], ts=row[1]) if row else None

    def told(self, letter: Letter, ref: MessageRef | None, *, last: bool) -> bool:
        """Tick a version off. `last` ends the request with it. True when there is a newer version to tell."""
        place = {"channel": ref.channel, "ts": ref.ts} if ref else {}
        newest = sa.case((_ROW.version == letter.version, sa.null()), else_=_ROW.content)
        ticked = sa.update(OUTBOX).where(_ROW.id == letter.id).values(told=letter.version, content=newest, **place)
        with self._engine.begin() as connection:
            version = connection.execute(ticked.returning(_ROW.version)).scalar_one_or_none()
            if letter.request_id is not None:
                ending = {"state": "done", "finished_at": time.time()} if last else {}
                if values := ({} if ref == letter.ref else place) | ending:
                    connection.execute(sa.update(REQUESTS).where(REQUESTS.c.id == letter.request_id).values(**values))
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

    def _put(
        self, connection: sa.Connection, letter_id: str, request_id: str | None, content: str, version: int
    ) -> bool:
        encrypted = self._cipher.encrypt(content)
        row = {
            "id": letter_id,
            "request_id": request_id,
            "content": encrypted,
            "version": version,
            "holder": self._me,
            "created_at": time.time(),
        }
        if connection.execute(insert_once(self._engine, OUTBOX, **row)).rowcount == 1:
            return True
        # Whoever is telling an older version comes to this one by itself.
        holder = sa.case((_ROW.told >= _ROW.version, self._me), else_=_ROW.holder)
        newer = sa.update(OUTBOX).where(_ROW.id == letter_id, _ROW.version < version)
        values = newer.values(version=version, content=encrypted, holder=holder).returning(_ROW.holder)
        changed = connection.execute(values).scalar_one_or_none()
        if changed is None:
            # The same again, from a run that begins anew: still to be told?
            untold = sa.select(_ROW.holder).where(_ROW.id == letter_id, _ROW.told < _ROW.version)
            changed = connection.execute(untold).scalar_one_or_none()
        return changed == self._me
