"""What is said once over all processes: a key for each, written in the same transaction as what is said."""

from __future__ import annotations

import time
from collections.abc import Collection

import sqlalchemy as sa

from bot.store.database import insert_once
from bot.store.outbox import Draft, Outbox
from bot.store.tables import SAID

_ROW = SAID.c


class Said:
    """The keys of all processes."""

    def __init__(self, engine: sa.Engine, outbox: Outbox) -> None:
        self._engine, self._outbox = engine, outbox

    def known(self, prefix: str) -> set[str]:
        """The keys that begin so and were said."""
        query = sa.select(_ROW.key).where(_ROW.key.startswith(prefix, autoescape=True))
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def once(self, key: str, draft: Draft | None) -> bool:
        """Put what is to be said, under a key that was not said yet; False when it was. None: only remember the key."""
        row = insert_once(self._engine, SAID, key=key, at=time.time())
        with self._engine.begin() as connection:
            if connection.execute(row).rowcount == 0:
                return False
            if draft is not None:
                self._outbox.put_in(connection, draft)
        return True

    def forget(self, keys: Collection[str]) -> None:
        """They may be said again."""
        if keys:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(SAID).where(_ROW.key.in_(keys)))
