"""Free licences: counted now and then, shown in the form, and the admins told once when few are left.

A count is kept in memory for some minutes, each process its own; what was said is in the database, for all of them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from bot.hire import Field, Text, choice_titles, choosing
from bot.onboarding.policy import Policy
from bot.onboarding.relay import alerted
from bot.outcome import ProvisionError
from bot.request import SeatsLow
from bot.store.said import Said

log = logging.getLogger(__name__)

What = Literal["few", "full", "expiring"]


class Seats(Protocol):
    """Licences of one kind (`providers.contract.Seats`); `kind` is a value of one of the form's choices."""

    @property
    def kind(self) -> str | None: ...
    @property
    def total(self) -> int: ...
    @property
    def free(self) -> int: ...
    @property
    def expiring(self) -> int: ...


class Provider(Protocol):
    """What is asked of a provider (`providers.contract.Provider`)."""

    @property
    def abilities(self) -> Collection[str]: ...
    def seats(self) -> Sequence[Seats]: ...
    def fields(self) -> Sequence[Field]: ...


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def soon(self, letter_id: str) -> None: ...


@dataclass(frozen=True)
class Counted:
    """What a provider has said, and until when that is good (on the monotonic clock)."""

    seats: Sequence[Seats]
    until: float


class SeatCounts:
    """The counts of all providers; `few` and fewer are told to the admins."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        said: Said,
        relay: Relay,
        few: int,
        policy: Policy,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.providers = {key: provider for key, provider in providers.items() if "seats" in provider.abilities}
        self.said, self.relay, self.few, self.policy, self.clock = said, relay, few, policy, clock
        self._counted: dict[str, Counted] = {}
        self._locks = {key: threading.Lock() for key in self.providers}

    def cached(self, key: str) -> Sequence[Seats] | None:
        """None when the provider must be asked; nothing for one that cannot say, or did not just now."""
        if key not in self.providers:
            return ()
        counted = self._counted.get(key)
        return counted.seats if counted and self.clock() < counted.until else None

    def last(self, key: str) -> Sequence[Seats]:
        """As they were counted last, at most an hour ago by `look`; nothing where they never were. Asks nobody."""
        counted = self._counted.get(key)
        return counted.seats if counted else ()

    def fetch(self, key: str, *, tell: bool = True) -> Sequence[Seats]:
        """Ask the provider, unless that was just done. Blocks; a failure is only logged. The admins hear of it unless not to
        `tell`: a command at the shell leaves that to the bot.
        """
        if key not in self.providers:
            return ()
        with self._locks[key]:
            known = self.cached(key)
            if known is not None:
                return known
            seats, good = self._ask(key)
            self._counted[key] = Counted(seats, self.clock() + good)
        if tell:
            self._watch(key, seats)
        return seats

    def look(self) -> None:
        """Ask every provider. Raises what the database raises."""
        for key in self.providers:
            self.fetch(key)

    def titled(self, key: str) -> list[tuple[Seats, Text | None]]:
        """What is free now, and what each kind is called in the form. Blocks, as `fetch`."""
        seats = self.fetch(key)
        titles = self._titles(key, seats) if seats else {}
        return [(each, titles.get(each.kind or "")) for each in seats]

    def _ask(self, key: str) -> tuple[Sequence[Seats], float]:
        """What it says, and for how many seconds that is good."""
        try:
            seats = self.providers[key].seats()
        except ProvisionError as error:
            log.warning("%s did not say how many licences are free (%s)", key, error)
            return (), self.policy.seats_again.total_seconds()
        chosen = self._titles(key, seats)
        # A type that the form does not offer concerns nobody, and what one has none of cannot become few.
        ours = tuple(each for each in seats if each.total > 0 and (each.kind is None or each.kind in chosen))
        return ours, self.policy.seats_kept.total_seconds()

    # What the admins hear.

    def _watch(self, key: str, seats: Sequence[Seats]) -> None:
        known, titles = self.said.known(f"seats/{key}/"), self._titles(key, seats)
        for each in seats:
            keys: dict[What, str] = {what: f"seats/{key}/{each.kind or ''}/{what}" for what in get_args(What)}
            true = list(self._true(each))
            self.said.forget([said for what, said in keys.items() if what not in true and said in known])
            for what in true:
                if keys[what] not in known:
                    # Who reads that none is left need not read that few are.
                    silent = what == "few" and each.free == 0
                    self._say(keys[what], None if silent else self._fact(key, each, what, titles))

    def _true(self, seats: Seats) -> Iterator[What]:
        if seats.free <= self.few:
            yield "few"
        if seats.free == 0:
            yield "full"
        if seats.expiring > 0:
            yield "expiring"

    def _titles(self, key: str, seats: Sequence[Seats]) -> dict[str, Text]:
        """What the kinds of licences are called in the form, as far as they can be chosen there."""
        return choice_titles(choosing(self.providers[key].fields(), {each.kind for each in seats}))

    def _fact(self, key: str, seats: Seats, what: What, titles: Mapping[str, Text]) -> SeatsLow:
        licence = titles.get(seats.kind or "")
        return SeatsLow(
            what=what, provider=key, licence=licence, free=seats.free, total=seats.total, expiring=seats.expiring
        )

    def _say(self, key: str, fact: SeatsLow | None) -> None:
        # A letter of its own each time: there may have been enough in between.
        draft = None if fact is None else alerted(f"{key}/{time.time():.3f}", fact)
        if self.said.once(key, draft) and draft is not None:
            self.relay.soon(draft.id)
