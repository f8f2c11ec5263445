"""`response_url`: five posts in thirty minutes, in any conversation, whether the bot is in it or not.

https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.block_kit import check_message
from bot.sandbox.block_kit.stored import stored
from bot.sandbox.slack.rules import Rules
from bot.sandbox.slack.workspace import BOT_USER, TEAM, Refused, Workspace

Json = dict[str, Any]


@dataclass
class _ResponseUrl:
    channel: str
    user: str
    expires: float
    original: str | None  # ts of the message whose button was pressed
    left: int


class ResponseUrls:
    """Those that were handed out, and how often each may still be used."""

    def __init__(
        self, rules: Rules, workspace: Workspace, clock: Callable[[], float], changed: Callable[[], None]
    ) -> None:
        self._rules, self._workspace, self._clock, self._changed = rules, workspace, clock, changed
        self._urls: dict[str, _ResponseUrl] = {}

    def new(self, channel: str, user: str, original: str | None = None) -> str:
        """The path of a new response_url."""
        path = f"/response/{TEAM}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        expires = self._clock() + self._rules.response_url_life
        self._urls[path] = _ResponseUrl(channel, user, expires, original, self._rules.response_url_posts)
        return path

    async def handle(self, request: web.Request) -> web.Response:
        """200 "ok"; 404 when unknown, used up or expired; 400 for a body that is no message."""
        url = self._urls.get(request.path)
        if url is None:
            return web.json_response({"ok": False, "error": "invalid_url"}, status=404)
        if self._clock() > url.expires:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if url.left <= 0:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        try:
            body = json.loads(await request.text())
            self.respond(url.channel, url.user, body, url.original)
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        except Refused as refused:
            return web.Response(status=400, text=refused.error)
        url.left -= 1
        return web.Response(text="ok")

    def respond(self, channel: str, user: str, body: Any, original: str | None = None) -> None:
        """Posts, replaces or deletes as the body says. Raises Refused for one that is no message."""
        if not isinstance(body, dict):
            raise Refused("invalid_payload")
        if body.get("delete_original") and original is not None:
            self._workspace.messages[channel].remove(self._workspace.message(channel, original))
            self._changed()
            return
        text, blocks = body.get("text"), body.get("blocks")
        if not text and not blocks and not body.get("attachments"):
            raise Refused("no_text")
        if check_message(blocks, text):
            raise Refused("invalid_blocks")
        if body.get("replace_original") and original is not None:
            message = self._workspace.message(channel, original)
            message |= {"text": text or "", "blocks": stored(blocks or [])}
        else:
            private = body.get("response_type") != "in_channel"
            self._workspace.post(
                channel,
                BOT_USER,
                text or "",
                blocks,
                thread_ts=body.get("thread_ts"),
                ephemeral_for=user if private else None,
            )
        self._changed()
