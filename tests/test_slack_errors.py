"""Every shape in which slack_sdk reports trouble becomes one exception of ours: its three clients, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookClient

from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.slack.trouble import RESPONSE_URL, WAYS
from bot.slack.errors import TROUBLES, SlackTrouble, retry_after, trouble, why
from tests.people import ALICE, GENERAL

Call = Callable[[FakeSlack], Awaitable[Any]]

REFUSED = "a_word_of_tomorrow"


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


def patience(slack: FakeSlack) -> Any:
    """Seconds; slack_sdk names a whole number, and hands any on. Only where nothing will come is it short."""
    return 0.2 if any(fault.how.startswith("hang") for fault in slack.failures) else 5


async def asynchronous(slack: FakeSlack) -> Any:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience(slack))) as session:
        client = AsyncWebClient(slack.bot_token, base_url=f"{slack.url}/api/", session=session, retry_handlers=[])
        return await client.chat_postMessage(channel=GENERAL, text="x")


async def synchronous(slack: FakeSlack) -> Any:
    client = WebClient(slack.bot_token, base_url=f"{slack.url}/api/", timeout=patience(slack), retry_handlers=[])
    return await asyncio.to_thread(client.chat_postMessage, channel=GENERAL, text="x")


async def webhook(slack: FakeSlack) -> Any:
    """It raises for what is no HTTP answer, and returns every other one."""
    url = slack.url + slack.response_urls.new(GENERAL, ALICE)
    client = WebhookClient(url, timeout=patience(slack), retry_handlers=[])
    return await asyncio.to_thread(client.send_dict, {"text": "x"})


both = pytest.mark.parametrize("call", [asynchronous, synchronous])


async def failing(call: Call, slack: FakeSlack) -> SlackTrouble:
    with pytest.raises(TROUBLES) as caught:
        await call(slack)
    return trouble(caught.value)


STATUS = {"ratelimited": 429, "503": 503, "500": 500, "404": 404, "503_after": 503, "500_after": 500}
SILENT = {"reset", "reset_after", "hang", "hang_after"}


@both
@pytest.mark.parametrize("how", [how for how in WAYS if how != "slow"])
async def test_every_way_of_http_passes_and_is_not_slacks_word(slack: FakeSlack, call: Call, how: str) -> None:
    slack.fail("chat.postMessage", how, retry_after=7, times=2)
    found = await failing(call, slack)
    assert found.passes
    assert found.code == ("ratelimited" if how == "ratelimited" else None)
    assert found.retry_after == (7.0 if how == "ratelimited" else None)
    assert found.status in ({STATUS[how]} if how in STATUS else {200, None})
    assert found.reason
    assert "None" not in found.reason
    assert "Error" not in found.reason


@both
async def test_what_slack_says_is_its_code(slack: FakeSlack, call: Call) -> None:
    slack.fail("chat.postMessage", REFUSED)
    found = await failing(call, slack)
    assert (found.code, found.status, found.reason, found.passes) == (REFUSED, 200, REFUSED, False)


@both
@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "ratelimited", "service_unavailable"])
async def test_some_of_what_slack_says_passes(slack: FakeSlack, call: Call, code: str) -> None:
    slack.fail("chat.postMessage", code)
    assert (await failing(call, slack)).passes


@pytest.mark.parametrize("how", sorted(SILENT))
async def test_a_response_url_that_is_no_http_raises_the_same(slack: FakeSlack, how: str) -> None:
    slack.fail(RESPONSE_URL, how, times=2)
    assert (await failing(webhook, slack)).code is None


@pytest.mark.parametrize(
    ("body", "kind", "charset"),
    [
        (b"5", "application/json", None),
        (b'"text"', "application/json", None),
        (b"true", "application/json", None),
        (b"null", "application/json", None),
        (b'[{"ok": true}]', "application/json", None),
        (b"[" * 100_000, "application/json", None),
        (b"\xff\xfe\x00", "application/json", "utf-8"),
        (b"\xff\xfe\x00", "text/plain", "utf-8"),
        (b"\xff\xfe\x00", "text/html", "utf-8"),
        (b"{}", "application/json", "no-such-charset"),
        (b'{"ok": false}', "application/json", None),
        (b'{"ok": false, "error": null}', "application/json", None),
        (b'{"ok": false, "error": ["a"]}', "application/json", None),
        (b'{"ok": false, "error": "Please log in"}', "application/json", None),
        (b"ok", "text/plain", None),
        (b"", "text/plain", None),
        (b"\x1f\x8b broken", "application/gzip", None),
    ],
)
@both
async def test_whatever_body_comes_is_trouble_of_ours(
    slack: FakeSlack, call: Call, body: bytes, kind: str, charset: str | None
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Type": f"{kind}; charset={charset}" if charset else kind})

    async def broken(_: FakeSlack) -> Any:
        answered = await call(other)
        # A gzipped body is bytes to slack_sdk, and not looked into.
        assert isinstance(answered.data, bytes)
        return answered["ts"]

    other = FakeSlack()
    runner = web.AppRunner(web.Application())
    runner.app.router.add_route("*", "/{rest:.*}", answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    found = await failing(broken, slack)
    await runner.cleanup()
    assert found.code is None
    assert found.passes


@given(st.one_of(st.none(), st.text(), st.integers(), st.dictionaries(st.text(), st.integers()), st.binary()))
def test_no_shape_of_a_response_fails_us(response: Any) -> None:
    for shape in (response, {"error": response}, {"status": response}, {"headers": response}, {"data": response}):
        found = trouble(SlackApiError("failed", shape))
        assert found.reason
        assert found.code is None or found.code.isascii()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "no answer in time"),
        (URLError(TimeoutError("timed out")), "no answer in time"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "connection refused"),
        (URLError(socket.gaierror(-2, "Name or service not known")), "its name is not known here (DNS)"),
        (URLError("unknown url type: ftp"), "URLError"),
        (IncompleteRead(b"", 5), "the answer breaks off"),
        (aiohttp.ClientPayloadError("cut"), "the answer breaks off"),
        (ConnectionResetError(104, "reset"), "the connection was closed without an answer"),
        (aiohttp.InvalidURL("None"), "the address that Slack gave is none"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
        (OSError(), "OSError"),
        (SlackRequestError("x"), "SlackRequestError"),
    ],
    ids=repr,
)
def test_what_never_became_an_answer_is_named(error: Exception, reason: str) -> None:
    assert trouble(error).reason == reason
    assert trouble(error).passes


def test_a_certificate_is_named_by_both_clients() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "certificate has expired"
    assert "certificate has expired" in trouble(URLError(refused)).reason


def test_our_own_exception_stays_as_it_is() -> None:
    first = SlackTrouble("x", code="y")
    assert trouble(first) is first


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": ["5", "6"]}, 5.0),
        ({"RETRY-AFTER": 7}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "999999"}, 3600.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": []}, None),
        ({}, None),
        (None, None),
        ("Retry-After: 5", None),
    ],
)
def test_retry_after_in_every_shape(headers: object, seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_the_log_reads_host_reason_and_proxy() -> None:
    said = SlackApiError("", {"ok": False, "error": "invalid_auth"})
    assert why(said, "https://slack.com/api/", None) == "slack.com says invalid_auth"
    assert why(said, "https://slack.com/api/", "http://me:hunter2@proxy:3128") == (
        "slack.com says invalid_auth (through the proxy proxy:3128)"
    )
    assert why(TimeoutError(), "https://slack.com/api/", "proxy:3128") == (
        "slack.com cannot be reached: no answer in time (through the proxy proxy:3128)"
    )
