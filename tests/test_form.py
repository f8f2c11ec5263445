"""A provider's form as a modal, and back: nothing typed is lost, nothing secret is kept, and Slack takes every view."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.hire import Field, NewHire
from bot.providers.contract import Provider
from bot.sandbox.block_kit import check_view
from bot.sandbox.slack import view_state
from bot.slack import form
from bot.slack.form import ModalState
from bot.slack.prefill import prefill
from tests.conftest import tries
from tests.example_provider import AcmeHire
from tests.regenerate import configured, own

View = dict[str, Any]
Offer = Provider[Any, Any]

OFFERS = {key: configured(own()[key]) for key in ("tencent", "huawei")}
BOTH = list(OFFERS.values())
LANGUAGES = ["en", "zh"]
PROPOSES = {"en": "Leave empty to have one proposed.", "zh": "留空则由系统拟定。"}
PYDANTIC = ("pydantic", "should", "valid ", "Input", "Field required", "pattern", "value error", "type=", "string_")
"""Words of pydantic's own messages."""

each_provider = pytest.mark.parametrize("offer", BOTH, ids=OFFERS)
each_language = pytest.mark.parametrize("lang", LANGUAGES)
each_field = pytest.mark.parametrize(
    ("offer", "field"),
    [pytest.param(o, field, id=f"{o.key}.{field.name}") for o in BOTH for field in o.fields()],
)


def refused(view: View) -> list[str]:
    """What Slack would not take of this view, and what its checker does not look at."""
    found = check_view(view)
    ids = [item["block_id"] for item in view["blocks"]]
    if len(ids) != len(set(ids)) or len(view["private_metadata"]) > 3000:
        found.append("block ids, or too much to remember")
    for item in view["blocks"]:
        initial = item.get("element", {}).get("initial_value", "")
        if len(initial) > item.get("element", {}).get("max_length", 3000):
            found.append(f"{item['block_id']}: longer than its own limit")
        if item.get("element", {}).get("type") == "number_input" and not re.fullmatch("(-?[0-9]+)?", initial):
            found.append(f"{item['block_id']}: no number")
    return found


def shown_by_slack(view: View) -> View:
    """The view as Slack sends it with a submission: what stands in it at first is what its state holds."""
    return view | {"state": {"values": view_state.initial_state(view["blocks"])}}


def filled_in(view: View, values: Mapping[str, Any]) -> View:
    """The view as Slack sends it after a person typed these simple values into it."""
    state = view_state.typed(view_state.initial_state(view["blocks"]), view["blocks"], dict(values))
    return view | {"state": {"values": state}}


def redrawn(view: View, lang: str = "en", **changes: Any) -> View:
    """What the next view is after a click in this one, and what people still see in it."""
    memory = ModalState(**{**asdict(form.recall(view)), "provider": form.chosen(view), **changes})
    drawn = form.build(BOTH, memory, lang, typed=form.read(view))
    assert refused(drawn) == []
    state = view_state.survived(view["state"]["values"], drawn["blocks"])
    return drawn | {"state": {"values": state}}


def examples(offer: Offer) -> dict[str, str]:
    return {field.name: field.ask.example for field in offer.fields()}


def opened(offer: Offer, lang: str = "en", *, more: bool = True, typed: Mapping[str, str] | None = None) -> View:
    view = form.build(BOTH, ModalState(provider=offer.key, more=more), lang, typed=typed)
    assert refused(view) == []
    return shown_by_slack(view)


def block(view: View, name: str) -> View:
    return next(item for item in view["blocks"] if item.get("block_id") == name)


# --- from the model to a modal


@each_provider
@each_language
@pytest.mark.parametrize("more", [False, True])
def test_slack_takes_every_form(offer: Offer, lang: str, more: bool) -> None:
    view = form.build(BOTH, ModalState(provider=offer.key, more=more), lang, notice="Something *to say*")
    assert refused(view) == []


@each_provider
@each_language
def test_slack_takes_a_form_of_the_only_provider(offer: Offer, lang: str) -> None:
    view = form.build([offer], ModalState(), lang)
    assert refused(view) == []
    assert block(view, "provider")["type"] == "section"
    assert getattr(offer.title, lang) in block(view, "provider")["text"]["text"]
    assert form.chosen(shown_by_slack(view)) == offer.key


