"""What every provider promises, run over every case of tests/answers: a new provider brings its answers and no other test.

The vendor is an httpx transport that says what the test wants; where bytes, sockets and time matter, it is a peer on
127.0.0.1 that does to the connection what the test wants.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import logging
import math
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.outcome import (
    OUTCOME,
    Account,
    ActionRequired,
    AlreadyExists,
    Conflict,
    Created,
    NoSeatLeft,
    NotAuthorised,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
)
from bot.providers import contract
from bot.providers.contract import Provider, installed
from tests.answers import Case, Refusal, Said, Saying, cases
from tests.conftest import tries

CASES = cases()
WITH_LOG_IN = [case for case in CASES if case.log_in]
NOW = 1_800_000_000.0

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_log_in = pytest.mark.parametrize("case", WITH_LOG_IN, ids=lambda case: case.name)
both_calls = pytest.mark.parametrize("call", ["create", "find"])

Outcome = Account | ProvisionError | None


class Vendor(httpx.BaseTransport):
    """Says the `script`, one answer a call, the last one for ever; a log-in works unless `log_in` says otherwise."""

    def __init__(self, case: Case, *script: Saying, log_in: Saying | None = None) -> None:
        self.case, self.script, self.log_in = case, script or (case.created,), log_in or case.token
        self.calls: list[httpx.Request] = []
        self.log_ins: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if self.case.log_in and request.url.path == self.case.log_in:
            self.log_ins.append(request)
            said = self.log_in
        else:
            self.calls.append(request)
            said = self.script[min(len(self.calls), len(self.script)) - 1]
        if isinstance(said, Exception):
            raise said
        return (said if isinstance(said, Said) else said(request)).response()

    @property
    def creating(self) -> list[httpx.Request]:
        """The creating calls that have come in."""
        return [call for call in self.calls if f"{call.method} {call.url.path}" == self.case.creating]


class Clock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def connect(case: Case, *script: Saying, **options: Any) -> tuple[Provider[Any, Any], Vendor]:
    """The provider, and the pretend vendor it talks to."""
    vendor = Vendor(case, *script, log_in=options.pop("log_in", None))
    return case.provider(case.config, transport=vendor, **{"clock": lambda: NOW} | options), vendor


def outcome(provider: Provider[Any, Any], call: str, hire: Any) -> Outcome:
    """What came of one call; whatever it is, it survives the database."""
    result: Outcome
    try:
        result = getattr(provider, call)(hire, "V0REQUEST1")
    except ProvisionError as error:
        result = error
    if isinstance(result, ProvisionError):
        assert stored(result.failure) == result.failure
    elif result is not None:
        assert isinstance(result, Account)
        for kept in (Created(account=result), ActionRequired(account=result), AlreadyExists(account=result)):
            assert stored(kept) == kept
    return result


def stored(what: Any) -> Any:
    """An outcome or error, through JSON as databases take it, and back."""
    text = json.dumps(what.model_dump(mode="json"), allow_nan=False, ensure_ascii=False).encode()
    assert b"\\u0000" not in text
    return OUTCOME.validate_json(text)


def ask(case: Case, call: str, *script: Saying, **options: Any) -> Outcome:
    """One call by a fresh provider for the person who is filled in, when the vendor says `script`."""
    provider, _ = connect(case, *script, **options)
    return outcome(provider, call, case.filled)


def unclear(call: str) -> type[ProvisionError]:
    """What silence means: after a creating call nobody knows, a look-up can be repeated."""
    return OutcomeUnknown if call == "create" else Unreachable


# --- the suite itself


def test_every_installed_provider_has_its_answers_in_this_suite() -> None:
    missing = set(installed()) - {case.provider.key for case in CASES}
    assert not missing, f"write tests/answers/{min(missing)}.py"


@every_case
def test_a_providers_answers_say_each_kind_of_refusal(case: Case) -> None:
    assert {Conflict, Rejected, NotAuthorised, NoSeatLeft, RateLimited} <= {each.error for each in case.refusals}
    assert any(refusal.field for refusal in case.refusals)
    known = {refusal.code for refusal in case.refusals} | {case.absent_code, "000000004"}
    assert set(case.provider.codes) <= known, "a code without an answer"


@every_case
def test_every_field_has_an_example_that_its_own_form_takes(case: Case) -> None:
    assert all(asked.ask.example for asked in case.provider.form.fields())
    assert set(case.filled.model_fields_set) == set(case.provider.form.model_fields)


# --- success


@every_case
@pytest.mark.parametrize("who", ["filled", "fewest"])
def test_a_created_account_is_all_that_the_vendor_says_and_takes_one_creating_call(case: Case, who: str) -> None:
    provider, vendor = connect(case)
    assert outcome(provider, "create", getattr(case, who)) == case.account
    assert len(vendor.creating) == len(vendor.calls) == 1
    assert len(vendor.log_ins) == bool(case.log_in)


@every_case
def test_the_same_request_sent_again_is_the_same_bytes(case: Case) -> None:
    provider, vendor = connect(case)
    for _ in range(2):
        outcome(provider, "create", case.fewest)
    first, second = vendor.creating
    assert first.content == second.content


@every_case
@pytest.mark.parametrize("instead", [None, "", {}, [], True, "remove"], ids=repr)
def test_no_success_without_the_vendors_id(case: Case, instead: object) -> None:
    body = json.loads(case.created.content)
    *parents, last = case.vendor_id
    holder = body
    for parent in parents:
        holder = holder[parent]
    if instead == "remove":
        del holder[last]
    else:
        holder[last] = instead
    assert isinstance(ask(case, "create", replace(case.created, body=body)), OutcomeUnknown)


@every_case
@both_calls
def test_an_answer_about_another_account_is_no_answer(case: Case, call: str) -> None:
    def another(request: httpx.Request) -> Said:
        said = case.created if call == "create" else case.found if isinstance(case.found, Said) else case.found(request)
        return replace(said, body=said.content.replace(f'"{case.account.account}"'.encode(), b'"somebody-else"'))

    assert type(ask(case, call, another)) is unclear(call)


@every_case
@both_calls
@pytest.mark.parametrize("instead", [{"unfit": ["value"]}, [["unfit value"]], "remove"], ids=repr)
def test_what_is_only_shown_does_not_decide(
    case: Case, call: str, instead: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A department that is a text where a list was due, a field that a gateway has taken out: the account is there."""
    found = case.found if isinstance(case.found, Said) else case.found(member_request(case))
    said = case.created if call == "create" else found
    *parents, last = case.vendor_id
    for key, value in list(at(said.content, tuple(parents)).items()):
        if key == last or value == case.account.account:
            continue
        body = json.loads(said.content)
        member = at_place(body, parents)
        if instead == "remove":
            del member[key]
        else:
            member[key] = instead
        result = ask(case, call, replace(said, body=body))
        assert isinstance(result, Account), key
        assert (result.account, result.name) == (case.account.account, case.account.name)
        assert "unfit value" not in caplog.text + repr(result)
        assert "unfit" not in repr(result)


