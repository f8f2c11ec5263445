"""Until the account is used: looked up after some days, told once, whatever comes between."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.onboarding.follow_up import BATCH, Crowds, FollowUp
from bot.onboarding.offers import standing
from bot.onboarding.policy import Policy
from bot.onboarding.relay import FINAL, CrowdContent, Relay, ReminderContent, UpdateContent
from bot.onboarding.workflow import first_look
from bot.outcome import Account, AccountState, ActionRequired, OutcomeUnknown, ProvisionError, Rejected, Unreachable
from bot.request import Final, Record, Reminder, Request, Standing
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.follow_ups import Due, FollowUps
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.records import Records, Stored
from bot.store.requests import Requests
from bot.store.tables import FOLLOW_UPS
from tests.conftest import BOTH_DATABASES

BEGAN = 1_800_000_000.0
DAY = 86400.0
ABILITIES = frozenset({"look", "resend", "link", "remove", "switch"})


class Vendor:
    """Accounts by name and what state they are in; None: nobody is there."""

    abilities = ABILITIES

    def __init__(self) -> None:
        self.states: dict[str, AccountState | None] = {}
        self.error: ProvisionError | None = None
        self.disliked: set[str] = set()
        self.asked: list[list[str]] = []
        self.while_asked = threading.Barrier(1)

    def look(self, account: Account) -> Account | None:
        if account.account in self.disliked:
            raise Rejected("tencent", code="190004")
        state = self.states[account.account]
        waits = state == "not_activated"
        return account.model_copy(update={"state": state, "activation_pending": waits}) if state else None

    def look_many(self, accounts: Sequence[Account]) -> list[Account | None]:
        self.asked.append([account.account for account in accounts])
        self.while_asked.wait(10)
        if self.error:
            raise self.error
        return [self.look(account) for account in accounts]


class Nobody(Relay):
    """Puts what is to be told and tells nothing."""

    def tell(self, letter_id: str) -> None:
        return None

    def _work_off(self, letter_id: str, known: object) -> None:
        self._give_back(letter_id)


class Use:
    """One newhire over a database; `again` is another process on it."""

    def __init__(self, engine: sa.Engine, vendor: Vendor | None = None, me: str = "me") -> None:
        self.engine, self.vendor, self.now, self.policy = engine, vendor or Vendor(), BEGAN, Policy()
        self.outbox = Outbox(engine, Cipher(), me)
        self.records = Records(engine, Cipher(), self.outbox)
        self.rows = FollowUps(engine, self.records)
        self.told: list[str] = []
        self.follow_up = FollowUp(
            {"tencent": self.vendor}, self.records, self.rows, self, self.standing, self.policy, lambda: self.now
        )

    def soon(self, letter_id: str) -> None:
        self.told.append(letter_id)

    def standing(self, stored: Stored) -> Standing:
        return standing(stored.record, ABILITIES, stored.round, self.now, self.policy.undo)

    def again(self, me: str = "other") -> Use:
        other = Use(self.engine, self.vendor, me)
        other.now = self.now
        return other

    def hire(self, request_id: str = "V1", state: AccountState = "not_activated") -> None:
        """Somebody asks, and the account is made."""
        account = Account(
            provider="tencent",
            account=request_id.lower(),
            name="Zhang Wei",
            vendor_id=f"uuid-{request_id}",
            state=state,
            activation_pending=state == "not_activated",
            invitation_expires_at=BEGAN + DAY,
        )
        self.vendor.states[account.account] = state
        request = Request(id=request_id, provider="tencent", hire={}, requester="U1", accepted_at=BEGAN)
        Requests(self.engine, Cipher()).accept(request, {"account": account.account})
        made = ActionRequired(account=account)
        record = Record(request=request, outcome=made, ended_at=BEGAN, made=True, account=account)
        relay = Nobody(self.outbox, None, self.policy.give_up)  # type: ignore[arg-type]
        due = first_look(record, ABILITIES, self.policy)
        relay.end(record, Standing(), nudge=False, admins=False, follow_up=due)

    def after(self, days: float) -> list[str]:
        """So long after the accounts were made: what is told then."""
        self.now, self.told = BEGAN + days * DAY, []
        self.follow_up.look()
        return sorted(self.told)

    def waiting(self) -> dict[str, float]:
        """Days after which somebody is looked up next, by request."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(FOLLOW_UPS.c.request_id, FOLLOW_UPS.c.due_at)).all()
        return {row[0]: (row[1] - BEGAN) / DAY for row in rows}

    def reminder(self, number: int = 0, request_id: str = "V1") -> Reminder:
        letter = self.outbox.letter(f"{request_id}/reminder/{number}")
        assert letter is not None
        return ReminderContent.model_validate_json(letter.content).reminder

    def message(self, request_id: str = "V1") -> Final:
        letter = self.outbox.letter(f"{request_id}/message")
        assert letter is not None
        assert letter.version > FINAL
        update = UpdateContent.model_validate_json(letter.content).update
        assert isinstance(update, Final)
        return update

    def record(self, request_id: str = "V1") -> Record:
        stored = self.records.get(request_id)
        assert stored is not None
        return stored.record


