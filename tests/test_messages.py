"""Outcomes as Slack messages: every one, in both languages, with texts that mean harm."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hire import Text
from bot.outcome import (
    Account,
    ActionRequired,
    AlreadyExists,
    Conflict,
    Created,
    Declined,
    Failure,
    FailureKind,
    NoSeatLeft,
    NotAuthorised,
    Outcome,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
)
from bot.request import (
    Action,
    Agreed,
    Alert,
    ApprovalState,
    Asked,
    AwaitsApproval,
    Cause,
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
    Reminder,
    Request,
    SeatsLow,
    Standing,
    Stuck,
    Unheard,
    Unsure,
    Update,
    Waiting,
    Whisper,
)
from bot.sandbox.block_kit import check_message
from bot.slack import messages
from bot.slack.blocks import Message
from bot.slack.messages import About
from tests.conftest import tries
from tests.regenerate import configured, own

PROVIDERS = {key: configured(kind) for key, kind in own().items()}
PHONE = "13800138000"
Json = dict[str, Any]
HOSTILE = [
    "Zhang Wei",
    "<!channel> <!here> <!everyone>",
    "<@U0ALICE01> <#C0GENERAL> <!subteam^S0PEOPLE1>",
    "<https://evil.example|your bank>",
    "*bold* _italic_ ~struck~ `code` ```block```",
    "&lt;!channel&gt; &amp;",
    "@channel @here @everyone",
    "> quoted\n• listed\n\n\nand\ta tab",
    "x" * 5000,
    "&" * 5000,
    "\x00\x01\x1b[31m\x7f\x9f",
    "\u202eieW gnahZ\u2066\ud800",
    "שלום مرحبا",
    "{name} %s {0}",
    "",
    " ",
]


def about(
    provider: str = "tencent", lang: str = "en", name: str = "Zhang Wei", typed: Mapping[str, object] | None = None
) -> About:
    """As bot.slack.notifier makes it."""
    offer = PROVIDERS[provider]
    return About(
        provider=offer.title,
        name=name,
        requester="U0ALICE01",
        language=lang,
        to_do=offer.to_do,
        advice=offer.advice,
        knows=lambda code: offer.meaning(code) is not None,
        requester_name="alice",
        typed=typed,
        fields={field.name: field.ask.title for field in offer.fields()},
        choices={field.name: {choice.value: choice.title for choice in field.ask.choices} for field in offer.fields()},
    )


def account(text: str = "Zhang Wei", **changes: Any) -> Account:
    """An account in which every text is this one."""
    texts = dict.fromkeys(
        ("english_name", "vendor_id", "email", "employee_id", "job_title", "department", "department_name",
         "department_path", "sip_number", "signature", "status", "request_id", "vendor_code", "vendor_message"),
        text,
    )  # fmt: skip
    known: dict[str, Any] = {
        "provider": "tencent", "account": text or "a", "name": text, "phone": PHONE, "meeting_rooms": (text, text),
        **texts,
    }  # fmt: skip
    return Account(**{**known, **changes})


def errors(code: str | None = "4711", words: str | None = "no", provider: str = "tencent") -> list[Failure]:
    said: dict[str, Any] = {"code": code, "words": words}
    raised: list[ProvisionError] = [
        Rejected(provider, **said, field="phone"),
        Rejected(provider, **said, field="nothing_we_know"),
        Rejected(provider, **said, certain=False),
        Conflict(provider, **said, field="account"),
        NotAuthorised(provider, **said, detail="this machine's clock is 400 s ahead of the vendor's"),
        NoSeatLeft(provider, **said),
        RateLimited(provider, **said, retry_after=60.0),
        Unreachable(provider, **said, detail="connect timeout"),
        OutcomeUnknown(provider, **said, detail="read timeout"),
    ]
    return [error.failure for error in raised]


def outcomes(text: str = "Zhang Wei") -> list[Outcome]:
    return [
        Created(account=account(text)),
        Created(account=account(text, must_change_password=True)),
        ActionRequired(account=account(text, activation_pending=True)),
        AlreadyExists(account=account(text), differences=("name", "phone", "nothing_we_know")),
        AlreadyExists(account=account(text)),
        *(
            Declined(why=why, by="U0LINA001", by_name=text, reason=text)
            for why in get_args(Declined.model_fields["why"].annotation)
        ),
    ]


def updates(why: Failure) -> list[Update]:
    """What is said while a request is under way."""
    return [
        Creating(),
        InLine(since=1795305600.0),
        InLine(since=None),
        Late(why=why, next_at=1795305600),
        Unsure(why=why, next_at=1795305600),
    ]


def alerts(outcome: Outcome) -> list[Alert]:
    stuck: list[Alert] = [Stuck(why=outcome)] if isinstance(outcome, Failure) else []
    return [Ended(outcome=outcome), Unheard(outcome=outcome), GroupGone(group="S0PEOPLE1"), *stuck]


def of_the_week(text: str) -> list[Alert]:
    """What the admins read that is about no request."""
    title, at = Text("Tencent Meeting", "腾讯会议"), 1795305600.0
    one = Waiting(provider=title, name=text, account=text, requester=text, since=at - 9 * 86400)
    seats = FreeSeats(provider=title, licence=Text("Free", "免费账号"), free=2, total=50)
    failed = tuple((kind, 3) for kind in get_args(FailureKind))
    few: dict[str, Any] = {"provider": "tencent", "free": 2, "total": 50, "expiring": 7}
    return [
        Digest(since=at - 604800, until=at, created=0),
        Digest(since=at - 604800, until=at, created=7, failed=failed, waiting=(one,) * 20, more=3, seats=(seats,) * 9),
        Joined(user="U0ALICE01", name=text),
        *(SeatsLow(what=what, **few) for what in get_args(SeatsLow.model_fields["what"].annotation)),
        SeatsLow(what="full", licence=title, **few),
    ]


def asked(text: str) -> list[Asked]:
    """What approvers read about one person, before and after each way in which it is decided."""
    request = Request(id="V1", provider="tencent", hire={}, requester="U0ALICE01", accepted_at=1795305600.0)
    one = Asked(id="V1", provider="tencent", requester="U0ALICE01", requester_name=text, people=1, request=request)
    by = {"decided_by": "U0LINA001", "reason": text, "alone": True}
    return [one, *(one.model_copy(update={"state": state, **by}) for state in get_args(ApprovalState)[1:])]


def incidents(provider: str, text: str) -> list[Incident]:
    why = NotAuthorised(provider, code=text, words=text).failure
    made = [
        Incident(id="1", provider=provider, cause=cause, since=1795305600.0, affected=40, why=why)
        for cause in get_args(Cause)
    ]
    return [*made, *(one.model_copy(update={"resolved_at": 1795305700.0, "why": None}) for one in made)]


def standings(text: str) -> list[Standing]:
    """Untouched, and after each thing that can be done, with every button."""
    kinds = get_args(Deed.model_fields["kind"].annotation)
    deeds = [Deed(kind=kind, by="U0ALICE01", by_name=text, at=1795305600.0) for kind in kinds]
    some = get_args(Action)[:5], get_args(Action)[5:]
    return [
        Standing(),
        *(Standing(round=3, deeds=(deed, *deeds[:2]), offers=offers) for deed in deeds for offers in some),
    ]


def whispers(why: Failure) -> list[Whisper]:
    told: dict[str, Any] = {"to": "U0ALICE01", "language": "en", "channel": "C1"}
    return [
        Whisper(**told, said="link", action="link", link="https://example.com/activate?x=1&y=2", hours=48),
        Whisper(**told, said="failed", action="undo", why=why),
        Whisper(**told, said="requested", action="retry"),
    ]


def reminders(outcome: Outcome, text: str) -> list[Reminder]:
    made: dict[str, Any] = {"outcome": outcome, "since": 1795305600.0, "at": 1795305600.0 + 86400 * 3}
    return [Reminder(**made, standing=one, last=last) for one in standings(text) for last in (False, True)]


@functools.cache
def every_message(lang: str, text: str) -> list[Message]:
    """All that newhire ever posts about a request, each once, with this text wherever somebody else's text can be."""
    made: list[Message | None] = []
    for provider in PROVIDERS:
        who = about(provider, lang, text)
        made += [messages.alert(who, one) for one in [*incidents(provider, text), *of_the_week(text)]]
        everything = about(
            provider, lang, text, dict.fromkeys((field.name for field in PROVIDERS[provider].fields()), text)
        )
        made += [messages.alert(everything, one) for one in asked(text)]
        meanwhile: list[Update] = [AwaitsApproval(handle="a" * 24), Agreed(by="U0LINA001", by_name=text)]
        made += [messages.update(who, one) for one in meanwhile]
        for outcome in [*outcomes(text), *errors(text, text, provider)]:
            made += [messages.update(who, Final(outcome=outcome, standing=one)) for one in standings(text)]
            made += [messages.alert(who, one) for one in alerts(outcome)]
            made += [messages.reminder(who, one) for one in reminders(outcome, text)[:8]]
        for failure in errors(text, text, provider):
            made += [messages.update(who, one) for one in updates(failure)]
            made += [messages.whisper(who, one) for one in whispers(failure)]
    return list({json.dumps(message): message for message in made if message is not None}.values())


