"""Turning a model's markers into citations that hold: to passages that were given, quoting what supports the claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphwell.domain.chunks import page_at
from graphwell.domain.context import Block
from graphwell.domain.passages import Citation, Passage
from graphwell.domain.sentences import Sentence, sentences_of
from graphwell.domain.words import content_stems

REFUSAL = "The documents found do not answer this question."
"""Text of an answer that is not grounded."""

_MARKERS = re.compile(r"(?:\s*\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\])+")
_LEADING_MARKERS = re.compile(r"(?:\s*\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\])+[.!?]*\s*")
_NUMBER = re.compile(r"\d+")
_LIST_GAP = re.compile(r"\s*\n\s*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?")
_ENDS = ".!?\u2026\u3002\uff01\uff1f"


@dataclass(frozen=True, slots=True)
class CitedText:
    """A text whose markers [1], [2], ... refer to `citations` in order; none may be left."""

    text: str
    citations: Sequence[Citation]


def cite(reply: str, blocks: Sequence[Block]) -> CitedText:
    """Return the sentences of a reply that cite a block, with their markers resolved; all others are left out.

    A marker names a block by its number from 1 and belongs to the sentence it stands in or right behind. It becomes
    the number of a citation of the sentence in that block that shares most with the claim. One that names none is
    dropped, and so is a sentence that has no other: what no passage supports is not passed on as if one did.
    """
    citations: list[Citation] = []
    parts: list[str] = []
    for claim, markers, separator in _claims(reply):
        named = dict.fromkeys(int(number) for number in _NUMBER.findall(markers))
        supports = [_support(claim, blocks[number - 1]) for number in named if 1 <= number <= len(blocks)]
        if not supports:
            continue
        citations.extend(citation for citation in supports if citation not in citations)
        numbers = dict.fromkeys(citations.index(citation) + 1 for citation in supports)
        body = claim.rstrip(_ENDS)
        parts += [separator if parts else "", body, *(f" [{number}]" for number in numbers), claim[len(body) :]]
    return CitedText("".join(parts).strip(), citations)


def _claims(reply: str) -> Iterator[tuple[str, str, str]]:
    """Yield each sentence without its markers, the markers, and what separates it from the sentence before it."""
    claim, markers, separator, end = "", "", "", 0
    for sentence in sentences_of(reply):
        leading = _LEADING_MARKERS.match(sentence.text)
        behind = leading.group() if leading else ""
        text = sentence.text[len(behind) :]
        markers += behind
        if not text:
            continue
        if claim:
            yield claim, markers, separator
        gap = reply[end : sentence.start]
        separator = gap if _LIST_GAP.fullmatch(gap) else " "
        markers = "".join(_MARKERS.findall(text))
        claim, end = _MARKERS.sub("", text), sentence.end
    if claim:
        yield claim, markers, separator


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


def _support(claim: str, block: Block) -> Citation:
    """Return the citation of the block's sentence with the most words of the claim, of equals the shortest."""
    claimed = frozenset(content_stems(claim))
    sentences = [
        (part, sentence)
        for part in block.parts
        for sentence in sentences_of(part.text) or [Sentence(part.text, 0, len(part.text))]
    ]
    part, best = max(
        sentences,
        key=lambda found: (len(claimed.intersection(content_stems(found[1].text))), -len(found[1].text)),
    )
    return citation_of(part, best)
