"""Makes rows of what was given in: the file from Slack or the pasted text, by the form of the provider that it is for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from bot import proposal
from bot.batch import Batch, Problem, Row, RowState, Upload
from bot.hire import Field, NewHire, Text
from bot.onboarding.batches import Read, Unreadable
from bot.spreadsheet import reading
from bot.spreadsheet.columns import IGNORED, plain
from bot.spreadsheet.rows import Reader, Understood
from bot.spreadsheet.sheet import NotASheet, Sheet

PASTED = 30
"""Columns and notes of a file that are kept to be said."""


class Provider(Protocol):
    """What is asked of a provider (`providers.contract.Provider`)."""

    @property
    def key(self) -> str: ...
    @property
    def form(self) -> type[NewHire]: ...
    @property
    def title(self) -> Text: ...
    def fields(self) -> list[Field]: ...


@dataclass(frozen=True)
class BatchReader:
    """`fetch` gets a file that was given to Slack; it raises TryLater, or NotASheet. `complain` makes sentences of errors.

    `taken` tells which of some accounts are taken at a provider, `pattern` how accounts are proposed.
    """

    providers: Mapping[str, Provider]
    fetch: Callable[[Upload], bytes]
    complain: Callable[[ValidationError, Provider], Sequence[Problem]]
    taken: Callable[[str, Sequence[str]], set[str]]
    pattern: str = ""

    def read(self, batch: Batch, source: str) -> Read:
        """`source` is the pasted text, or a file's bytes where it was given in at the shell; one in Slack is fetched.

        Raises Unreadable, or TryLater.
        """
        try:
            if batch.at_the_shell:
                return self.content(batch, base64.b64decode(source))
            if batch.upload is not None:
                return self.content(batch, self.fetch(batch.upload))
            return self._pasted(batch, source)
        except NotASheet as why:
            raise Unreadable(why.said) from None

    def content(self, batch: Batch, content: bytes) -> Read:
        """The bytes of a file. Raises Unreadable."""
        reader = self._reader(batch)
        called = {plain(header): field for header, field in batch.called.items()}

        def known(cells: Sequence[str]) -> int:
            return reader.names.known(cells) + sum(plain(cell) in called for cell in cells if cell)

        try:
            sheet = reading.read(content, known)
        except NotASheet as why:
            raise Unreadable(why.said) from None
        columns = _chosen(batch, sheet, called)
        return self._sheet(batch.model_copy(update={"columns": {**columns, **batch.columns}}), reader, sheet)

    def again(self, batch: Batch, rows: Sequence[Row]) -> Read:
        """Rows that were read before: somebody has said which column is what, or time has gone by."""
        reader = self._reader(batch)
        columns = reader.names.understand(batch.header, batch.columns)
        understood = reader.again(rows, columns.fields, batch.values)
        changed = batch.model_copy(
            update={"understood": columns.fields, "unsure": columns.unsure and not batch.columns}
        )
        # Their numbers stay: those that were begun are counted beside them.
        renumbered = [
            (row.model_copy(update={"number": before.number}), state)
            for before, (row, state) in zip(rows, understood.rows, strict=True)
        ]
        return Read(changed, renumbered)

    def _pasted(self, batch: Batch, text: str) -> Read:
        reader = self._reader(batch)
        sheet = reading.read_text(text, reader.names.known)
        if sheet is not None:
            return self._sheet(batch, reader, sheet)
        return self._read(batch, reader.text(text, batch.values))

    def _sheet(self, batch: Batch, reader: Reader, sheet: Sheet) -> Read:
        columns = reader.names.understand(sheet.header, batch.columns)
        understood = reader.sheet(sheet, columns.fields, batch.values)
        unknown = [text[:40] for text in columns.unknown[:PASTED]]
        notes = list(understood.notes)
        if unknown:
            notes.append(
                Text(f"Columns that aren't used: {', '.join(unknown)}.", f"未使用的列：{'、'.join(unknown)}。")
            )
        changed = batch.model_copy(
            update={"header": sheet.header, "understood": columns.fields, "unsure": columns.unsure}
        )
        return self._read(changed, Understood(understood.rows, tuple(notes)))

    def _read(self, batch: Batch, understood: Understood) -> Read:
        rows: list[tuple[Row, RowState]] = list(understood.rows)
        return Read(batch.model_copy(update={"notes": understood.notes[:PASTED]}), rows)

    def _reader(self, batch: Batch) -> Reader:
        provider = self.providers.get(batch.provider)
        if provider is None:
            raise Unreadable(Text("This meeting service is no longer set up.", "该会议平台已不可用。"))
        complain: Callable[[ValidationError], Sequence[Problem]] = lambda error: self.complain(error, provider)  # noqa: E731 - one argument of two
        return Reader(provider.form, provider.fields(), batch.region, complain, self._proposer(batch, provider))

    def _proposer(self, batch: Batch, provider: Provider) -> Callable[[Mapping[str, str], set[str]], str | None]:
        def propose(typed: Mapping[str, str], used: set[str]) -> str | None:
            names = proposal.candidates(provider.form, typed, self.pattern)
            if not names:
                return None
            taken = {name for name in names if name.casefold() in used} | self.taken(batch.provider, names)
            return proposal.choose(provider.form, names, taken)

        return propose


def _chosen(batch: Batch, sheet: Sheet, called: Mapping[str, str]) -> dict[int, str | None]:
    """Which field the columns are that somebody has named. Raises Unreadable when one of them is not there."""
    header = [plain(text) for text in sheet.header]
    if gone := [text for text in batch.called if plain(text) not in header]:
        there = "、".join(text for text in sheet.header if text)[:300]
        raise Unreadable(
            Text(
                f"There is no column “{gone[0]}”. There are: {there.replace('、', ', ')}.",
                f"没有名为“{gone[0]}”的列，现有：{there}。",
            )
        )
    found = {place: called[text] for place, text in enumerate(header) if text in called}
    return {place: None if field == IGNORED else field for place, field in found.items()}
