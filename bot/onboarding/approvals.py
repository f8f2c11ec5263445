"""Approval: asked in the admin channel, decided once by somebody who may, carried out once.

    asked -> approved | declined | expired | withdrawn -> carried out

Of one person whom somebody asks for, and of a list of them; `Rules` says which. Who may approve is asked at each click, where
people are known (`slack.approvals`); here counts that the first decision stands.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.batch import Batch, Tally
from bot.onboarding.policy import Policy
from bot.onboarding.relay import approval_drawn
from bot.request import SHELL, Asked, Decided, Decision, Request
from bot.store.approvals import Approvals as Stored
from bot.store.approvals import StoredApproval

log = logging.getLogger(__name__)

ALWAYS, BULK = "always", "bulk:"

Typed = Mapping[str, Any]
"""What was typed (`NewHire.typed`)."""


@dataclass(frozen=True)
class Rules:
    """What must be approved: everything that one of the `words` says; nothing where there are none.

    A word is `always`, `bulk:` and from how many people on, a provider's key, or that with a value of its licence's field
    behind a colon (`tencent:1`). `licences` names that field (provider -> field). A form that leaves it empty has the vendor
    choose, so it is one of any licence.
    """

    words: Collection[str] = ()
    licences: Mapping[str, str | None] = field(default_factory=dict)

    def one(self, provider: str, hire: Typed) -> bool:
        """Whether one account must be approved."""
        if ALWAYS in self.words or provider in self.words:
            return True
        licence, chosen = self.licences.get(provider), self._of_licence(provider)
        return bool(chosen and licence and (hire.get(licence) is None or str(hire[licence]) in chosen))

    def many(self, provider: str, people: int, hires: Callable[[], Iterable[Typed]]) -> bool:
        """Whether so many must be; `hires` are theirs, looked at only where that matters."""
        least = [int(word.removeprefix(BULK)) for word in self.words if word.startswith(BULK)]
        if any(people >= number for number in least) or ALWAYS in self.words or provider in self.words:
            return people > 0
        return bool(self._of_licence(provider)) and any(self.one(provider, hire) for hire in hires())

    def _of_licence(self, provider: str) -> set[str]:
        return {word.partition(":")[2] for word in self.words if word.startswith(f"{provider}:")}


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def soon(self, letter_id: str) -> None: ...


class Approvals:
    """`decided` hears that there is something to carry out, and must not wait for anybody; `look` does it.

    `carry_out` is told of it, and told again until it says that it is carried out, also after a crash: the second time must
    change nothing.
    """

    def __init__(
        self,
        stored: Stored,
        relay: Relay,
        policy: Policy,
        rules: Rules,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stored, self.relay, self.policy, self.rules, self.clock = stored, relay, policy, rules, clock
        self.carry_out: Callable[[StoredApproval], bool] = lambda approval: True
        self.decided: Callable[[], None] = lambda: None

    # A list.

    def needed(self, batch: Batch, people: int, hires: Callable[[], Iterable[Typed]]) -> bool:
        """Whether so many of a list may not be created without somebody else's word."""
        return not batch.at_the_shell and self.rules.many(batch.provider, people, hires)

    def ask(self, batch: Batch, tally: Tally, round_: int) -> None:
        """Durable when it returns; the same round of a batch again changes nothing."""
        asked = Asked(
            id=f"{batch.id}/{round_}",
            provider=batch.provider,
            requester=batch.requester,
            requester_name=batch.requester_name,
            file=batch.name,
            people=tally.ready,
        )
        self._ask(asked, batch.id)

    # One person.

    def concerns(self, request: Request) -> bool:
        """Whether a request may not be carried out without somebody else's word; a row of a list was asked about with it."""
        alone = not request.batch and not request.requester.startswith(SHELL)
        return alone and self.rules.one(request.provider, request.hire)

    def of(self, request: Request) -> Asked:
        """Ask about a request, once; and what has come of it. Once it is decided, that is carried out with this call."""
        found = self.stored.of(request)
        if found is None:
            asked = Asked(
                id=request.id,
                provider=request.provider,
                requester=request.requester,
                requester_name=request.requester_name,
                people=1,
                request=request,
            )
            self._ask(asked, request.id)
            return asked
        if found.state != "asked":
            self.stored.carried_out(found.id)
        return found

    # Both.

    def _ask(self, asked: Asked, subject: str) -> None:
        until = self.clock() + self.policy.batch_expires.total_seconds()
        self._tell(self.stored.ask(asked.id, subject, asked, until, approval_drawn))

    def find(self, handle: str) -> Asked | None:
        """What a button is about."""
        found = self.stored.by_handle(handle)
        return found.asked if found else None

    def decide(self, handle: str, decision: Decision) -> Decided:
        """The first decision in time stands; whoever comes later reads whose it was."""
        put = self.stored.decide(handle, decision, approval_drawn)
        found = self.stored.by_handle(handle)
        if put is None or found is None:
            return Decided(done=False, asked=found.asked if found else None)
        self._tell(put)
        self.decided()
        return Decided(done=True, asked=found.asked)

    def withdraw(self, batch_id: str) -> None:
        """Whoever asked has cancelled their list."""
        self._tell(self.stored.withdraw(batch_id, approval_drawn))

    def look(self) -> None:
        """What is overdue expires, and what was decided is carried out. Raises what the database raises."""
        for approval in self.stored.overdue():
            self._tell(self.stored.decide(approval.asked.handle, Decision(state="expired"), approval_drawn) or [])
        for approval in self.stored.decided():
            if self.carry_out(approval):
                self.stored.carried_out(approval.id)

    def _tell(self, letters: list[str]) -> None:
        for letter_id in letters:
            self.relay.soon(letter_id)
