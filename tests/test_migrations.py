"""From the tables of any version to today's: on both databases, once, by whoever comes first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store import migrate as migrations
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import NEWEST, VERSION_TABLE, NewerDatabase, migrate
from bot.store.outbox import Draft, Outbox
from bot.store.tables import METADATA
from tests.conftest import BOTH_DATABASES

SCRIPTS = ScriptDirectory(str(Path(migrations.__file__).parent / "migrations"))

MADE_BY_0_1_0 = (
    "insert into newhire_requests (id, provider, requester, channel, ts, state, kind, accepted_at) values "
    "('V1', 'tencent', 'U1', 'C1', '1.5', 'accepted', null, 1795308906.0), "
    "('V2', 'tencent', 'U1', 'C1', '2.5', 'done', 'Created', 1795308906.0), "
    "('V3', 'tencent', 'U1', null, null, 'waiting', null, 1795308906.0)",
    "insert into newhire_marks (request_id, mark) values ('V1', 'abc')",
    "insert into newhire_sends (request_id, what, at) values ('V1', 'announce', 1.0), ('V1', 'send 1', 2.0)",
    "insert into newhire_passwords (request_id, sealed) values ('V1', 'gAAAA')",
    "insert into newhire_seal (id, sample) values (1, 'newhire')",
    "insert into newhire_providers (provider, aside, failures) values ('tencent', 1, 7)",
)


@pytest.fixture(params=BOTH_DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


def as_of_0_1_0(engine: sa.Engine) -> None:
    """The tables as 0.1.0 made them, without a word about migrations, and a row in each."""
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", SCRIPTS.dir)
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(sa.text(f"drop table {VERSION_TABLE}"))
        for statement in MADE_BY_0_1_0:
            connection.execute(sa.text(statement))


def rows(engine: sa.Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_the_newest_migration_is_the_one_that_this_version_needs() -> None:
    assert SCRIPTS.get_heads() == [NEWEST]


@pytest.mark.parametrize("old", [False, True], ids=["new", "migrated"])
def test_every_database_has_todays_tables(engine: sa.Engine, old: bool) -> None:
    """A new one is made as it is, an old one comes there step by step."""
    if old:
        as_of_0_1_0(engine)
    migrate(engine)
    assert rows(engine, f"select version_num from {VERSION_TABLE}") == [(NEWEST,)]
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        ours = [change for change in compare_metadata(context, METADATA) if "dbos" not in str(change)]
    assert ours == []


def test_the_tables_of_0_1_0_keep_what_they_held(engine: sa.Engine) -> None:
    as_of_0_1_0(engine)
    migrate(engine)
    assert rows(engine, "select id, state, content from newhire_requests order by id") == [
        ("V1", "accepted", None),
        ("V2", "done", None),
        ("V3", "waiting", None),
    ]
    assert rows(engine, "select request_id, fingerprint from newhire_fingerprints") == [("V1", "abc")]
    assert rows(engine, "select key from newhire_idempotency_keys order by at") == [("announce",), ("send 1",)]
    assert rows(engine, "select encrypted from newhire_passwords") == [("gAAAA",)]
    assert rows(engine, "select sample from newhire_cipher") == [("newhire",)]
    assert rows(engine, "select circuit_open, failures from newhire_providers") == [(1, 7)]


def test_messages_of_unfinished_requests_are_known_and_will_be_edited(engine: sa.Engine) -> None:
    as_of_0_1_0(engine)
    migrate(engine)
    outbox = Outbox(engine, Cipher(), "me")
    assert outbox.letter("V1/message") is None, "nothing is told before there is something new"
    assert outbox.put(Draft("V1/message", "V1", "{}", 2))
    letter = outbox.letter("V1/message")
    assert letter is not None
    assert letter.ref is not None
    assert (letter.ref.channel, letter.ref.ts) == ("C1", "1.5")
    assert rows(engine, "select request_id from newhire_outbox") == [("V1",)]


def test_a_second_start_changes_nothing(engine: sa.Engine) -> None:
    as_of_0_1_0(engine)
    migrate(engine)
    before = rows(engine, "select * from newhire_outbox")
    migrate(engine)
    assert rows(engine, "select * from newhire_outbox") == before


def test_several_processes_may_start_at_once(postgres_url: str) -> None:
    engines = [database(postgres_url) for _ in range(4)]
    as_of_0_1_0(engines[0])
    together = threading.Barrier(len(engines))

    def start(engine: sa.Engine) -> None:
        together.wait()
        migrate(engine)

    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(start, engines))
    assert rows(engines[0], f"select version_num from {VERSION_TABLE}") == [(NEWEST,)]
    assert len(rows(engines[0], "select id from newhire_outbox")) == 1
    for engine in engines:
        engine.dispose()


def test_a_migration_that_fails_leaves_the_database_as_it_was(engine: sa.Engine) -> None:
    as_of_0_1_0(engine)
    with engine.begin() as connection:
        # In the way of the second half of a migration.
        connection.execute(sa.text("create table newhire_outbox (id integer)"))
    with pytest.raises(sa.exc.SQLAlchemyError):
        migrate(engine)
    assert rows(engine, "select mark from newhire_marks") == [("abc",)]
    with engine.begin() as connection:
        connection.execute(sa.text("drop table newhire_outbox"))
    migrate(engine)
    assert rows(engine, "select fingerprint from newhire_fingerprints") == [("abc",)]


def test_a_database_of_a_newer_version_stops_with_a_sentence(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text(f"update {VERSION_TABLE} set version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="newer version of newhire"):
        migrate(engine)
