"""The environment, or .env, as typed settings: every mistake at once, each in one sentence that says how to mend it."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.providers.contract import Provider, ProviderSettings
from bot.providers.huawei import HuaweiSettings
from bot.settings import Misconfigured, Settings, load, secrets, table
from tests.conftest import tries
from tests.example_provider import Acme
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


def password_of(loaded: Loaded) -> str:
    """Huawei's, as it was read."""
    config = loaded[1]["huawei"]
    assert isinstance(config, HuaweiSettings)
    assert config.password is not None
    return config.password.get_secret_value()


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


# --- as people paste it


@pytest.mark.parametrize("mess", ["{}\n", " {}\t", "\ufeff{}", "{}\r\n", "\u200b{}\u00a0", '"{}"', "'{}'\n", '"{} "'])
@pytest.mark.parametrize(
    "name", [*SLACK, *TENCENT, *HUAWEI, "TENCENT_BASE_URL", "NEWHIRE_REGION", "NEWHIRE_DATABASE_URL"]
)
def test_what_comes_along_at_the_ends_goes(start: Environment, name: str, mess: str) -> None:
    right = SLACK | TENCENT | HUAWEI | {"TENCENT_BASE_URL": "https://a.example", "NEWHIRE_REGION": "DE"}
    right |= {"NEWHIRE_DATABASE_URL": "sqlite:///a.sqlite"}
    assert start(**right | {name: mess.format(right[name])}) == start(**right)


def test_every_value_in_dotenv_is_cleaned_too(start: Environment) -> None:
    Path(".env").write_text("\ufeff" + "".join(f'{name}="  {value}\n"\r\n' for name, value in (SLACK | HUAWEI).items()))
    settings, providers = start()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert providers == start(**HUAWEI)[1]


@pytest.mark.parametrize(
    "password", ["Pa${ss}word1", "Pa$ss", "${HOME}", "$(id)", "a\\b", "a#b", "100%", "a=b", '"', "a'b"]
)
def test_a_password_is_taken_as_it_is_written(start: Environment, password: str) -> None:
    """python-dotenv fills in ${...}, in single quotes too, unless it is told not to."""
    quoted = "'" + password.replace("\\", "\\\\").replace("'", "\\'") + "'"
    for line in [password, quoted][password == '"' :]:
        Path(".env").write_text(f"HUAWEI_PASSWORD={line}\nHUAWEI_ACCOUNT=admin\n")
        assert password_of(start(**SLACK)) == password
    Path(".env").unlink()
    assert password_of(start(**SLACK, HUAWEI_ACCOUNT="a", HUAWEI_PASSWORD=password)) == password


def test_a_region_may_be_written_small(start: Environment) -> None:
    assert start(**SLACK, **TENCENT, NEWHIRE_REGION="cn")[0].newhire_region == "CN"


def test_a_list_may_be_separated_as_people_do(start: Environment) -> None:
    settings, _ = start(**SLACK, **TENCENT, NEWHIRE_ALLOWED="U0ALICE01，S0PEOPLE1; U0LINA001 U0MAX0001")
    assert settings.allowed == ["U0ALICE01", "S0PEOPLE1", "U0LINA001", "U0MAX0001"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "TENCENT_SECRET_ID",
            "AKＩD",
            "holds a full-width character (type it again with the Chinese keyboard off) as character 3 of 4",
        ),
        ("TENCENT_SECRET_KEY", "sеcret", "holds a Cyrillic character as character 2 of 6"),
        ("TENCENT_OPERATOR_ID", "管理员", "holds a Chinese character as character 1 of 3"),
        ("HUAWEI_PASSWORD", "a–b", "holds a dash that is not a plain hyphen as character 2 of 3"),
        ("HUAWEI_PASSWORD", "a\u200bb", "holds an invisible character (U+200B) as character 2 of 3"),
        ("SLACK_BOT_TOKEN", "xoxb‑1", "holds a dash that is not a plain hyphen as character 5 of 6"),
        ("SLACK_BOT_TOKEN", "“xoxb-1”", "stands in curly quotes (“ ”): use straight ones, or none"),
        ("NEWHIRE_DATABASE_URL", "‘sqlite:///a’", "stands in curly quotes (‘ ’): use straight ones, or none"),
        ("SLACK_APP_TOKEN", "xapp-1\n2", "holds a line break after character 6: it must be one line"),
        ("HUAWEI_PASSWORD", "a\x1bb", "holds an invisible character (U+001B) as character 2 of 3"),
        ("HUAWEI_PASSWORD", "a\udcffb", "holds a byte that is not UTF-8 as character 2 of 3"),
        (
            "HUAWEI_BASE_URL",
            "https://ｈuawei.example",
            "holds a full-width character (type it again with the Chinese keyboard off) as character 9 of 22",
        ),
    ],
)
def test_what_cannot_be_right_is_named_by_its_place(start: Environment, name: str, value: str, said: str) -> None:
    assert refused(start, **(SLACK | TENCENT | HUAWEI | {name: value})) == [f"{name} {said}."]


