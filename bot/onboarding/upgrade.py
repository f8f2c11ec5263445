"""Begins an interrupted run anew: from the checkpoint that it was given, by this version or an older one, and from what its
request has claimed since. What was sent and not written down counts as sent.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, JsonValue

from bot.onboarding.decide import Clear, Progress, Refused, Slowed, State, Unanswered
from bot.onboarding.workflow import Checkpoint
from bot.outcome import Failure, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.request import Request
    from bot.store.requests import Requests

_SEND = re.compile(r"send (\d+)")


class _Of010(BaseModel):
    """What a run of 0.1.0 handed to the next: fourteen flags."""

    leg: int = 0
    attempt: int = 0
    failures: int = 0
    sent: bool = False
    unsure: bool = False
    absent: int = 0
    looks: int = 0
    warned: bool = False
    doubt: Failure | None = None
    outcome: Outcome | None = None

    def state(self) -> State:
        if not self.sent:
            return Clear()
        if self.doubt is None:
            return Slowed()
        if self.doubt.kind == "OutcomeUnknown":
            return Unanswered(self.doubt, absences=self.absent)
        return Refused(self.doubt, doubtful=self.unsure or not self.doubt.certain)

    def checkpoint(self) -> Checkpoint:
        progress = Progress(self.state(), ever_unanswered=self.unsure, tries=self.failures, looks=self.looks)
        return Checkpoint(
            run=self.leg,
            progress=progress,
            sends=self.attempt,
            # Versions of its message: more than it can have had.
            updates=1000 * (self.leg + 1),
            alerted=self.warned,
            outcome=self.outcome,
        )


def begin_anew(
    requests: Requests, request: Request, stored: Mapping[str, JsonValue], *, restored: bool = False
) -> Checkpoint | None:
    """Where the request stands, for a run that begins where an interrupted one began. None: it had come to its end.

    `restored`: from an older backup, so what is not written down here may have been sent all the same.
    """
    if requests.ended(request.id):
        return None
    checkpoint = _Of010.model_validate(stored).checkpoint() if "leg" in stored else Checkpoint.model_validate(stored)
    sends = [int(found[1]) for key in requests.claimed(request.id) if (found := _SEND.fullmatch(key))]
    last = max(sends, default=0)
    if checkpoint.outcome is None and (restored or last > checkpoint.sends):
        why = "the database was restored from a backup" if restored else "newhire stopped while it was being sent"
        silence = Failure(kind="OutcomeUnknown", provider=request.provider, detail=why)
        checkpoint.progress = replace(checkpoint.progress, state=Unanswered(silence), ever_unanswered=True)
        checkpoint.sends = max(last, checkpoint.sends)
    return checkpoint
