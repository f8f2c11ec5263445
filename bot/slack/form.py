"""A provider's form as a Slack modal, and back. Pure: no network, no clock.

`build` draws, `read` takes what was typed, `complaints` hangs a model's errors on the fields. A field's block_id is its
name, its action_id is the same for all: so Slack keeps what was typed when another provider is chosen. Only what newhire
filled in itself is part of the action_id: a proposal that changes is drawn anew, for Slack would keep the old one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Protocol

from pydantic import ValidationError

from bot.batch import Problem
from bot.hire import Field, Text
from bot.proposal import ACCOUNT
from bot.slack.seats import SEATS, Seats, below
from bot.slack.words import WORDS, pick, say, sentences

View = dict[str, Any]

CALLBACK = "newhire"
VALUE = "value"
PROVIDER = "provider"
MORE = "more"
RESULT = "result-to"
"""Where the result goes. No field of a form can have this name."""
CHANNEL, ME = "channel", "me"
METADATA_LIMIT = 3000
ACTION_LIMIT = 255


class Offer(Protocol):
    """What a form needs to know of a provider."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Text: ...
    def fields(self) -> list[Field]: ...


@dataclass(frozen=True)
class ModalState:
    """What the modal remembers between redraws, in its private_metadata (3000 characters, no secret ever)."""

    provider: str = ""
    channel: str | None = None
    response_url: str | None = None
    more: bool = False
    kept: Mapping[str, str] = field(default_factory=dict)  # typed into fields that are not shown now
    filled: Mapping[str, str] = field(default_factory=dict)  # what newhire filled in itself, by field
    confirmed_duplicate: str | None = None  # the earlier request that the person has been told of
    retype: bool = False  # a secret was typed and could not be kept
    follows: str | None = None  # id of the request that this form corrects
    follows_link: str = ""  # to its message


def build(
    offers: Sequence[Offer],
    state: ModalState,
    lang: str,
    *,
    typed: Mapping[str, str] | None = None,
    notice: str | None = None,
    focus: bool = True,
) -> View:
    """The modal for the provider that `state` names, with `typed` filled in and `notice` on top.

    `focus`: the first empty field has it.
    """
    offer = _chosen(offers, state)
    values = dict(state.kept) | dict(typed or {})
    shown = [item for item in offer.fields() if state.more or not item.ask.more]
    lost = _lost(offers, shown, values)
    state = replace(state, retype=bool(lost) or (state.retype and not _secrets(shown) & values.keys()))
    said = [notice, lost and say(lang, "form.retype", field=_in_a_sentence(lost.ask.title, lang))]
    blocks: list[View] = []
    if any(said):
        # Not an alert block: those end after 200 characters.
        text = "\n".join(f"⚠️ {sentence}" for sentence in said if sentence)
        blocks.append({"type": "section", "block_id": "notice", "text": _mrkdwn(text[:3000])})
    blocks.append(_provider_block(offers, offer, lang))
    blocks += [_input(item, values.get(item.name), lang, state) for item in shown]
    if state.more and _has_choice(state):
        blocks.append(_result_block(values.get(RESULT), lang))
    if focus:
        _focus(blocks)
    if _has_choice(state) or any(item.ask.more for item in offer.fields()):
        label = say(lang, "form.fewer" if state.more else "form.more")
        blocks.append({"type": "actions", "block_id": MORE, "elements": [_button(label)]})
    secrets = _secrets(item for each in offers for item in each.fields())
    hidden = {name: text for name, text in values.items() if name not in {item.name for item in shown} | secrets}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(say(lang, "form.title")),
        "submit": _plain(say(lang, "form.anyway" if state.confirmed_duplicate else "form.submit")),
        "close": _plain(say(lang, "form.cancel")),
        "private_metadata": _remember(replace(state, provider=offer.key, kept=hidden)),
        "blocks": blocks,
    }


def with_seats(view: View, offer: Offer, seats: Sequence[Seats], few: int, lang: str) -> View:
    """The same form with how many licences are free: below the field that chooses one, else below the provider."""
    there = shown(view)
    name, said = below(offer.fields(), seats, few, lang)
    above, blocks = name if name in there else PROVIDER, view["blocks"]
    place = next(number for number, block in enumerate(blocks, 1) if block["block_id"] == above)
    return view | {"blocks": [*blocks[:place], *said, *blocks[place:]]}


def has_seats(view: View) -> bool:
    """Whether it says how many licences are free."""
    return not SEATS.isdisjoint(block["block_id"] for block in view["blocks"])


def without_focus(view: View) -> View:
    """The same form for somebody who is typing in it already."""
    blocks = [
        block | {"element": {key: value for key, value in block["element"].items() if key != "focus_on_load"}}
        if "element" in block
        else block
        for block in view["blocks"]
    ]
    return view | {"blocks": blocks}


