"""Fusing the legs of a search into one ranking."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from graphwell.domain.passages import Hit, Passage, SearchMode

RANK_CONSTANT = 60
"""k of reciprocal rank fusion: Cormack, Clarke, Büttcher, SIGIR 2009, section 3."""


def reciprocal_rank_fusion(
    hits: Iterable[Hit],
    *,
    weights: Mapping[SearchMode, float] | None = None,
    rank_constant: int = RANK_CONSTANT,
) -> list[Passage]:
    """Return the passages of all legs, best first, each scored with the sum of weight / (rank_constant + rank).

    Parameters:
        hits: hits with ranks from 1 in their leg.
        weights: weight of each leg, 1 where none is given.
        rank_constant: how much the first ranks are levelled.

    Returns:
        One passage for each chunk. Of two with equal scores, such as two that swap places between the legs, the one
        that the vector leg ranks better comes first. Then ids decide, so that equal input gives equal output.
    """
    scores: dict[str, float] = {}
    passages: dict[str, Passage] = {}
    vector_ranks: dict[str, int] = {}
    for hit in hits:
        weight = 1.0 if weights is None else weights.get(hit.leg, 1.0)
        key = hit.passage.chunk_id
        passages[key] = hit.passage
        scores[key] = scores.get(key, 0.0) + weight / (rank_constant + hit.rank)
        if hit.leg is SearchMode.VECTOR:
            vector_ranks[key] = hit.rank
    order = sorted(passages, key=lambda key: (-scores[key], vector_ranks.get(key, math.inf), key))
    return [replace(passages[key], score=scores[key]) for key in order]
