"""The one use case, as a durable workflow: create, or look; then write the outcome down; then tell.

    form sent -> accepted (durably) -> run, run, ... -> one outcome, told

A *run* is a short stretch of work on an engine's thread. Everything with an effect at the vendor is a *step*: its result is
stored, and after a crash the run begins again with the stored results until it comes to the step that was under way. A run
that would wait long ends, and the next one starts later: nobody holds a thread while a provider sleeps.

What to do next is decided in `decide`; this module performs it. What a crashed process may have sent counts as sent
(`_send`). Nothing here knows Slack, HTTP or the engine by name.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal, Protocol, TypeVar, assert_never

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bot.hire import NewHire
from bot.onboarding.decide import (
    Absent,
    Behind,
    Clear,
    Done,
    Found,
    Held,
    LookFailed,
    Overdue,
    Progress,
    Retry,
    Sent,
    State,
    decide,
)
from bot.onboarding.offers import awaited, standing
from bot.onboarding.policy import Policy
from bot.outcome import (
    Account,
    ActionRequired,
    AlreadyExists,
    Created,
    Declined,
    Failure,
    FailureKind,
    NotAuthorised,
    Outcome,
    OutcomeUnknown,
    ProvisionError,
    Rejected,
    account_of,
    success,
)
from bot.request import (
    Agreed,
    Alert,
    Asked,
    AwaitsApproval,
    Cause,
    Deed,
    InLine,
    Late,
    Record,
    Request,
    Standing,
    Stuck,
    Unsure,
    Update,
)
from bot.store.cipher import Unreadable
from bot.store.limits import CircuitBreaker, RateLimiter
from bot.store.requests import Requests

log = logging.getLogger(__name__)

T = TypeVar("T")


class Checkpoint(BaseModel):
    """What one run hands to the next. Fields may be added, with a default, never changed."""

    run: int = 0
    progress: Progress = field(default_factory=Progress)
    sends: int = 0
    updates: int = 1  # versions of the request's message; the first says that it has begun
    said: Update | None = None
    alerted: bool = False
    outcome: Outcome | None = None
    ended_at: float | None = None
    made: bool = False  # by the vendor's own answer to this request
    asked: Asked | None = None  # whether somebody else agrees: what is known of that


@dataclass(frozen=True)
class Waiting:
    """The provider's circuit is open: nothing was tried."""

    since: float | None
    wait: float
    first: bool
    kind: Literal["waiting"] = "waiting"


Tried = Annotated[Sent | Found | Absent | LookFailed | Held | Overdue | Waiting, Field(discriminator="kind")]


@dataclass(frozen=True)
class Attempt:
    """What one attempt came to, with all that is not the same when the run begins again.

    `at` in Unix seconds; `late` when the patience of whoever asked is used up; `jitter` from 0.5 to 1.
    """

    tried: Tried
    at: float
    late: bool
    jitter: float


ALL_CAUSES: tuple[Cause, ...] = ("down", "limited", "denied", "full")
PASSED: dict[FailureKind, tuple[Cause, ...]] = {
    "Rejected": ("down", "limited", "denied"),
    "Conflict": ("down", "limited", "denied"),
    "NoSeatLeft": ("down", "limited", "denied"),
    "NotAuthorised": ("down", "limited"),
    "RateLimited": ("down",),
    "OutcomeUnknown": ("down",),
    "Unreachable": ("down",),
}
"""What a vendor's answer to the creating call shows to be over. A look-up proves less: it has rights and limits of its own."""

ATTEMPT: TypeAdapter[Attempt] = TypeAdapter(Attempt)
ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)
NOTHING: TypeAdapter[None] = TypeAdapter(None)


class Provider(Protocol):
    """What the use case needs of a provider (`providers.contract.Provider` is one)."""

    @property
    def form(self) -> type[NewHire]: ...
    @property
    def abilities(self) -> Collection[str]: ...

    def create(self, hire: Any, request_id: str) -> Account: ...
    def find(self, hire: Any, request_id: str) -> Account | None: ...


