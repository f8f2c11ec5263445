"""The `newhire` command, as a person at a terminal and a supervisor meet it."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import datetime as dt
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.__main__ import main
from bot.request import Request
from bot.sandbox.demo import KEPT, bot_settings, start_bot
from bot.sandbox.world import World
from bot.shell import inert
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.requests import Requests
from tests.conftest import MEASURED, ROOT, begin
from tests.people import ALICE, FINAL, PEOPLE


def with_world(test: Callable[..., Any]) -> Any:
    """It shares the module's world, and starts bots."""
    return pytest.mark.slow(pytest.mark.asyncio(loop_scope="module")(test))


SURROUNDINGS = {name: os.environ[name] for name in KEPT if name in os.environ} | MEASURED | {"PYTHONPATH": str(ROOT)}
RIGHT = {
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_APP_TOKEN": "xapp-made-up",
    "HUAWEI_ACCOUNT": "admin",
    "HUAWEI_PASSWORD": "made-up-secret",
    "NEWHIRE_SECRET_KEY": Fernet.generate_key().decode(),
}


def newhire(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command with these settings and no others."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env=SURROUNDINGS | settings,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def refusal(folder: Path, **settings: str) -> list[str]:
    """The sentences with which `newhire run` refuses these settings."""
    ended = newhire("run", cwd=folder, **settings)
    assert ended.returncode == 2, ended
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    headline, *sentences = ended.stderr.splitlines()
    assert headline == "newhire cannot start:"
    return sentences


def about(sentences: list[str], setting: str) -> str:
    """The one sentence about that setting."""
    (found,) = [sentence for sentence in sentences if sentence.startswith(setting)]
    return found


# --- newhire run ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_any_setting_it_says_what_is_needed(tmp_path: Path) -> None:
    sentences = refusal(tmp_path)
    assert len(sentences) == 3
    assert "is not set" in about(sentences, "SLACK_BOT_TOKEN")
    assert "is not set" in about(sentences, "SLACK_APP_TOKEN")
    assert "set the credentials of Huawei Cloud Meeting or Tencent Meeting" in about(sentences, "No provider")


@pytest.mark.slow
def test_every_mistake_is_one_sentence_and_all_come_at_once(tmp_path: Path) -> None:
    sentences = refusal(
        tmp_path,
        SLACK_BOT_TOKEN="xoxp-the-other-one",
        SLACK_APP_TOKEN="xoxe-the-other-one",
        SLACK_API_URL="slack.com",
        NEWHIRE_ADMIN_CHANNEL="#it-admins",
        NEWHIRE_ALLOWED="U0ALICE01,alice",
        NEWHIRE_DATABASE_URL="mysql://localhost/newhire",
        NEWHIRE_SECRET_KEY="too-short",
        NEWHIRE_REGION="XX",
        TENCENT_APP_ID="200000001",
        TENCENT_SECRET_ID="made-up",
        HUAWEI_ACCOUNT="admin",
    )
    for setting, said in {
        "SLACK_BOT_TOKEN": "starts with xoxb-",
        "SLACK_APP_TOKEN": "starts with xapp-",
        "SLACK_API_URL": "is not a URL",
        "NEWHIRE_ADMIN_CHANNEL": "must be a channel's ID",
        "NEWHIRE_ALLOWED": "number 2 is neither",
        "NEWHIRE_DATABASE_URL": "sqlite:/// or postgresql://",
        "NEWHIRE_SECRET_KEY": "`newhire key` prints a new one",
        "NEWHIRE_REGION": "a two-letter country",
        "TENCENT_SECRET_KEY": "is not set, though TENCENT_APP_ID, TENCENT_SECRET_ID are",
        "HUAWEI_PASSWORD": "is missing: it belongs to HUAWEI_ACCOUNT",
    }.items():
        assert said in about(sentences, setting)
    assert len(sentences) == 10
    for secret in ("the-other-one", "too-short"):
        assert secret not in "".join(sentences)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:////nowhere/at/all/newhire.sqlite", "there is no folder /nowhere/at/all."),
        ("sqlite:///nowhere/newhire.sqlite", "there is no folder {folder}/nowhere."),
        ("sqlite:///a-folder", "a-folder is a folder, and should be a file."),
        (f"sqlite:///{'x' * 300}", "the file's name is too long."),
        ("sqlite:////dev/full", "database or disk is full."),
        ("sqlite:///not-ours", "not-ours is no SQLite database, or is damaged (file is not a database); restore"),
        (
            "sqlite:///cut-off",
            "cut-off is no SQLite database, or is damaged (database disk image is malformed); restore",
        ),
        ("postgresql://newhire:hun%40ter2@127.0.0.1:1/newhire", "connection failed: connection to server"),
        ("postgresql://newhire:hunter2@no.such.host.invalid/newhire", ""),
        ("postgresql://newhire@127.0.0.1:1/?nonsense=1", "invalid "),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path, url: str, why: str) -> None:
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "not-ours").write_bytes(b"PK\3\4 this is a spreadsheet" * 99)
    (tmp_path / "cut-off").write_bytes(half_a_database(tmp_path / "whole"))
    (sentence,) = refusal(tmp_path, **RIGHT, NEWHIRE_DATABASE_URL=url)
    assert sentence.startswith(f"NEWHIRE_DATABASE_URL does not work: {why.format(folder=tmp_path)}")
    assert "hun" not in sentence
    assert ".lock" not in sentence


