"""What to do next about one request at the vendor, as a pure function: no clock, no chance, no I/O, no log.

A first send needs no look-up; a second never happens without one. Where a request stands is one of five states, and every
event in every state has a cell:

             | an account  a refusal   429       no answer    not sent   denied
    ---------+------------------------------------------------------------------------
    Clear    | done        Refused     Slowed    Unanswered   Clear      done
    (the others never send: they look first)

             | found                 absent              look fails            overdue
    ---------+------------------------------------------------------------------------
    Clear    | -                     -                   -                     Unreachable
    Behind   | done, as it was       Clear               look again, or done   Unreachable
    Slowed   | done                  Clear               look again            OutcomeUnknown
    Unanswered done                  the 2nd time Clear  look again            OutcomeUnknown
    Refused  | done, as it was       the refusal         wait, or the refusal  the refusal
    Refused, doubtful
             | done                  the refusal         look again            OutcomeUnknown, with the refusal's words

*Absent* is believed the second time only after a silence: the vendor may still be at it. A refusal of the only send is looked
at once before anybody reads it: somebody may have made the account before. After a clear refusal, or behind somebody else's
request for the same person, whatever account there is was not made by this request ("as it was": AlreadyExists).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

from bot.outcome import Account, ActionRequired, AlreadyExists, Created, Failure, Outcome, success


@dataclass(frozen=True)
class Clear:
    """Nothing of this request can be at the vendor: the next step is a send."""

    kind: Literal["clear"] = "clear"


@dataclass(frozen=True)
class Behind:
    """Nothing was sent, but another request for the same person went before: look before the first send."""

    kind: Literal["behind"] = "behind"


@dataclass(frozen=True)
class Slowed:
    """The vendor itself said 429 to a send: look before the next one."""

    kind: Literal["slowed"] = "slowed"


@dataclass(frozen=True)
class Unanswered:
    """Sent, and no clear answer. `absences`: how often the look-up has said since that nobody is there."""

    why: Failure
    absences: int = 0
    kind: Literal["unanswered"] = "unanswered"


@dataclass(frozen=True)
class Refused:
    """The vendor said no. `doubtful`: an account of this request may be there all the same."""

    why: Failure
    doubtful: bool = False
    kind: Literal["refused"] = "refused"


State = Clear | Behind | Slowed | Unanswered | Refused


@dataclass(frozen=True)
class Progress:
    """All that deciding needs to remember of one request.

    `ever_unanswered`: once sent without an answer, every later refusal is in doubt. `tries` and `looks` count what failed
    in a row, for waits that grow.
    """

    state: State = field(default_factory=Clear)
    ever_unanswered: bool = False
    tries: int = 0
    looks: int = 0


# Events.


@dataclass(frozen=True)
class Sent:
    """What the creating call came to."""

    answer: Created | ActionRequired | Failure
    kind: Literal["sent"] = "sent"


@dataclass(frozen=True)
class Found:
    """The look-up found an account; `ours` when it carries this request's id."""

    account: Account
    ours: bool = False
    differences: tuple[str, ...] = ()
    kind: Literal["found"] = "found"


@dataclass(frozen=True)
class Absent:
    """The look-up says that there is nobody."""

    kind: Literal["absent"] = "absent"


@dataclass(frozen=True)
class LookFailed:
    """The look-up itself did not work. `late`: people have waited long enough for a word."""

    why: Failure
    late: bool = False
    kind: Literal["look_failed"] = "look_failed"


@dataclass(frozen=True)
class Held:
    """Before the first send: another request for the same person is under way."""

    kind: Literal["held"] = "held"


@dataclass(frozen=True)
class Overdue:
    """All patience is used up."""

    provider: str
    kind: Literal["overdue"] = "overdue"


Event = Sent | Found | Absent | LookFailed | Held | Overdue


# Decisions.


@dataclass(frozen=True)
class Done:
    """It is over."""

    outcome: Outcome


@dataclass(frozen=True)
class Retry:
    """Wait, then go on: look first, unless the state is Clear.

    `wait` is a number of seconds that the vendor asked for, or a name: "backoff" grows with `Progress.tries`, "look" with
    `Progress.looks`. `why` is what kept it from ending, where people may have to read it.
    """

    wait: Literal["now", "turn", "settle", "backoff", "look"] | float
    why: Failure | None = None


Decision = Done | Retry


