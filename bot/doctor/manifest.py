"""Whether the app is what manifest.yml says: only the owner of the app hears that of Slack, by a configuration token.

https://docs.slack.dev/reference/methods/apps.manifest.export (2026-11). Such a token lives for twelve hours, so it is asked for
here and nowhere else: SLACK_CONFIG_TOKEN in the environment, for one run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slack_sdk import WebClient

from bot.doctor.findings import Finding
from bot.slack.errors import TROUBLES, trouble

VARIABLE = "SLACK_CONFIG_TOKEN"
COMMAND, SHORTCUTS, EVENTS = "/newhire", ("newhire_global", "newhire_message"), ("app_home_opened",)
"""As in manifest.yml; a test holds them against it."""
MENDING = "Paste manifest.yml again (https://api.slack.com/apps, App Manifest), and install the app again."


def look(app_token: str, web: WebClient, *, joins: bool) -> Finding:
    """`joins`: people who join Slack are to be told of. `web` has the configuration token, or none."""
    name = "slack.manifest"
    app = re.match(r"xapp-\d+-([A-Z0-9]+)-", app_token)
    if not web.token or not app:
        said = "Whether /newhire answers and interactivity is on, Slack tells no bot: type `/newhire help` in Slack, or set "
        more = f"{VARIABLE} (https://api.slack.com/apps, Your App Configuration Tokens) for one run of this."
        return Finding(name, "skipped", said + more)
    try:
        found = web.api_call("apps.manifest.export", http_verb="POST", json={"app_id": app[1]})
        differences = list(_differences(dict(found["manifest"]), joins=joins))
    except (*TROUBLES, TypeError) as error:
        said = f"The app's manifest was not given out: {trouble(error).reason}."
        return Finding(name, "warn", said, f"Make a new token for {VARIABLE}; it lives for twelve hours.")
    if differences:
        return Finding(name, "bad", f"The app is not as manifest.yml says: {'; '.join(differences)}.", MENDING)
    return Finding(
        name, "ok", "The app is as manifest.yml says: the command, the shortcuts, interactivity, the Home tab."
    )


def _differences(manifest: Mapping[str, Any], *, joins: bool) -> Iterator[str]:
    features, settings = manifest.get("features") or {}, manifest.get("settings") or {}
    commands = {each.get("command"): each for each in features.get("slash_commands") or ()}
    if COMMAND not in commands:
        yield f"the command {COMMAND} is missing"
    elif not commands[COMMAND].get("should_escape"):
        yield f"{COMMAND} does not escape: mentions would come as text"
    there = {each.get("callback_id") for each in features.get("shortcuts") or ()}
    yield from (f"the shortcut {each} is missing" for each in SHORTCUTS if each not in there)
    home = features.get("app_home") or {}
    if not home.get("home_tab_enabled"):
        yield "the Home tab is off"
    if not home.get("messages_tab_enabled"):
        yield "nobody can read direct messages of the bot"
    if not (settings.get("interactivity") or {}).get("is_enabled"):
        yield "interactivity is off: no form and no button would answer"
    if not settings.get("socket_mode_enabled"):
        yield "Socket Mode is off"
    events = set((settings.get("event_subscriptions") or {}).get("bot_events") or ())
    wanted = (*EVENTS, "team_join") if joins else EVENTS
    yield from (f"the event {each} is not subscribed to" for each in wanted if each not in events)
