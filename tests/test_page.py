"""The demo page in a real browser: from the command to the account, as people do it with a mouse and with a keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, expect

from bot.sandbox.world import World
from tests.browser import CHROMIUM, Workspace, chromium, visiting
from tests.conftest import Bot, require
from tests.example_vendor import FakeAcme
from tests.people import ALICE, GENERAL, LINA, MAX, PEOPLE, somebody
from tests.picture import BUTTONS, RESULT, Picture, take_picture
from tests.test_sandbox_page import App

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    require(CHROMIUM.exists(), "Chromium is not installed (Debian: apt-get install chromium)")
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def workspace(browser: Browser, bot: Bot, request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """The page, opened; afterwards its console has had nothing to complain about."""
    size: ViewportSize = getattr(request, "param", WIDE)
    async with visiting(browser, bot.world, size) as here:
        yield here


@pytest.mark.parametrize("user", [ALICE, LINA], ids=["English", "Chinese"])
@pytest.mark.parametrize("vendor", ["tencent", "huawei"])
async def test_from_the_command_to_the_account(workspace: Workspace, vendor: str, user: str) -> None:
    person = somebody()
    await workspace.one(f"who-{user}").click()
    await workspace.one(f"channel-{PEOPLE}").click()
    await workspace.opens_the_form(person.pop("name"), vendor)
    await workspace.sends(**person)
    await expect(workspace.one("modal")).to_have_count(0)
    created = workspace.message("account is ready" if user == ALICE else "账号").filter(has_text=person["account"])
    await expect(created).to_have_count(1)
    await expect(created).to_contain_text("ID" if user == ALICE else "内部 ID")
    await workspace.one(f"tab-{vendor}").click()
    beside = workspace.one(f"vendor-{vendor}")
    await expect(beside.get_by_test_id("account-row").filter(has_text=person["account"])).to_have_count(1)
    await expect(beside.get_by_test_id("request").filter(has_text="POST")).not_to_have_count(0)


async def test_what_is_wrong_stands_at_its_field_and_goes_once_mended(workspace: Workspace) -> None:
    person = somebody()
    await workspace.opens_the_form()
    await workspace.sends(**(person | {"phone": "12345"}))
    await expect(workspace.one("error-phone")).to_contain_text("There is no such number under +86")
    await expect(workspace.one("field-phone")).to_have_attribute("aria-invalid", "true")
    await expect(workspace.one("field-phone")).to_be_focused()
    await workspace.sends(phone=person["phone"])
    await expect(workspace.message(person["account"])).to_have_count(1)


async def test_a_failure_is_a_button_away(workspace: Workspace) -> None:
    person = somebody()
    await workspace.one("tab-tencent").click()
    await workspace.one("fail-tencent-no_seat").click()
    await expect(workspace.one("fail-tencent-no_seat")).to_have_attribute("aria-pressed", "true")
    await workspace.opens_the_form()
    await workspace.sends(**person)
    said = workspace.message(person["name"]).filter(has_text="All Tencent Meeting licences are in use")
    await expect(said).to_have_count(1)
    await expect(workspace.one("fail-tencent-no_seat")).to_have_attribute("aria-pressed", "false")


async def test_who_may_not_is_told_so_and_nobody_else_sees_it(workspace: Workspace) -> None:
    await workspace.one(f"who-{MAX}").click()
    await workspace.one(f"channel-{GENERAL}").click()
    await workspace.one("composer").fill("/newhire 张伟")
    await workspace.one("send").click()
    told = workspace.message("You don't have permission")
    await expect(told).to_have_attribute("data-ephemeral", "true")
    await workspace.one(f"who-{ALICE}").click()
    await expect(told).to_have_count(0)


async def test_a_keyboard_is_enough(workspace: Workspace) -> None:
    person, keys = somebody(), workspace.page.keyboard
    await workspace.one("composer").focus()
    await keys.type("/newhire ")
    await keys.press("Enter")
    # The first field that is empty; the provider is chosen already.
    await expect(workspace.one("field-name")).to_be_focused()
    for text in (person["name"], person["account"], person["phone"]):
        await keys.type(text)
        await keys.press("Tab")
    await expect(workspace.one("field-email")).to_be_focused()
    await keys.type(person["email"])
    await keys.press("Enter")
    await expect(workspace.message(person["account"])).to_have_count(1)
    await expect(workspace.one("composer")).to_be_focused()
    await keys.type("/newhire ")
    await keys.press("Enter")
    await expect(workspace.one("modal")).to_be_visible()
    await keys.press("Escape")
    await expect(workspace.one("modal")).to_have_count(0)


@pytest.mark.parametrize("workspace", [WIDE], indirect=True, ids=["1280"])
async def test_on_a_desk_nothing_is_wider_than_the_screen(workspace: Workspace) -> None:
    await fits(workspace)
    for name in ("tencent", "huawei", "slack"):
        await workspace.one(f"tab-{name}").click()
        await fits(workspace)
    await workspace.opens_the_form(vendor="huawei")
    await workspace.one("more-options").click()
    await expect(workspace.one("field-password")).to_be_attached()
    await fits(workspace)


@pytest.mark.parametrize("workspace", [NARROW], indirect=True, ids=["390"])
async def test_on_a_telephone_nothing_is_wider_than_the_screen(workspace: Workspace) -> None:
    person = somebody()
    for pane in ("channels", "vendors", "chat"):
        await workspace.one(f"pane-{pane}").click()
        await fits(workspace)
    await workspace.opens_the_form()
    await fits(workspace)
    await workspace.sends(**person)
    await expect(workspace.message(person["account"])).to_be_visible()
    await fits(workspace)
    await workspace.one("pane-vendors").click()
    await expect(workspace.one("account-row")).to_have_count(1)
    await fits(workspace)


async def fits(workspace: Workspace) -> None:
    widths = "[document.documentElement.scrollWidth, innerWidth]"
    whole, screen = await workspace.page.evaluate(widths)
    assert whole <= screen


@pytest.mark.parametrize("picture", [RESULT, BUTTONS])
async def test_the_readmes_pictures_can_be_taken_again(browser: Browser, tmp_path: Path, picture: Picture) -> None:
    taken = await take_picture(tmp_path / "picture.png", picture)
    assert taken.read_bytes().startswith(b"\x89PNG")
    assert taken.stat().st_size < 150_000


async def test_a_vendor_that_the_page_never_heard_of_has_its_tab(browser: Browser) -> None:
    """Its accounts, requests and failure switches, in both languages: all of it comes with the snapshot."""
    acme = FakeAcme(seats=5)
    world = World(others=[acme])
    await world.start()
    page = await browser.new_page(viewport=WIDE, reduced_motion="reduce", locale="en-US")
    try:
        await page.goto(world.page_url)
        workspace = Workspace(page, world)
        await workspace.one("tab-acme").click()
        beside = workspace.one("vendor-acme")
        await expect(beside).to_contain_text("0 of 5 seats used")
        await workspace.one("fail-acme-no_seat").click()
        await expect(workspace.one("fail-acme-no_seat")).to_have_attribute("aria-pressed", "true")
        member, key = {"login": "wei", "fullName": "Zhang Wei"}, {"Authorization": f"Bearer {acme.key}"}
        async with aiohttp.ClientSession() as client:
            for status in (400, 201):
                async with client.post(f"{acme.url}/members", json=member, headers=key) as answer:
                    assert answer.status == status
        await expect(beside.get_by_test_id("account-row")).to_contain_text("Zhang Wei")
        await expect(beside.get_by_test_id("request")).to_have_count(2)
        await expect(workspace.one("fail-acme-no_seat")).to_have_attribute("aria-pressed", "false")
        await workspace.one(f"who-{LINA}").click()
        await expect(workspace.one("tab-acme")).to_contain_text("极致")
        await expect(beside).to_contain_text("极致会议")
        await workspace.one("reset-acme").click()
        await expect(beside.get_by_test_id("account-row")).to_have_count(0)
    finally:
        await page.close()
        await world.stop()


# --- as Slack's own client does it


async def calls(bot: Bot, method: str, **arguments: Any) -> Any:
    """A call of Slack's Web API, as the bot would make it."""
    slack = bot.world.slack
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{slack.url}/api/{method}", json=arguments, headers=headers) as answer,
    ):
        done = await answer.json()
    assert done["ok"], done
    return done


