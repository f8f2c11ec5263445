"""The machine: Python, SQLite, and its clock beside the clocks of those that it speaks to."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterator, Mapping

from bot.doctor.findings import Finding, Mark

OLDEST_PYTHON, OLDEST_SQLITE = (3, 11), (3, 35)
"""pyproject.toml; and the first SQLite with RETURNING."""

NOTICED, REFUSED = 60.0, 300.0
"""Seconds by which a clock may be off before it is said, and before signatures are refused (Tencent: 190300)."""


def versions(python: str = platform.python_version(), sqlite: str = sqlite3.sqlite_version) -> Iterator[Finding]:
    """Whether both are new enough."""
    if _number(python) < OLDEST_PYTHON:
        yield Finding("machine.python", "bad", f"This is Python {python}.", "Install Python 3.11 or later.")
    else:
        yield Finding("machine.python", "ok", f"Python {python}.")
    if _number(sqlite) < OLDEST_SQLITE:
        mending = "Install a Python that brings SQLite 3.35 or later, or use PostgreSQL (NEWHIRE_DATABASE_URL)."
        yield Finding("machine.sqlite", "bad", f"This is SQLite {sqlite}.", mending)
    else:
        yield Finding("machine.sqlite", "ok", f"SQLite {sqlite}.")


def clock(skews: Mapping[str, float]) -> Finding:
    """`skews`: by whom, the seconds by which this machine is ahead of their `Date`."""
    if not skews:
        return Finding("machine.clock", "skipped", "Nobody answered whose clock could be read.")
    off = {who: skew for who, skew in skews.items() if abs(skew) >= NOTICED}
    if not off:
        return Finding("machine.clock", "ok", f"The clock agrees with {_listed(skews)}.")
    worst = max(off.values(), key=abs)
    said = f"{abs(worst):.0f} s {'ahead of' if worst > 0 else 'behind'}"
    if len(off) < len(skews):
        agree = _listed(who for who in skews if who not in off)
        text = f"This machine's clock is {said} that of {_listed(off)}, and agrees with {agree}."
        return Finding("machine.clock", "warn", text, "Ask whoever runs the former, or what stands between (a cache).")
    mending = "Correct the clock of this machine (NTP; on Linux: timedatectl set-ntp true)."
    mark: Mark = "bad" if abs(worst) >= REFUSED else "warn"
    return Finding("machine.clock", mark, f"This machine's clock is {said} that of {_listed(off)}.", mending)


def _listed(names: Mapping[str, float] | Iterator[str]) -> str:
    return ", ".join(names)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
