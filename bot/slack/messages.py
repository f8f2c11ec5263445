"""What is to be told, as Slack messages. Pure: `{"text", "blocks"}` out; phones masked, no password anywhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import assert_never

from bot.hire import Text, mask_phone
from bot.outcome import Account, ActionRequired, AlreadyExists, Created, Declined, Failure, Outcome
from bot.request import (
    SHELL,
    Action,
    Agreed,
    Alert,
    Asked,
    AwaitsApproval,
    BatchEnded,
    Creating,
    Deed,
    Digest,
    Ended,
    Final,
    FreeSeats,
    GroupGone,
    Incident,
    InLine,
    Joined,
    Late,
    ManyWaiting,
    MessageRef,
    NotDone,
    Reminder,
    SeatsLow,
    SetUp,
    Standing,
    Stuck,
    Unheard,
    Unsure,
    Update,
    Waiting,
    Whisper,
)
from bot.slack.blocks import Message, actions_block, button_element, context_block, mrkdwn, plain, section
from bot.slack.words import WORDS, ago, enumerated, listing, long, pick, say, sentences

_NUMBER = re.compile(r"\d{7,}")
# Control characters, lone surrogates, and what turns the direction of the text behind it.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")

ICONS = {
    "Created": "✅",
    "ActionRequired": "✅",
    "AlreadyExists": "ℹ️",
    "OutcomeUnknown": "❓",
    "removed": "🚫",
    "gone": "🚫",
    "disabled": "🔒",
    "Declined": "🚫",
}

BUTTONS = "newhire_buttons"
"""The block_id of a message's buttons."""
RETRY_ALL = "retry_all"
APPROVAL = "newhire_approval"
"""The block_id of the buttons below what must be approved."""
JOINED = "joined"
"""Both ids of the button below who has joined Slack."""
_CONFIRMED: tuple[Action, ...] = ("undo", "disable")
_STATES = {"removed": "removed", "gone": "gone", "disabled": "disabled", "enabled": "Created", "activated": "Created"}
"""Deeds after which the account is something else than the outcome says -> its headline now."""

MOST_NAMED = 100
"""People in one reminder."""

FOR_ADMINS = ("NotAuthorised", "NoSeatLeft", "OutcomeUnknown")
"""Failures that an admin must act on."""

_HTTP_STATUS = re.compile(r"[1-5]\d\d")


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
        knows: Callable[[str], bool] = lambda code: True,
        fields: Mapping[str, Text] | None = None,
        requester_name: str = "",
        typed: Mapping[str, object] | None = None,
        admins_hear: bool = False,
        handle: str = "",
        follows: str = "",
        choices: Mapping[str, Mapping[str, Text]] | None = None,
    ) -> None:
        """`requester_name` stands where a mention would ring somebody up; `typed` is the form, as `NewHire.typed` gives it.

        `knows` says whether a vendor's code is in the provider's table, `admins_hear` whether admins read of what concerns
        them. `handle` is what the buttons carry, `follows` a link to the request that this one corrects or repeats. `choices`
        are the titles of what can be chosen (field -> value -> title).
        """
        self.choices = choices or {}
        self.handle, self.follows = handle, follows
        self.language, self.to_do, self.advice, self.fields = language, to_do, advice, fields or {}
        self.typed, self.admins_hear, self.knows = typed or {}, admins_hear, knows
        self.words = {
            "provider": pick(provider, language),
            "name": escape(name),
            # Without a name the bare id: a mention would ring them up.
            "requester": escape(requester_name) or escape(requester),
            "mention": mention(requester),
        }

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **{**self.words, **values})

    def sentences(self, *said: str) -> str:
        """One after the other, as the language joins them."""
        return sentences(self.language, said)

    def named(self, names: Iterable[str]) -> str:
        """Titles of fields, as the language lists them."""
        return listing(self.language, (self.field(name) for name in names))

    def field(self, name: str | None, unknown: str = "a_value") -> str:
        """A field's title, for sentences; for one that is not known the word `unknown`."""
        title = self.fields.get(name or "")
        return f"“{pick(title, self.language)}”" if title else self.say(unknown)


