"""How tests act as people: a small vocabulary over the sandbox.

    alice = Person(world, ALICE)
    form = await alice.opens("zhang.wei@example.com", in_=PEOPLE)
    await form.choose("huawei")
    delivery = await form.submit(**somebody())
    message = await result(world, "张伟 7")

Everything waits for what it wants to see (an open form, a message), and fails with the last calls and messages when that
does not come.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from bot.sandbox.slack.socket_mode import Delivery
from bot.sandbox.world import World

Json = dict[str, Any]

ALICE, LINA, MAX, OWEN = "U0ALICE01", "U0LINA001", "U0MAX0001", "U0OWEN001"
GUEST, STRANGER, NEWBIE, BOT_USER = "U0GUEST01", "U0STRAN01", "U0NEWBIE1", "U0BOT0001"
GENERAL, PEOPLE, QUIET, ADMINS = "C0GENERAL", "C0PEOPLE1", "C0QUIET01", "C0ADMINS1"
GROUP = "S0PEOPLE1"

FINAL = "✅☑ℹ⚠❓"
"""What a message that is a request's last word starts with."""

MENTION = re.compile(r"<(?!!date\^)[@!#][^>]*>")
"""What Slack turns into a mention, and rings people up for."""

_numbers = count(1)


def somebody(**fields: str | None) -> dict[str, str]:
    """A person whom no other test hires: what is typed into the form. A field that is None is left out."""
    number = next(_numbers)
    person = {
        "name": f"张伟 {number}",
        "account": f"zhangwei{number}",
        "phone": f"139 0013 {number:04d}",
        "email": f"zhangwei{number}@example.com",
    }
    return {name: text for name, text in (person | fields).items() if text is not None}


def newcomer(world: World, like: str = ALICE, **changes: Any) -> str:
    """Somebody whom the bot has not seen yet, else as `like`: their id. Whom it has seen, it remembers for a minute."""
    user = f"U0NEW{next(_numbers):04d}"
    world.slack.users[user] = copy.deepcopy(world.slack.users[like]) | {"id": user} | changes
    for channel in world.slack.channels.values():
        if like in channel["members"]:
            channel["members"].add(user)
    return user


class Form:
    """An open modal, and the person before it."""

    def __init__(self, world: World, user: str, view_id: str) -> None:
        self.world, self.user, self.id = world, user, view_id

    @property
    def view(self) -> Json:
        """The view as Slack has it now. Raises KeyError once it is closed."""
        return self.world.slack.views[self.id]

    @property
    def is_open(self) -> bool:
        return self.id in self.world.slack.views

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields now, empty ones left out."""
        state = ((name, next(iter(entry.values()))) for name, entry in self.view["state"]["values"].items())
        shown = ((name, _simple(entry)) for name, entry in state)
        return {name: text for name, text in shown if text}

    @property
    def fields(self) -> list[str]:
        return [block["block_id"] for block in self.view["blocks"] if block["type"] == "input"]

    @property
    def errors(self) -> dict[str, str]:
        return dict(self.view["errors"])

    @property
    def words(self) -> str:
        """Everything that can be read in it."""
        return words(self.view)

    async def choose(self, provider: str, **typed: str) -> None:
        """Choose where; returns when the fields are redrawn."""
        await self._redrawn_by("provider", "value", provider, typed, lambda state: state["provider"] == provider)

    async def press_more(self, **typed: str) -> None:
        more = self._remembers()["more"]
        await self._redrawn_by("more", "more", None, typed, lambda state: state["more"] != more)

    async def submit(self, **typed: str) -> Delivery:
        """Fill in and send. Fails when Slack's own client would not have sent it, or nobody took it."""
        delivery = await self.try_to_submit(**typed)
        assert delivery.acked, delivery
        assert delivery.error is None, delivery
        return delivery

    async def try_to_submit(self, **typed: str) -> Delivery:
        return await self.world.slack.submit(self.user, self.id, typed)

    def attach(self, name: str, content: bytes) -> Json:
        """Choose a file: what `submit(file=[...])` sends."""
        return self.world.slack.files.give(self.user, name, content)

    def _remembers(self) -> Json:
        return dict(json.loads(self.view["private_metadata"]))

    async def _redrawn_by(
        self, block: str, action: str, value: str | None, typed: dict[str, str], done: Callable[[Json], bool]
    ) -> None:
        """Not by its hash: free licences may be filled in meanwhile."""
        delivery = await self.world.slack.act(self.user, self.id, block, action, value, values=typed)
        assert delivery.acked, delivery
        await self.world.slack.until(lambda _: done(self._remembers()))


