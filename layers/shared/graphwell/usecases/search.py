"""Find the passages of a tenant that fit a question best."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphwell.domain.conversation import Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import Embedder, PassageIndex, SearchQuery, TermCounter, Vector
from graphwell.usecases.embed_question import QuestionVector
from graphwell.usecases.rank_candidates import RankCandidates

CANDIDATES = 100
"""Hits asked of each leg at least. The evidence of both legs wants deep lists: nDCG@10 on scifact is .716 with 30, .721
with 50, and .725 with 100 of each; without quantisation the index finds 0.99 of the true top 10 at LIMIT 50 to 100."""

_LEGS = {
    SearchMode.HYBRID: frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}),
    SearchMode.VECTOR: frozenset({SearchMode.VECTOR}),
    SearchMode.FULLTEXT: frozenset({SearchMode.FULLTEXT}),
}


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A question and how to search for it.

    Parameters:
        query: 1 to `MAX_QUESTION_LENGTH` characters.
        top_k: passages wanted.
        field: name of the question's field in the request, for errors.
        history: earlier turns of the conversation, oldest first; see `FindPassages`.
        vector: that of the query, where it was made already; not used for another question.
    """

    query: str
    top_k: int = 10
    mode: SearchMode = SearchMode.HYBRID
    field: str = "query"
    history: Sequence[Turn] = ()
    vector: QuestionVector | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages, best first, with the time of each stage in milliseconds and the parts that were missing.

    Parameters:
        question: what was searched for, which a conversation may have shaped.
    """

    passages: Sequence[Passage]
    timings_ms: Mapping[str, float]
    degraded: Sequence[str] = field(default=())
    question: str = ""


class Search:
    """Embeds the question, asks both legs in one round trip, and ranks all candidates by the evidence of both.

    When the embedding model does not answer, the fulltext leg answers alone and the result says so.
    """

    def __init__(self, embedder: Embedder, index: PassageIndex, terms: TermCounter) -> None:
        self._embedder = embedder
        self._index = index
        self._ranked = RankCandidates(terms)

    def __call__(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> SearchResult:
        """Return the best passages.

        Raises:
            InvalidInput: the question is not acceptable text.
            Unavailable: the index does not answer, or the mode needs a vector and the model does not answer.
        """
        question = accept_text(request.query, request.field, max_length=MAX_QUESTION_LENGTH)
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
        query = SearchQuery(question, vector, legs, max(CANDIDATES, request.top_k))
        hits = self._index.search(scope, query, deadline)
        searched = time.perf_counter()
        passages = self._ranked(question, hits, request.mode, request.top_k)
        fused = time.perf_counter()

        timings_ms = {
            "embed": _ms(embedded - started),
            "index": _ms(searched - embedded),
            "fuse": _ms(fused - searched),
            "total": _ms(fused - started),
        }
        return SearchResult(passages, timings_ms, tuple(degraded), question)

    def _vector(self, request: SearchRequest, question: str) -> QuestionVector:
        made = request.vector
        return made if made is not None and made.question == question else QuestionVector(self._embedder, question)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
