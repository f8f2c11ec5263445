"""The page in a browser and what it talks to: `/`, `/static/…` and the control API under `/_/`.

Every POST answers `{"ok": true, …}` or `{"ok": false, "error": "sentence"}` with status 200. Only pages of this very
server may call it: another site open in the same browser must not be able to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import WSCloseCode, web

from bot.sandbox.slack import view_state
from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.slack.socket_mode import Delivery
from bot.sandbox.slack.trouble import WORDS
from bot.sandbox.slack.views import on_the_wire
from bot.sandbox.slack.workspace import BOT_NAME, BOT_USER, Refused, person
from bot.sandbox.vendors.vendor import FakeVendor

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGGED = 50  # Web API calls in a snapshot
SHOWN = 100  # messages of a channel in a snapshot
PAUSE = 0.05  # seconds between two frames

NEWCOMERS = (
    ("U0CHENJIE", "chen.jie", "陈洁", "zh-CN", "Designer"),
    ("U0NINA001", "nina", "Nina Berg", "en-US", "Sales"),
    ("U0OUYANG1", "ouyang.feng", "欧阳锋", "zh-CN", "Engineer"),
)
"""Who joins the workspace when the page asks for somebody: id, name, real name, locale, title."""

_HOSTS = ("127.0.0.1", "localhost")
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
}


FOLDER = Path(__file__).parent
"""Where the page's own files are."""


