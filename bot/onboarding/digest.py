"""What a week came to, for the admins: on Mondays at nine o'clock, by this machine's clock, once over all processes.

A machine that is off then says it when it is back; each digest is about the seven days before its Monday.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.hire import Text
from bot.onboarding.offers import awaited
from bot.onboarding.relay import alerted
from bot.onboarding.seats import SeatCounts
from bot.outcome import ActionRequired, Created, Failure
from bot.request import Digest, FreeSeats, Record, Waiting
from bot.store.records import Records
from bot.store.said import Said

HOUR = 9
LISTED = 20
"""So many of those who have not activated their account are named."""

WEEK = dt.timedelta(days=7)


class Provider(Protocol):
    """What is said of a provider (`providers.contract.Provider`)."""

    @property
    def title(self) -> Text: ...


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def soon(self, letter_id: str) -> None: ...


class Digests:
    """`look` says the digest when it is due and was not said."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        records: Records,
        seats: SeatCounts,
        said: Said,
        relay: Relay,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.providers, self.records, self.seats, self.said, self.relay = providers, records, seats, said, relay
        self.clock, self._last = clock, ""

    def look(self) -> None:
        """Raises what the database raises."""
        monday = monday_before(dt.datetime.fromtimestamp(self.clock()))
        key = f"digest/{monday:%G-W%V}"
        if key == self._last:
            return
        if key not in self.said.known(key):
            draft = alerted(key, self._digest((monday - WEEK).timestamp(), monday.timestamp()))
            if self.said.once(key, draft):
                self.relay.soon(draft.id)
        self._last = key

    def _digest(self, since: float, until: float) -> Digest:
        ended = self.records.ended(since, until)
        waiting = [record for record in self.records.successes() if awaited(record)]
        failures = Counter(record.outcome.kind for record in ended if isinstance(record.outcome, Failure))
        return Digest(
            since=since,
            until=until,
            created=sum(isinstance(record.outcome, Created | ActionRequired) for record in ended),
            failed=tuple(sorted(failures.items())),
            waiting=tuple(self._waiting(record) for record in waiting[:LISTED]),
            more=max(len(waiting) - LISTED, 0),
            seats=tuple(self._seats()),
        )

    def _waiting(self, record: Record) -> Waiting:
        request, account = record.request, record.account
        return Waiting(
            provider=self._title(request.provider),
            name=str(request.hire.get("name") or "?"),
            account=account.account if account else "",
            requester=request.requester_name or request.requester,
            since=record.ended_at,
        )

    def _seats(self) -> Sequence[FreeSeats]:
        return [
            FreeSeats(provider=self._title(key), licence=licence, free=seats.free, total=seats.total)
            for key in self.providers
            for seats, licence in self.seats.titled(key)
        ]

    def _title(self, key: str) -> Text:
        provider = self.providers.get(key)
        return provider.title if provider else Text(key, key)


def monday_before(now: dt.datetime) -> dt.datetime:
    """The last Monday at nine o'clock that is not after `now` (local time)."""
    monday = (now - dt.timedelta(days=now.weekday())).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return monday if monday <= now else monday - WEEK
