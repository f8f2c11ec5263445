"""What is to be told, as Slack messages. Pure: `{"text", "blocks"}` out; phones masked, no password anywhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, assert_never

from bot.hire import Text, mask_phone
from bot.outcome import Account, ActionRequired, AlreadyExists, Created, Failure, Outcome
from bot.request import (
    Alert,
    Creating,
    Ended,
    Final,
    Incident,
    InLine,
    Late,
    Stuck,
    Unheard,
    Unsure,
    Update,
)
from bot.slack.words import pick, say

Message = dict[str, Any]

_NUMBER = re.compile(r"\d{7,}")
# Control characters, lone surrogates, and what turns the direction of the text behind it.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")

ICONS = {"Created": "✅", "ActionRequired": "☑️", "AlreadyExists": "ℹ️", "OutcomeUnknown": "❓"}


class About:
    """What a message is about: the request's own words, ready to be put into sentences."""

    def __init__(
        self,
        *,
        provider: Text,
        name: str,
        requester: str,
        language: str,
        to_do: Text | None = None,
        advice: Callable[[str | None], Text | None] = lambda code: None,
        fields: Mapping[str, Text] | None = None,
    ) -> None:
        self.language, self.to_do, self.advice, self.fields = language, to_do, advice, fields or {}
        self.words = {"provider": pick(provider, language), "name": escape(name), "requester": f"<@{requester}>"}

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **{**self.words, **values})

    def field(self, name: str | None) -> str:
        """A field's title, for sentences."""
        title = self.fields.get(name or "")
        return f"“{pick(title, self.language)}”" if title else self.say("a_value")


def update(about: About, news: Update, hours: int) -> Message:
    """The request's message, as it is to read now. `hours`: when newhire gives up."""
    match news:
        case Creating():
            return _message(f"⏳ {about.say('creating')}")
        case InLine(since=since):
            return _message(f"⏳ {about.say('line', since=moment(since or time.time()))}")
        case Late(why=why, next_at=at):
            return _message(f"⏳ {about.say('late', why=_because(about, why), next=moment(at), hours=hours)}")
        case Unsure(why=why, next_at=at):
            return _message(f"❓ {about.say('unknown', why=_because(about, why), next=moment(at))}")
        case Final(outcome=outcome):
            return result(about, outcome)
        case _:
            assert_never(news)


def result(about: About, outcome: Outcome) -> Message:
    """The last word of a request."""
    if not isinstance(outcome, Failure):
        return _success(about, outcome)
    headline = about.say("OutcomeUnknown" if outcome.kind == "OutcomeUnknown" else "failed")
    return _message(f"{ICONS.get(outcome.kind, '⚠️')} {headline}", context=_failure(about, outcome))


def reply(about: About, outcome: Outcome) -> Message:
    """A reply below the last word, for whoever would miss an edit."""
    key = "reply.failed" if isinstance(outcome, Failure) else "reply.done"
    return {"text": about.say(key), "blocks": [{"type": "section", "text": _mrkdwn(about.say(key), 3000)}]}


def alert(about: About, news: Alert) -> Message | None:
    """What the admins read; None where it does not concern them."""
    match news:
        case Ended(outcome=outcome):
            return _ended(about, outcome)
        case Stuck(why=why):
            return _notice(about, why)
        case Unheard(outcome=outcome):
            message = result(about, outcome)
            message["blocks"].append(_context(about.say("admin.silent", kind=outcome.kind)))
            return message
        case Incident():
            return incident(about, news)
        case _:
            assert_never(news)


def incident(about: About, news: Incident) -> Message:
    """One message about what is wrong with a provider: opened, edited, resolved."""
    if news.resolved_at is not None:
        return _message(f"🟢 {about.say('admin.back')}")
    if news.cause in ("denied", "full") and news.why is not None:
        return _notice(about, news.why)
    return _message(f"🔴 {about.say('admin.down')}")


def _ended(about: About, outcome: Outcome) -> Message | None:
    """One line for an account that was created, a notice for what an admin must act on."""
    match outcome:
        case Created() | ActionRequired():
            return _message(about.say("admin.created", account=_code(outcome.account.account)))
        case AlreadyExists():
            return None
        case Failure(kind="Rejected" | "Conflict", certain=True):
            return None
        case Failure():
            return _notice(about, outcome)
        case _:
            assert_never(outcome)