def test_a_file_may_have_any_name(start: Environment) -> None:
    start(**SLACK, **TENCENT, NEWHIRE_DATABASE_URL="sqlite:///数据/新人.sqlite")


# --- files that are not what they seem


@pytest.mark.parametrize(
    ("encoding", "why"),
    [
        ("gbk", "line 1 is in another encoding, like GBK"),
        ("utf-16", "it is UTF-16 now"),
        ("utf-16-le", "it is UTF-16 now"),
        ("utf-16-be", "it is UTF-16 now"),
    ],
)
def test_a_dotenv_in_another_encoding_says_how_to_save_it(start: Environment, encoding: str, why: str) -> None:
    lines = [
        "# 腾讯会议 的凭证",
        *(f"{name}={value}" for name, value in (SLACK | TENCENT).items()),
        "NEWHIRE_KEEP_DAYS=x",
    ]
    Path(".env").write_bytes("\r\n".join(lines).encode(encoding))
    said = refused(start)
    assert said[0] == f"Save .env as UTF-8: {why}."
    assert [sentence.split()[0] for sentence in said[1:]] == ["NEWHIRE_KEEP_DAYS"]


def test_a_single_zero_does_not_make_a_file_utf_16(start: Environment) -> None:
    text = "".join(f"{name}={value}\n" for name, value in (SLACK | HUAWEI).items())
    Path(".env").write_text(text.replace("=hw", "=h\0w"))
    assert refused(start) == ["HUAWEI_PASSWORD holds an invisible character (U+0000) as character 2 of 3."]


def test_blanks_round_the_equals_sign_are_fine(start: Environment) -> None:
    Path(".env").write_text("".join(f"export {name} = {value}  # mine\n" for name, value in (SLACK | HUAWEI).items()))
    assert list(start()[1]) == ["huawei"]


def test_a_dotenv_that_is_a_folder(start: Environment) -> None:
    Path(".env").mkdir()
    assert refused(start, **SLACK, **TENCENT) == [".env is a folder, and should be a file."]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('SLACK_BOT_TOKEN="xoxb-1', "a quote that is not closed, or something behind it"),
        ("SLACK_BOT_TOKEN='xoxb-1' 'x'", "a quote that is not closed, or something behind it"),
        ("SLACK_BOT_TOKEN: xoxb-1", "write NAME=value"),
        ("SLACK_BOT_TOKEN xoxb-1", "write NAME=value"),
        ("SLACK_BOT_TOKEN＝xoxb-1", "write NAME=value"),
        ("set SLACK_BOT_TOKEN=xoxb-1", "write NAME=value"),
        ("SLACK_BOT_TOKEN", "write NAME=value"),
    ],
)
def test_a_line_that_sets_nothing_is_named(start: Environment, line: str, why: str) -> None:
    rest = [f"{name}={value}" for name, value in (SLACK | TENCENT).items() if name != "SLACK_BOT_TOKEN"]
    Path(".env").write_text("\n".join(["# mine", "", line, *rest, "nonsense of others: 1"]))
    assert refused(start) == [f"SLACK_BOT_TOKEN cannot be read (line 3 of .env): {why}."]


NASTY = st.text(st.characters(exclude_characters="\0"), max_size=30) | st.sampled_from(
    ["${X}", "“a”", '"', "xoxb-\n", "%", "@"]
)


@given(st.dictionaries(st.sampled_from(VARIABLES), NASTY, max_size=6), st.binary(max_size=200))
@settings(deadline=None, max_examples=tries(100))
def test_no_environment_and_no_dotenv_is_a_traceback(variables: dict[str, str], raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ".env"
        file.write_bytes(
            raw + "".join(f"{name}={value}\n" for name, value in variables.items()).encode(errors="replace")
        )
        with mock.patch.dict(os.environ, variables_that_fit(variables), clear=True), contextlib.chdir(folder):
            sentences = mistakes()
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)


def mistakes() -> list[str]:
    try:
        load(own())
    except Misconfigured as wrong:
        return wrong.sentences
    return []


