"""The form helps: an account is proposed, defaults are filled in, the result goes where one wants it, a message is enough."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.world import World
from tests.conftest import Bot, begin, tidy
from tests.people import (
    ADMINS,
    ALICE,
    BOT_USER,
    GENERAL,
    GUEST,
    LINA,
    MAX,
    NEWBIE,
    PEOPLE,
    QUIET,
    Form,
    Person,
    about,
    result,
    somebody,
    words,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Json = dict[str, Any]
Bots = Callable[..., Awaitable[Bot]]

each_language = pytest.mark.parametrize("user", [ALICE, LINA], ids=["English", "Chinese"])

DEFAULTS = f"""
job_title = "Engineer"

[tencent]
department = "07f4c1966815d251"

[channel.{GENERAL}]
provider = "huawei"
language = "zh"
department = "7"

[channel.{GENERAL}.huawei]
notify = "1"

[channel.{QUIET}]
result = "me"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_filling_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A bot with defaults and a pattern."""
    world, folder = World(), tmp_path_factory.mktemp("filling")
    await world.start()
    (folder / "defaults.toml").write_text(DEFAULTS, encoding="utf-8")
    settings = {"NEWHIRE_DEFAULTS": "defaults.toml", "NEWHIRE_ACCOUNT_PATTERN": "acme-{pinyin}"}
    bot = await begin(world, folder, **settings)
    yield bot
    assert await bot.stop() == 0
    await world.stop()


@pytest.fixture
def filling_bot(running_filling_bot: Bot) -> Bot:
    tidy(running_filling_bot.world)
    return running_filling_bot


def focused(form: Form) -> list[str]:
    return [block["block_id"] for block in form.view["blocks"] if block.get("element", {}).get("focus_on_load")]


# --- an account is proposed -------------------------------------------------------------------------------------------


@each_language
async def test_an_account_is_proposed_with_the_focus_behind_it(bot: Bot, user: str) -> None:
    form = await Person(bot.world, user).opens("单田芳")
    assert form.values["account"] == "shantianfang"
    assert focused(form) == ["phone"]


async def test_the_focus_of_an_empty_form_is_on_the_name(bot: Bot) -> None:
    assert focused(await Person(bot.world, ALICE).opens()) == ["name"]


async def test_a_proposal_can_be_changed_and_what_is_changed_stays(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens("张伟")
    await form.press_more(account="zw")
    assert form.values["account"] == "zw"
    await form.choose("huawei", name="Zhang Wei")
    await form.choose("tencent")
    assert form.values["account"] == "zw"


async def test_a_proposal_that_is_cleared_stays_cleared(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens("张伟")
    await form.press_more(account="")
    assert "account" not in form.values
    await form.choose("huawei")
    await form.choose("tencent")
    assert "account" not in form.values


async def test_an_untouched_proposal_follows_the_name(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens("张伟")
    await form.press_more(name="李雷")
    assert form.values["account"] == "lilei"


async def test_what_the_vendor_generates_is_left_to_the_vendor(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens("张伟")
    await form.choose("huawei")
    assert "account" not in form.values
    await form.choose("tencent")
    assert form.values["account"] == "zhangwei"


@each_language
async def test_an_empty_account_comes_back_filled_in_and_nothing_is_lost(bot: Bot, user: str) -> None:
    person = somebody(account=None, email=None, name="解明" if user == ALICE else "曾明")
    account = "xieming" if user == ALICE else "zengming"
    form = await Person(bot.world, user).opens()
    delivery = await form.submit(**person, job_title="Engineer")
    assert delivery.answer is not None
    assert delivery.answer["response_action"] == "update"
    assert form.values == {"provider": "tencent", **person, "account": account, "job_title": "Engineer"}
    assert {ALICE: "We propose the account", LINA: "已拟定账号"}[user] in form.words
    assert about(bot.world, person["name"]) == []
    await form.submit()
    assert f"`{account}`" in words(await result(bot.world, person["name"]))
    # It is taken now: by newhire's own memory, and not by asking the vendor.
    again = await Person(bot.world, user).opens(person["name"])
    assert again.values["account"] == f"{account}2"


async def test_what_else_is_wrong_is_said_with_the_proposal(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens()
    await form.submit(name="张伟", phone="12")
    assert form.values["account"] == "zhangwei"
    assert "Phone: " in form.words


async def test_where_nothing_can_be_proposed_the_field_says_so(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens()
    delivery = await form.submit(name="김민준", phone="138 0013 8000")
    assert delivery.errors == {"account": "Enter a value."}


async def test_a_database_that_hangs_does_not_keep_the_form(bot: Bot) -> None:
    """Locked by somebody else: it is proposed without knowing what is taken."""
    with sqlite3.connect(bot.folder / "newhire.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        form = await Person(bot.world, ALICE).opens("张伟")
        other.execute("ROLLBACK")
    assert form.values["account"].startswith("zhangwei")


@pytest.mark.parametrize(("vendor", "account"), [("tencent", "acme-zhangwei"), ("huawei", "acme-zhangwei")])
async def test_a_pattern_proposes_at_every_vendor(filling_bot: Bot, vendor: str, account: str) -> None:
    form = await Person(filling_bot.world, ALICE).opens("张伟 w@example.com")
    if vendor == "huawei":
        await form.choose(vendor)
    assert form.values["account"] == account


# --- defaults ---------------------------------------------------------------------------------------------------------


async def test_defaults_are_of_the_channel_and_of_the_provider(filling_bot: Bot) -> None:
    alice = Person(filling_bot.world, ALICE)
    here = await alice.opens(in_=PEOPLE)
    assert here.values == {"provider": "tencent", "department": "07f4c1966815d251", "job_title": "Engineer"}
    there = await alice.opens(in_=GENERAL)
    assert there.values == {"provider": "huawei", "department": "7", "notify": "1", "result-to": "channel"}
    await there.choose("tencent")
    assert there.values["department"] == "7"
    assert there.values["job_title"] == "Engineer"


async def test_a_default_that_is_changed_or_cleared_stays_so_and_another_follows_the_provider(filling_bot: Bot) -> None:
    form = await Person(filling_bot.world, ALICE).opens(in_=PEOPLE)
    await form.choose("huawei", job_title="")
    assert "department" not in form.values
    await form.choose("tencent")
    assert form.values == {"provider": "tencent", "department": "07f4c1966815d251"}
    await form.choose("huawei", department="9")
    assert form.values["department"] == "9"


async def test_what_is_typed_in_the_command_wins_over_defaults(filling_bot: Bot) -> None:
    form = await Person(filling_bot.world, ALICE).opens("姓名：张伟 职位：总监", in_=PEOPLE)
    assert form.values["job_title"] == "总监"


async def test_what_is_posted_in_a_channel_can_have_the_channels_language(filling_bot: Bot) -> None:
    form, person = await Person(filling_bot.world, ALICE).opens(in_=GENERAL), somebody()
    assert "Full name" in form.words
    await form.submit(name=person["name"], phone=person["phone"])
    assert "账号" in words(await result(filling_bot.world, person["name"], GENERAL))


# --- where the result goes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["tencent", "huawei"])
@each_language
async def test_only_me_is_a_direct_message_and_the_channel_reads_nothing(bot: Bot, user: str, vendor: str) -> None:
    asker, person = Person(bot.world, user), somebody()
    form = await asker.opens()
    if vendor == "huawei":
        await form.choose(vendor)
    await form.press_more()
    assert {ALICE: "Only me", LINA: "仅发给我"}[user] in form.words
    await form.submit(**person, **{"result-to": "me"})
    message = await result(bot.world, person["name"], asker.direct)
    assert "couldn't post in the channel" not in words(message)
    assert [message for message in bot.world.slack.messages[PEOPLE] if message["user"] == BOT_USER] == []


async def test_the_default_of_a_channel_says_where_the_result_goes(filling_bot: Bot) -> None:
    alice, person = Person(filling_bot.world, ALICE), somebody()
    form = await alice.opens(in_=QUIET)
    await form.submit(**person)
    await result(filling_bot.world, person["name"], alice.direct)
    assert about(filling_bot.world, person["name"], QUIET) == []


async def test_the_setting_says_where_results_go_unless_the_form_does(another_bot: Bots) -> None:
    bot = await another_bot(NEWHIRE_RESULT="me")
    alice, one, other = Person(bot.world, ALICE), somebody(), somebody()
    await (await alice.opens()).submit(**one)
    await result(bot.world, one["name"], alice.direct)
    form = await alice.opens()
    await form.press_more()
    await form.submit(**other, **{"result-to": "channel"})
    await result(bot.world, other["name"], PEOPLE)
    assert about(bot.world, one["name"], PEOPLE) == []


# --- from a message ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["tencent", "huawei"])
@each_language
async def test_a_message_fills_in_the_form_and_the_result_stands_in_its_channel(
    bot: Bot, user: str, vendor: str
) -> None:
    person = somebody(account=None)
    text = f"<@{MAX}> 新同事入职\n姓名：{person['name']}\n手机：{person['phone']}\n邮箱：{person['email']}"
    message = await bot.world.slack.say(MAX, PEOPLE, text)
    form = await Person(bot.world, user).uses_message_shortcut(message)
    assert form.values == {"provider": "tencent", **person, "account": person["email"].partition("@")[0]}
    if vendor == "huawei":
        await form.choose(vendor)
    await form.submit()
    assert words(await result(bot.world, person["name"]))


async def test_a_message_that_is_a_mention_takes_the_profile(bot: Bot) -> None:
    message = await bot.world.slack.say(MAX, PEOPLE, f"<@{NEWBIE}>")
    form = await Person(bot.world, ALICE).uses_message_shortcut(message)
    assert form.values["email"] == "zhang.wei@example.com"


async def test_a_message_without_a_person_opens_an_empty_form(bot: Bot) -> None:
    message = await bot.world.slack.say(MAX, PEOPLE, "")
    form = await Person(bot.world, ALICE).uses_message_shortcut(message)
    assert form.values == {"provider": "tencent"}


@pytest.mark.parametrize("user", [MAX, GUEST])
async def test_who_may_not_ask_is_told_so_where_the_message_stands(bot: Bot, user: str) -> None:
    message = await bot.world.slack.say(MAX, PEOPLE, "张伟 13800138000")
    before = len(Person(bot.world, user).whispers())
    await bot.world.slack.message_shortcut(user, "newhire_message", PEOPLE, message["ts"])
    told = await bot.world.slack.until(lambda _: Person(bot.world, user).whispers()[before])
    assert "permission" in words(told) or "full members" in words(told)
    assert not bot.world.slack.views


async def test_a_message_where_the_bot_is_no_member_is_answered_all_the_same(bot: Bot) -> None:
    person = somebody()
    bot.world.slack.membership(QUIET, is_in=False)
    message = await bot.world.slack.say(ALICE, QUIET, f"姓名：{person['name']} 手机：{person['phone']}")
    form = await Person(bot.world, ALICE).uses_message_shortcut(message, QUIET)
    await form.submit(account=person["account"])
    await result(bot.world, person["name"], QUIET)


async def test_admins_hear_of_a_result_that_only_the_requester_reads(bot: Bot) -> None:
    alice, person = Person(bot.world, ALICE), somebody()
    form = await alice.opens()
    await form.press_more()
    await form.submit(**person, **{"result-to": "me"})
    await bot.world.slack.until(lambda _: about(bot.world, person["name"], ADMINS))
