"""What people do about a request after its end, by the buttons below its message: each one thing, once.

    pressed -> allowed? -> claimed for this round -> stored durably -> done at the vendor -> written down and drawn, together

A round has one action: of people who press at once one acts, and the others read who did. What is done to the vendor may be
done again after a crash, for each of these calls is the same the second time: what is removed is gone, what is switched is
switched, and a second invitation on one day is refused.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, TypeVar, assert_never

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bot.hire import NewHire
from bot.onboarding.offers import FOR_ADMINS, offered, standing
from bot.onboarding.policy import Policy
from bot.onboarding.relay import drawn, whispered
from bot.onboarding.workflow import as_found, first_look
from bot.outcome import (
    Account,
    AlreadyExists,
    Failure,
    NotAuthorised,
    Outcome,
    OutcomeUnknown,
    ProvisionError,
    account_of,
    success,
)
from bot.request import Act, Action, Deed, NotDone, Record, Request, Standing, Whisper, handle_of
from bot.store.audit import Entry
from bot.store.follow_ups import FollowUps
from bot.store.outbox import Draft
from bot.store.records import Records, Stored
from bot.store.requests import Requests

log = logging.getLogger(__name__)

T = TypeVar("T")

_DEEDS: dict[
    Action, Literal["retried", "corrected", "looked_up", "invited", "removed", "disabled", "enabled", "activated"]
] = {
    "retry": "retried",
    "edit": "corrected",
    "look_up": "looked_up",
    "resend": "invited",
    "undo": "removed",
    "disable": "disabled",
    "enable": "enabled",
}
_LEFT = ("Unreachable", "RateLimited")
"""Failures after which nothing has happened at the vendor."""
_RETRIED = ("NotAuthorised", "NoSeatLeft")
"""How requests end that can be tried again all at once, when the cause is mended."""


@dataclass(frozen=True)
class Worked:
    """The vendor has done it, at `at` (Unix seconds): the account as it is now, and the outcome if that is another one now."""

    at: float
    account: Account | None = None
    outcome: Outcome | None = None
    again: Request | None = None
    kind: Literal["worked"] = "worked"


@dataclass(frozen=True)
class Failed:
    """It did not work, and nothing is changed."""

    why: Failure
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True)
class Requested:
    """Somebody has asked for the same person again meanwhile."""

    kind: Literal["requested"] = "requested"


Came = Annotated[Worked | Failed | Requested, Field(discriminator="kind")]
CAME: TypeAdapter[Worked | Failed | Requested] = TypeAdapter(Came)


class Provider(Protocol):
    """What is done to accounts (`providers.contract.Provider`)."""

    @property
    def form(self) -> type[NewHire]: ...
    @property
    def abilities(self) -> Collection[str]: ...
    @property
    def link_hours(self) -> int: ...
    @property
    def invitation_hours(self) -> int: ...

    def find(self, hire: Any, request_id: str) -> Account | None: ...
    def look(self, account: Account) -> Account | None: ...
    def resend(self, account: Account) -> None: ...
    def link(self, account: Account) -> str: ...
    def remove(self, account: Account) -> None: ...
    def switch(self, account: Account, *, active: bool) -> None: ...


class Engine(Protocol):
    """The durable engine (`engine.Engine`)."""

    def act(self, request: Request, act: BaseModel, run: int) -> None: ...
    def accept(self, request: Request, *, priority: int = 1) -> None: ...
    def step(self, name: str, work: Callable[[], T], kind: TypeAdapter[T]) -> T: ...
    def sleep(self, seconds: float) -> None: ...
    def wake(self, request_ids: list[str]) -> None: ...


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def tell(self, letter_id: str) -> None: ...
    def soon(self, letter_id: str) -> None: ...


class Actions:
    """`begin` on the front door's threads, `run` on the engine's."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        requests: Requests,
        records: Records,
        follow_ups: FollowUps,
        relay: Relay,
        engine: Engine,
        policy: Policy,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.providers, self.requests, self.records, self.follow_ups = providers, requests, records, follow_ups
        self.relay, self.engine, self.policy, self.clock = relay, engine, policy, clock

    # Pressed.

    def begin(self, handle: str, act: Act) -> NotDone | None:
        """Durable when it returns None: it is done, once. Else why it is not."""
        request_id, stored = self._find(handle)
        refusal = self._wake(request_id, act) if stored is None else self._begin(stored, act)
        self._note_click(act, request_id, refusal.reason if refusal else "accepted")
        return refusal

    def _begin(self, stored: Stored, act: Act) -> NotDone | None:
        refusal = self._refusal(stored, act)
        if refusal is None and not self.records.claim(stored.record.request.id, act.round, act.action, act.actor):
            refusal = self._instead(stored, act)
        if refusal is not None:
            if refusal.reason in ("over", "done"):
                self.draw(stored.record.request.id, act.response_url)
            return refusal
        self.engine.act(stored.record.request, act, act.round)
        return None

    def read(self, handle: str, act: Act) -> Stored | None:
        """The record behind a button, for what shows it and changes nothing."""
        request_id, stored = self._find(handle)
        self._note_click(act, request_id, "shown" if request_id else "unknown")
        return stored

    def _find(self, handle: str) -> tuple[str | None, Stored | None]:
        """The request behind a button, and its record once it has ended."""
        request_id = self.records.request_of(handle)
        return request_id, self.records.get(request_id) if request_id else None

    def _note_click(self, act: Act, request_id: str | None, came: str) -> None:
        facts = {"action": act.action, "outcome": came}
        self.records.audit.note("clicked", actor=act.actor, request_id=request_id, facts=facts)

    def corrected(self, request_id: str, act: Act) -> None:
        """Another request was accepted that corrects this one: its message says so, and has no more to offer."""
        stored = self.records.get(request_id)
        if stored and self.records.claim(request_id, stored.round, "edit", act.actor):
            self._finish(stored.record.request, act.model_copy(update={"round": stored.round}), Worked(self.clock()))

    def retry_all(self, incident: str, act: Act) -> int:
        """Try all again that failed in this incident (`handle` of its buttons); how many."""
        for incident_id, provider, _, since in self.records.incidents():
            if handle_of(f"incident {incident_id}") == incident:
                failed = self.records.failed(provider, _RETRIED, since - self.policy.give_up.total_seconds())
                return sum(self._retry(request_id, act) for request_id in failed)
        return 0

    def take_up(self) -> None:
        """What was pressed and claimed, when the process died before it was stored: it is done now."""
        for click in self.records.under_way():
            stored = self.records.get(click.request_id)
            if stored is not None and stored.round == click.round:
                request = stored.record.request
                act = Act(action=click.action, round=click.round, actor=click.actor, language=request.language)
                if click.action == "edit":
                    self._finish(request, act, Worked(click.at))
                else:
                    self.engine.act(request, act, click.round)

    def draw(self, request_id: str, response_url: str | None = None) -> None:
        """Draw its message anew, as it is now."""
        _, put = self.records.amend(request_id, _as_it_is, lambda stored: self._drawn(stored, response_url))
        for draft in put:
            self.relay.soon(draft.id)

    def _retry(self, request_id: str, act: Act) -> bool:
        stored = self.records.get(request_id)
        if stored is None or "retry" not in self.offered(stored.record):
            return False
        mine = act.model_copy(
            update={"action": "retry", "round": stored.round, "channel": None, "ts": None, "link": ""}
        )
        return self.begin(stored.record.request.handle, mine) is None

    def _wake(self, request_id: str | None, act: Act) -> NotDone | None:
        """Nothing is known of its end: it is still under way, or forgotten."""
        if request_id is None or act.action != "look_up" or self.requests.ended(request_id):
            return NotDone(reason="unknown")
        self.engine.wake([request_id])
        return None

    def _refusal(self, stored: Stored, act: Act) -> NotDone | None:
        if act.round != stored.round:
            return self._instead(stored, act)
        if act.action in FOR_ADMINS and not act.admin:
            return NotDone(reason="admins")
        if act.action == "undo" and not (act.admin or act.actor == stored.record.request.requester):
            return NotDone(reason="requesters")
        if act.action not in self.offered(stored.record):
            return NotDone(reason="over")
        return None

    def _instead(self, stored: Stored, act: Act) -> NotDone:
        click = self.records.click(stored.record.request.id, act.round)
        if click is None:
            return NotDone(reason="over")
        reason: Literal["done", "taken"] = "done" if click.done else "taken"
        return NotDone(reason=reason, actor=click.actor, action=click.action, at=click.at)

    # Done.

    def run(self, request: Request, act: Act) -> None:
        """What was pressed, at the vendor; then written down and told. Begins again after a crash."""
        stored = self.records.get(request.id)
        if stored is None or stored.round != act.round:
            return
        if act.action == "link":
            self._hand_link(stored.record, act)
            return
        came = self._until_it_answers(stored.record, act)
        if isinstance(came, Worked) and came.again is not None:
            self.engine.accept(came.again)
        self._finish(request, act, came)

    def offered(self, record: Record) -> tuple[Action, ...]:
        """The buttons that can be pressed now."""
        return offered(record, self._abilities(record), self.clock(), self.policy.undo)

    def standing(self, stored: Stored) -> Standing:
        """What is shown of it now."""
        return standing(stored.record, self._abilities(stored.record), stored.round, self.clock(), self.policy.undo)

    def _abilities(self, record: Record) -> Collection[str]:
        provider = self.providers.get(record.request.provider)
        return provider.abilities if provider else ()

    def _until_it_answers(self, record: Record, act: Act) -> Came:
        for wait in (*self.policy.act_again, None):
            came: Came = self.engine.step(act.action, lambda: self._try(record, act), CAME)
            if wait is None or not (isinstance(came, Failed) and came.why.kind in _LEFT):
                return came
            self.engine.sleep(wait.total_seconds())
        raise AssertionError  # the last has no wait

    def _try(self, record: Record, act: Act) -> Came:
        try:
            return self._do(self._provider(record), record, act)
        except ProvisionError as error:
            return Failed(error.failure)

    def _provider(self, record: Record) -> Provider:
        provider = self.providers.get(record.request.provider)
        if provider is None:
            raise NotAuthorised(record.request.provider, detail="this provider is no longer configured")
        return provider

    def _do(self, provider: Provider, record: Record, act: Act) -> Came:
        match act.action:
            case "look_up":
                return self._look_up(provider, record)
            case "retry":
                return self._again(provider, record, act)
            case "resend":
                return self._resend(provider, _account(record))
            case "undo":
                return self._remove(provider, _account(record))
            case "disable" | "enable":
                return self._switch(provider, _account(record), active=act.action == "enable")
            case "edit" | "link" | "copy":
                raise ValueError(act.action)
            case _:
                assert_never(act.action)

    def _resend(self, provider: Provider, account: Account) -> Worked:
        provider.resend(account)
        now, hours = self.clock(), provider.invitation_hours
        until = now + 3600 * hours if hours else None
        return Worked(now, account=account.model_copy(update={"invitation_expires_at": until}))

    def _remove(self, provider: Provider, account: Account) -> Worked:
        """Removed, and looked at: only the vendor's own "nobody" is believed."""
        try:
            provider.remove(account)
        except OutcomeUnknown:
            log.info("%s did not say whether an account was removed; it is looked at", account.provider)
        if provider.look(account) is not None:
            raise OutcomeUnknown(account.provider, detail="it is still there")
        return Worked(self.clock())

    def _switch(self, provider: Provider, account: Account, *, active: bool) -> Worked:
        try:
            provider.switch(account, active=active)
        except OutcomeUnknown:
            log.info("%s did not say whether an account was switched; it is looked at", account.provider)
        found, wanted = provider.look(account), "active" if active else "disabled"
        if found is None or found.state not in (wanted, "unknown"):
            raise OutcomeUnknown(account.provider, detail="it is as it was")
        return Worked(self.clock(), account=found.model_copy(update={"state": wanted}))

    def _look_up(self, provider: Provider, record: Record) -> Worked:
        """Who has the account now: the truth about a request of which nobody knew how it ended."""
        request = record.request
        hire = self._hire(provider, request)
        account = provider.find(hire, request.id)
        outcome: Outcome
        if account is None:
            outcome = Failure(kind="Unreachable", provider=request.provider, detail="looked up: nobody is there")
        else:
            wrong = as_found(request, hire, account).differences
            outcome = AlreadyExists(account=account, differences=wrong) if wrong else success(account)
        return Worked(self.clock(), account=account_of(outcome), outcome=outcome)

    def _again(self, provider: Provider, record: Record, act: Act) -> Worked | Requested:
        """The same form once more, as a request of its own: its id follows from this one's, so it too is accepted once."""
        now, was = self.clock(), record.request
        again = was.model_copy(
            update={
                "id": f"{was.id}-r{act.round}",
                "requester": act.actor,
                "requester_name": act.actor_name or was.requester_name,
                "language": act.language,
                "accepted_at": now,
                "response_url": act.response_url,
                "follows": act.link,
            }
        )
        hire = self._hire(provider, again)
        duplicate = self.requests.accept(again, hire.identity(), confirmed=was.id)
        return Worked(now, again=again) if duplicate is None else Requested()

    def _hire(self, provider: Provider, request: Request) -> NewHire:
        try:
            return provider.form.model_validate(request.hire, context={"region": request.region})
        except ValidationError:
            raise NotAuthorised(request.provider, detail="this version does not take the stored form") from None

    def _hand_link(self, record: Record, act: Act) -> None:
        """A secret: it goes into no stored step, and to nobody but whoever pressed. A second one does no harm."""
        request = record.request
        try:
            provider = self._provider(record)
            link, hours = provider.link(_account(record)), provider.link_hours
        except ProvisionError as error:
            self._finish(request, act, Failed(error.failure))
        else:
            self._write(request, act, _as_it_is, self._whisper(act, "link", link=link, hours=hours), "done")

    # Written down, and told.

    def _finish(self, request: Request, act: Act, came: Came) -> None:
        match came:
            case Worked():
                self._write(request, act, lambda record: _amended(record, act, came), None, "done")
            case Failed(why=why):
                self._write(request, act, _as_it_is, self._whisper(act, "failed", why=why), why.kind)
            case Requested():
                self._write(request, act, _as_it_is, self._whisper(act, "requested"), "requested")
            case _:
                assert_never(came)

    def _write(
        self, request: Request, act: Act, change: Callable[[Record], Record], whisper: Whisper | None, came: str
    ) -> None:
        entry = Entry("acted", act.actor, request.id, request.provider, facts={"action": act.action, "outcome": came})
        more = [whispered(request, whisper, act.round)] if whisper else []
        stored, put = self.records.amend(
            request.id,
            change,
            lambda stored: [*self._drawn(stored, act.response_url), *more],
            round_=act.round,
            entry=entry,
        )
        if stored is not None and act.action == "look_up":
            self._follow(stored.record)
        for draft in put:
            self.relay.tell(draft.id)

    def _follow(self, record: Record) -> None:
        """Nobody knew before that there is somebody who has to activate an account."""
        due_at = first_look(record, self._abilities(record), self.policy)
        if due_at is not None:
            self.follow_ups.begin(record.request.id, record.request.provider, due_at)

    def _drawn(self, stored: Stored, response_url: str | None = None) -> list[Draft]:
        return drawn(stored, self.standing(stored), response_url)

    @staticmethod
    def _whisper(act: Act, said: Literal["link", "failed", "requested"], **more: Any) -> Whisper:
        return Whisper(to=act.actor, language=act.language, channel=act.channel, said=said, action=act.action, **more)


def _as_it_is(record: Record) -> Record:
    return record


def _account(record: Record) -> Account:
    if record.account is None:
        raise ValueError("offered without an account")
    return record.account


def _amended(record: Record, act: Act, came: Worked) -> Record:
    deed = Deed(kind=_DEEDS[act.action], by=act.actor, by_name=act.actor_name, at=came.at)
    changed: dict[str, Any] = {"deeds": (*record.deeds, deed)}
    if act.action in ("look_up", "resend", "undo", "disable", "enable"):
        changed["account"] = came.account
    if came.outcome is not None:
        changed["outcome"] = came.outcome
    return record.model_copy(update=changed)
