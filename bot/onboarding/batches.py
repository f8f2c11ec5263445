"""Many at once: reads what was given in, shows it, and begins row after row at the pace that the provider allows.

    given in -> read -> shown -> (asked) -> running <-> paused -> ended

`look` is called again and again, by one thread of each process; between two calls nothing is remembered that is not in the
database. Rows are given out a few at a time: who asks for one person in between does not wait behind a thousand, a pause
is a pause, and what a crash leaves is few.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue, ValidationError

from bot.batch import (
    ENDS,
    Batch,
    BatchFiles,
    BatchState,
    BatchUpdate,
    Move,
    Moved,
    Row,
    RowState,
    Sample,
    Tally,
)
from bot.hire import NewHire, Text
from bot.onboarding.policy import Policy
from bot.onboarding.relay import batch_drawn, batch_ended, batch_files, batch_preview
from bot.onboarding.roster import roster
from bot.onboarding.seats import SeatCounts
from bot.outcome import Account, Failure
from bot.request import Duplicate, Request, TryLater
from bot.store.batches import Batches, StoredBatch, StoredRow
from bot.store.limits import CircuitBreaker
from bot.store.records import Records, Stored
from bot.store.requests import Identity, Requests

log = logging.getLogger(__name__)

SAMPLES = 200
"""Rows in the table of a message; its limit is 201 with the header (docs.slack.dev, data table block)."""

READY: tuple[RowState, ...] = ("ready",)
DOUBTFUL: tuple[RowState, ...] = ("wrong", "twice", "requested", "there")

LAST = 1_000_000
"""Rows wait behind whatever one person has asked for alone."""


class Unreadable(Exception):
    """What was given in cannot be read; `said` is the sentence for whoever gave it in."""

    def __init__(self, said: Text) -> None:
        self.said = said
        super().__init__(said.en)


@dataclass(frozen=True)
class Read:
    """What a file says: its rows with their state as far as the file itself decides it, and the batch with what was
    understood. `identities`: by what the person of each row that is ready can be recognised, in the order of those."""

    batch: Batch
    rows: Sequence[tuple[Row, RowState]]
    identities: Sequence[Mapping[str, str]]


class Provider(Protocol):
    """What is asked of a provider (`providers.contract.Provider`)."""

    @property
    def form(self) -> type[NewHire]: ...
    @property
    def gap(self) -> float: ...

    def everybody(self, calls: int) -> Sequence[Account] | None: ...


class Reader(Protocol):
    """Who makes rows of what was given in."""

    def read(self, batch: Batch, source: str) -> Read:
        """Raises Unreadable, or TryLater when the file cannot be had now."""
        ...

    def again(self, batch: Batch, rows: Sequence[Row]) -> Read:
        """The same, of rows that were read before, after somebody said which column is what."""
        ...


class Engine(Protocol):
    """The durable engine (`engine.Engine`)."""

    workers: int

    def accept(self, request: Request, *, priority: int = 1) -> None: ...


class Relay(Protocol):
    """Who tells it (`relay.Relay`)."""

    def soon(self, letter_id: str) -> None: ...


@dataclass(frozen=True)
class Press:
    """What somebody has pressed: `actor` is a Slack id, in `round` as the button says; `many` are the next ones and no
    more: of "first" (None: one), and of "resume" (None: as many as were wanted).
    """

    move: Move
    round: int
    actor: str
    admin: bool = False
    many: int | None = None


class BatchRuns:
    """`give_in` and `press` on the front door's threads, `look` on one of its own.

    `approval` is asked whether a batch of so many rows must be approved, and asks for it.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        batches: Batches,
        requests: Requests,
        records: Records,
        breaker: CircuitBreaker,
        seats: SeatCounts,
        relay: Relay,
        engine: Engine,
        reader: Reader,
        policy: Policy,
        approval: Approval | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.providers, self.batches, self.requests, self.records = providers, batches, requests, records
        self.breaker, self.seats, self.relay, self.engine, self.reader = breaker, seats, relay, engine, reader
        self.policy, self.approval, self.clock = policy, approval, clock
        self._again_at: dict[str, float] = {}
        self._lost_at: dict[str, float] = {}
        self._asked: set[str] = set()
        self._shown: dict[str, BatchUpdate] = {}
        self._news = threading.Event()

    # What people do.

    def give_in(self, batch: Batch, source: str, mark: str | None = None) -> None:
        """Durable when it returns; the same id again changes nothing."""
        self.batches.add(batch, source, mark)
        self._news.set()

    def find(self, mark: str, requester: str) -> StoredBatch | None:
        """What this requester has given in under that mark, the newest, if it has not come to an end."""
        found = self.batches.by_mark(mark, requester)
        return found if found and found.state not in ENDS else None

    def preview(self, batch: Batch, source: str) -> BatchUpdate:
        """What would be shown of it, and nothing is written down. Raises Unreadable, or TryLater."""
        read = self.reader.read(batch, source)
        rows = [StoredRow(row, state) for row, state in self._sorted(read)]
        doubtful = [each for each in rows if each.state in DOUBTFUL]
        tally = Tally.model_validate(Counter(each.state for each in rows))
        return self._update(StoredBatch(read.batch, "shown", 0, self.clock()), tally, map(_sample, doubtful or rows))

    def press(self, handle: str, press: Press) -> Moved:
        """One button of a batch's message."""
        stored = self.batches.by_handle(handle)
        if stored is None:
            return Moved(came="unknown")
        if press.actor != stored.batch.requester and not press.admin:
            return Moved(came="not_yours", state=stored.state)
        if press.round != stored.round:
            return Moved(came="over", state=stored.state)
        return self._moved(stored, press)

    def _moved(self, stored: StoredBatch, press: Press) -> Moved:
        """Every move is one compare-and-set: pressed twice, or by two, it is made once."""
        match press.move:
            case "create" | "first" if stored.state == "shown":
                return self._begin(stored, press)
            case "cancel" if stored.state in ("shown", "asked"):
                begun = self.batches.tally(stored.batch.id).begun
                moved = self._go(stored, "stopped" if begun else "cancelled", press.actor, rows_left=True)
                if self.approval and stored.state == "asked" and moved.came == "done":
                    self.approval.withdraw(stored.batch.id)
                return moved
            case "pause" if stored.state == "running":
                return self._go(stored, "paused", press.actor, most=stored.most)
            case "resume" if stored.state == "paused":
                return self._go(stored, "running", press.actor, most=self._most(stored, press.many))
            case "stop" if stored.state in ("running", "paused"):
                return self._go(stored, "stopping", press.actor, rows_left=True)
            case _:
                return Moved(came="over", state=stored.state)

    def _begin(self, stored: StoredBatch, press: Press) -> Moved:
        tally = self.batches.tally(stored.batch.id)
        if not tally.ready:
            return Moved(came="over", state=stored.state)
        first = press.move == "first"
        wanted = min(press.many or 1, tally.ready) if first else tally.ready
        if self.approval and not stored.batch.decided_by and self._must_be_approved(stored.batch, wanted):
            moved = self._go(stored, "asked", press.actor)
            if moved.came == "done":
                self.approval.ask(stored.batch, tally, stored.round + 1)
                return Moved(came="asked", state="asked")
            return moved
        return self._go(stored, "running", press.actor, most=tally.begun + wanted if first else None)

    def _most(self, stored: StoredBatch, many: int | None) -> int | None:
        """As many as were wanted, and of the next ones no more than so many."""
        if many is None:
            return stored.most
        most = self.batches.tally(stored.batch.id).begun + many
        return most if stored.most is None else min(most, stored.most)

    def _go(
        self, stored: StoredBatch, to: BatchState, actor: str, *, most: int | None = None, rows_left: bool = False
    ) -> Moved:
        went = self.batches.move(
            stored.batch, [stored.state], stored.round, to, actor=actor, most=most, rows_left=rows_left
        )
        if not went:
            return Moved(came="over", state=stored.state)
        self._news.set()
        self._redraw(stored.batch.id)
        return Moved(came="done", state=to)

    def shown(self, handle: str, actor: str, *, admin: bool) -> BatchUpdate | None:
        """A batch as it stands, for whoever gave it in, and for admins."""
        stored = self.batches.by_handle(handle)
        if stored is None or (actor != stored.batch.requester and not admin):
            return None
        return self.update(stored)

    def correct(self, handle: str, round_: int, columns: Mapping[int, str | None], values: Mapping[str, str]) -> Moved:
        """Somebody has said which column is what, and what stands for all rows: it is read anew."""
        stored = self.batches.by_handle(handle)
        if stored is None or stored.state != "shown" or stored.round != round_:
            return Moved(came="unknown" if stored is None else "over", state=stored and stored.state)
        changed = stored.batch.model_copy(
            update={
                "columns": {**stored.batch.columns, **columns},
                "values": {**stored.batch.values, **values},
                "decided_by": "",  # it is another list now
            }
        )
        # Ten thousand rows take seconds, and somebody waits: it is done by `look`.
        went = self.batches.move(changed, ["shown"], stored.round, "reading", actor=stored.batch.requester)
        self._news.set()
        return Moved(came="done" if went else "over", state="reading")

    # An approver has decided.

    def approved(self, batch_id: str, by: str) -> None:
        """It may begin. The same once more changes nothing. The data are looked at again before anything is begun."""
        stored = self.batches.get(batch_id)
        if stored is not None and stored.state == "shown" and stored.batch.decided_by == by:
            # Approved, and the process died before it began.
            self.batches.move(stored.batch, ["shown"], stored.round, "running", actor=by)
        if stored is None or stored.state != "asked":
            return
        batch = stored.batch.model_copy(update={"decided_by": by})
        read = self._again(batch)
        if self.batches.fill(read.batch, self._sorted(read), ["asked"], stored.round):
            self.batches.move(read.batch, ["shown"], stored.round + 1, "running", actor=by)
        self._news.set()
        self._redraw(batch_id)

    def refused(self, batch_id: str, by: str, reason: str, *, expired: bool = False) -> None:
        """It may not begin: somebody has said no, or nobody has said anything."""
        stored = self.batches.get(batch_id)
        if stored is not None and stored.state == "asked":
            batch = stored.batch.model_copy(update={"decided_by": by, "reason": reason})
            to: BatchState = "expired" if expired else "declined"
            self.batches.move(batch, ["asked"], stored.round, to, actor=by or "newhire", rows_left=True)
            self._redraw(batch_id)

    # What newhire does.

    def ended(self, batch_id: str) -> None:
        """One of its rows has come to its end: the next can be begun."""
        self._news.set()

    def wait(self, seconds: float) -> None:
        """Until there may be something to do, at most so long."""
        if self._news.wait(seconds):
            # Rows that end one after the other are looked at together.
            time.sleep(self.policy.batch_together.total_seconds())
        self._news.clear()

    def wake(self) -> None:
        """There is something to do, or nobody waits any longer."""
        self._news.set()

    def look(self) -> None:
        """Everything that can be done now. The trouble of one batch is not another's: it is raised when all were looked at."""
        trouble: Exception | None = None
        for stored in self.batches.active():
            try:
                self._look_at(stored)
                self._draw(stored.batch.id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    def _look_at(self, stored: StoredBatch) -> None:
        batch = stored.batch
        match stored.state:
            case "reading":
                self._read(stored)
            case "running":
                self._run(stored)
            case "stopping":
                self._begin_lost(batch)
                if self._settled(batch):
                    self.batches.move(batch, ["stopping"], stored.round, "stopped", actor="newhire")
            case "shown":
                self._expire(stored)
            case "asked" if self.approval and batch.id not in self._asked:
                # Should another process have died between the two: asked once, however often.
                self._asked.add(batch.id)
                self.approval.ask(batch, self.batches.tally(batch.id), stored.round)
            case _:
                pass

    def _read(self, stored: StoredBatch) -> None:
        batch = stored.batch
        if self._again_at.get(batch.id, 0.0) > self.clock():
            return
        source = self.batches.source_of(batch.id)
        try:
            read = self._again(batch) if source is None else self.reader.read(batch, source)
            now_read = read.batch.model_copy(update={"readings": batch.readings + 1})
            self.batches.fill(now_read, self._sorted(read), ["reading"], stored.round)
        except TryLater as later:
            self._again_at[batch.id] = self.clock() + later.seconds
            if self.clock() - batch.given_at > self.policy.batch_waits.total_seconds():
                self._unreadable(stored, CANNOT_BE_HAD)
        except Unreadable as why:
            self._unreadable(stored, why.said)

    def _again(self, batch: Batch) -> Read:
        """Rows that were read before, but for those that are requests now."""
        rows = [each.row for each in self.batches.rows(batch.id) if each.state != "begun"]
        return self.reader.again(batch, rows)

    def _unreadable(self, stored: StoredBatch, why: Text) -> None:
        batch = stored.batch.model_copy(update={"why": why})
        self.batches.move(batch, ["reading"], stored.round, "unreadable", actor="newhire")

    def _sorted(self, read: Read) -> list[tuple[Row, RowState]]:
        """The rows with what is known about their persons: who is there, and who is asked for."""
        ready = [row for row, state in read.rows if state == "ready"]
        known = self.requests.known(read.batch.provider, read.identities)
        before = {row.number: found for row, found in zip(ready, known, strict=True)}
        placed = [_placed(row, state, before.get(row.number)) for row, state in read.rows]
        return self._looked_up(read.batch, placed)

    def _looked_up(self, batch: Batch, rows: list[tuple[Row, RowState]]) -> list[tuple[Row, RowState]]:
        """Those who could be created, or are remembered, as the provider knows them, where it tells that cheaply."""
        provider = self.providers[batch.provider]
        many = sum(state in ("ready", "there") for _, state in rows)
        if self.breaker.open_since(batch.provider) is not None or (found := roster(provider, many)) is None:
            return rows
        return [
            found.placed(row, state, lambda each: self._hire(batch, each))
            if state in ("ready", "there")
            else (row, state)
            for row, state in rows
        ]

    def _hire(self, batch: Batch, row: Row) -> NewHire:
        return self.providers[batch.provider].form.model_validate(row.hire, context={"region": batch.region})

    def _run(self, stored: StoredBatch) -> None:
        batch = stored.batch
        if stored.batch.provider not in self.providers:
            return
        self._begin_lost(batch)
        if self.breaker.open_since(batch.provider) is None:
            self._accept(batch, self.batches.feed(batch.id, self.at_once))
        if not self._settled(batch):
            return
        tally = self.batches.tally(batch.id)
        if not tally.ready:
            self.batches.move(batch, ["running"], stored.round, "ended", actor="newhire")
        elif stored.most is not None and tally.begun >= stored.most:
            # The trial is over: the others are decided upon anew.
            self.batches.move(batch, ["running"], stored.round, "shown", actor="newhire")

    def _settled(self, batch: Batch) -> bool:
        """Whether nothing of it is under way; what another process has given out and not written down yet is."""
        return not self.batches.under_way(batch.id) and not self.batches.not_done(batch.id)

    def _begin_lost(self, batch: Batch) -> None:
        if self._lost_at.get(batch.id, float("-inf")) < self.clock() - self.policy.batch_lost.total_seconds():
            self._lost_at[batch.id] = self.clock()
            # Most of them are under way: accepted twice, they are begun once.
            self._accept(batch, self.batches.not_done(batch.id))

    @property
    def at_once(self) -> int:
        """So many rows are under way at the same time: as many as there are hands, and two that wait for one. Whoever asks for
        one person comes before those that wait, by priority.
        """
        return self.engine.workers + 2

    def _accept(self, batch: Batch, rows: Sequence[StoredRow]) -> None:
        """Written down together, then begun one by one: a crash in between leaves rows that `_begin_lost` finds."""
        asked = [made for row in rows if (made := self._request(batch, row)) is not None]
        # Who was created before and is there no more is asked for once more.
        wanted = [(request, identity, row.row.known or None) for row, request, identity in asked]
        known = self.requests.accept_all(wanted) if wanted else []
        for (row, request, _), duplicate in zip(asked, known, strict=True):
            if duplicate is None:
                self.engine.accept(request, priority=LAST)
            else:
                self.batches.put_back(batch.id, row.row.number, _known_state(duplicate))

    def _request(self, batch: Batch, row: StoredRow) -> tuple[StoredRow, Request, Identity] | None:
        try:
            hire = self._hire(batch, row.row)
        except ValidationError:
            # Read by another version, whose form was another.
            self.batches.put_back(batch.id, row.row.number, "wrong")
            return None
        request = Request(
            id=f"{batch.id}-{row.row.number}",
            provider=batch.provider,
            hire=row.row.hire,
            region=batch.region,
            requester=batch.requester,
            requester_name=batch.requester_name,
            language=batch.language,
            accepted_at=self.clock(),
            batch=batch.id,
        )
        return row, request, hire.identity()

    def _expire(self, stored: StoredBatch) -> None:
        if self.clock() - stored.changed_at > self.policy.batch_expires.total_seconds():
            begun = self.batches.tally(stored.batch.id).begun
            to: BatchState = "stopped" if begun else "expired"
            self.batches.move(stored.batch, ["shown"], stored.round, to, actor="newhire", rows_left=True)

    # What is told.

    def _redraw(self, batch_id: str) -> None:
        """At once: somebody has pressed something."""
        self._draw(batch_id, at_once=True)

    def _draw(self, batch_id: str, *, at_once: bool = False) -> None:
        """Its message as it is now, no more often than Slack likes; its last state in any case, with what comes at the end."""
        stored = self.batches.get(batch_id)
        if stored is None or (stored.batch.at_the_shell and stored.state not in ENDS):
            return
        now = self.clock()
        over, settled = stored.state in ENDS, stored.drawn_at > 0
        if settled and (over or stored.state not in ("running", "paused", "stopping")):
            return
        apart = 0.0 if at_once or not settled else self.policy.batch_draws.total_seconds()
        if stored.drawn_at > now - apart:
            return
        update = self.update(stored)
        if settled and self._shown.get(batch_id) == update:
            return
        drafts = [] if stored.batch.at_the_shell else [batch_drawn(update)]
        if over and update.tally.begun:
            drafts += (
                [] if stored.batch.at_the_shell else [batch_files(BatchFiles(batch=stored.batch, tally=update.tally))]
            )
            drafts.append(batch_ended(stored.batch, update.tally))
        once = [batch_preview(update)] if drafts and update.samples and stored.state == "shown" else []
        for draft in self.batches.draw(batch_id, stored.round, now, now - apart, drafts, once):
            self._shown[batch_id] = update
            self.relay.soon(draft.id)

    def update(self, stored: StoredBatch) -> BatchUpdate:
        """Everything that its message shows."""
        return self._update(stored, self.batches.tally(stored.batch.id), self._samples(stored))

    def _update(self, stored: StoredBatch, tally: Tally, worth_a_look: Iterable[Sample]) -> BatchUpdate:
        provider = self.providers.get(stored.batch.provider)
        left = tally.ready + tally.under_way
        gap = provider.gap if provider else 0.0
        samples = tuple(itertools.islice(worth_a_look, SAMPLES))
        return BatchUpdate(
            batch=stored.batch,
            state=stored.state,
            round=stored.round,
            tally=tally,
            seconds=left * gap,
            per_minute=60.0 / gap if gap else None,
            seats_left=self._seats_left(stored.batch) if stored.state in ("shown", "asked") else None,
            away_since=self.breaker.open_since(stored.batch.provider) if stored.state == "running" else None,
            trial=stored.most is not None,
            needs_approval=self._needs_approval(stored, tally),
            samples=samples,
            more=max(_worth_a_look(stored.state, tally) - SAMPLES, 0),
        )

    def _needs_approval(self, stored: StoredBatch, tally: Tally) -> bool:
        decided = stored.batch.decided_by or stored.state != "shown"
        return not decided and self._must_be_approved(stored.batch, tally.ready)

    def _must_be_approved(self, batch: Batch, people: int) -> bool:
        return bool(self.approval and self.approval.needed(batch, people, lambda: self._hires(batch)))

    def _hires(self, batch: Batch) -> Iterator[Mapping[str, JsonValue]]:
        """What is known of those who can be created."""
        return (each.row.hire for each in self.batches.rows(batch.id, READY))

    def _seats_left(self, batch: Batch) -> int | None:
        counted = self.seats.last(batch.provider)
        return sum(each.free for each in counted) if counted else None

    def _samples(self, stored: StoredBatch) -> list[Sample]:
        """The rows worth a look: what must be corrected, or did not work; before that, who will be created."""
        if stored.state in ("shown", "asked"):
            doubtful = list(self.batches.rows(stored.batch.id, DOUBTFUL, SAMPLES))
            return [_sample(row) for row in doubtful or self.batches.rows(stored.batch.id, READY, SAMPLES)]
        if stored.state not in ENDS:
            return []
        failed = self.batches.failed(stored.batch.id, SAMPLES)
        records = self.records.all_of([row.request_id for row in failed if row.request_id])
        return [_sample(row, _failure(records.get(row.request_id or ""))) for row in failed]


class Approval(Protocol):
    """Who must agree before many are created."""

    def needed(self, batch: Batch, people: int, hires: Callable[[], Iterable[Mapping[str, JsonValue]]]) -> bool: ...
    def ask(self, batch: Batch, tally: Tally, round_: int) -> None: ...
    def withdraw(self, batch_id: str) -> None: ...


CANNOT_BE_HAD = Text(en="Slack didn't hand over the file. Send it again.", zh="无法从 Slack 取得该文件。请重新提交。")


def _placed(row: Row, state: RowState, before: Duplicate | None) -> tuple[Row, RowState]:
    if state != "ready" or before is None:
        return row, state
    return row.model_copy(update={"before": before.ref, "known": before.id}), _known_state(before)


def _known_state(before: Duplicate) -> RowState:
    return "requested" if before.kind in (None, "OutcomeUnknown") else "there"


def _failure(stored: Stored | None) -> Failure | None:
    return stored.record.outcome if stored and isinstance(stored.record.outcome, Failure) else None


def _sample(row: StoredRow, failure: Failure | None = None) -> Sample:
    return Sample(
        line=row.row.line,
        name=row.row.name,
        account=str(row.row.hire.get("account") or ""),
        state=row.state,
        problems=row.row.problems,
        twin=row.row.twin,
        kind=row.kind,
        failure=failure,
    )


def _worth_a_look(state: BatchState, tally: Tally) -> int:
    if state in ("shown", "asked"):
        return tally.wrong + tally.twice + tally.requested + tally.there or tally.ready
    return tally.failed + tally.unknown if state in ENDS else 0
