"""What a test may turn at the pretend Slack. All of its parts read the one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SHORTCUTS = {"newhire_global": "global", "newhire_message": "message"}


@dataclass(eq=False)
class Rules:
    """Slack's limits and the app's tokens, as attributes; times are in seconds.

    `scopes` are the bot token's, None means that no method asks for one. `redeliveries` is how often an envelope that
    nobody acknowledged within `ack_timeout` is sent again. A `trigger_id` is good for `trigger_life`, a response_url for
    `response_url_life` and `response_url_posts` posts. With `refusing_connections` no new WebSocket comes about. `home_tab`
    and `events` are what the manifest turns on: the Home tab, and the events that the app is subscribed to. `interactivity`,
    `slash_command` and `should_escape` are what it says of buttons and of the slash command; an export of it shows them, and nothing
    else comes of them. `config_token` lets its owner export the manifest. `ahead` is by how much the `Date` of every answer
    is ahead.
    """

    bot_token: str = "xoxb-sandbox-bot-token"  # noqa: S105 - made up, as is the next line
    app_token: str = "xapp-1-A0NEWHIRE-sandbox-app-token"  # noqa: S105
    config_token: str = "xoxe.xoxp-1-sandbox-config-token"  # noqa: S105 - as above
    scopes: set[str] | None = None
    ack_timeout: float = 3.0
    redeliveries: int = 3
    most_connections: int = 10
    refusing_connections: bool = False
    trigger_life: float = 3.0
    response_url_life: float = 1800.0
    response_url_posts: int = 5
    home_tab: bool = True
    events: set[str] = field(default_factory=lambda: {"app_home_opened"})
    interactivity: bool = True
    slash_command: str = "/newhire"
    should_escape: bool = True
    ahead: float = 0.0


def manifest(rules: Rules) -> dict[str, Any]:
    """The app's manifest as `apps.manifest.export` gives it: https://docs.slack.dev/reference/methods/apps.manifest.export"""
    return {
        "display_information": {"name": "newhire"},
        "features": {
            "app_home": {"home_tab_enabled": rules.home_tab, "messages_tab_enabled": True},
            "bot_user": {"display_name": "newhire", "always_online": True},
            "shortcuts": [{"name": name, "type": kind, "callback_id": name} for name, kind in SHORTCUTS.items()],
            "slash_commands": [{"command": rules.slash_command, "should_escape": rules.should_escape}],
        },
        "oauth_config": {"scopes": {"bot": sorted(rules.scopes or ())}},
        "settings": {
            "event_subscriptions": {"bot_events": sorted(rules.events)},
            "interactivity": {"is_enabled": rules.interactivity},
            "socket_mode_enabled": True,
        },
    }
