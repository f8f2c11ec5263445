"""Two requests for one person, crashes anywhere, a vendor that does anything: Hypothesis looks for a way to break a promise.

The real use case runs over the real tables and a model of the engine that keeps step results and forgets everything else,
as a killed process does.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import event

from bot.batch import BatchFiles, BatchUpdate
from bot.onboarding.approvals import Approvals, Rules
from bot.onboarding.incidents import Incidents
from bot.onboarding.policy import Policy
from bot.onboarding.relay import Relay
from bot.onboarding.upgrade import begin_anew
from bot.onboarding.workflow import Checkpoint, Workflow
from bot.outcome import Account, Conflict, NoSeatLeft, Outcome, OutcomeUnknown, RateLimited, Rejected, Unreachable
from bot.providers.tencent import Tencent, TencentHire
from bot.request import (
    Alert,
    ApprovalState,
    Creating,
    Decision,
    Final,
    ManyWaiting,
    MessageRef,
    Nudge,
    Reminder,
    Request,
    TryLater,
    Update,
    Whisper,
    handle_of,
)
from bot.store.approvals import Approvals as StoredApprovals
from bot.store.approvals import StoredApproval
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.incidents import Incidents as StoredIncidents
from bot.store.limits import CircuitBreaker, RateLimiter, register
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.requests import Requests
from tests.conftest import tries

T = TypeVar("T")
Json = dict[str, Any]

SUCCESS = {"Created", "ActionRequired"}
FAILURE = {"Rejected", "Conflict", "NotAuthorised", "NoSeatLeft", "RateLimited", "Unreachable"}


class Crash(BaseException):
    """The process is gone."""


class ModelEngine:
    """Stores step results by run and number; a crash is raised before a step, or after its work and before its record."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.stored: dict[str, list[Any]] = {}
        self.runs: dict[str, tuple[float, Request, Json]] = {}
        self.crash_in: int | None = None
        self.current, self.number = "", itertools.count()

    def step(self, name: str, work: Callable[[], T], kind: TypeAdapter[T]) -> T:
        number, results = next(self.number), self.stored.setdefault(self.current, [])
        if number < len(results):
            return kind.validate_python(results[number])
        self._maybe_crash()
        result = kind.dump_python(work(), mode="json")
        self._maybe_crash()
        results.append(result)
        return kind.validate_python(result)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def later(self, request: Request, checkpoint: BaseModel, run: int, seconds: float) -> None:
        self.runs.setdefault(f"{request.id}~{run}", (self.now + seconds, request, checkpoint.model_dump(mode="json")))

    def wake(self, request_ids: list[str]) -> None:
        for run, (at, request, checkpoint) in self.runs.items():
            if run.partition("~")[0] in request_ids:
                self.runs[run] = (min(at, self.now), request, checkpoint)

    def run(self, run: str, work: Callable[[Request, Checkpoint], None]) -> bool:
        """Run one to its end; False when the process died under it."""
        at, request, checkpoint = self.runs[run]
        self.now = max(self.now, at)
        self.current, self.number = run, itertools.count()
        try:
            work(request, Checkpoint.model_validate(checkpoint))
        except Crash:
            return False
        del self.runs[run]
        return True

    def begin_anew(self, run: str, requests: Requests) -> None:
        """As after an upgrade: what the run has recorded is given up, what the request has claimed is not."""
        at, request, checkpoint = self.runs.pop(run)
        self.stored.pop(run, None)
        anew = begin_anew(requests, request, checkpoint)
        if anew is not None:
            self.runs[f"{run}!"] = (at, request, anew.model_dump(mode="json"))

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
    abilities = Tencent.abilities

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
        return _account(found) if found else None

    def _fall_silent(self, mood: str) -> None:
        if mood.startswith("crash"):
            raise Crash
        raise OutcomeUnknown(self.key, detail="read timeout")

    def _mood(self) -> str:
        return self.moods.pop(0) if self.moods else "fine"


