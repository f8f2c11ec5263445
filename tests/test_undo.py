"""Undo removes what its request has made, and nothing else: whoever creates, deletes, asks or dies in between."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pydantic import BaseModel
from sqlalchemy import event

from bot.onboarding.actions import Actions
from bot.onboarding.incidents import Incidents
from bot.onboarding.policy import Policy
from bot.onboarding.workflow import Checkpoint, Workflow
from bot.outcome import Account, Conflict, OutcomeUnknown, Unreachable
from bot.providers.tencent import Tencent, TencentHire
from bot.request import Act, Request
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.follow_ups import FollowUps
from bot.store.incidents import Incidents as StoredIncidents
from bot.store.limits import CircuitBreaker, RateLimiter, register
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.records import Records
from bot.store.requests import Requests
from tests.conftest import tries
from tests.test_interleavings import Crash, ModelEngine, ModelPeople, ModelRelay

PERSON = {"name": "Zhang Wei", "account": "zhangwei", "phone": "+8613800138000"}
CONSOLE = "somebody at the vendor's console"


class Engine(ModelEngine):
    """Runs both requests and what is pressed."""

    def act(self, request: Request, act: BaseModel, run: int) -> None:
        self.runs.setdefault(f"{request.id}+{run}", (self.now, request, act.model_dump(mode="json")))

    def accept(self, request: Request, *, priority: int = 1) -> None:
        self.runs.setdefault(request.id, (self.now, request, {}))

    def knows(self, request_id: str) -> bool:
        return request_id in self.runs

    def work_off(self, workflow: Workflow, actions: Actions) -> None:
        """Everything, until nothing is left; a run whose process dies begins again."""
        for _ in range(200):
            if not self.runs:
                return
            run = min(self.runs, key=lambda one: self.runs[one][0])
            at, request, stored = self.runs[run]
            self.now = max(self.now, at)
            self.current, self.number = run, itertools.count()
            try:
                if "action" in stored:
                    actions.run(request, Act.model_validate(stored))
                else:
                    workflow.run(request, Checkpoint.model_validate(stored))
            except Crash:
                continue
            del self.runs[run]
        raise AssertionError("it never ends")


class Vendor:
    """One userid; every account that ever was has a uuid and somebody who made it."""

    key, form, abilities, link_hours, invitation_hours = "tencent", TencentHire, Tencent.abilities, 48, 24

    def __init__(self) -> None:
        self.there: str | None = None
        self.made_by: dict[str, str] = {}
        self.removed: list[tuple[str, str]] = []  # (uuid, the request whose undo it was)
        self.moods: list[str] = []
        self.undoing = ""

    def make(self, who: str) -> str:
        uuid = f"WM{len(self.made_by)}"
        self.made_by[uuid], self.there = who, uuid
        return uuid

    def create(self, hire: TencentHire, request_id: str) -> Account:
        mood = self._mood()
        if self.there is not None:
            raise Conflict(self.key, code="20002", field="account")
        uuid = self.make(request_id)
        self._after(mood)
        return self._account(uuid)

    def find(self, hire: TencentHire, request_id: str) -> Account | None:
        return self._account(self.there) if self.there else None

    def look(self, account: Account) -> Account | None:
        return self._account(self.there) if self.there and self.there == account.vendor_id else None

    def remove(self, account: Account) -> None:
        mood = self._mood()
        if self.there is None:
            return
        if account.vendor_id != self.there:
            raise Conflict(self.key, detail="another account stands there")
        if mood == "away":
            raise Unreachable(self.key)
        self.removed.append((self.there, self.undoing))
        self.there = None
        self._after(mood)

    def resend(self, account: Account) -> None:
        """It is sent."""

    def link(self, account: Account) -> str:
        raise NotImplementedError

    def switch(self, account: Account, *, active: bool) -> None:
        raise NotImplementedError

    def _mood(self) -> str:
        return self.moods.pop(0) if self.moods else "fine"

    def _after(self, mood: str) -> None:
        if mood == "crash":
            raise Crash
        if mood == "silent":
            raise OutcomeUnknown(self.key, detail="read timeout")

    def _account(self, uuid: str) -> Account:
        return Account(provider="tencent", account="zhangwei", name="Zhang Wei", vendor_id=uuid, state="not_activated")


class Undoing(RuleBasedStateMachine):
    """Two colleagues ask for one person, admins work at the vendor's console, buttons are pressed, processes die."""

    @initialize()
    def start(self) -> None:
        self.folder, self.vendor, self.engine = mkdtemp(), Vendor(), Engine()
        tables = database(f"sqlite:///{Path(self.folder) / 'model.sqlite'}")
        # Nobody pulls the plug in this test: the disk need not be waited for.
        event.listen(tables, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        migrate(tables)
        register(tables, ["tencent"])
        policy, cipher = Policy(), Cipher()
        self.requests, outbox = Requests(tables, cipher), Outbox(tables, cipher, "me")
        people = ModelPeople(lambda request_id, outcome: None, self.engine._maybe_crash)
        relay = ModelRelay(outbox, people, policy.give_up)
        self.records = Records(tables, cipher, outbox)
        breaker = CircuitBreaker(tables, policy.failures_before_open, policy.shortest_probe, policy.longest_probe)
        clock: Any = lambda: self.engine.now  # noqa: E731 - one clock for both
        providers = {"tencent": self.vendor}
        self.workflow = Workflow(
            providers, self.requests, RateLimiter(tables), breaker, relay,
            Incidents(StoredIncidents(tables), relay), self.engine, policy, clock,
        )  # fmt: skip
        self.actions = Actions(
            providers, self.requests, self.records, FollowUps(tables, self.records), relay, self.engine, policy, clock
        )
        self.tables, self.asked = tables, 0

    def teardown(self) -> None:
        self.tables.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(moods=st.lists(st.sampled_from(["fine", "silent", "crash"]), max_size=2))
    def somebody_asks(self, moods: list[str]) -> None:
        self.asked += 1
        request = Request(
            id=f"V{self.asked}", provider="tencent", hire=dict(PERSON), requester="U1", channel="C1",
            accepted_at=self.engine.now,
        )  # fmt: skip
        self.vendor.moods = moods
        hire = TencentHire.model_validate(PERSON, context={"region": "CN"})
        before = f"V{self.asked - 1}"
        if self.requests.accept(request, hire.identity(), confirmed=before) is None:
            self.engine.accept(request)
            self.engine.work_off(self.workflow, self.actions)

    @rule(
        whose=st.integers(1, 4),
        round_=st.integers(0, 3),
        moods=st.lists(st.sampled_from(["fine", "silent", "crash", "away"]), max_size=3),
        dies_in=st.none() | st.integers(0, 3),
    )
    def undo_is_pressed(self, whose: int, round_: int, moods: list[str], dies_in: int | None) -> None:
        request = Request(id=f"V{whose}", provider="tencent", hire={}, requester="U1", accepted_at=0)
        self.vendor.moods, self.vendor.undoing = moods, request.id
        self.actions.begin(request.handle, Act(action="undo", round=round_, actor="U1", admin=True))
        self.engine.crash_in = dies_in
        self.engine.work_off(self.workflow, self.actions)
        self.engine.crash_in = None

    @rule()
    def somebody_creates_it_at_the_console(self) -> None:
        if self.vendor.there is None:
            self.vendor.make(CONSOLE)

    @rule()
    def somebody_deletes_it_at_the_console(self) -> None:
        self.vendor.there = None

    @rule(minutes=st.integers(1, 40))
    def time_goes_by(self, minutes: int) -> None:
        self.engine.now += 60.0 * minutes

    @invariant()
    def nothing_but_its_own_was_removed(self) -> None:
        for uuid, request_id in self.vendor.removed:
            assert self.vendor.made_by[uuid] == request_id

    @invariant()
    def what_says_removed_is_gone(self) -> None:
        for number in range(1, self.asked + 1):
            stored = self.records.get(f"V{number}")
            if stored and any(deed.kind == "removed" for deed in stored.record.deeds):
                account = getattr(stored.record.outcome, "account", None)
                assert account is None or account.vendor_id != self.vendor.there


TestUndo = Undoing.TestCase
TestUndo.settings = settings(max_examples=tries(150), stateful_step_count=15, deadline=None)


def test_the_model_undoes_at_all() -> None:
    """So that the property is not true for want of anything removed."""
    machine = Undoing()
    machine.start()
    machine.somebody_asks([])
    machine.undo_is_pressed(1, 0, [], None)
    assert machine.vendor.removed == [("WM0", "V1")]
    machine.teardown()


def test_an_invitation_that_is_sent_again_is_good_for_as_long_as_the_first() -> None:
    """future-agi/future-agi 2437: sent again, and still counted as the expired one."""
    machine = Undoing()
    machine.start()
    machine.somebody_asks([])
    machine.time_goes_by(40 * 60)
    request = Request(id="V1", provider="tencent", hire={}, requester="U1", accepted_at=0)
    machine.actions.begin(request.handle, Act(action="resend", round=0, actor="U1"))
    machine.engine.work_off(machine.workflow, machine.actions)
    stored = machine.records.get("V1")
    assert stored
    assert stored.record.account
    assert stored.record.account.invitation_expires_at == machine.engine.now + 24 * 3600
    machine.teardown()
