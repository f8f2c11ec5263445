"""Builds the Bolt app: client, middleware, listeners, catch-alls; and the Socket Mode connection that feeds it."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.authorization.async_single_team_authorization import AsyncSingleTeamAuthorization
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import form
from bot.slack.errors import TROUBLES, trouble
from bot.slack.listeners import Listeners, acknowledge

log = logging.getLogger(__name__)

ANY = re.compile(".*")
SHORTCUT = "newhire_global"
PING_SECONDS = 3


def client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The Web API client. Without a shared session each call would be a new TLS connection; calls end after 10 s."""
    web = AsyncWebClient(token=token, base_url=base_url, session=session, timeout=10)
    # Short: behind most calls a person waits, and a trigger lives three seconds.
    web.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    return web


def build(web: AsyncWebClient, listeners: Listeners, auth: Any) -> AsyncApp:
    """The app with every listener; `auth` is auth.test's answer, so that the first command need not wait for it."""
    # With a logger of its own it would take its level from the root, and chat.
    app = AsyncApp(client=web, logger=logging.getLogger("slack_bolt"), raise_error_for_unhandled_request=False)
    for middleware in app._async_middleware_list:
        if isinstance(middleware, AsyncSingleTeamAuthorization):
            middleware.auth_test_result = auth
    app.command("/newhire", middleware=[acknowledge])(listeners.command)
    app.shortcut(SHORTCUT, middleware=[acknowledge])(listeners.shortcut)
    for block, action in ((form.PROVIDER, form.VALUE), (form.MORE, form.MORE)):
        exactly: dict[str, str | re.Pattern[Any]] = {"block_id": block, "action_id": action}
        app.action(exactly, middleware=[acknowledge])(listeners.redraw)
    app.view(form.CALLBACK, middleware=[listeners.submit])(_done)
    _catch_all(app, listeners)
    app.error(_log)
    return app


def _catch_all(app: AsyncApp, listeners: Listeners) -> None:
    """What no listener takes gets no acknowledgement at all from Bolt, and people a warning triangle."""
    app.command(ANY, middleware=[acknowledge])(listeners.unknown_command)
    for register in (app.shortcut, app.action, app.options, app.view, app.view_closed, app.event):
        register(ANY, middleware=[acknowledge])(_done)


async def _done() -> None:
    """The middleware has answered already."""


async def _log(error: Exception, body: dict[str, Any]) -> None:
    # The payload holds what people typed: its type and sender are enough to find it.
    user = (body.get("user") or {}).get("id") or body.get("user_id")
    log.error("a %s of %s failed", body.get("type") or "command", user, exc_info=error)


class _Client(SocketModeClient):
    """slack_sdk's own asks only once when Slack says goodbye: with Slack in trouble just then, it would stay deaf."""

    again: float

    async def issue_new_wss_url(self) -> str:
        while True:
            try:
                answer = await self.web_client.apps_connections_open(app_token=self.app_token)
                return str(answer["url"])
            except TROUBLES as error:
                log.warning("no new connection to Slack (%s); trying again in %g s", trouble(error).reason, self.again)
            await asyncio.sleep(self.again)


class _Handler(AsyncSocketModeHandler):
    def __init__(self, app: AsyncApp, app_token: str, again: timedelta) -> None:
        # Not super().__init__: it would start a client of slack_sdk's.
        self.app, self.app_token = app, app_token
        self.client = _Client(app_token, app.logger, app.client, ping_interval=PING_SECONDS)
        self.client.again = again.total_seconds()
        self.client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type] # as slack_bolt does


def socket(app: AsyncApp, app_token: str, again: timedelta) -> AsyncSocketModeHandler:
    """The connection; a dead one is noticed after four pings. `again`: how soon Slack is asked for another when it cannot."""
    return _Handler(app, app_token, again)
