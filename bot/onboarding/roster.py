"""Who has an account at the provider already, for a list of people: asked where it costs a tenth of creating them.

A vendor that shows its users by the hundred is asked for all of them; where that would take more calls, nobody is looked up
before: the creating call tells it too, and does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from bot.batch import Problem, Row, RowState
from bot.hire import NewHire, Text
from bot.onboarding.workflow import differences
from bot.outcome import Account, ProvisionError

log = logging.getLogger(__name__)

PEOPLE_A_CALL, MOST_CALLS = 10, 30
KEYS = ("account", "phone", "email")

TAKEN = Text("Somebody else has this there already.", "该信息已被其他人使用。")


class Provider(Protocol):
    """What is asked of a provider (`providers.contract.Provider`)."""

    @property
    def form(self) -> type[NewHire]: ...

    def everybody(self, calls: int) -> Sequence[Account] | None: ...


class Roster:
    """Everybody there, by what they are recognised by."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by = {
            (key, known): account
            for account in accounts
            if account.state != "gone"
            for key in KEYS
            if (known := _known(key, getattr(account, key)))
        }
        self._hints = {_hint(key, known) for key, known in self._by}

    def placed(self, row: Row, state: RowState, hire_of: Callable[[Row], NewHire]) -> tuple[Row, RowState]:
        """Where a row is that was ready, or whose person was created before: people are removed in the vendor's console, too.

        `hire_of` is dear for ten thousand, and called only for those who may be there.
        """
        if self._hints.isdisjoint(_hint(key, _known(key, row.hire.get(key))) for key in KEYS):
            return _absent(row)
        hire = hire_of(row)
        for key in KEYS:
            value: Any = getattr(hire, key, None)
            wanted = (value.e164, value.digits) if key == "phone" and value is not None else (value,)
            for each in wanted:
                found = self._by.get((key, _known(key, each)))
                if found is not None:
                    return (row, state) if state == "there" else self._told(row, hire, key, found)
        return _absent(row)

    def _told(self, row: Row, hire: NewHire, key: str, found: Account) -> tuple[Row, RowState]:
        if not list(differences(hire, found)):
            return row, "there"
        title = next(field.ask.title for field in hire.fields() if field.name == key)
        return row.model_copy(update={"problems": (*row.problems, Problem(field=title, said=TAKEN))}), "wrong"


def roster(provider: Provider, people: int) -> Roster | None:
    """Everybody at the provider; None where that would be dear for so many people, or does not work now."""
    calls = min(people // PEOPLE_A_CALL, MOST_CALLS)
    if not calls:
        return None
    try:
        everybody = provider.everybody(calls)
    except ProvisionError as error:
        log.info("who is there already was not asked: %s", error)
        return None
    return None if everybody is None else Roster(everybody)


def _absent(row: Row) -> tuple[Row, RowState]:
    return row.model_copy(update={"before": None}), "ready"


def _hint(key: str, known: str) -> tuple[str, str]:
    """A number by its end: a vendor may leave the country code out."""
    return key, known[-7:] if key == "phone" else known


def _known(key: str, value: object) -> str:
    """As it is compared; nothing for a number that is masked."""
    text = str(value or "").casefold()
    if key != "phone":
        return text
    return "" if "*" in text else text.lstrip("+")
