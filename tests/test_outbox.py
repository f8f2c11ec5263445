"""Every message is ticked off by itself: the trouble of one repeats no other, and nobody is told twice what was told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.batch import BatchFiles, BatchUpdate
from bot.onboarding.incidents import Incidents
from bot.onboarding.relay import FINAL, Relay
from bot.outcome import Account, Created, Failure, Outcome
from bot.request import (
    Alert,
    CannotBeTold,
    Creating,
    Ended,
    Final,
    Incident,
    InLine,
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
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.incidents import Incidents as Stored
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.requests import Requests
from bot.store.tables import REQUESTS
from tests.conftest import BOTH_DATABASES

MADE = Created(account=Account(provider="tencent", account="zhangwei", name="Zhang Wei"))


def request(request_id: str = "V1") -> Request:
    return Request(id=request_id, provider="tencent", hire={}, requester="U1", channel="C1", accepted_at=time.time())


class People:
    """Who is told; `trouble` is what comes instead, one for each call."""

    def __init__(self) -> None:
        self.told: list[Update | Nudge | Alert] = []
        self.edited: list[bool] = []
        self.trouble: dict[str, list[Exception]] = {}
        self.while_telling: Callable[[], None] = lambda: None

    def tell(self, request: Request, ref: MessageRef | None, update: Update | Nudge) -> MessageRef:
        self._maybe(update.kind)
        self.told.append(update)
        self.while_telling()
        return ref or MessageRef(channel="C1", ts=f"{len(self.told)}.0")

    def alert(self, request: Request | None, ref: MessageRef | None, alert: Alert) -> MessageRef:
        self._maybe(alert.kind)
        self.told.append(alert)
        self.edited.append(ref is not None)
        return ref or MessageRef(channel="CADMIN", ts=f"{len(self.told)}.0")

    def batch(self, ref: MessageRef | None, update: BatchUpdate) -> MessageRef | None:
        raise NotImplementedError

    def attach(self, ref: MessageRef, files: BatchFiles, sent: Callable[[Sequence[str]], None]) -> None:
        raise NotImplementedError

    def remind(self, request: Request, ref: MessageRef | None, reminder: Reminder | ManyWaiting) -> MessageRef:
        raise NotImplementedError

    def whisper(self, request: Request, whisper: Whisper) -> None:
        raise NotImplementedError

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
            self.tell(letter_id)


@pytest.fixture(params=BOTH_DATABASES)
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


def end(relay: Relay, outcome: Outcome, *, nudge: bool = False) -> None:
    record = Record(request=request(), outcome=outcome, ended_at=1.0)
    relay.end(record, Standing(), nudge=nudge, admins=True)


def test_a_request_stands_where_whoever_asked_reads_it_and_not_where_the_admins_do(
    engine: sa.Engine, people: People
) -> None:
    ours = relay(engine, people)
    ours.begin(request())
    end(ours, MADE)
    ours.tell_the_rest()
    assert people.kinds[-1] == "ended"
    with engine.connect() as connection:
        assert connection.execute(sa.select(REQUESTS.c.channel, REQUESTS.c.ts)).all() == [("C1", "1.0")]


def test_creating_then_the_result_in_the_same_message(engine: sa.Engine, people: People) -> None:
    ours = relay(engine, people)
    ours.begin(request())
    ours.update(request(), InLine(), 2)
    end(ours, MADE)
    assert people.kinds == ["creating", "in_line", "final", "ended"]


def test_the_same_again_is_not_told_again(engine: sa.Engine, people: People) -> None:
    """A run that begins anew says all of it once more."""
    ours = relay(engine, people)
    for _ in range(3):
        ours.begin(request())
        ours.update(request(), InLine(), 2)
        end(ours, MADE)
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
    end(ours, MADE)
    ours.tell_the_rest()
    ours.tell_the_rest()
    assert people.kinds == ["final", "ended"]


def test_the_results_trouble_does_not_hold_up_the_admins(engine: sa.Engine, people: People) -> None:
    people.trouble["final"] = [TryLater(5.0)]
    ours = relay(engine, people)
    end(ours, MADE)
    assert people.kinds == ["ended"]
    ours.tell_the_rest()
    assert people.kinds == ["ended", "final"]


def test_a_fault_of_ours_is_tried_again_and_costs_nobody_else_anything(
    engine: sa.Engine, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    people.trouble["final"] = [RuntimeError("a mistake")]
    ours = relay(engine, people)
    end(ours, MADE)
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
    end(relay(engine, people), MADE)
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
    end(ours, MADE)
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
    end(ours, MADE)
    assert people.kinds == ["final", "ended"]


def test_creating_is_said_once_or_not_at_all(engine: sa.Engine, people: People) -> None:
    people.trouble["creating"] = [TryLater(5.0)]
    ours = relay(engine, people)
    ours.begin(request())
    ours.tell_the_rest()
    assert people.kinds == []
    end(ours, MADE)
    assert people.kinds == ["final", "ended"]


def test_who_cannot_be_told_is_reported_to_the_admins(engine: sa.Engine, people: People) -> None:
    people.trouble["final"] = [CannotBeTold()]
    ours = relay(engine, people)
    end(ours, MADE)
    ours.tell_the_rest()
    assert people.told == [Ended(outcome=MADE), Unheard(outcome=MADE)]
    assert Outbox(engine, Cipher(), "x").holders() == set()


def test_nobody_is_told_for_ever(engine: sa.Engine, people: People, caplog: pytest.LogCaptureFixture) -> None:
    """After twice the time in which newhire gives up a message is dropped, with a line in the log."""
    people.trouble["final"] = [TryLater(5.0)]
    ours = StillRelay(Outbox(engine, Cipher(), "me"), people, timedelta(0))
    failed = Failure(kind="Unreachable", provider="tencent")
    end(ours, failed)
    assert people.told == [Ended(outcome=failed)]
    assert "nobody could be told" in caplog.text
    assert Outbox(engine, Cipher(), "x").holders() == set()


def test_an_incident_is_one_message_edited_until_it_is_resolved(engine: sa.Engine, people: People) -> None:
    ours = relay(engine, people)
    stored = Stored(engine)
    incidents = Incidents(stored, ours)
    silent = Failure(kind="Unreachable", provider="tencent")
    for waiting in (1, 5, 40):
        incidents.down("tencent", waiting, silent)
        ours.tell_the_rest()
    incidents.passed("tencent", ("down", "limited"))
    incidents.passed("tencent", ("down", "limited"))
    ours.tell_the_rest()
    told = [one for one in people.told if isinstance(one, Incident)]
    assert [(one.affected, one.resolved_at is not None) for one in told] == [
        (1, False),
        (5, False),
        (40, False),
        (40, True),
    ]
    assert len({one.id for one in told}) == 1
    assert people.edited == [False, True, True, True]


def test_two_processes_have_one_incident(engine: sa.Engine, people: People) -> None:
    one, other = (Incidents(Stored(engine), relay(engine, people, me)) for me in ("one", "other"))
    denied = Failure(kind="NotAuthorised", provider="tencent", code="190300")
    assert one.concerns(request(), denied)
    assert other.concerns(request("V2"), denied)
    assert not one.concerns(request(), Failure(kind="Rejected", provider="tencent"))
    (found,) = Stored(engine).resolve("tencent", ["denied"])
    assert (found.cause, found.affected) == ("denied", 2)


def test_an_incident_that_comes_again_is_a_new_one(engine: sa.Engine) -> None:
    stored = Stored(engine)
    first = stored.note("tencent", "full")
    stored.resolve("tencent", ["full"])
    assert stored.note("tencent", "full").id != first.id
    assert stored.note("huawei", "full").affected == 1
    stored.forget(time.time() + 60)
    assert [one.provider for one in stored.resolve("tencent", ["full"])] == ["tencent"]


def test_a_nudge_comes_below_the_last_word_and_after_it(engine: sa.Engine, people: People) -> None:
    people.trouble["final"] = [TryLater(5.0)]
    ours = relay(engine, people)
    end(ours, MADE, nudge=True)
    assert "nudge" not in people.kinds
    ours.tell_the_rest()
    ours.tell_the_rest()
    assert people.kinds == ["ended", "final", "nudge"]


def test_the_relays_own_thread_comes_back_to_what_slack_did_not_take(engine: sa.Engine, people: People) -> None:
    ours = Relay(Outbox(engine, Cipher(), "me"), people, timedelta(hours=24))
    people.trouble["final"] = [TryLater(0.01), TryLater(0.01)]
    ours.start()
    end(ours, MADE)
    while "final" not in people.kinds:
        time.sleep(0.005)
    ours.stop(5)
    assert people.kinds == ["ended", "final"]


def test_a_request_of_another_process_is_told_by_whoever_holds_its_message(engine: sa.Engine, people: People) -> None:
    """Two processes work on one request, one after the other: the message is nobody's twice."""
    first, second = relay(engine, people, "one"), relay(engine, people, "two")
    people.trouble["in_line"] = [TryLater(5.0)]
    first.update(request(), InLine(), 2)
    end(second, MADE)
    assert people.kinds == ["ended"], "the message is still the first one's to tell"
    first.tell_the_rest()
    assert people.kinds == ["ended", "final"]
    assert people.told[1] == Final(outcome=MADE)
    assert FINAL > 2


def _stored(update: Update) -> str:
    from bot.onboarding.relay import UpdateContent

    return UpdateContent(request=request(), update=update).model_dump_json()
