"""Fusing what both legs know of the candidates into one score."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEXICAL_SHARE = 0.35
"""Part of the words in the fused score; the rest is the vectors'. Of .3, .35 and .4 each collection of bench/ranking
chooses .35 for the others (docs/retrieval.md)."""


def fused_scores(similarities: Sequence[float | None], lexical: Sequence[float]) -> list[float]:
    """Return the convex combination of standardised similarities and lexical scores, in the order given.

    A score counts in standard deviations above the mean of the candidates, so neither scale nor spread of a leg
    decides, while distances between candidates do, which ranks throw away: Bruch, Gai and Ingber, An Analysis of Fusion
    Functions for Hybrid Retrieval, ACM TOIS 2023, sections 4 and 5.

    Parameters:
        similarities: of each candidate to the question; one that is None counts as the least that is known.
        lexical: score of each candidate by its words.
    """
    known = [similarity for similarity in similarities if similarity is not None]
    least = min(known, default=0.0)
    near = _standardised([least if similarity is None else similarity for similarity in similarities])
    worded = _standardised(lexical)
    return [
        (1 - LEXICAL_SHARE) * by_vector + LEXICAL_SHARE * by_words
        for by_vector, by_words in zip(near, worded, strict=True)
    ]


def _standardised(values: Sequence[float]) -> list[float]:
    """Return each value in standard deviations from the mean; zeros where all are alike."""
    if not values:
        return []
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    if deviation <= _ALIKE * max(1.0, abs(mean)):
        return [0.0] * len(values)
    return [(value - mean) / deviation for value in values]


_ALIKE = 1e-9
"""A spread of this part of the mean is rounding."""
