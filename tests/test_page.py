"""The demo page in a real browser: from the command to the account, as people do it with a mouse and with a keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.sandbox.world import World
from tests.browser import CHROMIUM, Workspace, chromium
from tests.conftest import Bot, require
from tests.example_vendor import FakeAcme
from tests.people import ALICE, GENERAL, LINA, MAX, PEOPLE, somebody
from tests.picture import take_picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    require(CHROMIUM.exists(), "Chromium is not installed (Debian: apt-get install chromium)")
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def workspace(browser: Browser, bot: Bot, request: pytest.FixtureRequest) -> AsyncIterator[Workspace]:
    """The page, opened; afterwards its console has had nothing to complain about."""
    size = getattr(request, "param", WIDE)
    context = await browser.new_context(viewport=size, reduced_motion="reduce", locale="en-US")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    here = Workspace(page, bot.world)
    await here.visit()
    yield here
    await context.close()
    assert complaints == []


@pytest.mark.parametrize("user", [ALICE, LINA], ids=["English", "Chinese"])
@pytest.mark.parametrize("vendor", ["tencent", "huawei"])
async def test_from_the_command_to_the_account(workspace: Workspace, vendor: str, user: str) -> None:
    person = somebody()
    await workspace.one(f"who-{user}").click()
    await workspace.one(f"channel-{PEOPLE}").click()
    await workspace.opens_the_form(person.pop("name"), vendor)
    await workspace.sends(**person)
    await expect(workspace.one("modal")).to_have_count(0)
    created = workspace.message("created, asked for by" if user == ALICE else "已为").filter(has_text=person["account"])
    await expect(created).to_have_count(1)
    await expect(created).to_contain_text("Vendor's id" if user == ALICE else "平台内部 ID")
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
    await expect(workspace.message(person["name"])).to_contain_text("all seats at Tencent Meeting are taken")
    await expect(workspace.one("fail-tencent-no_seat")).to_have_attribute("aria-pressed", "false")


async def test_who_may_not_is_told_so_and_nobody_else_sees_it(workspace: Workspace) -> None:
    await workspace.one(f"who-{MAX}").click()
    await workspace.one(f"channel-{GENERAL}").click()
    await workspace.one("composer").fill("/newhire 张伟")
    await workspace.one("send").click()
    told = workspace.message("You may not create accounts")
    await expect(told).to_have_attribute("data-ephemeral", "true")
    await workspace.one(f"who-{ALICE}").click()
    await expect(told).to_have_count(0)


async def test_a_keyboard_is_enough(workspace: Workspace) -> None:
    person, keys = somebody(), workspace.page.keyboard
    await workspace.one("composer").focus()
    await keys.type("/newhire ")
    await keys.press("Enter")
    await expect(workspace.one("field-provider")).to_be_focused()
    await keys.press("Tab")
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


async def test_the_readmes_picture_can_be_taken_again(browser: Browser, tmp_path: Path) -> None:
    picture = await take_picture(tmp_path / "picture.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 150_000


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
