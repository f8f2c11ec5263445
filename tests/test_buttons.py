"""The buttons below a result, pressed by people: each does one thing, once, and the message says what is true."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.slack.socket_mode import Delivery
from bot.sandbox.world import World
from tests.conftest import Bot, begin, tidy
from tests.people import (
    ADMINS,
    ALICE,
    LINA,
    MAX,
    PEOPLE,
    QUIET,
    Form,
    Person,
    about,
    admins_read,
    final,
    newcomer,
    result,
    somebody,
    words,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Json = dict[str, Any]
Bots = Callable[..., Awaitable[Bot]]

WHO = {"tencent": ALICE, "huawei": LINA}
"""Alice reads English, Li Na Chinese; both may use newhire and are admins of the workspace."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_hurried_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    world = World()
    await world.start()
    bot = await begin(world, tmp_path_factory.mktemp("hurried"), module="tests.hurried", HUAWEI_API="current")
    yield bot
    assert await bot.stop() == 0
    await world.stop()


@pytest.fixture
def bot(running_hurried_bot: Bot) -> Iterator[Bot]:
    tidy(running_hurried_bot.world)
    yield running_hurried_bot
    running_hurried_bot.check_log(running_hurried_bot.fresh_log())


async def requested(bot: Bot, vendor: str, user: str | None = None, **fields: str) -> tuple[dict[str, str], Json]:
    """Somebody, and the last word about them."""
    form = await Person(bot.world, user or WHO[vendor]).opens()
    if vendor != "tencent":
        await form.choose(vendor)
    person = somebody(**fields)
    await form.submit(**person)
    return person, await result(bot.world, person["name"])


def buttons(message: Json) -> list[str]:
    rows = [block["elements"] for block in message.get("blocks", []) if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


async def with_button(world: World, action: str, in_: str = PEOPLE) -> Json:
    """The first message there with this button, once there is one."""
    found = await world.slack.until(
        lambda slack: [one for one in slack.messages[in_] if action in buttons(one)], timeout=20
    )
    return found[0]


async def press(world: World, user: str, message: Json, action: str, in_: str = PEOPLE) -> Delivery:
    delivery = await world.slack.click(user, in_, message["ts"], action)
    assert delivery.acked, delivery
    return delivery


async def now(world: World, message: Json, reads: str, in_: str = PEOPLE) -> Json:
    """The message, once it reads so."""

    def there(_: object) -> list[Json]:
        found = (one for one in world.slack.messages[in_] if one["ts"] == message["ts"])
        return [one for one in found if reads in words(one)]

    return (await world.slack.until(there, timeout=20))[0]


async def whispered(world: World, user: str, before: int, in_: str = PEOPLE) -> str:
    return await world.slack.until(lambda _: words(Person(world, user).whispers(in_)[before]), timeout=20)


def calls(world: World, vendor: str, method: str, path: str) -> list[Json]:
    """What reached the vendor under this method and path."""
    return [one for one in world.vendors[vendor].requests if one["method"] == method and path in one["path"]]


# --- undo


@pytest.mark.parametrize(
    ("vendor", "removed", "method", "path"),
    [
        ("tencent", "account was removed again", "DELETE", "/v1/users"),
        ("huawei", "账号已撤销", "POST", "/member/delete"),
    ],
)
async def test_undo_removes_exactly_the_account_that_was_created(
    bot: Bot, vendor: str, removed: str, method: str, path: str
) -> None:
    world = bot.world
    _, other = await requested(bot, vendor)
    person, message = await requested(bot, vendor)
    delivery = await press(world, WHO[vendor], message, "undo")
    assert delivery.confirm, "it asks once more before it removes"
    assert person["account"] in str(delivery.confirm)
    message = await now(world, message, removed)
    assert buttons(message) == ["copy"]
    assert len(calls(world, vendor, method, path)) == 1
    assert len(world.vendors[vendor].accounts) == 1, "the other one stays"
    assert buttons(other)


async def test_who_did_not_ask_and_is_no_admin_removes_nothing(another_bot: Bots) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_ALLOWED=f"{ALICE},{MAX}")
    world = bot.world
    _, message = await requested(bot, "tencent")
    await press(world, MAX, message, "undo")
    assert "Only whoever requested this account" in await whispered(world, MAX, 0)
    assert len(world.tencent.accounts) == 1