def variables_that_fit(variables: dict[str, str]) -> dict[str, str]:
    """Those that an operating system takes."""
    return {
        name: text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        for name, text in variables.items()
        if not any(0xD800 <= ord(char) < 0xDC80 or 0xDCFF < ord(char) < 0xE000 for char in text)
    }


# --- addresses of databases


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:// /", "sqlite:a"])
def test_a_database_without_a_file_would_forget(start: Environment, url: str) -> None:
    (said,) = refused(start, **SLACK, **TENCENT, NEWHIRE_DATABASE_URL=url)
    assert said.startswith("NEWHIRE_DATABASE_URL must name a file, like sqlite:///newhire.sqlite")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@db:abc/newhire",
        "postgresql://me:hunter2@db:99999/newhire",
        "postgresql://me:hunter2@db:0/newhire",
        "postgresql://me:hun@ter2@db/newhire",
        "postgresql://me:hun/ter2@db/newhire",
        "postgresql://me:hun%ter2@db/newhire",
        "postgresql://[::1/newhire",
    ],
)
def test_an_address_that_would_be_read_wrongly_is_refused_and_not_repeated(start: Environment, url: str) -> None:
    (said,) = refused(start, **SLACK, **TENCENT, NEWHIRE_DATABASE_URL=url)
    assert said.startswith(
        "NEWHIRE_DATABASE_URL must look like postgresql://user:password@host:5432/newhire; in a password"
    )
    assert not [part for part in ("hun", "ter2", "db") if part in said.partition(";")[2]]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hun%40ter%252@db:5432/newhire",
        "postgresql:///newhire?host=/run/postgresql&user=a@b",
        "postgresql://me@[::1]:5432/newhire?sslmode=require",
        "postgresql://me:pa#ss?word@db/newhire",
    ],
)
def test_an_address_that_is_right_stays(start: Environment, url: str) -> None:
    assert start(**SLACK, **TENCENT, NEWHIRE_DATABASE_URL=url)[0].newhire_database_url == url


def test_the_databases_password_is_a_secret_for_the_log(start: Environment) -> None:
    loaded, _ = start(**SLACK, **TENCENT, NEWHIRE_DATABASE_URL="postgresql://me:hun%40ter2@db/newhire")
    assert {"hun%40ter2", "hun@ter2", "xoxb-1", "xapp-1"} <= secrets(loaded)


@pytest.mark.parametrize(
    "url", ["sqlite:///a?timeout=x", "sqlite:///a?mode=ro", "sqlite:///file:a?uri=true", "sqlite:///a%00b"]
)
def test_nothing_stands_behind_a_files_name(start: Environment, url: str) -> None:
    assert refused(start, **SLACK, **TENCENT, NEWHIRE_DATABASE_URL=url) == [
        "NEWHIRE_DATABASE_URL must be sqlite:/// and a file's name, and nothing behind it."
    ]


@pytest.mark.parametrize("name", [*SLACK, "SLACK_API_URL", "TENCENT_BASE_URL"])
def test_a_comment_that_nobody_took_away_is_named(start: Environment, name: str) -> None:
    """`docker run --env-file` and systemd take what stands behind a value for a part of it."""
    right = SLACK | TENCENT | {"SLACK_API_URL": "https://a.example/", "TENCENT_BASE_URL": "https://b.example"}
    (said,) = refused(start, **right | {name: f"{right[name]}  # the one of the test workspace"})
    assert said.startswith(f"{name} ")
    assert "alone" in said


# --- the provider that is offered first


def test_tencent_is_offered_first_unless_told_otherwise(start: Environment) -> None:
    assert list(start(**SLACK, **TENCENT, **HUAWEI)[1]) == ["tencent", "huawei"]
    assert list(start(NEWHIRE_PROVIDER="Huawei")[1]) == ["huawei", "tencent"]


