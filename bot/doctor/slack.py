"""What Slack says of the app: its tokens, its scopes, Socket Mode, the admin channel, and who is named in the settings.

Nobody reads anything of it: whether the admin channel takes messages is tried with one for the day after, which is taken back.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk import WebClient

from bot.doctor.findings import Finding, Mark
from bot.doctor.network import Peer, shown
from bot.slack.errors import REFUSED_TOKEN, TROUBLES, SlackTrouble, trouble, why
from bot.slack.permission import outsider
from bot.slack.proxy import proxy_for

SECONDS = 8.0
"""For each call."""
A_DAY = 86400
MOST_NAMED = 30
"""Users and groups that are looked up."""

GET_TOKEN = "Copy it again from the app's page (https://api.slack.com/apps, OAuth & Permissions), and install the app if it is not."  # noqa: S105
GET_APP_TOKEN = (
    "Make one with the scope connections:write (https://api.slack.com/apps, Basic Information, App-Level Tokens)."  # noqa: S105
)
INSTALL = "Paste manifest.yml again (https://api.slack.com/apps, App Manifest), and install the app again."


@dataclass(frozen=True)
class Scope:
    """`what` needs it; `groups`: only where groups are named; `vital`: without it something that people do fails."""

    name: str
    what: str
    vital: bool = True
    groups: bool = False


SCOPES = (
    Scope("commands", "/newhire and the shortcuts"),
    Scope("chat:write", "every message"),
    Scope("users:read", "who may use /newhire, and their language"),
    Scope("users:read.email", "the email of /newhire @somebody", vital=False),
    Scope("usergroups:read", "the user groups in NEWHIRE_ALLOWED and NEWHIRE_APPROVERS", groups=True),
    Scope("files:read", "lists of many as files"),
    Scope("files:write", "the template, and the results of a list"),
)
"""Those of manifest.yml; a test holds them against it."""


@dataclass(frozen=True)
class Wanted:
    """What the settings say of Slack. `running`: a bot is connected, and would miss what comes while another connection stands."""

    bot_token: str
    app_token: str
    admin_channel: str | None = None
    allowed: Sequence[str] = ()
    approvers: Sequence[str] = ()
    running: bool = False

    @property
    def groups(self) -> list[str]:
        return [each for each in (*self.allowed, *self.approvers) if each.startswith("S")]


def way_out(base_url: str) -> str | None:
    """The proxy to Slack, None for the direct way."""
    return proxy_for(base_url)


def client(token: str, base_url: str, trust: ssl.SSLContext) -> WebClient:
    """Each call once, bounded, and through the proxy that newhire itself takes."""
    web = WebClient(token=token, base_url=base_url, timeout=round(SECONDS), retry_handlers=[], ssl=trust)
    web.proxy = proxy_for(web.base_url)
    return web


def look(wanted: Wanted, peer: Peer) -> Iterator[Finding]:
    """All of it. It ends where the bot token is refused."""
    web = client(wanted.bot_token, peer.url, peer.trust)
    try:
        auth = web.auth_test()
    except TROUBLES as error:
        yield _refused("slack.bot_token", "SLACK_BOT_TOKEN", error, web, GET_TOKEN)
        return
    yield Finding(
        "slack.bot_token", "ok", f"The bot token is {auth.get('user')}'s in {auth.get('team')} ({auth.get('url')})."
    )
    yield from said_of_the_app(wanted, web, auth)
    yield from _socket(wanted, web)


def said_of_the_app(wanted: Wanted, web: WebClient, auth: Any) -> Iterator[Finding]:
    """What needs no second connection: scopes, whose the tokens are, the admin channel, who is named."""
    scopes = _held(auth)
    yield _scopes(wanted, scopes)
    yield from _one_app(wanted, web, auth)
    yield _admin_channel(wanted, web)
    yield from _named("slack.allowed", "NEWHIRE_ALLOWED", wanted.allowed, web, auth, scopes)
    yield from _named("slack.approvers", "NEWHIRE_APPROVERS", wanted.approvers, web, auth, scopes)


# --- tokens and scopes


def _refused(name: str, setting: str, error: Exception, web: WebClient, mending: str) -> Finding:
    found = trouble(error)
    if found.code in REFUSED_TOKEN:
        return Finding(name, "bad", f"{setting} is refused by Slack ({found.code}).", mending)
    said = f"{why(error, web.base_url, web.proxy)}."
    return Finding(
        name, "bad", said[:1].upper() + said[1:], "Look at SLACK_API_URL, and at what stands between here and Slack."
    )


def _held(auth: Any) -> frozenset[str] | None:
    """The token's scopes, from a header of every answer; None when it is not there."""
    headers = {str(name).lower(): value for name, value in (getattr(auth, "headers", None) or {}).items()}
    said = headers.get("x-oauth-scopes")
    if said is None:
        return None
    text = ",".join(said) if isinstance(said, list | tuple) else str(said)
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _scopes(wanted: Wanted, held: frozenset[str] | None) -> Finding:
    if held is None:
        return Finding("slack.scopes", "skipped", "Slack does not name the token's scopes.")
    needed = [scope for scope in SCOPES if not scope.groups or wanted.groups]
    missing = [scope for scope in needed if scope.name not in held]
    if not missing:
        return Finding("slack.scopes", "ok", f"The token has the {len(needed)} scopes that are needed.")
    said = "; ".join(f"{scope.name} ({scope.what})" for scope in missing)
    mark: Mark = "bad" if any(scope.vital for scope in missing) else "warn"
    names = tuple(scope.name for scope in missing)
    return Finding("slack.scopes", mark, f"The token lacks scopes: {said}.", INSTALL, names)


