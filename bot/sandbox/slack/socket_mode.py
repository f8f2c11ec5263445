"""Socket Mode: WebSocket connections of the app, and envelopes that travel over them.

https://docs.slack.dev/apis/events-api/using-socket-mode/: an app may hold up to ten connections, each envelope goes to
one of them, and what is not acknowledged in three seconds is sent again with `retry_attempt` and `retry_reason`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.slack.rules import Rules
from bot.sandbox.slack.trouble import SOCKET, Troubles
from bot.sandbox.slack.workspace import APP

Json = dict[str, Any]
Drop = Literal["disconnect", "close", "abort"]


@dataclass
class Delivery:
    """What came of something a person did, as that person sees it.

    `answer` is the payload of the ack, `error` the sentence shown, `errors` those shown on fields ({block_id: text}),
    `millis` the time from the first sending to the ack, `confirm` the question that was answered with yes before it. An
    ack that came too late leaves `acked` false."""

    envelope_id: str = ""
    acked: bool = False
    answer: Json | None = None
    error: str | None = None
    millis: float | None = None
    errors: dict[str, str] = field(default_factory=dict)
    confirm: Json | None = None


@dataclass
class Envelope:
    """One payload on its way, with everything that is known of its sendings."""

    id: str
    type: str
    payload: Json
    reply: asyncio.Future[Json | None]
    attempt: int = 0
    sent: list[Connection] = field(default_factory=list)
    acks: list[Json] = field(default_factory=list)
    started: float = 0.0
    millis: float | None = None

    def message(self) -> str:
        body: Json = {
            "envelope_id": self.id,
            "type": self.type,
            "payload": self.payload,
            "accepts_response_payload": self.type in ("slash_commands", "interactive"),
        }
        if self.attempt or self.type == "events_api":
            body |= {"retry_attempt": self.attempt, "retry_reason": "timeout" if self.attempt else ""}
        return json.dumps(body)


class Connection:
    """One WebSocket of the app. A draining one has been told to go and gets nothing new."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.draining = False
        self._request = request

    @property
    def usable(self) -> bool:
        return not (self.draining or self.socket.closed or self._request.transport is None)

    async def send(self, text: str) -> bool:
        try:
            await self.socket.send_str(text)
        except ConnectionError:
            return False
        return True

    def abort(self) -> None:
        """Breaks the TCP connection without a goodbye."""
        self.draining = True
        if self._request.transport is not None:
            self._request.transport.abort()


