"""Slack in any trouble at any moment: every method that the bot calls, failing in every way, on the real bot over sockets.

Whatever fails: a person gets the form or a sentence, what was typed is kept, and the bot answers the next command.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.slack.trouble import RESPONSE_URL, SOCKET, WAYS
from bot.sandbox.world import World
from tests.conftest import Bot, begin, tidy
from tests.people import (
    ALICE,
    GROUP,
    LINA,
    MAX,
    NEWBIE,
    PEOPLE,
    QUIET,
    Form,
    Person,
    final,
    newcomer,
    result,
    somebody,
    words,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

EVERY_WAY = (*WAYS, "fatal_error", "a_word_of_tomorrow")
FAILING = tuple(how for how in WAYS if how != "slow")
every_way = pytest.mark.parametrize("how", EVERY_WAY)

PEOPLE_WAIT = {"views.open", "views.update", "users.info", "usergroups.users.list", RESPONSE_URL}
IN_BACKGROUND = {"chat.postMessage", "chat.update"}
CONNECTION = {"auth.test", "apps.connections.open", SOCKET}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    world = World()
    await world.start()
    bot = await begin(world, tmp_path_factory.mktemp("bot"), module="tests.hurried")
    await Person(world, ALICE).opens()
    yield bot
    assert await bot.stop() == 0
    await world.stop()


@pytest.fixture
def bot(running: Bot) -> Iterator[Bot]:
    """The module's bot; it has seen ALICE. Afterwards its log holds no traceback, no secret and no class of Python's."""
    tidy(running.world)
    yield running
    running.world.slack.fail("*", "")
    running.world.slack.release()
    log = running.fresh_log()
    running.check_log(log)
    assert "None" not in log


@pytest.fixture
def world(bot: Bot) -> World:
    return bot.world


def read(world: World, user: str) -> list[str]:
    """What only this person was told, wherever."""
    person = Person(world, user)
    heard = [*person.whispers(PEOPLE), *person.whispers(QUIET), *world.slack.messages[person.direct]]
    return [words(message) for message in heard]


async def form_or_words(world: World, user: str) -> str:
    """Until the person has a form or reads something; what they read."""

    def seen(_: object) -> list[str]:
        return read(world, user) or [words(view) for view in world.slack.views.values() if view["user"] == user]

    return (await world.slack.until(seen))[0]


async def answers_the_next_command(world: World, user: str = LINA) -> None:
    form = await Person(world, user).opens("张伟")
    assert form.values["name"] == "张伟"


async def regular(world: World) -> str:
    """Somebody who may ask, and whom the bot has seen; a person of one test, for a sentence may come late."""
    user = newcomer(world)
    form = await Person(world, user).opens()
    await world.slack.close(user, form.id)
    return user


# --- a person waits ---------------------------------------------------------------------------------------------------


@every_way
async def test_the_form_does_not_open(world: World, how: str) -> None:
    user = await regular(world)
    world.slack.fail("views.open", how, retry_after=6)
    await Person(world, user).types("zhang.wei@example.com")
    said = await form_or_words(world, user)
    assert any(part in said for part in ("New hire account", "please try again", "Please try again"))
    await answers_the_next_command(world)


@pytest.mark.parametrize("how", ["503", "html", "hang", "reset_after", "ratelimited", "fatal_error"])
async def test_the_shortcuts_form_does_not_open(world: World, how: str) -> None:
    user = await regular(world)
    world.slack.fail("views.open", how, retry_after=6)
    delivery = await world.slack.shortcut(user, "newhire_global")
    assert delivery.acked
    await form_or_words(world, user)
    await answers_the_next_command(world)


@every_way
async def test_slack_does_not_say_who_somebody_is(world: World, how: str) -> None:
    user = newcomer(world)
    world.slack.fail("users.info", how, retry_after=6, times=9)
    await Person(world, user).types()
    await form_or_words(world, user)
    world.slack.fail("users.info", "")
    await answers_the_next_command(world, user)


@every_way
async def test_slack_does_not_give_the_profile_of_who_is_mentioned(world: World, how: str) -> None:
    """The form opens without it, and says so."""
    user = await regular(world)
    world.slack.fail("users.info", how, retry_after=6, times=9)
    form = await Person(world, user).opens(f"<@{NEWBIE}> 138 0013 8000")
    assert form.values["phone"]
    assert ("name" in form.values) or f"Slack didn't give us the profile of <@{NEWBIE}>" in form.words
    world.slack.fail("users.info", "")
    await answers_the_next_command(world)


@every_way
async def test_the_form_is_not_redrawn(world: World, how: str) -> None:
    user, person = await regular(world), somebody()
    form = await Person(world, user).opens()
    world.slack.fail("views.update", how, retry_after=6, times=2)
    old = form.view["hash"]
    delivery = await world.slack.act(user, form.id, "provider", "value", "huawei", values=person)
    assert delivery.acked
    await world.slack.until(lambda _: form.view["hash"] != old or read(world, user))
    assert all("choose again" in said for said in read(world, user))
    world.slack.fail("views.update", "")
    assert {name: form.values[name] for name in ("name", "phone", "email")}.items() <= person.items()
    await form.press_more()
    assert form.values["provider"] == "huawei"
    assert form.values["name"] == person["name"]
    await answers_the_next_command(world)


@pytest.mark.parametrize("clicks", [("huawei", None), (None, "huawei"), ("huawei", "tencent", "huawei")])
async def test_clicks_faster_than_slack_redraws_end_with_the_last_one(
    world: World, clicks: tuple[str | None, ...]
) -> None:
    """Each carries the hash of before: Slack takes the first redraw and refuses the others (hash_conflict)."""
    user = await regular(world)
    form = await Person(world, user).opens("张伟")

    async def click(provider: str | None) -> None:
        block, action = ("provider", "value") if provider else ("more", "more")
        delivery = await world.slack.act(user, form.id, block, action, provider)
        assert delivery.acked

    await asyncio.gather(*(click(provider) for provider in clicks))
    folded = None not in clicks
    # Free licences may be filled in in between, by a redraw of their own.
    await world.slack.until(
        lambda _: form.values["provider"] == "huawei" and ("password" in form.fields) != folded, timeout=20
    )
    assert "Huawei" in form.words
    assert form.values["name"] == "张伟"
    assert read(world, user) == []


@every_way
async def test_a_filled_form_is_sent_and_slack_does_not_say_who_somebody_is(world: World, how: str) -> None:
    """F5: the form stays, with everything in it, and goes through when it is sent again."""
    user, person = await regular(world), somebody()
    form = await Person(world, user).opens()
    world.slack.fail("users.info", how, retry_after=6, times=9)
    delivery = await form.submit(**person)
    assert delivery.millis is not None
    assert delivery.millis < 2500
    world.slack.fail("users.info", "")
    if form.is_open:
        assert "What you typed is still here" in form.words
        assert person.items() <= form.values.items()
        await form.submit()
    assert not form.is_open
    await result(world, person["name"])
    assert len(world.tencent.created) == 1


async def test_the_acknowledgement_is_in_time_whatever_is_slow(bot: Bot) -> None:
    """A slow Slack and a database that is locked, one after the other, and still no error of Slack's."""
    world, person = bot.world, somebody()
    user = await regular(world)
    form = await Person(world, user).opens()
    world.slack.fail("users.info", "slow", seconds=1.0)
    with contextlib.closing(sqlite3.connect(bot.folder / "newhire.sqlite", isolation_level=None)) as database:
        database.execute("begin immediate")
        delivery = await form.submit(**person)
        database.execute("rollback")
    assert delivery.millis is not None
    assert delivery.millis < 2500
    assert "We couldn't confirm your request yet" in form.words
    assert person.items() <= form.values.items()
    await form.submit()
    await result(world, person["name"])
    assert len(world.tencent.created) == 1