class Person:
    """Somebody in the workspace."""

    def __init__(self, world: World, user: str) -> None:
        self.world, self.user = world, user

    async def types(self, text: str = "", in_: str = PEOPLE) -> Delivery:
        """`/newhire text`. Fails when nobody took it."""
        delivery = await self.world.slack.command(self.user, in_, text)
        assert delivery.acked, delivery
        assert delivery.error is None, delivery
        return delivery

    async def opens(self, text: str = "", in_: str = PEOPLE) -> Form:
        """Type the command and wait for the form."""
        before = set(self.world.slack.views)
        await self.types(text, in_)
        return await self._new_form(before)

    async def uses_shortcut(self) -> Form:
        before = set(self.world.slack.views)
        delivery = await self.world.slack.shortcut(self.user, "newhire_global")
        assert delivery.acked, delivery
        return await self._new_form(before)

    async def uses_message_shortcut(self, message: Json, in_: str = PEOPLE) -> Form:
        """*New hire from message* in the menu of that message."""
        before = set(self.world.slack.views)
        delivery = await self.world.slack.message_shortcut(self.user, "newhire_message", in_, message["ts"])
        assert delivery.acked, delivery
        return await self._new_form(before)

    async def is_told(self, text: str = "", in_: str = PEOPLE) -> str:
        """Type the command and wait for the answer that only this person sees; what it says."""
        before = len(self.whispers(in_))
        await self.types(text, in_)
        return await self.world.slack.until(lambda _: words(self.whispers(in_)[before]))

    def whispers(self, in_: str = PEOPLE) -> list[Json]:
        """The messages there that only this person sees."""
        return [message for message in self.world.slack.messages[in_] if message.get("ephemeral_for") == self.user]

    @property
    def direct(self) -> str:
        """The id of their conversation with the bot."""
        return "D" + self.user[1:]

    async def _new_form(self, before: set[str]) -> Form:
        def new(_: object) -> str:
            return next(
                view_id
                for view_id, view in self.world.slack.views.items()
                if view_id not in before and view["user"] == self.user
            )

        view_id = await self.world.slack.until(lambda slack: _or_lookup_error(new, slack))
        return Form(self.world, self.user, view_id)


async def result(world: World, name: str, in_: str = PEOPLE) -> Json:
    """The last word about that person's request, once it is there. Fails when there are two."""

    found = await world.slack.until(lambda _: final(world, name, in_), timeout=20)
    assert len(found) == 1, [words(message) for message in found]
    return found[0]


def about(world: World, name: str, in_: str = PEOPLE) -> list[Json]:
    """The bot's messages there about somebody; a reply in a thread is none of them."""
    headline = f"*{name}*"
    return [
        message
        for message in world.slack.messages[in_]
        if message["user"] == BOT_USER
        and headline in message["text"]
        and message.get("thread_ts", message["ts"]) == message["ts"]
    ]


def final(world: World, name: str, in_: str = PEOPLE) -> list[Json]:
    """The last words about somebody's request; anything that is still to come is not among them."""
    return [message for message in about(world, name, in_) if message["text"][0] in FINAL]


async def admins_read(world: World, name: str) -> Json:
    """The one message to the admins about somebody."""
    found = await world.slack.until(lambda _: about(world, name, ADMINS))
    assert len(found) == 1, [words(message) for message in found]
    return found[0]


def words(shown: Json) -> str:
    """Everything that can be read in a message or a view, one text a line."""
    texts = [shown["text"]] if isinstance(shown.get("text"), str) else []
    return "\n".join([*texts, *_texts({key: shown.get(key) for key in ("title", "submit", "close", "blocks")})])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def unmasked_phones(text: str) -> list[str]:
    """Chinese mobile numbers that can be read in full, but for the example in the help."""
    found = re.findall(r"(?<!\w)(?:\+?86)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\w)", text)
    return [number for number in found if number != "138 0013 8000"]


def _simple(entry: Json) -> str:
    option = entry.get("selected_option")
    return str(option["value"] if option else entry.get("value") or entry.get("selected_date") or "")


def _or_lookup_error(new: Callable[[object], str], slack: object) -> str:
    try:
        return new(slack)
    except StopIteration:
        raise LookupError from None
