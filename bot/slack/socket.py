"""The Socket Mode connection: slack_sdk's client, made so that it is never deaf while the process lives.

What slack_sdk 3.48 does else, each seen on the running product: a failed apps.connections.open after Slack's polite
`disconnect` ends the reconnecting for good (python-slack-sdk issues 1446 and 1701 are of that kind); one address, which Slack
gives for one handshake, is tried for ever; a handshake that meets silence holds it for five minutes; and a connection that
Slack ends at once (too_many_websockets) is followed by the next without a pause.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.errors import TROUBLES, SlackTrouble, trouble, why
from bot.slack.proxy import proxy_for

log = logging.getLogger(__name__)

PING_SECONDS = 3
LONGEST_WAIT = 10
"""The waits double from `again` up to so many times it."""
GOODBYE_SECONDS = 1.0


class Client(SocketModeClient):
    """`again`: how soon Slack is asked for another connection, at first. `patience`: how long a handshake may take."""

    def __init__(self, app: AsyncApp, app_token: str, again: timedelta, patience: timedelta) -> None:
        super().__init__(app_token, app.logger, app.client, ping_interval=PING_SECONDS)
        self._again, self._patience = again.total_seconds(), patience.total_seconds()
        self._wait = 0.0
        self._watch: asyncio.Task[None] | None = None
        self.message_listeners.append(self._heard)

    async def connect(self) -> None:
        """Until it stands. Each try has an address of its own; the waits grow until Slack has said hello."""
        while not self.closed:
            await asyncio.sleep(self._wait)
            self._wait = min(max(self._again, 2 * self._wait), LONGEST_WAIT * self._again)
            try:
                session = await self._new_session()
            except Exception as error:  # whatever it is: who gives up here is deaf
                self._wait = max(self._wait, min(trouble(error).retry_after or 0.0, 60.0))
                url = self.web_client.base_url
                said, unknown = why(error, url, proxy_for(url)), not isinstance(error, TROUBLES)
                log.warning("no connection: %s; trying again in %g s", said, self._wait, exc_info=unknown)
            else:
                self._take_up(session)
                break

    async def issue_new_wss_url(self) -> str:
        """Raises what Slack's trouble raises; slack_sdk's own asks once more in some cases and stumbles over others."""
        answer = await self.web_client.apps_connections_open(app_token=self.app_token)
        if not isinstance(answer["url"], str):
            raise SlackTrouble("Slack gave no address")
        return answer["url"]

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """One at a time: who waited while another was connecting finds a new session, and nothing left to do."""
        gone = self.current_session
        async with self.connect_operation_lock:
            if gone is self.current_session and (force or not await self.is_connected()):
                self.wss_uri = None
                await self.connect()

    async def _new_session(self) -> aiohttp.ClientWebSocketResponse:
        url, self.wss_uri = self.wss_uri, None
        url = url or await self.issue_new_wss_url()
        # The old one stays until there is an address, and no longer: beyond ten connections Slack refuses the new one.
        await self.disconnect()
        if self.aiohttp_client_session.closed:
            self.aiohttp_client_session = aiohttp.ClientSession()
        async with asyncio.timeout(self._patience):
            return await self.aiohttp_client_session.ws_connect(
                url,
                autoping=False,
                heartbeat=self.ping_interval,
                proxy=proxy_for(url),
                ssl=True if self.web_client.ssl is None else self.web_client.ssl,
            )

    def _take_up(self, session: aiohttp.ClientWebSocketResponse) -> None:
        """Read from it, and watch over it. Without a pause in between: whoever looks sees all of it or nothing."""
        self.current_session, self.stale, self.last_ping_pong_time = session, False, None
        self.auto_reconnect_enabled = True
        for task in (self.current_session_monitor, self.message_receiver):
            if task is not None:
                task.cancel()
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        self.message_receiver = asyncio.ensure_future(self.receive_messages())
        self._watch = self._watch or asyncio.ensure_future(self._keep_watch())

    async def _heard(self, client: Any, message: dict[str, Any], raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self._wait = 0.0

    async def _keep_watch(self) -> None:
        """slack_sdk's three loops may end of what its authors did not think of; that must not leave us deaf."""
        while not self.closed:
            await asyncio.sleep(self.ping_interval)
            if self.message_processor.done():
                log.error("slack_sdk handles no messages any more; it is started again")
                self.message_processor = asyncio.ensure_future(self.process_messages())  # type: ignore[no-untyped-call]
            if not self._is_served():
                log.error("slack_sdk does not look after the connection any more; there is a new one")
                await self.connect_to_new_endpoint(force=True)

    def _is_served(self) -> bool:
        tasks = (self.current_session_monitor, self.message_receiver)
        return all(task is not None and not task.done() for task in tasks)

    async def disconnect(self) -> None:
        """Say goodbye on the session that there is; a frozen Slack is not waited for."""
        if self.current_session is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self.current_session.close()
        except TROUBLES as error:
            log.info("no goodbye from Slack: %s", trouble(error).reason)

    async def close(self) -> None:
        """End it all."""
        if self._watch is not None:
            self._watch.cancel()
        await super().close()  # type: ignore[no-untyped-call]


class Handler(AsyncSocketModeHandler):
    """slack_bolt's, over a client of ours."""

    client: Client

    def __init__(self, app: AsyncApp, app_token: str, again: timedelta, patience: timedelta) -> None:
        # Not super().__init__: it would start a client of slack_sdk's.
        self.app, self.app_token = app, app_token
        self.client = Client(app, app_token, again, patience)
        self.client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type] # as slack_bolt does

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Let Bolt handle one envelope. Slack sends it again where the acknowledgement did not get through."""
        try:
            await super().handle(client, req)
        except (ConnectionError, aiohttp.ClientError) as error:
            log.warning("an acknowledgement did not reach Slack (%s)", trouble(error).reason)