@every_way
async def test_the_commands_own_way_of_answering_fails(world: World, how: str) -> None:
    user = newcomer(world, MAX)
    world.slack.fail(RESPONSE_URL, how, times=1)
    await Person(world, user).types()
    assert "You don't have permission" in await form_or_words(world, user)
    await answers_the_next_command(world)


@every_way
async def test_both_ways_of_answering_fail_at_first(world: World, how: str) -> None:
    user = newcomer(world, MAX)
    world.slack.fail(RESPONSE_URL, how)
    world.slack.fail("chat.postMessage", how, times=2)
    await Person(world, user).types()
    assert "You don't have permission" in await form_or_words(world, user)
    await answers_the_next_command(world)


async def test_a_used_up_response_url_is_not_the_end(world: World) -> None:
    user = newcomer(world, MAX)
    world.slack.response_url_posts = 0
    try:
        await Person(world, user).types()
        assert "You don't have permission" in await form_or_words(world, user)
        assert world.slack.messages[Person(world, user).direct]
    finally:
        world.slack.response_url_posts = 5


async def test_slack_does_not_say_who_is_in_a_group(tmp_path: Any) -> None:
    """Nor does a group that is gone (B6): who is not listed reads the ordinary refusal."""
    world = World()
    await world.start()
    bot = await begin(world, tmp_path, module="tests.hurried", NEWHIRE_ALLOWED=f"{ALICE},{GROUP}")
    # An answer, even a late one, would be remembered for a minute; so is a group that is not there.
    for how in (*FAILING, "fatal_error", "missing_scope", "no_such_subteam"):
        world.slack.views.clear()
        world.slack.messages.clear()
        world.slack.fail("usergroups.users.list", how, times=9)
        user = newcomer(world, MAX)
        await Person(world, user).types()
        said = await form_or_words(world, user)
        assert ("You don't have permission" if how == "no_such_subteam" else "couldn't check your permissions") in said
        world.slack.fail("usergroups.users.list", "")
        await answers_the_next_command(world, ALICE)
    bot.check_log(bot.log)
    assert await bot.stop() == 0
    await world.stop()