def test_otherwise_the_first_by_name_whatever_is_installed(start: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", "k" * 20)
    start(**SLACK, **HUAWEI)
    providers: dict[str, type[Provider[Any, Any]]] = {"zoom": Acme, "huawei": own()["huawei"], "acme": Acme}
    assert list(load(providers)[1]) == ["acme", "huawei", "zoom"]


def test_an_unknown_provider_is_answered_with_those_that_there_are(start: Environment) -> None:
    assert refused(start, **SLACK, **TENCENT, NEWHIRE_PROVIDER="zoom") == [
        "NEWHIRE_PROVIDER must be the key of a provider: huawei or tencent."
    ]


def test_a_provider_without_credentials_cannot_be_first(start: Environment) -> None:
    assert refused(start, **SLACK, **TENCENT, NEWHIRE_PROVIDER="huawei") == [
        "NEWHIRE_PROVIDER is huawei, but its credentials are not set."
    ]


# --- what is wrong


def test_every_mistake_at_once(start: Environment) -> None:
    sentences = refused(
        start,
        SLACK_BOT_TOKEN="xoxp-of-a-person",
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
        TENCENT_LICENCE_TYPES="premium",
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
            "TENCENT_LICENCE_TYPES",
            "TENCENT_BASE_URL",
            "HUAWEI_PASSWORD",
            "HUAWEI_API",
            "HUAWEI_CALLS_PER_MINUTE",
        ]
    )
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("value", "which"),
    [
        ("premium", ""),
        ("10", ""),
        ("02", ""),
        ("1-9", ""),
        (",", ""),
        ("2, 9, 10", " (number 3 is none of them)"),
        ("2，高级", " (number 2 is none of them)"),
    ],
)
def test_a_licence_type_that_there_is_not_is_told_with_those_that_there_are(
    start: Environment, value: str, which: str
) -> None:
    (sentence,) = refused(start, **SLACK, **TENCENT, TENCENT_LICENCE_TYPES=value)
    before, _, after = sentence.partition(": ")
    assert before == f"TENCENT_LICENCE_TYPES must list one or more of these, comma-separated{which}"
    assert after.startswith("2 = Free; 1 = Premium (enterprise, education); ")
    assert after.endswith(".")


def test_a_token_of_the_wrong_kind_is_named_with_the_page_where_the_right_one_is(start: Environment) -> None:
    assert refused(start, SLACK_BOT_TOKEN="xoxp-1", SLACK_APP_TOKEN="xoxe-1", **TENCENT) == [
        "SLACK_BOT_TOKEN must be the bot token, which starts with xoxb- (OAuth & Permissions page).",
        "SLACK_APP_TOKEN must be the app-level token, which starts with xapp- (Basic Information page).",
    ]


def test_two_tokens_in_each_others_place_are_one_mistake(start: Environment) -> None:
    assert refused(start, SLACK_BOT_TOKEN="xapp-1", SLACK_APP_TOKEN="xoxb-1", **TENCENT) == [
        "SLACK_BOT_TOKEN and SLACK_APP_TOKEN: these two are swapped."
        " The bot token starts with xoxb-, the app-level token with xapp-."
    ]


def test_what_is_missing_is_named_with_where_it_is(start: Environment) -> None:
    assert refused(start, **TENCENT) == [
        "SLACK_BOT_TOKEN is not set (the bot token, OAuth & Permissions).",
        "SLACK_APP_TOKEN is not set (the app-level token with connections:write, Basic Information).",
    ]


def test_half_a_provider_names_what_is_missing_and_what_is_there(start: Environment) -> None:
    assert refused(start, **SLACK, TENCENT_APP_ID="1", TENCENT_SECRET_ID="AKID") == [
        "TENCENT_SECRET_KEY is not set, though TENCENT_APP_ID, TENCENT_SECRET_ID are (the app's SecretKey, SK)."
    ]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("NEWHIRE_PATIENCE_MINUTES", "soon", "must be a number of minutes above 0, like 15"),
        ("NEWHIRE_PATIENCE_MINUTES", "15 min", "must be a number of minutes above 0, like 15"),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "soon",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "3,1",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "1,1",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "0",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "-1,2",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "nan",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "inf",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        (
            "NEWHIRE_FOLLOW_UP_DAYS",
            "366",
            "must list numbers of days, like 1,3,7, each larger than the one before, up to 365, or be never",
        ),
        ("NEWHIRE_GIVE_UP_HOURS", "nan", "must be a number of hours above 0, like 24"),
        ("NEWHIRE_KEEP_DAYS", "-1", "must be a number of days above 0, like 30"),
        ("TENCENT_CALLS_PER_MINUTE", "1.5", "must be a whole number above 0"),
        ("TENCENT_APP_ID", "my app", "must be digits only"),
        ("HUAWEI_API", "2020", "must be 2019 or current"),
        ("NEWHIRE_ADMIN_LANGUAGE", "fr", "must be en or zh"),
        ("NEWHIRE_LOG", "xml", "must be text or json"),
        ("NEWHIRE_REGION", "China", "must be a two-letter country, like CN or DE"),
        ("HUAWEI_AUTH_PATH", "v1", "does not look right"),
    ],
)
def test_no_sentence_is_pydantics(start: Environment, name: str, value: str, sentence: str) -> None:
    (said,) = refused(start, **(SLACK | TENCENT | HUAWEI | {name: value}))
    assert said.startswith(f"{name} {sentence}")
    assert not re.search("input|parse|valid|string|pattern|pydantic|'[a-z]+'", said)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("sometimes", "NEWHIRE_APPROVAL names a provider that there is not; there are huawei, tencent."),
        ("huawei:1", "NEWHIRE_APPROVAL: huawei has no such licence type; it has only one."),
        ("tencent:99", "NEWHIRE_APPROVAL: tencent has no such licence type; its types are 2 = Free; 1 = Premium"),
        ("never,bulk:2", "NEWHIRE_APPROVAL must be never, always, or what needs approval, comma-separated: bulk:"),
        ("bulk", "NEWHIRE_APPROVAL must be never, always, or"),
        ("bulk:0", "NEWHIRE_APPROVAL must be never, always, or"),
        ("tencent", "NEWHIRE_APPROVAL needs NEWHIRE_ADMIN_CHANNEL, where approval is asked for"),
        ("bulk:5", "NEWHIRE_APPROVAL needs NEWHIRE_ADMIN_CHANNEL, where approval is asked for"),
    ],
)
def test_a_rule_of_approval_that_cannot_be_kept_is_a_sentence(start: Environment, value: str, sentence: str) -> None:
    (said,) = refused(start, **(SLACK | TENCENT | HUAWEI | {"NEWHIRE_APPROVAL": value}))
    assert said.startswith(sentence)


