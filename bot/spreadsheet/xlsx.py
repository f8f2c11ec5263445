"""Workbooks: the first sheet that has something in it, row by row, in bounded memory.

openpyxl in its read-only mode gives values; what it does not give there (hidden rows, merged cells, formulas that nobody has
computed) is counted in the sheet's own XML, as text. Nothing is computed, and no entity is expanded: a part with a DOCTYPE
is refused, as no spreadsheet program writes one.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from bot.hire import Text
from bot.spreadsheet.sheet import MOST_CHARACTERS, MOST_COLUMNS, MOST_ROWS, TOO_MANY, Line, NotASheet, Raw

UNPACKED = 60_000_000
"""Bytes that a workbook may unpack to: ten thousand rows of fifty cells are some thirty million."""
MOST_PARTS = 2_000
SCANNED_AT_ONCE = 1 << 16

TOO_LARGE_INSIDE = Text(
    "This workbook unpacks to far more than a list of people. Copy the rows into a new workbook, and try that.",
    "该工作簿解压后的内容过大。请将数据行复制到新的工作簿后再提交。",
)
BROKEN = Text(
    "This workbook can't be opened. Save it again as .xlsx or .csv, and try that.",
    "无法打开该工作簿。请重新另存为 .xlsx 或 .csv 后再提交。",
)


def read(content: bytes) -> Raw:
    """The rows of the first sheet that has any. Raises NotASheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check(packed)
            return _read(content, packed)
    except NotASheet:
        raise
    except MemoryError:
        raise NotASheet(TOO_LARGE_INSIDE) from None
    except Exception:  # noqa: BLE001 - a workbook can be broken in every way, and openpyxl raises whatever it stumbles on
        raise NotASheet(BROKEN) from None


def _check(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise NotASheet(TOO_LARGE_INSIDE)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with packed.open(part) as file:
                # What it claims to unpack to may be a lie; zipfile reads no more than that.
                if b"<!DOCTYPE" in file.read(4096):
                    raise NotASheet(BROKEN)


def _read(content: bytes, packed: zipfile.ZipFile) -> Raw:
    import openpyxl

    with warnings.catch_warnings():
        # Of styles and extensions that it does not know: nothing that is read here.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheet: Any  # the stubs know nothing of read-only ones
        for sheet in book.worksheets:
            # What a sheet claims about its size is often wrong (files of other programs), and then rows are missing.
            sheet.reset_dimensions()
            lines = list(_lines(sheet))
            if lines:
                return Raw(lines, _notes(packed, str(sheet._worksheet_path), len(book.worksheets)))
    finally:
        book.close()
    return Raw([])


def _lines(sheet: Any) -> Iterator[Line]:
    found = 0
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
        cells = tuple(_text(value) for value in row)
        if any(cells):
            found += 1
            if found > MOST_ROWS + 50:
                raise NotASheet(TOO_MANY)
            numbers = frozenset(
                place
                for place, value in enumerate(row)
                if isinstance(value, int | float) and not isinstance(value, bool)
            )
            yield Line(number, cells, numbers)
        elif number > 2 * MOST_ROWS + 1000:
            # A million empty rows with a border are no rows.
            return


def _text(value: object) -> str:
    """A cell as people read it: whole numbers without a point, days as 2026-12-01."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)[:MOST_CHARACTERS].strip()


_ROW = re.compile(rb"<row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*>")
_MERGED = re.compile(rb"<mergeCell\b")
_FORMULA = re.compile(rb"<f[\s>/]")
_NOT_COMPUTED = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")


def _notes(packed: zipfile.ZipFile, path: str, sheets: int) -> list[Text]:
    counts = _counted(packed, path.lstrip("/"))
    notes = []
    if sheets > 1:
        notes.append(
            Text("The workbook has several sheets: only the first one is read.", "工作簿中有多个工作表，仅读取第一个。")
        )
    if n := counts[_ROW]:
        notes.append(Text(f"{n} hidden rows are read, too.", f"隐藏的 {n} 行也已读取。"))
    if n := counts[_MERGED]:
        notes.append(
            Text(
                f"Merged cells ({n}): only the first row of each has its text. Unmerge them if something is missing.",
                f"存在 {n} 处合并单元格：仅首行有内容，如有缺失请取消合并。",
            )
        )
    if counts[_FORMULA]:
        notes.append(
            Text("Formulas aren't run: what they showed last is read.", "公式不会运行，读取的是其上次显示的结果。")
        )
    if n := counts[_NOT_COMPUTED]:
        notes.append(
            Text(
                f"{n} formulas have no result stored and are read as empty. Open and save the file in Excel first.",
                f"{n} 个公式没有保存结果，按空值读取。请先用 Excel 打开并保存。",
            )
        )
    return notes


def _counted(packed: zipfile.ZipFile, path: str) -> dict[re.Pattern[bytes], int]:
    """How often these stand in a part. Read in pieces that overlap at a bracket, so that none is cut in two."""
    counts = dict.fromkeys((_ROW, _MERGED, _FORMULA, _NOT_COMPUTED), 0)
    rest = b""
    with packed.open(path) as file:
        while piece := file.read(SCANNED_AT_ONCE):
            text = rest + piece
            # Behind the last cell or row that is whole.
            cut = max(text.rfind(b"</c>") + 4, text.rfind(b"</row>") + 6) if b"</c>" in text or b"</row>" in text else 0
            whole, rest = text[:cut], text[cut:][-SCANNED_AT_ONCE:]
            for pattern in counts:
                counts[pattern] += len(pattern.findall(whole))
    for pattern in counts:
        counts[pattern] += len(pattern.findall(rest))
    return counts
