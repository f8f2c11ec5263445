"""Findings for people, as a table on a terminal and as lines elsewhere, and for machines, as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.doctor.findings import Finding, Mark

MARKS: dict[Mark, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warn": ("!", "yellow"),
    "bad": ("✗", "bold red"),
    "skipped": ("-", "dim"),
}
WORDS: dict[Mark, str] = {"ok": "ok", "warn": "warn", "bad": "BAD", "skipped": "-"}


def table(findings: Iterable[Finding], width: int) -> str:
    """For a terminal of so many columns."""
    drawn = Table(box=None, padding=(0, 1), show_header=False)
    drawn.add_column(no_wrap=True)
    drawn.add_column(no_wrap=True)
    drawn.add_column(ratio=1)
    for finding in findings:
        sign, style = MARKS[finding.mark]
        said = Text(finding.said)
        if finding.mending:
            said.append(f"\n→ {finding.mending}", style="cyan")
        drawn.add_row(Text(sign, style), Text(finding.name, style), said)
    console = Console(file=io.StringIO(), force_terminal=True, width=max(width, 60))
    with console.capture() as captured:
        console.print(drawn)
    return captured.get().rstrip("\n")


def lines(findings: Iterable[Finding]) -> list[str]:
    """The same without a terminal: mark, name and sentence, and below it the mending."""
    said: list[str] = []
    for finding in findings:
        said.append(f"{WORDS[finding.mark]:<5} {finding.name:<22} {finding.said}")
        if finding.mending:
            said.append(f"{'':<5} {'':<22} -> {finding.mending}")
    return said


def summary(findings: Iterable[Finding]) -> str:
    """The last line."""
    marks = [finding.mark for finding in findings]
    bad, warn = marks.count("bad"), marks.count("warn")
    if not bad and not warn:
        return "Everything that could be looked at is well."
    parts = [f"{bad} must be mended"] if bad else []
    return f"{'; '.join([*parts, *([f'{warn} should be otherwise'] if warn else [])])}."


def as_json(findings: Iterable[Finding], sources: Mapping[str, str], *, healthy: bool) -> str:
    """`ok` is False when something must be mended. Settings are there by where they come from, and without their values."""
    found = [
        {"name": each.name, "mark": each.mark, "said": each.said, "mending": each.mending, "what": list(each.what)}
        for each in findings
    ]
    whole = {"newhire": version("newhire"), "ok": healthy, "findings": found, "settings": dict(sources)}
    return json.dumps(whole, ensure_ascii=False, indent=2)
