"""`newhire doctor`: set-ups that are broken on purpose, each found by its name with its mending, and a sound one with nothing found.

Each is made for real: the pretend Slack and vendors on their own sockets, a database in a file, `.env` and the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import re
import shutil
import sqlite3
import ssl
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import pytest_asyncio
import sqlalchemy as sa
import yaml
from cryptography.fernet import Fernet

from bot.__main__ import main
from bot.doctor import at_start, drawings, machine, manifest, network, referee, report
from bot.doctor import database as about_database
from bot.doctor import slack as about_slack
from bot.doctor.findings import Finding, Mark, gather
from bot.outcome import NotAuthorised, Outcome, Unreachable
from bot.request import Alert, Final, Trouble, Update, Whisper
from bot.sandbox.demo import bot_settings
from bot.sandbox.slack.referee import validated
from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.vendors.tencent import FakeTencent
from bot.sandbox.world import World
from bot.settings import Settings, variable
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.lock import claim_file, claim_postgres
from bot.store.migrate import migrate
from bot.store.requests import Requests
from bot.store.tables import INCIDENTS, OUTBOX, REQUESTS
from tests.certificates import self_signed, serving
from tests.conftest import ROOT, begin
from tests.people import ADMINS, ALICE, Person, words
from tests.regenerate import configured, own

MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])
OURS = re.compile(r"(?i)(SLACK|NEWHIRE|TENCENT|HUAWEI)_.*|.*_PROXY|SSL_CERT_.*")
NOWHERE = "http://127.0.0.1:1"


@dataclass
class SetUp:
    """A set-up to be broken: `settings` go into the environment, `dotenv` into `.env`; both are made when the doctor comes."""

    world: World
    folder: Path
    settings: dict[str, str]
    dotenv: str | bytes = ""
    mode: int = 0o600
    secrets: set[str] = field(default_factory=set)
    held: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def file(self) -> Path:
        return self.folder / "newhire.sqlite"

    def moves(self, *names: str) -> None:
        """From the environment into `.env`."""
        self.dotenv = "\n".join(f"{name}={self.settings.pop(name)}" for name in names)

    def sql(self, statement: str, *values: object) -> None:
        with contextlib.closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(statement, values)

    async def doctor(self, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
        for name in [name for name in os.environ if OURS.fullmatch(name)]:
            monkeypatch.delenv(name)
        for name, value in self.settings.items():
            monkeypatch.setenv(name, value)
        if self.dotenv:
            raw = self.dotenv if isinstance(self.dotenv, bytes) else self.dotenv.encode()
            (self.folder / ".env").write_bytes(raw)
            (self.folder / ".env").chmod(self.mode)
        monkeypatch.chdir(self.folder)
        secret = re.compile(r"TOKEN|SECRET|PASSWORD|KEY")
        self.secrets |= {text for name, text in self.settings.items() if secret.search(name) and len(text) > 5}
        return await asyncio.to_thread(main, ["doctor", *options])


@pytest_asyncio.fixture
async def setup(tmp_path: Path) -> AsyncIterator[SetUp]:
    """A sound one."""
    world = World()
    world.slack.scopes = set(SCOPES)
    await world.start()
    settings = {name: text for name, text in bot_settings(world, tmp_path).items() if OURS.fullmatch(name)}
    made = SetUp(world, tmp_path, settings)
    engine = database(settings["NEWHIRE_DATABASE_URL"])
    migrate(engine)
    Requests(engine, Cipher([settings["NEWHIRE_SECRET_KEY"]])).check_cipher()
    engine.dispose()
    with made.held:
        yield made
    await world.stop()


Said = dict[str, tuple[Mark, str]]


def read(printed: str) -> Said:
    """What is not well: by its name, the mark, the sentence and the mending."""
    found = json.loads(printed)["findings"]
    return {
        each["name"]: (each["mark"], f"{each['said']} {each['mending']}")
        for each in found
        if each["mark"] in ("bad", "warn")
    }


# --- one that is sound


async def test_in_a_sound_set_up_nothing_is_found(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.settings[manifest.VARIABLE] = setup.world.slack.config_token
    before = [dict(each) for each in setup.world.tencent.accounts + setup.world.huawei.accounts]
    assert await setup.doctor(monkeypatch, "--json") == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [each for each in found if each["mark"] != "ok"] == []
    names = [each["name"] for each in found]
    assert len(names) == len(set(names))
    for name in ("slack.socket_mode", "slack.manifest", "tencent.departments", "huawei.generation", "database.key"):
        assert name in names
    # Nobody has read anything, and nothing was made or changed anywhere.
    world = setup.world
    assert not any(world.slack.messages.values())
    assert world.slack.api.scheduled.waiting == {}
    assert [dict(each) for each in world.tencent.accounts + world.huawei.accounts] == before == []
    changed = {"POST", "PUT", "DELETE"}
    calls = [(each["method"], each["path"]) for each in world.tencent.requests + world.huawei.requests]
    assert all("/auth/" in path or "/search" in path for method, path in calls if method in changed), calls


async def test_a_database_that_is_not_there_yet_is_not_made(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.file.unlink()
    assert await setup.doctor(monkeypatch, "--json") == 0
    assert read(capsys.readouterr().out) == {}
    assert not setup.file.exists()


# --- those that are broken


Break = Callable[[SetUp], Awaitable[None] | None]


@dataclass(frozen=True)
class Broken:
    """`found`: which findings are not well then, with their marks. `says`: what stands in the first one's sentence or mending."""

    how: Break
    found: dict[str, Mark]
    says: tuple[str, ...]