class Approvals(Protocol):
    """Whom somebody else has to agree to (`approvals.Approvals`)."""

    def concerns(self, request: Request) -> bool: ...
    def of(self, request: Request) -> Asked: ...


class Incidents(Protocol):
    """Who tells the admins what concerns all requests of a provider (`incidents.Incidents`)."""

    def down(self, provider: str, waiting: int, why: Failure) -> None: ...
    def concerns(self, request: Request, why: Failure) -> bool: ...
    def passed(self, provider: str, causes: tuple[Cause, ...]) -> None: ...


class Relay(Protocol):
    """What the use case needs to tell people (`relay.Relay`)."""

    def begin(self, request: Request, first: AwaitsApproval | None = None) -> None: ...
    def update(self, request: Request, update: Update, version: int) -> None: ...
    def alert(self, key: str, alert: Alert, request: Request | None = None) -> None: ...
    def end(
        self, record: Record, standing: Standing, *, nudge: bool, admins: bool, follow_up: float | None
    ) -> None: ...


class Engine(Protocol):
    """What the use case needs of the durable engine (`engine.Engine`)."""

    def step(self, name: str, work: Callable[[], T], kind: TypeAdapter[T]) -> T: ...
    def sleep(self, seconds: float) -> None: ...
    def later(self, request: Request, checkpoint: BaseModel, run: int, seconds: float) -> None: ...
    def wake(self, request_ids: list[str]) -> None: ...