async def test_who_may_not_use_newhire_presses_in_vain(bot: Bot) -> None:
    _, message = await requested(bot, "tencent")
    await press(bot.world, MAX, message, "resend")
    assert await whispered(bot.world, MAX, 0)
    assert calls(bot.world, "tencent", "PUT", "invite") == []


async def test_what_somebody_else_created_meanwhile_is_not_removed(bot: Bot) -> None:
    world = bot.world
    _, message = await requested(bot, "tencent")
    world.tencent.by_hand(world.tencent.row(world.tencent.accounts[0]).key, "replace")
    await press(world, ALICE, message, "undo")
    assert "didn't work, and nothing was changed" in await whispered(world, ALICE, 0)
    assert len(world.tencent.accounts) == 1


async def test_once_the_time_is_over_undo_says_so_and_the_message_offers_what_is_left(another_bot: Bots) -> None:
    bot = await another_bot(module="tests.hurried", NEWHIRE_UNDO_MINUTES="0.02", HUAWEI_API="current")
    _, message = await requested(bot, "huawei")
    await asyncio.sleep(1.3)  # the setting's time, and not luck
    await press(bot.world, LINA, message, "undo")
    assert "此操作已不可用" in await whispered(bot.world, LINA, 0)
    message = await with_button(bot.world, "disable")
    await press(bot.world, LINA, message, "disable")
    message = await now(bot.world, message, "账号已停用")
    await press(bot.world, LINA, message, "enable")
    message = await now(bot.world, message, "启用。")
    assert "disable" in buttons(message)


# --- to activate


async def test_the_invitation_is_sent_again_once_a_day(bot: Bot) -> None:
    world = bot.world
    _, message = await requested(bot, "tencent")
    assert buttons(message) == ["resend", "link", "undo", "copy"]
    world.tencent.a_day_passes()
    await press(world, ALICE, message, "resend")
    message = await now(world, message, "Invitation sent again by")
    await press(world, ALICE, message, "resend")
    said = await whispered(world, ALICE, 0)
    assert "15101" in said
    assert len(calls(world, "tencent", "PUT", "invite")) == 2


async def test_the_activation_link_is_for_whoever_pressed_alone(bot: Bot) -> None:
    world = bot.world
    person, message = await requested(bot, "tencent")
    await press(world, ALICE, message, "link")
    said = await whispered(world, ALICE, 0)
    assert "48 hours" in said
    link = next(word for word in said.split() if word.startswith(("https://", "http://")))
    others = [one for one in world.slack.messages[PEOPLE] if "ephemeral_for" not in one]
    assert all(link not in words(one) for one in others)
    assert person["name"] in said
    assert link not in bot.log


# --- again


async def test_what_was_refused_is_corrected_in_the_form(bot: Bot) -> None:
    world = bot.world
    world.tencent.fail("duplicate_phone")
    person, message = await requested(bot, "tencent")
    assert buttons(message) == ["edit", "copy"]
    before = set(world.slack.views)
    await press(world, ALICE, message, "edit")
    view_id = await world.slack.until(lambda slack: next(iter(set(slack.views) - before)))
    form = Form(world, ALICE, view_id)
    assert form.values["provider"] == "tencent"
    assert form.values["name"] == person["name"]
    assert form.values["email"] == person["email"]
    await form.submit(phone="13900139999", name=f"{person['name']} b")
    followed = await result(world, f"{person['name']} b")
    assert "an earlier request" in words(followed)
    old = await now(world, message, "Corrected and submitted again by")
    assert buttons(old) == ["copy"]


@pytest.mark.parametrize("vendor", ["tencent", "huawei"])
async def test_after_the_seats_were_bought_it_is_tried_again_without_typing(bot: Bot, vendor: str) -> None:
    world = bot.world
    world.vendors[vendor].fail("no_seat")
    person, message = await requested(bot, vendor)
    assert buttons(message) == ["retry", "edit", "copy"]
    await press(world, WHO[vendor], message, "retry")
    await world.slack.until(lambda _: len(final(world, person["name"])) == 2, timeout=20)
    assert len(world.vendors[vendor].created) == 1
    old = next(one for one in world.slack.messages[PEOPLE] if one["ts"] == message["ts"])
    assert buttons(old) == ["copy"]


