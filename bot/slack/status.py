"""`/newhire status`: where requests stand, to whoever asked alone. A member sees their own, an admin all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.intake import NotConfirmed
from bot.request import Health, Listing, Wanted
from bot.slack import lists
from bot.slack.blocks import Message
from bot.slack.lists import Provider, Reader
from bot.slack.permission import Permission, Verdict
from bot.slack.reply import slacks_own, tell
from bot.slack.words import say

Body = dict[str, Any]


class Looks(Protocol):
    """Where lists are asked for (`intake.Looks`)."""

    async def page(self, wanted: Wanted) -> Listing: ...
    async def find(self, text: str, wanted: Wanted) -> Listing: ...
    async def health(self) -> list[Health]: ...


@dataclass(frozen=True)
class StatusList:
    """The answers; `workspace` is the address that links to messages start with."""

    looks: Looks
    providers: Mapping[str, Provider]
    permission: Permission
    workspace: str = "https://slack.com/"
    clock: Callable[[], float] = time.time

    async def answer(self, user: str, verdict: Verdict, query: str = "", cursor: str = "") -> Message:
        """A page of requests, or those for whoever `query` is."""
        wanted = Wanted(requester=None if verdict.admin else user, cursor=cursor, many=lists.A_PAGE)
        try:
            listing = await (self.looks.find(query, wanted) if query else self.looks.page(wanted))
        except NotConfirmed:
            return {"text": say(verdict.language, "status.trouble")}
        reader = Reader(user, verdict.language, self.clock(), self.workspace, self.providers)
        return lists.status(reader, listing, "status.all" if verdict.admin else "status.own", query=query)

    async def turned(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """Another page, in place of the one that is shown."""
        user = body["user"]["id"]
        verdict = await self.permission.verdict(client, user, context.team_id)
        cursor, _, query = str(body["actions"][0].get("value") or "").partition(" ")
        message: Message = {"text": verdict.refusal}
        if verdict.refusal is None:
            message = await self.answer(user, verdict, query, cursor)
        url = slacks_own(body.get("response_url"), client.base_url)
        await tell(client, user, url, message["text"], message.get("blocks"), replace=True)
