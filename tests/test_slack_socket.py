"""The Socket Mode connection against the pretend Slack: whatever happens to it, the app hears the next command."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.slack.trouble import SOCKET, WAYS
from bot.slack import socket
from bot.slack.errors import trouble
from bot.slack.socket import Client, Handler
from tests.people import ALICE, PEOPLE

pytestmark = pytest.mark.slow

AGAIN = timedelta(seconds=0.05)
OPEN = "apps.connections.open"


@pytest.fixture(autouse=True)
def quick_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "PING_SECONDS", 0.3)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture
async def handler(slack: FakeSlack) -> AsyncIterator[Handler]:
    """Not connected yet; it acknowledges every command."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as session:
        web = AsyncWebClient(slack.bot_token, base_url=f"{slack.url}/api/", session=session, retry_handlers=[])
        app = AsyncApp(name="bare", client=web)

        @app.command("/newhire")
        async def command(ack: AsyncAck) -> None:
            await ack("heard")

        made = Handler(app, slack.app_token, AGAIN, timedelta(seconds=0.3))
        yield made
        await made.close_async()  # type: ignore[no-untyped-call]


@pytest_asyncio.fixture
async def client(slack: FakeSlack, handler: Handler) -> Client:
    """The client of a handler that is connected."""
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await is_heard(slack)
    return handler.client


async def is_heard(slack: FakeSlack) -> None:
    """A command is. On a busy machine a pong can be late for pings as quick as these, and one command goes down with it."""
    for _ in range(3):
        await slack.until(lambda s: s.sockets.usable, timeout=20)
        delivery = await slack.command(ALICE, PEOPLE)
        if delivery.acked:
            break
    assert delivery.acked, delivery
    assert delivery.answer == {"text": "heard"}


ways = pytest.mark.parametrize("how", [*(how for how in WAYS if how != "slow"), "fatal_error", "invalid_auth"])


@ways
@pytest.mark.parametrize("goodbye", ["disconnect", "close", "abort"])
async def test_after_every_goodbye_a_slack_in_trouble_is_asked_until_it_is_back(
    slack: FakeSlack, client: Client, goodbye: Any, how: str
) -> None:
    slack.fail(OPEN, how, times=2, retry_after=0)
    await slack.drop_sockets(goodbye)
    await slack.until(lambda s: not s.failures, timeout=20)
    await is_heard(slack)


@ways
async def test_a_slack_in_trouble_at_the_start_too(slack: FakeSlack, handler: Handler, how: str) -> None:
    slack.fail(OPEN, how, times=2, retry_after=0)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await is_heard(slack)


@pytest.mark.parametrize("how", [how for how in WAYS if how not in ("slow", "ratelimited")])
@pytest.mark.parametrize("goodbye", ["disconnect", "close", "abort"])
async def test_a_handshake_that_fails_is_tried_again_at_a_new_address(
    slack: FakeSlack, client: Client, goodbye: Any, how: str
) -> None:
    asked = len([call for call in slack.calls if call["method"] == OPEN])
    # A GET that was cut off is tried once more by aiohttp itself.
    times = 4 if how.startswith("reset") else 2
    slack.fail(SOCKET, how, times=times)
    await slack.drop_sockets(goodbye)
    await slack.until(lambda s: not s.failures, timeout=20)
    await is_heard(slack)
    assert len([call for call in slack.calls if call["method"] == OPEN]) - asked >= 3


class Answer(dict[str, object]):
    """As slack_sdk's: what is not there is None."""

    def __missing__(self, key: str) -> None:
        return None


