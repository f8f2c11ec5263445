"""Behind a proxy that is the only way out: the whole job, for both vendors and Slack, over names that nothing else resolves."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from bot.sandbox.world import World
from tests.conftest import begin
from tests.people import ALICE, Person, admins_read, result, somebody

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.slow]


class ForwardProxy:
    """A plain HTTP proxy. It alone knows where `*.invalid` is; everything that passes is counted by its host."""

    def __init__(self) -> None:
        self.ways: dict[str, int] = {}  # host -> port on 127.0.0.1
        self.passed: Counter[str] = Counter()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            method, address, version = first.split()
            target = urlsplit(address if "://" in address else f"//{address}")
            host = target.hostname or ""
            self.passed[host] += 1
            way = self.ways.get(host, target.port or 80)
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", way)
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = target.path + (f"?{target.query}" if target.query else "")
                there_writer.write("\r\n".join([f"{method} {path or '/'} {version}", *_once(headers), "", ""]).encode())
            await asyncio.gather(_pipe(reader, there_writer), _pipe(there_reader, writer))
        writer.close()


def _once(headers: list[str]) -> list[str]:
    """One request a connection, since only the first one's address is rewritten; a WebSocket keeps its line."""
    if any(header.lower().startswith("upgrade:") for header in headers):
        return headers
    return [header for header in headers if not header.lower().startswith("connection:")] + ["Connection: close"]


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[ForwardProxy]:
    made = ForwardProxy()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def test_behind_a_proxy_that_is_the_only_way_out_the_whole_job_works(proxy: ForwardProxy, tmp_path: Path) -> None:
    world = World()
    await world.start()
    environment = world.bot_environment()
    for name in ("SLACK_API_URL", "TENCENT_BASE_URL", "HUAWEI_BASE_URL"):
        here = urlsplit(environment[name])
        host = f"{name.split('_')[0].lower()}.invalid"
        proxy.ways[host] = here.port or 80
        environment[name] = f"http://{host}{here.path}"
    way = f"http://127.0.0.1:{proxy.port}"
    bot = await begin(world, tmp_path, HTTP_PROXY=way, HTTPS_PROXY=way, **environment)
    try:
        for vendor in world.vendors:
            person, form = somebody(), await Person(world, ALICE).opens()
            if vendor != "tencent":
                await form.choose(vendor)
            await form.submit(**person)
            message = await result(world, person["name"])
            assert message["text"].startswith("✅"), (message, world.tencent.requests[-2:])
            await admins_read(world, person["name"])
        # 127.0.0.1: where Slack says that its WebSocket is.
        assert proxy.passed.keys() == {"slack.invalid", "tencent.invalid", "huawei.invalid", "127.0.0.1"}
        assert await bot.stop() == 0
        bot.check_log(bot.log)
    finally:
        await bot.stop()
        await world.stop()
