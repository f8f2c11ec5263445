"""Where requests stand: as the answer to `/newhire status`, and as newhire's Home tab. Pure: facts in, blocks out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Protocol, get_args

from bot.hire import Text, mask_phone
from bot.request import Health, Listed, Listing, State
from bot.slack import messages
from bot.slack.blocks import Message, actions_block, button_element, context_block, plain, section
from bot.slack.messages import BUTTONS, ICONS, About, code, moment, permalink
from bot.slack.words import ago, pick, say

STATUS_PAGE = "newhire_status"
HOME_MANY = "newhire_home_many"
HOME_NEW, HOME_FILTER, HOME_OWN, HOME_ALL = (
    "newhire_home_new",
    "newhire_home_filter",
    "newhire_home_own",
    "newhire_home_all",
)
"""block_ids: below the answer to `/newhire status`, and in the Home tab."""
NEW, OLDER, NEWER, BY_STATE, BY_PROVIDER = "open_form", "status_page", "status_page_newer", "by_state", "by_provider"
"""action_ids."""

A_PAGE, HOME_OWN_PAGE, HOME_ALL_PAGE = 5, 5, 10
"""Requests on one page: Slack takes 50 blocks in a message, 100 in a Home tab, and each request needs three."""
QUERY_LIMIT = 1500
"""A button's value holds 2000 characters."""
MOST_PROVIDERS = 15
"""In the Home tab."""

STATES: tuple[State, ...] = get_args(State)
EVERY = "all"
_SUCCEEDED = ("Created", "ActionRequired", "AlreadyExists")
_DIGITS = re.compile(r"\+?\d[\d -]{5,}\d")


class Provider(Protocol):
    """What a list shows of a provider."""

    @property
    def title(self) -> Text: ...


@dataclass(frozen=True)
class Reader:
    """Who reads a list, and where links to messages start."""

    user: str
    language: str
    now: float
    workspace: str
    providers: Mapping[str, Provider]

    def title(self, provider: str) -> Text:
        found = self.providers.get(provider)
        return found.title if found else Text(provider, provider)


