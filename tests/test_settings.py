"""The environment, or .env, as typed settings: every mistake at once, each in one sentence that says how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.providers.contract import ProviderSettings
from bot.settings import Misconfigured, Settings, load, table
from tests.regenerate import own

KEY = Fernet.generate_key().decode()
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
TENCENT = {"TENCENT_APP_ID": "200000001", "TENCENT_SECRET_ID": "AKID", "TENCENT_SECRET_KEY": "sk"}
HUAWEI = {"HUAWEI_ACCOUNT": "admin", "HUAWEI_PASSWORD": "hw"}
HUAWEI_APP = {"HUAWEI_APP_ID": "app", "HUAWEI_APP_KEY": "key"}
VARIABLES = [name for name, _, _ in table([Settings, *(kind.settings for kind in own().values())])]

Loaded = tuple[Settings, dict[str, ProviderSettings]]
Environment = Callable[..., Loaded]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """Load the settings with nothing in the environment but these variables, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper() in VARIABLES:
            monkeypatch.delenv(name)

    def load_with(**variables: str) -> Loaded:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load(own())

    return load_with


def refused(start: Environment, **variables: str) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        start(**variables)
    return caught.value.sentences


# --- what is enough


def test_two_tokens_and_one_provider_are_enough(start: Environment) -> None:
    settings, providers = start(**SLACK, **TENCENT)
    assert list(providers) == ["tencent"]
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.newhire_database_url == "sqlite:///newhire.sqlite"
    assert (settings.newhire_region, settings.allowed, settings.secret_keys) == ("CN", [], [])


def test_both_providers_at_once(start: Environment) -> None:
    _, providers = start(**SLACK, **TENCENT, **HUAWEI)
    assert sorted(providers) == ["huawei", "tencent"]


@pytest.mark.parametrize("log_in", [HUAWEI, HUAWEI_APP, HUAWEI | HUAWEI_APP], ids=["account", "App ID", "both"])
def test_huawei_takes_either_log_in(start: Environment, log_in: dict[str, str]) -> None:
    _, providers = start(**SLACK, **log_in)
    assert list(providers) == ["huawei"]


def test_an_empty_variable_is_not_set(start: Environment) -> None:
    empty = dict.fromkeys(set(VARIABLES) - SLACK.keys() - TENCENT.keys(), "")
    settings, providers = start(**SLACK, **TENCENT, **empty)
    assert list(providers) == ["tencent"]
    assert settings.newhire_keep_days == 30


def test_a_list_may_have_spaces_and_ends(start: Environment) -> None:
    settings, _ = start(**SLACK, **TENCENT, NEWHIRE_ALLOWED=" U0ALICE01, S0PEOPLE1 ,,")
    assert settings.allowed == ["U0ALICE01", "S0PEOPLE1"]


def test_several_keys_for_rotation(start: Environment) -> None:
    settings, _ = start(**SLACK, **TENCENT, NEWHIRE_SECRET_KEY=f"{KEY},{KEY}")
    assert settings.secret_keys == [KEY, KEY]


@pytest.mark.parametrize("url", ["sqlite:///newhire.sqlite", "postgresql://me@db/newhire", "postgres://me@db/newhire"])
def test_sqlite_and_postgresql(start: Environment, url: str) -> None:
    settings, _ = start(**SLACK, **TENCENT, NEWHIRE_DATABASE_URL=url)
    assert settings.newhire_database_url == url


# --- .env


def test_dotenv_is_read(start: Environment) -> None:
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in (SLACK | HUAWEI).items()))
    settings, providers = start()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert list(providers) == ["huawei"]


def test_the_environment_wins_over_dotenv(start: Environment) -> None:
    Path(".env").write_text("SLACK_BOT_TOKEN=xoxb-old\nNEWHIRE_REGION=DE\n")
    settings, _ = start(**SLACK, **TENCENT)
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.newhire_region == "DE"


def test_an_empty_variable_does_not_hide_dotenv(start: Environment) -> None:
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in (SLACK | TENCENT).items()))
    _, providers = start(**dict.fromkeys(SLACK | TENCENT, ""))
    assert list(providers) == ["tencent"]


def test_what_is_not_ours_in_dotenv_does_not_matter(start: Environment) -> None:
    Path(".env").write_text("SOMETHING_ELSE=1\nexport OTHER='2'\n")
    start(**SLACK, **TENCENT)


# --- what is wrong


