"""What newhire does by itself once an account is there, as people in Slack see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.slack.workspace import person
from bot.sandbox.world import World
from tests.conftest import Bot, begin, tidy
from tests.people import ADMINS, ALICE, LINA, MAX, PEOPLE, Person, about, result, somebody, words

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Json = dict[str, Any]

SOON = "0.00002,0.00004,9"
"""Days: two looks within some seconds, and one that no test waits for."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watching_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    world = World()
    await world.start()
    folder = tmp_path_factory.mktemp("watching")
    bot = await begin(world, folder, module="tests.hurried", NEWHIRE_FOLLOW_UP_DAYS=SOON, HUAWEI_API="current")
    yield bot
    assert await bot.stop() == 0
    await world.stop()


@pytest.fixture
def bot(watching_bot: Bot) -> Iterator[Bot]:
    tidy(watching_bot.world)
    yield watching_bot
    watching_bot.check_log(watching_bot.fresh_log())


async def hired(bot: Bot, user: str = ALICE) -> tuple[Person, dict[str, str]]:
    """Somebody hires somebody at Tencent; who did, and whom."""
    person, whom = Person(bot.world, user), somebody()
    form = await person.opens()
    await form.submit(**whom)
    await result(bot.world, whom["name"])
    return person, whom


async def at_least(bot: Bot, many: int, found: Callable[[], list[Json]]) -> list[Json]:
    """Messages, once there are so many."""
    await bot.world.slack.until(lambda _: len(found()) >= many, timeout=30)
    return found()


async def reminders(bot: Bot, person: Person, name: str, many: int = 1) -> list[Json]:
    """What the requester reads directly, once there are so many."""
    return await at_least(bot, many, lambda: about(bot.world, name, person.direct))


def links(bot: Bot, person: Person) -> list[Json]:
    return [message for message in bot.world.slack.messages[person.direct] if "https://" in words(message)]


def carries(message: Json, round_: int) -> bool:
    return f".{round_}'" in str(message["blocks"][-1])


@pytest.mark.parametrize(("user", "said"), [(ALICE, "hasn't activated"), (LINA, "仍未激活")])
async def test_the_requester_is_reminded_and_hands_on_a_link_from_the_reminder(bot: Bot, user: str, said: str) -> None:
    slack = bot.world.slack
    person, whom = await hired(bot, user)
    reminder = (await reminders(bot, person, whom["name"]))[0]
    assert said in reminder["text"]
    await slack.click(user, person.direct, reminder["ts"], "link")
    await at_least(bot, 1, lambda: links(bot, person))
    # The second time it carries the number of the next round.
    await slack.until(lambda _: carries(reminder, 1))
    await slack.click(user, person.direct, reminder["ts"], "link")
    assert len(await at_least(bot, 2, lambda: links(bot, person))) == 2
    assert len(about(bot.world, whom["name"], PEOPLE)) == 1


async def test_each_look_is_a_reminder_of_its_own(bot: Bot) -> None:
    person, whom = await hired(bot)
    first, second = await reminders(bot, person, whom["name"], 2)
    assert first["ts"] != second["ts"]


async def test_what_a_reminder_asks_for_is_written_below_the_result_too(bot: Bot) -> None:
    slack = bot.world.slack
    person, whom = await hired(bot)
    reminder = (await reminders(bot, person, whom["name"]))[0]
    bot.world.tencent._invited.clear()  # another day: the vendor sends one invitation a day
    await slack.click(ALICE, person.direct, reminder["ts"], "resend")
    message = about(bot.world, whom["name"])[0]
    await slack.until(lambda _: "Invitation sent again" in words(message) and "sent again" in words(reminder))


async def test_once_activated_the_message_says_so(bot: Bot) -> None:
    _, whom = await hired(bot)
    bot.world.tencent.activate(whom["account"])
    message = about(bot.world, whom["name"])[0]
    await bot.world.slack.until(lambda _: "Activated, seen" in words(message), timeout=30)
    assert "account is ready (" in message["text"]
    assert "Send invitation again" not in words(message)


async def test_who_is_removed_in_the_vendors_console_leaves_no_buttons(bot: Bot) -> None:
    _, whom = await hired(bot)
    bot.world.tencent.by_hand(whom["account"], "delete")
    message = about(bot.world, whom["name"])[0]
    await bot.world.slack.until(lambda _: "Send invitation again" not in words(message), timeout=30)
    assert "Undo" not in words(message)


