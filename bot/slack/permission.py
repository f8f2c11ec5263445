"""Who may ask for an account.

NEWHIRE_ALLOWED lists user ids and user-group ids; empty means the workspace's admins and owners. Guests, people of other
workspaces and bots never may. Who somebody is and who is in a group is remembered for a minute, so a removal counts within
that minute, and one who may not ask costs no call each time; where it counts, Slack is asked anew.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import characters
from bot.slack.errors import BROKEN, TROUBLES, SlackTrouble, trouble
from bot.slack.words import Language, enumerated, say
from bot.slack.words import language as spoken

log = logging.getLogger(__name__)

REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 10_000
PATIENCE_SECONDS = 1.2
"""Somebody waits before a trigger that lives three seconds, or before a form that wants its acknowledgement."""

NEVER = ("deleted", "is_bot", "is_app_user", "is_restricted", "is_ultra_restricted", "is_stranger")
KEPT = (*NEVER, "id", "team_id", "enterprise_user", "locale", "is_admin", "is_owner")
"""Of `users.info` what is remembered: nothing that people would call personal. A name is used while it is fresh."""

User = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """`refusal` is the sentence for the person, None when they may; `unchecked`: only for now, Slack did not say.

    `admin`: one of the workspace's admins or owners. `name` is how Slack shows them, where it was just asked (`anew`); else
    empty.
    """

    language: Language
    refusal: str | None = None
    unchecked: bool = False
    admin: bool = False
    name: str = ""


def only_logged(group: str, code: str) -> None:
    """What becomes of a group in trouble when nobody else is to hear of it."""


class Permission:
    """Asks Slack who somebody is. `on_trouble` hears once of a group of NEWHIRE_ALLOWED that Slack does not know."""

    def __init__(
        self,
        allowed: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
        on_trouble: Callable[[str, str], None] = only_logged,
    ) -> None:
        self._users = {item for item in allowed if item[0] in "UW"}
        self._groups = [item for item in allowed if item[0] == "S"]
        self._clock, self._on_trouble = clock, on_trouble
        self._seen: dict[str, tuple[float, User]] = {}
        self._members: dict[str, tuple[float, set[str]]] = {}
        self._troubled: set[str] = set()
        self._languages: dict[str, Language] = {}

    async def verdict(
        self, client: AsyncWebClient, user_id: str, team_id: str | None, *, anew: bool = False
    ) -> Verdict:
        """May this user ask? `team_id` is the bot's own workspace. `anew`: whatever is remembered of them.

        Never takes longer than PATIENCE_SECONDS. Slack's silence is a refusal for now, and says so.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                user = await self._user(client, user_id, anew)
                lang = self._languages[user_id] = spoken(user.get("locale"))
                if outsider(user, team_id):
                    return self._refuse(user_id, lang, "an outsider", say(lang, "refused.outsider"))
                if not await self._listed(client, user):
                    said = self._naming(lang, listed="refused.listed", admins="refused.admins")
                    return self._refuse(user_id, lang, "not allowed", said)
        except TROUBLES as error:
            log.warning("Slack did not say who %s is: %s", user_id, trouble(error).reason)
            lang = self._languages.get(user_id, "en")
            return Verdict(lang, say(lang, "unchecked"), unchecked=True)
        finally:
            self._forget()
        return Verdict(lang, admin=_is_admin(user), name=shown_name(user))

    async def only(self, client: AsyncWebClient, user_id: str) -> bool:
        """Whether they are the only one who may, of those who are listed. Raises SlackTrouble."""
        if not self._users and not self._groups:
            return False  # the workspace's admins and owners, and Slack lets no workspace have fewer than one
        members = [await self._group(client, group) for group in self._groups]
        return self._users.union(*members) == {user_id}

    async def language(self, client: AsyncWebClient, user_id: str) -> Language:
        """The language of somebody who was seen a moment ago; Slack is asked only if not."""
        if user_id not in self._languages:
            await self.verdict(client, user_id, None)
        return self._languages.get(user_id, "en")

    def who_may(self, lang: str) -> str:
        """Who may, as a sentence with mentions."""
        return self._naming(lang, listed="help.listed", admins="help.admins")

    def _naming(self, lang: str, *, listed: str, admins: str) -> str:
        who = [f"<@{user}>" for user in sorted(self._users)] + [f"<!subteam^{group}>" for group in self._groups]
        return say(lang, listed, who=enumerated(lang, who[:20])) if who else say(lang, admins)

    def _refuse(self, user_id: str, lang: Language, why: str, said: str) -> Verdict:
        log.info("refused %s: %s", user_id, why)
        return Verdict(lang, said)

    async def _user(self, client: AsyncWebClient, user_id: str, anew: bool) -> User:
        read, user = self._seen.get(user_id, (float("-inf"), {}))
        if anew or self._clock() - read > REMEMBERED_SECONDS:
            user = await profile(client, user_id)
            self._seen[user_id] = (self._clock(), {key: user[key] for key in KEPT if key in user})
        return user

    def _forget(self) -> None:
        for remembered in (self._languages, self._seen):
            if len(remembered) > MOST_REMEMBERED:
                remembered.clear()

    async def _listed(self, client: AsyncWebClient, user: User) -> bool:
        if not self._users and not self._groups:
            return _is_admin(user)
        if user["id"] in self._users:
            return True
        silent: SlackTrouble | None = None
        for group in self._groups:
            try:
                if user["id"] in await self._group(client, group):
                    return True
            except SlackTrouble as error:
                # Its silence must not keep the members of the others out.
                log.warning("Slack did not say who is in the group %s: %s", group, error.reason)
                silent = error
        if silent is not None:
            raise silent
        return False

    async def _group(self, client: AsyncWebClient, group: str) -> set[str]:
        """Its members; nobody is in a group that Slack does not know. Raises SlackTrouble for what may pass."""
        read, members = self._members.get(group, (float("-inf"), set()))
        if self._clock() - read > REMEMBERED_SECONDS:
            members = await self._ask_members(client, group)
            self._members[group] = (self._clock(), members)
        return members

    async def _ask_members(self, client: AsyncWebClient, group: str) -> set[str]:
        try:
            answer = await client.usergroups_users_list(usergroup=group)
            if not isinstance(answer["users"], list):
                raise SlackTrouble("the answer has no users")
        except TROUBLES as error:
            found = trouble(error)
            if not found.passes:
                self._lament(group, str(found.code))
            if found.passes or found.code in BROKEN:
                raise found from None
            # Deleted (no_such_subteam), or no groups in the plan any more (plan_upgrade_required):
            # https://docs.slack.dev/reference/methods/usergroups.users.list, 2026-11. Waiting does not mend it.
            return set()
        self._troubled.discard(group)
        return set(answer["users"])

    def _lament(self, group: str, code: str) -> None:
        if group not in self._troubled:
            self._troubled.add(group)
            log.error("the user group %s of NEWHIRE_ALLOWED lets nobody in: Slack says %s", group, code)
            self._on_trouble(group, code)


async def profile(client: AsyncWebClient, user_id: str) -> dict[str, Any]:
    """The user as `users.info` gives them, with the locale. Raises what a call to Slack may raise."""
    answer = await client.users_info(user=user_id, include_locale=True)
    found = answer["user"]
    if not isinstance(found, dict):
        raise SlackTrouble("the answer has no user")
    return found


def _is_admin(user: User) -> bool:
    return bool(user.get("is_admin") or user.get("is_owner"))


def shown_name(user: User) -> str:
    """What Slack shows people by: the display name, or the real one where none was chosen. Empty for one with a number in it."""
    found = user.get("profile")
    personal = found if isinstance(found, dict) else {}
    names = (personal.get("display_name"), personal.get("real_name"), user.get("real_name"))
    name = next((plain for name in names if (plain := characters.clean(str(name or "")))), "")
    return "" if characters.holds_number(name) else name


def outsider(user: User, team_id: str | None) -> bool:
    """Guests, strangers from shared channels, bots, and people who have left."""
    teams = {user.get("team_id"), *((user.get("enterprise_user") or {}).get("teams") or [])}
    return any(user.get(mark) for mark in NEVER) or (team_id is not None and team_id not in teams)