def button(text: str, action_id: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "value": "42",
        "text": {"type": "plain_text", "text": text},
        **more,
    }


def buttons(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "block_id": "what", "elements": list(elements)}


@pytest.mark.parametrize(
    ("locale", "user", "lang"),
    [("zh-CN", LINA, "zh-CN"), ("zh-Hant-TW", LINA, "zh-CN"), ("en-GB", ALICE, "en"), ("de-DE", ALICE, "en")],
)
async def test_the_page_begins_in_the_browsers_language(
    browser: Browser, bot: Bot, locale: str, user: str, lang: str
) -> None:
    page = await browser.new_page(viewport=WIDE, locale=locale)
    workspace = Workspace(page, bot.world)
    await workspace.visit()
    await expect(page.locator("html")).to_have_attribute("lang", lang)
    await expect(workspace.one(f"who-{user}")).to_have_attribute("aria-pressed", "true")
    other = ALICE if user == LINA else LINA
    await workspace.one(f"who-{other}").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en" if user == LINA else "zh-CN")
    await page.reload()
    await expect(workspace.one(f"who-{other}")).to_have_attribute("aria-pressed", "true")
    await page.close()


MIDDLE = {"width": 1000, "height": 800}


@pytest.mark.parametrize("workspace", [WIDE, MIDDLE, NARROW], indirect=True, ids=["1280", "1000", "390"])
async def test_f6_goes_round_and_reaches_the_failures(workspace: Workspace) -> None:
    page = workspace.page
    await workspace.one("composer").focus()
    await page.keyboard.press("F6")
    await expect(workspace.one("tab-tencent")).to_be_focused()
    for _ in range(40):
        if await page.evaluate("document.activeElement.dataset.testid") == "fail-tencent-429":
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(workspace.one("fail-tencent-429")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("Shift+F6")
    await expect(workspace.one("composer")).to_be_focused()


async def test_reset_keeps_the_seats(workspace: Workspace) -> None:
    tencent = workspace.world.tencent
    before, tencent.seats = tencent.seats, 20
    try:
        await workspace.one("tab-tencent").click()
        await workspace.one("reset-tencent").click()
        await expect(workspace.one("vendor-tencent").get_by_test_id("seats")).to_have_text("0 of 20 seats used")
    finally:
        tencent.seats = before


async def test_slack_is_made_to_fail_from_the_page(workspace: Workspace) -> None:
    faults = workspace.world.slack.failures
    await workspace.one("tab-slack").click()
    await workspace.one("choose-users.info").click()
    await workspace.one("fail-slack-hang").click()
    await expect(workspace.one("fail-slack-hang")).to_have_attribute("aria-pressed", "true")
    await workspace.one("choose-*").click()
    await expect(workspace.one("fail-slack-hang")).to_have_attribute("aria-pressed", "false")
    await workspace.one("slack-side").get_by_test_id("choose-3").click()
    await workspace.one("fail-slack-503").click()
    await expect(workspace.one("fail-slack-503")).to_have_attribute("aria-pressed", "true")
    assert [(fault.method, fault.how, fault.times) for fault in faults] == [("users.info", "hang", 1), ("*", "503", 3)]
    await workspace.one("clear-slack").click()
    await expect(workspace.one("clear-slack")).to_have_count(0)
    assert faults == []


async def test_a_person_is_told_of_what_rings_them_up(workspace: Workspace, bot: Bot) -> None:
    """A mention in a new message and a direct message ring, whoever is looking elsewhere; an edit rings nobody."""
    await workspace.one(f"channel-{PEOPLE}").click()
    posted = await calls(bot, "chat.postMessage", channel=GENERAL, text="Creating …")
    await expect(workspace.one(f"channel-{GENERAL}")).to_have_attribute("data-unread", "1")
    await calls(bot, "chat.update", channel=GENERAL, ts=posted["ts"], text=f"Created, <@{ALICE}>")
    await calls(bot, "chat.postMessage", channel=PEOPLE, text=f"Before your eyes, <@{ALICE}>")
    await expect(workspace.message("Before your eyes")).to_be_visible()
    await expect(workspace.one("ping")).to_have_count(0)
    await expect(workspace.one(f"channel-{GENERAL}").get_by_test_id("badge")).to_have_count(0)

    await calls(bot, "chat.postMessage", channel=GENERAL, text=f"*Done*, <@{ALICE}> and <@{LINA}> &amp; all")
    await expect(workspace.one("ping")).to_have_text("newhire in #generalDone, @Alice Chen and @李娜 & all")
    await expect(workspace.one(f"channel-{GENERAL}").get_by_test_id("badge")).to_contain_text("1")
    await expect(workspace.one(f"who-{LINA}").get_by_test_id("badge")).to_contain_text("1")
    await calls(bot, "chat.postMessage", channel=ALICE, text="Only for you")
    await expect(workspace.one("ping").last).to_contain_text("newhire (direct message)")
    await workspace.one("ping").first.get_by_role("button").first.click()
    await expect(workspace.message("Done")).to_be_visible()
    await expect(workspace.one(f"channel-{GENERAL}").get_by_test_id("badge")).to_have_count(0)
    await expect(workspace.one("ping")).to_have_count(1)
    await workspace.page.keyboard.press("Escape")
    await expect(workspace.one("ping")).to_have_count(0)


async def test_replies_hang_under_their_message(workspace: Workspace, bot: Bot) -> None:
    await workspace.one(f"channel-{PEOPLE}").click()
    parent = (await calls(bot, "chat.postMessage", channel=PEOPLE, text="Creating …"))["ts"]
    await calls(bot, "chat.postMessage", channel=PEOPLE, text="Something else")
    await calls(bot, "chat.postMessage", channel=PEOPLE, thread_ts=parent, text="Created.")
    await calls(bot, "chat.postEphemeral", channel=PEOPLE, user=ALICE, thread_ts=parent, text="Psst.")
    await calls(bot, "chat.postMessage", channel=PEOPLE, thread_ts=parent, text="For all.", reply_broadcast=True)
    thread = workspace.one("thread")
    await expect(thread).to_have_count(1)
    await expect(workspace.one("thread-line")).to_contain_text("3 replies")
    await expect(thread.get_by_test_id("message")).to_have_count(3)
    await expect(thread.get_by_test_id("message").nth(1)).to_contain_text("Only visible to you")
    await expect(workspace.message("For all.").last).to_contain_text("Also sent to the channel")
    order = await workspace.one("message").all_inner_texts()
    assert [text.splitlines()[-1] for text in order[:2]] == ["Creating …", "Created."]
    await workspace.one("thread-line").click()
    await expect(workspace.one("thread-line")).to_have_attribute("aria-expanded", "false")
    await expect(thread.get_by_test_id("message")).to_have_count(0)


async def test_a_button_in_a_message_reaches_the_bot(workspace: Workspace, bot: Bot) -> None:
    await workspace.one(f"channel-{PEOPLE}").click()
    question = {
        "title": {"type": "plain_text", "text": "Remove it?"},
        "text": {"type": "mrkdwn", "text": "*wei* goes."},
        "confirm": {"type": "plain_text", "text": "Remove"},
        "deny": {"type": "plain_text", "text": "Keep"},
        "style": "danger",
    }
    block = buttons(button("Send again", "again", style="primary"), button("Undo", "undo", confirm=question))
    posted = await calls(bot, "chat.postMessage", channel=PEOPLE, text="Created.", blocks=[block])
    sent = bot.world.slack.envelopes
    before = len(sent)
    await workspace.page.get_by_role("button", name="Send again").click()
    await bot.world.slack.until(lambda _: len(sent) == before + 1 and sent[-1].acks)
    assert sent[-1].payload["type"] == "block_actions"
    assert sent[-1].payload["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": PEOPLE,
        "is_ephemeral": False,
    }
    assert [(done["action_id"], done["value"]) for done in sent[-1].payload["actions"]] == [("again", "42")]

    undo = workspace.page.get_by_role("button", name="Undo")
    await undo.click()
    await expect(workspace.one("question")).to_contain_text("Remove it?wei goes.")
    await workspace.page.keyboard.press("Escape")
    await expect(workspace.one("question")).to_have_count(0)
    await expect(undo).to_be_focused()
    assert len(sent) == before + 1
    await undo.click()
    await expect(workspace.one("question-yes")).to_be_focused()
    await workspace.one("question-yes").click()
    await bot.world.slack.until(lambda _: len(sent) == before + 2)
    assert sent[-1].payload["actions"][0]["action_id"] == "undo"


async def test_what_only_one_person_sees_says_so(workspace: Workspace, bot: Bot) -> None:
    """By chat.postEphemeral and by the response_url of a button in it, which then replaces and takes away."""
    await workspace.one(f"channel-{PEOPLE}").click()
    block = buttons(button("Anyway", "anyway"))
    await calls(bot, "chat.postEphemeral", channel=PEOPLE, user=ALICE, text="You asked already.", blocks=[block])
    told = workspace.page.locator("[data-ephemeral=true]")
    await expect(told).to_contain_text("Only visible to you")
    await workspace.page.get_by_role("button", name="Anyway").click()
    sent = await bot.world.slack.until(
        lambda slack: slack.envelopes[-1].payload["type"] == "block_actions" and slack.envelopes[-1].payload
    )
    assert sent["container"]["is_ephemeral"] is True
    assert "message" not in sent
    async with aiohttp.ClientSession() as client:
        for body, shown in (
            ({"text": "On its way.", "replace_original": True}, 1),
            ({"text": "One more word."}, 2),
            ({"delete_original": True}, 1),
        ):
            async with client.post(sent["response_url"], json=body) as answer:
                assert answer.status == 200
            await expect(told).to_have_count(shown)
    await expect(told).to_contain_text("One more word.")
    await workspace.one(f"who-{MAX}").click()
    await expect(told).to_have_count(0)


async def test_context_is_as_small_and_grey_as_slacks(workspace: Workspace, bot: Bot) -> None:
    await workspace.one(f"channel-{PEOPLE}").click()
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "Created."}}
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": "Vendor's ID `WM0f4c`"}]}
    await calls(bot, "chat.postMessage", channel=PEOPLE, text="Created.", blocks=[section, context])
    small = workspace.page.locator(".context .text")
    await expect(small).to_have_css("font-size", "13px")
    plain = workspace.page.locator(".section .text")
    await expect(plain).to_have_css("font-size", "15px")
    assert await small.evaluate("it => getComputedStyle(it).color") != await plain.evaluate(
        "it => getComputedStyle(it).color"
    )


