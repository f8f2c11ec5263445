"""What the workflow says while it waits, and what it concludes about a provider: over real tables, a model engine and vendor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.onboarding.incidents import Incidents
from bot.onboarding.policy import Policy
from bot.onboarding.workflow import Checkpoint, Workflow, first_look
from bot.outcome import (
    Account,
    AccountState,
    Created,
    Outcome,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
)
from bot.providers.tencent import Tencent, TencentHire
from bot.request import Alert, AwaitsApproval, Incident, InLine, Late, Record, Request, Standing, Stuck, Unsure, Update
from bot.store import limits
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.incidents import Incidents as Stored
from bot.store.limits import CircuitBreaker, RateLimiter
from bot.store.migrate import migrate
from bot.store.requests import BEGUN, Requests
from tests.test_interleavings import ModelEngine

ACCOUNT = Account(provider="tencent", account="zhangwei", name="Zhang Wei")
SILENT = OutcomeUnknown("tencent", detail="read timeout")
AWAY = Unreachable("tencent", detail="connection refused")


@dataclass
class Vendor:
    """Answers what it is told to, one after the other; the last one again and again."""

    sends: list[ProvisionError | Account] = field(default_factory=lambda: [ACCOUNT])
    looks: list[ProvisionError | Account | None] = field(default_factory=lambda: [None])
    form: type[TencentHire] = TencentHire
    abilities: frozenset[str] = Tencent.abilities

    def create(self, hire: TencentHire, request_id: str) -> Account:
        said = self.sends.pop(0) if len(self.sends) > 1 else self.sends[0]
        if isinstance(said, ProvisionError):
            raise said
        return said

    def find(self, hire: TencentHire, request_id: str) -> Account | None:
        said = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(said, ProvisionError):
            raise said
        return said


@dataclass
class Heard:
    """Everything that people are told."""

    updates: list[Update] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    outcomes: list[tuple[Outcome, bool, bool]] = field(default_factory=list)
    records: list[tuple[Record, Standing]] = field(default_factory=list)
    follow_ups: list[float | None] = field(default_factory=list)

    def begin(self, request: Request, first: AwaitsApproval | None = None) -> None:
        if first is not None:
            self.updates.append(first)

    def update(self, request: Request, update: Update, version: int) -> None:
        self.updates.append(update)

    def alert(self, key: str, alert: Alert, request: Request | None = None, version: int = 1) -> None:
        self.alerts.append(alert)

    def end(self, record: Record, standing: Standing, *, nudge: bool, admins: bool, follow_up: float | None) -> None:
        self.follow_ups.append(follow_up)
        self.records.append((record, standing))
        self.outcomes.append((record.outcome, nudge, admins))


class Use:
    """The use case, and a clock that goes on by itself while somebody waits."""

    def __init__(self, folder: Path) -> None:
        tables = database(f"sqlite:///{folder / 'newhire.sqlite'}")
        migrate(tables)
        limits.register(tables, ["tencent"])
        self.engine, self.vendor, self.heard, self.policy = ModelEngine(), Vendor(), Heard(), Policy()
        self.requests, self.tables = Requests(tables, Cipher()), tables
        policy = self.policy
        self.breaker = CircuitBreaker(tables, policy.failures_before_open, policy.shortest_probe, policy.longest_probe)
        self.workflow = Workflow(
            {"tencent": self.vendor},
            self.requests,
            RateLimiter(tables),
            self.breaker,
            self.heard,
            Incidents(Stored(tables), self.heard),
            self.engine,
            policy,
            clock=lambda: self.engine.now,
        )

    def request(self, request_id: str = "V1", account: str = "zhangwei") -> Request:
        hire = {"name": "Zhang Wei", "account": account, "phone": "+8613800138000"}
        request = Request(
            id=request_id, provider="tencent", hire=dict(hire), requester="U1", accepted_at=self.engine.now
        )
        self.requests.accept(request, {"account": account}, confirmed="V1")
        self.requests.claim(request_id, BEGUN)
        self.engine.runs[request_id] = (self.engine.now, request, Checkpoint().model_dump(mode="json"))
        return request

    def go_on(self, runs: int = 1) -> None:
        for _ in range(runs):
            if self.engine.runs:
                self.engine.run(min(self.engine.runs, key=lambda run: self.engine.runs[run][0]), self.workflow.run)


@pytest.fixture
def use(tmp_path: Path) -> Iterator[Use]:
    made = Use(tmp_path)
    yield made
    made.tables.dispose()


def test_our_own_pace_says_nothing_about_the_provider(use: Use) -> None:
    """The circuit is open, and a probe is kept back by our own pace: that is no answer of the provider's."""
    for _ in range(use.policy.failures_before_open):
        use.breaker.failed("tencent")
    with use.tables.begin() as connection:
        connection.exec_driver_sql("update newhire_providers set probe_at = 0")
    use.vendor.sends = [RateLimited("tencent", retry_after=20.0, reached_vendor=False)]
    use.request()
    use.go_on()
    assert not use.breaker.circuit("tencent").closed


