"""When the Home tab is drawn anew: for whom it concerns, while it may be open, and not more often than the policy says."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.intake import NotConfirmed
from bot.onboarding.policy import Policy
from bot.request import Health, Listing, Wanted
from bot.slack.home import Home
from bot.slack.permission import Verdict
from tests.people import words
from tests.test_messages import PROVIDERS

NOTHING, HOUR = timedelta(0), timedelta(hours=1)


class Slack:
    """A client that takes every view; `trouble` is what comes instead."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Any]] = []
        self.trouble: Exception | None = None

    async def views_publish(self, *, user_id: str, view: Any) -> None:
        self.published.append((user_id, view))
        if self.trouble:
            raise self.trouble

    @property
    def users(self) -> list[str]:
        return [user for user, _ in self.published]


class Lists:
    """A database without requests; `away`: one that does not answer."""

    def __init__(self) -> None:
        self.away, self.wanted = False, list[Wanted]()

    async def page(self, wanted: Wanted) -> Listing:
        self.wanted.append(wanted)
        if self.away:
            raise NotConfirmed
        return Listing()

    async def find(self, text: str, wanted: Wanted) -> Listing:
        raise NotImplementedError

    async def drawn(self, user: str) -> None:
        if self.away:
            raise NotConfirmed

    async def news(self) -> int:
        return 0

    async def health(self) -> list[Health]:
        return []


class Known:
    """Who somebody is."""

    def __init__(self, **verdicts: Verdict) -> None:
        self.verdicts = verdicts

    async def verdict(self, client: Any, user: str, team: str | None) -> Verdict:
        return self.verdicts.get(user, Verdict("en"))


class Team:
    team_id = "T1"


def chosen(**menus: str) -> dict[str, Any]:
    """What is chosen in the menus, as Slack says it."""
    return {"newhire_home_filter": {name: {"selected_option": {"value": value}} for name, value in menus.items()}}


class There:
    def __init__(self, again: timedelta = NOTHING, open_: timedelta = HOUR, **verdicts: Verdict) -> None:
        self.slack, self.lists = Slack(), Lists()
        self.menus: dict[str, str] = {}
        policy = Policy(home_again=again, home_open=open_)
        permission: Any = Known(**verdicts)
        self.home = Home(self.lists, PROVIDERS, permission, policy, seats=lambda key, lang: f"{key}: 2 left")

    async def opens(self, user: str, tab: str = "home", **event: Any) -> None:
        slack: Any = self.slack
        team: Any = Team()
        await self.home.opened({"user": user, "tab": tab, **event}, slack, team)

    async def chooses(self, user: str, view: Any = None, **pressed: Any) -> None:
        view = (view or self.slack.published[-1][1]) | {"state": {"values": chosen(**self.menus)}}
        slack: Any = self.slack
        team: Any = Team()
        await self.home.turned({"user": {"id": user}, "view": view, "actions": [pressed]}, slack, team)

    async def changes(self, requester: str, times: int = 1) -> None:
        """From another thread; returns when whatever comes of it at once has come."""
        for _ in range(times):
            thread = threading.Thread(target=self.home.changed, args=(requester,))
            thread.start()
            thread.join()
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_change_redraws_it_for_the_requester_and_for_admins() -> None:
    there = There(U0=Verdict("en", admin=True))
    for user in ("U0", "U1", "U2"):
        await there.opens(user)
    there.slack.published.clear()
    await there.changes("U1")
    assert sorted(there.slack.users) == ["U0", "U1"]
    shown = {user: words(view) for user, view in there.slack.published}
    assert "All requests" in shown["U0"]
    assert "All requests" not in shown["U1"]


async def test_many_changes_are_one_redraw_and_that_comes_later() -> None:
    there = There(again=HOUR)
    await there.opens("U1")
    await there.changes("U1", times=20)
    assert there.slack.users == ["U1"]


async def test_what_was_opened_long_ago_is_left_alone() -> None:
    there = There(open_=NOTHING)
    await there.opens("U1")
    await there.changes("U1")
    assert there.slack.users == ["U1"]


async def test_what_nobody_has_opened_costs_nothing() -> None:
    there = There()
    await there.changes("U1")
    await there.opens("U1", "messages")
    await there.changes("U1")
    assert there.lists.wanted == []


async def test_a_redraw_keeps_what_was_chosen_and_opening_begins_at_the_newest() -> None:
    there = There(U0=Verdict("en", admin=True))
    await there.opens("U0")
    there.menus = {"by_state": "failed", "by_provider": "all"}
    await there.chooses("U0", block_id="newhire_home_filter", action_id="by_state")
    await there.chooses("U0", block_id="newhire_home_all", action_id="status_page", value="older:1.0:a")
    await there.chooses("U0", block_id="newhire_home_own", action_id="status_page", value="older:2.0:b")
    await there.changes("U2")
    own, every = there.lists.wanted[-2:]
    assert (own.requester, own.cursor) == ("U0", "older:2.0:b")
    assert (every.requester, every.cursor, every.state) == (None, "older:1.0:a", "failed")
    await there.opens("U0", view=there.slack.published[-1][1])
    own, every = there.lists.wanted[-2:]
    assert (own.cursor, every.cursor, every.state) == ("", "", "failed")


async def test_two_menus_chosen_before_either_was_drawn_both_count() -> None:
    there = There(U0=Verdict("en", admin=True))
    await there.opens("U0")
    before = there.slack.published[-1][1]
    there.menus = {"by_state": "failed", "by_provider": "all"}
    await there.chooses("U0", before, block_id="newhire_home_filter", action_id="by_state")
    there.menus = {"by_state": "failed", "by_provider": "huawei"}
    await there.chooses("U0", before, block_id="newhire_home_filter", action_id="by_provider")
    assert (there.lists.wanted[-1].state, there.lists.wanted[-1].provider) == ("failed", "huawei")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [(Verdict("zh", "没有权限"), "没有权限"), (Verdict("en", "unchecked", unchecked=True), "We couldn't look up")],
)
async def test_who_may_not_use_it_reads_why(verdict: Verdict, said: str) -> None:
    there = There(U1=verdict)
    await there.opens("U1")
    assert said in words(there.slack.published[-1][1])
    assert there.lists.wanted == []


async def test_a_database_that_does_not_answer_is_said_and_a_slack_in_trouble_is_not_fatal() -> None:
    there = There()
    there.lists.away = True
    await there.opens("U1")
    assert "We couldn't look up" in words(there.slack.published[-1][1])
    for error in (SlackApiError("no", {"ok": False, "error": "internal_error"}), ValueError("ours")):
        there.slack.trouble = error
        await there.opens("U1")
    assert len(there.slack.published) == 3


async def test_what_is_chosen_that_was_never_offered_is_no_filter() -> None:
    there = There(U0=Verdict("en", admin=True))
    await there.opens("U0", view={"private_metadata": '{"state": "nowhere", "provider": "acme"}'})
    assert (there.lists.wanted[-1].state, there.lists.wanted[-1].provider) == (None, None)


async def test_members_are_given_nothing_of_others() -> None:
    there = There()
    await there.opens("U1", view={"private_metadata": '{"state": "failed"}'})
    assert [wanted.requester for wanted in there.lists.wanted] == ["U1"]
