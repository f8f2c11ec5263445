"""*Approve* and *Decline*, in the admin channel, and *Cancel request* for whoever asked: who presses is asked who they are, and
the first decision stands.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.intake import NotConfirmed
from bot.request import Asked, Decided, Decision
from bot.slack.batch_messages import VALUE
from bot.slack.blocks import plain
from bot.slack.errors import TROUBLES, trouble
from bot.slack.listeners import ACKNOWLEDGE_SECONDS, TRIGGER_SECONDS, Body, Next, not_opened
from bot.slack.permission import Permission, Verdict
from bot.slack.reply import slacks_own, tell
from bot.slack.words import say

log = logging.getLogger(__name__)

CALLBACK, REASON = "newhire_decline", "reason"
WITHDRAW = "withdraw"
MOST_REASON = 500


class Approving(Protocol):
    """Where decisions are handed in (`intake.Approving`)."""

    async def find(self, handle: str) -> Asked | None: ...
    async def decide(self, handle: str, decision: Decision) -> Decided: ...


@dataclass(frozen=True)
class ApprovalButtons:
    """The handlers; `approvers` says who may decide."""

    approving: Approving
    approvers: Permission

    async def pressed(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """Approved, or cancelled, at once; to decline, a reason is asked for."""
        user, pressed = body["user"]["id"], body["actions"][0]
        handle, action = str(pressed.get("value") or ""), pressed["action_id"]
        lang, said = "en", None
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                if action == WITHDRAW:
                    lang, said = await self._withdraw(client, user, handle)
                else:
                    lang, said, by = await self._may(client, user, context.team_id, handle)
                    if by and action == "approve":
                        said = await self._decide(handle, by, lang)
        except (NotConfirmed, TimeoutError):
            said = say(lang, "not_done.not_confirmed")
        except Exception:
            log.exception("a decision of %s failed", user)
            said = say(lang, "batch.trouble")
        await ack()
        if said is None and action == "decline":
            said = await self._ask_why(client, body["trigger_id"], handle, lang)
        if said:
            await tell(client, user, slacks_own(body.get("response_url"), client.base_url), said)
        await next()

    async def declined(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """The reason was given."""
        user, view = body["user"]["id"], body["view"]
        handle = str(view.get("private_metadata") or "")
        reason = str(((view["state"]["values"].get(REASON) or {}).get(VALUE) or {}).get("value") or "")[:MOST_REASON]
        lang, said = "en", None
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                lang, said, by = await self._may(client, user, context.team_id, handle)
                if by:
                    declined = by.model_copy(update={"state": "declined", "reason": reason})
                    said = await self._decide(handle, declined, lang)
        except (NotConfirmed, TimeoutError):
            said = say(lang, "not_done.not_confirmed")
        except Exception:
            log.exception("a decision of %s failed", user)
            said = say(lang, "batch.trouble")
        await ack()
        if said:
            await tell(client, user, None, said)
        await next()

    async def _may(
        self, client: AsyncWebClient, user: str, team: str | None, handle: str
    ) -> tuple[str, str | None, Decision | None]:
        """(their language, the sentence why not, or that it is approved by them)."""
        verdict: Verdict = await self.approvers.verdict(client, user, team, anew=True)
        lang, approved = verdict.language, Decision(state="approved", by=user, by_name=verdict.name)
        if verdict.unchecked:
            return lang, verdict.refusal, None
        if verdict.refusal:
            return lang, say(lang, "approval.not_yours"), None
        asked = await self.approving.find(handle)
        if asked is None:
            return lang, say(lang, "approval.unknown"), None
        if asked.requester != user:
            return lang, None, approved
        if not await self.approvers.only(client, user):
            return lang, say(lang, "approval.own"), None
        return lang, None, approved.model_copy(update={"alone": True})

    async def _withdraw(self, client: AsyncWebClient, user: str, handle: str) -> tuple[str, str | None]:
        """(their language, the sentence why not)."""
        lang, asked = await self.approvers.language(client, user), await self.approving.find(handle)
        if asked is None:
            return lang, say(lang, "approval.unknown")
        if asked.requester != user:
            return lang, say(lang, "approval.not_theirs")
        return lang, await self._decide(
            handle, Decision(state="withdrawn", by=user, by_name=asked.requester_name), lang
        )

    async def _decide(self, handle: str, decision: Decision, lang: str) -> str | None:
        decided = await self.approving.decide(handle, decision)
        if decided.done:
            return None
        asked = decided.asked
        if asked is None or asked.state == "asked":
            return say(lang, "approval.late")
        who = f"<@{asked.decided_by}>" if asked.decided_by else "newhire"
        return say(lang, f"approval.was.{asked.state}", who=who)

    async def _ask_why(self, client: AsyncWebClient, trigger: str, handle: str, lang: str) -> str | None:
        try:
            async with asyncio.timeout(TRIGGER_SECONDS):
                await client.views_open(trigger_id=trigger, view=decline_form(handle, lang))
        except TROUBLES as error:
            return not_opened(trouble(error), lang)
        return None


def decline_form(handle: str, lang: str) -> dict[str, Any]:
    """The modal that asks why."""
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": VALUE, "multiline": True}
    element["max_length"] = MOST_REASON
    label = plain(say(lang, "approval.reason"), 2000)
    block = {"type": "input", "block_id": REASON, "label": label, "element": element, "optional": True}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": handle,
        "title": plain(say(lang, "approval.decline.title"), 24),
        "submit": plain(say(lang, "approval.decline"), 24),
        "close": plain(say(lang, "form.cancel"), 24),
        "blocks": [block],
    }
