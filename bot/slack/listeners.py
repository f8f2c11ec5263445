"""/newhire, the form, its buttons: parse, one call, render.

Every listener is acknowledged in its middleware: an exception in the work behind it can lose a form no more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pydantic import ValidationError
from slack_bolt.async_app import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot import proposal
from bot.defaults import Defaults
from bot.hire import NewHire
from bot.intake import NotConfirmed
from bot.request import Act, Duplicate, Request
from bot.slack import form
from bot.slack.errors import TROUBLES, SlackTrouble, trouble
from bot.slack.form import ModalState, Offer
from bot.slack.messages import mention, permalink
from bot.slack.permission import Permission, Verdict, profile
from bot.slack.prefill import Help, Many, NotHere, Prefill, Status, Template, command, from_message, from_profile
from bot.slack.reply import slacks_own, tell
from bot.slack.seats import SeatCounts
from bot.slack.words import ago, listing, pick, say

log = logging.getLogger(__name__)

TRIGGER_SECONDS = 3.0
"""So long a trigger lives, and a person believes that something will come."""
PROFILE_SECONDS = 0.8
MODALS_KEPT = 500
ACKNOWLEDGE_SECONDS = 2.4
"""Slack shows its own error after three seconds, and what was typed with it; the way to Slack takes some of them."""

Body = dict[str, Any]
Next = Callable[[], Awaitable[None]]


class Provider(Offer, Protocol):
    """What the listeners need of a provider."""

    @property
    def form(self) -> type[NewHire]: ...


class Intake(Protocol):
    """Where forms are handed in (`intake.Intake`)."""

    async def accept(self, request: Request, hire: NewHire, confirmed: str | None) -> Duplicate | None: ...
    async def taken(self, provider: str, accounts: Sequence[str]) -> set[str]: ...


class Corrections(Protocol):
    """Who hears that a form corrects an earlier request (`intake.Clicks`)."""

    async def corrected(self, request_id: str, act: Act) -> None: ...


class ManyForms(Protocol):
    """Who opens the form for many (`batches.BatchDoor`)."""

    async def open(self, client: AsyncWebClient, trigger: str, lang: str) -> str | None: ...
    async def send_template(self, user: str, lang: str) -> str | None: ...


class Statuses(Protocol):
    """Where requests stand (`status.StatusList`)."""

    async def answer(self, user: str, verdict: Verdict, query: str = "") -> Body: ...


@dataclass
class Modal:
    """An open form that is being redrawn, one click after the other.

    A click that came before the redraw of the last one carries the hash of before, which Slack refuses (hash_conflict), and
    knows nothing of what the last one changed.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    outdated: set[str] = field(default_factory=set)
    drawn: Body = field(default_factory=dict)
    hash: str = ""

    def now(self, view: Body) -> tuple[ModalState, str]:
        """What the form remembers, and its hash, when that click is dealt with."""
        late = view["hash"] in self.outdated
        return (form.recall(self.drawn), self.hash) if late else (form.recall(view), view["hash"])

    def redrawn(self, outdated: set[str], drawn: Body, hash_: str) -> None:
        self.outdated |= outdated
        self.drawn, self.hash = drawn, hash_

    def forget(self) -> None:
        """Nobody knows what Slack shows: the next click says it."""
        self.outdated.clear()


