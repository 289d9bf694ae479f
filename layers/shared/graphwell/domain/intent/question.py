"""Reading a question: what kind it is, what it is about, and in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from graphwell.domain.intent import vocabulary as vocab
from graphwell.domain.intent.kinds import opened
from graphwell.domain.intent.synonyms import EQUIVALENTS
from graphwell.domain.words import stem

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}|(?:(?<![\w.])[-\u2212])?\d+(?:[.,/:]\d+)*(?:(?:st|nd|rd|th)\b)?"
    r"|(?<!\S)-{1,2}[^\W\d_]+|[^\W\d_]+(?:'[^\W\d_]+)*(?:\+\+|[#+])?"
    r"|&&|\[\]|\{\}|\s[?!](?=\s)|(?<!\w)_+|_+(?!\w)|[,;:?!.]"
    r"|[^\w\s\"'()\[\]{}\-\u00a1\u00ab\u00ad\u00bb\u00bf\u060c\u061f\u06d4\u0964\u0965\u200b-\u203a\u2e80-\u303f\ufe0f\ufeff"
    r"\uff00-\uff0f\uff1a-\uff20]"
)
"""Letters and digits part: the unit of "10kg" is a word of its own. So is every sign that is no punctuation, vowel
signs and tones of scripts that write them apart among them, and punctuation that is itself asked about."""

_APOSTROPHES = str.maketrans(
    dict.fromkeys("\u2019\u2018\u00b4`", "'") | {"\u20b9": " rs ", "\u00a3": " gbp ", "\u20ac": " eur "}
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_THOUSANDS = re.compile(r"[-\u2212]?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_LOOSE_POSSESSIVE = re.compile(r"\s+(?='s\b)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that counts: its stem, and whether it is written as a name."""

    stem: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Words that stand together, behind the word that joins them to what comes before them, if there is one."""

    marker: str
    words: tuple[Word, ...]

    @property
    def stems(self) -> list[str]:
        """The stems of the words."""
        return [word.stem for word in self.words]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the guard compares it.

    Parameters:
        kind: what is asked for; see `kinds`.
        asks: question words after the first, in order.
        blocks: what it is about, in order; of `x and y` in the order of the alphabet.
        numbers: in order, without separators of thousands.
        relations: words that tell how the parts stand to each other, sorted.
        negations: how often something is denied.
        tense: `past`, `future`, or empty for anything else.
        persons: who it is about, sorted; anyone at all is left out.
        duties: whether something must or should be, sorted.
        joiners: of a question for yes or no, whether "and" or "or" joins the members of its lists, in order.
        points: whether it points at something that it does not hold, as "this picture" does.
    """

    kind: str
    asks: tuple[str, ...]
    blocks: tuple[Block, ...]
    numbers: tuple[str, ...]
    relations: tuple[str, ...]
    negations: int
    tense: str
    persons: tuple[str, ...]
    duties: tuple[str, ...]
    joiners: tuple[str, ...]
    points: bool

    @property
    def words(self) -> list[Word]:
        """All words in order."""
        return [word for block in self.blocks for word in block.words]

    @property
    def stems(self) -> list[str]:
        """The stems of all words in order."""
        return [word.stem for word in self.words]


@lru_cache(maxsize=2048)
def read_question(text: str) -> Question:
    """Return what a question says, in the form in which two of them are compared."""
    question = opened(_expanded(_LOOSE_POSSESSIVE.sub("", text.translate(_APOSTROPHES))))
    reader = _Reader(question.kind, shouted=text.isupper())
    reader.read(question.before, begins=True)
    reader.read(question.rest, begins=not (question.before or question.is_opened))
    return reader.question()


def _expanded(text: str) -> str:
    return _WORD.sub(lambda match: _full_form(match.group()), text).strip()


def _full_form(word: str) -> str:
    low = word.lower()
    if low in vocab.CONTRACTIONS:
        return vocab.CONTRACTIONS[low]
    for ending, full in vocab.CONTRACTED_ENDINGS:
        if low.endswith(ending):
            return word[: -len(ending)] + full
    return word


