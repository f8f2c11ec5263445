"""Bytes, or pasted text, as a sheet. What it is is seen by its bytes; what a file is called says nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from bot.hire import Text
from bot.spreadsheet import xlsx
from bot.spreadsheet.sheet import (
    ALL_HIDDEN,
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


def _no(en: str, zh: str) -> Text:
    return Text(f"{en} {SAVE_AS[0]}", f"{zh}{SAVE_AS[1]}")


PICTURE = _no("This is a picture.", "这是图片。")
PACKED = Text(
    "This is a packed file. Unpack it, and send the .xlsx or .csv file in it.",
    "这是压缩包。请解压后提交其中的 .xlsx 或 .csv 文件。",
)
DOCUMENT = _no("This is a text document.", "这是文档文件。")
OLD_EXCEL = _no("This is an Excel file of the old kind (.xls).", "这是旧版 Excel 文件（.xls）。")
OLD_OFFICE = _no("This is an old Office file that is no Excel workbook.", "这是旧版 Office 文件，不是 Excel 工作簿。")
WEB_PAGE = _no("This is a web page, whatever the file is called. Open it in Excel.", "这是网页文件，请用 Excel 打开。")
NO_TEXT = _no("This is neither a workbook nor a text file.", "这既不是工作簿也不是文本文件。")
NO_WORKBOOK = _no("This is no Excel workbook.", "这不是 Excel 工作簿。")

KINDS: tuple[tuple[bytes, Text], ...] = (
    (b"%PDF", _no("This is a PDF.", "这是 PDF 文件。")),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"{\\rtf", DOCUMENT),
    (b"\x1f\x8b", PACKED),
    (b"Rar!", PACKED),
    (b"7z\xbc\xaf", PACKED),
    # Excel 2 to 5 and programs that still write as they did: a first record without a container round it.
    (b"\x09\x00\x04\x00", OLD_EXCEL),
    (b"\x09\x02\x06\x00", OLD_EXCEL),
    (b"\x09\x04\x06\x00", OLD_EXCEL),
    (b"\x09\x08\x08\x00", OLD_EXCEL),
    (b"\x09\x08\x10\x00", OLD_EXCEL),
    (b"MIME-Version:", WEB_PAGE),
)
CONTAINER = b"\xd0\xcf\x11\xe0"
"""Microsoft's compound file: what Office wrote before 2007, and still writes round whatever has a password."""
PARTS: tuple[tuple[bytes, Text], ...] = (
    (
        b"xl/workbook.bin",
        _no("This is a binary Excel workbook (.xlsb).", "这是二进制 Excel 工作簿（.xlsb）。"),
    ),
    (
        b"opendocument.spreadsheet",
        _no("This is a LibreOffice or OpenOffice file (.ods).", "这是 LibreOffice 或 OpenOffice 文件（.ods）。"),
    ),
    (
        b".iwa",
        Text(
            "This is an Apple Numbers file. In Numbers, choose File > Export To > Excel, and send that.",
            "这是 Apple Numbers 文件。请在 Numbers 中选择“文件 > 导出为 > Excel”后再提交。",
        ),
    ),
    (b"word/document", DOCUMENT),
    (b"ppt/presentation", _no("This is a presentation.", "这是演示文稿。")),
    (b".xlsx", PACKED),
    (b".csv", PACKED),
    (b".xls", PACKED),
)
"""What stands in a zip, by the names in it."""
NOT_CLOSED = Text(
    "A quotation mark in row {row} isn't closed, so the rows below it can't be told apart. Correct it, and send the file again.",
    "第 {row} 行的引号未闭合，无法区分其后的数据行。请更正后重新提交。",
)
ENCODING = Text(
    "The characters of this file can't be read. Save it as .xlsx, or as CSV UTF-8, and try that.",
    "无法识别文件的字符编码。请另存为 .xlsx 或“CSV UTF-8”后再提交。",
)

DELIMITERS = ",;\t|"


def read(content: bytes, known: Known) -> Sheet:
    """A file as a sheet. Raises NotASheet."""
    if len(content) > MOST_BYTES:
        raise NotASheet(TOO_BIG)
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        lowered = content.lower()
        if b"xl/workbook" not in lowered.replace(b"\\", b"/") or b"xl/workbook.bin" in lowered:
            raise NotASheet(next((said for part, said in PARTS if part in lowered), NO_WORKBOOK))
        return _sheet(xlsx.read(content, known), known)
    return _sheet(Raw(_lines(_text(content), known), is_text=True), known)


