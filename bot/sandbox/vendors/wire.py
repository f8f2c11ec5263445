"""What travels to a pretend vendor and back: a call, its answer, the rules of its fields, and the routes that take it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

Record = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request as it came off the wire: `target` is path and query exactly as sent, `raw` the body's bytes."""

    method: str
    target: str
    headers: Mapping[str, str]
    raw: bytes
    args: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The body parsed, or None when it is not JSON."""
        try:
            return json.loads(self.raw)
        except (ValueError, RecursionError):
            return None

    def header(self, name: str) -> str:
        """A header by its name in any case, "" when it was not sent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    @property
    def says_json(self) -> bool:
        return self.header("Content-Type").partition(";")[0].strip().lower() == "application/json"


@dataclass(frozen=True)
class Answer:
    """What goes back: a dict or list as JSON, text as it is, or, with `silence`, nothing ("hang" or "cut").

    `gzipped` whether the caller asked for that or not.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    silence: str = ""
    content_type: str = "text/plain"
    gzipped: bool = False


class Refused(Exception):
    """The vendor says no; the answer holds how."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body)
        self.answer = answer


@dataclass(frozen=True)
class Field:
    """What one field of a request may hold, and how the refusal describes it."""

    kind: type
    fits: Callable[[Any], bool]
    says: str

    def has_kind(self, value: object) -> bool:
        """JSON's true is not a number here, though Python's is."""
        return type(value) is self.kind


def text(least: int, most: int | None = None) -> Field:
    """A string of `least` to `most` characters."""
    says = f"string of {least}-{most} characters" if most else f"string of at least {least} characters"
    return Field(str, lambda value: least <= len(value) <= (most or len(value)), says)


def whole(least: int, most: int | None = None) -> Field:
    """A whole number between two bounds, both allowed."""
    says = f"integer {least}-{most}" if most is not None else f"integer of at least {least}"
    return Field(int, lambda value: least <= value and (most is None or value <= most), says)


def flag() -> Field:
    """True or false."""
    return Field(bool, lambda _value: True, "boolean")


@dataclass(frozen=True)
class Route:
    """One method and path; `kind` is create, find, change, seats, token or other, and decides which failures strike it."""

    method: str
    pattern: re.Pattern[str]
    kind: str
    reply: Callable[[Call], Answer]

    def match(self, call: Call) -> Call | None:
        found = self.pattern.fullmatch(call.path) if call.method == self.method else None
        if not found:
            return None
        args = {name: unquote(value) for name, value in found.groupdict().items()}
        return Call(call.method, call.target, call.headers, call.raw, args)


def route(method: str, path: str, kind: str, reply: Callable[[Call], Answer]) -> Route:
    """`path` with `{name}` for a segment that the call's `args` will hold, percent-decoded."""
    return Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), kind, reply)


def response(answer: Answer) -> web.Response:
    """The answer as aiohttp sends it; not for one that is silence."""
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    is_text = isinstance(answer.body, str)
    text: str = answer.body if is_text else json.dumps(answer.body, ensure_ascii=False)
    made = web.Response(
        status=answer.status,
        headers=answer.headers,
        body=gzip.compress(text.encode()) if answer.gzipped else text.encode(),
        content_type=answer.content_type if is_text else "application/json",
        charset="utf-8",
    )
    if answer.gzipped:
        made.headers["Content-Encoding"] = "gzip"
    return made
