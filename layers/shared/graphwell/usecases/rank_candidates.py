"""Rank what the legs of a search found, by evidence that the tenant's candidates alone give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphwell.domain.bm25 import LexicalScore, bm25_scores
from graphwell.domain.fusion import FusedScore, fused_scores
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.title_evidence import LEADING, LeadingPassage, title_evidence
from graphwell.ports import TermCounter

TITLE_WEIGHT = 3
"""Times that a word of the title counts as one of the text (docs/retrieval.md)."""


CONTENDERS = 30
"""Best candidates whose titles are read: with all of them nDCG@10 is .2 % higher, and ranking takes twice as long."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates with what speaks for each; all lists are in the same order, those that a mode does without empty.

    Parameters:
        scores: by which they are ranked: in hybrid mode the total of `fused` and `titles`.
        lexical: BM25, in hybrid and fulltext mode.
        fused: similarity and BM25 in standard deviations, in hybrid mode.
        titles: evidence of the titles that the best passages name, in hybrid mode.
    """

    candidates: Sequence[Hit]
    scores: Sequence[float]
    lexical: Sequence[LexicalScore] = ()
    fused: Sequence[FusedScore] = ()
    titles: Sequence[float] = ()

    def best_first(self) -> list[int]:
        """Return the candidates' places, best first.

        Of equal scores the more similar passage comes first, then ids decide: equal hits give an equal ranking in
        whatever order they come.
        """
        scored = list(zip(self.scores, self.candidates, strict=True))
        return sorted(range(len(scored)), key=lambda place: _best_first(scored[place]))

    def passages(self, limit: int) -> list[Passage]:
        """Return the best passages with their scores, best first."""
        return [
            replace(self.candidates[place].passage, score=self.scores[place]) for place in self.best_first()[:limit]
        ]


class RankCandidates:
    """Ranks candidates by all that is known of them, whichever leg found them.

    The fulltext index's own score weighs words by the texts of all tenants, so it is not used. Each choice and its
    figure stand in docs/retrieval.md.
    """

    def __init__(self, terms: TermCounter) -> None:
        self._terms = terms

    def __call__(self, question: str, hits: Iterable[Hit], mode: SearchMode) -> Ranking:
        """Return the hits' passages, each once, with their scores and what these are made of."""
        candidates = _distinct(hits)
        if mode is SearchMode.VECTOR:
            return Ranking(candidates, [hit.similarity or 0.0 for hit in candidates])
        counts = self._terms.count(question, [_titled_text(hit.passage) for hit in candidates])
        lexical = bm25_scores(counts)
        words = [score.total for score in lexical]
        if mode is SearchMode.FULLTEXT:
            return Ranking(candidates, words, lexical)
        fused = fused_scores([hit.similarity for hit in candidates], words)
        scores = [score.total for score in fused]
        evidence = self._title_evidence(question, candidates, scores)
        titles = [evidence.get(hit.passage.document_id, 0.0) for hit in candidates]
        return Ranking(candidates, list(map(sum, zip(scores, titles, strict=True))), lexical, fused, titles)

    def _title_evidence(self, question: str, candidates: Sequence[Hit], scores: Sequence[float]) -> dict[str, float]:
        ranked = sorted(zip(scores, candidates, strict=True), key=_best_first)
        best = [hit.passage for _, hit in ranked[:CONTENDERS]]
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


def _best_first(scored: tuple[float, Hit]) -> tuple[float, float, str]:
    score, hit = scored
    return -score, -(hit.similarity or 0.0), hit.passage.chunk_id


def _titled_text(passage: Passage) -> str:
    return f"{passage.title}\n" * TITLE_WEIGHT + passage.text