def _notice(about: About, failure: Failure) -> Message:
    return _message(f"⚠️ {about.say('admin.act')}", context=_failure(about, failure))


def escape(text: str) -> str:
    """Typed or vendor text for mrkdwn: no markup, no mention, one line."""
    # Formatting characters get a zero-width space behind them, so that Slack pairs none of them.
    return "".join(f"{char}\u200b" if char in "*_~`" else char for char in _entities(_line(text)))[:500]


def _code(text: str | None) -> str | None:
    """Something to copy: nothing in it is markup, and nothing is added to it."""
    plain = _entities(_line(text or "").replace("`", "'"))
    return f"`{plain[:300]}`" if plain else None


def _line(text: str) -> str:
    return " ".join(_UNSEEN.sub(" ", text).split())


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def moment(at: float) -> str:
    """A time that Slack shows in each reader's zone; Unix seconds."""
    fallback = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{fallback}>"


def _success(about: About, outcome: Created | ActionRequired | AlreadyExists) -> Message:
    lines = []
    if isinstance(outcome, AlreadyExists):
        names = ", ".join(about.field(name) for name in outcome.differences)
        lines.append(about.say("differs", fields=names) if names else about.say("same"))
    elif about.to_do and (outcome.account.activation_pending or outcome.account.must_change_password):
        lines.append(about.say("to_do", what=pick(about.to_do, about.language)))
    headline = f"{ICONS[outcome.kind]} {about.say(outcome.kind)}"
    return _message(headline, fields=_details(about, outcome.account), context=lines)


def _details(about: About, account: Account) -> list[str]:
    department = account.department_path or account.department_name or account.department
    if department and account.department and department != account.department:
        department = f"{department} ({account.department})"
    values = {
        "name": escape(account.name),
        "provider": None,
        "account": _code(account.account),
        "vendor_id": _code(account.vendor_id),
        "email": _code(account.email),
        "phone": account.phone and _code(mask_phone(account.phone)),
        "department": department and escape(department),
        "sip_number": _code(account.sip_number),
        "meeting_rooms": ", ".join(_code(room) or "" for room in account.meeting_rooms),
    }
    shown = {key: value for key, value in values.items() if value} | {"provider": about.words["provider"]}
    return [f"*{about.say(f'detail.{key}')}*\n{shown[key]}" for key in values if key in shown]


def _failure(about: About, failure: Failure) -> list[str]:
    """Who must act and what to do; then the vendor's own words."""
    lines = [about.say(f"act.{failure.kind}", field=about.field(failure.field))]
    if advice := about.advice(failure.code):
        lines.append(pick(advice, about.language))
    if _spoke(failure):
        lines.append(_vendor(about, failure))
    if failure.kind == "Rejected" and not failure.certain:
        lines.append(about.say("unknown_code"))
    return lines


def _because(about: About, failure: Failure) -> str:
    return about.say("because", reason=_vendor(about, failure)) if _spoke(failure) else ""


def _spoke(failure: Failure) -> bool:
    return bool(failure.code or failure.words or failure.detail)


def _vendor(about: About, failure: Failure) -> str:
    if not (failure.code or failure.words):
        return escape(failure.detail)
    # Vendors repeat what they refuse; a channel reads along.
    words = _NUMBER.sub(lambda found: mask_phone(found[0]), failure.words or "")
    said = about.say("vendor_says", code=_code(failure.code) or "", words=escape(words))
    return f"{said} {escape(failure.detail)}".strip()


def _message(text: str, *, fields: list[str] | None = None, context: list[str] | None = None) -> Message:
    blocks: list[Message] = [{"type": "section", "text": _mrkdwn(text, 3000)}]
    if fields:
        # Slack takes ten fields in a section.
        blocks.append({"type": "section", "fields": [_mrkdwn(item, 2000) for item in fields[:10]]})
    blocks += [_context(line) for line in context or [] if line]
    return {"text": text[:3000], "blocks": blocks}


def _context(text: str) -> Message:
    return {"type": "context", "elements": [_mrkdwn(text, 2000)]}


def _mrkdwn(text: str, most: int) -> Message:
    # verbatim: a bare @channel, #name or address in what somebody typed stays text.
    return {"type": "mrkdwn", "text": text[:most], "verbatim": True}