def update(about: About, news: Update) -> Message:
    """The request's message, as it is to read now."""
    match news:
        case Creating():
            return _message(f"⏳ {about.say('creating')}", context=_follows(about))
        case AwaitsApproval(handle=handle):
            message = _message(f"🕓 {about.say('awaits_approval')}", context=_follows(about))
            cancel = button_element("withdraw", about.say("button.withdraw"), handle)
            message["blocks"].append(actions_block(APPROVAL, [cancel]))
            return message
        case Agreed(by=by, by_name=name):
            line = about.say("deed.approved.now", who=escape(name) or escape(by))
            return _message(f"⏳ {about.say('creating')}", context=[line, *_follows(about)])
        case InLine(since=since):
            line = about.say("line.just_now") if since is None else about.say("line", since=moment(since))
            return _waiting(about, _message(f"⏳ {line}"))
        case Late(why=why, next_at=at):
            late = _message(f"⏳ {about.say('late', next=moment(at))}", context=_vendor(about, why))
            return _waiting(about, late)
        case Unsure(why=why, next_at=at):
            unsure = _message(f"❓ {about.say('unknown', next=moment(at))}", context=_vendor(about, why))
            return _waiting(about, unsure)
        case Final(outcome=outcome, standing=standing):
            return final(about, outcome, standing)
        case _:
            assert_never(news)


def final(about: About, outcome: Outcome, standing: Standing) -> Message:
    """The result, what was done about it since, and the buttons for what can be done."""
    state = next((_STATES[deed.kind] for deed in reversed(standing.deeds) if deed.kind in _STATES), None)
    there = None if state is None or isinstance(outcome, Failure | Declined) else outcome.account
    message = _account(about, state or "", there, None) if there else result(about, outcome)
    _add_lines(message, [*_follows(about), *_deeds(about, standing)])
    account = None if isinstance(outcome, Failure | Declined) else outcome.account.account
    if standing.offers:
        message["blocks"].append(buttons(about, standing, account))
    return message


def reminder(about: About, news: Reminder) -> Message:
    """That an account is not activated yet, with what helps; once it is, or is no more, what became of it."""
    standing = news.standing
    helps = tuple(action for action in standing.offers if action in ("resend", "link"))
    left = standing.model_copy(update={"offers": helps})
    if not helps or any(deed.kind in _STATES for deed in standing.deeds):
        return final(about, news.outcome, left)
    said = about.say("reminder", long=long(about.language, news.at - news.since))
    message = _message(f"⏳ {said}", step=about.say("reminder.last" if news.last else "reminder.step"))
    _add_lines(message, _deeds(about, standing))
    message["blocks"].append(buttons(about, left, None))
    return message


def many_waiting(about: About, news: ManyWaiting) -> Message:
    """Who has not activated their account, of many for whom somebody asked."""
    lines = [
        f"• {escape(name[:60])} {_code(account[:60]) or ''}".rstrip() for name, account in news.people[:MOST_NAMED]
    ]
    if len(news.people) > MOST_NAMED:
        lines.append(about.say("digest.more", n=len(news.people) - MOST_NAMED))
    message = _message(f"⏳ {about.say('reminder.many', n=len(news.people))}", step=about.say("reminder.many.step"))
    message["blocks"] += _sections(lines)
    return message


def buttons(about: About, standing: Standing, account: str | None) -> Message:
    """One row of what can be done; what cannot be taken back asks once more, and names the `account`."""
    elements = []
    for action in standing.offers:
        button = _press(about, action, f"{about.handle}.{standing.round}")
        if action in _CONFIRMED:
            button["confirm"] = _confirm(about, action, account or "?")
        if action == "undo":
            button["style"] = "danger"
        elements.append(button)
    return actions_block(BUTTONS, elements)


def _waiting(about: About, message: Message) -> Message:
    look_up = actions_block(BUTTONS, [_press(about, "look_up", f"{about.handle}.0")])
    return message | {"blocks": [*message["blocks"], look_up]}


def _press(about: About, action: str, value: str) -> Message:
    return button_element(action, about.say(f"button.{action}"), value)


def _confirm(about: About, action: Action, account: str) -> Message:
    removes = action == "undo"
    text = about.say("confirm.undo.text" if removes else "confirm.disable.text", account=_code(account))
    return {
        "title": plain(about.say(f"confirm.{action}"), 100),
        "text": mrkdwn(text, 300),
        "confirm": plain(about.say("confirm.undo.yes" if removes else "confirm.disable.yes"), 30),
        "deny": plain(about.say("confirm.no"), 30),
        **({"style": "danger"} if removes else {}),
    }


