"""A pretend Slack: the Web API, Socket Mode and response_url on one port of 127.0.0.1, and people who use them.

It speaks Slack's documented protocol and nothing else, so any Slack app can be pointed at it; `command`, `submit` and
the other verbs are what a person does in the client.
"""

from __future__ import annotations

import asyncio
import email.utils
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from aiohttp import web

from bot.sandbox.slack import payloads, view_state
from bot.sandbox.slack.clicks import element_in, meant
from bot.sandbox.slack.files import FakeFiles
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.rules import Rules
from bot.sandbox.slack.socket_mode import Delivery, Drop, Sockets
from bot.sandbox.slack.trouble import Fault, Troubles
from bot.sandbox.slack.views import Triggers, Views, checked, on_the_wire
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.workspace import BOT_USER, Refused, Workspace

Json = dict[str, Any]
T = TypeVar("T")

TROUBLE = "We had some trouble connecting. Try again?"
NO_ANSWER = "Operation timed out. Apps need to respond within 3 seconds."

COMMANDS = [{"command": "/newhire", "description": "Create a meeting account for a new hire"}]
SHORTCUTS = [
    {"callback_id": "newhire_global", "name": "Add a new hire", "type": "global"},
    {"callback_id": "newhire_message", "name": "New hire from message", "type": "message"},
]