class Workflow:
    """The use case over its ports."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        requests: Requests,
        limiter: RateLimiter,
        breaker: CircuitBreaker,
        relay: Relay,
        incidents: Incidents,
        engine: Engine,
        policy: Policy,
        clock: Callable[[], float] = time.time,
        approvals: Approvals | None = None,
    ) -> None:
        self.providers, self.requests, self.limiter, self.breaker = providers, requests, limiter, breaker
        self.relay, self.incidents, self.engine, self.policy, self.clock = relay, incidents, engine, policy, clock
        self.approvals = approvals

    def run(self, request: Request, checkpoint: Checkpoint) -> None:
        """One stretch of work for one request; ends with the outcome told, or with the next run enqueued."""
        if not self._agreed(request, checkpoint):
            return
        if checkpoint.run == 0:
            self.relay.begin(request)
        while checkpoint.outcome is None:
            wait = self._attempt(request, checkpoint)
            if wait > self.policy.on_a_thread.total_seconds():
                checkpoint.run += 1
                self.engine.later(request, checkpoint, checkpoint.run, wait)
                return
            if wait:
                self.engine.sleep(wait)
        self._end(request, checkpoint, checkpoint.outcome)

    def _agreed(self, request: Request, checkpoint: Checkpoint) -> bool:
        """Whether it may go on: nobody has to agree to it, somebody has, or it is over because nobody did.

        Else the next run, which a decision wakes (`Engine.wake`), sees what came of the asking.
        """
        approvals, asked = self.approvals, checkpoint.asked
        if approvals is None or (asked is None and (checkpoint.run or not approvals.concerns(request))):
            return True
        if asked is not None and asked.state != "asked":
            return True
        asked = self.engine.step("approval", lambda: approvals.of(request), ASKED)
        checkpoint.asked = asked.model_copy(update={"request": None})
        if checkpoint.run == 0:
            self.relay.begin(request, AwaitsApproval(handle=asked.handle))
        by, by_name = asked.decided_by, asked.decided_by_name
        match asked.state:
            case "asked":
                checkpoint.run += 1
                self.engine.later(request, checkpoint, checkpoint.run, self.policy.batch_expires.total_seconds())
                return False
            case "approved":
                self._say(request, checkpoint, Agreed(by=by, by_name=by_name))
            case why:
                checkpoint.outcome = Declined(why=why, by=by, by_name=by_name, reason=asked.reason)
                checkpoint.ended_at = asked.decided_at
        return True

    def _attempt(self, request: Request, checkpoint: Checkpoint) -> float:
        """Look, or send; then decide. Seconds to wait before the next attempt."""
        state, number, since = checkpoint.progress.state, checkpoint.sends + 1, _since(request, checkpoint)
        attempt = self.engine.step("attempt", lambda: self._try(request, state, number, since), ATTEMPT)
        if isinstance(attempt.tried, Waiting):
            return self._wait_in_line(request, checkpoint, attempt.tried)
        if isinstance(attempt.tried, Sent):
            checkpoint.sends = number
        checkpoint.progress, decision = decide(checkpoint.progress, attempt.tried)
        match decision:
            case Done(outcome=outcome):
                checkpoint.outcome, checkpoint.ended_at, checkpoint.made = outcome, attempt.at, _made(attempt.tried)
                return 0.0
            case Retry():
                return self._retry(request, checkpoint, attempt, decision)
            case _:
                assert_never(decision)

    # One attempt, as one step: a process that dies under it does all of it again.

    def _try(self, request: Request, state: State, number: int, since: float) -> Attempt:
        at = self.clock()
        age = timedelta(seconds=at - since)
        late = age > self.policy.patience
        tried = Overdue(request.provider) if age > self.policy.give_up else self._reach(request, state, number, late)
        return Attempt(tried, at=at, late=late, jitter=random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    def _reach(self, request: Request, state: State, number: int, late: bool) -> Tried:
        if isinstance(state, Clear | Behind) and self._somebody_ahead(request):
            return Held()
        if not isinstance(state, Clear):
            return self._look(request, late=late)
        circuit = self.breaker.circuit(request.provider)
        if not circuit.closed:
            self.requests.wait(request.id)
            first = self.requests.backlog(request.provider)[:1] == [request.id]
            return Waiting(circuit.since, circuit.wait, first)
        return Sent(self._send(request, number))

    def _send(self, request: Request, number: int) -> Created | ActionRequired | Failure:
        """The creating call. If this step runs a second time, the first run may have sent: then nobody knows."""
        provider = self.providers.get(request.provider)
        if provider is None:
            return NotAuthorised(request.provider, detail="this provider is no longer configured").failure
        try:
            hire = self._hire(request, provider)
        except (ValidationError, Unreadable) as error:
            return Rejected(request.provider, detail=_first_line(error)).failure
        if not self.requests.claim(request.id, f"send {number}"):
            return OutcomeUnknown(request.provider, detail="newhire stopped while it was being sent").failure
        try:
            account = provider.create(hire, request.id)
        except ProvisionError as error:
            self._answered(error, sent=True)
            return _without_secrets(hire, error.failure)
        self._heard(request.provider, ALL_CAUSES)
        return success(account)

    def _look(self, request: Request, *, late: bool) -> Found | Absent | LookFailed:
        """Who has the account now."""
        try:
            provider = self.providers[request.provider]
            hire = self._hire(request, provider)
            account = provider.find(hire, request.id)
        except ProvisionError as error:
            self._answered(error, sent=False)
            return LookFailed(error.failure, late=late)
        except (KeyError, ValidationError, Unreadable) as error:
            return LookFailed(NotAuthorised(request.provider, detail=_first_line(error)).failure, late=late)
        self._heard(request.provider, ("down",))
        if account is None:
            return Absent()
        return as_found(request, hire, account)

    def _somebody_ahead(self, request: Request) -> bool:
        try:
            hire = self._hire(request, self.providers[request.provider])
        except (KeyError, ValidationError, Unreadable):
            return False
        return self.requests.ahead(request.id, request.provider, hire.identity())

    def _hire(self, request: Request, provider: Provider) -> NewHire:
        typed: dict[str, Any] = dict(request.hire)
        if request.has_password and (password := self.requests.password(request.id)) is not None:
            typed["password"] = password
        hire: NewHire = provider.form.model_validate(typed, context={"region": request.region})
        return hire

    # What all requests know about a provider.

    def _answered(self, error: ProvisionError, *, sent: bool) -> None:
        """Silence counts against a provider; any word from it, a refusal too, shows that it is there."""
        if not error.failure.reached_vendor:
            return  # our own pace says nothing about it
        if error.kind in ("Unreachable", "OutcomeUnknown") and error.code is None:
            if self.breaker.failed(error.provider):
                self.incidents.down(error.provider, len(self.requests.backlog(error.provider)), error.failure)
        else:
            self._heard(error.provider, PASSED[error.kind] if sent else ("down",))

    def _heard(self, provider: str, passed: tuple[Cause, ...]) -> None:
        if self.breaker.answered(provider):
            self.engine.wake(self.requests.backlog(provider))
        self.incidents.passed(provider, passed)

    # Waiting, and what people read meanwhile.

    def _retry(self, request: Request, checkpoint: Checkpoint, attempt: Attempt, retry: Retry) -> float:
        wait = self._seconds(retry, checkpoint.progress, attempt.jitter)
        why = retry.why
        if why is not None and why.kind == "RateLimited" and why.reached_vendor:
            # Too fast, by the vendor's own word: the whole provider waits, not one request.
            self.engine.step("slow", lambda: self.limiter.slow(request.provider, wait), NOTHING)
        if why is None:
            return wait
        if attempt.late:
            self._alert_once(request, checkpoint, why)
            if retry.wait != "look":
                wait = max(wait, self.policy.late_retry.total_seconds())
        next_at = round(attempt.at + wait)
        if why.kind == "OutcomeUnknown":
            if checkpoint.progress.looks > len(self.policy.quick_looks):
                self._say(request, checkpoint, Unsure(why=why, next_at=next_at))
        elif attempt.at - _since(request, checkpoint) > self.policy.first_word.total_seconds():
            self._say(request, checkpoint, Late(why=why, next_at=next_at))
        return wait

    def _seconds(self, retry: Retry, progress: Progress, jitter: float) -> float:
        match retry.wait:
            case "now":
                return 0.0
            case "turn":
                return self.policy.turn.total_seconds()
            case "settle":
                return self.policy.settle.total_seconds()
            case "look":
                return self.policy.look_wait(progress.looks).total_seconds()
            case "backoff":
                # Spread over the half below, so that many do not come back together.
                growing = 2.0 ** min(max(progress.tries - 1, 0), 30)
                return min(growing, self.policy.longest_backoff.total_seconds()) * jitter
            case float() | int():
                return float(retry.wait)
            case _:
                assert_never(retry.wait)

    def _wait_in_line(self, request: Request, checkpoint: Checkpoint, waiting: Waiting) -> float:
        self._say(request, checkpoint, InLine(since=waiting.since))
        # The first in line tries the circuit; the others are woken when it closes.
        return max(waiting.wait, 1.0 if waiting.first else self.policy.longest_backoff.total_seconds())

    def _alert_once(self, request: Request, checkpoint: Checkpoint, why: Failure) -> None:
        """The admins hear of what stops one request only; a provider that is away is an incident, told once for all."""
        if not checkpoint.alerted and why.kind != "Unreachable":
            checkpoint.alerted = True
            if not self.incidents.concerns(request, why):
                self.relay.alert(f"{request.id}/alert/stuck", Stuck(why=why), request)

    def _end(self, request: Request, checkpoint: Checkpoint, outcome: Outcome) -> None:
        """An edit reaches nobody: whoever asked is nudged when it took long, or did not work."""
        failed = isinstance(outcome, Failure) or (isinstance(outcome, AlreadyExists) and bool(outcome.differences))
        told_for_all = isinstance(outcome, Failure) and self.incidents.concerns(request, outcome)
        slow = (
            checkpoint.ended_at is None or checkpoint.ended_at - request.accepted_at > self.policy.nudge.total_seconds()
        )
        record, shown = self._record(request, checkpoint, outcome)
        follow_up = first_look(record, self._abilities(request), self.policy)
        # Whoever has cancelled knows, and the admins read below what was asked of them what came of it.
        nudge = outcome.why != "withdrawn" if isinstance(outcome, Declined) else failed or slow
        admins = not told_for_all and not isinstance(outcome, Declined)
        self.relay.end(record, shown, nudge=nudge, admins=admins, follow_up=follow_up)

    def _record(self, request: Request, checkpoint: Checkpoint, outcome: Outcome) -> tuple[Record, Standing]:
        """What is kept of it, and the buttons below its message."""
        at = self.clock() if checkpoint.ended_at is None else checkpoint.ended_at
        account, deeds = account_of(outcome), _approved(checkpoint)
        record = Record(
            request=request, outcome=outcome, ended_at=at, made=checkpoint.made, account=account, deeds=deeds
        )
        return record, standing(record, self._abilities(request), 0, at, self.policy.undo)

    def _abilities(self, request: Request) -> Collection[str]:
        provider = self.providers.get(request.provider)
        return provider.abilities if provider else frozenset()

    def _say(self, request: Request, checkpoint: Checkpoint, update: Update) -> None:
        """Edit the request's message while it is under way, if there is something new to say."""
        if update != checkpoint.said:
            checkpoint.said = update
            checkpoint.updates += 1
            self.relay.update(request, update, checkpoint.updates)


