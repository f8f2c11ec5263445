"""One message to the admins for each incident, however many requests it touches: opened, edited as it goes on, resolved.

What is wrong with newhire's own set-up is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.outcome import Failure
from bot.request import Alert, Cause, Incident, Request, SetUp, Trouble
from bot.store.incidents import Incidents as Stored


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def alert(self, key: str, alert: Alert, request: Request | None = None, version: int = 1) -> None: ...


_CAUSES: dict[str, Cause] = {"NotAuthorised": "denied", "NoSeatLeft": "full", "RateLimited": "limited"}


class Incidents:
    """What the workflow notices about a provider, told."""

    def __init__(self, stored: Stored, relay: Relay) -> None:
        self._stored, self._relay = stored, relay

    def down(self, provider: str, waiting: int, why: Failure) -> None:
        """It does not answer; so many requests wait."""
        self._tell(self._stored.note(provider, "down", waiting), why)

    def concerns(self, request: Request, why: Failure) -> bool:
        """A request is stopped by what concerns all of its provider's: counted there. False: it concerns this one alone."""
        cause = _CAUSES.get(why.kind)
        if cause is not None:
            self._tell(self._stored.note(request.provider, cause), why, request)
        return cause is not None

    def passed(self, provider: str, causes: tuple[Cause, ...]) -> None:
        """The vendor's last word shows that these are over."""
        for incident in self._stored.resolve(provider, causes):
            self._tell(incident, None)

    def set_up(self, troubles: Sequence[Trouble]) -> None:
        """What a start has found that must be mended; nothing: what an earlier one has found is."""
        noted = self._stored.note_set_up() if troubles else self._stored.resolve_set_up()
        if noted is not None:
            news = SetUp(since=noted.since, resolved_at=noted.resolved_at, troubles=tuple(troubles))
            self._relay.alert(f"incident/{noted.id}", news, version=noted.version)

    def _tell(self, incident: Incident, why: Failure | None, request: Request | None = None) -> None:
        news = incident.model_copy(update={"why": why})
        self._relay.alert(f"incident/{incident.id}", news, request, version=incident.version)