async def test_a_deleted_group_keeps_nobody_else_out(tmp_path: Any) -> None:
    world = World()
    await world.start()
    bot = await begin(world, tmp_path, module="tests.hurried", NEWHIRE_ALLOWED=f"{ALICE},{GROUP}")
    del world.slack.workspace.groups[GROUP]
    assert (
        f"You don't have permission to create accounts. One of these people can do it for you: <@{ALICE}>"
        in await Person(world, MAX).is_told()
    )
    await answers_the_next_command(world, ALICE)
    assert f"the user group {GROUP} of NEWHIRE_ALLOWED lets nobody in: Slack says no_such_subteam" in bot.log
    assert await bot.stop() == 0
    await world.stop()


# --- what comes of it -------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("method", sorted(IN_BACKGROUND))
async def test_the_result_is_told_all_the_same(world: World, method: str, how: str) -> None:
    user, person = await regular(world), somebody()
    form = await Person(world, user).opens()
    world.slack.fail(method, how)
    await form.submit(**person)
    await somewhere(world, person["name"], user)
    await answers_the_next_command(world)
    assert len(world.tencent.created) == 1


@every_way
async def test_the_result_by_response_url_is_told_all_the_same(world: World, how: str) -> None:
    user, person = await regular(world), somebody()
    form = await Person(world, user).opens(in_=QUIET)
    world.slack.fail(RESPONSE_URL, how)
    await form.submit(**person)
    await somewhere(world, person["name"], user, QUIET)
    await answers_the_next_command(world)
    assert len(world.tencent.created) == 1


@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "is_archived", "not_in_channel", "restricted_action", "msg_too_long", "invalid_blocks",
     "restricted_action_read_only_channel", "message_limit_exceeded", "no_permission"],
)  # fmt: skip
async def test_a_channel_that_takes_no_messages_is_not_silence(world: World, code: str) -> None:
    user, person = await regular(world), somebody()
    form = await Person(world, user).opens()
    world.slack.fail("chat.postMessage", code, times=2)
    await form.submit(**person)
    await somewhere(world, person["name"], user)
    assert len(world.tencent.created) == 1


async def somewhere(world: World, name: str, user: str, channel: str = PEOPLE) -> None:
    """Until the last word about that person is there: in the channel, or with whoever asked."""
    places = (channel, Person(world, user).direct)
    await world.slack.until(lambda _: [found for place in places for found in final(world, name, place)], timeout=20)


@every_way
async def test_everything_fails_for_a_while(world: World, how: str) -> None:
    user, person = await regular(world), somebody()
    form = await Person(world, user).opens()
    world.slack.fail("*", how, times=3)
    await form.submit(**person)
    world.slack.fail("*", "")
    if form.is_open:
        assert person.items() <= form.values.items()
        await form.submit()
    await somewhere(world, person["name"], user)
    await answers_the_next_command(world)
    assert len(world.tencent.created) == 1


# --- the connection ---------------------------------------------------------------------------------------------------