def test_every_mistake_at_once(start: Environment) -> None:
    sentences = refused(
        start,
        SLACK_BOT_TOKEN="xapp-wrong-way-round",
        SLACK_API_URL="slack.com/api",
        NEWHIRE_ADMIN_CHANNEL="#it-admins",
        NEWHIRE_ALLOWED="U0ALICE01,alice",
        NEWHIRE_DATABASE_URL="mysql://db",
        NEWHIRE_SECRET_KEY="correct horse",
        NEWHIRE_REGION="China",
        NEWHIRE_PATIENCE_MINUTES="soon",
        NEWHIRE_GIVE_UP_HOURS="inf",
        NEWHIRE_KEEP_DAYS="0",
        TENCENT_APP_ID="my app",
        TENCENT_SECRET_ID="AKID",
        TENCENT_BASE_URL="ftp://tencent",
        HUAWEI_ACCOUNT="admin",
        HUAWEI_API="2020",
        HUAWEI_CALLS_PER_MINUTE="-5",
    )
    begin = [sentence.split()[0] for sentence in sentences]
    assert sorted(begin) == sorted(
        [
            "SLACK_BOT_TOKEN",
            "SLACK_APP_TOKEN",
            "SLACK_API_URL",
            "NEWHIRE_ADMIN_CHANNEL",
            "NEWHIRE_ALLOWED",
            "NEWHIRE_DATABASE_URL",
            "NEWHIRE_SECRET_KEY",
            "NEWHIRE_REGION",
            "NEWHIRE_PATIENCE_MINUTES",
            "NEWHIRE_GIVE_UP_HOURS",
            "NEWHIRE_KEEP_DAYS",
            "TENCENT_APP_ID",
            "TENCENT_SECRET_KEY",
            "TENCENT_BASE_URL",
            "HUAWEI_API",
            "HUAWEI_CALLS_PER_MINUTE",
        ]
    )
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)


def test_a_token_of_the_wrong_kind_is_named_with_the_page_where_the_right_one_is(start: Environment) -> None:
    said = refused(start, SLACK_BOT_TOKEN="xapp-1", SLACK_APP_TOKEN="xoxb-1", **TENCENT)
    assert said == [
        "SLACK_BOT_TOKEN must be the bot token, which starts with xoxb- (OAuth & Permissions page)."
        " It is: Bot token of the Slack app (OAuth & Permissions).",
        "SLACK_APP_TOKEN must be the app-level token, which starts with xapp- (Basic Information page)."
        " It is: App-level token with connections:write (Basic Information).",
    ]


def test_half_a_provider_names_what_is_missing_and_what_is_there(start: Environment) -> None:
    assert refused(start, **SLACK, TENCENT_APP_ID="1", TENCENT_SECRET_ID="AKID") == [
        "TENCENT_SECRET_KEY is not set, though TENCENT_APP_ID, TENCENT_SECRET_ID are. It is: The app's SecretKey (SK)."
    ]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("HUAWEI_ACCOUNT", "HUAWEI_PASSWORD"),
        ("HUAWEI_PASSWORD", "HUAWEI_ACCOUNT"),
        ("HUAWEI_APP_ID", "HUAWEI_APP_KEY"),
        ("HUAWEI_APP_KEY", "HUAWEI_APP_ID"),
    ],
)
def test_half_a_log_in_names_the_other_half(start: Environment, given: str, missing: str) -> None:
    assert refused(start, **SLACK, **{given: "x"}) == [f"{missing} is missing: it belongs to {given}."]


def test_no_log_in_at_all_names_both_ways(start: Environment) -> None:
    (said,) = refused(start, **SLACK, HUAWEI_USER_ID="admin01")
    assert said == (
        "Huawei Cloud Meeting needs HUAWEI_ACCOUNT and HUAWEI_PASSWORD, or HUAWEI_APP_ID and HUAWEI_APP_KEY."
    )


def test_half_a_provider_stops_the_start_though_the_other_is_whole(start: Environment) -> None:
    assert len(refused(start, **SLACK, **HUAWEI, TENCENT_SECRET_ID="AKID")) == 2


def test_without_a_provider_there_is_nothing_to_start(start: Environment) -> None:
    (said,) = refused(start, **SLACK)
    assert said.startswith("No provider is configured: set the credentials of ")
    assert "Tencent Meeting" in said
    assert "Huawei Cloud Meeting" in said


def test_an_address_alone_configures_no_provider(start: Environment) -> None:
    (said,) = refused(start, **SLACK, TENCENT_BASE_URL="https://meeting.example", HUAWEI_API="current")
    assert said.startswith("No provider is configured")


@pytest.mark.parametrize("name", VARIABLES)
def test_no_sentence_repeats_a_value(start: Environment, name: str) -> None:
    """People paste the wrong thing into the wrong place, and the terminal is shared."""
    complete = SLACK | TENCENT | HUAWEI
    free = {"TENCENT_SECRET_ID", "TENCENT_SECRET_KEY", "TENCENT_OPERATOR_ID", "HUAWEI_ACCOUNT", "HUAWEI_PASSWORD"}
    if name in free | {"HUAWEI_CORP_ID", "HUAWEI_USER_ID"}:
        start(**complete | {name: "anything://goes here"})
        return
    said = refused(start, **complete | {name: "hunter2://me:hunter2@hunter2 "})
    assert any(name in sentence for sentence in said)
    assert "hunter2" not in " ".join(said)


@pytest.mark.parametrize("name", [name for name in VARIABLES if name.endswith(("TOKEN", "KEY", "PASSWORD"))])
def test_no_secret_shows_when_settings_are_printed(start: Environment, name: str) -> None:
    secret = {"SLACK_BOT_TOKEN": "xoxb-hunter2", "SLACK_APP_TOKEN": "xapp-hunter2", "NEWHIRE_SECRET_KEY": KEY}.get(
        name, "hunter2"
    )
    settings, providers = start(**(SLACK | TENCENT | HUAWEI | HUAWEI_APP | {name: secret}))
    assert secret not in repr(settings)
    assert secret not in repr(providers)