def notice(who: About, failure: Failure) -> Message:
    """What the admins read of a request that is stuck."""
    message = messages.alert(who, Stuck(why=failure))
    assert message is not None
    return message


def read(message: Message) -> str:
    """Everything in a message that Slack renders."""
    texts = [message["text"]]
    for block in message["blocks"]:
        texts += [
            item["text"] for item in [block.get("text"), *block.get("fields", []), *block.get("elements", [])] if item
        ]
    return "\n".join(text if isinstance(text, str) else text["text"] for text in texts)


each_language = pytest.mark.parametrize("lang", ["en", "zh"])
each_hostile = pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:20]) for text in HOSTILE])


# --- whatever the texts are


@each_language
@each_hostile
def test_slack_takes_every_message(lang: str, text: str) -> None:
    for message in every_message(lang, text):
        assert check_message(message["blocks"], message["text"]) == []
        assert message["text"].strip()
        json.dumps(message, ensure_ascii=False).encode()


# What newhire writes itself in Slack's angle brackets: moments in the reader's own time. Who is mentioned is rung up, so
# only `reply` mentions anybody.
OURS = re.compile(r"<!date\^\d+\^\{date_short(?:_pretty\} \{time)?\}\|[-0-9: ]+(?: UTC)?>")


@each_language
@each_hostile
def test_nobody_is_mentioned_and_nothing_is_linked_by_a_text(lang: str, text: str) -> None:
    for message in every_message(lang, text):
        assert not re.search("[<>]", OURS.sub("", read(message)))
        # A bare @channel, #general or www address stays text too.
        bare = [part for part in _objects(message["blocks"]) if part["type"] == "mrkdwn"]
        assert all(part["verbatim"] for part in bare)


