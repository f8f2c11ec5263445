"""Slack's limits on views and messages, as a checker: https://docs.slack.dev/reference/block-kit

`check_view`, `check_home` and `check_message` say what Slack would refuse, one line per problem in Slack's words with a
JSON pointer, like `must be less than 25 characters [json-pointer:/title/text]`. No problems means that Slack takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.block_kit.elements import (
    ACCESSORIES,
    ACTIONS,
    BUTTONS,
    CONTEXT_ACTIONS,
    IMAGE,
    IMAGE_KEYS,
    INPUTS,
    RICH_TEXT,
)
from bot.sandbox.block_kit.schema import (
    Check,
    Rule,
    anything,
    at_least_one,
    boolean,
    either,
    integer,
    items,
    obj,
    one_of,
    plain,
    problem,
    string,
    text,
    typed,
    with_type,
)
from bot.sandbox.block_kit.stored import elements

Json = dict[str, Any]

VIEW_BLOCKS, MESSAGE_BLOCKS, MARKDOWN_TOTAL, VISUALIZATIONS = 100, 50, 12_000, 2
DATA_TABLE_TOTAL = 20_000
"""Characters in the cells of all data tables of a message. The page
https://docs.slack.dev/reference/block-kit/blocks/data-table-block said 101 rows and half as much until July 2026, and has said
201 rows and this since (quoted in assistant-ui/assistant-ui 5784, 2026-08-11; slackblocks 3.0.0 has the same).
"""

MODAL = {
    "actions",
    "alert",
    "card",
    "context",
    "divider",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "video",
}
# Slack's list names table and data_table as well, and draws neither in a Home tab.
HOME = (MODAL - {"alert"}) | {"carousel"}
MESSAGE = (MODAL - {"alert"}) | {
    "carousel",
    "container",
    "context_actions",
    "data_table",
    "data_visualization",
    "file",
    "markdown",
    "plan",
    "table",
    "task_card",
}


def check_view(view: Any, at: str = "") -> list[str]:
    """What Slack would refuse in a modal. `at` is the JSON pointer of the view itself, "/view" in views.open."""
    if problems := list(_VIEW(view, at)):
        return problems
    return [*_only_on(view["blocks"], MODAL, f"{at}/blocks"), *_across_blocks(view["blocks"], at), *_modal(view, at)]


def check_home(view: Any, at: str = "") -> list[str]:
    """What Slack would refuse in a Home tab: https://docs.slack.dev/surfaces/app-home/"""
    if problems := list(_HOME(view, at)):
        return problems
    blocks, where = view["blocks"], f"{at}/blocks"
    return [
        *_only_on(blocks, HOME, where),
        *_across_blocks(blocks, at),
        *_without_files(blocks, where),
        *_once(blocks, "focus_on_load", where),
    ]


def check_message(blocks: Any, text: Any = None) -> list[str]:
    """What Slack would refuse in the blocks of a message. None and [] are fine: the text alone is a message."""
    if text is not None and not isinstance(text, str):
        return [problem("must provide a string", "/text")]
    if not blocks:
        return []
    if problems := list(items(_BLOCK, MESSAGE_BLOCKS)(blocks, "/blocks")):
        return problems
    return [
        *_only_on(blocks, MESSAGE, "/blocks"),
        *_across_blocks(blocks, ""),
        *_without_files(blocks, "/blocks"),
        *_message(blocks),
    ]


# --- blocks


def _default_collapsed(value: Json, at: str) -> Iterator[str]:
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield problem("`default_collapsed` needs `is_collapsible`", at)
    if value.get("has_header_divider") and value.get("is_collapsible"):
        yield problem("`has_header_divider` is for containers that do not collapse", at)


def _data_table(value: Json, at: str) -> Iterator[str]:
    if len({len(row) for row in value["rows"]}) > 1:
        yield problem("all rows must have the same number of columns", f"{at}/rows")
    for place, cell in enumerate(value["rows"][0]):
        if cell["type"] == "rich_text":
            yield problem("unsupported type: rich_text", f"{at}/rows/0/{place}/type")
    if value.get("row_header_column_index", 0) >= len(value["rows"][0]):
        yield problem(f"must be less than {len(value['rows'][0])}", f"{at}/row_header_column_index")
    if _characters(value["rows"]) > DATA_TABLE_TOTAL:
        yield problem(f"must be less than {DATA_TABLE_TOTAL + 1} characters", f"{at}/rows")


