"""Whether two questions with near vectors ask for the same thing, and if not, what tells them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from graphwell.domain.intent import synonyms
from graphwell.domain.intent.question import Block, Question, read_question, word_stem
from graphwell.domain.intent.word_order import same_order, same_ties

MIN_COSINE = 0.90
"""Least cosine of a hit, for bge-small's vectors of questions. `python -m bench.semantic_guard` chooses it on parts of
qqp and counts on the others (docs/caching.md)."""

MAX_LENGTH = 400
"""Characters of a question that is compared; a longer one is found again by its own text alone."""


class Difference(StrEnum):
    """What tells two questions apart, in the order in which it is looked for."""

    DISTANCE = "distance"
    LENGTH = "length"
    POINTS_ELSEWHERE = "points_elsewhere"
    NUMBERS = "numbers"
    NEGATION = "negation"
    ANTONYM = "antonym"
    NAMES = "names"
    WORDS = "words"
    QUESTION_TYPE = "question_type"
    TENSE = "tense"
    PERSON = "person"
    RELATION = "relation"
    WORD_ORDER = "word_order"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two questions ask for the same thing.

    Parameters:
        difference: what tells them apart, the first that was found; None when nothing does.
        detail: what one has and the other has not, parted by a bar.
    """

    difference: Difference | None
    detail: str = ""

    @property
    def same(self) -> bool:
        """Whether an answer to one answers the other."""
        return self.difference is None


def compare(asked: str, kept: str, cosine: float, min_cosine: float = MIN_COSINE) -> Verdict:
    """Return whether an answer to `kept` answers `asked`.

    Near vectors say that two questions are about the same matter, not that they ask the same of it. So all that English
    says by other means than the topic has to be equal as well: numbers, negations, names and all other words up to
    everyday synonyms, kind of question, tense, person, relations, and the order of the words up to a few moves.

    Parameters:
        cosine: of the vectors of both.
        min_cosine: what it must be at least.
    """
    if asked == kept:
        return Verdict(None)
    if cosine < min_cosine:
        return Verdict(Difference.DISTANCE, f"{cosine:.3f} < {min_cosine:.3f}")
    if max(len(asked), len(kept)) > MAX_LENGTH:
        return Verdict(Difference.LENGTH, f"{max(len(asked), len(kept))} > {MAX_LENGTH}")
    a, b = read_question(asked), read_question(kept)
    if a.points or b.points:
        return Verdict(Difference.POINTS_ELSEWHERE)
    return _by_words(a, b) or _by_form(*_without_light_words(a, b)) or Verdict(None)


def _by_words(a: Question, b: Question) -> Verdict | None:
    """Return the verdict when words alone tell two questions apart, None when they do not."""
    if a.numbers != b.numbers:
        return Verdict(Difference.NUMBERS, _both(a.numbers, b.numbers))
    if a.negations != b.negations:
        return Verdict(Difference.NEGATION, f"{a.negations} | {b.negations}")
    only_a, only_b = _extra(a, b), _extra(b, a)
    if not (only_a or only_b) or _light(a, b, only_a, only_b):
        return None
    return Verdict(_kind_of(a, b, only_a, only_b), _both(only_a, only_b))


def _kind_of(a: Question, b: Question, only_a: Sequence[str], only_b: Sequence[str]) -> Difference:
    """Return what kind of words differ."""
    differing = {*only_a, *only_b}
    if any(_opposed(x, y) for x in only_a for y in only_b):
        return Difference.ANTONYM
    if differing & (_units(a) | _units(b)):
        return Difference.NUMBERS
    if differing & {word.stem for word in (*a.words, *b.words) if word.named}:
        return Difference.NAMES
    return Difference.WORDS


def _by_form(a: Question, b: Question) -> Verdict | None:
    """Return the verdict on two questions of the same words, None when they say the same with them."""
    for difference, form in _FORMS:
        if form(a) != form(b):
            return Verdict(difference, _both(form(a), form(b)))
    if not same_ties(a, b):
        return Verdict(Difference.RELATION, _both(a.relations, b.relations))
    if not same_order(a, b):
        return Verdict(Difference.WORD_ORDER, _both(a.stems, b.stems))
    return None


_FORMS: Sequence[tuple[Difference, Callable[[Question], Sequence[str]]]] = (
    (
        Difference.QUESTION_TYPE,
        lambda question: (_plain_kind(question), *question.asks, *question.duties, *question.joiners),
    ),
    (Difference.TENSE, lambda question: (question.tense,)),
    (Difference.PERSON, lambda question: question.persons),
    (Difference.RELATION, lambda question: question.relations),
)
_SHORT = 3


def _plain_kind(question: Question) -> str:
    """Return the kind; what something short means is what it is."""
    return "what" if question.kind == "meaning" and len(question.stems) <= _SHORT else question.kind


def _extra(a: Question, b: Question) -> list[str]:
    return sorted((Counter(a.stems) - Counter(b.stems)).elements())


def _light(a: Question, b: Question, only_a: Sequence[str], only_b: Sequence[str]) -> bool:
    """Tell whether one of two questions has light words more, none of which both have.

    "At most 5" is not "5", nor is "how many more" "how many".
    """
    if a.numbers or (only_a and only_b):
        return False
    heavy = {*a.stems}.intersection(b.stems) | ({_MORE} if a.kind == "degree" else set())
    return all(stem in _LIGHT_STEMS and stem not in heavy for stem in (*only_a, *only_b))


def _without_light_words(a: Question, b: Question) -> tuple[Question, Question]:
    extra = {*_extra(a, b), *_extra(b, a)}
    return (_without(a, extra), _without(b, extra)) if extra else (a, b)


def _without(question: Question, stems: set[str]) -> Question:
    blocks = (
        Block(block.marker, tuple(word for word in block.words if word.stem not in stems)) for block in question.blocks
    )
    return replace(question, blocks=tuple(block for block in blocks if block.words))


def _units(question: Question) -> set[str]:
    """Return the words that stand right behind a number."""
    return {after for before, after in pairwise(question.stems) if before in question.numbers}


def _opposed(x: str, y: str) -> bool:
    shorter, longer = sorted((x, y), key=len)
    return frozenset((x, y)) in _ANTONYM_STEMS or any(
        longer == prefix + shorter for prefix in synonyms.NEGATING_PREFIXES
    )


def _both(a: Sequence[str], b: Sequence[str]) -> str:
    return f"{' '.join(a)} | {' '.join(b)}"


_ANTONYM_STEMS = frozenset(frozenset(map(word_stem, pair)) for pair in synonyms.ANTONYMS)
_MORE = word_stem("more")
_LIGHT_STEMS = frozenset(map(word_stem, synonyms.LIGHT))