async def test_a_vendor_that_is_away_makes_no_noise_and_the_reminder_comes_later(bot: Bot) -> None:
    world = bot.world
    person, whom = await hired(bot)
    world.tencent.fail("find_500", 3)
    await reminders(bot, person, whom["name"])


# --- licences


async def test_free_licences_are_filled_in_and_nothing_typed_is_lost(bot: Bot) -> None:
    bot.world.tencent.licences = {9: 50}
    form = await Person(bot.world, ALICE).opens("zhang.wei@example.com")
    await bot.world.slack.until(lambda _: "50 of 50 “Premium (2.0 editions)” licences left" in form.words)
    assert form.values["email"] == "zhang.wei@example.com"
    whom = somebody()
    await form.submit(**whom)
    await result(bot.world, whom["name"])


async def test_a_vendor_that_does_not_say_how_many_are_free_keeps_no_form(bot: Bot) -> None:
    bot.world.tencent.fail("seats_500", 1000)
    form = await Person(bot.world, ALICE).opens()
    whom = somebody()
    await form.submit(**whom)
    await result(bot.world, whom["name"])
    bot.world.tencent.fail("")


async def test_the_admins_hear_once_that_licences_run_out_and_the_form_warns(bot: Bot) -> None:
    world = bot.world
    world.huawei.seats, world.huawei.expiring = 3, 2

    def heard(said: str) -> int:
        return sum(said in message["text"] for message in world.slack.messages[ADMINS])

    await world.slack.until(
        lambda _: heard("Few Huawei Cloud Meeting licences left:* 3 of 3") and heard("expire soon:* 2 of 3")
    )
    form = await Person(world, ALICE).opens()
    await form.choose("huawei")
    await world.slack.until(lambda _: "3 of 3 licences left" in form.words)
    assert [block["type"] for block in form.view["blocks"]].count("alert") == 1
    await form.choose("tencent")
    await form.choose("huawei")
    await world.slack.until(lambda _: "3 of 3 licences left" in form.words)
    assert heard("Few Huawei") == 1


# --- who has joined, and the week


async def test_the_week_is_said_in_the_admin_channel(another_bot: Callable[..., Awaitable[Bot]]) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_DIGEST="true", NEWHIRE_ADMIN_LANGUAGE="zh")
    (message,) = await at_least(bot, 1, lambda: bot.world.slack.messages[ADMINS])
    assert "newhire 周报" in message["text"]
    assert "已开通账号：0" in words(message)


async def test_whoever_joins_slack_is_hired_with_one_click(another_bot: Callable[..., Awaitable[Bot]]) -> None:
    bot = await another_bot(NEWHIRE_WATCH_JOINS="true")
    slack = bot.world.slack
    slack.events.add("team_join")
    assert "NEWHIRE_WATCH_JOINS: Slack tells who joins only an app" in bot.log
    for number, what in enumerate(("is_bot", "is_restricted", "is_ultra_restricted")):
        await slack.join(person(f"U0GONE00{number}", "someone", "Some One") | {what: True})
    chen = person("U0CHEN001", "chen", "Chen Jing", profile={"email": "chen.jing@example.com"})
    for _ in range(2):
        delivery = await slack.join(chen)
        assert delivery is not None
        assert delivery.acked
    (message,) = await at_least(bot, 1, lambda: slack.messages[ADMINS])
    assert message["text"] == "👤 *Chen Jing* has joined Slack."
    before = set(slack.views)
    assert (await slack.click(ALICE, ADMINS, message["ts"], "joined")).acked
    form = await Person(bot.world, ALICE)._new_form(before)
    assert (form.values["name"], form.values["email"]) == ("Chen Jing", "chen.jing@example.com")
    slack.channels[ADMINS]["members"].add(MAX)
    assert (await slack.click(MAX, ADMINS, message["ts"], "joined")).acked
    told = await at_least(bot, 1, lambda: Person(bot.world, MAX).whispers(ADMINS))
    assert "don't have permission" in told[0]["text"]


async def test_without_the_setting_nobody_hears_who_joins(bot: Bot) -> None:
    slack = bot.world.slack
    slack.events.add("team_join")
    try:
        delivery = await slack.join(person("U0CHEN002", "chen", "Chen Jing"))
        assert delivery is not None
        assert delivery.acked
    finally:
        slack.events.discard("team_join")
    await hired(bot)
    assert not [message for message in slack.messages[ADMINS] if "joined" in message["text"]]
