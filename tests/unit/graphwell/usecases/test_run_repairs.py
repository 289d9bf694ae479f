"""Repairs of one run: those after a failed one still run."""

from __future__ import annotations

from graphwell.domain.errors import Unavailable
from graphwell.usecases.run_repairs import run_repairs


def test_what_each_did_is_told_together() -> None:
    assert run_repairs([lambda: {"a": 1}, lambda: {"b": 0, "c": 2}]) == ({"a": 1, "b": 0, "c": 2}, [])


def test_one_that_fails_holds_up_none_of_the_others() -> None:
    failure = Unavailable("The queue does not answer.")

    def fails() -> dict[str, int]:
        raise failure

    assert run_repairs([fails, lambda: {"a": 1}, fails, lambda: {"b": 2}]) == ({"a": 1, "b": 2}, [failure, failure])