def test_without_an_admin_channel_nothing_is_asked_by_itself(start: Environment) -> None:
    settings, _ = start(**(SLACK | TENCENT))
    assert settings.approval == []
    settings, _ = start(**(SLACK | TENCENT | {"NEWHIRE_ADMIN_CHANNEL": "C0ADMINS1"}))
    assert settings.approval == ["bulk:50"]


def test_half_a_log_in_is_named_beside_a_field_that_is_wrong(start: Environment) -> None:
    """A model's own check is not asked by pydantic while one of its fields does not fit."""
    assert refused(start, **SLACK, HUAWEI_APP_ID="x", HUAWEI_API="2020", HUAWEI_BASE_URL="huawei") == [
        "HUAWEI_BASE_URL is not a URL like https://example.com.",
        "HUAWEI_API must be 2019 or current (which generation of the API to speak).",
        "HUAWEI_APP_KEY is missing: it belongs to HUAWEI_APP_ID.",
    ]


def test_a_field_that_is_wrong_is_not_called_missing(start: Environment) -> None:
    assert refused(start, **SLACK, HUAWEI_APP_ID="ｘ", HUAWEI_APP_KEY="y") == [
        "HUAWEI_APP_ID holds a full-width character (type it again with the Chinese keyboard off) as character 1 of 1."
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


# --- what the form is filled in with


def test_the_defaults_come_with_the_settings(start: Environment) -> None:
    Path("defaults.toml").write_text('provider = "tencent"\n[channel.C1]\ninvite = false\n')
    settings, _ = start(**SLACK, **TENCENT, NEWHIRE_DEFAULTS="defaults.toml")
    assert settings.defaults.said("provider", None) == "tencent"
    assert settings.defaults.fields("tencent", "C1") == {"invite": "false"}
    assert start()[0].newhire_result == "channel"


def test_mistakes_in_the_defaults_are_said_with_all_others(start: Environment) -> None:
    Path("预设.toml").write_text('provider = "huawei"\nnotify = "1"\n')
    said = refused(
        start, **TENCENT, NEWHIRE_DEFAULTS="预设.toml", NEWHIRE_RESULT="nowhere", NEWHIRE_ACCOUNT_PATTERN="{name}"
    )
    assert len(said) == 6
    # Huawei has no credentials here: it is no provider to open with.
    assert "NEWHIRE_DEFAULTS has provider, which must be tencent." in said
    assert [one for one in said if one.startswith("NEWHIRE_DEFAULTS has notify, which no form asks for")]
    assert "NEWHIRE_RESULT must be channel or me" in " ".join(said)
    assert "NEWHIRE_ACCOUNT_PATTERN must be made of {pinyin}, " in " ".join(said)


@pytest.mark.parametrize("pattern", ["{pinyin}", "{first}.{last}", "corp-{employee_id}", "{email_local}@acme"])
def test_a_pattern_of_accounts(start: Environment, pattern: str) -> None:
    assert start(**SLACK, **TENCENT, NEWHIRE_ACCOUNT_PATTERN=pattern)[0].newhire_account_pattern == pattern
