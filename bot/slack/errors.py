"""Slack's trouble, whatever its shape, as one exception of ours.

slack_sdk raises SlackApiError with a `response` that is a SlackResponse, a dict, a text or aiohttp's own response, depending
on what came over the wire; and lets errors of aiohttp, of urllib and of JSON through. Nobody else looks into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

TROUBLES = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError)
"""What a call to Slack may raise. ValueError: what it answered is not JSON."""

PASSING = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "ratelimited",
        "rate_limited",
        "team_added_to_org",
    }
)
"""Codes that say: not now (https://docs.slack.dev/reference/methods/chat.postMessage, 2026-11)."""

BROKEN = frozenset(
    {"invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed", "missing_scope"}
)
"""Codes that say that somebody must mend the app before anything can be told."""


class SlackTrouble(Exception):
    """`code` is Slack's own (None when it was not Slack that spoke), `status` HTTP's, `retry_after` in seconds.

    The text names what happened without quoting what was sent or answered.
    """

    def __init__(
        self, reason: str, *, code: str | None = None, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.reason, self.code, self.status, self.retry_after = reason, code, status, retry_after
        super().__init__(reason)

    @property
    def passes(self) -> bool:
        """Whether the same call may work later, without anybody doing anything."""
        return self.code is None or self.code in PASSING or self.status == 429 or (self.status or 0) >= 500


def trouble(error: BaseException) -> SlackTrouble:
    """What went wrong with a call to Slack."""
    if not isinstance(error, SlackApiError):
        return SlackTrouble(_reason(error))
    response: Any = getattr(error, "response", None)
    status = _number(getattr(response, "status_code", None) or getattr(response, "status", None))
    # slack_sdk's own errors carry the status in a dict when there was no JSON to parse.
    inside = response if isinstance(response, Mapping) else getattr(response, "data", None)
    inside = inside if isinstance(inside, Mapping) else {}
    status = status or _number(inside.get("status"))
    found = inside.get("error")
    code = found if isinstance(found, str) and found and found.isascii() and len(found) <= 80 else None
    headers = getattr(response, "headers", None) or inside.get("headers")
    if status == 429 and code is None:
        code = "ratelimited"
    reason = code or (f"HTTP {status}, and no answer of Slack's" if status else "no answer of Slack's")
    return SlackTrouble(reason, code=code, status=status, retry_after=retry_after(headers))


def retry_after(headers: object) -> float | None:
    """The seconds of a Retry-After header, in whatever case and shape the client gives it."""
    if not isinstance(headers, Mapping):
        return None
    for key, value in headers.items():
        if str(key).lower() == "retry-after":
            text = value[0] if isinstance(value, list | tuple) and value else value
            return float(text) if str(text).isdigit() else None
    return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return "an answer that is not JSON"
    inner = getattr(error, "reason", None) or getattr(error, "os_error", None)
    return f"{type(error).__name__} ({type(inner).__name__})" if isinstance(inner, Exception) else type(error).__name__
