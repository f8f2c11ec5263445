"""Whose Home tab newhire has drawn: it stays in Slack, with the people it names, until it is drawn anew."""

from __future__ import annotations

import time

import sqlalchemy as sa

from bot.store.database import insert_once
from bot.store.tables import AUDIT, SAID

_ROW = SAID.c
DRAWN, OUTDATED = "home/", "home-old/"
"""How the keys begin, before the user's Slack id."""


class Homes:
    """Of all processes."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def drawn(self, user: str) -> None:
        """Their Home tab holds something now."""
        with self._engine.begin() as connection:
            connection.execute(insert_once(self._engine, SAID, key=f"{DRAWN}{user}", at=time.time()))

    def outdated(self) -> list[str]:
        """Whose tab names somebody who was forgotten, as far as is known."""
        query = sa.select(_ROW.key).where(_ROW.key.startswith(OUTDATED, autoescape=True))
        with self._engine.connect() as connection:
            return [key.removeprefix(OUTDATED) for key in connection.execute(query).scalars()]

    def redrawn(self, user: str) -> None:
        """It was drawn anew since, and may name others."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(SAID).where(_ROW.key == f"{OUTDATED}{user}"))
            connection.execute(insert_once(self._engine, SAID, key=f"{DRAWN}{user}", at=time.time()))

    def news(self) -> int:
        """A number that is another one whenever something has happened to a request, in whichever process."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(AUDIT.c.id), 0))).scalar_one())


def outdate_homes(connection: sa.Connection) -> int:
    """Every Home tab that was drawn is to be drawn anew; how many. In somebody else's transaction."""
    query = sa.select(_ROW.key).where(_ROW.key.startswith(DRAWN, autoescape=True))
    old = [key.replace(DRAWN, OUTDATED, 1) for key in connection.execute(query).scalars()]
    connection.execute(sa.delete(SAID).where(_ROW.key.in_(old)))
    if old:
        connection.execute(sa.insert(SAID), [{"key": key, "at": time.time()} for key in old])
    return len(old)
