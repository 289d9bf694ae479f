"""What goes around a search: the conversation before it, the reranker after it."""

from __future__ import annotations

import pytest

from graphwell.domain.conversation import Role, Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.find_passages import RERANK_DEPTH, FindPassages
from graphwell.usecases.search import Search, SearchRequest, SearchResult
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.ranking import FakeReranker, FakeRewriter
from tests.fakes.search import FakePassageGraph, FakePassageIndex, FakeTermCounter, passage

ACME = TenantScope("acme")
HISTORY = (Turn(Role.USER, "Who runs the boiler?"), Turn(Role.ASSISTANT, "The stoker."))


def find(
    request: SearchRequest,
    *,
    index: FakePassageIndex | None = None,
    rewriter: FakeRewriter | None = None,
    reranker: FakeReranker | None = None,
) -> SearchResult:
    index = index or FakePassageIndex(vector=[passage(number) for number in range(60)])
    search = Search(FakeEmbedder(), index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph)
    found = FindPassages(search, rewriter=rewriter, reranker=reranker)(
        ACME, request, Deadline.after(10, FakeMonotonic())
    )
    assert [asked.text for _, asked in index.queries] == [found.question]
    return found


def test_a_question_by_itself_is_searched_as_it_is() -> None:
    found = find(SearchRequest("And the pump?"), rewriter=FakeRewriter("never asked"))
    assert found.question == "And the pump?"
    assert found.degraded == ()
    assert set(found.timings_ms) == {"embed", "index", "fuse", "total"}


def test_a_question_in_a_conversation_is_searched_in_the_models_words() -> None:
    found = find(SearchRequest("And the pump?", history=HISTORY), rewriter=FakeRewriter("Who runs the pump?"))
    assert (found.question, found.degraded) == ("Who runs the pump?", ())
    assert "stand_alone" in found.timings_ms


def test_without_a_model_it_takes_along_the_question_before_it() -> None:
    found = find(SearchRequest("And the pump?", history=HISTORY))
    assert (found.question, found.degraded) == ("Who runs the boiler?\nAnd the pump?", ())


def test_while_the_model_is_away_so_it_does_and_says_so() -> None:
    found = find(SearchRequest("And the pump?", history=HISTORY), rewriter=FakeRewriter(down=True))
    assert (found.question, found.degraded) == ("Who runs the boiler?\nAnd the pump?", ("llm",))


def test_the_reranker_orders_more_than_is_wanted_and_the_best_are_kept() -> None:
    reranker = FakeReranker()
    found = find(SearchRequest("boiler", top_k=2), reranker=reranker)
    assert reranker.asked == [("boiler", RERANK_DEPTH)]
    assert [hit.document_id for hit in found.passages] == ["d49", "d48"]
    assert found.passages[0].score == 1
    assert "rerank" in found.timings_ms


def test_while_the_reranker_is_away_the_order_of_the_search_stays_and_the_result_says_so() -> None:
    found = find(SearchRequest("boiler", top_k=2), reranker=FakeReranker(down=True))
    assert [hit.document_id for hit in found.passages] == ["d0", "d1"]
    assert found.degraded == ("rerank",)


def test_without_hits_no_reranker_is_asked() -> None:
    reranker = FakeReranker()
    assert find(SearchRequest("boiler"), index=FakePassageIndex(), reranker=reranker).passages == []
    assert reranker.asked == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (SearchRequest(" ", field="question", history=HISTORY), "question"),
        (SearchRequest("q", history=(Turn(Role.USER, ""),)), "history[0].content"),
    ],
)
def test_what_is_no_text_is_refused_by_its_field(request_: SearchRequest, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        find(request_)
    assert refusal.value.field == field
