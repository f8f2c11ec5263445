"""The picture in the README: a channel with a result, and beside it what reached the vendor."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.async_api import ViewportSize, expect

from bot.sandbox.world import World
from tests.browser import Workspace, chromium
from tests.conftest import begin

SIZE: ViewportSize = {"width": 1180, "height": 640}
NEW_HIRE = {"account": "corp-zhangwei", "phone": "138 0013 8000", "email": "zhang.wei@example.com"}


async def take_picture(path: Path) -> Path:
    """Hire somebody in the pretend world, and photograph the page. A PNG of less than 150 kB; needs Chromium."""
    world = World()
    await world.start()
    for vendor in world.vendors.values():
        vendor.seats = 20
    try:
        with tempfile.TemporaryDirectory(prefix="newhire-picture-") as folder:
            bot = await begin(world, Path(folder))
            try:
                async with chromium() as browser:
                    page = await browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
                    await hire(Workspace(page, world))
                    # A notification would lie over the panel.
                    await page.locator(".banners").evaluate("it => { it.hidden = true; }")
                    # Without the shine of what is new.
                    await page.screenshot(path=path, animations="disabled")
            finally:
                await bot.stop()
    finally:
        await world.stop()
    return path


async def hire(workspace: Workspace) -> None:
    await workspace.visit()
    await workspace.one("channel-C0PEOPLE1").click()
    if await workspace.one("hint-close").is_visible():
        await workspace.one("hint-close").click()
    await workspace.opens_the_form("Zhang Wei", "huawei")
    await workspace.sends(**NEW_HIRE)
    await expect(workspace.message("account is ready")).to_be_visible()
    await expect(workspace.one("account-row").filter(has_text="corp-zhangwei")).to_be_visible()
