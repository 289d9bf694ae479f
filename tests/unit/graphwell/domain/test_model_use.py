"""What model calls cost."""

from __future__ import annotations

import pytest

from devstack.costing.price_list import read_prices
from graphwell.domain.model_use import TokenPrices
from graphwell.domain.passages import Usage
from graphwell.runtime.settings import Settings


def test_tokens_cost_what_a_million_of_them_do_divided() -> None:
    assert TokenPrices(0.15, 0.60).cost_usd(Usage(2_000_000, 500_000)) == pytest.approx(0.60)
    assert TokenPrices(0.02).cost_usd(Usage(1_000)) == pytest.approx(0.00002)


@pytest.mark.parametrize(
    "price",
    ["embedding_million_tokens_usd", "llm_million_prompt_tokens_usd", "llm_million_completion_tokens_usd"],
)
def test_the_prices_of_metrics_are_those_of_the_estimate(price: str) -> None:
    assert Settings.model_fields[price].default == read_prices()[price]