class Control:
    """The page of one pretend Slack and its vendors ({name: vendor}, in the order in which the page shows them)."""

    def __init__(self, slack: FakeSlack, vendors: Mapping[str, FakeVendor]) -> None:
        self._slack, self._vendors = slack, vendors
        self._pages: dict[web.WebSocketResponse, asyncio.Event] = {}

    def routes(self) -> list[web.RouteDef]:
        """What the server of the page must serve."""
        posts = {
            "command": self._command,
            "home": self._home,
            "shortcut": self._shortcut,
            "message-shortcut": self._message_shortcut,
            "act": self._act,
            "submit": self._submit,
            "close": self._close,
            "say": self._say,
            "upload": self._upload,
            "membership": self._membership,
            "slack/fail": self._fail_slack,
            "join": self._join,
            "vendors/act": self._act_at_vendor,
            "vendors/fail": self._fail_vendor,
            "vendors/reset": self._reset_vendor,
        }
        return [
            web.get("/", self._index),
            web.get("/static/{name}", self._static),
            web.get("/_/file/{id}", guarded(self._download)),
            web.get("/_/state", guarded(self._state)),
            web.get("/_/events", guarded(self._events)),
            *(web.post(f"/_/{name}", guarded(answered(handler))) for name, handler in posts.items()),
        ]

    def changed(self) -> None:
        for wake in self._pages.values():
            wake.set()

    async def stop(self) -> None:
        for page in list(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY)

    def snapshot(self) -> Json:
        """Everything the page shows."""
        slack = self._slack
        return {
            "users": [_user(user) for user in slack.users.values() if not user["is_bot"]],
            "channels": [_channel(channel) for channel in slack.channels.values()],
            "messages": {channel: [_message(m) for m in posted[-SHOWN:]] for channel, posted in slack.messages.items()},
            "views": [_view(view) for view in slack.views.values()],
            "homes": {user: _view(view) for user, view in slack.homes.items()},
            "home_tab": slack.home_tab,
            "bot": {"connected": len(slack.sockets.usable), "name": BOT_NAME},
            "events": sorted(slack.events),
            "commands": slack.commands,
            "shortcuts": slack.shortcuts,
            "notifications": self._notifications(),
            "calls": [_call(call) for call in slack.calls[-LOGGED:]],
            "ways": [{"how": how, "title": title, "why": why} for how, (title, why) in WORDS.items()],
            "faults": [{key: vars(fault)[key] for key in ("method", "how", "times")} for fault in slack.failures],
            "vendors": [vendor.shown() for vendor in self._vendors.values()],
        }

    def _notifications(self) -> list[Json]:
        """Those of messages that are still there: what was deleted rings nobody any more."""
        there = {(channel, m["ts"]) for channel, posted in self._slack.messages.items() for m in posted}
        return [one for one in self._slack.notifications if (one["channel"], one["ts"]) in there][-SHOWN:]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._file("index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.Response:
        path = FOLDER / name
        if path.parent != FOLDER or path.suffix not in _TYPES or not path.is_file():
            return web.Response(status=404, text="not found")
        charset = "utf-8" if path.suffix not in (".png", ".ico") else None
        return web.Response(
            body=path.read_bytes(),
            content_type=_TYPES[path.suffix],
            charset=charset,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(self.snapshot(), headers={"Cache-Control": "no-store"})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        # On this machine's own loopback there is nothing to save by compressing.
        page = web.WebSocketResponse(timeout=1.0, heartbeat=30.0, compress=False)
        await page.prepare(request)
        wake = self._pages[page] = asyncio.Event()
        wake.set()
        sending = asyncio.get_running_loop().create_task(self._send_snapshots(page, wake))
        try:
            async for _ in page:
                pass
        finally:
            del self._pages[page]
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sending
        return page

    async def _send_snapshots(self, page: web.WebSocketResponse, wake: asyncio.Event) -> None:
        while True:
            await wake.wait()
            wake.clear()
            await page.send_str(json.dumps({"type": "state"} | self.snapshot()))
            await asyncio.sleep(PAUSE)

    async def _command(self, body: Json) -> Json:
        command = body.get("command") or self._slack.commands[0]["command"]
        return _outcome(await self._slack.command(body["user"], body["channel"], body.get("text", ""), command))

    async def _shortcut(self, body: Json) -> Json:
        return _outcome(await self._slack.shortcut(body["user"], body["callback_id"]))

    async def _home(self, body: Json) -> Json:
        await self._slack.open_home(body["user"], body["tab"])
        return {}

    async def _message_shortcut(self, body: Json) -> Json:
        where = (body["channel"], body["ts"])
        return _outcome(await self._slack.message_shortcut(body["user"], body["callback_id"], *where))

    async def _act(self, body: Json) -> Json:
        view_id = body.get("view_id")
        where = view_id or (body["channel"], body["ts"])
        values = self._still_there(view_id, body.get("values"))
        return _outcome(
            await self._slack.act(body["user"], where, body["block_id"], body["action_id"], body.get("value"), values)
        )

    async def _submit(self, body: Json) -> Json:
        values = self._still_there(body["view_id"], body.get("values"))
        return _outcome(await self._slack.submit(body["user"], body["view_id"], values))

    def _still_there(self, view_id: str | None, values: Json | None) -> Json:
        # The view may have been updated under the page: what it says of blocks that are gone means nothing.
        views = [*self._slack.views.values(), *self._slack.homes.values()]
        blocks: list[Json] = next((view["blocks"] for view in views if view["id"] == view_id), [])
        known = {block["block_id"] for block, _ in view_state.stateful(blocks)}
        return {block_id: value for block_id, value in (values or {}).items() if block_id in known}

    async def _close(self, body: Json) -> Json:
        await self._slack.close(body["user"], body["view_id"])
        return {}

    async def _say(self, body: Json) -> Json:
        return {"ts": (await self._slack.say(body["user"], body["channel"], body["text"]))["ts"]}

    async def _upload(self, body: Json) -> Json:
        """Somebody chooses a file in a form."""
        return {"file": self._slack.files.give(body["user"], body["name"], base64.b64decode(body["content"]))}

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file, for whoever looks at the page."""
        files, file_id = self._slack.files, request.match_info["id"]
        if file_id not in files.contents:
            return web.Response(status=404, text="not found")
        name = quote(files.objects[file_id]["name"])
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=files.contents[file_id], content_type="application/octet-stream", headers=headers)

    async def _membership(self, body: Json) -> Json:
        self._slack.membership(body["channel"], bool(body["in"]))
        return {}

    async def _join(self, body: Json) -> Json:
        """The next of `NEWCOMERS`. Raises LookupError once all of them are there."""
        left = [one for one in NEWCOMERS if one[0] not in self._slack.users]
        if not left:
            raise LookupError("Everybody is here already.")
        user, name, real_name, locale, title = left[0]
        await self._slack.join(person(user, name, real_name, locale, profile={"title": title}))
        return {"user": user, "name": real_name}

    async def _fail_slack(self, body: Json) -> Json:
        self._slack.fail(
            body["method"],
            body["how"],
            int(body.get("times", 1)),
            int(body.get("retry_after", 1)),
            float(body.get("seconds", 5)),
        )
        return {}

    async def _act_at_vendor(self, body: Json) -> Json:
        self._vendors[body["vendor"]].by_hand(body["account"], body["action"])
        return {}

    async def _fail_vendor(self, body: Json) -> Json:
        options = {key: value for key, value in body.items() if key not in ("vendor", "how", "times")}
        self._vendors[body["vendor"]].fail(body["how"], int(body.get("times", 1)), **options)
        return {}

    async def _reset_vendor(self, body: Json) -> Json:
        self._vendors[body["vendor"]].reset()
        return {}


def guarded(handler: Handler) -> Handler:
    """The same handler for pages of this very server only; 403 for everybody else."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if not _from_here(request):
            return web.json_response({"ok": False, "error": "Only the page of this server may do that."}, status=403)
        return await handler(request)

    return handle


def answered(handler: Callable[[Json], Awaitable[Json]]) -> Handler:
    """A POST handler: JSON object in, `{"ok": true, …}` out; what is not there becomes `{"ok": false, "error": …}`."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
            return web.json_response({"ok": True} | await handler(body))
        except KeyError as missing:
            return web.json_response({"ok": False, "error": f"There is no {missing.args[0]!r}."})
        except (LookupError, ValueError, TypeError, Refused) as wrong:
            return web.json_response({"ok": False, "error": str(wrong)})

    return handle


def _from_here(request: web.Request) -> bool:
    host = urlsplit(f"//{request.headers.get('Host', '')}")
    origin = request.headers.get("Origin")
    return host.hostname in _HOSTS and (origin is None or urlsplit(origin).netloc == host.netloc)


def _outcome(delivery: Delivery) -> Json:
    outcome: Json = {"ok": delivery.error is None, "acked": delivery.acked}
    if delivery.error:
        outcome["error"] = delivery.error
    if delivery.errors:
        outcome["errors"] = delivery.errors
    return outcome


def _user(user: Json) -> Json:
    notes = (
        ("is_primary_owner", "owner"),
        ("is_admin", "admin"),
        ("is_restricted", "guest"),
        ("is_stranger", "from another company"),
    )
    note = next((word for key, word in notes if user.get(key)), "member")
    shown = {key: user[key] for key in ("id", "name", "real_name", "locale", "is_admin")}
    return shown | {"display_name": user["profile"]["display_name"], "note": note}


def _channel(channel: Json) -> Json:
    return {
        "id": channel["id"],
        "name": channel["name"],
        "is_private": channel["is_private"],
        "is_dm": channel["is_im"],
        "user": channel.get("user"),
        "members": sorted(channel["members"]),
        "bot_in": BOT_USER in channel["members"],
        "is_archived": channel["is_archived"],
    }


def _message(message: Json) -> Json:
    return {
        "ts": message["ts"],
        "user": message["user"],
        "bot": message["user"] == BOT_USER,
        "text": message["text"],
        "blocks": message.get("blocks", []),
        "edited": "edited" in message,
        "ephemeral_for": message.get("ephemeral_for"),
        # Only of a reply: Slack writes thread_ts on the message that a thread hangs on, too.
        "parent": message["thread_ts"] if message.get("thread_ts") not in (None, message["ts"]) else None,
        "in_channel": "subtype" in message,
        "replies": message.get("reply_count", 0),
        "files": [{key: each[key] for key in ("id", "name", "size")} for each in message.get("files", [])],
        "at": float(message["ts"]),
    }


def _view(view: Json) -> Json:
    return {
        "id": view["id"],
        "user": view["user"],
        "view": on_the_wire(view),
        "values": view_state.simple_values(view["state"]["values"]),
        "errors": view["errors"],
    }


def _call(call: Json) -> Json:
    arguments = call["args"]
    told = [
        str(arguments[key])[:80]
        for key in ("channel", "user", "view_id", "users", "email", "text")
        if arguments.get(key)
    ]
    return {key: call[key] for key in ("method", "ok", "error", "at")} | {"summary": " ".join(told)}
