"""Builds the Bolt app: client, middleware, listeners, catch-alls."""

from __future__ import annotations

import logging
import re
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.authorization.async_single_team_authorization import AsyncSingleTeamAuthorization
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from bot.onboarding.policy import Policy
from bot.slack import batch_messages, form, lists, messages
from bot.slack.approvals import CALLBACK as DECLINE
from bot.slack.approvals import ApprovalButtons
from bot.slack.batches import BatchDoor
from bot.slack.buttons import Buttons
from bot.slack.home import Home
from bot.slack.joins import EVENT, Joins
from bot.slack.listeners import Listeners, Next, acknowledge
from bot.slack.proxy import proxy_for
from bot.slack.socket import Handler
from bot.slack.status import StatusList

log = logging.getLogger(__name__)

ANY = re.compile(".*")
SHORTCUT = "newhire_global"
MESSAGE_SHORTCUT = "newhire_message"
AGAIN_SECONDS = 0.05


def client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """The Web API client. Without a shared session each call would be a new TLS connection; the session's ClientTimeout
    bounds each call, for slack_sdk's own `timeout` counts only without one."""
    web = AsyncWebClient(token=token, base_url=base_url, session=session)
    web.proxy = proxy_for(base_url)
    # A trigger lives three seconds, and somebody waits: nothing but a connection that had died is tried again.
    web.retry_handlers = [AsyncConnectionErrorRetryHandler(1, FixedValueRetryIntervalCalculator(AGAIN_SECONDS))]
    return web


def build(
    web: AsyncWebClient,
    listeners: Listeners,
    buttons: Buttons,
    statuses: StatusList,
    home: Home,
    batches: BatchDoor,
    approvals: ApprovalButtons,
    auth: Any,
    joins: Joins | None = None,
) -> AsyncApp:
    """The app with every listener; `auth` is auth.test's answer, so that the first command need not wait for it.

    Without `joins` nobody hears who has joined Slack.
    """
    # With a logger of its own it would take its level from the root, and chat.
    # Without a name Bolt looks for the caller's file among all modules, for 50 ms and more.
    app = AsyncApp(
        name="newhire",
        client=web,
        logger=logging.getLogger("slack_bolt"),
        raise_error_for_unhandled_request=False,
    )
    for middleware in app._async_middleware_list:
        if isinstance(middleware, AsyncSingleTeamAuthorization):
            middleware.auth_test_result = auth

    async def ours(context: AsyncBoltContext, next: Next) -> None:
        # Bolt makes one of its own for each envelope, and with it slack_sdk looks for a proxy past NO_PROXY.
        context["client"] = web
        await next()

    app.use(ours)
    app.command("/newhire", middleware=[acknowledge])(listeners.command)
    app.shortcut(SHORTCUT, middleware=[acknowledge])(listeners.shortcut)
    app.shortcut(MESSAGE_SHORTCUT, middleware=[acknowledge])(listeners.from_message)
    for block, action in ((form.PROVIDER, form.VALUE), (form.MORE, form.MORE)):
        exactly: dict[str, str | re.Pattern[Any]] = {"block_id": block, "action_id": action}
        app.action(exactly, middleware=[acknowledge])(listeners.redraw)
    pressed: dict[str, str | re.Pattern[Any]] = {"block_id": re.compile(f"^{messages.BUTTONS}"), "action_id": ANY}
    app.action(pressed, middleware=[buttons.pressed])(_done)
    app.action({"block_id": messages.JOINED, "action_id": messages.JOINED}, middleware=[acknowledge])(listeners.joined)
    if joins:
        app.event(EVENT, middleware=[acknowledge])(joins.joined)
    app.view(form.CALLBACK, middleware=[listeners.submit])(_done)
    app.action({"block_id": messages.APPROVAL, "action_id": ANY}, middleware=[approvals.pressed])(_done)
    app.view(DECLINE, middleware=[approvals.declined])(_done)
    app.view(batch_messages.CALLBACK, middleware=[batches.submit])(_done)
    app.view(batch_messages.COLUMNS_CALLBACK, middleware=[batches.columns])(_done)
    app.action({"block_id": batch_messages.BUTTONS, "action_id": ANY}, middleware=[batches.pressed])(_done)
    app.action({"block_id": batch_messages.TEMPLATE, "action_id": batch_messages.TEMPLATE}, middleware=[acknowledge])(
        batches.template
    )
    app.event("app_home_opened", middleware=[acknowledge])(home.opened)
    for block, handler in (
        (lists.HOME_NEW, listeners.shortcut),
        (lists.HOME_MANY, batches.opened),
        (lists.HOME_FILTER, home.turned),
        (lists.HOME_OWN, home.turned),
        (lists.HOME_ALL, home.turned),
        (lists.STATUS_PAGE, statuses.turned),
    ):
        inside: dict[str, str | re.Pattern[Any]] = {"block_id": block, "action_id": ANY}
        app.action(inside, middleware=[acknowledge])(handler)
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


def socket(app: AsyncApp, app_token: str, policy: Policy) -> Handler:
    """The connection that feeds the app; `connect_async` begins it."""
    return Handler(app, app_token, policy.slack_reconnect, policy.slack_timeout)
