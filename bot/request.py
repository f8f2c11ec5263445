"""What travels between the rooms: a request, where its message stands, and what people are to be told about it.

An `Update` is for whoever asked, an `Alert` for the admins. Both are facts; the words are made in `slack.messages`.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.hire import Text
from bot.outcome import Account, Failure, FailureKind, Outcome

SHELL = "shell:"
"""A requester at the machine's command line begins so: nobody is told in Slack. What they give in is a file's bytes, base64."""


def handle_of(whose: str) -> str:
    """24 hexadecimal digits that stand for an id where people could see it."""
    return hashlib.blake2b(whose.encode(), key=b"newhire button", digest_size=12).hexdigest()


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class Request(_Fact):
    """What was accepted. Stored for as long as the request lives: fields may be added, with a default, never changed.

    `id` is the id of the form that was sent, `hire` what was typed (`NewHire.typed`), `accepted_at` in Unix seconds.
    `requester` is a Slack id; `requester_name` is for where a mention would ring somebody up.
    """

    id: str
    provider: str
    hire: dict[str, JsonValue]
    region: str = "CN"
    requester: str
    requester_name: str = ""
    language: str = "en"
    channel: str | None = None
    response_url: str | None = None
    accepted_at: float
    has_password: bool = False
    follows: str = ""  # a link to the message of the request that this one corrects or repeats
    batch: str = ""  # the batch (`bot.batch`) that it is a row of: then people read of it there

    @property
    def handle(self) -> str:
        """What its buttons carry: means nothing to anybody, and leads to nothing by itself (who clicks is asked who they are)."""
        return handle_of(self.id)


class MessageRef(_Fact):
    """Where a message stands in Slack: what an edit needs. `channel` is a D... id for a direct message."""

    channel: str
    ts: str

    @property
    def direct(self) -> bool:
        return self.channel.startswith("D")


class Duplicate(_Fact):
    """An earlier request for the same person: who asked, when (Unix seconds), where it is talked about, what came of it."""

    id: str
    requester: str
    accepted_at: float
    ref: MessageRef | None = None
    kind: str | None = None


# What can be done about a request from its message.


Action = Literal["look_up", "retry", "edit", "resend", "link", "undo", "disable", "enable", "copy"]
"""The `action_id` of a button, in the order in which they stand; each does one thing, once."""


class Deed(_Fact):
    """Something that was done about a request after its end: by whom (a Slack id; "" by newhire itself), when (Unix seconds)."""

    kind: Literal[
        "approved",
        "retried",
        "corrected",
        "looked_up",
        "invited",
        "removed",
        "gone",
        "disabled",
        "enabled",
        "activated",
    ]
    by: str
    by_name: str = ""
    at: float


class Record(_Fact):
    """A request that has come to its end, and what was done about it since.

    `made`: this request made the account, by the vendor's own answer; only then may it be removed again. `account` is the
    account as the vendor showed it last, None once it is gone.
    """

    request: Request
    outcome: Outcome
    ended_at: float
    made: bool = False
    deeds: tuple[Deed, ...] = ()
    account: Account | None = None
    reminded: tuple[float, ...] = ()  # when the requester was reminded that it is not activated, Unix seconds
    reminded_enough: bool = False  # the last of these was the last


class Standing(_Fact):
    """What a request's message shows beside its outcome: what was done since, and the buttons that can be pressed.

    `round` counts what was done: a button of an earlier round is over.
    """

    round: int = 0
    deeds: tuple[Deed, ...] = ()
    offers: tuple[Action, ...] = ()


# What lists of requests show.


Cause = Literal["down", "limited", "denied", "full"]
"""Why requests of a provider do not get through: it does not answer; it limits calls for long; it does not let newhire in;
its licences are used up. The first two pass by themselves."""


class Person(_Fact):
    """Whom a request is for and who asked, as lists show them while it is under way."""

    name: str = ""
    account: str = ""
    requester_name: str = ""

    @classmethod
    def of(cls, request: Request) -> Person:
        """Nothing by which somebody could be called or written to."""
        name, account = (str(request.hire.get(key) or "") for key in ("name", "account"))
        return cls(name=name, account=account, requester_name=request.requester_name)


State = Literal["open", "to_activate", "done", "failed"]
"""By what lists can be narrowed down: under way, waiting for the person to activate, ended well, or not."""


class Wanted(_Fact):
    """Which requests: of one `requester` (a Slack id; None: everybody's), in a `state`, of a `provider`, from `cursor` on.

    A cursor is one of a `Listing`, "" the newest.
    """

    requester: str | None
    state: State | None = None
    provider: str | None = None
    cursor: str = ""
    many: int = 5


class Listed(_Fact):
    """One request in a list. `kind` is None while it is under way, `waits` while its provider does not take it, `asked` while
    somebody has to agree to it.
    """

    handle: str
    provider: str
    person: Person
    requester: str
    accepted_at: float
    waits: bool = False
    asked: bool = False
    ref: MessageRef | None = None
    kind: str | None = None
    account: Account | None = None
    standing: Standing = Standing()


class Listing(_Fact):
    """A page of requests, newest first, and the cursors of its neighbours; None where there is none."""

    rows: tuple[Listed, ...] = ()
    newer: str | None = None
    older: str | None = None


class Health(_Fact):
    """How a provider does: when a request ended well and when one failed by the provider last (Unix seconds), how many wait,
    and what is wrong with it (cause, since when).
    """

    provider: str
    succeeded_at: float | None = None
    failed_at: float | None = None
    waiting: int = 0
    troubles: tuple[tuple[Cause, float], ...] = ()


# To whoever asked: one message, edited in place.


class Creating(_Fact):
    """It is under way."""

    kind: Literal["creating"] = "creating"


class AwaitsApproval(_Fact):
    """Somebody else has to agree first; `handle` is what the button carries by which whoever asked can cancel it."""

    kind: Literal["awaits_approval"] = "awaits_approval"
    handle: str


class Agreed(_Fact):
    """Somebody has (a Slack id, and what they are called), and it is under way."""

    kind: Literal["agreed"] = "agreed"
    by: str
    by_name: str = ""


class InLine(_Fact):
    """The provider does not answer since `since` (Unix seconds); the request waits for it."""

    kind: Literal["in_line"] = "in_line"
    since: float | None = None


class Late(_Fact):
    """It takes long, because of `why`; the next try is at `next_at` (Unix seconds)."""

    kind: Literal["late"] = "late"
    why: Failure
    next_at: float


class Unsure(_Fact):
    """Whether the account exists cannot be seen now, because of `why`; it is looked up again at `next_at`."""

    kind: Literal["unsure"] = "unsure"
    why: Failure
    next_at: float


class Final(_Fact):
    """The last word; drawn `again` when something was done about it since."""

    kind: Literal["final"] = "final"
    outcome: Outcome
    standing: Standing = Standing()
    again: bool = False


Update = Annotated[Creating | AwaitsApproval | Agreed | InLine | Late | Unsure | Final, Field(discriminator="kind")]


class Nudge(_Fact):
    """Not an edit but a reply below the message, which reaches whoever asked: the answer came late, or something is to do."""

    kind: Literal["nudge"] = "nudge"
    outcome: Outcome


class Reminder(_Fact):
    """To the requester alone: the account, made at `since` (Unix seconds), is not activated. A message of its own for each.

    `last`: nobody looks it up again. Edited when something was done about it: then `standing` shows it.
    """

    kind: Literal["reminder"] = "reminder"
    outcome: Outcome
    standing: Standing = Standing()
    since: float
    at: float
    last: bool = False


class ManyWaiting(_Fact):
    """To the requester alone: many whom they asked for have not activated their accounts; (name, account) of each."""

    kind: Literal["many_waiting"] = "many_waiting"
    people: tuple[tuple[str, str], ...] = ()


class Act(_Fact):
    """What somebody has pressed: `actor` is a Slack id, `admin` whether they are one of the workspace's admins or owners.

    `channel`, `ts` and `response_url` are those of the message with the button; `link` leads to it. `round` is the button's.
    """

    action: Action
    round: int
    actor: str
    actor_name: str = ""
    language: str = "en"
    admin: bool = False
    channel: str | None = None
    ts: str | None = None
    response_url: str | None = None
    link: str = ""


class NotDone(_Fact):
    """Why what was pressed is not done. `actor` has done, or is doing, `action` (at Unix seconds `at`) instead."""

    reason: Literal["unknown", "over", "taken", "done", "requesters", "admins"]
    actor: str = ""
    action: Action | None = None
    at: float = 0.0


class Whisper(_Fact):
    """To `to` (a Slack id) alone, who pressed a button: where they pressed it, else directly.

    `said` says what is to be said: an activation `link`, that it did not work (`why`), that it was asked for by somebody else
    meanwhile.
    """

    kind: Literal["whisper"] = "whisper"
    to: str
    language: str
    channel: str | None = None
    said: Literal["link", "failed", "requested"]
    action: Action
    link: str = ""
    hours: int = 0
    why: Failure | None = None


# To the admins: each a message of its own.


class Ended(_Fact):
    """A request has come to its end."""

    kind: Literal["ended"] = "ended"
    outcome: Outcome


class Stuck(_Fact):
    """A request does not come to its end by itself, or not soon."""

    kind: Literal["stuck"] = "stuck"
    why: Failure


class Unheard(_Fact):
    """The requester could not be told how it ended."""

    kind: Literal["unheard"] = "unheard"
    outcome: Outcome


class Incident(_Fact):
    """What is wrong with a provider, for all requests together: one message, edited until it is resolved.

    `since` and `resolved_at` in Unix seconds; `affected` requests wait or have failed; `why` is the vendor's last word.
    """

    kind: Literal["incident"] = "incident"
    id: str
    provider: str
    cause: Cause
    since: float
    affected: int = 0
    version: int = 1
    resolved_at: float | None = None
    why: Failure | None = None

    @property
    def handle(self) -> str:
        """What its buttons carry."""
        return handle_of(f"incident {self.id}")


class Trouble(_Fact):
    """What a check of the set-up found, by the check's `name`, and the things that it is about."""

    name: str
    what: tuple[str, ...] = ()


class SetUp(_Fact):
    """What must be mended of newhire's own set-up: one message, edited until a start finds nothing any more. Unix seconds."""

    kind: Literal["set_up"] = "set_up"
    since: float
    resolved_at: float | None = None
    troubles: tuple[Trouble, ...] = ()


class GroupGone(_Fact):
    """A user group that may use /newhire, by its id, is one that Slack does not know."""

    kind: Literal["group_gone"] = "group_gone"
    group: str


class SeatsLow(_Fact):
    """Few licences of a provider are free, or none, or (`what` is "expiring") some end within a month.

    `licence` is the title of a licence's type, None where all are alike.
    """

    kind: Literal["seats_low"] = "seats_low"
    what: Literal["few", "full", "expiring"]
    provider: str
    licence: Text | None = None
    free: int
    total: int
    expiring: int = 0


class Joined(_Fact):
    """Somebody has joined Slack: their id and what they are called there."""

    kind: Literal["joined"] = "joined"
    user: str
    name: str


class Waiting(_Fact):
    """An account that was made at `since` (Unix seconds) and is not activated."""

    provider: Text
    name: str
    account: str
    requester: str
    since: float


class FreeSeats(_Fact):
    """How many licences are free; `licence` is the title of their type, None where all are alike."""

    provider: Text
    licence: Text | None
    free: int
    total: int


class Digest(_Fact):
    """What the time from `since` until `until` (Unix seconds) came to; `more` wait for activation beside those named."""

    kind: Literal["digest"] = "digest"
    since: float
    until: float
    created: int
    failed: tuple[tuple[FailureKind, int], ...] = ()
    waiting: tuple[Waiting, ...] = ()
    more: int = 0
    seats: tuple[FreeSeats, ...] = ()


ApprovalState = Literal["asked", "approved", "declined", "expired", "withdrawn"]


class Asked(_Fact):
    """Somebody asks to create one account (`request`), or so many (`people`) from a `file` ("": pasted); once decided, by
    whom and why.

    `alone`: whoever approved had asked for it, and nobody else could decide. Times are Unix seconds.
    """

    kind: Literal["asked"] = "asked"
    id: str
    provider: str
    requester: str
    requester_name: str = ""
    file: str = ""
    people: int
    request: Request | None = None
    state: ApprovalState = "asked"
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: float = 0.0
    reason: str = ""
    alone: bool = False

    @property
    def handle(self) -> str:
        """What its buttons carry."""
        return handle_of(f"approval {self.id}")


class Decision(_Fact):
    """What somebody (a Slack id; "" for nobody) decides: `alone` when nobody else could, though they had asked for it."""

    state: ApprovalState
    by: str = ""
    by_name: str = ""
    reason: str = ""
    alone: bool = False


class Decided(_Fact):
    """Whether a decision counts; `asked` as it is now, None when nobody knows of it."""

    done: bool
    asked: Asked | None


class BatchEnded(_Fact):
    """Somebody (a Slack id, or a user of the machine) has created many at once: what came of so many `rows` that were begun.

    `approved_by` is a Slack id, "" where nobody had to approve; `left` rows were not begun.
    """

    kind: Literal["batch_ended"] = "batch_ended"
    provider: str
    requester: str
    requester_name: str = ""
    approved_by: str = ""
    rows: int
    created: int = 0
    to_activate: int = 0
    existing: int = 0
    failed: int = 0
    unknown: int = 0
    left: int = 0


Alert = Annotated[
    Ended | Stuck | Unheard | Incident | SetUp | GroupGone | SeatsLow | Joined | Digest | BatchEnded | Asked,
    Field(discriminator="kind"),
]


class TryLater(Exception):
    """Slack cannot be reached now; `seconds` until it is worth trying again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"try again in {seconds:.0f} s")


class CannotBeTold(Exception):
    """Nobody takes the message: not the channel, not the command's answer, not the requester."""
