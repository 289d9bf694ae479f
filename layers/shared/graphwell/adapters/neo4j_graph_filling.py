"""Which tenants' chunks are to be read anew for the graph, on the tenants' nodes in Neo4j."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_graph_writing import write_graphs
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.adapters.neo4j_unembedded_chunks import unembedded_chunks
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, UnembeddedChunk

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from graphwell.domain.graph.chunk_graph import ChunkGraph

# Constraint index_metadata.
_READ = "MATCH (m:IndexMetadata {id: 'graph'}) WHERE m.extractor = $identity RETURN m.id AS id"
_RECORD = "MERGE (m:IndexMetadata {id: 'graph'}) SET m.extractor = $identity"

# Every tenant, once an extractor. `graph_filled_to` is the last chunk that was read, and is gone when all are.
_START = "MATCH (t:Tenant) SET t.graph_filled_to = ''"

# Index tenant_graph_filled. All tenants.
_UNFILLED = """
MATCH (t:Tenant) WHERE t.graph_filled_to >= ''
RETURN t.id AS tenant_id LIMIT $limit"""

# Constraints tenant_id, chunk_id.
_NEXT = """
MATCH (t:Tenant {id: $tenant_id})
WITH t.graph_filled_to AS after_id
MATCH (c:Chunk {tenant_id: $tenant_id}) WHERE c.id > after_id
RETURN c.id AS id, c.title AS title, c.headings AS headings, c.text AS text ORDER BY id LIMIT $limit"""

# Constraint chunk_id. Locks those that are still there.
_HOLD = """
UNWIND $chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id})
SET c.locked_at = $now
RETURN collect(c.id) AS held"""

# Constraint tenant_id; the tenant is locked.
_FILLED_TO = "MATCH (t:Tenant {id: $tenant_id}) SET t.graph_filled_to = $after_id"


class Neo4jGraphFilling:
    """The `GraphFilling` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def start(self, identity: str) -> None:
        """Have all tenants' chunks read anew; see the port."""

        def work(tx: ManagedTransaction) -> None:
            tx.run(_RECORD, identity=identity).consume()
            tx.run(_START).consume()

        if not self._client.read(_READ, identity=identity):
            self._client.write(work)

    def unfilled(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants that are not through; see the port."""
        return [TenantScope(record["tenant_id"]) for record in self._client.read(_UNFILLED, limit=limit)]

    def next_chunks(self, scope: TenantScope, limit: int) -> Sequence[UnembeddedChunk]:
        """Return the next chunks; see the port."""
        records = self._client.read(_NEXT, tenant_id=scope.tenant_id, limit=limit)
        return unembedded_chunks(records)

    def store(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], graphs: Sequence[ChunkGraph]) -> None:
        """Write what chunks say, and go on; see the port."""
        now = self._clock.now()
        said = {chunk.chunk_id: graph for chunk, graph in zip(chunks, graphs, strict=True)}
        after_id = chunks[-1].chunk_id if chunks else None

        def work(tx: ManagedTransaction) -> None:
            held = tx.run(_HOLD, tenant_id=scope.tenant_id, chunk_ids=list(said), now=now).single(strict=True)["held"]
            write_graphs(tx, scope, {chunk_id: said[chunk_id] for chunk_id in held})
            refuse_while_erased(tx, scope, now)
            tx.run(_FILLED_TO, tenant_id=scope.tenant_id, after_id=after_id).consume()

        self._client.write(work)