class _Reader:
    """Takes the tokens of a question in one by one.

    Parameters:
        shouted: whether it is written in capitals alone, which tell nothing then.
    """

    def __init__(self, kind: str, *, shouted: bool) -> None:
        self._kind = kind
        self._shouted = shouted
        self._asks: list[str] = []
        self._numbers: list[str] = []
        self._relations: list[str] = []
        self._persons: list[str] = []
        self._duties: list[str] = []
        self._joiners: list[str] = []
        self._negations = 0
        self._tense = ""
        self._points = False
        self._runs: list[tuple[str, list[Word]]] = []

    def read(self, text: str, *, begins: bool) -> None:
        """Take in a part of the question.

        Parameters:
            begins: whether it is the first of it, whose first word has a capital whatever it is.
        """
        self._part("")
        for index, token in enumerate(_TOKEN.findall(text)):
            low = token if token[0] == "-" else token.lower()  # of a program's options, -v is not -V
            inside = index > 0 or not begins
            acronym = inside and not self._shouted and _is_acronym(token)
            if acronym or not self._function_word(low):
                self._word(vocab.ACRONYMS.get(token, low) if acronym else low, named=inside and token[0].isupper())

    def question(self) -> Question:
        """Return what was read."""
        return Question(
            self._kind,
            tuple(self._asks),
            tuple(_listed_in_order(self._runs)),
            tuple(self._numbers),
            tuple(sorted(self._relations)),
            self._negations,
            self._tense,
            tuple(sorted(self._persons)),
            tuple(sorted(self._duties)),
            tuple(self._joiners) if self._kind in vocab.KINDS_OF_YES_OR_NO else (),
            self._points,
        )

    def _function_word(self, low: str) -> bool:
        """Note what a function word says, and tell whether it is one."""
        if low in vocab.ARTICLES:
            return True
        if low in vocab.TENSES:
            self._tense = vocab.TENSES[low]
        if low in vocab.NEGATIONS:
            self._negations += 1
        if low in vocab.DUTIES:
            self._duties.append(low)
        if low in vocab.AND_OR:
            self._joiners.append(vocab.AND_OR[low])
        if low in vocab.POINTERS:
            self._points = True
        elif low in vocab.PERSONS:
            person = vocab.PERSONS[low]
            if not (person in vocab.ANYONE and self._kind in vocab.KINDS_OF_ANYONE):
                self._persons.append(person)
        elif low in vocab.ASKING:
            self._asks.append(low)
        elif low in vocab.RELATIONS:
            self._relations.append(f"not {low}" if self._just_denied() else low)
        elif low not in vocab.PARTING:
            return False
        self._part(low)
        return True

    def _just_denied(self) -> bool:
        """Tell whether nothing came since a negation: "not all" is not "all not"."""
        marker, words = self._runs[-1]
        return marker in vocab.NEGATIONS and not words

    def _word(self, low: str, *, named: bool) -> None:
        number = vocab.NUMBER_WORDS.get(low) or _number(low)
        if number:
            self._numbers.append(number)
        self._runs[-1][1].append(Word(number or word_stem(low), named and not self._shouted))

    def _part(self, marker: str) -> None:
        if self._runs and not self._runs[-1][1]:
            # Of several words between two blocks the one that says most counts: "up to", "is from".
            before = self._runs.pop()[0]
            marker = marker if marker in vocab.RELATIONS or before not in vocab.RELATIONS | vocab.LOOSE else before
        self._runs.append((marker, []))


def _is_acronym(token: str) -> bool:
    """Tell whether a word in the midst of a question is a name that would be a function word in small letters."""
    low = token.lower()
    is_capitals = len(token) > 1 and token.isupper() and low not in vocab.NEGATIONS
    return token in vocab.ACRONYMS or (is_capitals and low in vocab.PARTING | vocab.RELATIONS)


def _number(low: str) -> str:
    """Return a number in the form in which it is compared, "" for what is none: 1,500 is 1500, but 1,5 is not 15."""
    if ordinal := _ORDINAL.fullmatch(low):
        return f"{ordinal[1]}th"
    if not low[-1].isdigit():
        return ""
    return low.replace(",", "") if _THOUSANDS.fullmatch(low) else low


def word_stem(low: str) -> str:
    """Return the stem by which a lower-cased word is compared: that of the first of its equivalents."""
    word = low.removesuffix("'s").replace(".", "")
    found = stem(word)
    return _STEMS.get(word) or _STEMS.get(found, found)


_STEMS = {form: stem(first) for word, first in EQUIVALENTS.items() for form in (word, stem(word))}


def _listed_in_order(runs: list[tuple[str, list[Word]]]) -> list[Block]:
    """Return the blocks, after what is left and right of an `and` or `or` has been put in the order of the alphabet."""
    ordered = [words for _, words in runs]
    for index in range(1, len(runs)):
        left, right = ordered[index - 1], ordered[index]
        if runs[index][0] in vocab.JOINERS and left and right and [w.stem for w in left] > [w.stem for w in right]:
            ordered[index - 1], ordered[index] = right, left
    return [Block(marker, tuple(words)) for (marker, _), words in zip(runs, ordered, strict=True) if words]