@pytest.fixture(params=BOTH_DATABASES)
def use(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Use]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield Use(engine)
    engine.dispose()


def test_a_row_is_written_only_for_who_has_to_activate(use: Use) -> None:
    use.hire()
    use.hire("V2", state="active")
    assert use.waiting() == {"V1": 1.0}


def test_without_a_schedule_nobody_is_looked_up(use: Use) -> None:
    use.policy = Policy(follow_up=())
    use.hire()
    assert use.waiting() == {}


def test_nobody_is_looked_up_before_their_day(use: Use) -> None:
    use.hire()
    assert use.after(0.99) == []
    assert use.vendor.asked == []


def test_who_has_not_activated_is_reminded_of_after_each_look_and_then_there_is_silence(use: Use) -> None:
    use.hire()
    assert use.after(1) == ["V1/reminder/0"]
    shown = use.reminder()
    assert (shown.last, shown.since, shown.at, shown.standing.offers[:2]) == (
        False,
        BEGAN,
        BEGAN + DAY,
        ("resend", "link"),
    )
    assert use.waiting() == {"V1": 3.0}
    assert use.after(2) == []
    assert use.after(3) == ["V1/reminder/1"]
    assert use.after(7) == ["V1/reminder/2"]
    assert use.reminder(2).last
    assert use.waiting() == {}
    assert use.after(100) == []
    assert use.record().account.invitation_expires_at == BEGAN + DAY  # type: ignore[union-attr]


def test_who_has_activated_is_seen_and_the_message_says_so(use: Use) -> None:
    use.hire()
    use.vendor.states["v1"] = "active"
    assert use.after(1) == ["V1/message"]
    shown = use.message()
    assert [(deed.kind, deed.by, deed.at) for deed in shown.standing.deeds] == [("activated", "", BEGAN + DAY)]
    assert not {"resend", "link"} & set(shown.standing.offers)
    assert (use.record().account.state, use.waiting()) == ("active", {})  # type: ignore[union-attr]


def test_once_activated_the_reminders_say_so_too(use: Use) -> None:
    use.hire()
    use.after(1)
    use.vendor.states["v1"] = "active"
    assert use.after(3) == ["V1/message", "V1/reminder/0"]
    assert use.reminder().standing.deeds[-1].kind == "activated"


@pytest.mark.parametrize("state", [None, "gone"])
def test_who_is_gone_is_followed_up_no_more(use: Use, state: AccountState | None) -> None:
    use.hire()
    use.vendor.states["v1"] = state
    assert use.after(1) == ["V1/message"]
    assert (use.record().account, use.message().standing.offers, use.waiting()) == (None, ("copy",), {})
    assert [deed.kind for deed in use.message().standing.deeds] == ["gone"]
    letter = use.outbox.letter("V1/message")
    assert letter
    use.outbox.told(letter, None, last=True)
    again = Request(id="V5", provider="tencent", hire={}, requester="U2", accepted_at=BEGAN)
    assert Requests(use.engine, Cipher()).accept(again, {"account": "v1"}) is None, "they can be asked for once more"


@pytest.mark.parametrize("state", ["disabled", "unknown"])
def test_who_waits_no_longer_and_is_not_active_is_not_said_to_be(use: Use, state: AccountState) -> None:
    use.hire()
    use.vendor.states["v1"] = state
    assert use.after(1) == ["V1/message"]
    assert (use.message().standing.deeds, use.waiting()) == ((), {})


def test_a_week_off_is_made_up_for_by_one_reminder(use: Use) -> None:
    use.hire()
    assert use.after(5) == ["V1/reminder/0"]
    assert use.waiting() == {"V1": 7.0}
    use.hire("V2")
    assert use.after(50) == ["V1/reminder/1", "V2/reminder/0"]
    assert use.waiting() == {}


def test_a_vendor_that_is_away_is_asked_again_in_some_minutes(use: Use) -> None:
    use.hire()
    use.vendor.error = Unreachable("tencent", detail="connect timeout")
    assert use.after(1) == []
    assert use.after(1 + 5 / 1440) == []
    assert len(use.vendor.asked) == 1
    use.vendor.error = None
    assert use.after(1 + 10 / 1440) == ["V1/reminder/0"]


def test_one_account_that_the_vendor_does_not_like_keeps_no_other_from_being_looked_up(use: Use) -> None:
    for number in range(3):
        use.hire(f"V{number}")
    use.vendor.disliked.add("v1")
    assert use.after(1) == ["V0/reminder/0", "V2/reminder/0"]
    assert use.waiting()["V1"] < 1.01


def test_of_many_they_are_reminded_at_once(use: Use) -> None:
    """Fifty of one class are one message, and not fifty; whoever has activated is none of them."""
    for number in range(50):
        use.hire(f"V{number}")
    use.vendor.states["v7"] = "active"
    message, letter_id = use.after(1)
    assert (message, letter_id.startswith("reminders/U1/tencent/")) == ("V7/message", True)
    letter = use.outbox.letter(letter_id)
    assert letter is not None
    people = CrowdContent.model_validate_json(letter.content).crowd.people
    assert sorted(account for _, account in people) == sorted(f"v{n}" for n in range(50) if n != 7)
    assert set(use.waiting().values()) == {3.0}