def _deeds(about: About, standing: Standing) -> list[str]:
    return [_deed(about, deed) for deed in standing.deeds]


def _deed(about: About, deed: Deed) -> str:
    who = escape(deed.by_name) or escape(deed.by)
    return about.say(f"deed.{deed.kind}", who=who, when=moment(deed.at))


def _follows(about: About) -> list[str]:
    return [about.say("follows", link=about.follows)] if about.follows else []


def whisper(about: About, said: Whisper) -> Message:
    """What only whoever pressed a button reads."""
    button = about.say(f"button.{said.action}")
    match said.said:
        case "link":
            forward = about.say("link.forward", link=said.link)
            return _message(about.say("link", hours=said.hours), step=forward)
        case "requested":
            return _message(about.say("not_done.requested"))
        case "failed":
            why = said.why
            unclear = why is not None and why.kind == "OutcomeUnknown"
            advice = about.advice(why.code) if why else None
            text = about.say("not_done.unclear" if unclear else "not_done.failed", button=button)
            return _message(
                text,
                step=pick(advice, about.language) if advice else None,
                context=_vendor(about, why) if why else None,
            )
        case _:
            assert_never(said.said)


def not_done(lang: str, why: NotDone, now: float) -> str:
    """Why what somebody pressed is not done, as a sentence."""
    button = say(lang, f"button.{why.action}") if why.action else ""
    when = ago(lang, now - why.at)
    return say(lang, f"not_done.{why.reason}", who=f"<@{why.actor}>", button=button, ago=when)


def result(about: About, outcome: Outcome) -> Message:
    """The last word of a request: what happened, the next step if a person must take one, the account, the small print."""
    match outcome:
        case Created() | ActionRequired():
            account = outcome.account
            left = about.to_do if account.activation_pending or account.must_change_password else None
            step = left and about.say("to_do", what=pick(left, about.language))
            return _account(about, outcome.kind, account, step)
        case AlreadyExists(differences=()):
            return _account(about, outcome.kind, outcome.account, about.say("same"))
        case AlreadyExists():
            return _message(f"⚠️ {about.say('failed')}", step=_somebody_elses(about, outcome))
        case Declined(why=why, by=by, by_name=name, reason=reason):
            said = about.say(f"declined.{why}", who=escape(name) or escape(by))
            step = about.sentences(said, about.say("batch.reason", reason=escape(reason))) if reason else said
            return _message(f"🚫 {about.say('failed')}", step=step)
        case Failure():
            headline = about.say("OutcomeUnknown" if outcome.kind == "OutcomeUnknown" else "failed")
            icon = ICONS.get(outcome.kind, "⚠️")
            return _message(f"{icon} {headline}", step=_what_to_do(about, outcome), context=_vendor(about, outcome))
        case _:
            assert_never(outcome)


def reply(about: About, outcome: Outcome) -> Message:
    """A reply below the last word, with a mention, for whoever would miss an edit."""
    match outcome:
        case Created() | ActionRequired() | AlreadyExists(differences=()):
            key = "reply.done"
        case Declined():
            key = "reply.declined"
        case Failure(kind="OutcomeUnknown"):
            key = "reply.unknown"
        case _:
            key = "reply.failed"
    return _message(about.say(key))


def alert(about: About, news: Alert) -> Message | None:
    """What the admins read; None where it does not concern them."""
    match news:
        case Ended(outcome=outcome):
            return _ended(about, outcome)
        case Stuck(why=why):
            return _message(f"⏳ {about.say('admin.stuck')}", context=_detail(about, why))
        case Unheard(outcome=outcome):
            message = result(about, outcome)
            message["blocks"].append(context_block(about.say("admin.silent")))
            return message
        case Incident():
            return incident(about, news)
        case SetUp():
            return _set_up(about, news)
        case GroupGone(group=group):
            return _message(f"⚠️ {about.say('admin.group_gone', group=_code(group))}")
        case SeatsLow():
            return _seats(about, news)
        case Joined():
            return _joined(about, news)
        case Digest():
            return digest(about, news)
        case BatchEnded():
            return _batch(about, news)
        case Asked():
            return _approval(about, news)
        case _:
            assert_never(news)


