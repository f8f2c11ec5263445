"""Lists of requests as Slack blocks: every state, in both languages, with texts that mean harm and pages that are full."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outcome import Account
from bot.request import Action, Cause, Health, Listed, Listing, MessageRef, Person, Standing
from bot.sandbox.block_kit import check_home, check_message
from bot.slack import lists
from bot.slack.lists import Everything, HomeState, Reader
from bot.store.overview import EVERY
from tests.people import words
from tests.regenerate import configured, own
from tests.test_messages import HOSTILE, PHONE, PROVIDERS

LANGUAGES = ["en", "zh"]
NOW = 1_800_000_000.0
ALL_ACTIONS = get_args(Action)


def reader(lang: str = "en", user: str = "U0ALICE01") -> Reader:
    return Reader(user, lang, NOW, "https://acme.slack.com/", PROVIDERS)


def listed(text: str = "Zhang Wei", kind: str | None = "Created", **changes: Any) -> Listed:
    """A request in which every text is this one, with every button that there is."""
    made = None if kind is None else Account(provider="tencent", account=text, name=text, phone=PHONE)
    known: dict[str, Any] = {
        "handle": "a" * 24, "provider": "tencent", "person": Person(name=text, account=text, requester_name=text),
        "requester": "U0ALICE01", "accepted_at": NOW - 7200.0, "kind": kind, "account": made,
        "ref": MessageRef(channel="C0PEOPLE1", ts="1800000000.000100"), "standing": Standing(offers=ALL_ACTIONS),
    }  # fmt: skip
    return Listed(**{**known, **changes})


def full(text: str, many: int, kind: str | None = "Created") -> Listing:
    return Listing(rows=(listed(text, kind),) * many, newer="newer:1.0:a", older="older:1.0:a")


def everything(text: str = "Zhang Wei", kind: str | None = "Created") -> Everything:
    troubles = tuple((cause, NOW) for cause in get_args(Cause))
    health = [Health(provider=key, succeeded_at=NOW, failed_at=NOW, waiting=3, troubles=troubles) for key in PROVIDERS]
    return Everything(full(text, lists.HOME_ALL_PAGE, kind), health, dict.fromkeys(PROVIDERS, "2 of 50 licences left"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE)
def test_full_pages_of_hostile_texts_are_what_slack_takes(lang: str, text: str) -> None:
    home = lists.home(reader(lang), HomeState(state="failed", provider="huawei"), full(text, 5), everything(text))
    assert check_home(home) == []
    assert len(json.dumps(home)) < 250_000
    page = lists.status(reader(lang), full(text, lists.A_PAGE), "status.all")
    found = lists.status(reader(lang), full(text, lists.A_PAGE), "status.own", query=text)
    nothing = lists.status(reader(lang), Listing(), "status.own", query=text)
    for message in (page, found, nothing):
        assert check_message(message["blocks"]) == []
        assert "<!" not in words(message)
        # Whoever asked, where nothing of their name can be seen.
        assert "<@" not in words(message).replace("<@U0ALICE01>", "")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", EVERY)
def test_every_state_has_its_words(lang: str, kind: str | None) -> None:
    said = words(lists.status(reader(lang), Listing(rows=(listed(kind=kind),)), "status.own"))
    assert "Zhang Wei" in said
    assert {"en": "2 hours ago", "zh": "2 小时前"}[lang] in said
    assert {"en": "Requested by Zhang Wei", "zh": "申请人：Zhang Wei"}[lang] in said
    assert PHONE not in said
    assert "https://acme.slack.com/archives/C0PEOPLE1/p1800000000000100" in said


def test_a_phone_that_was_looked_for_is_masked() -> None:
    for listing in (Listing(), full("x", 1)):
        said = words(lists.status(reader(), listing, "status.all", query="138 0013 8000"))
        assert "138****8000" in said
        assert "0013" not in said


def test_nobody_is_led_to_a_conversation_that_they_cannot_read() -> None:
    ref = MessageRef(channel="D0ALICE01", ts="1.2")
    assert "archives" in str(lists.entries(reader(), [listed(ref=ref)]))
    assert "archives" not in str(lists.entries(reader(user="U0LINA001"), [listed(ref=ref)]))


def test_a_request_of_which_little_is_known_is_shown_all_the_same() -> None:
    bare = listed(kind=None, person=Person(), account=None, ref=None, standing=Standing(), provider="acme")
    said = words({"blocks": lists.entries(reader(), [bare])})
    assert "*?* · acme: in progress" in said
    assert "<@U0ALICE01>" in said  # as a name: a mention in what one person sees rings nobody up


def test_an_account_that_was_disabled_since_says_so() -> None:
    account = Account(provider="tencent", account="zhangwei", name="Zhang Wei", state="disabled")
    assert "account disabled" in words({"blocks": lists.entries(reader(), [listed(account=account)])})


def test_a_member_sees_neither_filters_nor_how_the_providers_do() -> None:
    home = lists.home(reader(), HomeState(), Listing(), None)
    assert "You have no requests yet" in words(home)
    assert "All requests" not in words(home)
    assert "working" not in words(home)
    assert check_home(home) == check_home(lists.closed_home("Who may: you not.")) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_admins_read_how_each_provider_does(lang: str) -> None:
    health = [
        Health(provider="tencent"),
        Health(provider="huawei", failed_at=NOW, waiting=2, troubles=(("down", NOW),)),
    ]
    said = words(lists.home(reader(lang), HomeState(), Listing(), Everything(Listing(), health, {})))
    assert {"en": "*Tencent Meeting* is working", "zh": "*腾讯会议* 运行正常"}[lang] in said
    assert {"en": "*Huawei Cloud Meeting* isn't responding", "zh": "*华为云会议* 无响应"}[lang] in said
    assert {"en": "Waiting: 2", "zh": "等待中：2"}[lang] in said


def test_many_providers_and_one_fit_as_well() -> None:
    crowd = {f"acme{number}": configured(own()["tencent"]) for number in range(120)}
    health = [Health(provider=key) for key in crowd]
    for providers in (crowd, {"tencent": PROVIDERS["tencent"]}):
        shown = Reader("U0ALICE01", "en", NOW, "https://acme.slack.com/", providers)
        home = lists.home(shown, HomeState(), full("x", 5), Everything(full("x", 10), health, {}))
        assert check_home(home) == []


@given(st.builds(HomeState, *[st.text(max_size=50)] * 4))
def test_what_was_chosen_is_remembered(state: HomeState) -> None:
    assert HomeState.read({"private_metadata": state.write()}) == state


@pytest.mark.parametrize("kept", ["", "no json", "[]", "3", '{"own": 3, "elsewhere": "x"}'])
def test_what_is_not_ours_is_forgotten(kept: str) -> None:
    assert HomeState.read({"private_metadata": kept}) == HomeState()
