"""`make bench`: how long people wait, measured over the sandbox's real sockets with ten people at once.

Prints medians and 99th percentiles beside a bare Bolt listener and a bare SQLite insert of the same durability, taken in
the same run on the same machine: the ratio says more than the milliseconds. Nothing here is asserted.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.sandbox.demo import bot_settings, start_bot
from bot.sandbox.world import World
from tests import bench_filled, bench_many
from tests.bench_adapter import adapter_cpu
from tests.conftest import FAST, ROOT
from tests.people import ALICE, PEOPLE, Form, final, somebody

PEOPLE_AT_ONCE = 10
ROUNDS = 30
WARM_UP = 3
BUSY = 200
FASTEST = 300
"""Calls a minute: the most that any vendor here allows."""


async def main() -> None:
    rows: list[tuple[str, list[float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, module in (("bare Bolt", "tests.bare_bolt"), ("newhire, idle", "bot")):
            opened, sent = await idle(Path(folder), module)
            rows += [(f"{name}: /newhire to views.open", opened), (f"{name}: form sent to acknowledged", sent)]
        busy, _, _ = await under_load(Path(folder), calls_per_minute=FASTEST, to_the_end=False)
        rows.append((f"newhire, busy with {BUSY} requests: form sent to acknowledged", busy))
        busy, seconds, memory = await under_load(Path(folder), calls_per_minute=6000, to_the_end=True)
        rows.append(("the same flat out, as no vendor allows: sent to acknowledged", busy))
        rows.append((f"accepting alone, busy with {BUSY} requests", accepting()))
        rows.append(("bare SQLite insert (WAL, synchronous=FULL)", bare_inserts(Path(folder))))
    say(f"{'milliseconds':64}{'median':>9}{'p99':>9}{'n':>7}")
    for name, samples in rows:
        say(f"{name:64}{at(samples, 0.5):9.1f}{at(samples, 0.99):9.1f}{len(samples):7}")
    by_name = dict(rows)
    for what in ("/newhire to views.open", "form sent to acknowledged"):
        ours, bare = by_name[f"newhire, idle: {what}"], by_name[f"bare Bolt: {what}"]
        ratios = (at(ours, share) / at(bare, share) for share in (0.5, 0.99))
        say(f"{'newhire / bare Bolt: ' + what:64}" + "".join(f"{ratio:8.2f}x" for ratio in ratios))
    say(
        f"\n{BUSY + PEOPLE_AT_ONCE * ROUNDS} requests done in {seconds:.1f} s; the bot's memory at its end {memory} MiB"
    )
    say(f"newhire run, from its start to connected: {await start_to_connected():.0f} ms")
    for what, value in engine_figures().items():
        say(f"{what}: {value}")
    say("")
    for line in bench_filled.table(await bench_filled.compare()):
        say(line)
    for line in await bench_many.compare():
        say(line)
    say("\nCPU of one call over TLS, kept connections on both sides, beside the vendor's own SDK:")
    for cost in await asyncio.to_thread(adapter_cpu):
        who = f"{cost.vendor}, {cost.threads} thread{'s' if cost.threads > 1 else ''}"
        say(f"{who:24}{cost.ours:9.0f} us{cost.sdk:9.0f} us{cost.ratio:8.2f}x")


async def idle(folder: Path, module: str) -> tuple[list[float], list[float]]:
    """Ten people type the command at the same moment, then send at the same moment: (to views.open, to the ack)."""
    world, bot = await started(folder, module)
    try:
        opened: list[float] = []
        sent: list[float] = []
        users = colleagues(world)
        for number in range(ROUNDS + WARM_UP):
            names = await together(world, users, opened, sent, typed=module == "bot")
            if module == "bot":
                await all_final(world, names)
                world.slack.messages.clear()
                # Idle: the engine has put its papers away before the next ten come.
                await asyncio.sleep(0.3)
            if number < WARM_UP:
                opened.clear()
                sent.clear()
        return opened, sent
    finally:
        await ended(world, bot)


async def under_load(folder: Path, *, calls_per_minute: int, to_the_end: bool) -> tuple[list[float], float, int]:
    """Ten people at a time send forms while 200 requests are under way: (to the ack, seconds for all, MiB)."""
    world, bot = await started(folder, "bot", TENCENT_CALLS_PER_MINUTE=str(calls_per_minute))
    try:
        crowd = colleagues(world, BUSY)
        sent: list[float] = []
        await together(world, users := colleagues(world), [], [], typed=True)  # warm up
        begun = time.perf_counter()
        for start in range(0, BUSY, PEOPLE_AT_ONCE):
            await together(world, crowd[start : start + PEOPLE_AT_ONCE], [], [], typed=True)
        for _ in range(ROUNDS):
            await together(world, users, [], sent, typed=True)
        total = BUSY + (ROUNDS + 1) * PEOPLE_AT_ONCE
        if to_the_end:
            await world.slack.until(lambda _: len(world.tencent.created) == total, timeout=300)
        return sent, time.perf_counter() - begun, resident(bot.pid)
    finally:
        await ended(world, bot)


async def start_to_connected() -> float:
    """Milliseconds of a fresh `newhire run`, imports and a new database included."""
    with tempfile.TemporaryDirectory() as folder:
        before = time.perf_counter()
        world, bot = await started(Path(folder), "bot")
        elapsed = (time.perf_counter() - before) * 1000
        await ended(world, bot)
    return elapsed


async def together(world: World, users: list[str], opened: list[float], sent: list[float], *, typed: bool) -> list[str]:
    """All of them open the form at once, and when all have it they send it at once; the names that they sent."""

    async def open_timed(user: str) -> Form:
        before = time.perf_counter()
        form = await open_one(world, user)
        opened.append((time.perf_counter() - before) * 1000)
        return form

    forms = await asyncio.gather(*(open_timed(user) for user in users))
    people = [somebody() if typed else {"name": "x"} for _ in forms]
    deliveries = await asyncio.gather(*(form.submit(**fields) for form, fields in zip(forms, people, strict=True)))
    sent.extend(delivery.millis for delivery in deliveries if delivery.millis is not None)
    return [fields["name"] for fields in people]


async def ended(world: World, bot: asyncio.subprocess.Process) -> None:
    bot.kill()
    await bot.wait()
    await world.stop()


def colleagues(world: World, many: int = PEOPLE_AT_ONCE) -> list[str]:
    """So many more admins: a person has only a few forms open at once."""
    users = [f"U0BENCH{many}X{number}" for number in range(many)]
    world.slack.users.update({user: world.slack.users[ALICE] | {"id": user} for user in users})
    return users


def resident(pid: int) -> int:
    """The memory of a process, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


