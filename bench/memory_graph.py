"""The names of a collection in memory, walked over by the real use case."""

from __future__ import annotations

from collections import defaultdict

from bench.memory_index import MemoryIndex
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.entities import entities_of
from graphwell.domain.graph.walk import MAX_HOLDERS, Bridge, best_paths, reached
from graphwell.domain.passages import Hit, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Neighbourhood, WalkQuery


class MemoryGraph:
    """The `PassageGraph` port over the chunks of a `MemoryIndex`; it has no filters."""

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index
        self._rows = {chunk.chunk_id: row for row, chunk in enumerate(index.chunks)}
        self._entities = [entities_of(chunk.title, chunk.headings, chunk.text) for chunk in index.chunks]
        self._holding: dict[str, list[int]] = defaultdict(list)
        for row, entities in enumerate(self._entities):
            for entity in entities:
                self._holding[entity.key].append(row)

    def neighbourhood(self, scope: TenantScope, query: WalkQuery, deadline: Deadline) -> Neighbourhood:  # noqa: ARG002
        """Return what lies one bridge from the starts; see the port."""
        bridges = [bridge for start in query.starts for bridge in self._bridges(start.chunk_id)]
        added = reached(best_paths(query.question, query.starts, bridges), query.known)
        hits = [
            Hit(self._index.chunks[row], SearchMode.GRAPH, rank, self._index.similarity(row, query.vector))
            for rank, row in enumerate((self._rows[chunk_id] for chunk_id in added), start=1)
        ]
        return Neighbourhood(bridges, hits)

    def _bridges(self, start: str) -> list[Bridge]:
        """Return the bridges from a chunk to those of other documents."""
        chunks, row = self._index.chunks, self._rows[start]
        found = []
        for entity in self._entities[row]:
            ends = self._holding[entity.key]
            holders = len({chunks[end].document_id for end in ends})
            if 1 < holders <= MAX_HOLDERS:
                found += [
                    Bridge(start, entity.key, entity.name, holders, chunks[end].chunk_id)
                    for end in ends
                    if chunks[end].document_id != chunks[row].document_id
                ]
        return found
