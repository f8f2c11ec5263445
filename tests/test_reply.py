"""A sentence to one person: where a response_url may lead, when it was taken, and what comes when it was not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse
from yarl import URL

from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.slack.trouble import RESPONSE_URL
from bot.slack import reply
from bot.slack.proxy import proxy_for
from bot.slack.reply import slacks_own, tell, was_taken
from tests.people import ALICE, GENERAL, words

API = "https://slack.com/api/"


# --- where it may lead


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/commands/T0/1/abc",
        "https://hooks.slack.com:443/commands/T0/1/abc",
        "https://HOOKS.Slack.com/commands/T0/1/abc",
        "https://hooks.slack-gov.com/commands/T0/1/abc",
        "https://slack.com/x",
    ],
)
def test_slacks_hosts_are_slacks(url: str) -> None:
    assert slacks_own(url, API) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/commands/T0/1/abc",
        "https://hooks.slack.com.evil.example/x",
        "https://evilslack.com/x",
        "https://hooks.slack.com@evil.example/x",
        "https://evil.example\\@hooks.slack.com/x",
        "https://evil.example#@hooks.slack.com",
        "https://evil.example/hooks.slack.com",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "http://localhost:8080/x",
        "file:///etc/passwd",
        "//hooks.slack.com/x",
        "hooks.slack.com/x",
        "https://hooks.slack.com\n.evil.example/",
        "https://slack.com%2eevil.example/",
        "https://[::1]/",
        "https://[",
        "https://hooks.slack.com::",
        "https://hooks.slack.com:99999/",
        "https://sl\u2100ck.com/",
        "https:///x",
        "",
        None,
    ],
)
def test_others_are_not(url: str | None) -> None:
    assert slacks_own(url, API) is None


def test_a_slack_that_is_elsewhere_is_where_its_address_says() -> None:
    url = "http://127.0.0.1:4567/response/T0/1/abc"
    assert slacks_own(url, "http://127.0.0.1:1234/api/") == url
    assert slacks_own(url, "http://127.0.0.2:1234/api/") is None
    assert slacks_own("https://127.0.0.1/x", "http://127.0.0.1:1234/api/") is None


@given(st.text())
def test_no_text_leads_astray(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/slack.com", f"https://hooks.slack.com{text}"):
        found = slacks_own(url, API)
        if found is not None:
            host = URL(found).host or ""
            assert host in ("slack.com", "slack-gov.com") or host.endswith((".slack.com", ".slack-gov.com"))


# --- whether it was taken


@pytest.mark.parametrize(
    ("status", "body", "taken"),
    [
        (200, "ok", True),
        (200, "ok\n", True),
        (200, '{"ok":true}', True),
        (200, '{"ok":false,"error":"x"}', False),
        (200, '{"ok": tr', False),
        (200, "[]", False),
        (200, "", False),
        (200, "<!DOCTYPE html><title>Welcome</title>", False),
        (404, "ok", False),
        (500, "", False),
    ],
)
def test_only_slack_says_ok(status: int, body: str, taken: bool) -> None:
    assert was_taken(WebhookResponse(url="", status_code=status, body=body, headers={})) is taken


# --- saying it


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture
async def client(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=f"{slack.url}/api/", session=session, retry_handlers=[])


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply, "WAITS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(reply, "PATIENCE_SECONDS", 0.3)


def heard(slack: FakeSlack) -> list[tuple[str, str]]:
    return [
        (channel, words(message)) for channel, posted in slack.messages.items() for message in posted if message["text"]
    ]


DIRECT = "D" + ALICE[1:]


async def test_it_is_a_whisper_where_the_command_was_typed(slack: FakeSlack, client: AsyncWebClient) -> None:
    await tell(client, ALICE, slack.url + slack.response_urls.new(GENERAL, ALICE), "No.")
    assert heard(slack) == [(GENERAL, "No.")]
    assert slack.messages[GENERAL][0]["ephemeral_for"] == ALICE


async def test_it_is_a_direct_message_without_a_response_url(slack: FakeSlack, client: AsyncWebClient) -> None:
    await tell(client, ALICE, None, "No.")
    assert heard(slack) == [(DIRECT, "No.")]


@pytest.mark.parametrize("how", ["404", "html", "text", "empty", "broken_json", "hang", "reset", "used_url"])
async def test_it_is_a_direct_message_where_the_response_url_fails(
    slack: FakeSlack, client: AsyncWebClient, how: str
) -> None:
    slack.fail(RESPONSE_URL, how)
    await tell(client, ALICE, slack.url + slack.response_urls.new(GENERAL, ALICE), "No.")
    assert heard(slack) == [(DIRECT, "No.")]


async def test_three_rounds_and_then_it_is_logged(
    slack: FakeSlack, client: AsyncWebClient, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("*", "503", times=6)
    await tell(client, ALICE, slack.url + slack.response_urls.new(GENERAL, ALICE), "No.")
    assert heard(slack) == []
    assert slack.failures == []
    assert f"{ALICE} could not be told what became of their command" in caplog.messages


# --- the way out


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, API, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, API, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, API, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "wss://wss-primary.slack.com/link/?ticket=1", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "slack.com"}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".slack.com"}, "wss://wss-primary.slack.com/", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.com"}, API, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "127.0.0.1"}, "http://127.0.0.1:99/api/", None),
        ({"HTTPS_PROXY": ""}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "nonsense", None),
    ],
)
def test_the_proxy_of_the_environment_unless_no_proxy_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy
