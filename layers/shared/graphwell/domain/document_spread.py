"""Room for several documents among the best passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

REPETITION = 0.3
"""What a chunk loses for each better one of its document, in standard deviations. Losses of .2 to .4 are alike
(docs/retrieval.md)."""


def spread_over_documents(ranked: Iterable[tuple[float, str]], evidence: Mapping[str, float]) -> list[float]:
    """Return scores by which a document's best chunk stands for it, in the order given.

    The best chunk is given the evidence there is of the document as a whole; each further one loses `REPETITION` for
    every better one. So the sections of one long page, which share its title, leave room for other pages, and the order
    of documents by their best chunks is what it was.

    Parameters:
        ranked: score and document of each chunk, best first.
        evidence: what is added for a document.
    """
    better: Counter[str] = Counter()
    scores = []
    for score, document_id in ranked:
        first = not better[document_id]
        scores.append(score + evidence.get(document_id, 0.0) if first else score - REPETITION * better[document_id])
        better[document_id] += 1
    return scores