@each_language
def test_slack_takes_a_modal_that_only_says_something(lang: str) -> None:
    assert check_view(form.notice(lang, "x" * 5000)) == []


@each_provider
@each_language
def test_every_field_stands_in_the_form_under_its_name(offer: Offer, lang: str) -> None:
    view = opened(offer, lang)
    asked = [item["block_id"] for item in view["blocks"] if item["type"] == "input" and item["block_id"] != "provider"]
    assert asked == [field.name for field in offer.fields()]
    for field in offer.fields():
        assert block(view, field.name)["label"]["text"] == getattr(field.ask.title, lang)
        # An account that is left empty is proposed: Slack's client must let it through.
        proposed = field.required and field.name == "account"
        assert block(view, field.name)["optional"] is (proposed or not field.required)
        hint = block(view, field.name).get("hint")
        said = " ".join(
            text for text in (field.ask.hint and getattr(field.ask.hint, lang), proposed and PROPOSES[lang]) if text
        )
        assert (hint["text"] if hint else "") == said


@each_provider
def test_rarely_used_fields_are_behind_a_button(offer: Offer) -> None:
    few, all_of_them = form.shown(opened(offer, more=False)), form.shown(opened(offer, more=True))
    assert all_of_them - few == {field.name for field in offer.fields() if field.ask.more}
    assert not any(field.required for field in offer.fields() if field.ask.more)


KINDS = {
    "text": "plain_text_input",
    "phone": "plain_text_input",
    "secret": "plain_text_input",
    "email": "email_text_input",
    "date": "datepicker",
    "choice": "static_select",
    "number": "number_input",
}


def test_the_providers_show_every_kind_of_field() -> None:
    assert {field.ask.kind for offer in BOTH for field in offer.fields()} == KINDS.keys()


@each_field
def test_a_field_looks_like_what_it_asks_for(offer: Offer, field: Field) -> None:
    element = block(opened(offer), field.name)["element"]
    assert element["type"] == KINDS[field.ask.kind]
    if element["type"] == "plain_text_input":
        assert element.get("max_length") == field.max_length
    if element["type"] == "number_input":
        assert (element["min_value"], element["max_value"]) == (str(field.minimum), str(field.maximum))
    if element["type"] == "static_select":
        assert [option["value"] for option in element["options"]] == [choice.value for choice in field.ask.choices]


# --- and back


@each_field
@each_language
def test_what_is_typed_is_read(offer: Offer, field: Field, lang: str) -> None:
    view = filled_in(opened(offer, lang), {field.name: field.ask.example})
    assert form.read(view) == {field.name: field.ask.example}


@each_field
def test_what_is_filled_in_beforehand_is_read(offer: Offer, field: Field) -> None:
    read = form.read(opened(offer, typed={field.name: field.ask.example}))
    assert read == ({} if field.ask.kind == "secret" else {field.name: field.ask.example})


@each_provider
@each_language
def test_a_filled_form_is_a_hire_with_every_field(offer: Offer, lang: str) -> None:
    typed = form.read(filled_in(opened(offer, lang), examples(offer)))
    hire = offer.form.model_validate(typed, context={"region": "CN"})
    assert all(getattr(hire, field.name) is not None for field in offer.fields())
    again = offer.form.model_validate(hire.typed(), context={"region": "DE"})
    assert again.typed() == hire.typed()


@each_provider
def test_an_optional_field_left_empty_is_absent(offer: Offer) -> None:
    needed = {name: text for name, text in examples(offer).items() if block(opened(offer), name)["optional"] is False}
    view = filled_in(
        opened(offer), {**needed, "email": "", "job_title" if offer.key == "tencent" else "signature": " \t "}
    )
    assert form.read(view) == needed


def test_spaces_around_what_is_typed_do_not_count() -> None:
    assert form.read(filled_in(opened(BOTH[0]), {"name": "  Zhang Wei \n"})) == {"name": "Zhang Wei"}


def test_the_provider_that_is_selected_now_counts() -> None:
    one, other = OFFERS.values()
    assert form.chosen(opened(one)) == one.key
    assert form.chosen(filled_in(opened(one), {"provider": other.key})) == other.key


