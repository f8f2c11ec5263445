"""A vendor's token: fetched once however many threads ask, renewed early, dropped on the vendor's word.

It is handed a function that logs in, and knows no vendor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

EARLY = 300.0
"""Seconds before its end at which a token is renewed; of a short life, a tenth."""

AGAIN = 30.0
"""Seconds after a renewal that failed, while the old token still lives, until the next."""


@dataclass(frozen=True)
class Token:
    """What a log-in gives: the text that is sent, and the seconds that it lives (None: until the vendor refuses it)."""

    text: str
    seconds: float | None = None

    def __repr__(self) -> str:
        return "Token(...)"


class TokenCache:
    """One token for all threads. `log_in` fetches a fresh one; what it raises, everybody who waited for it gets.

    `clock` gives Unix seconds.
    """

    def __init__(self, log_in: Callable[[], Token], clock: Callable[[], float] = time.time) -> None:
        self._log_in, self._clock = log_in, clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renew_at = self._ends_at = 0.0
        self._fetching: Future[Token] | None = None

    def send(self, send: Callable[[str], T], refused: Callable[[T], bool]) -> T:
        """What `send` makes of a token; when the vendor has `refused` it, of a fresh one: once, and then as it comes.

        A refused token is refused before anything is done, so the second send is the same send.
        """
        token = self.token()
        answer = send(token)
        if not refused(answer):
            return answer
        self.drop(token)
        return send(self.token())

    def token(self) -> str:
        """The token, fetched if need be. Raises what the log-in raises, unless the one that it was to replace still lives."""
        while True:
            with self._lock:
                if self._token is not None and self._clock() < self._renew_at:
                    return self._token.text
                fetching, mine = self._fetching, self._fetching is None
                if fetching is None:
                    fetching = self._fetching = Future()
            if mine:
                self._fetch(fetching)
            try:
                return fetching.result().text
            except _Abandoned:
                continue

    def drop(self, token: str) -> None:
        """Forget `token`, unless somebody has fetched a newer one meanwhile."""
        with self._lock:
            if self._token is not None and self._token.text == token:
                self._token = None

    def _fetch(self, fetching: Future[Token]) -> None:
        """Log in, and let all who wait know what came of it."""
        try:
            fetching.set_result(self._keep(self._log_in()))
        except Exception as error:  # noqa: BLE001 - handed on to everybody who waits
            living = self._living()
            fetching.set_result(living) if living else fetching.set_exception(error)
        except BaseException:
            # newhire stops this thread, not the others: one of them logs in.
            fetching.set_exception(_Abandoned())
            raise
        finally:
            with self._lock:
                self._fetching = None

    def _keep(self, token: Token) -> Token:
        now, life = self._clock(), float("inf") if token.seconds is None else max(token.seconds, 0.0)
        with self._lock:
            self._token = token
            self._ends_at, self._renew_at = now + life, now + (life - min(EARLY, life / 10))
        return token

    def _living(self) -> Token | None:
        """The token that was to be replaced, as long as it lives."""
        with self._lock:
            now = self._clock()
            self._renew_at = now + AGAIN
            return self._token if now < self._ends_at - AGAIN else None


class _Abandoned(Exception):
    """The thread that was logging in has been stopped."""