def first_look(record: Record, abilities: Collection[str], policy: Policy) -> float | None:
    """When the account is looked up for the first time (Unix seconds), if its person has to activate it and nobody has."""
    if not (policy.follow_up and awaited(record) and "look" in abilities):
        return None
    return record.ended_at + policy.follow_up[0].total_seconds()


def _since(request: Request, checkpoint: Checkpoint) -> float:
    """From when on patience counts (Unix seconds): nobody waited for the provider before somebody had agreed."""
    return checkpoint.asked.decided_at if checkpoint.asked else request.accepted_at


def _approved(checkpoint: Checkpoint) -> tuple[Deed, ...]:
    """Who agreed to it."""
    asked = checkpoint.asked
    if asked is None or asked.state != "approved":
        return ()
    return (Deed(kind="approved", by=asked.decided_by, by_name=asked.decided_by_name, at=asked.decided_at),)


def _made(tried: Tried) -> bool:
    """Whether this request made the account: a look-up that finds one with the same details does not know who did."""
    match tried:
        case Sent(answer=answer):
            return not isinstance(answer, Failure)
        case Found(ours=ours):
            return ours
        case _:
            return False


def as_found(request: Request, hire: NewHire, account: Account) -> Found:
    """An account that a look-up has shown: whether it is this request's own, and if not, in what it is another."""
    ours = account.vendor_id == request.id
    return Found(account, ours=ours, differences=() if ours else tuple(differences(hire, account)))


