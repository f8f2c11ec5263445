"""Tells people what comes of a request, from the engine's threads, and never in silence.

The channel where the command was typed; else the command's response_url (30 minutes, 5 posts); else a direct message to
the requester; else the admin channel. A trouble of Slack's that may pass is TryLater: the outbox comes back to it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.batch import Batch, BatchFiles, BatchUpdate, Row, RowState
from bot.hire import Field, Text
from bot.onboarding.policy import Policy
from bot.request import (
    SHELL,
    Alert,
    Asked,
    AwaitsApproval,
    BatchEnded,
    CannotBeTold,
    Creating,
    Final,
    Incident,
    ManyWaiting,
    MessageRef,
    Nudge,
    Record,
    Reminder,
    Request,
    SeatsLow,
    TryLater,
    Update,
    Whisper,
)
from bot.slack import batch_messages, messages
from bot.slack.blocks import Message
from bot.slack.errors import BROKEN, TROUBLES, retry_after, trouble
from bot.slack.files import Attachment, Files
from bot.slack.messages import About
from bot.slack.proxy import proxy_for
from bot.slack.reply import slacks_own, was_taken
from bot.slack.words import pick, say
from bot.spreadsheet import files as sheets

log = logging.getLogger(__name__)

RESPONSE_URL_SECONDS = 1800.0 - 60.0


Results = Callable[[str], Iterable[tuple[Row, RowState, str | None, Record | None]]]


def no_results(batch_id: str) -> Iterable[tuple[Row, RowState, str | None, Record | None]]:
    """Nobody has rows."""
    return ()


class Way(Protocol):
    """One way of telling. Raises TryLater, or _Closed."""

    __name__: str

    def __call__(self, request: Request, message: Message, final: bool) -> MessageRef | None: ...


class Offered(Protocol):
    """What a message needs to know of a provider."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Text: ...
    @property
    def to_do(self) -> Text | None: ...
    def advice(self, code: str | None) -> Text | None: ...
    def meaning(self, code: str) -> object | None: ...
    def fields(self) -> Sequence[Field]: ...


class _Closed(Exception):
    """This way of telling is closed for good."""


