"""What a long life costs: a database with 10,000 finished and 500 followed-up requests beside one with ten of each.

`make bench` prints it; `python -m tests.bench_filled` alone. Two worlds with a bot each run side by side and are asked in
turn, so that whatever else the machine does slows both. The rows are copies of what the product itself wrote for two requests.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.demo import bot_settings, start_bot
from bot.sandbox.world import World
from tests.conftest import FAST, ROOT
from tests.people import ALICE, PEOPLE, Person, result, somebody

FINISHED, FOLLOWED_UP = 10_000, 500
STARTS, ROUNDS, WARM_UP = 7, 60, 5
AIM = 1.2

OF_A_REQUEST = ("fingerprints", "idempotency_keys", "outbox", "records", "follow_ups", "audit")
RUNS = ("workflow_status", "operation_outputs")


@dataclass
class Life:
    """A world, its bot, and the folder with the bot's database."""

    world: World
    folder: Path
    bot: asyncio.subprocess.Process

    @classmethod
    async def begin(cls, folder: Path, world: World | None = None) -> Life:
        if world is None:
            world = World()
            await world.start()
        environment = bot_settings(world, folder) | FAST | {"PYTHONPATH": str(ROOT)}
        with (folder / "log").open("ab") as log:
            bot = await start_bot(environment, folder, log=log)
        await world.slack.until(lambda slack: slack.sockets.usable, timeout=60)
        return cls(world, folder, bot)

    async def stop(self) -> None:
        self.bot.terminate()
        await self.bot.wait()
        await self.world.slack.until(lambda slack: not slack.sockets.usable)


async def compare() -> list[tuple[str, list[float], list[float]]]:
    """(what, milliseconds with ten of each, with the filled database)."""
    with tempfile.TemporaryDirectory() as root:
        folders = [Path(tempfile.mkdtemp(dir=root)) for _ in range(2)]
        lives = [await Life.begin(folder) for folder in folders]
        for life in lives:
            await _written(life)
            await life.stop()
        # Ten of each, so that both draw a whole page.
        for folder, finished, followed_up in zip(folders, (10, FINISHED), (10, FOLLOWED_UP), strict=True):
            fill(folder / "newhire.sqlite", finished, followed_up)
        starts: tuple[list[float], list[float]] = ([], [])
        for number in range(STARTS):
            for which, samples in enumerate(starts):
                before = time.perf_counter()
                lives[which] = await Life.begin(folders[which], lives[which].world)
                samples.append((time.perf_counter() - before) * 1000)
                if number < STARTS - 1:
                    await lives[which].stop()
        rows = [("newhire run, from its start to connected", *starts)]
        for what, do in (("/newhire to views.open", _form), ("Home opened to drawn", _home)):
            rows.append((what, *await _in_turn(lives, do)))
        for life in lives:
            await life.stop()
            await life.world.stop()
    return rows


async def _in_turn(lives: list[Life], do: Callable[[World], Awaitable[float]]) -> tuple[list[float], list[float]]:
    samples: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + WARM_UP):
        for life, taken in zip(lives, samples, strict=True):
            millis = await do(life.world)
            if number >= WARM_UP:
                taken.append(millis)
    return samples


async def _form(world: World) -> float:
    before = time.perf_counter()
    form = await Person(world, ALICE).opens(in_=PEOPLE)
    millis = (time.perf_counter() - before) * 1000
    del world.slack.views[form.id]
    return millis


async def _home(world: World) -> float:
    drawn = len(world.slack.calls)
    before = time.perf_counter()
    await world.slack.open_home(ALICE)
    await world.slack.until(lambda slack: any(call["method"] == "views.publish" for call in slack.calls[drawn:]))
    return (time.perf_counter() - before) * 1000


async def _written(life: Life) -> None:
    """One request of each kind, by the product itself."""
    for provider in ("huawei", "tencent"):
        person = somebody()
        form = await Person(life.world, ALICE).opens(in_=PEOPLE)
        await form.choose(provider)
        await form.submit(**person)
        await result(life.world, person["name"])


def fill(file: Path, finished: int, followed_up: int) -> None:
    """Copy the finished request, and the one whose account is looked up, until there are so many."""
    with sqlite3.connect(file) as connection:
        requests = dict(connection.execute("select provider, id from newhire_requests").fetchall())
        for original, many in ((requests["huawei"], finished - 1), (requests["tencent"], followed_up - 1)):
            for number in range(many):
                _copy(connection, original, f"{original}X{number}", number)
    connection.close()


def _copy(connection: sqlite3.Connection, original: str, copy: str, number: int) -> None:
    other = {"id": copy, "handle": f"{copy}-handle", "accepted_at": f"accepted_at - {number}"}
    _insert(connection, "newhire_requests", "id = ?", original, other)
    for table in OF_A_REQUEST:
        changed = {"request_id": copy, "fingerprint": f"{copy}-mark"}
        if table == "outbox":
            changed["id"] = f"replace(id, '{original}', '{copy}')"
        if table == "audit":
            changed["id"] = "null"
        if table == "fingerprints":
            changed["fingerprint"] = f"fingerprint || '{copy}'"
        _insert(connection, f"newhire_{table}", "request_id = ?", original, changed)
    for table in RUNS:
        _insert(connection, table, "workflow_uuid = ?", original, {"workflow_uuid": copy})


EXPRESSIONS = ("replace(", "null", "fingerprint ||", "accepted_at -")


def _insert(connection: sqlite3.Connection, table: str, where: str, original: str, other: dict[str, str]) -> None:
    """Copy rows with other values in some columns."""
    names = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    values = [_value(other[name]) if name in other else f'"{name}"' for name in names]
    listed = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        f"insert into {table} ({listed}) select {', '.join(values)} from {table} where {where}",
        (original,),
    )


def _value(text: str) -> str:
    return text if text.startswith(EXPRESSIONS) else f"'{text}'"


def table(rows: list[tuple[str, list[float], list[float]]]) -> list[str]:
    """Lines for people: medians, and how many times slower the filled database is."""
    lines = [f"{f'{FINISHED} finished, {FOLLOWED_UP} followed up (median ms)':64}{'ten':>9}{'filled':>9}{'aim':>9}"]
    for what, few, filled in rows:
        one, other = sorted(few)[len(few) // 2], sorted(filled)[len(filled) // 2]
        lines.append(f"{what:64}{one:9.1f}{other:9.1f}{other / one:8.2f}x (at most {AIM}x)")
    return lines


if __name__ == "__main__":
    print(*table(asyncio.run(compare())), sep="\n")  # noqa: T201 - the command's output