def differences(hire: NewHire, account: Account) -> Iterator[str]:
    """Names of the fields in which the vendor's account is not the one asked for; what the vendor does not say is no difference."""
    for name in ("name", "account", "phone", "email", "employee_id"):
        wanted, there = getattr(hire, name, None), getattr(account, name)
        if wanted is not None and there is not None and not _same(name, wanted, there):
            yield name


def _same(name: str, wanted: Any, there: str) -> bool:
    if name == "phone":
        # Vendors give a number back with or without its country code, or masked.
        return "*" in there or there.lstrip("+") in (wanted.digits, wanted.e164.lstrip("+"))
    return bool(str(wanted).casefold() == there.casefold())


def _without_secrets(hire: NewHire, failure: Failure) -> Failure:
    """The failure without the secrets that were typed, should the vendor repeat them in its words."""
    words = failure.words
    for secret in (getattr(hire, name) for name in type(hire).secrets()):
        words = words.replace(secret.get_secret_value(), "••••") if secret is not None and words else words
    return failure.model_copy(update={"words": words})


def _first_line(error: Exception) -> str:
    """Why a stored form cannot be used now; pydantic's own text would quote what was typed."""
    if isinstance(error, ValidationError):
        return "this version does not take the stored form: " + ", ".join(str(item["loc"]) for item in error.errors())
    return str(error).splitlines()[0] if str(error) else type(error).__name__
