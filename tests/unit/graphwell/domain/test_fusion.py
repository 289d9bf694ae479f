"""Fusing similarities and lexical scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.fusion import LEXICAL_SHARE, fused_scores

figures = st.lists(st.tuples(st.integers(-100, 100), st.integers(0, 100)), min_size=1, max_size=8)


def totals(similarities: Sequence[float | None], lexical: Sequence[float]) -> list[float]:
    return [score.total for score in fused_scores(similarities, lexical)]


def columns(pairs: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    return [near / 100 for near, _ in pairs], [worded / 10 for _, worded in pairs]


def test_scores_are_standard_deviations_from_the_candidates_mean() -> None:
    assert totals([0.9, 0.7], [1.0, 3.0]) == pytest.approx([1 - 2 * LEXICAL_SHARE, 2 * LEXICAL_SHARE - 1])


@given(figures, st.floats(0.1, 50), st.floats(-5, 5))
def test_neither_scale_nor_offset_of_a_leg_decides(pairs: list[tuple[int, int]], scale: float, offset: float) -> None:
    near, worded = columns(pairs)
    moved = totals(near, [scale * score + offset for score in worded])
    assert moved == pytest.approx(totals(near, worded), abs=1e-6)


@given(figures, st.integers(0, 50), st.integers(0, 50))
def test_better_in_both_is_better(pairs: list[tuple[int, int]], nearer: int, more: int) -> None:
    near, worded = columns([*pairs, (pairs[0][0] + nearer, pairs[0][1] + more)])
    scores = totals(near, worded)
    assert scores[-1] >= scores[0] - 1e-9


def test_an_unknown_similarity_counts_as_the_least() -> None:
    assert totals([0.9, None, 0.2], [1.0, 1.0, 1.0]) == totals([0.9, 0.2, 0.2], [1.0, 1.0, 1.0])


@pytest.mark.parametrize("similarities", [[None, None], [0.4, 0.4]])
def test_a_leg_that_tells_nothing_apart_leaves_the_ranking_to_the_other(similarities: list[float | None]) -> None:
    first, second = totals(similarities, [1.0, 2.0])
    assert first < second


def test_of_nothing_comes_nothing() -> None:
    assert totals([], []) == []
