"""What can be read in the database file, its log included: nothing typed with a key, no password after the outcome without."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from bot.onboarding.decide import Unanswered
from bot.onboarding.upgrade import begin_anew
from bot.providers.tencent import TencentHire
from bot.request import Duplicate, Request
from bot.sandbox.world import World
from bot.store.cipher import Cipher, Unreadable
from bot.store.database import database, scrub
from bot.store.migrate import migrate
from bot.store.outbox import Draft, Outbox
from bot.store.requests import Requests
from tests.conftest import begin
from tests.people import ALICE, Person, result, somebody

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.slow]

PASSWORD = "Welcome-at-rest-2026"


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.start()
    yield world
    await world.stop()


def bytes_of(folder: Path) -> bytes:
    """The database file, its write-ahead log and whatever else lies beside it."""
    return b"".join(path.read_bytes() for path in folder.glob("newhire.sqlite*"))


def dump(url: str) -> bytes:
    """Every row of every table of a PostgreSQL database, as text."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'dbos')"
        ).fetchall()
        rows = (connection.execute(f"select t::text from {table} t".encode()).fetchall() for (table,) in tables)
        return "\n".join(row[0] for found in rows for row in found).encode()


async def hired_with_a_password(world: World, person: dict[str, str]) -> None:
    form = await Person(world, ALICE).opens()
    await form.choose("huawei")
    await form.press_more()
    await form.submit(**person, password=PASSWORD)
    await world.slack.until(lambda _: world.huawei.created)
    await result(world, person["name"])


async def test_with_a_key_nothing_that_was_typed_can_be_read(world: World, tmp_path: Path) -> None:
    bot = await begin(world, tmp_path)
    person = somebody()
    await hired_with_a_password(world, person)
    await bot.stop()
    stored = bytes_of(tmp_path)
    for text in (PASSWORD, person["name"], person["email"], person["account"], "139001", str(world.slack.bot_token)):
        assert text.encode() not in stored
    assert PASSWORD not in bot.log


async def test_with_a_key_nothing_can_be_read_on_postgresql_either(
    world: World, tmp_path: Path, postgres_url: str
) -> None:
    bot = await begin(world, tmp_path, NEWHIRE_DATABASE_URL=postgres_url)
    person = somebody()
    await hired_with_a_password(world, person)
    await bot.stop()
    stored = dump(postgres_url)
    assert ALICE.encode() in stored, "the dump reads the tables"
    for text in (PASSWORD, person["name"], person["email"], person["account"], "139001"):
        assert text.encode() not in stored


async def test_without_a_key_the_password_is_gone_from_the_file_once_the_outcome_is_final(
    world: World, tmp_path: Path
) -> None:
    bot = await begin(world, tmp_path, module="tests.hurried", NEWHIRE_SECRET_KEY="")
    assert "NEWHIRE_SECRET_KEY is not set" in bot.log
    person = somebody()
    world.huawei.fail("429", retry_after=2)
    form = await Person(world, ALICE).opens()
    await form.choose("huawei")
    await form.press_more()
    await form.submit(**person, password=PASSWORD)
    await world.slack.until(lambda _: world.huawei.requests)
    # While it is held it can be read: that is what the warning says.
    assert PASSWORD.encode() in bytes_of(tmp_path)
    await result(world, person["name"])
    await bot.stop()
    stored = bytes_of(tmp_path)
    assert person["email"].encode() in stored, "the test reads the right file"
    assert PASSWORD.encode() not in stored
    assert PASSWORD not in bot.log


def requests(folder: Path, *keys: str) -> Requests:
    tables = database(f"sqlite:///{folder / 'newhire.sqlite'}")
    migrate(tables)
    return Requests(tables, Cipher(keys))


def request(request_id: str, **typed: str) -> Request:
    return Request(id=request_id, provider="tencent", hire=dict(typed), requester="U1", accepted_at=time.time())


def duplicate(stored: Requests, **identity: str) -> Duplicate | None:
    """The request that a new one for this person would be a duplicate of; the new one is not kept."""
    found = stored.accept(request("V-new"), identity)
    if found is None:
        stored.drop_unconfirmed(time.time() + 60, lambda request_id: request_id != "V-new")
    return found


