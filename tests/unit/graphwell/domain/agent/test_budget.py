"""What a run of the agent may spend."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest

from graphwell.domain.agent.budget import (
    DEFAULT_BUDGET,
    LEAST_TOKENS,
    MAX_SECONDS,
    MAX_STEPS,
    MAX_TOKENS,
    Budget,
    accept_budget,
)
from graphwell.domain.errors import InvalidInput


@pytest.mark.parametrize(
    "budget", [DEFAULT_BUDGET, Budget(1, LEAST_TOKENS, 1), Budget(MAX_STEPS, MAX_TOKENS, MAX_SECONDS)]
)
def test_a_budget_within_the_bounds_is_accepted(budget: Budget) -> None:
    assert accept_budget(budget) == budget


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 0),
        ("steps", MAX_STEPS + 1),
        ("tokens", LEAST_TOKENS - 1),
        ("tokens", MAX_TOKENS + 1),
        ("seconds", 0.99),
        ("seconds", MAX_SECONDS + 0.01),
        ("seconds", math.nan),
        ("seconds", math.inf),
    ],
)
def test_one_out_of_bounds_is_refused_by_its_field(field: str, value: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        accept_budget(Budget(**{**asdict(DEFAULT_BUDGET), field: value}))
    assert refused.value.field == f"budget.{field}"