def at_place(body: Any, path: list[str]) -> Any:
    for key in path:
        body = body[key]
    return body


@every_case
def test_the_log_names_what_was_left_out(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    body = json.loads(case.created.content)
    *parents, last = case.vendor_id
    member = at_place(body, parents)
    key = next(key for key, value in member.items() if key != last and value != case.account.account)
    member[key] = {"unfit": "value"}
    ask(case, "create", replace(case.created, body=body))
    assert [record.getMessage() for record in caplog.records if record.name == contract.__name__] == [
        f"{case.provider.key}: left out of the answer, since it does not read: {key}"
    ]


# --- looking up


@every_case
@pytest.mark.parametrize("who", ["filled", "fewest"])
def test_a_look_up_finds_the_account_with_all_that_the_vendor_says(case: Case, who: str) -> None:
    provider, vendor = connect(case, case.found)
    assert outcome(provider, "find", getattr(case, who)) == case.found_account
    assert not vendor.creating


@every_case
@pytest.mark.parametrize("who", ["filled", "fewest"])
def test_only_the_vendors_word_for_absent_means_that_there_is_nobody(case: Case, who: str) -> None:
    provider, _ = connect(case, case.absent)
    assert outcome(provider, "find", getattr(case, who)) is None


@every_case
@pytest.mark.parametrize("who", ["filled", "fewest"])
def test_a_refused_look_up_does_not_read_as_absent(case: Case, who: str) -> None:
    for refusal in case.refusals:
        if refusal.code != case.absent_code:
            provider, _ = connect(case, case.refusal(refusal))
            expected = Unreachable if refusal.error is OutcomeUnknown else refusal.error
            assert type(outcome(provider, "find", getattr(case, who))) is expected, refusal


@every_case
@pytest.mark.parametrize(
    "said", [Said(b"", 404), Said({}, 404), Said({}), Said(b"<html>Not Found</html>", 404)], ids=repr
)
def test_a_not_found_that_is_not_the_vendors_word_does_not_read_as_absent(case: Case, said: Said) -> None:
    assert isinstance(ask(case, "find", said), Unreachable)


# --- after the account

ABILITIES: tuple[contract.Ability, ...] = ("look", "resend", "link", "remove", "switch", "seats")
CHANGES = ("resend", "remove", "enable", "disable")
AFTER = [(case, call) for case in CASES for call in case.after.sends]
CHANGING = [(case, call) for case, call in AFTER if call in CHANGES]
TRANSPORT = (httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def over(pairs: list[tuple[Case, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("case", "call"), pairs, ids=[f"{case.name}-{call}" for case, call in pairs])


def ability(call: str) -> str:
    return "switch" if call in ("enable", "disable") else call


def act(provider: Provider[Any, Any], call: str, account: Account) -> Any:
    """What comes of one call after create: its answer, or the error, which survives the database."""
    calls: dict[str, Callable[[], Any]] = {
        "look": lambda: provider.look(account),
        "look_many": lambda: provider.look_many([account] * 3),
        "resend": lambda: provider.resend(account),
        "link": lambda: provider.link(account),
        "remove": lambda: provider.remove(account),
        "enable": lambda: provider.switch(account, active=True),
        "disable": lambda: provider.switch(account, active=False),
        "seats": provider.seats,
    }
    told: Any
    try:
        told = calls[call]()
    except ProvisionError as error:
        told = error
    if isinstance(told, ProvisionError):
        assert stored(told.failure) == told.failure
    return told


class Existing:
    """A vendor at which the account is `state`, and which says `acting` to the call that `call` is made of; a removal that
    went well makes it absent. `acted` are the bodies of that call."""

    def __init__(self, case: Case, call: str, state: str = "there", acting: Saying | None = None) -> None:
        self.case, self.state, self.sends = case, state, case.after.sends.get(call)
        usual = {"link": case.after.linked, "seats": case.after.counted}.get(call, case.after.done)
        self.acting, self.removes, self.acted = acting or usual, call == "remove" and acting is None, 0

    def __call__(self, request: httpx.Request) -> Said:
        sent = f"{request.method} {request.url.raw_path.decode()} {request.content.decode()}".strip()
        if sent != self.sends:
            assert request.method == "GET" or request.url.path.endswith(("/search", "/list")), sent
            return self.case.after.standing(self.state)(request)
        self.acted += 1
        self.state = "absent" if self.removes else self.state
        if isinstance(self.acting, Exception):
            raise self.acting
        return self.acting if isinstance(self.acting, Said) else self.acting(request)


def existing(case: Case, call: str, account: Account | None = None, **how: Any) -> tuple[Any, Existing]:
    """What comes of `call` for an account that stands at the vendor as `how` says, and that vendor."""
    vendor = Existing(case, call, **how)
    provider, _ = connect(case, vendor)
    return act(provider, call, account or case.account), vendor


@every_case
def test_an_ability_that_is_not_declared_is_not_there_and_nothing_is_sent(case: Case) -> None:
    provider, vendor = connect(case)
    assert provider.abilities == {ability(call) for call in case.after.sends} | {"look"}
    for call in ("look", "resend", "link", "remove", "enable", "disable", "seats"):
        if ability(call) not in provider.abilities:
            with pytest.raises(NotImplementedError, match=ability(call)):
                act(provider, call, case.account)
    assert not vendor.calls
    assert set(ABILITIES) >= provider.abilities
    assert provider.follow_up == ("resend" in provider.abilities)
    assert (provider.link_hours > 0) == ("link" in provider.abilities)
    assert (provider.invitation_hours > 0) == ("resend" in provider.abilities)


@every_case
def test_a_look_tells_there_from_gone_and_from_another_of_the_same_name(case: Case) -> None:
    found, _ = existing(case, "look")
    assert isinstance(found, Account)
    assert (found.account, found.vendor_id, found.state) == (case.account.account, case.account.vendor_id, "active")
    assert existing(case, "look", state="absent")[0] is None
    assert existing(case, "look", state="another")[0] is None
    nameless = case.account.model_copy(update={"vendor_id": None})
    whoever, _ = existing(case, "look", nameless, state="another")
    assert whoever.vendor_id not in (None, case.account.vendor_id)


@every_case
def test_a_look_at_many_is_a_look_at_each(case: Case) -> None:
    provider, vendor = connect(case, case.after.standing("there"))
    assert provider.look_many([]) == []
    assert not vendor.calls
    other = case.account.model_copy(update={"vendor_id": "was another"})
    for standing in ("there", "absent"):
        provider, _ = connect(case, case.after.standing(standing))
        for number in (1, 2, 3, 7):
            told = provider.look_many([case.account] * number)
            assert [each and (each.account, each.state) for each in told] == [
                (case.account.account, "active") if standing == "there" else None
            ] * number
    assert connect(case, case.after.standing("another"))[0].look_many([case.account, other]) == [None, None]


@every_case
@pytest.mark.parametrize("call", ["look", "look_many"])
def test_a_look_that_is_refused_or_unclear_does_not_read_as_gone(case: Case, call: str) -> None:
    for refusal in case.refusals:
        if refusal.code != case.absent_code:
            expected = Unreachable if refusal.error is OutcomeUnknown else refusal.error
            assert type(act(connect(case, case.refusal(refusal))[0], call, case.account)) is expected, refusal
    for said in (Said(b"", 404), Said({}, 404), Said({}), Said(b"<html>Not Found</html>", 404), Said(b"", 500)):
        assert isinstance(act(connect(case, said)[0], call, case.account), Unreachable)
    for kind in TRANSPORT:
        assert isinstance(act(connect(case, kind("no"))[0], call, case.account), Unreachable)


@over(AFTER)
def test_each_call_does_what_it_says_with_one_send(case: Case, call: str) -> None:
    told, vendor = existing(case, call)
    assert told == {"link": case.after.link, "seats": case.after.seats}.get(call)
    assert vendor.acted == 1


@over(CHANGING)
def test_a_change_that_went_well_without_a_word_went_well(case: Case, call: str) -> None:
    for body in (b"", b"{}") if case.after.done.body in (b"", {}) else ():
        vendor = Existing(case, call)
        vendor.acting = Said(body)
        assert act(connect(case, vendor)[0], call, case.account) is None


@over(CHANGING)
def test_a_change_that_was_sent_and_is_not_clear_is_unknown(case: Case, call: str) -> None:
    unclear_answers: list[Saying] = [kind("no") for kind in TRANSPORT]
    unclear_answers += [Said(b"<html>", 200), Said(b"", 500), Said(b"Internal Server Error", 500), Said(b"", 302)]
    for acting in unclear_answers:
        told, vendor = existing(case, call, acting=acting)
        assert (type(told), vendor.acted) == (OutcomeUnknown, 1), acting


@over(AFTER)
def test_what_was_not_sent_is_safe_to_repeat(case: Case, call: str) -> None:
    told, vendor = existing(case, call, acting=httpx.ConnectError("no"))
    assert (type(told), vendor.acted) == (Unreachable, 1)


@over([(case, call) for case, call in AFTER if call not in CHANGES])
def test_a_question_that_is_not_answered_is_never_unknown(case: Case, call: str) -> None:
    for acting in (*(kind("no") for kind in TRANSPORT), Said(b"<html>"), Said(b"", 500), Said({}), Said(b"")):
        assert type(existing(case, call, acting=acting)[0]) is Unreachable, acting


@over(AFTER)
def test_a_refused_call_means_what_its_code_means(case: Case, call: str) -> None:
    for refusal in case.refusals:
        if refusal.code != case.absent_code:
            told, vendor = existing(case, call, acting=case.refusal(refusal))
            mild = call not in CHANGES and refusal.error is OutcomeUnknown
            assert type(told) is (Unreachable if mild else refusal.error), refusal
            assert vendor.acted == 1
            assert refusal.code in str(told.code)
            assert told.words == refusal.words


@over([(case, call) for case, call in AFTER if call != "seats"])
def test_another_account_of_the_same_name_is_never_touched(case: Case, call: str) -> None:
    told, vendor = existing(case, call, state="another")
    assert (type(told), vendor.acted) == (Conflict, 0)


@over([(case, call) for case, call in AFTER if call not in ("seats", "remove")])
def test_an_account_that_is_gone_is_not_changed(case: Case, call: str) -> None:
    told, vendor = existing(case, call, state="absent")
    assert (type(told), vendor.acted) == (Rejected, 0)


@over([(case, call) for case, call in AFTER if call == "remove"])
def test_removing_what_is_gone_is_success_and_what_nobody_can_tell_apart_stays(case: Case, call: str) -> None:
    told, vendor = existing(case, call, state="absent")
    assert (told, vendor.acted) == (None, 0)
    told, vendor = existing(case, call, case.account.model_copy(update={"vendor_id": None}))
    assert (type(told), vendor.acted) == (Conflict, 0)
    vendor = Existing(case, call)

    def gone_meanwhile(request: httpx.Request) -> Said:
        vendor.state = "absent"
        return case.absent if isinstance(case.absent, Said) else case.refusal(Refusal(case.absent_code, Rejected))

    vendor.acting = gone_meanwhile
    told = act(connect(case, vendor)[0], call, case.account)
    assert (told is None or isinstance(told, Rejected), vendor.acted) == (True, 1)


@every_case
def test_a_call_after_create_that_is_not_let_through_to_look_does_nothing(case: Case) -> None:
    for call in case.after.sends:
        if call == "seats":
            continue
        for refusal in case.refusals:
            if refusal.code == case.absent_code:
                continue
            acted: list[httpx.Request] = []

            def answer(request: httpx.Request, refusal: Refusal = refusal, acted: Any = acted) -> Said:
                acted.append(request)
                return case.refusal(refusal)

            told = act(connect(case, answer)[0], call, case.account)
            assert isinstance(told, ProvisionError)
            assert not isinstance(told, OutcomeUnknown)
            assert len(acted) == 1


@over(AFTER)
def test_every_call_after_create_waits_its_turn(case: Case, call: str) -> None:
    turns: list[float] = []
    provider, vendor = connect(case, Existing(case, call), turn=turns.append)
    act(provider, call, case.account)
    assert turns == [provider.gap] * (len(vendor.calls) + len(vendor.log_ins))


@over(AFTER)
def test_no_call_after_create_shows_a_secret(case: Case, call: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = case.after.link or "no link"
    actings = [None, Said(b"<html>"), httpx.ReadTimeout("no"), *(case.refusal(refusal) for refusal in case.refusals)]
    spoilt_link = case.after.linked.content.replace(b"https:", b"http:")
    for acting in [*actings, Said(spoilt_link)]:
        provider, vendor = connect(case, Existing(case, call, acting=acting))
        told = act(provider, call, case.account)
        shown = caplog.text + (show(told) if isinstance(told, ProvisionError) else "")
        assert not [secret for secret in secrets(case, vendor) if secret in shown]
        assert link.rpartition("=")[2] not in shown


@every_case
def test_any_answer_after_create_is_one_outcome(case: Case) -> None:
    @settings(CALM, max_examples=tries(60))
    @given(any_answer(case), st.sampled_from(["look", "look_many", *case.after.sends]))
    def promise(said: Said, call: str) -> None:
        told = act(connect(case, said)[0], call, case.account)
        if isinstance(told, OutcomeUnknown):
            assert call in CHANGES
        if call == "look" and told is None:
            another = at(said.content, case.vendor_id) != at(case.created.content, case.vendor_id)
            assert says_absent(case, said.content) or another
        if call == "link":
            assert isinstance(told, ProvisionError)

    promise()


# --- refusals


@every_case
def test_each_code_means_what_it_means_with_its_field_code_and_words(case: Case) -> None:
    for refusal in case.refusals:
        error = ask(case, "create", case.refusal(refusal))
        assert type(error) is refusal.error, refusal
        assert isinstance(error, ProvisionError)
        assert refusal.code in str(error.code)
        assert error.words == refusal.words
        assert getattr(error, "field", None) == refusal.field, refusal
        assert getattr(error, "certain", True)


@every_case
@pytest.mark.parametrize(("status", "certain"), [(400, True), (404, True), (409, True), (500, False), (503, False)])
def test_an_unknown_code_is_shown_and_not_guessed(case: Case, status: int, certain: bool) -> None:
    said = case.refusal(Refusal("98765432", Rejected, words="新的错误", status=status))
    provider, _ = connect(case, said)
    error = outcome(provider, "create", case.filled)
    assert type(error) is Rejected
    assert (error.words, error.field, error.certain) == ("新的错误", None, certain)
    assert "98765432" in str(error.code)
    assert provider.meaning(error.code) is None


@every_case
@pytest.mark.parametrize("status", [401, 403])
@both_calls
def test_an_unknown_code_with_a_status_that_forbids_is_the_admins_matter(case: Case, call: str, status: int) -> None:
    said = case.refusal(Refusal("98765432", Rejected, words="不行", status=status))
    provider, _ = connect(case, said)
    error = outcome(provider, call, case.filled)
    assert type(error) is NotAuthorised
    assert (error.words, provider.meaning(error.code)) == ("不行", None)


@every_case
def test_a_known_code_is_known_by_its_meaning(case: Case) -> None:
    known = {refusal.code for refusal in case.refusals} & set(case.provider.codes)
    assert len(known) >= 5
    for refusal in case.refusals:
        provider, _ = connect(case, case.refusal(refusal))
        error = outcome(provider, "create", case.filled)
        assert isinstance(error, ProvisionError)
        assert (provider.meaning(error.code) is not None) == (refusal.code in known)
    assert connect(case)[0].meaning(None) is None


@every_case
@pytest.mark.parametrize(
    ("status", "body"), [(500, b"Internal Server Error"), (502, b"<html>"), (503, b""), (500, b"{}")]
)
@both_calls
def test_a_servers_fault_without_a_code_is_unclear(case: Case, call: str, status: int, body: bytes) -> None:
    assert type(ask(case, call, Said(body, status))) is unclear(call)


@every_case
@both_calls
def test_too_many_requests_says_when_to_come_back(case: Case, call: str) -> None:
    in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True)
    long_ago = "Wed, 21 Oct 2015 07:28:00 GMT"
    waits = {"7": 7.0, "0": 0.0, long_ago: 0.0, "999999": 3600.0, "soon": None, "": None, "-5": None, "１": None}
    for header, expected in waits.items():
        error = ask(case, call, Said(b"", 429, {"Retry-After": header} if header.isascii() else {}))
        assert isinstance(error, RateLimited)
        assert (error.retry_after, error.code, error.reached_vendor) == (expected, "429", True)
    error = ask(case, call, Said(b"", 429, {"Retry-After": in_a_minute}))
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 60


@every_case
def test_too_many_requests_keeps_the_vendors_words(case: Case) -> None:
    said = case.refusal(Refusal("98765432", RateLimited, words="slow down 请稍后", status=429))
    error = ask(case, "create", said)
    assert isinstance(error, RateLimited)
    assert error.words == "slow down 请稍后"


@every_case
def test_a_code_for_too_many_requests_takes_the_time_from_the_header(case: Case) -> None:
    error = ask(case, "create", replace(case.refusal(case.refuse(RateLimited)), headers={"Retry-After": "11"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after == 11


@pytest.mark.parametrize("case", [case for case in CASES if case.wrong_clock], ids=lambda case: case.name)
@pytest.mark.parametrize(("ahead", "says"), [(600, "ahead of"), (-600, "behind"), (5, None)])
def test_a_clock_that_is_wrong_is_named(case: Case, ahead: float, says: str | None) -> None:
    assert case.wrong_clock
    date = email.utils.formatdate(time.time() - ahead, usegmt=True)
    error = ask(case, "create", replace(case.refusal(case.wrong_clock), headers={"Date": date}))
    assert isinstance(error, NotAuthorised)
    assert ("clock" in error.detail) == bool(says)
    assert (says or "") in error.detail


@every_case
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@both_calls
def test_a_redirect_to_another_host_is_not_followed(case: Case, call: str, status: int) -> None:
    provider, vendor = connect(case, Said(b"", status, {"Location": "http://elsewhere.invalid/v1"}))
    assert type(outcome(provider, call, case.filled)) is unclear(call)
    assert {request.url.host for request in vendor.calls} == {httpx.URL(case.config.base_url).host}
    assert len(vendor.calls) == 1


# --- the check


@every_case
def test_the_check_proves_the_credentials_and_creates_nothing(case: Case) -> None:
    provider, vendor = connect(case, case.found)
    provider.check()
    assert vendor.calls
    assert not vendor.creating


@every_case
def test_the_check_tells_bad_credentials_from_a_vendor_that_is_not_there(case: Case) -> None:
    for refusal in case.refusals:
        if refusal.error is NotAuthorised:
            with pytest.raises(NotAuthorised, match=refusal.code):
                connect(case, case.refusal(refusal))[0].check()
    for said in (httpx.ConnectError("no"), httpx.ReadTimeout("no"), Said(b"<html>", 200), Said(b"", 502)):
        with pytest.raises(Unreachable):
            connect(case, said)[0].check()


# --- the log-in


def trouble() -> list[Saying]:
    """Ways in which a log-in can fail that are not the vendor's word about the credentials."""
    kinds = (httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
    tokens: list[object] = [None, "", 7, {}, [], "中文", "two\nlines", "a b", "x\u0000"]
    bodies = [json.dumps({"accessToken": token}).encode() for token in tokens]
    bodies += [b"", b"<html>", b"[]", b"null", b"{}", b'{"accessToken": "t', b'{"data": null}', b"\xff\xfe"]
    statuses = [Said(b"", status) for status in (302, 404, 500, 502, 503)]
    return [*(kind("no") for kind in kinds), *(Said(body) for body in bodies), *statuses]


@every_log_in
@both_calls
def test_a_log_in_that_fails_in_any_way_sends_nothing_else_and_is_safe_to_repeat(case: Case, call: str) -> None:
    for said in trouble():
        provider, vendor = connect(case, log_in=said)
        assert type(outcome(provider, call, case.filled)) is Unreachable, said
        assert not vendor.calls
        assert len(vendor.log_ins) == 1


@every_log_in
def test_a_refused_log_in_is_the_admins_matter(case: Case) -> None:
    for said in case.token_refusals:
        provider, vendor = connect(case, log_in=said)
        error = outcome(provider, "create", case.filled)
        assert isinstance(error, NotAuthorised)
        assert error.code
        assert error.words
        assert not vendor.calls
        with pytest.raises(NotAuthorised):
            provider.check()


@every_log_in
def test_a_log_in_that_is_asked_for_too_often_waits(case: Case) -> None:
    provider, vendor = connect(case, log_in=Said(b"", 429, {"Retry-After": "3"}))
    error = outcome(provider, "create", case.filled)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3
    assert not vendor.calls


@every_log_in
def test_a_token_is_used_again_and_renewed_before_it_expires(case: Case) -> None:
    clock = Clock()
    provider, vendor = connect(case, case.found, clock=clock)
    for after, log_ins in ((0, 1), (case.token_seconds / 2, 1), (case.token_seconds - 1, 2)):
        clock.now = NOW + after
        assert outcome(provider, "find", case.filled) == case.found_account
        assert len(vendor.log_ins) == log_ins


@every_log_in
@both_calls
def test_a_refused_token_is_renewed_once(case: Case, call: str) -> None:
    said = case.created if call == "create" else case.found
    for dead in case.dead_tokens:
        provider, vendor = connect(case, dead, said)
        assert isinstance(outcome(provider, call, case.filled), Account)
        assert (len(vendor.log_ins), len(vendor.calls)) == (2, 2)
        first, second = vendor.calls
        assert first.content == second.content


@every_log_in
@both_calls
def test_a_refused_token_is_renewed_only_once(case: Case, call: str) -> None:
    for dead in case.dead_tokens:
        provider, vendor = connect(case, dead)
        assert isinstance(outcome(provider, call, case.filled), NotAuthorised)
        assert (len(vendor.log_ins), len(vendor.calls)) == (2, 2)


@every_log_in
def test_a_token_that_cannot_be_renewed_leaves_nothing_unknown(case: Case) -> None:
    provider, vendor = connect(case, *case.dead_tokens)
    outcome(provider, "create", case.filled)
    for said in trouble():
        vendor.log_in = said
        assert type(outcome(provider, "create", case.filled)) is Unreachable, said


@every_log_in
def test_twenty_threads_at_once_log_in_once(case: Case) -> None:
    together, release = threading.Barrier(20, timeout=20), threading.Event()

    def slow(request: httpx.Request) -> Said:
        release.wait(20)
        return case.token

    provider, vendor = connect(case, case.found, log_in=slow)
    found: list[Outcome] = []

    def work() -> None:
        if together.wait() == 0:
            release.set()
        found.append(outcome(provider, "find", case.filled))

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [case.found_account] * 20
    assert len(vendor.log_ins) == 1


# --- secrets


def secrets(case: Case, vendor: Vendor) -> set[str]:
    """All that must never be seen: the settings' secrets, what was typed, and what travelled in headers."""
    typed = [getattr(case.filled, name) for name in case.provider.form.secrets()]
    values = [value for _, value in case.config if isinstance(value, SecretStr)] + typed
    found = {value.get_secret_value() for value in values}
    for request in vendor.calls + vendor.log_ins:
        for name, value in request.headers.items():
            if name == "authorization" or name.endswith(("access-token", "-signature")):
                found |= {value, *value.split(" ")[1:]}
    return found | ({"cnr1316vcp2ceIkbfko3z13Y2J8UdioOw0ER4kTK"} if case.log_in else set())


@every_case
def test_no_error_account_or_log_line_holds_a_secret(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[Saying] = [case.created, case.found, *(case.refusal(refusal) for refusal in case.refusals)]
    answers += [*case.dead_tokens, Said(b"<html>"), Said(b"", 429), Said(b"", 500)]
    answers += [httpx.ConnectError("no"), httpx.ReadTimeout("no")]
    log_ins: list[Saying] = [*case.token_refusals, *trouble()] if case.token_refusals else []
    for log_in in (None, *log_ins):
        for said in answers if log_in is None else answers[:1]:
            for call in ("create", "find"):
                provider, vendor = connect(case, said, log_in=log_in)
                shown = show(outcome(provider, call, case.filled)) + caplog.text
                hidden = secrets(case, vendor)
                assert len(hidden) >= 2
                assert not [secret for secret in hidden if secret in shown]


def show(result: Outcome) -> str:
    """Everything of a result that could land in a log, a database or a message."""
    if isinstance(result, ProvisionError):
        lines = "".join(traceback.format_exception(result))
        return f"{result} {result!r} {result.args} {result.failure.model_dump_json()} {lines}"
    return f"{result!r} {result and result.model_dump_json()}"


@every_case
def test_a_secret_that_the_vendor_repeats_in_its_words_is_masked(case: Case) -> None:
    values = [value.get_secret_value() for _, value in case.config if isinstance(value, SecretStr)]
    words = f"invalid {' '.join(values)} hint: access_token=abcdefgh&x=1 appsecret=ijklmnop"
    refusal = Refusal("98765432", Rejected, words=words)
    for said in (case.refusal(refusal), replace(case.refusal(refusal), status=429)):
        error = ask(case, "create", said)
        assert isinstance(error, ProvisionError)
        assert error.words
        assert error.words.startswith("invalid ***")
        assert "access_token=***&x=1" in error.words
        shown = show(error)
        assert not [secret for secret in [*values, "abcdefgh", "ijklmnop"] if secret in shown]


@every_case
def test_neither_a_provider_nor_its_settings_show_a_secret(case: Case) -> None:
    provider, vendor = connect(case)
    outcome(provider, "create", case.filled)
    shown = f"{provider!r} {provider.config!r} {provider.config} {case.filled!r} {case.filled.typed()}"
    assert not [secret for secret in secrets(case, vendor) if secret in shown]


# --- the wire, on real sockets


class Peer:
    """A machine on 127.0.0.1 that does to each request's connection what `behave` says (True: keep it alive).

    Log-ins are answered well, so that it is always the call itself that fails.
    """

    def __init__(self, case: Case, behave: Callable[[Peer, socket.socket], bool]) -> None:
        self.case, self.behave = case, behave
        self.requests = 0
        self.over = threading.Event()
        self.hung_up = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            while path := self._request(connection):
                if self.case.log_in and path == self.case.log_in:
                    connection.sendall(bytes_of(self.case.token))
                    continue
                self.requests += 1
                if not self.behave(self, connection):
                    break
        self.hung_up.set()

    def _request(self, connection: socket.socket) -> str:
        """Reads one request to its end; its path, or "" when there is none."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more or more[:1] == b"\x16":  # a TLS greeting
                return ""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return urlsplit(head.split(b" ")[1].decode()).path  # a proxy is told the whole address


def bytes_of(said: Said, length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {said.status} Said\r\nContent-Length: {len(said.content) if length is None else length}\r\n\r\n"
    return head.encode() + said.content


@contextlib.contextmanager
def talking_to(case: Case, address: str, **options: Any) -> Iterator[Provider[Any, Any]]:
    """The provider as in production, over the network to `address`."""
    config = case.config.model_copy(update={"base_url": address})
    provider = case.provider(config, **{"clock": lambda: NOW} | options)
    try:
        yield provider
    finally:
        provider.close()


@contextlib.contextmanager
def peer(
    case: Case, behave: Callable[[Peer, socket.socket], bool], **options: Any
) -> Iterator[tuple[Provider[Any, Any], Peer]]:
    """A provider that talks to a Peer and has logged in: the log-in is no part of what follows."""
    there = Peer(case, healthy)
    try:
        with talking_to(case, f"http://127.0.0.1:{there.port}", **options) as provider:
            provider.find(case.fewest, "V0REQUEST1")
            there.behave, there.requests = behave, 0
            yield provider, there
    finally:
        there.close()


def healthy(there: Peer, connection: socket.socket) -> bool:
    found = there.case.found
    said = found if isinstance(found, Said) else found(httpx.Request("GET", "http://x/search"))
    if not isinstance(found, Said) and said.content:
        said = found(httpx.Request("POST", "http://x" + there.case.creating.split()[1]))
    connection.sendall(bytes_of(said))
    return True


def hang(there: Peer, connection: socket.socket) -> bool:
    return there.over.wait(20) and False


def cut(there: Peer, connection: socket.socket) -> bool:
    return False


def reset(there: Peer, connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    return False


def cut_in_the_head(there: Peer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")
    return False


def cut_in_the_body(there: Peer, connection: socket.socket) -> bool:
    whole = there.case.created
    connection.sendall(bytes_of(replace(whole, body=whole.content[:10]), length=len(whole.content)))
    return False


def over_a_million_bytes(there: Peer, connection: socket.socket) -> bool:
    whole = there.case.created
    connection.sendall(bytes_of(replace(whole, body=whole.content + b" " * 2_000_000)))
    return False


def a_million_bytes_in_chunks(there: Peer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not there.over.is_set():
        connection.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
    return False


def no_http(there: Peer, connection: socket.socket) -> bool:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    return False


def interim_for_ever(there: Peer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 3)
    return False


def packed(there: Peer, connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")
    return False


WIRE = [
    cut,
    reset,
    cut_in_the_head,
    cut_in_the_body,
    over_a_million_bytes,
    a_million_bytes_in_chunks,
    no_http,
    interim_for_ever,
    packed,
]


@every_case
@pytest.mark.parametrize("behave", WIRE, ids=lambda behave: behave.__name__)
def test_an_answer_that_does_not_come_whole_is_unclear(
    case: Case, behave: Callable[[Peer, socket.socket], bool]
) -> None:
    with peer(case, behave) as (provider, there):
        for call in ("create", "find"):
            there.requests = 0
            error = outcome(provider, call, case.filled)
            assert type(error) is unclear(call)
            assert error.detail
            assert there.requests == 1


@pytest.mark.slow
@every_case
def test_a_vendor_that_never_answers_is_not_waited_for(case: Case) -> None:
    with peer(case, hang, timeout=httpx.Timeout(10, read=0.05)) as (provider, _):
        for call in ("create", "find"):
            error = outcome(provider, call, case.filled)
            assert type(error) is unclear(call)
            assert error.detail == "read timeout"


@pytest.mark.slow
@every_case
@both_calls
def test_a_vendor_that_drips_is_not_waited_for_beyond_the_whole_calls_time(case: Case, call: str) -> None:
    def drip(there: Peer, connection: socket.socket) -> bool:
        for byte in bytes_of(case.created) * 1000:
            if there.over.wait(0.01):
                break
            connection.sendall(bytes([byte]))
        return False

    with peer(case, drip) as (provider, _):
        provider._wire.total_seconds = 0.1
        error = outcome(provider, call, case.filled)
        assert type(error) is unclear(call)
        assert "timeout" in error.detail


def test_every_call_is_bounded_from_the_start() -> None:
    assert all(seconds and 0 < seconds <= 30 for seconds in contract.TIMEOUT.as_dict().values())
    assert contract.TOTAL_SECONDS <= 30


@every_case
def test_a_refused_connection_is_safe_to_repeat(case: Case) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, and never listening
        with talking_to(case, f"http://127.0.0.1:{free.getsockname()[1]}") as provider:
            for call in ("create", "find"):
                error = outcome(provider, call, case.filled)
                assert isinstance(error, Unreachable)
                assert error.detail == "connection refused"


@every_case
def test_a_proxy_in_the_environment_is_the_way_to_every_vendor(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "no_proxy", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    there = Peer(case, healthy)
    try:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{there.port}")
        with talking_to(case, "http://vendor.invalid") as provider:
            assert isinstance(outcome(provider, "find", case.fewest), Account | None)
            assert there.requests
        monkeypatch.setenv("NO_PROXY", "vendor.invalid")
        with talking_to(case, "http://vendor.invalid") as provider:
            assert isinstance(outcome(provider, "create", case.fewest), Unreachable)
    finally:
        there.close()


@every_case
def test_a_name_that_does_not_resolve_is_safe_to_repeat(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: object, *_: object, **__: object) -> list[Any]:
        assert str(host) == "vendor.invalid"
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with talking_to(case, "http://vendor.invalid") as provider:
        for call in ("create", "find"):
            error = outcome(provider, call, case.filled)
            assert isinstance(error, Unreachable)
            assert error.detail == "name not found"


@every_case
def test_a_server_that_does_not_speak_tls_is_safe_to_repeat(case: Case) -> None:
    there = Peer(case, healthy)
    try:
        with talking_to(case, f"https://127.0.0.1:{there.port}") as provider:
            for call in ("create", "find"):
                error = outcome(provider, call, case.filled)
                assert isinstance(error, Unreachable)
                assert error.detail.startswith("TLS failed (")
        assert there.requests == 0
    finally:
        there.close()


@every_case
@both_calls
def test_a_kept_connection_that_died_between_two_calls_is_no_failure(case: Case, call: str) -> None:
    # The peer leaves after its answer without a word of it, as a vendor's machine that is restarted does.
    def answer_and_leave(there: Peer, connection: socket.socket) -> bool:
        said = case.created if call == "create" else case.found
        connection.sendall(bytes_of(said if isinstance(said, Said) else said(member_request(case))))
        return False

    with peer(case, answer_and_leave) as (provider, there):
        for _ in range(3):
            assert outcome(provider, call, case.filled) in (case.account, case.found_account)
            assert there.hung_up.wait(10)
            there.hung_up.clear()
        assert there.requests == 3


def member_request(case: Case) -> httpx.Request:
    """A look-up of one account, by its path."""
    return httpx.Request("GET", f"http://x{case.creating.split()[1]}/{case.account.account}")


# --- anything at all

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A slow machine is no failure."""

ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates included
HUGE = [10**400, -(10**400), 1e308, math.nan, math.inf, -math.inf]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.sampled_from(HUGE)
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=8
)
ABSURD = [
    b"",
    b"null",
    b"<html><body>Sign in to the Wi-Fi</body></html>",
    b"[" * 100_000,
    b'{"a":' * 400 + b"1" + b"}" * 400,
    b'{"data":' * 900 + b"1" + b"}" * 900,
    b'{"error_info":{"error_code":' + b"9" * 5000 + b"}}",
    b'{"message":' * 400 + b'"x"' + b"}" * 400,
    b'{"returnCode":' + b'{"a":' * 400 + b"1" + b"}" * 401,
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"id": "\\ud800", "userid": "\\u0000"}',
]
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Retry-After", "Date", "Location", "Content-Encoding", "Set-Cookie", "X-Other"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
    | st.sampled_from(["gzip", "1e999", "nan", "Mon, 32 Foo 99999 99:99:99 +9999", "Fri, 31 Dec 9999 23:59:59 -9999"]),
    max_size=3,
)


def holders(body: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value at which something can be put."""
    items = list(body.items()) if isinstance(body, dict) else list(enumerate(body)) if isinstance(body, list) else []
    return [(body, key) for key, _ in items] + [place for _, value in items for place in holders(value)]


@st.composite
def spoilt(draw: st.DrawFn, case: Case) -> bytes:
    """A real answer of this vendor with one thing changed: a value, a missing key, or its end."""
    found = case.found if isinstance(case.found, Said) else case.found(member_request(case))
    refusal = case.refusal(draw(st.sampled_from(case.refusals)))
    content = draw(st.sampled_from([case.created, found, refusal, case.token])).content
    if not content or draw(st.integers(0, 4)) == 0:
        return content[: draw(st.integers(0, len(content)))]
    body = json.loads(content)
    holder, key = draw(st.sampled_from(holders(body)))
    if draw(st.booleans()):
        holder[key] = draw(ANY_JSON)
    else:
        del holder[key]
    return json.dumps(body).encode()


def any_answer(case: Case) -> st.SearchStrategy[Said]:
    bodies = spoilt(case) | ANY_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
    statuses = st.sampled_from([200, 200, 200, 201, 400, 401, 403, 404, 429, 500]) | st.integers(100, 599)
    return st.builds(Said, bodies | st.sampled_from(ABSURD), statuses, HEADERS)


def at(body: bytes, path: tuple[str, ...]) -> Any:
    """What stands at `path`; None where nothing does."""
    try:
        value = json.loads(body)
        for key in path:
            value = value[key]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return value


def says_absent(case: Case, body: bytes) -> bool:
    try:
        return case.says_absent(json.loads(body))
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def check_any_answer(case: Case, said: Said) -> None:
    made = ask(case, "create", said)
    assert made is not None
    event(type(made).__name__)
    if isinstance(made, Account):
        id_ = at(said.content, case.vendor_id)
        assert id_ not in (None, "")
        assert not isinstance(id_, bool | list | dict)
        assert made.provider == case.provider.key
        assert made.account == case.account.account
    for who in (case.filled, case.fewest):
        provider, _ = connect(case, said)
        result = outcome(provider, "find", who)
        assert result is not None or says_absent(case, said.content)
        assert not isinstance(result, OutcomeUnknown)


@every_case
def test_absurd_answers_are_one_outcome_each(case: Case) -> None:
    for body in ABSURD:
        for status in (200, 429, 500):
            for call in ("create", "find"):
                assert isinstance(ask(case, call, Said(body, status)), ProvisionError)


@every_case
def test_any_answer_is_one_outcome_and_none_is_success_without_the_vendors_id(case: Case) -> None:
    @settings(CALM, max_examples=tries(60))
    @given(any_answer(case))
    @example(Said(b'{"userid": "zhangwei"}', 200, {"Content-Encoding": "gzip"}))
    def promise(said: Said) -> None:
        check_any_answer(case, said)

    promise()


@every_log_in
def test_any_answer_to_a_log_in_is_one_outcome_and_never_unknown(case: Case) -> None:
    @settings(CALM, max_examples=tries(60))
    @given(any_answer(case), st.sampled_from(["create", "find"]))
    def promise(said: Said, call: str) -> None:
        provider, vendor = connect(case, case.created if call == "create" else case.found, log_in=said)
        result = outcome(provider, call, case.filled)
        assert isinstance(result, Account | Unreachable | NotAuthorised | RateLimited | NoSeatLeft)
        assert isinstance(result, Account) == bool(vendor.calls)

    promise()


@settings(CALM, max_examples=tries(100))
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_makes_reading_an_answer_fail(retry_after: str, date: str) -> None:
    answer = contract.Answer(200, {"retry-after": retry_after, "date": date}, b"")
    wait, skew = answer.retry_after(), answer.clock_skew()
    assert wait is None or 0 <= wait <= contract.LONGEST_WAIT
    assert skew is None or math.isfinite(skew)
