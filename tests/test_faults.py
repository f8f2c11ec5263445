"""What happens when ...: a line of the README's table is the first line of a test's docstring, held on both databases.

The bot waits less than in real life (`tests.hurried`); what it does is the same.
"""

from __future__ import annotations

import asyncio
import itertools
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.vendors.vendor import FakeVendor
from bot.sandbox.world import World
from tests.conftest import Bot, PostgreSQL, begin, tidy
from tests.people import ADMINS, ALICE, PEOPLE, Form, Person, about, admins_read, final, result, somebody, words

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

VENDORS = ["tencent", "huawei"]
both_vendors = pytest.mark.parametrize("vendor", VENDORS)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgresql"])
async def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    folder, settings = tmp_path_factory.mktemp("bot"), {}
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgres")
        settings["NEWHIRE_DATABASE_URL"] = server.new_database()
    world = World()
    await world.start()
    bot = await begin(world, folder, module="tests.hurried", **settings)
    yield bot
    # A test here has restarted PostgreSQL: the bot may be just beginning again, too young to end politely.
    assert await bot.stop() in (0, -signal.SIGTERM)
    await world.stop()


@pytest.fixture
def bot(running: Bot) -> Iterator[Bot]:
    tidy(running.world)
    yield running
    running.check_log(running.fresh_log())


async def opened(bot: Bot, vendor: str = "tencent") -> Form:
    form = await Person(bot.world, ALICE).opens(in_=PEOPLE)
    if vendor != "tencent":
        await form.choose(vendor)
    return form


async def sent_with(bot: Bot, vendor: str, *hows: str, **options: Any) -> tuple[FakeVendor, str, str]:
    """Make the vendor's next calls fail so, send a form, wait for its end: the vendor, the person, what people read."""
    failing, person = bot.world.vendors[vendor], somebody()
    form = await opened(bot, vendor)
    for how in hows:
        failing.fail(how, **options)
    await form.submit(**person)
    return failing, person["name"], words(await result(bot.world, person["name"]))


def creations(vendor: FakeVendor) -> int:
    return len(vendor.created)


def asked(vendor: FakeVendor) -> list[str]:
    """What reached the vendor about the person, in its order: `send` or `look`."""
    kinds = {"/v1/users": "send", "/member": "send"}
    return [
        next(
            (
                kind
                for end, kind in kinds.items()
                if one["method"] == "POST" and one["path"].partition("?")[0].endswith(end)
            ),
            "look",
        )
        for one in vendor.requests
        if not one["path"].partition("?")[0].endswith(("/account/statistics", "/corp/resource"))  # free licences
        if "auth" not in one["path"]
    ]


@both_vendors
async def test_the_vendor_refuses_a_value(bot: Bot, vendor: str) -> None:
    """The vendor refuses a value: the message says so to the requester, with the vendor's code and words; nothing is created."""
    failing, _, text = await sent_with(bot, vendor, "duplicate_phone")
    assert text.startswith("⚠️")
    assert "Check whether it belongs to" in text
    assert creations(failing) == 0


@both_vendors
async def test_our_credentials_are_refused(bot: Bot, vendor: str) -> None:
    """The vendor refuses newhire's credentials: the message says that an admin must act, and the admins get the notice."""
    failing, name, text = await sent_with(bot, vendor, "bad_credentials")
    assert "An admin needs to fix this" in text
    assert "Action needed" in words(await admins_read(bot.world, name))
    assert creations(failing) == 0


@both_vendors
async def test_no_seat_is_left(bot: Bot, vendor: str) -> None:
    """No seat is left: the message says that an admin must act, and the admins get the notice."""
    failing, name, text = await sent_with(bot, vendor, "no_seat")
    assert "licences are in use" in text
    assert "Action needed" in words(await admins_read(bot.world, name))
    assert creations(failing) == 0


@both_vendors
async def test_429_with_retry_after(bot: Bot, vendor: str) -> None:
    """The vendor says 429 with Retry-After: the whole provider waits that long, then the form is sent again, after a look-up."""
    failing, _, text = await sent_with(bot, vendor, "429", retry_after=1)
    assert text[0] in "✅☑"
    assert [what for what, _ in itertools.groupby(asked(failing))] == ["send", "look", "send"]


@both_vendors
async def test_429_without_retry_after(bot: Bot, vendor: str) -> None:
    """The vendor says 429 and not for how long: newhire waits growing times, then sends again, after a look-up."""
    failing, _, text = await sent_with(bot, vendor, "429_bare", times=2)
    assert text[0] in "✅☑"
    assert creations(failing) == 1


