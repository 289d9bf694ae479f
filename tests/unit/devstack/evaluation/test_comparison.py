"""Comparing two runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.errors import DevstackError
from devstack.evaluation.comparison import compare
from devstack.evaluation.figures import MEASURES
from devstack.evaluation.run_file import Run

MEASURE = "ndcg@10"


def run(values: dict[str, float], *, name: str = "run", collection: str = "fruit") -> Run:
    return Run(name, collection, {query: dict.fromkeys(MEASURES, value) for query, value in values.items()}, ())


def numbered(values: list[float]) -> dict[str, float]:
    return {f"q{place}": value for place, value in enumerate(values)}


def test_a_gain_on_nearly_every_query_is_significant() -> None:
    before = run(numbered([0.5] * 60))
    after = run(numbered([0.6] * 55 + [0.45] * 5))
    shown = compare(before, after, MEASURE).as_json()
    assert shown["difference"] == pytest.approx(0.0875)
    assert shown["p_value"] < 0.001
    assert shown["interval_95"][0] > 0
    assert (shown["better"], shown["worse"], shown["equal"]) == (55, 5, 0)
    assert shown["most_worse"][0] == {"id": "q55", "before": 0.5, "after": 0.45}


def test_gains_and_losses_of_equal_size_are_chance() -> None:
    before = run(numbered([0.5] * 40))
    after = run(numbered([0.6] * 21 + [0.4] * 19))
    comparison = compare(before, after, MEASURE)
    assert comparison.p_value > 0.5
    assert comparison.interval[0] < 0 < comparison.interval[1]


def test_the_p_value_of_a_few_queries_is_that_of_all_sign_changes() -> None:
    """Three equal gains: of the eight assignments two have a mean as extreme."""
    comparison = compare(run(numbered([0.0] * 3)), run(numbered([0.3] * 3)), MEASURE)
    assert comparison.p_value == pytest.approx(0.25, abs=0.02)


def test_only_queries_of_both_runs_count() -> None:
    comparison = compare(run({"a": 0.1, "b": 0.9}), run({"b": 1.0, "c": 0.0}), MEASURE)
    assert [query.query_id for query in comparison.queries] == ["b"]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12))
def test_swapping_the_runs_turns_the_difference_and_keeps_the_p_value(pairs: list[tuple[float, float]]) -> None:
    one, other = run(numbered([pair[0] for pair in pairs])), run(numbered([pair[1] for pair in pairs]))
    there, back = compare(one, other, MEASURE), compare(other, one, MEASURE)
    assert there.after - there.before == pytest.approx(back.before - back.after)
    assert there.p_value == pytest.approx(back.p_value, abs=0.03)
    assert 0 < there.p_value <= 1


def test_runs_of_different_collections_cannot_be_compared() -> None:
    with pytest.raises(DevstackError, match="different collections, fruit and trees"):
        compare(run({"a": 1}), run({"a": 1}, collection="trees"), MEASURE)


def test_runs_without_a_common_query_cannot_be_compared() -> None:
    with pytest.raises(DevstackError, match="no query in common"):
        compare(run({"a": 1}), run({"b": 1}), MEASURE)
