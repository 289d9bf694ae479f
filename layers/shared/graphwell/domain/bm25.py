"""Lexical scores from the statistics of the candidates alone, so that no other text has a say in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

K1 = 1.2
B = 0.75
"""Saturation of term frequency, and how much length counts: the defaults of Robertson and Zaragoza, The Probabilistic
Relevance Framework: BM25 and Beyond, 2009, section 3, and of Lucene."""

PAIR_WEIGHT = 0.45
"""What a pair of neighbouring words of the question counts where it stands in a text as it does there, next to what a
word counts: the ordered windows of Metzler and Croft, A Markov Random Field Model for Term Dependencies, SIGIR 2005.
Weights of .3 to .6 are alike (docs/retrieval.md)."""

Pair = tuple[str, str]
Term = TypeVar("Term", str, Pair)


@dataclass(frozen=True, slots=True)
class TermCounts:
    """A text as a question sees it.

    Parameters:
        frequencies: how often each term of the question stands in the text; terms that do not are left out.
        length: words of the text, or any measure that grows with them.
        pairs: how often two terms that follow each other in the question do so in the text.
    """

    frequencies: Mapping[str, int]
    length: int
    pairs: Mapping[Pair, int] = field(default_factory=dict)


def with_field(text: TermCounts, other: TermCounts, weight: int) -> TermCounts:
    """Return the counts of a text and of another field of it, whose words count several times as much.

    Fields are added before frequencies saturate: Robertson, Zaragoza and Taylor, Simple BM25 Extension to Multiple
    Weighted Fields, CIKM 2004.
    """
    return TermCounts(
        _added(text.frequencies, other.frequencies, weight),
        text.length + weight * other.length,
        _added(text.pairs, other.pairs, weight),
    )


def _added(counts: Mapping[Term, int], others: Mapping[Term, int], weight: int) -> Mapping[Term, int]:
    if not others:
        return counts
    return {**counts, **{term: counts.get(term, 0) + weight * count for term, count in others.items()}}


class LexicalScore(NamedTuple):
    """A BM25 score in its parts: what single words give it, and what pairs of them do."""

    words: float
    pairs: float

    @property
    def total(self) -> float:
        """The score."""
        return self.words + self.pairs


def bm25_scores(texts: Sequence[TermCounts]) -> list[LexicalScore]:
    """Return the BM25 score of each text, in the order given.

    Document frequencies, their number and the mean length are those of these texts, the candidates of one search in one
    tenant. An index that tenants share has one document frequency for all of them: it shifts a tenant's ranking when
    others add text, and tells of their terms. Among candidates a term that most of them share weighs little, as it
    should. A pair of terms is weighed as a term of its own, at `PAIR_WEIGHT`.
    """
    if not texts:
        return []
    mean_length = sum(text.length for text in texts) / len(texts) or 1.0
    terms = _weights([text.frequencies for text in texts], 1.0)
    pairs = _weights([text.pairs for text in texts], PAIR_WEIGHT)
    scores = []
    for text in texts:
        damping = K1 * (1 - B + B * text.length / mean_length)
        scores.append(LexicalScore(_score(text.frequencies, terms, damping), _score(text.pairs, pairs, damping)))
    return scores


def _weights(texts: Sequence[Mapping[Term, int]], factor: float) -> dict[Term, float]:
    holding = Counter(term for text in texts for term in text)
    return {term: factor * _rarity(count, len(texts)) for term, count in holding.items()}


def _rarity(holding: int, texts: int) -> float:
    """Return the inverse document frequency of a term that so many of the texts hold; above 0 even when all do."""
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))


def _score(frequencies: Mapping[Term, int], weights: Mapping[Term, float], damping: float) -> float:
    return math.fsum(weights[term] * frequency / (frequency + damping) for term, frequency in frequencies.items())
