"""Lexical scores from the statistics of the candidates alone, so that no other text has a say in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

K1 = 1.2
B = 0.75
"""Saturation of term frequency, and how much length counts: the defaults of Robertson and Zaragoza, The Probabilistic
Relevance Framework: BM25 and Beyond, 2009, section 3, and of Lucene."""


@dataclass(frozen=True, slots=True)
class TermCounts:
    """A text as a question sees it.

    Parameters:
        frequencies: how often each term of the question stands in the text; terms that do not are left out.
        length: words of the text, or any measure that grows with them.
    """

    frequencies: Mapping[str, int]
    length: int


def bm25_scores(texts: Sequence[TermCounts]) -> list[float]:
    """Return the BM25 score of each text, in the order given.

    Document frequencies, their number and the mean length are those of these texts, the candidates of one search in one
    tenant. An index that tenants share has one document frequency for all of them: it shifts a tenant's ranking when
    others add text, and tells of their terms. Among candidates a term that most of them share weighs little, as it
    should: over six collections nDCG@10 of hybrid search is .753 with these statistics, .752 with the whole tenant's
    and .747 with the index's, titles counted alike (`python -m bench lexical_statistics`).
    """
    if not texts:
        return []
    mean_length = sum(text.length for text in texts) / len(texts) or 1.0
    holding = Counter(term for text in texts for term in text.frequencies)
    weights = {term: math.log(1 + (len(texts) - count + 0.5) / (count + 0.5)) for term, count in holding.items()}
    return [_score(text, weights, mean_length) for text in texts]


def _score(text: TermCounts, weights: Mapping[str, float], mean_length: float) -> float:
    damping = K1 * (1 - B + B * text.length / mean_length)
    return sum(
        weights[term] * frequency / (frequency + damping) for term, frequency in sorted(text.frequencies.items())
    )
