"""Names of texts, found by rules alone."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.chunk_graph import ChunkGraph
from graphwell.domain.graph.rules import graph_by_rules
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import UnembeddedChunk

RULES = "names-3"
"""To be counted up with every change of the rules in `domain/graph`, so that stored chunks are read anew."""


class LocalGraphExtractor:
    """The `GraphExtractor` port without a model: names and short forms of names, in .2 ms a chunk (docs/graph.md)."""

    identity = RULES

    def extract(
        self,
        scope: TenantScope,  # noqa: ARG002
        chunks: Sequence[UnembeddedChunk],
        deadline: Deadline,  # noqa: ARG002
    ) -> list[ChunkGraph]:
        """Return what each chunk says; see the port."""
        return [graph_by_rules(chunk.title, chunk.headings, chunk.body) for chunk in chunks]
