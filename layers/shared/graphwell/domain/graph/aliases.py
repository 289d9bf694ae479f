"""Short forms that a text explains itself: "American Psychological Association (APA)"."""

from __future__ import annotations

import re

from graphwell.domain.graph.names import normal_form

_SHORT_FORM = r"[^\W\d_][^\W_]{0,3}[^\W\d_a-z][^\W_]{0,6}"
_WORD = r"[^\W_][\w.'\u2019&-]{0,40}"
_IS_SHORT = re.compile(_SHORT_FORM)
_SHORT_WITHIN = re.compile(rf"(?P<short>{_SHORT_FORM})(?=[);,])")
_LONG_WITHIN = re.compile(rf"(?P<long>{_WORD}(?:[ ]{_WORD}){{1,9}})[ ]?\)")
_LAST_WORD = re.compile(rf"(?<![\w.'\u2019&-]){_WORD}\Z")
_MOST_WORDS = 10
_LONGEST_WORD = 41


def aliases_of(text: str) -> dict[str, str]:
    """Return the normal form of each short form that a text explains, with that of its long form.

    A long form has the letters of the short one in order, each at the beginning of a word or later in one, the first at
    the very beginning: Schwartz and Hearst, A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical
    Text, PSB 2003.
    """
    found: dict[str, str] = {}
    place = text.find("(")
    while place >= 0:
        short, words = _explained(text, place)
        long = _long_form(short, words) if words else ""
        if long and normal_form(long) != normal_form(short):
            found.setdefault(normal_form(short), normal_form(long))
        place = text.find("(", place + 1)
    return found


def _explained(text: str, place: int) -> tuple[str, list[str]]:
    """Return the short form at a bracket, and the words that it may stand for; none where there is no such pair."""
    before = _words_before(text, place)
    if within := _SHORT_WITHIN.match(text, place + 1):
        return within["short"], before
    if before and _IS_SHORT.fullmatch(before[-1]) and (within := _LONG_WITHIN.match(text, place + 1)):
        return before[-1], within["long"].split()
    return "", []


def _words_before(text: str, place: int) -> list[str]:
    """Return the words that lead up to a place, with one space behind each, ten at most."""
    words: list[str] = []
    pieces = text[max(0, place - _MOST_WORDS * (_LONGEST_WORD + 1)) : place].split(" ")
    if pieces.pop():
        return words
    for piece in reversed(pieces[-_MOST_WORDS:]):
        word = _LAST_WORD.search(piece)
        if word:
            words.insert(0, word[0])
        if not word or word.start():
            break
    return words


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
