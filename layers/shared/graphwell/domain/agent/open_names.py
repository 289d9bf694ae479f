"""Taking a question apart by names: which of them are still to be looked for, without a model that says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphwell.domain.graph.entities import entities_of
from graphwell.domain.graph.mentions import mentions_of
from graphwell.domain.graph.names import comparable, holds_name, title_names
from graphwell.domain.passages import Passage

LEADING = 10
"""Best passages whose names are followed, as in the walk (`domain/graph/walk.py`)."""


def open_names(question: str, ranked: Sequence[Passage]) -> list[str]:
    """Return the names that are worth a search of their own, the most promising first.

    First those of the question that no passage's title is about, longest first: a question that compares two things
    asks for both. Then those that the best passages hold and no document seen is about, in the order of the passages:
    a second hop lies behind them. Names within another such name are left out.

    Parameters:
        ranked: the passages seen, best first.
    """
    subjects = {key for passage in ranked for key in title_names(passage.title)}
    names: dict[str, str] = {}
    for key, name in (*_asked(question), *_led_to(question, ranked[:LEADING])):
        if key not in subjects:
            names.setdefault(key, name)
    return list(names.values())


def _asked(question: str) -> Iterator[tuple[str, str]]:
    """Yield key and form of each name of a question that stands within no longer one."""
    mentions = mentions_of(question)
    for mention in mentions:
        if not any(other.start <= mention.start and mention.end <= other.end for other in mentions if other != mention):
            yield mention.key, mention.surface


def _led_to(question: str, passages: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    asked = comparable(question)
    for passage in passages:
        entities = entities_of(passage.title, passage.headings, passage.text)
        for entity in entities:
            is_part = any(entity.key != other.key and holds_name(other.key, entity.key) for other in entities)
            if not entity.is_subject and not is_part and not holds_name(asked, entity.key):
                yield entity.key, entity.name
