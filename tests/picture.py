"""The pictures in the README: a channel with a result, and beside it what reached the vendor; and what its buttons do."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import FloatRect, expect

from bot.sandbox.world import World
from tests.browser import Workspace, chromium
from tests.conftest import begin

WIDTH = 1180
HIRED = {"account": "corp-zhangwei", "phone": "138 0013 8000", "email": "zhang.wei@example.com"}


@dataclass(frozen=True)
class Picture:
    """What happens in the channel, and what is shown of the page after it, in pixels; `left` and `top` are cut off."""

    play: Callable[[Workspace], Awaitable[None]]
    height: int
    left: int = 0
    top: int = 0

    @property
    def clip(self) -> FloatRect:
        return {"x": self.left, "y": self.top, "width": WIDTH - self.left, "height": self.height - self.top}


async def take_picture(path: Path, picture: Picture) -> Path:
    """Play it in the pretend world, and photograph the page. A PNG of less than 150 kB; needs Chromium."""
    world = World()
    await world.start()
    for vendor in world.vendors.values():
        vendor.seats = 20
    try:
        with tempfile.TemporaryDirectory(prefix="newhire-picture-") as folder:
            bot = await begin(world, Path(folder))
            try:
                async with chromium() as browser:
                    page = await browser.new_page(
                        viewport={"width": WIDTH, "height": picture.height},
                        reduced_motion="reduce",
                        color_scheme="light",
                    )
                    workspace = Workspace(page, world)
                    await enter(workspace)
                    await picture.play(workspace)
                    # Off the message: what is under the mouse, or was clicked, shows its menu.
                    await page.mouse.move(0, 0)
                    await page.evaluate("document.activeElement.blur()")
                    # A notification would lie over the panel.
                    await page.locator(".banners").evaluate("it => { it.hidden = true; }")
                    # Without the shine of what is new.
                    await page.screenshot(path=path, clip=picture.clip, animations="disabled")
            finally:
                await bot.stop()
    finally:
        await world.stop()
    return path


async def enter(workspace: Workspace) -> None:
    await workspace.visit()
    await workspace.one("channel-C0PEOPLE1").click()
    if await workspace.one("hint-close").is_visible():
        await workspace.one("hint-close").click()


async def hire(workspace: Workspace) -> None:
    """docs/picture.png: the account is there."""
    await workspace.opens_the_form("Zhang Wei", "huawei")
    await workspace.sends(**HIRED)
    await expect(workspace.message("account is ready")).to_be_visible()
    await expect(workspace.one("account-row").filter(has_text="corp-zhangwei")).to_be_visible()


async def go_on(workspace: Workspace) -> None:
    """docs/buttons.png: the colleague has to activate the account, and the link to that is got from the message."""
    await workspace.opens_the_form("Li Ming")
    await workspace.sends(account="liming", phone="138 0013 8001", email="li.ming@example.com")
    made = workspace.message("ready to activate")
    await expect(made).to_be_visible()
    await made.get_by_role("button", name="Get activation link").click()
    await expect(workspace.message("please activate your")).to_be_visible()


RESULT = Picture(hire, height=640)
BUTTONS = Picture(go_on, height=730, left=236, top=52)
"""Without the list of channels and the bar with the people."""