@dataclass(frozen=True)
class Listeners:
    """The handlers, over what they work with. `workspace` is the address that links to messages start with.

    `pattern` is how accounts are proposed (`proposal.check_pattern`), `result` where results go unless the form says
    otherwise.
    """

    providers: Mapping[str, Provider]
    intake: Intake
    permission: Permission
    region: str
    workspace: str = "https://slack.com/"
    clicks: Corrections | None = None
    statuses: Statuses | None = None
    defaults: Defaults = field(default_factory=Defaults)
    pattern: str = ""
    result: str = form.CHANNEL
    seats: SeatCounts | None = None
    batches: ManyForms | None = None
    clock: Callable[[], float] = time.time
    _modals: dict[str, Modal] = field(default_factory=dict)

    @property
    def offers(self) -> Sequence[Provider]:
        return list(self.providers.values())

    # /newhire and the shortcuts.

    async def command(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        by = _now() + TRIGGER_SECONDS
        user, response_url = body["user_id"], slacks_own(body.get("response_url"), client.base_url)
        verdict = await self.permission.verdict(client, user, context.team_id)
        said, blocks = verdict.refusal, None
        if said is None:
            match command(body.get("text") or "", self.region):
                case Help():
                    said = self.help(verdict.language)
                case Status() as asked:
                    said, blocks = await self._status(client, user, verdict, asked)
                case Many():
                    said = (
                        await self.batches.open(client, body["trigger_id"], verdict.language) if self.batches else None
                    )
                case Template():
                    said = await self.batches.send_template(user, verdict.language) if self.batches else None
                case NotHere(word):
                    said = say(verdict.language, "help.not_here", word=word)
                case Prefill() as wanted:
                    state = ModalState(channel=body["channel_id"], response_url=response_url)
                    said = await self._open(client, body["trigger_id"], state, wanted, verdict.language, by)
        if said:
            await tell(client, user, response_url, said, blocks)

    async def _status(
        self, client: AsyncWebClient, user: str, verdict: Verdict, asked: Status
    ) -> tuple[str, list[Body] | None]:
        """Text and blocks of the answer to `/newhire status`."""
        if self.statuses is None:
            return say(verdict.language, "status.trouble"), None
        query = asked.query
        if asked.mentioned:
            found = await self._profile(client, asked.mentioned)
            if found is None:
                return say(verdict.language, "status.no_profile", who=f"<@{asked.mentioned}>"), None
            query = found.get("email") or found.get("phone") or found.get("name") or asked.mentioned
        message = await self.statuses.answer(user, verdict, query)
        return message["text"], message.get("blocks")

    async def shortcut(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """The global shortcut, and the button of the Home tab."""
        # It has no channel to answer in.
        await self._open_for(body, client, context, None, ModalState(), Prefill())

    async def from_message(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """The message shortcut: the form, filled in with what a message says; the result goes where the message stands."""
        response_url = slacks_own(body.get("response_url"), client.base_url)
        wanted = from_message(body["message"].get("text") or "", self.region)
        state = ModalState(channel=body["channel"]["id"], response_url=response_url)
        await self._open_for(body, client, context, response_url, state, wanted)

    async def joined(self, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
        """*Create account* below who has joined Slack: the form, filled in from their profile."""
        state = ModalState(channel=(body.get("container") or {}).get("channel_id"))
        wanted = Prefill(mentioned=str(body["actions"][0].get("value") or ""))
        response_url = slacks_own(body.get("response_url"), client.base_url)
        await self._open_for(body, client, context, response_url, state, wanted)

    async def _open_for(
        self,
        body: Body,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        response_url: str | None,
        state: ModalState,
        wanted: Prefill,
    ) -> None:
        """The form for whoever pressed something, or the sentence why there is none."""
        by, user = _now() + TRIGGER_SECONDS, body["user"]["id"]
        verdict = await self.permission.verdict(client, user, context.team_id)
        said = verdict.refusal or await self._open(client, body["trigger_id"], state, wanted, verdict.language, by)
        if said:
            await tell(client, user, response_url, said)

    def help(self, lang: str) -> str:
        names = listing(lang, (pick(offer.title, lang) for offer in self.offers), "help.provider")
        return say(lang, "help", providers=names, allowed=self.permission.who_may(lang))

    async def _open(
        self, client: AsyncWebClient, trigger: str, state: ModalState, wanted: Prefill, lang: str, by: float
    ) -> str | None:
        """Open the form `by` then (the loop's time); None, or the sentence for whoever waits for it."""
        typed, notice = dict(wanted.typed), None
        if wanted.mentioned:
            found = await self._profile(client, wanted.mentioned)
            typed = (found or {}) | typed
            notice = say(lang, "form.no_profile", who=f"<@{wanted.mentioned}>") if found is None else None
        offer = self._named(wanted.provider) or self._first(state.channel)
        typed, filled = await self._fill(offer, typed, state)
        typed.setdefault(form.RESULT, self.defaults.said("result", state.channel) or self.result)
        state = replace(state, provider=offer.key, filled=filled, more=_is_hidden(offer, typed))
        return await self.show(client, trigger, state, typed, notice, lang, by)

    async def show(
        self,
        client: AsyncWebClient,
        trigger: str,
        state: ModalState,
        typed: Mapping[str, str],
        notice: str | None,
        lang: str,
        by: float,
    ) -> str | None:
        """Open a form that is filled in so, `by` then; None, or the sentence for whoever waits for it."""
        view = self._form(state, lang, typed=typed, notice=notice)
        try:
            async with asyncio.timeout_at(by):
                answer = await client.views_open(trigger_id=trigger, view=view)
        except TROUBLES as error:
            return not_opened(trouble(error), lang)
        await self._count_seats(client, answer["view"]["id"], answer["view"]["hash"], view, lang)
        return None

    def _named(self, name: str) -> Provider | None:
        """The provider that is called so, in either language or by its key."""
        called = {word.casefold(): each for each in self.offers for word in (each.title.en, each.title.zh, each.key)}
        return called.get(name.casefold())

    def _first(self, channel: str | None) -> Provider:
        """The provider that the form opens with there."""
        return self.providers.get(self.defaults.said("provider", channel) or "") or self.offers[0]

    async def _fill(
        self, offer: Provider, typed: Mapping[str, str], state: ModalState
    ) -> tuple[dict[str, str], dict[str, str]]:
        """What is typed with what newhire fills in itself, and the latter: defaults, and an account that is proposed."""
        wanted = form.belonging(offer, self.defaults.fields(offer.key, state.channel))
        if typed.get(proposal.ACCOUNT, "") == state.filled.get(proposal.ACCOUNT, ""):
            proposed = await self._propose(offer, typed)
            wanted |= {proposal.ACCOUNT: proposed} if proposed else {}
        return form.refill(typed, state.filled, wanted)

    async def _propose(self, offer: Provider, typed: Mapping[str, str]) -> str | None:
        """An account for whom the form is about that newhire does not know to be taken, if it can think of one."""
        if not proposal.is_proposed(offer.form, self.pattern):
            return None
        names = proposal.candidates(offer.form, typed, self.pattern)
        taken = await self.intake.taken(offer.key, names) if names else set()
        return proposal.choose(offer.form, names, taken)

    async def _profile(self, client: AsyncWebClient, user: str) -> dict[str, str] | None:
        """Fields from somebody's profile; None where Slack does not give it in time."""
        try:
            async with asyncio.timeout(PROFILE_SECONDS):
                return from_profile(await profile(client, user), self.region)
        except TROUBLES as error:
            log.warning("no profile of %s: %s", user, trouble(error).reason)
            return None

    # Inside the form.

    async def redraw(self, body: Body, client: AsyncWebClient) -> None:
        """Another provider was chosen, or more options are wanted: draw those fields, keep what was typed."""
        user, modal = body["user"]["id"], self._modal(body["view"]["id"])
        lang = await self.permission.language(client, user)
        async with modal.lock:
            found = await self._redraw(body, client, modal, lang)
        if found is None:
            await self._count_seats(client, body["view"]["id"], modal.hash, modal.drawn, lang)
        # hash_conflict: another process of newhire was faster; not_found: the form was closed meanwhile.
        if found and found.code not in ("hash_conflict", "not_found"):
            await tell(client, user, form.recall(body["view"]).response_url, say(lang, "form.not_redrawn"))

    async def _redraw(self, body: Body, client: AsyncWebClient, modal: Modal, lang: str) -> SlackTrouble | None:
        view = body["view"]
        before, hash_ = modal.now(view)
        offer = self.providers.get(form.chosen(view)) or self.offers[0]
        typed, filled = await self._fill(offer, {**before.kept, **form.read(view)}, before)
        state = replace(before, provider=offer.key, confirmed_duplicate=None, kept={}, filled=filled)
        by_more = body["actions"][0]["block_id"] == form.MORE
        state = replace(state, more=not before.more if by_more else before.more or _is_hidden(offer, filled))
        # Who wants more options looks at what comes below, and not at the first empty field.
        drawn = self._form(state, lang, typed=typed, focus=not by_more)
        try:
            async with asyncio.timeout(TRIGGER_SECONDS):
                answer = await client.views_update(view_id=view["id"], hash=hash_, view=drawn)
            modal.redrawn({view["hash"], hash_}, drawn, answer["view"]["hash"])
        except TROUBLES as error:
            modal.forget()
            found = trouble(error)
            log.warning("the form %s was not redrawn: %s", view["id"], found.reason)
            return found
        return None

    def _form(self, state: ModalState, lang: str, **how: Any) -> Body:
        """The modal (`form.build`), with the free licences where they are known."""
        view = form.build(self.offers, state, lang, **how)
        if self.seats is None:
            return view
        provider = form.recall(view).provider
        counted = self.seats.cached(provider) or ()
        return form.with_seats(view, self.providers[provider], counted, self.seats.few, lang)

    async def _count_seats(self, client: AsyncWebClient, view_id: str, hash_: str, drawn: Body, lang: str) -> None:
        """Fill in the free licences once the vendor has told them; the form is open, and whoever types in it goes on."""
        provider = form.recall(drawn).provider
        # Not "are they known by now": another form may have asked since this one was drawn.
        counted = await self.seats.fetch(provider) if self.seats and not form.has_seats(drawn) else ()
        if self.seats is None or not counted:
            return
        modal = self._modal(view_id)
        async with modal.lock:
            if hash_ in modal.outdated:
                return
            offer = self.providers[provider]
            view = form.with_seats(form.without_focus(drawn), offer, counted, self.seats.few, lang)
            try:
                async with asyncio.timeout(TRIGGER_SECONDS):
                    answer = await client.views_update(view_id=view_id, hash=hash_, view=view)
                modal.redrawn({hash_}, view, answer["view"]["hash"])
            except TROUBLES as error:
                modal.forget()
                log.info("the form %s shows no licences: %s", view_id, trouble(error).reason)

    def _modal(self, view_id: str) -> Modal:
        if len(self._modals) > MODALS_KEPT:
            idle = [known for known, modal in self._modals.items() if not modal.lock.locked()]
            for known in idle[: MODALS_KEPT // 2]:
                del self._modals[known]
        return self._modals.setdefault(view_id, Modal())

    async def submit(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext, next: Next
    ) -> None:
        """Check, accept durably, and only then acknowledge. Every way out of here is an answer to Slack, and in time."""
        lang = "en"
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                verdict = await self.permission.verdict(client, body["user"]["id"], context.team_id, anew=True)
                lang = verdict.language
                answer = await self._answer(body, verdict)
        except (NotConfirmed, TimeoutError):
            answer = self._redrawn(body["view"], lang, say(lang, "form.not_confirmed"))
        except Exception:
            log.exception("form %s failed", body["view"]["id"])
            answer = self._redrawn(body["view"], lang, say(lang, "form.trouble", where=body["view"]["id"]))
        await ack(**answer)
        await next()

    async def _answer(self, body: Body, verdict: Verdict) -> Body:
        view, lang = body["view"], verdict.language
        if verdict.unchecked:
            return self._redrawn(view, lang, say(lang, "form.unchecked"))
        if verdict.refusal:
            return {"response_action": "update", "view": form.notice(lang, verdict.refusal)}
        provider = self.providers[form.chosen(view)]
        typed = form.belonging(provider, form.read(view))
        if form.lacks_account(provider, typed) and (account := await self._propose(provider, typed)):
            return self._with_proposal(view, provider, account, lang)
        try:
            hire = provider.form.model_validate(typed, context={"region": self.region})
        except ValidationError as error:
            return self._complain(view, provider, form.complaints(error, provider, lang), lang)
        request = self._request(body, provider, hire, verdict)
        state = form.recall(view)
        duplicate = await self.intake.accept(request, hire, state.confirmed_duplicate or state.follows)
        if duplicate is not None:
            state = replace(state, provider=provider.key, confirmed_duplicate=duplicate.id)
            notice = self._repeat(duplicate, lang, same_form=duplicate.id == request.id)
            drawn = self._form(state, lang, typed=form.read(view), notice=notice)
            return {"response_action": "update", "view": drawn}
        if state.follows and self.clicks:
            act = Act(action="edit", round=0, actor=request.requester, actor_name=request.requester_name, language=lang)
            await self.clicks.corrected(state.follows, act)
        return {}

    def _with_proposal(self, view: Body, provider: Provider, account: str, lang: str) -> Body:
        """The form again with an account in it, and whatever else is wrong: nobody sends what they have not seen."""
        typed = form.read(view) | {proposal.ACCOUNT: account}
        said = [say(lang, "form.proposed", account=account)]
        try:
            provider.form.model_validate(form.belonging(provider, typed), context={"region": self.region})
        except ValidationError as error:
            said.append(form.listed(form.complaints(error, provider, lang), provider, lang))
        before = form.recall(view)
        filled = {**before.filled, proposal.ACCOUNT: account}
        state = replace(before, provider=provider.key, filled=filled)
        drawn = self._form(state, lang, typed=typed, notice="\n".join(said))
        return {"response_action": "update", "view": drawn}

    def _complain(self, view: Body, provider: Provider, errors: dict[str, str], lang: str) -> Body:
        if errors.keys() <= form.shown(view):
            return {"response_action": "errors", "errors": errors}
        # An error on a field that is folded away: unfold, and say it on top, for Slack has no block to hang it on.
        state = replace(form.recall(view), provider=provider.key, more=True)
        text = form.listed(errors, provider, lang)
        drawn = self._form(state, lang, typed=form.read(view), notice=text)
        return {"response_action": "update", "view": drawn}

    def _redrawn(self, view: Body, lang: str, notice: str) -> Body:
        state = replace(form.recall(view), provider=form.chosen(view))
        drawn = self._form(state, lang, typed=form.read(view), notice=notice)
        return {"response_action": "update", "view": drawn}

    def _request(self, body: Body, provider: Provider, hire: NewHire, verdict: Verdict) -> Request:
        state, user = form.recall(body["view"]), body["user"]
        # Said to the requester alone, it is said by direct message and not where the command was typed.
        where = state if form.read(body["view"]).get(form.RESULT) != form.ME else replace(state, channel=None)
        spoken = self.defaults.said("language", where.channel) if where.channel else None
        return Request(
            id=body["view"]["id"],
            provider=provider.key,
            hire=hire.typed(),
            region=self.region,
            requester=user["id"],
            requester_name=verdict.name or str(user.get("name") or user.get("username") or ""),
            language=spoken or verdict.language,
            channel=where.channel,
            response_url=where.response_url if where.channel else None,
            accepted_at=self.clock(),
            has_password=any(getattr(hire, name) is not None for name in type(hire).secrets()),
            follows=state.follows_link,
        )

    def _repeat(self, duplicate: Duplicate, lang: str, *, same_form: bool) -> str:
        state = say(lang, "form.state." + {None: "open", "OutcomeUnknown": "unknown"}.get(duplicate.kind, "done"))
        if ref := duplicate.ref:
            link = f"<{permalink(self.workspace, ref)}|{say(lang, 'form.message')}>"
            state = say(lang, "form.see", state=state, link=link)
        if same_form:
            return say(lang, "form.first_version", state=state)
        when = ago(lang, self.clock() - duplicate.accepted_at)
        return say(lang, "form.repeat", requester=mention(duplicate.requester), ago=when, state=state)

    # What nobody else answers.

    async def unknown_command(self, body: Body, client: AsyncWebClient) -> None:
        text = say("en", "not_understood") + "\n" + say("zh", "not_understood")
        await tell(client, body["user_id"], slacks_own(body.get("response_url"), client.base_url), text)


def not_opened(found: SlackTrouble, lang: str) -> str:
    """The sentence for whoever waits for a form that Slack did not open."""
    log.warning("the form did not open: %s", found.reason)
    # Without Slack's own word it may have opened all the same; and a trigger that was used has opened it.
    if found.code is None or found.code == "exchanged_trigger_id":
        return say(lang, "not_opened.unsure")
    return say(lang, "not_opened")


def _is_hidden(offer: Offer, typed: Mapping[str, str]) -> bool:
    """Whether something is filled in that is behind *More options*: people must see it before they send it."""
    return any(item.ask.more and item.name in typed for item in offer.fields())


def _now() -> float:
    return asyncio.get_running_loop().time()


async def acknowledge(ack: AsyncAck, next: Next) -> None:
    """A listener middleware: Slack hears at once, whatever becomes of the work."""
    await ack()
    await next()
