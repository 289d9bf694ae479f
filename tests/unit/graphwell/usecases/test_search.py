"""Searching, with the model or the index away, and what is asked of each leg."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, InvalidInput, Unavailable
from graphwell.domain.filters import accept_filters
from graphwell.domain.passages import MAX_QUESTION_LENGTH, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.search import CANDIDATES, Search, SearchRequest
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder, vector_of
from tests.fakes.metadata_keys import YEAR, FakeMetadataKeys
from tests.fakes.search import FakePassageGraph, FakePassageIndex, FakeTermCounter, passage

ACME = TenantScope("acme")


def search(embedder: FakeEmbedder, index: FakePassageIndex, graph: FakePassageGraph | None = None) -> Search:
    return Search(embedder, index, FakeTermCounter(), FakeMetadataKeys().declared, lambda: graph or FakePassageGraph())


def in_time() -> Deadline:
    return Deadline.after(10, FakeMonotonic())


def test_both_legs_are_fused_into_one_ranking() -> None:
    index = FakePassageIndex(
        vector=[passage(1, "a tank"), passage(2, "a pump"), passage(4, "a pump")], fulltext=[passage(3, "my boiler")]
    )
    result = search(FakeEmbedder(), index)(ACME, SearchRequest("boiler"), in_time())
    assert [found.document_id for found in result.passages] == ["d1", "d2", "d3", "d4"]
    assert result.degraded == ()
    assert result.timings_ms.keys() == {"embed", "index", "fuse", "total"}


def test_the_index_is_asked_once_in_the_callers_tenant_with_the_questions_vector() -> None:
    index = FakePassageIndex()
    search(FakeEmbedder(), index)(ACME, SearchRequest("cafe\u0301"), in_time())
    ((scope, query),) = index.queries
    assert scope == ACME
    assert (query.text, query.vector) == ("caf\u00e9", vector_of("caf\u00e9"))


@pytest.mark.parametrize(("top_k", "candidates"), [(1, CANDIDATES), (CANDIDATES + 30, CANDIDATES + 30)])
def test_at_least_as_many_candidates_are_asked_of_a_leg_as_passages_are_wanted(top_k: int, candidates: int) -> None:
    index = FakePassageIndex()
    search(FakeEmbedder(), index)(ACME, SearchRequest("boiler", top_k=top_k), in_time())
    query = index.queries[0][1]
    assert (query.candidates, query.least) == (candidates, top_k)


def test_no_more_passages_come_back_than_wanted() -> None:
    index = FakePassageIndex(vector=[passage(number) for number in range(9)])
    result = search(FakeEmbedder(), index)(ACME, SearchRequest("boiler", top_k=4), in_time())
    assert [found.document_id for found in result.passages] == ["d0", "d1", "d2", "d3"]


@pytest.mark.parametrize(
    ("mode", "legs"),
    [
        (SearchMode.HYBRID, {SearchMode.VECTOR, SearchMode.FULLTEXT}),
        (SearchMode.VECTOR, {SearchMode.VECTOR}),
        (SearchMode.FULLTEXT, {SearchMode.FULLTEXT}),
        (SearchMode.GRAPH, {SearchMode.VECTOR, SearchMode.FULLTEXT}),
    ],
)
def test_a_mode_asks_its_legs(mode: SearchMode, legs: set[SearchMode]) -> None:
    index = FakePassageIndex()
    search(FakeEmbedder(), index)(ACME, SearchRequest("boiler", mode=mode), in_time())
    assert index.queries[0][1].legs == legs


def test_fulltext_search_needs_no_model() -> None:
    embedder = FakeEmbedder(down=True)
    request = SearchRequest("boiler", mode=SearchMode.FULLTEXT)
    result = search(embedder, FakePassageIndex(fulltext=[passage(1)]))(ACME, request, in_time())
    assert len(result.passages) == 1
    assert result.degraded == ()


def test_a_hybrid_search_without_the_model_answers_from_words_and_says_so() -> None:
    index = FakePassageIndex(vector=[passage(1)], fulltext=[passage(2)])
    result = search(FakeEmbedder(down=True), index)(ACME, SearchRequest("boiler"), in_time())
    assert [found.document_id for found in result.passages] == ["d2"]
    assert result.degraded == ("embedding",)
    assert index.queries[0][1].vector is None


def test_a_vector_search_without_the_model_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        search(FakeEmbedder(down=True), FakePassageIndex())(
            ACME, SearchRequest("boiler", mode=SearchMode.VECTOR), in_time()
        )


def test_without_the_index_search_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        search(FakeEmbedder(), FakePassageIndex(down=True))(ACME, SearchRequest("boiler"), in_time())


def test_a_deadline_that_has_passed_ends_the_search() -> None:
    with pytest.raises(DeadlineExceeded):
        search(FakeEmbedder(), FakePassageIndex())(ACME, SearchRequest("boiler"), Deadline.after(0, FakeMonotonic()))


@pytest.mark.parametrize("question", ["", "  \n", "a\x00b", "a" * (MAX_QUESTION_LENGTH + 1)])
def test_a_question_that_is_no_text_is_refused_by_its_fields_name(question: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        search(FakeEmbedder(), FakePassageIndex())(ACME, SearchRequest(question, field="question"), in_time())
    assert refusal.value.field == "question"


def test_fulltext_hits_are_ranked_by_their_own_terms_whatever_the_order_of_the_index() -> None:
    plain, rare = passage(1, "pump pump pump"), passage(2, "pump valve")
    for order in ([plain, rare], [rare, plain]):
        index = FakePassageIndex(fulltext=order)
        request = SearchRequest("valve pump", mode=SearchMode.FULLTEXT)
        found = search(FakeEmbedder(), index)(ACME, request, in_time()).passages
        assert [hit.document_id for hit in found] == ["d2", "d1"]


def test_a_term_that_most_candidates_of_both_legs_hold_weighs_little() -> None:
    # Among the fulltext hits alone either term stands in one of two.
    by_vector = [passage(number, "pump") for number in range(3, 9)]
    index = FakePassageIndex(vector=by_vector, fulltext=[passage(1, "pump stuck"), passage(2, "valve stuck")])
    found = search(FakeEmbedder(), index)(ACME, SearchRequest("pump valve"), in_time()).passages
    ranks = [hit.document_id for hit in found]
    assert ranks.index("d2") < ranks.index("d1")


def test_a_word_of_the_title_counts_more_than_one_of_the_text() -> None:
    by_title, by_text = passage(1, "it is open"), passage(2, "valve is open")
    titled = replace(by_title, title="valve")
    index = FakePassageIndex(fulltext=[by_text, titled])
    request = SearchRequest("valve", mode=SearchMode.FULLTEXT)
    found = search(FakeEmbedder(), index)(ACME, request, in_time()).passages
    assert [hit.document_id for hit in found] == ["d1", "d2"]


def test_filters_reach_the_index_as_the_tenants_keys_read_them() -> None:
    keys, index = FakeMetadataKeys(), FakePassageIndex()
    keys.stored[ACME] = YEAR
    use_case = Search(FakeEmbedder(), index, FakeTermCounter(), keys.declared, FakePassageGraph)
    use_case(ACME, SearchRequest("boiler", filters={"metadata.year": {"gte": 2020}}), in_time())
    assert index.queries[0][1].filters == accept_filters({"metadata.year": {"gte": 2020}}, YEAR)


def test_a_wrong_filter_is_refused_before_anything_is_asked() -> None:
    index = FakePassageIndex()
    with pytest.raises(InvalidInput) as refusal:
        search(FakeEmbedder(), index)(ACME, SearchRequest("boiler", filters={"metadata.year": 1}), in_time())
    assert refusal.value.field == "filters.metadata.year"
    assert index.queries == []


def test_while_keys_are_applied_filters_wait_and_other_searches_do_not() -> None:
    keys = FakeMetadataKeys()
    keys.declare(ACME, YEAR)
    use_case = Search(FakeEmbedder(), FakePassageIndex(), FakeTermCounter(), keys.declared, FakePassageGraph)
    with pytest.raises(Unavailable) as refusal:
        use_case(ACME, SearchRequest("boiler", filters={"metadata.year": 1}), in_time())
    assert refusal.value.retry_after_s > 0
    use_case(ACME, SearchRequest("boiler"), in_time())


def test_a_search_without_filters_does_not_read_the_keys() -> None:
    use_case = Search(
        FakeEmbedder(), FakePassageIndex(), FakeTermCounter(), FakeMetadataKeys(down=True).declared, FakePassageGraph
    )
    use_case(ACME, SearchRequest("boiler", filters={}), in_time())
