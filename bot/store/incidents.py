"""What is wrong with a provider, for all requests together: one open incident for each cause, in whichever process it shows."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from bot.request import Cause, Incident
from bot.store.database import insert_once
from bot.store.tables import INCIDENTS

_ROW = INCIDENTS.c
SET_UP = "newhire"
"""In the place of a provider, and of the cause: what is wrong with newhire's own set-up."""

_OPEN = sa.select(_ROW.id).where(_ROW.provider == sa.bindparam("provider"), _ROW.resolved_at.is_(None)).limit(1)


@dataclass(frozen=True)
class Noted:
    """An incident as its row has it."""

    id: str
    since: float
    version: int
    resolved_at: float | None


class Incidents:
    """The open ones, and those that were resolved until they are forgotten. Times are Unix seconds."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def note(self, provider: str, cause: Cause, affected: int | None = None) -> Incident:
        """It shows (again): opens the incident if there is none. `affected` counts the requests; None: one more than before."""
        return _incident(self._note(provider, cause, affected))

    def note_set_up(self) -> Noted:
        """The same of newhire's own set-up."""
        return _noted(self._note(SET_UP, SET_UP, None))

    def resolve_set_up(self) -> Noted | None:
        """It is mended. None when nothing was wrong with it."""
        mine = sa.and_(_ROW.provider == SET_UP, _ROW.resolved_at.is_(None))
        update = sa.update(INCIDENTS).where(mine).values(version=_ROW.version + 1, resolved_at=time.time())
        with self._engine.begin() as connection:
            row = connection.execute(update.returning(INCIDENTS)).mappings().one_or_none()
        return None if row is None else _noted(row)

    def _note(self, provider: str, cause: str, affected: int | None) -> sa.RowMapping:
        now = time.time()
        row = {"id": f"{provider}/{cause}/{now:.3f}", "provider": provider, "cause": cause, "since": now, "version": 0}
        mine = sa.and_(_ROW.provider == provider, _ROW.cause == cause, _ROW.resolved_at.is_(None))
        count = _ROW.affected + 1 if affected is None else sa.literal(affected)
        update = sa.update(INCIDENTS).where(mine).values(version=_ROW.version + 1, affected=count)
        with self._engine.begin() as connection:
            connection.execute(insert_once(self._engine, INCIDENTS, **row))
            return connection.execute(update.returning(INCIDENTS)).mappings().one()

    def resolve(self, provider: str, causes: Collection[Cause]) -> list[Incident]:
        """They are over: those that were open (each is returned once, in one process)."""
        mine = sa.and_(_ROW.provider == provider, _ROW.cause.in_(causes), _ROW.resolved_at.is_(None))
        with self._engine.connect() as connection:
            # Asked after every answer of a vendor: most times there is nothing to write.
            if connection.execute(_OPEN, {"provider": provider}).first() is None:
                return []
        update = sa.update(INCIDENTS).where(mine).values(version=_ROW.version + 1, resolved_at=time.time())
        with self._engine.begin() as connection:
            return [_incident(row) for row in connection.execute(update.returning(INCIDENTS)).mappings()]

    def forget(self, older_than: float) -> None:
        """Delete what was resolved before that time."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(INCIDENTS).where(_ROW.resolved_at < older_than))


def _noted(row: sa.RowMapping) -> Noted:
    return Noted(row["id"], row["since"], row["version"], row["resolved_at"])


def _incident(row: sa.RowMapping) -> Incident:
    return Incident(
        id=row["id"],
        provider=row["provider"],
        cause=row["cause"],
        since=row["since"],
        affected=row["affected"],
        version=row["version"],
        resolved_at=row["resolved_at"],
    )
