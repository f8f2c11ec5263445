"""Which field of a provider's form a column is: by its name or title in either language, or by what else people call it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.card import called
from bot.hire import Field

IGNORED = "-"
"""What stands for "this column is no field" where somebody chooses."""

MOBILE = "mobile"
"""Not a field: what a column is called that holds phones in any case."""

GIVEN, FAMILY = "given", "family"
"""Nor are these: a name in two columns, where none holds the whole."""

OUTCOME, ACCOUNT_ID, CODE, REASON = "newhire: result", "newhire: account", "newhire: code", "newhire: reason"
OUTCOME_ZH, ACCOUNT_ID_ZH, CODE_ZH, REASON_ZH = "newhire：结果", "newhire：账号", "newhire：错误码", "newhire：说明"
OURS: Mapping[str, str] = {
    OUTCOME: "outcome", OUTCOME_ZH: "outcome", ACCOUNT_ID: "account", ACCOUNT_ID_ZH: "account",
    CODE: "code", CODE_ZH: "code", REASON: "reason", REASON_ZH: "reason",
}  # fmt: skip
"""The columns that a result file has beside those that were given in."""


@dataclass(frozen=True)
class Columns:
    """For each column the field that it is (None: none). `unsure`: a person should look; `unknown` headers are named."""

    fields: tuple[str | None, ...]
    unsure: bool
    unknown: tuple[str, ...]


class Names:
    """What the columns of one form may be called. Secrets are none of them: passwords do not belong into files."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = {field.name: field for field in fields if field.ask.kind != "secret"}
        self._called: dict[str, str] = {}
        for field in self._fields.values():
            for title in (field.name, field.ask.title.en, field.ask.title.zh):
                self._called.setdefault(plain(title), field.name)
        for label, name in called().items():
            if {MOBILE: "phone", GIVEN: "name", FAMILY: "name"}.get(name, name) in self._fields:
                self._called.setdefault(plain(label), name)
        for field in self._fields.values():
            # Last: to people a "user name" is an account, whatever a vendor calls so.
            self._called.setdefault(plain(field.ask.wire), field.name)
        self._called.pop("", None)

    def field(self, header: str) -> str | None:
        """The field that a header names."""
        found = self._named(header)
        return {MOBILE: "phone", GIVEN: "name", FAMILY: "name"}.get(found or "", found)

    def _named(self, header: str) -> str | None:
        """As it stands, without what is in brackets, by one of its halves (姓名/Name), or without whose it is (员工工号)."""
        bare = re.sub(r"[(（\[【].*?[)）\]】]", "", header)
        for text in (
            header,
            bare,
            *re.split(r"[/|\n]", header),
            re.sub("^(?:新员工|员工|人员|用户)", "", bare.strip()),
        ):
            if found := self._called.get(plain(text)):
                return found
        return None

    def known(self, cells: Sequence[str]) -> int:
        """How many of these cells name a field."""
        return len({found for cell in cells if len(cell) < 60 and (found := self.field(cell))})

    def understand(self, header: Sequence[str], chosen: Mapping[int, str | None]) -> Columns:
        """Which column is what; what a person has `chosen` counts, and of two that claim one field the first."""
        found: list[str | None] = []
        twice = False
        named = [None if plain_ours(text) else self._named(text) for text in header]
        for place in range(len(header)):
            name = chosen[place] if place in chosen else named[place]
            if name == MOBILE:
                name = "phone"
            elif name == "phone" and MOBILE in named and place not in chosen:
                # A desk's, where there is a column for mobiles: vendors send their messages to those.
                name = None
            if name in (GIVEN, FAMILY) and name not in found and "name" not in named:
                found.append(name)
                continue
            if name is not None and (name in found or name not in self._fields):
                twice, name = twice or place not in chosen, None
            found.append(name)
        unknown = tuple(
            text
            for place, (text, name) in enumerate(zip(header, found, strict=True))
            if name is None and text and place not in chosen and not plain_ours(text)
        )
        halves = {"name"} if GIVEN in found or FAMILY in found else set()
        lacking = [name for name, field in self._fields.items() if field.required and name not in (*found, *halves)]
        return Columns(tuple(found), twice or bool(lacking and unknown), unknown)


def plain(text: str) -> str:
    """A header as it is compared: no case, blanks, marks, and nothing of full width."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_\-*:：.。'\"#]+", "", folded)


def plain_ours(text: str) -> str | None:
    """Which column of a result file that is."""
    return _OURS.get(plain(text))


_OURS = {plain(text): name for text, name in OURS.items()}