BROKEN: dict[str, Broken] = {}


def broken(*says: str, **found: Mark) -> Callable[[Break], Break]:
    """`slack__scopes="bad"`: the name of a finding, with its dot, and its mark."""

    def add(how: Break) -> Break:
        BROKEN[how.__name__] = Broken(how, {name.replace("__", "."): mark for name, mark in found.items()}, says)
        return how

    return add


# Settings.


@broken("SLACK_BOT_TOKEN is not set", ".env or in the environment", settings="bad")
def no_bot_token(setup: SetUp) -> None:
    del setup.settings["SLACK_BOT_TOKEN"]


@broken("these two are swapped", settings="bad")
def tokens_swapped(setup: SetUp) -> None:
    it = setup.settings
    it["SLACK_BOT_TOKEN"], it["SLACK_APP_TOKEN"] = it["SLACK_APP_TOKEN"], it["SLACK_BOT_TOKEN"]


@broken("HUAWEI_PASSWORD is missing", settings="bad")
def half_a_log_in(setup: SetUp) -> None:
    del setup.settings["HUAWEI_PASSWORD"]


@broken("must be a channel's ID", settings="bad")
def a_channels_name(setup: SetUp) -> None:
    setup.settings["NEWHIRE_ADMIN_CHANNEL"] = "#it-admins"


@broken("Save .env as UTF-8", "GBK", settings="bad")
def dotenv_in_another_encoding(setup: SetUp) -> None:
    setup.dotenv = "# 管理员\nNEWHIRE_REGION=CN".encode("gbk")


@broken("NEWHIRE_DATABASE_URL must start with", settings="bad")
def another_kind_of_database(setup: SetUp) -> None:
    setup.settings["NEWHIRE_DATABASE_URL"] = "mysql://localhost/newhire"


@broken("`newhire key` prints a new one", settings="bad")
def a_key_that_is_none(setup: SetUp) -> None:
    setup.settings["NEWHIRE_SECRET_KEY"] = "too-short-for-a-key"


@broken(
    "NEWHIRE_ADMIN_CHANEL", "Is NEWHIRE_ADMIN_CHANNEL meant?", settings__misspelt="warn", slack__admin_channel="warn"
)
def a_setting_misspelt(setup: SetUp) -> None:
    setup.dotenv = f"NEWHIRE_ADMIN_CHANEL={setup.settings.pop('NEWHIRE_ADMIN_CHANNEL')}"


@broken("not the same: NEWHIRE_REGION", "The environment wins", settings__differing="warn")
def two_of_one(setup: SetUp) -> None:
    setup.dotenv = "NEWHIRE_REGION=DE"


@broken("read by others", "chmod 600 .env", settings__file="warn")
def dotenv_for_everybody(setup: SetUp) -> None:
    setup.moves("SLACK_BOT_TOKEN", "TENCENT_SECRET_KEY")
    setup.mode = 0o644


@broken("NEWHIRE_DIGEST: nobody reads it", settings__idle="warn", slack__admin_channel="warn")
def a_digest_for_nobody(setup: SetUp) -> None:
    setup.settings["NEWHIRE_DIGEST"] = "true"
    del setup.settings["NEWHIRE_ADMIN_CHANNEL"]


# The way there.


@broken("connection refused", "SLACK_API_URL", slack__reach="bad")
def slack_out_of_reach(setup: SetUp) -> None:
    setup.settings["SLACK_API_URL"] = f"{NOWHERE}/api/"


@broken("no-such-host.invalid", "its name is not known here", "TENCENT_BASE_URL", tencent__reach="bad")
def a_name_that_nobody_knows(setup: SetUp) -> None:
    setup.settings["TENCENT_BASE_URL"] = "https://no-such-host.invalid"


@broken("127.0.0.1, issued by localhost, is not trusted", "SSL_CERT_FILE", tencent__reach="bad")
async def an_office_that_opens_tls(setup: SetUp) -> None:
    _, both = self_signed(setup.folder)
    await setup.world.tencent.stop()
    await setup.world.tencent.start(tls=serving(both))
    setup.settings["TENCENT_BASE_URL"] = setup.world.tencent.url


@broken("the proxy 127.0.0.1:1: connection refused", slack__reach="bad", tencent__reach="bad", huawei__reach="bad")
def a_proxy_that_is_gone(setup: SetUp) -> None:
    setup.settings["HTTP_PROXY"] = f"http://user:pass-word@{NOWHERE.removeprefix('http://')}"
    setup.settings["HTTPS_PROXY"] = setup.settings["HTTP_PROXY"]
    setup.secrets.add("pass-word")


@broken("and not from Slack", "what stands between", slack__bot_token="bad")
def a_portal_in_the_way(setup: SetUp) -> None:
    setup.world.slack.fail("auth.test", "html", times=9)


# Clocks.


