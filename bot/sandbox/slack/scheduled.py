"""Messages for later: `chat.scheduleMessage` and `chat.deleteScheduledMessage`. When their time comes nothing happens here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.workspace import Refused

Json = dict[str, Any]

FURTHEST = 120 * 86400
"""Seconds: https://docs.slack.dev/reference/methods/chat.scheduleMessage, time_too_far."""


class Scheduled:
    """`waiting` has {"channel", "post_at", "text"} of each by its id. `destination` finds the channel, or refuses."""

    def __init__(self, destination: Callable[[Json], Json]) -> None:
        self.waiting: dict[str, Json] = {}
        self._destination = destination

    def add(self, arguments: Json) -> Json:
        """Raises Refused: as chat.postMessage does, no_text, invalid_time, time_in_past, time_too_far."""
        channel = self._destination(arguments)
        if not arguments.get("text"):
            raise Refused("no_text")
        try:
            post_at = int(arguments.get("post_at") or 0)
        except ValueError:
            raise Refused("invalid_time") from None
        if post_at <= time.time():
            raise Refused("time_in_past")
        if post_at > time.time() + FURTHEST:
            raise Refused("time_too_far")
        message_id = f"Q{secrets.token_hex(5).upper()}"
        self.waiting[message_id] = {"channel": channel["id"], "post_at": post_at, "text": str(arguments["text"])}
        return {"channel": channel["id"], "scheduled_message_id": message_id, "post_at": post_at}

    def delete(self, arguments: Json) -> Json:
        """Raises Refused: invalid_scheduled_message_id."""
        kept = self.waiting.get(str(arguments.get("scheduled_message_id")))
        if kept is None or kept["channel"] != arguments.get("channel"):
            raise Refused("invalid_scheduled_message_id")
        del self.waiting[arguments["scheduled_message_id"]]
        return {}
