"""The pretend Slack, driven by the real slack_bolt and slack_sdk over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.client import WebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.slack.server import NO_ANSWER, TROUBLE, FakeSlack
from bot.sandbox.slack.trouble import RESPONSE_URL, SOCKET, WAYS, WORDS
from bot.sandbox.slack.view_state import client_errors, initial_state, simple_values, typed
from bot.sandbox.slack.workspace import person

Json = dict[str, Any]

ALICE, LINA, MAX, STRANGER, BOT = "U0ALICE01", "U0LINA001", "U0MAX0001", "U0STRAN01", "U0BOT0001"
GENERAL, QUIET, ADMINS = "C0GENERAL", "C0QUIET01", "C0ADMINS1"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def field(name: str, element: str = "plain_text_input", *, block: Json | None = None, **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": {"type": element, "action_id": "value", **more},
    } | (block or {})


def select(name: str, *values: str, **block: Any) -> Json:
    offered = [{"text": plain(value), "value": value} for value in values]
    return field(name, "static_select", block=block, options=offered)


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Go")} | {
        "blocks": list(blocks),
        **more,
    }


FORM = modal(select("provider", "red", "blue", dispatch_action=True), field("name", max_length=20))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bot:
    """A small app: /newhire opens `view`, submitting posts and updates. `on_submit` and `on_command` replace that."""

    def __init__(self, slack: FakeSlack, session: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.view = FORM
        self.seen: list[Json] = []
        self.silent = False
        self.on_submit: Callable[..., Awaitable[None]] | None = None
        self.client = AsyncWebClient(token=slack.bot_token, base_url=f"{slack.url}/api/", session=session)
        # Unnamed, it looks for its caller's file among all modules.
        self.app = AsyncApp(name="small", client=self.client)
        self.handlers: list[AsyncSocketModeHandler] = []
        self.app.use(self._note)
        self.app.command("/newhire", middleware=[self._ack_first])(self._command)
        self.app.shortcut("newhire_global", middleware=[self._ack_first])(self._command)
        self.app.view("form")(self._submitted)
        self.app.view_closed("form")(self._acked)
        self.app.action("value")(self._acked)
        self.app.action("again")(self._acked)
        self.app.shortcut("newhire_message")(self._acked)
        self.app.event("app_home_opened")(self._heard)
        self.app.event("team_join")(self._heard)

    async def connect(self, **options: Any) -> None:
        before = self.slack.sockets.opened
        handler = AsyncSocketModeHandler(self.app, self.slack.app_token, ping_interval=1, **options)
        self.handlers.append(handler)
        await handler.connect_async()
        await self.slack.until(lambda slack: slack.sockets.opened > before)

    async def close(self) -> None:
        for handler in self.handlers:
            await handler.close_async()

    async def _note(self, body: Json, next: Callable[[], Awaitable[None]]) -> None:
        self.seen.append(body)
        self.slack.changed()
        await next()

    async def _heard(self, event: Json) -> None:
        """Bolt acknowledges events by itself."""

    async def _acked(self, ack: Callable[..., Awaitable[None]]) -> None:
        await ack()

    async def _ack_first(self, ack: Callable[..., Awaitable[None]], next: Callable[[], Awaitable[None]]) -> None:
        # In a middleware, because Bolt loses an ack when the listener raises right after it.
        if not self.silent:
            await ack()
            await next()

    async def _command(self, body: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=self.view)

    async def _submitted(
        self, ack: Callable[..., Awaitable[None]], view: Json, body: Json, client: AsyncWebClient
    ) -> None:
        if self.on_submit:
            await self.on_submit(ack=ack, view=view, body=body, client=client)
            return
        name = view["state"]["values"]["name"]["value"]["value"]
        if name == "nobody":
            await ack(response_action="errors", errors={"name": "Somebody, please."})
            return
        await ack()
        posted = await client.chat_postMessage(channel=GENERAL, text=f"creating {name}")
        await client.chat_update(channel=posted["channel"], ts=posted["ts"], text=f"created {name}")


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    pretend = FakeSlack()
    await pretend.start()
    yield pretend
    await pretend.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as shared:
        yield shared


@pytest.fixture
async def unconnected(slack: FakeSlack, session: aiohttp.ClientSession) -> AsyncIterator[Bot]:
    bot = Bot(slack, session)
    yield bot
    await bot.close()


@pytest.fixture
async def bot(unconnected: Bot) -> Bot:
    await unconnected.connect()
    return unconnected


@pytest.fixture
def client(slack: FakeSlack, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=f"{slack.url}/api/", session=session)


async def opened(slack: FakeSlack, count: int = 1) -> Json:
    """The newest of `count` open views."""
    return await slack.until(lambda s: list(s.views.values())[-1] if len(s.views) == count else {})


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def trigger(slack: FakeSlack) -> str:
    return slack.triggers.new(ALICE)  # what a payload would carry, without a bot to receive it


# --- the story of one request


async def test_from_command_to_message(slack: FakeSlack, bot: Bot) -> None:
    typed_command = await slack.command(ALICE, GENERAL, "please")
    assert typed_command.acked
    assert typed_command.error is None
    assert typed_command.millis is not None
    view = await opened(slack)

    wrong = await slack.submit(ALICE, view["id"], {"provider": "red", "name": "nobody"})
    assert wrong.errors == {"name": "Somebody, please."}
    assert slack.views[view["id"]]["errors"] == wrong.errors

    right = await slack.submit(ALICE, view["id"], {"name": "Zhang Wei"})
    assert (right.acked, right.error, right.errors) == (True, None, {})
    assert slack.views == {}
    message = await slack.until(lambda s: [m for m in s.messages[GENERAL] if "edited" in m])
    assert message[0]["text"] == "created Zhang Wei"
    assert message[0]["user"] == BOT
    assert [call["method"] for call in slack.calls if call["ok"]][-3:] == [
        "views.open",
        "chat.postMessage",
        "chat.update",
    ]


async def test_payload_of_a_command(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, ADMINS, "for @zhang.wei in #general, boss@example.com & <co>")
    payload = bot.seen[-1]
    assert payload["text"] == (
        "for <@U0NEWBIE1|zhang.wei> in <#C0GENERAL|general>, "
        "<mailto:boss@example.com|boss@example.com> &amp; &lt;co&gt;"
    )
    assert {key: payload[key] for key in ("team_id", "channel_name", "user_name", "is_enterprise_install")} == {
        "team_id": "T0SANDBOX",
        "channel_name": "privategroup",
        "user_name": "alice",
        "is_enterprise_install": "false",
    }
    assert payload["response_url"].startswith(f"{slack.url}/response/")
    assert payload["api_app_id"] == "A0NEWHIRE"


async def test_a_mention_already_written_is_kept(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, MAX, "<@U0MAX0001|max> <@U0MAX0001> <@U0NOBODY1>")
    assert bot.seen[-1]["text"] == "<@U0MAX0001|max> <@U0MAX0001|max> <@U0NOBODY1>"
    assert bot.seen[-1]["channel_name"] == "directmessage"


async def test_payload_of_a_submission(slack: FakeSlack, bot: Bot) -> None:
    bot.view = modal(
        field("name", block={"optional": True}),
        field("email", "email_text_input"),
        field("seats", "number_input", is_decimal_allowed=False),
        field("start", "datepicker"),
        select("provider", "red", "blue"),
        field("extras", "checkboxes", options=[{"text": plain(v), "value": v} for v in "abc"]),
        field("boss", "users_select"),
        private_metadata="kept",
    )
    await slack.shortcut(ALICE, "newhire_global")
    view = await opened(slack)
    values = {
        "email": "zhang.wei@example.com",
        "seats": "3",
        "start": "2026-12-01",
        "provider": "blue",
        "extras": ["a", "c"],
        "boss": LINA,
    }
    done = asyncio.Event()

    async def on_submit(ack: Callable[..., Awaitable[None]], **_: Any) -> None:
        await ack()
        done.set()

    bot.on_submit = on_submit
    delivery = await slack.submit(ALICE, view["id"], values)
    assert delivery.error is None
    await done.wait()
    payload = bot.seen[-1]
    assert payload["type"] == "view_submission"
    assert payload["user"] == {"id": ALICE, "username": "alice", "name": "alice", "team_id": "T0SANDBOX"}
    assert payload["is_enterprise_install"] is False
    assert payload["view"]["private_metadata"] == "kept"
    assert payload["view"]["hash"] == view["hash"]
    assert "user" not in payload["view"]
    options = {v: {"text": plain(v) | {"emoji": True}, "value": v} for v in ("a", "c", "blue")}
    assert {name: entries["value"] for name, entries in payload["view"]["state"]["values"].items()} == {
        "name": {"type": "plain_text_input", "value": None},
        "email": {"type": "email_text_input", "value": "zhang.wei@example.com"},
        "seats": {"type": "number_input", "value": "3"},
        "start": {"type": "datepicker", "selected_date": "2026-12-01"},
        "provider": {"type": "static_select", "selected_option": options["blue"]},
        "extras": {"type": "checkboxes", "selected_options": [options["a"], options["c"]]},
        "boss": {"type": "users_select", "selected_user": LINA},
    }


async def test_a_stranger_comes_from_another_team(slack: FakeSlack, bot: Bot) -> None:
    await slack.shortcut(STRANGER, "newhire_global")
    assert bot.seen[-1]["user"]["team_id"] == "T0ELSEWHR"
    assert bot.seen[-1]["team"]["id"] == "T0SANDBOX"
    await slack.command(STRANGER, GENERAL)
    assert bot.seen[-1]["team_id"] == "T0ELSEWHR"


async def test_closing_is_told_only_when_asked_for(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, GENERAL)
    assert await slack.close(ALICE, (await opened(slack))["id"]) is None
    bot.view = modal(field("name"), notify_on_close=True)
    await slack.command(ALICE, GENERAL)
    told = await slack.close(ALICE, (await opened(slack))["id"])
    assert told is not None
    assert told.acked
    assert bot.seen[-1]["type"] == "view_closed"
    assert bot.seen[-1]["is_cleared"] is False


# --- views


async def test_update_keeps_what_was_typed(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)
    await slack.act(ALICE, view["id"], "provider", "value", "blue", {"name": "Zhang"})
    payload = bot.seen[-1]
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["state"]["values"]["name"]["value"]["value"] == "Zhang"
    assert payload["actions"][0]["selected_option"]["value"] == "blue"
    assert payload["actions"][0]["type"] == "static_select"

    bigger = modal(select("provider", "red", "blue", dispatch_action=True), field("name"), field("phone"))
    updated = await client.views_update(view_id=view["id"], hash=payload["view"]["hash"], view=bigger)
    assert updated["view"]["hash"] != payload["view"]["hash"]
    assert simple_values(slack.views[view["id"]]["state"]["values"]) == {"provider": "blue", "name": "Zhang"}
    assert await refused(client.views_update(view_id=view["id"], hash=view["hash"], view=bigger)) == "hash_conflict"

    renamed = modal(select("provider", "red", "green"), field("name") | {"block_id": "full_name"})
    await client.views_update(view_id=view["id"], view=renamed)
    assert simple_values(slack.views[view["id"]]["state"]["values"]) == {}
    assert await refused(client.views_update(view_id="V0", view=renamed)) == "not_found"


async def test_an_input_without_dispatch_says_nothing(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)
    before = len(bot.seen)
    delivery = await slack.act(ALICE, view["id"], "name", "value", "Zhang")
    assert str(delivery.error).startswith("client:")
    assert len(bot.seen) == before


async def test_triggers_die(session: aiohttp.ClientSession) -> None:
    clock = Clock()
    slack = FakeSlack(clock=clock)
    await slack.start()
    client = AsyncWebClient(token=slack.bot_token, base_url=f"{slack.url}/api/", session=session)
    late, once = trigger(slack), trigger(slack)
    clock.now += 2.9
    await client.views_open(trigger_id=once, view=FORM)
    assert await refused(client.views_open(trigger_id=once, view=FORM)) == "exchanged_trigger_id"
    clock.now += 0.2
    assert await refused(client.views_open(trigger_id=late, view=FORM)) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.3", view=FORM)) == "invalid_trigger_id"
    await slack.stop()


async def test_a_wrong_view_is_refused_and_leaves_the_trigger(slack: FakeSlack, client: AsyncWebClient) -> None:
    ticket = trigger(slack)
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=ticket, view=FORM | {"title": plain("x" * 25)})
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    await client.views_open(trigger_id=ticket, view=FORM)


async def test_three_views_at_most(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    await slack.command(ALICE, GENERAL)
    root = await opened(slack)
    for count in (2, 3):
        top = list(slack.views.values())[-1]
        await slack.act(ALICE, top["id"], "provider", "value", "red")
        await client.views_push(trigger_id=bot.seen[-1]["trigger_id"], view=FORM)
        top = await opened(slack, count)
        assert top["root_view_id"] == root["id"]
    await slack.act(ALICE, top["id"], "provider", "value", "red")
    pushed = client.views_push(trigger_id=bot.seen[-1]["trigger_id"], view=FORM)
    assert await refused(pushed) == "push_limit_reached"


@pytest.mark.parametrize(("action", "left"), [("push", 2), ("clear", 0), ("update", 1)])
async def test_answers_to_a_submission(slack: FakeSlack, bot: Bot, action: str, left: int) -> None:
    async def on_submit(ack: Callable[..., Awaitable[None]], **_: Any) -> None:
        more = {} if action == "clear" else {"view": modal(field("name"), title=plain("Next"))}
        await ack(response_action=action, **more)

    bot.on_submit = on_submit
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)
    delivery = await slack.submit(ALICE, view["id"], {"provider": "red", "name": "Zhang"})
    assert delivery.error is None
    assert len(slack.views) == left
    if left:
        assert list(slack.views.values())[-1]["title"]["text"] == "Next"


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"more": "not an input"}},
        {"response_action": "errors", "errors": {"elsewhere": "not in the view"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal", "title": plain("x" * 25), "blocks": []}},
        {"response_action": "dance"},
        {"text": "thanks"},
    ],
)
async def test_wrong_answers_to_a_submission(slack: FakeSlack, bot: Bot, answer: Json) -> None:
    async def on_submit(ack: Callable[..., Awaitable[None]], **_: Any) -> None:
        await ack(answer)

    button = {"type": "button", "action_id": "more", "text": plain("More")}
    bot.view = modal(field("name"), {"type": "actions", "block_id": "more", "elements": [button]})
    bot.on_submit = on_submit
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)
    delivery = await slack.submit(ALICE, view["id"], {"name": "Zhang"})
    assert delivery.error == TROUBLE
    assert view["id"] in slack.views


async def test_external_ids_are_unique(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.views_open(trigger_id=trigger(slack), view=FORM | {"external_id": "one"})
    twice = client.views_open(trigger_id=slack.triggers.new(LINA), view=FORM | {"external_id": "one"})
    assert await refused(twice) == "duplicate_external_id"
    updated = await client.views_update(external_id="one", view=FORM | {"external_id": "one"})
    assert updated["ok"]


# --- what the client does not let through


@pytest.mark.parametrize(
    ("block", "value", "problem"),
    [
        (field("x"), "", "required"),
        (field("x"), None, "required"),
        (field("x", block={"optional": True}), "", None),
        (field("x", min_length=3), "ab", "at least 3"),
        (field("x", max_length=3), "abcd", "no more than 3"),
        (field("x", "email_text_input"), "zhang.wei", "valid email"),
        (field("x", "email_text_input"), "zhang.wei@example.com", None),
        (field("x", "url_text_input"), "example.com", "valid URL"),
        (field("x", "number_input", is_decimal_allowed=False), "1.5", "valid number"),
        (field("x", "number_input", is_decimal_allowed=True), "1.5", None),
        (field("x", "number_input", is_decimal_allowed=True), "three", "valid number"),
        (field("x", "number_input", is_decimal_allowed=True), "NaN", "valid number"),
        (field("x", "number_input", is_decimal_allowed=True, min_value="2"), "1", "at least 2"),
        (field("x", "number_input", is_decimal_allowed=True, max_value="2"), "3", "at most 2"),
        (field("x", "datepicker"), "2026-02-30", "valid date"),
        (field("x", "timepicker"), "25:00", "valid time"),
        (field("x", "multi_users_select", max_selected_items=1), [ALICE, LINA], "no more than 1"),
        (select("x", "a", "b"), None, "required"),
        (select("x", "a", "b"), "b", None),
    ],
)
def test_client_side_checks(block: Json, value: Any, problem: str | None) -> None:
    state = typed(initial_state([block]), [block], {"x": value})
    errors = client_errors([block], state)
    assert (problem in errors["x"]) if problem else errors == {}


async def test_an_incomplete_form_is_not_sent(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)
    before = len(bot.seen)
    delivery = await slack.submit(ALICE, view["id"], {"name": "x" * 21})
    assert str(delivery.error).startswith("client:")
    assert set(delivery.errors) == {"provider", "name"}
    assert slack.views[view["id"]]["errors"] == delivery.errors
    assert len(bot.seen) == before


async def test_nobody_fills_in_what_is_not_there(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)
    with pytest.raises(LookupError, match="no block 'emial'"):
        await slack.submit(ALICE, view["id"], {"emial": "x"})
    with pytest.raises(LookupError, match="no option 'green'"):
        await slack.submit(ALICE, view["id"], {"provider": "green"})
    with pytest.raises(LookupError, match="no message"):
        await slack.act(ALICE, (GENERAL, "1.0"), "what", "again")
    with pytest.raises(LookupError, match="no element 'again'"):
        await slack.act(ALICE, view["id"], "what", "again")
    with pytest.raises(LookupError, match="no open view"):
        await slack.submit(MAX, view["id"], {})


# --- messages


async def test_where_the_bot_may_post(slack: FakeSlack, client: AsyncWebClient) -> None:
    async def error(channel: str) -> str:
        return await refused(client.chat_postMessage(channel=channel, text="x"))

    assert await error(QUIET) == "not_in_channel"
    assert await error("C0NOWHERE") == "channel_not_found"
    assert await error(BOT) == "cannot_dm_bot"
    slack.membership(ADMINS, False)
    assert await error(ADMINS) == "channel_not_found"
    slack.channels[GENERAL]["is_archived"] = True
    assert await error(GENERAL) == "is_archived"
    direct = await client.chat_postMessage(channel=ALICE, text="x")
    assert direct["channel"] == "D0ALICE01"
    assert (await client.chat_postMessage(channel="#people-ops", text="x"))["channel"] == "C0PEOPLE1"
    slack.scopes = {"chat:write", "chat:write.public"}
    assert (await client.chat_postMessage(channel=QUIET, text="x"))["ok"]


async def test_what_a_message_may_be(slack: FakeSlack, client: AsyncWebClient) -> None:
    assert await refused(client.chat_postMessage(channel=GENERAL, text="x" * 40_001)) == "msg_too_long"
    assert await refused(client.api_call("chat.postMessage", json={"channel": GENERAL})) == "no_text"
    assert await refused(client.api_call("chat.postMessage", json={"text": "x"})) == "invalid_arguments"
    assert await refused(client.chat_postMessage(channel=GENERAL, text="x", thread_ts="1.0")) == "thread_not_found"
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=GENERAL, text="x", blocks=[{"type": "alert", "text": plain("x")}])
    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["errors"] == ["unsupported type: alert [json-pointer:/blocks/0/type]"]
    assert await refused(client.api_call("chat.postMessage", json={"channel": GENERAL, "blocks": "{"})) == (
        "invalid_blocks_format"
    )
    wrong = {"event_type": "made", "event_payload": "no object"}
    assert (
        await refused(client.chat_postMessage(channel=GENERAL, text="x", metadata=wrong)) == "invalid_metadata_format"
    )


async def test_changing_messages(slack: FakeSlack, client: AsyncWebClient) -> None:
    divider = [{"type": "divider", "block_id": "b"}]
    posted = await client.chat_postMessage(
        channel=GENERAL, text="x", blocks=divider, metadata={"event_type": "made", "event_payload": {"id": "1"}}
    )
    where = {"channel": GENERAL, "ts": posted["ts"]}
    assert (await client.chat_update(**where, text="y"))["message"]["blocks"] == divider
    assert (await client.chat_update(**where, text="y", blocks=[]))["message"]["blocks"] == []
    assert await refused(client.chat_update(**where, text="x" * 4001)) == "msg_too_long"
    theirs = await slack.say(ALICE, GENERAL, "hello")
    assert await refused(client.chat_update(channel=GENERAL, ts=theirs["ts"], text="y")) == "cant_update_message"
    assert await refused(client.chat_delete(channel=GENERAL, ts=theirs["ts"])) == "cant_delete_message"
    assert await refused(client.chat_update(channel=GENERAL, ts="1.0", text="y")) == "message_not_found"
    assert await refused(client.chat_update(channel=ALICE, ts=posted["ts"], text="y")) == "channel_not_found"

    await client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=posted["ts"])
    history = await client.conversations_history(channel=GENERAL, include_all_metadata=True)
    assert [message["text"] for message in history["messages"]] == ["hello", "y"]
    assert history["messages"][1]["metadata"]["event_payload"] == {"id": "1"}
    await client.chat_delete(**where)
    newest = await client.conversations_history(channel=GENERAL, limit=1)
    assert [message["text"] for message in newest["messages"]] == ["hello"]
    assert await refused(client.conversations_history(channel=QUIET)) == "not_in_channel"


async def test_ephemeral_messages(slack: FakeSlack, client: AsyncWebClient) -> None:
    sent = await client.chat_postEphemeral(channel=GENERAL, user=ALICE, text="only you")
    assert slack.messages[GENERAL][0]["ephemeral_for"] == ALICE
    updated = client.chat_update(channel=GENERAL, ts=sent["message_ts"], text="y")
    assert await refused(updated) == "message_not_found"
    assert await refused(client.chat_postEphemeral(channel=ADMINS, user=MAX, text="x")) == "user_not_in_channel"
    assert (await client.conversations_history(channel=GENERAL))["messages"] == []


async def test_a_thread(slack: FakeSlack, client: AsyncWebClient) -> None:
    parent = (await client.chat_postMessage(channel=GENERAL, text="creating"))["ts"]
    reply = (await client.chat_postMessage(channel=GENERAL, text="created", thread_ts=parent))["ts"]
    await client.chat_postMessage(channel=GENERAL, text="to a reply", thread_ts=reply)
    await client.chat_postEphemeral(channel=GENERAL, user=ALICE, text="only you", thread_ts=parent)
    await client.chat_postMessage(channel=GENERAL, text="for all", thread_ts=parent, reply_broadcast=True)
    history = (await client.conversations_history(channel=GENERAL))["messages"]
    assert [message["text"] for message in history] == ["for all", "creating"]
    counted = {key: history[1][key] for key in ("reply_count", "reply_users", "reply_users_count", "thread_ts")}
    assert counted == {"reply_count": 3, "reply_users": [BOT], "reply_users_count": 1, "thread_ts": parent}
    assert history[1]["latest_reply"] == history[0]["ts"]
    thread = (await client.conversations_replies(channel=GENERAL, ts=parent))["messages"]
    assert [message["text"] for message in thread] == ["creating", "created", "to a reply", "for all"]
    assert {message["thread_ts"] for message in thread} == {parent}
    assert {message.get("parent_user_id") for message in thread[1:]} == {BOT}
    assert await refused(client.conversations_replies(channel=GENERAL, ts="1.0")) == "thread_not_found"
    assert await refused(client.chat_postMessage(channel=GENERAL, text="x", thread_ts="1.0")) == "thread_not_found"


def rung(slack: FakeSlack) -> list[str]:
    """Who was rung up since the last look."""
    found = [notification["user"] for notification in slack.notifications]
    slack.notifications.clear()
    return found


async def test_who_is_rung_up_by_what(slack: FakeSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=GENERAL, text="creating")
    assert rung(slack) == []
    edited = f"created, <@{ALICE}>"
    await client.chat_update(channel=GENERAL, ts=posted["ts"], text=edited)
    assert rung(slack) == []
    named = await client.chat_postMessage(channel=GENERAL, text=f"<@{ALICE}> and <@{LINA}|lina>, again <@{ALICE}>")
    assert rung(slack) == [ALICE, LINA]
    await client.chat_postMessage(channel=GENERAL, text="more", thread_ts=named["ts"])
    assert rung(slack) == [ALICE, LINA]
    await slack.say(MAX, GENERAL, "who is <@U0ALICE01>?")
    assert rung(slack) == [ALICE]
    await client.chat_postMessage(channel=GENERAL, text="<!subteam^S0PEOPLE1> look")
    assert rung(slack) == [MAX]
    await client.chat_postMessage(channel=ADMINS, text="<!here> and <@U0MAX0001>, who is not in it")
    assert rung(slack) == [ALICE, LINA, "U0OWEN001"]
    await client.chat_postEphemeral(channel=GENERAL, user=ALICE, text=f"<@{ALICE}>")
    assert rung(slack) == []
    await client.chat_postMessage(channel=LINA, text="a direct message")
    assert rung(slack) == [LINA]
    await slack.say(LINA, LINA, "her answer")
    assert rung(slack) == [BOT]


async def test_a_notification_takes_its_words_from_the_blocks(slack: FakeSlack, client: AsyncWebClient) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"*Done*, <@{ALICE}>"}}
    button = {"type": "button", "action_id": "a", "text": plain(f"<@{LINA}>")}
    blocks: list[Json] = [section, {"type": "actions", "elements": [button]}]
    await client.chat_postMessage(channel=GENERAL, text=f"for old clients, <@{MAX}>", blocks=blocks)
    assert [(one["user"], one["text"]) for one in slack.notifications] == [(ALICE, f"*Done*, <@{ALICE}>")]


async def test_a_reply_rings_up_who_follows_the_thread(slack: FakeSlack, client: AsyncWebClient) -> None:
    begun = await slack.say(MAX, GENERAL, "a question")
    await client.chat_postMessage(channel=GENERAL, text="an answer", thread_ts=begun["ts"])
    assert rung(slack) == [MAX]
    slack.channels[GENERAL]["members"].discard(MAX)
    await client.chat_postMessage(channel=GENERAL, text="another", thread_ts=begun["ts"])
    assert rung(slack) == []


async def test_a_button_in_a_message(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    button = {"type": "button", "action_id": "again", "text": plain("Again"), "value": "42"}
    actions = {"type": "actions", "block_id": "what", "elements": [button]}
    posted = await client.chat_postMessage(channel=GENERAL, text="x", blocks=[actions])
    delivery = await slack.act(MAX, (GENERAL, posted["ts"]), "what", "again")
    assert delivery.acked
    payload = bot.seen[-1]
    assert payload["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": GENERAL,
        "is_ephemeral": False,
    }
    assert payload["message"]["ts"] == posted["ts"]
    assert payload["actions"][0]["value"] == "42"
    hook = AsyncWebhookClient(payload["response_url"])
    await hook.send(text="done", replace_original=True)
    assert [message["text"] for message in slack.messages[GENERAL]] == ["done"]
    await hook.send_dict({"delete_original": True})
    assert slack.messages[GENERAL] == []


def button(action_id: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(action_id), **more}


def menu(type_: str, action_id: str, *values: str) -> Json:
    offered = [{"text": plain(value), "value": value} for value in values]
    return {"type": type_, "action_id": action_id, "options": offered}


def buttons(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


QUESTION = {"title": plain("Remove?"), "text": plain("It goes."), "confirm": plain("Remove"), "deny": plain("Keep")}


async def test_a_click_is_found_by_its_name(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    section = {"type": "section", "text": plain("x"), "accessory": menu("overflow", "again", "copy", "undo")}
    one, two = button("again", value="1", confirm=QUESTION), button("again", value="2")
    blocks = [section, buttons(one, menu("static_select", "value", "a", "b")), buttons(two)]
    posted = await client.chat_postMessage(channel=GENERAL, text="x", blocks=blocks)

    async def clicked(action_id: str, value: str) -> Json:
        assert (await slack.click(ALICE, GENERAL, posted["ts"], action_id, value)).acked
        return dict(bot.seen[-1]["actions"][0])

    assert (await clicked("again", "2"))["value"] == "2"
    assert (await clicked("again", "undo"))["selected_option"]["value"] == "undo"
    assert (await clicked("value", "b"))["selected_option"]["value"] == "b"
    assert slack.confirmations == []
    delivery = await slack.click(ALICE, GENERAL, posted["ts"], "again", "1")
    assert delivery.confirm is not None
    assert delivery.confirm["confirm"]["text"] == "Remove"
    assert [(one["user"], one["action_id"]) for one in slack.confirmations] == [(ALICE, "again")]
    for action_id, value in (("again", None), ("again", "3"), ("gone", None), ("value", "c")):
        with pytest.raises(LookupError):
            await slack.click(ALICE, GENERAL, posted["ts"], action_id, value)


async def test_nobody_clicks_what_they_cannot_see(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    what = [buttons(button("again"))]
    only_hers = await client.chat_postEphemeral(channel=GENERAL, user=ALICE, text="x", blocks=what)
    of_admins = await client.chat_postMessage(channel=ADMINS, text="x", blocks=what)
    for channel, ts in ((GENERAL, only_hers["message_ts"]), (ADMINS, of_admins["ts"]), (GENERAL, "1.0")):
        with pytest.raises(LookupError):
            await slack.click(MAX, channel, ts, "again")
    assert (await slack.click(ALICE, GENERAL, only_hers["message_ts"], "again")).acked
    assert bot.seen[-1]["container"]["is_ephemeral"] is True


async def test_many_click_at_once_and_each_click_comes_twice(
    slack: FakeSlack, bot: Bot, client: AsyncWebClient
) -> None:
    await bot.connect()
    posted = await client.chat_postMessage(channel=GENERAL, text="x", blocks=[buttons(button("again"))])
    people = [ALICE, LINA, MAX, "U0OWEN001", "U0GUEST01"]
    deliveries = await asyncio.gather(*(slack.click(user, GENERAL, posted["ts"], "again") for user in people))
    for delivery in deliveries:
        await slack.redeliver(delivery.envelope_id, on="other")
    seen = await slack.until(lambda _: bot.seen if len(bot.seen) == 10 else [])
    assert sorted(payload["user"]["id"] for payload in seen) == sorted(people * 2)
    assert len({payload["trigger_id"] for payload in seen}) == 5
    assert len({payload["response_url"] for payload in seen}) == 5
    assert all(float(payload["actions"][0]["action_ts"]) for payload in seen)


async def test_what_a_clicks_response_url_does(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    parent = await client.chat_postMessage(channel=GENERAL, text="x")
    posted = await client.chat_postMessage(
        channel=GENERAL, text="x", blocks=[buttons(button("again"))], thread_ts=parent["ts"]
    )
    await slack.click(MAX, GENERAL, posted["ts"], "again")
    assert bot.seen[-1]["container"]["thread_ts"] == parent["ts"]
    hook = AsyncWebhookClient(bot.seen[-1]["response_url"])
    await hook.send(text="only you")
    await hook.send(text="for all", response_type="in_channel")
    await hook.send(text="new", replace_original=True)
    _, shown, private, public = slack.messages[GENERAL]
    assert (shown["text"], shown["blocks"], shown["thread_ts"]) == ("new", [], parent["ts"])
    assert (private["ephemeral_for"], private["text"]) == (MAX, "only you")
    assert ("ephemeral_for" in public, public["text"]) == (False, "for all")
    assert (await hook.send_dict({"delete_original": True})).status_code == 200
    assert (await hook.send_dict({"replace_original": True, "text": "x"})).status_code == 400
    assert (await hook.send(text="the fifth")).status_code == 200
    assert (await hook.send(text="the sixth")).status_code == 404


async def test_a_button_opens_a_modal_but_pushes_none(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    what = [buttons(button("again"))]
    posted = await client.chat_postMessage(channel=GENERAL, text="x", blocks=what)
    await client.views_publish(user_id=ALICE, view=home(*what))
    for click in (slack.click(ALICE, GENERAL, posted["ts"], "again"), slack.click_home(ALICE, "again")):
        await click
        ticket = bot.seen[-1]["trigger_id"]
        assert await refused(client.views_push(trigger_id=ticket, view=FORM)) == "not_found"
        assert (await client.views_open(trigger_id=ticket, view=FORM))["view"]["previous_view_id"] is None


async def test_a_shortcut_of_a_message(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    said = await slack.say(MAX, GENERAL, "Zhang Wei starts on Monday")
    assert (await slack.message_shortcut(ALICE, "newhire_message", GENERAL, said["ts"])).acked
    payload = bot.seen[-1]
    assert payload["type"] == "message_action"
    assert payload["callback_id"] == "newhire_message"
    assert payload["channel"] == {"id": GENERAL, "name": "general"}
    assert payload["message_ts"] == payload["message"]["ts"] == said["ts"]
    assert payload["message"]["text"] == "Zhang Wei starts on Monday"
    assert payload["message"]["user"] == MAX
    assert payload["user"]["id"] == ALICE
    assert payload["team"]["id"] == "T0SANDBOX"
    assert float(payload["action_ts"])
    await client.views_open(trigger_id=payload["trigger_id"], view=FORM)
    # It is somebody else's message: nothing to replace, a text of one's own comes.
    await AsyncWebhookClient(payload["response_url"]).send(text="for you", replace_original=True)
    assert [m["text"] for m in slack.messages[GENERAL]] == ["Zhang Wei starts on Monday", "for you"]
    assert slack.messages[GENERAL][1]["ephemeral_for"] == ALICE
    private = slack.messages[GENERAL][1]["ts"]
    for callback_id, ts in (("newhire_global", said["ts"]), ("gone", said["ts"]), ("newhire_message", private)):
        with pytest.raises(LookupError):
            await slack.message_shortcut(ALICE, callback_id, GENERAL, ts)


# --- the app's Home, and events


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "callback_id": "home", "blocks": list(blocks), **more}


async def test_a_home_tab_is_published_for_one_person(slack: FakeSlack, client: AsyncWebClient) -> None:
    rows = [buttons(button("again", value="1"), menu("static_select", "filter", "all", "mine"))]
    first = (await client.views_publish(user_id=ALICE, view=home(*rows)))["view"]
    assert (first["type"], first["root_view_id"], first["previous_view_id"]) == ("home", first["id"], None)
    assert "user" not in first
    assert set(slack.homes) == {ALICE}
    second = (await client.views_publish(user_id=ALICE, view=home(*rows), hash=first["hash"]))["view"]
    assert second["id"] == first["id"]
    assert second["hash"] != first["hash"]
    stale = client.views_publish(user_id=ALICE, view=home(*rows), hash=first["hash"])
    assert await refused(stale) == "hash_conflict"
    assert await refused(client.views_publish(user_id=LINA, view=home(*rows), hash="1.a")) == "hash_conflict"
    assert set(slack.homes) == {ALICE}
    assert await refused(client.views_update(view_id=first["id"], view=FORM)) == "not_found"


@pytest.mark.parametrize(
    ("user", "view", "error", "message"),
    [
        ("U0NOBODY1", home({"type": "divider"}), "invalid_arguments", "invalid `user_id`"),
        (BOT, home({"type": "divider"}), "invalid_arguments", "invalid `user_id`"),
        (ALICE, FORM, "invalid_arguments", "[ERROR] must be a valid enum value [json-pointer:/view/type]"),
        (
            ALICE,
            home(*[{"type": "divider"}] * 101),
            "invalid_arguments",
            "[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]",
        ),
        (ALICE, home(*[{"type": "section", "text": plain("长" * 3000)}] * 30), "view_too_large", ""),
    ],
)
async def test_what_is_no_home_tab(
    slack: FakeSlack, client: AsyncWebClient, user: str, view: Json, error: str, message: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.views_publish(user_id=user, view=view)
    answer = caught.value.response
    assert answer["error"] == error
    assert message in str(answer.get("response_metadata", {}).get("messages", ""))
    assert slack.homes == {}


async def test_an_app_without_a_home_tab(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.home_tab = False
    assert await refused(client.views_publish(user_id=ALICE, view=home({"type": "divider"}))) == "not_enabled"
    with pytest.raises(LookupError):
        await slack.open_home(ALICE)


async def test_opening_the_home_tab_is_told(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    told = await slack.open_home(ALICE)
    assert told is not None
    assert (told.acked, told.error) == (True, None)
    payload = bot.seen[-1]
    assert (payload["type"], payload["api_app_id"], payload["team_id"]) == ("event_callback", "A0NEWHIRE", "T0SANDBOX")
    assert payload["event_id"].startswith("Ev")
    event = payload["event"]
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", ALICE, "home")
    assert event["channel"] == slack.workspace.direct(ALICE)["id"]
    assert "view" not in event
    published = (await client.views_publish(user_id=ALICE, view=home(buttons(button("again")))))["view"]
    await slack.open_home(ALICE)
    assert bot.seen[-1]["event"]["view"] == published
    await slack.open_home(LINA)
    assert "view" not in bot.seen[-1]["event"]
    await slack.open_home(ALICE, "messages")
    assert bot.seen[-1]["event"]["tab"] == "messages"
    assert "view" not in bot.seen[-1]["event"]
    slack.events.clear()
    assert await slack.open_home(ALICE) is None
    assert len(bot.seen) == 4


async def test_what_is_pressed_in_a_home_tab(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    filter_ = {**buttons(menu("static_select", "value", "all", "mine")), "block_id": "filter"}
    rows = [buttons(button("again", value=number, confirm=QUESTION)) for number in "12"]
    view = home({"type": "section", "text": plain("x"), "accessory": menu("overflow", "value", "copy")}, filter_, *rows)
    published = (await client.views_publish(user_id=ALICE, view=view))["view"]
    delivery = await slack.click_home(ALICE, "again", "2")
    assert delivery.confirm is not None
    payload = bot.seen[-1]
    assert payload["type"] == "block_actions"
    assert payload["container"] == {"type": "view", "view_id": published["id"]}
    assert payload["view"]["type"] == "home"
    assert payload["view"]["hash"] == published["hash"]
    assert payload["actions"][0]["value"] == "2"
    assert "response_url" not in payload
    assert "message" not in payload
    assert payload["trigger_id"]
    await slack.click_home(ALICE, "value", "mine")
    assert bot.seen[-1]["actions"][0]["selected_option"]["value"] == "mine"
    await slack.click_home(ALICE, "value", "copy")
    assert bot.seen[-1]["actions"][0]["type"] == "overflow"
    # What was chosen stays over the next drawing, as in a modal.
    again = (await client.views_publish(user_id=ALICE, view=view))["view"]
    assert again["state"]["values"]["filter"]["value"]["selected_option"]["value"] == "mine"
    await slack.act(ALICE, again["id"], "filter", "value", "all")
    for nobody in (slack.click_home(LINA, "again", "2"), slack.act(LINA, again["id"], "filter", "value", "all")):
        with pytest.raises(LookupError):
            await nobody
    for no_modal in (slack.submit(ALICE, again["id"]), slack.close(ALICE, again["id"])):
        with pytest.raises(LookupError):
            await no_modal


async def test_somebody_joins(slack: FakeSlack, bot: Bot, client: AsyncWebClient) -> None:
    assert await slack.join(person("U0EARLY01", "early", "Early Bird")) is None
    slack.events.add("team_join")
    slack.scopes = {"users:read", "users:read.email", "chat:write"}
    told = await slack.join(person("U0CHEN001", "chen.jie", "陈洁", "zh-CN", profile={"title": "Designer"}))
    assert told is not None
    assert told.acked
    event = bot.seen[-1]["event"]
    assert (event["type"], event["user"]["id"]) == ("team_join", "U0CHEN001")
    assert event["user"]["profile"]["email"] == "chen.jie@example.com"
    assert event["user"]["profile"]["title"] == "Designer"
    assert "locale" not in event["user"]
    assert (await client.users_info(user="U0CHEN001"))["user"]["real_name"] == "陈洁"
    assert "U0CHEN001" in slack.channels[GENERAL]["members"] - slack.channels[ADMINS]["members"]
    slack.scopes = {"users:read"}
    await slack.join(person("U0LATE001", "late", "Late Bird"))
    assert "email" not in bot.seen[-1]["event"]["user"]["profile"]


async def test_the_link_of_a_message(slack: FakeSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=GENERAL, text="x")
    number = "p" + posted["ts"].replace(".", "")
    link = await client.chat_getPermalink(channel=GENERAL, message_ts=posted["ts"])
    assert link["permalink"] == f"https://sandbox.slack.com/archives/C0GENERAL/{number}"
    reply = await client.chat_postMessage(channel=GENERAL, text="y", thread_ts=posted["ts"])
    link = await client.chat_getPermalink(channel=GENERAL, message_ts=reply["ts"])
    assert link["permalink"].endswith(f"?thread_ts={posted['ts']}&cid={GENERAL}")
    private = await client.chat_postEphemeral(channel=GENERAL, user=ALICE, text="x")
    for channel, ts, error in (
        (GENERAL, "1.0", "message_not_found"),
        (GENERAL, private["message_ts"], "message_not_found"),
        ("C0NOTHERE", posted["ts"], "channel_not_found"),
    ):
        assert await refused(client.chat_getPermalink(channel=channel, message_ts=ts)) == error


# --- response_url


async def test_a_response_url_has_five_posts(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, QUIET)
    hook = AsyncWebhookClient(bot.seen[-1]["response_url"])
    assert (await hook.send_dict({"text": ""})).body == "no_text"
    assert (await hook.send(text="x", blocks=[{"type": "nothing"}])).status_code == 400
    assert (await hook.send(text="private")).body == "ok"
    for _ in range(4):
        assert (await hook.send(text="public", response_type="in_channel")).body == "ok"
    used = await hook.send(text="sixth")
    assert (used.status_code, "used_url" in used.body) == (404, True)
    assert [message.get("ephemeral_for") for message in slack.messages[QUIET]] == [ALICE, None, None, None, None]


async def test_a_response_url_dies(session: aiohttp.ClientSession) -> None:
    clock = Clock()
    slack = FakeSlack(clock=clock)
    await slack.start()
    url = slack.url + slack.response_urls.new(GENERAL, ALICE)
    clock.now += 1800
    assert (await AsyncWebhookClient(url).send(text="x")).body == "ok"
    clock.now += 1
    assert "expired_url" in (await AsyncWebhookClient(url).send(text="x")).body
    assert (await AsyncWebhookClient(f"{slack.url}/response/T/1/2").send(text="x")).status_code == 404
    await slack.stop()


async def test_an_ack_with_a_text(slack: FakeSlack, unconnected: Bot) -> None:
    @unconnected.app.command("/hello")
    async def hello(ack: Callable[..., Awaitable[None]], body: Json) -> None:
        await (ack(text="x", blocks=[{"type": "nothing"}]) if body["text"] else ack("Hello."))

    slack.commands.append({"command": "/hello", "description": ""})
    await unconnected.connect()
    assert (await slack.command(ALICE, GENERAL, command="/hello")).error is None
    assert [(m["text"], m["ephemeral_for"]) for m in slack.messages[GENERAL]] == [("Hello.", ALICE)]
    wrong = await slack.command(ALICE, GENERAL, "blocks", command="/hello")
    assert wrong.error == '/hello failed with the error "invalid_command_response"'
    assert (await slack.command(ALICE, GENERAL, command="/nothing")).error == "/nothing is not a valid command."


# --- people and places


async def test_reading_people_and_places(slack: FakeSlack, client: AsyncWebClient) -> None:
    info = (await client.users_info(user=LINA, include_locale=True))["user"]
    assert (info["locale"], info["is_admin"], info["profile"]["email"]) == ("zh-CN", True, "lina@example.com")
    assert "locale" not in (await client.users_info(user=LINA))["user"]
    assert await refused(client.users_info(user="U0")) == "user_not_found"
    found = await client.users_lookupByEmail(email="Zhang.Wei@example.com")
    assert found["user"]["profile"]["display_name"] == "张伟"
    assert await refused(client.users_lookupByEmail(email="nobody@example.com")) == "users_not_found"
    assert (await client.usergroups_users_list(usergroup="S0PEOPLE1"))["users"] == [MAX]
    assert await refused(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"
    assert (await client.conversations_open(users=ALICE))["channel"]["id"] == "D0ALICE01"
    assert await refused(client.conversations_open(users="U0")) == "user_not_found"
    assert (await client.conversations_info(channel=QUIET))["channel"]["is_member"] is False
    slack.membership(ADMINS, False)
    assert await refused(client.conversations_info(channel=ADMINS)) == "channel_not_found"
    assert (await client.auth_test())["user_id"] == BOT


async def test_scopes(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.scopes = {"commands", "users:read", "channels:read"}
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=GENERAL, text="x")
    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert answer["provided"] == "channels:read,commands,users:read"
    assert "email" not in (await client.users_info(user=LINA))["user"]["profile"]
    assert (await client.conversations_info(channel=GENERAL))["ok"]
    assert await refused(client.conversations_info(channel=ADMINS)) == "missing_scope"
    assert (await client.views_open(trigger_id=trigger(slack), view=FORM))["ok"]


async def test_tokens(slack: FakeSlack, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
    def with_token(token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=f"{slack.url}/api/", session=session)

    assert await refused(with_token("xoxb-wrong").auth_test()) == "invalid_auth"
    assert await refused(with_token(slack.app_token).auth_test()) == "not_allowed_token_type"
    wrong_kind = client.apps_connections_open(app_token=slack.bot_token)
    assert await refused(wrong_kind) == "not_allowed_token_type"
    async with session.post(f"{slack.url}/api/auth.test") as answer:
        assert await answer.json() == {"ok": False, "error": "not_authed"}
    assert await refused(client.api_call("chat.dance")) == "unknown_method"
    assert all("token" not in call["args"] for call in slack.calls)


async def test_the_synchronous_client(slack: FakeSlack) -> None:
    def use() -> None:
        client = WebClient(token=slack.bot_token, base_url=f"{slack.url}/api/")
        assert client.auth_test()["ok"]
        assert client.users_info(user=LINA, include_locale=True)["user"]["locale"] == "zh-CN"
        posted = client.chat_postMessage(channel=GENERAL, text="x", blocks=[{"type": "divider"}])
        assert client.chat_update(channel=GENERAL, ts=posted["ts"], text="y")["text"] == "y"

    await asyncio.to_thread(use)


async def test_arguments_come_in_many_ways(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    url, auth = f"{slack.url}/api/chat.postMessage", {"Authorization": f"Bearer {slack.bot_token}"}
    form = {"channel": GENERAL, "blocks": '[{"type": "divider"}]', "text": "x"}
    ways: list[dict[str, Any]] = [{"data": form}, {"params": form}, {"json": form}]
    for options in ways:
        async with session.post(url, headers=auth, **options) as answer:
            assert (await answer.json())["ok"]
    async with session.post(url, data=form | {"token": slack.bot_token}) as answer:
        assert (await answer.json())["message"]["blocks"][0]["type"] == "divider"
    async with session.post(url, data=b"not json", headers=auth | {"Content-Type": "application/json"}) as answer:
        assert (await answer.json())["error"] == "invalid_arguments"


# --- faults of the Web API


async def test_rate_limits(slack: FakeSlack, session: aiohttp.ClientSession, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "ratelimited", times=2, retry_after=0)
    assert await refused(client.chat_postMessage(channel=GENERAL, text="x")) == "ratelimited"
    patient = AsyncWebClient(token=slack.bot_token, base_url=f"{slack.url}/api/", session=session)
    patient.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    await patient.chat_postMessage(channel=GENERAL, text="y")
    assert [m["text"] for m in slack.messages[GENERAL]] == ["y"]
    assert [call["error"] for call in slack.calls] == ["ratelimited", "ratelimited", None]
    assert slack.failures == []


async def test_other_faults(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "internal_error")
    assert await refused(client.chat_postMessage(channel=GENERAL, text="x")) == "internal_error"
    slack.fail("*", "500")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=GENERAL, text="x")
    assert caught.value.response.status_code == 500
    assert slack.messages[GENERAL] == []
    slack.fail("chat.postMessage", "500_after")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=GENERAL, text="after all")
    assert len(slack.messages[GENERAL]) == 1
    slack.fail("chat.postMessage", "503", times=9)
    slack.fail("chat.postMessage", "")
    assert (await client.chat_postMessage(channel=GENERAL, text="x"))["ok"]


METHODS = {
    # every method of the Web API, with arguments that it takes
    "api.test": {},
    "auth.test": {},
    "apps.connections.open": {},
    "apps.manifest.export": {"app_id": "A0NEWHIRE"},
    "blocks.validate": {"blocks": [{"type": "divider"}]},
    "bots.info": {"bot": "B0BOT0001"},
    "chat.delete": {"channel": GENERAL, "ts": "1.0"},
    "chat.deleteScheduledMessage": {"channel": GENERAL, "scheduled_message_id": "Q1"},
    "chat.getPermalink": {"channel": GENERAL, "message_ts": "1.0"},
    "chat.postEphemeral": {"channel": GENERAL, "user": ALICE, "text": "x"},
    "chat.postMessage": {"channel": GENERAL, "text": "x"},
    "chat.scheduleMessage": {"channel": GENERAL, "text": "x", "post_at": "4102444800"},
    "chat.update": {"channel": GENERAL, "ts": "1.0", "text": "y"},
    "conversations.history": {"channel": GENERAL},
    "conversations.info": {"channel": GENERAL},
    "conversations.open": {"users": ALICE},
    "conversations.replies": {"channel": GENERAL, "ts": "1.0"},
    "files.completeUploadExternal": {"files": [{"id": "F0"}]},
    "files.getUploadURLExternal": {"filename": "a.csv", "length": "3"},
    "files.info": {"file": "F0"},
    "usergroups.users.list": {"usergroup": "S0PEOPLE1"},
    "users.info": {"user": ALICE},
    "users.lookupByEmail": {"email": "alice@example.com"},
    "views.open": {"trigger_id": "1.1.1", "view": FORM},
    "views.publish": {"user_id": ALICE, "view": {"type": "home", "blocks": [{"type": "divider"}]}},
    "views.push": {"trigger_id": "1.1.1", "view": FORM},
    "views.update": {"view_id": "V0", "view": FORM},
}
PLAIN = {
    # way: HTTP status, content type, beginning of the body
    "ratelimited": (429, "application/json", '{"ok": false, "error": "ratelimited"}'),
    "503": (503, "text/plain", "upstream connect error"),
    "500": (500, "application/octet-stream", ""),
    "404": (404, "text/html", "<!DOCTYPE html>"),
    "html": (200, "text/html", "<!DOCTYPE html>"),
    "text": (200, "text/plain", "This service"),
    "broken_json": (200, "application/json", '{"ok": true'),
    "list": (200, "application/json", "[]"),
    "empty": (200, "application/json", ""),
    "503_after": (503, "text/plain", "upstream connect error"),
    "500_after": (500, "application/octet-stream", ""),
    "broken_json_after": (200, "application/json", '{"ok": true'),
}


class Raw:
    """Calls a method as any client does, and shows what comes back on the wire."""

    def __init__(self, slack: FakeSlack, session: aiohttp.ClientSession) -> None:
        self.slack, self.session = slack, session

    def __call__(self, method: str) -> Any:
        others = {"apps.connections.open": self.slack.app_token, "apps.manifest.export": self.slack.config_token}
        token = others.get(method, self.slack.bot_token)
        if method == RESPONSE_URL:
            return self.session.post(self.slack.url + self.slack.response_urls.new(GENERAL, ALICE), json={"text": "x"})
        url, headers = f"{self.slack.url}/api/{method}", {"Authorization": f"Bearer {token}"}
        return self.session.post(url, json=METHODS[method], headers=headers)


@pytest.fixture
def raw(slack: FakeSlack, session: aiohttp.ClientSession) -> Raw:
    return Raw(slack, session)


every_call = pytest.mark.parametrize("method", [*METHODS, RESPONSE_URL])


def test_every_method_and_every_way_is_among_the_tests() -> None:
    assert set(METHODS) == set(FakeSlack().api.methods)
    assert set(WAYS) == PLAIN.keys() | {"reset", "hang", "slow", "reset_after", "hang_after"}
    assert all(english and chinese for words in WORDS.values() for english, chinese in words)


@every_call
async def test_every_call_fails_in_every_way_of_http(slack: FakeSlack, raw: Raw, method: str) -> None:
    for how, (status, kind, body) in PLAIN.items():
        slack.fail(method, how, retry_after=7)
        async with raw(method) as answer:
            assert (answer.status, answer.content_type) == (status, kind), how
            assert (await answer.text()).startswith(body)
            assert answer.headers.get("Retry-After") == ("7" if how == "ratelimited" else None)
        assert slack.failures == []
        assert slack.calls[-1]["method"] == method


@every_call
@pytest.mark.parametrize("how", ["reset", "reset_after"])
async def test_every_call_can_be_cut_off(slack: FakeSlack, raw: Raw, method: str, how: str) -> None:
    slack.fail(method, how)
    with pytest.raises((ConnectionResetError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        async with raw(method):
            pass
    assert slack.calls[-1]["method"] == method


@every_call
async def test_every_call_can_meet_silence_until_it_is_released(slack: FakeSlack, raw: Raw, method: str) -> None:
    async def status() -> int:
        async with raw(method) as answer:
            return int(answer.status)

    slack.fail(method, "hang")
    call = asyncio.create_task(status())
    await slack.until(lambda s: s.calls and s.calls[-1]["error"] == "hang")
    assert not call.done()
    slack.release()
    assert await call == 503


@every_call
async def test_every_call_can_be_slow(slack: FakeSlack, raw: Raw, method: str) -> None:
    async with raw(method) as answer:
        status, body = answer.status, await answer.text()

    async def late() -> tuple[int, str]:
        async with raw(method) as answer:
            return int(answer.status), await answer.text()

    slack.fail(method, "slow", seconds=3600)
    before = len(slack.calls)
    call = asyncio.create_task(late())
    await slack.until(lambda s: len(s.calls) > before)
    assert not call.done()
    slack.release()
    late_status, late_body = await call
    assert (late_status, late_body[:20]) == (status, body[:20])


@every_call
async def test_every_call_can_be_refused_with_any_word(slack: FakeSlack, raw: Raw, method: str) -> None:
    slack.fail(method, "a_word_of_tomorrow")
    async with raw(method) as answer:
        assert answer.status == (400 if method == RESPONSE_URL else 200)
        assert "a_word_of_tomorrow" in await answer.text()


@pytest.mark.parametrize("how", [how for how in WAYS if how.endswith("_after")])
@pytest.mark.parametrize("method", ["chat.postMessage", RESPONSE_URL])
async def test_what_fails_afterwards_was_done(slack: FakeSlack, raw: Raw, method: str, how: str) -> None:
    slack.fail(method, how)
    call = asyncio.ensure_future(_finished(raw(method)))
    await slack.until(lambda s: s.messages[GENERAL])
    slack.release()
    await call
    assert [message["text"] for message in slack.messages[GENERAL]] == ["x"]


@pytest.mark.parametrize("how", [how for how in WAYS if how != "slow" and not how.endswith("_after")])
@pytest.mark.parametrize("method", ["chat.postMessage", RESPONSE_URL])
async def test_what_fails_at_once_was_not_done(slack: FakeSlack, raw: Raw, method: str, how: str) -> None:
    slack.fail(method, how)
    call = asyncio.ensure_future(_finished(raw(method)))
    await slack.until(lambda s: s.calls and s.calls[-1]["error"] == how)
    slack.release()
    await call
    assert slack.messages[GENERAL] == []


async def _finished(call: Any) -> None:
    with contextlib.suppress(aiohttp.ClientError, ConnectionResetError):
        async with call as answer:
            await answer.read()


async def test_any_call_can_be_meant(slack: FakeSlack, raw: Raw, session: aiohttp.ClientSession) -> None:
    slack.fail("*", "503", times=2)
    for method in ("apps.connections.open", RESPONSE_URL):
        async with raw(method) as answer:
            assert answer.status == 503
    slack.fail("*", "503", times=9)
    slack.fail("chat.update", "503", times=9)
    slack.fail("*", "")
    assert slack.failures == []
    with pytest.raises(ValueError, match="at least 1"):
        slack.fail("*", "503", times=0)


async def test_the_handshake_of_a_socket_can_fail(
    slack: FakeSlack, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    slack.fail(SOCKET, "html")
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(url)
    # A GET that was cut off is tried once more by aiohttp itself.
    slack.fail(SOCKET, "reset", times=2)
    with pytest.raises((aiohttp.ClientError, ConnectionResetError)):
        await session.ws_connect(url)
    async with session.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"


async def test_a_deleted_group_is_refused(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.workspace.groups["S0PEOPLE1"]["date_delete"] = 1_700_000_000
    assert await refused(client.usergroups_users_list(usergroup="S0PEOPLE1")) == "no_such_subteam"
    found = await client.usergroups_users_list(usergroup="S0PEOPLE1", include_disabled=True)
    assert found["users"] == [MAX]


async def test_somebody_who_has_left(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.users[MAX]["deleted"] = True
    assert (await client.users_info(user=MAX))["user"]["deleted"] is True
    assert await refused(client.users_lookupByEmail(email="max@example.com")) == "users_not_found"
    assert await refused(client.conversations_open(users=MAX)) == "user_disabled"


# --- Socket Mode


async def test_without_a_bot(slack: FakeSlack) -> None:
    slack.ack_timeout = 0.05
    typed_command = await slack.command(ALICE, GENERAL)
    assert typed_command.error == '/newhire failed with the error "dispatch_failed"'
    assert (await slack.shortcut(ALICE, "newhire_global")).error == NO_ANSWER
    assert [envelope.sent for envelope in slack.envelopes] == [[], []]


async def test_a_silent_bot_gets_it_again(slack: FakeSlack, bot: Bot) -> None:
    slack.ack_timeout = 0.15
    bot.silent = True
    delivery = await slack.command(ALICE, GENERAL)
    assert delivery.error == '/newhire failed with the error "operation_timeout"'
    assert not delivery.acked
    await slack.until(lambda s: len(bot.seen) == 1 + slack.redeliveries)
    assert slack.envelopes[-1].acks == []
    assert len({seen["trigger_id"] for seen in bot.seen}) == 1


async def test_an_ack_of_the_second_delivery_ends_it(slack: FakeSlack, bot: Bot) -> None:
    slack.ack_timeout = 0.3
    bot.silent = True
    delivery = await slack.command(ALICE, GENERAL)
    bot.silent = False
    await slack.until(lambda s: s.envelopes[-1].acks)
    assert delivery.error
    assert slack.envelopes[-1].attempt >= 1


async def test_a_silent_submission(slack: FakeSlack, bot: Bot) -> None:
    await slack.command(ALICE, GENERAL)
    view = await opened(slack)

    async def on_submit(**_: Any) -> None:
        return

    bot.on_submit = on_submit
    slack.ack_timeout, slack.redeliveries = 0.1, 0
    delivery = await slack.submit(ALICE, view["id"], {"provider": "red", "name": "Zhang"})
    assert delivery.error == TROUBLE
    assert view["id"] in slack.views


async def test_each_envelope_goes_to_one_connection(slack: FakeSlack, bot: Bot) -> None:
    await bot.connect()
    for _ in range(4):
        await slack.command(ALICE, GENERAL)
    assert len(bot.seen) == 4
    assert len({id(envelope.sent[0]) for envelope in slack.envelopes}) == 2
    assert all(len(envelope.sent) == 1 for envelope in slack.envelopes)


@pytest.mark.parametrize("on", ["same", "other"])
async def test_redelivery(slack: FakeSlack, bot: Bot, on: Any) -> None:
    await bot.connect()
    await slack.command(ALICE, GENERAL)
    await slack.redeliver(times=2, on=on)
    await slack.until(lambda s: len(s.envelopes[-1].acks) == 3)
    assert len(bot.seen) == 3
    first, second, third = slack.envelopes[-1].sent
    assert ((first is second), (second is third)) == (on == "same", True)


async def test_a_redelivery_carries_its_number(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    client = AsyncWebClient(base_url=f"{slack.url}/api/", session=session)
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    slack.ack_timeout = 0.1
    async with session.ws_connect(url, autoping=False) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": "A0NEWHIRE"}
        await socket.ping(b"sdk-ping-pong:1")
        pong = await socket.receive()
        assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")
        waiting = asyncio.create_task(slack.command(ALICE, GENERAL))
        first = await socket.receive_json()
        assert first["accepts_response_payload"] is True
        assert "retry_attempt" not in first
        again = await socket.receive_json()
        assert (again["envelope_id"], again["payload"]) == (first["envelope_id"], first["payload"])
        assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")
        await socket.send_json({"envelope_id": "unknown"})
        await socket.send_str("not json")
        await socket.send_json({"envelope_id": again["envelope_id"]})
        assert (await waiting).envelope_id == first["envelope_id"]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(url)


@pytest.mark.parametrize("how", ["disconnect", "close", "abort"])
async def test_reconnecting(slack: FakeSlack, bot: Bot, how: Any) -> None:
    before = slack.sockets.opened
    await slack.drop_sockets(how)
    await slack.until(lambda s: s.sockets.opened > before)
    assert (await slack.command(ALICE, GENERAL)).acked


async def test_what_was_lost_comes_after_the_reconnect(slack: FakeSlack, bot: Bot) -> None:
    slack.ack_timeout = 0.2
    bot.silent = True
    waiting = asyncio.create_task(slack.command(ALICE, GENERAL))
    await slack.until(lambda s: bot.seen)
    before = slack.sockets.opened
    await slack.drop_sockets("close")
    await slack.until(lambda s: s.sockets.opened > before)
    bot.silent = False
    assert (await waiting).error
    await slack.until(lambda s: s.envelopes[-1].acks)
    first, *_, last = slack.envelopes[-1].sent
    assert first is not last


async def test_a_command_in_the_gap_waits_for_the_connection(slack: FakeSlack, bot: Bot) -> None:
    await slack.drop_sockets("disconnect")
    assert (await slack.command(ALICE, GENERAL)).acked


async def test_connections_can_be_refused(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    client = AsyncWebClient(base_url=f"{slack.url}/api/", session=session)
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    slack.refuse_connections()
    assert await refused(client.apps_connections_open(app_token=slack.app_token)) == "internal_error"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(url)
    slack.refuse_connections(False)
    async with session.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"


async def test_ten_connections_at_most(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    client = AsyncWebClient(base_url=f"{slack.url}/api/", session=session)
    sockets = []
    for number in range(1, 12):
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        sockets.append(await session.ws_connect(url))
        first = await sockets[-1].receive_json()
        assert first["type"] == ("hello" if number <= 10 else "disconnect")
    for socket in sockets:
        await socket.close()


# --- waiting


async def test_until_tells_what_happened_instead(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=GENERAL, text="something else")
    with pytest.raises(TimeoutError, match=r"chat.postMessage -> ok[\s\S]*something else"):
        await slack.until(lambda s: s.messages[GENERAL][7], timeout=0.01)
