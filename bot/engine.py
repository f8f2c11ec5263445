"""Starts the durable engine (DBOS) with the settings that were measured, and keeps the seam to it thin.

Accept, step, sleep, later, wake, stop: whatever else newhire does, it does not know that this is DBOS. Its defaults are
wrong for us in several places; each setting below says why.

What one request does is a chain of runs, each a DBOS workflow of its own: `V1`, `V1~1`, `V1~2` ... A run that cannot go on is
*handed over*: begun anew from what it was given, under another id, and never from inside it. `V1~2!` is its second beginning
after a fault; `V1~2@2` was begun by version 1 and is finished by version 2.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, TypeVar

import psycopg
import sqlalchemy as sa
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    Serializer,
    SetEnqueueOptions,
    SetWorkflowID,
    WorkflowStatus,
    error,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.request import Request
from bot.store.cipher import Cipher
from bot.store.database import forget_from_now_on, forgetful
from bot.store.lock import BOT, claim_file, claim_postgres, gone

log = logging.getLogger(__name__)

T = TypeVar("T")
Stored = dict[str, Any]
"""JSON as the engine keeps it."""

APPLICATION_VERSION = "2"
"""Of the runs: a new one whenever steps are added, renamed or moved. DBOS's own (a hash of the source) would strand every
waiting request at each upgrade; unfinished runs of an older version are handed over at the start."""

UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]

AT_ONCE = 500
"""Runs that one statement deletes."""

TAKE_OVER_EVERY = 2.0
CLOCK_EVERY, CLOCK_STEP = 5.0, 30.0
"""How often the clock is held against one that only goes forward, and by how many seconds it may differ."""

WORKERS = {"sqlite": 10, "postgresql": 20}
"""Requests of one provider that a process works on at the same time; SQLite has one writer for all of them."""

SPARE = 4
"""Hands that are only for what somebody waits for: rows of a list never take them."""

GIVE_WAY_SECONDS = 0.2
POLL_SECONDS = 0.25
"""How often each queue looks for what found no hand free, waits no longer or was handed over: whatever else is accepted begins at
once, so that an idle bot need not look often."""

AGAIN_SECONDS = (10.0, 600.0)
"""A run that failed by a fault of ours or of the database is begun again after so long: at first, and at most."""

RESTARTED = "NEWHIRE_RESTARTED"
"""Set in the environment of a process that has replaced itself: its database was there a moment ago."""

Run = Callable[[Request, Stored], None]
Upgrade = Callable[[Request, Stored], BaseModel | None]
"""A request and the checkpoint of an interrupted run, of this version or an older one -> where to begin anew, if at all."""


class OtherCode(Exception):
    """What a run has recorded was not written by this code."""


OTHER_CODE = (OtherCode, error.DBOSUnexpectedStepError, error.DBOSStepNondeterminismError)


class Interrupted(BaseException):
    """newhire stops in the middle of a run. Not an Exception: nobody may take it for an outcome, nor the engine record it."""


class _Encrypted(Serializer):
    """Portable JSON, encrypted: what a person typed is not readable in the database."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._json = DBOSPortableJSONSerializer()

    def name(self) -> str:
        return "newhire_sealed"  # stored beside every value since 0.1.0

    def serialize(self, data: Any) -> str:
        return self._cipher.encrypt(self._json.serialize(data))

    def deserialize(self, serialized_data: str | None) -> Any:
        return None if serialized_data is None else self._json.deserialize(self._cipher.decrypt(serialized_data))


