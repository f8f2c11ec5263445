"""What a long life costs: a database with 10,000 finished and 500 followed-up requests beside an empty one.

`make bench` prints it; `python -m tests.bench_filled` does alone. Three worlds with a bot each run side by side and are asked
in turn, so that whatever else the machine does slows all of them. The third has ten requests of each kind: what it takes longer
than the empty one is a page with something on it, what the filled one takes longer than it is the many.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.sandbox.demo import bot_settings, start_bot
from bot.sandbox.world import World
from tests.conftest import FAST, ROOT
from tests.filled import Counts, fill
from tests.people import ALICE, PEOPLE, Person, result, somebody

LIVES = (("empty", Counts(0, 0)), ("ten", Counts(10, 10)), ("filled", Counts(10_000, 500)))
STARTS, OPENED, SENT, WARM_UP = 9, 60, 60, 5
AIM = 1.2


@dataclass
class Life:
    """A world, its bot, and the folder with the bot's database."""

    world: World
    folder: Path
    bot: asyncio.subprocess.Process
    arrived: dict[str, float] = field(default_factory=dict)

    @classmethod
    async def begin(cls, folder: Path) -> Life:
        world = World()
        await world.start()
        life = cls(world, folder, await cls._bot(world, folder))
        for name in ("views.open", "views.publish"):
            life._listen(name)
        return life

    def _listen(self, name: str) -> None:
        methods = self.world.slack.api.methods
        method = methods[name]

        def answer(arguments: dict[str, Any]) -> dict[str, Any]:
            self.arrived[name] = time.perf_counter()
            return method.answer(arguments)

        methods[name] = replace(method, answer=answer)

    def until(self, name: str) -> float:
        """Milliseconds from the last payload's departure to the last such call's arrival: what the pretend Slack does
        before and after, which is more for a full page, is not the bot's."""
        return (self.arrived[name] - self.world.slack.sockets.envelopes[-1].started) * 1000

    async def again(self) -> None:
        self.bot = await self._bot(self.world, self.folder)

    @staticmethod
    async def _bot(world: World, folder: Path) -> asyncio.subprocess.Process:
        environment = bot_settings(world, folder) | FAST | {"PYTHONPATH": str(ROOT)}
        with (folder / "log").open("ab") as log:
            bot = await start_bot(environment, folder, log=log)
        await world.slack.until(lambda slack: slack.sockets.usable, timeout=60)
        return bot

    async def stop(self) -> None:
        self.bot.terminate()
        await self.bot.wait()
        await self.world.slack.until(lambda slack: not slack.sockets.usable)


@dataclass
class Row:
    """Milliseconds that something took in each of the lives, in their order."""

    what: str
    samples: tuple[list[float], ...]

    @classmethod
    def named(cls, what: str) -> Row:
        return cls(what, tuple([] for _ in LIVES))

    def medians(self) -> list[float]:
        return [sorted(taken)[len(taken) // 2] for taken in self.samples]


async def compare() -> list[Row]:
    with tempfile.TemporaryDirectory() as root:
        lives = [await _filled(Path(tempfile.mkdtemp(dir=root)), counts) for _, counts in LIVES]
        rows = await _starts(lives)
        rows.append(await _in_turn(lives, "/newhire to views.open", OPENED, _form))
        rows.append(await _in_turn(lives, "/newhire NAME to views.open, an account proposed", OPENED, _named_form))
        rows.append(await _in_turn(lives, "Home opened to drawn", OPENED, _home))
        # The last: from here on the empty one is not empty any more.
        rows.append(await _in_turn(lives, "form sent to acknowledged", SENT, _sent))
        for life in lives:
            await life.stop()
            await life.world.stop()
    return rows


async def _filled(folder: Path, counts: Counts) -> Life:
    """One that has stopped, its database holding so many."""
    life = await Life.begin(folder)
    if counts.finished:
        await _written(life)
    await life.stop()
    if counts.finished:
        fill(folder / "newhire.sqlite", counts, FAST["NEWHIRE_SECRET_KEY"])
    return life


async def _written(life: Life) -> None:
    """One request of each kind, by the product itself."""
    for provider in ("huawei", "tencent"):
        person = somebody()
        form = await Person(life.world, ALICE).opens(in_=PEOPLE)
        await form.choose(provider)
        await form.submit(**person)
        await result(life.world, person["name"])


async def _starts(lives: list[Life]) -> list[Row]:
    """They run at the end. The first form comes while the bot still tidies up its database."""
    start, first = Row.named("newhire run, from its start to connected"), Row.named("the first form after that")
    for number in range(STARTS):
        for place in _order(number):
            if number:
                await lives[place].stop()
            before = time.perf_counter()
            await lives[place].again()
            start.samples[place].append((time.perf_counter() - before) * 1000)
            first.samples[place].append(await _form(lives[place]))
    return [start, first]


async def _in_turn(lives: list[Life], what: str, rounds: int, do: Callable[[Life], Awaitable[float]]) -> Row:
    row = Row.named(what)
    for number in range(rounds + WARM_UP):
        for place in _order(number):
            millis = await do(lives[place])
            if number >= WARM_UP:
                row.samples[place].append(millis)
    return row


def _order(number: int) -> list[int]:
    """Each is the first now and then."""
    return [(number + place) % len(LIVES) for place in range(len(LIVES))]


async def _form(life: Life, text: str = "") -> float:
    form = await Person(life.world, ALICE).opens(text, in_=PEOPLE)
    del life.world.slack.views[form.id]
    return life.until("views.open")


async def _named_form(life: Life) -> float:
    return await _form(life, "张伟")


async def _home(life: Life) -> float:
    slack = life.world.slack
    drawn = len(slack.calls)
    await slack.open_home(ALICE)
    await slack.until(lambda slack: any(call["method"] == "views.publish" for call in slack.calls[drawn:]))
    return life.until("views.publish")


async def _sent(life: Life) -> float:
    person = somebody()
    form = await Person(life.world, ALICE).opens(in_=PEOPLE)
    delivery = await form.submit(**person)
    await result(life.world, person["name"])
    assert delivery.millis is not None
    return delivery.millis


def table(rows: list[Row]) -> list[str]:
    """Lines for people: medians, and how many times slower the filled database is."""
    counts = LIVES[-1][1]
    head = f"{counts.finished} finished, {counts.followed_up} followed up (median ms)"
    lines = [f"{head:52}" + "".join(f"{name:>9}" for name, _ in LIVES) + f"{'/ empty':>10}{'/ ten':>9}{'aim':>8}"]
    for row in rows:
        empty, ten, filled = medians = row.medians()
        figures = "".join(f"{median:9.1f}" for median in medians)
        lines.append(f"{row.what:52}{figures}{filled / empty:9.2f}x{filled / ten:8.2f}x{AIM:7.1f}x")
    lines.append(
        "An empty Home tab shows nobody, the two others a page of 15 requests with their buttons: hence the second ratio."
    )
    return lines


if __name__ == "__main__":
    print(*table(asyncio.run(compare())), sep="\n")  # noqa: T201 - the command's output