def notice(lang: str, text: str) -> View:
    """A modal that only says something."""
    return {
        "type": "modal",
        "callback_id": CALLBACK + "_notice",
        "title": _plain(say(lang, "form.title")),
        "close": _plain(say(lang, "form.close")),
        "blocks": [{"type": "section", "text": _mrkdwn(text[:3000])}],
    }


def recall(view: View) -> ModalState:
    """What `build` put into the view's private_metadata; a form may have been opened by another version of newhire."""
    stored = json.loads(view["private_metadata"])
    return ModalState(**{item.name: stored[item.name] for item in fields(ModalState) if item.name in stored})


def read(view: View) -> dict[str, str]:
    """What was typed, by field name: the visible fields, else what was kept of hidden ones. Blank is absent."""
    typed = dict(recall(view).kept)
    for name, actions in view["state"]["values"].items():
        text = _typed(next(iter(actions.values()), {}))
        if name != PROVIDER:
            typed[name] = text.strip() if text else ""
    return {name: text for name, text in typed.items() if text}


def chosen(view: View) -> str:
    """The key of the provider that is selected now."""
    select = view["state"]["values"].get(PROVIDER, {}).get(VALUE, {})
    option = select.get("selected_option")
    return str(option["value"]) if option else recall(view).provider


def refill(
    typed: Mapping[str, str], filled: Mapping[str, str], wanted: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """(all that is typed, what newhire filled in of it), with `wanted` in place of what it filled in before.

    What somebody changed or cleared stays so.
    """
    now, ours = dict(typed), dict(filled)
    for name in {*filled, *wanted}:
        if typed.get(name, "") != filled.get(name, ""):
            continue
        now.pop(name, None)
        ours.pop(name, None)
        if name in wanted:
            now[name] = ours[name] = wanted[name]
    return now, ours


def belonging(offer: Offer, typed: Mapping[str, str]) -> dict[str, str]:
    """Of what was typed, what this provider asks for."""
    names = {item.name for item in offer.fields()}
    return {name: text for name, text in typed.items() if name in names}


def complaints(error: ValidationError, offer: Offer, lang: str) -> dict[str, str]:
    """Every problem on its field, in words for people. A model-level problem goes to the field that it names."""
    asked = {item.name: item for item in offer.fields()}
    found: dict[str, str] = {}
    for item in error.errors():
        context = item.get("ctx") or {}
        name = str(item["loc"][0]) if item["loc"] else str(context.get("field") or "")
        name = name if name in asked else next(iter(asked))
        found.setdefault(name, _sentence(item["type"], context, asked[name], lang))
    return found


def problems(error: ValidationError, offer: Offer) -> list[Problem]:
    """The same in both languages, for a row of a file."""
    english, chinese = (complaints(error, offer, lang) for lang in ("en", "zh"))
    titles = {item.name: item.ask.title for item in offer.fields()}
    return [Problem(field=titles[name], said=Text(said, chinese[name])) for name, said in english.items()]


def listed(errors: Mapping[str, str], offer: Offer, lang: str) -> str:
    """The same in one text, for what Slack has no block to hang on."""
    titles = {item.name: pick(item.ask.title, lang) for item in offer.fields()}
    said = [say(lang, "form.on_field", title=titles[name], error=error) for name, error in errors.items()]
    return sentences(lang, said)


def lacks_account(offer: Offer, typed: Mapping[str, str]) -> bool:
    """Whether an account is needed and none is typed."""
    return ACCOUNT not in typed and any(item.name == ACCOUNT and item.required for item in offer.fields())


def shown(view: View) -> set[str]:
    """The block_ids on which Slack can hang an error."""
    return {block["block_id"] for block in view["blocks"] if block["type"] == "input"}


def _chosen(offers: Sequence[Offer], state: ModalState) -> Offer:
    return next((offer for offer in offers if offer.key == state.provider), offers[0])


def _secrets(asked: Iterable[Field]) -> set[str]:
    return {item.name for item in asked if item.ask.kind == "secret"}


def _lost(offers: Sequence[Offer], shown: Sequence[Field], values: Mapping[str, str]) -> Field | None:
    """A secret that was typed and has no field in the next view: Slack forgets it, and so must we."""
    asked = (item for offer in offers for item in offer.fields())
    gone = (_secrets(item for offer in offers for item in offer.fields()) & values.keys()) - _secrets(shown)
    return next((item for item in asked if item.name in gone), None)


def _in_a_sentence(title: Text, lang: str) -> str:
    return title.zh if lang == "zh" else title.en.lower()


def _provider_block(offers: Sequence[Offer], offer: Offer, lang: str) -> View:
    if len(offers) == 1:
        text = say(lang, "form.one_provider", provider=pick(offer.title, lang))
        return {"type": "section", "block_id": PROVIDER, "text": _mrkdwn(text)}
    return {
        "type": "input",
        "block_id": PROVIDER,
        "label": _plain(say(lang, "form.provider")),
        "dispatch_action": True,
        "element": _select(((each.key, each.title) for each in offers), offer.key, lang),
    }


def _has_choice(state: ModalState) -> bool:
    """Whether the result could go to a channel: a direct message is one person's already."""
    return state.channel is not None and not state.channel.startswith("D")


def _result_block(value: str | None, lang: str) -> View:
    choices = [(key, WORDS[f"form.result.{key}"]) for key in (CHANNEL, ME)]
    label = _plain(say(lang, "form.result"))
    return {"type": "input", "block_id": RESULT, "label": label, "element": _select(choices, value or CHANNEL, lang)}


def _focus(blocks: Iterable[View]) -> None:
    """Put the focus on the first empty field. Slack refuses a view in which two have it."""
    for block in blocks:
        element = block.get("element", {})
        if block["type"] == "input" and not any(key.startswith("initial_") for key in element):
            element["focus_on_load"] = True
            return


def _input(item: Field, value: str | None, lang: str, state: ModalState) -> View:
    proposed = item.name == ACCOUNT and item.required
    block: View = {
        "type": "input",
        "block_id": item.name,
        "label": _plain(pick(item.ask.title, lang)),
        "element": _element(item, value, lang) | {"action_id": _action(state.filled.get(item.name))},
        # What Slack's client asks for it does not send: an empty account must reach us, to be proposed.
        "optional": not item.required or proposed,
    }
    said = [item.ask.hint and pick(item.ask.hint, lang), proposed and say(lang, "form.proposes")]
    if state.retype and item.ask.kind == "secret":
        said.insert(0, say(lang, "form.retype.hint"))
    hint = " ".join(sentence for sentence in said if sentence)
    if hint:
        block["hint"] = _plain(hint.strip())
    return block


def _element(item: Field, value: str | None, lang: str) -> View:
    match item.ask.kind:
        case "choice":
            element = _select(((choice.value, choice.title) for choice in item.ask.choices), value, lang)
        case "date":
            element = {"type": "datepicker"}
            if value and _is_date(value):
                element["initial_date"] = value
        case "number":
            element = _number(item, value)
        case "email":
            element = {"type": "email_text_input"} | ({"initial_value": value[:3000]} if value else {})
        case _:
            element = _text(item, value)
    if item.ask.placeholder and item.ask.kind != "date":
        element["placeholder"] = _plain(pick(item.ask.placeholder, lang))
    return element


def _action(filled: str | None) -> str:
    return f"{VALUE}.{filled}"[:ACTION_LIMIT] if filled else VALUE


def _text(item: Field, value: str | None) -> View:
    element: View = {"type": "plain_text_input"}
    # Slack refuses a view whose initial value is longer than its limit, and with it everything that was typed.
    if item.max_length and len(value or "") <= item.max_length:
        element["max_length"] = item.max_length
    if value and item.ask.kind != "secret":
        element["initial_value"] = value[:3000]
    return element


def _number(item: Field, value: str | None) -> View:
    element: View = {"type": "number_input", "is_decimal_allowed": False}
    for key, limit in (("min_value", item.minimum), ("max_value", item.maximum)):
        if limit is not None:
            element[key] = str(limit)
    if value and re.fullmatch(r"-?[0-9]{1,15}", value):
        element["initial_value"] = value
    return element


def _select(choices: Iterable[tuple[str, Text]], value: str | None, lang: str) -> View:
    options = [{"text": _plain(pick(title, lang)), "value": key} for key, title in choices]
    element: View = {"type": "static_select", "action_id": VALUE, "options": options}
    if initial := next((option for option in options if option["value"] == value), None):
        element["initial_option"] = initial
    return element


def _typed(state: Mapping[str, Any]) -> str | None:
    """The text of one element's state, whatever its type."""
    if option := state.get("selected_option"):
        return str(option["value"])
    return state.get("value") or state.get("selected_date") or state.get("selected_user")


def _remember(state: ModalState) -> str:
    """ModalState as JSON within Slack's limit: the longest kept texts go first, then the longest that newhire filled in."""
    kept, filled = dict(state.kept), dict(state.filled)
    while True:
        stored = asdict(state) | {"kept": kept, "filled": filled}
        text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
        texts = kept or filled
        if len(text) <= METADATA_LIMIT or not texts:
            return text
        texts.pop(max(texts, key=lambda name: len(texts[name])))


def _sentence(kind: str, context: Mapping[str, Any], item: Field, lang: str) -> str:
    if kind == "say":
        return str(context["zh" if lang == "zh" else "en"])
    if f"error.{kind}" in WORDS:
        return say(lang, f"error.{kind}", **context)
    return pick(item.ask.hint, lang) if item.ask.hint else say(lang, "error.other")


def _button(label: str) -> View:
    return {"type": "button", "action_id": MORE, "text": _plain(label)}


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _plain(text: str) -> View:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn(text: str) -> View:
    return {"type": "mrkdwn", "text": text}