class Engine:
    """One per process (DBOS is a singleton). `claim`, then `start`; `stop` ends it."""

    def __init__(self, url: str, database: sa.Engine, cipher: Cipher, providers: Iterable[str]) -> None:
        self.url, self.database, self.cipher = url, database, cipher
        self.queues = {provider: f"provider:{provider}" for provider in providers}
        self.alone = url.startswith("sqlite")
        self.workers = WORKERS["sqlite" if self.alone else "postgresql"]
        self.me = "local" if self.alone else uuid.uuid4().hex
        self.stopping = threading.Event()
        self._running: Counter[str] = Counter()
        self._waiting = 0
        self._nobody_waits = threading.Event()
        self._nobody_waits.set()
        self._count = threading.Lock()
        self._file: IO[str] | None = None
        self._lock: psycopg.Connection | None = None
        # Its threads know of no workflow: what is enqueued from inside one collides with the steps recorded there.
        self._outside = ThreadPoolExecutor(1, thread_name_prefix="newhire-outside")

    def claim(self, command: str = BOT) -> None:
        """Before anything touches the database: nobody else on this file, or our lock so that all know that we live.

        `command` is what this process is, for whoever finds the file claimed. Raises AlreadyRunning, or the database's own error.
        """
        if self.alone:
            self._file = claim_file(self.url, command)
        else:
            self._lock = claim_postgres(self.url, self.me)

    def start(
        self,
        run: Run,
        upgrade: Upgrade,
        take_over: Callable[[str | None], None],
        holders: Callable[[], set[str]],
        *,
        restored: bool = False,
    ) -> None:
        """Launch, take up what was left unfinished, register the queues. After `claim`.

        `take_over` is told of every process that is gone (None: all that ever were on this file), so that others take its
        work too; `holders` names processes that may have such work. `restored`: the database is an older backup, so every
        unfinished run begins anew.
        """
        global _run
        _run = self._guarded(run)
        self._upgrade, self._take_over, self._holders = upgrade, take_over, holders
        DBOS(config=self._config())
        DBOS.launch()
        if restored:
            self._hand_over(self._unfinished(None), f"^{uuid.uuid4().hex[:8]}")
        elif self.alone:
            self._hand_over_older(None)
        if self.alone:
            take_over(None)
        threading.Thread(target=self._watch_the_clock, name="newhire-clock", daemon=True).start()
        for queue in self.queues.values():
            DBOS.register_queue(queue, worker_concurrency=self.workers, polling_interval_sec=POLL_SECONDS)
        if not self.alone:
            threading.Thread(target=self._watch, name="newhire-take-over", daemon=True).start()

    def _config(self) -> DBOSConfig:
        return {
            "name": "newhire",
            "system_database_url": self.url,
            "system_database_engine": self.database,
            "application_version": APPLICATION_VERSION,
            # PostgreSQL: fresh for every process; the shared default makes two living processes do each other's work.
            "executor_id": self.me,
            # The default is pickle: class names in the database, and whoever can write there can run code here.
            "serializer": _Encrypted(self.cipher) if self.cipher.on else DBOSPortableJSONSerializer(),
            # Begun at once, and from the queue; a thread is made when it is needed.
            "max_executor_threads": (2 * self.workers + SPARE) * max(len(self.queues), 1) + 8,
            "log_level": "ERROR",
            "enable_otlp": False,
        }

    def accept(self, request: Request, *, priority: int = 1) -> None:
        """Store a request durably under its id; the same id again changes nothing. Not on the event loop's thread.

        It begins at once where a hand is free. `priority`: 1 goes first; what was begun before goes on with 1.
        """
        spare = SPARE if priority == 1 else 0
        # From inside a run it would be that run's child, and counted among its steps.
        inside = DBOS.workflow_id is not None
        if inside or self.stopping.is_set() or self._running[request.provider] >= self.workers + spare:
            self._enqueue(request.id, request.model_dump(mode="json"), {}, priority=priority)
        else:
            with SetWorkflowID(request.id):
                DBOS.start_workflow(onboard, request.model_dump(mode="json"), {})

    def act(self, request: Request, act: BaseModel, run: int) -> None:
        """Store durably what is to be done about a request that has ended; the same number again changes nothing."""
        self._enqueue(f"{request.id}+{run}", request.model_dump(mode="json"), act.model_dump(mode="json"))

    def knows(self, request_id: str) -> bool:
        """Whether a request under this id was accepted."""
        return bool(DBOS.list_workflows(workflow_ids=[request_id], load_input=False, load_output=False))

    @contextlib.contextmanager
    def front_door(self) -> Iterator[None]:
        """While somebody waits for an acknowledgement, the runs give way. For the event loop's thread only."""
        self._waiting += 1
        self._nobody_waits.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if self._waiting == 0:
                self._nobody_waits.set()

    # What the workflow works with, inside a run.

    def step(self, name: str, work: Callable[[], T], kind: TypeAdapter[T]) -> T:
        """Run `work` once and store its result as JSON; a run that begins again gets the stored result. A cut of the power may
        lose it, and then `work` is run again, as after a crash under it."""
        # A person waits at the front door for the same database: between two steps, they go first.
        self._nobody_waits.wait(GIVE_WAY_SECONDS)

        def remembered() -> Any:
            with forgetful(False):
                return kind.dump_python(work(), mode="json")

        with forgetful():
            stored = DBOS.run_step({"name": name}, remembered)
        try:
            return kind.validate_python(stored)
        except ValidationError as problem:
            raise OtherCode(f"step {name} holds something else") from problem

    def sleep(self, seconds: float) -> None:
        """A short wait on this thread. Raises Interrupted when newhire is to stop: the run begins again at the next start."""
        if self.stopping.wait(seconds):
            raise Interrupted

    def later(self, request: Request, checkpoint: BaseModel, run: int, seconds: float) -> None:
        """Enqueue the request's run with this number, to start after so many seconds. No thread is held until then."""
        run_id = f"{request.id}~{run}"
        self._enqueue(
            run_id, request.model_dump(mode="json"), checkpoint.model_dump(mode="json"), delay=max(seconds, 0.05)
        )

    def wake(self, request_ids: list[str]) -> None:
        """Start the delayed runs of these requests now, in this order."""
        wanted = {request_id: place for place, request_id in enumerate(request_ids)}
        for status in DBOS.list_workflows(status="DELAYED", load_input=False, load_output=False):
            place = wanted.get(_request_of(status.workflow_id))
            if place is not None:
                DBOS.set_workflow_delay(status.workflow_id, delay_seconds=0.1 + place * 0.05)

    def forget(self, request_ids: list[str]) -> None:
        """Delete the stored runs of finished requests."""
        for request_id in request_ids:
            runs = DBOS.list_workflows(workflow_id_prefix=request_id, load_input=False, load_output=False)
            DBOS.delete_workflows([run.workflow_id for run in runs if _request_of(run.workflow_id) == request_id])

    def stop(self, seconds: float = 20.0) -> None:
        """Take no new work, give what runs so many seconds, and leave the rest to the next start."""
        self.stopping.set()
        # DBOS looks once a second whether the last one has ended: with nothing under way, do not wait at all.
        DBOS.destroy(workflow_completion_timeout_sec=int(seconds) if self._running.total() else 0)
        self._outside.shutdown(wait=False, cancel_futures=True)
        if self._lock is not None:
            self._lock.close()
        if self._file is not None:
            self._file.close()
        self.database.dispose()

    # Handing over.

    def _guarded(self, run: Run) -> Callable[[Stored, Stored], None]:
        def guarded(request: Stored, checkpoint: Stored) -> None:
            with self._count:
                self._running[request["provider"]] += 1
            forget_from_now_on(False)
            self._nobody_waits.wait(GIVE_WAY_SECONDS)
            try:
                run(Request.model_validate(request), checkpoint)
            except Exception as problem:  # noqa: BLE001 - whatever it is, the request must come to its end
                if self.stopping.is_set():
                    # The engine is being taken down under it; it begins again at the next start.
                    raise Interrupted from None
                self._failed(str(DBOS.workflow_id), request, checkpoint, problem)
            finally:
                # That it has ended is what the engine writes now: lost, it is run again, and finds all done.
                forget_from_now_on(True)
                with self._count:
                    self._running[request["provider"]] -= 1

        return guarded

    def _failed(self, run_id: str, request: Stored, checkpoint: Stored, problem: Exception) -> None:
        """Give this run up for another that begins where it began. Raises Interrupted: nothing of it is recorded.

        What it did is known by the idempotency keys: nothing is sent or posted twice.
        """
        if isinstance(problem, OTHER_CODE):
            log.warning("run %s was begun by other code; it begins anew", run_id)
            delay = 0.0
        else:
            log.error("a run of request %s failed; it is begun again", request["id"], exc_info=problem)
            delay = _pause(run_id)
        self._outside.submit(self._replace_until_done, run_id, request, checkpoint, delay)
        raise Interrupted

    def _replace_until_done(self, run_id: str, request: Stored, checkpoint: Stored, delay: float) -> None:
        while not self.stopping.is_set():
            try:
                self._replace(run_id, f"{run_id}!", request, checkpoint, delay)
            except Exception:
                log.exception("run %s cannot be handed over yet", run_id)
                self.stopping.wait(AGAIN_SECONDS[0])
            else:
                return

    def _replace(self, run_id: str, successor: str, request: Stored, checkpoint: Stored, delay: float = 0.0) -> None:
        """The successor first, then the end of the other: a crash between them does the same again."""
        upgraded = self._upgrade(Request.model_validate(request), checkpoint)
        if upgraded is not None:
            self._enqueue(successor, request, upgraded.model_dump(mode="json"), delay=delay)
        DBOS.cancel_workflow(run_id)

    def _hand_over_older(self, executor: str | None) -> None:
        """Unfinished runs of another version, of a process that is gone, begin anew as runs of this one."""
        others = [status for status in self._unfinished(executor) if status.app_version != APPLICATION_VERSION]
        self._hand_over(others, f"@{APPLICATION_VERSION}")

    def _unfinished(self, executor: str | None) -> list[WorkflowStatus]:
        return DBOS.list_workflows(status=UNFINISHED, name=onboard.__name__, executor_id=executor, load_output=False)

    def _hand_over(self, runs: list[WorkflowStatus], mark: str) -> None:
        for status in runs:
            if status.input is not None:
                request, checkpoint = status.input["args"]
                self._replace(status.workflow_id, f"{status.workflow_id}{mark}", request, checkpoint)
        if runs:
            log.warning("%d requests that were under way begin anew", len(runs))

    def _enqueue(
        self, run_id: str, request: Stored, checkpoint: Stored, *, delay: float = 0.0, priority: int = 1
    ) -> None:
        options = SetEnqueueOptions(priority=priority, delay_seconds=delay or None)
        with SetWorkflowID(run_id), options:
            DBOS.enqueue_workflow(self.queues[request["provider"]], onboard, request, checkpoint)

    def _watch_the_clock(self) -> None:
        """What was to start at a time of day starts now when the clock was set back: it would wait for that time again."""
        ahead = time.time() - time.monotonic()
        while not self.stopping.wait(CLOCK_EVERY):
            back = ahead - (time.time() - time.monotonic())
            ahead -= back
            if back > CLOCK_STEP:
                log.warning("the clock was set back by %.0f s: what waits is looked at now", back)
                self._wake_all()

    def _wake_all(self) -> None:
        try:
            for status in DBOS.list_workflows(status="DELAYED", load_input=False, load_output=False):
                DBOS.set_workflow_delay(status.workflow_id, delay_seconds=0.1)
        except Exception:
            log.exception("what waits could not be woken")

    # PostgreSQL: whose lock has died with their connection.

    def _watch(self) -> None:
        while True:
            try:
                self._take_over_from_the_gone(self._lock)  # type: ignore[arg-type] # claimed before
            except psycopg.OperationalError:
                self._begin_again()
                return
            except Exception:
                # A scan that fails (the engine's own connection broke) is tried again at the next turn.
                log.exception("looking for dead processes failed")
            if self.stopping.wait(TAKE_OVER_EVERY):
                return

    def _take_over_from_the_gone(self, connection: psycopg.Connection) -> None:
        connection.execute("select 1")
        unfinished = DBOS.list_workflows(status=UNFINISHED, load_input=False, load_output=False)
        at_work = {
            status.executor_id
            for status in unfinished
            if status.executor_id and (status.status == "PENDING" or status.app_version != APPLICATION_VERSION)
        }
        for other in (at_work | self._holders()) - {self.me}:
            with gone(connection, other) as is_gone:
                if is_gone:
                    self._resume(other)
                    self._hand_over_older(other)
                    self._take_over(other)

    def _resume(self, other: str) -> None:
        """Each on its own queue, so that limits still count. Listed under the lock: another may have been faster."""
        orphans: dict[str | None, list[str]] = defaultdict(list)
        for status in DBOS.list_workflows(status="PENDING", executor_id=other, load_input=False, load_output=False):
            if status.app_version == APPLICATION_VERSION:
                orphans[status.queue_name].append(status.workflow_id)
        for queue, ids in orphans.items():
            DBOS.resume_workflows(ids, queue_name=queue)
            log.warning("took over %d requests of a process that is gone", len(ids))

    def _begin_again(self) -> None:
        """The lock is lost, so others may run our work: once the database answers, this process replaces itself.

        Until then it keeps saying "not confirmed yet" to people, which a process that is gone could not.
        """
        log.critical("the connection to PostgreSQL that holds our lock is lost; starting afresh once it answers")
        while not self.stopping.wait(0.5):
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                continue
            os.environ[RESTARTED] = "1"
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves


