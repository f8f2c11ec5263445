"""Slack's trouble, whatever its shape, as one exception of ours.

slack_sdk raises SlackApiError with a `response` that is a SlackResponse, a dict, a text, aiohttp's own response or nothing,
depending on what came over the wire; stumbles itself over a body that is no object; and lets the errors of aiohttp, urllib
and JSON through. Nobody else looks into them.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

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

REFUSED_TOKEN = BROKEN | {"not_allowed_token_type"}
"""Codes that no waiting mends (https://docs.slack.dev/reference/methods/auth.test, 2026-11)."""

LONGEST_RETRY_AFTER = 3600.0
_CODE = re.compile(r"[a-z][a-z0-9_]{0,79}")


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


TROUBLES = (
    SlackTrouble,
    SlackClientError,
    aiohttp.ClientError,
    http.client.HTTPException,
    OSError,
    TimeoutError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""What a call to Slack may raise. ValueError: a body that is not JSON, or not text; LookupError: a charset that nobody knows;
AttributeError: slack_sdk 3.48 looks for `ok` in whatever JSON or text an HTTP 200 brings; RecursionError: JSON too deep."""


def trouble(error: BaseException) -> SlackTrouble:
    """What went wrong with a call to Slack."""
    if isinstance(error, SlackTrouble):
        return error
    if not isinstance(error, SlackApiError):
        return SlackTrouble(_reason(error), status=_number(getattr(error, "status", None)))
    response: Any = getattr(error, "response", None)
    # slack_sdk's own errors may carry the status in a dict.
    inside = response if isinstance(response, Mapping) else getattr(response, "data", None)
    inside = inside if isinstance(inside, Mapping) else {}
    status = next(filter(None, (_number(each) for each in _statuses(response, inside))), None)
    # In `error` slack_sdk's synchronous client also says, in a sentence, that there was no JSON.
    found = inside.get("error")
    code = found if isinstance(found, str) and _CODE.fullmatch(found) else None
    if status == 429 and code is None:
        code = "ratelimited"
    foreign = f"HTTP {status} came back, and not from Slack" if status else "the answer is not Slack's"
    headers = getattr(response, "headers", None) or inside.get("headers")
    return SlackTrouble(code or foreign, code=code, status=status, retry_after=retry_after(headers))


def why(error: BaseException, url: str, proxy: str | None) -> str:
    """`slack.com cannot be reached: connection refused (through the proxy proxy.example:3128)`, for the log."""
    found, host = trouble(error), _host(url)
    through = f" (through the proxy {_host(proxy)})" if proxy else ""
    return f"{host} says {found.code}{through}" if found.code else f"{host} cannot be reached: {found.reason}{through}"


def retry_after(headers: object) -> float | None:
    """The seconds of a Retry-After header, in whatever case and shape the client gives it; an hour at most."""
    if not isinstance(headers, Mapping):
        return None
    for key, value in headers.items():
        if str(key).lower() == "retry-after":
            text = str(value[0] if isinstance(value, list | tuple) and value else value).strip()
            return min(float(text), LONGEST_RETRY_AFTER) if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]+)?", text) else None
    return None


def _statuses(response: Any, inside: Mapping[Any, Any]) -> tuple[object, ...]:
    return getattr(response, "status_code", None), getattr(response, "status", None), inside.get("status")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _reason(error: BaseException) -> str:
    """For what never became an answer of Slack's."""
    match error:
        case URLError(reason=BaseException() as inner):
            # The synchronous client's: the reason is inside.
            return _reason(inner)
        case aiohttp.ClientHttpProxyError():
            return f"the proxy refuses (HTTP {error.status})"
        case aiohttp.WSServerHandshakeError():
            return f"HTTP {error.status} where a WebSocket was due"
        case aiohttp.ClientProxyConnectionError():
            return f"no connection to the proxy, {_system(error.os_error)}"
        case aiohttp.ClientConnectorCertificateError():
            return _certificate(error.certificate_error)
        case ssl.SSLCertVerificationError():
            return _certificate(error)
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return "its name is not known here (DNS)"
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorError():
            return _system(error.os_error)
        case aiohttp.ServerDisconnectedError() | http.client.RemoteDisconnected() | ConnectionResetError():
            return "the connection was closed without an answer"
        case aiohttp.ClientPayloadError() | http.client.IncompleteRead():
            return "the answer breaks off"
        case aiohttp.InvalidURL():
            return "the address that Slack gave is none"
        case OSError():
            return _system(error)
        case AttributeError() | ValueError() | LookupError() | RecursionError():
            return "the answer is not Slack's"
        case _:
            return type(error).__name__


def _certificate(error: Exception) -> str:
    reason = getattr(error, "verify_message", "") or type(error).__name__
    return f"its certificate is not trusted here ({reason}); a proxy that opens TLS needs its own in SSL_CERT_FILE"


def _system(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails ({error.reason or 'unknown'})".lower().replace("tls", "TLS")
    # aiohttp puts a sentence with the address in strerror.
    return _plain(error.strerror) or type(error).__name__


def _plain(text: str | None) -> str:
    return "connection refused" if text and "Connect call failed" in text else (text or "")


def _host(url: str) -> str:
    """Host and port; credentials of a proxy stay out."""
    return urlsplit(url if "://" in url else f"//{url}").netloc.rpartition("@")[2]
