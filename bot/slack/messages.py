"""Outcomes as Slack messages. Pure: JSON in, `{"text", "blocks"}` out; phones masked, no password anywhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.hire import Text, mask_phone
from bot.outcome import (
    Account,
    AlreadyExists,
    Json,
    Outcome,
    OutcomeUnknown,
    ProvisionError,
    Rejected,
    from_json,
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


def creating(about: About) -> Message:
    """The first message of a request, which the later ones replace."""
    return _message(f"⏳ {about.say('creating')}")


def progress(about: About, note: Json, hours: int) -> Message:
    """What is going on while there is no outcome: the provider is set aside, late, or its answer is not known."""
    if note["what"] == "line":
        since = moment(note["since"] or time.time())
        return _message(f"⏳ {about.say('line', since=since, position=note['position'])}")
    error = from_json(note["outcome"])
    why = (
        about.say("because", reason=_vendor(about, error))
        if isinstance(error, ProvisionError) and _spoke(error)
        else ""
    )
    icon = "❓" if note["what"] == "unknown" else "⏳"
    return _message(f"{icon} {about.say(note['what'], why=why, next=moment(note['next']), hours=hours)}")


def result(about: About, stored: Json, *, extra: str = "") -> Message:
    """The final message of a request."""
    outcome = from_json(stored)
    if isinstance(outcome, Outcome):
        return _success(about, outcome, extra)
    headline = about.say("OutcomeUnknown" if isinstance(outcome, OutcomeUnknown) else "failed")
    icon = ICONS.get(stored["kind"], "⚠️")
    return _message(f"{icon} {headline}", context=[*_failure(about, outcome), *([extra] if extra else [])])


def created_line(about: About, stored: Json) -> Message:
    """For the admins: one line for an account that was created."""
    return _message(about.say("admin.created", account=_code(stored["account"]["account"])))


def notice(about: About, stored: Json) -> Message:
    """For the admins: something that one of them must act on."""
    error = from_json(stored)
    lines = _failure(about, error) if isinstance(error, ProvisionError) else []
    return _message(f"⚠️ {about.say('admin.act')}", context=lines)


def provider_line(about: About, what: str) -> Message:
    """For the admins: a provider went away, or is back."""
    return _message(f"{'🔴' if what == 'aside' else '🟢'} {about.say(f'admin.{what}')}")


def silent(about: About, stored: Json) -> Message:
    """For the admins: the requester could not be reached in Slack, so they get the result."""
    message = result(about, stored)
    message["blocks"].append(_context(about.say("admin.silent", kind=stored["kind"])))
    return message


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


def _success(about: About, outcome: Outcome, extra: str) -> Message:
    lines = []
    if isinstance(outcome, AlreadyExists):
        names = ", ".join(about.field(name) for name in outcome.differences)
        lines.append(about.say("differs", fields=names) if names else about.say("same"))
    elif about.to_do and (outcome.account.activation_pending or outcome.account.must_change_password):
        lines.append(about.say("to_do", what=pick(about.to_do, about.language)))
    return _message(
        f"{ICONS[outcome.kind]} {about.say(outcome.kind)}",
        fields=_details(about, outcome.account),
        context=[*lines, *([extra] if extra else [])],
    )


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


def _failure(about: About, error: ProvisionError) -> list[str]:
    """Who must act and what to do; then the vendor's own words."""
    field = about.field(error.field) if isinstance(error, Rejected) else ""
    lines = [about.say(f"act.{type(error).__name__}", field=field)]
    if advice := about.advice(error.code):
        lines.append(pick(advice, about.language))
    if _spoke(error):
        lines.append(_vendor(about, error))
    if isinstance(error, Rejected) and not error.certain:
        lines.append(about.say("unknown_code"))
    return lines


def _spoke(error: ProvisionError) -> bool:
    return bool(error.code or error.words or error.detail)


def _vendor(about: About, error: ProvisionError) -> str:
    if not (error.code or error.words):
        return escape(error.detail)
    # Vendors repeat what they refuse; a channel reads along.
    words = _NUMBER.sub(lambda found: mask_phone(found[0]), error.words or "")
    said = about.say("vendor_says", code=_code(error.code) or "", words=escape(words))
    return f"{said} {escape(error.detail)}".strip()


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