def test_after_fifteen_seconds_there_is_a_word(use: Use) -> None:
    """Before that "creating ..." says enough."""
    use.vendor.sends = [RateLimited("tencent", code="429", retry_after=10.0), ACCOUNT]
    use.vendor.looks = [RateLimited("tencent", code="429", retry_after=10.0), None]
    use.request()
    use.go_on()
    assert use.heard.updates == []
    use.go_on()
    assert use.heard.updates == []
    use.engine.now += 10
    use.vendor.looks = [RateLimited("tencent", code="429", retry_after=10.0), None]
    use.go_on()
    assert [type(one) for one in use.heard.updates] == [Late]
    use.go_on(3)
    assert [outcome.kind for outcome, _, _ in use.heard.outcomes] == ["Created"]


def test_what_is_not_known_is_said_after_some_looks_and_alarms_nobody(use: Use) -> None:
    use.vendor.sends, use.vendor.looks = [SILENT], [Rejected("tencent", code="9", words="?")]
    use.request()
    use.go_on()
    assert [type(one) for one in use.heard.updates] == [Unsure]
    assert use.heard.alerts == []


def test_the_admins_hear_once_of_a_request_that_is_stuck(use: Use) -> None:
    use.vendor.sends, use.vendor.looks = [SILENT], [Rejected("tencent", code="9", words="?")]
    use.request()
    use.go_on()
    use.engine.now += use.policy.patience.total_seconds()
    use.go_on(3)
    assert [type(one) for one in use.heard.alerts] == [Stuck]


def test_a_provider_that_limits_for_long_is_one_incident_for_all(use: Use) -> None:
    use.vendor.sends = [RateLimited("tencent", code="429", retry_after=60.0)]
    use.vendor.looks = [RateLimited("tencent", code="429", retry_after=60.0)]
    for number in range(3):
        use.request(f"V{number}", f"zhangwei{number}")
    use.go_on(3)
    use.engine.now += use.policy.patience.total_seconds()
    use.go_on(6)
    told = [one for one in use.heard.alerts if isinstance(one, Incident)]
    assert len(told) == len(use.heard.alerts) == 3
    assert [(one.cause, one.affected) for one in told] == [("limited", 1), ("limited", 2), ("limited", 3)]
    assert len({one.id for one in told}) == 1


@pytest.mark.slow
def test_an_outage_is_an_incident_and_people_wait_in_line(use: Use) -> None:
    use.vendor.sends = [AWAY]
    for number in range(3):
        use.request(f"V{number}", f"zhangwei{number}")
    use.go_on(12)
    assert {type(one) for one in use.heard.alerts} == {Incident}
    assert InLine in {type(one) for one in use.heard.updates}
    use.vendor.sends = [ACCOUNT]
    with use.tables.begin() as connection:
        connection.exec_driver_sql("update newhire_providers set probe_at = 0")
    use.go_on(6)
    last = use.heard.alerts[-1]
    assert isinstance(last, Incident)
    assert last.resolved_at is not None


def test_behind_somebody_elses_request_nothing_of_ours_is_in_doubt(use: Use) -> None:
    """Nothing was sent for the second request: people read that it waits, not that nobody knows."""
    use.vendor.sends, use.vendor.looks = [SILENT], [AWAY]
    use.request("V1")
    use.go_on()
    use.request("V2")
    second = next(run for run in use.engine.runs if run == "V2")
    use.engine.run(second, use.workflow.run)
    use.engine.now += 60
    with use.tables.begin() as connection:
        connection.exec_driver_sql("update newhire_requests set state = 'done' where id = 'V1'")
    use.heard.updates.clear()
    for _ in range(3):
        use.engine.run(next(run for run in use.engine.runs if run.startswith("V2")), use.workflow.run)
    assert {type(one) for one in use.heard.updates} == {Late}


@pytest.mark.parametrize(("seconds", "nudged"), [(0, False), (120, True)])
def test_who_waited_long_is_nudged(use: Use, seconds: float, nudged: bool) -> None:
    use.request()
    use.engine.now += seconds
    use.go_on()
    assert [nudge for _, nudge, _ in use.heard.outcomes] == [nudged]


def test_who_reads_a_failure_is_nudged(use: Use) -> None:
    use.vendor.sends = [Rejected("tencent", code="41001", field="email")]
    use.request()
    use.go_on()
    assert [(outcome.kind, nudge, admins) for outcome, nudge, admins in use.heard.outcomes] == [
        ("Rejected", True, True)
    ]


def test_an_account_that_waits_for_its_person_is_looked_up_on_the_first_day_of_the_schedule(use: Use) -> None:
    assert first_look(_record("not_activated"), {"look"}, use.policy) == 5.0 + 86400
    assert first_look(_record("not_activated"), set(), use.policy) is None
    assert first_look(_record("active"), {"look"}, use.policy) is None
    assert first_look(_record("not_activated"), {"look"}, Policy(follow_up=())) is None


def _record(state: AccountState) -> Record:
    account = Account(provider="tencent", account="zhangwei", name="Zhang Wei", state=state)
    request = Request(id="V1", provider="tencent", hire={}, requester="U1", accepted_at=1.0)
    return Record(request=request, outcome=Created(account=account), ended_at=5.0, account=account)
