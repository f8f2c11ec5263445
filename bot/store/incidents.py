"""What is wrong with a provider, for all requests together: one open incident for each cause, in whichever process it shows."""

from __future__ import annotations

import time
from collections.abc import Collection

import sqlalchemy as sa

from bot.request import Cause, Incident
from bot.store.database import insert_once
from bot.store.tables import INCIDENTS

_ROW = INCIDENTS.c
_OPEN = sa.select(_ROW.id).where(_ROW.provider == sa.bindparam("provider"), _ROW.resolved_at.is_(None)).limit(1)


class Incidents:
    """The open ones, and those that were resolved until they are forgotten. Times are Unix seconds."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def note(self, provider: str, cause: Cause, affected: int | None = None) -> Incident:
        """It shows (again): opens the incident if there is none. `affected` counts the requests; None: one more than before."""
        now = time.time()
        row = {"id": f"{provider}/{cause}/{now:.3f}", "provider": provider, "cause": cause, "since": now, "version": 0}
        mine = sa.and_(_ROW.provider == provider, _ROW.cause == cause, _ROW.resolved_at.is_(None))
        count = _ROW.affected + 1 if affected is None else sa.literal(affected)
        update = sa.update(INCIDENTS).where(mine).values(version=_ROW.version + 1, affected=count)
        with self._engine.begin() as connection:
            connection.execute(insert_once(self._engine, INCIDENTS, **row))
            return _incident(connection.execute(update.returning(INCIDENTS)).mappings().one())

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
