"""Workbooks: the rows of the first sheet that people see and that names columns, one after the other, in bounded memory.

A row that Excel hides (by a filter, or by hand) is nobody to whoever looks at the list: it is left out, and that is said.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence

from bot.hire import Text
from bot.spreadsheet.sheet import HEADER_WITHIN, MOST_COLUMNS, MOST_ROWS, TOO_MANY, Line, NotASheet, Raw
from bot.spreadsheet.workbook import Attributes, SheetPart, TooLarge, Workbook, clean, opened

UNPACKED = 60_000_000
"""Bytes that a workbook may unpack to: ten thousand rows of fifty cells are some thirty million."""
MOST_PARTS = 2_000
MOST_TEXT = 20_000_000
"""Characters of all cells: a text that is stored once may stand in every cell."""
MOST_SHEETS = 50
"""So many are looked at for a header."""

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


def read(content: bytes, known: Known) -> Raw:
    """The rows of one sheet; `known` tells how many cells of a row name a field. Raises NotASheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check(packed)
            return _read(opened(packed), known)
    except NotASheet:
        raise
    except zipfile.BadZipFile as error:
        raise NotASheet(CUT_OFF if "not a zip" in str(error) else BROKEN) from None
    except (MemoryError, TooLarge):
        raise NotASheet(TOO_LARGE_INSIDE) from None
    except Exception:  # noqa: BLE001 - a workbook can be broken in every way, and whatever it is, it cannot be read
        raise NotASheet(BROKEN) from None