async def test_an_address_that_is_none_is_asked_for_again(
    slack: FakeSlack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, answers = (
        client.web_client.apps_connections_open,
        iter([Answer({"ok": True}), Answer({"ok": True, "url": "nonsense"})]),
    )

    async def ask(**arguments: str) -> object:
        answer = next(answers, None)
        return await real(**arguments) if answer is None else answer

    monkeypatch.setattr(client.web_client, "apps_connections_open", ask)
    before = slack.sockets.opened
    await slack.drop_sockets("disconnect")
    await slack.until(lambda s: s.sockets.opened > before)
    await is_heard(slack)


async def test_the_waits_grow_until_slack_says_hello(
    slack: FakeSlack, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail(OPEN, "503", times=5)
    await slack.drop_sockets("disconnect")
    await is_heard_after(slack)
    waits = [float(line.rpartition("in ")[2].removesuffix(" s")) for line in caplog.messages if "trying again" in line]
    assert waits == [0.05, 0.1, 0.2, 0.4, 0.5]
    assert all("HTTP 503" in line and slack.url[7:] in line for line in caplog.messages if "trying again" in line)
    caplog.clear()
    slack.fail(OPEN, "503", times=1)
    await slack.drop_sockets("disconnect")
    await is_heard_after(slack)
    assert [line.rpartition("in ")[2] for line in caplog.messages if "trying again" in line] == ["0.05 s"]


async def is_heard_after(slack: FakeSlack) -> None:
    await slack.until(lambda s: not s.failures)
    await is_heard(slack)


async def test_slack_says_how_long_to_wait(slack: FakeSlack, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    slack.fail(OPEN, "ratelimited", retry_after=1)
    await slack.drop_sockets("disconnect")
    await is_heard_after(slack)
    assert any(line.endswith("says ratelimited; trying again in 1 s") for line in caplog.messages)


async def test_too_many_websockets_is_no_race(slack: FakeSlack, client: Client) -> None:
    """Slack ends what it has just let in; asked again at once, it would limit the calls as well."""
    slack.most_connections = 0
    before = len(slack.calls)
    await slack.drop_sockets("disconnect")
    await slack.until(lambda s: len(s.calls) >= before + 4)
    times = [call["at"] for call in slack.calls if call["method"] == OPEN][-4:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[1] >= 0.05
    assert gaps[2] >= 0.1
    slack.most_connections = 10
    await is_heard(slack)


async def watched_over(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - slack_sdk's attributes ring no bell
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("which", ["message_receiver", "current_session_monitor", "message_processor"])
async def test_a_loop_of_slack_sdks_that_dies_is_replaced(slack: FakeSlack, client: Client, which: str) -> None:
    dead = getattr(client, which)
    dead.cancel()
    await watched_over(lambda: getattr(client, which) is not dead)
    await is_heard(slack)


async def test_a_line_that_swallows_everything_is_noticed(slack: FakeSlack, client: Client) -> None:
    """Half-open, as behind NAT: nothing is closed, and nothing comes through."""
    (connection,) = slack.sockets.usable
    transport = connection._request.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    connection.draining = True
    await is_heard(slack)


async def test_an_aiohttp_session_that_was_closed_is_replaced(slack: FakeSlack, client: Client) -> None:
    await client.aiohttp_client_session.close()
    await is_heard(slack)


async def test_what_nobody_has_thought_of_is_survived_and_logged_in_full(
    slack: FakeSlack, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, failures = client.issue_new_wss_url, iter([RuntimeError("unheard of"), TypeError("so is this")])

    async def ask() -> str:
        if error := next(failures, None):
            raise error
        return await real()

    monkeypatch.setattr(client, "issue_new_wss_url", ask)
    before = slack.sockets.opened
    await slack.drop_sockets("disconnect")
    await slack.until(lambda s: s.sockets.opened > before)
    await is_heard(slack)
    assert [record.exc_info is not None for record in caplog.records if "trying again" in record.message] == [True] * 2


async def test_closing_does_not_wait_for_a_frozen_slack(
    slack: FakeSlack, handler: Handler, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "GOODBYE_SECONDS", 0.05)
    assert client.current_session is not None

    async def never() -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(client.current_session, "close", never)
    await asyncio.wait_for(handler.close_async(), 5)  # type: ignore[no-untyped-call]
    assert trouble(TimeoutError()).reason == "no answer in time"
