"""Evidence from titles: a document that the best passages name is likely to hold what they leave open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEADING = 5
"""Passages that are read for names; ten find no more."""

_CERTAINTY = 3
"""Power of the share of a title that is named: half a title is an eighth of the evidence."""

Terms = frozenset[str]


@dataclass(frozen=True, slots=True)
class LeadingPassage:
    """One of the best passages so far: the document it is of, and the terms of its text."""

    document_id: str
    terms: Terms


def title_evidence(asked: Terms, leading: Sequence[LeadingPassage], titles: Mapping[str, Terms]) -> dict[str, float]:
    """Return how surely each document is named by a leading passage of another one together with the question, 0 to 1.

    Questions whose answer takes two documents name only one: "Who founded the publisher of Emma?" finds Emma, whose
    text names the publisher. So this is pseudo-relevance feedback that only titles are held against, which cannot drift
    as whole texts do. The evidence is the cube of the share of a title's terms that the question or the passage hold,
    over the square root of the passage's rank.

    Parameters:
        asked: terms of the question.
        leading: the best passages, best first, `LEADING` at most.
        titles: terms of the title of each document that may be named.
    """
    read = [LeadingPassage(passage.document_id, passage.terms | asked) for passage in leading]
    return {document_id: _evidence(document_id, title, read) for document_id, title in titles.items()}


def _evidence(document_id: str, title: Terms, leading: Sequence[LeadingPassage]) -> float:
    if not title:
        return 0.0
    return max(
        (
            (len(title & passage.terms) / len(title)) ** _CERTAINTY / math.sqrt(rank)
            for rank, passage in enumerate(leading, start=1)
            if passage.document_id != document_id
        ),
        default=0.0,
    )
