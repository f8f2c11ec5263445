"""What a week came to is said on Mondays at nine, once, and late rather than never."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.onboarding.digest import LISTED, Digests, monday_before
from bot.onboarding.policy import Policy
from bot.onboarding.relay import AlertContent
from bot.onboarding.seats import SeatCounts
from bot.outcome import Account, ActionRequired, Created, NoSeatLeft, Outcome, Rejected
from bot.providers.contract import Seats
from bot.request import Digest, Record, Request
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.records import Records
from bot.store.requests import Requests
from bot.store.said import Said
from bot.store.tables import REQUESTS
from tests.conftest import BOTH_DATABASES
from tests.test_seats import TENCENT, Vendor

MONDAY = dt.datetime(2026, 11, 23, 9)
HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


class Titled(Vendor):
    title = TENCENT.title


class Use:
    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.now, self.told = engine, MONDAY, list[str]()
        self.outbox = Outbox(engine, Cipher(), "me")
        self.records, said = Records(engine, Cipher(), self.outbox), Said(engine, self.outbox)
        vendors = {"tencent": Titled(Seats("9", 50, 48))}
        seats = SeatCounts(vendors, said, self, 0, Policy())
        self.digests = Digests(vendors, self.records, seats, said, self, lambda: self.now.timestamp())

    def soon(self, letter_id: str) -> None:
        self.told.append(letter_id)

    def at(self, now: dt.datetime) -> Digest | None:
        """What the admins read then."""
        self.now, self.told = now, []
        self.digests.look()
        if not self.told:
            return None
        letter = self.outbox.letter(self.told[0])
        assert letter is not None
        found = AlertContent.model_validate_json(letter.content).alert
        assert isinstance(found, Digest)
        return found

    def ended(self, number: int, outcome: Outcome, when: dt.datetime) -> None:
        at = when.timestamp()
        request = Request(
            id=f"V{number}",
            provider="tencent",
            hire={"name": f"Zhang {number}"},
            requester="U1",
            requester_name="Alice",
            accepted_at=at,
        )
        Requests(self.engine, Cipher()).accept(request, {"account": f"zhang{number}"})
        account = outcome.account if isinstance(outcome, Created | ActionRequired) else None
        record = Record(request=request, outcome=outcome, ended_at=at, account=account)
        self.outbox.end(request.id, outcome.kind, record.model_dump_json(), [])
        with self.engine.begin() as connection:
            connection.execute(sa.update(REQUESTS).where(REQUESTS.c.id == request.id).values(accepted_at=at))


def account(state: str = "active") -> Account:
    return Account.model_validate({"provider": "tencent", "account": "zhang", "name": "Zhang", "state": state})


@pytest.fixture(params=BOTH_DATABASES)
def use(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Use]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield Use(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (MONDAY, MONDAY),
        (MONDAY - dt.timedelta(seconds=1), MONDAY - 7 * DAY),
        (MONDAY + 7 * DAY - HOUR, MONDAY),
        (MONDAY + 3 * DAY, MONDAY),
    ],
)
def test_a_week_begins_on_monday_at_nine(now: dt.datetime, monday: dt.datetime) -> None:
    assert monday_before(now) == monday


def test_a_week_is_said_once_over_all_processes_and_starts(use: Use) -> None:
    assert use.at(MONDAY) is not None
    assert use.at(MONDAY + HOUR) is None
    assert Use(use.engine).at(MONDAY + 2 * HOUR) is None
    assert use.at(MONDAY + 7 * DAY - HOUR) is None
    assert use.at(MONDAY + 7 * DAY) is not None


def test_a_machine_that_was_off_on_monday_says_it_when_it_is_back(use: Use) -> None:
    said = use.at(MONDAY + 3 * DAY)
    assert said is not None
    assert (said.since, said.until) == ((MONDAY - 7 * DAY).timestamp(), MONDAY.timestamp())


def test_it_counts_the_seven_days_before_its_monday(use: Use) -> None:
    use.ended(1, Created(account=account()), MONDAY - 7 * DAY - HOUR)
    use.ended(2, Created(account=account()), MONDAY - 7 * DAY)
    use.ended(3, ActionRequired(account=account()), MONDAY - HOUR)
    use.ended(4, NoSeatLeft("tencent").failure, MONDAY - DAY)
    use.ended(5, Rejected("tencent").failure, MONDAY - DAY)
    use.ended(6, Rejected("tencent").failure, MONDAY - 2 * DAY)
    use.ended(7, Created(account=account()), MONDAY)
    said = use.at(MONDAY + HOUR)
    assert said is not None
    assert (said.created, said.failed, said.waiting) == (2, (("NoSeatLeft", 1), ("Rejected", 2)), ())
    assert [(one.provider.en, one.licence and one.licence.en, one.free, one.total) for one in said.seats] == [
        ("Tencent Meeting", "Premium (2.0 editions)", 2, 50)
    ]


def test_whoever_has_not_activated_is_named_however_long_ago(use: Use) -> None:
    for number in range(LISTED + 2):
        use.ended(number, ActionRequired(account=account("not_activated")), MONDAY - 20 * DAY + number * HOUR)
    said = use.at(MONDAY)
    assert said is not None
    assert (len(said.waiting), said.more) == (LISTED, 2)
    first = said.waiting[0]
    assert (first.name, first.account, first.requester) == ("Zhang 0", "zhang", "Alice")
