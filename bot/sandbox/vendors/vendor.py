"""What all pretend vendors share: a server on loopback, a log of what reached it, and failures on demand.

A vendor is a table of routes, a check of who is calling, and its own words of refusal; the rest is here. An answer is
decided in one go, without waiting, so that two calls at once can never both take the last seat or the same failure.
"""

from __future__ import annotations

import asyncio
import email.utils
import re
import ssl
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from aiohttp import web

from bot.sandbox.vendors.masks import mask, mask_body, mask_headers, mask_path, mask_phone
from bot.sandbox.vendors.ways import AT_THE_DESK, BENDING, WAYS, Said, Way
from bot.sandbox.vendors.wire import Answer, Call, Record, Refused, Route, response

Exchange = dict[str, Any]

SHOWN = 50  # exchanges in what the page shows


@dataclass(frozen=True)
class Action:
    """What somebody can do to an account without the bot: `name` for `by_hand`, `title` for people."""

    name: str
    title: Said


DELETE = Action("delete", ("Delete", "删除"))
REPLACE = Action("replace", ("Delete, and create again", "删除后重建同名账号"))
DISABLE, ENABLE = Action("disable", ("Disable", "停用")), Action("enable", ("Enable", "启用"))


@dataclass(frozen=True)
class Row:
    """One account as the page lists it, whatever the vendor calls its fields; `key` tells it from every other.

    `state` is a word for what is not usual about it (English, Chinese), None for an account in good order; `actions` is what
    somebody at the vendor's console, or the person, can do to it.
    """

    key: str
    name: str
    account: str
    phone: str = ""
    email: str = ""
    department: str = ""
    state: Said | None = None
    actions: tuple[Action, ...] = ()


