"""Room for several documents among the best passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

REPETITION = 0.4
"""What a chunk loses for each better one of its document, in standard deviations; bench.document_spread measures others
(docs/retrieval.md)."""


class Spread(NamedTuple):
    """What is added to a chunk's score: evidence of its document, and a loss, below zero, for better chunks of it."""

    evidence: float
    repetition: float


def spread_over_documents(
    ranked: Iterable[str], evidence: Mapping[str, float], repetition: float = REPETITION
) -> list[Spread]:
    """Return what lets a document's best chunk stand for it, in the order given.

    The best chunk is given the evidence there is of the document as a whole; each further one loses `repetition` for
    every better one. So the sections of one long page, which share its title, leave room for other pages, and the order
    of documents by their best chunks is what it was.

    Parameters:
        ranked: document of each chunk, best first.
        evidence: what is added for a document.
        repetition: what a chunk loses for each better one of its document.
    """
    better: Counter[str] = Counter()
    spread = []
    for document_id in ranked:
        count = better[document_id]
        spread.append(Spread(0.0, -repetition * count) if count else Spread(evidence.get(document_id, 0.0), 0.0))
        better[document_id] += 1
    return spread
