"""Approval: asked where admins are, decided once by somebody else who may, and never acted on without it."""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import event

from bot.batch import Batch, Row
from bot.onboarding.approvals import Approvals, Rules
from bot.onboarding.batches import BatchRuns, Press, Read
from bot.onboarding.policy import Policy
from bot.providers.tencent import TencentHire
from bot.request import ApprovalState, Decision, Request
from bot.sandbox.world import World
from bot.spreadsheet.files import as_csv
from bot.store.approvals import Approvals as Stored
from bot.store.batches import Batches
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.limits import CircuitBreaker, register
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.records import Records
from bot.store.requests import Requests
from bot.store.tables import APPROVALS
from tests.conftest import tries
from tests.people import ADMINS, ALICE, LINA, MAX, Form, somebody, words
from tests.test_many import HEADER, gives_in, message_of, presses, rows_of


async def asks(bot: Any, user: str = ALICE, many: int = 3) -> tuple[Any, Any]:
    """Somebody asks to create so many: what the admins read, and what the requester does."""
    world: World = bot.world
    people = [somebody() for _ in range(many)]
    await gives_in(world, user, as_csv([HEADER, *rows_of(people)]), "july.csv")
    shown = await message_of(world, user, f"Ask for approval ({many})")
    await presses(world, user, shown, "create")
    waits = await message_of(world, user, "Waiting for approval")
    await world.slack.until(lambda slack: any("asks to create" in one["text"] for one in slack.messages[ADMINS]))
    return world.slack.messages[ADMINS][-1], waits


async def decides(world: World, user: str, message: Any, action: str) -> None:
    delivery = await world.slack.click(user, ADMINS, message["ts"], action)
    assert delivery.acked


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_another_admin_approves_and_whoever_asked_reads_who(another_bot: Any) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="bulk:3")
    world = bot.world
    asked, _ = await asks(bot)
    await decides(world, ALICE, asked, "approve")
    await world.slack.until(lambda slack: "You asked for this yourself" in str(slack.messages[ADMINS]))
    assert world.tencent.created == []
    await decides(world, LINA, asked, "approve")
    await message_of(world, ALICE, "Done", "Created, to be activated: 3")
    assert "Approved by Li Na" in words(asked)
    assert not [block for block in asked["blocks"] if block["type"] == "actions"]
    assert len(world.tencent.created) == 3


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_it_is_declined_with_a_reason_and_a_late_click_reads_whose_it_was(another_bot: Any) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="bulk:3", NEWHIRE_APPROVERS=f"{LINA},{ALICE}")
    world = bot.world
    asked, _ = await asks(bot, ALICE)
    before = [dict(block) for block in asked["blocks"]]
    world.slack.channels[ADMINS]["members"].add(MAX)
    await decides(world, MAX, asked, "approve")
    await world.slack.until(lambda slack: "You may not approve this" in str(slack.messages[ADMINS]))
    views = set(world.slack.views)
    await decides(world, LINA, asked, "decline")
    view = await world.slack.until(lambda slack: next(iter(set(slack.views) - views), None))
    await Form(world, LINA, str(view)).submit(reason="Not before *July*")
    await message_of(world, ALICE, "Declined by", "Not before")
    asked["blocks"] = before
    await decides(world, LINA, asked, "approve")
    await world.slack.until(lambda slack: f"<@{LINA}> 已拒绝" in str(slack.messages[ADMINS]))
    assert world.tencent.created == []


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_a_lone_approver_may_and_everybody_hears_of_it(another_bot: Any) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="bulk:2", NEWHIRE_APPROVERS=ALICE)
    asked, _ = await asks(bot)
    await decides(bot.world, ALICE, asked, "approve")
    await message_of(bot.world, ALICE, "Done")
    assert "approved their own request" in words(asked)


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_cancelled_needs_no_decision_and_few_need_none(another_bot: Any) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="bulk:3")
    world = bot.world
    asked, waits = await asks(bot)
    await presses(world, ALICE, waits, "cancel")
    await message_of(world, ALICE, "Cancelled")
    await world.slack.until(lambda _: "has cancelled it" in words(asked))
    people = [somebody() for _ in range(2)]
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "x.csv")
    await presses(world, ALICE, await message_of(world, ALICE, "Create 2"), "create")
    await message_of(world, ALICE, "Done")
    assert len(world.tencent.created) == 2


# --- the rules

FREE, PREMIUM, LEFT_TO_THE_VENDOR = {"account_type": 2}, {"account_type": 1}, {"name": "1"}


@pytest.mark.parametrize(
    ("rules", "one", "many"),
    [
        ([], [False, False, False], [False, False]),
        (["always"], [True, True, True], [True, True]),
        (["bulk:3"], [False, False, False], [False, True]),
        (["bulk:3", "bulk:2"], [False, False, False], [True, True]),
        (["huawei"], [False, False, False], [False, False]),
        (["tencent"], [True, True, True], [True, True]),
        (["tencent:1"], [False, True, True], [False, True]),
        (["huawei:1"], [False, False, False], [False, False]),
        (["tencent:2", "bulk:9"], [True, False, True], [True, True]),
    ],
)
def test_what_must_be_approved(rules: list[str], one: list[bool], many: list[bool]) -> None:
    """One with each licence; a list of two free ones, and one of three in which somebody leaves it to the vendor."""
    held = Rules(rules, {"tencent": "account_type", "huawei": None})
    assert [held.one("tencent", typed) for typed in (FREE, PREMIUM, LEFT_TO_THE_VENDOR)] == one
    lists: list[list[dict[str, Any]]] = [[FREE, FREE], [FREE, FREE, LEFT_TO_THE_VENDOR]]
    assert [held.many("tencent", len(each), each.copy) for each in lists] == many


