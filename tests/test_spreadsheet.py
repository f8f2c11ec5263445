"""Files of people: whatever they were written in, each row is about whom it says, or it is said what is wrong with it."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.batch import Row
from bot.spreadsheet.columns import OUTCOME
from bot.spreadsheet.files import as_csv, as_xlsx, inert, template
from bot.spreadsheet.reading import read_text
from bot.spreadsheet.sheet import MOST_ROWS, NotASheet
from tests.conftest import tries
from tests.sheets import PROVIDERS, WEI, reader, ready, said, understood


@pytest.mark.parametrize(
    "content",
    [
        "姓名,账号,手机\n张伟,zhangwei,13800138000\n".encode(),
        "\ufeff姓名,账号,手机\r\n张伟,zhangwei,13800138000\r\n".encode(),
        "姓名,账号,手机\n张伟,zhangwei,13800138000\n".encode("gb18030"),
        "姓名\t账号\t手机\n张伟\tzhangwei\t13800138000\n".encode("utf-16"),
        "姓名\t账号\t手机\n张伟\tzhangwei\t13800138000\n".encode("utf-16-le"),
        "姓名\t账号\t手机\n张伟\tzhangwei\t13800138000\n".encode("utf-16-be"),
        "姓名;账号;手机\n张伟;zhangwei;13800138000\n".encode(),
        "sep=;\n姓名;账号;手机\n张伟;zhangwei;13800138000\n".encode(),
        "七月入职名单\n制表：人事部\n\n姓名,账号,手机\n张伟,zhangwei,13800138000\n".encode(),
        '"姓名","账号","手机"\r\n"张伟","zhangwei","13800138000"\r\n'.encode(),
        "Name (姓名)|userid|Mobile No.\n张伟|zhangwei|138 0013 8000".encode(),
        "FULL_NAME,User ID,手机号码*\n张伟,zhangwei,'13800138000".encode(),
        "＊姓名，备注\n".encode() + "姓名,账号,手机\n张伟,zhangwei,13800138000\n".encode(),
        '姓名,账号,手机,备注\n张伟,zhangwei,13800138000,"两行\n备注"\n'.encode(),
        as_xlsx([["姓名", "账号", "手机"], ["张伟", "zhangwei", "13800138000"]]),
        as_csv([["姓名", "账号", "手机"], ["张伟", "zhangwei", "+86 138 0013 8000"]]),
    ],
)
def test_one_person_however_it_is_written(content: bytes) -> None:
    assert ready(content) == [WEI]


def workbook(*rows: Sequence[object], hidden: Sequence[int] = (), merged: str = "", more: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    if merged:
        sheet.merge_cells(merged)
    if more:
        book.create_sheet("old").append(["x"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_excel_makes_of_numbers_and_days() -> None:
    head = ["姓名", "账号", "手机", "入职日期", "工号"]
    people = ready(
        workbook(
            head,
            ["张伟", "zhangwei", 13800138000, dt.datetime(2026, 12, 1), 6666],
            ["李娜", "lina", 13800138001.0, 46357, "0007"],
            ["王芳", "wangfang", "13800138002", "2026/12/1", ""],
        )
    )
    assert [one["phone"] for one in people] == ["+8613800138000", "+8613800138001", "+8613800138002"]
    assert [one["start_date"] for one in people] == ["2026-12-01"] * 3
    assert [one.get("employee_id") for one in people] == ["6666", "0007", None]
    _, _, found = understood(workbook(head, ["张伟", "zhangwei", 13800138000, 46357, 6666]))
    assert "drops leading zeros" in said(found)
    assert "read as dates, as Excel counts them" in said(found)


def test_a_shortened_number_is_nobodys() -> None:
    _, _, found = understood("姓名,账号,手机\n张伟,zhangwei,1.38E+10\n李娜,lina,13800138000".encode())
    assert [(row.name, state) for row, state in found.rows] == [("张伟", "wrong"), ("李娜", "ready")]
    (problem,) = found.rows[0][0].problems
    assert problem.field is not None
    assert (problem.field.en, "shortened" in problem.said.en) == ("Phone", True)


def test_traps_of_a_workbook_are_said() -> None:
    head = ["姓名", "账号", "手机"]
    content = workbook(
        head, ["张伟", "zhangwei", "13800138000"], ["李娜", "=A2", "13800138001"], ["总计", None, 2],
        hidden=[2], merged="A5:B6", more=True,
    )  # fmt: skip
    _, _, found = understood(content)
    for words in (
        "Hidden rows are left out (1)",
        "Merged cells (1, like rows 5 to 6)",
        "Formulas aren't calculated",
        "without a saved result are read as empty (1)",
        "2 sheets: only “Sheet” is read",
        "Total rows",
    ):
        assert words in said(found), said(found)
    assert [(row.name, row.line) for row, _ in found.rows] == [("李娜", 3)]


def test_the_same_person_twice_is_said_where_they_stand_first() -> None:
    _, _, found = understood(
        "姓名,账号,手机\n张伟,zw,13800138000\n\n李娜,ln,13800138001\n张 伟,zw2,+86 138-0013-8000".encode()
    )
    assert [(row.line, state, row.twin) for row, state in found.rows] == [
        (2, "ready", None),
        (4, "ready", None),
        (5, "twice", 2),
    ]


def test_of_two_numbers_the_mobile_is_meant() -> None:
    assert ready("姓名,账号,电话,手机\n张伟,zhangwei,010-62770001,13800138000".encode()) == [WEI]
    _, columns, _ = understood("姓名,账号,手机,手机号\n张伟,zhangwei,13800138000,13800138009".encode())
    assert columns.unsure


@pytest.mark.parametrize(
    ("content", "name"),
    [
        # gophish/gophish 1388, Outlook's contacts, Chinese forms
        ("First Name,Last Name,Position,userid,Mobile\nRichard,Bourne,CEO,rb,13800138000", "Richard Bourne"),
        ("First Name,Middle Name,Last Name,User ID,Mobile Phone\nTom,,Hill,tom,13800138000", "Tom Hill"),
        ("姓,名,账号,手机\n张,伟,zw,13800138000", "张伟"),
        ("名,姓,账号,手机\n伟,张,zw,13800138000", "张伟"),
        ("Last Name,姓名,userid,手机\n张,张伟,zw,13800138000", "张伟"),
    ],
)
def test_a_name_in_two_columns_is_one(content: str, name: str) -> None:
    assert [one["name"] for one in ready(content.encode())] == [name]


@pytest.mark.parametrize(
    "content",
    [
        # the templates of 腾讯会议, 钉钉 and 企业微信, as people have them filled in already
        "姓名,手机号,邮箱,部门名称,职位,工号,账号(选填)\n张伟,13800138000,z@example.com,研发部,工程师,0007,zhangwei\n",
        "员工UserID,姓名,手机号,部门,职位,员工工号,是否此部门主管(是/否),邮箱\nzhangwei,张伟,+86-13800138000,,工程师,0007,否,\n",
        "姓名,帐号,别名,职务,部门,性别,手机,座机,个人邮箱\n张伟,zhangwei,,工程师,,男,13800138000,,z@example.com\n",
    ],
)
def test_lists_that_people_have_are_understood(content: str) -> None:
    (person,) = ready(content.encode())
    assert {name: person[name] for name in WEI} == WEI
    assert person["job_title"] == "工程师"


@pytest.mark.parametrize("dimension", [b'<dimension ref="A1"/>', b""])
def test_a_workbook_that_is_wrong_about_its_size_is_read_to_its_end(dimension: bytes) -> None:
    """langgenius/dify 1039 (WPS), odoo/odoo 177604 (Google Sheets), pandas-dev/pandas 39001."""
    content = workbook(["姓名", "账号", "手机"], ["张伟", "zhangwei", "13800138000"], ["李娜", "lina", "13800138001"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for part in before.infolist():
            text = before.read(part)
            if part.filename.startswith("xl/worksheets/"):
                text = re.sub(rb"<dimension [^>]*/>", dimension, text)
            after.writestr(part, text)
    assert [one["account"] for one in ready(out.getvalue())] == ["zhangwei", "lina"]


@pytest.mark.parametrize(
    "mail", ["Zhang Wei <z@example.com>", "<z@example.com>", "张伟<z@example.com>;", "mailto:z@example.com"]
)
def test_an_address_as_mail_programs_copy_it(mail: str) -> None:
    assert ready(f"姓名,账号,手机,邮箱\n张伟,zhangwei,13800138000,{mail}".encode())[0]["email"] == "z@example.com"


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('姓名,账号,手机,备注\n张伟,zhangwei,13800138000,"好\n李娜,lina,13800138001,好\n', 2),
        ('姓名,账号,手机,备注\n李娜,lina,13800138001,\n"张伟,zhangwei,13800138000,\n王芳,wf,13800138002,"好"\n', 3),
        ('姓名\t账号\t手机\n张伟\tzhangwei\t"13800138000\n李娜\tlina\t13800138001', 2),
    ],
)
def test_rows_that_a_quotation_mark_swallows_are_not_left_out_unseen(content: str, row: int) -> None:
    """OpenRefine/OpenRefine 690, sqlitebrowser/sqlitebrowser 542: one mark too many, and everybody below it is in one cell."""
    with pytest.raises(NotASheet, match=f"A quotation mark in row {row} isn't closed"):
        understood(content.encode())


def test_rows_that_a_comma_has_moved_are_said() -> None:
    for row, moved in (("张伟,zhangwei,13800138000,研发,一部", True), ("张伟,zhangwei,13800138000,,", False)):
        _, _, found = understood(f"姓名,账号,手机,职务\n{row}\n".encode())
        assert ("more cells than there are column titles (1, like row 2)" in said(found)) == moved
    # In a workbook a note may stand beside the list.
    assert "more cells" not in said(understood(as_xlsx([["姓名", "账号", "手机"], [*WEI.values(), "", "note"]]))[2])


def test_columns_that_nobody_knows_are_named_and_values_stand_for_all() -> None:
    _, columns, found = understood("姓名,账号,手机,T恤尺码\n张伟,zhangwei,13800138000,L".encode(), account_type="2")
    assert columns.unknown == ("T恤尺码",)
    assert found.rows[0][0].hire["account_type"] == 2
    assert ready("姓名,账号,手机,账号类型\n张伟,zhangwei,13800138000,免费账号".encode())[0]["account_type"] == 2


SPREADSHEET_2003 = b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no rows"),
        (b"\n\n,,\n", "no rows"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "Workbook".encode("utf-16-le"), "old kind (.xls)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "Book".encode("utf-16-le"), "old kind (.xls)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "has a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "no Excel workbook"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00", "old kind (.xls)"),
        (b"\xef\xbb\xbf" + SPREADSHEET_2003, "old kind (.xls)"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "web page"),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "LibreOffice"),
        (b"PK\x03\x04 Index/Document.iwa", "Apple Numbers"),
        (b"PK\x03\x04 word/document.xml", "text document"),
        (b"PK\x03\x04 xl/workbook.bin", ".xlsb"),
        (b"PK\x03\x04 new hires.CSV", "Unpack it"),
        ("姓名,账号\n".encode() + b"\x1b" * 9, "neither a workbook nor a text file"),
        (b"PK\x03\x04 nothing of a workbook", "no Excel workbook"),
        (b"PK\x03\x04 xl/workbook.xml and then nothing", "can't be opened"),
        (b"<html><table><tr><td>\xe5\xa7\x93\xe5\x90\x8d</td></tr></table></html>", "web page"),
        (bytes(range(32)) * 40, "neither a workbook nor a text file"),
        (b"\xff\xfe\x00", "characters of this file"),
        (b"\xe5\xa7\xff\xff\xfa\x00\x81", "characters of this file"),
        ("张伟,zhangwei,13800138000\n".encode(), "No row names the columns"),
        ("姓名,账号,手机\n".encode(), "no rows"),
        (b"name,account,phone\n" + b"a,b,c\n" * (MOST_ROWS + 1), "more than 10,000 rows"),
        (b"x" * 10_000_001, "larger than 10 MB"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_said(content: bytes, words: str) -> None:
    with pytest.raises(NotASheet) as caught:
        understood(content)
    assert words in caught.value.said.en
    assert caught.value.said.zh


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def test_a_zip_bomb_and_an_entity_are_refused_before_they_are_opened() -> None:
    bomb = packed(xl__workbook=b"<workbook/>", xl__sharedStrings=b"0" * 61_000_000)
    assert len(bomb) < 200_000
    entity = packed(xl__workbook=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>')
    for content, words in ((bomb, "unpacks to far more"), (entity, "can't be opened")):
        with pytest.raises(NotASheet) as caught:
            understood(content)
        assert words in caught.value.said.en


def test_a_sheet_of_a_million_columns_is_read_as_far_as_anybody_asks() -> None:
    content = b"name,account,phone" + b"," * 1_000_000 + b"\nTom,tom,13800138000" + b"," * 1_000_000
    assert [one["account"] for one in ready(content)] == ["tom"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("key", sorted(PROVIDERS))
def test_the_template_is_understood_and_its_own_rows_are_nobody(key: str, lang: str) -> None:
    provider = PROVIDERS[key]
    rows = template(provider.fields(), lang)
    for content in (as_csv(rows), as_xlsx(rows)):
        _, columns, found = understood(content, key)
        assert columns.fields == tuple(field.name for field in provider.fields() if field.ask.kind != "secret")
        assert found.rows == ()


def test_pasted_people_are_read_one_a_line() -> None:
    by = reader("huawei")
    text = "张伟 138 0013 8000 zhang.wei@example.com\n\n李娜，13900139000\n"
    assert read_text(text, by.names.known) is None
    found = by.text(text, {})
    assert [(row.line, row.name, row.hire.get("phone")) for row, _ in found.rows] == [
        (1, "张伟", "+8613800138000"),
        (3, "李娜", "+8613900139000"),
    ]


def test_cells_copied_from_a_spreadsheet_are_a_table() -> None:
    assert ready("姓名\t账号\t手机\n张伟\tzhangwei\t13800138000") == [WEI]


def test_another_choice_of_columns_reads_the_same_rows_anew() -> None:
    sheet, _, found = understood("姓名,账号,手机,分机\n张伟,zhangwei,13800138000,6666".encode())
    by = reader()
    columns = by.names.understand(sheet.header, {3: "employee_id"})
    again = by.again([row for row, _ in found.rows], columns.fields, {})
    assert again.rows[0][0].hire == {**WEI, "employee_id": "6666"}


@pytest.mark.parametrize("cell", ["=1+1", "+86 138", "-1", "@x", "\tx", "＝1", "+"])
def test_no_cell_is_a_formula(cell: str) -> None:
    (line,) = csv.reader(io.StringIO(as_csv([[cell]]).decode("utf-8-sig"), newline=""))
    assert line == [f"'{cell}"] == [inert(cell)]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx([["x"], [cell]]))).active
    assert sheet is not None
    found = sheet.cell(2, 1)
    assert (found.data_type, found.value) == ("s", cell)


# --- whatever people give in

CELLS = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(max_examples=tries(300), deadline=None)
@given(content=st.binary(max_size=400) | st.lists(st.lists(CELLS, max_size=6), max_size=8).map(as_csv))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    try:
        sheet, _, found = understood(content)
    except NotASheet:
        return
    assert len(found.rows) <= len(sheet.lines)


@settings(max_examples=tries(60), deadline=None)
@given(
    cells=st.lists(st.lists(CELLS | st.integers() | st.floats() | st.booleans() | st.none(), max_size=5), max_size=6)
)
def test_no_workbook_breaks_the_reader(cells: list[list[object]]) -> None:
    legal = [[_legal(cell) for cell in row] for row in cells]
    with contextlib.suppress(NotASheet):
        understood(workbook(["姓名", "账号", "手机"], *legal))


def _legal(cell: object) -> object:
    return openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell


NAMES = st.text(st.sampled_from("张王李赵伟娜芳敏abcXYZ"), min_size=1, max_size=6)
PEOPLE = st.lists(
    st.tuples(NAMES, st.integers(0, 9999), st.sampled_from(["", "x@example.com"])), min_size=1, max_size=6,
    unique_by=lambda one: one[1],
)  # fmt: skip
CALLED = {
    "name": ["姓名", "Full name", "name", "NAME ", "员工姓名"],
    "account": ["账号", "Account (userid)", "userid", "User Name"],
    "phone": ["手机", "Phone", "电话", "Mobile", "tel"],
    "email": ["邮箱", "Email", "e-mail"],
    None: ["备注", "T恤", "Room"],
}


@settings(max_examples=tries(200), deadline=None)
@given(
    people=PEOPLE, data=st.data(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"]),
    delimiter=st.sampled_from(",;\t"),
)  # fmt: skip
def test_every_row_is_about_whom_it_says(
    people: list[tuple[str, int, str]], data: st.DataObject, encoding: str, delimiter: str
) -> None:
    order = data.draw(st.permutations(list(CALLED)))
    header = [data.draw(st.sampled_from(CALLED[name])) for name in order]
    wanted = [
        {
            "name": name,
            "account": f"user{number}",
            "phone": f"+86138{number:08d}",
            **({"email": f"u{number}{mail}"} if mail else {}),
        }
        for name, number, mail in people
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    for one in wanted:
        writer.writerow([one.get(name, "") if name else "note" for name in order])
    content = out.getvalue().encode(encoding)
    _, columns, found = understood(content)
    assert list(columns.fields) == list(order)
    assert [dict(row.hire) for row, state in found.rows if state == "ready"] == wanted


def test_a_result_file_given_in_again_is_the_same_people() -> None:
    rows = [["姓名", "账号", "手机", OUTCOME], ["张伟", "zhangwei", "+86 138 0013 8000", "✅ account ready"]]
    for content in (as_csv(rows), as_xlsx(rows)):
        sheet, columns, found = understood(content)
        assert columns.fields == ("name", "account", "phone", None)
        assert columns.unknown == ()
        row: Row = found.rows[0][0]
        assert row.hire == WEI
        assert sheet.header[3] == OUTCOME
