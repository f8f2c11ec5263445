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
from bot.sandbox.slack.trouble import RESPONSE_URL, Troubles
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
        self,
        rules: Rules,
        workspace: Workspace,
        troubles: Troubles,
        clock: Callable[[], float],
        changed: Callable[[], None],
        note: Callable[[str, Json, str | None], None],
    ) -> None:
        self._rules, self._workspace, self._troubles = rules, workspace, troubles
        self._clock, self._changed, self._note = clock, changed, note
        self._urls: dict[str, _ResponseUrl] = {}

    def new(self, channel: str, user: str, original: str | None = None) -> str:
        """The path of a new response_url."""
        path = f"/response/{TEAM}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        expires = self._clock() + self._rules.response_url_life
        self._urls[path] = _ResponseUrl(channel, user, expires, original, self._rules.response_url_posts)
        return path

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """200 "ok"; 404 when unknown, used up or expired; 400 for a body that is no message."""
        body, fault = _json(await request.text()), self._troubles.due(RESPONSE_URL)
        arguments = body if isinstance(body, dict) else {}
        if fault and fault.is_before:
            self._note(RESPONSE_URL, arguments, fault.how)
            return await self._troubles.play(fault, request)
        status, error = (400, fault.how) if fault and not fault.is_wire else self._take(request.path, body)
        self._note(RESPONSE_URL, arguments, error)
        text = json.dumps({"ok": False, "error": error}) if status == 404 else error or "ok"
        return await self._troubles.after(fault, request, web.Response(status=status, text=text))

    def _take(self, path: str, body: Any) -> tuple[int, str | None]:
        """One post: the HTTP status, and what is wrong."""
        url = self._urls.get(path)
        if url is None:
            return 404, "invalid_url"
        if self._clock() > url.expires:
            return 404, "expired_url"
        if url.left <= 0:
            return 404, "used_url"
        try:
            self.respond(url.channel, url.user, body, url.original)
        except Refused as refused:
            return 400, refused.error
        url.left -= 1
        return 200, None

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


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