def half_a_database(whole: Path) -> bytes:
    """An SQLite file that somebody copied only the beginning of, over its schema."""
    with contextlib.closing(sqlite3.connect(whole)) as connection:
        for number in range(40):
            connection.execute(f"CREATE TABLE t{number} (text TEXT DEFAULT '{'x' * 400}')")
    return whole.read_bytes()[:9000]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("sqlite:///", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("postgresql://h:99999/d", "must look"),
    ],
)
def test_an_address_that_cannot_work_is_one_sentence(tmp_path: Path, url: str, word: str) -> None:
    (sentence,) = refusal(tmp_path, **RIGHT, NEWHIRE_DATABASE_URL=url)
    assert sentence.startswith(f"NEWHIRE_DATABASE_URL {word}")


async def start_in_vain(settings: dict[str, str], folder: Path) -> tuple[int, str]:
    """A bot that ends by itself: its exit code, and what it said."""
    with (folder / "in vain").open("wb") as log:
        bot = await start_bot(settings, folder, log=log)
    try:
        code = await asyncio.wait_for(bot.wait(), 30)
    except TimeoutError:
        bot.kill()
        code = await bot.wait()
    return code, (folder / "in vain").read_text()


@with_world
@pytest.mark.parametrize(
    ("setting", "token"), [("SLACK_BOT_TOKEN", "xoxb-of-yesterday"), ("SLACK_APP_TOKEN", "xapp-of-yesterday")]
)
async def test_a_token_that_slack_refuses_is_one_sentence(
    world: World, tmp_path: Path, setting: str, token: str
) -> None:
    code, said = await start_in_vain(
        bot_settings(world, tmp_path) | {setting: token, "PYTHONPATH": str(ROOT)}, tmp_path
    )
    assert code == 2
    assert f"{setting} is refused by Slack (invalid_auth)" in said
    assert "Traceback" not in said
    assert token not in said


@with_world
async def test_two_bots_on_one_sqlite_file_are_refused(world: World, tmp_path: Path) -> None:
    first = await begin(world, tmp_path)
    code, said = await start_in_vain(first.settings, tmp_path)
    assert code == 2
    assert "Another newhire runs on" in said
    assert await first.stop(signal.SIGINT) == 0
    first.check_log(first.log)


@with_world
async def test_a_bot_without_a_secret_key_says_at_the_start_what_that_means(world: World, tmp_path: Path) -> None:
    bot = await begin(world, tmp_path, NEWHIRE_SECRET_KEY="")
    assert await bot.stop() == 0
    assert "NEWHIRE_SECRET_KEY is not set" in bot.log
    assert "`newhire key` prints a key" in bot.log