def test_a_provider_that_is_no_longer_offered_gives_way_to_another() -> None:
    view = form.build(BOTH, ModalState(provider="gone"), "en")
    assert form.chosen(shown_by_slack(view)) == BOTH[0].key


# --- what is typed stays


def test_what_was_typed_survives_another_provider_and_back() -> None:
    one, other = OFFERS.values()
    typed = {name: text for name, text in examples(one).items() if name != "password"}
    view = filled_in(opened(one), typed)
    there = redrawn(view | {"state": {"values": _select(view, other.key)}})
    assert form.chosen(there) == other.key
    assert block(there, "name")["element"]["initial_value"] == typed["name"]
    back = redrawn(there | {"state": {"values": _select(there, one.key)}})
    assert form.read(back) == typed


def _select(view: View, provider: str) -> dict[str, Any]:
    return view_state.typed(view["state"]["values"], view["blocks"], {"provider": provider})


@each_provider
def test_what_was_typed_survives_fewer_options_and_more_again(offer: Offer) -> None:
    typed = {field.name: field.ask.example for field in offer.fields() if field.ask.kind != "secret"}
    folded = redrawn(filled_in(opened(offer), typed), more=False)
    assert form.read(folded) == typed
    assert form.read(redrawn(folded, more=True)) == typed


def test_what_was_typed_survives_another_language() -> None:
    typed = {field.name: field.ask.example for field in BOTH[0].fields() if field.ask.kind != "secret"}
    assert form.read(redrawn(filled_in(opened(BOTH[0], "en"), typed), "zh")) == typed


def test_only_what_the_provider_asks_for_is_handed_in() -> None:
    one, other = OFFERS.values()
    everything = examples(one) | examples(other)
    assert form.belonging(one, everything).keys() == examples(one).keys()


def test_what_was_emptied_stays_empty() -> None:
    view = redrawn(filled_in(opened(BOTH[0]), {"name": "Zhang Wei", "employee_id": "6666"}), more=False)
    view = filled_in(redrawn(view, more=True), {"employee_id": ""})
    assert form.read(redrawn(view, more=False)) == {"name": "Zhang Wei"}


def test_too_much_to_remember_costs_the_longest_text_and_no_other() -> None:
    one, other = OFFERS.values()
    kept = {"employee_id": "6666", "job_title": "x" * 3000}
    view = form.build([one, other], ModalState(provider=other.key, channel="C1", kept=kept), "en")
    assert form.recall(view).kept == {"employee_id": "6666"}
    assert form.recall(view).channel == "C1"


def test_a_form_opened_by_another_version_is_still_understood() -> None:
    view = opened(BOTH[0])
    stored = json.loads(view["private_metadata"])
    del stored["confirmed_duplicate"]
    view["private_metadata"] = json.dumps(stored | {"from_the_future": 1})
    assert form.recall(view) == ModalState(provider=BOTH[0].key, more=True)


# --- what newhire fills in itself

each_pair = pytest.mark.parametrize(
    ("typed", "filled", "wanted", "now"),
    [
        ({}, {}, {"department": "1"}, {"department": "1"}),
        ({"department": "2"}, {}, {"department": "1"}, {"department": "2"}),
        ({"department": "1"}, {"department": "1"}, {"department": "7"}, {"department": "7"}),
        ({"department": "1"}, {"department": "1"}, {}, {}),
        ({"department": "2"}, {"department": "1"}, {"department": "7"}, {"department": "2"}),
        ({"department": "2"}, {"department": "1"}, {}, {"department": "2"}),
        ({}, {"department": "1"}, {"department": "7"}, {}),
    ],
    ids=["empty", "typed", "another", "no more", "changed", "changed and no more", "cleared"],
)


@each_pair
def test_what_nobody_touched_is_filled_in_anew_and_what_somebody_did_stays(
    typed: dict[str, str], filled: dict[str, str], wanted: dict[str, str], now: dict[str, str]
) -> None:
    assert form.refill(typed, filled, wanted)[0] == now
    once = form.refill(typed, filled, wanted)
    assert form.refill(*once, wanted) == once


TEXTS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)


