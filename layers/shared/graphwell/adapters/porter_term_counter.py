"""Counts a question's terms in texts, by the Porter stems that the fulltext index keeps too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import Stemmer

from graphwell.adapters.lucene_query import ONE_LETTER_WORDS, question_words
from graphwell.domain.bm25 import TermCounts

# Lucene's EnglishAnalyzer.ENGLISH_STOP_WORDS_SET, which the index leaves out.
_STOPPED = """
    a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
    was will with
"""
_STOP_WORDS = frozenset(_STOPPED.split())

_SHORTEST_PREFIX = 2
_MANY_PREFIXES = 40
"""From here on, looking for each of them costs more than stemming every word."""

_ONE_LETTER_WORD = re.compile(f"[{ONE_LETTER_WORDS}]")


class PorterTermCounter:
    """The `TermCounter` port: English stems; letters of Han and Hiragana are terms each."""

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("porter")

    def count(self, question: str, texts: Sequence[str]) -> list[TermCounts]:
        """Return the counts of a question's terms in each text; see the port."""
        terms = {self._stemmer.stemWord(word) for word in question_words(question) if word not in _STOP_WORDS}
        if not terms:
            return [TermCounts({}, _length(text)) for text in texts]
        wanted = _forms(terms)
        return [TermCounts(self._frequencies(wanted, terms, text), _length(text)) for text in texts]

    def _frequencies(self, wanted: re.Pattern[str], terms: set[str], text: str) -> Counter[str]:
        stems = self._stemmer.stemWords(wanted.findall(text.lower()))
        return Counter([stem for stem in stems if stem in terms])


def _length(text: str) -> int:
    """Return about how many words a text has; an exact count ranks no better and takes as long as all else."""
    return text.count(" ") + 1


def _forms(terms: set[str]) -> re.Pattern[str]:
    """Return a pattern of the words that may have one of these stems: a stem's last letter alone may differ.

    Looking only at them takes half the time of stemming every word. It is made for each question, so it must be quick
    to compile: its words are those of "\\w", which does not part Latin letters from Han that follow without a space.
    """
    letters = "".join(sorted(filter(_ONE_LETTER_WORD.fullmatch, terms)))
    prefixes = sorted({term[: max(_SHORTEST_PREFIX, len(term) - 1)] for term in terms if term not in letters})
    if len(prefixes) > _MANY_PREFIXES:
        prefixes = [r"\w"]
    choices = [rf"\b(?:{'|'.join(prefixes)})\w*"] if prefixes else []
    return re.compile("|".join([*choices, *([f"[{letters}]"] if letters else [])]))
