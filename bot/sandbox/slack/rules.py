"""What a test may turn at the pretend Slack. All of its parts read the one object."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Rules:
    """Slack's limits and the app's tokens, as attributes; times are in seconds.

    `scopes` are the bot token's, None means that no method asks for one. `redeliveries` is how often an envelope that
    nobody acknowledged within `ack_timeout` is sent again. A `trigger_id` is good for `trigger_life`, a response_url for
    `response_url_life` and `response_url_posts` posts. With `refusing_connections` no new WebSocket comes about. `home_tab`
    and `events` are what the manifest turns on: the Home tab, and the events that the app is subscribed to.
    """

    bot_token: str = "xoxb-sandbox-bot-token"  # noqa: S105 - made up, as is the next line
    app_token: str = "xapp-1-A0NEWHIRE-sandbox-app-token"  # noqa: S105
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
