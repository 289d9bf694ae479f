"""Fusing what both legs know of the candidates into one score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

LEXICAL_SHARE = 0.35
"""Part of the words in the fused score; the rest is the vectors'. Of .3, .35 and .4 each collection of bench/ranking
chooses .35 for the others (docs/retrieval.md)."""


class FusedScore(NamedTuple):
    """Similarity and lexical score of a candidate, each in standard deviations above the candidates' mean."""

    similarity: float
    lexical: float

    @property
    def total(self) -> float:
        """The convex combination of both."""
        return (1 - LEXICAL_SHARE) * self.similarity + LEXICAL_SHARE * self.lexical


def fused_scores(similarities: Sequence[float | None], lexical: Sequence[float]) -> list[FusedScore]:
    """Return standardised similarities and lexical scores, which add up to the fused score, in the order given.

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
    return [FusedScore(*pair) for pair in zip(near, _standardised(lexical), strict=True)]


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