def test_an_answer_that_is_unclear_tells_nothing(use: Use) -> None:
    use.hire()
    use.vendor.error = OutcomeUnknown("tencent")
    assert use.after(1) == []
    assert use.waiting()


def test_many_are_looked_up_in_batches(use: Use) -> None:
    for number in range(BATCH + 3):
        use.hire(f"V{number}")
    (letter_id,) = set(use.after(1))
    letter = use.outbox.letter(letter_id)
    assert letter is not None
    assert len(CrowdContent.model_validate_json(letter.content).crowd.people) == BATCH + 3
    assert [len(asked) for asked in use.vendor.asked] == [BATCH, 3]


def test_what_was_done_meanwhile_ends_it_without_a_look(use: Use) -> None:
    use.hire()
    use.records.amend("V1", lambda record: record.model_copy(update={"account": None}), lambda stored: [])
    assert (use.after(1), use.vendor.asked, use.waiting()) == ([], [], {})


def test_what_is_done_while_the_vendor_is_asked_is_newer_than_its_answer(use: Use) -> None:
    use.hire()
    (due,) = use.rows.take("tencent", BEGAN + DAY, BEGAN + 2 * DAY, BATCH)
    use.records.amend("V1", lambda record: record.model_copy(update={"account": None}), lambda stored: [])
    use.follow_up._advance(due, use.vendor.look(Account(provider="tencent", account="v1", name="Zhang Wei")), Crowds(0))
    assert (use.told, use.record().account, use.waiting()) == ([], None, {})


def test_a_forgotten_request_leaves_no_row(use: Use) -> None:
    use.rows.begin("V9", "tencent", BEGAN)
    assert (use.after(1), use.waiting()) == ([], {})


def test_a_row_is_begun_once(use: Use) -> None:
    use.hire()
    use.rows.begin("V1", "tencent", BEGAN + 9 * DAY)
    assert use.waiting() == {"V1": 1.0}


def test_two_processes_ask_for_nobody_twice(use: Use) -> None:
    use.hire()
    other = use.again()
    use.now = BEGAN + DAY
    assert use.rows.take("tencent", use.now, use.now + 600, BATCH) == [Due("V1", 0)]
    assert other.after(1) == []


def test_two_that_have_both_looked_tell_once(use: Use) -> None:
    use.hire()
    other, seen = use.again(), use.vendor.look(Account(provider="tencent", account="v1", name="Zhang Wei"))
    use.now = other.now = BEGAN + DAY
    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(lambda one: one.follow_up._advance(Due("V1", 0), seen, Crowds(0)), [use, other]))
    assert sorted(told) == [[], ["V1/reminder/0"]]
    assert len(use.record().reminded) == 1


def test_what_was_not_looked_up_when_a_process_died_is_looked_up_by_the_next(use: Use) -> None:
    use.hire()
    use.rows.take("tencent", BEGAN + DAY, BEGAN + DAY + 600, BATCH)
    assert use.again().after(1.1) == ["V1/reminder/0"]


def test_the_reminder_is_no_place_of_the_request(use: Use) -> None:
    """Whoever asks for the same person again is led to the request's own message."""
    from bot.request import MessageRef

    use.hire()
    use.after(1)
    for letter_id, channel in (("V1/message", "C1"), ("V1/reminder/0", "D1")):
        letter = use.outbox.letter(letter_id)
        assert letter is not None
        use.outbox.told(letter, MessageRef(channel=channel, ts="1.0"), last=False)
    again = Request(id="V5", provider="tencent", hire={}, requester="U2", accepted_at=BEGAN)
    duplicate = Requests(use.engine, Cipher()).accept(again, {"account": "v1"})
    assert duplicate is not None
    assert duplicate.ref == MessageRef(channel="C1", ts="1.0")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    looks=st.lists(st.floats(0, 12), max_size=8),
    states=st.lists(st.sampled_from(["not_activated", "active", "disabled", None]), min_size=8, max_size=8),
)
def test_whenever_newhire_runs_nobody_is_reminded_more_often_than_the_schedule_says(
    tmp_path_factory: pytest.TempPathFactory, looks: list[float], states: list[AccountState | None]
) -> None:
    engine = database(f"sqlite:///{tmp_path_factory.mktemp('db') / 'newhire.sqlite'}")
    migrate(engine)
    use = Use(engine)
    use.hire()
    told: list[str] = []
    for day, state in zip(sorted(looks), states, strict=False):
        use.vendor.states["v1"] = state
        told += use.after(day)
    reminders = [letter for letter in told if "reminder" in letter]
    record = use.record()
    assert len(record.reminded) <= 3
    assert [deed.kind for deed in record.deeds] in ([], ["activated"], ["gone"])
    if "V1/message" not in told:
        assert len(reminders) == len(set(reminders)) == len(record.reminded)
    engine.dispose()
