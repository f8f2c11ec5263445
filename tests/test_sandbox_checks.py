"""Methods of the pretend Slack by which an app has itself looked at: its blocks, its messages for later, its manifest, its clock."""

from __future__ import annotations

import email.utils
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.sandbox.slack.server import FakeSlack

Json = dict[str, Any]


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    started = FakeSlack()
    await started.start()
    yield started
    await started.stop()


async def call(slack: FakeSlack, method: str, token: str | None = None, **arguments: Any) -> Json:
    headers = {"Authorization": f"Bearer {token or slack.bot_token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.url}/api/{method}", json=arguments, headers=headers) as answer,
    ):
        found: Json = await answer.json()
        return found | {"date": answer.headers["Date"]}


SECTION = {"type": "section", "text": {"type": "plain_text", "text": "Hello"}}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "My Modal"}, "blocks": [SECTION]}


@pytest.mark.parametrize(
    ("what", "payload"),
    [
        ("blocks", [SECTION]),
        ("message", {"blocks": [SECTION]}),
        ("message", {"text": "Hello"}),
        ("view", MODAL),
        ("view", {"type": "home", "blocks": [SECTION]}),
    ],
)
async def test_what_slack_takes_is_valid(slack: FakeSlack, what: str, payload: Any) -> None:
    assert (await call(slack, "blocks.validate", **{what: payload}))["ok"] is True


@pytest.mark.parametrize(
    ("what", "payload", "pointer"),
    [
        # The method's own page has this one.
        ("blocks", [{"type": "section", "text": {"type": "invalid", "text": "x"}}], "/0/text/type"),
        ("message", {"blocks": [{"type": "alert", "text": {"type": "plain_text", "text": "x"}}]}, "/blocks/0/type"),
        ("view", MODAL | {"title": {"type": "plain_text", "text": "x" * 25}}, "/title/text"),
        ("view", {"type": "home", "blocks": [{"type": "alert", "text": SECTION["text"]}]}, "/blocks/0/type"),
        ("view", "no JSON", ""),
    ],
)
async def test_what_it_refuses_is_named_by_its_place(slack: FakeSlack, what: str, payload: Any, pointer: str) -> None:
    answer = await call(slack, "blocks.validate", **{what: payload})
    assert answer["error"] == f"invalid_{what}"
    (error,) = answer["errors"]
    assert (error["pointer"], error["code"]) == (pointer, "failed_constraint")
    assert error["message"]


@pytest.mark.parametrize("given", [{}, {"blocks": [SECTION], "view": MODAL}])
async def test_exactly_one_payload_is_checked(slack: FakeSlack, given: Json) -> None:
    answer = await call(slack, "blocks.validate", **given)
    assert answer["error"] == "invalid_arguments"
    assert "exactly one" in answer["response_metadata"]["messages"][0]


async def test_a_message_for_later_can_be_taken_back(slack: FakeSlack) -> None:
    later = int(time.time()) + 3600
    answer = await call(slack, "chat.scheduleMessage", channel="C0GENERAL", text="x", post_at=later)
    (kept,) = slack.api.scheduled.waiting.values()
    assert kept == {"channel": "C0GENERAL", "post_at": later, "text": "x"}
    taken: Json = {"channel": "C0GENERAL", "scheduled_message_id": answer["scheduled_message_id"]}
    elsewhere = await call(slack, "chat.deleteScheduledMessage", **taken | {"channel": "C0PEOPLE1"})
    assert elsewhere["error"] == "invalid_scheduled_message_id"
    assert (await call(slack, "chat.deleteScheduledMessage", **taken))["ok"] is True
    assert slack.api.scheduled.waiting == {}
    assert (await call(slack, "chat.deleteScheduledMessage", **taken))["error"] == "invalid_scheduled_message_id"
    assert slack.messages["C0GENERAL"] == []


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"post_at": 1}, "time_in_past"),
        ({"post_at": 4102444800}, "time_too_far"),
        ({"post_at": "soon"}, "invalid_time"),
        ({"text": ""}, "no_text"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "C0QUIET01"}, "not_in_channel"),
    ],
)
async def test_a_message_for_later_that_is_refused(slack: FakeSlack, changed: Json, error: str) -> None:
    right: Json = {"channel": "C0GENERAL", "text": "x", "post_at": int(time.time()) + 3600}
    assert (await call(slack, "chat.scheduleMessage", **right | changed))["error"] == error
    assert slack.api.scheduled.waiting == {}


async def test_the_manifest_is_given_to_its_owner_alone(slack: FakeSlack) -> None:
    refused = await call(slack, "apps.manifest.export", app_id="A0NEWHIRE")
    assert refused["error"] == "not_allowed_token_type"
    assert (await call(slack, "auth.test", slack.config_token))["error"] == "not_allowed_token_type"
    other = await call(slack, "apps.manifest.export", slack.config_token, app_id="A0ANOTHER")
    assert other["error"] == "invalid_app_id"
    given = await call(slack, "apps.manifest.export", slack.config_token, app_id="A0NEWHIRE")
    assert given["manifest"]["features"]["slash_commands"] == [{"command": "/newhire", "should_escape": True}]
    assert (await call(slack, "bots.info", bot="B0BOT0001"))["bot"]["app_id"] == "A0NEWHIRE"
    assert (await call(slack, "bots.info", bot="B0ANOTHER"))["error"] == "bot_not_found"


async def test_the_clock_of_slack_can_be_another(slack: FakeSlack) -> None:
    slack.ahead = 7200
    date = (await call(slack, "auth.test"))["date"]
    assert email.utils.parsedate_to_datetime(date).timestamp() == pytest.approx(time.time() + 7200, abs=60)