@given(TEXTS, TEXTS, TEXTS)
def test_no_default_ever_takes_the_place_of_what_somebody_typed_or_cleared(
    typed: dict[str, str], filled: dict[str, str], wanted: dict[str, str]
) -> None:
    now, ours = form.refill(typed, filled, wanted)
    for name in "abc":
        if typed.get(name, "") != filled.get(name, ""):
            assert now.get(name) == typed.get(name)
            assert ours.get(name) == filled.get(name)
        else:
            assert now.get(name) == ours.get(name) == wanted.get(name)


def test_a_proposal_that_changes_is_seen_in_the_open_form() -> None:
    """Slack keeps what stands in a field, unless its action_id is another one."""
    view = shown_by_slack(form.build(BOTH, ModalState(filled={"account": "wei"}), "en", typed={"account": "wei"}))
    same = redrawn(view)
    assert block(same, "account")["element"]["action_id"] == block(view, "account")["element"]["action_id"]
    other = redrawn(view, filled={"account": "wei2"}, kept={})
    assert form.read(other)["account"] == "wei"
    drawn = form.build(BOTH, ModalState(filled={"account": "wei2"}), "en", typed={"account": "wei2"})
    state = view_state.survived(view["state"]["values"], drawn["blocks"])
    assert form.read(drawn | {"state": {"values": state}})["account"] == "wei2"


@each_language
def test_the_focus_is_on_the_first_empty_field_and_on_no_other(lang: str) -> None:
    typed: dict[str, str] = {}
    for name in ("name", "account", "phone", "email"):
        view = form.build(BOTH, ModalState(), lang, typed=typed)
        assert refused(view) == []
        assert [each["block_id"] for each in view["blocks"] if "focus_on_load" in each.get("element", {})] == [name]
        typed[name] = examples(BOTH[0])[name]
    whole = examples(BOTH[0])
    full = form.build(BOTH, ModalState(more=True), lang, typed=whole)
    assert "focus_on_load" not in json.dumps(full)
    assert "focus_on_load" not in json.dumps(form.build(BOTH, ModalState(), lang, focus=False))


@each_language
@pytest.mark.parametrize(
    ("channel", "more", "asked"), [("C1", True, True), ("C1", False, False), ("D1", True, False), (None, True, False)]
)
def test_where_the_result_goes_is_asked_where_there_is_a_channel(
    lang: str, channel: str | None, more: bool, asked: bool
) -> None:
    view = form.build(BOTH, ModalState(channel=channel, more=more), lang, typed={"result-to": "me"})
    assert refused(view) == []
    assert (form.RESULT in form.shown(view)) is asked
    assert form.read(shown_by_slack(view))[form.RESULT] == "me"


def test_where_the_result_goes_survives_folding_and_another_provider() -> None:
    view = shown_by_slack(form.build(BOTH, ModalState(channel="C1", more=True), "en"))
    assert form.read(view)[form.RESULT] == "channel"
    chosen = redrawn(filled_in(view, {form.RESULT: "me"}), more=False)
    assert form.read(chosen)[form.RESULT] == "me"
    there = redrawn(chosen | {"state": {"values": _select(chosen, "huawei")}}, more=True)
    assert form.read(there)[form.RESULT] == "me"


def test_too_much_filled_in_is_forgotten_and_not_sent_to_slack() -> None:
    view = form.build(BOTH, ModalState(filled={"a": "x" * 2900, "b": "y" * 300}), "en")
    assert len(view["private_metadata"]) <= 3000
    assert form.recall(view).filled == {"b": "y" * 300}


# --- passwords


@each_language
def test_a_password_is_read_once_and_never_kept(lang: str) -> None:
    huawei = OFFERS["huawei"]
    view = filled_in(opened(huawei, lang), {"password": "Hunter-2026"})
    assert form.read(view)["password"] == "Hunter-2026"
    for provider in OFFERS:
        for more in (True, False):
            memory = ModalState(provider=provider, more=more, kept={"password": "Hunter-2026"})
            drawn = form.build(BOTH, memory, lang, typed=form.read(view), notice="Once more")
            assert "Hunter-2026" not in json.dumps(drawn)