def _characters(value: Any) -> int:
    """Of all texts in cells, however deep they stand."""
    if isinstance(value, list):
        return sum(_characters(each) for each in value)
    if isinstance(value, dict):
        return sum(
            len(each) if key == "text" and isinstance(each, str) else _characters(each) for key, each in value.items()
        )
    return 0


def _different_tasks(value: Json, at: str) -> Iterator[str]:
    ids = [task["task_id"] for task in value["tasks"]]
    if len(set(ids)) < len(ids):
        yield problem("`task_id` must be unique", f"{at}/tasks")


def _block(kind: str, required: dict[str, Check], optional: dict[str, Check] | None = None, *rules: Rule) -> Check:
    return with_type(kind, required, {"block_id": string(255), **(optional or {})}, *rules)


_CARD_KEYS: dict[str, Check] = {
    "hero_image": typed(IMAGE),
    "icon": typed(IMAGE),
    "slack_icon": with_type("icon", {"name": string()}),
    "title": text(150),
    "subtitle": text(150),
    "body": text(200),
    "subtext": text(200),
    "actions": items(typed(BUTTONS), 3),
}
_CARD = _block("card", {}, _CARD_KEYS, at_least_one("hero_image", "title", "actions", "body"))
_TASK_KEYS: tuple[dict[str, Check], dict[str, Check]] = (
    {
        "task_id": string(),
        "title": string(),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {
        "details": RICH_TEXT,
        "output": RICH_TEXT,
        "sources": items(with_type("url", {"url": string(), "text": string()})),
    },
)
_RAW = {
    "raw_text": with_type("raw_text", {"text": string()}, {"emoji": boolean}),
    "raw_number": with_type("raw_number", {"text": string(), "value": anything}),
}
_CELL = typed({"rich_text": RICH_TEXT, **_RAW})

_SIMPLE_BLOCKS: dict[str, Check] = {
    "actions": _block("actions", {"elements": items(typed(ACTIONS), 25)}),
    "alert": _block("alert", {"text": text(200)}, {"level": one_of("default", "info", "warning", "error", "success")}),
    "card": _CARD,
    "carousel": _block("carousel", {"elements": items(typed({"card": _CARD}), 10)}),
    "context": _block("context", {"elements": items(typed({**IMAGE, "plain_text": text(), "mrkdwn": text()}), 10)}),
    "context_actions": _block("context_actions", {"elements": items(typed(CONTEXT_ACTIONS), 5)}),
    "data_table": _block(
        "data_table",
        {"rows": items(items(_CELL, 20), 201, least=2), "caption": string()},
        {"page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
        _data_table,
    ),
    "data_visualization": _block("data_visualization", {"title": string(50), "chart": anything}),
    "divider": _block("divider", {}),
    "file": _block("file", {"external_id": string(), "source": one_of("remote")}),
    "header": _block("header", {"text": plain(150)}),
    "image": _block(
        "image", {"alt_text": string(2000)}, {**IMAGE_KEYS, "title": plain(2000)}, either("image_url", "slack_file")
    ),
    "input": _block(
        "input",
        {"label": plain(2000), "element": typed(INPUTS)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": _block("markdown", {"text": string(12_000)}),
    "plan": _block("plan", {"title": string(), "tasks": items(obj(*_TASK_KEYS), 50, least=0)}, {}, _different_tasks),
    "rich_text": RICH_TEXT,
    "section": _block(
        "section",
        {},
        {"text": text(), "fields": items(text(2000), 10), "accessory": typed(ACCESSORIES), "expand": boolean},
        at_least_one("text", "fields"),
    ),
    "table": _block("table", {"rows": items(items(_CELL, 20), 100)}, {"column_settings": items(anything, 20, least=0)}),
    "task_card": _block("task_card", *_TASK_KEYS),
    "video": _block(
        "video",
        {
            "alt_text": string(2000, least=0),
            "thumbnail_url": string(3000),
            "title": plain(200),
            "video_url": string(3000),
        },
        {
            "author_name": string(50),
            "description": plain(200),
            "provider_icon_url": string(2000),
            "provider_name": string(50),
            "title_url": string(2000),
        },
    ),
}
_IN_CONTAINERS = ("actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table", "video")
_BLOCK = typed(
    {
        **_SIMPLE_BLOCKS,
        "container": _block(
            "container",
            {"child_blocks": items(typed({kind: _SIMPLE_BLOCKS[kind] for kind in _IN_CONTAINERS}), 10)},
            {
                "title": plain(150),
                "rich_text_title": RICH_TEXT,
                "subtitle": text(150),
                "width": one_of("narrow", "standard", "wide", "full"),
                "icon": typed(IMAGE),
                "is_collapsible": boolean,
                "default_collapsed": boolean,
                "has_header_divider": boolean,
            },
            at_least_one("title", "rich_text_title"),
            _default_collapsed,
        ),
    }
)

# --- the whole view, the whole message

_NAMES: dict[str, Check] = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
_VIEW = obj(
    {"type": one_of("modal"), "title": plain(24), "blocks": items(_BLOCK, VIEW_BLOCKS)},
    {**_NAMES, "submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
)
_HOME = obj({"type": one_of("home"), "blocks": items(_BLOCK, VIEW_BLOCKS)}, _NAMES)


def _only_on(blocks: list[Json], surface: set[str], at: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        if block["type"] not in surface:
            yield problem(f"unsupported type: {block['type']}", f"{at}/{index}/type")


def _across_blocks(blocks: list[Json], at: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield problem(f'`block_id` must be unique: "{block_id}"', f"{at}/blocks/{index}/block_id")
        seen |= {block_id} if block_id else set()
        actions = [e["action_id"] for e in block.get("elements", []) if isinstance(e, dict) and "action_id" in e]
        if len(set(actions)) < len(actions):
            yield problem("`action_id` must be unique in its block", f"{at}/blocks/{index}/elements")


def _modal(view: Json, at: str) -> Iterator[str]:
    inputs = [index for index, block in enumerate(view["blocks"]) if block["type"] == "input"]
    if inputs and "submit" not in view:
        where = f"{at}/blocks/{inputs[0]}/input"
        yield problem("must define `submit` to use an `input` block in modals", where)
    yield from _once(view["blocks"], "focus_on_load", f"{at}/blocks")
    yield from _once(view["blocks"], "response_url_enabled", f"{at}/blocks")


def _once(blocks: list[Json], key: str, at: str) -> Iterator[str]:
    """At most one element of all may have this key, wherever its block keeps it."""
    having = [
        f"{at}/{index}/{place}/{key}"
        for index, block in enumerate(blocks)
        for place, element in _placed(block)
        if element.get(key)
    ]
    for where in having[1:]:
        yield problem(f"only one element can have `{key}`", where)


def _placed(block: Json) -> Iterator[tuple[str, Json]]:
    """Elements of a block with where they stand in it."""
    kept = {"input": "element", "section": "accessory"}.get(block["type"])
    for number, element in enumerate(elements(block)):
        yield kept or f"elements/{number}", element


def _without_files(blocks: list[Json], at: str) -> Iterator[str]:
    # Files can be given in modals only: https://docs.slack.dev/reference/block-kit/block-elements/file-input-element
    for index, block in enumerate(blocks):
        if block["type"] == "input" and block["element"]["type"] == "file_input":
            yield problem("unsupported type: file_input", f"{at}/{index}/element/type")


def _message(blocks: list[Json]) -> Iterator[str]:
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_TOTAL:
        yield problem(f"must be less than {MARKDOWN_TOTAL + 1} characters of markdown in all", "/blocks")
    tables = [index for index, block in enumerate(blocks) if block["type"] == "table"]
    for index in tables[1:]:
        yield problem("only_one_table_allowed", f"/blocks/{index}")
    if _characters([block["rows"] for block in blocks if block["type"] == "data_table"]) > DATA_TABLE_TOTAL:
        yield problem(f"must be less than {DATA_TABLE_TOTAL + 1} characters of data_table cells in all", "/blocks")
    if sum(block["type"] == "data_visualization" for block in blocks) > VISUALIZATIONS:
        yield problem(f"no more than {VISUALIZATIONS} data_visualization blocks allowed", "/blocks")
    for index, block in enumerate(blocks):
        if block["type"] == "task_card" and block["status"] == "pending":
            yield problem("only tasks of a plan can be pending", f"/blocks/{index}/status")