def decide(was: Progress, event: Event) -> tuple[Progress, Decision]:
    """The next state, and what to do. Raises ValueError for an event that cannot come in this state."""
    match event:
        case Sent():
            return _sent(was, event.answer)
        case Found():
            return was, Done(_found(was.state, event))
        case Absent():
            return _absent(replace(was, looks=0))
        case LookFailed():
            return _look_failed(was, event)
        case Held():
            return _held(was)
        case Overdue():
            return was, Done(_give_up(was.state, event.provider))
        case _:
            assert_never(event)


def _held(was: Progress) -> tuple[Progress, Decision]:
    if not isinstance(was.state, Clear | Behind):
        raise ValueError("what was sent is not held back any more")  # noqa: TRY004 - the state is no argument's type
    return replace(was, state=Behind()), Retry("turn")


def _sent(was: Progress, answer: Created | ActionRequired | Failure) -> tuple[Progress, Decision]:
    if not isinstance(was.state, Clear):
        raise ValueError("a second send without a look before it")  # noqa: TRY004 - the state is no argument's type
    if not isinstance(answer, Failure):
        return was, Done(answer)
    tried = replace(was, tries=was.tries + 1)
    match answer.kind:
        case "NotAuthorised":
            return was, Done(answer)
        case "Rejected" | "Conflict" | "NoSeatLeft":
            doubtful = was.ever_unanswered or not answer.certain
            return replace(was, state=Refused(answer, doubtful=doubtful)), Retry("now")
        case "RateLimited":
            state: State = Slowed() if answer.reached_vendor else Clear()
            return replace(tried, state=state), Retry(_asked_for(answer), why=answer)
        case "OutcomeUnknown":
            return replace(was, state=Unanswered(answer), ever_unanswered=True), Retry("settle")
        case "Unreachable":
            return tried, Retry("backoff", why=answer)
        case _:
            assert_never(answer.kind)


def _found(state: State, found: Found) -> Created | ActionRequired | AlreadyExists:
    match state:
        case Behind() | Refused(doubtful=False):
            mine = found.ours
        case Clear() | Slowed() | Unanswered() | Refused():
            mine = found.ours or not found.differences
        case _:
            assert_never(state)
    if mine:
        return success(found.account)
    return AlreadyExists(account=found.account, differences=found.differences)


def _absent(was: Progress) -> tuple[Progress, Decision]:
    match was.state:
        case Unanswered(why=why, absences=0):
            return replace(was, state=Unanswered(why, absences=1)), Retry("settle")
        case Refused(why=why):
            return was, Done(why)
        case Behind():
            return replace(was, state=Clear()), Retry("now")
        case Clear() | Slowed() | Unanswered():
            return replace(was, state=Clear(), tries=was.tries + 1), Retry("backoff")
        case _:
            assert_never(was.state)


def _look_failed(was: Progress, event: LookFailed) -> tuple[Progress, Decision]:
    why, looked, tried = event.why, replace(was, looks=was.looks + 1), replace(was, tries=was.tries + 1)
    limited, silent = why.kind == "RateLimited", why.kind in ("Unreachable", "OutcomeUnknown")
    match was.state:
        case Refused(why=refusal, doubtful=False) if event.late or not (limited or silent):
            # The refusal is clear; only whether somebody made the account before is not.
            return was, Done(refusal)
        case _ if limited:
            return tried, Retry(_asked_for(why), why=why)
        case Refused(doubtful=False):
            return tried, Retry("backoff")
        case Behind():
            return (was, Done(why)) if why.kind == "NotAuthorised" else (looked, Retry("look", why=why))
        case Unanswered(why=doubt) | Refused(why=doubt):
            return looked, Retry("look", why=_unknown(doubt, why))
        case Clear() | Slowed():
            return looked, Retry("look", why=_unknown(why, why))
        case _:
            assert_never(was.state)


def _give_up(state: State, provider: str) -> Failure:
    match state:
        case Clear() | Behind():
            return Failure(kind="Unreachable", provider=provider, detail="gave up")
        case Slowed():
            return Failure(kind="OutcomeUnknown", provider=provider, detail="gave up")
        case Unanswered(why=why):
            return why
        case Refused(why=why, doubtful=doubtful):
            return _unknown(why, why) if doubtful else why
        case _:
            assert_never(state)


def _unknown(doubt: Failure, look: Failure) -> Failure:
    """That nobody knows, with the vendor's latest code and words."""
    return Failure(
        kind="OutcomeUnknown",
        provider=doubt.provider,
        code=look.code or doubt.code,
        words=look.words or doubt.words,
        detail=doubt.detail or look.detail,
    )


def _asked_for(limit: Failure) -> float | Literal["backoff"]:
    return "backoff" if limit.retry_after is None else limit.retry_after