@each_language
@pytest.mark.parametrize(("provider", "more"), [("huawei", False), ("tencent", True)])
def test_a_password_that_goes_with_its_field_is_said_to_be_gone(provider: str, more: bool, lang: str) -> None:
    typed = filled_in(opened(OFFERS["huawei"], lang), {"password": "Hunter-2026"})
    gone = redrawn(typed, lang, more=more) if provider == "huawei" else redrawn(
        typed | {"state": {"values": _select(typed, provider)}}, lang
    )  # fmt: skip
    said = {"en": "The first password you typed isn't kept.", "zh": "您输入的初始密码不会保留。"}[lang]
    assert said in block(gone, "notice")["text"]["text"]
    back = redrawn(gone | {"state": {"values": _select(gone, "huawei")}}, lang, more=True)
    assert "notice" not in [item["block_id"] for item in back["blocks"]]
    hint = {"en": "Type it again: ", "zh": "请重新输入："}[lang]
    assert block(back, "password")["hint"]["text"].startswith(hint)
    again = redrawn(filled_in(back, {"password": "Hunter-2027"}), lang)
    assert form.read(again)["password"] == "Hunter-2027"
    assert not block(again, "password")["hint"]["text"].startswith(hint)


def test_a_password_that_was_never_typed_is_not_missed() -> None:
    view = redrawn(redrawn(filled_in(opened(OFFERS["huawei"]), {"name": "Wei"}), more=False), more=True)
    assert "notice" not in [item["block_id"] for item in view["blocks"]]
    assert "again" not in block(view, "password")["hint"]["text"]


def test_what_is_lost_is_said_beside_what_else_is_to_be_said() -> None:
    memory = ModalState(provider="huawei")
    view = form.build(BOTH, memory, "en", typed={"password": "Hunter-2026"}, notice="Something else.")
    assert block(view, "notice")["text"]["text"].splitlines() == [
        "⚠️ Something else.",
        "⚠️ The first password you typed isn't kept. If it is still needed, type it again.",
    ]


# --- what is wrong


def mistakes(offer: Offer, typed: Mapping[str, str], lang: str = "en") -> dict[str, str]:
    """The complaints about a form in which this was typed."""
    with pytest.raises(ValidationError) as caught:
        offer.form.model_validate(dict(typed), context={"region": "CN"})
    return form.complaints(caught.value, offer, lang)


def all_wrong(offer: Offer) -> Iterator[tuple[str, str]]:
    """Something wrong for every field that can be wrong."""
    for field in offer.fields():
        match field.ask.kind:
            case "email":
                yield field.name, "no address"
            case "phone":
                yield field.name, "call me"
            case "date":
                yield field.name, "tomorrow"
            case "number":
                yield field.name, "many"
            case "choice":
                yield field.name, "neither"
            case _ if field.max_length:
                yield field.name, "长" * (field.max_length + 1)


@each_provider
@each_language
def test_every_problem_is_on_its_field_at_once_in_words_for_people(offer: Offer, lang: str) -> None:
    wrong = dict(all_wrong(offer))
    found = mistakes(offer, wrong, lang)
    assert found.keys() == wrong.keys()
    for sentence in found.values():
        assert not any(word in sentence for word in PYDANTIC)
        assert bool(set(sentence) & set("。，")) is (lang == "zh")


@each_provider
@each_language
def test_what_is_needed_is_missed_on_its_field(offer: Offer, lang: str) -> None:
    found = mistakes(offer, {}, lang)
    assert found.keys() >= {field.name for field in offer.fields() if field.required}
    assert found["name"] == {"en": "Enter a value.", "zh": "请填写此项。"}[lang]


@each_language
def test_a_problem_of_two_fields_is_shown_on_one_of_them_beside_the_others(lang: str) -> None:
    found = mistakes(OFFERS["huawei"], {"account": "12345678", "password": "1"}, lang)
    assert found.keys() == {"name", "account", "phone", "password"}
    assert (
        found["phone"]
        == {
            "en": "Enter a phone number or an email address.",
            "zh": "电话和邮箱至少填一项。",
        }[lang]
    )


