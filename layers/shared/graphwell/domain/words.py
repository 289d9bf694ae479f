"""Words of a text as retrieval compares them: lower-cased, lightly stemmed and without function words as in English.

Scripts that put no space between words are compared by pairs of neighbouring letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4"
    "\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983"
    "\u09bc\u09be-\u09cd\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a75\u0a81-\u0a83\u0abc\u0abe-\u0acd\u0ae2\u0ae3\u0b01-\u0b03"
    "\u0b3c\u0b3e-\u0b57\u0b62\u0b63\u0b82\u0bbe-\u0bcd\u0bd7\u0c00-\u0c04\u0c3c\u0c3e-\u0c56\u0c62\u0c63\u0c81-\u0c83\u0cbc\u0cbe-\u0cd6"
    "\u0ce2\u0ce3\u0d00-\u0d03\u0d3b\u0d3c\u0d3e-\u0d4d\u0d57\u0d62\u0d63\u0d81-\u0d83\u0dca-\u0ddf\u0df2\u0df3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f35\u0f37\u0f39\u0f3e\u0f3f\u0f71-\u0f84\u0f86\u0f87\u0f8d-\u0fbc\u102b-\u103e\u1056-\u1059\u105e-\u1060"
    "\u135d-\u135f\u17b4-\u17d3\u17dd\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20f0\u3099\u309a\ufe20-\ufe2f"
)
"""Vowel signs, tones and accents that stand apart from their letters, which Python does not count as part of a word."""

_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fe\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Hiragana, Katakana and Han."""

_WORD = re.compile(rf"[^\W_]+(?:['\u2019][^\W_]+|[{MARKS}]+[^\W_]*)*")
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_POSSESSIVE = re.compile(r"['\u2019]s?$")

_COMMON = """
    a about after again all also am an and any are as at be because been before being between both but by can could
    did do does doing don't during each either else ever few for from further get gets give given had has have having he
    her here hers him his how however i if in into is it its itself just let like may me might more most much must my no
    nor not of off on once one only or other our ours out over own please put same shall she should show so some such
    tell than that the their theirs them then there these they this those through thus to too under until up upon us use
    used uses using very was we were what when where whether which while who whom whose why will with within without
    would you your yours
"""
FUNCTION_WORDS = frozenset(_COMMON.split())
"""Words too common to say what a question is about."""

_SUFFIXES = (
    ("ational", "ate"), ("ization", "ize"), ("isation", "ize"), ("fulness", "ful"), ("iveness", "ive"),
    ("ically", "ic"), ("ations", "ate"), ("ation", "ate"), ("ments", ""), ("ment", ""), ("ness", ""), ("ities", "ity"),
    ("ising", "ize"), ("izing", "ize"), ("ised", "ize"), ("ise", "ize"), ("edly", ""), ("ingly", ""), ("ing", ""),
    ("ions", ""), ("ion", ""), ("ies", "y"), ("ied", "y"), ("ed", ""), ("ly", ""),
)  # fmt: skip
_SHORTEST_STEM = 3
_LONG_STEM = 7


def words(text: str) -> list[str]:
    """Return the words of a text in order, lower-cased, with possessives cut off."""
    return [_POSSESSIVE.sub("", word) for word in _WORD.findall(text.lower())]


def stem(word: str) -> str:
    """Return the stem that the inflections of an English word share, found by its ending alone."""
    if not word.isalpha() or len(word) <= _SHORTEST_STEM:
        return word
    base = word
    if word.endswith("es") and word[-3] in "sxz":
        base = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is", "ies")):
        base = word[:-1]
    for ending, replacement in _SUFFIXES:
        if base.endswith(ending) and len(base) - len(ending) >= _SHORTEST_STEM:
            base = base[: len(base) - len(ending)] + replacement
            break
    return _evened(base)


def _evened(base: str) -> str:
    """Return a stem without the letters that English adds or drops before endings: -e, -at, doubled consonants."""
    if len(base) > _SHORTEST_STEM and base.endswith("e"):
        base = base[:-1]
    if len(base) > _SHORTEST_STEM and base[-1] == base[-2] and base[-1] not in "aeiouls":
        base = base[:-1]
    if len(base) >= _LONG_STEM and base.endswith("at"):
        base = base[:-2]
    return base[:-1] + "i" if base.endswith("y") and len(base) > _SHORTEST_STEM else base


def content_stems(text: str) -> list[str]:
    """Return the stems of a text's words in order, without function words; of unspaced scripts pairs of letters."""
    if _IS_UNSPACED.search(text):
        return [part for word in words(text) for part in _parts(word)]
    return [stem(word) for word in words(text) if word not in FUNCTION_WORDS]


def _parts(word: str) -> Iterator[str]:
    for run in _RUN.findall(word):
        if _IS_UNSPACED.match(run) and len(run) > 1:
            yield from map("".join, pairwise(run))
        elif run not in FUNCTION_WORDS:
            yield stem(run)