async def test_at_the_start_slack_fails_in_every_way(tmp_path: Any) -> None:
    """B1 and B5: it goes on asking, and says host and reason."""
    world = World()
    await world.start()
    for method in sorted(CONNECTION):
        for how in FAILING:
            world.slack.fail(method, how)
    try:
        bot = await begin(world, tmp_path, module="tests.hurried")
        await answers_the_next_command(world)
        host = world.slack.url.removeprefix("http://")
        assert f"WARNING bot.service: {host} cannot be reached: HTTP 503 came back, and not from Slack" in bot.log
        assert f"no connection: {host} cannot be reached: HTTP 503" in bot.log
        assert f"{host} says ratelimited" in bot.log
        assert f"{host} cannot be reached: no answer in time" in bot.log
        assert "None" not in bot.log
        bot.check_log(bot.log)
        assert await bot.stop() == 0
    finally:
        await world.stop()


@pytest.mark.parametrize("method", sorted(CONNECTION - {"auth.test"}))
async def test_after_a_polite_goodbye_slack_fails_in_every_way(world: World, method: str) -> None:
    """B1: asked again with growing waits, and never deaf while alive. Other goodbyes: test_slack_socket."""
    for how in FAILING:
        world.slack.fail(method, how)
    await world.slack.drop_sockets("disconnect")
    await world.slack.until(lambda slack: not slack.failures, timeout=60)
    await world.slack.until(lambda slack: slack.sockets.usable)
    await answers_the_next_command(world)


async def test_no_proxy_goes_around_a_proxy(tmp_path: Any) -> None:
    world = World()
    await world.start()
    around = {"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
    bot = await begin(world, tmp_path, module="tests.hurried", **around)
    person, form = somebody(), await Person(world, ALICE).opens(in_=QUIET)
    await form.submit(**person)
    await result(world, person["name"], QUIET)
    assert await bot.stop() == 0
    await world.stop()


# --- A5: a correction in the same open form ---------------------------------------------------------------------------


@pytest.fixture
def impatient(world: World) -> Iterator[None]:
    """Slack waits less for an acknowledgement than the bot takes, as on a slow line: it comes too late for the form."""
    world.slack.ack_timeout, world.slack.redeliveries = 0.2, 0
    yield
    world.slack.ack_timeout, world.slack.redeliveries = 3.0, 3


async def sent_too_slowly(world: World, person: dict[str, str]) -> Form:
    """A form that was accepted, and stands open as if nothing had happened."""
    form = await Person(world, ALICE).opens()
    world.slack.fail("users.info", "slow", seconds=0.6)
    delivery = await form.try_to_submit(**person)
    assert delivery.error == "We had some trouble connecting. Try again?"
    assert form.is_open
    await result(world, person["name"])
    return form


def created(world: World) -> list[str]:
    return [str(one["account"]) for one in world.tencent.created]


@pytest.mark.usefixtures("impatient")
async def test_a_late_acknowledgement_and_the_same_again_is_one_account(world: World) -> None:
    person = somebody()
    form = await sent_too_slowly(world, person)
    world.slack.ack_timeout = 3.0
    await form.submit()
    assert not form.is_open
    assert len(world.tencent.created) == 1
    assert len(final(world, person["name"])) == 1


@pytest.mark.usefixtures("impatient")
async def test_a_late_acknowledgement_and_a_correction_is_said_and_created_when_it_is_wanted(world: World) -> None:
    person, other = somebody(), somebody()
    form = await sent_too_slowly(world, person)
    world.slack.ack_timeout = 3.0
    await form.submit(**other)
    assert "This form was already submitted with other details (finished, see " in form.words
    assert other.items() <= form.values.items()
    assert created(world) == [person["account"]]
    await form.submit()
    assert not form.is_open
    await result(world, other["name"])
    assert created(world) == [person["account"], other["account"]]


@pytest.mark.usefixtures("impatient")
async def test_a_correction_that_is_sent_three_times_is_created_once(world: World) -> None:
    person, other = somebody(), somebody()
    form = await sent_too_slowly(world, person)
    world.slack.ack_timeout = 3.0
    await form.submit(**other)
    world.slack.ack_timeout = 0.2
    world.slack.fail("users.info", "slow", seconds=0.6)
    assert (await form.try_to_submit()).error
    world.slack.ack_timeout = 3.0
    await form.submit()
    await result(world, other["name"])
    assert created(world) == [person["account"], other["account"]]
