"""Reciprocal rank fusion."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.fusion import RANK_CONSTANT, reciprocal_rank_fusion
from graphwell.domain.passages import Hit, Passage, SearchMode

LEGS = [SearchMode.VECTOR, SearchMode.FULLTEXT]


def hit(chunk_id: str, leg: SearchMode, rank: int) -> Hit:
    return Hit(Passage("d", chunk_id, "Title", chunk_id, 0, 1, score=0.0), leg, rank)


def ranked(leg: SearchMode, *chunk_ids: str) -> list[Hit]:
    return [hit(chunk_id, leg, rank) for rank, chunk_id in enumerate(chunk_ids, start=1)]


chunk_lists = st.lists(st.sampled_from([f"c{number}" for number in range(12)]), unique=True)
legs_of_hits = st.tuples(chunk_lists, chunk_lists).map(
    lambda lists: [one for leg, chunk_ids in zip(LEGS, lists, strict=True) for one in ranked(leg, *chunk_ids)]
)


@given(legs_of_hits, st.randoms())
def test_the_order_of_the_hits_does_not_matter(hits: list[Hit], random: Random) -> None:
    shuffled = random.sample(hits, len(hits))
    assert reciprocal_rank_fusion(shuffled) == reciprocal_rank_fusion(hits)


@given(legs_of_hits)
def test_every_chunk_comes_once_best_first_within_the_bounds(hits: list[Hit]) -> None:
    passages = reciprocal_rank_fusion(hits)
    assert sorted(passage.chunk_id for passage in passages) == sorted({one.passage.chunk_id for one in hits})
    assert all(0 < passage.score <= len(LEGS) / (RANK_CONSTANT + 1) for passage in passages)
    assert [passage.score for passage in passages] == sorted((passage.score for passage in passages), reverse=True)


def test_of_two_that_each_leg_finds_alone_the_vector_legs_comes_first() -> None:
    hits = [*ranked(SearchMode.FULLTEXT, "a"), *ranked(SearchMode.VECTOR, "b")]
    assert [passage.chunk_id for passage in reciprocal_rank_fusion(hits)] == ["b", "a"]


def test_what_both_legs_find_beats_what_one_ranks_first() -> None:
    hits = [*ranked(SearchMode.VECTOR, "only", "both"), *ranked(SearchMode.FULLTEXT, "other", "x", "both")]
    assert reciprocal_rank_fusion(hits)[0].chunk_id == "both"


def test_the_score_is_the_sum_of_reciprocal_ranks() -> None:
    hits = [*ranked(SearchMode.VECTOR, "a"), *ranked(SearchMode.FULLTEXT, "b", "a")]
    first = reciprocal_rank_fusion(hits, rank_constant=10)[0]
    assert first.chunk_id == "a"
    assert first.score == pytest.approx(1 / 11 + 1 / 12)


def test_a_weight_moves_a_leg() -> None:
    hits = [*ranked(SearchMode.VECTOR, "v"), *ranked(SearchMode.FULLTEXT, "f")]
    weighted = reciprocal_rank_fusion(hits, weights={SearchMode.VECTOR: 0.5})
    assert [passage.chunk_id for passage in weighted] == ["f", "v"]
    assert weighted[1].score == pytest.approx(0.5 / (RANK_CONSTANT + 1))


def test_of_nothing_comes_nothing() -> None:
    assert reciprocal_rank_fusion([]) == []


def test_of_two_that_swap_places_the_vector_legs_choice_comes_first() -> None:
    hits = [*ranked(SearchMode.VECTOR, "b", "a"), *ranked(SearchMode.FULLTEXT, "a", "b")]
    assert [passage.chunk_id for passage in reciprocal_rank_fusion(hits)] == ["b", "a"]
