"""The entities of a chunk: what its title and headings are about, and what its text names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphwell.domain.graph.mentions import mentions_of
from graphwell.domain.graph.names import normal_form, title_names

MAX_ENTITIES = 64
"""Entities of a chunk: those of a page of names alone; a passage of prose has a dozen (docs/graph.md)."""

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Entity:
    """What a chunk mentions.

    Parameters:
        key: normal form of its name, by which a tenant's entities are merged.
        name: as it is written where it stands first.
        is_subject: whether it is named by the title or a heading.
    """

    key: str
    name: str
    is_subject: bool = False


def entity_id(key: str) -> str:
    """Return the id of the entity with a key, unique in the tenant: 96 bits of its SHA-256, in hexadecimal.

    A key may hold any letters, which neither an address nor a cursor carries well.
    """
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def entities_of(title: str, headings: Sequence[str], text: str) -> list[Entity]:
    """Return the entities of a chunk, each once, `MAX_ENTITIES` at most: subjects first, then in the order of the text.

    Parameters:
        title: of its document.
        headings: of the sections that it stands in.
        text: of the chunk, plain or Markdown.
    """
    found: dict[str, Entity] = {}
    for entity in _all(title, headings, text):
        found.setdefault(entity.key, entity)
        if len(found) == MAX_ENTITIES:
            break
    return list(found.values())


def _all(title: str, headings: Sequence[str], text: str) -> Iterator[Entity]:
    for line in (title, *headings):
        name = line.strip()[:_LONGEST_NAME]
        for key in title_names(line):
            yield Entity(key, name if key == normal_form(line) else _bare(name, key), is_subject=True)
    for line in (title, *headings):
        yield from (Entity(mention.key, mention.surface, is_subject=True) for mention in mentions_of(line))
    yield from (Entity(mention.key, mention.surface) for mention in mentions_of(text))


def _bare(name: str, key: str) -> str:
    """Return the shortest beginning of a name that has this normal form."""
    return next((name[:end] for end in range(1, len(name)) if normal_form(name[:end]) == key), name)
