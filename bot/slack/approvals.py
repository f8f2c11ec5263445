"""*Approve* and *Decline*, in the admin channel: who presses is asked who they are, and the first decision stands."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.intake import NotConfirmed
from bot.request import ApprovalState, Asked, Decided
from bot.slack.batch_messages import VALUE
from bot.slack.errors import TROUBLES, trouble
from bot.slack.listeners import ACKNOWLEDGE_SECONDS, TRIGGER_SECONDS, Body, Next, not_opened
from bot.slack.messages import plain
from bot.slack.permission import Permission, Verdict
from bot.slack.reply import slacks_own, tell
from bot.slack.words import say

log = logging.getLogger(__name__)

CALLBACK, REASON = "newhire_decline", "reason"
STATES: dict[str, ApprovalState] = {"approve": "approved", "decline": "declined"}
MOST_REASON = 500


class Approving(Protocol):
    """Where decisions are handed in (`intake.Approving`)."""

    async def find(self, handle: str) -> Asked | None: ...
    async def decide(self, handle: str, state: ApprovalState, actor: str, reason: str, *, alone: bool) -> Decided: ...


@dataclass(frozen=True)
class ApprovalButtons:
    """The handlers; `approvers` says who may decide."""

    approving: Approving
    approvers: Permission

    async def pressed(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """Approved at once; to decline, a reason is asked for."""
        user, pressed = body["user"]["id"], body["actions"][0]
        handle = str(pressed.get("value") or "")
        lang, said = "en", None
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                lang, said, alone = await self._may(client, user, context.team_id, handle)
                if said is None and pressed["action_id"] == "approve":
                    said = await self._decide(handle, "approved", user, "", lang, alone=alone)
        except (NotConfirmed, TimeoutError):
            said = say(lang, "not_done.not_confirmed")
        except Exception:
            log.exception("a decision of %s failed", user)
            said = say(lang, "batch.trouble")
        await ack()
        if said is None and pressed["action_id"] == "decline":
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
                lang, said, alone = await self._may(client, user, context.team_id, handle)
                said = said or await self._decide(handle, "declined", user, reason, lang, alone=alone)
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
    ) -> tuple[str, str | None, bool]:
        """(their language, the sentence why not, whether nobody else could decide about what they have asked for)."""
        verdict: Verdict = await self.approvers.verdict(client, user, team, anew=True)
        lang = verdict.language
        if verdict.unchecked:
            return lang, verdict.refusal, False
        if verdict.refusal:
            return lang, say(lang, "approval.not_yours"), False
        asked = await self.approving.find(handle)
        if asked is None:
            return lang, say(lang, "approval.unknown"), False
        if asked.requester != user:
            return lang, None, False
        alone = await self.approvers.only(client, user)
        return lang, None if alone else say(lang, "approval.own"), alone

    async def _decide(
        self, handle: str, state: ApprovalState, user: str, reason: str, lang: str, *, alone: bool
    ) -> str | None:
        decided = await self.approving.decide(handle, state, user, reason, alone=alone)
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
