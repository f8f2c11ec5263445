"""Two requests for one person, crashes anywhere, a vendor that does anything: Hypothesis looks for a way to break a promise.

The real use case runs over the real tables and a model of the engine that keeps step results and forgets everything else,
as a killed process does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import event

from bot.onboarding.workflow import Provision, Request, TryLater
from bot.outcome import Account, Conflict, Json, NoSeatLeft, OutcomeUnknown, RateLimited, Rejected, Unreachable
from bot.providers.tencent import TencentHire
from bot.store.cipher import Cipher
from bot.store.history import History, database

SUCCESS = {"Created", "ActionRequired"}
FAILURE = {"Rejected", "Conflict", "NotAuthorised", "NoSeatLeft", "RateLimited", "Unreachable"}


class Crash(BaseException):
    """The process is gone."""


class ModelEngine:
    """Stores step results by leg and number; a crash is raised before a step, or after its work and before its record."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.stored: dict[str, list[Any]] = {}
        self.legs: dict[str, tuple[float, Json, Json]] = {}
        self.crash_in: int | None = None
        self.leg, self.number = "", itertools.count()

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        number, results = next(self.number), self.stored.setdefault(self.leg, [])
        if number < len(results):
            return results[number]
        self._maybe_crash()
        result = work()
        self._maybe_crash()
        results.append(result)
        return result

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def later(self, request: Json, progress: Json, seconds: float) -> None:
        self.legs.setdefault(f"{request['id']}~{progress['leg']}", (self.now + seconds, request, progress))

    def wake(self, request_ids: list[str]) -> None:
        for leg, (at, request, progress) in self.legs.items():
            if leg.partition("~")[0] in request_ids:
                self.legs[leg] = (min(at, self.now), request, progress)

    def run(self, leg: str, work: Callable[[Json, Json], None]) -> bool:
        """Run one leg to its end; False when the process died under it."""
        at, request, progress = self.legs[leg]
        self.now = max(self.now, at)
        self.leg, self.number = leg, itertools.count()
        try:
            work(request, progress)
        except Crash:
            return False
        del self.legs[leg]
        return True

    def _maybe_crash(self) -> None:
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in < 0:
                self.crash_in = None
                raise Crash


class ModelVendor:
    """Unique userids and phones, and whatever is in `moods` happens to the next calls."""

    key = "tencent"
    form = TencentHire

    def __init__(self) -> None:
        self.accounts: dict[str, TencentHire] = {}
        self.calls: list[tuple[str, str]] = []  # ("send" | "look", request id)
        self.creations = 0
        self.moods: list[str] = []

    def create(self, hire: TencentHire, request_id: str) -> Account:
        mood = self._mood()
        if mood == "unreachable":
            raise Unreachable(self.key, detail="no connection")
        self.calls.append(("send", request_id))
        if mood in ("silent", "crash"):
            self._fall_silent(mood)
        if mood == "limited":
            raise RateLimited(self.key, code="429")
        if mood == "full":
            raise NoSeatLeft(self.key, code="156009")
        if mood == "odd":
            raise Rejected(self.key, code="1", certain=False)
        if hire.account in self.accounts:
            raise Conflict(self.key, code="20002", field="account")
        if any(other.phone == hire.phone for other in self.accounts.values()):
            raise Conflict(self.key, code="41003", field="phone")
        self.accounts[hire.account] = hire
        self.creations += 1
        if mood in ("silent_after", "crash_after"):
            self._fall_silent(mood)
        if mood == "odd_after":
            raise Rejected(self.key, code="1", certain=False)
        return _account(hire)

    def find(self, hire: TencentHire, request_id: str) -> Account | None:
        if self._mood() in ("unreachable", "silent", "silent_after"):
            raise Unreachable(self.key, detail="no answer")
        self.calls.append(("look", request_id))
        found = self.accounts.get(hire.account)
        return found and _account(found)

    def _fall_silent(self, mood: str) -> None:
        if mood.startswith("crash"):
            raise Crash
        raise OutcomeUnknown(self.key, detail="read timeout")

    def _mood(self) -> str:
        return self.moods.pop(0) if self.moods else "fine"


class ModelPeople:
    """Who is told; Slack may be away."""

    def __init__(self, checks: Callable[[str, Json], None]) -> None:
        self.checks = checks
        self.finals: dict[str, list[Json]] = {}
        self.first_posts: list[str] = []
        self.away = 0

    def announce(self, request: Request) -> Json | None:
        self._maybe_away()
        self.first_posts.append(request.id)
        return {"channel": "C1", "ts": f"{len(self.first_posts)}.0"}

    def progress(self, request: Request, place: Json | None, note: Json) -> Json | None:
        self._maybe_away()
        return place

    def result(self, request: Request, place: Json | None, outcome: Json) -> Json | None:
        self._maybe_away()
        self.finals.setdefault(request.id, []).append(outcome)
        self.checks(request.id, outcome)
        return place

    def admins(self, request: Request | None, notice: Json) -> None:
        self._maybe_away()

    def _maybe_away(self) -> None:
        if self.away:
            self.away -= 1
            raise TryLater(3.0)


