"""Rank what the legs of a search found, by evidence that the tenant's candidates alone give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from graphwell.domain.bm25 import TermCounts, bm25_scores, with_field
from graphwell.domain.document_spread import spread_over_documents
from graphwell.domain.fusion import fused_scores
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.title_evidence import LEADING, LeadingPassage, title_evidence
from graphwell.ports import TermCounter

TITLE_WEIGHT = 3
"""Times that a word of the title counts as one of the text (docs/retrieval.md)."""


CONTENDERS = 30
"""Best candidates whose titles are read: with all of them nDCG@10 is .2 % higher, and ranking takes twice as long."""


class RankCandidates:
    """Ranks candidates by all that is known of them, whichever leg found them.

    The fulltext index's own score weighs words by the texts of all tenants, so it is not used. Each choice and its
    figure stand in docs/retrieval.md.
    """

    def __init__(self, terms: TermCounter) -> None:
        self._terms = terms

    def __call__(self, question: str, hits: Iterable[Hit], mode: SearchMode, limit: int) -> list[Passage]:
        """Return the best of the hits' passages with their scores, each once, best first.

        Of equal scores the more similar passage comes first, then ids decide: equal hits give an equal ranking in
        whatever order they come.
        """
        candidates = _distinct(hits)
        scored = list(zip(self._scores(question, candidates, mode), candidates, strict=True))
        if mode is SearchMode.HYBRID:
            scored = self._spread(question, sorted(scored, key=_best_first))
        return [replace(hit.passage, score=score) for score, hit in sorted(scored, key=_best_first)[:limit]]

    def _scores(self, question: str, candidates: Sequence[Hit], mode: SearchMode) -> list[float]:
        similarities = [hit.similarity for hit in candidates]
        if mode is SearchMode.VECTOR:
            return [similarity or 0.0 for similarity in similarities]
        lexical = bm25_scores(self._counts(question, [hit.passage for hit in candidates]))
        return lexical if mode is SearchMode.FULLTEXT else fused_scores(similarities, lexical)

    def _counts(self, question: str, passages: Sequence[Passage]) -> list[TermCounts]:
        fields = [passage.title for passage in passages] + [passage.text for passage in passages]
        counts = self._terms.count(question, fields)
        titles, texts = counts[: len(passages)], counts[len(passages) :]
        return [with_field(text, title, TITLE_WEIGHT) for text, title in zip(texts, titles, strict=True)]

    def _spread(self, question: str, ranked: Sequence[tuple[float, Hit]]) -> list[tuple[float, Hit]]:
        hits = [hit for _, hit in ranked]
        evidence = self._title_evidence(question, [hit.passage for hit in hits[:CONTENDERS]])
        scores = spread_over_documents([(score, hit.passage.document_id) for score, hit in ranked], evidence)
        return list(zip(scores, hits, strict=True))

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


def _best_first(scored: tuple[float, Hit]) -> tuple[float, float, str]:
    score, hit = scored
    return -score, -(hit.similarity or 0.0), hit.passage.chunk_id
