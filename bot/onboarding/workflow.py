"""The one use case, as a durable workflow: create, or look; then record; then tell.

    form sent -> accepted (durably) -> leg, leg, ... -> one outcome, told

A *leg* is a short stretch of work on an engine's thread. Everything with an effect is a *step*: its result is stored, and
after a crash the leg runs again with the stored results until it comes to the step that was under way. A leg that would
wait long ends, and its successor starts later: nobody holds a thread while a provider sleeps.

The promises live here. A first send needs no look-up; a second never happens without one (`_attempt`). What a crashed
process may have sent counts as sent (`_send`). Nothing here knows Slack, HTTP or the engine by name.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.hire import NewHire
from bot.outcome import (
    Account,
    ActionRequired,
    AlreadyExists,
    Conflict,
    Created,
    Json,
    NoSeatLeft,
    NotAuthorised,
    Outcome,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
    from_json,
)
from bot.store.cipher import Unreadable
from bot.store.history import BEGUN, Gate, History

log = logging.getLogger(__name__)

SHORT = 5.0
"""Seconds that a leg waits on its thread; a longer wait ends the leg."""

SETTLE = 2.0
"""Seconds between a send without an answer and the first look: the vendor may still be at work."""

LOOKS = (60.0, 300.0, 1800.0, 21600.0)
"""When the look-up itself does not work: seconds until each later one."""

REFUSALS = {kind.__name__ for kind in (Rejected, Conflict, NoSeatLeft)}

QUICK_LOOKS = 3
ONE_AFTER_THE_OTHER = 6.0
SLOW_RETRY = 600.0
LONGEST_RETRY = 60.0


class Request(BaseModel):
    """What was accepted. Stored for as long as the request lives: fields may be added, with a default, never changed."""

    model_config = ConfigDict(frozen=True)

    id: str
    provider: str
    hire: Json
    region: str = "CN"
    requester: str
    language: str = "en"
    channel: str | None = None
    response_url: str | None = None
    accepted_at: float
    has_password: bool = False


class Progress(BaseModel):
    """What one leg hands to the next. Additive, like Request."""

    leg: int = 0
    place: Json | None = None
    announced: bool = False
    attempt: int = 0
    failures: int = 0
    sent: bool = False  # something has left for the vendor: look before the next send
    unsure: bool = False  # and nobody knows what came of it
    absent: int = 0
    looks: int = 0
    warned: bool = False
    said: Json | None = None
    doubt: Json | None = None  # the refusal, or the silence, that a look-up is to clear up
    outcome: Json | None = None
    admins_told: bool = False


class TryLater(Exception):
    """The people's side (Slack) cannot be reached now; `seconds` until it is worth trying again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"try again in {seconds:.0f} s")


class Provider(Protocol):
    """What the use case needs of a provider (`providers.contract.Provider` is one)."""

    @property
    def form(self) -> type[NewHire]: ...

    def create(self, hire: Any, request_id: str) -> Account: ...
    def find(self, hire: Any, request_id: str) -> Account | None: ...


class Notifier(Protocol):
    """Who tells people. Every method may raise TryLater; a place says where the request's message stands."""

    def announce(self, request: Request) -> Json | None: ...
    def progress(self, request: Request, place: Json | None, note: Json) -> Json | None: ...
    def result(self, request: Request, place: Json | None, outcome: Json) -> Json | None: ...
    def admins(self, request: Request | None, notice: Json) -> None: ...


class Engine(Protocol):
    """What the use case needs of the durable engine."""

    def step(self, name: str, work: Callable[[], Any]) -> Any: ...
    def sleep(self, seconds: float) -> None: ...
    def later(self, request: Json, progress: Json, seconds: float) -> None: ...
    def wake(self, request_ids: list[str]) -> None: ...


class Patience(BaseModel):
    """Seconds: until people read that it takes long, and until newhire gives up."""

    model_config = ConfigDict(frozen=True)

    minutes: float = 900.0
    hours: float = 86400.0


