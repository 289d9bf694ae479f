"""Explaining a search: what each stage did, with nothing kept and no model asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphwell.domain.conversation import Role, Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput, Unavailable
from graphwell.domain.passages import Message, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.answer_once import AnswerOnce
from graphwell.usecases.answer_question import AnswerQuestion
from graphwell.usecases.explain_search import ExplainedCandidate, ExplainSearch, Explanation, Outcome
from graphwell.usecases.find_passages import FindPassages, Wording
from graphwell.usecases.kept_answers import CacheHit, KeptAnswers
from graphwell.usecases.search import CANDIDATES, Search, SearchRequest
from tests.fakes.caching import FakeAnswerLock, FakeQuestionCache
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.ranking import FakeReranker, FakeRewriter
from tests.fakes.search import (
    FakeAnswerCache,
    FakeAnswerer,
    FakePassageGraph,
    FakePassageIndex,
    FakeTermCounter,
    passage,
)

ACME = TenantScope("acme")
HISTORY = (Turn(Role.USER, "Who runs the boiler?"), Turn(Role.ASSISTANT, "The stoker."))


class Setting:
    """The use case with all it stands on."""

    def __init__(self, *, reranker: FakeReranker | None = None) -> None:
        self.embedder = FakeEmbedder()
        self.index = FakePassageIndex(
            vector=[passage(1, "a tank"), passage(2, "a steam boiler")], fulltext=[passage(2, "a steam boiler")]
        )
        self.model = FakeAnswerer()
        self.cache = FakeAnswerCache()
        search = Search(self.embedder, self.index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph)
        self.find = FindPassages(search, rewriter=FakeRewriter("never asked"), reranker=reranker)
        questions = FakeQuestionCache(self.cache)
        self.answer = AnswerQuestion(
            self.find,
            self.embedder,
            answerer=self.model,
            fallback=None,
            kept=KeptAnswers(self.cache, questions, self.index, min_cosine=0.9, identity="embedder"),
            once=AnswerOnce(FakeAnswerLock()),
        )

    def explain(self, question: str = "steam boiler", **options: object) -> Explanation:
        """Explain once."""
        request = SearchRequest(question, **options)  # type: ignore[arg-type]  # its own fields
        return ExplainSearch(self.answer, self.index)(ACME, request, in_time())


def in_time() -> Deadline:
    return Deadline.after(10, FakeMonotonic())


def only(explanation: Explanation, document_id: str) -> ExplainedCandidate:
    return next(each for each in explanation.candidates if each.passage.document_id == document_id)


def test_candidates_stand_in_the_order_of_the_search_with_its_scores() -> None:
    setting = Setting()
    found = setting.find(ACME, SearchRequest("steam boiler"), in_time()).passages
    explained = setting.explain()
    assert [(each.passage.chunk_id, each.score) for each in explained.candidates] == [
        (each.chunk_id, each.score) for each in found
    ]
    assert [each.rank for each in explained.candidates] == [1, 2]
    assert [each.outcome for each in explained.candidates] == [Outcome.RETURNED, Outcome.RETURNED]


def test_the_parts_of_a_score_are_told() -> None:
    boiler, tank = (only(Setting().explain(), document) for document in ("d2", "d1"))
    assert boiler.ranks == {SearchMode.VECTOR: 2, SearchMode.FULLTEXT: 1}
    assert tank.ranks == {SearchMode.VECTOR: 1}
    assert (boiler.similarity, tank.similarity) == (0.5, 1.0)
    assert boiler.bm25_words
    assert boiler.bm25_pairs
    assert (tank.bm25_words, tank.bm25_pairs) == (0.0, 0.0)
    assert boiler.score == pytest.approx(
        0.65 * (boiler.similarity_z or 0)
        + 0.35 * (boiler.bm25_z or 0)
        + (boiler.title_evidence or 0)
        + (boiler.repetition or 0)
    )


@pytest.mark.parametrize("mode", [SearchMode.VECTOR, SearchMode.FULLTEXT])
def test_a_mode_tells_only_of_what_it_looks_at(mode: SearchMode) -> None:
    explained = Setting().explain(mode=mode)
    first = explained.candidates[0]
    assert explained.hits.keys() == explained.leg_ms.keys() == {mode}
    assert (first.similarity_z, first.bm25_z, first.title_evidence) == (None, None, None)
    assert (first.bm25_words is None) is (mode is SearchMode.VECTOR)


def test_each_leg_tells_what_it_was_asked_and_what_it_passed_over() -> None:
    explained = Setting().explain()
    legs = explained.trace.found.search.reply.legs
    assert {leg: (each.asked, each.given, each.not_live) for leg, each in legs.items()} == {
        SearchMode.VECTOR: (CANDIDATES, 3, 1),
        SearchMode.FULLTEXT: (CANDIDATES, 2, 1),
    }
    assert [hit.passage.document_id for hit in explained.hits[SearchMode.VECTOR]] == ["d1", "d2"]


def test_what_became_of_each_candidate_is_told() -> None:
    setting = Setting()
    texts = ["The boiler is hot."] * 3 + ["The valve leaks."] + ["A tank."] * 12
    setting.index.found = {SearchMode.VECTOR: [passage(number, text) for number, text in enumerate(texts)]}
    explained = setting.explain("Which boiler has a valve?", top_k=2)
    outcomes = [each.outcome for each in explained.candidates]
    assert outcomes.count(Outcome.RETURNED) == 2
    assert only(explained, "d3").outcome is Outcome.ADDED
    assert outcomes.count(Outcome.NOT_NEEDED) == 9
    assert outcomes[-1] is Outcome.OUTRANKED
    assert [each.document_id for each in explained.trace.read][-1] == "d3"


def test_the_rerankers_order_is_told_beside_the_searchs() -> None:
    setting = Setting(reranker=FakeReranker())
    explained = setting.explain(top_k=1)
    assert [each.reranked for each in explained.candidates] == [2, 1]
    assert [each.outcome for each in explained.candidates] == [Outcome.NOT_NEEDED, Outcome.RETURNED]


def test_the_prompt_is_what_the_answerer_would_send_and_it_is_not_asked() -> None:
    setting = Setting()
    explained = setting.explain()
    assert explained.trace.answerer == "model"
    assert [message.content.split("\n")[0] for message in explained.trace.prompt] == ["steam boiler"]
    assert isinstance(explained.trace.prompt[0], Message)
    assert setting.model.asked == []
    assert setting.cache.kept == {}


def test_no_model_words_a_question_in_a_conversation() -> None:
    found = Setting().explain("And the pump?", history=HISTORY).trace.found
    assert (found.result.question, found.wording) == ("Who runs the boiler?\nAnd the pump?", Wording.HISTORY)


def test_the_caches_decision_is_that_of_the_same_question() -> None:
    setting = Setting()
    assert setting.explain().trace.cache.hit is None
    setting.answer(ACME, SearchRequest("steam boiler", field="question"), in_time())
    decision = setting.explain().trace.cache
    assert (decision.hit, decision.answers, decision.corpus_version) == (CacheHit.EXACT, True, 1)
    assert [decision.key] == list(setting.cache.kept)
    assert setting.explain(top_k=3).trace.cache.hit is None
    setting.index.version = 2
    assert setting.explain().trace.cache.hit is None


def test_a_cache_that_is_away_is_told() -> None:
    setting = Setting()
    setting.cache.down = True
    assert setting.explain().trace.cache.answers is False


def test_without_the_embedding_model_the_words_are_explained() -> None:
    setting = Setting()
    setting.embedder.down = True
    explained = setting.explain()
    assert explained.trace.found.result.degraded == ("embedding",)
    assert explained.hits.keys() == {SearchMode.VECTOR, SearchMode.FULLTEXT} - {SearchMode.VECTOR}


def test_without_the_index_nothing_is_explained() -> None:
    setting = Setting()
    setting.index.down = True
    with pytest.raises(Unavailable):
        setting.explain()


def test_a_question_that_is_no_text_is_refused_by_its_fields_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        Setting().explain(" ")
    assert refusal.value.field == "query"


def test_a_passage_that_no_title_names_has_no_evidence_of_titles() -> None:
    setting = Setting()
    emma = replace(passage(1, "emma came from murray"), title="emma")
    named, other = (replace(passage(number, "a press"), title=title) for number, title in ((2, "murray"), (3, "house")))
    setting.index.found = {SearchMode.VECTOR: [emma, other, named]}
    explained = setting.explain("founder of the publisher of emma")
    assert only(explained, "d2").title_evidence
    assert only(explained, "d3").title_evidence == 0.0
