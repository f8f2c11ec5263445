"""A sentence to one person: by the command's response_url, else as a direct message. In no trouble of Slack's is it given up
at once, for silence is the worst answer."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Sequence
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.errors import TROUBLES, SlackTrouble, trouble
from bot.slack.proxy import proxy_for

log = logging.getLogger(__name__)

WAITS = (0.0, 1.0, 5.0)
"""Before each round over both ways. Whoever typed the command is still there."""
PATIENCE_SECONDS = 3.0

_SLACKS = re.compile(r"(?:.+\.)?slack(?:-gov)?\.com")
_STRANGE = re.compile(r"[\\\s@\x00-\x1f]")
"""What one parser of addresses takes for a part of the host, and another does not."""


async def tell(
    client: AsyncWebClient,
    user: str,
    response_url: str | None,
    text: str,
    blocks: Sequence[dict[str, Any]] | None = None,
    *,
    replace: bool = False,
) -> None:
    """Say it to the user alone, by whichever way is open; with `replace` in place of what the response_url came with."""
    message: dict[str, Any] = {"text": text, **({"blocks": blocks} if blocks else {})}
    for wait in WAITS:
        await asyncio.sleep(wait)
        if response_url and await _works("response_url", _respond(client, response_url, message, replace)):
            return
        if await _works("chat.postMessage", client.chat_postMessage(channel=user, **message)):
            return
    log.error("%s could not be told what became of their command", user)


def slacks_own(url: str | None, api_url: str) -> str | None:
    """The response_url if it leads to Slack (or to where SLACK_API_URL does), else None: nothing is posted elsewhere."""
    if not url or _leads_to_slack(url, api_url):
        return url or None
    log.warning("a response_url that does not lead to Slack is not used")
    return None


def _leads_to_slack(url: str, api_url: str) -> bool:
    try:
        parts, own = urlsplit(url), urlsplit(api_url)
        _ = parts.port  # `slack.com::` has a host, and a port that no client can call
    except ValueError:
        return False
    host = parts.hostname or ""
    if not host or _STRANGE.search(url):
        return False
    return bool(parts.scheme == "https" and _SLACKS.fullmatch(host)) or (parts.scheme, host) == (
        own.scheme,
        own.hostname,
    )


def was_taken(answer: WebhookResponse) -> bool:
    """Whether it was Slack that took the message: `ok`, alone or in JSON. A portal's page comes with HTTP 200 as well."""
    body = (answer.body or "").strip()
    if answer.status_code != 200 or body == "ok":
        return answer.status_code == 200
    try:
        parsed = json.loads(body)
    except ValueError:
        return False
    return isinstance(parsed, dict) and parsed.get("ok") is True


async def _respond(client: AsyncWebClient, url: str, message: dict[str, Any], replace: bool) -> None:
    webhook = AsyncWebhookClient(url, session=client.session, ssl=client.ssl, retry_handlers=[])
    webhook.proxy = proxy_for(url)
    # "Responding immediately with a JSON message body will replace the current message in its entirety by default"
    # (https://api.slack.com/interactive-messages): a word to one person must not wipe out what all read.
    answer = await webhook.send_dict({**message, "response_type": "ephemeral", "replace_original": replace})
    if not was_taken(answer):
        raise SlackTrouble(f"HTTP {answer.status_code}, and not taken", status=answer.status_code)


async def _works(way: str, call: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await call
    except TROUBLES as error:
        log.warning("no sentence by %s: %s", way, trouble(error).reason)
        return False
    return True
