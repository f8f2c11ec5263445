"""In whose language a message is, who is named in it, and whether there are admins to be told."""

from __future__ import annotations

from typing import Any, cast

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.batch import Batch, BatchUpdate, Sample, Tally
from bot.onboarding.policy import Policy
from bot.outcome import Account, AlreadyExists, Created, NotAuthorised
from bot.request import Creating, Ended, Final, Incident, MessageRef, Request
from bot.slack.notifier import Notifier
from tests.regenerate import configured, own

PROVIDERS = {key: configured(kind) for key, kind in own().items()}
Json = dict[str, Any]


class Slack:
    """What the notifier asks of slack_sdk's client."""

    def __init__(self) -> None:
        self.posted = list[Json]()

    def chat_postMessage(self, **message: Any) -> Json:
        self.posted.append(message)
        return {"channel": message["channel"], "ts": str(len(self.posted))}

    def notifier(self, admins: str | None = "C0ADMINS1", language: str = "en") -> Notifier:
        return Notifier(cast(WebClient, self), PROVIDERS, admins, Policy(), language)


ASKED = Request(
    id="V1",
    provider="tencent",
    hire={"name": "Zhang Wei", "account": "zhangwei"},
    requester="U0ALICE01",
    requester_name="ali*ce",
    channel="C1",
    accepted_at=0.0,
)


def test_whoever_asked_is_named_and_not_mentioned() -> None:
    slack = Slack()
    slack.notifier().tell(ASKED, None, Creating())
    assert slack.posted[0]["text"].endswith("(requested by ali*\u200bce)")
    assert "<@" not in str(slack.posted)


def test_the_admins_read_their_own_language_whoever_asked() -> None:
    made = Ended(outcome=Created(account=Account(provider="tencent", account="zhangwei", name="Zhang Wei")))
    for language, said in {"en": "requested by", "zh": "已开通："}.items():
        for asked in (ASKED, ASKED.model_copy(update={"language": "zh"})):
            slack = Slack()
            slack.notifier(language=language).alert(asked, None, made)
            assert said in slack.posted[0]["text"]


def test_the_admins_language_is_that_of_an_incident_too() -> None:
    slack = Slack()
    outage = Incident(id="1", provider="tencent", cause="down", since=1795305600.0, affected=2)
    slack.notifier(language="zh").alert(None, None, outage)
    assert slack.posted[0]["text"].startswith("🔴 *腾讯会议无响应。*")


@pytest.mark.parametrize("admins", [None, "C0ADMINS1"])
def test_admins_have_been_told_is_said_only_with_an_admin_channel(admins: str | None) -> None:
    slack = Slack()
    slack.notifier(admins).tell(ASKED, None, Final(outcome=NotAuthorised("tencent", code="190303", words="x").failure))
    assert ("Admins have been told" in str(slack.posted[0]["blocks"])) == (admins is not None)


def test_somebody_elses_account_is_called_by_what_was_typed() -> None:
    slack = Slack()
    theirs = Account(provider="tencent", account="ZhangWei", name="Chen Jie")
    slack.notifier().tell(ASKED, None, Final(outcome=AlreadyExists(account=theirs, differences=("name",))))
    assert "`zhangwei` already exists with a different “Full name”." in str(slack.posted[0]["blocks"])


class OldSlack(Slack):
    """It knows no data_table."""

    def chat_postMessage(self, **message: Any) -> Json:
        if any(block["type"] == "data_table" for block in message["blocks"]):
            raise SlackApiError("refused", {"ok": False, "error": "invalid_blocks"})
        return super().chat_postMessage(**message)

    def chat_update(self, **message: Any) -> Json:
        return self.chat_postMessage(**message)


@pytest.mark.parametrize("ref", [None, MessageRef(channel="D1", ts="1.0")])
def test_a_slack_without_the_newest_table_shows_the_list_all_the_same(ref: MessageRef | None) -> None:
    slack = OldSlack()
    samples = tuple(Sample(line=n, name="Tom", state="ready") for n in range(150))
    batch = Batch(id="B1", provider="tencent", requester="U0ALICE01", given_at=1.0)
    shown = BatchUpdate(batch=batch, state="shown", round=1, tally=Tally(ready=150), samples=samples)
    assert slack.notifier().batch(ref, shown) == (ref or MessageRef(channel="U0ALICE01", ts="1"))
    (message,) = slack.posted
    assert [len(block["rows"]) for block in message["blocks"] if block["type"] == "table"] == [100]
    assert "And 51 more" in str(message["blocks"])
