"""What a chunk says, as far as rules alone can tell."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.graph.aliases import aliases_of
from graphwell.domain.graph.chunk_graph import ChunkGraph, Relation
from graphwell.domain.graph.entities import MAX_ENTITIES, Entity, entities_of

SHORT_FOR = "short for"
"""The relation of a short form to the name that a text explains it by. Both stay entities of their own: what one text
explains holds for no other, and goes with it."""


def graph_by_rules(title: str, headings: Sequence[str], text: str) -> ChunkGraph:
    """Return the entities of a chunk, and which of them are short forms of others.

    A name in small letters, such as "convolutional neural network", is an entity where a short form explains it.

    Parameters:
        title: of its document.
        headings: of the sections that it stands in.
        text: of the chunk, plain or Markdown.
    """
    entities = {entity.key: entity for entity in entities_of(title, headings, text)}
    relations = []
    for short, long in aliases_of(text).items():
        if short in entities and (long in entities or len(entities) < MAX_ENTITIES):
            entities.setdefault(long, Entity(long, long))
            relations.append(Relation(short, SHORT_FOR, long))
    return ChunkGraph(list(entities.values()), tuple(relations))
