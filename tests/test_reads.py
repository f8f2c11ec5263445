"""However long newhire has lived: what people wait for, and what a start does, goes by an index and reads no whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.request import Request, Wanted
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

SMALL = ("newhire_providers", "newhire_cipher", "newhire_incidents", "newhire_migrations")
"""They do not grow with the requests."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = database(f"sqlite:///{tmp_path / 'newhire.sqlite'}")
    migrate(engine)
    limits.register(engine, ["tencent"])
    yield engine
    engine.dispose()


class Everything:
    def __init__(self, engine: sa.Engine) -> None:
        cipher = Cipher()
        self.requests, self.homes = Requests(engine, cipher), Homes(engine)
        self.outbox = Outbox(engine, cipher, "me")
        self.records = Records(engine, cipher, self.outbox)
        self.follow_ups = FollowUps(engine, self.records)
        self.overview = Overview(engine, self.requests, ["tencent", "huawei"])

    def accept(self) -> None:
        request = Request(id="V1", provider="tencent", hire={"name": "A"}, requester="U1", accepted_at=0.0)
        self.requests.accept(request, {"account": "a", "email": "a@example.com"}, "secret")


_OWN = Wanted(requester="U1")

ASKED: dict[str, Callable[[Everything], Any]] = {
    "a form is opened": lambda of: of.requests.taken("tencent", ["a", "b"]),
    "a form is checked": lambda of: of.requests.under_way("U1"),
    "a form is sent": Everything.accept,
    "a Home tab: one's own": lambda of: of.records.all_of([row.id for row in of.overview.page(_OWN).rows]),
    "a Home tab: how the providers do": lambda of: of.overview.health(),
    "a Home tab: news": lambda of: of.homes.news(),
    "a button": lambda of: of.records.request_of("handle"),
    "the start: what was not told": lambda of: of.outbox.take_over(None),
    "the start: what was clicked": lambda of: of.records.under_way(),
    "follow-up": lambda of: of.follow_ups.take("tencent", 0.0, 1.0, 100),
    "the backlog": lambda of: of.requests.backlog("tencent"),
    "what is kept of people leaves": lambda of: of.requests.audit.forget_people(0.0),
}


@pytest.mark.parametrize("what", ASKED)
def test_no_whole_table_is_read(engine: sa.Engine, what: str) -> None:
    everything = Everything(engine)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not many:
            asked.append((statement, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    ASKED[what](everything)
    sa.event.remove(engine, "before_cursor_execute", note)
    assert asked
    with engine.connect() as connection:
        for statement, values in asked:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [line for line in plan if _reads_all(line)], (statement, plan)


def _reads_all(line: str) -> bool:
    """A partial index holds what is unfinished alone, and may be read from end to end."""
    unfinished = ("newhire_outbox_untold", "newhire_actions_under_way")
    return line.startswith("SCAN newhire_") and not any(name in line for name in (*SMALL, *unfinished))
