"""Rows of a list that are written down together: each is begun, whatever dies in between, and each person once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.request import Request
from bot.store.cipher import Cipher
from bot.store.requests import BEGUN, Requests
from tests.test_approvals import Crash, Deciding, Nobody

PERSON = {"account": "zhangwei", "phone": "+8613800138000"}


class DiesOnce(Nobody):
    """The process dies when it hands over the second row."""

    died = False

    def accept(self, request: Request, *, priority: int = 1) -> None:
        if request.id == "B1-2" and not self.died:
            self.died = True
            raise Crash
        super().accept(request, priority=priority)


@pytest.fixture
def machine() -> Iterator[Deciding]:
    made = Deciding()
    made.start()
    yield made
    made.teardown()


def asked(number: int) -> Request:
    return Request(
        id=f"B1-{number}",
        provider="tencent",
        hire={"name": f"A {number}", **PERSON},
        requester="U1",
        accepted_at=1.0,
        batch="B1",
    )


def test_who_dies_between_writing_rows_down_and_beginning_them_leaves_none_behind(machine: Deciding) -> None:
    machine.nobody = DiesOnce()
    machine.begin()
    machine.somebody_presses("create", 1)
    machine.somebody_decides("approved", "U2", dies=False)
    with pytest.raises(Crash):
        machine.newhire_looks()
    assert set(machine.nobody.accepted) == {"B1-1"}
    machine.begin()
    machine.newhire_looks()
    assert set(machine.nobody.accepted) == {"B1-1", "B1-2", "B1-3"}


def test_of_two_rows_for_one_person_the_second_is_known(machine: Deciding) -> None:
    requests = Requests(machine.tables, Cipher())
    first, second = requests.accept_all([(asked(1), PERSON, None), (asked(2), PERSON, None)])
    assert first is None
    assert second is not None
    assert second.id == "B1-1"
    assert requests.claimed("B1-1") == [BEGUN]
    assert requests.claimed("B1-2") == []


def test_rows_that_are_written_down_again_are_the_same(machine: Deciding) -> None:
    requests = Requests(machine.tables, Cipher())
    assert [requests.accept_all([(asked(1), PERSON, None)]) for _ in range(2)] == [[None], [None]]
    assert requests.claimed("B1-1") == [BEGUN]
