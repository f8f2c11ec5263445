"""Elements and composition objects of Block Kit: what a block may hold.

https://docs.slack.dev/reference/block-kit/block-elements, https://docs.slack.dev/reference/block-kit/composition-objects
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from bot.sandbox.block_kit.schema import (
    Check,
    Rule,
    anything,
    boolean,
    either,
    integer,
    items,
    matching,
    obj,
    one_of,
    plain,
    problem,
    string,
    text,
    typed,
    with_type,
)

Json = dict[str, Any]


def _in_order(least: str, most: str) -> Rule:
    def rule(value: Json, at: str) -> Iterator[str]:
        if least in value and most in value and Decimal(value[least]) > Decimal(value[most]):
            yield problem(f"`{least}` must not be greater than `{most}`", f"{at}/{least}")

    return rule


def _initial_offered(value: Json, at: str) -> Iterator[str]:
    offered = [*value.get("options", []), *(o for group in value.get("option_groups", []) for o in group["options"])]
    initial = [value["initial_option"]] if "initial_option" in value else value.get("initial_options", [])
    key = "initial_option" if "initial_option" in value else "initial_options"
    if any(option not in offered for option in initial):
        yield problem(f"`{key}` must exactly match one of the options", f"{at}/{key}")


def _real_date(value: Any, at: str) -> Iterator[str]:
    wrong = isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        wrong = True
    if wrong:
        yield problem("must be a valid date in the format YYYY-MM-DD", at)


# --- composition objects

_ACTION_ID = string(255)
_CONFIRM = obj(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
_DISPATCH = obj({"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})
_FILTER = obj(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    lambda value, at: iter(() if value else (problem("must define at least one filter", at),)),
)
_SLACK_FILE = obj({}, {"url": string(), "id": matching(r"F[A-Z0-9]{8,}", "invalid slack file")}, either("url", "id"))


def _option(label: Check, **more: Check) -> Check:
    return obj({"text": label, "value": string(150)}, {"description": plain(75), **more})


_PLAIN_OPTION = _option(plain(75))
_RICH_OPTION = obj({"text": text(75), "value": string(150)}, {"description": text(75)})
_MENU_OPTION = _option(plain(75), url=string(3000))
_GROUP = obj({"label": plain(75), "options": items(_PLAIN_OPTION, 100)})

# --- elements

_ANY = {"action_id": _ACTION_ID}
_FOCUS = {"focus_on_load": boolean}
_HINTED = {**_ANY, **_FOCUS, "placeholder": plain(150)}
_PICKED = {**_HINTED, "confirm": _CONFIRM}
_TYPED = {**_HINTED, "dispatch_action_config": _DISPATCH}
_MANY = {**_PICKED, "max_selected_items": integer(1)}
_NUMBER = matching(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", "must be a valid number")
_IDS = items(string(), least=0)
IMAGE_KEYS = {"image_url": string(3000), "slack_file": _SLACK_FILE}
_STATIC = {"options": items(_PLAIN_OPTION, 100), "option_groups": items(_GROUP, 100)}
_ONE_OF_FEW = {**_ANY, **_FOCUS, "confirm": _CONFIRM}


def _element(kind: str, optional: dict[str, Check], *rules: Rule, **required: Check) -> dict[str, Check]:
    return {kind: with_type(kind, required, optional, *rules)}


RICH_TEXT = with_type(
    "rich_text",
    {
        "elements": items(
            typed(
                {
                    kind: with_type(
                        kind,
                        {"elements": items(anything, least=0)},
                        {
                            "style": one_of("bullet", "ordered"),
                            "indent": integer(0, 8),
                            "offset": integer(0),
                            "border": integer(0, 1),
                            "language": string(),
                        },
                    )
                    for kind in ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
                }
            )
        )
    },
    {"block_id": string(255)},
)

_SELECTS: dict[str, Check] = {
    **_element(
        "static_select",
        {**_PICKED, **_STATIC, "initial_option": _PLAIN_OPTION},
        either("options", "option_groups"),
        _initial_offered,
    ),
    **_element("external_select", {**_PICKED, "min_query_length": integer(0), "initial_option": _PLAIN_OPTION}),
    **_element("users_select", {**_PICKED, "initial_user": string()}),
    **_element(
        "conversations_select",
        {
            **_PICKED,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": _FILTER,
        },
    ),
    **_element("channels_select", {**_PICKED, "initial_channel": string(), "response_url_enabled": boolean}),
    **_element(
        "multi_static_select",
        {**_MANY, **_STATIC, "initial_options": items(_PLAIN_OPTION, 100)},
        either("options", "option_groups"),
        _initial_offered,
    ),
    **_element(
        "multi_external_select",
        {**_MANY, "min_query_length": integer(0), "initial_options": items(_PLAIN_OPTION, 100)},
    ),
    **_element("multi_users_select", {**_MANY, "initial_users": _IDS}),
    **_element(
        "multi_conversations_select",
        {
            **_MANY,
            "initial_conversations": _IDS,
            "default_to_current_conversation": boolean,
            "filter": _FILTER,
        },
    ),
    **_element("multi_channels_select", {**_MANY, "initial_channels": _IDS}),
}
_CHOICES: dict[str, Check] = {
    **_element(
        "checkboxes",
        {**_ONE_OF_FEW, "initial_options": items(_RICH_OPTION, 10)},
        _initial_offered,
        options=items(_RICH_OPTION, 10),
    ),
    **_element(
        "radio_buttons",
        {**_ONE_OF_FEW, "initial_option": _RICH_OPTION},
        _initial_offered,
        options=items(_RICH_OPTION, 10),
    ),
}
_PICKERS: dict[str, Check] = {
    **_element("datepicker", {**_PICKED, "initial_date": _real_date}),
    **_element(
        "timepicker",
        {
            **_PICKED,
            "initial_time": matching(r"([01]\d|2[0-3]):[0-5]\d", "must be a valid time in the format HH:mm"),
            "timezone": string(),
        },
    ),
}
_DATETIME = _element("datetimepicker", {**_ONE_OF_FEW, "initial_date_time": integer(10**9, 10**10 - 1)})
BUTTONS: dict[str, Check] = {
    **_element(
        "button",
        {
            **_ANY,
            "url": string(3000),
            "value": string(2000, least=0),
            "style": one_of("primary", "danger"),
            "confirm": _CONFIRM,
            "accessibility_label": string(75),
            "agent_prompt": string(4000),
            "agent_prompt_display": string(),
        },
        lambda value, at: iter(
            (problem("missing required field: agent_prompt", at),)
            if "agent_prompt_display" in value and "agent_prompt" not in value
            else ()
        ),
        text=plain(75),
    ),
    **_element(
        "workflow_button",
        {"style": one_of("primary", "danger"), "confirm": _CONFIRM, "accessibility_label": string(75)},
        text=plain(75),
        action_id=_ACTION_ID,
        workflow=obj({"trigger": obj({"url": string()}, {"customizable_input_parameters": items(anything)})}),
    ),
}
_OVERFLOW = _element("overflow", {**_ANY, "confirm": _CONFIRM}, options=items(_MENU_OPTION, 5))
IMAGE = _element("image", IMAGE_KEYS, either("image_url", "slack_file"), alt_text=string(2000))
INPUTS: dict[str, Check] = {
    **_element(
        "plain_text_input",
        {
            **_TYPED,
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _in_order("min_length", "max_length"),
    ),
    **_element("email_text_input", {**_TYPED, "initial_value": string(least=0)}),
    **_element("url_text_input", {**_TYPED, "initial_value": string(least=0)}),
    **_element(
        "number_input",
        {**_TYPED, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
        _in_order("min_value", "max_value"),
        is_decimal_allowed=boolean,
    ),
    **_element(
        "rich_text_input",
        {**_TYPED, "initial_value": RICH_TEXT, "min_lines": integer(1, 100), "max_lines": integer(1, 100)},
    ),
    **_element("file_input", {**_ANY, "filetypes": items(string()), "max_files": integer(1, 10)}),
    **_SELECTS,
    **_CHOICES,
    **_PICKERS,
    **_DATETIME,
}
ACCESSORIES = {**BUTTONS, **_OVERFLOW, **IMAGE, **_SELECTS, **_CHOICES, **_PICKERS}
ACTIONS = {**BUTTONS, **_OVERFLOW, **_SELECTS, **_CHOICES, **_PICKERS, **_DATETIME}
_VOTE = obj({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
CONTEXT_ACTIONS: dict[str, Check] = {
    **_element("feedback_buttons", _ANY, positive_button=_VOTE, negative_button=_VOTE),
    **_element(
        "icon_button",
        {
            **_ANY,
            "value": string(2000),
            "confirm": _CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": items(string(), 10),
        },
        icon=one_of("trash"),
        text=plain(),
    ),
}