class Runs:
    """The stored runs as another process sees them, while the bot runs or not. What they hold is not read: no key is needed."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def unfinished(self, request_ids: Collection[str]) -> set[str]:
        """Those of these requests that a run is still to do something for."""
        return {_request_of(run.workflow_id) for run in self._all(UNFINISHED)} & set(request_ids)

    def sweep(self, known: Callable[[], set[str]]) -> int:
        """Delete the finished runs of requests that are not `known` (any more); how many.

        The runs are listed before `known` is asked: a request is written down before its first run.
        """
        runs = [run for run in self._all() if run.status not in UNFINISHED]
        kept = known()
        lost = [run.workflow_id for run in runs if _request_of(run.workflow_id) not in kept]
        for first in range(0, len(lost), AT_ONCE):
            with self._client() as client:
                client.delete_workflows(lost[first : first + AT_ONCE])
        return len(lost)

    def _all(self, status: list[str] | None = None) -> list[WorkflowStatus]:
        schema = None if self._database.dialect.name == "sqlite" else "dbos"
        if not sa.inspect(self._database).has_table("workflow_status", schema=schema):
            return []
        with self._client() as client:
            return client.list_workflows(status=status, load_input=False, load_output=False)

    @contextlib.contextmanager
    def _client(self) -> Iterator[DBOSClient]:
        client = DBOSClient(
            system_database_engine=self._database,
            serializer=DBOSPortableJSONSerializer(),
            retry_connection_errors=False,
        )
        try:
            yield client
        finally:
            client.destroy()


_run: Callable[[Stored, Stored], None]


# A process that is killed a hundred times is the machine's fault: the request it worked on must not be set aside for it.
@DBOS.workflow(name="onboard", max_recovery_attempts=1_000_000)
def onboard(request: Stored, checkpoint: Stored) -> None:
    """One run of one request. A module-level function, as DBOS finds workflows by name after a restart."""
    _run(request, checkpoint)


def _pause(run_id: str) -> float:
    return min(AGAIN_SECONDS[0] * 2.0 ** run_id.count("!"), AGAIN_SECONDS[1])


def _request_of(run_id: str) -> str:
    """The request of a run, whatever stands behind its id.

    `V1~3!` (the fourth run of V1, begun again), `V1+2` (what was pressed in its third round), `V1@2` (handed over to version
    2), `V1^ab` (restored) -> `V1`.
    """
    return re.split("[~!@^+]", run_id, maxsplit=1)[0]
