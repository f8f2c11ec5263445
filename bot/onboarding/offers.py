"""Which buttons the message of a request has. Pure: no clock, no I/O.

What is offered follows from how the request ended, what was done since, and what the provider can do. Whether somebody may
press a button is asked when they do.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from bot.outcome import ActionRequired, AlreadyExists, Created, Declined, Failure
from bot.request import Action, Record, Standing

_AGAIN: dict[str, tuple[Action, ...]] = {
    "Rejected": ("edit",),
    "Conflict": ("edit",),
    "NotAuthorised": ("retry", "edit"),
    "NoSeatLeft": ("retry", "edit"),
    "RateLimited": ("retry", "edit"),
    "Unreachable": ("retry", "edit"),
    "OutcomeUnknown": ("look_up",),
}
"""After a failure. What nobody knows is looked up first: a second form could make a second account."""

FOR_ADMINS: frozenset[Action] = frozenset({"disable", "enable"})
"""Buttons of the workspace's admins and owners; `undo` is theirs and the requester's, the others everybody's who may ask."""


def standing(record: Record, abilities: Collection[str], round_: int, now: float, undo: timedelta) -> Standing:
    """What the message shows beside the outcome, at `now` (Unix seconds)."""
    return Standing(round=round_, deeds=record.deeds, offers=offered(record, abilities, now, undo))


LOOK_AFTER_SECONDS = 60.0


def standing_under_way(age: float) -> Standing:
    """Of a request that has not ended, `age` seconds old: after a minute it can be looked up at once."""
    return Standing(offers=("look_up",)) if age > LOOK_AFTER_SECONDS else Standing()


def offered(record: Record, abilities: Collection[str], now: float, undo: timedelta) -> tuple[Action, ...]:
    """What can be done, in the order of the buttons."""
    done = {deed.kind for deed in record.deeds}
    match record.outcome:
        case _ if done & {"retried", "corrected", "removed", "gone"}:
            return ("copy",)
        case Failure(kind=kind):
            again = tuple(action for action in _AGAIN[kind] if not (action == "retry" and record.request.has_password))
            return (*again, "copy")
        case Declined():
            return ("edit", "copy")
        case AlreadyExists(differences=differences) if differences:
            return ("edit", "copy")
        case AlreadyExists():
            return (*_to_activate(record, abilities), "copy")
        case Created() | ActionRequired():
            return (*_to_activate(record, abilities), *_to_take_back(record, abilities, now, undo), "copy")


def _to_activate(record: Record, abilities: Collection[str]) -> tuple[Action, ...]:
    ways: tuple[Action, ...] = ("resend", "link")
    return tuple(way for way in ways if way in abilities) if awaited(record) else ()


def _to_take_back(record: Record, abilities: Collection[str], now: float, undo: timedelta) -> tuple[Action, ...]:
    account = record.account
    if account is None:
        return ()
    if account.state == "disabled":
        return ("enable",) if "switch" in abilities else ()
    # Only what this request has made itself, and what the vendor has given an id by which it is known again.
    if record.made and account.vendor_id and "remove" in abilities and now < record.ended_at + undo.total_seconds():
        return ("undo",)
    # Tencent's 60005: what was never activated can be neither disabled nor enabled.
    return () if awaited(record) or "switch" not in abilities else ("disable",)


def awaited(record: Record) -> bool:
    """Whether the account is there and its person has not activated it yet."""
    account = record.account
    if account is None:
        return False
    return account.state == "not_activated" or (account.state == "unknown" and account.activation_pending)
