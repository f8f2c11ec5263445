"""Block Kit's pieces, as Slack takes them: each text cut to its limit (https://docs.slack.dev/reference/block-kit)."""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]


def section(text: str) -> Message:
    """A paragraph."""
    return {"type": "section", "text": mrkdwn(text, 3000)}


def context_block(text: str) -> Message:
    """Small and grey."""
    return {"type": "context", "elements": [mrkdwn(text, 2000)]}


def actions_block(block_id: str, elements: list[Message]) -> Message:
    """Buttons and menus beside each other."""
    return {"type": "actions", "block_id": block_id, "elements": elements}


def button_element(action: str, label: str, value: str) -> Message:
    """One button; `value` comes with the click."""
    return {"type": "button", "action_id": action, "text": plain(label, 75), "value": value}


def plain(text: str, most: int) -> Message:
    """A text in which nothing is markup, of at most so many characters."""
    return {"type": "plain_text", "text": text[:most], "emoji": False}


def mrkdwn(text: str, most: int) -> Message:
    """A text with Slack's markup, of at most so many characters."""
    # verbatim: a bare @channel, #name or address in what somebody typed stays text.
    return {"type": "mrkdwn", "text": text[:most], "verbatim": True}
