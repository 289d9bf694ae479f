"""Ways to rank a case's candidates: the shipped one with its settings, and evidence that may be added to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.ranking.cases import ABSENT, Case, Numbers
from bench.ranking.collections import StoredChunk
from graphwell.domain.bm25 import K1, PAIR_WEIGHT, B
from graphwell.domain.fusion import LEXICAL_SHARE
from graphwell.domain.title_evidence import LEADING
from graphwell.usecases.rank_candidates import CONTENDERS, TITLE_WEIGHT

Evidence = Callable[[Case, Numbers], Numbers]
"""Gives each candidate's evidence from a case and the scores so far."""


def standardised(values: Numbers) -> Numbers:
    """Return each value in standard deviations from the mean; zeros where all are alike."""
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 1e-9 else np.zeros_like(values)


def stretched(values: Numbers) -> Numbers:
    """Return values between 0 for the least and 1 for the greatest."""
    least, greatest = float(np.min(values)), float(np.max(values))
    span = greatest - least
    return (values - least) / span if span > 1e-9 else np.zeros_like(values)


def distribution_based(values: Numbers) -> Numbers:
    """Return values between 0 at three standard deviations below the mean and 1 at three above."""
    return np.clip((standardised(values) + 3) / 6, 0, 1)


@dataclass(frozen=True)
class Setting:
    """Settings of the shipped ranking; the defaults are the shipped ones.

    Parameters:
        normalised: maps the scores of a leg.
        share: of the lexical score.
        title_weight, k1, b, pair_weight: of BM25.
        named: weight of the evidence of titles; `leading`, `contenders` and `certainty` shape it.
        extra: further evidence with its weight.
    """

    normalised: Callable[[Numbers], Numbers] = standardised
    share: float = LEXICAL_SHARE
    title_weight: float = TITLE_WEIGHT
    k1: float = K1
    b: float = B
    pair_weight: float = PAIR_WEIGHT
    named: float = 1.0
    leading: int = LEADING
    contenders: int = CONTENDERS
    certainty: float = 3.0
    extra: Evidence | None = None
    weight: float = 0.0
    similarities: Callable[[Case], Numbers] = lambda case: case.cosines

    def __call__(self, case: Case) -> Numbers:
        """Return the score of each candidate."""
        near, worded = self.normalised(self.similarities(case)), self.normalised(self.lexical(case))
        scores = (1 - self.share) * near + self.share * worded
        if self.extra:
            scores = scores + self.weight * self.extra(case, scores)
        return scores + self.named * self.names(case, scores) if self.named else scores

    def lexical(self, case: Case) -> Numbers:
        """Return BM25 with pairs, by the candidates' statistics."""
        lengths = case.texts.lengths + self.title_weight * case.titles.lengths
        damping = self.k1 * (1 - self.b + self.b * lengths / max(lengths.mean(), 1.0))
        terms = case.texts.terms + self.title_weight * case.titles.terms
        pairs = case.texts.pairs + self.title_weight * case.titles.pairs
        return saturated(terms, damping) + self.pair_weight * saturated(pairs, damping)

    def names(self, case: Case, scores: Numbers) -> Numbers:
        """Return how surely each candidate's title is named by the question and a leading passage."""
        asked = frozenset(case.terms)
        order = np.argsort(-scores, kind="stable").tolist()
        read = [(case.documents[place], case.table.texts[case.rows[place]] | asked) for place in order[: self.leading]]
        titles = {case.documents[place]: case.table.titles[case.rows[place]] for place in order[: self.contenders]}
        found: dict[str, float] = defaultdict(float)
        for document, title in titles.items():
            for rank, (owner, terms) in enumerate(read, start=1):
                if title and owner != document:
                    share = (len(title & terms) / len(title)) ** self.certainty / rank**0.5
                    found[document] = max(found[document], share)
        return np.array([found[document] for document in case.documents])


def saturated(counts: Numbers, damping: Numbers) -> Numbers:
    """Return the sum over columns of rarity times the saturated count."""
    holding = (counts > 0).sum(axis=0)
    rarity = np.log(1 + (len(counts) - holding + 0.5) / (holding + 0.5))
    return np.asarray((rarity * counts / (counts + damping[:, None])).sum(axis=1))


def reciprocal_ranks(rank_constant: int, share: float = 0.5) -> Callable[[Case], Numbers]:
    """Return reciprocal rank fusion of the vector leg and of the fulltext leg as its own terms rank it."""
    lexical = Setting(pair_weight=0.0)

    def way(case: Case) -> Numbers:
        found = case.text_ranks < ABSENT
        scores = np.where(found, lexical.lexical(case), -1.0)
        ranks = np.empty(len(scores))
        ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        worded = np.where(found, 1 / (rank_constant + ranks), 0.0)
        near = np.where(case.vector_ranks < ABSENT, 1 / (rank_constant + case.vector_ranks), 0.0)
        return np.asarray((1 - share) * near + share * worded)

    return way


