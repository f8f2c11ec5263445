"""The table at the top of `bot/onboarding/decide.py`, cell by cell; then a vendor that does anything, over days."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from pydantic import TypeAdapter

from bot.onboarding.decide import (
    Absent,
    Behind,
    Clear,
    Decision,
    Done,
    Event,
    Found,
    Held,
    LookFailed,
    Overdue,
    Progress,
    Refused,
    Retry,
    Sent,
    Slowed,
    State,
    Unanswered,
    decide,
)
from bot.outcome import Account, ActionRequired, AlreadyExists, Created, Failure, FailureKind, Outcome
from tests.conftest import tries

ACCOUNT = Account(provider="tencent", account="zhangwei", name="Zhang Wei")
PENDING = ACCOUNT.model_copy(update={"activation_pending": True})


def failure(kind: FailureKind, **more: Any) -> Failure:
    return Failure(kind=kind, provider="tencent", **more)


REFUSAL = failure("Rejected", code="41001", words="email is invalid", field="email")
UNSURE = failure("Rejected", code="987", words="?", certain=False)
LIMITED = failure("RateLimited", code="429", retry_after=7.0)
SILENCE = failure("OutcomeUnknown", detail="read timeout")
UNREACHABLE = failure("Unreachable", detail="connect timeout")
DENIED = failure("NotAuthorised", code="190303")

OURS, SAME, OTHER = Found(ACCOUNT, ours=True), Found(ACCOUNT), Found(ACCOUNT, differences=("name",))


def after(state: State, event: Event, **known: Any) -> tuple[State, Decision]:
    """The next state and the decision."""
    progress, decision = decide(Progress(state, **known), event)
    return progress.state, decision


# --- Clear: the only state that sends


@pytest.mark.parametrize("made", [Created(account=ACCOUNT), ActionRequired(account=PENDING)])
def test_clear_and_an_account(made: Created | ActionRequired) -> None:
    assert after(Clear(), Sent(made)) == (Clear(), Done(made))


@pytest.mark.parametrize("kind", ["Rejected", "Conflict", "NoSeatLeft"])
def test_clear_and_a_refusal_is_looked_at_before_anybody_reads_it(kind: FailureKind) -> None:
    refusal = failure(kind, code="1")
    assert after(Clear(), Sent(refusal)) == (Refused(refusal), Retry("now"))


def test_clear_and_a_refusal_that_is_not_certain_is_doubtful() -> None:
    assert after(Clear(), Sent(UNSURE)) == (Refused(UNSURE, doubtful=True), Retry("now"))


def test_clear_and_a_refusal_after_a_silence_is_doubtful() -> None:
    state, _ = after(Clear(), Sent(REFUSAL), ever_unanswered=True)
    assert state == Refused(REFUSAL, doubtful=True)


def test_clear_and_429_waits_as_long_as_the_vendor_says_and_looks_first() -> None:
    assert after(Clear(), Sent(LIMITED)) == (Slowed(), Retry(7.0, why=LIMITED))


def test_clear_and_429_without_a_word_for_how_long() -> None:
    limited = failure("RateLimited", code="429")
    assert after(Clear(), Sent(limited)) == (Slowed(), Retry("backoff", why=limited))


def test_clear_and_our_own_pace_has_sent_nothing() -> None:
    paced = failure("RateLimited", retry_after=20.0, reached_vendor=False)
    assert after(Clear(), Sent(paced)) == (Clear(), Retry(20.0, why=paced))


def test_clear_and_no_answer() -> None:
    progress, decision = decide(Progress(), Sent(SILENCE))
    assert progress == Progress(Unanswered(SILENCE), ever_unanswered=True)
    assert decision == Retry("settle")


def test_clear_and_not_sent() -> None:
    progress, decision = decide(Progress(tries=2), Sent(UNREACHABLE))
    assert progress == Progress(tries=3)
    assert decision == Retry("backoff", why=UNREACHABLE)


def test_clear_and_denied_is_told_at_once() -> None:
    assert after(Clear(), Sent(DENIED)) == (Clear(), Done(DENIED))


def test_clear_and_held_goes_behind() -> None:
    assert after(Clear(), Held()) == (Behind(), Retry("turn"))


def test_clear_and_overdue_was_never_sent() -> None:
    state, decision = after(Clear(), Overdue("tencent"))
    assert state == Clear()
    assert isinstance(decision, Done)
    assert isinstance(decision.outcome, Failure)
    assert decision.outcome.kind == "Unreachable"


def test_clear_and_absent_or_found_or_a_failed_look_are_taken_as_they_are() -> None:
    """A look-up in this state is not made; if one were, it could do no harm."""
    assert after(Clear(), Absent()) == (Clear(), Retry("backoff"))
    assert after(Clear(), SAME) == (Clear(), Done(Created(account=ACCOUNT)))
    assert after(Clear(), LookFailed(UNREACHABLE))[0] == Clear()


# --- Behind: somebody else's request for the same person went before


@pytest.mark.parametrize("found", [SAME, OTHER])
def test_behind_and_found_is_not_ours(found: Found) -> None:
    exists = AlreadyExists(account=ACCOUNT, differences=found.differences)
    assert after(Behind(), found) == (Behind(), Done(exists))


def test_behind_and_found_with_our_id_is_ours() -> None:
    assert after(Behind(), OURS) == (Behind(), Done(Created(account=ACCOUNT)))


def test_behind_and_absent_may_send() -> None:
    assert after(Behind(), Absent()) == (Clear(), Retry("now"))


def test_behind_and_a_look_that_fails_is_looked_again() -> None:
    assert after(Behind(), LookFailed(UNREACHABLE)) == (Behind(), Retry("look", why=UNREACHABLE))


def test_behind_and_denied_is_told_at_once() -> None:
    assert after(Behind(), LookFailed(DENIED)) == (Behind(), Done(DENIED))


def test_behind_and_held_stays() -> None:
    assert after(Behind(), Held()) == (Behind(), Retry("turn"))


def test_behind_and_overdue_was_never_sent() -> None:
    _, decision = after(Behind(), Overdue("tencent"))
    assert isinstance(decision, Done)
    assert isinstance(decision.outcome, Failure)
    assert decision.outcome.kind == "Unreachable"


# --- Slowed: the vendor said 429 to a send


@pytest.mark.parametrize("found", [OURS, SAME])
def test_slowed_and_found_is_done(found: Found) -> None:
    assert after(Slowed(), found) == (Slowed(), Done(Created(account=ACCOUNT)))


def test_slowed_and_found_with_differences_belongs_to_somebody_else() -> None:
    assert after(Slowed(), OTHER)[1] == Done(AlreadyExists(account=ACCOUNT, differences=("name",)))


def test_slowed_and_absent_may_send_again() -> None:
    assert after(Slowed(), Absent()) == (Clear(), Retry("backoff"))


def test_slowed_and_a_look_that_fails_is_looked_again() -> None:
    state, decision = after(Slowed(), LookFailed(UNREACHABLE))
    assert state == Slowed()
    assert isinstance(decision, Retry)
    assert decision.wait == "look"


def test_slowed_and_the_look_says_429_too() -> None:
    assert after(Slowed(), LookFailed(LIMITED)) == (Slowed(), Retry(7.0, why=LIMITED))


def test_slowed_and_overdue_is_not_known() -> None:
    _, decision = after(Slowed(), Overdue("tencent"))
    assert isinstance(decision, Done)
    assert isinstance(decision.outcome, Failure)
    assert decision.outcome.kind == "OutcomeUnknown"


# --- Unanswered: sent, and no clear answer


@pytest.mark.parametrize("found", [OURS, SAME])
def test_unanswered_and_found_is_done(found: Found) -> None:
    assert after(Unanswered(SILENCE), found)[1] == Done(Created(account=ACCOUNT))


def test_unanswered_and_found_but_not_active() -> None:
    assert after(Unanswered(SILENCE), Found(PENDING))[1] == Done(ActionRequired(account=PENDING))


def test_unanswered_and_found_with_differences_belongs_to_somebody_else() -> None:
    assert after(Unanswered(SILENCE), OTHER)[1] == Done(AlreadyExists(account=ACCOUNT, differences=("name",)))


def test_unanswered_and_absent_is_believed_the_second_time_only() -> None:
    state, decision = after(Unanswered(SILENCE), Absent())
    assert (state, decision) == (Unanswered(SILENCE, absences=1), Retry("settle"))
    assert after(state, Absent()) == (Clear(), Retry("backoff"))


def test_unanswered_and_absent_is_still_remembered_as_unanswered() -> None:
    progress, _ = decide(Progress(Unanswered(SILENCE, absences=1), ever_unanswered=True), Absent())
    assert progress.ever_unanswered


def test_unanswered_and_a_look_that_fails_says_what_was_last_said() -> None:
    state, decision = after(Unanswered(SILENCE), LookFailed(failure("Rejected", code="9", words="?")))
    assert state == Unanswered(SILENCE)
    assert isinstance(decision, Retry)
    assert decision.wait == "look"
    assert decision.why == failure("OutcomeUnknown", code="9", words="?", detail="read timeout")


def test_unanswered_and_the_look_says_429() -> None:
    assert after(Unanswered(SILENCE), LookFailed(LIMITED))[1] == Retry(7.0, why=LIMITED)


def test_unanswered_and_overdue_is_the_silence() -> None:
    assert after(Unanswered(SILENCE), Overdue("tencent"))[1] == Done(SILENCE)


# --- Refused: the vendor said no


@pytest.mark.parametrize("found", [SAME, OTHER])
def test_refused_and_found_was_there_before(found: Found) -> None:
    exists = AlreadyExists(account=ACCOUNT, differences=found.differences)
    assert after(Refused(REFUSAL), found)[1] == Done(exists)


def test_refused_in_doubt_and_found_the_same_is_ours() -> None:
    assert after(Refused(UNSURE, doubtful=True), SAME)[1] == Done(Created(account=ACCOUNT))


@pytest.mark.parametrize("doubtful", [False, True])
def test_refused_and_absent_is_the_refusal(doubtful: bool) -> None:
    assert after(Refused(REFUSAL, doubtful=doubtful), Absent())[1] == Done(REFUSAL)


def test_refused_and_a_silent_look_may_pass() -> None:
    assert after(Refused(REFUSAL), LookFailed(UNREACHABLE)) == (Refused(REFUSAL), Retry("backoff"))


def test_refused_and_a_look_that_says_429_waits() -> None:
    assert after(Refused(REFUSAL), LookFailed(LIMITED)) == (Refused(REFUSAL), Retry(7.0, why=LIMITED))


@pytest.mark.parametrize("why", [DENIED, REFUSAL])
def test_refused_and_a_look_that_is_refused_is_the_refusal(why: Failure) -> None:
    assert after(Refused(REFUSAL), LookFailed(why))[1] == Done(REFUSAL)


@pytest.mark.parametrize("why", [UNREACHABLE, SILENCE, LIMITED])
def test_refused_and_nobody_waits_for_ever_for_a_look(why: Failure) -> None:
    assert after(Refused(REFUSAL), LookFailed(why, late=True))[1] == Done(REFUSAL)


def test_refused_in_doubt_and_a_look_that_fails_is_looked_again() -> None:
    state, decision = after(Refused(UNSURE, doubtful=True), LookFailed(DENIED, late=True))
    assert state == Refused(UNSURE, doubtful=True)
    assert isinstance(decision, Retry)
    assert decision.wait == "look"


def test_refused_and_overdue_is_the_refusal() -> None:
    assert after(Refused(REFUSAL), Overdue("tencent"))[1] == Done(REFUSAL)


def test_refused_in_doubt_and_overdue_is_not_known_and_the_vendors_words_are_kept() -> None:
    """An unknown code with HTTP 500 after the account was made, then look-ups that are answered 429 for a day."""
    unknown = failure("OutcomeUnknown", code="987", words="?")
    assert after(Refused(UNSURE, doubtful=True), Overdue("tencent"))[1] == Done(unknown)


# --- what cannot come


@pytest.mark.parametrize("state", [Behind(), Slowed(), Unanswered(SILENCE), Refused(REFUSAL)])
def test_no_other_state_sends(state: State) -> None:
    with pytest.raises(ValueError, match="second send"):
        decide(Progress(state), Sent(Created(account=ACCOUNT)))


@pytest.mark.parametrize("state", [Slowed(), Unanswered(SILENCE), Refused(REFUSAL)])
def test_what_was_sent_is_not_held(state: State) -> None:
    with pytest.raises(ValueError, match="held"):
        decide(Progress(state), Held())


def test_every_cell_is_filled() -> None:
    """Every state takes every event, but for the two that were just named."""
    states: list[State] = [
        Clear(),
        Behind(),
        Slowed(),
        Unanswered(SILENCE),
        Refused(REFUSAL),
        Refused(UNSURE, doubtful=True),
    ]
    answers: list[Created | Failure] = [Created(account=ACCOUNT), *(failure(kind) for kind in get_args(FailureKind))]
    looks = [LookFailed(failure(kind), late=late) for kind in get_args(FailureKind) for late in (False, True)]
    events: list[Event] = [OURS, SAME, OTHER, Absent(), Overdue("tencent"), *looks]
    for state in states:
        sends: list[Event] = [*(Sent(answer) for answer in answers), Held()] if isinstance(state, Clear) else []
        for event in [*events, *sends]:
            progress, decision = decide(Progress(state), event)
            if isinstance(decision, Retry) and isinstance(event, Sent) and _may_have_left_an_account(event):
                assert not isinstance(progress.state, Clear), "the next step would be a second send"


def _may_have_left_an_account(sent: Sent) -> bool:
    return isinstance(sent.answer, Failure) and sent.answer.kind not in ("Unreachable", "NotAuthorised")


# --- a vendor that does anything, and a clock that moves by days


_PROGRESS = TypeAdapter(Progress)


class OneRequest(RuleBasedStateMachine):
    """`decide` drives one request against a model vendor. Its promises hold at whatever moment the clock ends it."""

    @initialize(somebody=st.sampled_from(["nobody", "same", "other"]))
    def start(self, somebody: str) -> None:
        self.progress = Progress()
        self.outcome: Outcome | None = None
        # Whose account is there, and whether it differs from the form.
        self.there: tuple[str, bool] | None = None if somebody == "nobody" else ("before", somebody == "other")
        self.created, self.days, self.calls = 0, 0.0, list[str]()

    def feed(self, event: Event) -> None:
        self.progress, decision = decide(self.progress, event)
        if isinstance(decision, Done):
            self.outcome = decision.outcome
            self.tell_the_truth()

    @property
    def running(self) -> bool:
        return self.outcome is None

    @property
    def sends(self) -> bool:
        return self.running and isinstance(self.progress.state, Clear)

    @precondition(lambda self: self.sends)
    @rule(how=st.sampled_from(["fine", "lost", "lost_after", "limited", "paced", "odd", "odd_after", "full", "away"]))
    def send(self, how: str) -> None:
        if how not in ("away", "paced"):
            assert self.calls[-1:] != ["send"], "a second send without a look before it"
            self.calls.append("send")
        self.feed(Sent(self.answer(how)))

    def answer(self, how: str) -> Created | Failure:
        refused = {
            "lost": SILENCE,
            "limited": failure("RateLimited", code="429"),
            "paced": failure("RateLimited", reached_vendor=False),
            "odd": UNSURE,
            "full": failure("NoSeatLeft", code="156009"),
            "away": UNREACHABLE,
        }.get(how)
        if refused is not None:
            return refused
        if self.there is not None:
            return failure("Conflict", code="20002", field="account")
        self.created += 1
        self.there = ("ours", False)
        return {"lost_after": SILENCE, "odd_after": UNSURE}.get(how) or Created(account=ACCOUNT)

    @precondition(lambda self: self.running and not isinstance(self.progress.state, Clear))
    @rule(how=st.sampled_from(["fine", "fine", "limited", "away", "denied"]), late=st.booleans())
    def look(self, how: str, late: bool) -> None:
        self.calls.append("look")
        wrong = {"limited": LIMITED, "away": UNREACHABLE, "denied": DENIED}.get(how)
        if wrong is not None:
            self.feed(LookFailed(wrong, late=late))
        elif self.there is None:
            self.feed(Absent())
        else:
            self.feed(Found(ACCOUNT, differences=("name",) if self.there[1] else ()))

    @precondition(lambda self: self.running)
    @rule(days=st.floats(0.01, 3))
    def days_go_by(self, days: float) -> None:
        self.days += days
        if self.days > 1:
            self.feed(Overdue("tencent"))

    @precondition(lambda self: self.running and isinstance(self.progress.state, Clear | Behind) and not self.calls)
    @rule()
    def another_request_goes_before(self) -> None:
        self.feed(Held())

    @precondition(lambda self: self.running)
    @rule()
    def stored_and_read_again(self) -> None:
        """What is stored between two runs decides alike."""
        self.progress = _PROGRESS.validate_json(_PROGRESS.dump_json(self.progress))

    @precondition(lambda self: not self.running)
    @rule()
    def the_same_person_is_asked_for_again(self) -> None:
        self.progress, self.outcome, self.days, self.calls = Progress(), None, 0.0, []
        self.there = self.there and ("before", self.there[1])
        self.created = 0

    def tell_the_truth(self) -> None:
        assert self.created <= 1, "two accounts for one person"
        match self.outcome:
            case Created() | ActionRequired():
                assert self.there is not None, "success without an account"
            case AlreadyExists(differences=()):
                assert self.there is not None
            case AlreadyExists():
                assert self.there == ("before", True)
            case Failure(kind="OutcomeUnknown"):
                pass
            case Failure():
                assert self.created == 0, f"failure, and there is an account: {self.outcome}"


TestOneRequest = OneRequest.TestCase
TestOneRequest.settings = settings(
    max_examples=tries(5000), stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
