"""What a person has typed into a view, as Slack's client keeps it, checks it and sends it (`view.state.values`).

People, and the tests that stand in for them, speak in simple values: `{block_id: text | option value | list | id}`.
Slack speaks in typed entries: `{block_id: {action_id: {"type": ..., "selected_option": {...}}}}`. A block with several
elements that hold a value (an `actions` block) takes `{action_id: simple value}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.block_kit.stored import elements

Json = dict[str, Any]
State = dict[str, dict[str, Json]]

# Which key of a state entry carries the value: https://docs.slack.dev/reference/views/#state
VALUE_KEY = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "file_input": "files",
}
_LISTS = {"selected_options", "selected_users", "selected_conversations", "selected_channels", "files"}

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def stateful(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """(block, element) of every element that holds a value."""
    for block in blocks:
        for element in elements(block):
            if element.get("type") in VALUE_KEY:
                yield block, element


def initial_state(blocks: list[Json]) -> State:
    """The state of a view that was just opened: its initial values, and empty entries for the rest."""
    state: State = {}
    for block, element in stateful(blocks):
        key = VALUE_KEY[element["type"]]
        entry = {"type": element["type"], key: element.get(_initial_key(key), _empty(key))}
        state.setdefault(block["block_id"], {})[element["action_id"]] = entry
    return state


def survived(old: State, blocks: list[Json]) -> State:
    """The state after `views.update`: what was typed stays where block_id, action_id and element type are unchanged.

    https://docs.slack.dev/surfaces/modals/#preserving-input"""
    state = initial_state(blocks)
    for block, element in stateful(blocks):
        entry = old.get(block["block_id"], {}).get(element["action_id"])
        if entry is not None and entry["type"] == element["type"] and _still_offered(entry, element):
            state[block["block_id"]][element["action_id"]] = entry
    return state


def typed(state: State, blocks: list[Json], values: Json) -> State:
    """The state after a person filled in `values` (simple ones). Raises LookupError for a block or option that is not
    there."""
    known = {block["block_id"] for block, _ in stateful(blocks)}
    if unknown := sorted(set(values) - known):
        raise LookupError(f"the view has no block {unknown[0]!r} to fill in; it has {sorted(known)}")
    new = {block_id: dict(entries) for block_id, entries in state.items()}
    for block, element in stateful(blocks):
        block_id, action_id = block["block_id"], element["action_id"]
        if block_id not in values:
            continue
        value = values[block_id]
        if len(new[block_id]) > 1:
            if action_id not in value:
                continue
            value = value[action_id]
        new[block_id][action_id] = entry_for(element, value)
    return new


def entry_for(element: Json, value: Any) -> Json:
    """The state entry of one element holding a simple value. Raises LookupError for an option that is not offered."""
    key = VALUE_KEY[element["type"]]
    if value is None or value == "" or value == []:
        return {"type": element["type"], key: _empty(key)}
    if key == "selected_option":
        return {"type": element["type"], key: _option(element, value)}
    if key == "selected_options":
        return {"type": element["type"], key: [_option(element, item) for item in value]}
    if key in _LISTS:
        return {"type": element["type"], key: list(value)}
    return {"type": element["type"], key: value if key in ("rich_text_value", "selected_date_time") else str(value)}


def simple_values(state: State) -> Json:
    """The state in simple values, empty ones left out."""
    simple: Json = {}
    for block_id, entries in state.items():
        values = {action_id: _simple(entry) for action_id, entry in entries.items() if not _is_empty(entry)}
        if values:
            simple[block_id] = values if len(entries) > 1 else next(iter(values.values()))
    return simple


def client_errors(blocks: list[Json], state: State) -> dict[str, str]:
    """What Slack's own client would not let a person submit: {block_id: sentence}. Only input blocks are checked."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        entry = state[block["block_id"]][element["action_id"]]
        problem = _client_error(element, entry, optional=block.get("optional", False))
        if problem:
            errors[block["block_id"]] = problem
    return errors


def _client_error(element: Json, entry: Json, *, optional: bool) -> str | None:
    if _is_empty(entry):
        return None if optional else "Please complete this required field."
    value = entry[VALUE_KEY[element["type"]]]
    match element["type"]:
        case "plain_text_input":
            return _length_error(element, value)
        case "email_text_input":
            return None if _EMAIL.fullmatch(value) else "Please enter a valid email address."
        case "url_text_input":
            return None if _URL.fullmatch(value) else "Please enter a valid URL."
        case "number_input":
            return _number_error(element, value)
        case "datepicker":
            return None if _is_date(value) else "Please enter a valid date."
        case "timepicker":
            return None if _TIME.fullmatch(value) else "Please enter a valid time."
        case _:
            return _count_error(element, value)


def _length_error(element: Json, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Please enter no more than {element.get('max_length', 3000)} characters."
    return None


def _number_error(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a valid number."
    if not number.is_finite() or (not element["is_decimal_allowed"] and number != number.to_integral_value()):
        return "Please enter a valid number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number that is at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number that is at most {element['max_value']}."
    return None


def _count_error(element: Json, value: Any) -> str | None:
    most = element.get("max_selected_items", element.get("max_files"))
    if most is not None and isinstance(value, list) and len(value) > most:
        return f"Please choose no more than {most}."
    return None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value) == datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        return False


def _initial_key(key: str) -> str:
    return "initial_" + key.removeprefix("selected_").removeprefix("rich_text_")


def _empty(key: str) -> Any:
    return [] if key in _LISTS else None


def _is_empty(entry: Json) -> bool:
    return entry[VALUE_KEY[entry["type"]]] in (None, "", [])


def _simple(entry: Json) -> Any:
    value = entry[VALUE_KEY[entry["type"]]]
    if isinstance(value, list):
        return [item["value"] if isinstance(item, dict) and "value" in item else item for item in value]
    return value["value"] if isinstance(value, dict) and "value" in value else value


def options_of(element: Json) -> list[Json]:
    """The options that a select, a group of radio buttons, checkboxes or an overflow menu offers."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def _option(element: Json, value: Any) -> Json:
    if isinstance(value, dict) and element["type"].endswith("external_select"):
        return value
    for option in options_of(element):
        if option["value"] == value:
            return option
    raise LookupError(f"{element['action_id']!r} offers no option {value!r}")


def _still_offered(entry: Json, element: Json) -> bool:
    offered = [option["value"] for option in options_of(element)]
    if not offered or _is_empty(entry):
        return True
    value = entry[VALUE_KEY[entry["type"]]]
    return all(option["value"] in offered for option in (value if isinstance(value, list) else [value]))