class ModelPeople:
    """Who is told; Slack may be away, and the process may die before or after a word was said."""

    def __init__(self, checks: Callable[[str, Outcome], None], maybe_crash: Callable[[], None]) -> None:
        self.checks, self.maybe_crash = checks, maybe_crash
        self.finals: dict[str, list[Outcome]] = {}
        self.first_posts: list[str] = []
        self.away = 0

    def batch(self, ref: MessageRef | None, what: BatchUpdate | BatchFiles) -> MessageRef | None:
        raise NotImplementedError

    def remind(self, request: Request, ref: MessageRef | None, reminder: Reminder | ManyWaiting) -> MessageRef | None:
        self._maybe_away()
        return ref

    def whisper(self, request: Request, whisper: Whisper) -> None:
        self._maybe_away()

    def tell(self, request: Request, ref: MessageRef | None, update: Update | Nudge) -> MessageRef:
        self._maybe_away()
        self.maybe_crash()
        if isinstance(update, Creating):
            self.first_posts.append(request.id)
        if isinstance(update, Final):
            self.finals.setdefault(request.id, []).append(update.outcome)
            self.checks(request.id, update.outcome)
        self.maybe_crash()
        return ref or MessageRef(channel="C1", ts=f"{len(self.first_posts)}.{len(self.finals)}")

    def alert(self, request: Request | None, ref: MessageRef | None, alert: Alert) -> None:
        self._maybe_away()

    def _maybe_away(self) -> None:
        if self.away:
            self.away -= 1
            raise TryLater(3.0)


def _account(hire: TencentHire) -> Account:
    return Account(
        provider="tencent", account=hire.account, name=hire.name, phone=hire.phone.digits, activation_pending=True
    )


class ModelRelay(Relay):
    """Without a thread: what could not be told is told when the test says so."""

    def _later(self, letter_id: str, seconds: float) -> None:
        self.__dict__.setdefault("untold", []).append(letter_id)

    def tell_the_rest(self) -> None:
        for _ in range(20):
            untold, self.__dict__["untold"] = self.__dict__.get("untold", []), []
            for letter_id in untold:
                self.tell(letter_id)


