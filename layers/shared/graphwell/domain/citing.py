"""Turning a model's markers into citations that hold: to passages that were given, quoting what supports the claim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graphwell.domain.chunks import page_at
from graphwell.domain.passages import Citation, Passage
from graphwell.domain.sentences import Sentence, sentences_of
from graphwell.domain.words import content_stems

REFUSAL = "The documents found do not answer this question."
"""Text of an answer that is not grounded."""

_MARKERS = re.compile(r"(?:\s*\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\])+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class CitedText:
    """A text whose markers [1], [2], ... refer to `citations` in order; none may be left."""

    text: str
    citations: Sequence[Citation]


def cite(reply: str, passages: Sequence[Passage]) -> CitedText:
    """Return a reply with its markers resolved.

    A marker names a passage by its number from 1. It becomes the number of a citation of the sentence in that passage
    that shares most with the claim before the marker; a marker that names no passage is dropped.
    """
    citations: list[Citation] = []
    parts: list[str] = []
    position = 0
    for markers in _MARKERS.finditer(reply):
        claim = reply[position : markers.start()]
        named = dict.fromkeys(int(number) for number in _NUMBER.findall(markers.group()))
        supports = [_support(claim, passages[number - 1]) for number in named if 1 <= number <= len(passages)]
        citations.extend(citation for citation in supports if citation not in citations)
        numbers = dict.fromkeys(citations.index(citation) + 1 for citation in supports)
        parts += [claim, *(f" [{number}]" for number in numbers)]
        position = markers.end()
    parts.append(reply[position:])
    return CitedText("".join(parts).strip(), citations)


def citation_of(passage: Passage, sentence: Sentence) -> Citation:
    """Return the citation of a sentence, found in the passage's text, with the page on which the sentence starts."""
    start = passage.start + sentence.start
    return Citation(
        document_id=passage.document_id,
        chunk_id=passage.chunk_id,
        quote=sentence.text,
        start=start,
        end=passage.start + sentence.end,
        page=page_at(passage.page, passage.page_breaks, start),
    )


def _support(claim: str, passage: Passage) -> Citation:
    """Return the citation of the passage's sentence with the most words of the claim, of equals the shortest."""
    whole = Sentence(passage.text, 0, len(passage.text))
    claimed = frozenset(content_stems(claim))
    best = max(
        sentences_of(passage.text) or [whole],
        key=lambda sentence: (len(claimed.intersection(content_stems(sentence.text))), -len(sentence.text)),
    )
    return citation_of(passage, best)