@both_vendors
@pytest.mark.parametrize("how", ["500", "cut", "hang", "html"])
async def test_no_answer_and_nothing_was_created(bot: Bot, vendor: str, how: str) -> None:
    """The vendor fails, hangs or cuts the connection before creating: the account is looked up, is not there, and is sent again."""
    failing, _, text = await sent_with(bot, vendor, how)
    assert text[0] in "✅☑"
    assert creations(failing) == 1
    sends = [number for number, what in enumerate(asked(failing)) if what == "send"]
    assert len(sends) == 2
    assert "look" in asked(failing)[sends[0] : sends[1]]


@both_vendors
@pytest.mark.parametrize("how", ["500_after", "cut_after", "hang_after"])
async def test_no_answer_and_the_account_was_created(bot: Bot, vendor: str, how: str) -> None:
    """The same after creating: the account is looked up, is recognised as ours, and is reported as created; it is not sent again."""
    failing, _, text = await sent_with(bot, vendor, how)
    assert text[0] in "✅☑"
    assert asked(failing).count("send") == creations(failing) == 1


@both_vendors
async def test_nobody_can_know(bot: Bot, vendor: str) -> None:
    """No answer, and the look-up fails too: people read that it is not known, and it is looked up ever later; no admin must act."""
    failing, person = bot.world.vendors[vendor], somebody()
    form = await opened(bot, vendor)
    failing.fail("cut_after")
    failing.fail("find_500", times=5)
    await form.submit(**person)

    def now(mark: str) -> bool:
        return any(message["text"][0] in mark for message in about(bot.world, person["name"]))

    await bot.world.slack.until(lambda _: now("❓"))
    await bot.world.slack.until(lambda _: now("✅☑"))
    assert creations(failing) == 1
    told = await admins_read(bot.world, person["name"])
    assert "account" in words(told)


@both_vendors
async def test_the_token_has_expired(bot: Bot, vendor: str) -> None:
    """The token or the signature's nonce is no longer good: a fresh one is made, and nobody notices."""
    failing, _, text = await sent_with(bot, vendor, "expired_token")
    assert text[0] in "✅☑"
    assert creations(failing) == 1


@both_vendors
async def test_this_machines_clock_is_wrong(bot: Bot, vendor: str) -> None:
    """This machine's clock is wrong: the vendor refuses, and the admins read that the clock must be set."""
    failing, name, _ = await sent_with(bot, vendor, "wrong_clock")
    assert "clock" in words(await admins_read(bot.world, name))
    assert creations(failing) == 0


@both_vendors
async def test_a_code_that_newhire_does_not_know(bot: Bot, vendor: str) -> None:
    """The vendor answers with a code that nobody documented: it is shown as it came, and nothing is guessed."""
    failing, _, text = await sent_with(bot, vendor, "unknown_code")
    assert text.startswith("⚠️")
    assert "987654" in text or "299999999" in text
    assert creations(failing) == 0


@both_vendors
async def test_the_vendor_is_away_and_comes_back(bot: Bot, vendor: str) -> None:
    """The vendor is away: forms are still accepted and go out by themselves, the admins have one message, edited when it is back."""
    away, people = bot.world.vendors[vendor], [somebody() for _ in range(3)]
    port = int(away.url.rpartition(":")[2])
    await away.stop()
    for person in people:
        await (await opened(bot, vendor)).submit(**person)
    await bot.world.slack.until(
        lambda _: all(
            any("will be sent automatically" in message["text"] for message in about(bot.world, person["name"]))
            for person in people
        ),
        timeout=30,
    )
    await away.start(port)
    for person in people:
        assert words(await result(bot.world, person["name"]))[0] in "✅☑"
    assert creations(away) == 3

    def about_the_outage() -> list[str]:
        told = [message["text"] for message in bot.world.slack.messages[ADMINS]]
        return [text for text in told if "isn't responding" in text or "is back" in text]

    await bot.world.slack.until(lambda _: "is back" in about_the_outage()[0])
    assert len(about_the_outage()) == 1, "an outage is one message, from its beginning to its end"
    for person in people:  # a late line would stand in the next test's channel
        await admins_read(bot.world, person["name"])


