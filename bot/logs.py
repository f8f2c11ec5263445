"""The log: one line an event on stderr, with the request's id where there is one; secrets and phone numbers masked.

Masked here and not where the lines are written: vendors and libraries repeat what they were sent, and whoever writes a
line cannot know. `text` is for people, `json` for a collector: `time`, `level`, `logger`, `message`, `request`, `error`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote, quote_plus

from bot.hire import mask_phone

log = logging.getLogger("newhire")

Style = Literal["text", "json"]

HIDDEN = "••••"
SHORTEST_SECRET = 6
"""Characters: a shorter one would hide half of every line, and is none."""

NOISY = ("httpx", "slack_sdk", "slack_bolt", "aiohttp.access", "dbos", "alembic")

_request: ContextVar[str | None] = ContextVar("newhire_request", default=None)


@contextlib.contextmanager
def about(request_id: str) -> Iterator[None]:
    """Every line that this thread (or task) writes inside bears the request's id."""
    token = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(token)


def start(secrets: Iterable[str] = (), style: Style = "text") -> None:
    """From here on everything that is logged, and every exception that nobody caught, is a masked line on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if style == "json" else _Text())
    handler.addFilter(Masked(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # Python itself would print a traceback past the filter.
    sys.excepthook = lambda kind, error, trace: log.critical("newhire failed", exc_info=error)
    threading.excepthook = lambda failed: log.critical(
        "the thread %s failed", failed.thread and failed.thread.name, exc_info=failed.exc_value
    )


class Masked(logging.Filter):
    """No token, password or full phone number reaches the log, whoever writes the line. Adds `request` to the record."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        # As it is, and as it stands in an address or in JSON.
        spelt = {way(secret) for secret in known for way in (str, quote, quote_plus, _quote_all, _in_json)}
        # The longest first: one secret can be the beginning of another.
        self._secrets = sorted(spelt, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.msg, record.args = _one_line(self.mask(_message(record))), None
        record.exc_text = record.exc_text and self.mask(record.exc_text)
        record.stack_info = record.stack_info and self.mask(record.stack_info)
        record.request = getattr(record, "request", None) or _request.get()
        return True

    def mask(self, text: str) -> str:
        """The text without our secrets, and with phone numbers as 138****8000."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return mask_phones(text)


_GAP = r"[ ().\-\u00a0\u2010-\u2015]{0,2}"
_KEPT = "|".join(
    (
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # the engine's ids
        r"0x[0-9a-f]{1,16}\b",
        r"(?-i:(?<![A-Za-z0-9])[A-Z][A-Z0-9]{5,40}(?![A-Za-z0-9]))",  # Slack's: V0123456789, U0ALICE01
        r"(?<!\d)\d{1,20}\.\d{1,20}\.[0-9a-f]{20,64}",  # Slack's trigger ids
        r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",  # an IP address
        r"(?<![\d.])\d{1,20}\.\d{1,20}(?![\d.])",  # Slack's message ids: 1732525000.123456
        r"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d)?)?",
        r"(?<!\d)1[5-9]\d{11}(?!\d)",  # milliseconds since 1970
    )
)
_LABEL = r"(?:phone|mobile|\btel|手机|电话)[^\d\n]{0,12}?"
_PHONES = re.compile(
    rf"{_KEPT}"
    rf"|(?P<label>{_LABEL})(?P<short>\+?(?<!\d)\d(?:{_GAP}\d){{7,14}})(?!\d)"
    # Without a label or a + eight or nine digits are a vendor's code (201040001) or somebody's staff number.
    rf"|(?P<phone>\+\d(?:{_GAP}\d){{7,14}}|(?<!\d)\(?\d(?:{_GAP}\d){{9,16}})(?!\d)",
    re.IGNORECASE,
)


def mask_phones(text: str) -> str:
    """Phone numbers as 138****8000, however they are spaced; ids, dates, times and codes stay legible."""
    return _PHONES.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    number = found["short"] or found["phone"]
    if not number:
        return found[0]
    digits = "".join(char for char in number if char.isdigit())
    return f"{found['label'] or ''}{'+' if '+' in number else ''}{mask_phone(digits)}"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # A line whose arguments do not fit is a mistake of ours, and no reason to fail whoever wrote it.
        return str(record.msg)


def _one_line(text: str) -> str:
    """A line break in what a vendor said must not look like a line of ours."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _quote_all(secret: str) -> str:
    return quote(secret, safe="")


def _in_json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        return super().formatMessage(record) + (f" [{request}]" if request and request not in record.message else "")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request": getattr(record, "request", None),
            "error": record.exc_text or None,
        }
        return json.dumps({key: value for key, value in line.items() if value is not None}, ensure_ascii=False)