def read_text(text: str, known: Known) -> Sheet | None:
    """Pasted text as a sheet; None when no row of it names columns: then each line is about a person by itself.

    Raises NotASheet.
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise NotASheet(TOO_BIG)
    lines = _lines(text, known)
    if not lines:
        raise NotASheet(EMPTY)
    return None if _header(lines, known) is None else _sheet(Raw(lines, is_text=True), known)


def _text(content: bytes) -> str:
    for magic, said in KINDS:
        if content.startswith(magic):
            raise NotASheet(said)
    if content.startswith(CONTAINER):
        raise NotASheet(_contained(content))
    text = _decoded(content)
    head = text[:2000].lstrip("\ufeff \r\n\t").casefold()
    if "urn:schemas-microsoft-com:office:spreadsheet" in head:
        raise NotASheet(OLD_EXCEL)
    if head.startswith(("<!doctype", "<html", "<?xml", "<table", "<meta", "<style")):
        raise NotASheet(WEB_PAGE)
    if sum(char < " " and char not in "\t\r\n\f\x1a" for char in text[:4000]) > 4:
        raise NotASheet(NO_TEXT)
    return text


def _contained(content: bytes) -> Text:
    """Names of streams are UTF-16 in it."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return xlsx.LOCKED
    excel = any(name.encode("utf-16-le") in content for name in ("Workbook", "Book"))
    return OLD_EXCEL if excel else OLD_OFFICE


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
        delimiter, lines = first.strip('"')[4], _by_delimiter(rest, first.strip('"')[4], 2)
    else:
        delimiter = _delimiter(text, known)
        lines = _by_delimiter(text, delimiter, 1)
    _all_told_apart(lines, delimiter)
    return lines


def _all_told_apart(lines: Sequence[Line], delimiter: str) -> None:
    """Refuse a text in which a quotation mark that is not closed has made one cell of several rows: nobody is left out unseen."""
    width = max((len(line.cells) for line in lines[:HEADER_WITHIN]), default=0)
    for line in lines:
        for cell in line.cells:
            if "\n" in cell and any(part.count(delimiter) >= max(width - 1, 2) for part in cell.split("\n")[1:]):
                raise NotASheet(Text(*(said.format(row=line.number) for said in (NOT_CLOSED.en, NOT_CLOSED.zh))))


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
    header, below = raw.lines[place], [line for line in raw.lines[place + 1 :] if not line.hidden]
    hidden = raw.hidden + len(raw.lines) - place - 1 - len(below)
    if len(below) > MOST_ROWS:
        raise NotASheet(TOO_MANY)
    if not below:
        raise NotASheet(ALL_HIDDEN if hidden else EMPTY)
    width = max(_width(header.cells), *(_width(line.cells) for line in below))
    lines = [Line(line.number, _padded(line.cells, width), line.numbers) for line in below]
    notes = (*raw.notes, *_unseen(raw, header, hidden), *(_moved(header, below) if raw.is_text else ()))
    return Sheet(_padded(header.cells, width), tuple(lines), notes)


def _unseen(raw: Raw, header: Line, hidden: int) -> list[Text]:
    """What people do not see as it is read."""
    notes = []
    if hidden:
        notes.append(
            Text(
                f"Hidden rows are left out ({hidden}). Show them in Excel if they belong to the list.",
                f"已略过隐藏行（{hidden} 行）。如需包含，请在 Excel 中取消隐藏或筛选。",
            )
        )
    named = [text[:40] for place, text in enumerate(header.cells) if text and place in raw.hidden_columns]
    if named:
        notes.append(Text(f"Hidden columns are read: {', '.join(named)}.", f"隐藏的列也已读取：{'、'.join(named)}。"))
    # A title that is merged above the list takes nothing from it.
    if merged := [rows for rows in raw.merged if rows[1] > header.number]:
        first, last = min(merged)
        notes.append(
            Text(
                f"Merged cells ({len(merged)}, like rows {first} to {last}): only the first cell of each has its text. "
                "Unmerge them if something is missing.",
                f"存在 {len(merged)} 处合并单元格（如第 {first} 至 {last} 行）：仅首个单元格有内容，如有缺失请取消合并。",
            )
        )
    return notes


def _moved(header: Line, below: Sequence[Line]) -> list[Text]:
    """A text with a delimiter in it that nobody has put into quotation marks: what stands behind it is in the wrong column."""
    longer = [line.number for line in below if any(line.cells[len(header.cells) :])]
    if not longer:
        return []
    return [
        Text(
            f"Rows with more cells than there are column titles ({len(longer)}, like row {longer[0]}): check that nothing is "
            "in the wrong column. A text with a comma in it needs quotation marks.",
            f"有 {len(longer)} 行的单元格多于列标题（如第 {longer[0]} 行）：请检查内容是否错列。含逗号的文本须加引号。",
        )
    ]


def _header(lines: Sequence[Line], known: Known) -> int | None:
    """The place of the first row in which most cells name a field, among those that people see, or else of all."""
    for hidden in (False, True):
        worth = [known(line.cells) if line.hidden == hidden else 0 for line in lines[: 2 * HEADER_WITHIN]]
        if best := max(worth, default=0):
            return worth.index(best)
    return None


def _width(cells: Sequence[str]) -> int:
    """Up to the last cell that has something in it."""
    return max((place for place, cell in enumerate(cells, 1) if cell), default=0)


def _padded(cells: Iterable[str], width: int) -> tuple[str, ...]:
    found = tuple(cells)[:width]
    return found + ("",) * (width - len(found))