class TwoRequests(RuleBasedStateMachine):
    """Alice and Bob ask for the same person: by the same account, or by the same phone under another account."""

    @initialize(second=st.sampled_from(["same", "other name", "other account"]))
    def start(self, second: str) -> None:
        self.folder = mkdtemp()
        self.engine, self.vendor = ModelEngine(), ModelVendor()
        self.people = ModelPeople(self._told_the_truth, self.engine._maybe_crash)
        url = f"sqlite:///{Path(self.folder) / 'model.sqlite'}"
        self.tables = database(url)
        # Nobody pulls the plug in this test: the disk need not be waited for.
        event.listen(self.tables, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        migrate(self.tables)
        register(self.tables, ["tencent"])
        self.requests, self.outbox = Requests(self.tables, Cipher()), Outbox(self.tables, Cipher(), "me")
        self._begin_process()
        person = {"name": "Zhang Wei", "account": "zhangwei", "phone": "+8613800138000"}
        changed = {"same": {}, "other name": {"name": "Zhang Wei Wei"}, "other account": {"account": "zhangwei2"}}
        self.forms = {"VA": person, "VB": person | changed[second]}
        self.accepted: set[str] = set()

    needs = Rules()
    """What must be approved."""

    def _begin_process(self) -> None:
        """A new process on the same database: what the last one had in its head is gone."""
        policy = Policy()
        self.relay = ModelRelay(self.outbox, self.people, policy.give_up)
        stored = StoredApprovals(self.tables, Cipher(), self.outbox, lambda: self.engine.now)
        self.approvals = Approvals(stored, self.relay, policy, self.needs, lambda: self.engine.now)
        self.approvals.carry_out = self._wake
        breaker = CircuitBreaker(self.tables, policy.failures_before_open, policy.shortest_probe, policy.longest_probe)
        self.workflow = Workflow(
            {"tencent": self.vendor},
            self.requests,
            RateLimiter(self.tables),
            breaker,
            self.relay,
            Incidents(StoredIncidents(self.tables), self.relay),
            self.engine,
            policy,
            clock=lambda: self.engine.now,
            approvals=self.approvals,
        )
        self.relay.take_over(None)

    def _wake(self, approval: StoredApproval) -> bool:
        self.engine.wake([approval.subject])
        return self.requests.ended(approval.subject)

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        self.engine.crash_in, self.vendor.moods, self.people.away = None, [], 0
        for _ in range(500):
            self.relay.tell_the_rest()
            if not self.engine.runs:
                break
            self._run(min(self.engine.runs, key=lambda run: self.engine.runs[run][0]))
        assert not self.engine.runs, "a request never came to an end"
        self.relay.tell_the_rest()
        self._promises()
        self.tables.dispose()

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
        self.requests.accept(request, hire.identity(), confirmed="VA")
        self.engine.runs[request_id] = (self.engine.now, request, {})

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

    @precondition(lambda self: bool(self.engine.runs))
    @rule(which=st.integers(0, 1))
    def work(self, which: int) -> None:
        due = sorted(self.engine.runs, key=lambda run: (self.engine.runs[run][0], run))
        self._run(due[which % len(due)])

    @rule()
    def slack_is_tried_again(self) -> None:
        with contextlib.suppress(Crash):
            self.relay.tell_the_rest()
            return
        self._begin_process()

    @precondition(lambda self: bool(self.engine.runs))
    @rule(which=st.integers(0, 1))
    def upgraded(self, which: int) -> None:
        """Another version takes over what is under way."""
        self.engine.begin_anew(sorted(self.engine.runs)[which % len(self.engine.runs)], self.requests)

    @rule(days=st.sampled_from([0.001, 0.02, 0.3, 1.5]))
    def days_go_by(self, days: float) -> None:
        self.engine.now += days * 86400

    def _run(self, run: str) -> None:
        if not self.engine.run(run, self.workflow.run):
            self._begin_process()

    def _promises(self) -> None:
        assert self.vendor.creations == len(self.vendor.accounts) <= 1, "two accounts for one person"
        for request_id in self.accepted:
            finals = self.people.finals[request_id]
            assert len({final.kind for final in finals}) == 1, f"two endings: {finals}"
            assert self.people.first_posts.count(request_id) <= 1, "the first message was posted twice"
            self._looked_before_sending_again(request_id)

    def _told_the_truth(self, request_id: str, final: Outcome) -> None:
        wanted = self.forms[request_id]
        there = self.vendor.accounts.get(str(wanted["account"]))
        if final.kind in SUCCESS:
            assert there is not None, "success without an account"
            assert there.name == wanted["name"], "success with somebody else's account"
        if final.kind in FAILURE:
            assert there is None, f"failure, and there is an account: {final}"
        if final.kind == "AlreadyExists":
            assert there is not None, "'already exists', and there is none"

    def _looked_before_sending_again(self, request_id: str) -> None:
        calls = [what for what, who in self.vendor.calls if who == request_id]
        for one, other in itertools.pairwise(calls):
            assert (one, other) != ("send", "send"), f"a second send without a look-up: {calls}"


class TwoAskedFor(TwoRequests):
    """The same, and each must be approved: clicks at any time, nobody for a day, whoever asked cancels."""

    needs = Rules(["always"])

    @initialize(second=st.sampled_from(["same", "other name", "other account"]))
    def start(self, second: str) -> None:
        self.approved: set[str] = set()
        super().start(second)

    @rule(which=st.sampled_from(["VA", "VB"]), state=st.sampled_from(["approved", "declined", "withdrawn"]))
    def somebody_decides(self, which: str, state: ApprovalState) -> None:
        decided = self.approvals.decide(handle_of(f"approval {which}"), Decision(state=state, by="U2"))
        if decided.done and state == "approved":
            self.approved.add(which)

    @rule(dies=st.booleans())
    def newhire_looks(self, dies: bool) -> None:
        if dies:
            self._begin_process()
        self.approvals.look()

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            # Whoever was not asked yet is asked, and nobody answers any more.
            self.engine.crash_in, self.people.away = None, 0
            for run in list(self.engine.runs):
                self._run(run)
            self.engine.now += 2 * 86400
            self.approvals.look()
        super().teardown()

    def _promises(self) -> None:
        super()._promises()
        for request_id in self.accepted - self.approved:
            assert {final.kind for final in self.people.finals[request_id]} == {"Declined"}
            assert ("send", request_id) not in self.vendor.calls, "sent, and nobody had agreed"
        for request_id in self.approved:
            assert "Declined" not in {final.kind for final in self.people.finals[request_id]}
        assert not self.approvals.stored.decided(), "decided, and not carried out"


MUCH = settings(
    max_examples=tries(500),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
TestTwoRequests = TwoRequests.TestCase
TestTwoRequests.settings = MUCH
TestTwoAskedFor = TwoAskedFor.TestCase
TestTwoAskedFor.settings = MUCH