# --- whatever comes between


class Nobody:
    """Tells nobody, and reads what it is given."""

    workers = 10

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.gap = 0.2
        self.form = TencentHire

    def soon(self, letter_id: str) -> None: ...

    def accept(self, request: Request, *, priority: int = 1) -> None:
        self.accepted[request.id] += 1

    def read(self, batch: Batch, source: str) -> Read:
        rows = [
            Row(
                number=number,
                line=number,
                cells=(str(number),),
                hire={"name": "A", "account": f"a{batch.id}x{number}", "phone": f"+861380013{number:04d}"},
            )
            for number in (1, 2, 3)
        ]
        return Read(batch, [(row, "ready") for row in rows])

    def again(self, batch: Batch, rows: Sequence[Row]) -> Read:
        return Read(batch, [(row, "ready") for row in rows])

    def last(self, provider: str) -> None: ...


class Crash(Exception):
    """The process dies."""


class Deciding(RuleBasedStateMachine):
    """One list, people who press whatever they like, time that goes by, processes that die between any two steps."""

    @initialize()
    def start(self) -> None:
        self.folder, self.nobody = mkdtemp(), Nobody()
        self.tables = database(f"sqlite:///{Path(self.folder) / 'model.sqlite'}")
        event.listen(self.tables, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        migrate(self.tables)
        register(self.tables, ["tencent"])
        self.approved_in_time = False
        self.dies = False
        self.begin()
        batch = Batch(id="B1", provider="tencent", requester="U1", given_at=1.0)
        self.runs.give_in(batch, "")
        self.runs.look()

    def begin(self) -> None:
        """A process, on what the last one left."""
        cipher, policy, outbox = Cipher(), Policy(), Outbox(self.tables, Cipher(), "me")
        requests = Requests(self.tables, cipher)
        self.approvals = Approvals(Stored(self.tables, cipher, outbox), self.nobody, policy, Rules(["bulk:2"]))
        breaker = CircuitBreaker(self.tables, 5, policy.shortest_probe, policy.longest_probe)
        nobody: Any = self.nobody
        self.runs = BatchRuns(
            {"tencent": nobody}, Batches(self.tables, cipher, outbox), requests, Records(self.tables, cipher, outbox),
            breaker, nobody, nobody, nobody, nobody, policy, self.approvals,
        )  # fmt: skip
        self.approvals.carry_out = self.carry_out

    def carry_out(self, approval: Any) -> bool:
        if self.dies:
            raise Crash
        if approval.asked.state == "approved":
            self.runs.approved(approval.subject, approval.asked.decided_by)
        elif approval.asked.state in ("declined", "expired"):
            self.runs.refused(approval.subject, approval.asked.decided_by, "", expired=False)
        return True

    def teardown(self) -> None:
        self.tables.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(move=st.sampled_from(["create", "first", "cancel", "pause", "resume", "stop"]), round_=st.integers(0, 4))
    def somebody_presses(self, move: Any, round_: int) -> None:
        stored = self.runs.batches.get("B1")
        assert stored
        if move != "first":
            self.runs.press(stored.batch.handle, Press(move, round_, "U1"))

    @rule(state=st.sampled_from(["approved", "declined"]), actor=st.sampled_from(["U2", "U3"]), dies=st.booleans())
    def somebody_decides(self, state: ApprovalState, actor: str, dies: bool) -> None:
        with self.tables.connect() as connection:
            handles = list(connection.execute(sa.select(APPROVALS.c.handle)).scalars())
        for handle in handles:
            decided = self.approvals.decide(handle, Decision(state=state, by=actor))
            self.approved_in_time |= decided.done and state == "approved"
        if dies:
            self.dies_while_it_looks()

    @rule()
    def dies_while_it_looks(self) -> None:
        self.dies = True
        with contextlib.suppress(Crash):
            self.approvals.look()
        self.dies = False
        self.begin()

    @rule()
    def a_day_goes_by(self) -> None:
        with self.tables.begin() as connection:
            connection.execute(sa.update(APPROVALS).values(expires_at=1.0))

    @rule()
    def newhire_looks(self) -> None:
        self.approvals.look()
        self.runs.look()

    @invariant()
    def nobody_is_created_without_an_approval_in_time(self) -> None:
        if hasattr(self, "runs") and not self.approved_in_time:
            assert not self.nobody.accepted

    @invariant()
    def nobody_is_asked_for_by_two_requests(self) -> None:
        if hasattr(self, "runs"):
            assert set(self.nobody.accepted) <= {"B1-1", "B1-2", "B1-3"}


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(max_examples=tries(80), stateful_step_count=12, deadline=None)


def test_the_model_creates_at_all() -> None:
    """So that the property is not true for want of anything created."""
    machine = Deciding()
    machine.start()
    machine.somebody_presses("create", 1)
    machine.somebody_decides("approved", "U2", dies=True)
    assert not machine.nobody.accepted
    machine.newhire_looks()
    assert sorted(machine.nobody.accepted) == ["B1-1", "B1-2", "B1-3"]
    machine.teardown()
