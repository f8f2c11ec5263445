"""The Web API methods the app calls, as strict as Slack: https://docs.slack.dev/reference/methods/"""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.block_kit import check_message
from bot.sandbox.block_kit.stored import stored
from bot.sandbox.slack.files import FakeFiles
from bot.sandbox.slack.referee import validated
from bot.sandbox.slack.rules import Rules, manifest
from bot.sandbox.slack.scheduled import Scheduled
from bot.sandbox.slack.socket_mode import Sockets
from bot.sandbox.slack.trouble import Fault, Troubles
from bot.sandbox.slack.views import Triggers, Views, checked, checked_home, invalid_arguments, on_the_wire
from bot.sandbox.slack.workspace import APP, BOT, BOT_NAME, BOT_USER, TEAM, TEAM_DOMAIN, Refused, Workspace

Json = dict[str, Any]

POST_LIMIT, UPDATE_LIMIT = 40_000, 4_000  # characters of `text`: chat.postMessage and chat.update differ
_READ = "channels:read,groups:read,mpim:read,im:read"
_HISTORY = "channels:history,groups:history,mpim:history,im:history"
_KINDS = {"C": "channels", "G": "groups", "D": "im"}
# Slack takes these as JSON inside a form field or a query string, too.
_JSON_ARGUMENTS = ("view", "message", "blocks", "attachments", "metadata", "files")


@dataclass(frozen=True)
class Method:
    answer: Callable[[Json], Json]
    scope: str | None = None  # any one of them, separated by commas