def _check(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise NotASheet(TOO_LARGE_INSIDE)
    if any(part.flag_bits & 1 for part in parts):
        raise NotASheet(LOCKED)


def _read(book: Workbook, known: Known) -> Raw:
    shown = [sheet for sheet in book.sheets if sheet.shown] or book.sheets
    sheet = _chosen(book, shown, known)
    rows = _Rows(book)
    book.walk(sheet.path, rows.start, rows.end, rows.text)
    raw = rows.raw
    if len(shown) > 1:
        name = clean(sheet.name)[:31]
        raw.notes.append(
            Text(
                f"The workbook has {len(shown)} sheets: only “{name}” is read.",
                f"工作簿中有 {len(shown)} 个工作表，仅读取“{name}”。",
            )
        )
    if rows.formulas:
        raw.notes.append(
            Text(
                "Formulas aren't calculated: their last saved results are read.",
                "不会计算公式，读取的是上次保存的结果。",
            )
        )
    if n := rows.not_computed:
        raw.notes.append(
            Text(
                f"Formulas without a saved result are read as empty ({n}). Open and save the file in Excel, and send it again.",
                f"有 {n} 个公式没有保存结果，按空值读取。请用 Excel 打开并保存后重新提交。",
            )
        )
    return raw


def _chosen(book: Workbook, sheets: Sequence[SheetPart], known: Known) -> SheetPart:
    """The first sheet with a row of column names: a cover, instructions or an empty sheet may stand before it."""
    best, sheet = 0, sheets[0]
    filled = False
    for each in sheets[:MOST_SHEETS] if len(sheets) > 1 else ():
        peek = _Rows(book)
        book.walk(each.path, peek.start, peek.end, peek.text, lambda found=peek.raw.lines: len(found) >= HEADER_WITHIN)  # type: ignore[misc]
        worth = max((known(line.cells) for line in peek.raw.lines[:HEADER_WITHIN]), default=0)
        # One alone may be a word of a cover: "Phone:".
        if min(worth, 2) > best or (peek.raw.lines and not filled):
            best, sheet, filled = min(worth, 2), each, True
    return sheet


class _Rows:
    """Takes a sheet's XML, element by element, and makes rows of it.

    Hidden rows are kept only as long as one of them may be the header; after that they are counted.
    """

    def __init__(self, book: Workbook) -> None:
        self.raw = Raw([])
        self.formulas = self.not_computed = 0
        self._book = book
        self._said: list[str] = []
        self._listening = self._aside = self._in_cell = self._formula = self._filled = False
        self._cells: list[str] = []
        self._numbers: list[int] = []
        self._number = self._place = self._room = 0
        self._hidden = False
        self._kind = self._style = ""
        self._places: dict[str, int] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "c":
                self._cell(attributes)
            case "v" | "t":
                self._listening = not self._aside
            case "f":
                self._formula = self._in_cell
            case "rPh":
                self._aside = True
            case "row":
                said = attributes.get("r", "")
                self._number = int(said) if said.isdigit() and len(said) < 8 else self._number + 1
                self._hidden = attributes.get("hidden") in ("1", "true")
                self._cells, self._numbers, self._place = [], [], -1
            case "col" if attributes.get("hidden") in ("1", "true"):
                first, last = max(int(attributes["min"]), 1), min(int(attributes["max"]), MOST_COLUMNS)
                self.raw.hidden_columns |= set(range(first - 1, last))
            case "mergeCell":
                self._merged(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        match name:
            case "c":
                self._cell_ended()
            case "v" | "t":
                self._listening = False
            case "rPh":
                self._aside = False
            case "row":
                self._row_ended()

    def text(self, piece: str) -> None:
        if self._listening:
            self._said.append(piece)

    def _cell(self, attributes: Attributes) -> None:
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        self._formula, self._in_cell = False, True
        self._said.clear()
        letters = attributes.get("r", "").rstrip("0123456789")
        if not letters:
            self._place += 1
        elif (place := self._places.get(letters)) is not None:
            self._place = place
        else:
            self._place = self._places[letters] = _place(letters)

    def _cell_ended(self) -> None:
        self._in_cell = False
        said = "".join(self._said)
        if self._formula:
            self.formulas += 1
            self.not_computed += not said and self._kind != "str"
        if not said or not 0 <= self._place < MOST_COLUMNS:
            return
        text = self._shown(said)
        if text:
            self._cells += [""] * (self._place + 1 - len(self._cells))
            self._cells[self._place] = text

    def _shown(self, said: str) -> str:
        """A cell as people see it: whole numbers without a point, days as 2026-12-01."""
        match self._kind:
            case "s":
                return self._book.texts[int(said)]
            case "str" | "inlineStr" | "e":
                return clean(said)
            case "b":
                return "FALSE" if said.strip() == "0" else "TRUE"
            case "d":
                return clean(said).removesuffix("T00:00:00")
            case _:
                return self._counted(said.strip())

    def _counted(self, said: str) -> str:
        if said.isascii() and said.isdigit() and len(said) < 16 and self._style not in self._book.days:
            text = str(int(said))
        else:
            number = float(said)
            if self._style in self._book.days and (day := self._book.day(number)):
                return day
            text = str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(number)
        wanted = self._book.zeros.get(self._style, 0)
        if len(text) < wanted:
            # The format shows 0007, and so does this.
            return text.zfill(wanted)
        self._numbers.append(self._place)
        return text

    def _row_ended(self) -> None:
        if not self._cells:
            return
        if self._hidden and len(self.raw.lines) >= HEADER_WITHIN:
            self.raw.hidden += 1
            return
        self._room += sum(map(len, self._cells))
        if self._room > MOST_TEXT:
            raise TooLarge
        line = Line(self._number, tuple(self._cells), frozenset(self._numbers), self._hidden)
        self.raw.lines.append(line)
        if len(self.raw.lines) > MOST_ROWS + 2 * HEADER_WITHIN:
            raise NotASheet(TOO_MANY)

    def _merged(self, ref: str) -> None:
        found = re.fullmatch(r"[A-Z]{1,3}(\d{1,7}):[A-Z]{1,3}(\d{1,7})", ref)
        if found and len(self.raw.merged) < MOST_ROWS:
            self.raw.merged.append((int(found[1]), int(found[2])))


def _place(letters: str) -> int:
    """A column's place from 0 on: A, B, ... AA."""
    place = 0
    for letter in letters[:4].upper():
        place = place * 26 + ord(letter) - 64
    return place - 1
