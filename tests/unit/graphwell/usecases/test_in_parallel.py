"""Doing several things at once."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.usecases.in_parallel import MAX_THREADS, in_parallel


def test_results_come_in_order_whoever_is_done_first() -> None:
    second_is_done = threading.Event()

    def first() -> str:
        assert second_is_done.wait(20)
        return "first"

    def second() -> str:
        second_is_done.set()
        return "second"

    assert in_parallel([first, second]) == ["first", "second"]


def test_nothing_and_more_than_there_are_threads_can_be_done() -> None:
    assert in_parallel([]) == []
    assert in_parallel([partial(int, number) for number in range(3 * MAX_THREADS)]) == list(range(3 * MAX_THREADS))


@pytest.mark.parametrize("count", [1, 3])
def test_the_callers_deadline_holds_in_each(count: int) -> None:
    deadline = Deadline.after(60)
    with deadline.held():
        assert in_parallel([Deadline.current] * count) == [deadline] * count


@pytest.mark.parametrize("count", [1, 3])
def test_what_one_of_them_holds_holds_for_no_other(count: int) -> None:
    def hold_one() -> Deadline | None:
        before = Deadline.current()
        with Deadline.after(1).held():
            return before

    assert in_parallel([hold_one] * count) == [None] * count


def test_an_error_is_raised_when_all_have_ended() -> None:
    ended = threading.Event()

    def fail() -> None:
        raise ValueError("No.")

    with pytest.raises(ValueError, match="No"):
        in_parallel([fail, ended.set])
    assert ended.is_set()
