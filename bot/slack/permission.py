"""Who may ask for an account.

NEWHIRE_ALLOWED lists user ids and user-group ids; empty means the workspace's admins and owners. Guests, people of other
workspaces and bots never may. Slack is asked each time; group members are remembered for a minute (a Tier 2 method).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.words import Language, say
from bot.slack.words import language as spoken

log = logging.getLogger(__name__)

GROUP_SECONDS = 60.0
LANGUAGES_KEPT = 10_000


@dataclass(frozen=True)
class Verdict:
    """`refusal` is the sentence for the person, None when they may."""

    language: Language
    refusal: str | None = None


class Permission:
    """Asks Slack who somebody is."""

    def __init__(self, allowed: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._users = {item for item in allowed if item[0] in "UW"}
        self._groups = [item for item in allowed if item[0] == "S"]
        self._clock = clock
        self._members: dict[str, tuple[float, set[str]]] = {}
        self._languages: dict[str, Language] = {}

    async def verdict(self, client: AsyncWebClient, user_id: str, team_id: str | None) -> Verdict:
        """May this user ask? `team_id` is the bot's own workspace. Slack's silence is a refusal for now, and says so."""
        try:
            user = await profile(client, user_id)
            lang = self._languages[user_id] = spoken(user.get("locale"))
            if outsider(user, team_id):
                return self._refuse(user_id, lang, "refused.outsider")
            if not await self._listed(client, user):
                return self._refuse(user_id, lang, "refused")
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("Slack did not say who %s is: %s", user_id, type(error).__name__)
            lang = self._languages.get(user_id, "en")
            return Verdict(lang, say(lang, "unchecked"))
        finally:
            if len(self._languages) > LANGUAGES_KEPT:
                self._languages.clear()
        return Verdict(lang)

    async def language(self, client: AsyncWebClient, user_id: str) -> Language:
        """The language of somebody who was seen a moment ago; Slack is asked only if not."""
        if user_id not in self._languages:
            await self.verdict(client, user_id, None)
        return self._languages.get(user_id, "en")

    def whom_to_ask(self, lang: str) -> str:
        """Who may, as a sentence with mentions."""
        who = [f"<@{user}>" for user in sorted(self._users)] + [f"<!subteam^{group}>" for group in self._groups]
        return say(lang, "allowed.list", who=", ".join(who[:20])) if who else say(lang, "allowed.admins")

    def _refuse(self, user_id: str, lang: Language, key: str) -> Verdict:
        log.info("refused %s: %s", user_id, key)
        return Verdict(lang, say(lang, key, allowed=self.whom_to_ask(lang)))

    async def _listed(self, client: AsyncWebClient, user: dict[str, Any]) -> bool:
        if not self._users and not self._groups:
            return bool(user.get("is_admin") or user.get("is_owner"))
        if user["id"] in self._users:
            return True
        silent: SlackApiError | None = None
        for group in self._groups:
            try:
                if user["id"] in await self._group(client, group):
                    return True
            except SlackApiError as error:
                # A group that was deleted must not keep the members of the others out.
                log.warning("Slack did not say who is in the group %s: %s", group, error.response.get("error"))
                silent = error
        if silent is not None:
            raise silent
        return False

    async def _group(self, client: AsyncWebClient, group: str) -> set[str]:
        read, members = self._members.get(group, (float("-inf"), set()))
        if self._clock() - read > GROUP_SECONDS:
            answer = await client.usergroups_users_list(usergroup=group)
            members = set(answer["users"])
            self._members[group] = (self._clock(), members)
        return members


async def profile(client: AsyncWebClient, user_id: str) -> dict[str, Any]:
    """The user as `users.info` gives them, with the locale. Raises SlackApiError."""
    answer = await client.users_info(user=user_id, include_locale=True)
    found: dict[str, Any] = answer["user"]
    return found


def outsider(user: dict[str, Any], team_id: str | None) -> bool:
    """Guests, strangers from shared channels, bots, and people who have left."""
    never = ("deleted", "is_bot", "is_app_user", "is_restricted", "is_ultra_restricted", "is_stranger")
    teams = {user.get("team_id"), *((user.get("enterprise_user") or {}).get("teams") or [])}
    return any(user.get(mark) for mark in never) or (team_id is not None and team_id not in teams)
