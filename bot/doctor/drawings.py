"""Everything that newhire can draw in Slack: each view and message in both languages, with ordinary and with the longest contents.

Made up, and of nobody: it goes to Slack to be checked, and to nobody's eyes. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args

from bot.batch import Batch, BatchState, BatchUpdate, Problem, RowState, Sample, Tally
from bot.hire import Field, Text
from bot.outcome import (
    Account,
    ActionRequired,
    AlreadyExists,
    Created,
    Declined,
    Failure,
    FailureKind,
    Outcome,
)
from bot.request import (
    Action,
    Agreed,
    Alert,
    Asked,
    AwaitsApproval,
    BatchEnded,
    Cause,
    Creating,
    Deed,
    Digest,
    Ended,
    Final,
    FreeSeats,
    GroupGone,
    Health,
    Incident,
    InLine,
    Joined,
    Late,
    Listed,
    Listing,
    ManyWaiting,
    MessageRef,
    Person,
    Reminder,
    Request,
    SeatsLow,
    SetUp,
    Standing,
    Stuck,
    Trouble,
    Unheard,
    Unsure,
    Waiting,
    Whisper,
)
from bot.slack import batch_messages, form, lists, messages
from bot.slack.approvals import decline_form
from bot.slack.blocks import Message
from bot.slack.messages import About
from bot.slack.words_set_up import SET_UP_WORDS

NOW = 1_795_305_600.0
LONGEST = "<!channel> 张伟 *x* " + "开" * 3000
TEXTS = ("Zhang Wei", LONGEST)
LANGUAGES = ("en", "zh")
TROUBLES = tuple(sorted(key.removeprefix("set_up.") for key in SET_UP_WORDS if key.count(".") == 2))
"""Checks at the start of which the admins hear."""


class Provider(Protocol):
    """What is drawn of a provider."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Text: ...
    @property
    def to_do(self) -> Text | None: ...
    def fields(self) -> list[Field]: ...
    def advice(self, code: str | None) -> Text | None: ...


@dataclass(frozen=True)
class Drawing:
    """One of them: its `name` for people, as `kind` of payload that Slack's checker takes."""

    name: str
    kind: Literal["view", "message"]
    payload: Message


class Free(NamedTuple):
    """Licences of a kind, as the form shows them."""

    kind: str | None
    total: int
    used: int
    free: int


def everything(providers: Mapping[str, Provider]) -> list[Drawing]:
    """Each once, however many ways lead to it."""
    found: dict[str, Drawing] = {}
    for lang in LANGUAGES:
        for drawing in [*_forms(providers, lang), *_lists(providers, lang)]:
            found.setdefault(json.dumps(drawing.payload, sort_keys=True), drawing)
        for provider in providers.values():
            for text in TEXTS:
                for drawing in [*_messages(provider, lang, text), *_batches(provider, lang, text)]:
                    found.setdefault(json.dumps(drawing.payload, sort_keys=True), drawing)
    return list(found.values())


# --- views


def _forms(providers: Mapping[str, Provider], lang: str) -> Iterator[Drawing]:
    offers = list(providers.values())
    for provider in offers:
        for more in (False, True):
            for text in ("", LONGEST):
                state = form.ModalState(provider=provider.key, channel="C1", more=more, retype=bool(text))
                typed = _typed(provider, text)
                view = form.build(offers, state, lang, typed=typed, notice=text or None)
                name = f"form of {provider.key}, {'all' if more else 'few'} fields ({lang})"
                yield Drawing(name, "view", view)
                for free in (0, 3, 50) if more else ():
                    seats = [Free(kind, 50, 50 - free, free) for kind in _licences(provider)]
                    yield Drawing(f"{name} with licences", "view", form.with_seats(view, provider, seats, 5, lang))
        for text in TEXTS:
            many = batch_messages.form(offers, lang, provider=provider.key, text=text, notice=text)
            yield Drawing(f"form of many ({lang})", "view", many)
            columns = batch_messages.columns_form(_batch(provider.key, "shown", lang, text), provider, lang)
            yield Drawing(f"columns of {provider.key} ({lang})", "view", columns)
    for text in TEXTS:
        yield Drawing(f"notice ({lang})", "view", form.notice(lang, text))
    yield Drawing(f"why declined ({lang})", "view", decline_form("a" * 24, lang))


def _typed(provider: Provider, text: str) -> dict[str, str]:
    """What may stand in each field: of a text as much as fits there."""
    if not text:
        return {}
    texts = (field for field in provider.fields() if not field.ask.choices and field.ask.kind not in ("date", "number"))
    return {field.name: text for field in texts if field.ask.kind != "secret"}


def _licences(provider: Provider) -> list[str | None]:
    for field in provider.fields():
        if field.name == "account_type":
            return [choice.value for choice in field.ask.choices]
    return [None]


