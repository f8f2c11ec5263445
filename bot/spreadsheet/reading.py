"""Bytes, or pasted text, as a sheet. What it is is seen by its bytes; what a file is called says nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from bot.hire import Text
from bot.spreadsheet import xlsx
from bot.spreadsheet.sheet import (
    EMPTY,
    HEADER_WITHIN,
    MOST_BYTES,
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_ROWS,
    NO_HEADER,
    TOO_BIG,
    TOO_MANY,
    Line,
    NotASheet,
    Raw,
    Sheet,
)

Known = Callable[[Sequence[str]], int]
"""How many cells of a row name a field that is known."""

SAVE_AS = "Save it as .xlsx or .csv, and try that.", "请另存为 .xlsx 或 .csv 后再提交。"


def _no(what: tuple[str, str]) -> Text:
    return Text(f"{what[0]} {SAVE_AS[0]}", f"{what[1]}{SAVE_AS[1]}")


KINDS: tuple[tuple[bytes, Text], ...] = (
    (b"%PDF", _no(("This is a PDF.", "这是 PDF 文件。"))),
    (b"\x89PNG", _no(("This is a picture.", "这是图片。"))),
    (b"\xff\xd8\xff", _no(("This is a picture.", "这是图片。"))),
    (b"GIF8", _no(("This is a picture.", "这是图片。"))),
    (
        b"\xd0\xcf\x11\xe0",
        _no(
            (
                "This is an old Excel file (.xls), or one with a password, and can't be read.",
                "这是旧版 Excel 文件（.xls）或加密文件，无法读取。",
            )
        ),
    ),
    (b"{\\rtf", _no(("This is a text document.", "这是文档文件。"))),
    (b"\x1f\x8b", _no(("This is a packed file.", "这是压缩文件。"))),
    (b"Rar!", _no(("This is a packed file.", "这是压缩文件。"))),
    (b"7z\xbc\xaf", _no(("This is a packed file.", "这是压缩文件。"))),
)
NO_WORKBOOK = _no(
    (
        "This is no Excel workbook (perhaps one of Numbers, LibreOffice or Word, or a packed file).",
        "这不是 Excel 工作簿（可能是 Numbers、LibreOffice、Word 文件或压缩包）。",
    )
)
WEB_PAGE = _no(("This is a web page, whatever it is called.", "这是网页文件。"))
NO_TEXT = _no(("This is neither a workbook nor a text file.", "这既不是工作簿也不是文本文件。"))
ENCODING = Text(
    "The characters of this file can't be read. Save it as .xlsx, or as CSV UTF-8, and try that.",
    "无法识别文件的字符编码。请另存为 .xlsx 或“CSV UTF-8”后再提交。",
)

DELIMITERS = ",;\t|"


def read(content: bytes, known: Known) -> Sheet:
    """A file as a sheet. Raises NotASheet."""
    if len(content) > MOST_BYTES:
        raise NotASheet(TOO_BIG)
    if content[:2] == b"PK":
        if b"xl/workbook" not in content:
            raise NotASheet(NO_WORKBOOK)
        return _sheet(xlsx.read(content), known)
    return _sheet(Raw(_lines(_text(content), known)), known)


def read_text(text: str, known: Known) -> Sheet | None:
    """Pasted text as a sheet; None when no row of it names columns: then each line is about a person by itself.

    Raises NotASheet.
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise NotASheet(TOO_BIG)
    lines = _lines(text, known)
    if not lines:
        raise NotASheet(EMPTY)
    return None if _header(lines, known) is None else _sheet(Raw(lines), known)


def _text(content: bytes) -> str:
    for magic, said in KINDS:
        if content.startswith(magic):
            raise NotASheet(said)
    text = _decoded(content)
    head = text[:2000].lstrip("\ufeff \r\n\t").casefold()
    if head.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise NotASheet(WEB_PAGE)
    if sum(char < " " and char not in "\t\r\n\f\x1a" for char in text[:4000]) > 4:
        raise NotASheet(NO_TEXT)
    return text


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _by("utf-16", content)
    # Without a mark UTF-16 shows by the zeros of its digits and commas: at odd places, or at even ones.
    head = content[:4000]
    odd, even = head[1::2].count(0), head[::2].count(0)
    if max(odd, even) > len(head) // 20 and min(odd, even) * 8 < max(odd, even):
        return _by("utf-16-le" if odd > even else "utf-16-be", content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel saves as "CSV" on a Chinese Windows; GB2312 and GBK are parts of it.
        return _by("gb18030", content)


def _by(encoding: str, content: bytes) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise NotASheet(ENCODING) from None


def _lines(text: str, known: Known) -> list[Line]:
    """The rows of a text by whichever delimiter makes most of its header, else the widest table of it."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    first, _, rest = text.partition("\n")
    if re.fullmatch(r'"?sep=(.)"?', first.strip(" ")) or first.strip('"') == "sep=\t":
        # For Excel, and no row. It still counts as a line.
        return _by_delimiter(rest, first.strip('"')[4], 2)
    return _by_delimiter(text, _delimiter(text, known), 1)


def _delimiter(text: str, known: Known) -> str:
    head = "\n".join(text.split("\n", HEADER_WITHIN + 10)[: HEADER_WITHIN + 10])

    def worth(delimiter: str) -> tuple[int, int]:
        rows = [line.cells for line in _by_delimiter(head, delimiter, 1)]
        return (
            max((known(row) for row in rows[:HEADER_WITHIN]), default=0),
            sum(len(row) for row in rows) if all(len(row) > 1 for row in rows) else 0,
        )

    return max(DELIMITERS, key=worth)


def _by_delimiter(text: str, delimiter: str, first: int) -> list[Line]:
    csv.field_size_limit(MOST_BYTES)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[Line] = []
    number = first
    try:
        for row in rows:
            cells = tuple(cell[:MOST_CHARACTERS].strip() for cell in row[:MOST_COLUMNS])
            if any(cells):
                lines.append(Line(number, cells))
            # A cell with a line break in it is one row to people, as it is to Excel.
            number += 1
            if len(lines) > MOST_ROWS + HEADER_WITHIN:
                raise NotASheet(TOO_MANY)
    except csv.Error:
        raise NotASheet(NO_TEXT) from None
    return lines


# Which row is the header.


def _sheet(raw: Raw, known: Known) -> Sheet:
    if not raw.lines:
        raise NotASheet(EMPTY)
    place = _header(raw.lines, known)
    if place is None:
        raise NotASheet(NO_HEADER)
    header, below = raw.lines[place].cells, raw.lines[place + 1 :]
    width = max(_width(header), *(_width(line.cells) for line in below)) if below else _width(header)
    lines = [Line(line.number, _padded(line.cells, width), line.numbers) for line in below]
    if len(lines) > MOST_ROWS:
        raise NotASheet(TOO_MANY)
    if not lines:
        raise NotASheet(EMPTY)
    return Sheet(_padded(header, width), tuple(lines), tuple(raw.notes))


def _header(lines: Sequence[Line], known: Known) -> int | None:
    """The place of the first row in which most cells name a field."""
    worth = [known(line.cells) for line in lines[:HEADER_WITHIN]]
    best = max(worth, default=0)
    return worth.index(best) if best else None


def _width(cells: Sequence[str]) -> int:
    """Up to the last cell that has something in it."""
    return max((place for place, cell in enumerate(cells, 1) if cell), default=0)


def _padded(cells: Iterable[str], width: int) -> tuple[str, ...]:
    found = tuple(cells)[:width]
    return found + ("",) * (width - len(found))
