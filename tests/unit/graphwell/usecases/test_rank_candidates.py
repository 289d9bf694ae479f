"""Ranking candidates by the evidence of both legs and of titles."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.fusion import LEXICAL_SHARE
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.usecases.rank_candidates import RankCandidates
from tests.fakes.search import FakeTermCounter, passage

RANK = RankCandidates(FakeTermCounter())
WORDS = ("pump", "valve", "boiler", "steam")


def near(found: Passage, similarity: float) -> Hit:
    return Hit(found, SearchMode.VECTOR, 1, similarity)


def worded(found: Passage, similarity: float | None = None) -> Hit:
    return Hit(found, SearchMode.FULLTEXT, 1, similarity)


def ranking(question: str, hits: list[Hit], mode: SearchMode = SearchMode.HYBRID) -> list[str]:
    return [found.document_id for found in RANK(question, hits, mode).passages(10)]


def test_a_passage_that_one_leg_missed_counts_with_its_words_and_its_similarity() -> None:
    hits = [near(passage(1, "pump"), 0.9), near(passage(2, "tank"), 0.8), worded(passage(3, "pump"), 0.85)]
    assert ranking("pump", hits) == ["d1", "d3", "d2"]


def test_words_that_follow_each_other_as_in_the_question_decide_between_equals() -> None:
    apart, together = passage(1, "boiler and steam"), passage(2, "a steam boiler it")
    assert ranking("steam boiler", [worded(apart), worded(together)], SearchMode.FULLTEXT) == ["d2", "d1"]


def test_a_document_that_the_best_passage_names_overtakes_one_that_is_as_near() -> None:
    emma = replace(passage(1, "emma came from murray"), title="emma")
    other = replace(passage(2, "a press"), title="press")
    named = replace(passage(3, "a press"), title="murray")
    hits = [near(emma, 0.9), near(other, 0.5), near(named, 0.5)]
    assert ranking("founder of the publisher of emma", hits) == ["d1", "d3", "d2"]


def test_a_long_document_leaves_room_for_others_that_are_nearly_as_near() -> None:
    sections = [near(replace(passage(9, "pump"), chunk_id=f"d9~1~{n}"), 0.9 - n / 1000) for n in range(3)]
    hits = [*sections, near(passage(2, "pump"), 0.89), near(passage(3, "tank"), 0.1)]
    assert ranking("pump", hits) == ["d9", "d2", "d9", "d9", "d3"]


def test_what_a_title_says_for_a_document_lifts_its_best_chunk_alone() -> None:
    emma = replace(passage(1, "emma came from murray"), title="emma")
    murray = [replace(passage(3, "a press"), title="murray", chunk_id=f"d3~1~{n}") for n in range(2)]
    other = replace(passage(2, "a press"), title="press")
    hits = [near(emma, 0.9), near(other, 0.5), *(near(found, 0.5) for found in murray)]
    assert ranking("founder of the publisher of emma", hits) == ["d1", "d3", "d2", "d3"]


def test_the_vector_mode_scores_with_the_cosine_alone() -> None:
    hits = [near(passage(1, "tank"), 0.4), near(passage(2, "pump"), 0.3)]
    found = RANK("pump", hits, SearchMode.VECTOR).passages(10)
    assert [(one.document_id, one.score) for one in found] == [("d1", 0.4), ("d2", 0.3)]


def test_no_more_than_the_limit_comes_back() -> None:
    hits = [near(replace(passage(number), title=""), number / 10) for number in range(5)]
    assert [one.document_id for one in RANK("pump", hits, SearchMode.HYBRID).passages(2)] == ["d4", "d3"]


@pytest.mark.parametrize("mode", SearchMode)
def test_of_nothing_comes_nothing(mode: SearchMode) -> None:
    assert RANK("pump", [], mode).passages(10) == []


def test_a_score_is_the_sum_of_its_parts() -> None:
    again = replace(passage(1, "steam"), chunk_id="d1~1~1")
    hits = [near(passage(1, "steam boiler"), 0.9), near(passage(2, "tank"), 0.8), worded(again, 0.5)]
    ranking = RANK("steam boiler", hits, SearchMode.HYBRID)
    for score, lexical, fused, spread in zip(
        ranking.scores, ranking.lexical, ranking.fused, ranking.spread, strict=True
    ):
        assert lexical.total == lexical.words + lexical.pairs
        assert score == pytest.approx(
            (1 - LEXICAL_SHARE) * fused.similarity + LEXICAL_SHARE * fused.lexical + spread.evidence + spread.repetition
        )
    assert [bool(lexical.pairs) for lexical in ranking.lexical] == [True, False, False]
    assert [bool(spread.repetition) for spread in ranking.spread] == [False, True, False]


hits_of_any_kind = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([SearchMode.VECTOR, SearchMode.FULLTEXT])), unique=True, max_size=12
)


@given(hits_of_any_kind, st.randoms())
def test_the_order_of_the_hits_does_not_matter_and_each_passage_comes_once(
    chosen: list[tuple[int, SearchMode]], random: Random
) -> None:
    hits = [Hit(passage(number, WORDS[number % 4]), leg, 1, number % 3 / 3) for number, leg in chosen]
    found = RANK("pump valve steam", hits, SearchMode.HYBRID).passages(10)
    assert RANK("pump valve steam", random.sample(hits, len(hits)), SearchMode.HYBRID).passages(10) == found
    assert sorted(one.chunk_id for one in found) == sorted({hit.passage.chunk_id for hit in hits})
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_of_many_candidates_it_is_told_how_far_the_best_stands_out() -> None:
    others = [near(replace(passage(number, "tank"), title=""), 0.2 + number / 1000) for number in range(1, 60)]
    alike = RANK("pump", others, SearchMode.HYBRID).standing
    best = RANK("pump", [*others, near(passage(99, "pump"), 0.9)], SearchMode.HYBRID).standing
    assert alike is not None
    assert best is not None
    assert best > alike + 2


@pytest.mark.parametrize(
    ("mode", "count"), [(SearchMode.HYBRID, 49), (SearchMode.VECTOR, 60), (SearchMode.FULLTEXT, 60)]
)
def test_of_few_candidates_or_of_one_leg_it_is_not(mode: SearchMode, count: int) -> None:
    assert RANK("pump", [near(passage(number), 0.1) for number in range(count)], mode).standing is None
