"""Free licences in the form: a line below the licence's field, or below the provider's; a warning where few are left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.hire import Field, Text, choice_titles, choosing
from bot.slack.words import pick, say

View = dict[str, Any]

ALERT_LIMIT = 200
LOW, ENOUGH = "seats.low", "seats"
SEATS = {LOW, ENOUGH}
"""Their block_ids. No field of a form can have one of these names."""


class Seats(Protocol):
    """Licences of one kind; `kind` is a value of the licence field, None for all together."""

    @property
    def kind(self) -> str | None: ...
    @property
    def total(self) -> int: ...
    @property
    def free(self) -> int: ...


class SeatCounts(Protocol):
    """Who knows how many there are (`intake.Licences`)."""

    @property
    def few(self) -> int: ...
    def cached(self, provider: str) -> Sequence[Seats] | None: ...
    async def fetch(self, provider: str) -> Sequence[Seats]: ...


def below(fields: Sequence[Field], seats: Sequence[Seats], few: int, lang: str) -> tuple[str | None, list[View]]:
    """(name of the field that they are about, None: of none; the blocks that stand below it)."""
    field = choosing(fields, {each.kind for each in seats})
    called = choice_titles(field)
    low = [_said(each, called, lang) for each in seats if each.free <= few]
    others = [_said(each, called, lang) for each in seats if each.free > few]
    blocks: list[View] = []
    if low:
        blocks.append({"type": "alert", "block_id": LOW, "level": "warning", "text": _plain(low, ALERT_LIMIT)})
    if others:
        blocks.append({"type": "context", "block_id": ENOUGH, "elements": [_plain(others, 2000)]})
    return field.name if field else None, blocks


def line(fields: Sequence[Field], seats: Sequence[Seats], lang: str) -> str:
    """All of them in one line, for the Home tab."""
    called = choice_titles(choosing(fields, {each.kind for each in seats}))
    return " · ".join(_said(each, called, lang) for each in seats)


def _plain(said: Sequence[str], most: int) -> View:
    return {"type": "plain_text", "text": " · ".join(said)[:most], "emoji": False}


def _said(seats: Seats, called: Mapping[str, Text], lang: str) -> str:
    title = called.get(seats.kind or "")
    how = "none" if seats.free == 0 else "left"
    if title is None:
        return say(lang, f"form.seats.{how}", free=seats.free, total=seats.total)
    return say(lang, f"form.seats.of.{how}", free=seats.free, total=seats.total, licence=pick(title, lang))