@broken("600 s behind", "NTP", machine__clock="bad", tencent__clock="bad")
def this_machines_clock(setup: SetUp) -> None:
    setup.world.slack.ahead = 600
    for vendor in setup.world.vendors.values():
        vendor.clock = lambda: time.time() + 600


@broken("Huawei Cloud Meeting, and agrees with", machine__clock="warn", huawei__clock="bad")
def one_vendors_clock(setup: SetUp) -> None:
    huawei = setup.world.huawei
    huawei.clock = lambda: time.time() + 3600
    del setup.settings["HUAWEI_ACCOUNT"], setup.settings["HUAWEI_PASSWORD"]
    setup.settings |= {"HUAWEI_APP_ID": huawei.app_id, "HUAWEI_APP_KEY": huawei.app_key}


# Slack.


@broken("SLACK_BOT_TOKEN is refused by Slack (invalid_auth)", "OAuth & Permissions", slack__bot_token="bad")
def a_bot_token_of_yesterday(setup: SetUp) -> None:
    setup.world.slack.bot_token = "xoxb-of-today"


@broken("SLACK_APP_TOKEN is refused by Slack (invalid_auth)", "connections:write", slack__app_token="bad")
def an_app_token_of_yesterday(setup: SetUp) -> None:
    setup.world.slack.app_token = "xapp-1-A0NEWHIRE-of-today"


@broken("of the app A0ANOTHER", "one app's page", slack__one_app="bad")
def tokens_of_two_apps(setup: SetUp) -> None:
    setup.world.slack.app_token = setup.settings["SLACK_APP_TOKEN"] = "xapp-1-A0ANOTHER-made-up"


@broken("files:write (the template", "install the app again", slack__scopes="bad")
def an_older_manifest(setup: SetUp) -> None:
    setup.world.slack.scopes = SCOPES - {"files:write"}


@broken("users:read.email", slack__scopes="warn")
def no_right_to_emails(setup: SetUp) -> None:
    setup.world.slack.scopes = SCOPES - {"users:read.email"}


@broken("usergroups:read (the user groups in NEWHIRE_ALLOWED", slack__scopes="bad")
def no_right_to_groups(setup: SetUp) -> None:
    setup.world.slack.scopes = SCOPES - {"usergroups:read"}
    setup.settings["NEWHIRE_ALLOWED"] = "S0PEOPLE1"


@broken("does not open", "by WebSocket", slack__socket_mode="bad")
def no_websocket(setup: SetUp) -> None:
    setup.world.slack.fail("socket", "503", times=9)


@broken("C0NOWHERE takes no messages: channel_not_found", "/invite @newhire", slack__admin_channel="bad")
def an_admin_channel_that_is_none(setup: SetUp) -> None:
    setup.settings["NEWHIRE_ADMIN_CHANNEL"] = "C0NOWHERE"


@broken("not_in_channel", "/invite @newhire", slack__admin_channel="bad")
def not_in_the_admin_channel(setup: SetUp) -> None:
    setup.settings["NEWHIRE_ADMIN_CHANNEL"] = "C0QUIET01"


@broken("is_archived", "Unarchive", slack__admin_channel="bad")
def an_archived_admin_channel(setup: SetUp) -> None:
    setup.world.slack.channels["C0ADMINS1"]["is_archived"] = True


@broken("NEWHIRE_ALLOWED: U0NOBODY1 is somebody whom Slack does not know", "Take it out", slack__allowed="bad")
def somebody_who_is_nobody(setup: SetUp) -> None:
    setup.settings["NEWHIRE_ALLOWED"] = "U0ALICE01,U0NOBODY1"


@broken("S0PEOPLE1 is a group whom Slack does not know", slack__allowed="bad")
def a_group_that_was_deleted(setup: SetUp) -> None:
    setup.settings["NEWHIRE_ALLOWED"] = "S0PEOPLE1"
    setup.world.slack.workspace.groups["S0PEOPLE1"]["date_delete"] = 1700000000


@broken("NEWHIRE_APPROVERS: U0MAX0001 has left", slack__approvers="warn")
def an_approver_who_has_left(setup: SetUp) -> None:
    setup.settings["NEWHIRE_APPROVERS"] = "U0MAX0001"
    setup.world.slack.users["U0MAX0001"]["deleted"] = True


@broken("interactivity is off", "Paste manifest.yml again", slack__manifest="bad")
def no_interactivity(setup: SetUp) -> None:
    setup.settings[manifest.VARIABLE] = setup.world.slack.config_token
    setup.world.slack.interactivity = False


@broken("the command /newhire is missing", slack__manifest="bad")
def another_command(setup: SetUp) -> None:
    setup.settings[manifest.VARIABLE] = setup.world.slack.config_token
    setup.world.slack.slash_command = "/newhire-test"


@broken("the event team_join is not subscribed to", slack__manifest="bad")
def joins_that_nobody_tells_of(setup: SetUp) -> None:
    setup.settings |= {manifest.VARIABLE: setup.world.slack.config_token, "NEWHIRE_WATCH_JOINS": "true"}


# Tencent Meeting.


@broken("190303", "TENCENT_APP_ID", "TENCENT_SECRET_ID", tencent__credentials="bad")
def another_enterprise(setup: SetUp) -> None:
    setup.settings["TENCENT_APP_ID"] = "200000002"


