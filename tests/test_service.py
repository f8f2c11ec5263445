"""What `newhire run` does at its start and its end: files that are private, Slack out of reach, a stop in time."""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import service
from bot.sandbox.demo import start_bot
from bot.sandbox.world import World
from bot.slack import errors
from bot.store import opening
from tests.conftest import ROOT, Bot, begin
from tests.people import ALICE, Person, somebody


def with_world(test: Callable[..., Any]) -> Any:
    """It shares the module's world, and starts bots."""
    return pytest.mark.slow(pytest.mark.asyncio(loop_scope="module")(test))


UNREACHED = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(ROOT),
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_APP_TOKEN": "xapp-made-up",
    "HUAWEI_ACCOUNT": "admin",
    "HUAWEI_PASSWORD": "made-up-password",
}

OTHERS = stat.S_IRWXG | stat.S_IRWXO

# --- files


def files(folder: Path) -> dict[str, Path]:
    """What the bot has written there, but for its log, which is whoever's who started it."""
    return {path.name: path for path in folder.iterdir() if path.name != "log"}


def open_to_others(folder: Path) -> list[str]:
    return sorted(name for name, path in files(folder).items() if path.stat().st_mode & OTHERS)


@with_world
async def test_nobody_else_reads_the_database_whatever_the_umask(world: World, tmp_path: Path) -> None:
    old = os.umask(0o000)
    try:
        bot = await begin(world, tmp_path)
    finally:
        os.umask(old)
    assert files(tmp_path).keys() >= {"newhire.sqlite", "newhire.sqlite-wal", "newhire.sqlite.lock"}
    assert open_to_others(tmp_path) == []
    assert await bot.stop() == 0


@with_world
async def test_what_an_older_start_left_open_is_closed(world: World, tmp_path: Path) -> None:
    bot = await begin(world, tmp_path)
    assert await bot.stop() == 0
    for path in files(tmp_path).values():
        path.chmod(0o666)
    bot = await begin(world, tmp_path)
    assert open_to_others(tmp_path) == []
    assert await bot.stop() == 0


@with_world
@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, True), (0o600, False)])
async def test_a_dotenv_that_others_read_is_named_at_the_start(
    world: World, tmp_path: Path, mode: int, warned: bool
) -> None:
    (tmp_path / ".env").write_text("NEWHIRE_REGION=CN\n")
    (tmp_path / ".env").chmod(mode)
    bot = await begin(world, tmp_path)
    assert (".env can be read by others on this machine: chmod 600 .env" in bot.log) is warned
    assert await bot.stop() == 0


def test_a_server_has_no_files(tmp_path: Path) -> None:
    opening.make_private("postgresql://newhire@db/newhire")
    opening.make_private(f"sqlite:///{tmp_path / 'not-there-yet.sqlite'}")
    assert list(tmp_path.iterdir()) == []


# --- Slack out of reach


async def text_503(request: web.Request) -> web.StreamResponse:
    return web.Response(status=503, text="upstream connect error")


async def text_200(request: web.Request) -> web.StreamResponse:
    return web.Response(text="hello")


