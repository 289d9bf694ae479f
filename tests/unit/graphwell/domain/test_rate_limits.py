"""Limits, and what a caller is told about them."""

from __future__ import annotations

from dataclasses import asdict, fields

import pytest

from graphwell.domain.errors import InvalidInput
from graphwell.domain.rate_limits import MAX_LIMIT, RateClass, RateLimits, RateVerdict, Window, WindowState

MINUTE = Window(100, 60)
HOUR = Window(1000, 3600)


def test_the_defaults_are_those_of_the_documentation() -> None:
    limits = RateLimits()
    assert (limits.requests_per_minute, limits.requests_per_hour, limits.model_requests_per_minute) == (100, 1_000, 10)


@pytest.mark.parametrize("name", [field.name for field in fields(RateLimits)])
@pytest.mark.parametrize("value", [0, -1, MAX_LIMIT + 1])
def test_a_limit_out_of_bounds_is_named(name: str, value: int) -> None:
    with pytest.raises(InvalidInput, match="whole number") as refused:
        RateLimits(**{name: value})
    assert refused.value.field == f"limits.{name}"


@pytest.mark.parametrize("part", [0.25, 0.0001])
def test_a_share_leaves_at_least_one_of_each(part: float) -> None:
    limits = asdict(RateLimits())
    assert all(1 <= value <= limits[name] for name, value in asdict(RateLimits().share(part)).items())


def test_a_request_counts_for_its_principal_and_its_tenant() -> None:
    budgets = RateLimits().budgets("user-1", RateClass.STANDARD)
    assert [budget.owner for budget in budgets] == [("user-1", "standard"), ("", "standard")]


def test_a_request_to_a_model_counts_twice_for_both() -> None:
    budgets = RateLimits().budgets("user-1", RateClass.MODEL)
    owners = [budget.owner for budget in budgets]
    assert owners == [("user-1", "standard"), ("", "standard"), ("user-1", "model"), ("", "model")]
    assert budgets[2].windows == (Window(10, 60),)


def test_a_taken_request_hears_of_the_window_with_the_least_room() -> None:
    verdict = RateVerdict.of([WindowState(MINUTE, 3, 59.2), WindowState(HOUR, 990, 12.0)], allowed=True)
    assert (verdict.limit, verdict.remaining, verdict.reset_s) == (1000, 10, 12)
    assert verdict.policy == (MINUTE, HOUR)


def test_a_refused_request_hears_of_the_full_window_it_must_wait_for_longest() -> None:
    states = [WindowState(MINUTE, 100, 5.1), WindowState(HOUR, 1000, 1800.0), WindowState(Window(7, 9), 6, 9_999.0)]
    verdict = RateVerdict.of(states, allowed=False)
    assert (verdict.limit, verdict.remaining, verdict.reset_s) == (1000, 0, 1800)


def test_nobody_is_told_to_come_back_in_no_time() -> None:
    assert RateVerdict.of([WindowState(MINUTE, 100, 0.0)], allowed=False).reset_s == 1
