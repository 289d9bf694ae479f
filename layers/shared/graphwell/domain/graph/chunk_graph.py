"""What one chunk says: the entities that it names, and the relations between them that it states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphwell.domain.graph.entities import Entity


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that a text states, such as "directed by", from one entity of its chunk to another, by their keys."""

    source: str
    name: str
    target: str


@dataclass(frozen=True, slots=True)
class ChunkGraph:
    """A chunk's part of the graph. Both ends of every relation are among its entities.

    Raises:
        ValueError: an end is not.
    """

    entities: Sequence[Entity]
    relations: Sequence[Relation] = ()

    def __post_init__(self) -> None:
        keys = {entity.key for entity in self.entities}
        if not all(relation.source in keys and relation.target in keys for relation in self.relations):
            raise ValueError("A relation joins entities of its chunk.")
