"""The entity graph of a collection: which chunks mention what, and the bridges from one chunk to others."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache

from bench.ranking.collections import StoredChunk, StoredCollection
from graphwell.domain.graph.entities import Entity, entities_of
from graphwell.domain.graph.walk import Bridge

Extractor = Callable[[StoredChunk], Iterable[Entity]]


def shipped(chunk: StoredChunk) -> list[Entity]:
    """Return what the shipped extractor finds in a chunk."""
    return entities_of(chunk.title, chunk.headings, chunk.text)


class EntityIndex:
    """Mentions of a collection in both directions; a chunk's row is its id.

    Parameters:
        extract: gives the entities of a chunk.
    """

    def __init__(self, stored: StoredCollection, extract: Extractor = shipped) -> None:
        began = time.process_time()
        self.entities = [list(extract(chunk)) for chunk in stored.chunks]
        self.seconds = time.process_time() - began
        self.chunks: dict[str, list[int]] = defaultdict(list)
        for row, entities in enumerate(self.entities):
            for entity in entities:
                self.chunks[entity.key].append(row)
        self._documents = stored.documents
        self.holders = {key: len({stored.documents[row] for row in rows}) for key, rows in self.chunks.items()}
        self.bridges = cache(self._bridges)

    def _bridges(self, row: int, most_holders: int) -> list[Bridge]:
        """Return the bridges from a chunk to those of other documents over entities that so many documents hold."""
        return [
            Bridge(str(row), entity.key, entity.name, self.holders[entity.key], str(end))
            for entity in self.entities[row]
            if 1 < self.holders[entity.key] <= most_holders
            for end in self.chunks[entity.key]
            if self._documents[end] != self._documents[row]
        ]
