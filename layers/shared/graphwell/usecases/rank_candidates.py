"""Rank what the legs of a search found, by evidence that the tenant's candidates alone give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphwell.domain.bm25 import LexicalScore, TermCounts, bm25_scores, with_field
from graphwell.domain.document_spread import REPETITION, Spread, spread_over_documents
from graphwell.domain.fusion import FusedScore, fused_scores
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.title_evidence import LEADING, LeadingPassage, title_evidence
from graphwell.ports import TermCounter

TITLE_WEIGHT = 3
"""Times that a word of the title counts as one of the text (docs/retrieval.md)."""


CONTENDERS = 30
"""Best candidates whose titles are read: with all of them nDCG@10 is .2 % higher, and ranking takes twice as long."""


LEAST_CANDIDATES = 50
"""Candidates of which it can be told whether the best one stands out."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates with what speaks for each; all lists are in the same order, those that a mode does without empty.

    Parameters:
        scores: by which they are ranked: in hybrid mode the total of `fused` and both parts of `spread`.
        lexical: BM25, in hybrid and fulltext mode.
        fused: similarity and BM25 in standard deviations, in hybrid mode.
        spread: what the titles named by the best passages add, and what better chunks of the document take away, in
            hybrid mode.
        walked: what a path of the graph adds, in graph mode.
    """

    candidates: Sequence[Hit]
    scores: Sequence[float]
    lexical: Sequence[LexicalScore] = ()
    fused: Sequence[FusedScore] = ()
    spread: Sequence[Spread] = ()
    walked: Sequence[float] = ()

    def best_first(self) -> list[int]:
        """Return the candidates' places, best first; see `_best_first`."""
        return _best_first(self.scores, self.candidates)

    @property
    def standing(self) -> float | None:
        """How far the best candidate stands out, as its hybrid score tells; None of other modes or few candidates.

        Its parts are standard deviations of the candidates, so no model's scale is in it. Of few candidates even one
        that answers cannot stand out: of n the best is never more than the root of n - 1 deviations above the mean.
        What a walk adds is left out: its best start gains by every walk, whatever it says.
        """
        if not self.fused or len(self.candidates) < LEAST_CANDIDATES:
            return None
        walked = self.walked or [0.0] * len(self.scores)
        return max(score - added for score, added in zip(self.scores, walked, strict=True))

    def with_walk(self, evidence: Sequence[float]) -> Ranking:
        """Return the candidates ranked with what paths of the graph add to each."""
        scores = [score + added for score, added in zip(self.scores, evidence, strict=True)]
        return replace(self, scores=scores, walked=evidence)

    def passages(self, limit: int) -> list[Passage]:
        """Return the best passages with their scores, best first."""
        return [
            replace(self.candidates[place].passage, score=self.scores[place]) for place in self.best_first()[:limit]
        ]


class RankCandidates:
    """Ranks candidates by all that is known of them, whichever leg found them.

    The fulltext index's own score weighs words by the texts of all tenants, so it is not used. Each choice and its
    figure stand in docs/retrieval.md.

    Parameters:
        repetition: see `spread_over_documents`.
    """

    def __init__(self, terms: TermCounter, *, repetition: float = REPETITION) -> None:
        self._terms = terms
        self._repetition = repetition

    def __call__(self, question: str, hits: Iterable[Hit], mode: SearchMode) -> Ranking:
        """Return the hits' passages, each once, with their scores and what these are made of."""
        candidates = _distinct(hits)
        similarities = [hit.similarity for hit in candidates]
        if mode is SearchMode.VECTOR:
            return Ranking(candidates, [similarity or 0.0 for similarity in similarities])
        lexical = bm25_scores(self._counts(question, [hit.passage for hit in candidates]))
        words = [score.total for score in lexical]
        if mode is SearchMode.FULLTEXT:
            return Ranking(candidates, words, lexical)
        fused = fused_scores(similarities, words)
        totals = [score.total for score in fused]
        spread = self._spread(question, candidates, totals)
        scores = [total + evidence + repetition for total, (evidence, repetition) in zip(totals, spread, strict=True)]
        return Ranking(candidates, scores, lexical, fused, spread)

    def _counts(self, question: str, passages: Sequence[Passage]) -> list[TermCounts]:
        fields = [passage.title for passage in passages] + [passage.text for passage in passages]
        counts = self._terms.count(question, fields)
        titles, texts = counts[: len(passages)], counts[len(passages) :]
        return [with_field(text, title, TITLE_WEIGHT) for text, title in zip(texts, titles, strict=True)]

    def _spread(self, question: str, candidates: Sequence[Hit], scores: Sequence[float]) -> list[Spread]:
        order = _best_first(scores, candidates)
        ranked = [candidates[place].passage for place in order]
        evidence = self._title_evidence(question, ranked[:CONTENDERS])
        spread = spread_over_documents([passage.document_id for passage in ranked], evidence, self._repetition)
        by_place = dict(zip(order, spread, strict=True))
        return [by_place[place] for place in range(len(candidates))]

    def _title_evidence(self, question: str, best: Sequence[Passage]) -> dict[str, float]:
        leading = [LeadingPassage(passage.document_id, self._terms.terms(passage.text)) for passage in best[:LEADING]]
        titles = {passage.document_id: passage.title for passage in best}
        return title_evidence(
            self._terms.terms(question),
            leading,
            {document_id: self._terms.terms(title) for document_id, title in titles.items()},
        )


def _distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Return one hit for each passage, that of the vector leg where there is one."""
    found: dict[str, Hit] = {}
    for hit in hits:
        if hit.leg is SearchMode.VECTOR or hit.passage.chunk_id not in found:
            found[hit.passage.chunk_id] = hit
    return [found[chunk_id] for chunk_id in sorted(found)]


def _best_first(scores: Sequence[float], candidates: Sequence[Hit]) -> list[int]:
    """Return the places of candidates, best first.

    Of equal scores the more similar passage comes first, then ids decide: equal hits give an equal ranking in whatever
    order they come.
    """
    return sorted(
        range(len(candidates)),
        key=lambda place: (
            -scores[place],
            -(candidates[place].similarity or 0.0),
            candidates[place].passage.chunk_id,
        ),
    )
