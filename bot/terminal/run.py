"""A list from the shell to its end: given in, read, begun, followed, paused.

The work is done by the bot that runs on the same SQLite file, which finds all of it in the database; without one, and on
PostgreSQL, by this process. When the bot ends meanwhile and is not started again, this process takes over.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import Self

from bot.batch import ENDS, Batch, BatchState, Move
from bot.onboarding.batches import Press
from bot.onboarding.relay import batch_ended_id
from bot.service import Bot
from bot.store.batches import StoredBatch
from bot.store.lock import BOT, AlreadyRunning, holder
from bot.store.migrate import is_current
from bot.terminal.screen import Screen

LOOK_SECONDS = 0.2
HOLDER_SECONDS = 1.0
"""How often it is looked whether whoever does the work is still there."""
CURRENT_SECONDS = 20.0
TOLD_SECONDS = 5.0
"""For the admins' line, before this process ends; what is not told by then is told by the next bot."""


class Cannot(Exception):
    """Why nothing could start, in sentences for the person at the shell."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or SIGTERM came."""


class Signals:
    """The first Ctrl-C or SIGTERM is seen at the next `wait`; a second one ends this process at once."""

    def __init__(self) -> None:
        self.number = 0

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._came) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, frame: FrameType | None) -> None:
        # Nothing that takes a lock: whatever this interrupts may hold it.
        if self.number:
            os._exit(128 + number)
        self.number = number

    @property
    def code(self) -> int:
        """What a shell expects of a program that a signal has ended."""
        return 128 + self.number

    def wait(self, seconds: float) -> None:
        """Raises Stopped."""
        time.sleep(seconds)
        if self.number:
            raise Stopped


class Run:
    """`command` is what this process is to others on the same file; `title` the provider's."""

    def __init__(self, bot: Bot, command: str, title: str, signals: Signals, screen: Screen) -> None:
        self.bot, self.title, self.signals, self.screen = bot, title, signals, screen
        self.working = False
        self.id = ""
        self._command = command
        self._other = ""
        self._look_at = self._free_since = self._show_at = 0.0

    # Who does the work.

    def claim(self) -> bool:
        """Whether nobody else is at work on this file. Raises Cannot, and what the database raises."""
        try:
            self.bot.claim(self._command)
        except AlreadyRunning as other:
            self._other = other.command
            self._wait_until_current()
            self.bot.beside()
            return False
        return True

    def _wait_until_current(self) -> None:
        """Whoever has just been started brings the database up. Raises Cannot."""
        until = time.monotonic() + CURRENT_SECONDS
        while not is_current(self.bot.database):
            if time.monotonic() > until:
                raise Cannot("Another version of newhire runs on this database: start this one there, too.")
            self.signals.wait(LOOK_SECONDS)

    def begin(self) -> None:
        """Do the work here, unless somebody else does."""
        if self.claim():
            self.bot.work()
            self.working = True

    def _look_after(self) -> None:
        """After another command it is done here at once; a bot gets time to be started again."""
        now = time.monotonic()
        if self.working or now < self._look_at:
            return
        self._look_at = now + HOLDER_SECONDS
        if other := holder(self.bot.settings.newhire_database_url):
            self._other, self._free_since = other, 0.0
            return
        self._free_since = self._free_since or now
        if self._other != BOT or now - self._free_since >= self.bot.policy.bot_away.total_seconds():
            self.begin()
            if self.working:
                self.screen.say("Whoever did the work has ended; it goes on here.")

    # The list.

    def give_in(self, batch: Batch, source: str, mark: str) -> StoredBatch:
        """Given in now, or before and not at its end: the same command goes on. As it stands once it is read.

        Raises Cannot when it cannot be read, and Stopped.
        """
        found = self.bot.batch_runs.find(mark, batch.requester)
        if found is not None and found.state == "stopping":
            self.id = found.batch.id
            self._while("stopping")
            found = None
        if found is None:
            self.bot.batch_runs.give_in(batch, source, mark)
        self.id = found.batch.id if found else batch.id
        stored = self._while("reading")
        if stored.state == "unreadable" and stored.batch.why:
            raise Cannot(stored.batch.why.en)
        return stored

    def press(self, move: Move, stored: StoredBatch, many: int | None = None) -> bool:
        """Whether it was done; it is not when somebody else was faster."""
        press = Press(move, stored.round, stored.batch.requester, many=many)
        return self.bot.batch_runs.press(stored.batch.handle, press).came == "done"

    def to_the_end(self, only: int | None = None) -> StoredBatch:
        """All of it, or the next ones of it: as it stands then. Raises Stopped, when it is paused."""
        stored = self.stored()
        if only is not None and stored.state == "running" and stored.most is None:
            # It was begun for all of them.
            self.press("pause", stored)
            stored = self.stored()
        if stored.state == "paused":
            self.press("resume", stored, only)
        begun = stored.state in ("running", "paused")
        while True:
            stored = self._while("running", "stopping")
            if stored.state != "shown" or (begun and only is not None):
                self.screen.close()
                return stored
            if not self.bot.batches.tally(self.id).ready:
                return stored
            begun = self.press("create" if only is None else "first", stored, only) or begun

    def pause(self) -> bool:
        """Whether there was something to pause. What is begun comes to its end, here or at the next start."""
        self.screen.close()
        stored = self.bot.batches.get(self.id) if self.id else None
        return stored is not None and (stored.state == "paused" or self.press("pause", stored))

    def stored(self) -> StoredBatch:
        """It, as it stands. Raises Cannot when it is gone."""
        stored = self.bot.batches.get(self.id)
        if stored is None:
            raise Cannot("This list is no longer in the database.")
        return stored

    def settle(self) -> None:
        """Until the admins' line about it is written down, and told, if it is this process that tells it."""
        for _ in range(int(TOLD_SECONDS / LOOK_SECONDS)):
            stored = self.stored()
            told = not (self.working and self.bot.settings.speaks) or not self.bot.outbox.letter(
                batch_ended_id(stored.batch)
            )
            if stored.state not in ENDS or (stored.drawn_at and told):
                return
            time.sleep(LOOK_SECONDS)

    def _while(self, *states: BatchState) -> StoredBatch:
        """As it stands once it is in none of these; what is done meanwhile is shown."""
        while True:
            stored = self.stored()
            if "running" in states:
                self._show(stored)
            if stored.state not in states:
                return stored
            self._look_after()
            self.signals.wait(LOOK_SECONDS)

    def _show(self, stored: StoredBatch) -> None:
        """How far it is. Of ten thousand rows that is counted for a while: no more than a tenth of the time goes into it."""
        begun, over = time.monotonic(), stored.state in ("shown", *ENDS)
        if begun < self._show_at and not over:
            return
        update = self.bot.batch_runs.update(stored)
        tally = update.tally
        # Once the first ones are done, which were all that were wanted, nothing says any more how many they were.
        wanted = tally.begun if over else tally.begun + tally.ready
        if tally.begun:
            self.screen.progress(self.title, update, min(stored.most or wanted, wanted))
        now = time.monotonic()
        self._show_at = now + 9 * (now - begun)
