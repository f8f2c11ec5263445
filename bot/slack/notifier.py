"""Tells people what comes of a request, from the engine's threads, and never in silence.

The channel where the command was typed; else the command's response_url (30 minutes, 5 posts); else a direct message to
the requester; else the admin channel. A trouble of Slack's that may pass is TryLater, for the workflow to come back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.hire import Text
from bot.onboarding.workflow import Request, TryLater
from bot.outcome import Json
from bot.slack import messages
from bot.slack.messages import About, Message
from bot.slack.words import say

log = logging.getLogger(__name__)

RESPONSE_URL_SECONDS = 1800.0 - 60.0
SOON, SLOW = 5.0, 60.0
"""Seconds until another try, when Slack does not say: of a passing trouble, and of one that somebody must mend."""

BROKEN = ("invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed", "missing_scope")
PASSING = (
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "ratelimited",
    "team_added_to_org",
)
CREATED = ("Created", "ActionRequired")
FOR_ADMINS = ("NotAuthorised", "NoSeatLeft", "OutcomeUnknown", "Unreachable", "RateLimited")


class Offered(Protocol):
    """What a message needs to know of a provider."""

    @property
    def title(self) -> Text: ...
    @property
    def to_do(self) -> Text | None: ...
    def advice(self, code: str | None) -> Text | None: ...
    def fields(self) -> Any: ...


class _Closed(Exception):
    """This way of telling is closed for good."""


class Notifier:
    """`client` must not retry by itself: a post that was sent twice is read twice.

    `announce`, `progress`, `result` keep one message; a place is `{"channel", "ts"}`, with `"direct"` when it stands in a
    direct message instead of the channel, or `{"via": "response_url"}`."""

    def __init__(
        self,
        client: WebClient,
        providers: Mapping[str, Offered],
        admin_channel: str | None,
        hours: int = 24,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._providers, self._admins, self._hours = client, providers, admin_channel, hours
        self._clock = clock

    def announce(self, request: Request) -> Json | None:
        return self._post(request, messages.creating(self._about(request)), final=False)

    def progress(self, request: Request, place: Json | None, note: Json) -> Json | None:
        return self._keep(request, place, messages.progress(self._about(request), note, self._hours), final=False)

    def result(self, request: Request, place: Json | None, outcome: Json) -> Json | None:
        about = self._about(request)
        try:
            return self._keep(request, place, messages.result(about, outcome), final=True)
        except _Closed:
            log.warning("request %s: the requester cannot be reached in Slack", request.id)
            if self._admins:
                self._send(
                    "chat.postMessage",
                    self._client.chat_postMessage,
                    channel=self._admins,
                    **messages.silent(about, outcome),
                )
            return place

    def admins(self, request: Request | None, notice: Json) -> None:
        """One compact line for an account created, a full notice for what an admin must act on, nothing else."""
        message = self._for_admins(request, notice)
        if message is None:
            return
        if self._admins is None:
            log.warning("no NEWHIRE_ADMIN_CHANNEL for: %s", message["text"])
            return
        try:
            self._send("chat.postMessage", self._client.chat_postMessage, channel=self._admins, **message)
        except _Closed as closed:
            log.error("the admin channel %s does not take messages: %s", self._admins, closed)

    def _for_admins(self, request: Request | None, notice: Json) -> Message | None:
        if request is None:
            return messages.provider_line(self._of_provider(notice["provider"]), notice["what"])
        kind = notice["outcome"]["kind"]
        if kind in CREATED:
            return messages.created_line(self._about(request), notice["outcome"])
        unknown_code = kind == "Rejected" and not notice["outcome"].get("certain", True)
        return messages.notice(self._about(request), notice["outcome"]) if kind in FOR_ADMINS or unknown_code else None

    # The ways of telling, best first.

    def _keep(self, request: Request, place: Json | None, message: Message, *, final: bool) -> Json | None:
        """Edit the message where it stands, else say it anew."""
        if place is not None and place.get("ts"):
            body = _with_why(request, message) if place.get("direct") else message
            try:
                self._send("chat.update", self._client.chat_update, channel=place["channel"], ts=place["ts"], **body)
            except _Closed as closed:
                log.info("request %s: its message cannot be edited (%s)", request.id, closed)
            else:
                return place
        return self._post(request, message, final=final)

    def _post(self, request: Request, message: Message, *, final: bool) -> Json | None:
        for way in (self._in_channel, self._by_response_url, self._directly):
            try:
                return way(request, message, final)
            except _Closed as closed:
                log.info("request %s: %s is closed (%s)", request.id, way.__name__.strip("_"), closed)
        if final:
            raise _Closed("every way")
        return None

    def _in_channel(self, request: Request, message: Message, final: bool) -> Json:
        if request.channel is None:
            raise _Closed("no channel")
        answer = self._send("chat.postMessage", self._client.chat_postMessage, channel=request.channel, **message)
        return {"channel": answer["channel"], "ts": answer["ts"]}

    def _by_response_url(self, request: Request, message: Message, final: bool) -> Json:
        """Works where the bot is no member. Only the result is for all to see: what came before cannot be edited."""
        if request.response_url is None or self._clock() - request.accepted_at > RESPONSE_URL_SECONDS:
            raise _Closed("no response_url, or too old")
        body = message | {"response_type": "in_channel" if final else "ephemeral"}
        answer = self._call(lambda: WebhookClient(request.response_url or "", timeout=10).send_dict(body))
        if answer.status_code == 429 or answer.status_code >= 500:
            raise TryLater(_seconds(answer.headers))
        if answer.status_code != 200:
            raise _Closed(f"response_url: HTTP {answer.status_code}")
        return {"via": "response_url"}

    def _directly(self, request: Request, message: Message, final: bool) -> Json:
        """A direct message to the requester, saying why it comes there."""
        body = _with_why(request, message)
        answer = self._send("chat.postMessage", self._client.chat_postMessage, channel=request.requester, **body)
        return {"channel": answer["channel"], "ts": answer["ts"], "direct": True}

    def _send(self, name: str, method: Callable[..., Any], **arguments: Any) -> Any:
        """One Web API call. Raises TryLater for what may pass, _Closed for what will not."""
        try:
            return self._call(lambda: method(**arguments))
        except SlackApiError as error:
            code, status = str(error.response.get("error") or ""), error.response.status_code
            if status == 429 or code == "ratelimited":
                raise TryLater(_seconds(error.response.headers)) from None
            if status >= 500 or code in PASSING or not code:
                raise TryLater(SOON) from None
            if code in BROKEN:
                # No way of telling is open until somebody mends the app; the request waits for that.
                log.error("Slack refuses %s: %s. Check the app's token and scopes.", name, code)
                raise TryLater(SLOW) from None
            raise _Closed(code) from None

    def _call(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except SlackApiError:
            raise
        except (URLError, OSError, TimeoutError, SlackClientError) as error:
            log.warning("Slack cannot be reached: %s", type(error).__name__)
            raise TryLater(SOON) from None

    def _about(self, request: Request) -> About:
        return self._of_provider(
            request.provider,
            name=str(request.hire.get("name") or "?"),
            requester=request.requester,
            language=request.language,
        )

    def _of_provider(self, key: str, *, name: str = "", requester: str = "", language: str = "en") -> About:
        provider = self._providers.get(key)
        if provider is None:
            return About(provider=Text(key, key), name=name, requester=requester, language=language)
        titles = {field.name: field.ask.title for field in provider.fields()}
        return About(
            provider=provider.title,
            name=name,
            requester=requester,
            language=language,
            to_do=provider.to_do,
            advice=provider.advice,
            fields=titles,
        )


def _with_why(request: Request, message: Message) -> Message:
    """The message with the reason why it is not where it was asked for; edited later, it keeps the reason."""
    if request.channel is None:
        return message
    why = {"type": "mrkdwn", "text": say(request.language, "not_in_channel")}
    return message | {"blocks": [*message["blocks"], {"type": "context", "elements": [why]}]}


def _seconds(headers: Mapping[str, Any]) -> float:
    """Retry-After, in whatever case and shape the client gives it."""
    for key, value in dict(headers).items():
        if key.lower() == "retry-after":
            text = value[0] if isinstance(value, list) else value
            return float(text) if str(text).isdigit() else SOON
    return SOON