# --- newhire, newhire help, newhire --version -------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["help"]])
def test_alone_it_says_what_it_can_with_an_example_of_each(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 0
    said = capsys.readouterr().out
    for command in ("run", "demo", "import", "create", "key", "history", "forget"):
        assert f"\n  newhire {command}" in said


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"newhire {version('newhire')}\n"


@pytest.mark.parametrize("port", ["99999", "-1", "8080/tcp", "８０８０", "9" * 5000, ""])
def test_a_port_that_is_none_is_a_sentence(capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--port", port])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("must be a number from 0 to 65535, like 8765 (0: any free port)\n")


# --- newhire history, newhire forget ----------------------------------------------------------------------------------


DATABASE = {"NEWHIRE_SECRET_KEY": RIGHT["NEWHIRE_SECRET_KEY"], "NEWHIRE_DATABASE_URL": "sqlite:///newhire.sqlite"}


def asked_for(folder: Path, *names: str, day: str = "2026-11-10") -> None:
    """A database with a request for each, noted on that day."""
    engine, cipher = database(f"sqlite:///{folder / 'newhire.sqlite'}"), Cipher([DATABASE["NEWHIRE_SECRET_KEY"]])
    migrate(engine)
    stored = Requests(engine, cipher)
    stored.check_cipher()
    for number, name in enumerate(names):
        hire = {"name": name, "account": f"account{number}", "phone": "+8613800138000"}
        request = Request(id=f"V{day}{number}", provider="tencent", hire=dict(hire), requester="U1", accepted_at=1.0)
        stored.accept(request, {"account": hire["account"]})
        Outbox(engine, cipher, "me").end(request.id, "Rejected", "{}", [])
    with engine.begin() as connection:
        at = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
        connection.execute(
            sa.text("update newhire_audit set at = :at where at > 1e9 and request_id like :id"),
            {"at": at, "id": f"V{day}%"},
        )
        connection.execute(sa.text("update newhire_requests set state = 'done'"))
    engine.dispose()


@pytest.mark.slow
def test_the_history_is_the_audit_with_the_newest_last(tmp_path: Path) -> None:
    asked_for(tmp_path, "Zhang Wei", day="2026-11-10")
    asked_for(tmp_path, "Wang Fang", day="2026-11-20")
    ended = newhire("history", cwd=tmp_path, **DATABASE)
    assert (ended.returncode, ended.stderr) == (0, "")
    first, second = ended.stdout.splitlines()
    assert first.startswith("2026-11-10 12:00:00  requested   U1           tencent")
    assert first.endswith("name: Zhang Wei, account: account0, phone: +86138****8000")
    assert "Wang Fang" in second
    for arguments, name in ((["--since", "2026-11-11"], "Wang Fang"), (["--until", "2026-11-10"], "Zhang Wei")):
        (line,) = newhire("history", *arguments, cwd=tmp_path, **DATABASE).stdout.splitlines()
        assert name in line


@pytest.mark.slow
def test_the_history_for_a_spreadsheet_is_inert(tmp_path: Path) -> None:
    asked_for(tmp_path, '=HYPERLINK("http://example.com","x")', "张伟")
    ended = newhire("history", "--csv", cwd=tmp_path, **DATABASE)
    first, second = csv.DictReader(ended.stdout.removeprefix("\ufeff").splitlines())
    assert ended.stdout.startswith("\ufefftime (UTC),")
    assert first["name"] == '\'=HYPERLINK("http://example.com","x")'
    assert first["phone"] == "'+86138****8000"
    assert (second["name"], second["by"], second["time (UTC)"]) == ("张伟", "U1", "2026-11-10 12:00:00")


@pytest.mark.slow
def test_the_history_needs_the_settings_of_the_database_alone(tmp_path: Path) -> None:
    """Whoever looks into it may have no token; a mistake elsewhere is not theirs to mend."""
    asked_for(tmp_path, "Zhang Wei")
    wrong = {"SLACK_BOT_TOKEN": "xoxp-the-other-one", "NEWHIRE_PROVIDER": "nobody", "NEWHIRE_KEEP_DAYS": "-1"}
    assert "Zhang Wei" in newhire("history", cwd=tmp_path, **DATABASE, **wrong).stdout
    ended = newhire("history", cwd=tmp_path, NEWHIRE_DATABASE_URL="mysql://localhost", NEWHIRE_SECRET_KEY="short")
    assert ended.returncode == 2
    assert [line.split()[0] for line in ended.stderr.splitlines()] == ["NEWHIRE_DATABASE_URL", "NEWHIRE_SECRET_KEY"]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", Fernet.generate_key().decode()], ids=["no key", "another key"])
def test_without_its_key_the_history_says_what_it_does_not_show_and_nobody_is_forgotten(
    tmp_path: Path, key: str
) -> None:
    asked_for(tmp_path, "Zhang Wei")
    settings = DATABASE | {"NEWHIRE_SECRET_KEY": key}
    ended = newhire("history", cwd=tmp_path, **settings)
    assert ended.returncode == 2
    assert "requested   U1" in ended.stdout
    assert "Zhang" not in ended.stdout
    assert ended.stderr == "What is not shown was encrypted with a key that NEWHIRE_SECRET_KEY does not hold.\n"
    ended = newhire("forget", "account0", "--yes", cwd=tmp_path, **settings)
    assert ended.returncode == 2
    assert ended.stderr.startswith("NEWHIRE_SECRET_KEY ")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", [["history"], ["forget", "zhangwei", "--yes"]])
def test_a_database_that_is_not_there_is_neither_made_nor_migrated(tmp_path: Path, command: list[str]) -> None:
    ended = newhire(*command, cwd=tmp_path, **DATABASE)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"There is no database {tmp_path}/newhire.sqlite: see NEWHIRE_DATABASE_URL.\n"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "newhire.sqlite").touch()
    assert "another version" in newhire(*command, cwd=tmp_path, **DATABASE).stderr
    (tmp_path / "newhire.sqlite").write_bytes(b"no database" * 999)
    assert newhire(*command, cwd=tmp_path, **DATABASE).stderr.startswith("NEWHIRE_DATABASE_URL does not work: ")
    there = DATABASE | {"NEWHIRE_DATABASE_URL": "postgresql://newhire:hunter2@127.0.0.1:1/newhire"}
    ended = newhire(*command, cwd=tmp_path, **there)
    assert ended.returncode == 2
    assert "hunter2" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_forget_says_what_it_removed(tmp_path: Path) -> None:
    asked_for(tmp_path, "Zhang Wei", "Wang Fang")
    ended = newhire("forget", "account0", cwd=tmp_path, **DATABASE)
    assert (ended.returncode, ended.stderr) == (2, "Add --yes: there is no terminal to ask at.\n")
    ended = newhire("forget", "account0", "--yes", "--provider", "tencnt", cwd=tmp_path, **DATABASE)
    assert (ended.returncode, ended.stderr) == (2, "No request to tencnt is kept; there are some to: tencent.\n")
    ended = newhire("forget", "ACCOUNT0", "--yes", cwd=tmp_path, **DATABASE)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Deleted: 1 request with")
    assert "what 1 entry of the audit said about the person" in ended.stdout
    said = newhire("history", cwd=tmp_path, **DATABASE).stdout
    assert "Zhang Wei" not in said
    assert "Wang Fang" in said
    assert re.search(r"forgotten   shell:\S+.*requests: 1, audit_entries: 1", said)
    assert newhire("forget", "account0", "--yes", cwd=tmp_path, **DATABASE).stdout.startswith("Nothing that has ended")


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("", 1), ("y", 0)])
def test_at_a_terminal_forget_shows_whom_and_asks(tmp_path: Path, answer: str, code: int) -> None:
    asked_for(tmp_path, "Zhang Wei")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "forget", "account0"],
        env=SURROUNDINGS | DATABASE, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        os.write(ours, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, said
    assert b"tencent  Rejected  asked by U1  Zhang Wei account0" in said
    assert b"Delete what is kept of 1 request? [y/N]" in said
    assert (b"Nothing was deleted." in said) == bool(code)


@pytest.mark.slow
def test_whoever_reads_only_the_beginning_of_the_history_sees_no_traceback(tmp_path: Path) -> None:
    asked_for(tmp_path, *(f"Zhang Wei {'x' * 90}" for _ in range(300)))
    command = f"{sys.executable} -m bot history | head -1"
    ended = subprocess.run(
        ["/bin/sh", "-c", command],
        env=SURROUNDINGS | DATABASE,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stderr, len(ended.stdout.splitlines())) == ("", 1)


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "01.11.2026", ""])
def test_a_day_that_is_none_is_a_sentence(capsys: pytest.CaptureFixture[str], day: str) -> None:
    with pytest.raises(SystemExit):
        main(["history", "--since", day])
    assert capsys.readouterr().err.endswith("must be a day, like 2026-11-01\n")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86138****8000", "'+86138****8000"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", " '=1"),
        ("\r\n=1", "  '=1"),
        (' "=1', " \"'=1"),
        ("＝1+1", "'＝1+1"),
        ("a;=1+1", "a;'=1+1"),
        ("a, @b", "a, '@b"),
        ("\x1b[31mred", " [31mred"),
        ("zhang-wei@example.com", "zhang-wei@example.com"),
        ("Zhang Wei", "Zhang Wei"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(cell: str, shown: str) -> None:
    assert inert(cell) == shown


@given(st.text())
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    assert not re.match(r"[\s\"]*[=+\-@＝＋－＠]", inert(cell))
    assert inert(cell).isprintable()


# --- newhire key ------------------------------------------------------------------------------------------------------


def test_a_key_is_printed_that_the_settings_take(capsys: pytest.CaptureFixture[str]) -> None:
    keys = []
    for _ in range(2):
        assert main(["key"]) == 0
        keys.append(capsys.readouterr().out.strip())
    assert len(set(keys)) == 2
    for key in keys:
        Fernet(key)


# --- newhire demo -----------------------------------------------------------------------------------------------------


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`newhire demo` in a process group of its own, and the address of its page."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser", *arguments],
        env=SURROUNDINGS | {"TMPDIR": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        line = next(line for line in process.stdout if "newhire demo: " in line)
        yield process, line.split()[-1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_serves_its_page_and_ends_leaving_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    with demo(tmp_path, "--port", "0") as (process, url):
        page = urllib.request.urlopen(url, timeout=10).read().decode()
        assert "/static/app.js" in page
        assert process.stdout is not None
        next(line for line in process.stdout if "ready: /newhire" in line)
        state = json.load(urllib.request.urlopen(f"{url}_/state", timeout=10))
        assert state["bot"]["connected"] == 1
        process.send_signal(how)
        assert "Traceback" not in process.stdout.read()
        assert process.wait(30) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    assert list(tmp_path.iterdir()) == []


def asks(url: str, what: str, **body: object) -> dict[str, Any]:
    """One request of the demo's page; what is not a POST is its state."""
    request = urllib.request.Request(f"{url}_/{what}", json.dumps(body).encode() if body else None)
    request.add_header("Content-Type", "application/json")
    answer: dict[str, Any] = json.load(urllib.request.urlopen(request, timeout=10))
    return answer


def results(state: dict[str, Any]) -> list[str]:
    """The texts of the messages that are a request's last word."""
    texts = [message["text"] for message in state["messages"].get(PEOPLE, [])]
    return [text for text in texts if text[:1] in FINAL]


def until(url: str, found: Callable[[dict[str, Any]], object]) -> Any:
    """What is found in the page's state, as soon as it is there."""
    for _ in range(300):
        if result := found(asks(url, "state")):
            return result
        time.sleep(0.1)
    pytest.fail(str(asks(url, "state"))[-3000:])


@pytest.mark.slow
def test_the_demo_makes_its_first_account(tmp_path: Path) -> None:
    """`.ci/run` has every Python that the README promises do this: engine, database and form are all in it."""
    with demo(tmp_path, "--port", "0") as (process, url):
        assert process.stdout is not None
        next(line for line in process.stdout if "ready: /newhire" in line)
        said = asks(url, "command", user=ALICE, channel=PEOPLE, text="Zhang Wei")
        assert said["ok"], said
        view = until(url, lambda state: state["views"])[0]
        typed = {"account": "zhangwei", "phone": "138 0013 8000", "email": "zhang.wei@example.com"}
        said = asks(url, "submit", user=ALICE, view_id=view["id"], values=view["values"] | typed)
        assert said["ok"], said
        (text,) = until(url, results)
        assert "Zhang Wei" in text
        process.send_signal(signal.SIGTERM)
        assert "Traceback" not in process.stdout.read()
        assert process.wait(30) == 0


@pytest.mark.slow
def test_the_demo_takes_another_port_when_its_own_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)) as (process, url):
            assert f":{port}/" not in url
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
