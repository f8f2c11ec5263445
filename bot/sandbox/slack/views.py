"""The modals that are open, everybody's Home tab, and the one-time tickets (`trigger_id`) that open modals."""

from __future__ import annotations

import copy
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.block_kit import check_home, check_view
from bot.sandbox.block_kit.stored import stored
from bot.sandbox.slack.rules import Rules
from bot.sandbox.slack.view_state import initial_state, survived
from bot.sandbox.slack.workspace import APP, BOT, TEAM, Refused

Json = dict[str, Any]

STACK = 3  # views in one modal: https://docs.slack.dev/surfaces/modals/#updating_views
TOO_LARGE = 250_000  # bytes: https://docs.slack.dev/reference/methods/views.publish, view_too_large
_OURS = ("user", "errors")


@dataclass
class _Trigger:
    user: str
    view_id: str | None
    born: float
    used: bool = False


class Triggers:
    """Trigger ids: good for `trigger_life` seconds and for one modal."""

    def __init__(self, rules: Rules, clock: Callable[[], float]) -> None:
        self._rules, self._clock = rules, clock
        self._triggers: dict[str, _Trigger] = {}

    def new(self, user: str, view_id: str | None = None) -> str:
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = _Trigger(user, view_id, self._clock())
        return trigger_id

    def valid(self, trigger_id: Any) -> _Trigger:
        """Raises Refused: invalid_trigger_id, expired_trigger_id, exchanged_trigger_id."""
        trigger = self._triggers.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock() - trigger.born > self._rules.trigger_life:
            raise Refused("expired_trigger_id")
        return trigger


class Views:
    """Open views by id, in Slack's shape plus `user` (who sees it) and `errors` ({block_id: text} shown now); `homes` are
    the Home tabs that were published, by the id of their person, in the same shape."""

    def __init__(self) -> None:
        self.open: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}

    def stack(self, user: str) -> list[Json]:
        """The views of the modal that this person has open, the visible one last."""
        return [view for view in self.open.values() if view["user"] == user]

    def show(self, view: Json, user: str) -> Json:
        """Opens a modal; one that the person had open goes away, as Slack shows one at a time."""
        self._check_external_id(view)
        for old in self.stack(user):
            del self.open[old["id"]]
        return self._add(view, user, previous=None)

    def push(self, view: Json, on: Json) -> Json:
        """Puts a view on top of another. Raises Refused("push_limit_reached") for a fourth."""
        if len(self.stack(on["user"])) >= STACK:
            raise Refused("push_limit_reached")
        self._check_external_id(view)
        return self._add(view, on["user"], previous=on)

    def replace(self, old: Json, view: Json) -> Json:
        """Updates a view in place: same id, new hash, what was typed survives."""
        self._check_external_id(view, but=old)
        blocks = stored(view["blocks"])
        state = {"values": survived(old["state"]["values"], blocks)}
        kept = {key: old[key] for key in ("id", "user", "root_view_id", "previous_view_id")}
        errors = {
            block["block_id"]: old["errors"][block["block_id"]]
            for block in blocks
            if block["block_id"] in old["errors"]
        }
        self.open[old["id"]] = _record(view, blocks) | kept | {"state": state, "errors": errors}
        return self.open[old["id"]]

    def publish(self, view: Json, user: str, hash_: str | None) -> Json:
        """A person's Home tab from now on: same id, new hash, what was chosen survives. Raises Refused("hash_conflict")."""
        old = self.homes.get(user)
        if hash_ and (old is None or hash_ != old["hash"]):
            raise Refused("hash_conflict")
        self._check_external_id(view, but=old)
        blocks = stored(view["blocks"])
        view_id = old["id"] if old else _new_id()
        self.homes[user] = _record(view, blocks) | {
            "id": view_id,
            "user": user,
            "root_view_id": view_id,
            "previous_view_id": None,
            "state": {"values": survived(old["state"]["values"] if old else {}, blocks)},
        }
        return self.homes[user]

    def close(self, view: Json, *, whole_stack: bool = False) -> list[Json]:
        """Takes a view away, or all of its modal; returns those that went, topmost first."""
        gone = self.stack(view["user"])[::-1] if whole_stack else [view]
        for one in gone:
            self.open.pop(one["id"], None)
        return gone

    def find(self, view_id: str | None, external_id: str | None) -> Json:
        """Raises Refused("not_found")."""
        for view in self.open.values():
            if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                return view
        raise Refused("not_found")

    def _add(self, view: Json, user: str, previous: Json | None) -> Json:
        blocks = stored(view["blocks"])
        view_id = _new_id()
        self.open[view_id] = _record(view, blocks) | {
            "id": view_id,
            "user": user,
            "root_view_id": previous["root_view_id"] if previous else view_id,
            "previous_view_id": previous["id"] if previous else None,
            "state": {"values": initial_state(blocks)},
        }
        return self.open[view_id]

    def _check_external_id(self, view: Json, but: Json | None = None) -> None:
        wanted = view.get("external_id")
        known = [*self.open.values(), *self.homes.values()]
        if wanted and any(v["external_id"] == wanted for v in known if v is not but):
            raise Refused("duplicate_external_id")


def checked(view: Any) -> Json:
    """The modal, if Slack takes it. Raises Refused: "invalid_arguments" with every problem and its place, or
    "view_too_large"."""
    return _checked(view, check_view)


def checked_home(view: Any) -> Json:
    """The same for a Home tab."""
    return _checked(view, check_home)


def _checked(view: Any, check: Callable[[Any, str], list[str]]) -> Json:
    if not isinstance(view, dict):
        raise invalid_arguments("missing required field: view [json-pointer:]")
    if problems := check(view, "/view"):
        raise invalid_arguments(*problems)
    if len(json.dumps(view, ensure_ascii=False).encode()) > TOO_LARGE:
        raise Refused("view_too_large")
    return view


def invalid_arguments(*problems: str) -> Refused:
    """The refusal that Slack words as `[ERROR] ...` lines."""
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in problems]})


def on_the_wire(view: Json) -> Json:
    """A view as payloads and answers carry it."""
    return copy.deepcopy({key: value for key, value in view.items() if key not in _OURS})


def _new_id() -> str:
    return "V0" + secrets.token_hex(5).upper()


def _record(view: Json, blocks: list[Json]) -> Json:
    defaults: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "submit": None,
        "close": None,
    }
    return (
        defaults
        | copy.deepcopy({key: value for key, value in view.items() if value is not None})
        | {
            "team_id": TEAM,
            "app_id": APP,
            "app_installed_team_id": TEAM,
            "bot_id": BOT,
            "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
            "blocks": blocks,
            "errors": {},
        }
    )