def _one_app(wanted: Wanted, web: WebClient, auth: Any) -> Iterator[Finding]:
    """Both tokens must be of one app: the app-level token has the app's ID in it, and Slack tells the bot's."""
    mine = re.match(r"xapp-\d+-([A-Z0-9]+)-", wanted.app_token)
    try:
        bots = str(web.bots_info(bot=auth.get("bot_id") or "")["bot"]["app_id"]) if mine else ""
    except (*TROUBLES, TypeError):
        return
    if mine and bots and mine[1] != bots:
        said = f"SLACK_APP_TOKEN is of the app {mine[1]}, and SLACK_BOT_TOKEN of {bots}: nothing that people do would arrive."
        yield Finding("slack.one_app", "bad", said, "Take both tokens from one app's page.", (mine[1], bots))


# --- Socket Mode


def _socket(wanted: Wanted, web: WebClient) -> Iterator[Finding]:
    apart = client(wanted.app_token, web.base_url, web.ssl or ssl.create_default_context())
    try:
        url = str(apart.apps_connections_open(app_token=wanted.app_token)["url"])
    except TROUBLES as error:
        yield _refused("slack.app_token", "SLACK_APP_TOKEN", error, web, GET_APP_TOKEN)
        return
    yield Finding("slack.app_token", "ok", "The app-level token opens connections.")
    if wanted.running:
        said = "Not opened: a bot runs on this database, and a second connection would take from it what people send."
        yield Finding("slack.socket_mode", "skipped", said)
        return
    try:
        asyncio.run(_hello(url))
    except (*TROUBLES, TypeError) as error:
        said = f"The connection of Socket Mode does not open: {trouble(error).reason}."
        mending = f"This machine must reach {shown(url)} by WebSocket: look at the proxy and the firewall."
        yield Finding("slack.socket_mode", "bad", said, mending)
    else:
        yield Finding("slack.socket_mode", "ok", "The connection of Socket Mode opens.")


