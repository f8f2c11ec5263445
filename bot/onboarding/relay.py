"""Tells people what is in the outbox: at once on the thread that put it there, and again later when Slack was away.

Every message is ticked off by itself, so the trouble of one never repeats another. What a crashed process was to tell is
told by whoever takes its rows over; only "creating ..." is not, for it may stand in the channel already.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Protocol

from pydantic import BaseModel, Field, TypeAdapter

from bot.batch import Batch, BatchFiles, BatchUpdate, Tally
from bot.outcome import Outcome
from bot.request import (
    Alert,
    Asked,
    AwaitsApproval,
    BatchEnded,
    CannotBeTold,
    Creating,
    Ended,
    Final,
    Incident,
    ManyWaiting,
    MessageRef,
    Nudge,
    Record,
    Reminder,
    Request,
    Standing,
    TryLater,
    Unheard,
    Update,
    Whisper,
)
from bot.store.audit import ended
from bot.store.outbox import Draft, Letter, Outbox
from bot.store.records import Stored

log = logging.getLogger(__name__)

FINAL = 1_000_000
"""The version of a request's last word: newer than whatever came before it."""

NUDGE_AGAIN_SECONDS = 1.0
AGAIN_SECONDS = 10.0
"""After a fault of ours or of the database."""


class Notifier(Protocol):
    """Who speaks to people. Every method may raise TryLater."""

    def tell(self, request: Request, ref: MessageRef | None, update: Update | Nudge) -> MessageRef | None:
        """Edit the request's message, or post it; a nudge goes below it. Where it stands now. Raises CannotBeTold."""
        ...

    def alert(self, request: Request | None, ref: MessageRef | None, alert: Alert) -> MessageRef | None:
        """Say something to the admins, or edit what was said. Where it stands now."""
        ...

    def whisper(self, request: Request, whisper: Whisper) -> None:
        """Say something to one person alone."""
        ...

    def batch(self, ref: MessageRef | None, what: BatchUpdate | BatchFiles) -> MessageRef | None:
        """Edit the message of a batch (at `ref`), or say it; or put its files below it. Where it stands now. Raises
        CannotBeTold."""
        ...

    def remind(self, request: Request, ref: MessageRef | None, reminder: Reminder | ManyWaiting) -> MessageRef | None:
        """Remind the requester directly, or edit what was said. Where it stands now. Raises CannotBeTold."""
        ...


class UpdateContent(BaseModel):
    """A message for whoever asked."""

    request: Request
    update: Annotated[Update | Nudge, Field(discriminator="kind")]


class WhisperContent(BaseModel):
    """What only whoever pressed a button reads."""

    request: Request
    whisper: Whisper


class ReminderContent(BaseModel):
    """What the requester is reminded of."""

    request: Request
    reminder: Reminder


class CrowdContent(BaseModel):
    """Of whom the requester is reminded at once. Of the request is kept who asked, and in which language."""

    request: Request
    crowd: ManyWaiting


class AlertContent(BaseModel):
    """A message for the admins, about a request or about a provider."""

    request: Request | None = None
    alert: Alert


class BatchContent(BaseModel):
    """The message of a batch, or the files below it."""

    batch: Annotated[BatchUpdate | BatchFiles, Field(discriminator="kind")]


Content = UpdateContent | WhisperContent | ReminderContent | CrowdContent | AlertContent | BatchContent
_CONTENT: TypeAdapter[Content] = TypeAdapter(Annotated[Content, Field(union_mode="left_to_right")])


def alerted(key: str, alert: Alert) -> Draft:
    """What the admins read that is about no request."""
    return Draft(key, None, AlertContent(alert=alert).model_dump_json())


def redrawn(record: Record, standing: Standing, drawn: int, response_url: str | None = None) -> Draft:
    """The message of a request that has ended, as it is to read now; `drawn` counts how often it was drawn anew.

    `response_url` is that of a click on it, where it stands where newhire cannot edit.
    """
    request = record.request.model_copy(update={"response_url": response_url})
    content = UpdateContent(request=request, update=Final(outcome=record.outcome, standing=standing, again=True))
    return Draft(_message_id(record.request), record.request.id, content.model_dump_json(), FINAL + drawn)


def whispered(request: Request, whisper: Whisper, round_: int) -> Draft:
    """What whoever acted in this round reads alone."""
    content = WhisperContent(request=request, whisper=whisper).model_dump_json()
    return Draft(f"{request.id}/whisper/{round_}", request.id, content)


