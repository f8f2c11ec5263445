"""What people read of many at once: whatever stands in a list, Slack takes it, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.batch import Batch, BatchState, BatchUpdate, Problem, RowState, Sample, Tally
from bot.hire import Text
from bot.outcome import Failure
from bot.sandbox.block_kit import check_message, check_view
from bot.slack import batch_messages as drawn
from tests.people import words
from tests.regenerate import configured, own

PROVIDERS = {key: configured(kind) for key, kind in own().items()}
HOSTILE = ["<!channel> *x* _y_ `z`", "张" * 500, "\u202eevil\n\t|", "", "=HYPERLINK(1)"]


def update(state: BatchState, lang: str, text: str, many: int = 99, key: str = "tencent") -> BatchUpdate:
    states: tuple[RowState, ...] = get_args(RowState)
    problem = Problem(field=Text(text or "x", text or "x"), said=Text(text or "x", text or "x"))
    samples = tuple(
        Sample(
            line=n,
            name=text,
            account=text,
            state=states[n % len(states)],
            problems=(problem,) * (n % 3),
            twin=n,
            kind="Rejected",
            failure=Failure(kind="Rejected", provider=key, code="1", words=text) if n % 2 else None,
        )
        for n in range(many)
    )
    batch = Batch(
        id="B1", provider=key, requester="U1", language=lang, given_at=1.0, name=text[:100], header=(text,) * 60,
        understood=("name", "phone", *(None,) * 58), unsure=bool(text), notes=(Text(text, text),) * 30, reason=text,
        decided_by="U2", why=Text(text, text),
    )  # fmt: skip
    tally = Tally(ready=187, wrong=5, twice=1, requested=1, there=2, created=3, failed=1, under_way=4)
    return BatchUpdate(
        batch=batch, state=state, round=3, tally=tally, seconds=4000.0, seats_left=3, away_since=1.0, samples=samples,
        more=9_000, needs_approval=True,
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("state", get_args(BatchState))
@pytest.mark.parametrize("many", [99, 200])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_every_message_is_one_that_slack_takes(state: BatchState, lang: str, number: int, many: int) -> None:
    text = HOSTILE[number]
    for offer in (PROVIDERS["tencent"], None):
        message = drawn.message(update(state, lang, text, many), offer)
        assert check_message(message["blocks"], message["text"]) == []
        said = "".join(str(block) for block in message["blocks"] if "table" not in block["type"]) + message["text"]
        assert "<!channel>" not in said


def test_a_table_is_no_longer_than_slack_may_take_and_says_how_many_are_left() -> None:
    message = drawn.message(update("shown", "en", "张" * 500), PROVIDERS["tencent"])
    (table,) = [block for block in message["blocks"] if block["type"] == "table"]
    cells = [cell["text"] for row in table["rows"] for cell in row]
    assert sum(map(len, cells)) <= 9_100
    assert f"And {9_000 + 99 - len(table['rows']) + 1} more" in words(message)


def test_more_people_than_a_table_takes_are_a_table_with_pages() -> None:
    for many, kind in ((1, "table"), (99, "table"), (100, "data_table"), (200, "data_table")):
        whole = update("shown", "en", "Tom", many).model_copy(update={"more": 0})
        message = drawn.message(whole, None)
        (table,) = [block for block in message["blocks"] if "table" in block["type"]]
        assert (table["type"], len(table["rows"])) == (kind, many + 1)
        assert "see the file" not in words(message)
        # Below it there is a file as soon as the plain table of a Slack without the other one would not do.
        assert drawn.left_out(whole, None) == max(many - 99, 0)
        plainer = drawn.message(drawn.plainer(whole), None)
        assert {block["type"] for block in plainer["blocks"] if "table" in block["type"]} == {"table"}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("key", sorted(PROVIDERS))
def test_the_forms_are_those_that_slack_takes(key: str, lang: str) -> None:
    offers = list(PROVIDERS.values())
    assert check_view(drawn.form(offers, lang, provider=key, text="x" * 5000, notice="x" * 5000)) == []
    for text in ("姓名", "x" * 400):
        assert check_view(drawn.columns_form(update("shown", lang, text, key=key), PROVIDERS[key], lang)) == []
