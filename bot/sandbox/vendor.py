"""What both pretend vendors share: a server on loopback, a log of what reached it, and failures on demand.

A vendor is a table of routes, a check of who is calling, and its own words of refusal; the rest is here. An answer is
decided in one go, without waiting, so that two calls at once can never both take the last seat or the same failure.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, unquote

from aiohttp import web

Record = dict[str, Any]
Exchange = dict[str, Any]

HIDDEN = "••••"
_SECRET_HEADERS = {"authorization", "x-tc-signature", "x-access-token", "cookie"}
_SECRET_FIELDS = {"pwd", "password", "appkey", "accesstoken", "refreshtoken", "token", "secretkey"}
_PHONE_FIELDS = {"phone", "condition", "searchkey"}

_CREATE = frozenset({"create"})
_FIND = frozenset({"find"})

# These strike once the caller has been let in, so that a call refused for its token does not use them up.
_AT_THE_DESK = {"no_seat", "duplicate_phone", "unknown_code"}


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
    """What goes back: a dict or list as JSON, text as it is, or, with `silence`, nothing ("hang" or "cut")."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    silence: str = ""
    content_type: str = "text/plain"


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
    """One method and path; `kind` is create, find, token or other, and decides which failures strike it."""

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


class Vendor:
    """A pretend vendor. Subclasses give `routes`, `authenticate`, `refusal`, `not_found` and `too_fast`.

    `accounts` are the accounts that exist now, in the vendor's own field names; `created` has one
    {"key", "at" (Unix seconds), "account"} per account ever created, also of those deleted since; `requests` is
    everything that reached it, newest last, secrets and phone numbers masked; `arrivals` are `time.monotonic()` of
    every call but those for a token; `seats` is how many accounts fit. `calls_a_minute` and `creates_a_minute` turn
    the vendor's rate limits on. `clock` is the vendor's idea of now, in Unix seconds.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    # The ways to fail, and the kinds of call that each one strikes.
    hows: ClassVar[Mapping[str, frozenset[str]]] = {
        "429": _CREATE,
        "429_bare": _CREATE,
        "500": _CREATE,
        "500_after": _CREATE,
        "hang": _CREATE,
        "hang_after": _CREATE,
        "cut": _CREATE,
        "cut_after": _CREATE,
        "expired_token": _CREATE,
        "no_seat": _CREATE,
        "duplicate_phone": _CREATE,
        "bad_credentials": _CREATE,
        "wrong_clock": _CREATE,
        "unknown_code": _CREATE,
        "html": _CREATE,
        "redirect": _CREATE,
        "find_500": _FIND,
        "find_hang": _FIND,
        "find_refused": _FIND,
    }

    def __init__(
        self,
        *,
        seats: int = 1000,
        calls_a_minute: int | None = None,
        creates_a_minute: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = ""
        self.seats = self._seats_at_first = seats
        self.calls_a_minute = calls_a_minute
        self.creates_a_minute = creates_a_minute
        self.clock = clock
        self.on_change: Callable[[], None] | None = None
        self.accounts: list[Record] = []
        self.created: list[Record] = []
        self.requests: list[Exchange] = []
        self.arrivals: list[float] = []
        self.failures: list[Record] = []
        self._let_through: dict[str, deque[float]] = {"call": deque(), "create": deque()}
        self._released = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: web.AppRunner | None = None
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()
        self._routes = self.routes()

    # --- what a vendor must say for itself

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def authenticate(self, call: Call, kind: str) -> None:
        """Raises Refused when this caller may not come in."""
        raise NotImplementedError

    def refusal(self, call: Call, how: str, options: Record) -> Answer:
        """The vendor's own shape of `how`; `options` are those given to `fail`."""
        raise NotImplementedError

    def not_found(self, call: Call) -> Answer:
        raise NotImplementedError

    def too_fast(self, call: Call, what: str) -> Answer:
        """The answer to one call too many; `what` is the limit that it hit, "call" or "create"."""
        raise NotImplementedError

    # --- starting, stopping, being told to fail

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """Listens on 127.0.0.1; 0 picks a port, `url` holds the result."""
        app = web.Application(client_max_size=8 * 1024**2)
        app.router.add_route("*", "/{path:.*}", self._serve)
        # Without handler_cancellation a client that gives up leaves its hanging call behind for ever.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls).start()
        self._loop = asyncio.get_running_loop()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Cuts what hangs and closes the port; the log and the accounts stay readable."""
        self._release()
        if self._runner:
            await self._runner.cleanup()
        # Over TLS a closed connection waits for the client's farewell, which may never come.
        for transport in list(self._transports):
            transport.abort()
        await asyncio.sleep(0)
        self._runner = self._loop = None

    def fail(self, how: str, times: int = 1, **options: Any) -> None:
        """The next `times` calls that `how` strikes fail so; "" forgets what is pending.

        Options: `retry_after` (seconds, for "429"), `code` (Tencent's "429": 190310, 190311 or 190313 as its JSON).
        ValueError names what this vendor knows when `how` is not among it.
        """
        if not how:
            self.failures.clear()
        elif how not in self.hows:
            raise ValueError(f"{self.title} cannot fail by {how!r}; it knows {', '.join(self.hows)}")
        elif times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        else:
            self.failures.append({"how": how, "times": times, **options})
        self._changed()

    def reset(self) -> None:
        """Forgets accounts, failures and log, gives the seats back, and cuts what hangs. Tokens stay good."""
        for forgotten in (self.accounts, self.created, self.requests, self.arrivals, self.failures):
            forgotten.clear()
        for calls in self._let_through.values():
            calls.clear()
        self.seats = self._seats_at_first
        self._release()
        self._changed()

    def _release(self) -> None:
        released, self._released = self._released, asyncio.Event()
        if self._loop:
            self._loop.call_soon_threadsafe(released.set)

    def _changed(self) -> None:
        if self.on_change:
            self.on_change()

    # --- one call

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.method, request.raw_path, dict(request.headers), await request.read())
        if request.transport:
            self._transports.add(request.transport)
        exchange, started = self._log(call), time.perf_counter()
        created = len(self.created)
        answer = self._answer(call)
        exchange["created"] = len(self.created) > created
        exchange["status"], exchange["answer"] = _seen(answer)
        exchange["millis"] = _millis_since(started)
        self._changed()
        if answer.silence == "hang":
            await self._hang(exchange, started)
        if answer.silence:
            if request.transport:
                request.transport.abort()
            return web.Response()  # goes nowhere: the connection is gone
        return _response(answer)

    async def _hang(self, exchange: Exchange, started: float) -> None:
        exchange["answer"] = "(no answer yet)"
        try:
            await self._released.wait()
        finally:
            exchange["answer"], exchange["millis"] = "(no answer)", _millis_since(started)
            self._changed()

    def _log(self, call: Call) -> Exchange:
        exchange: Exchange = {
            "id": uuid.uuid4().hex,
            "at": self.clock(),
            "method": call.method,
            "path": _mask_path(call.target),
            "headers": {k: HIDDEN if k.lower() in _SECRET_HEADERS else v for k, v in call.headers.items()},
            "body": _mask_body(call.raw),
            "status": None,
            "answer": None,
            "millis": 0.0,
            "created": False,
        }
        self.requests.append(exchange)
        return exchange

    def _answer(self, call: Call) -> Answer:
        for candidate in self._routes:
            if matched := candidate.match(call):
                if candidate.kind != "token":
                    self.arrivals.append(time.monotonic())
                return self._reply(matched, candidate)
        self.arrivals.append(time.monotonic())
        return self.not_found(call)

    def _reply(self, call: Call, chosen: Route) -> Answer:
        due = next((failure for failure in self.failures if chosen.kind in self.hows[failure["how"]]), None)
        how = due["how"] if due else ""
        after, created = how.endswith("_after"), len(self.created)
        if due and not after and how not in _AT_THE_DESK:
            return self._fail(call, due)
        try:
            self.authenticate(call, chosen.kind)
            self._pace(call, chosen.kind)
            if due and how in _AT_THE_DESK:
                return self._fail(call, due)
            answer = chosen.reply(call)
        except Refused as refused:
            return refused.answer
        # A call that was refused created nothing, so there is nothing to lose: the failure waits for the next.
        return self._fail(call, due) if due and after and len(self.created) > created else answer

    def _pace(self, call: Call, kind: str) -> None:
        limits = {"call": self.calls_a_minute, "create": self.creates_a_minute if kind == "create" else None}
        for what, limit in limits.items():
            passed, now = self._let_through[what], self.clock()
            while passed and passed[0] <= now - 60:
                passed.popleft()
            if limit is not None and kind != "token":
                if len(passed) >= limit:
                    raise Refused(self.too_fast(call, what))
                passed.append(now)

    def _fail(self, call: Call, failure: Record) -> Answer:
        failure["times"] -= 1
        if not failure["times"]:
            self.failures.remove(failure)
        how = failure["how"].removesuffix("_after").removeprefix("find_").removeprefix("token_")
        if how in ("hang", "cut"):
            return Answer(silence=how)
        return _PLAIN.get(how) or self.refusal(call, how, failure)

    def remember(self, account: Record, key: str, shown: str) -> None:
        """Adds an account; `key` is what identifies the person, `shown` the account's name at the vendor."""
        self.accounts.append(account)
        self.created.append({"key": key, "at": self.clock(), "account": shown})


# Answers that come from whatever stands before a vendor (a proxy, a captive portal), and so look alike everywhere.
_PLAIN = {
    "429_bare": Answer(429),
    "500": Answer(500, "Internal Server Error"),
    "html": Answer(
        200, "<!DOCTYPE html><title>Welcome</title><h1>Sign in to the guest Wi-Fi</h1>", content_type="text/html"
    ),
    "redirect": Answer(302, headers={"Location": "https://portal.invalid/login"}),
}


def _response(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    if isinstance(answer.body, str):
        return web.Response(
            status=answer.status, text=answer.body, headers=answer.headers, content_type=answer.content_type
        )
    return web.json_response(
        answer.body,
        status=answer.status,
        headers=answer.headers,
        dumps=lambda body: json.dumps(body, ensure_ascii=False),
    )


def _seen(answer: Answer) -> tuple[int | None, Any]:
    return (None, "(no answer)") if answer.silence else (answer.status, mask(answer.body))


def _millis_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def mask(value: Any, key: str = "") -> Any:
    """A copy of any JSON with secrets hidden and phone numbers as 138****0000, by the names of the fields."""
    if isinstance(value, dict):
        return {name: mask(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [mask(inner, key) for inner in value]
    if key.lower() in _SECRET_FIELDS and value is not None:
        return HIDDEN
    return _mask_phone(value) if key.lower() in _PHONE_FIELDS and isinstance(value, str) else value


def _mask_phone(value: str) -> str:
    if not re.fullmatch(r"\+?[\d -]{5,}", value):
        return value
    return f"{value[:-8]}****{value[-4:]}" if len(value) > 8 else f"****{value[-2:]}"


def _mask_path(target: str) -> str:
    path, mark, query = target.partition("?")
    pairs = [
        f"{k}={quote(str(mask(unquote(v), k)), safe='*')}" if k.lower() in _PHONE_FIELDS else f"{k}{eq}{v}"
        for k, eq, v in (pair.partition("=") for pair in query.split("&"))
    ]
    return path + mark + "&".join(pairs)


def _mask_body(raw: bytes) -> Any:
    try:
        return mask(json.loads(raw)) if raw else None
    except (ValueError, RecursionError):
        # Not shown: without field names nobody can tell the secrets in it.
        return f"({len(raw)} bytes that are not JSON)"
