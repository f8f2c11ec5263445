"""What Slack adds to blocks that it has accepted: ids nobody gave, and the defaults that payloads then carry."""

from __future__ import annotations

import copy
import secrets
import string
from typing import Any

Json = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits


def stored(blocks: list[Json]) -> list[Json]:
    """A copy of checked blocks as Slack keeps and sends them: every block and interactive element has its id."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", _made_up_id())
        if block["type"] == "input":
            block.setdefault("optional", False)
            block.setdefault("dispatch_action", False)
        for element in elements(block):
            if element.get("type") not in ("image", "plain_text", "mrkdwn"):
                element.setdefault("action_id", _made_up_id())
        _complete_texts(block)
    return kept


def elements(block: Json) -> list[Json]:
    """The elements a block holds, wherever its type keeps them."""
    if block["type"] == "input":
        return [block["element"]]
    if block["type"] == "section":
        return [block["accessory"]] if "accessory" in block else []
    if block["type"] in ("actions", "context", "context_actions"):
        return list(block["elements"])
    return list(block.get("actions", [])) if block["type"] == "card" else []


def _complete_texts(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _complete_texts(item)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for item in value.values():
            _complete_texts(item)


def _made_up_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
