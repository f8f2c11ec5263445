"""What all processes agree on about a provider: when its next call may go, and whether it answers at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.store.database import forgetful, insert_once, now
from bot.store.tables import PROVIDERS

_ROW = PROVIDERS.c

_MINE = _ROW.provider == sa.bindparam("provider")
_CLOSED = sa.select(_ROW.provider).where(_MINE, _ROW.circuit_open == 0)
_HEALTHY = sa.select(_ROW.provider).where(_MINE, _ROW.failures == 0)
_OPEN_SINCE = sa.select(sa.func.coalesce(_ROW.failing_since, _ROW.probe_at)).where(_MINE, _ROW.circuit_open == 1)
"""Built once: asked before and after every call."""

LONGEST_BLOCK = 3600.0
"""Seconds of a vendor's Retry-After that are believed; what stands further ahead is a clock that was set back."""


def register(engine: sa.Engine, providers: Iterable[str]) -> None:
    """A row for each provider. Safe to call at every start, from several processes."""
    with engine.begin() as connection:
        for provider in providers:
            connection.execute(insert_once(engine, PROVIDERS, provider=provider))


class RateLimiter:
    """Calls to a provider leave one after the other, whichever process they leave from."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._free, self._counted = _turn(engine, counted=False), _turn(engine, counted=True)

    def turn(self, provider: str, gap: float, daily: int | None, longest: float) -> float | None:
        """Take the next turn on the provider's wire: seconds until it comes. Turns are `gap` seconds apart.

        None, and no turn is taken, when it would come later than in `longest` seconds or the day's calls are used up.
        """
        taken = self._free if daily is None else self._counted
        # Whatever may have been lost of it, after a cut of the power nothing was sent for a while.
        with forgetful(), self._engine.begin() as connection:
            asked = {"mine": provider, "gap": gap, "longest": longest, "daily": daily}
            wait = connection.execute(taken, asked).scalar_one_or_none()
        return None if wait is None else max(float(wait), 0.0)

    def slow(self, provider: str, seconds: float) -> None:
        """No call to the provider for so many seconds, from any process: the vendor's own word, at most an hour."""
        at = now(self._engine)
        until = at + min(seconds, LONGEST_BLOCK)
        longer = sa.or_(_ROW.blocked_until < until, _ROW.blocked_until - at > LONGEST_BLOCK)
        update = sa.update(PROVIDERS).where(_ROW.provider == provider, longer)
        with self._engine.begin() as connection:
            connection.execute(update.values(blocked_until=until))


def _turn(engine: sa.Engine, *, counted: bool) -> sa.sql.dml.ReturningUpdate[Any]:
    """Built once: taken before every call. `counted`: no more than so many a day."""
    at, gap, longest = now(engine), sa.bindparam("gap", type_=sa.Float), sa.bindparam("longest", type_=sa.Float)
    today = sa.cast(at / 86400.0, sa.Integer)
    # Further ahead than anybody ever waits for a turn: the clock was set back since.
    ours = sa.case((sa.and_(_ROW.next_at > at, _ROW.next_at - at <= longest + gap), _ROW.next_at), else_=at)
    theirs = sa.case((_ROW.blocked_until - at <= LONGEST_BLOCK, _ROW.blocked_until), else_=at)
    start = sa.case((theirs > ours, theirs), else_=ours)
    calls = sa.case((_ROW.day == today, _ROW.calls), else_=0)
    update = sa.update(PROVIDERS).where(_ROW.provider == sa.bindparam("mine"), start - at <= longest)
    if counted:
        update = update.where(calls < sa.bindparam("daily", type_=sa.Integer))
    return update.values(next_at=start + gap, calls=calls + 1, day=today).returning(_ROW.next_at - gap - at)


@dataclass(frozen=True)
class Circuit:
    """Whether a call to the provider may go now. If not: seconds until it is worth asking again, and since when."""

    closed: bool
    wait: float = 0.0
    since: float | None = None


class CircuitBreaker:
    """Opens when a provider has not answered several times in a row; half-open, one call at a time may try."""

    def __init__(self, engine: sa.Engine, failures: int, shortest: timedelta, longest: timedelta) -> None:
        self._engine, self._failures = engine, failures
        self._shortest, self._longest = shortest.total_seconds(), longest.total_seconds()

    def circuit(self, provider: str) -> Circuit:
        """How it stands. `closed` on an open circuit means that this caller, and no other, may probe it."""
        at = now(self._engine)
        state = sa.select(_ROW.circuit_open, _ROW.probe_at - at, _ROW.failing_since, _ROW.failures)
        with self._engine.connect() as connection:
            if connection.execute(_CLOSED, {"provider": provider}).first() is not None:
                return Circuit(closed=True)
        with self._engine.begin() as connection:
            is_open, wait, since, failures = connection.execute(state.where(_ROW.provider == provider)).one()
            if not is_open:
                return Circuit(closed=True)
            # Further ahead than the longest wait is a clock that was set back meanwhile.
            if 0 < wait <= self._longest:
                return Circuit(closed=False, wait=float(wait), since=since)
            again = min(self._shortest * 2 ** max(failures - self._failures, 0), self._longest)
            due = sa.or_(_ROW.probe_at <= at, _ROW.probe_at - at > self._longest)
            probe = sa.update(PROVIDERS).where(_ROW.provider == provider, due).values(probe_at=at + again)
            mine = connection.execute(probe).rowcount == 1
            return Circuit(closed=mine, wait=again, since=since)

    def open_since(self, provider: str) -> float | None:
        """Since when its circuit is open (Unix seconds); None when it is closed. Asking probes nothing."""
        with self._engine.connect() as connection:
            since = connection.execute(_OPEN_SINCE, {"provider": provider}).scalar()
        return None if since is None else float(since)

    def failed(self, provider: str) -> bool:
        """The provider did not answer. True when its circuit is open now."""
        at = now(self._engine)
        update = sa.update(PROVIDERS).where(_ROW.provider == provider)
        counted = update.values(failures=_ROW.failures + 1, failing_since=sa.func.coalesce(_ROW.failing_since, at))
        with self._engine.begin() as connection:
            failures = connection.execute(counted.returning(_ROW.failures)).scalar_one()
            if failures < self._failures:
                return False
            connection.execute(
                update.where(_ROW.circuit_open == 0).values(circuit_open=1, probe_at=at + self._shortest)
            )
        return True

    def answered(self, provider: str) -> bool:
        """The provider answered, whatever it said. True when that closes an open circuit (once, in one process)."""
        with self._engine.connect() as connection:
            if connection.execute(_HEALTHY, {"provider": provider}).first() is not None:
                return False
        update = sa.update(PROVIDERS).where(_ROW.provider == provider)
        with self._engine.begin() as connection:
            was_open = connection.execute(update.where(_ROW.circuit_open == 1).values(circuit_open=0)).rowcount
            connection.execute(update.values(failures=0, failing_since=None))
        return was_open == 1
