"""The sandbox's Block Kit checker, held against slackblocks, which somebody else wrote from the same documentation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import slackblocks as sb
from hypothesis import given, settings
from hypothesis import strategies as st
from slackblocks.blocks import (
    AlertBlock,
    CardBlock,
    DataTableBlock,
    MarkdownBlock,
    PlanBlock,
    TaskCardBlock,
    VideoBlock,
)
from slackblocks.elements import (
    EmailInput,
    FileInput,
    NumberInput,
    RadioButtonGroup,
    TimePicker,
    URLInput,
)
from slackblocks.errors import InvalidUsageError
from slackblocks.objects import ConfirmationDialogue, DispatchActionConfiguration, Option, OptionGroup
from slackblocks.views import HomeTabView, ModalView

from bot.sandbox.block_kit import check_home, check_message, check_view

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "v", text: str = "x") -> Json:
    return {"text": plain(text), "value": value}


def field(element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": "b", "label": plain(), "element": {"action_id": "value", **element}, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def data_table(rows: list[list[str]], **more: Any) -> Json:
    cells = [[{"type": "raw_text", "text": text} for text in row] for row in rows]
    return {"type": "data_table", "caption": "x", "rows": cells, **more}


RICH: Json = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
}


def asked(**more: Any) -> Json:
    """A button that asks first."""
    question = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}
    return {"type": "actions", "elements": [{"type": "button", "text": plain(), "confirm": question}]}


def button_asking(*parts: str) -> Json:
    """A button whose question has these parts only."""
    return {"type": "button", "text": plain(), "confirm": {part: plain() for part in parts}}


def without(value: Json, key: str) -> Json:
    return {name: part for name, part in value.items() if name != key}


DIVIDER = {"type": "divider"}


def their_modal(*blocks: Any, **more: Any) -> Json:
    return ModalView(**{"title": "x", "submit": "x", "blocks": list(blocks), **more}).to_dict()


def their_home(*blocks: Any, **more: Any) -> Json:
    return HomeTabView(**{"blocks": list(blocks), **more}).to_dict()


def their_asked(title: str = "x", text: str = "x", confirm: str = "x", deny: str = "x") -> Json:
    question = ConfirmationDialogue(title, text, confirm, deny)
    return their_message(sb.ActionsBlock([sb.Button("x", action_id="a", confirm=question)]))


def their_field(element: Any, **more: Any) -> Json:
    return their_modal(sb.InputBlock(label="x", element=element, block_id="b", **more))


def their_message(*blocks: Any) -> Json:
    return sb.Message(channel="C1", text="x", blocks=list(blocks))._resolve()


def options(count: int) -> list[Option]:
    return [Option(sb.Text("x", sb.TextType.PLAINTEXT), f"v{number}") for number in range(count)]


def our_options(count: int) -> list[Json]:
    return [option(f"v{number}") for number in range(count)]


Mistake = tuple[list[str], str, Callable[[], object]]

MISTAKES: dict[str, Mistake] = {
    "title of 25 characters": (
        check_view(modal(DIVIDER, title=plain("x" * 25))),
        "must be less than 25 characters [json-pointer:/title/text]",
        lambda: their_modal(sb.DividerBlock(), title="x" * 25),
    ),
    "submit of 25 characters": (
        check_view(modal(DIVIDER, submit=plain("x" * 25))),
        "must be less than 25 characters [json-pointer:/submit/text]",
        lambda: their_modal(sb.DividerBlock(), submit="x" * 25),
    ),
    "close of 25 characters": (
        check_view(modal(DIVIDER, close=plain("x" * 25))),
        "must be less than 25 characters [json-pointer:/close/text]",
        lambda: their_modal(sb.DividerBlock(), close="x" * 25),
    ),
    "101 blocks in a view": (
        check_view(modal(*[DIVIDER] * 101)),
        "no more than 100 items allowed [json-pointer:/blocks]",
        lambda: their_modal(*[sb.DividerBlock() for _ in range(101)]),
    ),
    "private_metadata of 3001": (
        check_view(modal(DIVIDER, private_metadata="x" * 3001)),
        "must be less than 3001 characters [json-pointer:/private_metadata]",
        lambda: their_modal(sb.DividerBlock(), private_metadata="x" * 3001),
    ),
    "callback_id of 256": (
        check_view(modal(DIVIDER, callback_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/callback_id]",
        lambda: their_modal(sb.DividerBlock(), callback_id="x" * 256),
    ),
    "external_id of 256": (
        check_view(modal(DIVIDER, external_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/external_id]",
        lambda: their_modal(sb.DividerBlock(), external_id="x" * 256),
    ),
    "an input without submit": (
        check_view(without(modal(field({"type": "plain_text_input"})), "submit")),
        "must define `submit` to use an `input` block in modals [json-pointer:/blocks/0/input]",
        lambda: their_modal(sb.InputBlock(label="x", element=sb.PlainTextInput()), submit=None),
    ),
    "an empty label": (
        check_view(modal(field({"type": "plain_text_input"}) | {"label": plain("")})),
        "must be more than 0 characters [json-pointer:/blocks/0/label/text]",
        lambda: their_modal(sb.InputBlock(label="", element=sb.PlainTextInput())),
    ),
    "a label of 2001": (
        check_view(modal(field({"type": "plain_text_input"}) | {"label": plain("x" * 2001)})),
        "must be less than 2001 characters [json-pointer:/blocks/0/label/text]",
        lambda: their_modal(sb.InputBlock(label="x" * 2001, element=sb.PlainTextInput())),
    ),
    "a hint of 2001": (
        check_view(modal(field({"type": "plain_text_input"}, hint=plain("x" * 2001)))),
        "must be less than 2001 characters [json-pointer:/blocks/0/hint/text]",
        lambda: their_field(sb.PlainTextInput(), hint="x" * 2001),
    ),
    "a block_id of 256": (
        check_view(modal(DIVIDER | {"block_id": "x" * 256})),
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        lambda: their_modal(sb.DividerBlock(block_id="x" * 256)),
    ),
    "an action_id of 256": (
        check_view(modal(field({"type": "plain_text_input", "action_id": "x" * 256}))),
        "must be less than 256 characters [json-pointer:/blocks/0/element/action_id]",
        lambda: their_field(sb.PlainTextInput(action_id="x" * 256)),
    ),
    "a placeholder of 151": (
        check_view(modal(field({"type": "plain_text_input", "placeholder": plain("x" * 151)}))),
        "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]",
        lambda: their_field(sb.PlainTextInput(placeholder="x" * 151)),
    ),
    "a placeholder of 151 for an e-mail": (
        check_view(modal(field({"type": "email_text_input", "placeholder": plain("x" * 151)}))),
        "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]",
        lambda: their_field(EmailInput(placeholder="x" * 151)),
    ),
    "max_length 3001": (
        check_view(modal(field({"type": "plain_text_input", "max_length": 3001}))),
        "must be less than 3001 [json-pointer:/blocks/0/element/max_length]",
        lambda: their_field(sb.PlainTextInput(max_length=3001)),
    ),
    "max_length 0": (
        check_view(modal(field({"type": "plain_text_input", "max_length": 0}))),
        "must be greater than 0 [json-pointer:/blocks/0/element/max_length]",
        lambda: their_field(sb.PlainTextInput(max_length=0)),
    ),
    "min_length above max_length": (
        check_view(modal(field({"type": "plain_text_input", "min_length": 3, "max_length": 2}))),
        "`min_length` must not be greater than `max_length` [json-pointer:/blocks/0/element/min_length]",
        lambda: their_field(sb.PlainTextInput(min_length=3, max_length=2)),
    ),
    "min_value above max_value": (
        check_view(
            modal(field({"type": "number_input", "is_decimal_allowed": False, "min_value": "3", "max_value": "2"}))
        ),
        "`min_value` must not be greater than `max_value` [json-pointer:/blocks/0/element/min_value]",
        lambda: their_field(NumberInput(is_decimal_allowed=False, min_value="3", max_value="2")),
    ),
    "min_value that is no number": (
        check_view(modal(field({"type": "number_input", "is_decimal_allowed": False, "min_value": "three"}))),
        "must be a valid number [json-pointer:/blocks/0/element/min_value]",
        lambda: their_field(NumberInput(is_decimal_allowed=False, min_value="three")),
    ),
    "number_input without is_decimal_allowed": (
        check_view(modal(field({"type": "number_input"}))),
        "missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]",
        lambda: their_field(NumberInput(is_decimal_allowed=None)),  # type: ignore[arg-type]
    ),
    "initial_date that is no date": (
        check_view(modal(field({"type": "datepicker", "initial_date": "1.12.2026"}))),
        "must be a valid date in the format YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
        lambda: their_field(sb.DatePicker(initial_date="1.12.2026")),
    ),
    "initial_time that is no time": (
        check_view(modal(field({"type": "timepicker", "initial_time": "24:00"}))),
        "must be a valid time in the format HH:mm [json-pointer:/blocks/0/element/initial_time]",
        lambda: their_field(TimePicker(initial_time="24:00")),
    ),
    "101 options": (
        check_view(modal(field({"type": "static_select", "options": our_options(101)}))),
        "no more than 100 items allowed [json-pointer:/blocks/0/element/options]",
        lambda: their_field(sb.StaticSelectMenu(options=options(101))),
    ),
    "no option": (
        check_view(modal(field({"type": "static_select", "options": []}))),
        "no fewer than 1 items allowed [json-pointer:/blocks/0/element/options]",
        lambda: their_field(sb.StaticSelectMenu(options=[])),
    ),
    "options and option_groups": (
        check_view(
            modal(
                field(
                    {
                        "type": "static_select",
                        "options": our_options(1),
                        "option_groups": [{"label": plain(), "options": our_options(1)}],
                    }
                )
            )
        ),
        "cannot define both `options` and `option_groups` [json-pointer:/blocks/0/element/type]",
        lambda: their_field(
            sb.StaticSelectMenu(options=options(1), option_groups=[OptionGroup(label="x", options=options(1))])
        ),
    ),
    "a group's label of 76": (
        check_view(
            modal(
                field(
                    {
                        "type": "static_select",
                        "option_groups": [{"label": plain("x" * 76), "options": our_options(1)}],
                    }
                )
            )
        ),
        "must be less than 76 characters [json-pointer:/blocks/0/element/option_groups/0/label/text]",
        lambda: OptionGroup(label="x" * 76, options=options(1)),
    ),
    "an option's text of 76": (
        check_view(modal(field({"type": "static_select", "options": [option(text="x" * 76)]}))),
        "must be less than 76 characters [json-pointer:/blocks/0/element/options/0/text/text]",
        lambda: Option("x" * 76, "v"),
    ),
    "an option's value of 151": (
        check_view(modal(field({"type": "static_select", "options": [option("v" * 151)]}))),
        "must be less than 151 characters [json-pointer:/blocks/0/element/options/0/value]",
        lambda: Option("x", "v" * 151),
    ),
    "an option's description of 76": (
        check_view(modal(field({"type": "static_select", "options": [option() | {"description": plain("x" * 76)}]}))),
        "must be less than 76 characters [json-pointer:/blocks/0/element/options/0/description/text]",
        lambda: Option("x", "v", description="x" * 76),
    ),
    "mrkdwn in a select's option": (
        check_view(modal(field({"type": "static_select", "options": [{"text": mrkdwn(), "value": "v"}]}))),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/element/options/0/text/type]",
        lambda: their_field(sb.StaticSelectMenu(options=[Option(sb.Text("x"), "v")])),
    ),
    "initial_option of radio_buttons that is not offered": (
        check_view(
            modal(field({"type": "radio_buttons", "options": our_options(2), "initial_option": option("else")}))
        ),
        "`initial_option` must exactly match one of the options [json-pointer:/blocks/0/element/initial_option]",
        lambda: their_field(RadioButtonGroup("value", options(2), initial_option=Option("x", "else"))),
    ),
    "11 checkboxes": (
        check_view(modal(field({"type": "checkboxes", "options": our_options(11)}))),
        "no more than 10 items allowed [json-pointer:/blocks/0/element/options]",
        lambda: their_field(sb.CheckboxGroup("value", options(11))),
    ),
    "11 radio buttons": (
        check_view(modal(field({"type": "radio_buttons", "options": our_options(11)}))),
        "no more than 10 items allowed [json-pointer:/blocks/0/element/options]",
        lambda: their_field(RadioButtonGroup("value", options(11))),
    ),
    "6 options in an overflow menu": (
        check_message([{"type": "actions", "elements": [{"type": "overflow", "options": our_options(6)}]}]),
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
        lambda: sb.OverflowMenu("value", options(6)),
    ),
    "11 files": (
        check_view(modal(field({"type": "file_input", "max_files": 11}))),
        "must be less than 11 [json-pointer:/blocks/0/element/max_files]",
        lambda: their_field(FileInput(max_files=11)),
    ),
    "max_selected_items 0": (
        check_view(modal(field({"type": "multi_users_select", "max_selected_items": 0}))),
        "must be greater than 0 [json-pointer:/blocks/0/element/max_selected_items]",
        lambda: their_field(sb.UserMultiSelectMenu(max_selected_items=0)),
    ),
    "dispatch on something else": (
        check_view(
            modal(field({"type": "plain_text_input", "dispatch_action_config": {"trigger_actions_on": ["on_blur"]}}))
        ),
        "must be a valid enum value [json-pointer:/blocks/0/element/dispatch_action_config/trigger_actions_on/0]",
        lambda: DispatchActionConfiguration(["on_blur"]),
    ),
    "a button in an input block": (
        check_view(modal(field({"type": "button", "text": plain()}))),
        "unsupported type: button [json-pointer:/blocks/0/element/type]",
        lambda: their_field(sb.Button("x")),
    ),
    "a button's text of 76": (
        check_message([{"type": "actions", "elements": [{"type": "button", "text": plain("x" * 76)}]}]),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        lambda: sb.Button("x" * 76),
    ),
    "a button's value of 2001": (
        check_message([{"type": "actions", "elements": [{"type": "button", "text": plain(), "value": "x" * 2001}]}]),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        lambda: sb.Button("x", value="x" * 2001),
    ),
    "a button's url of 3001": (
        check_message([{"type": "actions", "elements": [{"type": "button", "text": plain(), "url": "x" * 3001}]}]),
        "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
        lambda: sb.Button("x", url="x" * 3001),
    ),
    "a confirmation's title of 101": (
        check_message(
            [
                {
                    "type": "actions",
                    "elements": [
                        {
                            "type": "button",
                            "text": plain(),
                            "confirm": {
                                "title": plain("x" * 101),
                                "text": plain(),
                                "confirm": plain(),
                                "deny": plain(),
                            },
                        }
                    ],
                }
            ]
        ),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
        lambda: ConfirmationDialogue("x" * 101, "x", "x", "x"),
    ),
    "a confirmation's text of 301": (
        check_message([asked(text=plain("x" * 301))]),
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
        lambda: their_asked(text="x" * 301),
    ),
    "a confirmation's yes of 31": (
        check_message([asked(confirm=plain("x" * 31))]),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
        lambda: their_asked(confirm="x" * 31),
    ),
    "a confirmation's no of 31": (
        check_home(home(asked(deny=plain("x" * 31)))),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
        lambda: their_asked(deny="x" * 31),
    ),
    "101 blocks in a Home tab": (
        check_home(home(*[DIVIDER] * 101)),
        "no more than 100 items allowed [json-pointer:/blocks]",
        lambda: their_home(*[sb.DividerBlock() for _ in range(101)]),
    ),
    "private_metadata of 3001 in a Home tab": (
        check_home(home(DIVIDER, private_metadata="x" * 3001)),
        "must be less than 3001 characters [json-pointer:/private_metadata]",
        lambda: their_home(sb.DividerBlock(), private_metadata="x" * 3001),
    ),
    "a callback_id of 256 in a Home tab": (
        check_home(home(DIVIDER, callback_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/callback_id]",
        lambda: their_home(sb.DividerBlock(), callback_id="x" * 256),
    ),
    "an alert in a Home tab": (
        check_home(home({"type": "alert", "text": plain()})),
        "unsupported type: alert [json-pointer:/blocks/0/type]",
        lambda: their_home(AlertBlock("x")),
    ),
    "markdown in a Home tab": (
        check_home(home({"type": "markdown", "text": "x"})),
        "unsupported type: markdown [json-pointer:/blocks/0/type]",
        lambda: their_home(MarkdownBlock("x")),
    ),
    "26 buttons": (
        check_message([{"type": "actions", "elements": [{"type": "button", "text": plain()}] * 26}]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        lambda: sb.ActionsBlock([sb.Button("x") for _ in range(26)]),
    ),
    "11 things in a context": (
        check_message([{"type": "context", "elements": [mrkdwn()] * 11}]),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        lambda: sb.ContextBlock([sb.Text("x") for _ in range(11)]),
    ),
    "a section with nothing": (
        check_message([{"type": "section"}]),
        "must define either `text` or `fields` [json-pointer:/blocks/0/type]",
        lambda: sb.SectionBlock(),
    ),
    "a section of 3001": (
        check_message([{"type": "section", "text": mrkdwn("x" * 3001)}]),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        lambda: sb.SectionBlock("x" * 3001),
    ),
    "11 fields": (
        check_message([{"type": "section", "fields": [mrkdwn()] * 11}]),
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        lambda: sb.SectionBlock(fields=["x"] * 11),
    ),
    "a field of 2001": (
        check_message([{"type": "section", "fields": [mrkdwn("x" * 2001)]}]),
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        lambda: sb.SectionBlock(fields=["x" * 2001]),
    ),
    "a header of 151": (
        check_message([{"type": "header", "text": plain("x" * 151)}]),
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        lambda: sb.HeaderBlock("x" * 151),
    ),
    "an image without an image": (
        check_message([{"type": "image", "alt_text": "x"}]),
        "must define either `image_url` or `slack_file` [json-pointer:/blocks/0/type]",
        lambda: sb.ImageBlock(alt_text="x"),
    ),
    "51 blocks in a message": (
        check_message([DIVIDER] * 51),
        "no more than 50 items allowed [json-pointer:/blocks]",
        lambda: their_message(*[sb.DividerBlock() for _ in range(51)]),
    ),
    "an alert in a message": (
        check_message([{"type": "alert", "text": plain()}]),
        "unsupported type: alert [json-pointer:/blocks/0/type]",
        lambda: their_message(AlertBlock("x")),
    ),
    "an alert of 201": (
        check_view(modal({"type": "alert", "text": plain("x" * 201)})),
        "must be less than 201 characters [json-pointer:/blocks/0/text/text]",
        lambda: AlertBlock("x" * 201),
    ),
    "an alert of an unknown level": (
        check_view(modal({"type": "alert", "text": plain(), "level": "fatal"})),
        "must be a valid enum value [json-pointer:/blocks/0/level]",
        lambda: AlertBlock("x", level="fatal"),  # type: ignore[arg-type]
    ),
    "markdown in a modal": (
        check_view(modal({"type": "markdown", "text": "x"})),
        "unsupported type: markdown [json-pointer:/blocks/0/type]",
        lambda: their_modal(MarkdownBlock("x")),
    ),
    "too much markdown in all": (
        check_message([{"type": "markdown", "text": "x" * 7000}] * 2),
        "must be less than 12001 characters of markdown in all [json-pointer:/blocks]",
        lambda: their_message(MarkdownBlock("x" * 7000), MarkdownBlock("x" * 7000)),
    ),
    "a lonely task that is pending": (
        check_message([{"type": "task_card", "task_id": "1", "title": "x", "status": "pending"}]),
        "only tasks of a plan can be pending [json-pointer:/blocks/0/status]",
        lambda: their_message(TaskCardBlock("1", "x", status="pending")),
    ),
    "two tasks of one id": (
        check_message(
            [{"type": "plan", "title": "x", "tasks": [{"task_id": "1", "title": "x", "status": "pending"}] * 2}]
        ),
        "`task_id` must be unique [json-pointer:/blocks/0/tasks]",
        lambda: PlanBlock("x", [TaskCardBlock("1", "x", status="pending") for _ in range(2)]),
    ),
    "a data table of 202 rows": (
        check_message([data_table([["x"]] * 202)]),
        "no more than 201 items allowed [json-pointer:/blocks/0/rows]",
        lambda: DataTableBlock([[sb.RawText("x")]] * 202, "x"),
    ),
    "a data table with a head alone": (
        check_message([data_table([["x"]])]),
        "no fewer than 2 items allowed [json-pointer:/blocks/0/rows]",
        lambda: DataTableBlock([[sb.RawText("x")]], "x"),
    ),
    "a data table of 21 columns": (
        check_message([data_table([["x"] * 21, ["x"]])]),
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
        lambda: DataTableBlock([[sb.RawText("x")] * 21, [sb.RawText("x")]], "x"),
    ),
    "a data table whose rows differ": (
        check_message([data_table([["x"], ["x", "y"]])]),
        "all rows must have the same number of columns [json-pointer:/blocks/0/rows]",
        lambda: DataTableBlock([[sb.RawText("x")], [sb.RawText("x")] * 2], "x"),
    ),
    "a data table with an empty cell": (
        check_message([data_table([["x"], [""]])]),
        "must be more than 0 characters [json-pointer:/blocks/0/rows/1/0/text]",
        lambda: DataTableBlock([[sb.RawText("x")], [sb.RawText("")]], "x"),
    ),
    "a data table of 20,001 characters": (
        check_message([data_table([["x"], ["x" * 20_000]])]),
        "must be less than 20001 characters [json-pointer:/blocks/0/rows]",
        lambda: DataTableBlock([[sb.RawText("x")], [sb.RawText("x" * 20_000)]], "x"),
    ),
    "two data tables of 20,001 characters in all": (
        check_message([data_table([["x"], ["x" * 10_000]]), data_table([["x"], ["x" * 9_999]])]),
        "must be less than 20001 characters of data_table cells in all [json-pointer:/blocks]",
        lambda: their_message(
            *(DataTableBlock([[sb.RawText("x")], [sb.RawText("x" * n)]], "x") for n in (10_000, 9_999))
        ),
    ),
    "a data table of 101 rows a page": (
        check_message([data_table([["x"]] * 2, page_size=101)]),
        "must be less than 101 [json-pointer:/blocks/0/page_size]",
        lambda: DataTableBlock([[sb.RawText("x")]] * 2, "x", page_size=101),
    ),
    "a data table whose rows are named by a column that it has not": (
        check_message([data_table([["x"]] * 2, row_header_column_index=1)]),
        "must be less than 1 [json-pointer:/blocks/0/row_header_column_index]",
        lambda: DataTableBlock([[sb.RawText("x")]] * 2, "x", row_header_column_index=1),
    ),
    "a data table without a caption": (
        check_message([data_table([["x"]] * 2, caption="")]),
        "must be more than 0 characters [json-pointer:/blocks/0/caption]",
        lambda: DataTableBlock([[sb.RawText("x")]] * 2, ""),
    ),
    "rich text in the head of a data table": (
        check_message([data_table([["x"]] * 2) | {"rows": [[RICH], [RICH]]}]),
        "unsupported type: rich_text [json-pointer:/blocks/0/rows/0/0/type]",
        lambda: DataTableBlock([[sb.RichTextBlock([sb.RichTextSection([sb.RichText("x")])])]] * 2, "x"),
    ),
    "an empty card": (
        check_message([{"type": "card", "subtitle": plain()}]),
        "must define either `hero_image` or `title` or `actions` or `body` [json-pointer:/blocks/0/type]",
        lambda: CardBlock(subtitle="x"),
    ),
    "a card's body of 201": (
        check_message([{"type": "card", "body": plain("x" * 201)}]),
        "must be less than 201 characters [json-pointer:/blocks/0/body/text]",
        lambda: CardBlock(body="x" * 201),
    ),
    "a video's title of 201": (
        check_message(
            [
                {
                    "type": "video",
                    "title": plain("x" * 201),
                    "alt_text": "x",
                    "thumbnail_url": "https://x",
                    "video_url": "https://x",
                }
            ]
        ),
        "must be less than 201 characters [json-pointer:/blocks/0/title/text]",
        lambda: VideoBlock("x", "https://x", "x" * 201, "https://x"),
    ),
}

# What slackblocks lets through and Slack does not, with the reason why it cannot or does not see it.
MISSED_BY_THEM: dict[str, Mistake] = {
    "a block_id twice: it looks at one block at a time": (
        check_view(modal(DIVIDER | {"block_id": "b"}, DIVIDER | {"block_id": "b"})),
        '`block_id` must be unique: "b" [json-pointer:/blocks/1/block_id]',
        lambda: their_modal(sb.DividerBlock(block_id="b"), sb.DividerBlock(block_id="b")),
    ),
    "an action_id twice in a block: it looks at one element at a time": (
        check_message([{"type": "actions", "elements": [{"type": "button", "text": plain(), "action_id": "a"}] * 2}]),
        "`action_id` must be unique in its block [json-pointer:/blocks/0/elements]",
        lambda: their_message(sb.ActionsBlock([sb.Button("x", action_id="a"), sb.Button("x", action_id="a")])),
    ),
    "focus twice: it looks at one element at a time": (
        check_view(
            modal(
                *(
                    field({"type": "plain_text_input", "focus_on_load": True}) | {"block_id": block_id}
                    for block_id in "ab"
                )
            )
        ),
        "only one element can have `focus_on_load` [json-pointer:/blocks/1/element/focus_on_load]",
        lambda: their_modal(
            *(sb.InputBlock(label="x", element=sb.PlainTextInput(focus_on_load=True)) for _ in range(2))
        ),
    ),
    "focus twice in a Home tab: it looks at one element at a time": (
        check_home(
            home(
                {"type": "section", "text": plain(), "accessory": {"type": "datepicker", "focus_on_load": True}},
                {"type": "actions", "elements": [{"type": "timepicker", "focus_on_load": True}]},
            )
        ),
        "only one element can have `focus_on_load` [json-pointer:/blocks/1/elements/0/focus_on_load]",
        lambda: their_home(
            sb.SectionBlock("x", accessory=sb.DatePicker(action_id="a", focus_on_load=True)),
            sb.ActionsBlock([TimePicker(action_id="a", focus_on_load=True)]),
        ),
    ),
    "two tables: it looks at one block at a time": (
        check_message([{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2),
        "only_one_table_allowed [json-pointer:/blocks/1]",
        lambda: their_message(sb.TableBlock([[sb.RawText("x")]]), sb.TableBlock([[sb.RawText("x")]])),
    ),
    "a table in a Home tab: Slack's list names it, and draws nothing": (
        check_home(home({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]})),
        "unsupported type: table [json-pointer:/blocks/0/type]",
        lambda: their_home(sb.TableBlock([[sb.RawText("x")]])),
    ),
    "a file input in a Home tab: it looks at blocks only": (
        check_home(home(field({"type": "file_input"}))),
        "unsupported type: file_input [json-pointer:/blocks/0/element/type]",
        lambda: their_home(sb.InputBlock(label="x", element=FileInput())),
    ),
    "no blocks in a view: it takes an empty list": (
        check_view(modal()),
        "no fewer than 1 items allowed [json-pointer:/blocks]",
        lambda: their_modal(),
    ),
    "no button in actions: it takes an empty list": (
        check_message([{"type": "actions", "elements": []}]),
        "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
        lambda: their_message(sb.ActionsBlock([])),
    ),
    "a text input in actions: it takes every element there": (
        check_message([{"type": "actions", "elements": [{"type": "plain_text_input", "action_id": "a"}]}]),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
        lambda: their_message(sb.ActionsBlock([sb.PlainTextInput(action_id="a")])),
    ),
    "a button's style: it takes every string": (
        check_message([{"type": "actions", "elements": [{"type": "button", "text": plain(), "style": "green"}]}]),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
        lambda: sb.Button("x", style="green"),  # type: ignore[arg-type]
    ),
    "an initial_option of a select that is not offered: it compares for radio buttons only": (
        check_view(
            modal(field({"type": "static_select", "options": our_options(2), "initial_option": option("else")}))
        ),
        "`initial_option` must exactly match one of the options [json-pointer:/blocks/0/element/initial_option]",
        lambda: their_field(sb.StaticSelectMenu(options=options(2), initial_option=Option("x", "else"))),
    ),
    "an option without a value: it has no least length for it": (
        check_view(modal(field({"type": "static_select", "options": [option("")]}))),
        "must be more than 0 characters [json-pointer:/blocks/0/element/options/0/value]",
        lambda: Option("x", ""),
    ),
    "a file input in a message: it looks at blocks only": (
        check_message([field({"type": "file_input"})]),
        "unsupported type: file_input [json-pointer:/blocks/0/element/type]",
        lambda: their_message(sb.InputBlock(label="x", element=FileInput())),
    ),
}

# What cannot be written with slackblocks at all.
ONLY_IN_JSON: dict[str, tuple[list[str], str]] = {
    "an unknown block": (
        check_message([{"type": "carousell"}]),
        "unsupported type: carousell [json-pointer:/blocks/0/type]",
    ),
    "a block without type": (check_message([{}]), "missing required field: type [json-pointer:/blocks/0]"),
    "an unknown element": (
        check_view(modal(field({"type": "phone_input"}))),
        "unsupported type: phone_input [json-pointer:/blocks/0/element/type]",
    ),
    "an unknown key in a block": (
        check_message([DIVIDER | {"colour": "red"}]),
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "an unknown key in a view": (
        check_view(modal(DIVIDER, id="V1")),
        "invalid additional property: id [json-pointer:]",
    ),
    "emoji on mrkdwn": (
        check_message([{"type": "section", "text": mrkdwn() | {"emoji": True}}]),
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "max_length on an e-mail": (
        check_view(modal(field({"type": "email_text_input", "max_length": 5}))),
        "invalid additional property: max_length [json-pointer:/blocks/0/element]",
    ),
    "a number as min_value": (
        check_view(modal(field({"type": "number_input", "is_decimal_allowed": True, "min_value": 1}))),
        "must provide a string [json-pointer:/blocks/0/element/min_value]",
    ),
    "a string as optional": (
        check_view(modal(field({"type": "plain_text_input"}, optional="yes"))),
        "must provide a boolean [json-pointer:/blocks/0/optional]",
    ),
    "a label that is a string": (
        check_view(modal(field({"type": "plain_text_input"}) | {"label": "Name"})),
        "must provide an object [json-pointer:/blocks/0/label]",
    ),
    "a mrkdwn label": (
        check_view(modal(field({"type": "plain_text_input"}) | {"label": mrkdwn()})),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/label/type]",
    ),
    "a hint that is null": (
        check_view(modal(field({"type": "plain_text_input"}, hint=None))),
        "must provide an object [json-pointer:/blocks/0/hint]",
    ),
    "no title": (check_view(without(modal(DIVIDER), "title")), "missing required field: title [json-pointer:]"),
    "blocks that are no list": (check_view(modal() | {"blocks": {}}), "must provide an array [json-pointer:/blocks]"),
    "a view that is none": (check_view([]), "must provide an object [json-pointer:]"),
    "a Home tab with a title": (
        check_home(home(DIVIDER, title=plain())),
        "invalid additional property: title [json-pointer:]",
    ),
    "a modal as a Home tab": (
        check_home(home(DIVIDER, type="modal")),
        "must be a valid enum value [json-pointer:/type]",
    ),
    "a Home tab as a modal": (
        check_view(modal(DIVIDER, type="home")),
        "must be a valid enum value [json-pointer:/type]",
    ),
    "a block_id twice in a Home tab": (
        check_home(home(DIVIDER | {"block_id": "b"}, DIVIDER | {"block_id": "b"})),
        '`block_id` must be unique: "b" [json-pointer:/blocks/1/block_id]',
    ),
    "a question without its no": (
        check_message([{"type": "actions", "elements": [button_asking("title", "text", "confirm")]}]),
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    "a question in a style of its own": (
        check_message([asked(style="warning")]),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/confirm/style]",
    ),
    "a yes in mrkdwn": (
        check_message([asked(confirm=mrkdwn())]),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/confirm/confirm/type]",
    ),
    "an initial_date that no calendar has": (
        check_view(modal(field({"type": "datepicker", "initial_date": "2026-02-30"}))),
        "must be a valid date in the format YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
    ),
    "an initial_date in words of weeks": (
        check_view(modal(field({"type": "datepicker", "initial_date": "2026-W01-1"}))),
        "must be a valid date in the format YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
    ),
    "the text of a message that is none": (check_message(None, 5), "must provide a string [json-pointer:/text]"),
    "two places to answer to": (
        check_view(
            modal(
                *(
                    field({"type": "channels_select", "response_url_enabled": True}) | {"block_id": block_id}
                    for block_id in "ab"
                )
            )
        ),
        "only one element can have `response_url_enabled` [json-pointer:/blocks/1/element/response_url_enabled]",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_both_refuse(name: str) -> None:
    problems, expected, build = MISTAKES[name]
    assert problems == [expected]
    with pytest.raises(InvalidUsageError):
        build()


@pytest.mark.parametrize("name", MISSED_BY_THEM)
def test_only_ours_refuses(name: str) -> None:
    problems, expected, build = MISSED_BY_THEM[name]
    assert problems == [expected]
    build()


@pytest.mark.parametrize("name", ONLY_IN_JSON)
def test_refused(name: str) -> None:
    problems, expected = ONLY_IN_JSON[name]
    assert problems == [expected]


def test_every_problem_is_said_at_its_place() -> None:
    view = modal(field({"type": "plain_text_input", "max_length": 3001}) | {"label": plain("")}, title=plain("x" * 25))
    assert check_view(view, at="/view") == [
        "must be less than 25 characters [json-pointer:/view/title/text]",
        "must be more than 0 characters [json-pointer:/view/blocks/0/label/text]",
        "must be less than 3001 [json-pointer:/view/blocks/0/element/max_length]",
    ]


# --- what slackblocks builds, ours accepts

VALID_INPUTS: list[Callable[[], Any]] = [
    lambda: sb.PlainTextInput(action_id="value", initial_value="x", multiline=True, min_length=0, max_length=3000),
    lambda: sb.PlainTextInput(
        action_id="value", placeholder="x" * 150, dispatch_action_config=DispatchActionConfiguration("on_enter_pressed")
    ),
    lambda: EmailInput(action_id="value", initial_value="a@b.co", focus_on_load=True),
    lambda: URLInput(action_id="value", initial_value="https://example.com"),
    lambda: NumberInput(is_decimal_allowed=False, min_value=1, max_value="2.5", initial_value="1"),
    lambda: sb.DatePicker(action_id="value", initial_date="2026-02-28", placeholder="x"),
    lambda: TimePicker(action_id="value", initial_time="23:59", timezone="Asia/Shanghai"),
    lambda: sb.DateTimePicker(action_id="value", initial_datetime=1767225600),
    lambda: sb.StaticSelectMenu(action_id="value", options=options(100), initial_option=options(1)[0]),
    lambda: sb.StaticSelectMenu(action_id="value", option_groups=[OptionGroup("x" * 75, options(100))]),
    lambda: sb.StaticMultiSelectMenu("value", options(3), initial_options=options(2), max_selected_items=2),
    lambda: sb.ExternalSelectMenu(action_id="value", min_query_length=0),
    lambda: sb.UserSelectMenu(action_id="value", initial_user="U0ALICE01"),
    lambda: sb.UserMultiSelectMenu(action_id="value", initial_users=["U0ALICE01"], max_selected_items=5),
    lambda: sb.ConversationSelectMenu(
        action_id="value",
        default_to_current_conversation=True,
        response_url_enabled=True,
        filter=sb.ConversationFilter(include=["private", "public"], exclude_bot_users=True),
    ),
    lambda: sb.ChannelSelectMenu(action_id="value", initial_channel="C0GENERAL"),
    lambda: sb.CheckboxGroup("value", [Option(sb.Text("*x*"), "v", description="x")], focus_on_load=True),
    lambda: RadioButtonGroup("value", options(10), initial_option=options(10)[3]),
    lambda: FileInput(action_id="value", filetypes=["csv"], max_files=10),
    lambda: sb.RichTextInput(action_id="value", min_lines=1, max_lines=100),
]
VALID_BLOCKS: list[Callable[[], Any]] = [
    lambda: sb.DividerBlock(),
    lambda: sb.HeaderBlock("x" * 150),
    lambda: sb.SectionBlock("x" * 3000, accessory=sb.Button("x" * 75, action_id="a", value="v", style="danger")),
    lambda: sb.SectionBlock(fields=["x" * 2000] * 10),
    lambda: sb.SectionBlock("x", accessory=sb.OverflowMenu("a", options(5))),
    lambda: sb.SectionBlock("x", accessory=sb.Image(alt_text="x", image_url="https://example.com/x.png")),
    lambda: sb.ContextBlock([sb.Text("x"), sb.Image(alt_text="x", image_url="https://example.com/x.png")]),
    lambda: sb.ImageBlock(image_url="https://example.com/x.png", alt_text="x", title="x"),
    lambda: sb.ActionsBlock([sb.Button("x", action_id=f"a{n}", url="https://example.com") for n in range(25)]),
    lambda: sb.ActionsBlock(
        [sb.Button("x", action_id="a", confirm=ConfirmationDialogue("x" * 100, "x" * 300, "x" * 30, "x" * 30))]
    ),
    lambda: sb.ActionsBlock([sb.StaticSelectMenu(action_id="a", options=options(2)), sb.DatePicker(action_id="b")]),
    lambda: CardBlock(title="x" * 150, body="x" * 200, actions=[sb.Button("x", action_id="a")]),
    lambda: sb.RichTextBlock([sb.RichTextSection([sb.RichText("x")])]),
    lambda: VideoBlock("x", "https://example.com/x.png", "x" * 200, "https://example.com/x"),
]
VALID_ONLY_IN_MESSAGES: list[Callable[[], Any]] = [
    lambda: MarkdownBlock("x" * 12000),
    lambda: TaskCardBlock("1", "x", status="in_progress"),
    lambda: PlanBlock("x", [TaskCardBlock(str(n), "x", status="pending") for n in range(50)]),
    lambda: sb.TableBlock([[sb.RawText("x")] * 20] * 100),
    lambda: DataTableBlock([[sb.RawText("x")] * 20] * 201, "x", page_size=100, row_header_column_index=19),
    lambda: DataTableBlock([[sb.RawText("x")], [sb.RawText("x" * 19_999)]], "x"),
    lambda: sb.FileBlock("x"),
]


@pytest.mark.parametrize("build", VALID_INPUTS)
def test_inputs_of_slackblocks_are_accepted(build: Callable[[], Any]) -> None:
    assert check_view(their_field(build(), hint="x" * 2000, optional=True, dispatch_action=True)) == []


@pytest.mark.parametrize("build", [*VALID_BLOCKS, lambda: AlertBlock("x" * 200, level="warning")])
def test_blocks_of_slackblocks_are_accepted_in_modals(build: Callable[[], Any]) -> None:
    assert check_view(their_modal(build(), title="x" * 24, close="x" * 24, private_metadata="x" * 3000)) == []


@pytest.mark.parametrize("build", VALID_BLOCKS)
def test_blocks_of_slackblocks_are_accepted_in_home_tabs(build: Callable[[], Any]) -> None:
    assert check_home(their_home(build(), private_metadata="x" * 3000, callback_id="x" * 255)) == []


def test_an_input_needs_no_submit_in_a_home_tab() -> None:
    assert check_home(their_home(sb.InputBlock(label="x", element=sb.PlainTextInput(), dispatch_action=True))) == []


def test_a_home_tab_may_have_a_hundred_blocks() -> None:
    assert check_home(their_home(*[sb.DividerBlock() for _ in range(100)])) == []


@pytest.mark.parametrize("build", [*VALID_BLOCKS, *VALID_ONLY_IN_MESSAGES])
def test_blocks_of_slackblocks_are_accepted_in_messages(build: Callable[[], Any]) -> None:
    message = their_message(build())
    assert check_message(message["blocks"], message["text"]) == []


def test_a_message_may_have_no_blocks() -> None:
    assert check_message(None, "x") == check_message([], "x") == []


# --- properties: whatever is within the limits is accepted, one step beyond is refused by both

Build = Callable[[Json], Any]
LENGTHS: dict[str, tuple[int, Build, Callable[[Json], Json]]] = {
    "label": (2000, lambda v: sb.InputBlock(label=v["text"], element=sb.PlainTextInput()), lambda b: b["label"]),
    "hint": (
        2000,
        lambda v: sb.InputBlock(label="x", element=sb.PlainTextInput(), hint=v["text"]),
        lambda b: b["hint"],
    ),
    "placeholder": (
        150,
        lambda v: sb.InputBlock(label="x", element=EmailInput(placeholder=v["text"])),
        lambda b: b["element"]["placeholder"],
    ),
    "option": (
        75,
        lambda v: sb.InputBlock(
            label="x", element=sb.StaticSelectMenu(options=[Option(sb.Text(v["text"], sb.TextType.PLAINTEXT), "v")])
        ),
        lambda b: b["element"]["options"][0]["text"],
    ),
    "section": (3000, lambda v: sb.SectionBlock(v["text"]), lambda b: b["text"]),
    "header": (150, lambda v: sb.HeaderBlock(v["text"]), lambda b: b["text"]),
    "button": (75, lambda v: sb.ActionsBlock([sb.Button(v["text"])]), lambda b: b["elements"][0]["text"]),
    "alert": (200, lambda v: AlertBlock(v["text"]), lambda b: b["text"]),
}


@settings(deadline=None)
@given(st.sampled_from(sorted(LENGTHS)), st.data())
def test_lengths_within_and_beyond_the_limit(what: str, data: st.DataObject) -> None:
    most, build, find = LENGTHS[what]
    length = data.draw(st.integers(1, most) | st.just(most))
    sign = data.draw(st.characters(blacklist_categories=["Cs"]))
    view = their_modal(build({"text": sign * length}))
    assert check_view(view) == []
    beyond = data.draw(st.integers(most + 1, most + 50) | st.just(0))
    mutated = copy.deepcopy(view)
    find(mutated["blocks"][0])["text"] = sign * beyond
    assert len(check_view(mutated)) == 1
    with pytest.raises(InvalidUsageError):
        build({"text": sign * beyond})


COUNTS: dict[str, tuple[int, Callable[[int], Any]]] = {
    "select": (100, lambda n: sb.InputBlock(label="x", element=sb.StaticSelectMenu(options=options(n)))),
    "checkboxes": (10, lambda n: sb.InputBlock(label="x", element=sb.CheckboxGroup("value", options(n)))),
    "radio": (10, lambda n: sb.InputBlock(label="x", element=RadioButtonGroup("value", options(n)))),
    "overflow": (5, lambda n: sb.SectionBlock("x", accessory=sb.OverflowMenu("value", options(n)))),
    "fields": (10, lambda n: sb.SectionBlock(fields=["x"] * n)),
    "context": (10, lambda n: sb.ContextBlock([sb.Text("x") for _ in range(n)])),
    "actions": (25, lambda n: sb.ActionsBlock([sb.Button("x", action_id=f"a{k}") for k in range(n)])),
}


def lists(value: Any) -> list[list[Any]]:
    """Every list in a block, to find the one that was counted."""
    if isinstance(value, dict):
        return [found for part in value.values() for found in lists(part)]
    return [value] if isinstance(value, list) else []


@settings(deadline=None)
@given(st.sampled_from(sorted(COUNTS)), st.data())
def test_counts_within_and_beyond_the_limit(what: str, data: st.DataObject) -> None:
    most, build = COUNTS[what]
    view = their_modal(build(data.draw(st.integers(1, most) | st.just(most))))
    assert check_view(view) == []
    beyond = data.draw(st.integers(most + 1, most + 20))
    counted = lists(view["blocks"][0])[0]
    counted[:] = [copy.deepcopy(counted[0]) for _ in range(beyond)]
    assert any(problem.startswith(f"no more than {most} items") for problem in check_view(view))
    with pytest.raises(InvalidUsageError):
        build(beyond)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["type", "text", "blocks", "elements", "element"]) | st.text(), inner)
        ),
    )
)
def test_rubbish_is_refused_without_falling_over(rubbish: Any) -> None:
    assert check_view(rubbish)
    assert check_view(modal(rubbish))
    assert check_home(home(rubbish))
    assert check_message([rubbish])
