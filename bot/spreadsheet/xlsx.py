"""Workbooks: the rows of the first sheet that people see and that names columns, one after the other, in bounded memory.

openpyxl reads the cells, in its read-only mode; what it does not give there is counted in `unseen`. A row that Excel hides (by a
filter, or by hand) is nobody to whoever looks at the list: it is left out, and that is said. Nothing is computed.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bot.hire import Text
from bot.spreadsheet.sheet import (
    HEADER_WITHIN,
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_ROWS,
    TOO_MANY,
    Line,
    NotASheet,
    Raw,
)
from bot.spreadsheet.unseen import LAST_ROW, Unseen, unseen

UNPACKED = 60_000_000
"""Bytes that a workbook may unpack to: ten thousand rows of fifty cells are some thirty million."""
MOST_PARTS = 2_000
MOST_TEXT = 20_000_000
"""Characters of all cells: a text that is stored once may stand in every cell."""
MOST_SHEETS = 50
"""So many are looked at for a header."""
STRAYED = 2 * MOST_ROWS
"""So many rows without anything in a row are the end: a border, or a format, may go on to the last row that there is."""

TOO_LARGE_INSIDE = Text(
    "This workbook unpacks to far more than a list of people. Copy the rows into a new workbook, and try that.",
    "该工作簿解压后的内容过大。请将数据行复制到新的工作簿后再提交。",
)
BROKEN = Text(
    "This workbook can't be opened. Save it again as .xlsx or .csv, and try that.",
    "无法打开该工作簿。请重新另存为 .xlsx 或 .csv 后再提交。",
)
CUT_OFF = Text(
    "This workbook can't be opened: the end of the file is missing. Save it again, and send it once more.",
    "无法打开该工作簿：文件不完整。请重新保存后再提交。",
)
LOCKED = Text(
    "This file has a password. Save it without one (in Excel: File > Info > Protect Workbook), and try that.",
    "该文件设有密码。请先取消密码（Excel：文件 > 信息 > 保护工作簿）并保存后再提交。",
)

Known = Callable[[Sequence[str]], int]


class TooLarge(Exception):
    """It holds far more than a list of people."""


def read(content: bytes, known: Known) -> Raw:
    """The rows of one sheet; `known` tells how many cells of a row name a field. Raises NotASheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check(packed)
            return _read(content, packed, known)
    except NotASheet:
        raise
    except zipfile.BadZipFile as error:
        raise NotASheet(CUT_OFF if "not a zip" in str(error) else BROKEN) from None
    except (MemoryError, TooLarge):
        raise NotASheet(TOO_LARGE_INSIDE) from None
    except Exception:  # noqa: BLE001 - a workbook can be broken in every way, and openpyxl raises whatever it stumbles on
        raise NotASheet(BROKEN) from None


def _check(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise NotASheet(TOO_LARGE_INSIDE)
    if any(part.flag_bits & 1 for part in parts):
        raise NotASheet(LOCKED)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with packed.open(part) as file:
                # What it claims to unpack to may be a lie; zipfile reads no more than that.
                if b"<!DOCTYPE" in file.read(4096):
                    raise NotASheet(BROKEN)


def _read(content: bytes, packed: zipfile.ZipFile, known: Known) -> Raw:
    import openpyxl

    with warnings.catch_warnings():
        # Of styles and extensions that it does not know: nothing that is read here.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheets: list[Any] = list(book.worksheets)  # the stubs know nothing of read-only ones
        for sheet in sheets:
            # What a sheet claims about its size is often wrong (files of other programs), and then rows are missing.
            sheet.reset_dimensions()
        shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
        sheet = _chosen(shown, known)
        with packed.open(str(sheet._worksheet_path).lstrip("/")) as part:
            aside = unseen(part)
        raw = _rows(sheet, aside)
        raw.notes += _notes(aside, str(sheet.title), len(shown))
        return raw
    finally:
        book.close()


def _chosen(sheets: Sequence[Any], known: Known) -> Any:
    """The first sheet with a row of column names: a cover, instructions or an empty sheet may stand before it."""
    best, sheet, filled = 0, sheets[0], False
    for each in sheets[:MOST_SHEETS] if len(sheets) > 1 else ():
        lines = [line for line, _ in zip(_lines(each), range(HEADER_WITHIN), strict=False)]
        # One alone may be a word of a cover: "Phone:".
        worth = min(max((known(line.cells) for line in lines), default=0), 2)
        if worth > best or (lines and not filled):
            best, sheet, filled = worth, each, True
    return sheet


def _rows(sheet: Any, aside: Unseen) -> Raw:
    """Hidden rows are kept only as long as one of them may be the header; after that they are counted."""
    raw, room = Raw([], hidden_columns=aside.hidden_columns, merged=aside.merged), 0
    for line in _lines(sheet):
        hidden = aside.hides(line.number)
        if hidden and len(raw.lines) >= HEADER_WITHIN:
            raw.hidden += 1
            continue
        room += sum(map(len, line.cells))
        if room > MOST_TEXT:
            raise TooLarge
        raw.lines.append(Line(line.number, line.cells, line.numbers, hidden))
        if len(raw.lines) > MOST_ROWS + 2 * HEADER_WITHIN:
            raise NotASheet(TOO_MANY)
    return raw


def _lines(sheet: Any) -> Iterator[Line]:
    """Its rows that have something in them."""
    last = 0
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        if number > LAST_ROW or number - last > STRAYED:
            return
        numbers: list[int] = []
        cells = tuple(_text(cell, place, numbers) for place, cell in enumerate(row))
        if any(cells):
            last = number
            yield Line(number, cells, frozenset(numbers))


def _text(cell: Any, place: int, numbers: list[int]) -> str:
    """A cell as people read it: whole numbers without a point, days as 2026-12-01. `numbers` gets its place, if it is one."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            whole = abs(value) < 1e15 and float(value).is_integer()
            text = str(int(value)) if whole else str(value)
            if (wanted := str(cell.number_format)).strip("0") == "" and len(text) < len(wanted):
                # The format shows 0007, and so does this.
                return text.zfill(len(wanted))
            numbers.append(place)
            return text
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case _:
            return _clean(str(value))


def _clean(text: str) -> str:
    """A text as people read it: Excel writes what XML cannot hold as _x000D_."""
    if "_x" in text:
        text = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text[: 8 * MOST_CHARACTERS])
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text[:MOST_CHARACTERS].strip()


def _notes(aside: Unseen, title: str, sheets: int) -> list[Text]:
    notes = []
    if sheets > 1:
        name = _clean(title)[:31]
        notes.append(
            Text(
                f"The workbook has {sheets} sheets: only “{name}” is read.",
                f"工作簿中有 {sheets} 个工作表，仅读取“{name}”。",
            )
        )
    if aside.formulas:
        notes.append(
            Text(
                "Formulas aren't calculated: their last saved results are read.",
                "不会计算公式，读取的是上次保存的结果。",
            )
        )
    if n := aside.not_computed:
        notes.append(
            Text(
                f"Formulas without a saved result are read as empty ({n}). Open and save the file in Excel, and send it again.",
                f"有 {n} 个公式没有保存结果，按空值读取。请用 Excel 打开并保存后重新提交。",
            )
        )
    return notes
