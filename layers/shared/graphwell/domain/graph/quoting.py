"""The words around a name in a passage."""

from __future__ import annotations

import re

from graphwell.domain.graph.aliases import aliases_of
from graphwell.domain.graph.mentions import mentions_of
from graphwell.domain.sentences import sentences_of

MAX_QUOTE_LENGTH = 300
"""Characters of a quote."""


def quote_around(text: str, key: str) -> tuple[int, int]:
    """Return from where to where a passage speaks of a name: the sentence that mentions it first, shortened around it.

    Of a passage that does not mention it, as when only a title does, it is the first sentence.

    Parameters:
        text: of the passage, with at least one visible character.
        key: normal form of the name.
    """
    place = _place_of(text, key)
    start, end = _sentence_at(text, place[0] if place else None)
    first, last = (min(place[0], start), max(place[1], end)) if place else (start, end)
    return _shortened(text, first, last, place or (first, first))


def _place_of(text: str, key: str) -> tuple[int, int] | None:
    """Return where a text names what has this normal form: as a name, by its words in any case, by its short form."""
    mentions = mentions_of(text)
    places = {mention.key: (mention.start, mention.end) for mention in reversed(mentions)}
    if key in places:
        return places[key]
    words = r"[\W_]+".join(map(re.escape, key.split()))
    if found := re.search(rf"(?<![^\W_]){words}(?![^\W_])", text, re.IGNORECASE):
        return found.span()
    short = next((short for short, long in aliases_of(text).items() if long == key and short in places), None)
    return None if short is None else places[short]


def _sentence_at(text: str, place: int | None) -> tuple[int, int]:
    """Return the sentence at a place, its line where it stands in none, the first sentence without a place."""
    sentences = sentences_of(text)
    if place is None:
        body = text.strip()
        return (sentences[0].start, sentences[0].end) if sentences else _within(text, body)
    for sentence in sentences:
        if sentence.start <= place < sentence.end:
            return sentence.start, sentence.end
    line_end = text.find("\n", place)
    begin = text.rfind("\n", 0, place) + 1
    end = len(text) if line_end < 0 else line_end
    line = text[begin:end].strip()
    start = begin + text[begin:end].index(line)
    return start, start + len(line)


def _within(text: str, body: str) -> tuple[int, int]:
    start = text.index(body)
    return start, start + len(body)


def _shortened(text: str, start: int, end: int, place: tuple[int, int]) -> tuple[int, int]:
    """Return at most `MAX_QUOTE_LENGTH` characters of a sentence around a place in it, between words."""
    if end - start <= MAX_QUOTE_LENGTH:
        return start, end
    room = max(0, MAX_QUOTE_LENGTH - (place[1] - place[0]))
    first = max(start, min(place[0] - room // 2, end - MAX_QUOTE_LENGTH))
    last = min(end, first + MAX_QUOTE_LENGTH)
    if first > start and (space := text.find(" ", first, place[0])) >= 0:
        first = space + 1
    if last < end and (space := text.rfind(" ", max(place[1], first + 1), last)) >= 0:
        last = space
    return first, last
