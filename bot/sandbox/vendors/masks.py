"""What a log of calls shows: everything but secrets, and of phone numbers only the ends."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, unquote

HIDDEN = "••••"
_SECRET_HEADERS = {"authorization", "x-tc-signature", "x-access-token", "cookie"}
_SECRET_FIELDS = {"pwd", "password", "appkey", "accesstoken", "refreshtoken", "token", "secretkey"}
_PHONE_FIELDS = {"phone", "condition", "searchkey"}


def mask_headers(headers: dict[str, str]) -> dict[str, str]:
    """A copy in which what proves who is calling is hidden."""
    return {name: HIDDEN if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()}


def mask(value: Any, key: str = "") -> Any:
    """A copy of any JSON with secrets hidden and phone numbers as 138****0000, by the names of the fields."""
    if isinstance(value, dict):
        return {name: mask(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [mask(inner, key) for inner in value]
    if key.lower() in _SECRET_FIELDS and value is not None:
        return HIDDEN
    return mask_phone(value) if key.lower() in _PHONE_FIELDS and isinstance(value, str) else value


def mask_phone(value: str) -> str:
    """A phone number as 138****8000; any other text as it is."""
    if not re.fullmatch(r"\+?[\d -]{5,}", value):
        return value
    return f"{value[:-8]}****{value[-4:]}" if len(value) > 8 else f"****{value[-2:]}"


def mask_path(target: str) -> str:
    """Path and query, phone numbers in it masked."""
    path, mark, query = target.partition("?")
    pairs = [
        f"{k}={quote(str(mask(unquote(v), k)), safe='*')}" if k.lower() in _PHONE_FIELDS else f"{k}{eq}{v}"
        for k, eq, v in (pair.partition("=") for pair in query.split("&"))
    ]
    return path + mark + "&".join(pairs)


def mask_body(raw: bytes) -> Any:
    """The body as JSON, masked; None for none."""
    try:
        return mask(json.loads(raw)) if raw else None
    except (ValueError, RecursionError):
        # Not shown: without field names nobody can tell the secrets in it.
        return f"({len(raw)} bytes that are not JSON)"