def vector_leg(case: Case) -> Numbers:
    """Return the ranking of the vector leg alone."""
    return -case.vector_ranks.astype(np.float64)


def fulltext_leg(case: Case) -> Numbers:
    """Return the fulltext leg alone, ranked by BM25 without pairs."""
    found = case.text_ranks < ABSENT
    return np.where(found, Setting(pair_weight=0.0).lexical(case), -1.0)


def known_to_the_vector_leg(case: Case) -> Numbers:
    """Return similarities where those of hits of the fulltext leg alone count as the least of the vector leg."""
    known = case.vector_ranks < ABSENT
    return np.where(known, case.cosines, np.min(case.cosines[known]))


def coverage(case: Case, scores: Numbers) -> Numbers:  # noqa: ARG001
    """Return the share of the question's terms that a candidate holds, weighed by rarity."""
    held = (case.texts.terms + case.titles.terms) > 0
    count = held.sum(axis=0)
    rarity = np.log(1 + (len(held) - count + 0.5) / (count + 0.5))
    return standardised(np.asarray(held @ rarity, dtype=np.float64))


def without_prefix(case: Case, scores: Numbers) -> Numbers:  # noqa: ARG001
    """Return the similarity to the question embedded without the model's prefix for queries."""
    return standardised(np.asarray(case.vectors @ case.stored.bare_vectors[case.place], dtype=np.float64))


def rocchio(passages: int) -> Evidence:
    """Return feedback in vector space: the similarity to the mean of the best passages."""

    def evidence(case: Case, scores: Numbers) -> Numbers:
        best = np.argsort(-scores, kind="stable")[:passages]
        return standardised(np.asarray(case.vectors @ case.vectors[best].mean(axis=0), dtype=np.float64))

    return evidence


def near_the_nearest(case: Case, scores: Numbers) -> Numbers:  # noqa: ARG001
    """Return feedback that one round trip can give: the similarity to the passage that the vector leg ranks first."""
    return standardised(np.asarray(case.vectors @ case.vectors[0], dtype=np.float64))


def shared_words(passages: int) -> Evidence:
    """Return feedback in words, as RM3 has it: the rare terms that a candidate shares with the best passages."""

    def evidence(case: Case, scores: Numbers) -> Numbers:
        texts = [case.table.texts[row] for row in case.rows]
        holding: dict[str, int] = defaultdict(int)
        for text in texts:
            for term in text:
                holding[term] += 1
        best = np.argsort(-scores, kind="stable")[:passages]
        model: dict[str, float] = defaultdict(float)
        for place in best.tolist():
            for term in texts[place]:
                model[term] += np.log(len(texts) / holding[term])
        sums = [sum(model[term] for term in text if term in model) / max(len(text), 1) ** 0.5 for text in texts]
        return standardised(np.array(sums))

    return evidence


def neighbours(case: Case, scores: Numbers) -> Numbers:
    """Return the better score of the chunks before and after a candidate in its document, where above the mean."""
    place = {(chunk.document, chunk.ordinal): score for chunk, score in zip(_chunks(case), scores, strict=True)}
    return np.array(
        [max(0.0, *(place.get((c.document, c.ordinal + step), 0.0) for step in (-1, 1))) for c in _chunks(case)]
    )


def whole_document(case: Case, scores: Numbers) -> Numbers:
    """Return the score of the second best chunk of a candidate's document, where above the mean."""
    by_document: dict[str, list[float]] = defaultdict(list)
    for document, score in zip(case.documents, scores.tolist(), strict=True):
        by_document[document].append(score)
    second = {document: max(0.0, *sorted(found)[-2:-1], 0.0) for document, found in by_document.items()}
    return np.array([second[document] for document in case.documents])


def best_sentence(case: Case, scores: Numbers) -> Numbers:  # noqa: ARG001
    """Return the most of the question that stands in one sentence of a candidate, weighed by rarity."""
    held = case.texts.terms > 0
    count = held.sum(axis=0)
    rarity = dict(zip(case.terms, np.log(1 + (len(held) - count + 0.5) / (count + 0.5)), strict=True))
    sentences = (case.table.sentences(row, case.stored.chunks[row].text) for row in case.rows.tolist())
    asked = rarity.keys()
    best = [max(sum(rarity[term] for term in asked & terms) for terms in found) for found in sentences]
    return standardised(np.array(best))


def far_from_better(case: Case, scores: Numbers) -> Numbers:
    """Return minus the greatest similarity to a better candidate of another document: maximal marginal relevance."""
    order = np.argsort(-scores, kind="stable")[:20]
    penalty = np.zeros(len(scores))
    near = case.vectors @ case.vectors[order].T
    for position, place in enumerate(order.tolist()):
        others = [j for j in range(position) if case.documents[order[j]] != case.documents[place]]
        if others:
            penalty[place] = -float(np.max(near[place, others]))
    return penalty


def _chunks(case: Case) -> list[StoredChunk]:
    return [case.stored.chunks[row] for row in case.rows]
