"""Files that newhire gives out: the template to fill in, and the result, which can be given in again. CSV and XLSX.

Nothing in them is a formula, whatever was typed (owasp.org, CSV Injection, 2026-11): in a workbook every cell is a text, in
CSV an apostrophe stands before what a spreadsheet would compute. The reader takes it away again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from bot.hire import Field, Text

FORMULA = "=+-@\t\r＝＋－＠"


def inert(cell: str) -> str:
    """A cell that no spreadsheet computes."""
    return f"'{cell}" if cell[:1] in FORMULA and cell else cell


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark without which Excel takes it for the machine's old encoding."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def as_xlsx(rows: Iterable[Sequence[str]], widths: Sequence[int] = ()) -> bytes:
    """A workbook of texts, written row by row; `widths` of columns in characters."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("newhire")
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    bold = Font(bold=True)
    for number, row in enumerate(rows):
        cells = []
        for text in row:
            cell: Any = WriteOnlyCell(sheet, value=None)
            # Set by hand: a value that begins with = would become a formula.
            cell._value, cell.data_type, cell.number_format = _legal(text), "s", "@"
            if number == 0:
                cell.font = bold
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _legal(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        char
        for char in text
        if char in "\t\n\r" or (char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff")
    )


def template(fields: Sequence[Field], lang: str) -> list[list[str]]:
    """The columns of a form, what is to be typed there, and an example: three rows. The reader passes over the last two."""
    asked = [field for field in fields if field.ask.kind != "secret"]
    return [
        [_said(field.ask.title, lang) for field in asked],
        [_hint(field, lang) for field in asked],
        [EXAMPLE[lang == "zh"] if field.name == "name" else _example(field, lang) for field in asked],
    ]


EXAMPLE = ("Example: Zhang Wei", "示例：张伟")
HINT = ("Hint: ", "说明：")


def is_ours(name: str) -> bool:
    """Whether a name is one of the template's own: a row that was left in."""
    return name.startswith((*EXAMPLE, *HINT))


def _hint(field: Field, lang: str) -> str:
    needed = ("needed", "必填") if field.required else ("optional", "选填")
    said = [needed[lang == "zh"]]
    if field.ask.hint:
        said.append(_said(field.ask.hint, lang))
    if field.ask.choices:
        said.append(" / ".join(_said(choice.title, lang) for choice in field.ask.choices))
    text = ("。" if lang == "zh" else ". ").join(said)
    return HINT[lang == "zh"] + text if field.name == "name" else text


def _example(field: Field, lang: str) -> str:
    return _said(field.ask.choices[0].title, lang) if field.ask.choices else str(field.ask.example or "")


def _said(text: Text, lang: str) -> str:
    return text.zh if lang == "zh" else text.en
