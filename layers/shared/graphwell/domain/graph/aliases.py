"""Short forms that a text explains itself: "American Psychological Association (APA)"."""

from __future__ import annotations

import re

from graphwell.domain.graph.names import normal_form

_SHORT_FORM = r"[^\W\d_][^\W_]{0,3}[^\W\d_a-z][^\W_]{0,6}"
_WORD = r"[^\W_][\w.'\u2019&-]{0,40}"
_EXPLAINED = re.compile(
    rf"\b(?P<before>(?:{_WORD}[ ]){{1,10}})\((?P<short>{_SHORT_FORM})(?=[);,])"
    rf"|\b(?P<first>{_SHORT_FORM})[ ]\((?P<long>(?:{_WORD}[ ]?){{2,10}})\)"
)


def aliases_of(text: str) -> dict[str, str]:
    """Return the normal form of each short form that a text explains, with that of its long form.

    A long form has the letters of the short one in order, each at the beginning of a word or later in one, the first at
    the very beginning: Schwartz and Hearst, A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical
    Text, PSB 2003.
    """
    found: dict[str, str] = {}
    for match in _EXPLAINED.finditer(text):
        short = match["short"] or match["first"]
        long = _long_form(short, match["before"].split() if match["before"] else match["long"].split())
        if long and normal_form(long) != normal_form(short):
            found.setdefault(normal_form(short), normal_form(long))
    return found


def _long_form(short: str, words: list[str]) -> str:
    """Return the fewest last words that a short form stands for, empty when it stands for none of them."""
    letters = short.lower()
    most = min(len(letters) + 5, 2 * len(letters))
    for count in range(2, min(len(words), most) + 1):
        candidate = words[-count:]
        if candidate[0].lower().startswith(letters[0]) and _stands_for(letters, candidate):
            return " ".join(candidate)
    return ""


def _stands_for(letters: str, words: list[str]) -> bool:
    """Tell whether the letters come in order in the words, most of them as first letters of words."""
    initials = iter(word[0].lower() for word in words)
    at_beginnings = sum(letter in initials for letter in letters if letter.isalpha())
    rest = iter("".join(words).lower())
    return all(letter in rest for letter in letters) and 2 * at_beginnings > len(letters)
