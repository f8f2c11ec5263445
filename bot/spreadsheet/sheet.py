"""What a file of people says, whatever it was written in."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.hire import Text

MOST_BYTES = 10_000_000
MOST_ROWS = 10_000
MOST_COLUMNS = 60
"""Wider sheets are read up to here: no vendor asks half as much."""
MOST_CHARACTERS = 1_000
"""Of a cell; the rest is cut off, and no field takes as much."""
HEADER_WITHIN = 20
"""The header is looked for in so many first rows: a title, a date, a note may stand above it."""


class NotASheet(Exception):
    """It cannot be read as a table of people; `said` is the sentence for whoever gave it in."""

    def __init__(self, said: Text) -> None:
        self.said = said
        super().__init__(said.en)


@dataclass(frozen=True)
class Line:
    """A row with its number as a spreadsheet counts it, from 1 on. `numbers`: places of cells that are numbers there;
    `hidden`: people do not see it there."""

    number: int
    cells: tuple[str, ...]
    numbers: frozenset[int] = frozenset()
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """A header and what stands below it; `notes` are what is to be said about the file as a whole."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[Text, ...] = ()


@dataclass
class Raw:
    """Rows as they stand in the file, before it is known which one is the header.

    `hidden` rows are counted beside those in `lines`; `hidden_columns` are places, `merged` the first and last row of each
    group of merged cells. `is_text`: cells are told apart by delimiters alone, and one too many moves the others.
    """

    lines: list[Line]
    notes: list[Text] = field(default_factory=list)
    hidden: int = 0
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int]] = field(default_factory=list)
    is_text: bool = False


TOO_BIG = Text("This file is larger than 10 MB. Split it.", "文件超过 10 MB，请拆分后再提交。")
TOO_MANY = Text("This file has more than 10,000 rows. Split it.", "文件超过 10,000 行，请拆分后再提交。")
EMPTY = Text("There are no rows in this file.", "文件中没有数据行。")
ALL_HIDDEN = Text(
    "All rows of this list are hidden in Excel. Show them (clear the filter), save, and try again.",
    "名单中的数据行均已隐藏。请在 Excel 中清除筛选或取消隐藏，保存后再提交。",
)
NO_HEADER = Text(
    "No row names the columns. The first row must say what stands where, like Full name, Phone, Email. "
    "Type /newhire template for one to fill in.",
    "未找到列标题。第一行应写明各列内容，如：姓名、电话、邮箱。可输入 /newhire template 获取模板。",
)
