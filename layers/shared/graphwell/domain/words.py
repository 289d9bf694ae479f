"""Words of an English text as retrieval compares them: lower-cased, lightly stemmed, without function words."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
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
    """Return the stems of a text's words in order, without function words."""
    return [stem(word) for word in words(text) if word not in FUNCTION_WORDS]
