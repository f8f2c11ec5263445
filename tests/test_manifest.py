"""manifest.yml: what Slack is told of the app, no less than the bot needs and no more."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.sandbox.slack.rules import Rules
from bot.slack import app as slack
from bot.slack.words import say

ROOT = Path(__file__).parent.parent

# slackapi/manifest-schema, manifest.schema.2.0.0.json (MIT).
SCHEMA = json.loads((ROOT / "tests" / "slack-manifest.schema.2.0.0.json").read_text(encoding="utf-8"))

SCOPES: dict[str, set[str]] = {
    # https://docs.slack.dev/reference/methods: what each method that the bot calls asks for.
    "auth.test": set(),
    "bots.info": {"users:read"},
    "chat.deleteScheduledMessage": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.scheduleMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "files.info": {"files:read"},
    "files.getUploadURLExternal": {"files:write"},
    "files.completeUploadExternal": {"files:write"},
    "users.info": {"users:read", "users:read.email"},  # the second for profile.email
    "usergroups.users.list": {"usergroups:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
COMMANDS = {"commands"}  # a slash command and a shortcut
APP_LEVEL = {"apps.connections.open": {"connections:write"}}  # by the app-level token, which no manifest can ask for


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return loaded


def called() -> set[str]:
    """Names of the Web API methods that the code calls, as attributes of a client (`client.views_open`)."""
    from slack_sdk.web.async_client import AsyncWebClient

    methods = {
        name
        for name in vars(AsyncWebClient)
        if "_" in name.strip("_") and not name.startswith("_") and name != "api_call"
    }
    found = set()
    for path in (ROOT / "bot").rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in methods:
                found.add(node.attr)
    return found


def test_slack_would_take_the_manifest(manifest: dict[str, Any]) -> None:
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(manifest)] == []


def test_the_schema_refuses_what_is_no_manifest(manifest: dict[str, Any]) -> None:
    assert list(Draft7Validator(SCHEMA).iter_errors({**manifest, "display_information": {"name": "x" * 36}}))


def test_the_methods_that_are_called_are_those_in_the_table() -> None:
    assert called() == {method.replace(".", "_") for method in SCOPES | APP_LEVEL}


def test_the_scopes_are_those_that_the_bot_uses_and_no_other(manifest: dict[str, Any]) -> None:
    asked = manifest["oauth_config"]["scopes"]["bot"]
    assert len(asked) == len(set(asked))
    assert set(asked) == COMMANDS.union(*SCOPES.values())
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_the_command_is_the_one_that_is_listened_to(manifest: dict[str, Any]) -> None:
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == "/newhire"
    # Mentions come as ids only then, and `/newhire @somebody` needs the id.
    assert command["should_escape"] is True
    source = (ROOT / "bot" / "slack" / "app.py").read_text(encoding="utf-8")
    assert f'app.command("{command["command"]}"' in source


def test_the_shortcuts_are_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    kinds = {shortcut["callback_id"]: shortcut["type"] for shortcut in manifest["features"]["shortcuts"]}
    assert kinds == {slack.SHORTCUT: "global", slack.MESSAGE_SHORTCUT: "message"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_help_calls_the_message_shortcut_as_slack_shows_it(manifest: dict[str, Any], lang: str) -> None:
    (shown,) = [one["name"] for one in manifest["features"]["shortcuts"] if one["type"] == "message"]
    assert f"*{shown}*" in say(lang, "help", providers="", allowed="")


def test_it_runs_without_a_public_address(manifest: dict[str, Any]) -> None:
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
    assert "request_url" not in settings["event_subscriptions"]
    assert not any("url" in command for command in manifest["features"]["slash_commands"])


def test_the_home_tab_is_there_and_told_of(manifest: dict[str, Any]) -> None:
    """An app that turns the tab on and is not told of its opening shows an empty page to everybody."""
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": ["app_home_opened"]}


def test_the_sandbox_has_what_the_manifest_turns_on(manifest: dict[str, Any]) -> None:
    rules = Rules()
    assert rules.home_tab is manifest["features"]["app_home"]["home_tab_enabled"]
    assert rules.events == set(manifest["settings"]["event_subscriptions"]["bot_events"])


def test_people_can_read_direct_messages_of_the_bot(manifest: dict[str, Any]) -> None:
    """Where the bot is not in the channel, that is where the result goes."""
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True


def test_slacks_limits_of_what_people_read(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
