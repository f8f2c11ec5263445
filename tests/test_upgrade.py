"""Databases that version 0.1.0 wrote, with requests at every stage of their life: this version ends each of them once.

`tests/data/make_0_1_0.py` says how they were made and what the stages are.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import sqlite3
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from bot.sandbox.world import World
from tests.conftest import Bot, begin
from tests.people import ADMINS, ALICE, BOT_USER, FINAL, PEOPLE, Person, about, admins_read, final, result, somebody

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.slow]

Json = dict[str, Any]

DATA = Path(__file__).parent / "data"
KEYS = {"sqlite_sealed": urlsafe_b64encode(b"newhire-test-key-not-a-secret-00").decode()}

AS_YOUNG_AS_THEN = {
    # The databases grow older than any patience; what is tested here is that the version changed, not the day.
    "NEWHIRE_PATIENCE_MINUTES": "1e9",
    "NEWHIRE_GIVE_UP_HOURS": "1e8",
    "NEWHIRE_KEEP_DAYS": "1e6",
}

ORPHANED = ("posted",)
"""Stages at which a message stands in Slack that was never written down: the last word is a message of its own."""


@dataclass(frozen=True)
class Left:
    """What 0.1.0 left behind, open again: the database, the world as it was at that moment, and every request."""

    world: World
    folder: Path
    settings: dict[str, str]
    requests: list[Json]

    async def start(self) -> Bot:
        return await begin(self.world, self.folder, module="tests.hurried", **self.settings)

    @property
    def unfinished(self) -> list[Json]:
        return [one for one in self.requests if not one["finished"] and one["ends"]]


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.start()
    yield world
    await world.stop()


def put_back(world: World, held: Json) -> None:
    """The vendors and Slack hold again what they held when 0.1.0 was killed. All that this file knows of their insides."""
    for name, was in held["vendors"].items():
        world.vendors[name].accounts.extend(was["accounts"])
        world.vendors[name].created.extend(was["created"])
    for user in (ALICE, *(one["requester"] for one in held["requests"])):
        world.slack.workspace.direct(user)
    for message in held["slack"]:
        posted = {"type": "message", "user": BOT_USER, "ts": message["ts"], "text": message["text"]}
        world.slack.messages[message["channel"]].append(posted)


def unpack(kind: str, folder: Path, new_database: Callable[[], str]) -> str:
    """The stored database as one of our own; its address."""
    if kind != "postgresql":
        path = folder / "newhire.sqlite"
        path.write_bytes(gzip.decompress((DATA / f"0_1_0_{kind}.sqlite.gz").read_bytes()))
        return f"sqlite:///{path}"
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(gzip.decompress((DATA / f"0_1_0_{kind}.sql.gz").read_bytes()))
    return url


@pytest.fixture(params=["sqlite_sealed", "sqlite_plain", "postgresql"])
def left(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Left:
    kind: str = request.param
    held = json.loads((DATA / f"0_1_0_{kind}.json").read_text(encoding="utf-8"))
    put_back(world, held)
    url = unpack(kind, tmp_path, lambda: request.getfixturevalue("postgres_url"))
    settings = {"NEWHIRE_DATABASE_URL": url, "NEWHIRE_SECRET_KEY": KEYS.get(kind, "")}
    return Left(world, tmp_path, settings | AS_YOUNG_AS_THEN, held["requests"])


async def test_whatever_the_first_version_left_unfinished_ends_once(left: Left) -> None:
    """At every stage, at both vendors: one last word, in its place; one account; what was finished stays as it was."""
    before = texts(left.world)
    bot = await left.start()
    try:
        await all_ended(left)
        await others_get_through(left.world)
        assert await bot.stop() == 0
        for one in left.unfinished:
            check_the_end(left.world, one)
        for one in left.requests:
            if one["finished"]:
                assert_untouched(left.world, one, before)
        check_what_was_never_begun(left)
        check_accounts(left)
        bot.check_log(bot.fresh_log())
    finally:
        await bot.stop(signal.SIGKILL)


SAYING = ("chat.postMessage", "chat.update")
"""A start also tries whether the admin channel takes messages, and says nothing there."""


async def test_a_second_start_finds_nothing_to_do(left: Left) -> None:
    bot = await left.start()
    try:
        await all_ended(left)
        await others_get_through(left.world)
        assert await bot.stop() == 0
        told, accounts, calls = texts(left.world), created(left.world), len(left.world.slack.calls)
        bot = await left.start()
        new = await others_get_through(left.world)
        for person in new:
            accounts[person["account"]] += 1
        assert created(left.world) == accounts
        said = [call["args"]["text"] for call in left.world.slack.calls[calls:] if call["method"] in SAYING]
        assert [text for text in said if not any(f"*{person['name']}*" in text for person in new)] == []
        assert {place: text for place, text in texts(left.world).items() if place in told} == told
        assert await bot.stop() == 0
        bot.check_log(bot.fresh_log())
    finally:
        await bot.stop(signal.SIGKILL)


async def test_a_password_is_still_there_when_its_request_has_waited_for_hours(left: Left) -> None:
    """Enqueued or just started, and newhire was down for two hours: the account gets the password that was typed."""
    await asyncio.to_thread(make_older, left.settings["NEWHIRE_DATABASE_URL"], hours=2)
    bot = await left.start()
    try:
        await all_ended(left)
        check_passwords(left)
    finally:
        await bot.stop(signal.SIGKILL)


async def all_ended(left: Left) -> None:
    def open_ones() -> list[str]:
        return [one["name"] for one in left.unfinished if not final(left.world, one["name"], one["channel"])]

    try:
        await left.world.slack.until(lambda _: not open_ones(), timeout=120)
    except TimeoutError:
        pytest.fail(f"no end for {open_ones()}\n{(left.folder / 'log').read_text(encoding='utf-8')[-8000:]}")


async def others_get_through(world: World) -> list[dict[str, str]]:
    """A new request at each vendor, to its end. It came last into its queue: what was in there before is done too."""
    people = []
    for vendor in world.vendors:
        people.append(somebody())
        form = await Person(world, ALICE).opens(in_=PEOPLE)
        await form.choose(vendor)
        await form.submit(**people[-1])
    for person in people:
        assert (await result(world, person["name"]))["text"][0] in "✅☑"
        # The admins' line is the last thing of all.
        await admins_read(world, person["name"])
    return people


def check_the_end(world: World, one: Json) -> None:
    shown = about(world, one["name"], one["channel"])
    last = [message for message in shown if message["text"][0] in FINAL]
    texts_read = [message["text"] for message in shown]
    assert len(last) == 1, (one["stage"], texts_read)
    # What 0.1.0 called "has an account already" is a warning since 0.2.0 when the account is somebody else's.
    ends = one["ends"] + ("⚠" if one["ends"].startswith("ℹ") else "")
    assert last[0]["text"][0] in ends, (one["stage"], texts_read)
    assert len(shown) == (2 if one["stage"] in ORPHANED else 1), (one["stage"], texts_read)
    if one["message"]:
        assert last[0]["ts"] == one["message"]["ts"], (one["stage"], texts_read)
    if one["created"]:
        assert about(world, one["name"], ADMINS), f"the admins never heard of {one['name']}"


def assert_untouched(world: World, one: Json, before: dict[tuple[str, str], str]) -> None:
    place = (one["message"]["channel"], one["message"]["ts"])
    assert texts(world)[place] == before[place]
    edited = [call["args"] for call in world.slack.calls if call["method"] == "chat.update"]
    assert place not in [(call["channel"], call["ts"]) for call in edited]


def check_what_was_never_begun(left: Left) -> None:
    """Its person read "not confirmed yet": nobody has promised them anything, and nothing is done."""
    for one in left.requests:
        if not one["ends"]:
            assert about(left.world, one["name"], one["channel"]) == []
            assert created(left.world)[one["account"]] == 0


def check_accounts(left: Left) -> None:
    wanted = Counter(one["account"] for one in left.requests for _ in range(one["created"]))
    ours = {account: number for account, number in created(left.world).items() if account.endswith(tuple(KNOWN))}
    assert ours == wanted


def make_older(database: str, *, hours: int) -> None:
    """As though every request had been written down so much earlier."""
    statement = f"update newhire_requests set accepted_at = accepted_at - {hours * 3600}"
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as file:
            file.execute(statement)
        file.close()
    else:
        with psycopg.connect(database) as connection:
            connection.execute(statement.encode())


def check_passwords(left: Left) -> None:
    """Whoever typed a password has an account with that one: every send of theirs holds it."""
    with_one = {one["account"] for one in left.requests if one["password"]}
    sent = [exchange["body"] for exchange in left.world.huawei.requests if exchange["created"]]
    without = [body["account"] for body in sent if body["account"] in with_one and "pwd" not in body]
    assert without == []


KNOWN = ("-tencent", "-huawei")
"""What the accounts of 0.1.0's requests end in."""


