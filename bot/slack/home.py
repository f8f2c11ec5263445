"""newhire's Home tab: a button for the form, one's own requests, and for admins all of them and how the providers do.

Drawn when somebody opens it and when they choose something in it; and for a while after that when something changes, in the
background and not more often than the policy says. Slack does not tell when somebody looks away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.intake import NotConfirmed
from bot.onboarding.policy import Policy
from bot.request import Wanted
from bot.slack import lists
from bot.slack.blocks import Message
from bot.slack.errors import TROUBLES, trouble
from bot.slack.lists import Everything, HomeState, Provider, Reader
from bot.slack.permission import Permission, Verdict
from bot.slack.status import Body, Looks
from bot.slack.words import say

log = logging.getLogger(__name__)

PUBLISH_SECONDS = 3.0
MOST_WATCHERS = 500


class HomeLooks(Looks, Protocol):
    """Where lists are asked for, by somebody who has a Home tab (`intake.Looks`)."""

    async def drawn(self, user: str) -> None: ...
    async def news(self) -> int: ...


Seats = Callable[[str, str], str | None]
"""Of a provider and a language: a line on its licences, where a figure is at hand; None else. It must not wait for anybody."""


def no_seats(provider: str, lang: str) -> str | None:
    """Nothing is known of licences."""
    return None


@dataclass
class Watcher:
    """Somebody who may be looking at their Home tab; times of the loop's clock. `due`: it is drawn anew soon already."""

    client: AsyncWebClient
    team: str | None
    state: HomeState
    opened: float
    admin: bool = False
    drawn: float = float("-inf")
    due: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Home:
    """Everybody's Home tab. `changed` may be called from any thread, everything else is the event loop's."""

    def __init__(
        self,
        looks: HomeLooks,
        providers: Mapping[str, Provider],
        permission: Permission,
        policy: Policy,
        *,
        workspace: str = "https://slack.com/",
        seats: Seats = no_seats,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._looks, self._providers, self._permission = looks, providers, permission
        self._workspace, self._seats, self._clock = workspace, seats, clock
        self._open_seconds = policy.home_open.total_seconds()
        self._again_seconds = policy.home_again.total_seconds()
        self._known: set[str] = set()
        self._watchers: dict[str, Watcher] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drawing: set[asyncio.Task[bool]] = set()

    # What people do.

    async def opened(self, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """Somebody looks at it; at the tab with the messages nothing is drawn."""
        if event.get("tab") == "home":
            # The newest page; what the lists are narrowed down by stays, for Slack still shows it as chosen.
            state = replace(HomeState.read(event.get("view") or {}), own="", all="")
            await self._draw(event["user"], self._watch(event["user"], client, context.team_id, state))

    async def turned(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """Another page, or a filter."""
        state = _chosen(HomeState.read(body["view"]), body["actions"][0])
        user = body["user"]["id"]
        await self._draw(user, self._watch(user, client, context.team_id, state))

    # What happens meanwhile.

    def changed(self, requester: str) -> None:
        """Something of a request of theirs is another than before."""
        if self._loop is not None and self._watchers:
            # Closed: newhire is stopping.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._mark, requester)

    async def watch_others(self) -> None:
        """What other processes do is seen here too: for ever, while somebody looks."""
        seen = None
        while True:
            await asyncio.sleep(self._again_seconds)
            if not self._watchers:
                seen = None
                continue
            try:
                news = await self._looks.news()
            except NotConfirmed:
                continue
            if seen is not None and news != seen:
                self._mark(None)
            seen = news

    async def redraw(self, user: str, client: AsyncWebClient, team: str | None) -> bool:
        """Draw the tab of somebody who may not be looking at it, now; whether Slack has taken it."""
        watcher = self._watchers.get(user) or Watcher(client, team, HomeState(), asyncio.get_running_loop().time())
        return await self._draw(user, watcher)

    def _mark(self, requester: str | None) -> None:
        now = asyncio.get_running_loop().time()
        self._forget(now)
        for user, watcher in self._watchers.items():
            if not watcher.due and (watcher.admin or requester in (user, None)):
                watcher.due = True
                wait = max(0.0, watcher.drawn + self._again_seconds - now)
                asyncio.get_running_loop().call_later(wait, self._draw_soon, user, watcher)

    def _draw_soon(self, user: str, watcher: Watcher) -> None:
        if self._watchers.get(user) is watcher:
            task = asyncio.ensure_future(self._draw(user, watcher))
            self._drawing.add(task)
            task.add_done_callback(self._drawing.discard)

    def _watch(self, user: str, client: AsyncWebClient, team: str | None, state: HomeState) -> Watcher:
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._forget(now)
        known = self._watchers.get(user)
        if known is None:
            known = self._watchers[user] = Watcher(client, team, state, now)
        known.client, known.team, known.state, known.opened = client, team, state, now
        return known

    def _forget(self, now: float) -> None:
        gone = [user for user, one in self._watchers.items() if now - one.opened > self._open_seconds]
        gone += list(self._watchers)[: -MOST_WATCHERS or None] if len(self._watchers) > MOST_WATCHERS else []
        for user in gone:
            self._watchers.pop(user, None)

    # Drawn.

    async def _draw(self, user: str, watcher: Watcher) -> bool:
        """One after the other for one person, so that what was read last is what stays. Whether Slack has taken it."""
        async with watcher.lock:
            watcher.due, watcher.drawn = False, asyncio.get_running_loop().time()
            try:
                view = await self._view(user, watcher)
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await watcher.client.views_publish(user_id=user, view=view)
            except TROUBLES as error:
                log.warning("the Home tab of %s was not drawn: %s", user, trouble(error).reason)
            except Exception:
                log.exception("the Home tab of %s was not drawn", user)
            else:
                return True
            return False

    async def _remember(self, user: str) -> None:
        """Before it is drawn: what Slack holds must be known to be taken back."""
        if user not in self._known:
            await self._looks.drawn(user)
            self._known.add(user)

    async def _view(self, user: str, watcher: Watcher) -> Message:
        verdict = await self._permission.verdict(watcher.client, user, watcher.team)
        watcher.admin = verdict.admin
        if verdict.unchecked:
            return lists.closed_home(say(verdict.language, "home.trouble"))
        if verdict.refusal:
            return lists.closed_home(verdict.refusal)
        try:
            return await self._lists(user, watcher.state, verdict)
        except NotConfirmed:
            return lists.closed_home(say(verdict.language, "home.trouble"))

    async def _lists(self, user: str, state: HomeState, verdict: Verdict) -> Message:
        await self._remember(user)
        own = await self._looks.page(Wanted(requester=user, cursor=state.own, many=lists.HOME_OWN_PAGE))
        everything = await self._everything(state, verdict.language) if verdict.admin else None
        reader = Reader(user, verdict.language, self._clock(), self._workspace, self._providers)
        return lists.home(reader, state, own, everything)

    async def _everything(self, state: HomeState, lang: str) -> Everything:
        wanted = Wanted(
            requester=None,
            state=state.state if state.state in lists.STATES else None,
            provider=state.provider if state.provider in self._providers else None,
            cursor=state.all,
            many=lists.HOME_ALL_PAGE,
        )
        seats = {key: line for key in self._providers if (line := self._seats(key, lang))}
        return Everything(await self._looks.page(wanted), await self._looks.health(), seats)


def _chosen(state: HomeState, pressed: Mapping[str, Any]) -> HomeState:
    """What is remembered after that; what menus say is in `state` already."""
    value = str(pressed.get("value") or "")
    match pressed["block_id"]:
        case lists.HOME_OWN:
            return replace(state, own=value)
        case lists.HOME_ALL:
            return replace(state, all=value)
        case lists.HOME_FILTER:
            return replace(state, all="")
        case _:
            return state