# --- the app's own place, menus and questions: beside an app that acknowledges all and draws nothing


@pytest_asyncio.fixture(loop_scope="module")
async def app() -> AsyncIterator[App]:
    world = World()
    await world.start()
    async with aiohttp.ClientSession() as session:
        connected = App(world, session)
        await connected.connect()
        yield connected
        await connected.stop()
    await world.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def alone(browser: Browser, app: App, request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """The page of that app; as `workspace`, its console has had nothing to complain about."""
    context = await browser.new_context(
        viewport=getattr(request, "param", WIDE), reduced_motion="reduce", locale="en-US"
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    here = Workspace(page, app.world)
    await here.visit()
    yield here
    await context.close()
    assert complaints == []


def menu(type_: str, action_id: str, *values: str, **more: Any) -> dict[str, Any]:
    offered = [{"text": {"type": "plain_text", "text": value.title()}, "value": value} for value in values]
    return {"type": type_, "action_id": action_id, "options": offered, **more}


ASKED = {part: {"type": "plain_text", "text": part.title()} for part in ("title", "text", "confirm", "deny")}


async def heard(app: App, count: int) -> dict[str, Any]:
    """The last of `count` payloads that the app has seen."""
    await app.world.slack.until(lambda _: len(app.seen) == count)
    return app.seen[-1]


def home_of(name: str) -> dict[str, Any]:
    text = {"type": "section", "text": {"type": "mrkdwn", "text": f"*{name}*"}}
    row = buttons(button("Undo", "undo", confirm=ASKED), menu("static_select", "filter", "all", "mine"))
    return {"type": "home", "blocks": [text | {"accessory": menu("overflow", "more", "copy", "open")}, row]}


async def test_everybody_has_a_home_tab_of_their_own(alone: Workspace, app: App) -> None:
    await alone.one("app").click()
    await expect(alone.one("home")).to_contain_text("Nothing here yet")
    opened = (await heard(app, 1))["event"]
    assert (opened["type"], opened["user"], opened["tab"]) == ("app_home_opened", ALICE, "home")
    for user, name in ((ALICE, "Requests of Alice"), (LINA, "李娜的申请")):
        await app.call("views.publish", user_id=user, view=home_of(name))
    await expect(alone.one("home")).to_contain_text("Requests of Alice")
    await expect(alone.one("composer")).to_have_count(0)
    await alone.one(f"who-{LINA}").click()
    await expect(alone.one("home")).to_contain_text("李娜的申请")
    await expect(alone.one("app-tab-home")).to_have_text("主页")
    assert (await heard(app, 2))["event"]["view"]["type"] == "home"
    await alone.page.reload()
    await expect(alone.one("home")).to_contain_text("李娜的申请")
    await heard(app, 3)
    await alone.one("app-tab-messages").click()
    await expect(alone.one("composer")).to_be_visible()
    assert (await heard(app, 4))["event"]["tab"] == "messages"


async def test_a_home_tab_is_used_with_the_keyboard(alone: Workspace, app: App) -> None:
    keys = alone.page.keyboard
    await app.call("views.publish", user_id=ALICE, view=home_of("Requests"))
    await alone.one("app").focus()
    await keys.press("Enter")
    await expect(alone.one("app-tab-home")).to_have_attribute("aria-selected", "true")
    await heard(app, 1)
    await alone.one("overflow").focus()
    await keys.press("Enter")
    await expect(alone.page.get_by_role("menuitem", name="Copy")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    assert (await heard(app, 2))["actions"][0]["selected_option"]["value"] == "open"
    await expect(alone.one("overflow")).to_be_focused()
    await keys.press("Enter")
    await keys.press("Escape")
    await expect(alone.page.get_by_role("menu")).to_have_count(0)
    await alone.one("app-tab-home").focus()
    await keys.press("ArrowRight")
    await expect(alone.one("app-tab-messages")).to_be_focused()
    assert (await heard(app, 3))["event"]["tab"] == "messages"


async def test_a_question_stands_before_a_button_and_before_a_choice(alone: Workspace, app: App) -> None:
    await app.call("views.publish", user_id=ALICE, view=home_of("Requests"))
    asking = buttons(menu("static_select", "grade", "basic", "pro", confirm=ASKED))
    await app.call("chat.postMessage", channel=PEOPLE, text="x", blocks=[asking])
    await alone.page.get_by_role("combobox").select_option("pro")
    await alone.one("question-no").click()
    await expect(alone.page.get_by_role("combobox")).to_have_value("")
    await alone.page.get_by_role("combobox").select_option("pro")
    await alone.one("question-yes").click()
    assert (await heard(app, 1))["actions"][0]["selected_option"]["value"] == "pro"
    await expect(alone.page.get_by_role("combobox")).to_have_value("pro")
    await alone.one("app").click()
    await heard(app, 2)
    await alone.page.get_by_role("button", name="Undo").click()
    for _ in range(3):  # the focus goes round in the question
        await alone.page.keyboard.press("Tab")
    await expect(alone.one("question-yes")).to_be_focused()
    await alone.page.keyboard.press("Enter")
    assert (await heard(app, 3))["container"]["type"] == "view"
    assert [one["action_id"] for one in app.world.slack.confirmations] == ["grade", "undo"]


async def test_a_form_from_somebodys_message(alone: Workspace, app: App) -> None:
    said = await app.world.slack.say(MAX, PEOPLE, "Zhang Wei starts on Monday")
    await app.call("chat.postEphemeral", channel=PEOPLE, user=ALICE, text="only you")
    message = alone.message("Zhang Wei")
    await expect(alone.message("only you").get_by_test_id("message-more")).to_have_count(0)
    await message.get_by_test_id("message-more").focus()
    await expect(message.locator(".message-tools")).to_have_css("opacity", "1")
    await alone.page.keyboard.press("Enter")
    await alone.one("shortcut-newhire_message").click()
    payload = await heard(app, 1)
    assert (payload["type"], payload["message_ts"], payload["user"]["id"]) == ("message_action", said["ts"], ALICE)
    await alone.one("shortcuts").click()
    await expect(alone.page.get_by_role("menuitem")).to_have_count(1)
    await alone.one("shortcut-newhire_global").click()
    assert (await heard(app, 2))["type"] == "shortcut"


async def test_a_button_waits_for_its_answer(alone: Workspace, app: App) -> None:
    await app.call("chat.postMessage", channel=PEOPLE, text="x", blocks=[buttons(button("Again", "again"))])
    await app.stop()
    app.world.slack.ack_timeout = 0.5
    again = alone.page.get_by_role("button", name="Again")
    await again.click()
    await expect(again).to_have_attribute("aria-disabled", "true")
    await expect(alone.page.locator(".toast")).to_have_text(
        "Operation timed out. Apps need to respond within 3 seconds."
    )
    await expect(again).not_to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("alone", [NARROW], indirect=True, ids=["390"])
async def test_on_a_telephone_the_home_tab_fits(alone: Workspace, app: App) -> None:
    await app.call("views.publish", user_id=ALICE, view=home_of("Requests"))
    await alone.one("pane-channels").click()
    await alone.one("app").click()
    await expect(alone.one("home")).to_contain_text("Requests")
    await fits(alone)
    await alone.one("overflow").click()
    await fits(alone)


async def test_somebody_joins_slack_from_the_page(alone: Workspace, app: App) -> None:
    app.world.slack.events.add("team_join")
    await alone.one("tab-slack").click()
    await alone.one("join").click()
    await expect(alone.page.locator(".toast")).to_have_text("陈洁 joined the workspace.")
    assert (await heard(app, 1))["event"]["user"]["real_name"] == "陈洁"


async def test_a_vendors_accounts_are_acted_upon(browser: Browser) -> None:
    """What a row of the snapshot offers is a button, in both languages."""

    class Activating(FakeAcme):
        done: tuple[str, str] = ("", "")

        def shown(self) -> dict[str, Any]:
            row = {"key": "wei", "name": "Zhang Wei", "account": "wei", "phone": "", "email": "", "department": ""}
            return {
                **super().shown(),
                "accounts": [row | {"actions": [{"name": "activate", "title": ("Accept the invitation", "接受邀请")}]}],
            }

        def by_hand(self, key: str, action: str) -> None:
            self.done = (action, key)

    acme = Activating()
    world = World(others=[acme])
    await world.start()
    page = await browser.new_page(viewport=WIDE, reduced_motion="reduce", locale="zh-CN")
    try:
        await page.goto(world.page_url)
        workspace = Workspace(page, world)
        await workspace.one("tab-acme").click()
        await expect(workspace.one("act-activate")).to_have_text("接受邀请")
        await workspace.one(f"who-{ALICE}").click()
        await expect(workspace.one("act-activate")).to_have_text("Accept the invitation")
        await workspace.one("act-activate").click()
        await world.slack.until(lambda _: acme.done == ("activate", "wei"))
    finally:
        await page.close()
        await world.stop()