def _account(hire: TencentHire) -> Account:
    return Account(
        provider="tencent", account=hire.account, name=hire.name, phone=hire.phone.digits, activation_pending=True
    )


class TwoRequests(RuleBasedStateMachine):
    """Alice and Bob ask for the same person: by the same account, or by the same phone under another account."""

    @initialize(second=st.sampled_from(["same", "other name", "other account"]))
    def start(self, second: str) -> None:
        self.folder = mkdtemp()
        self.engine, self.vendor, self.people = ModelEngine(), ModelVendor(), ModelPeople(self._told_the_truth)
        url = f"sqlite:///{Path(self.folder) / 'model.sqlite'}"
        tables = database(url)
        # Nobody pulls the plug in this test: the disk need not be waited for.
        event.listen(tables, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.history = History(tables, Cipher())
        self.history.create(["tencent"])
        self.provision = Provision(
            {"tencent": self.vendor}, self.history, self.people, self.engine, clock=lambda: self.engine.now
        )
        person = {"name": "Zhang Wei", "account": "zhangwei", "phone": "+8613800138000"}
        changed = {"same": {}, "other name": {"name": "Zhang Wei Wei"}, "other account": {"account": "zhangwei2"}}
        self.forms = {"VA": person, "VB": person | changed[second]}
        self.accepted: set[str] = set()

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        self.engine.crash_in, self.vendor.moods, self.people.away = None, [], 0
        for _ in range(500):
            if not self.engine.legs:
                break
            self._run(min(self.engine.legs, key=lambda leg: self.engine.legs[leg][0]))
        assert not self.engine.legs, "a request never came to an end"
        self._promises()
        self.history.engine.dispose()

    @precondition(lambda self: len(self.accepted) < 2)
    @rule()
    def accept(self) -> None:
        request_id = "VB" if "VA" in self.accepted else "VA"
        request = Request(
            id=request_id,
            provider="tencent",
            hire=self.forms[request_id],
            requester="U1",
            accepted_at=self.engine.now,
        )
        self.accepted.add(request_id)
        hire = TencentHire.model_validate(request.hire, context={"region": "CN"})
        self.history.accept(request_id, "tencent", "U1", hire.identity(), None)
        self.engine.legs[request_id] = (self.engine.now, request.model_dump(mode="json"), {})

    @rule(
        mood=st.sampled_from(
            "silent silent_after unreachable limited full odd odd_after crash crash_after fine".split()  # noqa: SIM905
        )
    )
    def vendor_will(self, mood: str) -> None:
        self.vendor.moods.append(mood)

    @rule(steps=st.integers(0, 30))
    def process_will_die(self, steps: int) -> None:
        self.engine.crash_in = steps

    @rule(calls=st.integers(1, 3))
    def slack_goes_away(self, calls: int) -> None:
        self.people.away = calls

    @precondition(lambda self: bool(self.engine.legs))
    @rule(which=st.integers(0, 1))
    def work(self, which: int) -> None:
        due = sorted(self.engine.legs, key=lambda leg: (self.engine.legs[leg][0], leg))
        self._run(due[which % len(due)])

    def _run(self, leg: str) -> None:
        self.engine.run(leg, self.provision.leg)

    def _promises(self) -> None:
        assert self.vendor.creations == len(self.vendor.accounts) <= 1, "two accounts for one person"
        for request_id in self.accepted:
            finals = self.people.finals[request_id]
            assert len({final["kind"] for final in finals}) == 1, f"two endings: {finals}"
            assert self.people.first_posts.count(request_id) <= 1, "the first message was posted twice"
            self._looked_before_sending_again(request_id)

    def _told_the_truth(self, request_id: str, final: Json) -> None:
        wanted = self.forms[request_id]
        there = self.vendor.accounts.get(str(wanted["account"]))
        if final["kind"] in SUCCESS:
            assert there is not None, "success without an account"
            assert there.name == wanted["name"], "success with somebody else's account"
        if final["kind"] in FAILURE:
            assert there is None, f"failure, and there is an account: {final}"
        if final["kind"] == "AlreadyExists":
            assert there is not None, "'already exists', and there is none"

    def _looked_before_sending_again(self, request_id: str) -> None:
        calls = [what for what, who in self.vendor.calls if who == request_id]
        for one, other in itertools.pairwise(calls):
            assert (one, other) != ("send", "send"), f"a second send without a look-up: {calls}"


TestTwoRequests = TwoRequests.TestCase
TestTwoRequests.settings = settings(
    max_examples=500,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