def reminded(stored: Stored, standing: Standing, number: int) -> Draft:
    """One of the requester's reminders (from 0 on), as it is to read now."""
    record = stored.record
    at, last = record.reminded[number], record.reminded_enough and number == len(record.reminded) - 1
    reminder = Reminder(outcome=record.outcome, standing=standing, since=record.ended_at, at=at, last=last)
    content = ReminderContent(request=record.request, reminder=reminder).model_dump_json()
    return Draft(f"{record.request.id}/reminder/{number}", record.request.id, content, stored.drawn)


def crowd(request: Request, at: float, people: Sequence[tuple[str, str]]) -> Draft:
    """One message about all whom a requester is reminded of in one look, at Unix seconds `at`; it grows by one each time."""
    asker = request.model_copy(update={"hire": {}, "batch": ""})
    content = CrowdContent(request=asker, crowd=ManyWaiting(people=tuple(people))).model_dump_json()
    return Draft(f"reminders/{request.requester}/{request.provider}/{at}", None, content, len(people))


def batch_drawn(update: BatchUpdate) -> Draft:
    """The message of a batch, as it is to read now."""
    return Draft(_batch_id(update.batch), None, BatchContent(batch=update).model_dump_json())


def batch_files(files: BatchFiles) -> Draft:
    """The files with every row's result, below the batch's message."""
    return Draft(f"{_batch_id(files.batch)}/files", None, BatchContent(batch=files).model_dump_json())


def approval_drawn(asked: Asked, version: int) -> Draft:
    """What approvers read of it, as it is to read now."""
    request = asked.request
    content = AlertContent(request=request, alert=asked).model_dump_json()
    return Draft(f"approval/{asked.id}", request.id if request else None, content, version)


def batch_ended(batch: Batch, tally: Tally) -> Draft:
    """What the admins read of a batch, once."""
    counts = tally.model_dump(include={"created", "to_activate", "existing", "failed", "unknown"})
    alert = BatchEnded(
        provider=batch.provider,
        requester=batch.requester,
        requester_name=batch.requester_name,
        approved_by=batch.decided_by,
        rows=tally.done,
        left=tally.left + tally.ready,
        **counts,
    )
    return alerted(batch_ended_id(batch), alert)


def batch_ended_id(batch: Batch) -> str:
    """The id of that letter."""
    return f"batch/{batch.id}/alert"


def drawn(stored: Stored, standing: Standing, response_url: str | None = None) -> list[Draft]:
    """All that stands in Slack of a request that has ended, as it is to read now: its message, and the reminders."""
    reminders = [reminded(stored, standing, number) for number in range(len(stored.record.reminded))]
    return [redrawn(stored.record, standing, stored.drawn, response_url), *reminders]


