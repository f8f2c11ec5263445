"""Why Slack cannot be reached, in a line for whoever reads the log: host, reason, and the proxy that stands between."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

TROUBLES = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError)
"""What a call to Slack may raise. AttributeError: slack_sdk 3.48 looks for `ok` in a text/plain answer of HTTP 200."""

REFUSED_TOKEN = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "not_allowed_token_type", "missing_scope"}
)  # fmt: skip
"""Codes that no waiting mends (https://docs.slack.dev/reference/methods/auth.test, 2026-11)."""


def code(error: BaseException) -> str | None:
    """Slack's own code, or None when it was not Slack that answered."""
    response: Any = getattr(error, "response", None)
    body = response if isinstance(response, Mapping) else getattr(response, "data", None)
    found = body.get("error") if isinstance(body, Mapping) else None
    return found if isinstance(found, str) and found else None


def why(error: BaseException, url: str, proxy: str | None) -> str:
    """`slack.com cannot be reached: connection refused (through the proxy proxy.example:3128)`."""
    host = _host(url)
    through = f" (through the proxy {_host(proxy)})" if proxy else ""
    if said := code(error):
        return f"{host} says {said}{through}"
    return f"{host} cannot be reached: {_reason(error)}{through}"


def _reason(error: BaseException) -> str:
    if isinstance(error, SlackApiError):
        response: Any = error.response
        status = getattr(response, "status_code", None) or getattr(response, "status", None)
        return f"HTTP {status} came back, and not from Slack" if status else "the answer is not Slack's"
    if isinstance(error, AttributeError):
        return "the answer is not Slack's"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refuses (HTTP {error.status})"
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"HTTP {error.status} where a WebSocket was due"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"no connection to the proxy, {_system(error.os_error)}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known here (DNS)"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _system(error.os_error)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed without an answer"
    return _system(error) if isinstance(error, OSError) else type(error).__name__


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