NO_NUMBER = "This isn't a phone number. Write it like 138 0013 8000, or with a country code, like +44 7400"
PEOPLE_READ = [
    ("tencent", "name", "张伟 138-0013-8000", "There is a phone number or an ID in the name."),
    ("tencent", "name", "\u200b\u3164", "Enter a value."),
    ("tencent", "phone", "call me", "“c” isn't a digit. A phone number has digits only"),
    ("tencent", "phone", "138 OO13 8OOO", "“O” isn't a digit. A phone number has digits only (0 and 1, not O and l)."),
    ("tencent", "phone", "13800138abc", "“a” isn't a digit."),
    ("tencent", "phone", "1.38E+10", "“E” isn't a digit."),
    ("tencent", "phone", "+86 138 0013 8000 ext. 12", "Leave out the extension: enter the direct number."),
    ("tencent", "phone", "13800138000#12", "Leave out the extension"),
    ("tencent", "phone", "010-65529988转8001", "Leave out the extension"),
    ("tencent", "phone", "1380013800²", NO_NUMBER),
    ("tencent", "phone", "13800138000; 13900139000", NO_NUMBER),
    ("tencent", "phone", "13800138000*", NO_NUMBER),
    ("tencent", "phone", "12345", "There is no such number under +86."),
    ("tencent", "email", "zhang.wei", "This isn't an email address."),
    ("tencent", "email", "a@b@example.com", "This isn't an email address."),
    (
        "tencent",
        "email",
        "zhаng@example.com",
        "“а” (Cyrillic small letter a, U+0430) only looks like an English letter.",
    ),
    ("tencent", "account", "张伟", "No Chinese characters here."),
    ("tencent", "account", "zhаng", "“а” (Cyrillic small letter a, U+0430) can't be in an account."),
    ("tencent", "account", "zhang wei", "No spaces here."),
    ("tencent", "account", "é" * 21, "“é” (Latin small letter e with acute, U+00E9) can't be in an account."),
    ("tencent", "account", "w" * 41, "Enter at most 40 characters."),
    ("tencent", "department", "研发部", "Enter the department's ID or code from the admin console, not its name."),
    ("tencent", "job_title", "x" * 97, "Enter at most 96 characters."),
    ("tencent", "start_date", "soon", "This isn't a date."),
    ("huawei", "name", "Zhang <Wei>", "A name at Huawei Cloud Meeting can't have < > in it."),
    ("huawei", "name", "Wei 1.3.8.0.0.1.3.8", "There is a phone number or an ID in the name."),
    ("huawei", "account", "zhang!wei", "Use only letters, digits and _ - . @ here."),
    ("huawei", "account", "wеi", "“е” (Cyrillic small letter ie, U+0435) can't be in an account."),
    ("huawei", "account", "20261122", "Add at least one letter."),
    ("huawei", "account", "wei@example.com", "There can't be a dot after the @: an email address doesn't work here."),
    ("huawei", "phone", "+850 2 381 1234", "Huawei Cloud Meeting doesn't serve numbers of this country (+850)."),
    ("huawei", "sort_level", "0", "Enter 1 or more."),
    ("huawei", "sort_level", "10001", "Enter 10000 or less."),
    ("huawei", "sort_level", "1.5", "Enter a whole number."),
    ("huawei", "password", "short", "Enter at least 8 characters."),
    ("huawei", "password", "x" * 33, "Enter at most 32 characters."),
    ("huawei", "password", "lowercase", "Use at least two of: lowercase, uppercase, digits, symbols"),
    ("huawei", "password", "Welcome\u200b-2026", "Use at least two of: lowercase, uppercase, digits, symbols"),
]


@pytest.mark.parametrize(("provider", "field", "typed", "sentence"), PEOPLE_READ)
def test_what_people_read_on_a_field(provider: str, field: str, typed: str, sentence: str) -> None:
    offer = OFFERS[provider]
    assert mistakes(offer, examples(offer) | {field: typed})[field].startswith(sentence)


