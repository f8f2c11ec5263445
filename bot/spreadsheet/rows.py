"""Rows as a provider's form takes them, or the sentences about what must be corrected. Never another person than was typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bot import card
from bot.batch import Problem, Row, RowState
from bot.hire import Field, NewHire, Text
from bot.spreadsheet.columns import FAMILY, GIVEN, Names, plain_ours
from bot.spreadsheet.files import is_ours
from bot.spreadsheet.sheet import Line, Sheet

Complain = Callable[[ValidationError], Sequence[Problem]]
"""The sentences about a form that is not taken."""
Propose = Callable[[Mapping[str, str], set[str]], str | None]
"""An account for whom the row is about, which is none of those; None without one."""

_TOTAL = re.compile(
    r"(?:合计|总计|小计|共计|总数|总人数|合計|(?:grand |sub)?total(?: \w+)?|sum|count)[\s:：=]*\d*\s*(?:人|名|位|people)?|共\s*\d+\s*[人名位]",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d+")
_DAY_NUMBER = re.compile(r"[3-6]\d{4}(?:\.0)?")
_DAY = re.compile(r"((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\d{1,2}:\d\d(?::\d\d)?)?")
_ENGLISH_DAY = re.compile(r"(\d{1,2})[- ]([A-Z][a-z]{2})[a-z]*[- ,]+((?:20)?\d\d)")
_OTHER_DAY = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d\d){1,2}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ERROR = re.compile(r"#(?:[A-Z]+[!?]|N/A|DIV/0!|GETTING_DATA|#+)|Err:\d{3}")
_NAMED_ADDRESS = re.compile(r"[^<>@]*<([^<>@\s]+@[^<>@\s]+)>;?")
"""As Outlook copies it: Zhang Wei <zhang.wei@example.com>."""
_NUMBERS = ("phone", "employee_id", "account")
"""Fields that spreadsheets take for numbers to count with."""
_NOTHING = frozenset(("-", "--", "—", "/", "无", "n/a", "N/A", "null", "NULL", "nan", "NaN"))
"""What stands where nothing is meant: by hand, or by the program that wrote the file. In a name it is a name."""

SHORTENED = Text(
    "Excel has shortened this number (like 1.38E+10). Format the column as text, and type the number again.",
    "Excel 已将该号码缩写（如 1.38E+10）。请将该列设为“文本”格式后重新填写。",
)
SHOWS_AN_ERROR = Text(
    "The spreadsheet shows an error here ({text}). Put the value itself into the cell.",
    "此处是表格的错误值（{text}），请直接填写内容。",
)
WHICH_DAY = Text(
    "It isn't clear which is the day and which is the month. Write it like 2026-12-01.",
    "无法判断日和月的先后，请写成 2026-12-01 的形式。",
)
TWICE = Text("The same person stands in row {line}.", "与第 {line} 行是同一人。")


@dataclass(frozen=True)
class Understood:
    """The rows with what the file itself decides about them, and what is to be said about it.

    `identities`: by what the person of each row that is ready can be recognised, in the order of those.
    """

    rows: tuple[tuple[Row, RowState], ...]
    notes: tuple[Text, ...]
    identities: tuple[Mapping[str, str], ...] = ()


class Reader:
    """Reads the rows of one provider's form; `region` is that of phone numbers without a country code."""

    def __init__(
        self, form: type[NewHire], fields: Sequence[Field], region: str, complain: Complain, propose: Propose
    ) -> None:
        self._form, self._region, self._complain, self._propose = form, region, complain, propose
        self._fields = {field.name: field for field in fields if field.ask.kind != "secret"}
        self.names = Names(fields)

    def sheet(self, sheet: Sheet, columns: Sequence[str | None], values: Mapping[str, str]) -> Understood:
        """Every row of a sheet. `values` stand for all rows that have nothing there."""
        lines = [line for line in sheet.lines if not _is_total(line, columns) and not _is_ours(line, columns)]
        notes = [*sheet.notes, *self._apart(sheet, lines, columns)]
        typed = [self._typed(line, columns, values) for line in lines]
        return self._understood(
            [(line.number, line.cells, fields) for line, fields in zip(lines, typed, strict=True)], notes
        )

    def text(self, text: str, values: Mapping[str, str]) -> Understood:
        """Pasted lines without a header, each about one person."""
        people = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                read = {name: said for name, said in card.read(line, self._region).items() if name in self._fields}
                people.append((number, (line.strip(),), {**values, **read}))
        return self._understood(people, [])

    def again(self, rows: Iterable[Row], columns: Sequence[str | None], values: Mapping[str, str]) -> Understood:
        """Rows that were read before, with other columns or values."""
        people = []
        for row in rows:
            if columns:
                fields = self._typed(Line(row.line, row.cells, frozenset()), columns, values)
            else:
                read = card.read(row.cells[0], self._region)
                fields = {**values, **{name: said for name, said in read.items() if name in self._fields}}
            if row.hire.get("account") and "account" not in fields:
                # What was proposed was shown: it stays.
                fields["account"] = str(row.hire["account"])
            people.append((row.line, row.cells, fields))
        return self._understood(people, [])

    # One row.

    def _typed(self, line: Line, columns: Sequence[str | None], values: Mapping[str, str]) -> dict[str, str]:
        typed = {name: text for name, text in values.items() if name in self._fields}
        halves: dict[str, str] = {}
        for name, cell in zip(columns, line.cells, strict=False):
            if name in (GIVEN, FAMILY):
                halves[name] = cell
            elif name is not None and cell and (text := self._cell(self._fields[name], cell)):
                typed[name] = text
        if halves and (whole := _whole_name(halves.get(GIVEN, ""), halves.get(FAMILY, ""))):
            typed["name"] = whole
        return typed

    def _cell(self, field: Field, cell: str) -> str:
        """What a cell says, as the form takes it: a choice by its title, a day however a spreadsheet writes it."""
        text = cell[1:] if cell[:1] == "'" and len(cell) > 1 else cell
        if text[:2] == '="' and text[-1:] == '"':
            # How CSV keeps Excel from counting with a number (parsecsv/parsecsv-for-php 213).
            text = text[2:-1]
        if field.name in _NUMBERS and re.fullmatch(r"\d+\.0", text):
            # pandas, where a cell of the column is empty (pandas-dev/pandas 28335).
            text = text[:-2]
        if field.name == "email" and (found := _NAMED_ADDRESS.fullmatch(text)):
            text = found[1]
        if field.name == "phone":
            text = text.removeprefix("tel:")
        if text in _NOTHING and field.name != "name":
            return ""
        for choice in field.ask.choices:
            if text.casefold() in (choice.value.casefold(), choice.title.en.casefold(), choice.title.zh.casefold()):
                return choice.value
        return _day(text) if field.ask.kind == "date" else text

    def _understood(
        self, people: Iterable[tuple[int, tuple[str, ...], dict[str, str]]], notes: list[Text]
    ) -> Understood:
        rows: list[tuple[Row, RowState]] = []
        identities: list[Mapping[str, str]] = []
        seen: dict[str, int] = {}
        accounts: set[str] = set()
        proposed = 0
        for number, (line, cells, typed) in enumerate(people, 1):
            if "account" in self._fields and self._fields["account"].required and not typed.get("account"):
                account = self._propose(typed, accounts)
                proposed += account is not None
                typed = {**typed, **({"account": account} if account else {})}
            row, hire = self._row(number, line, cells, typed)
            if hire is None:
                rows.append((row, "wrong"))
                continue
            identity = hire.identity()
            marks = [f"{key}\n{value}" for key, value in identity.items()]
            twin = min((seen[mark] for mark in marks if mark in seen), default=None)
            accounts.add(str(getattr(hire, "account", "") or "").casefold())
            if twin is not None:
                rows.append((row.model_copy(update={"twin": twin}), "twice"))
                continue
            seen.update(dict.fromkeys(marks, line))
            rows.append((row, "ready"))
            identities.append(identity)
        if proposed:
            notes.append(
                Text(
                    f"Rows without an account get a proposed one ({proposed}).",
                    f"有 {proposed} 行未填账号，已自动拟定。",
                )
            )
        return Understood(tuple(rows), tuple(notes), tuple(identities))

    def _row(self, number: int, line: int, cells: tuple[str, ...], typed: dict[str, str]) -> tuple[Row, NewHire | None]:
        common = {"number": number, "line": line, "cells": cells, "name": typed.get("name", "")[:100]}
        spoilt = [
            Problem(field=self._fields[name].ask.title, said=said)
            for name, text in typed.items()
            if (said := self._spoilt(self._fields[name], text))
        ]
        try:
            hire = self._form.model_validate(typed, context={"region": self._region})
        except ValidationError as error:
            titles = [problem.field for problem in spoilt]
            others = [problem for problem in self._complain(error) if problem.field not in titles]
            return Row.model_validate({**common, "problems": (*spoilt, *others)}), None
        if spoilt:
            return Row.model_validate({**common, "problems": tuple(spoilt)}), None
        return Row.model_validate({**common, "hire": hire.typed(), "name": hire.name}), hire

    def _spoilt(self, field: Field, text: str) -> Text | None:
        """What the spreadsheet has made of a cell, which nobody has typed so."""
        if text[:1] in "#E" and _ERROR.fullmatch(text):
            return Text(*(said.format(text=text[:20]) for said in (SHOWS_AN_ERROR.en, SHOWS_AN_ERROR.zh)))
        if field.name in _NUMBERS and "+" in text and _SHORTENED.fullmatch(text):
            return SHORTENED
        if field.ask.kind == "date" and _OTHER_DAY.fullmatch(text):
            return WHICH_DAY
        return None

    # The file as a whole.

    def _apart(self, sheet: Sheet, lines: Sequence[Line], columns: Sequence[str | None]) -> list[Text]:
        notes = []
        if n := sum(_is_total(line, columns) for line in sheet.lines):
            notes.append(Text(f"Total rows are left out ({n}).", f"已略过合计行（{n} 行）。"))
        if any(cell[:1] == "'" for line in lines for cell in line.cells):
            notes.append(Text("Apostrophes at the start of cells are left out.", "单元格开头的单引号已忽略。"))
        for place, name in enumerate(columns):
            cells = [line.cells[place] for line in lines if place < len(line.cells)]
            if name in ("employee_id", "account") and any(place in line.numbers for line in lines):
                title = self._fields[name].ask.title
                notes.append(
                    Text(
                        f"{title.en}: Excel keeps these as numbers and drops leading zeros. Check them.",
                        f"{title.zh}：Excel 将其存为数字，开头的 0 会丢失，请核对。",
                    )
                )
            if (
                name in self._fields
                and self._fields[name].ask.kind == "date"
                and any(_DAY_NUMBER.fullmatch(cell) for cell in cells)
            ):
                title = self._fields[name].ask.title
                notes.append(
                    Text(
                        f"{title.en}: numbers like 46357 are read as dates, as Excel counts them.",
                        f"{title.zh}：46357 这类数字已按 Excel 日期读取。",
                    )
                )
        return notes


