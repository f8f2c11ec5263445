"""Many at once in the demo page, in a real browser: a file chosen, the list looked at, the accounts made, the result taken."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.spreadsheet.files import as_csv
from tests.browser import CHROMIUM, Workspace, chromium, visiting
from tests.conftest import Bot, require
from tests.people import ALICE, LINA, somebody

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

HEADER = ["姓名", "userid", "手机", "邮箱"]
SHOTS = os.environ.get("TEST_PICTURES")
"""A folder for pictures of each step, for whoever wants to see them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    require(CHROMIUM.exists(), "Chromium is not installed (Debian: apt-get install chromium)")
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def workspace(browser: Browser, bot: Bot) -> AsyncIterator[Workspace]:
    """The page, opened; afterwards its console has had nothing to complain about."""
    async with visiting(browser, bot.world, {"width": 1280, "height": 900}) as here:
        yield here


async def picture(workspace: Workspace, name: str) -> None:
    if SHOTS:
        await workspace.page.screenshot(path=Path(SHOTS) / f"{name}.png", animations="disabled")


async def gives_in(workspace: Workspace, user: str, content: bytes, name: str) -> None:
    """Be somebody, open the form for many, choose the file, send it, and look where newhire answers."""
    await workspace.one(f"who-{user}").click()
    await workspace.one("composer").fill("/newhire many")
    await workspace.one("composer").press("Enter")
    await expect(workspace.one("modal")).to_be_visible()
    await workspace.one("field-file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    await expect(workspace.page.locator(".file-chosen")).to_have_text(name)
    await picture(workspace, f"{user}-form")
    await workspace.one("modal-submit").click()
    await expect(workspace.one("modal")).to_have_count(0)
    await workspace.one(f"channel-D{user[1:]}").click()


@pytest.mark.parametrize(
    ("user", "can", "create", "progress", "done", "wrong"),
    [
        (ALICE, "3 accounts can be created", "Create 3", "Creating accounts", "Done", "To be corrected: 1"),
        (LINA, "可开通 3 个", "开通 3 个", "正在开通", "已完成", "需更正：1"),
    ],
    ids=["English", "Chinese"],
)
async def test_a_file_becomes_accounts(
    workspace: Workspace, user: str, can: str, create: str, progress: str, done: str, wrong: str
) -> None:
    people = [somebody() for _ in range(3)]
    table = [[one[key] for key in ("name", "account", "phone", "email")] for one in people]
    content = as_csv([HEADER, *table, ["李四", "lisi", "1.38E+10", ""], table[0]])
    await gives_in(workspace, user, content, "july.csv")
    message = workspace.message(can)
    await expect(message).to_have_count(1)
    await expect(message).to_contain_text(wrong)
    await expect(message.locator(".table tbody tr")).to_have_count(2)
    await expect(message.locator(".table tbody tr").first).to_contain_text("1.38E+10")
    await picture(workspace, f"{user}-shown")
    await message.get_by_role("button", name=create).click()
    await expect(workspace.message(progress)).to_contain_text("/ 3")
    await picture(workspace, f"{user}-running")
    ended = workspace.message(done)
    await expect(ended).to_have_count(1, timeout=60_000)
    cards = workspace.one("file-card")
    await expect(cards).to_have_count(2)
    await cards.first.scroll_into_view_if_needed()
    await picture(workspace, f"{user}-done")
    async with workspace.page.expect_download() as download:
        await cards.filter(has_text=".csv").click()
    taken = await asyncio.to_thread(Path(await (await download.value).path()).read_bytes)
    rows = list(csv.reader(io.StringIO(taken.decode("utf-8-sig"), newline="")))
    assert [row[:2] for row in rows[1:4]] == [[one["name"], one["account"]] for one in people]
    assert sorted(one["key"] for one in workspace.world.tencent.created) == sorted(one["account"] for one in people)


@pytest.mark.parametrize("user", [ALICE, LINA], ids=["English", "Chinese"])
async def test_a_long_table_has_pages_and_what_it_cannot_show_is_a_file(workspace: Workspace, user: str) -> None:
    wrong = [["李四", f"lisi{n}", "12", ""] for n in range(230)]
    await gives_in(workspace, user, as_csv([HEADER, *wrong]), "long.csv")
    number = workspace.one("page-number")
    await expect(number).to_have_count(1)
    await expect(number).to_contain_text("1–10")
    await expect(workspace.one("page-before")).to_be_disabled()
    first = workspace.page.locator(".table tbody tr").first
    await expect(first.locator("th")).to_have_text("2")
    await workspace.one("page-after").click()
    await expect(first.locator("th")).to_have_text("12")
    await expect(number).to_contain_text("11–20")
    await workspace.one("page-before").click()
    await expect(first.locator("th")).to_have_text("2")
    await expect(workspace.one("file-card")).to_have_count(1)
    await expect(workspace.one("file-card")).to_contain_text(".csv")
    await number.scroll_into_view_if_needed()
    await picture(workspace, f"{user}-long")