def _set_up(about: About, news: SetUp) -> Message:
    if news.resolved_at is not None:
        return _message(f"🟢 {about.say('set_up.solved')}")
    known = [each for each in news.troubles if f"set_up.{each.name}" in WORDS]
    lines = [about.say(f"set_up.{each.name}", what=_things(about, each.what)) for each in known]
    step = "\n".join(f"• {line}" for line in [*lines, about.say("set_up.doctor")])
    return _message(
        f"⚠️ {about.say('set_up')}", step=step, context=[about.say("set_up.since", since=moment(news.since))]
    )


def _things(about: About, names: Iterable[str]) -> str:
    return enumerated(about.language, [code(name) for name in names][:20])


def _seats(about: About, news: SeatsLow) -> Message:
    licence = about.say("seats.licence", licence=pick(news.licence, about.language)) if news.licence else ""
    counts = {"free": news.free, "total": news.total, "expiring": news.expiring}
    return _message(f"⚠️ {about.say(f'seats.{news.what}', licence=licence, **counts)}")


def _approval(about: About, news: Asked) -> Message:
    """Who asks for how many, with the buttons until somebody has decided."""
    who = escape(news.requester_name) or escape(news.requester)
    file = _code(news.file) or about.say("batch.pasted")
    icon = {"asked": "🕓", "approved": "✅"}.get(news.state, "🚫")
    key = "approval.asked.one" if news.request else "approval.asked"
    message = _message(f"{icon} {about.say(key, who=who, n=news.people, file=file)}", context=_follows(about))
    if news.request and (lines := [f"• {line}" for line in _filled_in(about)]):
        message["blocks"] += _sections(lines)
    if news.state == "asked":
        approve = button_element("approve", about.say("approval.approve"), news.handle) | {"style": "primary"}
        decline = button_element("decline", about.say("approval.decline"), news.handle)
        message["blocks"].append(actions_block(APPROVAL, [approve, decline]))
        return message
    by = escape(news.decided_by_name) or escape(news.decided_by) or "newhire"
    lines = [about.say(f"approval.was.{news.state}", who=by)]
    if news.reason:
        lines.append(about.say("batch.reason", reason=escape(news.reason)))
    if news.alone:
        message["blocks"].append(section(f"🚨 {about.say('approval.alone', who=by)}"))
    _add_lines(message, lines)
    return message


def _filled_in(about: About) -> Iterator[str]:
    """What the form says, but for the name."""
    for name, title in about.fields.items():
        value = str(about.typed.get(name) or "")
        if name == "name" or not value:
            continue
        named = about.choices.get(name, {}).get(value)
        said = pick(named, about.language) if named else mask_phone(value) if name == "phone" else value
        yield about.say("approval.field", field=pick(title, about.language), value=escape(said[:200]))


def _batch(about: About, news: BatchEnded) -> Message:
    # Without a name the bare id: a mention would ring them up.
    who = escape(news.requester_name) or escape(news.requester)
    counts = (
        (name, getattr(news, name)) for name in ("created", "to_activate", "existing", "failed", "unknown", "left")
    )
    said = [about.say(f"count.{name}", n=n) for name, n in counts if n]
    if news.approved_by:
        said.append(about.say("admin.batch.approved", who=f"<@{news.approved_by}>"))
    n = news.created + news.to_activate
    return _message(f"📋 {about.say('admin.batch', who=who, n=n, counts=enumerated(about.language, said))}")


def _joined(about: About, news: Joined) -> Message:
    message = _message(f"👤 {about.say('joined', who=escape(news.name))}")
    message["blocks"].append(actions_block(JOINED, [button_element(JOINED, about.say("joined.create"), news.user)]))
    return message


def digest(about: About, news: Digest) -> Message:
    """What a week came to: counts, who has not activated their account, licences."""
    counts = [about.say("digest.created", n=news.created)]
    if news.failed:
        why = listing(about.language, (about.say(f"digest.why.{kind}", n=n) for kind, n in news.failed))
        counts.append(about.say("digest.failed", n=sum(n for _, n in news.failed), why=why))
    message = _message(about.say("digest", since=moment(news.since), until=moment(news.until)), step="\n".join(counts))
    waiting = [_waits(about, one, news.until) for one in news.waiting]
    more = [about.say("digest.more", n=news.more)] if news.more else []
    seats = [_seat(about, one) for one in news.seats]
    for title, lines in (("digest.waiting", [*waiting, *more]), ("digest.seats", seats)):
        if lines:
            message["blocks"] += _sections([about.say(title), *(f"• {line}" for line in lines)])
    return message


