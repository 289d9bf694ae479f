"""Whether two questions say the same words in the same order, up to the few moves that English allows."""

from __future__ import annotations

from graphwell.domain.intent import vocabulary as vocab
from graphwell.domain.intent.question import Question

_OF = frozenset(("of", "for", "in", "at", "on"))
"""Words behind which stands what could also stand before its head: an internship at ISRO is an ISRO internship."""


def same_order(a: Question, b: Question) -> bool:
    """Tell whether the words come in the same order, in one of the two after one move of a block."""
    return a.stems == b.stems or _moves_into(a, b) or _moves_into(b, a)


def same_ties(a: Question, b: Question) -> bool:
    """Tell whether the same words stand behind each word that tells how the parts of a question stand to each other."""
    return _ties(a) == _ties(b)


def _ties(question: Question) -> list[tuple[str, str]]:
    strict = vocab.RELATIONS | {"to"} if "from" in question.relations else vocab.RELATIONS
    return sorted((block.marker, block.stems[0]) for block in question.blocks if block.marker in strict)


def _moves_into(a: Question, b: Question) -> bool:
    return any(_fronted(a, b, index) or _attributed(a, b, index) for index in range(1, len(a.blocks)))


def _fronted(a: Question, b: Question, index: int) -> bool:
    """Tell whether `b` begins with the end of `a` from a block on: "start a line in HTML", "in HTML start a line"."""
    end = [stem for block in a.blocks[index:] for stem in block.stems]
    beginning = [stem for block in a.blocks[:index] for stem in block.stems]
    return end + beginning == b.stems and _alike(a.blocks[index].marker, b.blocks[0].marker)


def _attributed(a: Question, b: Question, index: int) -> bool:
    """Tell whether what `a` has behind "of" or the like stands before its head in `b`, in one block with it."""
    if a.blocks[index].marker not in _OF:
        return False
    attribute, head = a.blocks[index].stems, a.blocks[index - 1].stems
    before = [stem for block in a.blocks[: index - 1] for stem in block.stems]
    after = [stem for block in a.blocks[index + 1 :] for stem in block.stems]
    for cut in range(len(head)):
        whole = attribute + head[cut:]
        if before + head[:cut] + whole + after == b.stems:
            return any(_within(whole, block.stems) for block in b.blocks)
    return False


def _alike(marker: str, other: str) -> bool:
    return marker == other or (marker in vocab.BESIDE and other in vocab.BESIDE)


def _within(part: list[str], whole: list[str]) -> bool:
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))