@dataclass(frozen=True)
class HomeState:
    """What somebody has chosen in their Home tab: pages (cursors), and by what all requests are narrowed down."""

    own: str = ""
    all: str = ""
    state: str = ""
    provider: str = ""

    @classmethod
    def read(cls, view: Mapping[str, Any]) -> HomeState:
        """What the view itself remembers, and what is chosen in it: that may have come since it was drawn."""
        try:
            kept = json.loads(view.get("private_metadata") or "{}")
        except ValueError:
            kept = {}
        known = {field.name for field in fields(cls)}
        texts = kept.items() if isinstance(kept, dict) else ()
        state = cls(**{name: value for name, value in texts if name in known and isinstance(value, str)})
        menus = ((view.get("state") or {}).get("values") or {}).get(HOME_FILTER) or {}
        chosen = {name: _selected(menus[action]) for action, name in _MENUS.items() if action in menus}
        return replace(state, **chosen)

    def write(self) -> str:
        """As `read` takes it."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})


_MENUS = {BY_STATE: "state", BY_PROVIDER: "provider"}


def _selected(menu: Mapping[str, Any]) -> str:
    value = str((menu.get("selected_option") or {}).get("value") or "")
    return "" if value == EVERY else value


# The answer to `/newhire status`.


def status(reader: Reader, listing: Listing, headline: str, *, query: str = "") -> Message:
    """A page of requests; `headline` is the key of its sentence, `query` what was looked for."""
    lang = reader.language
    looked_for = code(_masked(query))
    if not listing.rows:
        empty = (
            "status.none"
            if not looked_for
            else "status.not_found"
            if headline == "status.all"
            else "status.not_found.own"
        )
        said = say(lang, empty, query=looked_for)
        return {"text": said, "blocks": [section(said)]}
    said = say(lang, "status.found", query=looked_for) if looked_for else say(lang, headline)
    blocks = [section(said), *entries(reader, listing.rows)]
    blocks += pager(lang, STATUS_PAGE, listing, query=query)
    return {"text": said, "blocks": blocks}


def entries(reader: Reader, rows: Iterable[Listed], first: int = 0) -> list[Message]:
    """One request after the other, each with its buttons; `first` counts those that stand above them."""
    return [block for number, row in enumerate(rows, first) for block in _entry(reader, row, number)]


def pager(lang: str, block_id: str, listing: Listing, query: str = "") -> list[Message]:
    """The buttons to the pages beside this one, if there are any; they carry the cursor, and what was looked for."""
    behind = f" {query}"[:QUERY_LIMIT] if query else ""
    ways = ((NEWER, "button.newer", listing.newer), (OLDER, "button.older", listing.older))
    elements = [
        button_element(action, say(lang, label), cursor + behind)
        for action, label, cursor in ways
        if cursor is not None
    ]
    return [actions_block(block_id, elements)] if elements else []


def _entry(reader: Reader, row: Listed, number: int) -> list[Message]:
    lang, person = reader.language, row.person
    about = About(
        provider=reader.title(row.provider),
        name=person.name if messages.escape(person.name) else "?",
        requester=row.requester,
        requester_name=person.requester_name,
        language=lang,
        handle=row.handle,
    )
    state = _state(row)
    headline = about.say("status.line", state=about.say(f"state.{state}"))
    account = row.account.account if row.account else person.account
    small = [
        code(account),
        about.say("status.by", who=messages.escape(person.requester_name) or about.words["mention"]),
        ago(lang, reader.now - row.accepted_at),
        _link(reader, row),
    ]
    blocks = [section(f"{_icon(state)} {headline}"), context_block(" · ".join(part for part in small if part))]
    if row.standing.offers:
        blocks.append(messages.buttons(about, row.standing, account) | {"block_id": f"{BUTTONS}:{number}"})
    return blocks


def _state(row: Listed) -> str:
    if row.kind is None:
        return "asked" if row.asked else "waits" if row.waits else "open"
    done = row.account.state if row.account and row.kind in _SUCCEEDED else None
    return "disabled" if done == "disabled" else row.kind


def _icon(state: str) -> str:
    return "⏳" if state in ("open", "waits", "asked") else ICONS.get("removed" if state == "Removed" else state, "⚠️")


def _link(reader: Reader, row: Listed) -> str:
    """To its message, for those who can read that."""
    ref = row.ref
    if ref is None or (ref.direct and row.requester != reader.user):
        return ""
    label = say(reader.language, "status.message")
    return f"<{permalink(reader.workspace, ref)}|{label}>"


# The Home tab.


@dataclass(frozen=True)
class Everything:
    """What only admins see: all requests, how the providers do, and a line on licences for those of which they are known."""

    listing: Listing
    health: Sequence[Health]
    seats: Mapping[str, str]


def home(reader: Reader, state: HomeState, own: Listing, everything: Everything | None) -> Message:
    """The Home tab of somebody who may use newhire."""
    lang = reader.language
    new = button_element(NEW, say(lang, "button.new"), "new") | {"style": "primary"}
    blocks: list[Message] = [
        section(say(lang, "home.hello")),
        actions_block(HOME_NEW, [new]),
        actions_block(HOME_MANY, [button_element(HOME_MANY, say(lang, "button.many"), "many")]),
    ]
    if everything is not None:
        blocks += _services(reader, everything)
    blocks += [_header(say(lang, "status.own")), *(entries(reader, own.rows) or [section(say(lang, "status.none"))])]
    blocks += pager(lang, HOME_OWN, own)
    if everything is not None:
        blocks += _all(reader, state, everything.listing, first=len(own.rows))
    return {"type": "home", "private_metadata": state.write(), "blocks": blocks}


def closed_home(text: str) -> Message:
    """The Home tab of somebody who may not use newhire, or for whom it cannot be drawn now: one sentence."""
    return {"type": "home", "blocks": [section(text)]}


def _all(reader: Reader, state: HomeState, listing: Listing, first: int) -> list[Message]:
    lang = reader.language
    shown = entries(reader, listing.rows, first) or [section(say(lang, "home.none_such"))]
    return [_header(say(lang, "status.all")), _filters(reader, state), *shown, *pager(lang, HOME_ALL, listing)]


def _filters(reader: Reader, state: HomeState) -> Message:
    lang = reader.language
    states = {EVERY: say(lang, "filter.states")} | {key: say(lang, f"filter.{key}") for key in STATES}
    elements = [_select(BY_STATE, states, state.state)]
    if len(reader.providers) > 1:
        titles = {key: pick(each.title, lang) for key, each in list(reader.providers.items())[:99]}
        elements.append(_select(BY_PROVIDER, {EVERY: say(lang, "filter.providers")} | titles, state.provider))
    return actions_block(HOME_FILTER, elements)


def _services(reader: Reader, everything: Everything) -> list[Message]:
    blocks = [_header(say(reader.language, "home.services"))]
    for health in everything.health[:MOST_PROVIDERS]:
        small = [_times(reader, health), everything.seats.get(health.provider, "")]
        blocks += [
            section("\n".join(_how(reader, health))),
            context_block(" · ".join(part for part in small if part)),
        ]
    return blocks


def _how(reader: Reader, health: Health) -> list[str]:
    provider, lang = pick(reader.title(health.provider), reader.language), reader.language
    if not health.troubles:
        return [f"🟢 {say(lang, 'health.well', provider=provider)}"]
    return [
        f"{'🔴' if cause in ('down', 'limited') else '⚠️'} "
        + say(lang, f"health.{cause}", provider=provider, since=moment(since))
        for cause, since in health.troubles
    ]


def _times(reader: Reader, health: Health) -> str:
    lang = reader.language

    def when(at: float | None) -> str:
        return say(lang, "health.never") if at is None else moment(at)

    return say(lang, "health.times", good=when(health.succeeded_at), bad=when(health.failed_at), waiting=health.waiting)


# Blocks.


def _masked(text: str) -> str:
    """What was looked for, as it may be shown."""
    return _DIGITS.sub(lambda found: mask_phone(re.sub(r"[ +-]", "", found[0])), text)


def _header(text: str) -> Message:
    return {"type": "header", "text": plain(text, 150)}


def _select(action: str, options: Mapping[str, str], chosen: str) -> Message:
    shown = [{"text": plain(label, 75), "value": value} for value, label in options.items()]
    initial = next((option for option in shown if option["value"] == chosen), shown[0])
    return {"type": "static_select", "action_id": action, "options": shown, "initial_option": initial}
