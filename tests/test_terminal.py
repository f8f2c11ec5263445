"""What the commands at the shell are made of: the result file, what is shown, the lock that says who is at work, reminders."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from bot.batch import Batch, BatchUpdate, Tally
from bot.batch_reader import BatchReader
from bot.onboarding.batches import Unreadable
from bot.outcome import Account, ActionRequired
from bot.request import CannotBeTold, ManyWaiting, Reminder, Standing
from bot.slack import form
from bot.slack.messages import mention
from bot.spreadsheet.columns import ACCOUNT_ID, CODE, IGNORED, OUTCOME, REASON
from bot.spreadsheet.files import as_csv, as_xlsx
from bot.store.lock import AlreadyRunning, claim_file, holder
from bot.terminal import result
from bot.terminal.many import _code
from bot.terminal.options import Given
from bot.terminal.options import read as read_options
from bot.terminal.run import Cannot
from bot.terminal.screen import Lines, table
from tests.test_notifier import ASKED, PROVIDERS, Slack

# --- the result file


def of(outcome: str = "✅ account ready", name: str = "张伟", phone: str = "+8613900139000") -> list[list[str]]:
    """A result."""
    header = ["姓名", "手机", "备注", OUTCOME, ACCOUNT_ID, CODE, REASON]
    return [header, [name, phone, "", outcome, "zhangwei", "", ""], ["=1+1", "", "x", "To be corrected", "", "", "y"]]


BOTH = pytest.mark.parametrize(("content", "kind", "written"), [(b"PK\3\4", "xlsx", as_xlsx), (b"name", "csv", as_csv)])


@BOTH
def test_a_later_result_of_the_same_people_takes_the_place_of_the_first(
    tmp_path: Path, content: bytes, kind: str, written: object
) -> None:
    first = result.write(tmp_path / f"july.{kind}", content, of("processing"))
    assert first == tmp_path / f"july-result.{kind}"
    assert first.stat().st_mode & 0o777 == 0o600
    assert result.write(tmp_path / f"july.{kind}", content, of()) == first
    assert "processing" not in str(result._read(first))
    assert [path.name for path in tmp_path.iterdir()] == [f"july-result.{kind}"]


@BOTH
@pytest.mark.parametrize(
    "changed", [of(phone="+8613900139001"), of()[:2], [*of(), ["李四"]], [[*row, "!"] for row in of()]]
)
def test_what_somebody_has_written_stays(
    tmp_path: Path, content: bytes, kind: str, written: object, changed: list[list[str]]
) -> None:
    theirs = tmp_path / f"july-result.{kind}"
    theirs.write_bytes(as_xlsx(changed) if kind == "xlsx" else as_csv(changed))
    before = theirs.read_bytes()
    assert result.write(tmp_path / f"july.{kind}", content, of()) == tmp_path / f"july-result-2.{kind}"
    assert theirs.read_bytes() == before


@pytest.mark.parametrize("theirs", [b"", b"PK\3\4 broken", b"\xff\xfe\x00", b"my notes"])
def test_what_is_no_result_stays_too(tmp_path: Path, theirs: bytes) -> None:
    for kind in ("xlsx", "csv"):
        (tmp_path / f"july-result.{kind}").write_bytes(theirs)
    assert result.write(tmp_path / "july.csv", b"name", of()).name == "july-result-2.csv"
    assert result.write(tmp_path / "july.xlsx", b"PK", of()).name == "july-result-2.xlsx"
    assert (tmp_path / "july-result.csv").read_bytes() == theirs


def test_a_link_that_lies_there_is_not_followed(tmp_path: Path) -> None:
    result.write(tmp_path / "aim.csv", b"name", of())
    (tmp_path / "july-result.csv").symlink_to(tmp_path / "aim-result.csv")
    (tmp_path / "june-result.csv").symlink_to(tmp_path / "nowhere")
    assert result.write(tmp_path / "july.csv", b"name", of()).name == "july-result-2.csv"
    assert result.write(tmp_path / "june.csv", b"name", of()).name == "june-result-2.csv"
    assert not (tmp_path / "nowhere").exists()


def test_the_result_of_a_result_lies_beside_it_and_never_on_it(tmp_path: Path) -> None:
    first = result.write(tmp_path / "july.xlsx", b"PK", of())
    second = result.write(first, b"PK", of())
    assert second == tmp_path / "july-result-2.xlsx"
    assert result.write(second, b"PK", of("other")) == first, "the same people: nothing of anybody's is lost"


def test_where_nothing_was_to_do_an_earlier_result_stays(tmp_path: Path) -> None:
    first = result.write(tmp_path / "july.csv", b"name", of("first"), keep=True)
    assert result.write(tmp_path / "july.csv", b"name", of("second"), keep=True) == first
    assert result.write(first, b"name", of("third"), keep=True) == first
    assert "first" in str(result._read(first))
    assert result.write(tmp_path / "july.csv", b"name", of(phone="1"), keep=True) == tmp_path / "july-result-2.csv"


def test_what_cannot_be_written_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        result.write(tmp_path / "july.csv", b"name", of())
    assert list(tmp_path.iterdir()) == []


def test_a_result_is_a_workbook_for_a_workbook_whatever_it_is_called(tmp_path: Path) -> None:
    assert result.write(tmp_path / "july.txt", b"name", of()).name == "july-result.csv"
    path = result.write(tmp_path / "july", b"PK", of())
    assert path.name == "july-result.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    assert sheet is not None
    assert sheet["A1"].value == "姓名"


# --- what is shown


def update(done: int, *, away: float | None = None, ready: int = 0) -> BatchUpdate:
    batch = Batch(id="S1", provider="tencent", requester="shell:root", given_at=0.0)
    tally = Tally(created=done, ready=ready)
    return BatchUpdate(batch=batch, state="running", round=1, tally=tally, seconds=120.0, away_since=away)


def test_lines_come_at_each_tenth_and_when_something_else_has_changed() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    for done in range(101):
        lines.progress("Acme", update(done, ready=100 - done), 100)
    assert len(said) == 11
    assert said[0] == "0 of 100: about 2 minutes to go"
    assert said[-1] == "100 of 100: Created: 100; about 2 minutes to go"
    lines.progress("Acme", update(100, away=1.0), 100)
    assert said[-1] == "100 of 100: Created: 100; Acme isn't responding; it goes on by itself when it's back"


def test_no_phone_can_be_read_and_nothing_moves_the_cursor() -> None:
    said: list[str] = []
    Lines(said.append).say("call 13900139000\x1b[2J\nnow")
    assert said == ["call 139****9000 [2J now"]
    Lines(said.append).say("july-20261130123000.xlsx\x1b", exact=True)
    assert said[-1] == "july-20261130123000.xlsx "


def test_a_table_has_its_cells_below_each_other_in_chinese_too() -> None:
    rows = table(("Row", "Person", "What"), [("2", "张伟", "a"), ("13", "Tom", "b"), ("4", "x" * 60, "13900139000")])
    assert rows[0].index("What") == 2 + len("Row") + 2 + 40
    assert rows[1].index("a") == rows[2].index("b") - 2, "two characters take four columns"
    assert rows[3].endswith("  139****9000")


@pytest.mark.parametrize(
    ("tally", "code"),
    [
        (Tally(created=2, to_activate=1, existing=1, there=3), 0),
        (Tally(there=3), 0),
        (Tally(ready=3), 0),
        (Tally(created=2, failed=1), 1),
        (Tally(created=2, unknown=1), 1),
        (Tally(created=2, wrong=1), 1),
        (Tally(created=2, twice=1), 1),
        (Tally(created=2, requested=1), 1),
        (Tally(failed=1), 1),
        (Tally(requested=1), 1),
        (Tally(there=1, wrong=1), 1),
        (Tally(wrong=2, twice=1), 2),
        (Tally(), 2),
    ],
)
def test_the_exit_code_is_0_only_when_everybody_is_there(tally: Tally, code: int) -> None:
    assert _code(tally) == code


# --- what is typed


def test_the_options_of_one_are_the_fields_of_its_form() -> None:
    given = read_options("tencent", ["--name", "Zhang Wei", "--job-title", "Nurse", "--phone", "", "--link"])
    assert given == Given("tencent", {"name": "Zhang Wei", "job_title": "Nurse"}, link=True)
    with pytest.raises(Cannot, match="Say which provider first, huawei or tencent"):
        read_options(None, [])
    with pytest.raises(SystemExit) as ended:
        read_options("huawei", ["--password", "x"])
    assert ended.value.code == 2


# --- reading


def reader() -> BatchReader:
    return BatchReader(PROVIDERS, lambda upload: b"", form.problems, lambda provider, names: set())


def read(rows: Sequence[Sequence[str]], called: dict[str, str]) -> Batch:
    import base64

    given = Batch(id="S1", provider="tencent", requester="shell:root", given_at=0.0, called=called)
    return reader().read(given, base64.b64encode(as_csv(rows)).decode()).batch


def test_a_header_that_only_the_command_line_knows_is_found() -> None:
    rows = [["Bericht", "", ""], ["Wer", "Womit", "Notiz"], ["Tom", "13900139000", "x"]]
    batch = read(rows, {"wer": "name", "Womit": "phone", "Notiz": IGNORED})
    assert batch.header == ("Wer", "Womit", "Notiz")
    assert batch.understood == ("name", "phone", None)
    assert batch.columns == {0: "name", 1: "phone", 2: None}
    with pytest.raises(Unreadable) as why:
        read(rows, {"Wer": "name", "Handy": "phone"})
    assert why.value.said.en == "There is no column “Handy”. There are: Wer, Womit, Notiz."


# --- who is at work on a file


def test_whoever_finds_a_file_claimed_reads_by_what(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    assert holder(url) is None
    for command, said in (("run", "Another newhire runs on"), ("import", "`newhire import` is at work on")):
        with claim_file(url, command):
            assert holder(url) == command
            with pytest.raises(AlreadyRunning, match=said) as other:
                claim_file(url)
            assert other.value.command == command
            assert holder(url) == command, "who asks in vain changes nothing"
        assert holder(url) is None
    # As older versions left it.
    with claim_file(url) as file:
        os.truncate(file.fileno(), 0)
        assert holder(url) == "run"


# --- nobody in Slack


AT_THE_SHELL = ASKED.model_copy(update={"requester": "shell:root (alice)", "batch": "S1", "channel": None})
MADE = ActionRequired(account=Account(provider="tencent", account="zhangwei", name="Zhang Wei"))
REMINDERS = [
    Reminder(outcome=MADE, standing=Standing(offers=("resend",)), since=0.0, at=86400.0),
    ManyWaiting(people=(("Zhang Wei", "zhangwei"),)),
]


@pytest.mark.parametrize("reminder", REMINDERS, ids=["one", "many"])
def test_who_asked_at_the_shell_is_nobody_in_slack_so_the_admins_are_reminded(reminder: Reminder | ManyWaiting) -> None:
    slack = Slack()
    assert slack.notifier(language="zh").remind(AT_THE_SHELL, None, reminder) is not None
    (message,) = slack.posted
    assert message["channel"] == "C0ADMINS1"
    assert "未激活" in message["text"]
    slack = Slack()
    slack.notifier().remind(ASKED, None, reminder)
    assert slack.posted[0]["channel"] == ASKED.requester


@pytest.mark.parametrize("reminder", REMINDERS, ids=["one", "many"])
def test_without_an_admin_channel_nobody_is_reminded(reminder: Reminder | ManyWaiting) -> None:
    slack = Slack()
    with pytest.raises(CannotBeTold):
        slack.notifier(admins=None).remind(AT_THE_SHELL, None, reminder)
    assert slack.posted == []


def test_who_asked_at_the_shell_is_named_and_no_mention() -> None:
    assert mention("U0ALICE01") == "<@U0ALICE01>"
    assert mention(AT_THE_SHELL.requester) == "shell:root (alice)"