TAKEN = [
    ("phone", "+86 138\u202d0013\u202c 8000", "CN", "+8613800138000"),
    ("phone", "＋８６（１３８）００１３－８０００", "CN", "+8613800138000"),
    ("phone", "138\u20110013\u20138000。", "CN", "+8613800138000"),
    ("phone", "\u200b'13500000000'", "CN", "+8613500000000"),  # jishuzhan.net/article/1803421059932753922
    ("phone", "+1\ufe0d-212-736-5000", "CN", "+12127365000"),  # woocommerce/woocommerce 58000
    ("phone", "٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567"),
    ("phone", "+44 (0)7400 123456", "CN", "+447400123456"),
    ("phone", "030/123456", "DE", "+4930123456"),
    ("email", "\u200buser@example.com", "CN", "user@example.com"),  # validatorjs/validator.js 940
    ("email", " <z＠ｅｘａｍｐｌｅ。ｃｏｍ>。", "CN", "z@example.com"),
    ("email", "o’brien@example.com", "CN", "o'brien@example.com"),
    ("email", "müller@example.de", "CN", "müller@example.de"),
    ("email", "почта@пример.рф", "CN", "почта@пример.рф"),
    ("account", "ｚｈａｎｇ\u200b\ufeffｗｅｉ", "CN", "zhangwei"),
    ("account", "zhang\u2011wei\x00", "CN", "zhang-wei"),  # Hackademic/hackademic 125
    ("employee_id", "\u202e６６６６", "CN", "6666"),
    ("name", "\u202e张\u200b伟\u3164", "CN", "张伟"),
    ("name", "Jennifer 8. Lee", "CN", "Jennifer 8. Lee"),
    ("name", "क्\u200dष", "CN", "क्\u200dष"),  # medic/cht-core 7654
]


@pytest.mark.parametrize(("field", "typed", "region", "taken"), TAKEN)
def test_what_is_typed_is_cleaned_before_it_is_judged(field: str, typed: str, region: str, taken: str) -> None:
    tencent = OFFERS["tencent"]
    person = examples(tencent) | {"phone": "+86 138 0013 8000", field: typed}
    hire = tencent.form.model_validate(person, context={"region": region})
    assert hire.typed()[field] == taken


REFUSED = [
    # google/libphonenumber 1199, 1302, 1511, 1798, 1907; python-phonenumbers 114; libphonenumber-for-php 595, 739
    ("phone", "a53055a51212a", "US"),
    ("phone", "070 123 45 67 (Axel)", "SE"),
    ("phone", "923419005ba521", "PK"),
    ("phone", "+40721eeasd0", "RO"),
    ("phone", "061234dgfs", "FR"),
    ("phone", "+917878787xyz", "IN"),
    ("phone", "+1510ABC-DEFG", "US"),
    ("phone", "+33 6 6X XX XX 83", "FR"),
    ("phone", "055fff5088", "AE"),  # jackocnr/intl-tel-input 1366
    ("phone", "4.41E+11", "GB"),  # Automattic/camptix 40
    ("phone", "030 1234 / 030 5678", "DE"),  # valid as one number of 13 digits
    ("phone", "+12127365000,,9988776#", "US"),
    ("phone", "十三", "CN"),
    ("phone", "\u200b\u2800", "CN"),
    ("email", "user@example.com\ufffd", "CN"),  # validatorjs/validator.js 940
    ("email", "zhang@ɡithub.com", "CN"),  # Phishing-Database/phishing 508
    ("email", "zhang@аррӏе.com", "CN"),
    ("email", "z@example,com", "CN"),
    ("account", "thᎥbaudcolas", "CN"),  # wagtail/wagtail 14329
    ("account", "limеs11", "CN"),  # openstreetmap/openstreetmap-website 3919
    ("account", "😀", "CN"),
    ("name", "\u3164\u115f\u2800", "CN"),
    ("name", "张伟 １３８-００１３-８０００", "CN"),
]


@pytest.mark.parametrize(("field", "typed", "region"), REFUSED)
def test_what_would_be_somebody_elses_is_refused_on_its_field(field: str, typed: str, region: str) -> None:
    tencent = OFFERS["tencent"]
    person = examples(tencent) | {"phone": "+86 138 0013 8000", field: typed}
    with pytest.raises(ValidationError) as caught:
        tencent.form.model_validate(person, context={"region": region})
    for lang in LANGUAGES:
        assert form.complaints(caught.value, tencent, lang).keys() == {field}


def test_a_vendors_own_form_is_cleaned_and_judged_though_it_declares_neither() -> None:
    typed = {"name": "Wei\u200b 13800138000", "account": "wеi"}
    with pytest.raises(ValidationError) as caught:
        AcmeHire.model_validate(typed)
    assert [item["loc"] for item in caught.value.errors()] == [("name",), ("account",)]
    hire = AcmeHire.model_validate({"name": "张\u202e伟", "account": "ｗｅｉ"})
    assert (hire.name, hire.account) == ("张伟", "wei")


