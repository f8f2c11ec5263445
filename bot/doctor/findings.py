"""What a check has to say, and how checks run: side by side, bounded in time, and none of them able to break the rest."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Mark = Literal["ok", "warn", "bad", "skipped"]
"""`bad` must be mended; `warn` works, and should be otherwise; `skipped` could not be looked at."""

SECONDS = 30.0
"""All checks together."""


@dataclass(frozen=True)
class Finding:
    """One named check: `said` is a sentence, `mending` what to do about it. `what` are the things that it is about, by name."""

    name: str
    mark: Mark
    said: str
    mending: str = ""
    what: tuple[str, ...] = ()

    def cleaned(self, mask: Callable[[str], str]) -> Finding:
        """Without secrets, and without what would move a terminal's cursor."""
        return replace(self, said=_plain(mask(self.said)), mending=_plain(mask(self.mending)))


Check = Callable[[], Iterator[Finding]]


def gather(checks: Mapping[str, Check], seconds: float = SECONDS) -> list[Finding]:
    """What all of them find, in their order; each runs on a thread of its own, and by its name what breaks or is late is found."""
    found: dict[str, list[Finding]] = {name: [] for name in checks}
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name, check in checks.items():
        work = (name, check, found[name].append, ended.put)
        # Not kept from ending: a thread that hangs in the system's own look-up of names can be stopped by nobody.
        threading.Thread(target=_run, args=work, name=f"doctor-{name}", daemon=True).start()
    left, end = set(checks), time.monotonic() + seconds
    while left:
        try:
            left.discard(ended.get(timeout=max(end - time.monotonic(), 0.0)))
        except queue.Empty:
            break
    late = {name: [Finding(name, "bad", f"This was not done after {seconds:g} s.", _LATE)] for name in left}
    return [finding for name in checks for finding in [*found[name], *late.get(name, [])]]


_LATE = "Something between here and there is silent: look at DNS, the proxy and the firewall, and run it again."


def _run(name: str, check: Check, say: Callable[[Finding], None], end: Callable[[str], None]) -> None:
    try:
        for finding in check():
            say(finding)
    except Exception as error:  # noqa: BLE001 - a check that breaks is a failed check, whatever it stumbled over
        said = f"This check itself failed ({type(error).__name__})."
        say(Finding(name, "bad", said, "Report it, with the version of newhire; the other checks stand."))
    finally:
        end(name)


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