def _objects(blocks: list[Json]) -> list[Json]:
    found = []
    for block in blocks:
        found += [part for part in [block.get("text"), *block.get("fields", []), *block.get("elements", [])] if part]
    return found


@each_language
def test_a_text_cannot_change_how_the_sentence_around_it_looks(lang: str) -> None:
    for mark in "*_~":
        for message in every_message(lang, f"{mark}x{mark}"):
            # Between a mark of the text and what follows there is a zero-width space, so that Slack pairs none.
            assert not re.search(rf"\{mark}x\{mark}(?!\u200b|`)", read(message).replace(f"`{mark}x{mark}`", ""))
    assert messages.escape("a\u202eb\x00c\nd") == "a b c d"


@each_language
def test_no_message_shows_a_phone_number(lang: str) -> None:
    words = f"the mobile number {PHONE} or +86{PHONE} is taken by 8613800138000"
    for message in [
        *(messages.result(about(lang=lang), outcome) for outcome in outcomes()),
        *(messages.result(about(lang=lang), error) for error in errors(words=words)),
        *(notice(about(lang=lang), error) for error in errors(words=words)),
        *(messages.update(about(lang=lang), note) for note in updates(errors(words=words)[-1])),
    ]:
        said = re.sub(r"<!date\^\d+", "", read(message))
        assert PHONE not in said
        assert not re.search(r"\d{7}", said)


