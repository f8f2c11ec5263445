"""Where forms are handed in: written down durably before anybody is told that they were accepted.

The front door is asynchronous and has two seconds; the database is not and has as long as it needs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.batch import Batch, BatchUpdate, Move, Moved
from bot.engine import Interrupted
from bot.hire import NewHire
from bot.onboarding.actions import Actions
from bot.onboarding.approvals import Approvals
from bot.onboarding.batches import BatchRuns, Press
from bot.onboarding.lists import Lists
from bot.onboarding.seats import SeatCounts, Seats
from bot.request import (
    Act,
    Asked,
    Decided,
    Decision,
    Duplicate,
    Health,
    Listing,
    MessageRef,
    NotDone,
    Record,
    Request,
    Wanted,
)
from bot.store.homes import Homes
from bot.store.requests import Requests

log = logging.getLogger(__name__)

T = TypeVar("T")

ACCEPT_SECONDS = LIST_SECONDS = 2.0
THREADS = 16
LOOK_SECONDS = 0.3
"""A form waits no longer to learn which accounts are taken."""


class NotConfirmed(Exception):
    """The database did not say in time that the request is stored. It may be; the same id again is the same request."""


class Acceptor(Protocol):
    """The engine's front door."""

    def accept(self, request: Request, *, priority: int) -> None: ...
    def knows(self, request_id: str) -> bool: ...
    def front_door(self) -> AbstractContextManager[None]: ...


class Intake:
    """Where forms are handed in: written down, then enqueued, both before anybody is told that it was accepted."""

    def __init__(self, requests: Requests, engine: Acceptor) -> None:
        self._requests, self._engine = requests, engine
        # Threads of their own: the engine's may all be at work. As many as may hang on a database that is gone.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="newhire-intake")
        # Looks that hang keep no form from being accepted.
        self._lookers = ThreadPoolExecutor(2, thread_name_prefix="newhire-look")

    async def accept(self, request: Request, hire: NewHire, confirmed: str | None = None) -> Duplicate | None:
        """Durable when it returns None; the same request again changes nothing. Raises NotConfirmed after 2 s.

        When there is another request for the same person, under way or done in the last day, that is returned and nothing
        is accepted; unless it is the one whose id is `confirmed`. So is an earlier version of this very form (same id),
        when other values were accepted from it.
        """
        return await self.in_time(lambda: self._accept(request, hire, confirmed))

    async def taken(self, provider: str, accounts: Sequence[str]) -> set[str]:
        """Those of these accounts that newhire knows to be taken; none when the database does not say so within 0.3 s."""
        look = asyncio.get_running_loop().run_in_executor(self._lookers, self._requests.taken, provider, accounts)
        try:
            return await asyncio.wait_for(look, LOOK_SECONDS)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("the database did not say which accounts are taken: %s", _reason(error))
            return set()

    def _accept(self, request: Request, hire: NewHire, confirmed: str | None) -> Duplicate | None:
        duplicate = self._write(request, hire, confirmed)
        if duplicate is not None and duplicate.id == request.id:
            if confirmed == request.id:
                # Both versions are wanted. The second one's id follows from what it says, so it too is accepted once.
                request = request.model_copy(update={"id": f"{request.id}-{self._requests.content(request)[:12]}"})
                duplicate = self._write(request, hire, confirmed)
            elif not self._engine.knows(request.id):
                self._requests.replace(request, hire.identity(), _password(hire))
                duplicate = None
        if duplicate is None:
            # Fair between people: one's sixty do not stand before another's one.
            self._engine.accept(request, priority=max(self._requests.under_way(request.requester), 1))
        return duplicate

    def _write(self, request: Request, hire: NewHire, confirmed: str | None) -> Duplicate | None:
        return self._requests.accept(request, hire.identity(), _password(hire), confirmed=confirmed)

    async def in_time(self, work: Callable[[], T]) -> T:
        """The result within 2 s, or NotConfirmed. The work goes on afterwards: a transaction that is cut off half-way helps nobody."""
        with self._engine.front_door():
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
            future.add_done_callback(_note_failure)
            try:
                return await asyncio.wait_for(asyncio.shield(future), ACCEPT_SECONDS)
            except (TimeoutError, SQLAlchemyError) as error:
                log.warning("the database did not confirm a request: %s", _reason(error))
                raise NotConfirmed from None


class Looks:
    """Where lists are asked for (`onboarding.lists`). Threads of their own: who looks keeps no form from being accepted."""

    def __init__(self, lists: Lists, homes: Homes) -> None:
        self._lists, self._homes = lists, homes
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="newhire-lists")

    async def page(self, wanted: Wanted) -> Listing:
        """A page of requests. Raises NotConfirmed when the database does not say within 2 s, as the others do."""
        return await self._in_time(lambda: self._lists.page(wanted))

    async def find(self, text: str, wanted: Wanted) -> Listing:
        """A page of those for whoever that is."""
        return await self._in_time(lambda: self._lists.find(text, wanted))

    async def health(self) -> list[Health]:
        """Of each provider."""
        return await self._in_time(self._lists.health)

    async def drawn(self, user: str) -> None:
        """Somebody's Home tab is about to hold something."""
        await self._in_time(lambda: self._homes.drawn(user))

    async def news(self) -> int:
        """Another number than before whenever something has happened to a request."""
        return await self._in_time(self._homes.news)

    async def _in_time(self, look: Callable[[], T]) -> T:
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._threads, look), LIST_SECONDS)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("the database did not give a list: %s", _reason(error))
            raise NotConfirmed from None


