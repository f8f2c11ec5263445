"""Starts the durable engine (DBOS) with the settings that were measured, and keeps the seam to it thin.

Accept, leg, later, wake, stop: whatever else newhire does, it does not know that this is DBOS. Its defaults are wrong for
us in several places; each setting below says why.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sys
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from dbos._serialization import DBOSPortableJSONSerializer, Serializer

from bot.outcome import Json
from bot.store.cipher import Cipher

log = logging.getLogger(__name__)

APPLICATION_VERSION = "1"
"""Fixed: DBOS's own (a hash of the source) would strand every waiting request at an upgrade."""

INHERIT_EVERY = 2.0
WORKERS = {"sqlite": 10, "postgresql": 20}
"""Requests of one provider that a process works on at the same time; SQLite has one writer for all of them."""

GIVE_WAY_SECONDS = 0.2
POLL_SECONDS = 0.1
"""How often each queue looks for work: the default of a second is a second that a person waits."""

AGAIN_SECONDS = (10.0, 600.0)
"""A leg that failed by a fault of ours or of the database is tried again after so long: at first, and at most."""

RESTARTED = "NEWHIRE_RESTARTED"
"""Set in the environment of a process that has replaced itself: its database was there a moment ago."""

KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"

Leg = Callable[[Json, Json], None]


class AlreadyRunning(Exception):
    """Another process runs on the same SQLite file."""


class Interrupted(BaseException):
    """newhire stops in the middle of a leg. Not an Exception: nobody may take it for an outcome, nor the engine record it."""


class _Sealed(Serializer):
    """Portable JSON, sealed: what a person typed is not readable in the database."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._json = DBOSPortableJSONSerializer()

    def name(self) -> str:
        return "newhire_sealed"

    def serialize(self, data: Any) -> str:
        return self._cipher.encrypt(self._json.serialize(data))

    def deserialize(self, serialized_data: str | None) -> Any:
        return None if serialized_data is None else self._json.deserialize(self._cipher.decrypt(serialized_data))


class Engine:
    """One per process (DBOS is a singleton). `start` before anything else; `stop` ends it."""

    def __init__(self, url: str, database: sa.Engine, cipher: Cipher, providers: Iterable[str]) -> None:
        self.url, self.database, self.cipher = url, database, cipher
        self.queues = {provider: f"provider:{provider}" for provider in providers}
        sqlite = url.startswith("sqlite")
        self.workers = WORKERS["sqlite" if sqlite else "postgresql"]
        self.me = "local" if sqlite else uuid.uuid4().hex
        self.stopping = threading.Event()
        self._running = 0
        self._waiting = 0
        self._nobody_waits = threading.Event()
        self._nobody_waits.set()
        self._count = threading.Lock()
        self._file: IO[str] | None = None
        self._lock: psycopg.Connection | None = None
        self._heir: threading.Thread | None = None

    def claim(self) -> None:
        """Before anything touches the database: nobody else on this file, or our lock so that all know that we live.

        Raises AlreadyRunning, or the database's own error.
        """
        if self.me == "local":
            self._file = claim_file(self.url)
        else:
            self._lock = claim_postgres(self.url, self.me)

    def start(self, leg: Leg) -> None:
        """Launch, take up what was left unfinished, register the queues. After `claim`."""
        global _leg
        _leg = self._counted(leg)
        DBOS(config=self._config())
        DBOS.launch()
        for queue in self.queues.values():
            DBOS.register_queue(queue, worker_concurrency=self.workers, polling_interval_sec=POLL_SECONDS)
        if self._lock is not None:
            self._heir = threading.Thread(target=self._inherit, name="newhire-heir", daemon=True)
            self._heir.start()

    def _config(self) -> DBOSConfig:
        return {
            "name": "newhire",
            "system_database_url": self.url,
            "system_database_engine": self.database,
            "application_version": APPLICATION_VERSION,
            # PostgreSQL: fresh for every process; the shared default makes two living processes do each other's work.
            "executor_id": self.me,
            # The default is pickle: class names in the database, and whoever can write there can run code here.
            "serializer": _Sealed(self.cipher) if self.cipher.on else DBOSPortableJSONSerializer(),
            "max_executor_threads": self.workers * max(len(self.queues), 1) + 8,
            "log_level": "ERROR",
            "enable_otlp": False,
        }

    def accept(self, request: Json, *, priority: int = 1) -> None:
        """Store a request durably under its id; the same id again changes nothing. Not on the event loop's thread."""
        with SetWorkflowID(request["id"]), SetEnqueueOptions(priority=priority):
            DBOS.enqueue_workflow(self.queues[request["provider"]], onboard, request, {})

    @contextlib.contextmanager
    def front_door(self) -> Iterator[None]:
        """While somebody waits for an acknowledgement, the legs give way. For the event loop's thread only."""
        self._waiting += 1
        self._nobody_waits.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if self._waiting == 0:
                self._nobody_waits.set()

    # What `provision` works with, inside a leg.

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        """Run `work` once and store its JSON; a leg that runs again gets the stored result."""
        # A person waits at the front door for the same database: between two steps, they go first.
        self._nobody_waits.wait(GIVE_WAY_SECONDS)
        return DBOS.run_step({"name": name}, work)

    def sleep(self, seconds: float) -> None:
        """A short wait on this thread. Raises Interrupted when newhire is to stop: the leg runs again at the next start."""
        if self.stopping.wait(seconds):
            raise Interrupted

    def later(self, request: Json, progress: Json, seconds: float) -> None:
        """Enqueue the next leg, to start after so many seconds. No thread is held until then."""
        with (
            SetWorkflowID(f"{request['id']}~{progress['leg']}"),
            SetEnqueueOptions(priority=1, delay_seconds=max(seconds, 0.05)),
        ):
            DBOS.enqueue_workflow(self.queues[request["provider"]], onboard, request, progress)

    def wake(self, request_ids: list[str]) -> None:
        """Start the delayed legs of these requests now, in this order."""
        wanted = {request_id: place for place, request_id in enumerate(request_ids)}
        for status in DBOS.list_workflows(status="DELAYED", load_input=False, load_output=False):
            place = wanted.get(_request_of(status.workflow_id))
            if place is not None:
                DBOS.set_workflow_delay(status.workflow_id, delay_seconds=0.1 + place * 0.05)

    def forget(self, request_ids: list[str]) -> None:
        """Delete the stored legs of finished requests."""
        for request_id in request_ids:
            legs = DBOS.list_workflows(workflow_id_prefix=request_id, load_input=False, load_output=False)
            DBOS.delete_workflows([leg.workflow_id for leg in legs if _request_of(leg.workflow_id) == request_id])

    def stop(self, seconds: float = 20.0) -> None:
        """Take no new work, give what runs so many seconds, and leave the rest to the next start."""
        self.stopping.set()
        # DBOS looks once a second whether the last one has ended: with nothing under way, do not wait at all.
        DBOS.destroy(workflow_completion_timeout_sec=int(seconds) if self._running else 0)
        if self._lock is not None:
            self._lock.close()
        if self._file is not None:
            self._file.close()
        self.database.dispose()

    def _counted(self, leg: Leg) -> Leg:
        def run(request: Json, progress: Json) -> None:
            with self._count:
                self._running += 1
            self._nobody_waits.wait(GIVE_WAY_SECONDS)
            try:
                leg(request, progress)
            except Exception:
                log.exception("a leg of request %s failed; it is tried again", request["id"])
                self._again(request, progress)
            finally:
                with self._count:
                    self._running -= 1

        return run

    def _again(self, request: Json, progress: Json) -> None:
        """The same leg once more, later. What it did is known by `history.begin`: nothing is sent or posted twice."""
        failed = str(DBOS.workflow_id)
        delay = min(AGAIN_SECONDS[0] * 2 ** failed.count("!"), AGAIN_SECONDS[1])
        while True:
            try:
                with SetWorkflowID(f"{failed}!"), SetEnqueueOptions(priority=1, delay_seconds=delay):
                    DBOS.enqueue_workflow(self.queues[request["provider"]], onboard, request, progress)
            except Exception:
                log.exception("request %s cannot be enqueued again yet", request["id"])
                self.sleep(AGAIN_SECONDS[0])
            else:
                return

    def _inherit(self) -> None:
        """PostgreSQL: take over the work of processes whose lock has died with their connection."""
        while not self.stopping.wait(INHERIT_EVERY):
            try:
                inherit(self._lock, self.me)  # type: ignore[arg-type]
            except psycopg.OperationalError:
                self._begin_again()
                return
            except Exception:
                # A scan that fails (the engine's own connection broke) is tried again at the next turn.
                log.exception("looking for dead processes failed")

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


