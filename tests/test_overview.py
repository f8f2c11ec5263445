"""Lists of requests: each reader's own, found by whoever they are for, and no slower for ten thousand of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.hire import known_by
from bot.onboarding.lists import Lists
from bot.outcome import Account, AlreadyExists, Created
from bot.request import Record, Request, Standing, State, Wanted
from bot.store import limits
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.incidents import Incidents
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.overview import EVERY, KINDS, Cursor, Overview, Page
from bot.store.records import Records
from bot.store.requests import Requests
from bot.store.tables import REQUESTS
from tests.conftest import BOTH_DATABASES

PROVIDERS = ["tencent", "huawei"]
START = 1_800_000_000.0


@pytest.fixture(params=BOTH_DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(engine)
    limits.register(engine, PROVIDERS)
    yield engine
    engine.dispose()


class Store:
    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.requests = engine, Requests(engine, Cipher())
        self.overview = Overview(engine, self.requests, PROVIDERS)

    def add(
        self,
        number: int,
        *,
        requester: str = "U1",
        provider: str = "tencent",
        kind: str | None = None,
        state: str = "accepted",
        **typed: str,
    ) -> str:
        request = Request(
            id=f"V{number}", provider=provider, hire=typed or {"name": f"Zhang {number}"}, requester=requester,
            requester_name="Li Na", accepted_at=0.0,
        )  # fmt: skip
        identity: dict[str, str] = {key: typed[key] for key in ("account", "phone", "email") if key in typed}
        assert self.requests.accept(request, identity) is None
        done = {"state": "done", "kind": kind, "finished_at": START + number + 0.5} if kind else {"state": state}
        with self.engine.begin() as connection:
            changed = sa.update(REQUESTS).where(REQUESTS.c.id == request.id)
            connection.execute(changed.values(accepted_at=START + number, **done))
        return request.id

    def found(self, text: str, requester: str | None = None, many: int = 10) -> list[str]:
        return ids(self.overview.find(known_by(text, "CN"), text, Wanted(requester=requester, many=many)))


def ids(page: Page) -> list[str]:
    return [row.id for row in page.rows]


@pytest.fixture
def store(engine: sa.Engine) -> Store:
    return Store(engine)


def test_a_page_shows_the_newest_and_only_ones_own(store: Store) -> None:
    for number in range(7):
        store.add(number, requester=f"U{number % 2}")
    assert ids(store.overview.page(Wanted(requester="U1", many=2))) == ["V5", "V3"]
    assert ids(store.overview.page(Wanted(requester="U2"))) == []
    everybody = store.overview.page(Wanted(requester=None, many=3))
    assert (ids(everybody), everybody.newer, everybody.older) == (["V6", "V5", "V4"], False, True)
    (first, *_) = everybody.rows
    person = store.overview.person(first)
    assert (person.name, person.requester_name, first.kind, first.waits) == (
        "Zhang 6",
        "Li Na",
        None,
        False,
    )


@pytest.mark.parametrize(
    "wanted", [Wanted(requester="U1"), Wanted(requester=None), Wanted(requester=None, state="open")]
)
def test_pages_lead_there_and_back_and_nothing_is_skipped(store: Store, wanted: Wanted) -> None:
    for number in range(7):
        store.add(number, provider=PROVIDERS[number % 2])
    with store.engine.begin() as connection:
        # Of the same moment.
        connection.execute(sa.update(REQUESTS).where(REQUESTS.c.id.in_(["V2", "V3", "V4"])).values(accepted_at=START))
    there: list[list[str]] = []
    cursor = ""
    while True:
        page = store.overview.page(wanted.model_copy(update={"cursor": cursor, "many": 3}))
        there.append(ids(page))
        if not page.older:
            break
        cursor = Cursor.beyond(page.rows[-1], "older")
    assert sorted(itertools.chain(*there)) == [f"V{number}" for number in range(7)]
    back = store.overview.page(wanted.model_copy(update={"cursor": Cursor.beyond(page.rows[0], "newer"), "many": 3}))
    assert (ids(back), back.newer, back.older) == (there[-2], True, True)


def test_a_filter_shows_what_is_in_that_state_at_that_provider(store: Store) -> None:
    for number, kind in enumerate(EVERY):
        store.add(number, kind=kind, provider="tencent")
        store.add(100 + number, kind=kind, provider="huawei")
    for state in get_args(State):
        page = store.overview.page(Wanted(requester=None, state=state, provider="huawei", many=20))
        assert {row.kind for row in page.rows} == set(KINDS[state])
        assert {row.provider for row in page.rows} == {"huawei"}
        both = store.overview.page(Wanted(requester=None, state=state, many=40))
        assert len(both.rows) == 2 * len(KINDS[state])
        assert [row.accepted_at for row in both.rows] == sorted((row.accepted_at for row in both.rows), reverse=True)
    assert len(store.overview.page(Wanted(requester=None, provider="tencent", many=40)).rows) == len(EVERY)


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_the_newest(text: str) -> None:
    assert Cursor.read(text) is None or text.startswith(("newer:", "older:"))


def test_somebody_is_found_by_account_phone_email_and_name(store: Store) -> None:
    typed = {"name": "Zhang  Wei", "account": "zhangwei", "phone": "+8613800138000", "email": "z.wei@example.com"}
    hers = store.add(1, **typed)
    store.add(2, name="Li Na", account="lina")
    again = store.add(3, requester="U2", name="zhang wei", account="zhangwei2")
    assert store.found("zhangwei") == store.found("ZHANGWEI") == [hers]
    assert store.found("138 0013 8000") == store.found("+86 13800138000") == [hers]
    assert store.found("Z.Wei@Example.com") == [hers]
    assert store.found("ZHANG wei") == [again, hers]
    assert store.found("Zhang Wei", many=1) == [again]
    assert store.found("Zhang Wei", requester="U1") == [hers]
    assert store.found("zhangwei", requester="U2") == []
    assert store.found("Zhang") == store.found("") == []


def test_a_namesake_is_no_duplicate_and_waits_for_nobody(store: Store) -> None:
    store.add(1, name="张伟", account="zhangwei1")
    store.requests.claim("V1", "announce")
    assert store.add(2, name="张伟", account="zhangwei2") == "V2"
    store.requests.claim("V2", "announce")
    assert not store.requests.ahead("V2", "tencent", {"account": "zhangwei2"})
    assert store.requests.taken("tencent", ["张伟"]) == set()


def test_no_name_is_in_the_table_in_clear(engine: sa.Engine) -> None:
    requests = Requests(engine, Cipher([Fernet.generate_key().decode()]))
    request = Request(id="V1", provider="tencent", hire={"name": "Zhang Wei"}, requester="U1", accepted_at=0.0)
    requests.accept(request, {})
    with engine.connect() as connection:
        assert "Zhang" not in str(connection.execute(sa.select(REQUESTS)).all())


def test_the_health_of_each_provider(store: Store) -> None:
    store.add(1, kind="Created")
    store.add(2, kind="ActionRequired")
    store.add(3, kind="Rejected")
    store.add(4, kind="Unreachable")
    store.add(5, state="waiting")
    incidents = Incidents(store.engine)
    opened = incidents.note("tencent", "down")
    incidents.note("tencent", "full")
    incidents.resolve("tencent", ["full"])
    tencent, huawei = store.overview.health()
    assert (tencent.succeeded_at, tencent.failed_at, tencent.waiting) == (START + 2.5, START + 4.5, 1)
    assert tencent.troubles == (("down", opened.since),)
    assert (huawei.succeeded_at, huawei.failed_at, huawei.waiting, huawei.troubles) == (None, None, 0, ())


def test_no_page_reads_more_than_it_shows(store: Store) -> None:
    """Whatever is asked for, the database goes by an index, and sorts at most what is on the pages."""
    if store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by the figures of the day")
    asked = [
        Wanted(requester="U1"),
        Wanted(requester=None),
        Wanted(requester=None, provider="tencent"),
        *(Wanted(requester=None, state=state) for state in get_args(State)),
    ]
    cursors = (None, Cursor(True, START, "x"), Cursor(False, START, "x"))
    with store.engine.connect() as connection:
        for wanted, cursor in itertools.product(asked, cursors):
            query = store.overview.query(wanted, cursor)
            text = str(query.compile(store.engine, compile_kwargs={"literal_binds": True}))
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            read = [line for line in plan if "newhire_requests" in line]
            assert read
            assert all("USING INDEX" in line for line in read), plan
            # Only all requests from their newest on are read along the index, until there are enough.
            assert all(line.startswith("SEARCH") for line in read) or (wanted, cursor) == (Wanted(requester=None), None)


def test_a_page_opens_one_sealed_text_for_each_of_its_requests(engine: sa.Engine) -> None:
    """Whether they have ended or not; and none of those that are on other pages."""
    opened = CountedCipher()
    requests, outbox = Requests(engine, opened), Outbox(engine, opened, "me")
    for number in range(12):
        request = Request(id=f"V{number}", provider="tencent", hire={"name": "A"}, requester="U1", accepted_at=0.0)
        assert requests.accept(request, {}) is None
        if number % 2:
            record = Record(
                request=request,
                outcome=Created(account=Account(provider="tencent", account="a", name="A")),
                ended_at=1.0,
            )
            outbox.end(request.id, "Created", record.model_dump_json(), [])
    actions: Any = SimpleNamespace(standing=lambda stored: Standing())
    records = Records(engine, opened, outbox)
    lists = Lists(Overview(engine, requests, PROVIDERS), records, actions, "CN")
    opened.many = 0
    assert [row.person.name for row in lists.page(Wanted(requester=None, many=4)).rows] == ["A"] * 4
    assert opened.many == 4


class CountedCipher(Cipher):
    many = 0

    def decrypt(self, stored: str) -> str:
        self.many += 1
        return super().decrypt(stored)


def test_of_somebody_elses_account_a_list_shows_nothing(engine: sa.Engine) -> None:
    """Found by the phone number, under another account and name: only what the requester typed is theirs to read."""
    store = Store(engine)
    request_id = store.add(1, name="Zhang Wei", account="zhangwei", phone="+8613800138000")
    request = Request(id=request_id, provider="tencent", hire={"account": "zhangwei"}, requester="U1", accepted_at=0.0)
    theirs = Account(provider="tencent", account="li.na", name="Li Na", phone="13800138000")
    record = Record(request=request, outcome=AlreadyExists(account=theirs, differences=("account",)), ended_at=1.0)
    outbox = Outbox(engine, Cipher(), "me")
    outbox.end(request_id, record.outcome.kind, record.model_dump_json(), [])
    records, clock = Records(engine, Cipher(), outbox), lambda: 1.0
    actions: Any = SimpleNamespace(standing=lambda stored: Standing())
    (row,) = Lists(store.overview, records, actions, "CN", clock).page(Wanted(requester="U1")).rows
    assert row.kind == "AlreadyExists"
    assert "li.na" not in row.model_dump_json()
    assert row.person.account == "zhangwei"