def created(world: World) -> Counter[str]:
    """How often each account was created, by the vendors' own count."""
    return Counter(entry["key"] for vendor in world.vendors.values() for entry in vendor.created)


def texts(world: World) -> dict[tuple[str, str], str]:
    """Every message of the bot by its place."""
    return {
        (channel, message["ts"]): message["text"]
        for channel, messages in world.slack.messages.items()
        for message in messages
        if message["user"] == BOT_USER
    }


# --- steps in another order -------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


async def test_a_run_whose_steps_are_recorded_in_another_order_ends_once(
    world: World, database: str, tmp_path: Path
) -> None:
    """Killed while the vendor hangs; this version records other steps, or in another order, than the one that began it."""
    bot = await begin(world, tmp_path, NEWHIRE_DATABASE_URL=database)
    try:
        people = [somebody() for _ in world.vendors]
        for person, (name, vendor) in zip(people, world.vendors.items(), strict=True):
            vendor.fail("429", retry_after=1)
            form = await Person(world, ALICE).opens(in_=PEOPLE)
            await form.choose(name)
            await form.submit(**person)
            await world.slack.until(partial(nothing_pending, vendor))
            vendor.fail("hang_after")
        await world.slack.until(lambda _: all(vendor.created for vendor in world.vendors.values()))
        await bot.stop(signal.SIGKILL)
        await asyncio.to_thread(move_the_steps, database)
        bot = await begin(world, tmp_path, module="tests.hurried", NEWHIRE_DATABASE_URL=database)
        for person in people:
            assert (await result(world, person["name"]))["text"][0] in "✅☑"
            assert len(about(world, person["name"])) == 1
        assert set(created(world).values()) == {1}
        assert await bot.stop() == 0
        bot.check_log(bot.log)
    finally:
        await bot.stop(signal.SIGKILL)


def nothing_pending(vendor: Any, _: object) -> bool:
    """Whether the vendor has failed as often as it was told to."""
    return not vendor.failures


def move_the_steps(database: str) -> None:
    """Every run that is under way has its steps' names moved by one."""
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as file:
            _move(lambda query, *values: file.execute(query.replace("%s", "?"), values).fetchall(), "")
        file.close()
        return
    with psycopg.connect(database) as connection:

        def ask(query: str, *values: object) -> list[Any]:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

        _move(ask, "dbos.")


def _move(ask: Callable[..., list[Any]], schema: str) -> None:
    runs = ask(f"select workflow_uuid from {schema}workflow_status where status = 'PENDING'")
    assert len(runs) == 2
    for (run,) in runs:
        steps = ask(
            f"select function_id, function_name from {schema}operation_outputs where workflow_uuid = %s order by 1", run
        )
        names = [name for _, name in steps]
        moved = names[1:] + names[:1]
        assert names != moved, names
        for (number, _), name in zip(steps, moved, strict=True):
            ask(
                f"update {schema}operation_outputs set function_name = %s where workflow_uuid = %s and function_id = %s",
                name,
                run,
                number,
            )
