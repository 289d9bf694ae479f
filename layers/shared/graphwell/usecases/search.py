"""Find the passages of a tenant that fit a question best."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphwell.domain.bm25 import bm25_scores
from graphwell.domain.conversation import Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.fusion import reciprocal_rank_fusion
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import Embedder, PassageIndex, SearchQuery, TermCounter, Vector

CANDIDATES = 100
"""Hits asked of each leg at least. Rank fusion wants deep lists: nDCG@10 on scifact is .716 with 30, .721 with 50, and
.725 with 100 of each leg; without quantisation the vector index finds 0.99 of the true top 10 at LIMIT 50 to 100."""

TITLE_WEIGHT = 3
"""Times that a word of the title counts as one of the text. nDCG@10 of hybrid search over six collections is .751 with
1, .753 with 2 and .755 with 3 (`python -m bench lexical_statistics`)."""

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
    """

    query: str
    top_k: int = 10
    mode: SearchMode = SearchMode.HYBRID
    field: str = "query"
    history: Sequence[Turn] = ()


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
    """Embeds the question, asks both legs in one round trip, ranks lexical hits by their own terms, fuses by rank.

    When the embedding model does not answer, the fulltext leg answers alone and the result says so.
    """

    def __init__(self, embedder: Embedder, index: PassageIndex, terms: TermCounter) -> None:
        self._embedder = embedder
        self._index = index
        self._terms = terms

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
                vector = self._embedder.embed_query(question, deadline)
            except Unavailable:
                if request.mode is SearchMode.VECTOR:
                    raise
                legs -= {SearchMode.VECTOR}
                degraded.append("embedding")
        embedded = time.perf_counter()
        query = SearchQuery(question, vector, legs, max(CANDIDATES, request.top_k))
        hits = self._index.search(scope, query, deadline)
        searched = time.perf_counter()
        passages = reciprocal_rank_fusion(self._ranked_by_own_terms(question, hits))[: request.top_k]
        fused = time.perf_counter()

        timings_ms = {
            "embed": _ms(embedded - started),
            "index": _ms(searched - embedded),
            "fuse": _ms(fused - searched),
            "total": _ms(fused - started),
        }
        return SearchResult(passages, timings_ms, tuple(degraded), question)

    def _ranked_by_own_terms(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Rank the fulltext hits anew by statistics of the candidates of both legs; the index's know all tenants."""
        fulltext = [hit.passage for hit in hits if hit.leg is SearchMode.FULLTEXT]
        if not fulltext:
            return list(hits)
        candidates = {hit.passage.chunk_id: _titled_text(hit.passage) for hit in hits}
        counts = self._terms.count(question, list(candidates.values()))
        scores = dict(zip(candidates, bm25_scores(counts), strict=True))
        fulltext.sort(key=lambda passage: (-scores[passage.chunk_id], passage.chunk_id))
        return [
            *(hit for hit in hits if hit.leg is not SearchMode.FULLTEXT),
            *(Hit(passage, SearchMode.FULLTEXT, rank) for rank, passage in enumerate(fulltext, start=1)),
        ]


def _titled_text(passage: Passage) -> str:
    return f"{passage.title}\n" * TITLE_WEIGHT + passage.text


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
