"""Who and what is in the pretend workspace: people, channels, groups and messages, in Slack's own shapes.

Users are `user` objects (https://docs.slack.dev/reference/objects/user-object), channels are `conversation` objects
with one key of our own, `members` (a set of user ids), and messages are `message` events. A message only one person can
see carries `ephemeral_for`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from bot.sandbox.block_kit.stored import stored
from bot.sandbox.slack.notifications import rings, shown_text

Json = dict[str, Any]

TEAM, OTHER_TEAM = "T0SANDBOX", "T0ELSEWHR"
TEAM_DOMAIN, OTHER_DOMAIN = "sandbox", "elsewhere"
APP, BOT_USER, BOT = "A0NEWHIRE", "U0BOT0001", "B0BOT0001"
BOT_NAME = "newhire"
EVERYBODYS = ("C0GENERAL", "C0PEOPLE1", "C0QUIET01")


class Refused(Exception):
    """Slack says no: becomes `{"ok": false, "error": ..., **more}`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


def person(user: str, name: str, real_name: str, locale: str = "en-US", **what: Any) -> Json:
    """A user object; `what` adds or replaces its keys, `profile` adds to its profile."""
    profile = {
        "real_name": real_name,
        "display_name": real_name,
        "email": f"{name}@example.com",
        "title": "",
        "phone": "",
    } | what.pop("profile", {})
    return {
        "id": user,
        "team_id": TEAM,
        "name": name,
        "deleted": False,
        "real_name": real_name,
        "tz": "Asia/Shanghai",
        "tz_label": "China Standard Time",
        "tz_offset": 28800,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "is_email_confirmed": True,
        "updated": 1700000000,
        "locale": locale,
    } | what


def channel(channel: str, name: str, members: set[str], *, private: bool = False) -> Json:
    """A conversation object of a channel that everybody in `members` is in."""
    return {
        "id": channel,
        "name": name,
        "is_channel": not private,
        "is_group": private,
        "is_im": False,
        "is_mpim": False,
        "is_private": private,
        "is_archived": False,
        "context_team_id": TEAM,
        "created": 1700000000,
        "members": members,
    }


def _people() -> list[Json]:
    return [
        person("U0ALICE01", "alice", "Alice Chen", is_admin=True),
        person("U0LINA001", "lina", "李娜", "zh-CN", is_admin=True, profile={"display_name": "Li Na"}),
        person("U0MAX0001", "max", "Max Weber"),
        person("U0OWEN001", "owen", "Owen Park", is_admin=True, is_owner=True, is_primary_owner=True),
        person("U0GUEST01", "gita", "Gita Guest", is_restricted=True),
        person("U0STRAN01", "sam", "Sam Stranger", team_id=OTHER_TEAM, is_stranger=True),
        person("U0NEWBIE1", "zhang.wei", "Zhang Wei", profile={"display_name": "张伟", "title": "Engineer"}),
        person(BOT_USER, BOT_NAME, "New Hire Accounts", is_bot=True, profile={"bot_id": BOT, "api_app_id": APP}),
    ]


