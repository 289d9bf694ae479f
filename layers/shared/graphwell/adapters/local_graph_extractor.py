"""Names of texts, found by rules alone."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.chunk_graph import ChunkGraph
from graphwell.domain.graph.entities import entities_of
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import UnembeddedChunk

RULES = "names-1"
"""To be counted up with every change of the rules in `domain/graph`, so that stored chunks are read anew."""


class LocalGraphExtractor:
    """The `GraphExtractor` port without a model: entities and no relations, in .2 ms a chunk (docs/graph.md)."""

    identity = RULES

    def extract(
        self,
        scope: TenantScope,  # noqa: ARG002
        chunks: Sequence[UnembeddedChunk],
        deadline: Deadline,  # noqa: ARG002
    ) -> list[ChunkGraph]:
        """Return what each chunk names; see the port."""
        return [ChunkGraph(entities_of(chunk.title, chunk.headings, chunk.body)) for chunk in chunks]
