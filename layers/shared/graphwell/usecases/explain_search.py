"""Explain a search: what each stage did with each passage, and what an answer would be made of."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.reading import LOOK_AHEAD
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import PassageIndex
from graphwell.usecases.answer_question import AnswerQuestion, AnswerTrace
from graphwell.usecases.search import SearchRequest
from graphwell.usecases.timing import in_ms

if TYPE_CHECKING:  # a start that explains nothing does not load what reads names
    from graphwell.domain.graph.walk import Path


class Outcome(StrEnum):
    """What became of a candidate."""

    RETURNED = "returned"
    ADDED = "added"
    """Behind the wanted ones, and read by the answerer for words of the question that those lack."""
    NOT_NEEDED = "not_needed"
    """Behind the wanted ones, and looked at, but with no word that those lack."""
    OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True)
class ExplainedCandidate:
    """A candidate with all that is known of it; what a mode does without is None.

    Parameters:
        rank: from 1, by the scores; the reranker's order comes after it.
        ranks: rank from 1 in each leg that found it.
        similarity: cosine to the question.
        bm25_words, bm25_pairs: its BM25 score in parts, see `LexicalScore`.
        similarity_z, bm25_z: similarity and BM25 in standard deviations above the candidates' mean.
        title_evidence: what titles named by the best passages add.
        repetition: what better chunks of the same document take away, 0 or less.
        path_evidence: what its best path of the graph adds.
        path: this one.
        score: by which it is ranked.
        reranked: its rank from 1 in the reranker's order; None where it was given to none.
    """

    passage: Passage
    rank: int
    ranks: Mapping[SearchMode, int]
    similarity: float | None
    bm25_words: float | None
    bm25_pairs: float | None
    similarity_z: float | None
    bm25_z: float | None
    title_evidence: float | None
    repetition: float | None
    path_evidence: float | None
    path: Path | None
    score: float
    reranked: int | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search and what an answer to it would be made of.

    Parameters:
        hits: those of each leg, best first.
        leg_ms: milliseconds that each leg takes when it is asked by itself; the search asks both in one statement.
        candidates: best first.
    """

    trace: AnswerTrace
    hits: Mapping[SearchMode, Sequence[Hit]]
    leg_ms: Mapping[SearchMode, float]
    candidates: Sequence[ExplainedCandidate]


class ExplainSearch:
    """Runs the search that a question causes, and tells of every stage. No language model is called, nothing kept."""

    def __init__(self, answer_question: AnswerQuestion, index: PassageIndex) -> None:
        self._answer_question = answer_question
        self._index = index

    def __call__(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> Explanation:
        """Return the explanation.

        Raises:
            InvalidInput: the question is not acceptable text.
            Unavailable: see `Search`.
        """
        trace = self._answer_question.explain(scope, request, deadline)
        search = trace.found.search
        hits = {leg: [hit for hit in search.reply.hits if hit.leg is leg] for leg in search.reply.legs}
        leg_ms = {leg: self._time_of(scope, trace, leg, deadline) for leg in search.reply.legs}
        return Explanation(trace, hits, leg_ms, _candidates(trace, hits))

    def _time_of(self, scope: TenantScope, trace: AnswerTrace, leg: SearchMode, deadline: Deadline) -> float:
        began = time.perf_counter()
        self._index.search(scope, replace(trace.found.search.query, legs=frozenset({leg})), deadline)
        return in_ms(time.perf_counter() - began)


def _candidates(trace: AnswerTrace, hits: Mapping[SearchMode, Sequence[Hit]]) -> list[ExplainedCandidate]:
    search = trace.found.search
    ranking = search.ranking
    walked = {SearchMode.GRAPH: search.walk.added} if search.walk else {}
    paths = search.walk.paths if search.walk else {}
    in_leg = {leg: {hit.passage.chunk_id: hit.rank for hit in found} for leg, found in {**hits, **walked}.items()}
    reranked = {passage.chunk_id: rank for rank, passage in enumerate(trace.found.reranked or (), start=1)}
    outcomes = _outcomes(trace)
    explained = []
    for rank, place in enumerate(ranking.best_first(), start=1):
        hit = ranking.candidates[place]
        chunk_id = hit.passage.chunk_id
        lexical = ranking.lexical[place] if ranking.lexical else None
        fused = ranking.fused[place] if ranking.fused else None
        explained.append(
            ExplainedCandidate(
                passage=hit.passage,
                rank=rank,
                ranks={leg: ranks[chunk_id] for leg, ranks in in_leg.items() if chunk_id in ranks},
                similarity=hit.similarity,
                bm25_words=lexical and lexical.words,
                bm25_pairs=lexical and lexical.pairs,
                similarity_z=fused and fused.similarity,
                bm25_z=fused and fused.lexical,
                title_evidence=ranking.spread[place].evidence if ranking.spread else None,
                repetition=ranking.spread[place].repetition if ranking.spread else None,
                path_evidence=ranking.walked[place] if ranking.walked else None,
                path=paths.get(chunk_id),
                score=ranking.scores[place],
                reranked=reranked.get(chunk_id),
                outcome=outcomes.get(chunk_id, Outcome.OUTRANKED),
            )
        )
    return explained


def _outcomes(trace: AnswerTrace) -> dict[str, Outcome]:
    """Return the outcome of each passage that was not outranked."""
    top_k = trace.request.top_k
    read = {passage.chunk_id for passage in trace.read}
    outcomes = {passage.chunk_id: Outcome.RETURNED for passage in trace.found.result.passages[:top_k]}
    for passage in trace.found.result.passages[top_k : top_k + LOOK_AHEAD]:
        outcomes[passage.chunk_id] = Outcome.ADDED if passage.chunk_id in read else Outcome.NOT_NEEDED
    return outcomes