class Relay:
    """Between the outbox and the notifier. `start` begins its thread, `stop` ends it; what is untold stays in the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        give_up: timedelta,
        changed: Callable[[str], None] = lambda requester: None,
        row_ended: Callable[[str], None] = lambda batch: None,
        *,
        silent: bool = False,
    ) -> None:
        """`changed` hears whose request (a Slack id) reads otherwise now, `row_ended` of which batch (its id) a row has come
        to its end; neither may wait for anybody. `silent`: there is no way to Slack here. What is to be told stays in the
        outbox, for the next process on this database."""
        self._silent = silent
        self._changed, self._row_ended = changed, row_ended
        self._outbox, self._notifier, self._patience = outbox, notifier, 2 * give_up.total_seconds()
        self._due: list[tuple[float, int, str]] = []
        self._order = itertools.count()
        self._telling: dict[str, bool] = {}  # True: there was more to tell meanwhile
        self._change = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Tell what earlier processes on this file left, and from now on what could not be told at once."""
        if self._silent:
            return
        self._thread = threading.Thread(target=self._run, name="newhire-relay", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 0.0) -> None:
        """Tell nothing more by itself; what is under way on its thread has so many seconds to end."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)

    # What the workflow says.

    def begin(self, request: Request, first: AwaitsApproval | None = None) -> None:
        """The first message of a request, at most once however often it is begun. A row of a batch has none, and has begun
        when it was written down."""
        if request.batch:
            return
        content, message = UpdateContent(request=request, update=first or Creating()), _message_id(request)
        self._put_and_tell(
            {message: content}, lambda: [self._outbox.begin(request.id, message, content.model_dump_json())]
        )

    def update(self, request: Request, update: Update, version: int) -> None:
        """Edit the request's message while it is under way. Of a row of a batch people read elsewhere."""
        if request.batch:
            return
        content, message = UpdateContent(request=request, update=update), _message_id(request)
        text = content.model_dump_json()
        draft = Draft(message, request.id, text, version)
        self._put_and_tell({message: content}, lambda: [self._outbox.put(draft)])

    def alert(self, key: str, alert: Alert, request: Request | None = None, version: int = 1) -> None:
        """Say something to the admins, once a `key` and version. Not on this thread: a vendor's work must not wait for Slack.

        Of what is about one row of a batch they hear nothing: they read of the batch once.
        """
        if request is not None and request.batch and not isinstance(alert, Incident):
            return
        content = AlertContent(request=request, alert=alert).model_dump_json()
        # An incident outlives the request in which it showed.
        request_id = None if request is None or isinstance(alert, Incident) else request.id
        if self._outbox.put(Draft(key, request_id, content, version)) is not None:
            self._later(key, 0.0)

    def end(
        self, record: Record, standing: Standing, *, nudge: bool, admins: bool, follow_up: float | None = None
    ) -> None:
        """The last word to the requester; if they would miss it, a `nudge`; and what concerns the `admins`.

        `follow_up`: the account is looked up then (Unix seconds).
        """
        request, outcome = record.request, record.outcome
        contents = {} if request.batch else _last_words(request, outcome, standing, nudge=nudge, admins=admins)
        drafts = [
            Draft(letter, request.id, content.model_dump_json(), FINAL if letter == _message_id(request) else 1)
            for letter, content in contents.items()
        ]
        stored, entry = record.model_dump_json(), ended(request, outcome)
        later = None if follow_up is None else (request.provider, follow_up)
        self._put_and_tell(
            contents, lambda: self._outbox.end(request.id, outcome.kind, stored, drafts, entry, follow_up=later)
        )
        if request.batch:
            self._row_ended(request.batch)
            self._changed(request.requester)

    def take_over(self, holder: str | None) -> None:
        """Tell what a process that is gone was to tell (None: every process that ever was on this database)."""
        for letter_id in self._outbox.take_over(holder):
            letter = self._outbox.letter(letter_id)
            if letter is not None and _is_first(letter) and not self._silent:
                # It may stand there already: the process died between posting it and ticking it off.
                self._outbox.told(letter, None, last=False)
            else:
                self._later(letter_id, 0.0)

    def tell(self, letter_id: str) -> None:
        """Tell it on this thread. What does not work now is told later, on the relay's own."""
        if self._take(letter_id):
            self._work_off(letter_id, None)

    def soon(self, letter_id: str) -> None:
        """Tell it, not on this thread: somebody waits on it."""
        self._later(letter_id, 0.0)

    def _put_and_tell(self, contents: Mapping[str, Content], put: Callable[[], Sequence[Letter | None]]) -> None:
        """Put letters and tell them, with nobody else of this process telling them in between."""
        mine = [letter_id for letter_id in contents if self._take(letter_id)]
        try:
            letters = {letter.id: letter for letter in put() if letter is not None}
        except BaseException:
            for letter_id in mine:
                self._give_back(letter_id)
            raise
        for letter_id in mine:
            letter = letters.get(letter_id)
            if letter is not None:
                self._work_off(letter_id, (letter, contents[letter_id]) if letter.fresh else None)
            elif self._give_back(letter_id):
                self.tell(letter_id)
        for letter_id in letters.keys() - set(mine):
            self.tell(letter_id)

    def _take(self, letter_id: str) -> bool:
        """Whether it is this thread that tells it now; else whoever does looks once more before it leaves off."""
        with self._change:
            taken = letter_id in self._telling
            self._telling[letter_id] = taken
            return not taken

    def _give_back(self, letter_id: str) -> bool:
        """Leave it; whether somebody else wanted to tell it meanwhile."""
        with self._change:
            return self._telling.pop(letter_id, False)

    def _work_off(self, letter_id: str, known: tuple[Letter, Content] | None) -> None:
        try:
            wait = self._try(letter_id, known)
        except BaseException:
            self._give_back(letter_id)
            raise
        while True:
            with self._change:
                if wait is not None or not self._telling[letter_id]:
                    del self._telling[letter_id]
                    break
                self._telling[letter_id] = False
            wait = self._try(letter_id, None)
        if wait is not None:
            self._later(letter_id, wait)

    # How it is told.

    def _try(self, letter_id: str, known: tuple[Letter, Content] | None) -> float | None:
        """Tell it; seconds until it is worth trying again, None when it is told, or told by somebody else."""
        if self._silent:
            return None
        try:
            found = known or self._stored(letter_id)
            while found is not None:
                letter, content = found
                last = isinstance(content, UpdateContent) and isinstance(content.update, Final)
                newer = self._outbox.told(letter, self._deliver_in_time(letter, content), last=last)
                if isinstance(content, UpdateContent):
                    self._changed(content.request.requester)
                found = self._stored(letter_id) if newer else None
        except TryLater as later:
            return later.seconds
        except Exception:
            log.exception("a message could not be told; it is tried again")
            return AGAIN_SECONDS
        return None

    def _stored(self, letter_id: str) -> tuple[Letter, Content] | None:
        letter = self._outbox.letter(letter_id)
        return None if letter is None else (letter, _CONTENT.validate_json(letter.content))

    def _deliver_in_time(self, letter: Letter, content: Content) -> MessageRef | None:
        try:
            return self._deliver(letter, content)
        except TryLater:
            if time.time() - letter.created_at <= self._patience:
                raise
            log.error("request %s: nobody could be told", letter.request_id)
            return letter.ref

    def _deliver(self, letter: Letter, content: Content) -> MessageRef | None:
        if isinstance(content, AlertContent):
            return self._notifier.alert(content.request, letter.ref, content.alert)
        if isinstance(content, WhisperContent):
            with contextlib.suppress(CannotBeTold):
                self._notifier.whisper(content.request, content.whisper)
            return None
        if isinstance(content, ReminderContent):
            return self._remind(letter, content.request, content.reminder)
        if isinstance(content, CrowdContent):
            return self._remind(letter, content.request, content.crowd)
        if isinstance(content, BatchContent):
            return self._tell_batch(letter, content.batch)
        if isinstance(content.update, Nudge):
            self._nudge(content.request, content.update)
            return None
        try:
            return self._notifier.tell(content.request, letter.ref, content.update)
        except CannotBeTold:
            log.warning("request %s: the requester cannot be reached in Slack", letter.request_id)
            if isinstance(content.update, Final):
                unheard = Unheard(outcome=content.update.outcome)
                self.alert(f"{content.request.id}/alert/unheard", unheard, content.request)
            return letter.ref
        except TryLater:
            if isinstance(content.update, Creating):
                # It may have arrived all the same; the next word comes as a message of its own.
                return None
            raise

    def _tell_batch(self, letter: Letter, what: BatchUpdate | BatchFiles) -> MessageRef | None:
        """The files come below the message, once that stands in its last words."""
        message, ref = _batch_id(what.batch), letter.ref
        if isinstance(what, BatchFiles):
            if self._outbox.letter(message) is not None:
                raise TryLater(NUDGE_AGAIN_SECONDS)
            ref = self._outbox.ref(message)
        try:
            return self._notifier.batch(ref, what)
        except CannotBeTold:
            log.warning("batch %s: the requester cannot be reached in Slack", what.batch.id)
            return letter.ref

    def _remind(self, letter: Letter, request: Request, reminder: Reminder | ManyWaiting) -> MessageRef | None:
        try:
            return self._notifier.remind(request, letter.ref, reminder)
        except CannotBeTold:
            log.info("request %s: the requester cannot be reminded", letter.request_id)
            return letter.ref

    def _nudge(self, request: Request, nudge: Nudge) -> None:
        """Below the last word, once that stands; where it has no place there is nothing to reply to."""
        message = _message_id(request)
        if self._outbox.letter(message) is not None:
            raise TryLater(NUDGE_AGAIN_SECONDS)
        ref = self._outbox.ref(message)
        if ref is not None:
            with contextlib.suppress(CannotBeTold):
                self._notifier.tell(request, ref, nudge)

    def _later(self, letter_id: str, seconds: float) -> None:
        with self._change:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), letter_id))
            self._change.notify_all()

    def _run(self) -> None:
        while True:
            letter_id = self._next()
            if letter_id is None:
                return
            self.tell(letter_id)

    def _next(self) -> str | None:
        with self._change:
            while not self._stopping:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._change.wait(wait)
        return None


def _last_words(
    request: Request, outcome: Outcome, standing: Standing, *, nudge: bool, admins: bool
) -> dict[str, Content]:
    """What is said at the end of a request, by the message that says it."""
    contents: dict[str, Content] = {
        _message_id(request): UpdateContent(request=request, update=Final(outcome=outcome, standing=standing))
    }
    if admins:
        contents[f"{request.id}/alert/ended"] = AlertContent(request=request, alert=Ended(outcome=outcome))
    if nudge:
        contents[f"{request.id}/nudge"] = UpdateContent(request=request, update=Nudge(outcome=outcome))
    return contents


def _batch_id(batch: Batch) -> str:
    return f"batch/{batch.id}/message"


def _message_id(request: Request) -> str:
    return f"{request.id}/message"


def _is_first(letter: Letter) -> bool:
    content = _CONTENT.validate_json(letter.content)
    return isinstance(content, UpdateContent) and isinstance(content.update, Creating)