class Notifier:
    """`client` must not retry by itself: a post that was sent twice is read twice."""

    def __init__(
        self,
        client: WebClient,
        providers: Mapping[str, Offered],
        admin_channel: str | None,
        policy: Policy,
        admin_language: str = "en",
        clock: Callable[[], float] = time.time,
        results: Results = no_results,
    ) -> None:
        """`results` gives the rows of a batch (its id) with what came of each."""
        self.files, self._results = Files(client), results
        self._client, self._providers, self._admins, self._policy = client, providers, admin_channel, policy
        self._clock, self._admin_language = clock, admin_language

    def tell(self, request: Request, ref: MessageRef | None, update: Update | Nudge) -> MessageRef | None:
        """Edit the request's message where it stands, else say it anew. Where it stands now; None: nowhere to edit it.

        A nudge is a reply below it. Raises TryLater, or CannotBeTold when no way is open.
        """
        if isinstance(update, Nudge):
            self._reply(request, ref, update)
            return ref
        message = messages.update(self._about(request), update)
        if ref is not None:
            body = _with_why(request, message) if ref.direct else message
            try:
                self._send("chat.update", self._client.chat_update, channel=ref.channel, ts=ref.ts, **body)
            except _Closed as closed:
                log.info("request %s: its message cannot be edited (%s)", request.id, closed)
            else:
                return ref
        if isinstance(update, Creating):
            return self._post_first(request, message)
        if isinstance(update, AwaitsApproval):
            # It is read for a day, has a button, and must be edited.
            return self._post(request, message, final=False, ways=(self._in_channel, self._directly))
        if isinstance(update, Final) and update.again:
            self._replace(request, message)
            return None
        return self._post(request, message, final=isinstance(update, Final))

    def alert(self, request: Request | None, ref: MessageRef | None, alert: Alert) -> MessageRef | None:
        """A message for the admins, where it concerns them; an edit where it was said before. Raises TryLater."""
        message = messages.alert(self._about_what(request, alert), alert)
        if message is None:
            return ref
        if self._admins is None:
            log.warning("no NEWHIRE_ADMIN_CHANNEL for: %s", message["text"])
            return ref
        if ref is not None:
            try:
                self._send("chat.update", self._client.chat_update, channel=ref.channel, ts=ref.ts, **message)
            except _Closed as closed:
                log.info("what the admins read cannot be edited (%s)", closed)
            else:
                return ref
        try:
            return self._message(self._admins, message)
        except _Closed as closed:
            log.error("the admin channel %s does not take messages: %s", self._admins, closed)
            return ref

    def whisper(self, request: Request, whisper: Whisper) -> None:
        """To one person alone: where they pressed the button, else directly. Raises TryLater or CannotBeTold."""
        message = messages.whisper(self._about(request, whisper.language), whisper)
        try:
            if whisper.channel is not None and not whisper.channel.startswith("D"):
                place = {"channel": whisper.channel, "user": whisper.to}
                self._send("chat.postEphemeral", self._client.chat_postEphemeral, **place, **message)
                return
        except _Closed as closed:
            log.info("request %s: no word in the channel (%s)", request.id, closed)
        try:
            self._message(whisper.to, message)
        except _Closed:
            raise CannotBeTold from None

    def remind(self, request: Request, ref: MessageRef | None, reminder: Reminder | ManyWaiting) -> MessageRef | None:
        """A direct message to the requester; an edit where it was said before. Raises TryLater or CannotBeTold.

        Who asked at the shell is nobody in Slack: the admins are reminded, if they have a channel.
        """
        at_the_shell = request.requester.startswith(SHELL)
        message = _reminder(self._about(request, self._admin_language if at_the_shell else None), reminder)
        to = self._admins if at_the_shell else request.requester
        try:
            if to is None:
                raise CannotBeTold
            if ref is None:
                return self._message(to, message)
            self._send("chat.update", self._client.chat_update, channel=ref.channel, ts=ref.ts, **message)
        except _Closed as closed:
            log.info("request %s: no reminder (%s)", request.id, closed)
            raise CannotBeTold from None
        return ref

    def batch(self, ref: MessageRef | None, update: BatchUpdate) -> MessageRef | None:
        """The message of a batch, directly to whoever gave it in; an edit where it was said before.

        Raises TryLater or CannotBeTold.
        """
        batch = update.batch
        message = batch_messages.message(update, self._providers.get(batch.provider))
        try:
            return self._say_of_batch(ref, batch, message)
        except CannotBeTold:
            if all(block["type"] != "data_table" for block in message["blocks"]):
                raise
        # Slack's newest table is not everywhere, and nobody may be left without buttons for that.
        message = batch_messages.message(batch_messages.plainer(update), self._providers.get(batch.provider))
        return self._say_of_batch(ref, batch, message)

    def _say_of_batch(self, ref: MessageRef | None, batch: Batch, message: Message) -> MessageRef | None:
        try:
            if ref is not None:
                self._send("chat.update", self._client.chat_update, channel=ref.channel, ts=ref.ts, **message)
                return ref
        except _Closed as closed:
            log.info("batch %s: its message cannot be edited (%s)", batch.id, closed)
        try:
            return self._message(batch.requester, message)
        except _Closed:
            raise CannotBeTold from None

    def attach(self, ref: MessageRef, files: BatchFiles, sent: Callable[[Sequence[str]], None]) -> None:
        """The files of a batch below its message, in its thread; nothing for a message that shows every row worth a look.

        `sent` hears their ids at Slack before they can arrive. Raises TryLater or CannotBeTold.
        """
        batch, lang = files.batch, files.batch.language
        offer = self._providers.get(batch.provider)
        if files.preview is not None and not batch_messages.left_out(files.preview, offer):
            return
        rows = list(batch_messages.result_rows(batch, self._results(batch.id), offer))
        if files.preview is not None:
            given = [Attachment(f"{say(lang, 'preview.file')}.csv", sheets.as_csv(rows))]
            said = say(lang, "batch.preview")
        else:
            name, said = say(lang, "result.file"), say(lang, "batch.files")
            given = [Attachment(f"{name}.xlsx", sheets.as_xlsx(rows)), Attachment(f"{name}.csv", sheets.as_csv(rows))]
        self.files.put(ref, given, said, files.uploads, sent)

    def template(self, provider: str, user: str, lang: str) -> bool:
        """The file to fill in for many, directly to somebody; whether Slack took it."""
        offer = self._providers[provider]
        rows = sheets.template(offer.fields(), lang)
        files = [Attachment("newhire.xlsx", sheets.as_xlsx(rows)), Attachment("newhire.csv", sheets.as_csv(rows))]
        said = say(lang, "template.said", provider=pick(offer.title, lang))
        try:
            ref = self._message(user, {"text": said})
            self.files.put(ref, files, said)
        except (_Closed, TryLater, CannotBeTold):
            return False
        return True

    def _reply(self, request: Request, ref: MessageRef | None, nudge: Nudge) -> None:
        message = messages.reply(self._about(request), nudge.outcome)
        if ref is not None:
            try:
                self._send(
                    "chat.postMessage", self._client.chat_postMessage, channel=ref.channel, thread_ts=ref.ts, **message
                )
            except _Closed as closed:
                log.info("request %s: no reply below its message (%s)", request.id, closed)

    # The ways of telling, best first.

    def _post(
        self, request: Request, message: Message, *, final: bool, ways: Sequence[Way] | None = None
    ) -> MessageRef | None:
        for way in ways or (self._in_channel, self._by_response_url, self._directly):
            try:
                return way(request, message, final)
            except _Closed as closed:
                log.info("request %s: %s is closed (%s)", request.id, way.__name__.strip("_"), closed)
        raise CannotBeTold

    def _post_first(self, request: Request, message: Message) -> MessageRef | None:
        """Only where it can be edited: a "creating ..." that stays beside its result would be a riddle."""
        way = self._in_channel if request.channel else self._directly
        try:
            return way(request, message, final=False)
        except _Closed as closed:
            log.info("request %s: its first message has no place (%s)", request.id, closed)
            return None

    def _in_channel(self, request: Request, message: Message, final: bool) -> MessageRef:
        if request.channel is None:
            raise _Closed("no channel")
        return self._message(request.channel, message)

    def _by_response_url(self, request: Request, message: Message, final: bool) -> None:
        """Works where the bot is no member. Only the result is for all to see: what came before cannot be edited."""
        if request.response_url is None or self._clock() - request.accepted_at > RESPONSE_URL_SECONDS:
            raise _Closed("no response_url, or too old")
        if slacks_own(request.response_url, self._client.base_url) is None:
            raise _Closed("a response_url that is not Slack's")
        body = message | {"response_type": "in_channel" if final else "ephemeral"}
        try:
            answer = self._webhook(request.response_url).send_dict(body)
        except TROUBLES as error:
            raise self._try_later("response_url", trouble(error).reason) from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise TryLater(retry_after(answer.headers) or self._policy.slack_again.total_seconds())
        if answer.status_code != 200:
            raise _Closed(f"response_url: HTTP {answer.status_code}")
        if not was_taken(answer):
            # Not sent again, lest all read it twice: the requester hears in another way.
            raise _Closed("response_url: HTTP 200, and not from Slack")

    def _replace(self, request: Request, message: Message) -> None:
        """Where the message cannot be edited otherwise: by the click on it. It is not said a second time."""
        url = slacks_own(request.response_url, self._client.base_url)
        if url is None:
            log.info("request %s: its message stays as it was", request.id)
            return
        try:
            self._webhook(url).send_dict(message | {"replace_original": True})
        except TROUBLES as error:
            log.warning("request %s: its message stays as it was: %s", request.id, trouble(error).reason)

    def _webhook(self, url: str) -> WebhookClient:
        webhook = WebhookClient(url, timeout=self._client.timeout, ssl=self._client.ssl, retry_handlers=[])
        webhook.proxy = proxy_for(url)
        return webhook

    def _directly(self, request: Request, message: Message, final: bool) -> MessageRef:
        """A direct message to the requester, saying why it comes there."""
        return self._message(request.requester, _with_why(request, message))

    def _message(self, channel: str, message: Message) -> MessageRef:
        answer = self._send("chat.postMessage", self._client.chat_postMessage, channel=channel, **message)
        return MessageRef(channel=answer["channel"], ts=answer["ts"])

    def _send(self, name: str, method: Callable[..., Any], **arguments: Any) -> Any:
        """One Web API call. Raises TryLater for what may pass, _Closed for what will not."""
        try:
            return method(**arguments)
        except TROUBLES as error:
            found = trouble(error)
        if found.code in BROKEN:
            # No way of telling is open until somebody mends the app; the request waits for that.
            log.error("Slack refuses %s: %s. Check the app's token and scopes.", name, found.code)
            raise TryLater(self._policy.slack_broken.total_seconds())
        if found.passes:
            raise self._try_later(name, found.reason, found.retry_after)
        raise _Closed(found.reason)

    def _try_later(self, name: str, reason: str, seconds: float | None = None) -> TryLater:
        log.warning("Slack does not take %s now: %s", name, reason)
        return TryLater(self._policy.slack_again.total_seconds() if seconds is None else seconds)

    # What a message is about.

    def _about_what(self, request: Request | None, alert: Alert) -> About:
        if request is not None:
            return self._about(request, self._admin_language)
        provider = alert.provider if isinstance(alert, Incident | SeatsLow | BatchEnded | Asked) else ""
        return self._of_provider(provider, language=self._admin_language)

    def _about(self, request: Request, language: str | None = None) -> About:
        return self._of_provider(
            request.provider,
            name=str(request.hire.get("name") or "?"),
            requester=request.requester,
            requester_name=request.requester_name,
            typed=request.hire,
            language=language or request.language,
            handle=request.handle,
            follows=request.follows,
        )

    def _of_provider(self, key: str, *, language: str, name: str = "", requester: str = "", **words: Any) -> About:
        who = {"name": name, "requester": requester, "language": language, **words}
        provider = self._providers.get(key)
        if provider is None:
            return About(provider=Text(key, key), **who)
        return About(
            provider=provider.title,
            to_do=provider.to_do,
            advice=provider.advice,
            knows=lambda code: provider.meaning(code) is not None,
            fields={field.name: field.ask.title for field in provider.fields()},
            choices={
                field.name: {choice.value: choice.title for choice in field.ask.choices} for field in provider.fields()
            },
            admins_hear=self._admins is not None,
            **who,
        )


def _reminder(about: About, reminder: Reminder | ManyWaiting) -> Message:
    if isinstance(reminder, ManyWaiting):
        return messages.many_waiting(about, reminder)
    return messages.reminder(about, reminder)


def _with_why(request: Request, message: Message) -> Message:
    """The message with the reason why it is not where it was asked for; edited later, it keeps the reason."""
    if request.channel is None or request.channel.startswith("D"):
        return message
    why = {"type": "mrkdwn", "text": say(request.language, "not_in_channel")}
    return message | {"blocks": [*message["blocks"], {"type": "context", "elements": [why]}]}
