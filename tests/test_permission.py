"""Who may ask: Slack says who somebody is, NEWHIRE_ALLOWED or Slack's own roles say whether they may."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.permission import Permission, Verdict

TEAM = "T0SANDBOX"
NOBODY = "You don't have permission to create accounts."
OUTSIDER = "Only full members of this workspace can use /newhire. Ask a colleague who is one to request the account."
UNCHECKED = "We couldn't check your permissions with Slack, so no form was opened. Try again in a minute."


@dataclass
class Slack:
    """Answers the two methods that are asked, or raises `trouble`."""

    user: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    trouble: Exception | None = None
    group_trouble: str | None = None
    silent: bool = False
    silent_groups: bool = False
    calls: list[str] = field(default_factory=list)

    async def users_info(self, *, user: str, include_locale: bool) -> dict[str, Any]:
        self.calls.append("users.info")
        assert include_locale
        if self.silent:
            await asyncio.Event().wait()
        if self.trouble:
            raise self.trouble
        return {"ok": True, "user": {"id": user, "team_id": TEAM, "locale": "en-US"} | self.user}

    async def usergroups_users_list(self, *, usergroup: str) -> dict[str, Any]:
        self.calls.append(usergroup)
        if self.silent_groups:
            await asyncio.Event().wait()
        if self.group_trouble or usergroup not in self.groups:
            raise SlackApiError("", {"ok": False, "error": self.group_trouble or "no_such_subteam"})
        return {"ok": True, "users": self.groups[usergroup]}


async def ask(
    slack: Slack, permission: Permission | None = None, user: str = "U0ALICE01", *, anew: bool = False
) -> Verdict:
    return await (permission or Permission([])).verdict(cast(AsyncWebClient, slack), user, TEAM, anew=anew)


# --- what they are called


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"real_name": "Li Na", "profile": {"display_name": "李娜", "real_name": "Li Na"}}, "李娜"),
        ({"real_name": "Li Na", "profile": {"display_name": "", "real_name": "Li Na"}}, "Li Na"),
        ({"real_name": "Li Na", "profile": {"display_name": "\u200b \u3164"}}, "Li Na"),
        ({"real_name": "Li Na"}, "Li Na"),
        ({"profile": {"display_name": "\u202eLi\nNa"}}, "Li Na"),
        ({"profile": {"display_name": "李娜 13800138000"}}, ""),
        ({"profile": "none"}, ""),
        ({}, ""),
    ],
)
async def test_people_are_called_as_slack_shows_them(user: dict[str, Any], name: str) -> None:
    assert (await ask(Slack(user | {"is_admin": True}), anew=True)).name == name


async def test_no_name_is_remembered() -> None:
    permission, slack = Permission([]), Slack({"is_admin": True, "profile": {"display_name": "Li Na"}})
    assert (await ask(slack, permission, anew=True)).name == "Li Na"
    assert "Li Na" not in repr(vars(permission))
    assert await ask(slack, permission) == Verdict("en", admin=True)
    assert slack.calls == ["users.info"]


# --- without a list


@pytest.mark.parametrize("role", ["is_admin", "is_owner", "is_primary_owner"])
async def test_admins_and_owners_may(role: str) -> None:
    # Slack gives a primary owner the other two roles as well.
    roles = {role: True, "is_admin": True}
    assert await ask(Slack(roles)) == Verdict("en", admin=True)


async def test_a_member_may_not_and_reads_whom_to_ask() -> None:
    refusal = (await ask(Slack({"is_admin": False}))).refusal
    assert refusal == f"{NOBODY} A workspace admin or owner can do it for you."


async def test_a_refusal_is_in_the_language_of_the_person() -> None:
    verdict = await ask(Slack({"locale": "zh-CN"}))
    assert verdict == Verdict("zh", "您没有创建账号的权限，请联系工作区管理员或所有者代为办理。")


async def test_a_refusal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot.slack.permission")
    await ask(Slack())
    assert caplog.messages == ["refused U0ALICE01: not allowed"]


# --- who never may


@pytest.mark.parametrize(
    "mark",
    ["is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "is_app_user", "deleted"],
)
@pytest.mark.parametrize("allowed", [[], ["U0ALICE01"]], ids=["an admin", "listed"])
async def test_guests_strangers_bots_and_people_who_left_never_may(mark: str, allowed: list[str]) -> None:
    verdict = await ask(Slack({mark: True, "is_admin": True}), Permission(allowed))
    assert verdict.refusal == OUTSIDER


@pytest.mark.parametrize("allowed", [[], ["U0ALICE01"]], ids=["an admin", "listed"])
async def test_people_of_another_workspace_never_may(allowed: list[str]) -> None:
    verdict = await ask(Slack({"team_id": "T0OTHER", "is_admin": True}), Permission(allowed))
    assert verdict.refusal == OUTSIDER


async def test_a_workspace_of_the_same_enterprise_is_no_other_one() -> None:
    user = {"team_id": "E0GRID", "enterprise_user": {"teams": ["T0OTHER", TEAM]}, "is_admin": True}
    assert await ask(Slack(user)) == Verdict("en", admin=True)


# --- with a list


async def test_who_is_listed_may_without_being_an_admin() -> None:
    assert await ask(Slack(), Permission(["U0ALICE01", "U0LINA001"])) == Verdict("en")


async def test_with_a_list_an_admin_who_is_not_on_it_may_not() -> None:
    slack = Slack({"is_admin": True}, groups={"S0PEOPLE1": ["U0MAX0001"]})
    assert (await ask(slack, Permission(["U0LINA001", "S0PEOPLE1"]))).refusal is not None


@pytest.mark.parametrize(
    ("allowed", "en", "zh"),
    [
        ([], "Workspace admins and owners can use it.", "可使用者：工作区管理员和所有者。"),
        (
            ["U0LINA001", "S0PEOPLE1"],
            "Who can use it: <@U0LINA001>, <!subteam^S0PEOPLE1>.",
            "可使用者：<@U0LINA001>、<!subteam^S0PEOPLE1>。",
        ),
    ],
    ids=["admins", "listed"],
)
def test_the_help_says_who_may(allowed: list[str], en: str, zh: str) -> None:
    assert Permission(allowed).who_may("en") == en
    assert Permission(allowed).who_may("zh") == zh


async def test_a_refusal_names_those_who_may() -> None:
    permission = Permission(["U0LINA001", "S0PEOPLE1"])
    verdict = await ask(Slack({"is_admin": True}, {"S0PEOPLE1": []}), permission)
    assert verdict.refusal == f"{NOBODY} One of these people can do it for you: <@U0LINA001>, <!subteam^S0PEOPLE1>."


async def test_members_of_a_listed_group_may() -> None:
    slack = Slack(groups={"S0PEOPLE1": ["U0MAX0001", "U0ALICE01"]})
    assert await ask(slack, Permission(["S0PEOPLE1"])) == Verdict("en")


async def test_a_group_that_was_deleted_does_not_keep_the_members_of_another_out() -> None:
    slack = Slack(groups={"S0PEOPLE1": ["U0ALICE01"]})
    assert await ask(slack, Permission(["S0GONE", "S0PEOPLE1"])) == Verdict("en")


async def test_the_members_of_a_group_are_remembered_for_a_minute() -> None:
    now = [1000.0]
    slack, permission = Slack(groups={"S0PEOPLE1": ["U0ALICE01"]}), Permission(["S0PEOPLE1"], clock=lambda: now[0])
    for _ in range(3):
        await ask(slack, permission)
        now[0] += 30
    assert slack.calls.count("S0PEOPLE1") == 1
    await ask(slack, permission)
    assert slack.calls.count("S0PEOPLE1") == 2


async def test_who_leaves_a_group_may_no_longer_after_a_minute() -> None:
    now = [1000.0]
    slack, permission = Slack(groups={"S0PEOPLE1": ["U0ALICE01"]}), Permission(["S0PEOPLE1"], clock=lambda: now[0])
    assert (await ask(slack, permission)).refusal is None
    slack.groups["S0PEOPLE1"] = []
    now[0] += 61
    assert (await ask(slack, permission)).refusal is not None


async def test_who_somebody_is_is_remembered_for_a_minute() -> None:
    now = [1000.0]
    slack, permission = Slack({"is_admin": True}), Permission([], clock=lambda: now[0])
    assert (await ask(slack, permission)).refusal is None
    slack.user = {"is_admin": False}
    now[0] += 59
    assert (await ask(slack, permission)).refusal is None
    assert slack.calls == ["users.info"]
    now[0] += 2
    assert (await ask(slack, permission)).refusal is not None


async def test_where_it_counts_slack_is_asked_anew_and_that_is_remembered_too() -> None:
    slack, permission = Slack({"is_admin": True}), Permission([])
    assert (await ask(slack, permission)).refusal is None
    slack.user = {"is_admin": False}
    assert (await ask(slack, permission, anew=True)).refusal is not None
    assert (await ask(slack, permission)).refusal is not None
    assert slack.calls == ["users.info"] * 2


async def test_who_may_not_ask_costs_one_call_a_minute_however_often_they_try() -> None:
    slack, permission = Slack({"is_admin": False}), Permission([])
    assert len({(await ask(slack, permission)).refusal for _ in range(60)}) == 1
    assert slack.calls == ["users.info"]


async def test_one_persons_answer_is_not_anothers() -> None:
    slack, permission = Slack({"is_admin": True}), Permission([])
    assert (await ask(slack, permission)).refusal is None
    slack.user = {"is_admin": False}
    assert (await ask(slack, permission, "U0LINA001")).refusal is not None


async def test_nothing_personal_is_remembered() -> None:
    slack, permission = Slack({"is_admin": True, "profile": {"email": "x@y.zz"}, "name": "zhang"}), Permission([])
    await ask(slack, permission)
    assert "x@y.zz" not in repr(vars(permission))
    assert "zhang" not in repr(vars(permission))


async def test_a_crowd_is_forgotten_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.permission.MOST_REMEMBERED", 2)
    slack, permission = Slack({"is_admin": True}), Permission([])
    for number in range(5):
        await ask(slack, permission, f"U{number}")
    assert all(len(each) <= 2 for each in (permission._seen, permission._languages))


# --- when Slack is no help


@pytest.mark.parametrize(
    "trouble",
    [
        SlackApiError("", {"ok": False, "error": "internal_error"}),
        SlackApiError("", {"ok": False, "error": "ratelimited"}),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_without_slacks_word_nobody_may_for_now_and_they_read_so(trouble: Exception) -> None:
    assert await ask(Slack({"is_admin": True}, trouble=trouble)) == Verdict("en", UNCHECKED, unchecked=True)


async def test_trouble_is_not_remembered() -> None:
    slack, permission = Slack({"is_admin": True}, trouble=TimeoutError()), Permission([])
    assert (await ask(slack, permission)).unchecked
    slack.trouble = None
    assert (await ask(slack, permission)).refusal is None


async def test_a_silent_slack_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.permission.PATIENCE_SECONDS", 0.01)
    slack = Slack({"is_admin": True}, silent=True)
    assert (await asyncio.wait_for(ask(slack), 5)).unchecked
    slack = Slack(silent_groups=True)
    assert (await asyncio.wait_for(ask(slack, Permission(["S0PEOPLE1"])), 5)).unchecked


@pytest.mark.parametrize("user", [None, [], {"no": "id"}])
async def test_an_answer_without_a_person_is_no_answer(user: object, monkeypatch: pytest.MonkeyPatch) -> None:
    async def users_info(**_: object) -> dict[str, Any]:
        return {"ok": True, "user": user}

    slack = Slack()
    monkeypatch.setattr(slack, "users_info", users_info)
    assert (await ask(slack, Permission(["U0ALICE01"]))).refusal is not None


# --- groups that are gone


@pytest.mark.parametrize("code", ["no_such_subteam", "plan_upgrade_required", "a_word_of_tomorrow"])
async def test_nobody_is_in_a_group_that_is_gone_and_the_admins_hear_of_it_once(
    code: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[tuple[str, str]] = []
    now = [1000.0]
    permission = Permission(["U0LINA001", "S0GONE"], clock=lambda: now[0], on_trouble=lambda *said: heard.append(said))
    slack = Slack(group_trouble=code)
    for _ in range(3):
        verdict = await ask(slack, permission)
        assert verdict.refusal == f"{NOBODY} One of these people can do it for you: <@U0LINA001>, <!subteam^S0GONE>."
        assert not verdict.unchecked
        now[0] += 61
    assert (await ask(slack, permission, "U0LINA001")).refusal is None
    assert heard == [("S0GONE", code)]
    assert [line for line in caplog.messages if "S0GONE" in line] == [
        f"the user group S0GONE of NEWHIRE_ALLOWED lets nobody in: Slack says {code}"
    ]


async def test_a_group_that_came_back_and_goes_again_is_told_again() -> None:
    heard: list[str] = []
    now = [1000.0]
    permission = Permission(["S0PEOPLE1"], clock=lambda: now[0], on_trouble=lambda group, code: heard.append(group))
    slack = Slack(group_trouble="no_such_subteam")
    await ask(slack, permission)
    now[0] += 61
    slack.group_trouble, slack.groups = None, {"S0PEOPLE1": ["U0ALICE01"]}
    assert (await ask(slack, permission)).refusal is None
    now[0] += 61
    slack.group_trouble = "no_such_subteam"
    assert (await ask(slack, permission)).refusal is not None
    assert heard == ["S0PEOPLE1", "S0PEOPLE1"]


@pytest.mark.parametrize("code", ["internal_error", "ratelimited", "missing_scope"])
async def test_while_slack_does_not_say_who_is_in_a_group_nobody_in_it_may_for_now(code: str) -> None:
    assert (await ask(Slack(group_trouble=code), Permission(["S0PEOPLE1"]))).refusal == UNCHECKED


async def test_a_group_whose_answer_has_no_members_did_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(**_: object) -> dict[str, Any]:
        return {"ok": True, "users": None}

    slack = Slack()
    monkeypatch.setattr(slack, "usergroups_users_list", nothing)
    assert (await ask(slack, Permission(["S0PEOPLE1"]))).refusal == UNCHECKED


async def test_a_language_that_was_heard_once_is_still_known_when_slack_is_silent() -> None:
    slack, permission = Slack({"is_admin": True, "locale": "zh-CN"}), Permission([])
    await ask(slack, permission)
    slack.trouble = TimeoutError()
    verdict = await ask(slack, permission, anew=True)
    assert verdict == Verdict("zh", "暂时无法向 Slack 核实您的权限，未打开表单，请稍后再试。", unchecked=True)


async def test_the_language_of_somebody_who_was_just_seen_costs_no_call() -> None:
    slack, permission = Slack({"is_admin": True, "locale": "zh-CN"}), Permission([])
    await ask(slack, permission)
    assert await permission.language(cast(AsyncWebClient, slack), "U0ALICE01") == "zh"
    assert slack.calls == ["users.info"]
    assert await permission.language(cast(AsyncWebClient, slack), "U0LINA001") == "zh"
    assert slack.calls == ["users.info"] * 2