def _lists(providers: Mapping[str, Provider], lang: str) -> Iterator[Drawing]:
    reader = lists.Reader("U0ALICE01", lang, NOW, "https://example.slack.com/", providers)
    key = next(iter(providers))
    for text in TEXTS:
        for kind in (None, "Created", "Rejected"):
            row = _listed(key, text, kind)
            full = Listing(rows=(row,) * lists.A_PAGE, newer="newer:1.0:a", older="older:1.0:a")
            yield Drawing(f"status ({lang})", "message", lists.status(reader, full, "status.all"))
            every = _admins(providers, row)
            home = lists.home(reader, lists.HomeState(state="failed", provider=key), full, every)
            yield Drawing(f"Home tab of an admin ({lang})", "view", home)
    empty = lists.status(reader, Listing(), "status.own", query="Zhang Wei")
    yield Drawing(f"status without anything ({lang})", "message", empty)
    yield Drawing(f"Home tab ({lang})", "view", lists.home(reader, lists.HomeState(), Listing(), None))
    yield Drawing(
        f"Home tab that is closed ({lang})", "view", lists.closed_home("Who may: workspace admins and owners.")
    )


def _listed(key: str, text: str, kind: str | None) -> Listed:
    account = Account(provider=key, account=text, name=text, phone="13800138000")
    return Listed(
        handle="a" * 24,
        provider=key,
        person=Person(name=text, account=text, requester_name=text),
        requester="U0ALICE01",
        accepted_at=NOW - 7200,
        kind=kind,
        account=account if kind == "Created" else None,
        ref=MessageRef(channel="C0PEOPLE1", ts="1800000000.000100"),
        standing=Standing(offers=get_args(Action)),
    )


def _admins(providers: Mapping[str, Provider], row: Listed) -> lists.Everything:
    troubles = tuple((cause, NOW) for cause in get_args(Cause))
    health = [Health(provider=key, succeeded_at=NOW, failed_at=NOW, waiting=3, troubles=troubles) for key in providers]
    seats = dict.fromkeys(providers, "2 of 50 licences left")
    return lists.Everything(Listing(rows=(row,) * lists.HOME_ALL_PAGE, older="older:1.0:a"), health, seats)


# --- messages


def _messages(provider: Provider, lang: str, text: str) -> Iterator[Drawing]:
    about = _about(provider, lang, text)
    draw: Callable[[str, Message | None], Iterator[Drawing]] = lambda name, made: (  # noqa: E731
        iter([Drawing(f"{name} ({provider.key}, {lang})", "message", made)]) if made else iter(())
    )
    failures = _failures(provider.key, text)
    for outcome in [*_successes(provider.key, text), *failures]:
        for standing in _standings(text):
            final = Final(outcome=outcome, standing=standing)
            yield from draw(f"result {outcome.kind}", messages.update(about, final))
        yield from draw(f"reply to {outcome.kind}", messages.reply(about, outcome))
        for last in (False, True):
            standing = Standing(round=1, offers=("resend", "link"))
            reminder = Reminder(outcome=outcome, standing=standing, since=NOW, at=NOW + 259200, last=last)
            yield from draw("reminder", messages.reminder(about, reminder))
    for why in failures[:1]:
        agreed = (AwaitsApproval(handle="a" * 24), Agreed(by="U2", by_name=text))
        late = (InLine(since=NOW), InLine(since=None), Late(why=why, next_at=NOW), Unsure(why=why, next_at=NOW))
        for update in (Creating(), *agreed, *late):
            yield from draw(f"under way, {update.kind}", messages.update(about, update))
        for whisper in _whispers(why):
            yield from draw(f"whisper, {whisper.said}", messages.whisper(about, whisper))
    yield from draw("many waiting", messages.many_waiting(about, ManyWaiting(people=((text, text),) * 150)))
    for alert in alerts(provider.key, provider.title, text):
        yield from draw(f"admins: {alert.kind}", messages.alert(about, alert))


def _about(provider: Provider, lang: str, text: str) -> About:
    return About(
        provider=provider.title,
        name=text,
        requester="U0ALICE01",
        language=lang,
        to_do=provider.to_do,
        advice=provider.advice,
        requester_name=text,
        fields={field.name: field.ask.title for field in provider.fields()},
        typed={field.name: text for field in provider.fields()},
        choices={field.name: {text: provider.title} for field in provider.fields() if field.ask.choices},
        admins_hear=True,
        handle="a" * 24,
        follows="https://example.slack.com/archives/C0PEOPLE1/p1800000000000100",
    )


def _account(key: str, text: str, **more: Any) -> Account:
    return Account(
        provider=key,
        account=text,
        name=text,
        vendor_id=text,
        phone="13800138000",
        email=text,
        department=text,
        department_path=text,
        sip_number=text,
        meeting_rooms=(text, text),
        **more,
    )


def _successes(key: str, text: str) -> list[Outcome]:
    return [
        Created(account=_account(key, text, must_change_password=True)),
        ActionRequired(account=_account(key, text, activation_pending=True)),
        AlreadyExists(account=_account(key, text)),
        AlreadyExists(account=_account(key, text), differences=("name", "phone")),
        *(
            Declined(why=why, by="U2", by_name=text, reason=text)
            for why in get_args(Declined.model_fields["why"].annotation)
        ),
    ]


