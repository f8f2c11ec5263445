"""Files of people for the tests, read by the forms of the project's own providers; and workbooks out of XML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence

from bot.slack import form
from bot.spreadsheet.columns import Columns
from bot.spreadsheet.reading import read, read_text
from bot.spreadsheet.rows import Reader, Understood
from bot.spreadsheet.sheet import Sheet
from tests.regenerate import configured, own

PROVIDERS = {key: configured(kind) for key, kind in own().items()}


def reader(key: str = "tencent") -> Reader:
    provider = PROVIDERS[key]
    return Reader(
        provider.form, provider.fields(), "CN", lambda error: form.problems(error, provider), lambda typed, used: None
    )


def understood(content: bytes | str, key: str = "tencent", **values: str) -> tuple[Sheet, Columns, Understood]:
    by = reader(key)
    sheet = read_text(content, by.names.known) if isinstance(content, str) else read(content, by.names.known)
    assert sheet is not None
    columns = by.names.understand(sheet.header, {})
    return sheet, columns, by.sheet(sheet, columns.fields, values)


def ready(content: bytes | str, key: str = "tencent") -> list[dict[str, object]]:
    _, _, found = understood(content, key)
    assert [row.problems for row, state in found.rows if state == "wrong"] == []
    return [dict(row.hire) for row, _ in found.rows]


def said(found: Understood) -> str:
    return "\n".join(f"{note.en} {note.zh}" for note in found.notes)


WEI = {"name": "张伟", "account": "zhangwei", "phone": "+8613800138000"}


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def book(
    *sheets: str,
    texts: str = "",
    styles: str = "",
    before: str = "",
    after: str = "",
    main: str = MAIN,
    states: Sequence[str] = (),
    rename: Callable[[str], str] = str,
    prefix: str = "",
    settings: str = "",
) -> bytes:
    """A workbook out of XML: the rows of each sheet, and what stands beside them."""
    office = OFFICE if main == MAIN else "http://purl.oclc.org/ooxml/officeDocument/relationships"
    kinds = [
        *(f"worksheet|worksheets/sheet{n}.xml" for n in range(len(sheets))),
        "sharedStrings|sharedStrings.xml",
        "styles|styles.xml",
    ]
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/{kind.split("|")[0]}" Target="{kind.split("|")[1]}"/>'
        for n, kind in enumerate(kinds)
    )
    state = [f' state="{each}"' for each in states] + [""] * len(sheets)
    named = "".join(f'<sheet name="S{n}" sheetId="{n + 1}" r:id="rId{n}"{state[n]}/>' for n in range(len(sheets)))
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = {
        "/xl/workbook.xml": "sheet.main",
        **{f"/xl/worksheets/sheet{n}.xml": "worksheet" for n in range(len(sheets))},
        **({"/xl/sharedStrings.xml": "sharedStrings"} if texts else {}),
        **({"/xl/styles.xml": "styles"} if styles else {}),
    }
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        + "".join(f'<Override PartName="{name}" ContentType="{kind}.{what}+xml"/>' for name, what in types.items())
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="a" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{settings}<sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
            for n, rows in enumerate(sheets)
        },
        **({"xl/sharedStrings.xml": f'<sst xmlns="{main}">{texts}</sst>'} if texts else {}),
        **({"xl/styles.xml": f'<styleSheet xmlns="{main}">{styles}</styleSheet>'} if styles else {}),
    }
    if prefix:
        parts = {
            name: re.sub(r"<(/?)(?=[a-z])", rf"<\1{prefix}:", text).replace("xmlns=", f"xmlns:{prefix}=")
            if name.startswith("xl/w") or "shared" in name
            else text
            for name, text in parts.items()
        }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(rename(name), '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def row(*cells: str, attributes: str = "") -> str:
    """A row whose cells are texts, or XML."""
    inside = (cell if cell.startswith("<c") else f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f"<row {attributes}>{''.join(inside)}</row>"
