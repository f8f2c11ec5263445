"""One person whom somebody else has to agree to, through the real bot: asked, decided, carried out once."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world import World
from tests.conftest import Bot, begin
from tests.people import ADMINS, ALICE, LINA, MAX, OWEN, PEOPLE, Form, Person, about, result, somebody, words

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Json = dict[str, Any]


async def asks(
    world: World, user: str = ALICE, provider: str = "tencent", **fields: str
) -> tuple[dict[str, str], Json]:
    """Somebody sends a form: whom it is about, and what the approvers read."""
    person = somebody(**fields)
    form = await Person(world, user).opens()
    if provider != "tencent":
        await form.choose(provider)
    if "account_type" in fields:
        await form.press_more()
    await form.submit(**person)

    headline = f"*{person['name']}*"
    there = await world.slack.until(
        lambda _: [one for one in world.slack.messages[ADMINS] if headline in one["text"]], timeout=20
    )
    return person, there[0]


async def decides(world: World, user: str, message: Json, action: str) -> None:
    delivery = await world.slack.click(user, ADMINS, message["ts"], action)
    assert delivery.acked


async def waits(world: World, person: dict[str, str], said: str = "Waiting for approval") -> Json:
    """What whoever asked reads meanwhile."""

    there = await world.slack.until(
        lambda _: [one for one in about(world, person["name"]) if said in words(one)], timeout=20
    )
    message: Json = there[0]
    return message


async def test_nothing_is_created_before_somebody_agrees_and_both_read_who_did(another_bot: Any) -> None:
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="tencent")
    world = bot.world
    person, asked = await asks(world)
    message = await waits(world, person)
    assert person["phone"].replace(" ", "")[3:7] not in words(asked).replace(" ", "")
    assert f"Userid: {person['account']}" in words(asked) or person["account"] in words(asked)
    assert world.tencent.created == []
    await decides(world, ALICE, asked, "approve")
    await world.slack.until(lambda slack: "You asked for this yourself" in str(slack.messages[ADMINS]))
    assert world.tencent.created == []
    await decides(world, LINA, asked, "approve")
    done = await result(world, person["name"])
    assert done["ts"] == message["ts"], "it is one message"
    assert "Approved by" in words(done)
    assert "<@" not in words(done), "nobody is rung up"
    await world.slack.until(lambda _: "Approved by Li Na" in words(asked))
    assert not [block for block in asked["blocks"] if block["type"] == "actions"]
    assert [one["key"] for one in world.tencent.created] == [person["account"]]


async def test_declined_with_a_reason_it_can_be_corrected_and_is_asked_about_anew(another_bot: Any) -> None:
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="huawei")
    world = bot.world
    person, asked = await asks(world, provider="huawei")
    views = set(world.slack.views)
    await decides(world, LINA, asked, "decline")
    view = await world.slack.until(lambda slack: next(iter(set(slack.views) - views), None))
    await Form(world, LINA, str(view)).submit(reason="We have *no* contract yet")
    message = await waits(world, person, "Declined by")
    assert "contract yet" in words(message)
    assert world.huawei.accounts == []
    await world.slack.until(lambda slack: "wasn't approved" in str(slack.messages[PEOPLE]))
    views = set(world.slack.views)
    await world.slack.click(ALICE, PEOPLE, message["ts"], "edit")
    view = await world.slack.until(lambda slack: next(iter(set(slack.views) - views), None))
    await Form(world, ALICE, str(view)).submit()
    await world.slack.until(
        lambda slack: len([one for one in slack.messages[ADMINS] if "asks to create" in one["text"]]) == 2
    )
    again = world.slack.messages[ADMINS][-1]
    await decides(world, LINA, again, "approve")
    await world.slack.until(lambda _: len(world.huawei.accounts) == 1, timeout=20)


async def test_of_two_that_wait_the_one_is_approved_that_was_clicked_and_twice_is_once(another_bot: Any) -> None:
    """varu3/slack-approval 11, vercel/eve 2471: another one was; fivexl/terraform-aws-sso-elevator 212: twice was an error."""
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="always")
    world = bot.world
    first, _ = await asks(world)
    second, asked = await asks(world)
    clicks = (world.slack.click(user, ADMINS, asked["ts"], "approve") for user in (LINA, OWEN, LINA))
    assert all(delivery.acked for delivery in await asyncio.gather(*clicks))
    await result(world, second["name"])
    await waits(world, first)
    assert [one["key"] for one in world.tencent.created] == [second["account"]]


async def test_who_was_an_admin_when_it_was_asked_decides_nothing_any_more(another_bot: Any) -> None:
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="always")
    world = bot.world
    person, asked = await asks(world)
    world.slack.users[LINA] |= {"is_admin": False}
    await decides(world, LINA, asked, "approve")
    await world.slack.until(lambda slack: "没有审批权限" in str(slack.messages[ADMINS]))
    await decides(world, OWEN, asked, "approve")
    assert "Approved by Owen Park" in words(await result(world, person["name"]))


async def test_whoever_asked_can_cancel_and_nobody_else(another_bot: Any) -> None:
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="always")
    world = bot.world
    person, asked = await asks(world)
    message = await waits(world, person)
    await world.slack.click(MAX, PEOPLE, message["ts"], "withdraw")
    await world.slack.until(lambda slack: "Only whoever asked" in str(slack.messages[PEOPLE]))
    await world.slack.click(ALICE, PEOPLE, message["ts"], "withdraw")
    await waits(world, person, "Cancelled by")
    await world.slack.until(lambda _: "has cancelled it" in words(asked))
    assert world.tencent.created == []


async def test_nobody_decides_in_time(another_bot: Any) -> None:
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="always")
    world = bot.world
    person, asked = await asks(world)
    await waits(world, person)
    _expire(bot.folder)
    await waits(world, person, "Nobody approved it within a day")
    await world.slack.until(lambda _: "Nobody decided" in words(asked))
    assert world.tencent.created == []


async def test_only_the_licence_that_is_named_and_what_leaves_it_to_the_vendor(another_bot: Any) -> None:
    bot: Bot = await another_bot(module="tests.hurried", NEWHIRE_APPROVAL="tencent:1,bulk:50")
    world = bot.world
    free = somebody(account_type="2")
    form = await Person(world, ALICE).opens()
    await form.press_more()
    await form.submit(**free)
    await result(world, free["name"])
    premium, _ = await asks(world, account_type="1")
    await waits(world, premium)
    empty, _ = await asks(world)
    await waits(world, empty)
    assert [one["key"] for one in world.tencent.created] == [free["account"]]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_killed_between_the_decision_and_its_being_carried_out(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    moments, world = random.Random(20261130), World()
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres_url")
    settings = {"NEWHIRE_DATABASE_URL": url, "NEWHIRE_APPROVAL": "always"}
    await world.start()
    bot = await begin(world, tmp_path, module="tests.hurried", **settings)
    try:
        people = []
        for number in range(6):
            person, asked = await asks(world)
            people.append(person)
            # Some die right behind the acknowledgement, some once the account is made, some never.
            await decides(
                world, LINA, asked, "approve" if number % 3 else "decline"
            ) if number % 3 else await _declines(world, asked)
            await asyncio.sleep(moments.uniform(0, 0.25))
            await bot.stop(signal.SIGKILL)
            bot = await begin(world, tmp_path, module="tests.hurried", **settings)
        for number, person in enumerate(people):
            await waits(world, person, "activate" if number % 3 else "Declined by")
        created = Counter(one["key"] for one in world.tencent.created)
        assert created == Counter(one["account"] for number, one in enumerate(people) if number % 3)
    finally:
        await bot.stop()
        await world.stop()


async def _declines(world: World, asked: Json) -> None:
    views = set(world.slack.views)
    await decides(world, LINA, asked, "decline")
    view = await world.slack.until(lambda slack: next(iter(set(slack.views) - views), None))
    await Form(world, LINA, str(view)).submit(reason="No")


def _expire(folder: Path) -> None:
    (file,) = folder.glob("*.sqlite")
    with sqlite3.connect(file, timeout=10) as tables:
        tables.execute("UPDATE newhire_approvals SET expires_at = 1 WHERE state = 'asked'")
    tables.close()
