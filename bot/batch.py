"""Many at once: what travels between the rooms about a file of people, its rows, and how far they have come.

    given in -> read -> shown (nothing is done yet) -> approved, where that is wanted -> row by row -> the result file

Every row that is begun is a request like any other (`request.Request`, whose `batch` says where it belongs): created once,
looked up, remembered, followed up. Only what people are told is one message for all of them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from bot.hire import Text
from bot.outcome import Failure
from bot.request import SHELL, MessageRef, handle_of


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


BatchState = Literal[
    "reading",  # given in; what it says is not known yet
    "unreadable",  # an end: it cannot be read
    "shown",  # read and shown; somebody decides
    "asked",  # an approver decides
    "running",
    "paused",  # by a person; a provider that is away pauses nothing for good
    "stopping",  # nothing is begun any more; what was begun comes to its end
    "ended",  # an end: every row that was wanted has come to its end
    "cancelled",  # an end: nothing was begun
    "stopped",  # an end: what was not begun stays so
    "expired",  # an end: nobody decided within a day
    "declined",  # an end: an approver said no
]
ENDS: frozenset[BatchState] = frozenset({"unreadable", "ended", "cancelled", "stopped", "expired", "declined"})

RowState = Literal[
    "ready",  # can be created
    "wrong",  # something in it must be corrected
    "twice",  # the same person stands further up
    "requested",  # newhire is at work on a request for that person, or does not know how one ended
    "there",  # newhire has created that person before
    "begun",  # is a request now
    "left",  # was ready when the run was stopped
    "forgotten",
]

Move = Literal["create", "first", "cancel", "pause", "resume", "stop", "columns"]
"""The `action_id` of a batch's button. `first` creates one person, for a trial; `columns` corrects what was understood of
the file."""


class Upload(_Fact):
    """A file that somebody gave to Slack: its id there, its name, its size in bytes as Slack says."""

    id: str
    name: str
    size: int = 0


class Batch(_Fact):
    """Who gave what in. Stored with it: fields may be added, with a default, never changed.

    `requester` is a Slack id, or SHELL and a user's name: what they give in is a file's bytes, base64. `values` hold what
    stands for all rows (field -> text); `columns` which field a column is (index from 0; None: none), where a person has said
    so; `called` the same by what stands above it, of a file that nobody has read yet (header -> field, or
    `spreadsheet.columns.IGNORED`). `name` is the file's, "" for pasted text. `notes` are what is to be said about the file, and
    `unsure` columns that a person should look at. `readings`: how often it was read.
    """

    id: str
    provider: str
    region: str = "CN"
    requester: str
    requester_name: str = ""
    language: str = "en"
    given_at: float
    name: str = ""
    upload: Upload | None = None
    values: dict[str, str] = {}
    columns: dict[int, str | None] = {}
    called: dict[str, str] = {}
    header: tuple[str, ...] = ()
    understood: tuple[str | None, ...] = ()
    unsure: bool = False
    readings: int = 0
    notes: tuple[Text, ...] = ()
    why: Text | None = None  # it cannot be read
    decided_by: str = ""  # a Slack id: who approved or declined
    reason: str = ""

    @property
    def handle(self) -> str:
        """What its buttons carry."""
        return handle_of(f"batch {self.id}")

    @property
    def at_the_shell(self) -> bool:
        return self.requester.startswith(SHELL)


class Problem(_Fact):
    """What must be corrected in a row: in which field (its title; None: the row as a whole), and the sentence about it."""

    field: Text | None
    said: Text


class Row(_Fact):
    """One row: its place in the file as people count there, its cells, and what was made of them.

    `hire` is `NewHire.typed`, empty when something is wrong; `name` is whom it is about, as far as that is known. `twin` is
    the line of the same person further up; `before` where an earlier request is talked about, and `known` its id.
    """

    number: int
    line: int
    cells: tuple[str, ...]
    name: str = ""
    hire: dict[str, JsonValue] = {}
    problems: tuple[Problem, ...] = ()
    twin: int | None = None
    before: MessageRef | None = None
    known: str = ""


class Tally(_Fact):
    """How many rows are where. The first six are of the file, the others of what was begun."""

    ready: int = 0
    wrong: int = 0
    twice: int = 0
    requested: int = 0
    there: int = 0
    left: int = 0
    forgotten: int = 0
    under_way: int = 0
    created: int = 0
    to_activate: int = 0
    existing: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def done(self) -> int:
        """Begun, and come to an end."""
        return self.created + self.to_activate + self.existing + self.failed + self.unknown

    @property
    def begun(self) -> int:
        return self.done + self.under_way

    @property
    def rows(self) -> int:
        return self.begun + self.ready + self.wrong + self.twice + self.requested + self.there + self.left


class Sample(_Fact):
    """A row as a message shows it: where it stands, who it is, what is wrong or came of it."""

    line: int
    name: str
    account: str = ""
    state: RowState
    problems: tuple[Problem, ...] = ()
    twin: int | None = None
    kind: str | None = None
    failure: Failure | None = None


class BatchUpdate(_Fact):
    """The one message of a batch, as it is to read now.

    `seconds` is how long the rest will take (None: not known); `seats_left` and `seats_needed` licences, where that is known;
    `away_since` (Unix seconds): the provider does not answer, and the run goes on when it does. `samples` are the rows worth
    a look, `more` how many there are beside them. `trial`: only the first one was wanted, and has come to its end.
    """

    kind: Literal["batch"] = "batch"
    batch: Batch
    state: BatchState
    round: int
    tally: Tally
    seconds: float | None = None
    per_minute: float | None = None
    seats_left: int | None = None
    away_since: float | None = None
    trial: bool = False
    needs_approval: bool = False
    samples: tuple[Sample, ...] = ()
    more: int = 0


class BatchFiles(_Fact):
    """Below the batch's message: the file in which every row has its result.

    `preview`: nothing is created yet; every row with what is to be corrected, if the message, as it is then, cannot show all.
    `uploads`: Slack's ids of what was sent before and may have arrived: nothing is sent again without looking for them.
    """

    kind: Literal["batch_files"] = "batch_files"
    batch: Batch
    tally: Tally
    preview: BatchUpdate | None = None
    uploads: tuple[str, ...] = ()


class Moved(_Fact):
    """What came of a button's being pressed."""

    came: Literal["done", "over", "not_yours", "asked", "unknown"]
    state: BatchState | None = None