async def _hello(url: str) -> None:
    """Until Slack says hello, and goodbye. Raises what a call to Slack raises."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        asyncio.timeout(SECONDS),
        aiohttp.ClientSession(timeout=timeout) as session,
        session.ws_connect(url, proxy=proxy_for(url), timeout=aiohttp.ClientWSTimeout(ws_close=1.0)) as socket,
    ):
        said = await socket.receive_json()
        if not isinstance(said, dict) or said.get("type") != "hello":
            reason = said.get("reason") if isinstance(said, dict) else None
            raise SlackTrouble(f"Slack says {reason}" if reason else "Slack does not say hello")


# --- the admin channel


def _admin_channel(wanted: Wanted, web: WebClient) -> Finding:
    name, channel = "slack.admin_channel", wanted.admin_channel
    if channel is None:
        said = "NEWHIRE_ADMIN_CHANNEL is not set: nobody hears of what only an admin can mend, and no list can be approved."
        return Finding(name, "warn", said, "Set it to the ID of a channel of the admins, and invite the bot there.")
    text = (
        "newhire doctor has tried whether this channel takes messages, and could not take this one back. Nothing to do."
    )
    try:
        # By this machine's clock, which may be off by hours; Slack takes up to 120 days.
        scheduled = web.chat_scheduleMessage(channel=channel, text=text, post_at=int(time.time()) + A_DAY)
    except TROUBLES as error:
        found = trouble(error)
        if found.passes:
            return Finding(name, "skipped", f"Whether the admin channel takes messages was not said: {found.reason}.")
        return Finding(
            name,
            "bad",
            f"The admin channel {channel} takes no messages: {found.code}.",
            _channel(found.code),
            (channel,),
        )
    for _ in range(2):
        try:
            web.chat_deleteScheduledMessage(
                channel=scheduled["channel"], scheduled_message_id=scheduled["scheduled_message_id"]
            )
        except TROUBLES:
            continue
        return Finding(name, "ok", f"The admin channel {channel} takes messages.")
    said = f"The admin channel {channel} takes messages; the one that was tried could not be taken back, and comes tomorrow."
    return Finding(name, "warn", said, "Nothing: it says that it was a try.")


def _channel(code: str | None) -> str:
    match code:
        case "not_in_channel" | "channel_not_found":
            return "Check the ID in NEWHIRE_ADMIN_CHANNEL (at the end of the channel's details), and type /invite @newhire there."
        case "is_archived":
            return "Unarchive the channel, or name another one in NEWHIRE_ADMIN_CHANNEL."
        case "missing_scope":
            return INSTALL
        case _:
            return "Let the app post there, or name another channel in NEWHIRE_ADMIN_CHANNEL."


# --- who is named


def _named(
    name: str, setting: str, listed: Sequence[str], web: WebClient, auth: Any, scopes: frozenset[str] | None
) -> Iterator[Finding]:
    """The users and groups of a setting."""
    if not listed:
        yield Finding(name, "ok", f"{setting} is empty: workspace admins and owners.")
        return
    found = {one: _who(one, web, auth, scopes) for one in dict.fromkeys(listed[:MOST_NAMED])}
    marks: tuple[Mark, ...] = ("bad", "warn", "skipped")
    for mark in marks:
        these = [(one, said) for one, (how, said) in found.items() if how == mark]
        if these:
            text = "; ".join(f"{one} {said}" for one, said in these)
            mending = f"Take it out of {setting}, or put the right ID in its place." if mark != "skipped" else ""
            yield Finding(name, mark, f"{setting}: {text}.", mending, tuple(one for one, _ in these))
    if all(how == "ok" for how, _ in found.values()):
        more = f" (of {len(listed)}, the first {MOST_NAMED} were looked up)" if len(listed) > MOST_NAMED else ""
        yield Finding(name, "ok", f"{setting}: all {len(found)} are there{more}.")


def _who(one: str, web: WebClient, auth: Any, scopes: frozenset[str] | None) -> tuple[str, str]:
    """(how it is, what is to be said of it)."""
    group = one.startswith("S")
    if scopes is not None and (
        (group and "usergroups:read" not in scopes) or (not group and "users:read" not in scopes)
    ):
        return "skipped", "was not looked up: the scope for it is missing"
    try:
        if group:
            members = web.usergroups_users_list(usergroup=one)["users"]
            return ("ok", "") if members else ("warn", "is a group with nobody in it")
        user = web.users_info(user=one)["user"]
    except (*TROUBLES, TypeError) as error:
        found = trouble(error)
        if found.code in ("user_not_found", "no_such_subteam", "users_not_found", "user_not_visible"):
            return "bad", f"is {'a group' if group else 'somebody'} whom Slack does not know ({found.code})"
        return "skipped", f"was not looked up: {found.reason}"
    return _standing(user, auth.get("team_id"))


def _standing(user: Any, team: str | None) -> tuple[str, str]:
    if user.get("deleted"):
        return "warn", "has left the workspace"
    return ("warn", "is a guest, a bot or of another workspace, who never may") if outsider(user, team) else ("ok", "")


# --- at the start of the bot


def brief(wanted: Wanted, base_url: str) -> list[Finding]:
    """What is worth saying at every start, with a bot that is connected already. Skipped when Slack does not answer."""
    web = client(wanted.bot_token, base_url, ssl.create_default_context())
    try:
        auth = web.auth_test()
    except TROUBLES as error:
        return [Finding("slack", "skipped", f"{why(error, web.base_url, web.proxy)}.")]
    return list(said_of_the_app(wanted, web, auth))
