"""Deadlines."""

from __future__ import annotations

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
from tests.fakes.clock import FakeMonotonic


def test_what_is_left_shrinks_with_the_clock() -> None:
    clock = FakeMonotonic()
    deadline = Deadline.after(5.0, clock)
    assert deadline.remaining_s() == 5.0
    clock.reading_s += 4.5
    assert deadline.remaining_s() == 0.5


@pytest.mark.parametrize("late_by_s", [0.0, 0.1, 60.0])
def test_nothing_is_left_once_it_has_passed(late_by_s: float) -> None:
    clock = FakeMonotonic()
    deadline = Deadline.after(5.0, clock)
    clock.reading_s += 5.0 + late_by_s
    with pytest.raises(DeadlineExceeded):
        deadline.remaining_s()


def test_a_deadline_in_the_past_has_nothing_left() -> None:
    with pytest.raises(Unavailable):
        Deadline.after(-1.0, FakeMonotonic()).remaining_s()


def test_what_runs_within_a_deadline_can_ask_for_it() -> None:
    clock = FakeMonotonic()
    outer, inner = Deadline.after(9, clock), Deadline.after(3, clock)
    assert Deadline.current() is None
    with outer.held():
        with inner.held():
            assert Deadline.current() is inner
        assert Deadline.current() is outer
    assert Deadline.current() is None


def test_a_deadline_within_a_limit_is_the_earlier_of_both() -> None:
    clock = FakeMonotonic()
    deadline = Deadline.after(9, clock)
    assert deadline.within(4).remaining_s() == 4
    assert deadline.within(20).remaining_s() == 9
    assert deadline.within(float("inf")).remaining_s() == 9
