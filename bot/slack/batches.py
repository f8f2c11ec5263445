"""Many at once, in Slack: `/newhire many`, its form, the buttons below its message. Parse, one call, render."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from slack_bolt.async_app import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.batch import Batch, BatchUpdate, Move, Moved, Upload
from bot.intake import NotConfirmed
from bot.slack import batch_messages as drawn
from bot.slack import form
from bot.slack.errors import TROUBLES, trouble
from bot.slack.listeners import ACKNOWLEDGE_SECONDS, TRIGGER_SECONDS, Body, Next, not_opened
from bot.slack.permission import Permission, Verdict
from bot.slack.reply import slacks_own, tell
from bot.slack.words import say
from bot.spreadsheet.sheet import MOST_BYTES

log = logging.getLogger(__name__)


class Many(Protocol):
    """Where batches are handed in (`intake.Many`)."""

    async def give_in(self, batch: Batch, source: str) -> None: ...
    async def press(self, handle: str, move: Move, round_: int, actor: str, *, admin: bool) -> Moved: ...
    async def shown(self, handle: str, actor: str, *, admin: bool) -> BatchUpdate | None: ...
    async def correct(
        self, handle: str, round_: int, columns: Mapping[int, str | None], values: Mapping[str, str]
    ) -> Moved: ...
    async def template(self, provider: str, user: str, lang: str) -> bool: ...


@dataclass(frozen=True)
class BatchDoor:
    """The handlers; `region` is that of phone numbers without a country code."""

    providers: Mapping[str, drawn.Offer]
    many: Many
    permission: Permission
    region: str
    clock: Callable[[], float] = time.time

    # The form.

    async def open(self, client: AsyncWebClient, trigger: str, lang: str) -> str | None:
        """The form; None, or the sentence for whoever waits for it."""
        try:
            async with asyncio.timeout(TRIGGER_SECONDS):
                await client.views_open(trigger_id=trigger, view=drawn.form(list(self.providers.values()), lang))
        except TROUBLES as error:
            return not_opened(trouble(error), lang)
        return None

    async def opened(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """The button in the Home tab."""
        user = body["user"]["id"]
        verdict = await self.permission.verdict(client, user, context.team_id)
        said = verdict.refusal or await self.open(client, body["trigger_id"], verdict.language)
        if said:
            await tell(client, user, None, said)

    async def template(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """*Send me a template*, in the form."""
        user = body["user"]["id"]
        verdict = await self.permission.verdict(client, user, context.team_id)
        chosen = drawn.read(body["view"]).get(drawn.PROVIDER) or str(body["actions"][0].get("value") or "")
        said = verdict.refusal or await self.send_template(user, verdict.language, chosen)
        if said:
            await tell(client, user, None, said)

    async def send_template(self, user: str, lang: str, provider: str = "") -> str | None:
        """By direct message; None, or the sentence why not."""
        key = provider if provider in self.providers else next(iter(self.providers))
        return None if await self.many.template(key, user, lang) else say(lang, "template.trouble")

    async def submit(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """Written down durably, then closed; what was typed stays in front of the person when that does not work."""
        verdict = Verdict("en")
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                verdict = await self.permission.verdict(client, body["user"]["id"], context.team_id, anew=True)
                answer = await self._submit(body, verdict)
        except (NotConfirmed, TimeoutError):
            answer = self._again(body["view"], verdict.language, say(verdict.language, "form.not_confirmed"))
        except Exception:
            log.exception("the form %s failed", body["view"]["id"])
            where = body["view"]["id"]
            answer = self._again(body["view"], verdict.language, say(verdict.language, "form.trouble", where=where))
        await ack(**answer)
        await next()

    async def _submit(self, body: Body, verdict: Verdict) -> Body:
        view, lang = body["view"], verdict.language
        if verdict.unchecked:
            return self._again(view, lang, say(lang, "form.unchecked"))
        if verdict.refusal:
            return {"response_action": "update", "view": form.notice(lang, verdict.refusal)}
        given = drawn.read(view)
        files, text = given.get(drawn.FILE) or [], str(given.get(drawn.TEXT) or "")
        if wrong := _wrong(files, text, lang):
            return {"response_action": "errors", "errors": wrong}
        user = body["user"]
        batch = Batch(
            id=f"B{view['id']}",
            provider=given.get(drawn.PROVIDER) or next(iter(self.providers)),
            region=self.region,
            requester=user["id"],
            requester_name=verdict.name or str(user.get("name") or user.get("username") or ""),
            language=lang,
            given_at=self.clock(),
            name=str(files[0].get("name") or "")[:100] if files else "",
            upload=Upload(id=files[0]["id"], name=str(files[0].get("name") or ""), size=int(files[0].get("size") or 0))
            if files
            else None,
        )
        await self.many.give_in(batch, text)
        return {}

    def _again(self, view: Body, lang: str, notice: str) -> Body:
        """The form with a sentence on top. A file that was chosen must be chosen again: Slack fills in none."""
        given = drawn.read(view)
        provider, text = str(given.get(drawn.PROVIDER) or ""), str(given.get(drawn.TEXT) or "")
        offers = list(self.providers.values())
        view = drawn.form(offers, lang, provider=provider, text=text, notice=notice)
        return {"response_action": "update", "view": view}

    # The message.

    async def pressed(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """Stored, then acknowledged; whoever pressed hears at once why something is not done."""
        user, pressed = body["user"]["id"], body["actions"][0]
        handle, round_ = _value(pressed)
        verdict = Verdict("en")
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                verdict = await self.permission.verdict(client, user, context.team_id, anew=True)
                said = verdict.refusal or await self._press(body, client, handle, round_, verdict)
        except (NotConfirmed, TimeoutError):
            said = say(verdict.language, "not_done.not_confirmed")
        except Exception:
            log.exception("a click of %s failed", user)
            said = say(verdict.language, "batch.trouble")
        await ack()
        if said:
            await tell(client, user, slacks_own(body.get("response_url"), client.base_url), said)
        await next()

    async def _press(
        self, body: Body, client: AsyncWebClient, handle: str, round_: int, verdict: Verdict
    ) -> str | None:
        user, action, lang = body["user"]["id"], body["actions"][0]["action_id"], verdict.language
        if action == "columns":
            return await self._columns(client, body["trigger_id"], handle, round_, user, verdict)
        if action not in get_args(Move):
            return say(lang, "batch.over")
        moved = await self.many.press(handle, action, round_, user, admin=verdict.admin)
        return _refused(moved, lang)

    async def _columns(
        self, client: AsyncWebClient, trigger: str, handle: str, round_: int, user: str, verdict: Verdict
    ) -> str | None:
        lang = verdict.language
        update = await self.many.shown(handle, user, admin=verdict.admin)
        if update is None:
            return say(lang, "batch.gone")
        if update.state != "shown" or update.round != round_:
            return say(lang, "batch.over")
        try:
            async with asyncio.timeout(TRIGGER_SECONDS):
                view = drawn.columns_form(update, self.providers[update.batch.provider], lang)
                await client.views_open(trigger_id=trigger, view=view)
        except TROUBLES as error:
            return not_opened(trouble(error), lang)
        return None

    async def columns(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """What each column is was said: it is read anew."""
        view = body["view"]
        handle, round_ = _value({"value": view.get("private_metadata")})
        given = {name: str(value) for name, value in drawn.read(view).items()}
        chosen = {
            int(name.removeprefix(drawn.COLUMN)): None if value == drawn.NOTHING else value
            for name, value in given.items()
            if name.startswith(drawn.COLUMN)
        }
        values = {
            name.removeprefix(drawn.FOR_ALL): value for name, value in given.items() if name.startswith(drawn.FOR_ALL)
        }
        verdict = Verdict("en")
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                verdict = await self.permission.verdict(client, body["user"]["id"], context.team_id, anew=True)
                said = verdict.refusal or _refused(
                    await self.many.correct(handle, round_, chosen, values), verdict.language
                )
        except (NotConfirmed, TimeoutError):
            said = say(verdict.language, "not_done.not_confirmed")
        except Exception:
            log.exception("the columns of a list were not corrected")
            said = say(verdict.language, "batch.trouble")
        await ack()
        if said:
            await tell(client, body["user"]["id"], None, said)
        await next()


def _wrong(files: Any, text: str, lang: str) -> dict[str, str]:
    """What is wrong with the form, on its fields."""
    if not files and not text.strip():
        return {drawn.FILE: say(lang, "many.nothing")}
    if files and text.strip():
        return {drawn.TEXT: say(lang, "many.both")}
    if files and int(files[0].get("size") or 0) > MOST_BYTES:
        return {drawn.FILE: say(lang, "many.too_big")}
    return {}


def _refused(moved: Moved, lang: str) -> str | None:
    match moved.came:
        case "done" | "asked":
            return None
        case "not_yours":
            return say(lang, "batch.not_yours")
        case "unknown":
            return say(lang, "batch.gone")
        case _:
            return say(lang, "batch.over")


def _value(pressed: Mapping[str, Any]) -> tuple[str, int]:
    handle, _, round_ = str(pressed.get("value") or "").partition(".")
    return handle, int(round_) if round_.isascii() and round_.isdigit() and len(round_) < 10 else -1