@pytest.mark.parametrize("phone", ["13800138000", "+8613800138000", "+44 7400 123456", "6552998", "123"])
def test_a_phone_number_is_masked_however_the_vendor_writes_it(phone: str) -> None:
    said = read(messages.result(about(), Created(account=account(phone=phone))))
    assert phone not in said
    assert "****" + phone[-2:] in said or "****" + phone[-4:] in said


TEXT = st.text(max_size=200) | st.text(st.sampled_from("<>&@!|*_~`{}\\\u202e\x00\ud800张1"), max_size=40)


@settings(max_examples=tries(300), deadline=None)
@given(text=TEXT, code=st.none() | TEXT, words=st.none() | TEXT, lang=st.sampled_from(["en", "zh"]))
def test_no_text_makes_a_message_that_slack_refuses(text: str, code: str | None, words: str | None, lang: str) -> None:
    who = about(lang=lang, name=text)
    made = [messages.result(who, error) for error in errors(code, words)]
    made += [messages.result(who, outcome) for outcome in outcomes(text)]
    made += [messages.update(who, note) for note in updates(errors(code, words)[0])]
    for message in made:
        assert check_message(message["blocks"], message["text"]) == []
        assert not re.search("[<>]", OURS.sub("", read(message)))


def test_what_a_message_is_made_of_has_no_place_for_a_password() -> None:
    for kind in own().values():
        hire = kind.form.model_validate({field.name: field.ask.example for field in kind.form.fields()})
        assert not kind.form.secrets() & hire.typed().keys()
        assert not kind.form.secrets() & Account.model_fields.keys()
        for secret in kind.form.secrets():
            assert getattr(hire, secret).get_secret_value() not in repr(hire)


# --- what a message says


@each_language
@pytest.mark.parametrize("error", errors("190303", "UNAUTHORIZED_SECRET"), ids=lambda error: error.kind)
def test_a_failure_shows_the_vendors_code_and_words(lang: str, error: Failure) -> None:
    for message in (
        messages.result(about(lang=lang), error),
        notice(about(lang=lang), error),
        messages.update(about(lang=lang), updates(error)[3]),
    ):
        assert "`190303`" in read(message)
        # The underscore is kept from Slack's formatting by a zero-width space.
        assert "UNAUTHORIZED_\u200bSECRET" in read(message)


MUST_ACT = {
    "Rejected": ("Correct it and submit again", "请修改后重新提交"),
    "Conflict": ("Check whether it belongs to", "请先确认是否属于"),
    "NotAuthorised": ("An admin needs to fix this", "请等管理员处理"),
    "NoSeatLeft": ("An admin needs to free or buy one", "请等管理员释放或增购"),
    "RateLimited": ("Submit again later", "请稍后重新提交"),
    "Unreachable": ("Submit again once it's back", "请在其恢复后重新提交"),
    "OutcomeUnknown": ("Don't submit again yet", "请先不要重新提交"),
}


@pytest.mark.parametrize("error", errors("190303"), ids=lambda error: error.kind)
def test_a_failure_has_its_next_step_in_a_section_of_its_own(error: Failure) -> None:
    for lang, who in zip(("en", "zh"), MUST_ACT[error.kind], strict=True):
        headline, step, *_ = messages.result(about(lang=lang), error)["blocks"]
        assert (headline["type"], step["type"]) == ("section", "section")
        assert who in step["text"]["text"]


@each_language
def test_what_is_engineering_stays_with_the_admins(lang: str) -> None:
    """Our own technical reasons, and names of settings, are in the admins' detail line and nowhere else."""
    denied = NotAuthorised("tencent", code="190303", words="x", detail="the clock is 400 s ahead").failure
    said = read(messages.result(about(lang=lang), denied))
    assert "400 s" not in said
    assert "TENCENT_" not in said
    told = read(incident(denied, lang))
    assert "400 s" in told
    assert "TENCENT_SECRET_KEY" in told


