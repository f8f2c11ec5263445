"""Where forms are handed in: written down durably before anybody is told that they were accepted.

The front door is asynchronous and has two seconds; the database is not and has as long as it needs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.hire import NewHire
from bot.onboarding.workflow import Request
from bot.outcome import Json
from bot.store.history import Earlier, History

log = logging.getLogger(__name__)

T = TypeVar("T")

ACCEPT_SECONDS = 2.0
THREADS = 16


class NotConfirmed(Exception):
    """The database did not say in time that the request is stored. It may be; the same id again is the same request."""


class Acceptor(Protocol):
    """The engine's front door."""

    def accept(self, request: Json) -> None: ...
    def front_door(self) -> AbstractContextManager[None]: ...


class Intake:
    """Where forms are handed in: written down, then enqueued, both before anybody is told that it was accepted."""

    def __init__(self, history: History, engine: Acceptor) -> None:
        self._history, self._engine = history, engine
        # Threads of their own: the engine's may all be at work. As many as may hang on a database that is gone.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="newhire-intake")

    async def accept(self, request: Request, hire: NewHire, seen: str | None = None) -> Earlier | None:
        """Durable when it returns None; the same request again changes nothing. Raises NotConfirmed after 2 s.

        When there is another request for the same person, under way or done in the last day, that is returned and nothing
        is accepted; unless it is the one whose id is `seen`.
        """
        return await self._in_time(lambda: self._accept(request, hire, seen))

    def _accept(self, request: Request, hire: NewHire, seen: str | None) -> Earlier | None:
        earlier = self._history.earlier(request.id, request.provider, hire.identity())
        if earlier is not None and earlier.id != seen:
            return earlier
        secret = next((getattr(hire, name) for name in type(hire).secrets() if getattr(hire, name) is not None), None)
        password = secret.get_secret_value() if secret is not None else None
        self._history.accept(request.id, request.provider, request.requester, hire.identity(), password)
        self._engine.accept(request.model_dump(mode="json"))
        return None

    async def _in_time(self, work: Callable[[], T]) -> T:
        """The result within 2 s. The work goes on afterwards: a transaction that is cut off half-way helps nobody."""
        with self._engine.front_door():
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
            future.add_done_callback(_note_failure)
            try:
                return await asyncio.wait_for(asyncio.shield(future), ACCEPT_SECONDS)
            except (TimeoutError, SQLAlchemyError) as error:
                log.warning("the database did not confirm a request: %s", type(error).__name__)
                raise NotConfirmed from None


def _note_failure(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("a request was not stored: %s", type(task.exception()).__name__)