class WebApi:
    """`/api/<method>`: arguments, token, scope, faults, then the method. Every call is kept in `calls`."""

    def __init__(
        self,
        rules: Rules,
        workspace: Workspace,
        views: Views,
        triggers: Triggers,
        sockets: Sockets,
        troubles: Troubles,
        files: FakeFiles,
        socket_url: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self.calls: list[Json] = []
        self._rules, self._troubles = rules, troubles
        self._workspace, self._views, self._triggers, self._sockets = workspace, views, triggers, sockets
        self._socket_url, self._changed = socket_url, changed
        self.scheduled = Scheduled(self._destination)
        self.methods = {
            "api.test": Method(lambda arguments: {"args": arguments}),
            "auth.test": Method(self._auth_test),
            "apps.connections.open": Method(self._connections_open),
            "apps.manifest.export": Method(self._manifest),
            "blocks.validate": Method(validated),
            "bots.info": Method(self._bot, "users:read"),
            "chat.delete": Method(self._delete, "chat:write"),
            "chat.deleteScheduledMessage": Method(self.scheduled.delete, "chat:write"),
            "chat.getPermalink": Method(self._permalink),
            "chat.postEphemeral": Method(self._post_ephemeral, "chat:write"),
            "chat.postMessage": Method(self._post_message, "chat:write"),
            "chat.scheduleMessage": Method(self.scheduled.add, "chat:write"),
            "chat.update": Method(self._update_message, "chat:write"),
            "conversations.history": Method(self._history, _HISTORY),
            "conversations.info": Method(self._conversation, _READ),
            "conversations.open": Method(self._open_direct, "im:write"),
            "conversations.replies": Method(self._replies, _HISTORY),
            "files.completeUploadExternal": Method(files.complete, "files:write"),
            "files.getUploadURLExternal": Method(files.begin, "files:write"),
            "files.info": Method(files.info, "files:read"),
            "usergroups.users.list": Method(self._group, "usergroups:read"),
            "users.info": Method(self._user, "users:read"),
            "users.lookupByEmail": Method(self._user_by_email, "users:read.email"),
            "views.open": Method(self._open_view),
            "views.publish": Method(self._publish_view),
            "views.push": Method(self._push_view),
            "views.update": Method(self._update_view),
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One HTTP call. Faults of HTTP itself are played here, the rest is 200 with `ok`."""
        method = request.match_info["method"]
        arguments = await _arguments(request)
        header = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = str(arguments.pop("token", None) or header)
        fault = self._troubles.due(method)
        if fault and fault.is_before:
            self.note(method, arguments, fault.how)
            return await self._troubles.play(fault, request)
        answer = self._answer(method, arguments, token, fault)
        self.note(method, arguments, None if answer["ok"] else answer["error"])
        good = web.json_response(answer, headers=self._scope_headers(method))
        return await self._troubles.after(fault, request, good)

    def _answer(self, method: str, arguments: Json, token: str, fault: Fault | None) -> Json:
        try:
            return {"ok": True} | self._allowed(method, token, fault).answer(arguments)
        except Refused as refused:
            return {"ok": False, "error": refused.error} | refused.more

    def _allowed(self, method: str, token: str, fault: Fault | None) -> Method:
        known = self.methods.get(method)
        if known is None:
            raise Refused("unknown_method", req_method=method)
        if not token:
            raise Refused("not_authed")
        rules = self._rules
        if token not in (rules.bot_token, rules.app_token, rules.config_token):
            raise Refused("invalid_auth")
        own = {"apps.connections.open": rules.app_token, "apps.manifest.export": rules.config_token}
        if token != own.get(method, rules.bot_token) and method != "api.test":
            raise Refused("not_allowed_token_type")
        if known.scope and self._rules.scopes is not None and not self._rules.scopes & set(known.scope.split(",")):
            raise Refused("missing_scope", needed=known.scope, provided=",".join(sorted(self._rules.scopes)))
        if fault and not fault.is_wire:
            raise Refused(fault.how)
        return known

    def _has(self, scope: str) -> bool:
        return self._rules.scopes is None or scope in self._rules.scopes

    def _scope_headers(self, method: str) -> dict[str, str]:
        known = self.methods.get(method)
        headers = {"x-slack-req-id": f"{time.time_ns():x}"}
        if self._rules.scopes is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(self._rules.scopes))
        if known and known.scope:
            headers["x-accepted-oauth-scopes"] = known.scope
        return headers

    def note(self, method: str, arguments: Json, error: str | None) -> None:
        """Keeps a call in `calls`, with how it failed."""
        self.calls.append(
            {
                "method": method,
                "args": copy.deepcopy(arguments),
                "at": time.time(),
                "ok": error is None,
                "error": error,
            }
        )
        self._changed()

    def _auth_test(self, arguments: Json) -> Json:
        return {
            "url": "https://sandbox.slack.com/",
            "team": "Sandbox",
            "user": BOT_NAME,
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "is_enterprise_install": False,
        }

    def _manifest(self, arguments: Json) -> Json:
        if _required(arguments, "app_id") != APP:
            raise Refused("invalid_app_id")
        return {"manifest": manifest(self._rules)}

    def _bot(self, arguments: Json) -> Json:
        if _required(arguments, "bot") != BOT:
            raise Refused("bot_not_found")
        return {"bot": {"id": BOT, "deleted": False, "name": BOT_NAME, "app_id": APP, "user_id": BOT_USER}}

    def _connections_open(self, arguments: Json) -> Json:
        if self._rules.refusing_connections:
            raise Refused("internal_error")
        return {"url": f"{self._socket_url()}?ticket={self._sockets.ticket()}&app_id={APP}"}

    def _open_view(self, arguments: Json) -> Json:
        view = checked(arguments.get("view"))
        trigger = self._triggers.valid(_required(arguments, "trigger_id"))
        opened = self._views.show(view, trigger.user)
        trigger.used = True
        return {"view": on_the_wire(opened)}

    def _push_view(self, arguments: Json) -> Json:
        view = checked(arguments.get("view"))
        trigger = self._triggers.valid(_required(arguments, "trigger_id"))
        below = self._views.find(trigger.view_id, None)
        pushed = self._views.push(view, on=below)
        trigger.used = True
        return {"view": on_the_wire(pushed)}

    def _update_view(self, arguments: Json) -> Json:
        view = checked(arguments.get("view"))
        if not arguments.get("view_id") and not arguments.get("external_id"):
            raise invalid_arguments("missing required field: view_id [json-pointer:]")
        old = self._views.find(arguments.get("view_id"), arguments.get("external_id"))
        if arguments.get("hash") and arguments["hash"] != old["hash"]:
            raise Refused("hash_conflict")
        return {"view": on_the_wire(self._views.replace(old, view))}

    def _publish_view(self, arguments: Json) -> Json:
        view = checked_home(arguments.get("view"))
        user = self._workspace.users.get(_required(arguments, "user_id"))
        if user is None or user["is_bot"] or user["deleted"]:
            raise Refused("invalid_arguments", response_metadata={"messages": ["invalid `user_id`"]})
        if not self._rules.home_tab:
            raise Refused("not_enabled")
        return {"view": on_the_wire(self._views.publish(view, user["id"], arguments.get("hash")))}

    def _post_message(self, arguments: Json) -> Json:
        channel = self._destination(arguments)
        _check_content(arguments, POST_LIMIT)
        thread = self._thread(channel, arguments)
        broadcast = thread is not None and _flag(arguments, "reply_broadcast")
        message = self._workspace.post(
            channel["id"],
            BOT_USER,
            str(arguments.get("text") or ""),
            arguments.get("blocks"),
            thread_ts=thread,
            subtype="thread_broadcast" if broadcast else None,
            metadata=_metadata(arguments),
            attachments=arguments.get("attachments"),
            bot_profile={"id": BOT, "app_id": APP, "name": BOT_NAME, "deleted": False, "team_id": TEAM},
        )
        return {"channel": channel["id"], "ts": message["ts"], "message": copy.deepcopy(message)}

    def _thread(self, channel: Json, arguments: Json) -> str | None:
        """The ts of the thread's first message: a reply's own ts leads to the thread that it stands in."""
        given = arguments.get("thread_ts")
        if not given:
            return None
        for message in self._workspace.messages[channel["id"]]:
            if message["ts"] == given and "ephemeral_for" not in message:
                return str(message.get("thread_ts", given))
        raise Refused("thread_not_found")

    def _post_ephemeral(self, arguments: Json) -> Json:
        channel = self._destination(arguments)
        reader = _required(arguments, "user")
        if reader not in channel["members"]:
            raise Refused("user_not_in_channel")
        _check_content(arguments, POST_LIMIT)
        message = self._workspace.post(
            channel["id"],
            BOT_USER,
            str(arguments.get("text") or ""),
            arguments.get("blocks"),
            thread_ts=self._thread(channel, arguments),
            ephemeral_for=reader,
        )
        return {"message_ts": message["ts"]}

    def _update_message(self, arguments: Json) -> Json:
        channel, message = self._own_message(arguments, "cant_update_message")
        _check_content(arguments, UPDATE_LIMIT)
        # Blocks that are not given stay; an empty list takes them away.
        if arguments.get("blocks") is not None:
            message["blocks"] = stored(arguments["blocks"])
        if arguments.get("text") is not None:
            message["text"] = str(arguments["text"])
        if arguments.get("metadata") is not None:
            message["metadata"] = _metadata(arguments)
        message["edited"] = {"user": BOT_USER, "ts": f"{int(time.time())}.000000"}
        return {
            "channel": channel["id"],
            "ts": message["ts"],
            "text": message["text"],
            "message": copy.deepcopy(message),
        }

    def _delete(self, arguments: Json) -> Json:
        channel, message = self._own_message(arguments, "cant_delete_message")
        self._workspace.messages[channel["id"]].remove(message)
        return {"channel": channel["id"], "ts": message["ts"]}

    def _own_message(self, arguments: Json, otherwise: str) -> tuple[Json, Json]:
        # A user's id is no channel here: only chat.postMessage opens the direct conversation by itself.
        channel = self._workspace.reachable(_required(arguments, "channel"))
        if channel["is_archived"]:
            raise Refused("is_archived")
        message = self._workspace.message(channel["id"], _required(arguments, "ts"))
        if "ephemeral_for" in message:
            raise Refused("message_not_found")
        if message["user"] != BOT_USER:
            raise Refused(otherwise)
        return channel, message

    def _permalink(self, arguments: Json) -> Json:
        channel = self._workspace.reachable(_required(arguments, "channel"))
        message = self._workspace.message(channel["id"], _required(arguments, "message_ts"))
        if "ephemeral_for" in message:
            raise Refused("message_not_found")
        link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel['id']}/p{message['ts'].replace('.', '')}"
        if "thread_ts" in message:
            link += f"?thread_ts={message['thread_ts']}&cid={channel['id']}"
        return {"channel": channel["id"], "permalink": link}

    def _destination(self, arguments: Json) -> Json:
        public = self._rules.scopes is not None and "chat:write.public" in self._rules.scopes
        return self._workspace.destination(_required(arguments, "channel"), public=public)

    def _user(self, arguments: Json) -> Json:
        user = self._workspace.users.get(str(arguments.get("user")))
        if user is None:
            raise Refused("user_not_found")
        return {"user": self.shown(user, locale=_flag(arguments, "include_locale"))}

    def _user_by_email(self, arguments: Json) -> Json:
        wanted = _required(arguments, "email").lower()
        for user in self._workspace.users.values():
            if user["profile"]["email"].lower() == wanted and not (user["is_bot"] or user["deleted"]):
                return {"user": self.shown(user)}
        raise Refused("users_not_found")

    def shown(self, user: Json, *, locale: bool = False) -> Json:
        """A user object as the app may see it: no locale unless it is asked for, no address without its scope."""
        shown = copy.deepcopy(user)
        if not locale:
            del shown["locale"]
        if not self._has("users:read.email") or user.get("is_stranger"):
            shown["profile"].pop("email", None)
        return shown

    def _group(self, arguments: Json) -> Json:
        group = self._workspace.groups.get(_required(arguments, "usergroup"))
        # A group that was deleted (Slack says disabled) is still there for those who ask for such ones.
        if group is None or (group["date_delete"] and not _flag(arguments, "include_disabled")):
            raise Refused("no_such_subteam")
        return {"users": list(group["users"])}

    def _open_direct(self, arguments: Json) -> Json:
        users = str(arguments.get("users") or "")
        if not users and not arguments.get("channel"):
            raise Refused("users_list_not_supplied")
        if not users:
            return {"channel": self._described(self._workspace.reachable(arguments["channel"]))}
        user = self._workspace.users.get(users)
        if user is None or user["is_bot"]:
            raise Refused("user_not_found")
        if user["deleted"]:
            raise Refused("user_disabled")
        channel = self._workspace.direct(users)
        whole = _flag(arguments, "return_im")
        return {"channel": self._described(channel) if whole else {"id": channel["id"]}}

    def _conversation(self, arguments: Json) -> Json:
        channel = self._workspace.reachable(_required(arguments, "channel"))
        self._check_kind(channel, "read", _READ)
        return {"channel": self._described(channel)}

    def _replies(self, arguments: Json) -> Json:
        channel = self._workspace.reachable(_required(arguments, "channel"))
        self._check_kind(channel, "history", _HISTORY)
        if BOT_USER not in channel["members"]:
            raise Refused("not_in_channel")
        thread = self._workspace.thread(channel["id"], _required(arguments, "ts"))
        most = int(arguments.get("limit") or 1000)
        return {"messages": copy.deepcopy(thread[:most]), "has_more": len(thread) > most}

    def _history(self, arguments: Json) -> Json:
        channel = self._workspace.reachable(_required(arguments, "channel"))
        self._check_kind(channel, "history", _HISTORY)
        if BOT_USER not in channel["members"]:
            raise Refused("not_in_channel")
        wanted = _between(arguments)
        seen = [
            message
            for message in reversed(self._workspace.messages[channel["id"]])
            if "ephemeral_for" not in message
            and (message.get("thread_ts", message["ts"]) == message["ts"] or "subtype" in message)
            and wanted(float(message["ts"]))
        ]
        most = int(arguments.get("limit") or 100)
        shown = copy.deepcopy(seen[:most])
        if not _flag(arguments, "include_all_metadata"):
            for message in shown:
                message.pop("metadata", None)
        return {"messages": shown, "has_more": len(seen) > most}

    def _check_kind(self, channel: Json, what: str, needed: str) -> None:
        kind = "im" if channel["is_im"] else "groups" if channel["is_private"] else "channels"
        if not self._has(f"{kind}:{what}"):
            raise Refused("missing_scope", needed=needed, provided=",".join(sorted(self._rules.scopes or ())))

    def _described(self, channel: Json) -> Json:
        described = {key: value for key, value in channel.items() if key != "members"}
        return described | {"is_member": BOT_USER in channel["members"]}


async def _arguments(request: web.Request) -> Json:
    """Query string and body together: JSON, form, or nothing at all whatever the content type says."""
    arguments: Json = dict(request.query)
    if request.method == "POST":
        if request.content_type == "application/json":
            arguments |= _json_object(await request.text())
        else:
            arguments |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    for name in _JSON_ARGUMENTS:
        if isinstance(arguments.get(name), str):
            arguments[name] = _parsed(arguments[name])
    return arguments


def _json_object(text: str) -> Json:
    parsed = _parsed(text) if text.strip() else {}
    return parsed if isinstance(parsed, dict) else {}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _required(arguments: Json, name: str) -> str:
    value = arguments.get(name)
    if value in (None, ""):
        raise invalid_arguments(f"missing required field: {name} [json-pointer:]")
    if not isinstance(value, str):
        raise invalid_arguments(f"must provide a string [json-pointer:/{name}]")
    return value


def _flag(arguments: Json, name: str) -> bool:
    return arguments.get(name) in (True, "true", "True", "1", 1)


def _between(arguments: Json) -> Callable[[float], bool]:
    since, until = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
    ends = (since, until) if _flag(arguments, "inclusive") else ()
    return lambda at: since < at < until or at in ends


def _check_content(arguments: Json, limit: int) -> None:
    text, blocks = arguments.get("text"), arguments.get("blocks")
    if blocks is not None and not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if not text and not blocks and not arguments.get("attachments"):
        raise Refused("no_text")
    if isinstance(text, str) and len(text) > limit:
        raise Refused("msg_too_long")
    if problems := check_message(blocks, text):
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise Refused("invalid_blocks", errors=problems, response_metadata={"messages": messages})


def _metadata(arguments: Json) -> Json | None:
    metadata = arguments.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if not re.fullmatch(r"\w[\w-]*", str(metadata.get("event_type") or "")):
        raise Refused("invalid_metadata_format")
    return metadata
