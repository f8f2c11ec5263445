"""One answer of a vendor: its bytes unpacked, its JSON, its words, how long it asks to wait, and what its clock says.

Nothing here knows a vendor: where vendors write the same thing in different places, all the places that are known are read.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Any

MAX_ANSWER = 1_000_000
"""Bytes of an answer that are read, packed and unpacked alike; vendors send a few thousand."""

DEEPEST = 50
"""Levels to which an answer's JSON may nest; vendors use five."""

LONGEST_WAIT = 3600.0
"""Seconds of a vendor's wish to wait that are believed."""

LONGEST_WORDS = 500
"""Characters of a vendor's words that are kept."""

_GZIP = b"\x1f\x8b"
_MOST_CODINGS = 3

_WORDS = (
    # The first that is there wins, the outermost first.
    "message",  # Tencent, Microsoft Graph, Google, Zoom, Webex
    "error_msg",  # Huawei, current
    "returnMessage",  # Huawei, 2019: one page's table; its sample and other pages say `returnDesc`
    "returnDesc",
    "errorMsg",
    "errorMessage",
    "error_message",
    "errmsg",  # WeCom, DingTalk
    "sub_msg",  # DingTalk, the inner reason
    "error_description",  # OAuth 2 (RFC 6749)
    "detail",  # SCIM (RFC 7644), problem+json (RFC 9457)
    "description",
    "msg",  # Feishu
    "title",
)


class Unreadable(ValueError):
    """The bytes are not what their headers say; the text says why and quotes nothing of them."""


@dataclass(frozen=True)
class Answer:
    """One answer, read to its end: HTTP status, headers, body (unpacked bytes), and when it came (Unix seconds)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float = made_by(default_factory=time.time)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ValueError when it is anything else."""
        parsed = self._parsed()
        if not isinstance(parsed, dict):
            raise ValueError(f"a JSON {type(parsed).__name__} where an object was due")  # noqa: TRY004 - one error for callers
        return parsed

    def rows(self) -> list[Any]:
        """The body as a JSON array. Raises ValueError when it is anything else."""
        parsed = self._parsed()
        if not isinstance(parsed, list):
            raise ValueError(f"a JSON {type(parsed).__name__} where an array was due")  # noqa: TRY004 - one error for callers
        return parsed

    def _parsed(self) -> Any:
        try:
            return _clean(json.loads(self.body))
        except RecursionError as error:
            raise ValueError(str(error)) from error

    def words(self) -> str | None:
        """What the vendor says in a sentence, wherever in the JSON it says it, at most 500 characters; None if nowhere."""
        try:
            found = _words(self.json())
        except ValueError:
            return None
        return found[:LONGEST_WORDS] if found else None

    def clock_skew(self) -> float | None:
        """Seconds by which this machine's clock is ahead of the vendor's `Date` header; None without one."""
        there = _date(self.headers.get("date", ""))
        return None if there is None else self.at - there

    def retry_after(self) -> float | None:
        """Seconds that the vendor asks to wait, at most an hour; None when it does not say.

        `Retry-After` (seconds, or a date: read by the vendor's own clock, since ours may be wrong), `Retry-After-Ms`, and
        what stands for it elsewhere: `RateLimit-Reset` (the IETF's drafts), `X-RateLimit-Reset` (seconds or a moment),
        `X-Ogw-Ratelimit-Reset` (Feishu).
        """
        now = self.at - (self.clock_skew() or 0.0)
        for seconds in _waits(self.headers, now):
            if seconds is not None:
                return min(max(seconds, 0.0), LONGEST_WAIT)
        return None


def unpacked(body: bytes, codings: str) -> bytes:
    """The body without its Content-Encoding, of at most MAX_ANSWER bytes. Raises Unreadable.

    newhire asks for no packing, but gateways pack all the same; they label plain text as packed (curl #2368), send packed
    text without a label (trafficcontrol #1737), and no body at all with one (zend-http #76). `br` and `zstd` are unreadable.
    """
    names = [name for each in codings.split(",") if (name := each.strip().lower()) not in ("", "identity")]
    if len(names) > _MOST_CODINGS:
        raise Unreadable("an answer packed too many times")
    for name in reversed(names):
        body = _unpack(body, name)
    return _unpack(body, "gzip") if body.startswith(_GZIP) else body


