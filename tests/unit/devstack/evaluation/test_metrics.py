"""Retrieval measures: their laws, examples by hand, and agreement with trec_eval."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devstack.evaluation.metrics import judged_ranking, ndcg, percentile, recall, reciprocal_rank

DOCUMENTS = [f"d{number}" for number in range(15)]
RANKINGS = st.lists(st.sampled_from(DOCUMENTS), unique=True)
JUDGEMENTS = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 4).map(float), min_size=1).filter(
    lambda judgements: any(judgements.values())
)


@given(RANKINGS, JUDGEMENTS)
def test_measures_lie_between_0_and_1(ranking: list[str], judgements: dict[str, float]) -> None:
    for measure in (ndcg, recall, reciprocal_rank):
        assert 0.0 <= measure(ranking, judgements) <= 1.0 + 1e-12


@given(JUDGEMENTS, st.randoms())
def test_the_ideal_order_scores_1_however_ties_are_broken(judgements: dict[str, float], chance: object) -> None:
    ranking = list(judgements)
    chance.shuffle(ranking)  # type: ignore[attr-defined]
    ranking.sort(key=lambda document: -judgements[document])
    assert ndcg(ranking, judgements) == pytest.approx(1.0)
    assert reciprocal_rank(ranking, judgements) == 1.0


@given(RANKINGS, JUDGEMENTS, st.data())
def test_documents_of_equal_grade_can_change_places(
    ranking: list[str], judgements: dict[str, float], data: st.DataObject
) -> None:
    assume(len(ranking) > 1)
    first, second = data.draw(st.lists(st.integers(0, len(ranking) - 1), min_size=2, max_size=2))
    assume(judgements.get(ranking[first], 0.0) == judgements.get(ranking[second], 0.0))
    changed = list(ranking)
    changed[first], changed[second] = changed[second], changed[first]
    assert ndcg(changed, judgements) == pytest.approx(ndcg(ranking, judgements))


@given(RANKINGS, JUDGEMENTS)
def test_moving_a_better_document_up_never_lowers_ndcg(ranking: list[str], judgements: dict[str, float]) -> None:
    for place in range(len(ranking) - 1):
        lower, upper = ranking[place + 1], ranking[place]
        if judgements.get(lower, 0.0) > judgements.get(upper, 0.0):
            changed = [*ranking[:place], lower, upper, *ranking[place + 2 :]]
            assert ndcg(changed, judgements) >= ndcg(ranking, judgements)


@given(RANKINGS, JUDGEMENTS, st.integers(1, 12))
def test_what_stands_below_the_depth_does_not_count(
    ranking: list[str], judgements: dict[str, float], depth: int
) -> None:
    for measure in (ndcg, recall, reciprocal_rank):
        assert measure(ranking, judgements, depth=depth) == measure(ranking[:depth], judgements, depth=depth)


def test_linear_gain_over_the_logarithm_of_the_rank() -> None:
    judgements = {"a": 3.0, "b": 2.0, "c": 1.0}
    gained = 1.0 + 3.0 / math.log2(4)
    ideal = 3.0 + 2.0 / math.log2(3) + 1.0 / math.log2(4)
    assert ndcg(["c", "x", "a"], judgements) == pytest.approx(gained / ideal)
    assert recall(["c", "x", "a"], judgements) == pytest.approx(2 / 3)
    assert reciprocal_rank(["x", "y", "b"], judgements) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x", "y"], judgements) == 0.0


# ndcg_cut_10, recall_10 and recip_rank of trec_eval, by pytrec-eval-terrier 0.5.11, for random rankings.
TREC_EVAL = [
    (
        "d4 d12 d1 d2 d3 d5 d9 d0 d8 d15 d18 d17",
        "d13:0 d2:1 d7:4 d18:2 d19:0 d0:2 d15:2 d9:1 d1:0",
        0.250826,
        0.666667,
        0.25,
    ),
    ("d17 d4 d9", "d4:0 d17:1 d3:0 d9:2 d5:4 d1:0 d16:2 d13:0 d10:2", 0.266309, 0.4, 1.0),
    (
        "d17 d13 d10 d14 d16 d5 d4 d3 d2 d12 d1 d18 d7 d11 d15 d19 d6 d8 d0 d9",
        "d13:1 d5:2 d10:1 d4:2 d15:1 d6:0 d0:0 d17:1 d1:1 d8:4 d9:4 d18:0 d12:1 d7:4",
        0.323219,
        0.545455,
        1.0,
    ),
    (
        "d9 d12 d11 d0 d14 d5 d2 d19 d1 d7 d16 d3 d4 d17 d15 d6 d8 d10 d13 d18",
        "d14:0 d12:1 d17:1 d8:1",
        0.296082,
        0.333333,
        0.5,
    ),
    (
        "d12 d7 d4 d2 d5 d16 d3 d10 d13 d0 d18 d14",
        "d9:4 d0:2 d4:2 d13:1 d11:4 d19:4 d14:0 d5:1 d2:4",
        0.322156,
        0.625,
        0.333333,
    ),
]


@pytest.mark.parametrize(("ranking", "grades", "ndcg_10", "recall_10", "recip_rank"), TREC_EVAL)
def test_agrees_with_trec_eval(ranking: str, grades: str, ndcg_10: float, recall_10: float, recip_rank: float) -> None:
    judgements = {document: float(grade) for document, grade in (pair.split(":") for pair in grades.split())}
    assert ndcg(ranking.split(), judgements) == pytest.approx(ndcg_10, abs=1e-6)
    assert recall(ranking.split(), judgements) == pytest.approx(recall_10, abs=1e-6)
    assert reciprocal_rank(ranking.split(), judgements) == pytest.approx(recip_rank, abs=1e-6)


def test_documents_judged_below_zero_leave_the_ranking() -> None:
    assert judged_ranking(["a", "b", "c"], {"a": -1.0, "b": 0.0}) == ["b", "c"]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.51, 3.0), (0.95, 4.0), (1.0, 4.0), (0.01, 1.0)])
def test_percentiles_are_values_that_were_measured(share: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == value
