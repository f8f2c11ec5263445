"""The parts of a workbook (ECMA-376, part 1, chapter 18): its sheets, their texts and formats, each read in pieces by expat.

Not by openpyxl, which writes ours: it gives up a whole workbook for a style or a name that it does not like, says nothing of
hidden rows where it reads in bounded memory, finds no sheet in a workbook of strict namespaces, and takes six times as long.
Nothing is computed, and a part with a DOCTYPE is refused, as no spreadsheet program writes one: no entity is ever expanded.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from bot.spreadsheet.sheet import MOST_CHARACTERS

AT_ONCE = 1 << 16
MOST_TEXTS = 1_000_000
"""Different texts of a workbook: ten thousand rows of sixty cells have six hundred thousand."""

Attributes = Mapping[str, str]


class Broken(Exception):
    """It is no workbook that any spreadsheet program would write."""


class TooLarge(Exception):
    """It holds far more than a list of people."""


@dataclass(frozen=True)
class SheetPart:
    """A sheet: what it is called, and where its part is. `shown`: people see it in Excel."""

    name: str
    path: str
    shown: bool


@dataclass
class Workbook:
    """What stands beside the sheets: texts by their number, and of each format whether it shows days or leading zeros."""

    packed: zipfile.ZipFile
    sheets: list[SheetPart] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    days: set[str] = field(default_factory=set)
    zeros: dict[str, int] = field(default_factory=dict)
    since_1904: bool = False

    def __post_init__(self) -> None:
        # Some programs write other cases or backslashes (python-excel/xlrd 169, tafia/calamine 530).
        self._parts = {_plain(part.filename): part for part in self.packed.infolist()}

    def walk(
        self,
        path: str,
        start: Callable[[str, Attributes], object],
        end: Callable[[str], object] = lambda name: None,
        text: Callable[[str], object] | None = None,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        """Go through a part, by the elements' names without a prefix; nothing where there is no such part."""
        part = self._parts.get(_plain(path))
        if part is None:
            return
        parser = expat.ParserCreate()
        parser.buffer_text = True
        bare: dict[str, str] = {}

        def started(name: str, attributes: Attributes) -> None:
            start(bare.get(name) or bare.setdefault(name, name.rpartition(":")[2]), attributes)

        def ended(name: str) -> None:
            end(bare.get(name) or bare.setdefault(name, name.rpartition(":")[2]))

        parser.StartDoctypeDeclHandler = _refused
        parser.StartElementHandler, parser.EndElementHandler = started, ended
        if text is not None:
            parser.CharacterDataHandler = text
        with self.packed.open(part) as file:
            # What it claims to unpack to may be a lie; zipfile reads no more than that.
            while piece := file.read(AT_ONCE):
                parser.Parse(piece, False)
                if enough():
                    return
        parser.Parse(b"", True)

    def has(self, path: str) -> bool:
        return _plain(path) in self._parts

    def read_texts(self, path: str) -> None:
        """The texts that cells name by a number: without how they are formatted, and how they are pronounced."""
        said: list[str] = []
        inside = {"t": False, "rPh": False}

        def start(name: str, attributes: Attributes) -> None:
            if name in inside:
                inside[name] = True

        def end(name: str) -> None:
            if name in inside:
                inside[name] = False
            elif name == "si":
                if len(self.texts) >= MOST_TEXTS:
                    raise TooLarge
                self.texts.append(clean("".join(said)))
                said.clear()

        def text(piece: str) -> None:
            if inside["t"] and not inside["rPh"]:
                said.append(piece)

        self.walk(path, start, end, text)

    def read_formats(self, path: str) -> None:
        """Which styles show a number as a day, and which with zeros in front."""
        codes: dict[str, str] = {}
        where: list[str] = []
        count = 0

        def start(name: str, attributes: Attributes) -> None:
            nonlocal count
            if name == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif name == "xf" and where[-1:] == ["cellXfs"]:
                self._format(str(count), attributes.get("numFmtId", "0"), codes)
                count += 1
            where.append(name)

        self.walk(path, start, lambda name: where.pop())

    def _format(self, style: str, number: str, codes: Mapping[str, str]) -> None:
        code = codes.get(number)
        if number in _DAY_FORMATS if code is None else _shows_days(code):
            self.days.add(style)
        elif code and re.fullmatch("0{2,20}", code):
            self.zeros[style] = len(code)

    def day(self, number: float) -> str | None:
        """A number as the day (and time) that it stands for; None when it stands for none."""
        if not 0 <= number < 2_958_466:
            return None
        if number < 1:
            return str(dt.time(*divmod(round(number * 1440) % 1440, 60)))
        # Excel believes in a 29 February 1900.
        first = dt.datetime(1904, 1, 1) if self.since_1904 else dt.datetime(1899, 12, 30 if number >= 60 else 31)
        found = first + dt.timedelta(seconds=round(number * 86_400))
        return found.date().isoformat() if found.time() == dt.time() else found.isoformat()


def opened(packed: zipfile.ZipFile) -> Workbook:
    """A workbook with its texts and formats. Raises Broken, TooLarge, or what zipfile and expat raise."""
    book = Workbook(packed)
    home = next((target for kind, target in _relations(book, "").values() if kind == "officeDocument"), "")
    home = home if home and book.has(home) else "xl/workbook.xml"
    relations = _relations(book, home)

    def start(name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            book.since_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            kind, path = relations.get(_id(attributes), ("", ""))
            if kind == "worksheet" and book.has(path):
                shown = attributes.get("state", "visible") == "visible"
                book.sheets.append(SheetPart(attributes.get("name", ""), path, shown))

    book.walk(home, start)
    if not book.sheets:
        raise Broken
    for kind, path in relations.values():
        if kind == "sharedStrings":
            book.read_texts(path)
        elif kind == "styles":
            _formats(book, path)
    return book


def _formats(book: Workbook, path: str) -> None:
    try:
        book.read_formats(path)
    except expat.ExpatError:
        # Who is in the list is not a question of how it looks.
        book.days.clear()


def _relations(book: Workbook, of: str) -> dict[str, tuple[str, str]]:
    """What a part refers to: id -> kind and path."""
    folder, name = posixpath.split(of)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            path = target if target.startswith("/") else posixpath.join(folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, posixpath.normpath(path).lstrip("/"))

    book.walk(posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def _id(attributes: Attributes) -> str:
    """The reference of a sheet to its part: r:id, whatever the prefix."""
    return next((value for name, value in attributes.items() if name.endswith(":id")), "")


def clean(text: str) -> str:
    """A text as people read it: Excel writes what XML cannot hold as _x000D_."""
    if "_x" in text:
        text = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text[: 8 * MOST_CHARACTERS])
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text[:MOST_CHARACTERS].strip()


_DAY_FORMATS = frozenset(str(number) for number in (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Formats that every workbook has: days and times, the Chinese and Japanese ones too (ECMA-376, 18.8.30)."""


def _shows_days(code: str) -> bool:
    first = code.split(";")[0]
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', "", first, flags=re.IGNORECASE)
    return bool(re.search("[ymdhs]", bare, re.IGNORECASE)) and "general" not in bare.casefold()


def _plain(path: str) -> str:
    return path.replace("\\", "/").lstrip("/").casefold()


def _refused(*found: Any) -> None:
    raise Broken