async def test_keys_can_be_rotated(tmp_path: Path) -> None:
    """The new key in front: what the old one encrypted opens, and people are recognised across the change."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = requests(tmp_path, old)
    before.check_cipher()
    before.accept(request("V1"), {"phone": "+8613800138000"}, "secret-password")
    after = requests(tmp_path, new, old)
    after.check_cipher()
    assert after.password("V1") == "secret-password"
    earlier = duplicate(after, phone="+8613800138000")
    assert earlier is not None
    assert earlier.id == "V1"


async def test_a_key_that_opens_nothing_here_is_said_at_the_start(tmp_path: Path) -> None:
    requests(tmp_path, Fernet.generate_key().decode()).check_cipher()
    for keys in ((), (Fernet.generate_key().decode(),)):
        with pytest.raises(Unreadable, match="NEWHIRE_SECRET_KEY"):
            requests(tmp_path, *keys).check_cipher()


async def test_finished_requests_leave_after_their_days_and_unfinished_ones_stay(tmp_path: Path) -> None:
    stored = requests(tmp_path)
    outbox = Outbox(stored.engine, stored.cipher, "me")
    for request_id in ("V1", "V2"):
        stored.accept(request(request_id), {"account": request_id})
        outbox.begin(request_id, f"{request_id}/message", "{}")
    outbox.end("V1", "Created", "{}", [Draft("V1/message", "V1", "{}", 2)])
    letter = outbox.letter("V1/message")
    assert letter is not None
    outbox.told(letter, None, last=True)
    assert stored.forget(time.time() - 60) == []
    assert stored.forget(time.time() + 60) == ["V1"]
    assert outbox.letter("V2/message") is not None
    assert duplicate(stored, account="V2") is not None
    assert duplicate(stored, account="V1") is None


async def test_what_nobody_confirmed_leaves_with_its_password(tmp_path: Path) -> None:
    stored = requests(tmp_path)
    stored.accept(request("V1"), {"account": "a"}, "secret-password")
    stored.drop_unconfirmed(time.time() + 60, lambda request_id: False)
    assert stored.password("V1") is None
    assert duplicate(stored, account="a") is None


async def test_what_waits_in_the_engine_is_no_lost_form(tmp_path: Path) -> None:
    """newhire was off for hours: what was accepted before has not begun, and keeps its password."""
    stored = requests(tmp_path)
    stored.accept(request("V1"), {"account": "a"}, "secret-password")
    stored.drop_unconfirmed(time.time() + 60, lambda request_id: request_id == "V1")
    assert stored.password("V1") == "secret-password"


async def test_what_people_were_told_is_not_kept(tmp_path: Path) -> None:
    stored = requests(tmp_path)
    outbox = Outbox(stored.engine, stored.cipher, "me")
    outbox.put(Draft("V1/message", "V1", '{"name": "Zhang Wei who was told"}'))
    letter = outbox.letter("V1/message")
    assert letter is not None
    outbox.told(letter, None, last=False)
    scrub(stored.engine)
    assert b"Zhang Wei who was told" not in bytes_of(tmp_path)


async def test_a_request_that_the_first_version_stored_is_still_understood(tmp_path: Path) -> None:
    """Stored shapes only grow: this text was written by 0.1.0, and every later version must read it."""
    stored = (
        '{"id":"V1","provider":"tencent","hire":{"name":"Zhang Wei","account":"zhangwei","phone":"+8613800138000"},'
        '"region":"CN","requester":"U1","language":"zh","channel":"C1","response_url":null,"accepted_at":1795308906.0,'
        '"has_password":false}'
    )
    progress = (
        '{"leg":1,"place":{"channel":"C1","ts":"1.0"},"announced":true,"attempt":1,"failures":0,"sent":true,"unsure":true,'
        '"absent":0,"looks":0,"warned":false,"said":null,"doubt":{"kind":"OutcomeUnknown","provider":"tencent","code":null,'
        '"words":null,"detail":"read timeout"},"outcome":null,"admins_told":false}'
    )
    read = Request.model_validate_json(stored)
    assert json.loads(read.model_dump_json()) == json.loads(stored) | {"requester_name": "", "follows": "", "batch": ""}
    tables = requests(tmp_path)
    tables.accept(read, {"account": "zhangwei"})
    left = begin_anew(tables, read, json.loads(progress))
    assert left is not None
    assert isinstance(left.progress.state, Unanswered)
    assert left.progress.state.why.detail == "read timeout"
    assert left.sends == left.run == 1
    assert TencentHire.model_validate(read.hire, context={"region": read.region}).typed() == read.hire
