"""Find the passages of a tenant that fit a question best."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.conversation import Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.filters import Filters, accept_filters
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import (
    Embedder,
    IndexReply,
    PassageGraph,
    PassageIndex,
    ReadDeclaration,
    SearchQuery,
    TermCounter,
    Vector,
)
from graphwell.usecases.ask_legs import AskLegs
from graphwell.usecases.embed_question import QuestionVector
from graphwell.usecases.rank_candidates import RankCandidates, Ranking
from graphwell.usecases.timing import in_ms

if TYPE_CHECKING:
    from graphwell.usecases.walk_graph import Walk, WalkGraph

CANDIDATES = 60
"""Hits that are ranked of each leg at least: with 100 nDCG@10 is .06 % higher over six collections, and reading and
ranking them takes 1.6 times as long (docs/retrieval.md)."""

APPLYING_S = 30
"""Seconds after which to try again while keys are being applied."""

_LEGS = {
    SearchMode.HYBRID: frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}),
    SearchMode.VECTOR: frozenset({SearchMode.VECTOR}),
    SearchMode.FULLTEXT: frozenset({SearchMode.FULLTEXT}),
    SearchMode.GRAPH: frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}),
}


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question and how to search for it.

    Parameters:
        query: 1 to `MAX_QUESTION_LENGTH` characters.
        top_k: passages wanted.
        field: name of the question's field in the request, for errors.
        history: earlier turns of the conversation, oldest first; see `FindPassages`.
        filters: as the request has them; see `accept_filters`.
        vector: that of the query, where it was made already; not used for another question.
    """

    query: str
    top_k: int = 10
    mode: SearchMode = SearchMode.HYBRID
    field: str = "query"
    history: Sequence[Turn] = ()
    filters: Mapping[str, Any] | None = None
    vector: QuestionVector | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages, best first, with the time of each stage in milliseconds and the parts that were missing.

    Parameters:
        question: what was searched for, which a conversation may have shaped.
        standing: how far the best passage stands out; see `Ranking.standing`.
    """

    passages: Sequence[Passage]
    timings_ms: Mapping[str, float]
    degraded: Sequence[str] = field(default=())
    question: str = ""
    standing: float | None = None


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """A search with all that led to its result: what the index was asked and gave, and how that was ranked.

    Parameters:
        walk: how the graph was walked; None in another mode, and where it did not answer.
    """

    query: SearchQuery
    reply: IndexReply
    ranking: Ranking
    result: SearchResult
    walk: Walk | None = None


class Search:
    """Embeds the question, asks both legs in one round trip, and ranks all candidates by the evidence of both.

    In graph mode a walk over shared names follows, in a second round trip. When the embedding model does not answer,
    the fulltext leg answers alone; when a leg does not, the other does; when the walk does not, the search stands
    without it. The result says so.

    Parameters:
        graph: gives what a walk goes over; called when the first one begins.
        breakers: those of the legs by name; of their own when None.
    """

    def __init__(  # what it searches with, each of its own type
        self,
        embedder: Embedder,
        index: PassageIndex,
        terms: TermCounter,
        read_keys: ReadDeclaration,
        graph: Callable[[], PassageGraph],
        *,
        breakers: Mapping[str, CircuitBreaker] | None = None,
    ) -> None:
        self._embedder = embedder
        self._ask_legs = AskLegs(index, breakers)
        self._read_keys = read_keys
        self._ranked = RankCandidates(terms)
        self._graph = graph

    def __call__(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> SearchResult:
        """Return the best passages.

        Raises:
            InvalidInput: the question is not acceptable text, or a filter does not fit the tenant's metadata keys.
            Unavailable: the index does not answer, or the mode needs a vector and the model does not answer, or keys
                that were just declared are still being applied.
        """
        return self.traced(scope, request, deadline).result

    def traced(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> SearchTrace:
        """Return the search with what led to its passages; it is the same search, and raises the same."""
        question = accept_text(request.query, request.field, max_length=MAX_QUESTION_LENGTH)
        filters = self._filters(scope, request)
        legs = _LEGS[request.mode]
        degraded: list[str] = []

        started = time.perf_counter()
        vector: Vector | None = None
        if SearchMode.VECTOR in legs:
            try:
                vector = self._vector(request, question)(deadline)
            except Unavailable:
                if request.mode is SearchMode.VECTOR:
                    raise
                legs -= {SearchMode.VECTOR}
                degraded.append("embedding")
        embedded = time.perf_counter()
        candidates = max(CANDIDATES, request.top_k)
        query = SearchQuery(question, vector, legs, candidates, filters, least=request.top_k)
        reply, missing = self._ask_legs(scope, query, deadline)
        degraded += missing
        searched = time.perf_counter()
        ranking = self._ranked(question, reply.hits, request.mode)
        fused = time.perf_counter()
        timings_ms = {
            "embed": in_ms(embedded - started),
            "index": in_ms(searched - embedded),
            "fuse": in_ms(fused - searched),
        }
        walk = None
        if request.mode is SearchMode.GRAPH:
            try:
                walk = self._walk_graph(scope, query, reply, ranking, deadline)
            except Unavailable:
                degraded.append("graph")
            else:
                ranking = walk.ranking
            timings_ms["walk"] = in_ms(time.perf_counter() - fused)
        passages = ranking.passages(request.top_k)
        timings_ms["total"] = in_ms(time.perf_counter() - started)
        result = SearchResult(passages, timings_ms, tuple(degraded), question, ranking.standing)
        return SearchTrace(query, reply, ranking, result, walk)

    @cached_property
    def _walk_graph(self) -> WalkGraph:
        from graphwell.usecases.walk_graph import WalkGraph  # noqa: PLC0415  # 9 ms of a start that searches otherwise

        return WalkGraph(self._graph(), self._ranked)

    def _filters(self, scope: TenantScope, request: SearchRequest) -> Filters:
        if not request.filters:
            return ()
        declaration = self._read_keys(scope)
        filters = accept_filters(request.filters, declaration.keys)
        if not declaration.is_applied:
            raise Unavailable(
                "The tenant's metadata keys are being applied to its documents; filter again when that is done.",
                retry_after_s=APPLYING_S,
            )
        return filters

    def _vector(self, request: SearchRequest, question: str) -> QuestionVector:
        made = request.vector
        return made if made is not None and made.question == question else QuestionVector(self._embedder, question)
