"""Finds what a text names, without a model: names, quoted titles, code and texts of links.

Names are told by their capitals, so texts in scripts without them, and those written in one case, name nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graphwell.domain.graph.names import normal_form
from graphwell.domain.words import FUNCTION_WORDS

MAX_NAME_WORDS = 10
"""Words of a name; a longer run of capitals is a headline or a text in capitals."""

_SHORT_FORM_LETTERS = 3
"""Letters of a short form or initial that may end in a full stop within a name: "St. Helens", "John F. Kennedy"."""

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019.&\u2013-][^\W_]+)*|\n\s*\n|[^\w\s]")
_POSSESSIVE = re.compile(r"['\u2019][sS]$")
_MARKED = re.compile(
    r"=\"[^\"\n]*\"|\"(?P<straight>[^\"\n]{2,80})\"|\u201c(?P<curled>[^\u201c\u201d\n]{2,80})\u201d|``(?P<tex>[^`'\n]{2,80}?)''"
    r"|(?<!`)`(?P<code>[^`\n]{2,60})`(?!`)|(?<!!)\[(?P<link>[^\[\]\n]{2,80})\]\([^()\s]+\)"
)
_EDGES = " \t,.;:!?*_`"

_PARTICLES = """
    of de la le du des del della di da dos das do van von der den ter ten zu zum bin ibn al el e y
"""
_JOINING = frozenset(_PARTICLES.split())
"""Words in small letters within names."""
_ARTICLES = frozenset(("the", "la", "los", "las", "der", "den"))
"""Words that may follow one of these within a name."""
_PARTING = frozenset(("of", "for"))
"""Words behind which a name of its own may stand: the town in "University of Vienna"."""

_CALENDAR = """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december
"""
_OPENING = """
    although among amongst besides despite following former formerly here however later many meanwhile nevertheless
    originally others several similarly since sometimes still therefore together unlike usually various whilst yes yet
    mr mrs ms dr i
"""
_COMMON = FUNCTION_WORDS | frozenset(_OPENING.split())
"""Words that are written with a capital only because they begin a sentence or stand before a name."""
_NO_NAMES = _COMMON | frozenset(_CALENDAR.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it stands in a text.

    Parameters:
        key: its normal form.
        surface: exactly `text[start:end]`.
    """

    key: str
    surface: str
    start: int
    end: int


def mentions_of(text: str) -> list[Mention]:
    """Return what a text names, in order; of two that begin at one place the longer comes first."""
    spans = dict.fromkeys([*_marked(text), *_names(text)])
    return [
        Mention(key, text[start:end], start, end)
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1]))
        if (key := normal_form(text[start:end])) and key not in _NO_NAMES and not key.isdigit() and len(key) > 1
    ]


def _marked(text: str) -> Iterator[tuple[int, int]]:
    """Yield where quotes, code and texts of links stand; what a tag quotes behind "=" is no title."""
    for match in _MARKED.finditer(text):
        group = match.lastgroup
        surface = match[group].strip(_EDGES) if group else ""
        if group and surface:
            start = match.start(group) + match[group].index(surface)
            yield start, start + len(surface)


class _Token(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether it is written as a name, with a capital or several."""
        first = self.text[0]
        return first.isupper() or (first.isdigit() and not self.text.islower() and not self.text[-1].isdigit())

    @property
    def is_common(self) -> bool:
        return self.text.lower() in _COMMON


def _names(text: str) -> Iterator[tuple[int, int]]:
    tokens = [_Token(match[0], *match.span()) for match in _TOKEN.finditer(text)]
    small = {token.text for token in tokens if token.text[0].islower()}
    place = 0
    begins_sentence = True
    while place < len(tokens):
        if not tokens[place].is_name:
            begins_sentence = not tokens[place].text[0].isalnum() and tokens[place].text not in ",'()-\u2013/&"
            place += 1
            continue
        end = _end_of_name(text, tokens, place)
        name: Sequence[_Token] = tokens[place:end]
        if begins_sentence or len(name) == 1:
            name = _without_opening(name)
        is_opening = begins_sentence and len(name) == 1 and end == place + 1 and name[0].text.lower() in small
        if 0 < len(name) <= MAX_NAME_WORDS and not is_opening:
            yield from _spans(name)
        begins_sentence = False
        place = end


def _end_of_name(text: str, tokens: Sequence[_Token], first: int) -> int:
    """Return the place after the last token of the name that begins with a token."""
    end = first + 1
    while end < len(tokens):
        following = end + _joining(tokens, end)
        if following >= len(tokens) or text[tokens[following - 1].end : tokens[following].start] not in (" ", "\n", ""):
            break
        is_number = following == end and tokens[following].text.isdigit()
        if not (tokens[following].is_name or is_number):
            break
        end = following + 1
    return end


def _joining(tokens: Sequence[_Token], place: int) -> int:
    """Return how many tokens that join two words of a name stand at a place behind the first of them."""
    word = tokens[place].text
    if word == "&":
        return 1
    if word == ".":
        is_short = len(tokens[place - 1].text) < _SHORT_FORM_LETTERS and tokens[place - 1].end == tokens[place].start
        is_followed = place + 1 < len(tokens) and not tokens[place + 1].is_common
        return int(is_short and is_followed)
    is_followed_by_article = place + 1 < len(tokens) and tokens[place + 1].text in _ARTICLES
    if word in _JOINING or (word in {"for", "on"} and is_followed_by_article):
        return 2 if is_followed_by_article else 1
    return 0


def _without_opening(name: Sequence[_Token]) -> Sequence[_Token]:
    """Return a name without the common words that it begins with: "In the United States", "The Beatles"."""
    first = 0
    while first < len(name) and (name[first].is_common or (first and not name[first].is_name)):
        first += 1
    return name[first:]


def _spans(name: Sequence[_Token]) -> Iterator[tuple[int, int]]:
    """Yield where a name stands, and the names within it: before and behind a possessive, and behind "of" or "for"."""
    end = _end_of(name[-1])
    yield name[0].start, end
    for place, token in enumerate(name[:-1]):
        is_owner = bool(_POSSESSIVE.search(token.text))
        if is_owner:
            yield name[0].start, _end_of(token)
        if is_owner or (place and token.text in _PARTING):
            behind = [word for word in name[place + 1 :] if word.is_name]
            yield from [(word.start, end) for word in behind[:1]]


def _end_of(token: _Token) -> int:
    """Return the end of a token without its possessive."""
    possessive = _POSSESSIVE.search(token.text)
    return token.start + possessive.start() if possessive else token.end
