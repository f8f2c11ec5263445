"""What somebody at the shell reads: a bar while accounts are created, where there is a terminal, and plain lines elsewhere.

No telephone number can be read in any of it, and nothing moves the cursor but the bar.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from bot.batch import BatchUpdate
from bot.logs import mask_phones
from bot.slack.batch_messages import tally_line
from bot.slack.words import long

Say = Callable[[str], None]

TENTHS = 10
WIDEST = 40
"""Columns of a terminal that a cell of a table may take, but for the last one's."""


class Screen(Protocol):
    """Who shows it. `exact` is for what is to be typed or opened: there digits stay. `progress` is called again and again;
    `total` is how many rows are wanted. `close` ends the bar.
    """

    def say(self, line: str, *, exact: bool = False) -> None: ...
    def progress(self, title: str, update: BatchUpdate, total: int) -> None: ...
    def close(self) -> None: ...


def screen(say: Say) -> Screen:
    """A bar where somebody watches, else lines; `say` prints one."""
    return Bar(say) if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else Lines(say)


class Lines:
    """For files, pipes and logs: a line at each tenth, and when something else has changed."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._said: tuple[object, ...] = ()

    def say(self, line: str, *, exact: bool = False) -> None:
        """One line."""
        self._say(visible(line) if exact else shown(line))

    def progress(self, title: str, update: BatchUpdate, total: int) -> None:
        """Only what is news."""
        done = update.tally.done
        news = (done * TENTHS // max(total, 1), update.state, update.away_since is not None)
        if news != self._said:
            self._said = news
            self.say(f"{done} of {total}{_behind(title, update)}")

    def close(self) -> None:
        """Nothing is open."""


class Bar:
    """For a terminal, by rich. Outside of it lines are printed as elsewhere."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._bar: Any = None
        self._task: Any = None

    def say(self, line: str, *, exact: bool = False) -> None:
        """One line, above the bar while there is one."""
        line = visible(line) if exact else shown(line)
        if self._bar is None:
            self._say(line)
        else:
            self._bar.console.print(line, markup=False, highlight=False)

    def progress(self, title: str, update: BatchUpdate, total: int) -> None:
        """The bar, as it is now."""
        if self._bar is None:
            self._begin(title)
        behind = shown(_behind(title, update)).removeprefix(": ")
        self._bar.update(self._task, completed=update.tally.done, total=max(total, 1), behind=behind)

    def close(self) -> None:
        """It stays as it is."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _begin(self, title: str) -> None:
        # 40 ms, and only somebody who watches needs it.
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[behind]}", markup=False),
        )
        self._task = self._bar.add_task(shown(title), total=None, behind="")
        self._bar.start()


def _behind(title: str, update: BatchUpdate) -> str:
    """What stands behind the numbers."""
    said = tally_line(
        "en", update.tally.model_copy(update={"ready": 0, "wrong": 0, "twice": 0, "requested": 0, "there": 0})
    )
    parts = [said] if said else []
    if update.away_since is not None:
        parts.append(f"{title} isn't responding; it goes on by itself when it's back")
    elif update.state == "running" and update.seconds and update.seconds > 60:
        parts.append(f"about {long('en', update.seconds)} to go")
    return ": " + "; ".join(parts) if parts else ""


def shown(text: str) -> str:
    """As a terminal may show it: no telephone number, and nothing that would move its cursor."""
    return mask_phones(visible(text))


def visible(text: str) -> str:
    """Without what would move a terminal's cursor, or end a line."""
    return "".join(char if char.isprintable() else " " for char in text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with the cells below each other; Chinese characters take two columns."""
    from rich.cells import cell_len, set_cell_size

    cells = [[shown(cell) for cell in row] for row in (head, *rows)]
    widths = [min(max(cell_len(row[place]) for row in cells), WIDEST) for place in range(len(head))]
    return ["  ".join([*(map(set_cell_size, row[:-1], widths)), row[-1]]).rstrip() for row in cells]
