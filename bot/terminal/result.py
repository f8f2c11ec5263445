"""The file with the result of every row, beside the one that was given in. What somebody else has written stays."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from bot.spreadsheet import xlsx
from bot.spreadsheet.columns import plain_ours
from bot.spreadsheet.files import as_csv, as_xlsx
from bot.spreadsheet.sheet import NotASheet


def write(given: Path, content: bytes, rows: Sequence[Sequence[str]], *, keep: bool = False) -> Path:
    """`july.xlsx` -> `july-result.xlsx`, or with a number behind it; where it is. Raises OSError.

    A workbook for a workbook, else CSV. Only a result of the same people is written over: in any other, and in one in which
    somebody has corrected something, nothing is lost. `keep`: nor is that one written over, and what was given in will do.
    """
    kind, made = (".xlsx", as_xlsx(rows)) if content.startswith(b"PK") else (".csv", as_csv(rows))
    stem = re.sub(r"-result(-\d+)?$", "", given.stem)
    for number in itertools.count(1):
        path = given.with_name(f"{stem}-result{f'-{number}' if number > 1 else ''}{kind}")
        there = os.path.lexists(path)
        if there and keep and _same_people(path, rows):
            return path
        if path != given and (not there or _same_people(path, rows)):
            break
    _put(path, made)
    return path


def _put(path: Path, made: bytes) -> None:
    """Whole or not at all, and for its owner only: it holds what was given in."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def _same_people(path: Path, rows: Sequence[Sequence[str]]) -> bool:
    """Whether that is an earlier result of the same list, as newhire wrote it."""
    try:
        return not path.is_symlink() and _people(_read(path)) == _people(rows)
    except (OSError, NotASheet, ValueError, csv.Error):
        return False


def _people(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """What was given in, and whatever somebody has added: all but what stands below our headers."""
    whole = [[*row] for row in rows]
    width = max((place for row in whole for place, cell in enumerate(row, 1) if cell), default=0)
    padded = [(row + [""] * width)[:width] for row in whole]
    ours = {place for place, header in enumerate(padded[0]) if plain_ours(header)} if padded else set()
    return [
        tuple(cell for place, cell in enumerate(row) if number == 0 or place not in ours)
        for number, row in enumerate(padded)
    ]


def _read(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    if not content.startswith(b"PK"):
        found = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return [[cell[1:] if cell[:1] == "'" else cell for cell in row] for row in found]
    return [list(line.cells) for line in xlsx.read(content, len).lines]
