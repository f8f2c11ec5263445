"""A token is fetched once however many ask, renewed early, dropped on the vendor's word; and no failure sticks."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from bot.providers.token_cache import AGAIN, Token, TokenCache


class Clock:
    """Moves when a test says so."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class LogIn:
    """Hands out t1, t2 ... that live `seconds`, or raises what it is given first."""

    def __init__(self, *failures: BaseException, seconds: float | None = 1000.0) -> None:
        self.failures, self.seconds, self.times = list(failures), seconds, 0

    def __call__(self) -> Token:
        self.times += 1
        if self.failures:
            raise self.failures.pop(0)
        return Token(f"t{self.times}", self.seconds)


def test_a_token_is_kept_until_a_tenth_of_its_life_is_left_and_at_most_five_minutes() -> None:
    for seconds, renewed_at in ((1000.0, 900.0), (86400.0, 86100.0), (10.0, 9.0)):
        clock, log_in = Clock(), LogIn(seconds=seconds)
        tokens = TokenCache(log_in, clock)
        assert [tokens.token(), tokens.token()] == ["t1", "t1"]
        clock.now += renewed_at - 0.5
        assert tokens.token() == "t1"
        clock.now += 1
        assert tokens.token() == "t2"


def test_a_token_without_an_end_is_kept_until_the_vendor_refuses_it() -> None:
    clock, log_in = Clock(), LogIn(seconds=None)
    tokens = TokenCache(log_in, clock)
    tokens.token()
    clock.now += 1e9
    assert tokens.token() == "t1"
    tokens.drop("t1")
    assert tokens.token() == "t2"
    tokens.drop("t1")  # somebody who comes late with the old one
    assert tokens.token() == "t2"


def test_a_dead_token_never_lives() -> None:
    for seconds in (0.0, -5.0):
        tokens = TokenCache(log_in := LogIn(seconds=seconds), Clock())
        assert [tokens.token(), tokens.token()] == ["t1", "t2"]
        assert log_in.times == 2


def test_a_refused_token_is_renewed_once_and_the_second_refusal_is_the_answer() -> None:
    tokens = TokenCache(LogIn(), Clock())
    sent: list[str] = []

    def send(token: str) -> str:
        sent.append(token)
        return "401"

    assert tokens.send(send, lambda answer: answer == "401") == "401"
    assert sent == ["t1", "t2"]
    assert tokens.send(lambda token: "200", lambda answer: answer == "401") == "200"


def test_a_log_in_that_fails_is_tried_anew_by_the_next() -> None:
    tokens = TokenCache(LogIn(OSError("no")), Clock())
    with pytest.raises(OSError, match="no"):
        tokens.token()
    assert tokens.token() == "t2"


def test_while_the_old_token_lives_a_renewal_that_fails_is_no_failure() -> None:
    clock, log_in = Clock(), LogIn(seconds=1000.0)
    tokens = TokenCache(log_in, clock)
    tokens.token()
    clock.now += 950
    log_in.failures = [OSError("no")]
    assert tokens.token() == "t1"
    assert tokens.token() == "t1"
    assert log_in.times == 2  # and it is not asked with every call
    clock.now += AGAIN
    assert tokens.token() == "t3"


def test_once_the_old_token_is_dead_a_renewal_that_fails_is_one() -> None:
    clock, log_in = Clock(), LogIn(seconds=1000.0)
    tokens = TokenCache(log_in, clock)
    tokens.token()
    clock.now += 1001
    log_in.failures = [OSError("no")]
    with pytest.raises(OSError, match="no"):
        tokens.token()


def at_once(many: int, work: Callable[[], object], log_in: Held) -> list[object]:
    """What came of so many threads that begin together, and before whom no log-in ends."""
    together, came = threading.Barrier(many, action=log_in.go.set, timeout=20), list[object]()

    def one() -> None:
        together.wait()
        try:
            came.append(work())
        except Exception as error:  # noqa: BLE001 - handed to the test
            came.append(error)

    threads = [threading.Thread(target=one) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return came


class Held:
    """A log-in that takes until `go`; the first one fails, if it is given a failure."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure, self.times, self.go = failure, 0, threading.Event()

    def __call__(self) -> Token:
        self.times += 1
        self.go.wait(20)
        failure, self.failure = self.failure, None
        if failure:
            raise failure
        return Token("t", 1000.0)


def test_many_who_ask_at_once_log_in_once() -> None:
    log_in = Held()
    tokens = TokenCache(log_in, Clock())
    assert at_once(16, tokens.token, log_in) == ["t"] * 16
    assert log_in.times == 1


def test_a_log_in_that_fails_for_many_fails_only_once() -> None:
    log_in = Held(OSError("no"))
    came = at_once(16, TokenCache(log_in, Clock()).token, log_in)
    assert 1 <= sum(isinstance(each, OSError) for each in came) <= 16
    assert all(isinstance(each, OSError) or each == "t" for each in came)
    assert log_in.times <= 2


def test_a_thread_that_is_stopped_while_it_logs_in_stops_nobody_else() -> None:
    class Stopped(BaseException):
        pass

    log_in = Held(Stopped())
    tokens = TokenCache(log_in, Clock())
    stopped: list[bool] = []

    def ask() -> str:
        try:
            return tokens.token()
        except Stopped:
            stopped.append(True)
            return "stopped"

    came = at_once(8, ask, log_in)
    assert sorted(map(str, came)) == ["stopped"] + ["t"] * 7
    assert (len(stopped), log_in.times) == (1, 2)


def test_a_token_shows_nothing_of_itself() -> None:
    assert "secret" not in repr(Token("secret", 7.0))