@broken("190303", "TENCENT_SDK_ID is wrong: leave it out", tencent__credentials="bad")
def an_sdk_id_that_was_not_assigned(setup: SetUp) -> None:
    setup.world.tencent.sdk_id = ""


@broken("200003", "TENCENT_SECRET_KEY is not the key", tencent__credentials="bad")
def another_secret_key(setup: SetUp) -> None:
    setup.settings["TENCENT_SECRET_KEY"] = "of-another-app"


@broken("20001", "TENCENT_OPERATOR_ID", tencent__operator="bad")
def an_operator_who_is_nobody(setup: SetUp) -> None:
    setup.settings["TENCENT_OPERATOR_ID"] = "nobody"


@broken("Set TENCENT_OPERATOR_ID", tencent__operator="bad")
def no_operator(setup: SetUp) -> None:
    del setup.settings["TENCENT_OPERATOR_ID"]


@broken("500014", "管理企业用户", tencent__permission="bad")
def an_app_without_permission(setup: SetUp) -> None:
    setup.world.tencent.fail("find_refused", times=9)


@broken("no licence is free", "buy more", tencent__seats="bad")
def no_licence_left(setup: SetUp) -> None:
    setup.world.tencent.seats = 0


@broken("190443", tencent__departments="warn")
def departments_that_the_operator_may_not_see(setup: SetUp) -> None:
    setup.world.tencent.may_see_departments = False


# Huawei Cloud Meeting.


@broken("206010000", "HUAWEI_PASSWORD", huawei__credentials="bad")
def another_password(setup: SetUp) -> None:
    setup.settings["HUAWEI_PASSWORD"] = "of-yesterday"


@broken("Set HUAWEI_API=current: that one answers", huawei__generation="bad")
def another_generation(setup: SetUp) -> None:
    setup.world.huawei.generations = {"current"}


@broken("HUAWEI_USER_ID is nobody", "it was not done", huawei__operator="bad")
def an_administrator_who_would_be_made(setup: SetUp) -> None:
    huawei = setup.world.huawei
    del setup.settings["HUAWEI_ACCOUNT"], setup.settings["HUAWEI_PASSWORD"]
    setup.settings |= {"HUAWEI_APP_ID": huawei.app_id, "HUAWEI_APP_KEY": huawei.app_key, "HUAWEI_USER_ID": "nobody"}


@broken("no licence is free", huawei__seats="bad")
def no_licence_left_at_huawei(setup: SetUp) -> None:
    setup.world.huawei.seats = 0
    setup.settings["HUAWEI_API"] = "current"


# The database.


@broken("NEWHIRE_SECRET_KEY does not hold the key", "behind the new one", database__key="bad")
def another_key(setup: SetUp) -> None:
    setup.settings["NEWHIRE_SECRET_KEY"] = Fernet.generate_key().decode()


@broken("NEWHIRE_SECRET_KEY is not set", "`newhire key` prints one", database__key="warn")
def no_key(setup: SetUp) -> None:
    del setup.settings["NEWHIRE_SECRET_KEY"]
    setup.sql("DELETE FROM newhire_cipher")


@broken("there is no folder", "Make the folder", database__open="bad")
def no_folder(setup: SetUp) -> None:
    setup.settings["NEWHIRE_DATABASE_URL"] = "sqlite:///nowhere/newhire.sqlite"


@broken("is no SQLite database", database__open="bad")
def a_file_of_something_else(setup: SetUp) -> None:
    setup.file.write_bytes(b"PK\3\4 this is a spreadsheet" * 99)


@broken("connection failed", "host, port, user", database__open="bad")
def no_server(setup: SetUp) -> None:
    setup.settings["NEWHIRE_DATABASE_URL"] = "postgresql://newhire:hun%40ter2@127.0.0.1:1/newhire"
    setup.secrets |= {"hun%40ter2", "hun@ter2"}


@broken("a newer version of newhire", "Run that version again", database__migrations="bad")
def a_database_of_a_newer_version(setup: SetUp) -> None:
    setup.sql("UPDATE newhire_migrations SET version_num = '9999'")


@broken("Its tables are older (0002)", "Make a backup", database__migrations="warn")
def a_database_of_an_older_version(setup: SetUp) -> None:
    setup.sql("UPDATE newhire_migrations SET version_num = '0002'")


@broken("database is locked", "end what holds it locked", database__write="bad")
def a_database_that_somebody_else_holds(setup: SetUp) -> None:
    holding = setup.held.enter_context(contextlib.closing(sqlite3.connect(setup.file)))
    holding.execute("BEGIN IMMEDIATE")


@broken("1 under way, the oldest request for 3 days", "Is `newhire run` running?", database__work="warn")
def work_that_nobody_does(setup: SetUp) -> None:
    row = {
        "id": "r1",
        "provider": "tencent",
        "requester": "U1",
        "state": "waiting",
        "accepted_at": time.time() - 3 * 86400,
    }
    add(setup, REQUESTS, row)


@broken("1 messages are not told yet", "does Slack take its messages", database__untold="warn")
def messages_that_nobody_tells(setup: SetUp) -> None:
    row = {"id": "m1", "version": 1, "holder": "somebody who is gone", "created_at": time.time() - 7200}
    add(setup, OUTBOX, row)


