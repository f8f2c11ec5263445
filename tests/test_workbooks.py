"""Workbooks as other programs write them, and what people do not see in Excel: who is in the list is who they see."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.spreadsheet.sheet import MOST_ROWS, NotASheet
from tests.conftest import tries
from tests.sheets import WEI, book, ready, row, said, understood

HEAD = row("姓名", "账号", "手机", "入职日期", "工号")
TITLES = row("姓名", "账号", "手机")
ZHANG = row("张伟", "zhangwei", "13800138000")
LI = row("李娜", "lina", "13800138001")
SHARED = "".join(
    f"<si>{text}</si>"
    for text in (
        "<t>姓名</t>", "<t>账号</t>", "<t>手机</t>",
        "<r><t>张</t></r><r><rPr><b/></rPr><t>伟</t></r>",
        '<t>zhangwei</t><rPh sb="0" eb="1"><t>チャン</t></rPh><phoneticPr fontId="1"/>',
        "<t>13800138000_x000D_</t>", "<t/>",
    )
)  # fmt: skip
BY_NUMBER = "".join(row(*(f'<c t="s"><v>{n}</v></c>' for n in numbers)) for numbers in ((0, 1, 2, 6), (3, 4, 5, 6)))


@pytest.mark.parametrize(
    "content",
    [
        book(TITLES + ZHANG),
        # rich text, what stands above it to be read aloud, _x000D_ (exceljs/exceljs 584), an empty text (openai/codex 38118)
        book(BY_NUMBER, texts=SHARED),
        # names with a prefix, of the Open XML SDK (exceljs/exceljs 1437)
        book(BY_NUMBER, texts=SHARED, prefix="x"),
        # no relations of the package: where it is in all others
        book(TITLES + ZHANG, rename=lambda name: name.replace("_rels/.rels", "nothing.xml")),
        # an empty sheet, a cover, sheets that nobody sees
        book("", row("新员工入职名单", "2026年12月"), row("电话"), TITLES + ZHANG, TITLES + LI),
        book(TITLES + LI, TITLES + LI, TITLES + ZHANG, states=["hidden", "veryHidden"]),
        # a claim about its size, columns beyond those that are read
        book(TITLES + ZHANG, before='<dimension ref="A1:XFD1048576"/>'),
        book(TITLES + row("张伟", "zhangwei", "13800138000", '<c r="XFD2"><v>1</v></c>')),
        # a title of its own above the list, whose first row people do not see (dream-num/Luckyexcel 3)
        book(row("内部", attributes='hidden="1"') + row("七月名单") + TITLES + ZHANG),
        # the codes of the fields, hidden above their titles
        book(row("name", "account", "phone", attributes='hidden="1"') + TITLES + ZHANG),
    ],
)
def test_one_person_whichever_program_wrote_the_workbook(content: bytes) -> None:
    assert ready(content) == [WEI]


@pytest.mark.parametrize(
    "content",
    [
        # "Strict Open XML Spreadsheet" (ExcelDataReader/ExcelDataReader 498)
        book(BY_NUMBER, texts=SHARED, main="http://purl.oclc.org/ooxml/spreadsheetml/main"),
        # an empty fill, for which openpyxl gives up (langgenius/dify 2172, pandas-dev/pandas 40499); formats that are no XML
        book(TITLES + ZHANG, styles='<fills count="1"><fill/></fills>'),
        book(TITLES + ZHANG, styles="<numFmts><numFmt"),
        # SharedStrings.xml (python-excel/xlrd 169, box/spout 727), backslashes (tafia/calamine 530, PhpSpreadsheet 3472)
        book(BY_NUMBER, texts=SHARED, rename=lambda name: name.replace("shared", "Shared")),
        book(BY_NUMBER, texts=SHARED, rename=lambda name: name.replace("/", "\\")),
        # a column that is none, and a row
        book(TITLES + row("张伟", "zhangwei", "13800138000", '<c r="ABCDE2"><v>1</v></c>')),
        book(TITLES + ZHANG.replace("<row ", '<row r="99999999999" ')),
        book(TITLES + ZHANG, before='<cols><col min="-99999999999" max="x" hidden="1"/></cols>'),
    ],
)
def test_a_workbook_that_the_reader_gives_up_is_a_sentence_that_helps_and_nobody(content: bytes) -> None:
    """openpyxl is stricter than Excel: what it does not read is never read in part."""
    with pytest.raises(NotASheet) as caught:
        understood(content)
    assert re.search("Save it again as .xlsx or .csv|no rows in this file", caught.value.said.en)


@pytest.mark.parametrize("hidden", ['hidden="1"', 'r="2" spans="1:3" hidden="true" ht="15"'])
def test_rows_that_people_do_not_see_are_nobody(hidden: str) -> None:
    """SheetJS/sheetjs 630, dfinke/ImportExcel 762: what a filter hides, or a hand."""
    many = "".join(
        row(f"员工{n}", f"user{n}", f"138{n:08d}", attributes=hidden.replace('"2"', f'"{n + 4}"')) for n in range(100)
    )
    content = book(TITLES + ZHANG.replace("<row ", f"<row {hidden} ") + LI + many, after='<autoFilter ref="A1:C3"/>')
    _, _, found = understood(content)
    assert [row.name for row, _ in found.rows] == ["李娜"]
    assert "Hidden rows are left out (101)" in said(found)
    with pytest.raises(NotASheet, match="All rows of this list are hidden"):
        understood(book(TITLES + many))


def test_a_list_under_a_filter_may_be_longer_than_what_is_read_of_it() -> None:
    many = row("x", "y", "z", attributes='hidden="1"') * (MOST_ROWS + 100)
    assert ready(book(TITLES + many + ZHANG)) == [WEI]


def test_columns_that_people_do_not_see_are_read_and_named() -> None:
    hidden = '<cols><col min="1" max="1" width="9"/><col min="2" max="2" hidden="1"/><col min="9" max="16384" hidden="1"/></cols>'
    _, _, found = understood(book(TITLES + ZHANG, before=hidden))
    assert found.rows[0][0].hire == WEI
    assert "Hidden columns are read: 账号." in said(found)


def test_merged_cells_are_said_where_they_take_something_away() -> None:
    title = row("名单") + TITLES + ZHANG + LI
    for merged, is_said in (("A1:C1", False), ("A3:A4", True)):
        content = book(title, after=f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>')
        assert ("Merged cells (1, like rows 3 to 4)" in said(understood(content)[2])) == is_said


@pytest.mark.parametrize(
    ("cell", "settings", "day"),
    [
        ('<c s="1"><v>46357</v></c>', "", "2026-12-01"),
        ('<c s="1"><v>46357.354166666664</v></c>', "", "2026-12-01"),
        ('<c s="2"><v>46357</v></c>', "", "2026-12-01"),
        ('<c s="3"><v>46357</v></c>', "", "2026-12-01"),
        ('<c s="0"><v>46357</v></c>', "", "2026-12-01"),
        ('<c s="1"><v>44895</v></c>', '<workbookPr date1904="1"/>', "2026-12-01"),
        ('<c t="d"><v>2026-12-01T00:00:00</v></c>', "", "2026-12-01"),
        ('<c t="str"><f>TODAY()</f><v>2026/12/1</v></c>', "", "2026-12-01"),
        ('<c t="inlineStr"><is><t>1-Dec-26</t></is></c>', "", "2026-12-01"),
    ],
)
def test_a_day_is_the_day_that_people_see(cell: str, settings: str, day: str) -> None:
    styles = (
        """<numFmts><numFmt numFmtId="170" formatCode='[$-804]yyyy"年"m"月"d"日";@'/><numFmt numFmtId="171" formatCode="0000"/>"""
        '<numFmt numFmtId="172" formatCode="&quot;day&quot;0"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="31"/><xf numFmtId="171"/>'
        '<xf numFmtId="172"/></cellXfs>'
    )
    content = book(
        HEAD + row("张伟", "zhangwei", "<c><v>1.3800138E10</v></c>", cell, '<c s="4"><v>7</v></c>'),
        styles=styles, settings=settings,
    )  # fmt: skip
    (person,) = ready(content)
    assert person == {**WEI, "start_date": day, "employee_id": "0007"}


def test_what_a_spreadsheet_made_of_a_cell_is_said_and_nobodys() -> None:
    """An error is no name, and 12/11/2026 is two days."""
    error = '<c t="e"><f>VLOOKUP(A1,B:B,1)</f><v>#N/A</v></c>'
    _, _, found = understood(book(HEAD + row(error, "zhangwei", "13800138000", "12/11/2026")))
    ((person, state),) = found.rows
    assert state == "wrong"
    assert [(each.field and each.field.en, each.said.en.split(".")[0]) for each in person.problems] == [
        ("Full name", "The spreadsheet shows an error here (#N/A)"),
        ("First day", "It isn't clear which is the day and which is the month"),
    ]


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        # wireservice/csvkit 1143, parsecsv/parsecsv-for-php 213
        ("13800138000.0", "+8613800138000"),
        ('="13800138000"', "+8613800138000"),
        ("'13800138000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("tel:13800138000", "+8613800138000"),
    ],
)
def test_a_number_that_a_program_wrote_strangely_is_the_number(cell: str, phone: str) -> None:
    assert [one["phone"] for one in ready(f"姓名,账号,手机\n张伟,zhangwei,{cell}\n".encode())] == [phone]


@pytest.mark.parametrize("nothing", ["-", "—", "无", "N/A", "NULL", "nan"])
def test_what_stands_for_nothing_is_nothing_but_a_name(nothing: str) -> None:
    assert ready(f"姓名,账号,手机,邮箱,职务\n张伟,zhangwei,13800138000,{nothing},{nothing}\n".encode()) == [WEI]
    assert ready(f"姓名,账号,手机\n{nothing},zhangwei,13800138000\n".encode())[0]["name"] == nothing


@pytest.mark.parametrize(
    "total", ["合计", "总计：25", "共 25 人", "Total", "Grand Total: 25", "total employees 25", "小计"]
)
def test_a_row_that_counts_the_others_is_nobody(total: str) -> None:
    _, _, found = understood(f"姓名,账号,手机\n张伟,zhangwei,13800138000\n{total},,25\n".encode())
    assert [row.name for row, _ in found.rows] == ["张伟"]
    assert "Total rows are left out (1)" in said(found)


def test_a_workbook_that_is_cut_off_locked_or_spoilt_is_said() -> None:
    whole = book(TITLES + ZHANG)
    locked = bytearray(whole)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := locked.find(mark, at + 1)) >= 0:
            locked[at + place] |= 1
    for content, words in (
        (whole[: len(whole) // 2], "the end of the file is missing"),
        (bytes(locked), "has a password"),
        (book(TITLES + '<row><c t="s"><v>7</v></c></row>'), "can't be opened"),
        (book(TITLES + "<row>"), "can't be opened"),
        (book(), "can't be opened"),
    ):
        with pytest.raises(NotASheet) as caught:
            understood(content)
        assert words in caught.value.said.en


@pytest.mark.parametrize("sheet", ['<cols><col min="4" max="99999999999" hidden="1"/></cols>', ""])
def test_a_workbook_that_claims_much_costs_little(sheet: str) -> None:
    """A text that is stored once and stands in every cell; columns that nobody has."""
    assert ready(book(TITLES + ZHANG, before=sheet)) == [WEI]
    long = f"<si><t>{'长' * 1000}</t></si>"
    rows = row(*["<c t='s'><v>0</v></c>"] * 60) * 400
    with pytest.raises(NotASheet, match="far more than a list of people"):
        understood(book(TITLES + rows, texts=long))


@settings(max_examples=tries(150), deadline=None)
@given(data=st.data())
def test_no_spoilt_workbook_breaks_the_reader(data: st.DataObject) -> None:
    """Bytes of a real one changed or missing: a sentence, or people."""
    content = bytearray(data.draw(st.sampled_from([book(TITLES + ZHANG + LI), book(BY_NUMBER, texts=SHARED)])))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=4)):
        content[at] = byte
    with contextlib.suppress(NotASheet):
        understood(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]))


@settings(max_examples=tries(100), deadline=None)
@given(
    hidden=st.lists(st.booleans(), min_size=1, max_size=40), gaps=st.lists(st.integers(0, 3), min_size=40, max_size=40)
)
def test_exactly_the_rows_that_people_see_are_read(hidden: list[bool], gaps: list[int]) -> None:
    number, rows, wanted = 1, [TITLES], []
    for place, (is_hidden, gap) in enumerate(zip(hidden, gaps, strict=False)):
        number += 1 + gap
        attributes = f'r="{number}"' + (' hidden="1"' if is_hidden else "")
        rows.append(row(f"员工{place}", f"user{place}", f"138{place:08d}", attributes=attributes))
        wanted += [] if is_hidden else [(number, f"user{place}")]
    if not wanted:
        return
    _, _, found = understood(book("".join(rows)))
    assert [(each.line, each.hire["account"]) for each, _ in found.rows] == wanted
    assert (f"({sum(hidden)})" in said(found)) == any(hidden)