_leg: Leg


# A process that is killed a hundred times is the machine's fault: the request it worked on must not be set aside for it.
@DBOS.workflow(name="onboard", max_recovery_attempts=1_000_000)
def onboard(request: Json, progress: Json) -> None:
    """One leg of one request. A module-level function, as DBOS finds workflows by name after a restart."""
    _leg(request, progress)


def claim_file(url: str) -> IO[str]:
    """One process per SQLite file, by flock: it dies with the process. Raises AlreadyRunning."""
    path = sa.make_url(url).database or "newhire.sqlite"
    file = Path(path + ".lock").open("w")  # noqa: SIM115 - held for the life of the process
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(
            f"Another newhire runs on {path}. Stop it, or give this one its own NEWHIRE_DATABASE_URL "
            "(several processes share one PostgreSQL, not one SQLite file)."
        ) from None
    return file


_LOCK, _TRY, _FREE = (
    f"select {function}(hashtextextended('newhire:' || %s, 0))"
    for function in ("pg_advisory_lock", "pg_try_advisory_lock", "pg_advisory_unlock")
)


def claim_postgres(url: str, me: str) -> psycopg.Connection:
    """A session lock named after this process; whoever can take it knows that we are gone."""
    connection = psycopg.connect(url, autocommit=True, options=KEEPALIVE, connect_timeout=5)
    connection.execute(_LOCK, (me,))
    return connection


def inherit(connection: psycopg.Connection, me: str) -> None:
    """Resume what dead processes left unfinished, each on its own queue so that limits still count."""
    connection.execute("select 1")
    pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
    for other in {status.executor_id for status in pending if status.executor_id} - {me}:
        locked = connection.execute(_TRY, (other,)).fetchone()
        if not locked or not locked[0]:
            continue
        orphans: dict[str | None, list[str]] = defaultdict(list)
        # Read again under the lock: another process may have inherited meanwhile.
        for status in DBOS.list_workflows(status="PENDING", executor_id=other, load_input=False, load_output=False):
            orphans[status.queue_name].append(status.workflow_id)
        for queue, ids in orphans.items():
            DBOS.resume_workflows(ids, queue_name=queue)
            log.warning("took over %d requests of a process that is gone", len(ids))
        connection.execute(_FREE, (other,))


def _request_of(workflow_id: str) -> str:
    """`V1~3!` (the fourth leg of V1, tried again) -> `V1`."""
    return workflow_id.partition("~")[0].rstrip("!")
