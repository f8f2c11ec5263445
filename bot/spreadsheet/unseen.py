"""What openpyxl does not say of a sheet that it reads row by row: what Excel hides, what is merged, what is computed.

Counted in the sheet's own XML (ECMA-376, part 1, 18.3.1), in pieces, by the standard library's expat. A part with a DOCTYPE is
refused, as no spreadsheet program writes one: no entity is ever expanded.
"""

from __future__ import annotations

import re
from typing import IO, Any
from xml.parsers import expat

from bot.spreadsheet.sheet import MOST_COLUMNS, MOST_ROWS

AT_ONCE = 1 << 16
LAST_ROW = 1_048_576
"""Excel's own."""

Attributes = dict[str, str]


class Broken(Exception):
    """It is nothing that a spreadsheet program would write."""


class Unseen:
    """`hidden_columns` are places, `merged` the first and last row of each group; `formulas` and those without a result are
    counted.
    """

    def __init__(self) -> None:
        self.hidden_columns: set[int] = set()
        self.merged: list[tuple[int, int]] = []
        self.formulas = self.not_computed = 0
        self._hidden = bytearray(LAST_ROW + 1)
        self._row = 0
        self._formula = self._in_value = self._result = False

    def hides(self, row: int) -> bool:
        """Whether people do not see it there; rows count from 1 on."""
        return row <= LAST_ROW and bool(self._hidden[row])

    def start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "row":
                said = attributes.get("r", "")
                self._row = int(said) if said.isdigit() and len(said) < 8 else self._row + 1
                if attributes.get("hidden") in ("1", "true") and self._row <= LAST_ROW:
                    self._hidden[self._row] = 1
            case "c":
                self._formula = self._result = False
            case "f":
                self._formula = True
            case "v":
                self._in_value = True
            case "col" if attributes.get("hidden") in ("1", "true"):
                first, last = max(int(attributes["min"]), 1), min(int(attributes["max"]), MOST_COLUMNS)
                self.hidden_columns |= set(range(first - 1, last))
            case "mergeCell":
                found = re.fullmatch(r"[A-Z]{1,3}(\d{1,7}):[A-Z]{1,3}(\d{1,7})", attributes.get("ref", ""))
                if found and len(self.merged) < MOST_ROWS:
                    self.merged.append((int(found[1]), int(found[2])))

    def text(self, piece: str) -> None:
        self._result |= self._in_value

    def end(self, name: str) -> None:
        if name == "v":
            self._in_value = False
        if name == "c" and self._formula:
            self.formulas += 1
            self.not_computed += not self._result


def unseen(part: IO[bytes]) -> Unseen:
    """Of an open part of a workbook. Raises Broken, or what expat raises."""
    found, parser = Unseen(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refused
    # By the elements' names without a prefix.
    parser.StartElementHandler = lambda name, attributes: found.start(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: found.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = found.text
    while piece := part.read(AT_ONCE):
        parser.Parse(piece, False)
    parser.Parse(b"", True)
    return found


def _refused(*found: Any) -> None:
    raise Broken