async def test_admins_retry_all_that_failed_for_the_same_cause(bot: Bot) -> None:
    world = bot.world
    world.tencent.fail("no_seat", times=3)
    people = [(await requested(bot, "tencent"))[0] for _ in range(3)]
    incident = await with_button(world, "retry_all", ADMINS)
    await press(world, ALICE, incident, "retry_all", ADMINS)
    assert "Trying 3 requests again" in await whispered(world, ALICE, 0, ADMINS)
    await world.slack.until(lambda _: all(len(final(world, one["name"])) == 2 for one in people), timeout=20)
    assert len(world.tencent.created) == 3
    await now(world, incident, "Solved", ADMINS)


async def test_what_nobody_knew_is_looked_up(bot: Bot) -> None:
    world = bot.world
    world.tencent.fail("cut_after")
    world.tencent.fail("find_500", times=30)
    form = await Person(world, ALICE).opens()
    person = somebody()
    await form.submit(**person)
    unsure = await with_button(world, "look_up")
    world.tencent.failures.clear()
    await press(world, ALICE, unsure, "look_up")
    await result(world, person["name"])
    assert len(world.tencent.created) == 1


async def test_a_request_as_a_command_makes_the_same_form(bot: Bot) -> None:
    world = bot.world
    person, message = await requested(bot, "huawei")
    await press(world, LINA, message, "copy")
    said = await whispered(world, LINA, 0)
    command = said[said.index("/newhire ") :].partition("```")[0].removeprefix("/newhire ")
    form = await Person(world, LINA).opens(command)
    assert form.values["provider"] == "huawei"
    assert form.values["name"] == person["name"]
    assert form.values["email"] == person["email"]
    assert form.values["phone"].replace(" ", "").endswith(person["phone"].replace(" ", "")[-8:])


async def test_a_correction_from_a_list_leads_back_to_the_message_that_it_corrects(bot: Bot) -> None:
    """And shows what every form shows: how many licences are left."""
    world = bot.world
    form = await Person(world, ALICE).opens()
    person = somebody()
    # Not `fail`, which whatever else is still under way could use up.
    world.tencent.add_by_hand(userid=f"other-{person['account']}", phone=person["phone"].replace(" ", ""))
    await form.submit(**person)
    refused = await result(world, person["name"])
    await Person(world, ALICE).is_told(f"status {person['account']}")
    (shown,) = Person(world, ALICE).whispers()
    opened = set(world.slack.views)
    await world.slack.click(ALICE, PEOPLE, shown["ts"], "edit")
    view = await world.slack.until(lambda slack: next(iter(set(slack.views) - opened), None))
    form = Form(world, ALICE, str(view))
    await world.slack.until(lambda _: "licences" in form.words)
    again = somebody(name=person["name"])
    await form.submit(account=again["account"], phone=again["phone"], email=again["email"])
    await world.slack.until(lambda _: len(final(world, person["name"])) == 2)
    link = f"/archives/{PEOPLE}/p{refused['ts'].replace('.', '')}"
    assert link in words(final(world, person["name"])[-1])


async def test_a_name_with_slacks_own_signs_is_copied_as_it_is(bot: Bot) -> None:
    world = bot.world
    form = await Person(world, ALICE).opens()
    person = somebody(name="Tom `&` <Ann>")
    await form.submit(**person)
    found = await world.slack.until(
        lambda slack: [one for one in slack.messages[PEOPLE] if "copy" in buttons(one) and "Tom" in one["text"]]
    )
    await press(world, ALICE, found[0], "copy")
    said = await whispered(world, ALICE, 0)
    assert "name: Tom &amp; &lt;Ann&gt;;" in " ".join(said.split())


# --- where newhire cannot post (getsentry/sentry 77030, slackapi/bolt-js 2063)


async def test_where_newhire_is_no_member_the_click_itself_redraws_the_message(bot: Bot) -> None:
    world = bot.world
    form = await Person(world, ALICE).opens(in_=QUIET)
    person = somebody()
    await form.submit(**person)
    message = await result(world, person["name"], QUIET)
    await press(world, ALICE, message, "undo", QUIET)
    message = await now(world, message, "account was removed again", QUIET)
    assert len(about(world, person["name"], QUIET)) == 1, "it is not said a second time"


async def test_in_a_channel_that_was_archived_the_click_is_done_and_seen(bot: Bot) -> None:
    """chatwoot/chatwoot 13520, dblock/slack-strava 112: Slack edits nothing there; the click's own response_url does."""
    world = bot.world
    _, message = await requested(bot, "huawei")
    world.slack.channels[PEOPLE]["is_archived"] = True
    await press(world, ALICE, message, "undo")
    await now(world, message, "账号已撤销")
    assert world.huawei.accounts == []