async def test_forty_forms_in_an_outage_are_one_message_to_the_admins(bot: Bot) -> None:
    """Many forms while the vendor is away: the admin channel has one message, edited until it is resolved; all are created."""
    away, people = bot.world.tencent, [somebody() for _ in range(40)]
    port = int(away.url.rpartition(":")[2])
    await away.stop()
    for person in people:
        await (await opened(bot)).submit(**person)
    await bot.world.slack.until(lambda slack: slack.messages[ADMINS], timeout=30)
    await away.start(port)
    await bot.world.slack.until(lambda _: all(final(bot.world, person["name"]) for person in people), timeout=60)
    assert creations(away) == 40

    def about_the_outage() -> list[str]:
        told = [message["text"] for message in bot.world.slack.messages[ADMINS]]
        return [text for text in told if "isn't responding" in text or "is back" in text]

    await bot.world.slack.until(lambda _: "is back" in about_the_outage()[0])
    assert len(about_the_outage()) == 1
    needed = [message["text"] for message in bot.world.slack.messages[ADMINS] if "Action needed" in message["text"]]
    assert needed == []


@both_vendors
@pytest.mark.parametrize("broken", ["dns", "tls"])
async def test_the_vendors_address_is_dead(
    tmp_path: Path, postgres: PostgreSQL, running: Bot, vendor: str, broken: str
) -> None:
    """The vendor's name is not found, or its TLS fails: nothing is sent, and after the patience people and admins read what happens next."""
    world = World()
    await world.start()
    address = "https://nowhere.invalid" if broken == "dns" else world.vendors[vendor].url.replace("http:", "https:")
    settings = {
        f"{vendor.upper()}_BASE_URL": address,
        "NEWHIRE_PATIENCE_MINUTES": "0.005",
        "NEWHIRE_GIVE_UP_HOURS": "0.0006",
    }
    if "postgresql" in running.settings["NEWHIRE_DATABASE_URL"]:
        settings["NEWHIRE_DATABASE_URL"] = postgres.new_database()
    bot = await begin(world, tmp_path, module="tests.hurried", **settings)
    try:
        person = somebody()
        await (await opened(bot, vendor)).submit(**person)
        assert "We couldn't reach" in words(await result(world, person["name"]))
        assert "Not created" in words(await admins_read(world, person["name"]))
        assert creations(world.vendors[vendor]) == 0
    finally:
        await bot.stop()
        await world.stop()


async def test_the_disk_is_full(tmp_path: Path) -> None:
    """The disk is full: the form stays open and says "not confirmed yet"; sent again when there is room, it is the same request."""
    world = World()
    await world.start()
    bot = await begin(world, tmp_path, module="tests.hurried")
    try:
        person = somebody()
        form = await Person(world, ALICE).opens()
        before = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        await form.submit(**person)
        assert "confirm your request yet" in form.words
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, before)
        await form.submit(**person)
        assert words(await result(world, person["name"]))[0] in "✅☑"
        assert creations(world.tencent) == 1
    finally:
        await bot.stop()
        await world.stop()


async def test_the_database_is_gone_and_comes_back(tmp_path: Path, postgres: PostgreSQL) -> None:
    """PostgreSQL goes away in the middle of a request and comes back: the request goes on where it was; nothing is done twice."""
    world = World()
    await world.start()
    bot = await begin(world, tmp_path, module="tests.hurried", NEWHIRE_DATABASE_URL=postgres.new_database())
    try:
        person = somebody()
        world.tencent.fail("hang_after")
        await (await opened(bot)).submit(**person)
        await world.slack.until(lambda _: world.tencent.created)
        await asyncio.to_thread(postgres.restart, "immediate")
        assert words(await result(world, person["name"]))[0] in "✅☑"
        assert creations(world.tencent) == 1
    finally:
        await bot.stop()
        await world.stop()


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_slack_rate_limits_us(bot: Bot, method: str) -> None:
    """Slack rate-limits newhire: the account is made all the same, and the result comes when Slack takes it."""
    bot.world.slack.fail(method, "ratelimited", times=2)
    _, name, text = await sent_with(bot, "tencent")
    assert text[0] in "✅☑"
    assert len(final(bot.world, name)) == 1


async def test_slack_is_down(bot: Bot) -> None:
    """Slack is down when the result is there: newhire tries until it is told, in one message."""
    for method in ("chat.postMessage", "chat.update"):
        bot.world.slack.fail(method, "503", times=4)
    _, name, text = await sent_with(bot, "huawei")
    assert text[0] in "✅☑"
    assert len(final(bot.world, name)) == 1


async def test_the_channel_is_archived_meanwhile(bot: Bot) -> None:
    """The channel is archived meanwhile: the requester gets the result in a direct message that says why."""
    slack, alice, person = bot.world.slack, Person(bot.world, ALICE), somebody()
    slack.response_url_life = 0.0
    try:
        form = await opened(bot)
    finally:
        slack.response_url_life = 1800.0
    slack.channels[PEOPLE]["is_archived"] = True
    await form.submit(**person)
    message = await result(bot.world, person["name"], in_=alice.direct)
    assert "couldn't post in the channel" in words(message)