class Provision:
    """The use case over its four ports."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        history: History,
        notifier: Notifier,
        engine: Engine,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.providers, self.history, self.notifier, self.engine = providers, history, notifier, engine
        self.patience, self.clock = patience or Patience(), clock

    def leg(self, stored_request: Json, stored_progress: Json) -> None:
        """One stretch of work for one request; ends with the outcome told, or with a successor enqueued."""
        request, progress = Request.model_validate(stored_request), Progress.model_validate(stored_progress)
        wait = self._pursue(request, progress)
        if wait is None:
            wait = self._tell(request, progress)
        if wait is not None:
            progress.leg += 1
            self.engine.later(request.model_dump(mode="json"), progress.model_dump(mode="json"), wait)

    # From the form to an outcome.

    def _pursue(self, request: Request, progress: Progress) -> float | None:
        """Work until there is an outcome (None), or until a wait is worth a new leg (its seconds)."""
        if not progress.announced:
            self._announce(request, progress)
        while progress.outcome is None:
            wait = self._attempt(request, progress)
            if progress.outcome is not None or wait is None:
                continue
            if wait > SHORT:
                return wait
            self.engine.sleep(wait)
        return None

    def _announce(self, request: Request, progress: Progress) -> None:
        progress.announced = True
        progress.place = self.engine.step("announce", lambda: self._post_once(request))

    def _post_once(self, request: Request) -> Json | None:
        # A process that died between posting and writing down leaves one orphan; posting again would leave two.
        if not self.history.begin(request.id, BEGUN):
            return self.history.place(request.id)
        try:
            place = self.notifier.announce(request)
        except TryLater:
            return None
        self._note_place(request, place)
        return place

    def _note_place(self, request: Request, place: Json | None) -> None:
        if place is not None and place.get("ts"):
            self.history.placed(request.id, place["channel"], place["ts"])

    def _attempt(self, request: Request, progress: Progress) -> float | None:
        """One try: look if anything was sent before, else send. Seconds to wait before the next one."""
        sent, attempt = progress.sent, progress.attempt + 1
        stored = self.engine.step("attempt", lambda: self._try(request, attempt, sent=sent))
        match stored["kind"]:
            case "overdue":
                self._give_up(request, progress)
                return None
            case "ahead":
                return ONE_AFTER_THE_OTHER
            case "line":
                return self._stand_in_line(request, progress, stored)
        if sent:
            return self._clear_up(request, progress, stored)
        progress.attempt = attempt
        return self._after_send(request, progress, stored)

    def _try(self, request: Request, attempt: int, *, sent: bool) -> Json:
        """What an attempt comes to, as one step: a process that dies under it does all of it again."""
        if self._age(request) > self.patience.hours:
            return {"kind": "overdue"}
        if sent:
            return self._look(request)
        if self._somebody_ahead(request):
            return {"kind": "ahead"}
        gate = self.history.gate(request.provider)
        if not gate.go:
            return self._line(request, gate)
        return self._send(request, attempt)

    def _send(self, request: Request, attempt: int) -> Json:
        """The creating call. If this step runs a second time, the first run may have sent: then nobody knows."""
        provider = self.providers.get(request.provider)
        if provider is None:
            return NotAuthorised(request.provider, detail="this provider is no longer configured").to_json()
        try:
            hire = self._hire(request, provider)
        except (ValidationError, Unreadable) as error:
            return Rejected(request.provider, detail=_first_line(error)).to_json()
        if not self.history.begin(request.id, f"send {attempt}"):
            return OutcomeUnknown(request.provider, detail="newhire stopped while it was being sent").to_json()
        try:
            account = provider.create(hire, request.id)
        except ProvisionError as error:
            self._answered(error)
            return _without(hire, error)
        self._heard(request.provider)
        return _made(account).to_json()

    def _look(self, request: Request) -> Json:
        """Who has the account: `{"kind": "found" | "absent", ...}`, or the error that kept us from knowing."""
        try:
            provider = self.providers[request.provider]
            hire = self._hire(request, provider)
            account = provider.find(hire, request.id)
        except ProvisionError as error:
            self._answered(error)
            return error.to_json()
        except (KeyError, ValidationError, Unreadable) as error:
            return NotAuthorised(request.provider, detail=_first_line(error)).to_json()
        self._heard(request.provider)
        if account is None:
            return {"kind": "absent"}
        ours = account.vendor_id == request.id
        return {
            "kind": "found",
            "account": account.model_dump(mode="json"),
            "differences": [] if ours else differences(hire, account),
            "ours": ours,
        }

    def _after_send(self, request: Request, progress: Progress, stored: Json) -> float | None:
        answer = from_json(stored)
        match answer:
            case Outcome() | NotAuthorised():
                progress.outcome = stored
            case Rejected() | NoSeatLeft():
                # Somebody may have made the account before: nobody reads "failed" who has one.
                progress.sent, progress.doubt = True, stored
            case RateLimited():
                progress.sent = answer.reached_vendor
                return self._slowed(request, progress, answer)
            case OutcomeUnknown():
                progress.sent, progress.unsure, progress.absent, progress.doubt = True, True, 0, stored
                return SETTLE
            case _:
                return self._unreachable(request, progress, stored)
        return None

    def _clear_up(self, request: Request, progress: Progress, stored: Json) -> float | None:
        """Something was sent before; the look-up says what came of it: decide."""
        if stored["kind"] == "found":
            progress.outcome = self._found(progress, stored)
            return None
        if stored["kind"] == "absent":
            return self._absent(progress)
        answer = from_json(stored)
        if isinstance(answer, RateLimited):
            return self._slowed(request, progress, answer)
        return self._look_failed(request, progress, stored)

    def _found(self, progress: Progress, found: Json) -> Json:
        account = Account.model_validate(found["account"])
        ours = found["ours"] or (not found["differences"] and not _refused(progress))
        if ours:
            return _made(account).to_json()
        return AlreadyExists(account=account, differences=tuple(found["differences"])).to_json()

    def _absent(self, progress: Progress) -> float | None:
        """Not there. After a silence the vendor may still be at it, so that is believed the second time only."""
        progress.looks = 0
        if progress.unsure and progress.absent == 0:
            progress.absent = 1
            return SETTLE
        if progress.doubt is not None and progress.doubt["kind"] != OutcomeUnknown.__name__:
            progress.outcome = progress.doubt
            return None
        progress.sent = False
        progress.absent = 0
        return self._backoff(progress)

    def _look_failed(self, request: Request, progress: Progress, stored: Json) -> float | None:
        """Looking does not work either: say so, tell the admins, look again ever later."""
        if _refused(progress):
            return self._refusal_stands(request, progress, stored)
        late = progress.looks - QUICK_LOOKS
        progress.looks += 1
        if late < 0:
            return min(2.0**progress.looks, SHORT)
        doubt = progress.doubt or OutcomeUnknown(request.provider).to_json()
        unknown = OutcomeUnknown(
            request.provider,
            code=stored.get("code") or doubt.get("code"),
            words=stored.get("words") or doubt.get("words"),
            detail=str(doubt.get("detail") or stored.get("detail") or ""),
        ).to_json()
        if late >= len(LOOKS):
            progress.outcome = unknown
            return None
        if late == 0:
            self._tell_admins("unknown", request, {"what": "outcome", "outcome": unknown})
            progress.warned = True
        self._say(request, progress, {"what": "unknown", "outcome": unknown, "next": self._at(LOOKS[late])})
        return LOOKS[late]

    def _refusal_stands(self, request: Request, progress: Progress, stored: Json) -> float | None:
        """Refused, and whether somebody made the account before cannot be seen: the vendor's silence may pass."""
        silent = stored["kind"] in (Unreachable.__name__, OutcomeUnknown.__name__)
        if not silent or self.engine.step("late", lambda: self._age(request) > self.patience.minutes):
            progress.outcome = progress.doubt
            return None
        progress.failures += 1
        return self._backoff(progress)

    def _slowed(self, request: Request, progress: Progress, error: RateLimited) -> float:
        """Too fast, by the vendor's own word: the whole provider waits, not one request."""
        progress.failures += 1
        wait = error.retry_after if error.retry_after is not None else self._backoff(progress)
        if error.reached_vendor:
            self.engine.step("slow", lambda: self.history.slow(request.provider, wait))
        return self._patiently(request, progress, wait, error.to_json())

    def _unreachable(self, request: Request, progress: Progress, stored: Json) -> float:
        progress.failures += 1
        return self._patiently(request, progress, self._backoff(progress), stored)

    def _patiently(self, request: Request, progress: Progress, wait: float, stored: Json) -> float:
        """Go on waiting; after the patience is used up people read what happens next, and the admins hear of it."""
        if self.engine.step("late", lambda: self._age(request) > self.patience.minutes):
            wait = max(wait, SLOW_RETRY)
            if not progress.warned:
                progress.warned = True
                self._tell_admins("late", request, {"what": "outcome", "outcome": stored})
            self._say(request, progress, {"what": "late", "outcome": stored, "next": self._at(wait)})
        return wait

    def _stand_in_line(self, request: Request, progress: Progress, gate: Json) -> float:
        note = {"what": "line", "since": gate["since"], "position": gate["position"]}
        self._say(request, progress, note)
        wait: float = max(gate["wait"], 1.0) if gate["position"] <= 1 else max(gate["wait"], LONGEST_RETRY)
        stored = Unreachable(request.provider, detail="set aside").to_json()
        if gate["late"] and not progress.warned:
            progress.warned = True
            self._tell_admins("late", request, {"what": "outcome", "outcome": stored})
        return wait

    def _give_up(self, request: Request, progress: Progress) -> None:
        stored = progress.doubt if progress.unsure else None
        progress.outcome = stored or Unreachable(request.provider, detail="gave up").to_json()

    # What all requests know about a provider.

    def _line(self, request: Request, gate: Gate) -> Json:
        self.history.waiting(request.id)
        line = self.history.line(request.provider)
        position = line.index(request.id) + 1 if request.id in line else len(line)
        late = self._age(request) > self.patience.minutes
        return {"kind": "line", "wait": gate.wait, "since": gate.since, "position": position, "late": late}

    def _somebody_ahead(self, request: Request) -> bool:
        try:
            hire = self._hire(request, self.providers[request.provider])
        except (KeyError, ValidationError, Unreadable):
            return False
        return self.history.ahead(request.id, request.provider, hire.identity())

    def _answered(self, error: ProvisionError) -> None:
        """Silence counts against a provider; any word from it, a refusal too, shows that it is there."""
        if isinstance(error, Unreachable | OutcomeUnknown) and error.code is None:
            if self.history.failed(error.provider):
                self._tell_quietly({"what": "aside", "provider": error.provider})
        else:
            self._heard(error.provider)

    def _heard(self, provider: str) -> None:
        if self.history.answered(provider):
            self._tell_quietly({"what": "back", "provider": provider})
            self.engine.wake(self.history.line(provider))

    def _tell_quietly(self, notice: Json) -> None:
        # Inside a step of one request: a word to the admins about the provider must not cost that request anything.
        try:
            self.notifier.admins(None, notice)
        except TryLater:
            log.warning("the admins could not be told: %s", notice)

    # Telling people.

    def _say(self, request: Request, progress: Progress, note: Json) -> None:
        """Edit the request's message while it is under way, if there is something new to say."""
        if note == progress.said:
            return
        progress.said = note
        place = progress.place
        progress.place = self.engine.step("say", lambda: self._say_now(request, place, note))

    def _say_now(self, request: Request, place: Json | None, note: Json) -> Json | None:
        try:
            moved = self.notifier.progress(request, place, note)
        except TryLater:
            return place
        self._note_place(request, moved)
        return moved

    def _tell_admins(self, name: str, request: Request, notice: Json) -> None:
        self.engine.step(f"admins {name}", lambda: self._admins_now(request, notice))

    def _admins_now(self, request: Request, notice: Json) -> float | None:
        try:
            self.notifier.admins(request, notice)
        except TryLater as later:
            return later.seconds
        return None

    def _tell(self, request: Request, progress: Progress) -> float | None:
        """The outcome to the requester, then to the admins. Seconds to wait when Slack cannot take it now."""
        place, outcome, admins_told = progress.place, progress.outcome or {}, progress.admins_told
        told = self.engine.step("tell", lambda: self._tell_now(request, place, outcome, admins_told=admins_told))
        progress.place, progress.admins_told = told["place"], told["admins_told"]
        later: float | None = told["later"]
        return later

    def _tell_now(self, request: Request, place: Json | None, outcome: Json, *, admins_told: bool) -> Json:
        """Tell, and last of all write down that it is over.

        Last: whoever asked for the same person meanwhile goes on only when this ending has been told.
        """
        later: float | None = None
        try:
            before, place = place, self.notifier.result(request, place, outcome)
            if place != before:
                self._note_place(request, place)
            if not admins_told:
                self.notifier.admins(request, {"what": "outcome", "outcome": outcome})
                admins_told = True
        except TryLater as error:
            later = error.seconds
        if later is not None and self._age(request) > 2 * self.patience.hours:
            log.error("request %s ended as %s, and nobody could be told", request.id, outcome["kind"])
            later = None
        if later is None:
            self.history.finish(request.id, outcome["kind"])
        return {"place": place, "later": later, "admins_told": admins_told}

    # Small things.

    def _hire(self, request: Request, provider: Provider) -> NewHire:
        typed = dict(request.hire)
        if request.has_password and (password := self.history.password(request.id)) is not None:
            typed["password"] = password
        hire: NewHire = provider.form.model_validate(typed, context={"region": request.region})
        return hire

    def _age(self, request: Request) -> float:
        return self.clock() - request.accepted_at

    def _at(self, seconds: float) -> float:
        at: float = self.engine.step("clock", lambda: round(self.clock() + seconds))
        return at

    def _backoff(self, progress: Progress) -> float:
        """1, 2, 4 ... 60 seconds, each spread over the half below it so that many do not come back together."""
        longest = min(2.0 ** max(progress.failures - 1, 0), LONGEST_RETRY)
        wait: float = self.engine.step("jitter", lambda: longest * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        return wait


def differences(hire: NewHire, account: Account) -> list[str]:
    """Names of the fields in which the vendor's account is not the one asked for; what the vendor does not say is no difference."""
    wanted = {name: getattr(hire, name, None) for name in ("name", "account", "phone", "email", "employee_id")}
    return [
        name
        for name, value in wanted.items()
        if value is not None and (there := getattr(account, name)) is not None and not _same(name, value, there)
    ]


def _same(name: str, wanted: Any, there: str) -> bool:
    if name == "phone":
        # Vendors give a number back with or without its country code, or masked.
        return "*" in there or there.lstrip("+") in (wanted.digits, wanted.e164.lstrip("+"))
    return bool(str(wanted).casefold() == there.casefold())


def _made(account: Account) -> Created | ActionRequired:
    return ActionRequired(account=account) if account.activation_pending else Created(account=account)


def _refused(progress: Progress) -> bool:
    """The vendor has clearly refused the only send: whatever account there is, it is not this request's."""
    doubt = progress.doubt
    return not progress.unsure and doubt is not None and doubt.get("certain", True) and doubt["kind"] in REFUSALS


def _without(hire: NewHire, error: ProvisionError) -> Json:
    """The error without the secrets that were typed, should the vendor repeat them in its words."""
    secrets = [getattr(hire, name) for name in type(hire).secrets()]
    words = error.words or ""
    for secret in secrets:
        words = words.replace(secret.get_secret_value(), "••••") if secret is not None else words
    return error.to_json() | {"words": words or None}


def _first_line(error: Exception) -> str:
    """Why a stored form cannot be used now; pydantic's own text would quote what was typed."""
    if isinstance(error, ValidationError):
        return "this version does not take the stored form: " + ", ".join(str(item["loc"]) for item in error.errors())
    return str(error).splitlines()[0] if str(error) else type(error).__name__