def _sections(lines: list[str]) -> list[Message]:
    """As few sections as hold these lines: Slack refuses one that is longer than 3000."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + len(line) >= 3000:
            texts.append("")
        texts[-1] += f"{line}\n"
    return [section(text.rstrip()) for text in texts]


def _waits(about: About, one: Waiting, now: float) -> str:
    who, asked, at = escape(one.name[:60]), escape(one.requester[:60]), pick(one.provider, about.language)
    waits = long(about.language, now - one.since)
    return about.say("digest.waits", account=_code(one.account[:60]) or "?", who=who, at=at, long=waits, asked=asked)


def _seat(about: About, one: FreeSeats) -> str:
    licence = about.say("seats.licence", licence=pick(one.licence, about.language)) if one.licence else ""
    at = pick(one.provider, about.language)
    return about.say("digest.seat", at=at, licence=licence, free=one.free, total=one.total)


def incident(about: About, news: Incident) -> Message:
    """One message about what is wrong with a provider: opened, edited, resolved."""
    message = _incident(about, news)
    if news.cause in ("denied", "full"):
        # Pressed when the cause is mended, which nobody but the admins knows.
        message["blocks"].append(actions_block(BUTTONS, [_press(about, RETRY_ALL, news.handle)]))
    return message


def _incident(about: About, news: Incident) -> Message:
    passes = news.cause in ("down", "limited")
    if news.resolved_at is not None:
        lasted = long(about.language, news.resolved_at - news.since)
        said = about.say("admin.back" if passes else "admin.solved", lasted=lasted, n=news.affected)
        return _message(f"🟢 {said}")
    since, why = moment(news.since), news.why
    context = _detail(about, why) if why else []
    if passes:
        return _message(f"🔴 {about.say(f'admin.{news.cause}', since=since, n=news.affected)}", context=context)
    step = about.say("fix.NotAuthorised" if news.cause == "denied" else "fix.NoSeatLeft")
    affected = about.say("admin.affected", since=since, n=news.affected)
    return _message(f"⚠️ {about.say('admin.act')}", step=step, context=[*context, affected])


def _ended(about: About, outcome: Outcome) -> Message | None:
    """One line for an account that was created, a notice for what an admin must act on or should know."""
    match outcome:
        case Created() | ActionRequired():
            return _message(about.say("admin.created", account=_code(outcome.account.account)))
        case AlreadyExists() | Declined():
            return None
        case Failure(kind="Rejected" | "Conflict") if not _unknown_code(about, outcome):
            return None
        case Failure():
            act = outcome.kind in FOR_ADMINS or outcome.kind == "Rejected"
            headline = f"⚠️ {about.say('admin.act')}" if act else f"ℹ️ {about.say('admin.ended')}"
            return _message(headline, step=_what_admins_do(about, outcome), context=_detail(about, outcome))
        case _:
            assert_never(outcome)


def escape(text: str) -> str:
    """Typed or vendor text for mrkdwn: no markup, no mention, one line."""
    # Formatting characters get a zero-width space behind them, so that Slack pairs none of them. Cut first too: a form holds
    # three thousand characters, an answer a million.
    return "".join(f"{char}\u200b" if char in "*_~`" else char for char in entities(_line(text)[:500]))[:500]


def _code(text: str | None) -> str | None:
    """Something to copy: nothing in it is markup, and nothing is added to it."""
    plain = entities(_line(text or "")[:300].replace("`", "'"))
    return f"`{plain[:300]}`" if plain else None


def code(text: str | None) -> str:
    """The same, for what may be empty."""
    return _code(text) or ""


def _line(text: str) -> str:
    return " ".join(_UNSEEN.sub(" ", text).split())


def entities(text: str) -> str:
    """Slack's three characters, so that they are read and not obeyed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mention(user: str) -> str:
    """Somebody as Slack shows them, by their id; who asked at the shell stays as text."""
    return escape(user) if user.startswith(SHELL) else f"<@{user}>"


def permalink(workspace: str, ref: MessageRef) -> str:
    """The address of a message; `workspace` is the address that all of them start with."""
    return f"{workspace}archives/{ref.channel}/p{ref.ts.replace('.', '')}"


def moment(at: float) -> str:
    """A time that Slack shows in each reader's zone; Unix seconds."""
    fallback = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{fallback}>"


