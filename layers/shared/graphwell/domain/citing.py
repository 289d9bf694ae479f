"""Turning a model's markers into citations that hold: to passages that were given, quoting what supports the claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphwell.domain.chunks import page_at
from graphwell.domain.context import Block
from graphwell.domain.echoes import NO_INSTRUCTIONS, Instructions
from graphwell.domain.passages import Citation, Passage
from graphwell.domain.sentences import SPACELESS_ENDS, Sentence, sentences_of
from graphwell.domain.words import content_stems

REFUSAL = "The documents found do not answer this question."
"""Text of an answer that is not grounded."""

_MARKERS = re.compile(r"(?:\s*\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\])+")
_CODE = re.compile(r"`[^`\n]*\w\[[^`\n]*`")
"""A code span with an index, which looks like a marker."""
_LEADING_MARKERS = re.compile(r"(?:\s*\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\])+[.!?]*\s*")
_NUMBER = re.compile(r"\d+")
_LIST_GAP = re.compile(r"\s*\n\s*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?")
_ENDS = f".!?\u2026{SPACELESS_ENDS}"


_OPEN_MARKER = re.compile(r"\[[^\]]*\Z")
_SETTLED = re.compile(r"\s|[\u3002\uff01\uff1f](?![\u3002\uff01\uff1f]|\Z)")
_UNTOLD_LINE = re.compile(r"[ \t]*[<{\[]")
"""Start of a line of which only its end tells whether it is prose."""


@dataclass(frozen=True, slots=True)
class CitedText:
    """A text whose markers [1], [2], ... refer to `citations` in order; none may be left."""

    text: str
    citations: Sequence[Citation]


class Citing:
    """Cites a reply while it is being written: keeps the sentences that cite a block, and leaves all others out.

    A marker names a block by its number from 1 and belongs to the sentence it stands in or right behind. It becomes
    the number of a citation of the sentence in that block that shares most with the claim. One that names none is
    dropped, and so is a sentence that has no other: what no passage supports is not passed on as if one did.

    A sentence is handed out once nothing that follows can change it, so that the parts are the same text however the
    reply was cut into pieces, and nobody is shown a claim that the whole would not hold.

    Parameters:
        stop: word at which the reply ends, whatever follows; none when empty. One without white space.
        rules: what the model was told; a sentence that repeats it is left out, whatever it cites.
    """

    def __init__(self, blocks: Sequence[Block], stop: str = "", rules: Instructions = NO_INSTRUCTIONS) -> None:
        self._blocks = blocks
        self._stop = stop
        self._rules = rules
        self._reply = ""
        self._ended = False
        self._seen = 0
        self._parts: list[str] = []
        self._citations: list[Citation] = []

    @property
    def cited(self) -> CitedText:
        """All that was handed out so far."""
        return CitedText("".join(self._parts), tuple(self._citations))

    def read(self, piece: str) -> str:
        """Return what the next piece of the reply makes certain; the parts of all calls are one text."""
        if self._ended:
            return ""
        self._reply += piece
        if self._stop and self._stop in self._reply:
            self._reply = self._reply.partition(self._stop)[0]
            return self.end()
        return self._take(list(_claims(_settled(self._reply)))[:-1])

    def end(self) -> str:
        """Return what was uncertain until now: the reply is whole."""
        if self._ended:
            return ""
        self._ended = True
        return self._take(list(_claims(self._reply)))

    def _take(self, claims: Sequence[tuple[str, str, str]]) -> str:
        parts: list[str] = []
        for claim, markers, separator in claims[self._seen :]:
            named = dict.fromkeys(int(number) for number in _NUMBER.findall(markers))
            blocks = [self._blocks[number - 1] for number in named if 1 <= number <= len(self._blocks)]
            supports = [_support(claim, block) for block in blocks]
            if not supports or self._rules.stand_in(claim):
                continue
            self._citations.extend(citation for citation in supports if citation not in self._citations)
            numbers = dict.fromkeys(self._citations.index(citation) + 1 for citation in supports)
            body = claim.rstrip(_ENDS)
            first = not self._parts and not parts
            parts += ["" if first else separator, body, *(f" [{number}]" for number in numbers), claim[len(body) :]]
        self._seen = max(self._seen, len(claims))
        self._parts += parts
        return "".join(parts)


def cite(reply: str, blocks: Sequence[Block], stop: str = "", rules: Instructions = NO_INSTRUCTIONS) -> CitedText:
    """Return a whole reply cited; see `Citing`."""
    citing = Citing(blocks, stop, rules)
    citing.read(reply)
    citing.end()
    return citing.cited


def _settled(reply: str) -> str:
    """Return the start of a reply whose sentences, but for the last, stay what they are whatever follows.

    That is up to the last white space or end of a Chinese sentence, without a marker that is not closed, and without a
    last line that may turn out to be markup.
    """
    end = max((found.end() for found in _SETTLED.finditer(reply)), default=0)
    text = reply[:end]
    opening = _OPEN_MARKER.search(text)
    text = text[: opening.start()] if opening else text
    line = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:line] if _UNTOLD_LINE.match(text, line) else text


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
        claim, markers = _without_markers(text)
        end = sentence.end
    if claim:
        yield claim, markers, separator


def _without_markers(text: str) -> tuple[str, str]:
    """Return a sentence without its markers, and these; what stands in code is left as it is."""
    claim, markers, position = "", "", 0
    for code in [*_CODE.finditer(text), None]:
        prose = text[position : code.start() if code else len(text)]
        claim += _MARKERS.sub("", prose) + (code.group() if code else "")
        markers += "".join(_MARKERS.findall(prose))
        position = code.end() if code else position
    return claim.strip(), markers


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
