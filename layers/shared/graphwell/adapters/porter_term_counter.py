"""Counts a question's terms in texts, by the Porter stems that the fulltext index keeps too."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import Stemmer

from graphwell.adapters.lucene_query import ONE_LETTER_WORDS, lowered, question_words
from graphwell.domain.bm25 import Pair, TermCounts

# Lucene's EnglishAnalyzer.ENGLISH_STOP_WORDS_SET, which the index leaves out.
_STOPPED = """
    a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
    was will with
"""
_STOP_WORDS = frozenset(_STOPPED.split())

_SHORTEST_BEGINNING = 2
_BETWEEN_TEXTS = "\n\n\n"
"""Wider than what may stand between two words that follow each other: two characters, none between Han letters."""
_REST_OF_WORD = re.compile(r"\w*")
_ONE_LETTER_WORD = re.compile(f"[{ONE_LETTER_WORDS}]")


class PorterTermCounter:
    """The `TermCounter` port: English stems; letters of Han and Hiragana are terms each."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("porter")

    def count(self, question: str, texts: Sequence[str]) -> list[TermCounts]:
        """Return the counts of a question's terms and pairs in each text; see the port."""
        terms = self.ordered_terms(question)
        before = dict(zip(terms[1:], terms, strict=False))
        read = [lowered(text) for text in texts]
        starts = list(accumulate((len(text) + len(_BETWEEN_TEXTS) for text in read), initial=0))
        found = list(self._occurrences(set(terms), _BETWEEN_TEXTS.join(read)))
        ending_at = {end: term for _, end, term in found}.get
        frequencies: list[dict[str, int]] = [{} for _ in texts]
        pairs: list[dict[Pair, int]] = [{} for _ in texts]
        for place, _, term in found:
            number = bisect_right(starts, place) - 1
            frequencies[number][term] = frequencies[number].get(term, 0) + 1
            first = before.get(term)
            if first and first in (ending_at(place - 1), ending_at(place - 2), ending_at(place)):
                pairs[number][first, term] = pairs[number].get((first, term), 0) + 1
        return [
            TermCounts(counts, _length(text), neighbours)
            for counts, neighbours, text in zip(frequencies, pairs, texts, strict=True)
        ]

    def terms(self, text: str) -> frozenset[str]:
        """Return the distinct terms of a text; see the port."""
        return frozenset(self.ordered_terms(text))

    def ordered_terms(self, text: str) -> list[str]:
        """Return the distinct terms of a text in order."""
        stems = self._stemmer.stemWords([word for word in question_words(text) if word not in _STOP_WORDS])
        return [stem for stem in dict.fromkeys(stems) if stem]  # the stem of "s", which a possessive leaves, is ""

    def _occurrences(self, terms: set[str], text: str) -> Iterator[tuple[int, int, str]]:
        """Give the place, the end and the term of every word of a text whose stem is one of the terms.

        Only words are looked at that begin like a term: a stem's last letter alone may differ. Looking for these
        beginnings with `str.find`, in all candidates at once, takes half the time of matching a pattern of them.
        """
        letters = {term for term in terms if _ONE_LETTER_WORD.fullmatch(term)}
        for letter in letters:
            yield from ((place, place + 1, letter) for place in _places(letter, text))
        stems: dict[str, str] = {}
        for beginning in _beginnings(terms - letters):
            for place in _places(beginning, text):
                if place and _is_word(text[place - 1]):
                    continue
                word = _REST_OF_WORD.match(text, place)[0]  # type: ignore[index]  # it matches everywhere
                if word not in stems:
                    stems[word] = self._stemmer.stemWord(word)
                if stems[word] in terms:
                    yield place, place + len(word), stems[word]


def _places(part: str, text: str) -> Iterator[int]:
    """Give every place where a text holds a part, which has a character at least."""
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _beginnings(terms: set[str]) -> list[str]:
    """Return what words with these stems begin with, none of which begins with another."""
    kept: list[str] = []
    for beginning in sorted({term[: max(_SHORTEST_BEGINNING, len(term) - 1)] for term in terms}):
        if not kept or not beginning.startswith(kept[-1]):
            kept.append(beginning)
    return kept


def _is_word(character: str) -> bool:
    """Return whether a character is part of a word, as "\\w" has it."""
    return character.isalnum() or character == "_"


def _length(text: str) -> int:
    """Return about how many words a text has; an exact count ranks no better and takes as long as all else."""
    return text.count(" ") + 1