async def test_when_somebody_has_deleted_the_message_the_list_still_acts_and_nothing_is_said_twice(bot: Bot) -> None:
    world = bot.world
    person, message = await requested(bot, "huawei")
    world.slack.messages[PEOPLE].remove(message)
    alice = Person(world, ALICE)
    await alice.is_told(f"status {person['account']}")
    (shown,) = alice.whispers()
    await world.slack.click(ALICE, PEOPLE, shown["ts"], "undo")
    # Tried, and no longer there: by then it is written down.
    await world.slack.until(lambda slack: any(one["error"] == "message_not_found" for one in slack.calls))
    assert world.huawei.accounts == []
    said = await alice.is_told(f"status {person['account']}")
    assert "account removed again" in said
    assert about(world, person["name"]) == []


async def test_a_link_comes_directly_where_newhire_was_taken_out_of_the_channel(bot: Bot) -> None:
    world = bot.world
    person, message = await requested(bot, "tencent")
    world.slack.membership(PEOPLE, False)
    await press(world, ALICE, message, "link")
    direct = await world.slack.until(lambda slack: slack.messages[Person(world, ALICE).direct])
    assert "48 hours" in words(direct[-1])
    assert person["name"] in words(direct[-1])


async def test_a_word_to_one_person_does_not_wipe_out_the_message(bot: Bot) -> None:
    world = bot.world
    _, message = await requested(bot, "tencent")
    await press(world, MAX, message, "undo")
    await whispered(world, MAX, 0)
    assert "undo" in buttons(await now(world, message, "ready to activate"))


# --- once


async def test_of_ten_clicks_at_once_one_acts_and_the_others_read_who_did(postgres_url: str, another_bot: Bots) -> None:
    first = await another_bot(module="tests.hurried", NEWHIRE_DATABASE_URL=postgres_url)
    world = first.world
    await another_bot(world, module="tests.hurried", NEWHIRE_DATABASE_URL=postgres_url)
    await world.slack.until(lambda slack: len(slack.sockets.usable) >= 2, timeout=30)
    _, message = await requested(first, "tencent")
    world.tencent.a_day_passes()
    people = [ALICE, *(newcomer(world) for _ in range(4))]
    clicks = [press(world, user, message, "resend") for user in people for _ in range(2)]
    deliveries = await asyncio.gather(*clicks)
    await asyncio.gather(*(world.slack.redeliver(one.envelope_id, on="other") for one in deliveries[:3]))
    await now(world, message, "Invitation sent again by")
    assert len(calls(world, "tencent", "PUT", "invite")) == 1
    told = [person for person in people if Person(world, person).whispers()]
    assert len(told) >= len(people) - 1


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for a database of the test's own. Asked for before the bots, it goes after them."""
    if request.param == "sqlite":
        return {}
    return {"NEWHIRE_DATABASE_URL": request.getfixturevalue("postgres_url")}


async def test_killed_at_twenty_moments_of_a_click_it_is_done_once(where: dict[str, str], another_bot: Bots) -> None:
    bot = await another_bot(module="tests.hurried", **where)
    world, moments = bot.world, random.Random(20)
    for _ in range(20):
        person, message = await requested(bot, "tencent")
        click = asyncio.ensure_future(world.slack.click(ALICE, PEOPLE, message["ts"], "undo"))
        await asyncio.sleep(moments.uniform(0.0, 0.15))  # the moment at which it dies
        bot.process.kill()
        await bot.process.wait()
        again = await begin(world, bot.folder, module="tests.hurried", **where)
        bot.process = again.process
        delivery = await click
        if not delivery.acked:
            # Whoever reads a warning presses again, if the button is still there.
            with contextlib.suppress(LookupError):
                await press(world, ALICE, message, "undo")
        message = await now(world, message, "account was removed again")
        assert buttons(message) == ["copy"]
        assert [one for one in final(world, person["name"]) if "removed" not in words(one)] == []
    assert world.tencent.accounts == []
    assert len(world.tencent.created) == 20


async def test_admins_are_told_as_before(bot: Bot) -> None:
    person, _ = await requested(bot, "tencent")
    assert person["account"] in words(await admins_read(bot.world, person["name"]))