class FakeVendor:
    """A pretend vendor. Subclasses give `name`, `title`, `short`, `routes`, `authenticate`, `refusal`, `not_found`,
    `too_fast`, `row` and `bot_settings`.

    `accounts` are the accounts that exist now, in the vendor's own field names; `created` has one
    {"key", "at" (Unix seconds), "account"} per account ever created, also of those deleted since; `requests` is
    everything that reached it, newest last, secrets and phone numbers masked; `arrivals` are `time.monotonic()` of
    every call but those for a token; `seats` is how many accounts fit. `calls_a_minute` and `creates_a_minute` turn
    the vendor's rate limits on; `minute` is how many seconds one has there. `clock` is the vendor's idea of now, in Unix
    seconds.
    """

    name: ClassVar[str]
    title: ClassVar[Said]
    short: ClassVar[Said]
    hows: ClassVar[Mapping[str, Way]] = WAYS

    def __init__(
        self,
        *,
        seats: int = 1000,
        calls_a_minute: int | None = None,
        creates_a_minute: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = ""
        self.seats = seats
        self.calls_a_minute = calls_a_minute
        self.creates_a_minute = creates_a_minute
        self.minute = 60.0
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

    def row(self, account: Record) -> Row:
        """How the page lists one of `accounts`."""
        raise NotImplementedError

    def put(self, account: Record, action: str) -> None:
        """Brings `account` into the state that one of its row's `actions` means; delete and replace are seen to already."""
        raise NotImplementedError

    def fresh(self, fields: Record) -> Record:
        """An account of the vendor's own making, with new ids, from fields by the names of its creating call."""
        raise NotImplementedError

    def bot_settings(self) -> dict[str, str]:
        """The settings with which a bot reaches this vendor, by their environment variables."""
        raise NotImplementedError

    def bent(self, answer: Answer, how: str) -> Answer | None:
        """A good answer to a look-up, bent as "find_odd", "find_sparse" or "find_no_data" say: what only is shown comes
        in other types, or not at all. None for an answer that cannot be bent so."""
        return None

    def refuses(self, answer: Answer) -> bool:
        """Whether this answer is a refusal, for vendors that say so elsewhere than in the HTTP status."""
        return answer.status >= 300

    def shown(self) -> Record:
        """All that the page needs to know to show this vendor and to make it fail; JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "short": self.short,
            "accounts": [asdict(row) | {"phone": mask_phone(row.phone)} for row in map(self.row, self.accounts)],
            "requests": self.requests[-SHOWN:],
            "failures": self.failures,
            "seats": self.seats,
            "ways": [
                {"how": how, "group": way.group, "title": way.title, "why": way.why} for how, way in self.hows.items()
            ],
        }

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

        Options: `retry_after` (seconds, for "429" and "find_429"), `code` (Tencent's "429": 190310, 190311 or 190313 as its JSON).
        ValueError names what this vendor knows when `how` is not among it.
        """
        if not how:
            self.failures.clear()
        elif how not in self.hows:
            raise ValueError(f"{self.title[0]} cannot fail by {how!r}; it knows {', '.join(self.hows)}")
        elif times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        else:
            self.failures.append({"how": how, "times": times, **options})
        self._changed()

    def reset(self) -> None:
        """Forgets accounts, failures and log, and cuts what hangs. There are as many seats as before; tokens stay good."""
        for forgotten in (self.accounts, self.created, self.requests, self.arrivals, self.failures):
            forgotten.clear()
        for calls in self._let_through.values():
            calls.clear()
        self._release()
        self._changed()

    # --- what happens at the vendor without its API

    def by_hand(self, key: str, action: str) -> None:
        """Somebody does one of a row's `actions` to the account with this key. KeyError without the account, ValueError for
        what its row does not list."""
        account = next((each for each in self.accounts if self.row(each).key == key), None)
        if account is None:
            raise KeyError(key)
        if action not in {each.name for each in self.row(account).actions}:
            raise ValueError(f"{self.title[0]} cannot {action!r} this account")
        if action == "delete":
            self.accounts.remove(account)
        elif action == "replace":
            self.accounts[self.accounts.index(account)] = self.fresh(account)
        else:
            self.put(account, action)
        self._changed()

    def add_by_hand(self, **fields: Any) -> Record:
        """Somebody creates an account in the console; it is not among `created`, which are the API's."""
        account = self.fresh(fields)
        self.accounts.append(account)
        self._changed()
        return account

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
        exchange["refused"] = not answer.silence and self.refuses(answer)
        exchange["millis"] = _millis_since(started)
        self._changed()
        if answer.silence == "hang":
            await self._hang(exchange, started)
        if answer.silence:
            if request.transport:
                request.transport.abort()
            return web.Response()  # goes nowhere: the connection is gone
        made = response(answer)
        made.headers["Date"] = email.utils.formatdate(self.clock(), usegmt=True)
        return made

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
            "path": mask_path(call.target),
            "headers": mask_headers(dict(call.headers)),
            "body": mask_body(call.raw),
            "status": None,
            "refused": False,
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
        due = next((failure for failure in self.failures if chosen.kind in self.hows[failure["how"]].strikes), None)
        how = due["how"] if due else ""
        after, created = how.endswith("_after"), len(self.created)
        if due and not after and how not in AT_THE_DESK | BENDING:
            return self._fail(call, due)
        try:
            self.authenticate(call, chosen.kind)
            self._pace(call, chosen.kind)
            if due and how in AT_THE_DESK:
                return self._fail(call, due)
            answer = chosen.reply(call)
        except Refused as refused:
            return refused.answer
        if due and how in BENDING:
            return self._bend(answer, due)
        # A call that was refused did nothing, so there is nothing to lose: the failure waits for the next.
        acted = len(self.created) > created if chosen.kind == "create" else not self.refuses(answer)
        return self._fail(call, due) if due and after and acted else answer

    def _pace(self, call: Call, kind: str) -> None:
        limits = {"call": self.calls_a_minute, "create": self.creates_a_minute if kind == "create" else None}
        for what, limit in limits.items():
            passed, now = self._let_through[what], self.clock()
            while passed and passed[0] <= now - self.minute:
                passed.popleft()
            if limit is not None and kind != "token":
                if len(passed) >= limit:
                    raise Refused(self.too_fast(call, what))
                passed.append(now)

    def _bend(self, answer: Answer, failure: Record) -> Answer:
        how = failure["how"]
        bent = replace(answer, gzipped=True) if how.endswith("gzip") else self.bent(answer, how)
        if bent is None:
            return answer
        self._use_up(failure)
        return bent

    def _use_up(self, failure: Record) -> None:
        failure["times"] -= 1
        if not failure["times"]:
            self.failures.remove(failure)

    def _fail(self, call: Call, failure: Record) -> Answer:
        self._use_up(failure)
        how = re.sub("^(find|token|change|seats)_", "", failure["how"].removesuffix("_after"))
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


def _seen(answer: Answer) -> tuple[int | None, Any]:
    return (None, "(no answer)") if answer.silence else (answer.status, mask(answer.body))


def _millis_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
