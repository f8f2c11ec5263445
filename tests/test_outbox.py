"""Every message is ticked off by itself: the trouble of one repeats no other, and nobody is told twice what was told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.onboarding.relay import FINAL, Relay
from bot.outcome import Account, Created, Failure
from bot.request import (
    Alert,
    CannotBeTold,
    Creating,
    Ended,
    Final,
    InLine,
    MessageRef,
    ProviderDown,
    Request,
    TryLater,
    Unheard,
    Update,
)
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.requests import Requests

MADE = Created(account=Account(provider="tencent", account="zhangwei", name="Zhang Wei"))


def request(request_id: str = "V1") -> Request:
    return Request(id=request_id, provider="tencent", hire={}, requester="U1", channel="C1", accepted_at=time.time())


class People:
    """Who is told; `trouble` is what comes instead, one for each call."""

    def __init__(self) -> None:
        self.told: list[Update | Alert] = []
        self.trouble: dict[str, list[Exception]] = {}
        self.while_telling: Callable[[], None] = lambda: None

    def tell(self, request: Request, ref: MessageRef | None, update: Update) -> MessageRef:
        self._maybe(update.kind)
        self.told.append(update)
        self.while_telling()
        return ref or MessageRef(channel="C1", ts=f"{len(self.told)}.0")

    def alert(self, request: Request | None, alert: Alert) -> None:
        self._maybe(alert.kind)
        self.told.append(alert)

    def _maybe(self, kind: str) -> None:
        if waiting := self.trouble.get(kind):
            raise waiting.pop(0)

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.told]


class StillRelay(Relay):
    """Without a thread: what is for later is told by `tell_the_rest`."""

    def _later(self, letter_id: str, seconds: float) -> None:
        self.__dict__.setdefault("for_later", []).append(letter_id)

    def tell_the_rest(self) -> None:
        waiting, self.__dict__["for_later"] = self.__dict__.get("for_later", []), []
        for letter_id in waiting:
            self.tell_now(letter_id)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(engine)
    Requests(engine, Cipher()).accept(globals()["request"](), {"account": "zhangwei"}, "secret-password")
    yield engine
    engine.dispose()


@pytest.fixture
def people() -> People:
    return People()


def relay(engine: sa.Engine, people: People, me: str = "me") -> StillRelay:
    return StillRelay(Outbox(engine, Cipher(), me), people, timedelta(hours=24))


def test_creating_then_the_result_in_the_same_message(engine: sa.Engine, people: People) -> None:
    ours = relay(engine, people)
    ours.begin(request())
    ours.update(request(), InLine(), 2)
    ours.end(request(), MADE)
    assert people.kinds == ["creating", "in_line", "final", "ended"]


def test_the_same_again_is_not_told_again(engine: sa.Engine, people: People) -> None:
    """A run that begins anew says all of it once more."""
    ours = relay(engine, people)
    for _ in range(3):
        ours.begin(request())
        ours.update(request(), InLine(), 2)
        ours.end(request(), MADE)
    assert people.kinds == ["creating", "in_line", "final", "ended"]


def test_an_older_word_does_not_replace_a_newer_one(engine: sa.Engine, people: People) -> None:
    ours = relay(engine, people)
    ours.update(request(), InLine(since=2.0), 3)
    ours.update(request(), InLine(since=1.0), 2)
    assert people.told == [InLine(since=2.0)]


def test_the_admins_trouble_does_not_repeat_the_result(engine: sa.Engine, people: People) -> None:
    """The channel takes the result, the admin channel is rate-limited: the result is told once."""
    people.trouble["ended"] = [TryLater(5.0), TryLater(5.0)]
    ours = relay(engine, people)
    ours.end(request(), MADE)
    ours.tell_the_rest()
    ours.tell_the_rest()
    assert people.kinds == ["final", "ended"]


def test_the_results_trouble_does_not_hold_up_the_admins(engine: sa.Engine, people: People) -> None:
    people.trouble["final"] = [TryLater(5.0)]
    ours = relay(engine, people)
    ours.end(request(), MADE)
    assert people.kinds == ["ended"]
    ours.tell_the_rest()
    assert people.kinds == ["ended", "final"]


def test_a_fault_of_ours_is_tried_again_and_costs_nobody_else_anything(
    engine: sa.Engine, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    people.trouble["final"] = [RuntimeError("a mistake")]
    ours = relay(engine, people)
    ours.end(request(), MADE)
    ours.tell_the_rest()
    assert people.kinds == ["ended", "final"]
    assert "a message could not be told" in caplog.text


def test_a_newer_word_while_an_older_one_is_told(engine: sa.Engine, people: People) -> None:
    ours = relay(engine, people)

    def meanwhile() -> None:
        people.while_telling = lambda: None
        ours.update(request(), InLine(since=2.0), 3)

    people.while_telling = meanwhile
    ours.update(request(), InLine(since=1.0), 2)
    assert people.told == [InLine(since=1.0), InLine(since=2.0)]


def test_the_outcome_and_what_tells_of_it_are_one_transaction(engine: sa.Engine, people: People) -> None:
    """Nothing is told yet, and the password is gone already; another process finds everything."""
    people.trouble = {"final": [TryLater(5.0)], "ended": [TryLater(5.0)]}
    relay(engine, people).end(request(), MADE)
    requests = Requests(engine, Cipher())
    assert requests.password("V1") is None
    assert requests.ended("V1")
    assert Outbox(engine, Cipher(), "other").holders() == {"me"}
    other = relay(engine, people, "other")
    other.take_over("me")
    other.tell_the_rest()
    assert sorted(people.kinds) == ["ended", "final"]
    assert Outbox(engine, Cipher(), "me").holders() == set()


def test_a_request_is_done_when_its_last_word_is_told_and_not_before(engine: sa.Engine, people: People) -> None:
    requests, ours = Requests(engine, Cipher()), relay(engine, people)
    second = request("V2")
    requests.accept(second, {"account": "zhangwei"}, confirmed="V1")
    ours.begin(request())
    ours.begin(second)
    people.trouble["final"] = [TryLater(5.0)]
    ours.end(request(), MADE)
    assert requests.ahead("V2", "tencent", {"account": "zhangwei"})
    ours.tell_the_rest()
    assert not requests.ahead("V2", "tencent", {"account": "zhangwei"})


def test_what_a_dead_process_was_to_tell_is_told_but_not_creating(engine: sa.Engine, people: People) -> None:
    """ "Creating ..." may stand in the channel already: a second one is worse than none."""
    gone = Outbox(engine, Cipher(), "gone")
    assert gone.begin("V1", "V1/message", _stored(Creating()))
    ours = relay(engine, people)
    ours.take_over("gone")
    ours.tell_the_rest()
    assert people.kinds == []
    ours.end(request(), MADE)
    assert people.kinds == ["final", "ended"]


def test_creating_is_said_once_or_not_at_all(engine: sa.Engine, people: People) -> None:
    people.trouble["creating"] = [TryLater(5.0)]
    ours = relay(engine, people)
    ours.begin(request())
    ours.tell_the_rest()
    assert people.kinds == []
    ours.end(request(), MADE)
    assert people.kinds == ["final", "ended"]


def test_who_cannot_be_told_is_reported_to_the_admins(engine: sa.Engine, people: People) -> None:
    people.trouble["final"] = [CannotBeTold()]
    ours = relay(engine, people)
    ours.end(request(), MADE)
    ours.tell_the_rest()
    assert people.told == [Ended(outcome=MADE), Unheard(outcome=MADE)]
    assert Outbox(engine, Cipher(), "x").holders() == set()


def test_nobody_is_told_for_ever(engine: sa.Engine, people: People, caplog: pytest.LogCaptureFixture) -> None:
    """After twice the time in which newhire gives up a message is dropped, with a line in the log."""
    people.trouble["final"] = [TryLater(5.0)]
    ours = StillRelay(Outbox(engine, Cipher(), "me"), people, timedelta(0))
    failed = Failure(kind="Unreachable", provider="tencent")
    ours.end(request(), failed)
    assert people.told == [Ended(outcome=failed)]
    assert "nobody could be told" in caplog.text
    assert Outbox(engine, Cipher(), "x").holders() == set()


def test_what_concerns_a_provider_is_told_once_for_each_key(engine: sa.Engine, people: People) -> None:
    ours = relay(engine, people)
    for key in ("tencent/alert/1", "tencent/alert/1", "tencent/alert/2"):
        ours.alert(key, ProviderDown(provider="tencent"))
        ours.tell_the_rest()
    assert people.kinds == ["provider_down", "provider_down"]


def test_the_relays_own_thread_comes_back_to_what_slack_did_not_take(engine: sa.Engine, people: People) -> None:
    ours = Relay(Outbox(engine, Cipher(), "me"), people, timedelta(hours=24))
    people.trouble["final"] = [TryLater(0.01), TryLater(0.01)]
    ours.start()
    ours.end(request(), MADE)
    while "final" not in people.kinds:
        time.sleep(0.005)
    ours.stop()
    assert people.kinds == ["ended", "final"]


def test_a_request_of_another_process_is_told_by_whoever_holds_its_message(engine: sa.Engine, people: People) -> None:
    """Two processes work on one request, one after the other: the message is nobody's twice."""
    first, second = relay(engine, people, "one"), relay(engine, people, "two")
    people.trouble["in_line"] = [TryLater(5.0)]
    first.update(request(), InLine(), 2)
    second.end(request(), MADE)
    assert people.kinds == ["ended"], "the message is still the first one's to tell"
    first.tell_the_rest()
    assert people.kinds == ["ended", "final"]
    assert people.told[1] == Final(outcome=MADE)
    assert FINAL > 2


def _stored(update: Update) -> str:
    from bot.onboarding.relay import UpdateContent

    return UpdateContent(request=request(), update=update).model_dump_json()
