"""The buttons below a request's message: who presses is asked who they are, what they press is stored, then done once.

A button's value is `handle.round`: it means nothing to anybody else, and one of an earlier round is over.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.hire import Text
from bot.intake import NotConfirmed
from bot.outcome import AlreadyExists, Failure
from bot.request import Act, Action, MessageRef, NotDone, Record
from bot.slack import form, messages
from bot.slack.form import ModalState, Offer
from bot.slack.listeners import ACKNOWLEDGE_SECONDS, TRIGGER_SECONDS, Body, Next
from bot.slack.permission import Permission, Verdict
from bot.slack.prefill import as_command
from bot.slack.reply import slacks_own, tell
from bot.slack.words import enumerated, pick, say

log = logging.getLogger(__name__)


class Clicks(Protocol):
    """Where clicks are handed in (`intake.Clicks`)."""

    async def begin(self, handle: str, act: Act) -> NotDone | None: ...
    async def read(self, handle: str, act: Act) -> Record | None: ...
    async def place(self, handle: str) -> MessageRef | None: ...
    async def retry_all(self, handle: str, act: Act) -> int: ...


class Forms(Protocol):
    """Who opens forms (`listeners.Listeners`)."""

    async def show(
        self,
        client: AsyncWebClient,
        trigger: str,
        state: ModalState,
        typed: Mapping[str, str],
        notice: str | None,
        lang: str,
        by: float,
    ) -> str | None: ...


@dataclass(frozen=True)
class Buttons:
    """The handlers; `workspace` is the address that links to messages start with."""

    providers: Mapping[str, Offer]
    clicks: Clicks
    forms: Forms
    permission: Permission
    workspace: str = "https://slack.com/"
    clock: Callable[[], float] = time.time

    async def pressed(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """Stored durably, then acknowledged; whoever pressed hears at once why something is not done."""
        user, by = body["user"]["id"], asyncio.get_running_loop().time() + TRIGGER_SECONDS
        verdict = Verdict("en")
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                verdict = await self.permission.verdict(client, user, context.team_id, anew=True)
                said = verdict.refusal or await self._press(body, client, verdict)
        except (NotConfirmed, TimeoutError):
            said = say(verdict.language, "not_done.not_confirmed")
        except Exception:
            log.exception("a click of %s failed", user)
            said = say(verdict.language, "not_done.trouble")
        await ack()
        if said is None and body["actions"][0]["action_id"] == "edit":
            said = await self._edit(body, client, verdict, by)
        if said:
            await tell(client, user, slacks_own(body.get("response_url"), client.base_url), said)
        await next()

    async def _press(self, body: Body, client: AsyncWebClient, verdict: Verdict) -> str | None:
        """Hand it in; the sentence for whoever pressed, None when the message will tell."""
        lang, pressed = verdict.language, body["actions"][0]
        handle, round_ = _value(pressed)
        if pressed["action_id"] == messages.RETRY_ALL:
            if not verdict.admin:
                return say(lang, "not_done.admins")
            many = await self.clicks.retry_all(handle, self._act("retry", 0, body, client, verdict))
            return say(lang, "retrying", n=many) if many else say(lang, "retrying.none")
        action: Action = pressed["action_id"]
        if action == "edit":
            return None
        act = self._act(action, round_, body, client, verdict)
        if action == "copy":
            return await self._copy(handle, act)
        refused = await self.clicks.begin(handle, act)
        if refused is None and act.channel and not act.ts:
            return say(lang, "pressed", button=say(lang, f"button.{action}"))
        return messages.not_done(lang, refused, self.clock()) if refused else None

    def _act(self, action: Action, round_: int, body: Body, client: AsyncWebClient, verdict: Verdict) -> Act:
        user, (channel, ts) = body["user"], _message(body)
        # A list is not the request's own message: nothing takes its place, and nobody is led there.
        url = slacks_own(body.get("response_url"), client.base_url) if ts else None
        return Act(
            action=action,
            round=round_,
            actor=user["id"],
            actor_name=verdict.name or str(user.get("name") or user.get("username") or ""),
            language=verdict.language,
            admin=verdict.admin,
            channel=channel,
            ts=ts,
            response_url=url,
            link=self._link(channel, ts),
        )

    def _link(self, channel: str | None, ts: str | None) -> str:
        return messages.permalink(self.workspace, MessageRef(channel=channel, ts=ts)) if channel and ts else ""

    # What shows something, and changes nothing.

    async def _copy(self, handle: str, act: Act) -> str:
        record = await self.clicks.read(handle, act)
        if record is None:
            return say(act.language, "not_done.unknown")
        key = record.request.provider
        title = self.providers[key].title if key in self.providers else Text(key, key)
        command = as_command(record.request.hire, record.request.language, title)
        return say(act.language, "copied", command=messages.entities(command))

    async def _edit(self, body: Body, client: AsyncWebClient, verdict: Verdict, by: float) -> str | None:
        """The form with everything that was typed but a password; the sentence for whoever pressed if it does not open."""
        lang, (handle, round_) = verdict.language, _value(body["actions"][0])
        try:
            record = await self.clicks.read(handle, self._act("edit", round_, body, client, verdict))
            place = await self.clicks.place(handle) if record else None
        except NotConfirmed:
            return say(lang, "not_done.not_confirmed")
        if record is None:
            return say(lang, "not_done.unknown")
        state, typed, notice = self._correction(record, place, body, lang)
        return await self.forms.show(client, body["trigger_id"], state, typed, notice, lang, by)

    def _correction(
        self, record: Record, place: MessageRef | None, body: Body, lang: str
    ) -> tuple[ModalState, dict[str, str], str | None]:
        """What the form remembers, what is filled in, and what it says on top."""
        request, (channel, ts) = record.request, _message(body)
        if not ts and place:
            channel, ts = place.channel, place.ts
        offers = list(self.providers.values())
        offer = self.providers.get(request.provider, offers[0])
        typed = {name: str(value) for name, value in request.hire.items() if value is not None}
        known = form.belonging(offer, typed)
        wrong = _wrong(record)
        state = ModalState(
            provider=offer.key,
            channel=request.channel or channel,
            more=any(item.ask.more and (item.name in known or item.name in wrong) for item in offer.fields()),
            kept={name: text for name, text in typed.items() if name not in known},
            follows=request.id,
            follows_link=self._link(channel, ts),
        )
        titles = [pick(item.ask.title, lang) for item in offer.fields() if item.name in wrong]
        known[form.RESULT] = form.CHANNEL if request.channel else form.ME
        return state, known, _notice(record, titles, lang)


def _message(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Channel and ts of the request's message that was pressed; in a list there is none, at most a channel."""
    container = body.get("container") or {}
    listed = body["actions"][0]["block_id"] != messages.BUTTONS
    return container.get("channel_id"), None if listed else container.get("message_ts")


def _value(pressed: Mapping[str, Any]) -> tuple[str, int]:
    handle, _, round_ = str(pressed.get("value") or "").partition(".")
    return handle, int(round_) if round_.isascii() and round_.isdigit() and len(round_) < 10 else -1


def _wrong(record: Record) -> tuple[str, ...]:
    """Names of the fields that were refused, or are other than what is there."""
    match record.outcome:
        case Failure(field=str(name)):
            return (name,)
        case AlreadyExists(differences=names):
            return names
        case _:
            return ()


def _notice(record: Record, titles: list[str], lang: str) -> str | None:
    """What was wrong, in the vendor's words: Slack marks a field only in answer to a form that was sent."""
    outcome = record.outcome
    words = messages.escape(outcome.words) if isinstance(outcome, Failure) and outcome.words else ""
    where = enumerated(lang, titles)
    if where and words:
        return say(lang, "form.refused", where=where, words=words)
    return say(lang, "form.look_at", where=where) if where else words or None
