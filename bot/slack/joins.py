"""Somebody has joined Slack: the admins read it, with a button that opens the form for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.request import Joined

log = logging.getLogger(__name__)

EVENT = "team_join"

_NOT_HIRED = ("is_bot", "is_workflow_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "deleted")
"""What Slack says of bots, of guests, of people of another workspace, and of whom is gone again."""


@dataclass(frozen=True)
class Joins:
    """`tell` puts an alert, once a key; it blocks."""

    tell: Callable[[str, Joined], None]

    async def joined(self, event: dict[str, Any]) -> None:
        """Slack's event; it may come more than once."""
        user = event.get("user") or {}
        if not isinstance(user, dict) or not user.get("id") or any(user.get(what) for what in _NOT_HIRED):
            return
        profile = user.get("profile") or {}
        name = str(profile.get("real_name") or user.get("real_name") or user.get("name") or user["id"])
        await asyncio.to_thread(self.tell, f"join/{user['id']}", Joined(user=user["id"], name=name))