def incident(why: Failure, lang: str = "en", **changes: Any) -> Message:
    known: dict[str, Any] = {"id": "1", "provider": "tencent", "cause": "denied", "since": 1795305600.0, "affected": 3}
    return messages.incident(about(lang=lang), Incident(**{**known, "why": why, **changes}))


def test_an_outage_says_that_there_is_nothing_to_do_and_then_that_it_is_over() -> None:
    silent = OutcomeUnknown("tencent", detail="read timeout").failure
    down = incident(silent, cause="down", affected=40)
    assert "isn't responding" in down["text"]
    assert "Requests waiting: 40" in down["text"]
    assert "nothing to do" in down["text"]
    assert "Action needed" not in read(down)
    back = incident(silent, cause="down", resolved_at=1795305600.0 + 600)
    assert back["text"] == "🟢 *Tencent Meeting is back* after 10 minutes. Sending the waiting requests now."


def test_what_an_admin_must_mend_says_so_and_then_that_it_is_solved() -> None:
    full = NoSeatLeft("tencent", code="156009", words="no more").failure
    said = incident(full, cause="full")
    assert said["text"] == "⚠️ *Action needed:* Tencent Meeting account for *Zhang Wei*, requested by alice"
    assert "All Tencent Meeting licences are in use" in read(said)
    assert "Requests affected since" in read(said)
    assert incident(full, cause="full", resolved_at=1795305700.0)["text"].startswith("🟢 *Solved:*")


@each_language
@pytest.mark.parametrize("typed", ["chenjie31", None])
def test_somebody_elses_account_shows_nothing_of_whose_it_is(lang: str, typed: str | None) -> None:
    theirs = Account(
        provider="tencent", account="chenjie31", name="Chen Jie", vendor_id="WM-secret", email="chen.jie@example.com",
        phone="13911112222", department="Sales", sip_number="867550001",
    )  # fmt: skip
    who = about(lang=lang)
    who.typed = {"account": typed, "email": "zhang.wei@example.com"} if typed else {}
    said = read(messages.result(who, AlreadyExists(account=theirs, differences=("name", "phone"))))
    for text in ("Chen Jie", "WM-secret", "chen.jie", "2222", "Sales", "867550001"):
        assert text not in said
    assert ("chenjie31" in said) == (typed is not None)
    assert {"en": "may belong to someone else", "zh": "可能属于他人"}[lang] in said


@pytest.mark.parametrize(
    ("typed", "differences", "said"),
    [
        # As Huawei finds: by the phone or the email, under an account that is not the one on the form.
        ({"account": "zw", "phone": f"+86{PHONE}"}, ("account", "name"), "An account with this “Phone” already exists"),
        ({"account": "zw", "email": "z@example.com"}, ("account",), "An account with this “Email” already exists"),
        # What the vendor does not say is no difference, and nothing by which it was found.
        (
            {"account": "zw", "email": "z@example.com", "phone": f"+86{PHONE}"},
            ("account", "phone"),
            "An account with this “Email” already exists, with a different “Account” and “Phone”.",
        ),
        (
            {"account": "theirs", "phone": "+8613900139000"},
            ("name", "phone"),
            "`theirs` already exists with a different",
        ),
        ({}, ("name",), "A similar account already exists, with a different “Full name”."),
    ],
)
def test_somebody_elses_account_is_called_by_what_was_typed_and_is_the_same_there(
    typed: dict[str, object], differences: tuple[str, ...], said: str
) -> None:
    theirs = Account(provider="huawei", account="theirs", name="Chen Jie", phone=PHONE, email="z@example.com")
    who = about("huawei")
    who.typed = typed
    assert said in read(messages.result(who, AlreadyExists(account=theirs, differences=differences)))
    # Without its email at the vendor, an email was not how it was found.
    unsaid = theirs.model_copy(update={"email": None})
    assert "“Email” already exists" not in read(
        messages.result(who, AlreadyExists(account=unsaid, differences=differences))
    )


