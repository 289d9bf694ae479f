"""What a language model says of a text, as far as the text bears it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphwell.domain.graph.chunk_graph import ChunkGraph, Relation
from graphwell.domain.graph.entities import MAX_ENTITIES, Entity
from graphwell.domain.graph.names import comparable, holds_name, normal_form

MAX_RELATIONS = 32
"""Relations of a chunk; a passage of prose states some five."""

MAX_RELATION_LENGTH = 60
"""Characters of a relation's name: what is longer is a sentence."""


@dataclass(frozen=True, slots=True)
class StatedRelation:
    """A relation in a model's words."""

    source: str
    name: str
    target: str


def borne_out(graph: ChunkGraph, text: str, names: Iterable[str], relations: Sequence[StatedRelation]) -> ChunkGraph:
    """Return what the rules found in a text, with what a model adds to it.

    A name counts where the text holds it in some spelling, and a relation between two such names; whatever else a model
    says, or was made to say by the text, is left out. What the rules found keeps its place.

    Parameters:
        text: all that the model was shown of the chunk.
    """
    held = comparable(text)
    entities = {entity.key: entity for entity in graph.entities}
    for name in (*names, *(end for relation in relations for end in (relation.source, relation.target))):
        key = normal_form(name)
        if key and not key.isdigit() and len(entities) < MAX_ENTITIES and holds_name(held, key):
            entities.setdefault(key, Entity(key, " ".join(name.split())))
    stated = [
        Relation(normal_form(each.source), " ".join(each.name.casefold().split()), normal_form(each.target))
        for each in relations
    ]
    kept = [
        each
        for each in dict.fromkeys((*graph.relations, *stated))
        if each.source in entities
        and each.target in entities
        and each.source != each.target
        and 0 < len(each.name) <= MAX_RELATION_LENGTH
    ]
    return ChunkGraph(list(entities.values()), tuple(kept[:MAX_RELATIONS]))