class Sockets:
    """All connections and all envelopes of the app."""

    def __init__(self, rules: Rules, troubles: Troubles, changed: Callable[[], None]) -> None:
        self.connections: list[Connection] = []
        self.envelopes: deque[Envelope] = deque(maxlen=1000)
        self.opened = 0
        self._rules, self._troubles, self._changed = rules, troubles, changed
        self._tickets: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._arrivals: set[asyncio.Future[None]] = set()

    @property
    def usable(self) -> list[Connection]:
        return [connection for connection in self.connections if connection.usable]

    def ticket(self) -> str:
        """A one-time ticket for one WebSocket handshake."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket endpoint: hello, then acks in and envelopes out until one side leaves."""
        fault = self._troubles.due(SOCKET)
        if fault and fault.how == "slow":
            await self._troubles.pause(fault.seconds)
        elif fault:
            return await self._troubles.play(fault, request)
        ticket = request.query.get("ticket", "")
        refusing = self._rules.refusing_connections
        if refusing or ticket not in self._tickets:
            return web.Response(status=503 if refusing else 403, text="refused")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        connection = Connection(request, socket)
        if len(self.usable) >= self._rules.most_connections:
            await connection.send(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        await self._serve(connection)
        return socket

    async def _serve(self, connection: Connection) -> None:
        self.connections.append(connection)
        try:
            await connection.send(_hello(len(self.connections)))
            self.opened += 1
            self._changed()
            for arrival in self._arrivals:
                if not arrival.done():
                    arrival.set_result(None)
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self.connections.remove(connection)
            self._changed()

    def _take(self, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            return
        envelope = self.envelope(ack.get("envelope_id")) if isinstance(ack, dict) else None
        if envelope is None:
            return
        envelope.acks.append(ack)
        if not envelope.reply.done():
            envelope.millis = (time.perf_counter() - envelope.started) * 1000
            envelope.reply.set_result(ack.get("payload") or None)
        self._changed()

    def envelope(self, envelope_id: str | None = None) -> Envelope | None:
        """The envelope of that id; without one, the last that was sent."""
        for envelope in reversed(self.envelopes):
            if envelope_id is None or envelope.id == envelope_id:
                return envelope
        return None

    async def deliver(self, type_: str, payload: Json) -> Delivery:
        """Sends a payload and waits for its ack, as long as a person would wait: `ack_timeout` seconds.

        Not acked: `error` is "dispatch_failed" (no connection) or "operation_timeout", and the envelope is sent again
        in the background, up to `redeliveries` times."""
        envelope = Envelope(str(uuid.uuid4()), type_, payload, asyncio.get_running_loop().create_future())
        self.envelopes.append(envelope)
        self._start(self._carry(envelope))
        done, _ = await asyncio.wait([envelope.reply], timeout=self._rules.ack_timeout)
        delivery = Delivery(envelope.id)
        if done:
            delivery.acked, delivery.answer, delivery.millis = True, envelope.reply.result(), envelope.millis
        else:
            delivery.error = "operation_timeout" if envelope.sent else "dispatch_failed"
        return delivery

    async def _carry(self, envelope: Envelope) -> None:
        """Sends until it is acked. What nobody could take in the first `ack_timeout` was never sent, and is dropped."""
        loop = asyncio.get_running_loop()
        for attempt in range(self._rules.redeliveries + 1):
            deadline = loop.time() + self._rules.ack_timeout
            await self._send_by(envelope, attempt, deadline)
            if not envelope.sent:
                return
            await asyncio.wait([envelope.reply], timeout=max(0.0, deadline - loop.time()))
            if envelope.reply.done():
                return

    async def _send_by(self, envelope: Envelope, attempt: int, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < deadline and not envelope.reply.done():
            if usable := self.usable:
                envelope.attempt = attempt
                if await self._send(envelope, usable[0]):
                    return
            else:
                await self._connection_by(deadline)

    async def _connection_by(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        arrival: asyncio.Future[None] = loop.create_future()
        self._arrivals.add(arrival)
        try:
            await asyncio.wait([arrival], timeout=max(0.0, deadline - loop.time()))
        finally:
            self._arrivals.discard(arrival)

    async def _send(self, envelope: Envelope, connection: Connection) -> bool:
        # The connection goes to the back of the queue: envelopes take turns, as they do at Slack.
        if connection in self.connections:
            self.connections.remove(connection)
            self.connections.append(connection)
        if not envelope.started:
            envelope.started = time.perf_counter()
        envelope.sent.append(connection)
        return await connection.send(envelope.message())

    def redeliver(
        self, envelope_id: str | None = None, times: int = 1, on: Literal["same", "other"] = "same"
    ) -> asyncio.Task[None]:
        """Sends an envelope (the last one by default) again, acked or not. Raises LookupError if there is none, or no
        connection of that kind."""
        envelope = self.envelope(envelope_id)
        if envelope is None or not envelope.sent:
            raise LookupError("no such envelope was sent")
        last = envelope.sent[-1]
        connections = [one for one in self.usable if (one is last) == (on == "same")]
        if not connections:
            raise LookupError(f"there is no {on} connection to send it on")
        return self._start(self._resend(envelope, connections[0], times))

    async def _resend(self, envelope: Envelope, connection: Connection, times: int) -> None:
        for _ in range(times):
            envelope.attempt += 1
            await self._send(envelope, connection)

    def drop(self, how: Drop = "disconnect") -> asyncio.Task[None]:
        """Ends every connection: the polite `disconnect` message, a close frame, or a broken TCP connection."""
        dropped = self.usable
        for connection in dropped:
            connection.draining = True
            if how == "abort":
                connection.abort()
        return self._start(self._say_goodbye(dropped, how))

    async def _say_goodbye(self, dropped: list[Connection], how: Drop) -> None:
        for connection in dropped:
            if how == "disconnect":
                await connection.send(_disconnect("refresh_requested"))
            elif how == "close":
                await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self.connections):
            connection.abort()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _hello(connections: int) -> str:
    return json.dumps(
        {
            "type": "hello",
            "num_connections": connections,
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP},
        }
    )


def _disconnect(reason: str) -> str:
    return json.dumps(
        {"type": "disconnect", "reason": reason, "debug_info": {"host": f"sandbox-{secrets.token_hex(2)}"}}
    )
