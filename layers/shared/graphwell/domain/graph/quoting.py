"""The words around a name in a passage."""

from __future__ import annotations

import re

from graphwell.domain.graph.aliases import aliases_of
from graphwell.domain.graph.mentions import mentions_of
from graphwell.domain.sentences import sentences_of

MAX_QUOTE_LENGTH = 300
"""Characters of a quote."""


def quote_around(text: str, key: str) -> tuple[int, int]:
    """Return from where to where a passage speaks of a name: the first sentence that mentions it, shortened around it.

    Where only a heading or code of the passage mentions it, that line; where nothing does, as when a title does, the
    first sentence.

    Parameters:
        text: of the passage, with at least one visible character.
        key: normal form of the name.
    """
    places = _places_of(text, key)
    sentences = [(sentence.start, sentence.end) for sentence in sentences_of(text)]
    for place in places:
        for start, end in sentences:
            if start <= place[0] < end:
                return _shortened(text, (start, max(end, place[1])), place)
    if places:
        start, end = _line_at(text, places[0][0])
        return _shortened(text, (start, max(end, places[0][1])), places[0])
    start, end = sentences[0] if sentences else _trimmed(text, 0, len(text))
    return _shortened(text, (start, end), (start, start))


def _places_of(text: str, key: str) -> list[tuple[int, int]]:
    """Return where a text names what has this normal form: as a name, by its words in any case, by its short form."""
    mentions = mentions_of(text)
    if found := [(mention.start, mention.end) for mention in mentions if mention.key == key]:
        return found
    words = r"[\W_]+".join(map(re.escape, key.split()))
    if found := [match.span() for match in re.finditer(rf"(?<![^\W_]){words}(?![^\W_])", text, re.IGNORECASE)]:
        return found
    short = {short for short, long in aliases_of(text).items() if long == key}
    return [(mention.start, mention.end) for mention in mentions if mention.key in short]


def _line_at(text: str, place: int) -> tuple[int, int]:
    end = text.find("\n", place)
    return _trimmed(text, text.rfind("\n", 0, place) + 1, len(text) if end < 0 else end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    line = text[start:end].strip()
    start = text.index(line, start)
    return start, start + len(line)


def _shortened(text: str, within: tuple[int, int], place: tuple[int, int]) -> tuple[int, int]:
    """Return at most `MAX_QUOTE_LENGTH` characters of a part of a text around a place in it, between words."""
    start, end = within
    if end - start <= MAX_QUOTE_LENGTH:
        return within
    room = max(0, MAX_QUOTE_LENGTH - (place[1] - place[0]))
    first = max(start, min(place[0] - room // 2, end - MAX_QUOTE_LENGTH))
    last = min(end, first + MAX_QUOTE_LENGTH)
    if first > start and (space := text.find(" ", first, place[0])) >= 0:
        first = space + 1
    if last < end and (space := text.rfind(" ", max(place[1], first + 1), last)) >= 0:
        last = space
    return first, last