@each_language
def test_that_nothing_was_created_is_said_once(lang: str) -> None:
    theirs = Account(provider="huawei", account="theirs", name="Chen Jie")
    said = read(
        messages.result(
            about(lang=lang),
            AlreadyExists(account=theirs, differences=("name",)),
        )
    )
    headline = messages.result(about(lang=lang), AlreadyExists(account=theirs, differences=("name",)))["text"]
    assert {"en": "created", "zh": "开通"}[lang] in headline
    assert not re.search("(?i)created|创建|开通", said.replace(headline, ""))


@each_language
def test_a_conflict_whose_field_nobody_names_reads_as_a_sentence(lang: str) -> None:
    said = read(messages.result(about(lang=lang), Conflict("tencent", code="x").failure))
    assert {"en": "an account with the same details.", "zh": "已有信息相同的账号"}[lang] in said


@settings(max_examples=tries(100), deadline=None)
@given(data=st.data(), lang=st.sampled_from(["en", "zh"]))
def test_whatever_differs_nothing_of_somebody_elses_account_is_shown(data: st.DataObject, lang: str) -> None:
    theirs = account("their-own-secret", account="their-own-account", phone="13911117777")
    names = st.sampled_from(["name", "account", "phone", "email", "employee_id", "unknown"])
    differences = tuple(data.draw(st.lists(names, min_size=1, unique=True)))
    who = about(data.draw(st.sampled_from([*PROVIDERS])), lang)
    who.typed = data.draw(st.dictionaries(names, st.sampled_from(["zhangwei", "+8613800138000"])))
    said = read(messages.result(who, AlreadyExists(account=theirs, differences=differences)))
    assert "their-own" not in said
    assert "7777" not in said


@each_language
def test_only_the_reply_mentions_whoever_asked(lang: str) -> None:
    for outcome in [*outcomes(), *errors()]:
        reply = messages.reply(about(lang=lang), outcome)
        assert reply["text"].startswith("<@U0ALICE01> ")
        assert check_message(reply["blocks"], reply["text"]) == []
        assert ("<@" in read(messages.result(about(lang=lang), outcome))) is False


def test_the_reply_says_no_more_than_is_known() -> None:
    said = {outcome.kind: messages.reply(about(), outcome)["text"] for outcome in [*outcomes(), *errors()]}
    assert "is done" in said["Created"]
    assert "didn't go through" in said["NoSeatLeft"]
    assert "couldn't find out" in said["OutcomeUnknown"]


def test_without_a_name_nobody_is_rung_up_either() -> None:
    who = About(provider=Text("gone", "gone"), name="Zhang Wei", requester="U0ALICE01", language="en")
    assert "(requested by U0ALICE01)" in messages.update(who, Creating())["text"]


@each_language
@pytest.mark.parametrize("error", errors("190303"), ids=lambda error: error.kind)
def test_admins_read_what_they_can_do_and_not_that_an_admin_must(lang: str, error: Failure) -> None:
    told = messages.alert(about(lang=lang), Ended(outcome=error))
    steps = [incident(error, lang), *([told] if told else [])]
    for message in steps:
        assert not re.search("[Aa]n admin|[Aa]dmins|管理员(?!用户)", message["blocks"][1]["text"]["text"])


@each_language
def test_what_newhire_goes_on_with_is_no_action_for_admins(lang: str) -> None:
    for failure in errors():
        said = read(notice(about(lang=lang), failure))
        assert {"en": "nothing to do", "zh": "无需操作"}[lang] in said
        assert {"en": "Action needed", "zh": "待处理"}[lang] not in said


@each_language
@pytest.mark.parametrize("kind", [RateLimited, NotAuthorised, Unreachable])
def test_an_http_status_is_for_admins_only(lang: str, kind: type[ProvisionError]) -> None:
    failure = kind("tencent", code="429", words="Too many requests").failure
    for said in (
        read(messages.result(about(lang=lang), failure)),
        read(messages.update(about(lang=lang), Late(why=failure, next_at=1795305600))),
    ):
        assert "429" not in said
        assert "Too many requests" in said
    assert "`429`" in read(notice(about(lang=lang), failure))


