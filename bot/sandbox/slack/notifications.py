"""Whom Slack rings up about a new message. https://slack.com/help/articles/360025446073 (what notifies by default)

A direct message rings, and so does a mention, by name, by group or of the whole channel, for members of the channel; a
reply rings those who follow its thread: who began it, wrote in it or was mentioned in it. An edit rings nobody, and
neither does a message that only one person sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]

_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
_EVERYBODY = re.compile(r"<!(?:channel|here|everyone)(?:\|[^>]*)?>")


def rings(message: Json, channel: Json, thread: Iterable[Json], groups: dict[str, Json]) -> set[str]:
    """The ids of those whom a new message rings up; `thread` are the messages that stood in its thread before."""
    if "ephemeral_for" in message:
        return set()
    members: set[str] = channel["members"]
    if channel["is_im"]:
        return members - {message["user"]}
    wanted = mentioned(message, channel, groups)
    for earlier in thread:
        wanted |= {earlier["user"]} | mentioned(earlier, channel, groups)
    return (wanted & members) - {message["user"]}


def mentioned(message: Json, channel: Json, groups: dict[str, Json]) -> set[str]:
    """Everybody whom a message names."""
    text = "\n".join(_texts(message))
    named = set(_USER.findall(text))
    for group in _GROUP.findall(text):
        named |= set(groups.get(group, {"users": []})["users"])
    return named | channel["members"] if _EVERYBODY.search(text) else named


def shown_text(message: Json) -> str:
    """What stands in the notification: since July 2026 the blocks come before `text`."""
    return " ".join(_texts(message))[:200]


def _texts(message: Json) -> Iterator[str]:
    found = list(_in_blocks(message.get("blocks", [])))
    yield from found or [message["text"]]


def _in_blocks(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _in_blocks(item)
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn" or (value.get("type") == "plain_text" and "text" in value):
            yield value["text"]
        elif value.get("type") == "markdown" or (value.get("type") == "text" and "text" in value):
            yield str(value["text"])
        elif value.get("type") == "user":  # of rich text
            yield f"<@{value['user_id']}>"
        elif value.get("type") == "usergroup":
            yield f"<!subteam^{value['usergroup_id']}>"
        elif value.get("type") == "broadcast":
            yield f"<!{value['range']}>"
        elif value.get("type") != "button":
            for item in value.values():
                yield from _in_blocks(item)