class Clicks:
    """Where people's clicks are handed in (`onboarding.actions`): what is to be done is stored before anybody is told so."""

    def __init__(self, actions: Actions, intake: Intake) -> None:
        self._actions, self._intake = actions, intake

    async def begin(self, handle: str, act: Act) -> NotDone | None:
        """Durable when it returns None. Raises NotConfirmed, as the others do."""
        return await self._intake.in_time(lambda: self._actions.begin(handle, act))

    async def read(self, handle: str, act: Act) -> Record | None:
        """What the button's request came to."""
        stored = await self._intake.in_time(lambda: self._actions.read(handle, act))
        return stored.record if stored else None

    async def place(self, handle: str) -> MessageRef | None:
        """Where the message of the button's request stands."""
        return await self._intake.in_time(lambda: self._actions.records.place(handle))

    async def corrected(self, request_id: str, act: Act) -> None:
        """Another request corrects this one."""
        await self._intake.in_time(lambda: self._actions.corrected(request_id, act))

    async def retry_all(self, handle: str, act: Act) -> int:
        """Try all again that failed in an incident; how many."""
        return await self._intake.in_time(lambda: self._actions.retry_all(handle, act))


class Many:
    """Where batches are handed in (`onboarding.batches`): what is to be done is stored before anybody is told so."""

    def __init__(self, runs: BatchRuns, intake: Intake, send: Callable[[str, str, str], bool]) -> None:
        """`send` gives somebody the template for a provider (its key, their Slack id, a language); it blocks."""
        self._runs, self._intake, self._send = runs, intake, send
        self._senders = ThreadPoolExecutor(2, thread_name_prefix="newhire-template")

    async def give_in(self, batch: Batch, source: str) -> None:
        """Durable when it returns. Raises NotConfirmed, as the others do."""
        await self._intake.in_time(lambda: self._runs.give_in(batch, source))

    async def press(self, handle: str, move: Move, round_: int, actor: str, *, admin: bool) -> Moved:
        """One button of a batch's message."""
        press = Press(move, round_, actor, admin)
        return await self._intake.in_time(lambda: self._runs.press(handle, press))

    async def shown(self, handle: str, actor: str, *, admin: bool) -> BatchUpdate | None:
        """A batch as it stands, for whoever may see it."""
        return await self._intake.in_time(lambda: self._runs.shown(handle, actor, admin=admin))

    async def correct(
        self, handle: str, round_: int, columns: Mapping[int, str | None], values: Mapping[str, str]
    ) -> Moved:
        """Somebody has said which column is what."""
        return await self._intake.in_time(lambda: self._runs.correct(handle, round_, columns, values))

    async def template(self, provider: str, user: str, lang: str) -> bool:
        """Whether they have it now."""
        return await asyncio.get_running_loop().run_in_executor(self._senders, self._send, provider, user, lang)


class Approving:
    """Where decisions are handed in (`onboarding.approvals`): stored before anybody is told so."""

    def __init__(self, approvals: Approvals, intake: Intake) -> None:
        self._approvals, self._intake = approvals, intake

    async def find(self, handle: str) -> Asked | None:
        """What a button is about. Raises NotConfirmed, as the others do."""
        return await self._intake.in_time(lambda: self._approvals.find(handle))

    async def decide(self, handle: str, decision: Decision) -> Decided:
        """The first decision stands."""
        return await self._intake.in_time(lambda: self._approvals.decide(handle, decision))


class Licences:
    """How many licences are free (`onboarding.seats`), for those who must not wait for a vendor."""

    def __init__(self, counts: SeatCounts) -> None:
        self._counts, self.few = counts, counts.few
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="newhire-seats")

    def cached(self, provider: str) -> Sequence[Seats] | None:
        """None when the provider must be asked."""
        return self._counts.cached(provider)

    async def fetch(self, provider: str) -> Sequence[Seats]:
        """Ask it, on a thread, unless it is known; nothing when that does not work."""
        known = self.cached(provider)
        if known is not None:
            return known
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._counts.fetch, provider)
        except (Interrupted, RuntimeError, SQLAlchemyError) as error:
            log.warning("free licences were not counted: %s", _reason(error))
            return ()


def _password(hire: NewHire) -> str | None:
    secret = next((getattr(hire, name) for name in type(hire).secrets() if getattr(hire, name) is not None), None)
    return None if secret is None else str(secret.get_secret_value())


def _note_failure(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("a request was not stored: %s", _reason(task.exception()))


def _reason(error: BaseException | None) -> str:
    """What the database said ("database or disk is full"), without the statement and what was in it."""
    said = str(getattr(error, "orig", None) or "").splitlines()
    return said[0] if said else "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