def _account(about: About, headline: str, account: Account, step: str | None) -> Message:
    shown = {
        "account": _code(account.account),
        "email": _code(account.email),
        "phone": account.phone and _code(mask_phone(account.phone)),
    }
    fields = [f"*{about.say(f'detail.{key}')}*\n{value}" for key, value in shown.items() if value]
    return _message(
        f"{ICONS[headline]} {about.say(headline)}", step=step, fields=fields, context=_small(about, account)
    )


def _small(about: About, account: Account) -> list[str]:
    """What only experts want."""
    department = account.department_path or account.department_name or account.department
    if department and account.department and department != account.department:
        department = f"{department} ({account.department})"
    values = {
        "department": department and escape(department),
        "meeting_rooms": ", ".join(_code(room) or "" for room in account.meeting_rooms),
        "sip_number": _code(account.sip_number),
        "vendor_id": _code(account.vendor_id),
    }
    return [f"{about.say(f'detail.{key}')} {value}" for key, value in values.items() if value]


def _somebody_elses(about: About, outcome: AlreadyExists) -> str:
    """That an account is there, and nothing of whose it is: only what the requester typed."""
    names = about.named(outcome.differences)
    # By what it was found: what was typed and is the same there.
    same = [key for key in ("account", "phone", "email") if getattr(outcome.account, key) and about.typed.get(key)]
    key = next((key for key in same if key not in outcome.differences), None)
    if key == "account":
        said = about.say("differs", account=_code(str(about.typed[key])), fields=names)
    elif key is None:
        said = about.say("differs.somehow", fields=names)
    else:
        said = about.say("differs.otherwise", field=about.field(key), fields=names)
    return about.sentences(said, about.say("act.AlreadyExists"))


def _what_to_do(about: About, failure: Failure) -> str:
    unknown = _unknown_code(about, failure)
    key = "act.unknown_code" if unknown else "act.no_longer_read" if _ours(failure) else f"act.{failure.kind}"
    field = about.field(failure.field, "details" if failure.kind == "Conflict" else "a_value")
    steps = [about.say(key, field=field)]
    advice = about.advice(failure.code)
    if advice and failure.kind not in FOR_ADMINS:
        steps.append(pick(advice, about.language))
    if about.admins_hear and (failure.kind in FOR_ADMINS or unknown):
        steps.append(about.say("told.admins"))
    return about.sentences(*steps)


def _what_admins_do(about: About, failure: Failure) -> str:
    return about.say("fix.unknown_code" if _unknown_code(about, failure) else f"fix.{failure.kind}")


def _unknown_code(about: About, failure: Failure) -> bool:
    """A refusal under a code that is in none of the vendor's documents."""
    named = failure.field is not None
    return failure.kind == "Rejected" and failure.code is not None and not named and not about.knows(failure.code)


def _ours(failure: Failure) -> bool:
    """No vendor refused it: the stored form cannot be read."""
    return failure.kind == "Rejected" and failure.code is None and failure.words is None


def _vendor(about: About, failure: Failure, *, engineers: bool = False) -> list[str]:
    """The vendor's own code and words. A bare HTTP status says something to `engineers` only."""
    code = None if not engineers and _HTTP_STATUS.fullmatch(failure.code or "") else failure.code
    # Vendors repeat what they refuse; a channel reads along.
    words = _NUMBER.sub(lambda found: mask_phone(found[0]), failure.words or "")
    answer = " ".join(part for part in (_code(code), escape(words)) if part)
    return [about.say("vendor_says", answer=answer)] if answer else []


def _detail(about: About, failure: Failure) -> list[str]:
    """The same for the admins, with what only they can use."""
    advice = about.advice(failure.code)
    more = [pick(advice, about.language)] if advice else []
    return [*_vendor(about, failure, engineers=True), *([escape(failure.detail)] if failure.detail else []), *more]


def _message(
    text: str, *, step: str | None = None, fields: list[str] | None = None, context: list[str] | None = None
) -> Message:
    blocks: list[Message] = [section(text)]
    if step:
        blocks.append(section(step))
    if fields:
        blocks.append({"type": "section", "fields": [mrkdwn(item, 2000) for item in fields]})
    if context:
        blocks.append(context_block(" · ".join(context)))
    return {"text": text[:3000], "blocks": blocks}


def _add_lines(message: Message, lines: list[str]) -> None:
    if lines:
        message["blocks"].append(context_block("\n".join(lines)))
