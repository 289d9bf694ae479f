"""Retrieval measures as trec_eval defines them, over rankings of distinct documents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Judgements = Mapping[str, float]
"""Grade of each judged document of one query: above zero is relevant, below zero asks to leave the document out."""


def judged_ranking(ranking: Sequence[str], judgements: Judgements) -> list[str]:
    """Return the ranking without the documents that the judgements ask to leave out."""
    left_out = left_out_documents(judgements)
    return [document for document in ranking if document not in left_out]


def ndcg(ranking: Sequence[str], judgements: Judgements, *, depth: int = 10) -> float:
    """Return the normalised discounted cumulative gain with linear gain, in [0, 1].

    Parameters:
        ranking: distinct documents, best first.
        judgements: with one relevant document at least.
        depth: how many of the ranking count.
    """
    gains = [max(0.0, judgements.get(document, 0.0)) for document in ranking[:depth]]
    ideal = sorted((grade for grade in judgements.values() if grade > 0), reverse=True)[:depth]
    return _discounted(gains) / _discounted(ideal)


def recall(ranking: Sequence[str], judgements: Judgements, *, depth: int = 10) -> float:
    """Return the share of the relevant documents that the first `depth` of the ranking hold, in [0, 1]."""
    relevant = relevant_documents(judgements)
    return len(relevant.intersection(ranking[:depth])) / len(relevant)


def reciprocal_rank(ranking: Sequence[str], judgements: Judgements, *, depth: int = 10) -> float:
    """Return one over the rank of the first relevant document, 0 when the first `depth` hold none."""
    relevant = relevant_documents(judgements)
    return next((1 / rank for rank, document in enumerate(ranking[:depth], start=1) if document in relevant), 0.0)


def relevant_documents(judgements: Judgements) -> frozenset[str]:
    """Return the documents with a grade above zero."""
    return frozenset(document for document, grade in judgements.items() if grade > 0)


def left_out_documents(judgements: Judgements) -> frozenset[str]:
    """Return the documents with a grade below zero."""
    return frozenset(document for document, grade in judgements.items() if grade < 0)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that at least this share of them does not exceed (nearest rank).

    Parameters:
        values: at least one, in any order.
        share: in (0, 1].
    """
    return sorted(values)[math.ceil(share * len(values)) - 1]


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
