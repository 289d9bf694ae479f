"""Which of the passages found an answer is made from, and which of them its reader is shown."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.passages import Citation, Passage
from graphwell.domain.words import content_stems

LOOK_AHEAD = 10
"""Passages behind the wanted ones that are looked at for words of the question that these leave out."""

MOST_ADDED = 2


def passages_to_read(question: str, ranked: Sequence[Passage], top_k: int) -> list[Passage]:
    """Return the first `top_k` passages, and those behind them that first hold words of the question which they lack.

    What a question speaks of most can fill the ranking and leave no room for what it is about: of "what status code is
    returned for invalid input?" the ten best passages speak of status codes, and the eleventh of invalid data.
    bench/extractive_answers.py measures what this changes.

    Parameters:
        ranked: best first.
    """
    read = list(ranked[:top_k])
    missing = set(content_stems(question)).difference(*map(_held, read))
    behind = [(passage, _held(passage)) for passage in ranked[top_k : top_k + LOOK_AHEAD]] if missing else []
    while missing and len(read) < min(len(ranked), top_k + MOST_ADDED):
        passage, held = max(behind, key=lambda found: len(missing & found[1]))
        if not missing & held:
            break
        read.append(passage)
        missing -= held
    return read


def passages_to_show(read: Sequence[Passage], citations: Sequence[Citation], top_k: int) -> list[Passage]:
    """Return `top_k` of the passages that were read, in order: of those that are cited the best, then of the others."""
    cited = {citation.chunk_id for citation in citations}
    by_need = sorted(range(len(read)), key=lambda rank: (read[rank].chunk_id not in cited, rank))
    return [read[rank] for rank in sorted(by_need[:top_k])]


def _held(passage: Passage) -> frozenset[str]:
    return frozenset(content_stems(" ".join((passage.title, *passage.headings, passage.text))))
