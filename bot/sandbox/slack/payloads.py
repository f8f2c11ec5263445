"""The payloads Slack sends when a person does something: https://docs.slack.dev/reference/interaction-payloads/"""

from __future__ import annotations

import copy
import re
import secrets
import time
from typing import Any

from bot.sandbox.slack.view_state import VALUE_KEY, options_of
from bot.sandbox.slack.views import on_the_wire
from bot.sandbox.slack.workspace import APP, BOT_USER, OTHER_DOMAIN, TEAM, TEAM_DOMAIN, Workspace

Json = dict[str, Any]

_TOKEN = "sandboxVerificationToken"  # noqa: S105  # deprecated by Slack, still in every payload
_MENTION = re.compile(r"<[@#!][^<>]+>|<(?:https?|mailto):[^<>]+>")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w@#])([@#])([\w.-]*[\w])")


def slash_command(
    workspace: Workspace, user: Json, channel: Json, command: str, text: str, trigger_id: str, response_url: str
) -> Json:
    """https://docs.slack.dev/interactivity/implementing-slash-commands/: everything is a string."""
    return {
        "token": _TOKEN,
        "team_id": user["team_id"],
        "team_domain": _domain(user["team_id"]),
        "channel_id": channel["id"],
        "channel_name": _channel_name(channel),
        "user_id": user["id"],
        "user_name": user["name"],
        "command": command,
        "text": escaped(workspace, text),
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def escaped(workspace: Workspace, text: str) -> str:
    """A command's text as an app with `should_escape: true` gets it: `<@U…|name>`, `<#C…|name>`, `<mailto:…|…>`."""
    parts: list[str] = []
    rest = 0
    for found in _MENTION.finditer(text):
        parts += [_escaped_plain(workspace, text[rest : found.start()]), _named(workspace, found.group())]
        rest = found.end()
    return "".join([*parts, _escaped_plain(workspace, text[rest:])])


def _named(workspace: Workspace, mention: str) -> str:
    # A command carries the name beside the id, unlike a message.
    user = workspace.users.get(mention[2:-1]) if mention.startswith("<@") else None
    return f"<@{user['id']}|{user['name']}>" if user else mention


def _escaped_plain(workspace: Workspace, text: str) -> str:
    users = {user["name"]: user["id"] for user in workspace.users.values()}
    channels = {channel["name"]: channel["id"] for channel in workspace.channels.values() if not channel["is_im"]}

    def mention(found: re.Match[str]) -> str:
        sign, name = found.groups()
        known = (users if sign == "@" else channels).get(name)
        return f"<{sign}{known}|{name}>" if known else found.group()

    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _EMAIL.sub(lambda found: f"<mailto:{found.group()}|{found.group()}>", text)
    return "".join(part if part.startswith("<mailto:") else _HANDLE.sub(mention, part) for part in _split(text))


def _split(text: str) -> list[str]:
    return re.split(r"(<mailto:[^>]+>)", text)


def shortcut(user: Json, callback_id: str, trigger_id: str) -> Json:
    return _interaction("shortcut", user) | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": _action_ts(),
    }


def message_shortcut(
    user: Json, callback_id: str, channel: Json, message: Json, trigger_id: str, response_url: str
) -> Json:
    """https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload: the message comes whole."""
    return _interaction("message_action", user) | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "action_ts": _action_ts(),
        "channel": {"id": channel["id"], "name": _channel_name(channel)},
        "message_ts": message["ts"],
        "message": copy.deepcopy(message),
    }


def event(body: Json) -> Json:
    """What goes round every event: https://docs.slack.dev/apis/events-api/#event-type-structure"""
    return {
        "token": _TOKEN,
        "team_id": TEAM,
        "api_app_id": APP,
        "event": {**body, "event_ts": _action_ts()},
        "type": "event_callback",
        "event_id": "Ev0" + secrets.token_hex(4).upper(),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def view_submission(user: Json, view: Json, trigger_id: str) -> Json:
    return _interaction("view_submission", user) | {
        "trigger_id": trigger_id,
        "view": on_the_wire(view),
        "response_urls": [],
    }


def view_closed(user: Json, view: Json, *, is_cleared: bool) -> Json:
    return _interaction("view_closed", user) | {"view": on_the_wire(view), "is_cleared": is_cleared}


def action_in_view(user: Json, view: Json, action: Json, trigger_id: str) -> Json:
    return _interaction("block_actions", user) | {
        "trigger_id": trigger_id,
        "container": {"type": "view", "view_id": view["id"]},
        "view": on_the_wire(view),
        "actions": [action],
    }


def action_in_message(
    user: Json, channel: Json, message: Json, action: Json, state: Json, trigger_id: str, response_url: str
) -> Json:
    ephemeral = "ephemeral_for" in message
    payload = _interaction("block_actions", user) | {
        "trigger_id": trigger_id,
        "container": {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel["id"],
            "is_ephemeral": ephemeral,
        },
        "channel": {"id": channel["id"], "name": _channel_name(channel)},
        "state": {"values": state},
        "response_url": response_url,
        "actions": [action],
    }
    if "thread_ts" in message:
        payload["container"]["thread_ts"] = message["thread_ts"]
    # Slack keeps no ephemeral message, so it cannot send it back.
    return payload if ephemeral else payload | {"message": copy.deepcopy(message)}


def action(block: Json, element: Json, entry: Json | None, chosen: Any) -> Json:
    """One entry of `actions`: `entry` is the element's new state; a button or menu has none and `chosen` says what."""
    done: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": _action_ts(),
    }
    if entry is not None:
        key = VALUE_KEY[element["type"]]
        initial = "initial_" + key.removeprefix("selected_")
        return done | {key: entry[key]} | {name: element[name] for name in (initial, "placeholder") if name in element}
    if element["type"] == "overflow":
        return done | {"selected_option": next(o for o in options_of(element) if o["value"] == chosen)}
    return done | {name: element[name] for name in ("text", "value", "style", "url") if name in element}


def _interaction(type_: str, user: Json) -> Json:
    return {
        "type": type_,
        "token": _TOKEN,
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": TEAM_DOMAIN},
        "user": {"id": user["id"], "username": user["name"], "name": user["name"], "team_id": user["team_id"]},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel_name(channel: Json) -> str:
    if channel["is_im"]:
        return "directmessage"
    return "privategroup" if channel["is_private"] else str(channel["name"])


def _domain(team: str) -> str:
    return TEAM_DOMAIN if team == TEAM else OTHER_DOMAIN


def _action_ts() -> str:
    return f"{time.time():.6f}"
