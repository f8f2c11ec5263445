"""Many at once, through the real bot: a file given in, shown, created row by row, and given back with every result."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openpyxl
import pytest
import pytest_asyncio

from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.world import World
from bot.spreadsheet.files import as_csv, as_xlsx
from tests.conftest import Bot, begin, tidy
from tests.people import ADMINS, ALICE, LINA, MAX, Form, Person, somebody, words

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Json = dict[str, Any]
HEADER = ["姓名", "userid", "手机", "邮箱"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_hurried_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    world = World()
    await world.start()
    bot = await begin(world, tmp_path_factory.mktemp("hurried"), module="tests.hurried")
    yield bot
    assert await bot.stop() == 0
    await world.stop()


@pytest.fixture
def bot(running_hurried_bot: Bot) -> Iterator[Bot]:
    tidy(running_hurried_bot.world)
    yield running_hurried_bot
    running_hurried_bot.check_log(running_hurried_bot.fresh_log())


def rows_of(people: list[dict[str, str]]) -> list[list[str]]:
    return [[one["name"], one["account"], one["phone"], one["email"]] for one in people]


async def gives_in(world: World, user: str, content: bytes | str, name: str = "july.xlsx", **more: Any) -> Form:
    form = await Person(world, user).opens("many")
    if isinstance(content, bytes):
        delivery = await world.slack.submit(user, form.id, {"file": [form.attach(name, content)], **more})
        assert (delivery.acked, delivery.error) == (True, None)
    else:
        await form.submit(people=content, **more)
    return form


async def message_of(world: World, user: str, *said: str) -> Json:
    """The newest message to them directly that says all of it."""
    channel = Person(world, user).direct

    def found(slack: FakeSlack) -> Json:
        whole = [one for one in slack.messages[channel] if one.get("thread_ts", one["ts"]) == one["ts"]]
        return [one for one in whole if all(part in words(one) + str(one.get("blocks")) for part in said)][-1]

    message: Json = await world.slack.until(found, timeout=30)
    return message


async def presses(world: World, user: str, message: Json, action: str) -> None:
    delivery = await world.slack.click(user, Person(world, user).direct, message["ts"], action)
    assert delivery.acked


async def test_a_list_is_shown_created_and_given_back(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(5)]
    table = [HEADER, *rows_of(people), ["李四", "", "1.38E+10", ""], rows_of(people)[0]]
    await gives_in(world, ALICE, as_xlsx(table))
    shown = await message_of(world, ALICE, "5 accounts can be created")
    assert world.tencent.created == []
    said = str(shown["blocks"])
    assert "To be corrected: 1" in said
    assert "Twice in the list: 1" in said
    assert "Excel has shortened this number" in said
    assert "Create 5" in said
    await presses(world, ALICE, shown, "create")
    await message_of(world, ALICE, "Done", "Created, to be activated: 5")
    assert sorted(one["key"] for one in world.tencent.created) == sorted(one["account"] for one in people)
    (files,) = await world.slack.until(
        lambda slack: [one for one in slack.messages[Person(world, ALICE).direct] if one.get("files")]
    )
    assert files["thread_ts"] == shown["ts"]
    sheet = openpyxl.load_workbook(io.BytesIO(world.slack.files.contents[files["files"][0]["id"]])).active
    assert sheet is not None
    result = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert result[0][:4] == HEADER
    assert [row[4] for row in result[1:6]] == ["✅ not activated yet"] * 5
    lines = await world.slack.until(
        lambda slack: [one for one in slack.messages[ADMINS] if "5 Tencent Meeting accounts created" in one["text"]]
    )
    assert len(lines) == 1
    assert len(world.slack.messages[ADMINS]) == 1


async def files_of(world: World, user: str, many: int = 1) -> list[Json]:
    """What was put below a message of theirs."""
    channel = Person(world, user).direct
    await world.slack.until(lambda slack: len([one for one in slack.messages[channel] if one.get("files")]) >= many)
    return [one for one in world.slack.messages[channel] if one.get("files")]


async def test_what_a_message_cannot_show_is_a_file_below_it_once_and_can_be_corrected_there(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(2)]
    wrong = [["=1+1", f"wrong{n}", "12", ""] for n in range(240)]
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people), *wrong]), "july.csv")
    shown = await message_of(world, ALICE, "2 accounts can be created", "more: see the file in the thread")
    (files,) = await files_of(world, ALICE)
    assert files["thread_ts"] == shown["ts"]
    assert [one["name"] for one in files["files"]] == ["newhire-check.csv"]
    content = world.slack.files.contents[files["files"][0]["id"]]
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header[:4] == HEADER
    assert len(rows) == 242
    assert [row[4] for row in rows[:3]] == ["Can be created.", "Can be created.", "To be corrected"]
    assert rows[2][0] == "'=1+1"
    assert "Phone: There is no such number" in rows[2][-1]
    # Shown again after a trial, it is the same reading.
    await presses(world, ALICE, shown, "first")
    await message_of(world, ALICE, "The first one is done", "Create 1")
    corrected = [header, *rows[:2], [*rows[2][:2], somebody()["phone"], *rows[2][3:]]]
    await gives_in(world, ALICE, as_csv(corrected), "newhire-check.csv")
    await message_of(world, ALICE, "2 accounts can be created", "Have an account already: 1")
    assert len(await files_of(world, ALICE)) == 1


def looked_up(slack: FakeSlack) -> list[str]:
    """Uploads that newhire has asked for."""
    asked = (call for call in slack.calls if call["method"] == "files.info")
    return [call["args"]["file"] for call in asked if call["args"]["file"].startswith("F0UPLOAD")]


@pytest.mark.parametrize(
    ("method", "how"),
    [
        ("files.completeUploadExternal", "503_after"),
        ("files.completeUploadExternal", "reset_after"),
        ("files.completeUploadExternal", "503"),
        ("files.getUploadURLExternal", "reset"),
        ("files.upload", "503"),
        ("files.upload", "reset"),
    ],
)
async def test_a_file_comes_once_whatever_becomes_of_its_upload(bot: Bot, method: str, how: str) -> None:
    world = bot.world
    world.slack.fail(method, how)
    wrong = [["x", f"wrong{n}", "12", ""] for n in range(120)]
    await gives_in(world, ALICE, as_csv([HEADER, *wrong, *rows_of([somebody()])]), "july.csv")
    shown = await message_of(world, ALICE, "1 account can be created")
    await files_of(world, ALICE)
    if how.endswith("_after"):
        # It has come, and newhire does not know it: it looks, before it sends it again.
        await world.slack.until(lambda slack: looked_up(slack), timeout=20)
    await presses(world, ALICE, shown, "create")
    await message_of(world, ALICE, "Done")
    # The result is told on the same thread, after whatever the look led to.
    files = await files_of(world, ALICE, 2)
    assert [[one["name"] for one in message["files"]] for message in files] == [
        ["newhire-check.csv"],
        ["newhire-result.xlsx", "newhire-result.csv"],
    ]


async def test_a_file_that_slack_does_not_take_holds_up_nothing(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(2)]
    world.slack.scopes = {"chat:write", "users:read", "usergroups:read", "files:read"}
    wrong = [["x", f"wrong{n}", "12", ""] for n in range(240)]
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people), *wrong]), "july.csv")
    await presses(world, ALICE, await message_of(world, ALICE, "2 accounts can be created"), "create")
    await message_of(world, ALICE, "Done", "Created, to be activated: 2")


async def test_who_is_at_the_provider_already_is_said_before_anything_is_created(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(10)]
    there, taken = people[3], people[7]
    world.tencent.add_by_hand(userid=there["account"], username=there["name"], phone=there["phone"].replace(" ", ""))
    world.tencent.add_by_hand(userid="somebody-else", username="李四", phone=taken["phone"].replace(" ", ""))
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "july.csv")
    shown = str(await message_of(world, ALICE, "Create 8"))
    assert "Have an account already: 1" in shown
    assert "Somebody else has this there already" in shown
    assert "李四" not in shown


async def test_who_was_removed_in_the_console_can_be_created_again(bot: Bot) -> None:
    """ydb-platform/ydb 16330: what is remembered is not what is there any more."""
    world = bot.world
    people = [somebody() for _ in range(10)]
    table = as_csv([HEADER, *rows_of(people)])
    await gives_in(world, ALICE, table, "july.csv")
    await presses(world, ALICE, await message_of(world, ALICE, "Create 10"), "create")
    await message_of(world, ALICE, "Done", "Created, to be activated: 10")
    await gives_in(world, ALICE, table, "again.csv")
    await message_of(world, ALICE, "again.csv", "Have an account already: 10")
    world.tencent.by_hand(people[4]["account"], "delete")
    await gives_in(world, ALICE, table, "third.csv")
    await presses(world, ALICE, await message_of(world, ALICE, "third.csv", "Create 1"), "create")
    await message_of(world, ALICE, "third.csv", "Created, to be activated: 1")


async def test_whoever_cannot_be_asked_holds_nothing_up(bot: Bot) -> None:
    people = [somebody() for _ in range(10)]
    bot.world.tencent.fail("find_500", times=10)
    await gives_in(bot.world, ALICE, as_csv([HEADER, *rows_of(people)]), "july.csv")
    await message_of(bot.world, ALICE, "Create 10")


async def test_pasted_people_in_chinese_at_the_other_vendor(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(3)]
    text = "\n".join(f"姓名：{one['name']} 账号：{one['account']} 手机：{one['phone']}" for one in people)
    await gives_in(world, LINA, text, provider="huawei")
    shown = await message_of(world, LINA, "可开通 3 个")
    await presses(world, LINA, shown, "create")
    await message_of(world, LINA, "已完成", "已开通：3")
    assert sorted(one["name"] for one in world.huawei.accounts) == sorted(one["name"] for one in people)


async def test_the_first_one_is_a_trial_and_the_others_follow(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(4)]
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "july.csv")
    shown = await message_of(world, ALICE, "4 accounts can be created")
    await presses(world, ALICE, shown, "first")
    again = await message_of(world, ALICE, "The first one is done", "Create 3")
    assert len(world.tencent.created) == 1
    assert again["ts"] == shown["ts"], "it is one message"
    await presses(world, ALICE, again, "create")
    await message_of(world, ALICE, "Done", "Created, to be activated: 4")
    assert len(world.tencent.created) == 4


async def test_the_result_file_given_in_again_creates_nothing_twice_and_takes_what_was_corrected(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(3)]
    wrong = dict(somebody(), phone="12")
    await gives_in(world, ALICE, as_xlsx([HEADER, *rows_of([*people, wrong])]))
    await presses(world, ALICE, await message_of(world, ALICE, "3 accounts can be created"), "create")
    await message_of(world, ALICE, "Done", "To be corrected: 1")
    (files,) = await files_of(world, ALICE)
    content = world.slack.files.contents[files["files"][0]["id"]]
    await gives_in(world, ALICE, content)
    await message_of(world, ALICE, "No account can be created", "Have an account already: 3", "To be corrected: 1")
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    assert sheet is not None
    sheet.cell(5, 3).value = somebody()["phone"]
    corrected = io.BytesIO()
    book.save(corrected)
    await gives_in(world, ALICE, corrected.getvalue())
    await presses(world, ALICE, await message_of(world, ALICE, "1 account can be created"), "create")
    await message_of(world, ALICE, "Done", "Created, to be activated: 1")
    created = [one["key"] for one in world.tencent.created]
    assert sorted(created) == sorted(one["account"] for one in [*people, wrong])


async def test_columns_are_corrected_by_a_person(bot: Bot) -> None:
    world = bot.world
    person = somebody()
    table = [["姓名", "登录", "联络号码", "邮箱"], *rows_of([person])]
    await gives_in(world, ALICE, as_csv(table), "x.csv")
    shown = await message_of(world, ALICE, "Check the columns")
    assert "Create" not in str(shown["blocks"][-1])
    before = set(world.slack.views)
    await presses(world, ALICE, shown, "columns")
    view = await world.slack.until(lambda slack: next(iter(set(slack.views) - before), None))
    form = Form(world, ALICE, str(view))
    await form.submit(**{"column.1": "account", "column.2": "phone", "all.account_type": "2"})
    ready = await message_of(world, ALICE, "1 account can be created")
    await presses(world, ALICE, ready, "create")
    await message_of(world, ALICE, "Done")
    (account,) = world.tencent.accounts
    assert account["userid"] == person["account"]


async def test_what_cannot_be_read_is_said_and_so_is_a_right_that_newhire_lacks(bot: Bot) -> None:
    world = bot.world
    await gives_in(world, ALICE, b"%PDF-1.7", "july.xlsx")
    await message_of(world, ALICE, "can't be used", "This is a PDF")
    world.slack.scopes = {"chat:write", "users:read", "usergroups:read"}
    await gives_in(world, LINA, as_csv([HEADER, *rows_of([somebody()])]), "x.csv")
    await message_of(world, LINA, "files:read")


async def test_a_form_without_a_list_says_so(bot: Bot) -> None:
    form = await Person(bot.world, ALICE).opens("many")
    delivery = await form.try_to_submit()
    assert list(delivery.errors) == ["file"]
    both = {"file": [form.attach("a.csv", b"name")], "people": "Tom 13800138000"}
    delivery = await form.try_to_submit(**both)  # type: ignore[arg-type] # a list of files
    assert list(delivery.errors) == ["people"]


async def test_only_who_gave_it_in_and_admins_decide_and_a_click_on_what_was_is_over(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(2)]
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "x.csv")
    shown = await message_of(world, ALICE, "2 accounts can be created")
    before = copy.deepcopy(shown["blocks"])
    await presses(world, ALICE, shown, "cancel")
    cancelled = await message_of(world, ALICE, "Cancelled")
    # An old button, in a client that has not drawn the message anew.
    cancelled["blocks"] = before
    await presses(world, ALICE, cancelled, "create")
    await world.slack.until(lambda slack: "This button no longer works" in str(slack.calls[-1]))
    assert world.tencent.created == []


async def test_a_vendor_that_goes_away_pauses_the_run_and_it_goes_on_by_itself(bot: Bot) -> None:
    world = bot.world
    people = [somebody() for _ in range(20)]
    port = int(world.huawei.url.rpartition(":")[2])
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "x.csv", provider="huawei")
    shown = await message_of(world, ALICE, "20 accounts can be created")
    await world.huawei.stop()
    await presses(world, ALICE, shown, "create")
    await message_of(world, ALICE, "isn't responding since")
    await world.huawei.start(port)
    await message_of(world, ALICE, "Done", "Created: 20")
    assert sorted(one["name"] for one in world.huawei.accounts) == sorted(one["name"] for one in people)
    await world.slack.until(lambda slack: len(slack.messages[ADMINS]) >= 2)
    admins = world.slack.messages[ADMINS]
    assert [
        "is back" in one["text"] or "20 Huawei Cloud Meeting accounts created" in one["text"] for one in admins
    ] == [True, True]


async def test_a_template_is_sent_and_can_be_given_in(bot: Bot) -> None:
    world = bot.world
    await Person(world, ALICE).types("template")
    (message,) = await files_of(world, ALICE)
    assert [one["name"] for one in message["files"]] == ["newhire.xlsx", "newhire.csv"]


async def test_who_may_not_ask_may_not_ask_for_many(bot: Bot) -> None:
    said = await Person(bot.world, MAX).is_told("many")
    assert "permission" in said


async def test_a_run_is_paused_gone_on_with_and_stopped(another_bot: Any) -> None:
    slow = await another_bot(module="tests.hurried", TENCENT_CALLS_PER_MINUTE="300")
    world = slow.world
    people = [somebody() for _ in range(45)]
    await gives_in(world, ALICE, as_csv([HEADER, *rows_of(people)]), "x.csv")
    await presses(world, ALICE, await message_of(world, ALICE, "45 accounts can be created"), "create")
    running = await message_of(world, ALICE, "Creating accounts")
    await presses(world, ALICE, running, "pause")
    paused = await message_of(world, ALICE, "Paused")
    # What was under way comes to its end, and nothing else is begun.
    await world.slack.until(lambda _: "/ 45" in words(paused))
    form = await Person(world, ALICE).opens()
    single = somebody()
    await form.submit(**single)
    await world.slack.until(lambda _: any(one["key"] == single["account"] for one in world.tencent.created))
    assert len(world.tencent.created) < 30
    await presses(world, ALICE, await message_of(world, ALICE, "Paused"), "resume")
    await world.slack.until(lambda _: len(world.tencent.created) > 16, timeout=20)
    await presses(world, ALICE, await message_of(world, ALICE, "Creating accounts"), "stop")
    stopped = await message_of(world, ALICE, "Stopped", "Not started: ")
    assert len(world.tencent.created) < 46
    assert stopped["ts"] == running["ts"]
