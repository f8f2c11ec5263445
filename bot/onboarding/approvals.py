"""Approval of what many are created for: asked in the admin channel, decided once by somebody who may, carried out once.

    asked -> approved | declined | expired | withdrawn -> carried out

Who may is asked at each click, where people are known (`slack.approvals`); here counts that the first decision stands.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from bot.batch import Batch, Tally
from bot.onboarding.policy import Policy
from bot.onboarding.relay import approval_drawn
from bot.request import ApprovalState, Asked, Decided
from bot.store.approvals import Approvals as Stored
from bot.store.approvals import StoredApproval

log = logging.getLogger(__name__)


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def soon(self, letter_id: str) -> None: ...


class Approvals:
    """`rows` is how many must be approved, None: none ever.

    `decided` hears that there is something to carry out, and must not wait for anybody; `look` does it. `carry_out` is told
    of it, and told again after a crash: the second time must change nothing.
    """

    def __init__(
        self,
        stored: Stored,
        relay: Relay,
        policy: Policy,
        rows: int | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stored, self.relay, self.policy, self.rows, self.clock = stored, relay, policy, rows, clock
        self.carry_out: Callable[[StoredApproval], None] = lambda approval: None
        self.decided: Callable[[], None] = lambda: None

    def needed(self, batch: Batch, rows: int) -> bool:
        """Whether so many may not be created without somebody else's word."""
        return self.rows is not None and rows >= self.rows and not batch.at_the_shell

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
        until = self.clock() + self.policy.batch_expires.total_seconds()
        self._tell(self.stored.ask(asked.id, batch.id, asked, until, approval_drawn))

    def find(self, handle: str) -> Asked | None:
        """What a button is about."""
        found = self.stored.by_handle(handle)
        return found.asked if found else None

    def decide(
        self, handle: str, state: ApprovalState, actor: str, reason: str = "", *, alone: bool = False
    ) -> Decided:
        """The first decision in time stands; whoever comes later reads whose it was."""
        put = self.stored.decide(handle, state, actor, reason, approval_drawn, alone=alone)
        found = self.stored.by_handle(handle)
        if put is None or found is None:
            asked = found.asked if found else None
            return Decided(done=False, asked=asked)
        self._tell(put)
        self.decided()
        return Decided(done=True, asked=found.asked)

    def withdraw(self, batch_id: str) -> None:
        """Whoever asked has cancelled."""
        self._tell(self.stored.withdraw(batch_id, approval_drawn))

    def look(self) -> None:
        """What is overdue expires, and what was decided is carried out. Raises what the database raises."""
        for approval in self.stored.overdue():
            self._tell(self.stored.decide(approval.asked.handle, "expired", "", "", approval_drawn) or [])
        for approval in self.stored.decided():
            self.carry_out(approval)
            self.stored.carried_out(approval.id)

    def _tell(self, letters: list[str]) -> None:
        for letter_id in letters:
            self.relay.soon(letter_id)
