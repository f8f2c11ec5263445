"""Many at once, and the bot dies again and again: everybody is created once, and the one message comes to its end."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.world import World
from bot.spreadsheet.files import as_csv
from tests.conftest import begin
from tests.people import ALICE, Person, somebody, words
from tests.test_many import HEADER, files_of, gives_in, looked_up, message_of, presses, rows_of

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.slow]

MOMENTS, ROWS = 20, 200


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.start()
    yield world
    await world.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


async def test_killed_before_it_knows_that_a_file_has_come(world: World, database: str, tmp_path: Path) -> None:
    """The file stands below the message once: before it is sent again, newhire looks."""
    bot = await begin(world, tmp_path, NEWHIRE_DATABASE_URL=database)
    try:
        world.slack.fail("files.completeUploadExternal", "hang_after")
        wrong = [["x", f"wrong{n}", "12", ""] for n in range(120)]
        await gives_in(world, ALICE, as_csv([HEADER, *wrong, *rows_of([somebody()])]), "july.csv")
        shown = await message_of(world, ALICE, "1 account can be created")
        (first,) = await files_of(world, ALICE)
        await bot.stop(signal.SIGKILL)
        bot = await begin(world, tmp_path, NEWHIRE_DATABASE_URL=database)
        await world.slack.until(lambda slack: looked_up(slack) == [first["files"][0]["id"]], timeout=30)
        await presses(world, ALICE, shown, "create")
        await message_of(world, ALICE, "Done")
        files = await files_of(world, ALICE, 2)
        assert [one["files"][0]["name"] for one in files] == ["newhire-check.csv", "newhire-result.xlsx"]
    finally:
        await bot.stop()


async def test_killed_at_twenty_moments_of_a_run(world: World, database: str, tmp_path: Path) -> None:
    moments = random.Random(20261125)
    people = [somebody() for _ in range(ROWS)]
    settings = {"NEWHIRE_DATABASE_URL": database, "TENCENT_CALLS_PER_MINUTE": "1200", "NEWHIRE_APPROVAL": "never"}
    bot = await begin(world, tmp_path, **settings)
    try:
        await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "july.csv")
        shown = await message_of(world, ALICE, f"{ROWS} accounts can be created")
        await presses(world, ALICE, shown, "create")
        for _ in range(MOMENTS):
            await asyncio.sleep(moments.uniform(0, 0.5))
            await bot.stop(signal.SIGKILL)
            bot = await begin(world, tmp_path, **settings)
        done = await world.slack.until(lambda _: _ended(world), timeout=120)
        assert done
        created = Counter(entry["key"] for entry in world.tencent.created)
        assert created == Counter(one["account"] for one in people)
        channel = Person(world, ALICE).direct
        whole = [one for one in world.slack.messages[channel] if one.get("thread_ts", one["ts"]) == one["ts"]]
        assert [one["ts"] for one in whole] == [shown["ts"]]
        content = await world.slack.until(lambda _: _result(world), timeout=60)
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert len(rows) == ROWS + 1
        assert {row[4] for row in rows[1:]} <= {"✅ not activated yet", "ℹ️ there was an account already"}
    finally:
        await bot.stop()


def _ended(world: World) -> bool:
    return any("Done" in words(one) for one in world.slack.messages[Person(world, ALICE).direct])


def _result(world: World) -> bytes:
    """The table with what came of every row; the one with what is to come of it may stand below the message too."""
    said = [one for one in world.slack.messages[Person(world, ALICE).direct] if one.get("files")]
    tables = [each for one in said for each in one["files"] if each["name"].endswith(".csv")]
    contents = [world.slack.files.contents[each["id"]] for each in tables]
    return next((content for content in contents if "not activated yet" in content.decode("utf-8-sig")), b"")
