"""Slack in trouble: every way in which an HTTP call to it can go wrong, on demand and at any moment.

`ok: false` is only one of the shapes that trouble takes. A load balancer answers in plain text, a proxy or a captive
portal in HTML, a dying machine not at all; and any of them may come after the work was done.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

Said = tuple[str, str]
"""One text in English and in Chinese."""

RESPONSE_URL, SOCKET = "response_url", "socket"
"""What else can fail beside the Web API's methods, by the name that `fail` takes: a post to a response_url, and the
handshake of a WebSocket."""

_PORTAL = "<!DOCTYPE html><title>Welcome</title><h1>Sign in to the guest Wi-Fi</h1>"
_NOT_FOUND = "<!DOCTYPE html><title>404 Not Found</title><h1>404 Not Found</h1>"

WORDS: dict[str, tuple[Said, Said]] = {
    "ratelimited": (("Rate-limited", "限流"), ("429, and how long to wait", "429，并告知需要等待多久")),
    "503": (("Unavailable", "服务不可用"), ("503 in plain text, from a load balancer", "负载均衡返回 503 纯文本")),
    "500": (("Server error", "服务器错误"), ("500 with nothing in it", "500，应答为空")),
    "404": (("Not found", "找不到"), ("404 with a web page", "404，内容是网页")),
    "html": (
        ("A web page instead", "返回网页"),
        ("200 with HTML, as a hotel network does", "200 但内容是 HTML，如酒店网络"),
    ),
    "text": (("Plain text", "返回纯文本"), ("200 with a line of text", "200 但内容是一行文字")),
    "broken_json": (("Half an answer", "应答不完整"), ("200, and the JSON breaks off", "200，但 JSON 中途断开")),
    "list": (("Another shape", "应答格式不对"), ("200 with JSON that is no object", "200，但 JSON 不是对象")),
    "empty": (("Nothing in it", "应答为空"), ("200 with an empty body", "200，但应答为空")),
    "reset": (("Cut off", "断开"), ("the connection is reset", "连接被重置")),
    "hang": (("Silence", "无应答"), ("the call is taken and never answered", "收到调用，但始终不应答")),
    "slow": (("Slow", "缓慢"), ("done at once, answered late", "立即执行，但很晚才应答")),
    "503_after": (
        ("Done, then unavailable", "已执行，随后不可用"),
        ("done, and answered with 503", "已执行，但返回 503"),
    ),
    "500_after": (
        ("Done, then server error", "已执行，随后出错"),
        ("done, and answered with 500", "已执行，但返回 500"),
    ),
    "broken_json_after": (
        ("Done, then half an answer", "已执行，应答不完整"),
        ("the JSON breaks off", "JSON 中途断开"),
    ),
    "reset_after": (
        ("Done, then cut off", "已执行，随后断开"),
        ("done, and the connection is reset", "已执行，但连接被重置"),
    ),
    "hang_after": (("Done, then silence", "已执行，随后无应答"), ("done, and never answered", "已执行，但始终不应答")),
}
"""Each way's title and explanation, for the page."""

WAYS = tuple(WORDS)
"""The ways in which a call fails over HTTP. Any other word is the `error` of a 200 with `ok: false`."""


@dataclass
class Fault:
    """What the next `times` calls of a method ("*" for any) get instead of an answer; `retry_after` and `seconds` (how
    slow) are in seconds."""

    method: str
    how: str
    times: int = 1
    retry_after: int = 1
    seconds: float = 1.0

    @property
    def is_wire(self) -> bool:
        """Whether HTTP itself fails, and not only Slack's answer says no."""
        return self.how in WAYS

    @property
    def is_before(self) -> bool:
        """Whether the call fails without having been done."""
        return self.is_wire and self.how != "slow" and not self.how.endswith("_after")


class Troubles:
    """The faults that are still to come, and how each one looks to the caller."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.faults: list[Fault] = []
        self._changed = changed
        self._released = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """One more. Raises ValueError for a fault that would never strike."""
        if fault.times < 1:
            raise ValueError(f"times must be at least 1, not {fault.times}")
        self.faults.append(fault)
        self._changed()

    def forget(self, method: str) -> None:
        """Takes back what is still to come for that method; "*" takes back everything."""
        self.faults[:] = [fault for fault in self.faults if method not in (fault.method, "*")]
        self._changed()

    def due(self, method: str) -> Fault | None:
        """The fault that strikes this call, used up by one."""
        for fault in self.faults:
            if fault.method == method or (fault.method == "*" and method != SOCKET):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def release(self) -> None:
        """Lets go of every call that hangs or is slow at this moment: it gets its answer now."""
        released, self._released = self._released, asyncio.Event()
        released.set()

    async def play(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        """The answer that this fault gives; for "hang" it comes with `release`, as a 503."""
        how = fault.how.removesuffix("_after")
        if how == "ratelimited":
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(fault.retry_after)}
            )
        if how == "hang":
            await self._released.wait()
        if how == "reset":
            _reset(request)
        return _answer(how)

    async def pause(self, seconds: float) -> None:
        """As long as a slow answer takes; `release` ends it early."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._released.wait(), seconds)

    async def after(self, fault: Fault | None, request: web.Request, answer: web.Response) -> web.StreamResponse:
        """What the caller gets of a call that was done: its answer, late or never, as the fault has it."""
        if fault and fault.how == "slow":
            await self.pause(fault.seconds)
        elif fault and fault.how.endswith("_after"):
            return await self.play(fault, request)
        return answer


def _answer(how: str) -> web.Response:
    match how:
        case "500":
            return web.Response(status=500)
        case "404":
            return web.Response(status=404, text=_NOT_FOUND, content_type="text/html")
        case "html":
            return web.Response(text=_PORTAL, content_type="text/html")
        case "text":
            return web.Response(text="This service is being moved.")
        case "broken_json":
            return web.Response(text='{"ok": true, "view": {"id": "V0', content_type="application/json")
        case "list":
            return web.Response(text="[]", content_type="application/json")
        case "empty":
            return web.Response(content_type="application/json")
        case _:
            return web.Response(status=503, text="upstream connect error or disconnect/reset before headers")


def _reset(request: web.Request) -> None:
    """Breaks the TCP connection so that the caller sees a reset, and not an orderly end."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