def outcomes(sheet: Sheet) -> dict[int, str]:
    """Of a result file that is given in again: what stands as the result of each line."""
    place = next((place for place, text in enumerate(sheet.header) if plain_ours(text) == "outcome"), None)
    return {} if place is None else {line.number: line.cells[place] for line in sheet.lines if line.cells[place]}


def _whole_name(given: str, family: str) -> str:
    """张 and 伟 are 张伟; Zhang and Wei are Wei Zhang, as people who have two columns write them."""
    han = re.search("[\u3400-\u9fff]", given + family)
    return f"{family}{given}" if han else f"{given} {family}".strip()


def _is_total(line: Line, columns: Sequence[str | None]) -> bool:
    """A row that counts the others: it begins with such a word, and names nobody's phone or address."""
    filled = [cell for cell in line.cells if cell]
    personal = [cell for name, cell in zip(columns, line.cells, strict=False) if name in ("phone", "email")]
    return (
        bool(filled)
        and bool(_TOTAL.fullmatch(filled[0]))
        and not any("@" in cell or len(re.sub(r"\D", "", cell)) >= 7 for cell in personal)
    )


def _is_ours(line: Line, columns: Sequence[str | None]) -> bool:
    """The template's own rows, left in."""
    return any(is_ours(cell) for name, cell in zip(columns, line.cells, strict=False) if name == "name")


def _day(text: str) -> str:
    """A day however it is written: 2026/12/1, 2026年12月1日, or 46357 as Excel counts days from 1900 on."""
    if found := _DAY.fullmatch(text.strip()):
        year, month, day = (int(part) for part in found.groups())
        return f"{year:04d}-{month:02d}-{day:02d}"
    if (english := _ENGLISH_DAY.fullmatch(text.strip())) and english[2] in _MONTHS:
        return f"{int(english[3]) % 100 + 2000:04d}-{_MONTHS.index(english[2]) + 1:02d}-{int(english[1]):02d}"
    if _DAY_NUMBER.fullmatch(text):
        return (dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))).isoformat()
    return text
