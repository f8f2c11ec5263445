"""Watches until an account is used: who has not activated theirs is looked up after some days, and the requester reminded.

    due -> taken -> looked up, many at once -> advanced and told, in one transaction

The rows are in the database (`store.follow_ups`), and a thread works them off: a restart or a week off loses nothing. What
was missed meanwhile is made up for by one look, not by several.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.onboarding.offers import awaited
from bot.onboarding.policy import Policy
from bot.onboarding.relay import crowd, drawn, reminded
from bot.outcome import Account, ProvisionError
from bot.request import Deed, Record, Standing
from bot.store.follow_ups import Due, FollowUps, Seen
from bot.store.outbox import Draft
from bot.store.records import Records, Stored

log = logging.getLogger(__name__)

BATCH = 100
CROWD = 3
"""Of more whom one person asked for they are reminded at once, in one message without buttons."""

_FOR_ALL = ("Unreachable", "RateLimited", "NotAuthorised")
"""Failures that are not about one account."""


@dataclass
class Crowds:
    """Whom requesters are reminded of in one look at a provider, at Unix seconds `at`, where that are many."""

    at: float
    asked: Counter[str] = field(default_factory=Counter)
    people: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def count(self, records: Sequence[Record]) -> None:
        """These were looked up, too."""
        self.asked.update(record.request.requester for record in records)

    def has(self, record: Record) -> bool:
        return self.asked[record.request.requester] > CROWD

    def add(self, record: Record, account: Account) -> list[tuple[str, str]]:
        """All of theirs so far."""
        people = self.people.setdefault(record.request.requester, [])
        people.append((account.name or "", account.account or ""))
        return people


class Provider(Protocol):
    """What is asked of a provider (`providers.contract.Provider`)."""

    @property
    def abilities(self) -> Collection[str]: ...
    def look(self, account: Account) -> Account | None: ...
    def look_many(self, accounts: Sequence[Account]) -> list[Account | None]: ...


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def soon(self, letter_id: str) -> None: ...


class FollowUp:
    """`standing` is what a message shows beside its outcome (`actions.Actions.standing`)."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        records: Records,
        follow_ups: FollowUps,
        relay: Relay,
        standing: Callable[[Stored], Standing],
        policy: Policy,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.providers, self.records, self.follow_ups, self.relay = providers, records, follow_ups, relay
        self.standing, self.policy, self.clock = standing, policy, clock

    def look(self) -> None:
        """Look up whoever is due, at every provider. Paced as all calls are; raises what the database raises."""
        for key, provider in self.providers.items():
            crowds = Crowds(self.clock())
            while "look" in provider.abilities and self._batch(key, provider, crowds):
                pass

    def _batch(self, key: str, provider: Provider, crowds: Crowds) -> bool:
        """Whether there may be more that can be asked for now."""
        now = self.clock()
        due = self.follow_ups.take(key, now, now + self.policy.follow_up_again.total_seconds(), BATCH)
        stored = {each: self.records.get(each.request_id) for each in due}
        waiting = {
            each: found.record.account
            for each, found in stored.items()
            if found is not None and found.record.account is not None and awaited(found.record)
        }
        # Removed, switched, activated or forgotten meanwhile.
        self.follow_ups.end([each.request_id for each in due if each not in waiting])
        try:
            found = self._find(provider, list(waiting.values()))
        except ProvisionError as error:
            log.info("%s: %d accounts are looked up later (%s)", key, len(waiting), error.kind)
            return False
        seen = {
            each: account
            for each, account in zip(waiting, found, strict=True)
            if not isinstance(account, ProvisionError)
        }
        crowds.count([known.record for each in seen if (known := stored[each])])
        # Each message once, as it is after the last of them.
        for letter_id in {letter for each, account in seen.items() for letter in self._advance(each, account, crowds)}:
            self.relay.soon(letter_id)
        return len(due) == BATCH

    def _find(self, provider: Provider, accounts: Sequence[Account]) -> list[Account | ProvisionError | None]:
        """Each as it is now, or why nobody knows. Raises what is not about one account."""
        try:
            return [*provider.look_many(accounts)] if accounts else []
        except ProvisionError as error:
            if error.kind in _FOR_ALL or len(accounts) == 1:
                raise
        # One that the vendor does not like must not keep the others from being found.
        return [self._find_one(provider, account) for account in accounts]

    def _find_one(self, provider: Provider, account: Account) -> Account | ProvisionError | None:
        try:
            return provider.look(account)
        except ProvisionError as error:
            if error.kind in _FOR_ALL:
                raise
            log.info("%s: an account is looked up later (%s)", account.provider, error.kind)
            return error

    def _advance(self, due: Due, found: Account | None, crowds: Crowds) -> list[str]:
        """Write down what a look has come to; the ids of what is to be told."""
        return [draft.id for draft in self.follow_ups.advance(due, lambda record: self._judge(record, found, crowds))]

    def _judge(self, record: Record, found: Account | None, crowds: Crowds) -> Seen:
        """What follows from a look. Whatever somebody did about the account meanwhile is newer than it."""
        now, known = self.clock(), record.account
        if known is None or not awaited(record):
            return Seen(record, None, lambda stored: [])
        if found is None or found.state == "gone":
            gone = {"account": None, "deeds": (*record.deeds, Deed(kind="gone", by="", at=now))}
            return Seen(record.model_copy(update=gone), None, self._drawn)
        # No look-up tells until when the invitation is counted on.
        seen = found.model_copy(update={"invitation_expires_at": known.invitation_expires_at})
        if not awaited(record.model_copy(update={"account": seen})):
            activated = (Deed(kind="activated", by="", at=now),) if found.state == "active" else ()
            changed = {"account": found, "deeds": (*record.deeds, *activated)}
            return Seen(record.model_copy(update=changed), None, self._drawn)
        next_at = self._next(record, now)
        if crowds.has(record):
            people = crowds.add(record, seen)
            kept = record.model_copy(update={"account": seen})
            return Seen(kept, next_at, lambda stored: [crowd(record.request, crowds.at, people)])
        reminder = {"reminded": (*record.reminded, now), "reminded_enough": next_at is None}
        return Seen(record.model_copy(update={"account": seen, **reminder}), next_at, self._reminder)

    def _next(self, record: Record, now: float) -> float | None:
        days = (record.ended_at + after.total_seconds() for after in self.policy.follow_up)
        return next((day for day in days if day > now), None)

    def _reminder(self, stored: Stored) -> list[Draft]:
        return [reminded(stored, self.standing(stored), len(stored.record.reminded) - 1)]

    def _drawn(self, stored: Stored) -> list[Draft]:
        return drawn(stored, self.standing(stored))