class Workspace:
    """People, channels and messages, and the few things Slack does with them.

    `notifications` has one {"user", "channel", "ts", "text", "at"} for each time that somebody was rung up."""

    def __init__(self) -> None:
        self.users: dict[str, Json] = {user["id"]: user for user in _people()}
        everybody = set(self.users)
        admins = {user["id"] for user in self.users.values() if user["is_admin"]}
        self.channels: dict[str, Json] = {
            found["id"]: found
            for found in (
                channel("C0GENERAL", "general", set(everybody)),
                channel("C0PEOPLE1", "people-ops", set(everybody)),
                channel("C0QUIET01", "announcements", everybody - {BOT_USER}),
                channel("C0ADMINS1", "it-admins", admins | {BOT_USER}, private=True),
            )
        }
        self.groups: dict[str, Json] = {
            "S0PEOPLE1": {
                "id": "S0PEOPLE1",
                "handle": "people-team",
                "name": "People team",
                "date_delete": 0,
                "users": ["U0MAX0001"],
            }
        }
        self.messages: defaultdict[str, list[Json]] = defaultdict(list)
        self.notifications: list[Json] = []
        self._last_ts = 0

    def join(self, user: Json) -> None:
        """Somebody new, who is in the channels that everybody is in."""
        self.users[user["id"]] = user
        for name in EVERYBODYS:
            self.channels[name]["members"].add(user["id"])

    def timestamp(self) -> str:
        """A `ts`: unix seconds with six decimals, never the same twice."""
        self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def direct(self, user: str) -> Json:
        """The direct conversation of the bot with a person, opened if there is none yet."""
        direct_id = "D" + user[1:]
        if direct_id not in self.channels:
            opened = channel(direct_id, "directmessage", {user, BOT_USER}, private=True)
            self.channels[direct_id] = opened | {"is_im": True, "is_group": False, "user": user}
        return self.channels[direct_id]

    def reachable(self, channel_id: str) -> Json:
        """The conversation, if the bot may know that it is there. Raises Refused("channel_not_found")."""
        found = self.channels.get(channel_id)
        if found is None or (found["is_private"] and BOT_USER not in found["members"]):
            raise Refused("channel_not_found")
        return found

    def destination(self, channel_id: str, *, public: bool = False) -> Json:
        """Where the bot may post. A user's id means their direct conversation; `public` is the scope chat:write.public.

        Raises Refused: channel_not_found, is_archived, not_in_channel, cannot_dm_bot."""
        if channel_id in self.users:
            if self.users[channel_id]["is_bot"]:
                raise Refused("cannot_dm_bot")
            return self.direct(channel_id)
        named = [c["id"] for c in self.channels.values() if not c["is_im"] and c["name"] == channel_id.lstrip("#")]
        found = self.reachable(named[0] if named else channel_id)
        if found["is_archived"]:
            raise Refused("is_archived")
        if BOT_USER not in found["members"] and not public:
            raise Refused("not_in_channel")
        return found

    def post(self, channel_id: str, user: str, text: str, blocks: list[Json] | None = None, **more: Any) -> Json:
        """Adds a message, rings up whom it concerns, and returns it; keys of `more` that are None are left out."""
        ts = self.timestamp()
        message: Json = {"type": "message", "user": user, "ts": ts, "text": text, "team": TEAM}
        if user == BOT_USER:
            message |= {"bot_id": BOT, "app_id": APP}
        if blocks is not None:
            message["blocks"] = stored(blocks)
        message |= {key: value for key, value in more.items() if value is not None}
        thread = self.thread(channel_id, message["thread_ts"]) if "thread_ts" in message else []
        self.messages[channel_id].append(message)
        if thread and "ephemeral_for" not in message:
            _count_reply(thread[0], message)
        for reader in sorted(rings(message, self.channels[channel_id], thread, self.groups)):
            self.notifications.append(
                {"user": reader, "channel": channel_id, "ts": ts, "text": shown_text(message), "at": float(ts)}
            )
        return message

    def thread(self, channel_id: str, ts: str) -> list[Json]:
        """A message and the replies to it, oldest first. Raises Refused("thread_not_found")."""
        found = [m for m in self.messages[channel_id] if ts in (m["ts"], m.get("thread_ts")) and not _is_private(m)]
        if not found or found[0]["ts"] != ts:
            raise Refused("thread_not_found")
        return found

    def readable(self, user: str, channel_id: str, ts: str) -> Json:
        """A message as far as a person can see it. Raises Refused("message_not_found")."""
        message, place = self.message(channel_id, ts), self.channels[channel_id]
        hidden = place["is_private"] and user not in place["members"]
        if hidden or message.get("ephemeral_for", user) != user:
            raise Refused("message_not_found")
        return message

    def message(self, channel_id: str, ts: str) -> Json:
        """One message, ephemeral ones included. Raises Refused("message_not_found")."""
        for message in self.messages[channel_id]:
            if message["ts"] == ts:
                return message
        raise Refused("message_not_found")


def _is_private(message: Json) -> bool:
    return "ephemeral_for" in message


def _count_reply(parent: Json, reply: Json) -> None:
    """What Slack writes on the message that a thread hangs on."""
    repliers = parent.get("reply_users", [])
    repliers = repliers if reply["user"] in repliers else [*repliers, reply["user"]]
    parent |= {
        "thread_ts": parent["ts"],
        "reply_count": parent.get("reply_count", 0) + 1,
        "reply_users": repliers,
        "reply_users_count": len(repliers),
        "latest_reply": reply["ts"],
    }
    reply["parent_user_id"] = parent["user"]
