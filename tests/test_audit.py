"""The audit says who asked for whom and what came of it, once; what is about the person leaves before the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.batch import BatchFiles, BatchUpdate
from bot.onboarding.relay import Relay
from bot.outcome import Account, Created, Failure, Outcome
from bot.request import Alert, ManyWaiting, MessageRef, Nudge, Record, Reminder, Request, Standing, Update, Whisper
from bot.store.audit import NEWHIRE, Audit, Noted, masked
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.requests import Requests
from bot.store.tables import AUDIT, SAID
from tests.conftest import BOTH_DATABASES

KEY = Fernet.generate_key().decode()
HIRE = {
    "name": "张伟",
    "account": "zhangwei",
    "phone": "+8613800138000",
    "email": "zhang.wei@example.com",
    "department": "30",
}
PLAIN = ("张伟", "\\u5f20\\u4f1f", "zhangwei", "13800138000", "zhang.wei", "example.com")
MADE = Created(
    account=Account(
        provider="tencent", account="zhangwei", name="张伟", phone="13800138000", request_id="77", vendor_code="0"
    )
)


@pytest.fixture(params=BOTH_DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path / 'newhire.sqlite'}"
    engine = database(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield engine
    engine.dispose()


def asked(request_id: str = "V1", **typed: str) -> Request:
    return Request(
        id=request_id, provider="tencent", hire=HIRE | typed, requester="U1", channel="C1", accepted_at=time.time()
    )


def accept(engine: sa.Engine, request: Request, *keys: str) -> Requests:
    stored = Requests(engine, Cipher(keys))
    identity = {name: str(request.hire[name]) for name in ("account", "phone", "email")}
    assert stored.accept(request, identity, "secret-password") is None
    return stored


class Nobody:
    def tell(self, request: Request, ref: MessageRef | None, update: Update | Nudge) -> MessageRef:
        return ref or MessageRef(channel="C1", ts="1.0")

    def alert(self, request: Request | None, ref: MessageRef | None, alert: Alert) -> None:
        return None

    def whisper(self, request: Request, whisper: Whisper) -> None:
        return None

    def batch(self, ref: MessageRef | None, update: BatchUpdate) -> MessageRef | None:
        raise NotImplementedError

    def attach(self, ref: MessageRef, files: BatchFiles, sent: Callable[[Sequence[str]], None]) -> None:
        raise NotImplementedError

    def remind(self, request: Request, ref: MessageRef | None, reminder: Reminder | ManyWaiting) -> None:
        return None


def end(engine: sa.Engine, request: Request, outcome: Outcome, *keys: str) -> None:
    relay = Relay(Outbox(engine, Cipher(keys), "me"), Nobody(), timedelta(hours=24))
    relay.begin(request)
    record = Record(request=request, outcome=outcome, ended_at=1.0)
    relay.end(record, Standing(), nudge=False, admins=False)


def noted(engine: sa.Engine, *keys: str) -> list[Noted]:
    return list(Audit(engine, Cipher(keys)).read())


def stored_text(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(sa.text("select * from newhire_audit")).fetchall())


# --- what is noted ----------------------------------------------------------------------------------------------------


def test_who_asked_for_whom_and_what_came_back(engine: sa.Engine) -> None:
    accept(engine, asked())
    end(engine, asked(), MADE)
    first, last = noted(engine)
    assert (first.event, first.actor, first.request_id, first.provider) == ("requested", "U1", "V1", "tencent")
    assert first.facts == {"channel": "C1"}
    assert first.detail == {
        "name": "张伟", "account": "zhangwei", "phone": "+86138****8000", "email": "z***@example.com", "department": "30",
    }  # fmt: skip
    assert (last.event, last.actor, last.request_id) == ("ended", NEWHIRE, "V1")
    assert last.facts == {"outcome": "Created", "code": "0", "vendor_request": "77"}
    assert last.detail == {"account": "zhangwei", "name": "张伟", "phone": "138****8000"}
    assert "secret-password" not in str(noted(engine))


def test_a_failure_keeps_the_vendors_code_and_its_words_go_with_the_person(engine: sa.Engine) -> None:
    accept(engine, asked())
    words = "mobile 13800138000 of zhang.wei@example.com is taken"
    end(engine, asked(), Failure(kind="Conflict", provider="tencent", code="200401", words=words))
    last = noted(engine)[-1]
    assert last.facts == {"outcome": "Conflict", "code": "200401"}
    assert last.detail == {"words": "mobile 138****8000 of z***@example.com is taken"}


def test_the_same_end_again_is_noted_once_and_another_end_again(engine: sa.Engine) -> None:
    """A run that begins anew says all of it once more; a look-up afterwards may find another truth."""
    accept(engine, asked())
    for outcome in (Failure(kind="OutcomeUnknown", provider="tencent"), MADE, MADE):
        for _ in range(2):
            end(engine, asked(), outcome)
    assert [each.facts.get("outcome") for each in noted(engine)] == [None, "OutcomeUnknown", "Created"]


def test_what_is_not_accepted_is_not_noted(engine: sa.Engine) -> None:
    stored = accept(engine, asked())
    assert stored.accept(asked("V2"), {"account": "zhangwei"}) is not None
    assert stored.accept(asked(), {"account": "zhangwei"}) is None
    assert [each.request_id for each in noted(engine)] == ["V1"]


def test_a_note_stands_or_falls_with_its_transaction(engine: sa.Engine) -> None:
    audit = Audit(engine, Cipher())
    with engine.connect() as connection, connection.begin() as transaction:
        audit.note("clicked", actor="U1", request_id="V1", facts={"action": "retry"}, connection=connection)
        transaction.rollback()
    with engine.begin() as connection:
        audit.note("clicked", actor="U2", request_id="V1", facts={"action": "retry"}, connection=connection)
    audit.note("said", actor=NEWHIRE)
    assert [(each.event, each.actor) for each in noted(engine)] == [("clicked", "U2"), ("said", NEWHIRE)]


def test_what_is_about_a_person_has_a_request_by_which_it_is_found(engine: sa.Engine) -> None:
    with pytest.raises(ValueError, match="request"):
        Audit(engine, Cipher()).note("said", actor=NEWHIRE, detail={"name": "张伟"})


@given(st.text(), st.from_regex(r"[\w.+-]{1,70}", fullmatch=True), st.text())
def test_no_whole_number_or_address_is_noted_wherever_it_stands(before: str, local: str, after: str) -> None:
    said = masked({"words": f"{before} x{local}@example.com 13800138000 {after}", "phone": "4400138000"})
    assert "13800138000" not in said["words"]
    assert f" x{local}@" not in said["words"]
    assert " x***@example.com" in said["words"]
    assert said["phone"] == "44****8000"


# --- how it is kept ---------------------------------------------------------------------------------------------------


def test_it_is_encrypted_and_without_the_key_only_who_and_when_can_be_read(engine: sa.Engine) -> None:
    accept(engine, asked(), KEY)
    end(engine, asked(), MADE, KEY)
    assert not [text for text in PLAIN if text in stored_text(engine)]
    assert noted(engine, KEY)[0].detail["name"] == "张伟"
    for keys in ((), (Fernet.generate_key().decode(),)):
        first = noted(engine, *keys)[0]
        assert (first.actor, first.facts, first.detail, first.readable) == ("U1", {}, {}, False)


def test_what_is_about_the_person_leaves_first_and_the_rest_later(engine: sa.Engine) -> None:
    accept(engine, asked())
    end(engine, asked(), MADE)
    audit, soon = Audit(engine, Cipher()), time.time() + 60
    audit.forget_people(time.time() - 60)
    assert noted(engine)[0].detail
    audit.forget_people(soon)
    assert not [text for text in PLAIN if text in stored_text(engine)]
    assert [each.facts.get("outcome") for each in noted(engine)] == [None, "Created"]
    audit.forget(soon)
    assert noted(engine) == []


@pytest.mark.parametrize("ended_well", [True, False])
def test_with_a_request_leaves_what_the_audit_knows_of_the_person(engine: sa.Engine, ended_well: bool) -> None:
    """Also when nobody confirmed it: then nothing would lead there any more."""
    stored = accept(engine, asked())
    if ended_well:
        end(engine, asked(), MADE)
        assert stored.forget(time.time() + 60) == ["V1"]
    else:
        stored.drop_unconfirmed(time.time() + 60, lambda request_id: False)
    assert not [text for text in PLAIN if text in stored_text(engine)]
    assert noted(engine)[0].actor == "U1"


def test_people_leave_after_their_days_and_the_rest_after_the_audits(engine: sa.Engine) -> None:
    """What was said once is remembered for as long as the audit."""
    audit, now = Audit(engine, Cipher()), time.time()
    for days in (1, 40, 500):
        audit.note("acted", actor="U1", request_id=f"V{days}", detail={"name": "张伟"})
        at = now - days * 86400
        with engine.begin() as connection:
            connection.execute(sa.update(AUDIT).where(AUDIT.c.request_id == f"V{days}").values(at=at))
            connection.execute(sa.insert(SAID).values(key=f"said {days}", at=at))
    audit.housekeep(keep_days=30, audit_days=400)
    assert {each.request_id: bool(each.detail) for each in noted(engine)} == {"V40": False, "V1": True}
    with engine.connect() as connection:
        assert set(connection.execute(sa.select(SAID.c.key)).scalars()) == {"said 1", "said 40"}


def test_it_is_read_by_time_and_by_request(engine: sa.Engine) -> None:
    audit = Audit(engine, Cipher())
    for request_id in ("V1", "V2", "V1"):
        audit.note("clicked", actor="U1", request_id=request_id)
    first, second, third = noted(engine)
    assert list(audit.read(since=second.at)) == [second, third]
    assert list(audit.read(until=second.at)) == [first]
    assert list(audit.read(request_id="V1")) == [first, third]
