"""Lexical scores from the statistics of the candidates."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.bm25 import PAIR_WEIGHT, TermCounts, bm25_scores, with_field


def totals(texts: list[TermCounts]) -> list[float]:
    return [score.total for score in bm25_scores(texts)]


counted = st.builds(
    TermCounts,
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 50)),
    st.integers(0, 5000),
)


def test_the_score_is_that_of_the_formula() -> None:
    scores = totals([TermCounts({"boiler": 2}, 30), TermCounts({}, 10)])
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert scores == [pytest.approx(idf * 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * 30 / 20))), 0.0]


def test_a_pair_is_weighed_as_a_term_of_its_own() -> None:
    apart = TermCounts({"steam": 1, "boiler": 1}, 20)
    together = TermCounts({"steam": 1, "boiler": 1}, 20, {("steam", "boiler"): 1})
    without, with_pair = totals([apart, together])
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert with_pair - without == pytest.approx(PAIR_WEIGHT * idf / (1 + 1.2))


def test_nothing_to_score_is_no_error() -> None:
    assert totals([]) == []
    assert totals([TermCounts({}, 0)]) == [0.0]


@given(st.lists(counted, min_size=1, max_size=8), st.randoms())
def test_the_order_of_the_candidates_does_not_matter(texts: list[TermCounts], random: object) -> None:
    shuffled = list(enumerate(texts))
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object
    scores = totals(texts)
    again = totals([text for _, text in shuffled])
    assert [scores[place] for place, _ in shuffled] == pytest.approx(again)


@given(st.lists(counted, min_size=1, max_size=8))
def test_a_text_scores_above_zero_exactly_when_it_holds_a_term(texts: list[TermCounts]) -> None:
    assert [score > 0 for score in totals(texts)] == [bool(text.frequencies) for text in texts]


@given(st.lists(counted, min_size=1, max_size=8), st.integers(1, 20))
def test_more_of_a_term_never_scores_less(texts: list[TermCounts], more: int) -> None:
    first = texts[0]
    raised = TermCounts({term: count + more for term, count in first.frequencies.items()}, first.length)
    assert totals([raised, *texts[1:]])[0] >= totals(texts)[0]


def test_a_weighted_field_counts_as_if_it_stood_in_the_text_that_often() -> None:
    text = TermCounts({"pump": 1, "steam": 2}, 10, {("steam", "pump"): 1})
    title = TermCounts({"pump": 1, "valve": 1}, 2, {("steam", "pump"): 1, ("pump", "valve"): 1})
    assert with_field(text, title, 3) == TermCounts(
        {"pump": 4, "steam": 2, "valve": 3}, 16, {("steam", "pump"): 4, ("pump", "valve"): 3}
    )
    assert with_field(text, TermCounts({}, 2), 3) == TermCounts(text.frequencies, 16, text.pairs)
