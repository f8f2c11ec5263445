"""However long newhire has lived: what people wait for, and what a start does, costs the database no more steps.

The steps are those of SQLite's virtual machine, which are the same in every run; a table that is read from end to end takes some
for each of its rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from bot.outcome import Account, Created
from bot.request import Record, Request, State, Wanted
from bot.store import limits
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.follow_ups import FollowUps
from bot.store.homes import Homes
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.overview import Overview
from bot.store.records import Records
from bot.store.requests import Requests
from tests.filled import TABLES, copy

FEW, MANY = 20, 600
LATER, NEVER = 4e9, 0.0


class Store:
    """A database with that many finished requests of one person, none of them old."""

    def __init__(self, file: Path, many: int) -> None:
        self.engine = database(f"sqlite:///{file}")
        migrate(self.engine)
        limits.register(self.engine, ["tencent"])
        self.requests, self.homes = Requests(self.engine, Cipher()), Homes(self.engine)
        self.outbox = Outbox(self.engine, Cipher(), "me")
        self.records = Records(self.engine, Cipher(), self.outbox)
        self.follow_ups = FollowUps(self.engine, self.records)
        self.overview = Overview(self.engine, self.requests, ["tencent", "huawei"])
        self._finish_one()
        self.engine.dispose()
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.row_factory = sqlite3.Row
            for name in TABLES:
                if name.startswith("newhire_"):
                    copy(connection, name, "V1", many - 1, Cipher())
        self.steps = 0
        sa.event.listen(self.engine, "connect", lambda connection, _: connection.set_progress_handler(self._step, 1))

    def _finish_one(self) -> None:
        self.accept("V1", "a")
        request = Request(id="V1", provider="tencent", hire={"name": "A"}, requester="U1", accepted_at=0.0)
        account = Account(provider="tencent", account="a", name="A")
        record = Record(request=request, outcome=Created(account=account), ended_at=1.0)
        assert self.outbox.begin("V1", "V1/message", "{}") is not None
        self.outbox.end("V1", "Created", record.model_dump_json(), [])
        self.follow_ups.begin("V1", "tencent", LATER)
        with self.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE newhire_outbox SET told = version")
            connection.exec_driver_sql("UPDATE newhire_requests SET state = 'done', finished_at = accepted_at")

    def _step(self) -> int:
        self.steps += 1
        return 0

    def accept(self, request_id: str, account: str) -> None:
        request = Request(id=request_id, provider="tencent", hire={"name": "A"}, requester="U1", accepted_at=0.0)
        assert self.requests.accept(request, {"account": account, "email": f"{account}@example.com"}) is None


ASKED: dict[str, Callable[[Store], Any]] = {
    "a form is opened": lambda of: of.requests.taken("tencent", ["a", "b"]),
    "a form is checked": lambda of: of.requests.under_way("U1"),
    "a form is sent": lambda of: of.accept("V2", "b"),
    "one's own requests": lambda of: of.overview.page(Wanted(requester="U1")),
    "all requests": lambda of: of.overview.page(Wanted(requester=None)),
    **{
        f"all that are {state}": lambda of, state=state: of.overview.page(Wanted(requester=None, state=state))  # type: ignore[misc]
        for state in get_args(State)
    },
    "their records": lambda of: of.records.all_of(["V1", "V1X1"]),
    "how the providers do": lambda of: of.overview.health(),
    "whether there is news": lambda of: of.homes.news(),
    "a button's request": lambda of: of.records.request_of("handle"),
    "whose turn it is": lambda of: of.requests.ahead("V1", "tencent", {"account": "a"}),
    "the backlog": lambda of: of.requests.backlog("tencent"),
    "who is to be looked up": lambda of: of.follow_ups.take("tencent", NEVER, LATER, 100),
    "the start: what was not told": lambda of: of.outbox.take_over(None),
    "the start: what was clicked": lambda of: of.records.under_way(),
    "the start: what is old": lambda of: of.requests.forget(NEVER),
    "the start: messages that are old": lambda of: of.outbox.forget(NEVER),
    "the start: what nobody confirmed": lambda of: of.requests.drop_unconfirmed(LATER, lambda request_id: True),
    "the start: what the audit has of people": lambda of: of.requests.audit.housekeep(1000.0, 1000.0),
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    folder = tmp_path_factory.mktemp("reads")
    both = Store(folder / "few.sqlite", FEW), Store(folder / "many.sqlite", MANY)
    yield both
    for store in both:
        store.engine.dispose()


@pytest.mark.parametrize("what", ASKED)
def test_it_takes_no_more_steps_for_many_requests_than_for_few(stores: tuple[Store, Store], what: str) -> None:
    steps = []
    for store in stores:
        with store.engine.connect():
            pass  # connecting has steps of its own
        store.steps = 0
        ASKED[what](store)
        steps.append(store.steps)
    few, many = steps
    assert 0 < many <= few * 1.2 + 20


@pytest.mark.parametrize(
    "what", ["a form is checked", "the start: what nobody confirmed", "the start: what was not told"]
)
def test_of_what_is_unfinished_the_database_plans_to_read_nothing_else(stores: tuple[Store, Store], what: str) -> None:
    """With two indexes that seem as good SQLite takes now this, now that one; of these statements only one is good."""
    store = stores[0]
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    sa.event.listen(store.engine, "before_cursor_execute", note)
    ASKED[what](store)
    sa.event.remove(store.engine, "before_cursor_execute", note)
    with store.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1])]
    assert plan[0].endswith(("newhire_requests_under_way", "newhire_outbox_untold"))