async def portal(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>Please log in", content_type="text/html")


async def forbidden(request: web.Request) -> web.StreamResponse:
    return web.Response(status=403, text="<html>Blocked by policy", content_type="text/html")


async def cut_off(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"ok": tr', content_type="application/json")


async def no_object(request: web.Request) -> web.StreamResponse:
    return web.json_response([])


async def in_trouble(request: web.Request) -> web.StreamResponse:
    return web.json_response({"ok": False, "error": "fatal_error"})


async def silent(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def gone(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """A server on 127.0.0.1 that answers everything in one way: its address."""
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        return f"127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


async def trouble(url: str, proxy: str | None = None) -> str:
    """What is said of a failed auth.test at this address."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3 if proxy is None else 5)) as session:
        web_client = AsyncWebClient(token="xoxb-1", base_url=url, session=session, proxy=proxy)
        with pytest.raises(errors.TROUBLES) as caught:
            await web_client.auth_test()
    return errors.why(caught.value, url, proxy)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "said"),
    [
        (text_503, "cannot be reached: HTTP 503 came back, and not from Slack"),
        (text_200, "cannot be reached: the answer is not Slack's"),
        (portal, "cannot be reached: HTTP 200 came back, and not from Slack"),
        (forbidden, "cannot be reached: HTTP 403 came back, and not from Slack"),
        (cut_off, "cannot be reached: HTTP 200 came back, and not from Slack"),
        (no_object, "cannot be reached: HTTP 200 came back, and not from Slack"),
        (in_trouble, "says fatal_error"),
        (silent, "cannot be reached: no answer in time"),
        (gone, "cannot be reached: the connection was closed without an answer"),
    ],
)
async def test_what_came_instead_of_slack_is_named(serve: Serve, way: Any, said: str) -> None:
    host = await serve(way)
    assert await trouble(f"http://{host}/api/") == f"{host} {said}"


@pytest.mark.slow
async def test_nobody_there() -> None:
    assert await trouble("http://127.0.0.1:1/api/") == "127.0.0.1:1 cannot be reached: connection refused"


@pytest.mark.slow
async def test_a_name_that_is_not_known() -> None:
    said = await trouble("http://no.such.host.invalid/api/")
    assert said == "no.such.host.invalid cannot be reached: its name is not known here (DNS)"


@pytest.mark.slow
async def test_no_tls_where_tls_was_due(serve: Serve) -> None:
    host = await serve(portal)
    assert (await trouble(f"https://{host}/api/")).startswith(f"{host} cannot be reached: TLS fails (")


@pytest.mark.slow
async def test_the_proxy_in_use_is_named_without_its_password(serve: Serve) -> None:
    host = await serve(forbidden)
    said = await trouble("https://slack.com/api/", f"http://me:hunter2@{host}")
    assert said == f"slack.com cannot be reached: the proxy refuses (HTTP 404) (through the proxy {host})"
    said = await trouble("https://slack.com/api/", "http://me:hunter2@127.0.0.1:1")
    assert said == (
        "slack.com cannot be reached: no connection to the proxy, connection refused (through the proxy 127.0.0.1:1)"
    )


def test_a_certificate_that_is_not_trusted_says_what_to_do() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate in certificate chain"
    error = aiohttp.ClientConnectorCertificateError(key(), refused)
    said = errors.why(error, "https://slack.com/api/", None)
    assert said.startswith("slack.com cannot be reached: its certificate is not trusted here (self-signed certificate")


def key() -> Any:
    return aiohttp.client_reqrep.ConnectionKey("slack.com", 443, True, True, None, None, None)


@pytest.mark.parametrize("response", [None, "text", {"status": 500}, {"error": None}, {"error": 5}, [], object()])
def test_no_shape_of_slack_sdks_error_fails_us(response: Any) -> None:
    error = SlackApiError("failed", response)
    assert errors.trouble(error).code is None
    assert "None" not in errors.why(error, "https://slack.com/api/", None)


@pytest.mark.slow
@pytest.mark.parametrize("way", [text_503, text_200, portal, cut_off, no_object, gone])
async def test_the_bot_says_so_and_goes_on_asking(serve: Serve, tmp_path: Path, way: Any) -> None:
    host = await serve(way)
    settings = UNREACHED | {"SLACK_API_URL": f"http://{host}/api/"}
    with (tmp_path / "log").open("wb") as log:
        process = await start_bot(settings, tmp_path, log=log)
    bot = Bot(World(), tmp_path, settings, process)
    for _ in range(300):
        if "trying again in" in bot.log:
            break
        await asyncio.sleep(0.1)
    assert f"WARNING bot.service: {host} cannot be reached: " in bot.log
    assert await bot.stop() == 0
    bot.check_log(bot.log)
    assert "None" not in bot.log


# --- the end


@with_world
async def test_a_frozen_slack_does_not_keep_it(world: World, tmp_path: Path) -> None:
    """The README's 20 s hold whatever Slack does, with a request in the middle of a call to it."""
    bot = await begin(world, tmp_path)
    form = await Person(world, ALICE).opens("Zhang Wei")
    await form.submit(**somebody())
    bot.process.terminate()
    freeze_until_gone(bot.process.pid)
    assert await bot.stop() == 0


def freeze_until_gone(pid: int) -> None:
    """This thread is the pretend Slack's: while it waits here, every connection is open and nobody answers."""
    subprocess.run(["tail", f"--pid={pid}", "-f", os.devnull], timeout=21, check=True)


def test_the_times_add_up() -> None:
    assert service.HANG_UP_SECONDS + service.FINISH_SECONDS < service.STOP_SECONDS < 20