@each_language
def test_a_form_that_cannot_be_read_any_more_is_not_the_vendors_refusal(lang: str) -> None:
    said = read(messages.result(about(lang=lang), Rejected("tencent", detail="does not read: name").failure))
    assert {"en": "can no longer read", "zh": "已无法读取"}[lang] in said
    assert {"en": "didn't accept", "zh": "未接受"}[lang] not in said
    assert "does not read" not in said


def test_every_kind_of_failure_is_told() -> None:
    kinds = {error.kind for error in errors()}
    assert kinds == MUST_ACT.keys() == {kind.__name__ for kind in _all(ProvisionError)}


def _all(kind: type[Any]) -> set[type[Any]]:
    ours = [child for child in kind.__subclasses__() if child.__module__ == kind.__module__]
    return {each for child in ours for each in {child, *_all(child)}}


@each_language
def test_what_is_refused_is_named_by_the_title_that_stands_on_the_form(lang: str) -> None:
    said = read(messages.result(about(lang=lang), errors()[0]))
    assert {"en": "“Phone”", "zh": "“电话”"}[lang] in said


@each_language
def test_a_code_that_no_table_has_is_shown_as_such(lang: str) -> None:
    said = read(messages.result(about(lang=lang), Rejected("tencent", code="123", words="?", certain=False).failure))
    assert {"en": "a code that isn't in its documents", "zh": "文档中没有的错误码"}[lang] in said


@each_language
def test_advice_about_a_code_is_given(lang: str) -> None:
    said = read(incident(NotAuthorised("tencent", code="190300", words="x").failure, lang))
    assert {"en": "Correct the clock of the server", "zh": "请校准 newhire 所在服务器的时钟"}[lang] in said


def test_a_provider_that_is_no_longer_there_still_has_its_messages() -> None:
    who = About(provider=Text("gone", "gone"), name="Zhang Wei", requester="U0ALICE01", language="en")
    assert "No gone account was created for *Zhang Wei*" in read(messages.result(who, errors()[0]))


# --- whole messages, word for word


