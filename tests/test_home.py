"""Where things stand: `/newhire status` and the Home tab, over the sandbox's real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.vendors.tencent import FakeTencent
from bot.sandbox.world import World
from tests.conftest import Bot, begin, tidy
from tests.people import (
    ALICE,
    GENERAL,
    LINA,
    MAX,
    PEOPLE,
    Form,
    Person,
    newcomer,
    result,
    somebody,
    unmasked_phones,
    words,
)
from tests.test_forget import forgotten

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Json = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_hurried_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    world = World()
    await world.start()
    # Max is a member like any other, and may ask.
    allowed = ",".join([ALICE, LINA, MAX, *(f"U0NEW{number:04d}" for number in range(1, 3000))])
    bot = await begin(world, tmp_path_factory.mktemp("hurried"), module="tests.hurried", NEWHIRE_ALLOWED=allowed)
    yield bot
    assert await bot.stop() == 0
    await world.stop()


@pytest.fixture
def bot(running_hurried_bot: Bot) -> Iterator[Bot]:
    world = running_hurried_bot.world
    tidy(world)
    world.slack.homes.clear()
    yield running_hurried_bot
    seen = [*world.slack.homes.values(), *(one for many in world.slack.messages.values() for one in many)]
    assert [numbers for one in seen if (numbers := unmasked_phones(words(one)))] == []
    running_hurried_bot.check_log(running_hurried_bot.fresh_log())


def member(bot: Bot) -> Person:
    """Somebody who may ask, and sees their own requests only."""
    return Person(bot.world, newcomer(bot.world, MAX))


async def hire(who: Person, vendor: str = "tencent", **typed: str) -> dict[str, str]:
    """Somebody is asked for, and there: what was typed."""
    person = somebody(**typed)
    form = await who.opens(in_=PEOPLE if who.user in (ALICE, LINA) else GENERAL)
    if vendor != "tencent":
        await form.choose(vendor)
    if "invite" in typed:
        await form.press_more()
    await form.submit(**person)
    await result(who.world, person["name"], PEOPLE if who.user in (ALICE, LINA) else GENERAL)
    return person


async def opens_home(who: Person) -> Json:
    before = who.world.slack.homes.get(who.user, {}).get("hash")
    delivery = await who.world.slack.open_home(who.user)
    assert delivery
    assert delivery.acked
    return await redrawn(who, before)


async def redrawn(who: Person, before: str | None) -> Json:
    """Their Home tab once it is another than before."""
    homes = who.world.slack.homes
    await who.world.slack.until(lambda _: who.user in homes and homes[who.user]["hash"] != before)
    return homes[who.user]


async def shows(who: Person, *said: str) -> None:
    """Their Home tab says all of it, now or soon."""
    await who.world.slack.until(lambda _: all(one in words(who.world.slack.homes[who.user]) for one in said))


async def chooses(who: Person, action: str, value: str | None = None) -> None:
    delivery = await who.world.slack.click_home(who.user, action, value)
    assert delivery.acked, delivery


async def lists(who: Person, names: list[str], of: list[str]) -> None:
    """Of these names their Home tab shows exactly those, now or soon."""

    def shown(_: object) -> bool:
        said = words(who.world.slack.homes[who.user])
        return [name for name in of if f"*{name}*" in said] == names

    await who.world.slack.until(shown)


def button(shown: Json, action: str, name: str) -> str:
    """The value of that button of the request for somebody."""
    blocks = shown["blocks"]
    place = next(number for number, block in enumerate(blocks) if f"*{name}*" in json.dumps(block, ensure_ascii=False))
    elements = [element for block in blocks[place : place + 3] for element in block.get("elements", [])]
    return str(next(one["value"] for one in elements if one.get("action_id") == action))


# --- /newhire status


@pytest.mark.parametrize("vendor", ["tencent", "huawei"])
@pytest.mark.parametrize(("user", "text", "said"), [(ALICE, "status", "Requested by"), (LINA, "状态", "申请人：")])
async def test_status_says_where_a_request_stands(bot: Bot, vendor: str, user: str, text: str, said: str) -> None:
    who = Person(bot.world, user)
    person = await hire(who, vendor)
    shown = await who.is_told(text)
    assert person["name"] in shown
    assert person["account"] in shown
    assert said in shown
    (message,) = who.whispers()
    assert button(message, "copy", person["name"])


async def test_a_member_sees_their_own_and_finds_nobody_elses(bot: Bot) -> None:
    mine, other = member(bot), member(bot)
    person, theirs = await hire(mine), await hire(other)
    assert "You have no requests yet" in await member(bot).is_told("status", GENERAL)
    shown = await mine.is_told("status", GENERAL)
    assert person["name"] in shown
    assert theirs["name"] not in shown
    for key in ("name", "account", "phone", "email"):
        assert "Requests for" in await mine.is_told(f"status {person[key]}", GENERAL)
        nothing = await mine.is_told(f"status {theirs[key]}", GENERAL)
        assert "None of your requests" in nothing
        assert theirs["account"] not in nothing or key in ("account", "email")
        assert theirs["name"] in await Person(bot.world, ALICE).is_told(f"status {theirs[key]}")


async def test_status_is_turned_page_by_page_in_place(bot: Bot) -> None:
    who = member(bot)
    names = [(await hire(who))["name"] for _ in range(6)]
    first = await who.is_told("status", GENERAL)
    assert [name for name in names if f"*{name}*" in first] == names[1:]
    (message,) = who.whispers(GENERAL)

    async def turn(action: str) -> str:
        (shown,) = who.whispers(GENERAL)
        before = words(shown)
        delivery = await bot.world.slack.click(who.user, GENERAL, message["ts"], action)
        assert delivery.acked
        return str(await bot.world.slack.until(lambda _: (said := words(who.whispers(GENERAL)[0])) != before and said))

    second = await turn("status_page")
    assert [name for name in names if f"*{name}*" in second] == names[:1]
    third = await turn("status_page_newer")
    assert [name for name in names if f"*{name}*" in third] == names[1:]
    assert len(who.whispers(GENERAL)) == 1


async def test_who_was_asked_for_often_is_found_page_by_page(bot: Bot) -> None:
    """The same name seven times: nothing is left out."""
    who = member(bot)
    people = [somebody(name="王伟") for _ in range(7)]
    for person in people:
        await (await who.opens(in_=GENERAL)).submit(**person)
    await bot.world.slack.until(
        lambda slack: all(
            any(f"`{one['account']}`" in words(message) for message in slack.messages[GENERAL]) for one in people
        )
    )
    await who.is_told("status 王伟", GENERAL)
    (shown,) = who.whispers(GENERAL)
    first = words(shown)
    await bot.world.slack.click(who.user, GENERAL, shown["ts"], "status_page")
    await bot.world.slack.until(lambda _: words(who.whispers(GENERAL)[0]) != first)
    second = words(who.whispers(GENERAL)[0])
    assert [one for one in people if (f"`{one['account']}`" in first) == (f"`{one['account']}`" in second)] == []


async def test_a_button_in_the_list_acts_and_the_requests_own_message_tells(bot: Bot) -> None:
    alice = Person(bot.world, ALICE)
    person = await hire(alice)
    await alice.is_told("status")
    (message,) = alice.whispers()
    value = button(message, "undo", person["name"])
    await bot.world.slack.click(ALICE, PEOPLE, message["ts"], "undo", value)
    await bot.world.slack.until(lambda _: any("is under way" in words(one) for one in alice.whispers()))
    await bot.world.slack.until(lambda s: any("was removed again" in words(one) for one in s.messages[PEOPLE]))
    # The list stays a list.
    assert "All requests" in words(alice.whispers()[0])


async def test_who_may_not_ask_is_told_so(bot: Bot) -> None:
    stranger = Person(bot.world, newcomer(bot.world, MAX, is_restricted=True))
    assert "Only full members" in await stranger.is_told("status", GENERAL)
    assert "Only full members" in words(await opens_home(stranger))


# --- the Home tab


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (ALICE, ["New hire", "Your requests", "All requests", "Meeting services", "*Tencent Meeting* is working"]),
        (LINA, ["新员工账号", "我的申请", "全部申请", "会议平台", "*腾讯会议* 运行正常"]),
    ],
)
async def test_an_admin_opens_home(bot: Bot, user: str, said: list[str]) -> None:
    shown = words(await opens_home(Person(bot.world, user)))
    assert [one for one in said if one not in shown] == []


async def test_admins_read_how_many_licences_are_free_once_they_were_counted(bot: Bot) -> None:
    alice = Person(bot.world, ALICE)
    await alice.opens()
    # They are asked for when the form opens.
    await bot.world.slack.until(lambda s: any(call["method"] == "views.open" for call in s.calls))
    await opens_home(alice)
    async with asyncio.timeout(20):
        while " left" not in words(bot.world.slack.homes[ALICE]):
            await opens_home(alice)


async def test_the_tab_with_the_messages_draws_nothing(bot: Bot) -> None:
    await bot.world.slack.open_home(ALICE, "messages")
    await opens_home(Person(bot.world, LINA))
    assert list(bot.world.slack.homes) == [LINA]


async def test_the_form_from_home_is_answered_in_a_direct_message(bot: Bot) -> None:
    who = member(bot)
    await opens_home(who)
    delivery = await bot.world.slack.click_home(who.user, "open_form")
    assert delivery.acked
    view = await bot.world.slack.until(lambda s: next(iter(s.views), None))
    person = somebody()
    await Form(bot.world, who.user, str(view)).submit(**person)
    await result(bot.world, person["name"], who.direct)
    await shows(who, f"*{person['name']}*", "not activated yet")


async def test_a_members_home_shows_their_own_requests_and_pages_them(bot: Bot) -> None:
    who = member(bot)
    theirs = await hire(member(bot))
    names = [(await hire(who))["name"] for _ in range(6)]
    shown = words(await opens_home(who))
    assert theirs["name"] not in shown
    assert "All requests" not in shown
    await lists(who, names[1:], of=names)
    await chooses(who, "status_page")
    await lists(who, names[:1], of=names)
    await chooses(who, "status_page_newer")
    await lists(who, names[1:], of=names)


async def test_admins_narrow_all_requests_down(bot: Bot) -> None:
    alice, who = Person(bot.world, ALICE), member(bot)
    names = [(await hire(who, vendor))["name"] for vendor in ("tencent", "huawei")]
    await opens_home(alice)
    await lists(alice, names, of=names)
    await chooses(alice, "by_provider", "huawei")
    await lists(alice, names[1:], of=names)
    await chooses(alice, "by_state", "failed")
    await shows(alice, "No requests here")
    # Opened again, it shows what Slack still shows as chosen.
    assert "No requests here" in words(await opens_home(alice))
    await chooses(alice, "by_state", "all")
    await lists(alice, names[1:], of=names)
    await chooses(alice, "by_provider", "all")
    await lists(alice, names, of=names)


async def test_a_click_in_home_undoes_and_home_says_so(bot: Bot) -> None:
    who = member(bot)
    person = await hire(who)
    shown = await opens_home(who)
    await bot.world.slack.click_home(who.user, "undo", button(shown, "undo", person["name"]))
    await shows(who, "account removed again")
    assert bot.world.vendors["tencent"].accounts == []


async def test_a_click_in_home_sends_the_invitation_again(bot: Bot) -> None:
    who = member(bot)
    person = await hire(who, invite="false")
    shown = await opens_home(who)
    vendor = bot.world.vendors["tencent"]
    assert isinstance(vendor, FakeTencent)
    calls = len(vendor.requests)
    await bot.world.slack.click_home(who.user, "resend", button(shown, "resend", person["name"]))
    await bot.world.slack.until(lambda _: any(call["method"] == "PUT" for call in vendor.requests[calls:]))


async def test_a_failure_is_seen_while_home_is_open(bot: Bot) -> None:
    alice, who = Person(bot.world, ALICE), member(bot)
    await opens_home(alice)
    await opens_home(who)
    bot.world.vendors["tencent"].fail("no_seat")
    person = await hire(who)
    for one in (who, alice):
        await shows(one, f"*{person['name']}*", "no licence left")
    await shows(alice, "All licences of *Tencent Meeting* are in use")


async def test_a_home_that_slack_does_not_take_costs_nobody_anything(bot: Bot) -> None:
    who = member(bot)
    await opens_home(who)
    bot.world.slack.fail("views.publish", "internal_error", times=20)
    person = await hire(who)
    assert "*" in (await result(bot.world, person["name"], GENERAL))["text"]
    bot.world.slack.failures.clear()
    await opens_home(who)
    await shows(who, person["name"])


async def test_who_is_forgotten_at_the_shell_leaves_the_home_that_named_them(bot: Bot) -> None:
    """Nobody opens it meanwhile; and another person stays."""
    admin = Person(bot.world, newcomer(bot.world, ALICE))
    leaving, staying = await hire(admin), await hire(admin)
    await opens_home(admin)
    await shows(admin, leaving["name"], staying["name"])
    said = await forgotten(bot, leaving["account"])
    assert "may still name the person" in said
    await bot.world.slack.until(lambda slack: leaving["name"] not in words(slack.homes[admin.user]))
    assert staying["name"] in words(bot.world.slack.homes[admin.user])


@pytest.mark.asyncio(loop_scope="function")
async def test_what_another_process_does_is_seen_in_an_open_home(postgres_url: str, tmp_path: Path) -> None:
    world = World()
    await world.start()
    folders = [tmp_path / name for name in ("one", "two")]
    bots = []
    try:
        for folder in folders:
            folder.mkdir()
            bots.append(await begin(world, folder, module="tests.hurried", NEWHIRE_DATABASE_URL=postgres_url))
        admin = Person(world, ALICE)
        await opens_home(admin)
        for _ in range(8):
            # Each goes to one process or the other, as Slack and their queues like.
            person = await hire(admin)
            await shows(admin, person["name"])
    finally:
        for bot in bots:
            await bot.stop()
        await world.stop()
