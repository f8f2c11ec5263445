"""Many at once: how many rows a second, beside a bare loop over the same adapter, and how much memory the bot takes.

`make bench` prints it; `python -m tests.bench_many` alone. The vendor's pace is lifted: what is left is newhire's own work. With
that pace, how much longer it takes than it must (`tests/test_many_pace.py` holds it in simulated time).
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path

from bot.providers.contract import ROOM
from bot.providers.tencent import Tencent, TencentHire, TencentSettings
from bot.sandbox.world import World
from bot.spreadsheet.files import as_csv
from tests.conftest import begin
from tests.people import ALICE
from tests.test_many import HEADER, gives_in, message_of, presses

FEW, SOME, MANY, LOOP = 100, 1_000, 10_000, 300
PACED = 150
FAST = {"TENCENT_CALLS_PER_MINUTE": "600000", "NEWHIRE_APPROVAL": "never"}


def people(many: int) -> list[list[str]]:
    return [[f"张伟 {n}", f"bench{n}", f"+86138{n:08d}", f"bench{n}@example.com"] for n in range(many)]


async def run(many: int) -> tuple[float, int, int]:
    """(rows a second, MiB of the bot at rest, MiB at most meanwhile)."""
    world = World()
    world.tencent.seats = many
    await world.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            bot = await begin(world, Path(folder), **FAST)
            idle = peak = resident(bot.process.pid)
            await gives_in(world, ALICE, as_csv([HEADER, *people(many)]), "bench.csv")
            shown = await message_of(world, ALICE, f"Create {many}")
            begun = time.perf_counter()
            await presses(world, ALICE, shown, "create")
            while len(world.tencent.created) < many:
                await asyncio.sleep(0.1)
                peak = max(peak, resident(bot.process.pid))
            seconds = time.perf_counter() - begun
            await bot.stop(signal.SIGKILL)
    finally:
        await world.stop()
    return many / seconds, idle, peak


async def paced() -> float:
    """The time from the first call to the last of a vendor that takes 300 calls a minute, in parts of the shortest possible."""
    world = World()
    await world.start()
    try:
        world.tencent.calls_a_minute = 300
        with tempfile.TemporaryDirectory() as folder:
            bot = await begin(world, Path(folder), **FAST | {"TENCENT_CALLS_PER_MINUTE": "300"})
            await gives_in(world, ALICE, as_csv([HEADER, *people(PACED)]), "bench.csv")
            await presses(world, ALICE, await message_of(world, ALICE, f"Create {PACED}"), "create")
            await world.slack.until(lambda _: len(world.tencent.created) >= PACED, timeout=300)
            await bot.stop(signal.SIGKILL)
        made = [one["at"] for one in world.tencent.created]
    finally:
        await world.stop()
    return float(made[-1] - made[0]) / ((PACED - 1) * 60 / 300 / ROOM)


async def bare() -> float:
    """Rows a second of one loop that calls the adapter and keeps nothing."""
    world = World()
    await world.start()
    try:
        given = {name.removeprefix("TENCENT_").lower(): text for name, text in world.tencent.bot_settings().items()}
        config = TencentSettings.model_validate({**given, "calls_per_minute": 600_000})
        provider = Tencent(config, turn=lambda gap: None)
        hires = [
            TencentHire.model_validate(dict(zip(("name", "account", "phone", "email"), row, strict=True)))
            for row in people(LOOP)
        ]

        def loop() -> float:
            begun = time.perf_counter()
            for number, hire in enumerate(hires):
                provider.create(hire, f"V{number}")
            return LOOP / (time.perf_counter() - begun)

        return await asyncio.to_thread(loop)
    finally:
        await world.stop()


def resident(pid: int) -> int:
    """The memory of a process, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


async def compare() -> list[str]:
    """Lines for people."""
    few, _, _ = await run(FEW)
    some, _, _ = await run(SOME)
    many, idle, peak = await run(MANY)
    alone, longer = await bare(), await paced()
    return [
        f"many at once, {FEW} rows: {few:.0f} rows a second; {SOME}: {some:.0f}; {MANY}: {many:.0f}",
        f"a row costs {few / many:.2f}x of one among {FEW} (aim: 1.3x)",
        f"a bare loop over the same adapter: {alone:.0f} rows a second; newhire's share of it {many / alone:.2f} (aim: 0.5)",
        f"the bot's memory: {idle} MiB at rest, {peak} MiB at most with {MANY} rows (aim: 150 MiB more)",
        f"at 300 calls a minute, of which newhire uses {ROOM:.0%}: {longer:.2f}x of the shortest time (aim: 1.05x)",
    ]


if __name__ == "__main__":
    print(*asyncio.run(compare()), sep="\n")  # noqa: T201 - the command's output