def test_a_password_is_not_the_account_nor_that_backwards() -> None:
    huawei = OFFERS["huawei"]
    for password in ("Zhang-Wei-1", "1-ieW-gnahZ"):
        found = mistakes(huawei, examples(huawei) | {"account": "Zhang-Wei-1", "password": password})
        assert found == {"password": "The password can't be the account name, forwards or backwards."}


def test_of_two_problems_with_one_field_the_first_is_said() -> None:
    huawei = OFFERS["huawei"]
    found = mistakes(huawei, examples(huawei) | {"account": "wei1", "password": "wei1"})
    assert found == {"password": "Enter at least 8 characters."}


def test_errors_hang_only_on_blocks_that_slack_takes_them_for() -> None:
    view = opened(OFFERS["tencent"], more=False)
    assert form.shown(view) == {item["block_id"] for item in view["blocks"] if item["type"] == "input"}
    assert "more" not in form.shown(view)


# --- whatever people type

ANYTHING = st.text(max_size=300) | st.text(
    st.sampled_from("<>&@|!#*_~`\ud800\u202e\x00\n张١٢-+0123456789. "), max_size=60
)
LONG = st.sampled_from(["x" * 3000, "长" * 5000, "<!channel>" * 200, "\x00" * 100, "9" * 400])
SOME_FIELDS = st.dictionaries(
    st.sampled_from(sorted({field.name for offer in BOTH for field in offer.fields()})), ANYTHING | LONG
)
SOMEWHERE = {"lang": st.sampled_from(LANGUAGES), "offer": st.sampled_from(BOTH), "more": st.booleans()}


@settings(max_examples=tries(300), deadline=None)
@example(typed={"sort_level": "١٢", "start_date": "2026-02-30"}, lang="en", offer=OFFERS["huawei"], more=True)
@example(typed={"start_date": "2026-02-30"}, lang="en", offer=OFFERS["tencent"], more=True)
@example(typed={"name": "长" * 65}, lang="zh", offer=OFFERS["tencent"], more=False)
@given(typed=SOME_FIELDS, **SOMEWHERE)
def test_no_text_makes_a_view_that_slack_refuses(typed: dict[str, str], lang: str, offer: Offer, more: bool) -> None:
    view = form.build(BOTH, ModalState(provider=offer.key, more=more), lang, typed=typed, notice=typed.get("name"))
    assert refused(view) == []
    shown = shown_by_slack(view)
    read = form.read(shown)
    # What people saw is what is read; only an absurd length costs something.
    for name, text in read.items():
        assert typed[name].strip().startswith(text.strip())
    redrawn(shown, lang, more=not more)


@settings(max_examples=tries(300), deadline=None)
@given(typed=SOME_FIELDS, **SOMEWHERE)
def test_no_text_makes_a_complaint_that_is_not_for_people(
    typed: dict[str, str], lang: str, offer: Offer, more: bool
) -> None:
    handed_in = {name: text for name, text in form.belonging(offer, typed).items() if text.strip()}
    try:
        hire: NewHire = offer.form.model_validate(handed_in, context={"region": "CN"})
    except ValidationError as error:
        found = form.complaints(error, offer, lang)
        assert found
        assert found.keys() <= {field.name for field in offer.fields()}
        assert not any(word in sentence for word in PYDANTIC for sentence in found.values())
        assert all(0 < len(sentence) < 300 for sentence in found.values())
    else:
        assert offer.form.model_validate(hire.typed(), context={"region": "CN"}).typed() == hire.typed()


@settings(max_examples=tries(300), deadline=None)
@given(text=ANYTHING | LONG | st.from_regex(r"(<[@!#]?[A-Z0-9a-z:|@.+ -]*>|\S| ){0,8}", fullmatch=True))
def test_no_command_text_makes_a_view_that_slack_refuses(text: str) -> None:
    typed, mentioned = prefill(text)
    assert mentioned is None or mentioned.isalnum()
    for offer in BOTH:
        view = form.build(BOTH, ModalState(provider=offer.key, channel="C1", kept=typed), "en", typed=typed)
        assert refused(view) == []
        form.read(shown_by_slack(view))