def _unpack(body: bytes, coding: str) -> bytes:
    if not body or body.lstrip()[:1] in (b"{", b"["):  # JSON already, whatever the label says: no packing begins so
        return body
    match coding:
        case "gzip" | "x-gzip":
            return _inflate(body, zlib.MAX_WBITS | 16)
        case "deflate":
            # RFC 9110 means zlib's format; enough servers send the bare stream.
            return _inflate(body, zlib.MAX_WBITS if _is_zlib(body) else -zlib.MAX_WBITS)
    raise Unreadable(f"an answer packed as {coding[:20]}")


def _is_zlib(body: bytes) -> bool:
    return body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate(body: bytes, format_: int) -> bytes:
    unpacker = zlib.decompressobj(format_)
    try:
        # A thousand bytes can unpack to a million: no more than the bound is ever made.
        whole = unpacker.decompress(body, MAX_ANSWER + 1)
    except zlib.error:
        raise Unreadable("a packed answer that does not unpack") from None
    if len(whole) > MAX_ANSWER:
        raise Unreadable(f"an answer of more than {MAX_ANSWER} bytes")
    if not unpacker.eof:
        raise Unreadable("a packed answer that is cut off")
    return whole


# --- waits


def _waits(headers: Mapping[str, str], now: float) -> Iterator[float | None]:
    """What each header that is known says, the most exact first."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    yield None if milliseconds is None else milliseconds / 1000
    yield _wait(headers.get("retry-after", ""), now)
    yield _number(headers.get("x-ogw-ratelimit-reset", ""))
    yield _wait(headers.get("ratelimit-reset", ""), now)
    # draft-ietf-httpapi-ratelimit-headers, from the eighth on: `"default";r=0;t=30`
    reset = re.search(r";\s*t=(\d{1,9})", headers.get("ratelimit", ""))
    yield float(reset[1]) if reset else None
    yield _wait(headers.get("x-ratelimit-reset", ""), now)


def _wait(said: str, now: float) -> float | None:
    """Seconds from now: a number of seconds (`7`, `0.5`), a length (`1m30s`), a Unix moment, or a date."""
    number = _number(said)
    if number is not None:
        # A moment, in seconds or milliseconds: nobody asks to wait for thirty years.
        return number if number < 1e9 else (number if number < 1e11 else number / 1000) - now
    length = re.fullmatch(r"(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:\.\d{1,9})?)s)?", said.strip())
    if length and length[0]:
        return sum(float(part or 0) * unit for part, unit in zip(length.groups(), (3600, 60, 1), strict=True))
    then = _date(said)
    return None if then is None else then - now


def _number(said: str) -> float | None:
    """The number that a header holds; the greatest where a gateway has joined two (`7, 7`)."""
    parts = [part.strip() for part in said.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", part) for part in parts):
        return None
    return max(map(float, parts))


def _date(said: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


# --- JSON


def _words(data: object) -> str | None:
    """The first text under a key that vendors put their words under, the outermost level first."""
    level = [data]
    for _ in range(DEEPEST):
        objects = [each for each in level if isinstance(each, dict)]
        for each in objects:
            for key in _WORDS:
                if isinstance(each.get(key), str) and each[key]:
                    return str(each[key])
        inner = [value for each in objects for value in each.values()]
        level = [
            item
            for value in inner + [each for each in level if isinstance(each, list)]
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, dict | list)
        ]
        if not level:
            break
    # OAuth's `{"error": "invalid_client"}`: a code, and all that there is.
    return str(data["error"]) if isinstance(data, dict) and isinstance(data.get("error"), str) else None


def _clean(value: Any, depth: int = 0) -> Any:
    """Lone surrogates and NUL can be written in JSON but not in every database, nor in a Slack message."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else _clean_text(value)
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item, depth + 1) for key, item in value.items()}
    return value


def _clean_text(value: str) -> str:
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