async def started(folder: Path, module: str, **settings: str) -> tuple[World, asyncio.subprocess.Process]:
    world = World()
    await world.start()
    own = Path(tempfile.mkdtemp(dir=folder))
    environment = bot_settings(world, own) | FAST | {"PYTHONPATH": str(ROOT)} | settings
    with (own / "log").open("ab") as log:
        bot = await start_bot(environment, own, module=module, log=log)
    await world.slack.until(lambda slack: slack.sockets.usable, timeout=30)
    return world, bot


async def all_final(world: World, names: list[str]) -> None:
    await world.slack.until(lambda _: all(final(world, name) for name in names), timeout=60)


async def open_one(world: World, user: str = ALICE) -> Form:
    """Type the command; the form when views.open has arrived."""
    delivery = asyncio.create_task(world.slack.command(user, PEOPLE, ""))
    seen = _seen.setdefault(id(world), set())

    def claim(_: object) -> str:
        mine = {view_id for view_id, view in world.slack.views.items() if view["user"] == user}
        fresh = min(mine - seen, default="")
        seen.add(fresh)
        return fresh

    view = await world.slack.until(claim)
    await delivery
    return Form(world, user, view)


_seen: dict[int, set[str]] = {}


def accepting() -> list[float]:
    """Milliseconds of the intake's accept, without Slack's part of an acknowledgement."""
    done = subprocess.run([sys.executable, "-m", "tests.accepting"], capture_output=True, check=True, cwd=ROOT)
    samples: list[float] = json.loads(done.stdout)
    return samples


def bare_inserts(folder: Path) -> list[float]:
    """Ten threads insert rows of a form's size, each in a transaction of its own."""
    path = folder / "bare.sqlite"
    with sqlite3.connect(path) as setup:
        setup.execute("PRAGMA journal_mode=WAL")
        setup.execute("create table form (id integer primary key, text text)")

    def insert(_: int) -> list[float]:
        connection = sqlite3.connect(path, timeout=30, isolation_level="IMMEDIATE")
        connection.execute("PRAGMA synchronous=FULL")
        samples = []
        for _ in range(ROUNDS):
            before = time.perf_counter()
            with connection:
                connection.execute("insert into form (text) values (?)", ("x" * 1500,))
            samples.append((time.perf_counter() - before) * 1000)
        connection.close()
        return samples

    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as pool:
        return [sample for samples in pool.map(insert, range(PEOPLE_AT_ONCE)) for sample in samples]


def engine_figures() -> dict[str, str]:
    """What the engine costs a fresh process: import and ready in milliseconds, memory in MiB."""
    program = """
import json, resource, tempfile, time
began = time.perf_counter()
from bot.engine import Engine
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.cipher import Cipher
imported = time.perf_counter()
url = "sqlite:///" + tempfile.mkdtemp() + "/bench.sqlite"
tables, cipher = database(url), Cipher()
engine = Engine(url, tables, cipher, ["tencent"])
engine.claim()
migrate(tables)
engine.start(lambda request, stored: None, lambda key, stored: None, lambda holder: None, set)
ready = time.perf_counter()
engine.stop()
print(json.dumps([imported - began, ready - imported, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)
    imported, ready, memory = json.loads(done.stdout.splitlines()[-1])
    return {
        "the engine's import": f"{imported * 1000:.0f} ms",
        "the engine ready, with a new database": f"{ready * 1000:.0f} ms",
        "memory with the engine alone": f"{memory:.0f} MiB",
    }


def at(samples: list[float], share: float) -> float:
    ordered = sorted(samples)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's output


if __name__ == "__main__":
    asyncio.run(main())