def _failures(key: str, text: str) -> list[Failure]:
    words = {"code": text[:40], "words": text[:500], "detail": text[:500]}
    return [Failure(kind=kind, provider=key, field="phone", **words) for kind in get_args(FailureKind)]


def _standings(text: str) -> list[Standing]:
    kinds = get_args(Deed.model_fields["kind"].annotation)
    deeds = tuple(Deed(kind=kind, by="U0ALICE01", by_name=text, at=NOW) for kind in kinds)
    actions = get_args(Action)
    return [
        Standing(),
        Standing(round=3, deeds=deeds[:3], offers=actions[:5]),
        Standing(round=3, deeds=deeds, offers=actions[5:]),
    ]


def _whispers(why: Failure) -> list[Whisper]:
    told: dict[str, Any] = {"to": "U0ALICE01", "language": "en", "channel": "C1"}
    link = "https://example.com/activate?x=1&y=2"
    return [
        Whisper(**told, said="link", action="link", link=link, hours=48),
        Whisper(**told, said="failed", action="undo", why=why),
        Whisper(**told, said="requested", action="retry"),
    ]


def alerts(key: str, title: Text, text: str) -> Sequence[Alert]:
    """What the admins read, each kind of it."""
    why = _failures(key, text)[-1]
    waiting = Waiting(provider=title, name=text, account=text, requester=text, since=NOW - 9 * 86400)
    seats = FreeSeats(provider=title, licence=title, free=2, total=50)
    failed = tuple((kind, 3) for kind in get_args(FailureKind))
    counts: dict[str, Any] = {"provider": key, "free": 2, "total": 50, "expiring": 7, "licence": title}
    asked: dict[str, Any] = {"id": "1", "provider": key, "requester": "U1", "requester_name": text, "people": 187}
    states = get_args(Asked.model_fields["state"].annotation)
    incidents = [
        Incident(id="1", provider=key, cause=cause, since=NOW, affected=40, why=why, resolved_at=over)
        for cause in get_args(Cause)
        for over in (None, NOW + 100)
    ]
    return [
        *(Ended(outcome=outcome) for outcome in [*_successes(key, text), *_failures(key, text)]),
        Stuck(why=why),
        Unheard(outcome=_successes(key, text)[0]),
        *incidents,
        GroupGone(group="S0PEOPLE1"),
        SetUp(since=NOW, troubles=tuple(Trouble(name=name, what=(text,) * 30) for name in TROUBLES)),
        SetUp(since=NOW, resolved_at=NOW),
        *(SeatsLow(what=what, **counts) for what in get_args(SeatsLow.model_fields["what"].annotation)),
        Joined(user="U0ALICE01", name=text),
        Digest(
            since=NOW - 604800, until=NOW, created=7, failed=failed, waiting=(waiting,) * 20, more=3, seats=(seats,) * 9
        ),
        BatchEnded(
            provider=key, requester="U1", requester_name=text, approved_by="U2", rows=187, created=180, failed=7
        ),
        *(Asked(**asked, request=_request(key), state=state) for state in states),
        *(Asked(**asked, file=text[:200], state=state, decided_by="U2", reason=text, alone=True) for state in states),
    ]


def _request(key: str) -> Request:
    return Request(id="r1", provider=key, requester="U1", language="en", hire={}, accepted_at=NOW)


# --- many at once


def _batches(provider: Provider, lang: str, text: str) -> Iterator[Drawing]:
    for state in get_args(BatchState):
        made = batch_messages.message(_batch(provider.key, state, lang, text), provider)
        yield Drawing(f"list of many, {state} ({provider.key}, {lang})", "message", made)


def _batch(key: str, state: BatchState, lang: str, text: str) -> BatchUpdate:
    states: tuple[RowState, ...] = get_args(RowState)
    said = Text(text[:500], text[:500])
    why = _failures(key, text)[0]
    samples = tuple(
        Sample(
            line=n,
            name=text,
            account=text,
            state=states[n % len(states)],
            problems=(Problem(field=said, said=said),) * (n % 3),
            twin=n,
            kind="Rejected",
            failure=why if n % 2 else None,
        )
        for n in range(99)
    )
    batch = Batch(
        id="B1",
        provider=key,
        requester="U1",
        language=lang,
        given_at=1.0,
        name=text[:100],
        header=(text[:300],) * 60,
        understood=("name", "phone", *(None,) * 58),
        notes=(said,) * 30,
        reason=text,
        decided_by="U2",
        why=said,
    )
    tally = Tally(ready=187, wrong=5, twice=1, requested=1, there=2, created=3, failed=1, under_way=4)
    return BatchUpdate(
        batch=batch,
        state=state,
        round=3,
        tally=tally,
        seconds=4000.0,
        seats_left=3,
        away_since=1.0,
        samples=samples,
        more=9_000,
        needs_approval=True,
    )
