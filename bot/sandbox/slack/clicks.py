"""Which element a person means who presses something in a message, in a modal or in a Home tab."""

from __future__ import annotations

from typing import Any

from bot.sandbox.block_kit.stored import elements
from bot.sandbox.slack.view_state import options_of

Json = dict[str, Any]


def element_in(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json]:
    """(block, element) of that name. Raises LookupError if there is none."""
    for block in blocks:
        for element in elements(block):
            if block["block_id"] == block_id and element.get("action_id") == action_id:
                return block, element
    raise LookupError(f"no element {action_id!r} in a block {block_id!r}")


def meant(blocks: list[Json], action_id: str, value: Any = None) -> tuple[Json, Json]:
    """(block, element) of the one element called so: of buttons the one that holds `value`, of menus the one that offers
    it. Raises LookupError if there is none, or more than one."""
    named = [(block, it) for block in blocks for it in elements(block) if it.get("action_id") == action_id]
    found = [(block, it) for block, it in named if value is None or _may_mean(it, value)]
    if len(found) != 1:
        there = sorted({str(it.get("action_id")) for block in blocks for it in elements(block)})
        raise LookupError(f"{len(found)} elements are called {action_id!r} with {value!r}; there are {there}")
    return found[0]


def _may_mean(element: Json, value: Any) -> bool:
    if element["type"] == "button":
        return bool(element.get("value") == value)
    offered = [option["value"] for option in options_of(element)]
    return not offered or value in offered or isinstance(value, list)