@broken("tencent (denied, for 60 min)", database__incidents="warn")
def an_incident_that_is_open(setup: SetUp) -> None:
    add(
        setup,
        INCIDENTS,
        {"id": "i1", "provider": "tencent", "cause": "denied", "since": time.time() - 3600, "version": 1},
    )


def add(setup: SetUp, table: sa.Table, row: dict[str, object]) -> None:
    engine = sa.create_engine(setup.settings["NEWHIRE_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(sa.insert(table).values(**row))
    engine.dispose()


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_broken_is_named_with_its_mending(
    name: str, setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = BROKEN[name]
    done = case.how(setup)
    if done is not None:
        await done
    code = await setup.doctor(monkeypatch, "--json")
    printed, errors = capsys.readouterr()
    found = read(printed)
    assert {each: mark for each, (mark, _) in found.items()} == case.found, found
    assert code == (1 if "bad" in case.found.values() else 0)
    first = found[next(iter(case.found))][1]
    assert [each for each in case.says if each not in first] == [], first
    mendings = [each["mending"] for each in json.loads(printed)["findings"] if each["mark"] in ("bad", "warn")]
    assert all(mendings)
    assert errors == ""
    assert not [secret for secret in setup.secrets if secret in printed]


def test_there_are_thirty_of_them_and_more() -> None:
    assert len(BROKEN) >= 30
    assert {name.partition(".")[0] for case in BROKEN.values() for name in case.found} == {
        "settings", "slack", "tencent", "huawei", "database", "machine",
    }  # fmt: skip


async def test_nobody_is_made_at_the_vendor_by_a_look(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an App ID, Huawei makes whoever signs in and is nobody."""
    an_administrator_who_would_be_made(setup)
    await setup.doctor(monkeypatch, "--json")
    assert setup.world.huawei.created == []
    setup.world.huawei.user_id = "boss"
    setup.settings["HUAWEI_USER_ID"] = "boss"
    capsys.readouterr()
    assert await setup.doctor(monkeypatch, "--json") == 0, capsys.readouterr().out


async def test_several_that_are_broken_are_all_named(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for how in (no_bot_token, another_secret_key, another_password, another_key):
        how(setup)
    assert await setup.doctor(monkeypatch, "--json") == 1
    found = read(capsys.readouterr().out)
    assert set(found) == {"settings", "tencent.credentials", "huawei.credentials", "database.key"}


async def test_while_a_bot_runs_no_second_connection_takes_what_people_send(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.held.enter_context(contextlib.closing(claim_file(setup.settings["NEWHIRE_DATABASE_URL"])))
    assert await setup.doctor(monkeypatch, "--json") == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert found["slack.socket_mode"]["mark"] == "skipped"
    assert setup.world.slack.sockets.opened == 0


async def test_on_postgresql(
    setup: SetUp, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.settings["NEWHIRE_DATABASE_URL"] = postgres_url
    engine = database(postgres_url)
    migrate(engine)
    Requests(engine, Cipher([setup.settings["NEWHIRE_SECRET_KEY"]])).check_cipher()
    assert await setup.doctor(monkeypatch, "--json") == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert "PostgreSQL" in found["database.open"]["said"]
    assert {each["name"] for each in found.values() if each["mark"] != "ok"} == {"slack.manifest"}
    with claim_postgres(postgres_url, "another newhire"):
        await setup.doctor(monkeypatch, "--json")
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert found["slack.socket_mode"]["mark"] == "skipped"
    with engine.begin() as connection:
        name = postgres_url.rpartition("/")[2]
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    engine.dispose()
    assert await setup.doctor(monkeypatch, "--json") == 1
    (mark, said) = read(capsys.readouterr().out)["database.write"]
    assert mark == "bad"
    assert "read-only" in said


async def test_a_message_that_cannot_be_taken_back_is_said(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.world.slack.fail("chat.deleteScheduledMessage", "503", times=1)
    assert await setup.doctor(monkeypatch, "--json") == 0
    assert read(capsys.readouterr().out) == {}
    setup.world.slack.fail("chat.deleteScheduledMessage", "503", times=2)
    await setup.doctor(monkeypatch, "--json")
    (mark, said) = read(capsys.readouterr().out)["slack.admin_channel"]
    assert mark == "warn"
    assert "comes tomorrow" in said
    (waiting,) = setup.world.slack.api.scheduled.waiting.values()
    assert "Nothing to do" in waiting["text"]


# --- how it is written


async def test_the_json_is_for_machines(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.moves("SLACK_BOT_TOKEN")
    no_licence_left(setup)
    assert await setup.doctor(monkeypatch, "--json") == 1
    whole = json.loads(capsys.readouterr().out)
    assert set(whole) == {"newhire", "ok", "findings", "settings"}
    assert whole["ok"] is False
    for each in whole["findings"]:
        assert set(each) == {"name", "mark", "said", "mending", "what"}
        assert each["mark"] in get_args(Mark)
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", each["name"])
        assert each["said"].endswith("."), each
    where = whole["settings"]
    assert where["SLACK_BOT_TOKEN"] == ".env"
    assert where["SLACK_APP_TOKEN"] == "environment"
    assert where["NEWHIRE_REGION"] == "environment"
    assert where["NEWHIRE_LOG"] == "default"


async def test_without_a_terminal_each_is_a_line_with_its_mending_below(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    another_secret_key(setup)
    assert await setup.doctor(monkeypatch) == 1
    printed = capsys.readouterr().out
    (at,) = [n for n, line in enumerate(printed.splitlines()) if line.startswith("BAD")]
    assert "tencent.credentials" in printed.splitlines()[at]
    assert "-> TENCENT_SECRET_KEY is not the key" in printed.splitlines()[at + 1]
    assert printed.splitlines()[-1] == "1 must be mended."
    assert "\x1b" not in printed
    assert not [secret for secret in setup.secrets if secret in printed]


@pytest.mark.slow
async def test_on_a_terminal_it_is_a_table(setup: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    another_secret_key(setup)
    await setup.doctor(monkeypatch, "--json")
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **setup.settings}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor"), env=environment, cwd=setup.folder, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    printed = await asyncio.to_thread(_until_closed, ours)
    assert await process.wait() == 1
    assert "✗" in printed
    assert "→ TENCENT_SECRET_KEY is not the key" in re.sub(r"\x1b\[[0-9;]*m", "", printed)
    assert "\x1b[" in printed
    assert not [secret for secret in setup.secrets if secret in printed]


def _until_closed(terminal: int) -> str:
    read = b""
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            read += part
    os.close(terminal)
    return read.decode()


def test_a_table_shows_what_others_wrote_and_obeys_none_of_it() -> None:
    finding = Finding("x", "bad", "[red]a[/red] \x1b[2J b", "[bold]c").cleaned(lambda text: text)
    drawn = report.table([finding], 100)
    assert "[red]a[/red]" in drawn
    assert "[bold]c" in drawn
    assert "\x1b[2J" not in drawn


def test_the_last_line_counts() -> None:
    of: dict[Mark, Finding] = {mark: Finding("x", mark, "x.") for mark in get_args(Mark)}
    assert report.summary([of["ok"], of["skipped"]]).startswith("Everything")
    assert report.summary([of["bad"], of["bad"], of["warn"]]) == "2 must be mended; 1 should be otherwise."
    assert report.summary([of["warn"]]) == "1 should be otherwise."


# --- checks among each other


def test_a_check_that_breaks_is_a_failed_check_and_the_others_stand() -> None:
    def breaks() -> Iterator[Finding]:
        yield Finding("a", "ok", "a.")
        raise ZeroDivisionError("with a secret in it")

    found = gather({"one": breaks, "two": lambda: iter([Finding("b", "ok", "b.")])})
    assert [(each.name, each.mark) for each in found] == [("a", "ok"), ("one", "bad"), ("b", "ok")]
    assert found[1].said == "This check itself failed (ZeroDivisionError)."


def test_a_check_that_hangs_keeps_nobody_and_what_it_found_is_told() -> None:
    released = threading.Event()

    def hangs() -> Iterator[Finding]:
        yield Finding("a", "ok", "a.")
        released.wait(60)

    found = gather({"one": hangs, "two": lambda: iter([Finding("b", "ok", "b.")])}, seconds=0.2)
    released.set()
    assert [(each.name, each.mark) for each in found] == [("a", "ok"), ("one", "bad"), ("b", "ok")]


# --- the parts that no test can break for real


@pytest.mark.parametrize(
    ("python", "sqlite", "bad"),
    [("3.11.0", "3.40.1", []), ("3.10.9", "3.40.1", ["machine.python"]), ("3.13.1", "3.34.1", ["machine.sqlite"])],
)
def test_versions_that_are_too_old(python: str, sqlite: str, bad: list[str]) -> None:
    assert [each.name for each in machine.versions(python, sqlite) if each.mark == "bad"] == bad


@pytest.mark.parametrize(
    ("skews", "mark", "says"),
    [
        ({}, "skipped", "Nobody answered"),
        ({"Slack": 1.2, "Tencent Meeting": -20.0}, "ok", "agrees with Slack, Tencent Meeting"),
        ({"Slack": 90.0}, "warn", "90 s ahead of that of Slack"),
        ({"Slack": -400.0, "Tencent Meeting": -401.0}, "bad", "401 s behind that of Slack, Tencent Meeting"),
        ({"Slack": 0.0, "Tencent Meeting": -401.0}, "warn", "agrees with Slack"),
    ],
)
def test_clocks(skews: dict[str, float], mark: Mark, says: str) -> None:
    found = machine.clock(skews)
    assert found.mark == mark
    assert says in found.said


@pytest.mark.parametrize(("free", "mark"), [(5_000_000, "bad"), (500_000_000, "warn"), (50_000_000_000, "ok")])
async def test_a_disk_that_is_nearly_full(free: int, mark: Mark, setup: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    (found, *_) = about_database.look(about_database.Stored(setup.settings["NEWHIRE_DATABASE_URL"], []))
    assert (found.name, found.mark) == ("database.disk", mark)


async def test_a_proxy_that_refuses_and_one_that_lets_through(tmp_path: Path) -> None:
    """Its password goes to it, and into no sentence."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = f"http://me:hunter2@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    trust = ssl.create_default_context()
    secure = network.Peer("slack", "Slack", "https://slack.example/api/", "SLACK_API_URL", proxy, trust)
    found = (await asyncio.to_thread(network.way_to, secure)).finding
    assert "it refuses (407)" in found.said
    assert "hunter2" not in f"{found}"
    plain = network.Peer("slack", "Slack", "http://slack.example/api/", "SLACK_API_URL", proxy, trust)
    through = (await asyncio.to_thread(network.way_to, plain)).finding
    assert through.mark == "ok"
    assert "Proxy-Authorization: Basic bWU6aHVudGVyMg==" in heads[1]
    assert heads[1].startswith("HEAD http://slack.example/api/ HTTP/1.1")
    said = network.proxies([secure, network.Peer("x", "X", "https://x.example", "X_URL", None, trust)]).said
    assert "X directly" in said
    assert "Slack through 127.0.0.1:" in said
    assert "hunter2" not in said
    socks = network.Peer("slack", "Slack", "https://slack.example/", "SLACK_API_URL", "socks5://127.0.0.1:1", trust)
    assert (await asyncio.to_thread(network.way_to, socks)).finding.mark == "skipped"
    server.close()


async def test_a_certificate_that_is_trusted_names_its_issuer(tmp_path: Path) -> None:
    certificate, both = self_signed(tmp_path)
    vendor = FakeTencent()
    await vendor.start(tls=serving(both))
    trust = ssl.create_default_context(cafile=str(certificate))
    way = await asyncio.to_thread(
        network.way_to, network.Peer("tencent", "Tencent", vendor.url, "TENCENT_BASE_URL", None, trust)
    )
    assert way.finding.mark == "ok"
    assert "issued by localhost" in way.finding.said
    assert way.skew is not None
    await vendor.stop()


def test_the_scopes_and_the_apps_facts_are_those_of_the_manifest() -> None:
    assert [scope.name for scope in about_slack.SCOPES] == MANIFEST["oauth_config"]["scopes"]["bot"]
    assert [each["command"] for each in MANIFEST["features"]["slash_commands"]] == [manifest.COMMAND]
    assert tuple(each["callback_id"] for each in MANIFEST["features"]["shortcuts"]) == manifest.SHORTCUTS
    assert tuple(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == manifest.EVENTS


# --- at the start of the bot


@pytest.mark.slow
async def test_what_must_be_mended_is_told_once_and_over_when_it_is_mended(setup: SetUp) -> None:
    slack = setup.world.slack
    slack.scopes = SCOPES - {"files:write"}
    setup.settings["NEWHIRE_ALLOWED"] = "U0ALICE01,U0NOBODY1"
    for start in (1, 2):
        bot = await begin(setup.world, setup.folder, **setup.settings)
        said = await slack.until(lambda s: [words(each) for each in s.messages[ADMINS]])
        await slack.until(lambda s: len(edits(s)) >= start - 1)  # noqa: B023 - awaited here
        assert await bot.stop() == 0
        assert len(said) == 1
        assert "`files:write`" in said[0]
        assert "`U0NOBODY1`" in said[0]
        assert "slack.scopes: The token lacks scopes" in bot.fresh_log()
        bot.check_log(bot.log)
    slack.scopes = set(SCOPES)
    del setup.settings["NEWHIRE_ALLOWED"]
    bot = await begin(setup.world, setup.folder, **setup.settings)
    await slack.until(lambda s: "Solved" in words(s.messages[ADMINS][0]))
    assert len(slack.messages[ADMINS]) == 1
    assert await bot.stop() == 0
    assert "the set-up is well" in bot.log


def edits(slack: FakeSlack) -> list[object]:
    return [call for call in slack.calls if call["method"] == "chat.update" and call["ok"]]


@pytest.mark.slow
async def test_a_bot_whose_admin_channel_is_none_works_and_says_so(setup: SetUp) -> None:
    setup.settings |= {"NEWHIRE_ADMIN_CHANNEL": "C0NOWHERE", "NEWHIRE_ALLOWED": "U0ALICE01,U0NOBODY1"}
    bot = await begin(setup.world, setup.folder, **setup.settings)
    await setup.world.slack.until(lambda _: "slack.allowed" in bot.log)
    assert "The admin channel C0NOWHERE takes no messages: channel_not_found" in bot.log
    assert (await Person(setup.world, ALICE).opens()).is_open
    assert await bot.stop() == 0
    bot.check_log(bot.log)


@pytest.mark.parametrize("how", ["503", "html", "broken_json", "invalid_auth"])
async def test_a_slack_in_trouble_gives_no_false_alarm_at_the_start(
    how: str, setup: SetUp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor a false all-clear: those who are told of a set-up believe it."""
    setup.world.slack.fail("*", how, times=99)
    told: list[object] = []
    settings = settings_of(setup)
    await asyncio.to_thread(at_start.check, settings, running(tencent=True), told.append)
    assert told == []


async def test_what_a_start_finds_is_what_the_admins_have_words_for(setup: SetUp) -> None:
    """All of a start's checks that can be bad; of the admin channel nobody can hear there."""
    setup.world.slack.scopes = SCOPES - {"files:write"}
    setup.settings |= {"NEWHIRE_ALLOWED": "U0NOBODY1", "NEWHIRE_APPROVERS": "U0NOBODY2"}
    setup.world.slack.app_token = setup.settings["SLACK_APP_TOKEN"] = "xapp-1-A0ANOTHER-made-up"
    told: list[Sequence[Trouble]] = []
    await asyncio.to_thread(at_start.check, settings_of(setup), running(tencent=False, huawei=None), told.append)
    (troubles,) = told
    assert {each.name for each in troubles} | {"database.disk"} == set(drawings.TROUBLES)
    assert all(each.what for each in troubles)


@pytest.mark.parametrize("huawei", [True, None])
async def test_all_is_well_only_when_everybody_could_be_asked(huawei: bool | None, setup: SetUp) -> None:
    told: list[Sequence[Trouble]] = []
    known = running(tencent=True, huawei=huawei)
    await asyncio.to_thread(at_start.check, settings_of(setup), known, told.append)
    assert told == ([[]] if huawei else [])


def running(**well: bool | None) -> Any:
    """Providers that take the credentials, that do not, and that do not answer."""

    def provider(key: str, takes: bool | None) -> Any:
        def check() -> None:
            if not takes:
                raise (Unreachable if takes is None else NotAuthorised)(key)

        return SimpleNamespace(title=own()[key].title, check=check, advice=lambda code: None)

    return {key: provider(key, takes) for key, takes in well.items()}


def settings_of(setup: SetUp) -> Settings:
    names = {variable(Settings, name): name for name in Settings.model_fields}
    given: dict[str, Any] = {names[name]: text for name, text in setup.settings.items() if name in names}
    return Settings(**given)


# --- Slack as the referee


PROVIDERS = {key: configured(kind) for key, kind in own().items()}


@pytest.mark.parametrize("key", PROVIDERS)
def test_the_sandboxes_checker_takes_everything_that_newhire_can_draw(key: str) -> None:
    for drawing in drawings.everything({key: PROVIDERS[key]}):
        assert validated({drawing.kind: drawing.payload}) == {}, drawing.name


@pytest.mark.slow
async def test_slack_takes_everything_that_newhire_can_draw(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.world.slack.fail("blocks.validate", "ratelimited", times=2, retry_after=0)
    assert await setup.doctor(monkeypatch, "--slack-blocks", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    many = len(drawings.everything(PROVIDERS))
    assert found["said"] == f"Slack takes {many} of {many} drawings."
    asked = [call for call in setup.world.slack.calls if call["method"] == "blocks.validate"]
    assert len(asked) == many + 2
    assert {call["method"] for call in setup.world.slack.calls} == {"blocks.validate"}


async def test_what_slack_refuses_is_named_with_its_place(setup: SetUp) -> None:
    web = about_slack.client(setup.world.slack.bot_token, f"{setup.world.slack.url}/api/", ssl.create_default_context())
    wrong = [
        drawings.Drawing("form", "view", {"type": "modal", "title": {"type": "plain_text", "text": "x" * 25}, "blocks": []}),
        drawings.Drawing("message", "message", {"text": "x", "blocks": [{"type": "alert", "text": {"type": "mrkdwn", "text": "x"}}]}),
        drawings.Drawing("right", "message", {"text": "x", "blocks": [{"type": "divider"}]}),
    ]  # fmt: skip
    found = await asyncio.to_thread(lambda: list(referee.look(wrong, web)))
    assert [each.mark for each in found] == ["bad", "bad", "ok"]
    assert "/title/text" in found[0].said
    assert "unsupported type: alert at /blocks/0/type" in found[1].said
    assert found[2].said == "Slack takes 1 of 3 drawings."


async def test_a_slack_that_cannot_be_asked_is_one_finding(
    setup: SetUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.world.slack.bot_token = "xoxb-of-today"
    assert await setup.doctor(monkeypatch, "--slack-blocks", "--json") == 1
    (found,) = read(capsys.readouterr().out).values()
    assert "invalid_auth" in found[1]
    del setup.settings["SLACK_BOT_TOKEN"]
    assert await setup.doctor(monkeypatch, "--slack-blocks", "--json") == 1
    assert "SLACK_BOT_TOKEN is not set" in capsys.readouterr().out


def test_every_kind_of_message_and_view_is_among_the_drawings() -> None:
    drawn = drawings.everything(PROVIDERS)
    names = " | ".join(each.name for each in drawn)
    for key in PROVIDERS:
        title = PROVIDERS[key].title
        kinds = {type(alert) for alert in drawings.alerts(key, title, "x")}
        assert kinds == set(get_args(get_args(Alert)[0]))
    for update in get_args(get_args(Update)[0]):
        if update is not Final:
            assert f"under way, {update.model_fields['kind'].default}" in names
    for outcome in get_args(get_args(Outcome)[0]):
        for kind in get_args(outcome.model_fields["kind"].annotation):
            assert f"result {kind}" in names
    for said in get_args(Whisper.model_fields["said"].annotation):
        assert f"whisper, {said}" in names
    callbacks = {each.payload.get("callback_id") for each in drawn if each.kind == "view"}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "slack").glob("*.py"))
    known = re.findall(r"CALLBACK(?:, COLUMNS_CALLBACK)? = (.*)", source)
    assert {name for text in known for name in re.findall(r'"([a-z_]+)"', text)} <= callbacks
    for lang in ("en", "zh"):
        assert f"({lang})" in names or f", {lang})" in names
