"""What the demo's page talks to: the snapshot it is drawn from, and the control API that it acts by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack.workspace import BOT_USER
from bot.sandbox.world import World
from tests.example_vendor import FakeAcme

Json = dict[str, Any]
Post = Callable[..., Awaitable[Json]]

ALICE, MAX, GENERAL, PEOPLE = "U0ALICE01", "U0MAX0001", "C0GENERAL", "C0PEOPLE1"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    started = World()
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as shared:
        yield shared


@pytest.fixture
def post(world: World, session: aiohttp.ClientSession) -> Post:
    async def send(what: str, **body: Any) -> Json:
        async with session.post(f"{world.page_url}_/{what}", json=body) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    return send


class App:
    """An app of a few lines: acknowledges all that comes over its socket with `answers`, and calls Slack's methods."""

    def __init__(self, world: World, session: aiohttp.ClientSession) -> None:
        self.world, self.session = world, session
        self.seen: list[Json] = []
        self.answers: list[Json] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None

    async def call(self, method: str, **arguments: Any) -> Json:
        slack = self.world.slack
        token = slack.app_token if method == "apps.connections.open" else slack.bot_token
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{slack.url}/api/{method}", json=arguments, headers=headers) as answer:
            return dict(await answer.json())

    async def connect(self) -> None:
        url = (await self.call("apps.connections.open"))["url"]
        self._socket = await self.session.ws_connect(url)
        await self._socket.receive()
        self._reading = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            envelope = message.json()
            self.seen.append(envelope["payload"])
            answer = {"payload": self.answers.pop(0)} if self.answers else {}
            await socket.send_json({"envelope_id": envelope["envelope_id"], **answer})

    async def stop(self) -> None:
        if self._socket and self._reading:
            await self._socket.close()
            await self._reading


