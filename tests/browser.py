"""Debian's Chromium, driven by Playwright through the demo page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

from bot.sandbox.world import World

CHROMIUM = Path("/usr/bin/chromium")
# Nothing of a browser's own errands: the tests reach 127.0.0.1 and no other machine.
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser, closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=QUIETLY)
        try:
            yield browser
        finally:
            await browser.close()


class Workspace:
    """The page, in the hands of a person."""

    def __init__(self, page: Page, world: World) -> None:
        self.page, self.world = page, world

    async def visit(self) -> None:
        """Open it, and wait until it shows that the bot is connected."""
        await self.page.goto(self.world.page_url)
        await expect(self.one("bot-status")).to_have_attribute("data-connected", "true")

    def one(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    async def opens_the_form(self, text: str = "", vendor: str = "tencent") -> None:
        """Type the command, and choose where."""
        await self.one("composer").fill(f"/newhire {text}")
        await self.one("composer").press("Enter")
        await expect(self.one("modal")).to_be_visible()
        if vendor != "tencent":
            await self.one("field-provider").select_option(vendor)
            await expect(self.one("field-job_title")).to_have_count(0)

    async def sends(self, **typed: str) -> None:
        for name, text in typed.items():
            await self.one(f"field-{name}").fill(text)
        await self.one("modal-submit").click()

    def message(self, text: str) -> Locator:
        """The messages here that say so."""
        return self.one("message").filter(has_text=text)


@asynccontextmanager
async def visiting(browser: Browser, world: World, size: ViewportSize) -> AsyncIterator[Workspace]:
    """The page, opened at this size; afterwards its console has had nothing to complain about."""
    context = await browser.new_context(viewport=size, reduced_motion="reduce", locale="en-US")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    here = Workspace(page, world)
    await here.visit()
    yield here
    await context.close()
    assert complaints == []