def _context(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def test_the_message_of_a_tencent_account_that_must_be_activated() -> None:
    made = ActionRequired(
        account=Account(
            provider="tencent", account="zhangwei", name="张伟", vendor_id="WM-1", email="zhang.wei@example.com",
            phone=PHONE, activation_pending=True,
        )
    )  # fmt: skip
    headline = "✅ *张伟*'s Tencent Meeting account is ready to activate (requested by alice)"
    assert messages.result(about(name="张伟"), made) == {
        "text": headline,
        "blocks": [
            {"type": "section", "text": _mrkdwn(headline)},
            {
                "type": "section",
                "text": _mrkdwn("*Next step for 张伟:* activate it with the link in the SMS or email."),
            },
            {
                "type": "section",
                "fields": [
                    _mrkdwn("*Account*\n`zhangwei`"),
                    _mrkdwn("*Email*\n`zhang.wei@example.com`"),
                    _mrkdwn("*Phone*\n`138****8000`"),
                ],
            },
            _context("Tencent Meeting ID `WM-1`"),
        ],
    }


def test_the_message_of_a_huawei_account_in_chinese() -> None:
    made = Created(
        account=Account(
            provider="huawei", account="corp-zhangwei", name="张伟", vendor_id="ff80", phone="+8613800138000",
            department="1", department_path="公司/研发", sip_number="8675500001234", meeting_rooms=("985712345",),
            must_change_password=True,
        )
    )  # fmt: skip
    headline = "✅ 已为 *张伟* 开通华为云会议账号（申请人：alice）"
    assert messages.result(about("huawei", "zh", "张伟"), made) == {
        "text": headline,
        "blocks": [
            {"type": "section", "text": _mrkdwn(headline)},
            {"type": "section", "text": _mrkdwn("*张伟 的下一步：* 首次登录时修改密码。")},
            {"type": "section", "fields": [_mrkdwn("*账号*\n`corp-zhangwei`"), _mrkdwn("*电话*\n`+86138****8000`")]},
            _context("部门 公司/研发 (1) · 云会议室 `985712345` · SIP 号码 `8675500001234` · 华为云会议内部 ID `ff80`"),
        ],
    }


def test_the_message_of_a_phone_number_that_is_taken() -> None:
    refused = Conflict("tencent", code="41003", words="手机号已存在", field="phone").failure
    headline = "⚠️ No Tencent Meeting account was created for *张伟* (requested by alice)"
    assert messages.result(about(name="张伟"), refused) == {
        "text": headline,
        "blocks": [
            {"type": "section", "text": _mrkdwn(headline)},
            {
                "type": "section",
                "text": _mrkdwn(
                    "Tencent Meeting already has an account with the same “Phone”. Check whether it belongs to *张伟*."
                ),
            },
            _context("Tencent Meeting: `41003` 手机号已存在"),
        ],
    }


def test_the_line_that_admins_read_about_a_new_account() -> None:
    made = Created(account=Account(provider="huawei", account="corp-zhangwei", name="张伟"))
    line = messages.alert(about("huawei", name="张伟"), Ended(outcome=made))
    assert line is not None
    assert line["text"] == "Created: Huawei Cloud Meeting account `corp-zhangwei` for *张伟*, requested by alice"


def test_the_message_while_a_provider_does_not_answer() -> None:
    waiting = InLine(since=1795305600.0)
    assert messages.update(about(name="张伟"), waiting)["text"] == (
        "⏳ Tencent Meeting isn't responding (since "
        "<!date^1795305600^{date_short_pretty} {time}|2026-11-22 00:00 UTC>). "
        "The request for *张伟* is saved and will be sent automatically. (requested by alice)"
    )


@pytest.mark.parametrize(
    ("lang", "headline", "step"),
    [
        (
            "en",
            "⏳ *张伟* hasn't activated their Tencent Meeting account yet, 3 days after it was created.",
            "We'll check again.",
        ),
        ("zh", "⏳ *张伟* 的腾讯会议账号已创建 3 天，仍未激活。", "系统稍后会再次核实。"),
    ],
)
def test_a_reminder_says_what_helps(lang: str, headline: str, step: str) -> None:
    made = ActionRequired(account=account("zhangwei"))
    waits = Standing(round=2, offers=("resend", "link", "undo", "copy"))
    news = Reminder(outcome=made, standing=waits, since=1795305600.0, at=1795305600.0 + 86400 * 3)
    message = messages.reminder(about("tencent", lang, "张伟"), news)
    assert message["text"] == headline
    assert step in str(message["blocks"][1])
    assert [button["action_id"] for button in message["blocks"][-1]["elements"]] == ["resend", "link"]
    assert {button["value"][-2:] for button in message["blocks"][-1]["elements"]} == {".2"}


def test_a_digest_says_what_came_of_a_week() -> None:
    digest = of_the_week("张伟")[1]
    for lang, said in (
        (
            "en",
            [
                "Accounts created: 7",
                "Not created: 21 (",
                "no licence left: 3",
                "and 3 more",
                "• Tencent Meeting (Free): 2 of 50",
            ],
        ),
        (
            "zh",
            [
                "已开通账号：7",
                "未开通：21（",
                "账号数已用完：3",
                "另有 3 个",
                "• 腾讯会议（免费账号）：2 个（共 50 个）",
            ],
        ),
    ):
        message = messages.alert(about("tencent", lang, ""), digest)
        assert message is not None
        shown = str([block["text"]["text"] for block in message["blocks"]])
        assert [one for one in said if one not in shown] == []


def test_who_has_joined_can_be_hired_with_a_button() -> None:
    message = messages.alert(about("tencent", "en", ""), Joined(user="U0NEWBIE1", name="Chen <!channel>"))
    assert message is not None
    assert message["text"] == "👤 *Chen &lt;!channel&gt;* has joined Slack."
    (button,) = message["blocks"][-1]["elements"]
    assert (button["action_id"], button["value"], button["text"]["text"]) == ("joined", "U0NEWBIE1", "Create account")