@pytest.fixture
async def app(world: World, session: aiohttp.ClientSession) -> AsyncIterator[App]:
    connected = App(world, session)
    await connected.connect()
    yield connected
    await connected.stop()


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def form(**more: Any) -> Json:
    red = [{"text": plain("red"), "value": "red"}]
    provider = {"type": "static_select", "action_id": "value", "options": red}
    name = {"type": "plain_text_input", "action_id": "value", "max_length": 20}
    blocks = [
        {"type": "input", "block_id": "provider", "label": plain("p"), "element": provider, "dispatch_action": True},
        {"type": "input", "block_id": "name", "label": plain("n"), "element": name},
    ]
    return {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Go"), "blocks": blocks}


async def test_the_page_sees_everything(world: World, app: App, post: Post, session: aiohttp.ClientSession) -> None:
    async with session.ws_connect(f"{world.page_url}_/events") as page:

        async def frame(predicate: Callable[[Json], Any]) -> Json:
            while True:
                state: Json = await page.receive_json()
                assert state["type"] == "state"
                if predicate(state):
                    return state

        first = await frame(lambda state: True)
        assert first["bot"] == {"connected": 1, "name": "newhire"}
        assert {user["id"]: user["note"] for user in first["users"]}["U0GUEST01"] == "guest"
        assert [channel["bot_in"] for channel in first["channels"]] == [True, True, False, True]
        assert (await post("command", user=ALICE, channel=GENERAL, text=""))["acked"]
        await app.call("views.open", trigger_id=app.seen[-1]["trigger_id"], view=form())
        (view,) = (await frame(lambda state: state["views"]))["views"]
        assert (view["user"], view["view"]["callback_id"], view["errors"]) == (ALICE, "form", {})
        values = {"name": "Zhang", "gone": "x"}
        chosen = {"user": ALICE, "view_id": view["id"], "block_id": "provider", "action_id": "value", "value": "red"}
        assert (await post("act", **chosen, values=values))["ok"]
        wrong = await post("submit", user=ALICE, view_id=view["id"], values=values | {"name": ""})
        assert (wrong["ok"], list(wrong["errors"])) == (False, ["name"])
        app.answers = [{"response_action": "errors", "errors": {"name": "Somebody, please."}}]
        wrong = await post("submit", user=ALICE, view_id=view["id"], values=values | {"name": "nobody"})
        assert wrong["errors"] == {"name": "Somebody, please."}
        assert (await post("submit", user=ALICE, view_id=view["id"], values=values))["ok"]
        posted = await app.call("chat.postMessage", channel=GENERAL, text="creating Zhang")
        await app.call("chat.update", channel=GENERAL, ts=posted["ts"], text="created Zhang")
        last = await frame(lambda state: any(m["edited"] for m in state["messages"].get(GENERAL, [])))
        assert last["messages"][GENERAL][0]["text"] == "created Zhang"
        assert last["calls"][-1]["method"] == "chat.update"


async def test_what_people_do_at_the_page(world: World, app: App, post: Post, session: aiohttp.ClientSession) -> None:
    assert (await post("say", user=MAX, channel=GENERAL, text="hi"))["ok"]
    assert (await post("membership", channel=GENERAL, **{"in": False}))["ok"]
    assert BOT_USER not in world.slack.channels[GENERAL]["members"]
    assert (await post("slack/fail", method="chat.update", how="ratelimited", times=1))["ok"]
    assert [fault.method for fault in world.slack.failures] == ["chat.update"]
    assert (await post("shortcut", user=ALICE, callback_id="newhire_global"))["ok"]
    await app.call("views.open", trigger_id=app.seen[-1]["trigger_id"], view=form())
    (view,) = world.slack.views
    assert (await post("close", user=ALICE, view_id=view))["ok"]
    assert await post("close", user=ALICE, view_id="V0") == {"ok": False, "error": "U0ALICE01 has no open view 'V0'"}
    assert await post("say", user=MAX) == {"ok": False, "error": "There is no 'channel'."}
    async with session.get(f"{world.page_url}_/state") as answer:
        assert (await answer.json())["views"] == []


async def test_the_home_tab_at_the_page(world: World, app: App, post: Post, session: aiohttp.ClientSession) -> None:
    assert (await post("home", user=ALICE, tab="home"))["ok"]
    assert app.seen[-1]["event"]["type"] == "app_home_opened"
    filter_ = {"type": "static_select", "action_id": "f", "options": [{"text": plain("red"), "value": "red"}]}
    block = {"type": "actions", "block_id": "row", "elements": [filter_]}
    await app.call("views.publish", user_id=ALICE, view={"type": "home", "blocks": [block]})
    async with session.get(f"{world.page_url}_/state") as answer:
        state = await answer.json()
    assert state["home_tab"] is True
    assert list(state["homes"]) == [ALICE]
    home = state["homes"][ALICE]
    assert (home["view"]["type"], home["values"]) == ("home", {})
    chosen = {"user": ALICE, "view_id": home["id"], "block_id": "row", "action_id": "f", "value": "red"}
    assert (await post("act", **chosen, values={"row": "red", "gone": "x"}))["ok"]
    assert app.seen[-1]["container"] == {"type": "view", "view_id": home["id"]}
    assert world.slack.homes[ALICE]["state"]["values"]["row"]["f"]["selected_option"]["value"] == "red"


async def test_a_message_shortcut_at_the_page(world: World, app: App, post: Post) -> None:
    said = await post("say", user=MAX, channel=GENERAL, text="Zhang Wei starts on Monday")
    chosen = {"user": ALICE, "callback_id": "newhire_message", "channel": GENERAL}
    assert (await post("message-shortcut", **chosen, ts=said["ts"]))["acked"]
    assert app.seen[-1]["message"]["text"] == "Zhang Wei starts on Monday"
    assert not (await post("message-shortcut", **chosen, ts="1.0"))["ok"]


async def test_somebody_joins_at_the_page(world: World, app: App, post: Post) -> None:
    first = await post("join")
    assert first["user"] in world.slack.users
    assert app.seen == []
    world.slack.events.add("team_join")
    second = await post("join")
    assert second["user"] != first["user"]
    assert app.seen[-1]["event"]["user"]["id"] == second["user"]
    assert (await post("join"))["ok"]
    assert await post("join") == {"ok": False, "error": "Everybody is here already."}


class Activating(FakeAcme):
    """A vendor whose people can be made to accept their invitation."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[str, str]] = []

    def by_hand(self, key: str, action: str) -> None:
        self.done.append((action, key))


async def test_something_is_done_with_an_account(session: aiohttp.ClientSession) -> None:
    vendor = Activating()
    world = World(others=[vendor])
    await world.start()
    try:
        wish = {"vendor": "acme", "action": "activate", "account": "wei"}
        async with session.post(f"{world.page_url}_/vendors/act", json=wish) as answer:
            done = await answer.json()
    finally:
        await world.stop()
    assert (done["ok"], vendor.done) == (True, [("activate", "wei")])


async def test_only_its_own_page_may_control_it(world: World, session: aiohttp.ClientSession) -> None:
    url, say = world.slack.url, {"user": MAX, "channel": GENERAL, "text": "hi"}
    for headers in ({"Origin": "https://example.com"}, {"Host": "example.com"}):
        for path in ("state", "events"):
            async with session.get(f"{url}/_/{path}", headers=headers) as answer:
                assert answer.status == 403
        async with session.post(f"{url}/_/say", json=say, headers=headers) as answer:
            assert answer.status == 403
    async with session.post(f"{url}/_/say", json=say, headers={"Origin": url}) as answer:
        assert (await answer.json())["ok"]


@pytest.mark.parametrize("name", ["..%2Fworld.py", "control.py", "..%2F..%2F__main__.py", "nothing.js"])
async def test_the_page_serves_its_own_files_only(world: World, session: aiohttp.ClientSession, name: str) -> None:
    async with session.get(f"{world.page_url}static/{name}") as answer:
        assert answer.status == 404


async def test_the_world(world: World, session: aiohttp.ClientSession) -> None:
    settings = world.bot_environment()
    assert settings["SLACK_API_URL"] == f"{world.slack.url}/api/"
    assert settings["TENCENT_BASE_URL"] == world.tencent.url
    assert settings["HUAWEI_BASE_URL"] == world.huawei.url
    assert all(isinstance(value, str) for value in settings.values())
    async with session.get(world.page_url) as page:
        assert (page.content_type, page.headers["Cache-Control"]) == ("text/html", "no-store")
    async with session.get(f"{world.page_url}static/app.js") as script:
        assert script.content_type == "text/javascript"
    with pytest.raises(OSError, match="in use"):
        await World().start(port=int(world.slack.url.rpartition(":")[2]))


async def test_vendors_are_made_to_fail_and_reset_from_the_page(world: World, post: Post) -> None:
    assert (await post("vendors/fail", vendor="tencent", how="no_seat", times=2))["ok"]
    shown = {vendor["name"]: vendor for vendor in world.control.snapshot()["vendors"]}
    assert list(shown) == ["tencent", "huawei"]
    assert shown["tencent"]["failures"] == [{"how": "no_seat", "times": 2}]
    assert shown["huawei"]["title"] == ("Huawei Cloud Meeting", "华为云会议")
    assert (await post("vendors/reset", vendor="tencent"))["ok"]
    assert world.tencent.failures == []
    assert await post("vendors/reset", vendor="zoom") == {"ok": False, "error": "There is no 'zoom'."}
    assert (await post("vendors/fail", vendor="huawei", how="nonsense"))["ok"] is False


def test_every_way_to_fail_has_its_words_in_both_languages() -> None:
    for vendor in World().vendors.values():
        for way in vendor.shown()["ways"]:
            assert all(english and chinese for english, chinese in (way["group"], way["title"], way["why"])), way


async def test_a_third_vendor_is_one_file(session: aiohttp.ClientSession) -> None:
    """Its accounts, requests, ways to fail and settings come from the vendor; nothing else is told of it."""
    acme = FakeAcme()
    world = World(others=[acme])
    await world.start()
    try:
        environment = world.bot_environment()
        assert (environment["ACME_KEY"], environment["ACME_BASE_URL"]) == (acme.key, acme.url)
        async with session.post(f"{world.page_url}_/vendors/fail", json={"vendor": "acme", "how": "no_seat"}) as answer:
            assert (await answer.json())["ok"]
        member, key = {"login": "wei", "fullName": "Zhang Wei"}, {"Authorization": f"Bearer {acme.key}"}
        for status in (400, 201):
            async with session.post(f"{acme.url}/members", json=member, headers=key) as answer:
                assert answer.status == status
        shown = world.control.snapshot()["vendors"][-1]
        assert (shown["name"], shown["title"]) == ("acme", ("Acme Meet", "极致会议"))
        assert [(row["name"], row["account"], row["state"]) for row in shown["accounts"]] == [
            ("Zhang Wei", "wei", ("new", "新"))
        ]
        assert [(one["status"], one["refused"], one["created"]) for one in shown["requests"]] == [
            (400, True, False),
            (201, False, True),
        ]
    finally:
        await world.stop()