class FakeSlack(Rules):
    """The pretend workspace; its `Rules` are attributes that tests turn.

    `calls` is every Web API call and every post to a response_url: {"method", "args" (without token), "at" (unix
    seconds), "ok", "error"}; `failures` the faults that are still to come; `views` the open ones by id: Slack's view
    objects (state and hash included) plus `user` and `errors`; `homes` the Home tabs by their person, in the same shape;
    `confirmations` the questions that were answered with yes before a click: {"user", "action_id", "confirm"};
    `notifications` who was rung up by what; `envelopes` what was sent over Socket Mode, with its sendings and acks.
    `routes` are further pages that the same port serves, `on_change` hears of every change.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.url = ""
        self.on_change: Callable[[], None] | None = None
        self.commands = list(COMMANDS)
        self.shortcuts = list(SHORTCUTS)
        self.confirmations: list[Json] = []
        self.routes: list[web.RouteDef] = []
        self.workspace = Workspace()
        self.users, self.channels = self.workspace.users, self.workspace.channels
        self.messages, self.notifications = self.workspace.messages, self.workspace.notifications
        self.troubles = Troubles(self.changed)
        self.failures = self.troubles.faults
        self.sockets = Sockets(self, self.troubles, self.changed)
        self.envelopes = self.sockets.envelopes
        self.triggers = Triggers(self, clock)
        self._views = Views()
        self.views, self.homes = self._views.open, self._views.homes
        self.files = FakeFiles(self, self.workspace, self.troubles, lambda: self.url, self.changed)
        self.api = WebApi(
            self,
            self.workspace,
            self._views,
            self.triggers,
            self.sockets,
            self.troubles,
            self.files,
            self._socket_url,
            self.changed,
        )
        self.calls = self.api.calls
        self.response_urls = ResponseUrls(self, self.workspace, self.troubles, clock, self.changed, self.api.note)
        self._waiting: set[asyncio.Future[None]] = set()
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.get_ident()

    # --- the server ---------------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listens on 127.0.0.1; port 0 picks a free one. `url` is set afterwards."""
        app = web.Application(client_max_size=16 * 1024**2)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_get("/socket/", self.sockets.handle)
        app.router.add_post("/response/{rest:.*}", self.response_urls.handle)
        app.add_routes(self.files.routes())
        app.add_routes(self.routes)
        app.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Ends every connection; calls that hang get their 503."""
        self.troubles.release()
        await self.sockets.stop()
        if self._runner:
            await self._runner.cleanup()

    async def _date(self, request: web.Request, response: web.StreamResponse) -> None:
        """The `Date` of every answer, by a clock that may be ahead."""
        response.headers["Date"] = email.utils.formatdate(time.time() + self.ahead, usegmt=True)

    def _socket_url(self) -> str:
        return self.url.replace("http://", "ws://") + "/socket/"

    def changed(self) -> None:
        """Something is different now: wakes `until`, the page and `on_change`. May be called from any thread."""
        if self._loop and threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.changed)
            return
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)
        if self.on_change:
            self.on_change()

    async def until(self, predicate: Callable[[FakeSlack], T], timeout: float = 10.0) -> T:  # noqa: ASYNC109
        """Waits for a change after which `predicate(self)` is true, and returns what it returned.

        A LookupError in the predicate means not yet. Raises TimeoutError with the last calls and messages."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            # Registered before looking: a change in between is not missed.
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            if found := _try(predicate, self):
                self._waiting.discard(future)
                return found
            left = deadline - loop.time()
            if left <= 0:
                self._waiting.discard(future)
                raise TimeoutError(self._recently())
            await asyncio.wait([future], timeout=left)

    def _recently(self) -> str:
        calls = [f"  {call['method']} -> {call['error'] or 'ok'}" for call in self.calls[-10:]]
        messages = [
            f"  {channel} {message['user']}: {message['text'][:200]}"
            for channel, posted in self.messages.items()
            for message in posted[-5:]
        ]
        views = [f"  {view['id']} {view['callback_id']} {view['user']}" for view in self.views.values()]
        return "\n".join(["it did not happen; the last calls:", *calls, "messages:", *messages, "open views:", *views])

    # --- faults -------------------------------------------------------------------------------------------------------

    def fail(self, method: str, how: str, times: int = 1, retry_after: int = 1, seconds: float = 1.0) -> None:
        """The next `times` calls of `method` fail so: a Web API method, "response_url", "socket" (the handshake of a
        WebSocket), or "*" for any but a handshake.

        `how` is one of `trouble.WAYS`, of which "ratelimited" takes `retry_after` and "slow" takes `seconds`; anything
        else is the `error` of a 200 with ok:false. An empty `how` takes back what is still to come for the method."""
        if how:
            self.troubles.add(Fault(method, how, times, retry_after, seconds))
        else:
            self.troubles.forget(method)

    def release(self) -> None:
        """Lets go of the calls that hang or are slow at this moment."""
        self.troubles.release()

    def drop_sockets(self, how: Drop = "disconnect") -> asyncio.Task[None]:
        """Ends the app's connections: "disconnect" (the polite message), "close" (close frame), "abort" (TCP reset)."""
        return self.sockets.drop(how)

    def redeliver(
        self, envelope_id: str | None = None, times: int = 1, on: Literal["same", "other"] = "same"
    ) -> asyncio.Task[None]:
        """Sends an envelope again, the last one if none is named. May be awaited."""
        return self.sockets.redeliver(envelope_id, times, on)

    def refuse_connections(self, refuse: bool = True) -> None:
        """New connections get an error until this is called with False."""
        self.refusing_connections = refuse

    # --- what a person does -------------------------------------------------------------------------------------------

    async def command(self, user: str, channel: str, text: str = "", command: str = "/newhire") -> Delivery:
        """Types a slash command. Raises KeyError for a person or channel that is not there."""
        if command not in {known["command"] for known in self.commands}:
            return Delivery(error=f"{command} is not a valid command.")
        place = self.workspace.direct(channel) if channel in self.users else self.channels[channel]
        delivery = await self.sockets.deliver(
            "slash_commands",
            payloads.slash_command(
                self.workspace,
                self.users[user],
                place,
                command,
                text,
                self.triggers.new(user),
                self.url + self.response_urls.new(place["id"], user),
            ),
        )
        if delivery.error:
            delivery.error = f'{command} failed with the error "{delivery.error}"'
        elif delivery.answer:
            self._respond(delivery, place["id"], user, command)
        return delivery

    def _respond(self, delivery: Delivery, channel: str, user: str, command: str) -> None:
        try:
            self.response_urls.respond(channel, user, delivery.answer)
        except Refused:
            delivery.error = f'{command} failed with the error "invalid_command_response"'

    async def shortcut(self, user: str, callback_id: str) -> Delivery:
        """Chooses a global shortcut."""
        payload = payloads.shortcut(self.users[user], callback_id, self.triggers.new(user))
        return await self._interact(payload, NO_ANSWER)

    async def message_shortcut(self, user: str, callback_id: str, channel: str, ts: str) -> Delivery:
        """Chooses a shortcut from a message's menu. Raises LookupError for a shortcut or message that is not there."""
        if (callback_id, "message") not in {(one["callback_id"], one.get("type")) for one in self.shortcuts}:
            raise LookupError(f"the app has no message shortcut {callback_id!r}")
        place, message = self.channels[channel], self._read(user, channel, ts)
        if "ephemeral_for" in message:
            raise LookupError("what only one person sees has no shortcuts")
        # Of a shortcut there is no original that a response could replace.
        response_url = self.url + self.response_urls.new(channel, user)
        trigger_id = self.triggers.new(user)
        payload = payloads.message_shortcut(self.users[user], callback_id, place, message, trigger_id, response_url)
        return await self._interact(payload, NO_ANSWER)

    async def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> Delivery | None:
        """Opens a tab of the app. None if the app is not subscribed to app_home_opened."""
        if tab == "home" and not self.home_tab:
            raise LookupError("the app has no Home tab")
        opened: Json = {"user": user, "channel": self.workspace.direct(user)["id"], "tab": tab}
        if tab == "home" and user in self.homes:
            opened["view"] = on_the_wire(self.homes[user])
        return await self._tell("app_home_opened", opened)

    async def join(self, user: Json) -> Delivery | None:
        """Somebody new, as `workspace.person` makes them. None if the app is not subscribed to team_join."""
        self.workspace.join(user)
        self.changed()
        return await self._tell("team_join", {"user": self.api.shown(user)})

    async def _tell(self, type_: str, body: Json) -> Delivery | None:
        if type_ not in self.events:
            return None
        delivery = await self.sockets.deliver("events_api", payloads.event({"type": type_, **body}))
        delivery.error = None  # nobody is shown that an app missed an event
        return delivery

    async def say(self, user: str, channel: str, text: str) -> Json:
        """Writes a message, as a person."""
        place = self.workspace.direct(channel) if channel in self.users else self.channels[channel]
        message = self.workspace.post(place["id"], user, text)
        self.changed()
        return message

    async def act(
        self,
        user: str,
        where: str | tuple[str, str],
        block_id: str,
        action_id: str,
        value: Any = None,
        values: Json | None = None,
    ) -> Delivery:
        """Presses a button or chooses something, in a view (its id) or a message ((channel, ts)).

        `value` is the simple value chosen, `values` all that is typed in the view at that moment. Raises LookupError
        for a view, message, block, element or option that is not there, or is not for this person's eyes."""
        if isinstance(where, tuple):
            message = self._read(user, *where)
            return await self._act_in_message(
                user, where[0], message, *element_in(message.get("blocks", []), block_id, action_id), value
            )
        view = self._seen(user, where)
        return await self._act_in_view(user, view, *element_in(view["blocks"], block_id, action_id), value, values)

    async def click(self, user: str, channel: str, ts: str, action_id: str, value: Any = None) -> Delivery:
        """Presses a button of a message, or chooses `value` of a menu in it. Says yes to a question that stands before it
        (`Delivery.confirm`). Where several are called so, `value` says which. Raises LookupError as `act` does."""
        message = self._read(user, channel, ts)
        found = meant(message.get("blocks", []), action_id, value)
        return await self._act_in_message(user, channel, message, *found, value)

    async def click_home(self, user: str, action_id: str, value: Any = None) -> Delivery:
        """The same in this person's Home tab. Raises LookupError if none was published yet."""
        if user not in self.homes:
            raise LookupError(f"{user} has an empty Home tab")
        view = self.homes[user]
        return await self._act_in_view(user, view, *meant(view["blocks"], action_id, value), value, {})

    async def _act_in_view(
        self, user: str, view: Json, block: Json, element: Json, value: Any, values: Json | None
    ) -> Delivery:
        state = view_state.typed(view["state"]["values"], view["blocks"], values or {})
        entry = None
        if element["type"] in view_state.VALUE_KEY:
            entry = view_state.entry_for(element, value)
            state[block["block_id"]][element["action_id"]] = entry
        view["state"]["values"] = state
        self.changed()
        if block["type"] == "input" and not block["dispatch_action"]:
            return Delivery(error="client: this input has no dispatch_action, so Slack tells the app nothing")
        action = payloads.action(block, element, entry, value)
        trigger_id = self.triggers.new(user, view["id"])
        return await self._press(user, element, payloads.action_in_view(self.users[user], view, action, trigger_id))

    async def _act_in_message(
        self, user: str, channel_id: str, message: Json, block: Json, element: Json, value: Any
    ) -> Delivery:
        channel = self.channels[channel_id]
        state = view_state.initial_state(message["blocks"])
        entry = None
        if element["type"] in view_state.VALUE_KEY:
            entry = view_state.entry_for(element, value)
            state[block["block_id"]][element["action_id"]] = entry
        payload = payloads.action_in_message(
            self.users[user],
            channel,
            message,
            payloads.action(block, element, entry, value),
            state,
            self.triggers.new(user),
            self.url + self.response_urls.new(channel["id"], user, message["ts"]),
        )
        return await self._press(user, element, payload)

    async def _press(self, user: str, element: Json, payload: Json) -> Delivery:
        question = element.get("confirm")
        if question:
            self.confirmations.append({"user": user, "action_id": element["action_id"], "confirm": question})
        delivery = await self._interact(payload, NO_ANSWER)
        delivery.confirm = question
        return delivery

    async def submit(self, user: str, view_id: str, values: Json | None = None) -> Delivery:
        """Fills in `values` and presses the submit button.

        What Slack's client refuses never reaches the app: `error` then starts with "client:". Raises LookupError for a
        view, block or option that is not there."""
        view = self._opened(user, view_id)
        view["state"]["values"] = view_state.typed(view["state"]["values"], view["blocks"], values or {})
        view["errors"] = view_state.client_errors(view["blocks"], view["state"]["values"])
        self.changed()
        if view["errors"]:
            return Delivery(error="client: the form is not complete", errors=dict(view["errors"]))
        if view["submit"] is None:
            return Delivery(error="client: this view has no submit button")
        payload = payloads.view_submission(self.users[user], view, self.triggers.new(user, view_id))
        delivery = await self._interact(payload, TROUBLE)
        if delivery.acked:
            self._answer_submission(delivery, view_id)
        return delivery

    def _answer_submission(self, delivery: Delivery, view_id: str) -> None:
        view = self.views.get(view_id)
        if view is None:
            return
        try:
            self._apply(delivery, view)
        except Refused:
            delivery.error = TROUBLE
        self.changed()

    def _apply(self, delivery: Delivery, view: Json) -> None:
        """What the ack of a submission asks for: https://docs.slack.dev/surfaces/modals/#response_actions"""
        answer = delivery.answer or {}
        match answer.get("response_action"):
            case None if not answer:
                self._views.close(view)
            case "clear":
                self._views.close(view, whole_stack=True)
            case "errors":
                view["errors"] = delivery.errors = _field_errors(answer.get("errors"), view)
            case "update":
                self._views.replace(view, checked(answer.get("view")))
            case "push":
                self._views.push(checked(answer.get("view")), on=view)
            case _:
                raise Refused("invalid_response_action")

    async def close(self, user: str, view_id: str) -> Delivery | None:
        """Closes a view; the app hears of it only if the view has `notify_on_close`, otherwise the answer is None."""
        view = self._opened(user, view_id)
        gone = self._views.close(view, whole_stack=view["clear_on_close"])
        self.changed()
        told = [one for one in gone if one["notify_on_close"]]
        deliveries = [
            await self._interact(payloads.view_closed(self.users[user], one, is_cleared=len(gone) > 1), NO_ANSWER)
            for one in told
        ]
        return deliveries[0] if deliveries else None

    def membership(self, channel: str, is_in: bool) -> None:
        """Invites the bot to a channel or removes it."""
        members = self.channels[channel]["members"]
        (members.add if is_in else members.discard)(BOT_USER)
        self.changed()

    def _seen(self, user: str, view_id: str) -> Json:
        """An open view, or the person's Home tab."""
        home = self.homes.get(user)
        return home if home and home["id"] == view_id else self._opened(user, view_id)

    def _opened(self, user: str, view_id: str) -> Json:
        view = self.views.get(view_id)
        if view is None or view["user"] != user:
            raise LookupError(f"{user} has no open view {view_id!r}")
        return view

    def _read(self, user: str, channel: str, ts: str) -> Json:
        """A message that this person can see. Raises LookupError."""
        try:
            return self.workspace.readable(user, channel, ts)
        except Refused as refused:
            raise LookupError(f"{user} sees no message {ts} in {channel}") from refused

    async def _interact(self, payload: Json, when_silent: str) -> Delivery:
        delivery = await self.sockets.deliver("interactive", payload)
        if delivery.error:
            delivery.error = when_silent
        return delivery


def _try(predicate: Callable[[FakeSlack], T], slack: FakeSlack) -> T | None:
    try:
        return predicate(slack)
    except LookupError:
        return None


def _field_errors(errors: Any, view: Json) -> dict[str, str]:
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise Refused("invalid_errors")
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise Refused("invalid_errors")
    return dict(errors)
