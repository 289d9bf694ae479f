"""The wiring of what finds and answers: by one model's vectors, in one slot of a shard's index."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphwell.domain.embedding_plan import EmbeddingIdentity, Slot
    from graphwell.ports import PassageGraph, PassageIndex
    from graphwell.runtime.container import Container
    from graphwell.runtime.shard import Shard
    from graphwell.usecases.answer_question import AnswerQuestion
    from graphwell.usecases.explain_search import ExplainSearch
    from graphwell.usecases.find_passages import FindPassages
    from graphwell.usecases.kept_answers import KeptAnswers
    from graphwell.usecases.run_agent import RunAgent

# ruff: noqa: PLC0415  # an import costs cold-start time, so each part imports its own when it is built


class Serving:
    """Builds what serves questions, until another model serves; a part waits until it is used.

    Parameters:
        shard: whose index is searched; its schema fits the configured models.
        shared: what all shards of the process share.
        model: makes the vectors of questions.
        slot: where the vectors lie that are searched.
    """

    def __init__(self, shard: Shard, shared: Container, model: EmbeddingIdentity, slot: Slot) -> None:
        self._shard = shard
        self._shared = shared
        self._model = model
        self._slot = slot

    def serves(self, model: EmbeddingIdentity, slot: Slot) -> bool:
        """Tell whether it is of this model and slot."""
        return (self._model, self._slot) == (model, slot)

    @cached_property
    def find_passages(self) -> FindPassages:
        """Finds passages for a question in a conversation."""
        from graphwell.adapters.porter_term_counter import PorterTermCounter
        from graphwell.usecases.find_passages import FindPassages
        from graphwell.usecases.search import Search

        search = Search(
            self._shard.embedders.of(self._model),
            self._index,
            PorterTermCounter(),
            self._shard.metadata_keys.declared,
            self._passage_graph,
            breakers=self._shard.breakers,
        )
        return FindPassages(search, rewriter=self._shared.models.rewriter, reranker=self._shared.models.reranker)

    @cached_property
    def answer_question(self) -> AnswerQuestion:
        """Answers questions."""
        from graphwell.adapters.extractive_answerer import ExtractiveAnswerer
        from graphwell.usecases.answer_once import AnswerOnce
        from graphwell.usecases.answer_question import AnswerQuestion

        extractive = ExtractiveAnswerer()
        generative = self._shared.models.answerer
        answerer = generative or extractive
        # A tenant that moved to another database counts its corpus versions anew: no answer of before is found there.
        searched = self._shard.place.of(self._model.model)
        return AnswerQuestion(
            self.find_passages,
            self._shard.embedders.of(self._model),
            answerer=answerer,
            fallback=extractive if generative else None,
            kept=self._kept_answers(f"{searched}|{self.find_passages.identity}|{answerer.identity}"),
            once=AnswerOnce(self._shared.answer_lock()),
        )

    @cached_property
    def explain_search(self) -> ExplainSearch:
        """Explains searches."""
        from graphwell.usecases.explain_search import ExplainSearch

        return ExplainSearch(self.answer_question, self._index)

    @cached_property
    def run_agent(self) -> RunAgent:
        """Answers questions step by step."""
        from graphwell.adapters.extractive_answerer import ExtractiveAnswerer
        from graphwell.usecases.run_agent import RunAgent

        extractive = ExtractiveAnswerer()
        generative = self._shared.models.answerer
        return RunAgent(
            self.find_passages,
            self._shard.documents,
            self._shard.graph_reader,
            model=self._shared.models.planner,
            answerer=generative or extractive,
            fallback=extractive if generative else None,
        )

    @cached_property
    def _index(self) -> PassageIndex:
        """The index, whose recall is measured on a share of the searches."""
        from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex

        index = Neo4jPassageIndex(self._shard.neo4j, self._slot)
        if not self._shared.settings.recall_sample_share:
            return index
        from graphwell.adapters.neo4j_exact_neighbours import Neo4jExactNeighbours
        from graphwell.runtime.measures import record_recall
        from graphwell.usecases.sample_recall import SampleRecall

        exact = Neo4jExactNeighbours(self._shard.neo4j, self._slot)
        return SampleRecall(index, exact, self._shared.settings.recall_sample_share, record_recall)

    def _passage_graph(self) -> PassageGraph:
        from graphwell.adapters.neo4j_passage_graph import Neo4jPassageGraph

        return Neo4jPassageGraph(self._shard.neo4j, self._slot)

    def _kept_answers(self, identity: str) -> KeptAnswers:
        from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
        from graphwell.usecases.kept_answers import KeptAnswers

        min_cosine = self._shared.settings.semantic_min_cosine
        by_meaning = self._shared.settings.valkey_url and min_cosine < 1
        return KeptAnswers(
            self._shared.answer_cache,
            ValkeyQuestionCache(self._shared.valkey, self._model.dimensions) if by_meaning else None,
            self._index,
            min_cosine=min_cosine,
            identity=identity,
        )
