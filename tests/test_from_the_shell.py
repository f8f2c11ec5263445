"""`newhire import` and `newhire create`, as somebody at a terminal and a script meet them: real processes in the pretend world."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import pty
import re
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cryptography.fernet import Fernet

from bot.sandbox.demo import bot_settings
from bot.sandbox.world import World
from bot.spreadsheet.files import as_csv, as_xlsx
from tests.conftest import FAST, MEASURED, ROOT, begin, tidy
from tests.people import ADMINS, ALICE, Person, result, somebody, unmasked_phones, words
from tests.test_many import HEADER, rows_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

SLOW = {"TENCENT_CALLS_PER_MINUTE": "240"}
"""Four a second: time enough to press something."""
TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")


@dataclass
class Ended:
    """What has come of a command."""

    code: int
    out: str
    error: str


def surroundings(world: World, folder: Path, *, slack: Any = False, **settings: str) -> dict[str, str]:
    """The environment of a command on that folder's database; without Slack's tokens unless they are wanted."""
    given = bot_settings(world, folder) | FAST | MEASURED | {"PYTHONPATH": str(ROOT)} | settings
    return {name: text for name, text in given.items() if text and (slack or name not in TOKENS)}


@asynccontextmanager
async def typed(
    world: World, folder: Path, *arguments: str, slack: Any = False, stdout: Any = asyncio.subprocess.PIPE, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, begun; killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.hurried", *arguments),
        env=surroundings(world, folder, slack=slack, **more), cwd=folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=stdout, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def end(process: asyncio.subprocess.Process) -> Ended:
    out, error = await asyncio.wait_for(process.communicate(), 90)
    ended = Ended(process.returncode or 0, (out or b"").decode(), error.decode())
    assert "Traceback" not in ended.error, ended.error
    assert unmasked_phones(ended.out + ended.error) == []
    for name, secret in FAST.items():
        assert "SECRET" not in name or secret not in ended.out + ended.error
    return ended


async def newhire(world: World, folder: Path, *arguments: str, slack: Any = False, **settings: str) -> Ended:
    async with typed(world, folder, *arguments, slack=slack, **settings) as process:
        return await end(process)


@pytest.fixture
def tidied(world: World) -> Iterator[World]:
    tidy(world)
    yield world
    tidy(world)


def given_in(folder: Path, people: list[dict[str, str]], name: str = "july.xlsx", *more: list[str]) -> Path:
    rows = [HEADER, *rows_of(people), *more]
    (folder / name).write_bytes(as_xlsx(rows) if name.endswith(".xlsx") else as_csv(rows))
    return folder / name


def workbook(file: Path) -> list[list[str]]:
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]


def created(world: World) -> Counter[str]:
    return Counter(entry["key"] for entry in world.tencent.created)


def accounts(people: list[dict[str, str]]) -> Counter[str]:
    return Counter(one["account"] for one in people)


def stored(folder: Path, question: str) -> list[Any]:
    with sqlite3.connect(folder / "newhire.sqlite") as connection:
        return list(connection.execute(question))


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*result*"))


JULY = ("import", "july.xlsx", "--provider", "tencent")


async def test_a_rehearsal_shows_all_of_it_and_leaves_nothing(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(3)]
    given_in(tmp_path, people, "july.xlsx", ["王五", "", "1.38E+10", ""], *rows_of(people[:1]))
    ended = await newhire(tidied, tmp_path, *JULY, "--dry-run", **SLOW)
    assert (ended.code, ended.error) == (1, "")
    assert (
        "july.xlsx, 5 rows, for Tencent Meeting. Can be created: 3, To be corrected: 1, Twice in the list: 1"
        in ended.out
    )
    assert "姓名 → Full name" in ended.out
    assert re.search(r"^5 +王五 +– +Phone: Excel has shortened", ended.out, re.MULTILINE)
    assert re.search(r"^6 .*The same person stands in row 2", ended.out, re.MULTILINE)
    assert "Takes about" in ended.out
    assert "Licences: 3 needed, 1000 left." in ended.out
    assert ended.out.endswith("Nothing was created.\n")
    assert created(tidied) == Counter()
    assert stored(tmp_path, "select * from newhire_batches") == []
    assert results(tmp_path) == []


async def test_everybody_is_created_and_the_result_given_in_again_creates_nobody_twice(
    tidied: World, tmp_path: Path
) -> None:
    people = [somebody() for _ in range(4)]
    given_in(tmp_path, people)
    ended = await newhire(tidied, tmp_path, *JULY)
    assert (ended.code, ended.error) == (0, "")
    assert "\x1b" not in ended.out, "plain lines where there is no terminal"
    assert "4 of 4: Created, to be activated: 4" in ended.out.splitlines()
    assert "Done: Created, to be activated: 4." in ended.out.splitlines()
    assert created(tidied) == accounts(people)
    table = workbook(tmp_path / "july-result.xlsx")
    assert [row[:4] for row in table] == [HEADER, *rows_of(people)]
    assert [row[4:6] for row in table[1:]] == [["✅ not activated yet", one["account"]] for one in people]
    assert (tmp_path / "july-result.xlsx").stat().st_mode & 0o077 == 0
    ended = await newhire(tidied, tmp_path, "import", "july-result.xlsx", "--provider", "tencent")
    assert (ended.code, ended.error) == (0, "")
    assert "Have an account already: 4" in ended.out
    assert "There is nothing to create." in ended.out
    assert (await newhire(tidied, tmp_path, *JULY)).code == 0
    assert created(tidied) == accounts(people)
    assert results(tmp_path) == ["july-result.xlsx"]
    assert workbook(tmp_path / "july-result.xlsx") == table
    (tmp_path / "july-result.xlsx").unlink()
    assert (await newhire(tidied, tmp_path, *JULY)).code == 0
    assert [row[4] for row in workbook(tmp_path / "july-result.xlsx")[1:]] == ["Has an account already."] * 4


async def test_one_that_fails_is_said_and_the_others_are_created(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(3)]
    given_in(tmp_path, people, "july.csv", ["=2+3", "odd", "12", ""])
    tidied.tencent.fail("no_seat")
    ended = await newhire(tidied, tmp_path, "import", "july.csv", "--provider", "tencent")
    assert (ended.code, ended.error) == (1, "")
    assert "Created, to be activated: 2, Not created: 1, To be corrected: 1" in ended.out
    assert re.search(r"^[234] +张伟 .*no licence left", ended.out, re.MULTILINE)
    table = list(csv.reader(io.StringIO((tmp_path / "july-result.csv").read_text("utf-8-sig"), newline="")))
    assert Counter(row[4] for row in table[1:]) == {
        "✅ not activated yet": 2,
        "⚠️ no licence left": 1,
        "To be corrected": 1,
    }
    assert table[4][0] == "'=2+3"
    # What failed is tried again, what is there is left alone.
    ended = await newhire(tidied, tmp_path, "import", "july-result.csv", "--provider", "tencent")
    assert ended.code == 1
    assert "Created, to be activated: 1" in ended.out
    assert created(tidied) == accounts(people)
    assert list(csv.reader(io.StringIO((tmp_path / "july-result.csv").read_text("utf-8-sig"), newline=""))) == table
    assert (tmp_path / "july-result-2.csv").exists()


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (None, [], "july.xlsx cannot be read: No such file or directory."),
        (b"%PDF-1.7", [], "This is a PDF."),
        (b"", [], "There are no rows in this file."),
        (b"a,b\n1,2\n", [], "No row names the columns."),
        (b"name,userid,phone\nTom,tom,13900139000\n", ["--provider", "zoom"], "--provider must be one that is set up: "),
        (b"name,userid,phone\nTom,tom,13900139000\n", ["--column", "shoe=phone"], "Tencent Meeting has no field “shoe”."),
        (b"name,userid,phone\nTom,tom,13900139000\n", ["--column", "phone=Handy"], "There is no column “Handy”."),
        (b"name,phone,phone\nTom,13900139000,1\n", [], "Not clear which column is what: "),
        (b"name,phone,phone\nTom,13900139000,1\n", ["--dry-run"], "Not clear which column is what: "),
    ],
)  # fmt: skip
async def test_what_cannot_start_is_one_sentence(
    tidied: World, tmp_path: Path, content: bytes | None, arguments: list[str], said: str
) -> None:
    if content is not None:
        (tmp_path / "july.xlsx").write_bytes(content)
    ended = await newhire(tidied, tmp_path, *JULY, *arguments)
    assert ended.code == 2
    assert ended.error.startswith(said)
    assert len(ended.error.splitlines()) == 1
    assert results(tmp_path) == []
    assert created(tidied) == Counter()
    active = "select * from newhire_batches where state not in ('unreadable', 'cancelled')"
    assert not (tmp_path / "newhire.sqlite").exists() or stored(tmp_path, active) == []


async def test_a_list_in_which_nobody_can_be_created_could_not_start(tidied: World, tmp_path: Path) -> None:
    given_in(tmp_path, [somebody(phone="12")])
    ended = await newhire(tidied, tmp_path, *JULY)
    assert ended.code == 2
    assert "There is no such number under +86." in ended.out
    assert "There is nothing to create." in ended.out


async def test_a_database_of_another_key_and_one_that_is_none_could_not_start(tidied: World, tmp_path: Path) -> None:
    given_in(tmp_path, [somebody()])
    assert (await newhire(tidied, tmp_path, *JULY)).code == 0
    ended = await newhire(tidied, tmp_path, *JULY, NEWHIRE_SECRET_KEY=Fernet.generate_key().decode())
    assert ended.code == 2
    assert ended.error.startswith("NEWHIRE_SECRET_KEY ")
    (tmp_path / "broken.sqlite").write_bytes(b"no database" * 999)
    ended = await newhire(tidied, tmp_path, *JULY, NEWHIRE_DATABASE_URL="sqlite:///broken.sqlite")
    assert ended.code == 2
    assert ended.error.startswith("NEWHIRE_DATABASE_URL does not work: ")
    nobody = {name: "" for name in surroundings(tidied, tmp_path) if name.startswith(("TENCENT_", "HUAWEI_"))}
    ended = await newhire(tidied, tmp_path, *JULY, **nobody)
    assert ended.code == 2
    assert ended.error.startswith("No provider is configured")


async def test_columns_and_values_are_said_on_the_command_line(tidied: World, tmp_path: Path) -> None:
    person = somebody()
    rows = [["姓名", "登录", "联络号码", "备注"], [person["name"], person["account"], person["phone"], "x"]]
    (tmp_path / "july.xlsx").write_bytes(as_xlsx(rows))
    ended = await newhire(tidied, tmp_path, *JULY)
    assert ended.code == 2
    chosen = ["--column", "account=登录", "--column", "phone=联络号码", "--column", "none=备注"]
    ended = await newhire(tidied, tmp_path, *JULY, *chosen, "--value", "job_title=工程师")
    assert (ended.code, ended.error) == (0, "")
    (account,) = tidied.tencent.accounts
    assert account["userid"] == person["account"]
    assert "工程师" in str(account)


async def test_numbers_without_a_country_code_are_of_the_region_that_is_said(tidied: World, tmp_path: Path) -> None:
    person = somebody(phone="0151 23456789")
    given_in(tmp_path, [person])
    ended = await newhire(tidied, tmp_path, *JULY, "--region", "XX")
    assert (ended.code, ended.error) == (2, "--region must be a two-letter country, like CN or DE.\n")
    assert (await newhire(tidied, tmp_path, *JULY, "--region", "de")).code == 0
    (account,) = tidied.tencent.accounts
    assert (account["area"], account["phone"]) == ("49", "15123456789")
    again = await newhire(tidied, tmp_path, *CREATE, *options(person), "--region", "DE")
    assert again.code == 0
    assert "has an account at Tencent Meeting already" in again.out


async def test_only_the_first_ones_and_then_the_next_and_the_rest(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(7)]
    given_in(tmp_path, people)
    for only, many in ((["--only", "2"], 2), (["--only", "2"], 4), ([], 7)):
        ended = await newhire(tidied, tmp_path, *JULY, *only)
        assert (ended.code, ended.error) == (0, "")
        assert created(tidied) == accounts(people[:many])
        assert (f"{7 - many} are left." in ended.out) == (many < 7)
    assert results(tmp_path) == ["july-result.xlsx"], "nobody had written in it"
    assert [row[4] for row in workbook(tmp_path / "july-result.xlsx")[1:]] == ["✅ not activated yet"] * 7


async def until_created(world: World, many: int) -> None:
    await world.slack.until(lambda _: len(world.tencent.created) >= many, timeout=60)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_pauses_and_the_same_command_goes_on(tidied: World, tmp_path: Path, how: signal.Signals) -> None:
    people = [somebody() for _ in range(25)]
    given_in(tmp_path, people)
    async with typed(tidied, tmp_path, *JULY, **SLOW) as process:
        await until_created(tidied, 3)
        process.send_signal(how)
        ended = await end(process)
    assert ended.code == 128 + how
    assert "Paused: " in ended.out
    assert ended.out.endswith("To go on, the same command:\n  newhire import july.xlsx --provider tencent\n")
    assert len(tidied.tencent.created) < 25
    assert not (tmp_path / "july-result.xlsx").exists()
    ended = await newhire(tidied, tmp_path, *JULY)
    assert (ended.code, ended.error) == (0, "")
    assert "This was given in before: it goes on." in ended.out
    assert created(tidied) == accounts(people)
    assert len(workbook(tmp_path / "july-result.xlsx")) == 26


async def test_killed_the_same_command_goes_on_and_nobody_is_created_twice(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(25)]
    given_in(tmp_path, people)
    for many in (1, 6, 12):
        async with typed(tidied, tmp_path, *JULY, TENCENT_CALLS_PER_MINUTE="600") as process:
            await until_created(tidied, many)
            process.kill()
            await process.wait()
    ended = await newhire(tidied, tmp_path, *JULY)
    assert (ended.code, ended.error) == (0, "")
    assert created(tidied) == accounts(people)
    table = workbook(tmp_path / "july-result.xlsx")
    assert [row[5] for row in table[1:]] == [one["account"] for one in people]
    assert len(stored(tmp_path, "select * from newhire_batches")) == 1


async def test_beside_a_running_bot_the_bot_does_the_work(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(25)]
    given_in(tmp_path, people)
    bot = await begin(tidied, tmp_path, module="tests.hurried", **SLOW)
    try:
        async with typed(tidied, tmp_path, *JULY, **SLOW) as process:
            await until_created(tidied, 2)
            process.send_signal(signal.SIGINT)
            ended = await end(process)
        assert ended.code == 130
        assert "Paused: " in ended.out
        # What was begun is finished by the bot, and nothing else is begun.
        await tidied.slack.until(
            lambda _: not stored(tmp_path, "select * from newhire_requests where state <> 'done'"), timeout=60
        )
        assert len(tidied.tencent.created) < 25
        ended = await newhire(tidied, tmp_path, *JULY, **SLOW)
        assert (ended.code, ended.error) == (0, "")
        assert "25 of 25: Created, to be activated: 25" in ended.out
        assert created(tidied) == accounts(people)
        assert [row[5] for row in workbook(tmp_path / "july-result.xlsx")[1:]] == [one["account"] for one in people]
        (line,) = await tidied.slack.until(lambda slack: slack.messages[ADMINS])
        assert "25 Tencent Meeting accounts created" in line["text"]
        elsewhere = [one for channel, said in tidied.slack.messages.items() for one in said if channel != ADMINS]
        assert elsewhere == [], "nobody is written to in Slack"
    finally:
        assert await bot.stop() == 0
    bot.check_log(bot.log)


async def test_a_rehearsal_beside_a_running_bot_asks_the_vendor_and_leaves_nothing(
    tidied: World, tmp_path: Path
) -> None:
    given_in(tmp_path, [somebody() for _ in range(2)])
    tidied.tencent.seats = 1
    bot = await begin(tidied, tmp_path, module="tests.hurried")
    try:
        await tidied.slack.until(lambda slack: slack.messages[ADMINS])
        ended = await newhire(tidied, tmp_path, *JULY, "--dry-run")
    finally:
        tidied.tencent.seats = 1000
        assert await bot.stop() == 0
    assert (ended.code, ended.error) == (0, "")
    assert "Licences: 2 needed, 1 left. Not enough." in ended.out
    assert stored(tmp_path, "select * from newhire_batches") == []


async def test_on_postgresql_it_does_the_work_beside_a_bot(tidied: World, tmp_path: Path, postgres_url: str) -> None:
    people = [somebody() for _ in range(12)]
    given_in(tmp_path, people)
    bot = await begin(tidied, tmp_path, module="tests.hurried", NEWHIRE_DATABASE_URL=postgres_url, **SLOW)
    try:
        async with typed(tidied, tmp_path, *JULY, NEWHIRE_DATABASE_URL=postgres_url, **SLOW) as process:
            await until_created(tidied, 3)
            process.kill()
            await process.wait()
        ended = await newhire(tidied, tmp_path, *JULY, NEWHIRE_DATABASE_URL=postgres_url, **SLOW)
        assert (ended.code, ended.error) == (0, "")
        lines = await tidied.slack.until(lambda slack: slack.messages[ADMINS], timeout=30)
        assert len(lines) == 1
    finally:
        assert await bot.stop() == 0
    assert created(tidied) == accounts(people)
    assert len(workbook(tmp_path / "july-result.xlsx")) == 13


async def test_when_the_bot_ends_and_stays_away_the_command_goes_on_by_itself(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(15)]
    given_in(tmp_path, people)
    bot = await begin(tidied, tmp_path, module="tests.hurried", **SLOW)
    async with typed(tidied, tmp_path, *JULY, **SLOW) as process:
        await until_created(tidied, 2)
        await bot.stop(signal.SIGKILL)
        ended = await end(process)
    assert (ended.code, ended.error) == (0, "")
    assert "Whoever did the work has ended; it goes on here." in ended.out
    assert created(tidied) == accounts(people)


async def test_a_bot_that_is_started_meanwhile_says_who_is_at_work(tidied: World, tmp_path: Path) -> None:
    given_in(tmp_path, [somebody() for _ in range(25)])
    async with typed(tidied, tmp_path, *JULY, TENCENT_CALLS_PER_MINUTE="30") as process:
        await until_created(tidied, 1)
        ended = await newhire(tidied, tmp_path, "run", slack=True)
        assert ended.code == 2
        assert "`newhire import` is at work on" in ended.error
        process.send_signal(signal.SIGINT)
        assert (await end(process)).code == 130


async def test_two_commands_at_once_on_one_file_create_everybody_once(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(12)]
    given_in(tmp_path, people)
    given_in(tmp_path, people[6:], "more.csv")
    first, second = await asyncio.gather(
        newhire(tidied, tmp_path, *JULY, **SLOW),
        newhire(tidied, tmp_path, "import", "more.csv", "--provider", "tencent", **SLOW),
    )
    assert {first.code, second.code} <= {0, 1}, (first, second)
    assert created(tidied) == accounts(people)


@pytest.mark.parametrize("slack", [True, False])
async def test_the_admins_read_of_it_once_now_or_from_the_next_bot(tidied: World, tmp_path: Path, slack: bool) -> None:
    given_in(tmp_path, [somebody() for _ in range(2)])
    ended = await newhire(tidied, tmp_path, *JULY, slack=slack)
    assert (ended.code, ended.error) == (0, "")
    assert ("reads of it when a bot next runs" in ended.out) != slack
    assert len(tidied.slack.messages[ADMINS]) == slack
    bot = await begin(tidied, tmp_path, module="tests.hurried")
    lines = await tidied.slack.until(lambda world: world.messages[ADMINS])
    assert await bot.stop() == 0
    assert ["2 Tencent Meeting accounts created" in words(line) for line in lines] == [True]
    assert "`newhire" not in words(lines[0])


async def test_what_people_in_slack_wait_for_is_done_here_and_told_by_the_next_bot(
    tidied: World, tmp_path: Path
) -> None:
    asked, people = [somebody() for _ in range(3)], [somebody()]
    bot = await begin(tidied, tmp_path, module="tests.hurried", TENCENT_CALLS_PER_MINUTE="30")
    for person in asked:
        form = await Person(tidied, ALICE).opens("tencent")
        await form.submit(**person)
    await bot.stop(signal.SIGKILL)
    given_in(tmp_path, people)
    before = len(tidied.slack.calls)
    assert (await newhire(tidied, tmp_path, *JULY)).code == 0
    assert len(tidied.slack.calls) == before, "there is no way to Slack"
    assert accounts(people) <= created(tidied) <= accounts([*asked, *people])
    bot = await begin(tidied, tmp_path, module="tests.hurried")
    for person in asked:
        assert "ready to activate" in words(await result(tidied, person["name"]))
    assert await bot.stop() == 0
    assert created(tidied) == accounts([*asked, *people])


async def test_ctrl_c_before_anything_is_begun_is_no_traceback(tidied: World, tmp_path: Path) -> None:
    """While modules are imported, Python itself would raise."""
    command = "import sys, bot.__main__ as it; sys.modules['bot.terminal.many'] = None; it.main(['import', 'x', '--provider', 'x'])"
    interrupted = command.replace("None", "type(sys)('many'); sys.modules['bot.terminal.many'].Wanted = interrupt")
    raised = f"def interrupt(**_): raise KeyboardInterrupt\n{interrupted}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", raised),
        env=surroundings(tidied, tmp_path), cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    ended = await end(process)
    assert (ended.code, ended.out, ended.error) == (130, "", "")


async def test_on_a_terminal_it_is_a_bar(tidied: World, tmp_path: Path) -> None:
    people = [somebody() for _ in range(6)]
    given_in(tmp_path, people)
    ours, theirs = pty.openpty()
    async with typed(tidied, tmp_path, *JULY, stdout=theirs, TERM="xterm", COLUMNS="120", **SLOW) as process:
        os.close(theirs)
        said = await asyncio.to_thread(read_all, ours)
        assert (await end(process)).code == 0
    os.close(ours)
    text = said.decode()
    assert "━" in text
    assert "\x1b[" in text
    assert "6/6" in text
    assert "The result of every row: july-result.xlsx" in text
    assert unmasked_phones(text) == []
    assert created(tidied) == accounts(people)


def read_all(descriptor: int) -> bytes:
    said = b""
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux, once nobody holds the other end
            return said
        if not part:
            return said
        said += part


async def test_a_file_cannot_be_where_nothing_may_be_written_beside_it(tidied: World, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir()
    given_in(closed, [somebody()])
    closed.chmod(0o500)
    ended = await newhire(tidied, tmp_path, "import", "closed/july.xlsx", "--provider", "tencent")
    closed.chmod(0o700)
    assert ended.code == 2
    assert "is read-only for you" in ended.error


# --- newhire create


def options(person: dict[str, str]) -> list[str]:
    return [part for name, text in person.items() for part in (f"--{name.replace('_', '-')}", text)]


CREATE = ("create", "--provider", "tencent")


async def test_one_is_created_and_the_second_time_it_is_there(tidied: World, tmp_path: Path) -> None:
    person = somebody()
    ended = await newhire(tidied, tmp_path, *CREATE, *options(person))
    assert (ended.code, ended.error) == (0, "")
    said = dict(line.split(": ", 1) for line in ended.out.splitlines())
    assert said["account"] == person["account"]
    assert said["name"] == person["name"]
    assert said["state"] == "not activated yet"
    assert said["next step"].startswith("activate it")
    assert "activation link" not in said
    ended = await newhire(tidied, tmp_path, *CREATE, *options(person))
    assert (ended.code, ended.error) == (0, "")
    assert ended.out.startswith(f"{person['name']} has an account at Tencent Meeting already.\n")
    assert f"account: {person['account']}\n" in ended.out
    assert created(tidied) == accounts([person])


async def test_a_link_to_activate_is_printed_to_whoever_asks_for_it(tidied: World, tmp_path: Path) -> None:
    ended = await newhire(tidied, tmp_path, *CREATE, *options(somebody()), "--link")
    assert (ended.code, ended.error) == (0, "")
    assert re.search(r"^activation link: https?://\S+$", ended.out, re.MULTILINE)


async def test_what_is_wrong_with_one_is_said_as_on_the_form(tidied: World, tmp_path: Path) -> None:
    ended = await newhire(tidied, tmp_path, *CREATE, *options(somebody(account="zhang wei", phone="12")))
    assert (ended.code, ended.out) == (2, "")
    account, phone = ended.error.splitlines()
    assert account == "Account (userid): No spaces here."
    assert phone.startswith("Phone: There is no such number")
    assert created(tidied) == Counter()


async def test_one_that_the_vendor_refuses_is_said_with_its_words(tidied: World, tmp_path: Path) -> None:
    tidied.tencent.fail("no_seat")
    ended = await newhire(tidied, tmp_path, *CREATE, *options(somebody()))
    assert (ended.code, ended.error) == (1, "")
    assert ended.out.startswith("No account was created: no licence left")


async def test_somebody_elses_account_is_shown_to_nobody(tidied: World, tmp_path: Path) -> None:
    first, second = somebody(), somebody()
    assert (await newhire(tidied, tmp_path, *CREATE, *options(first))).code == 0
    (tmp_path / "other").mkdir()
    second["account"] = first["account"]
    ended = await newhire(tidied, tmp_path / "other", *CREATE, *options(second))
    assert ended.code == 1
    assert "may be somebody else's" in ended.out
    assert first["name"] not in ended.out


async def test_beside_a_bot_one_is_created_by_it(tidied: World, tmp_path: Path) -> None:
    bot = await begin(tidied, tmp_path, module="tests.hurried")
    person = somebody()
    ended = await newhire(tidied, tmp_path, *CREATE, *options(person))
    assert await bot.stop() == 0
    assert (ended.code, ended.error) == (0, "")
    assert f"account: {person['account']}\n" in ended.out
    assert created(tidied) == accounts([person])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create"], "Say which provider first, huawei or tencent: newhire create --provider huawei --help"),
        (["create", "--provider", "zoom"], "Say which provider first"),
        (["create", "--provider", "tencent", "--shoe", "44"], "usage: newhire create --provider tencent"),
        (["create", "--provider", "huawei", "--password", "hunter2hunter2"], "usage: newhire create --provider huawei"),
        (["import", "x.csv"], "usage: newhire import"),
        (["import", "x.csv", "--provider", "tencent", "--only", "0"], "usage: newhire import"),
        (["import", "x.csv", "--provider", "tencent", "--column", "phone"], "usage: newhire import"),
    ],
)
async def test_what_is_typed_wrongly_is_said(tidied: World, tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = await newhire(tidied, tmp_path, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.error.startswith(said)


async def test_the_help_of_a_provider_lists_its_fields(tidied: World, tmp_path: Path) -> None:
    ended = await newhire(tidied, tmp_path, "create", "--provider", "huawei", "--help")
    assert (ended.code, ended.error) == (0, "")
    for option in ("--name", "--account", "--phone", "--english-name", "--link"):
        assert option in ended.out
    assert "--password" not in ended.out
