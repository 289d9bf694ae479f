"""What the reconciler does over all tenants, in Neo4j."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.chunks import chunk_id
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, StaleVersion

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# Index version_moved.
_CLAIM_STALE = """
MATCH (v:DocumentVersion) WHERE v.status = 'staged' AND v.moved_at < $before
WITH v ORDER BY v.moved_at LIMIT $limit
SET v.moved_at = $now, v.attempts = v.attempts + 1
WITH v
MATCH (d:Document {tenant_id: v.tenant_id, id: v.document_id})
CALL (d, v) {
  MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version AND c.embedded_at IS NULL
  WITH c ORDER BY c.ordinal
  RETURN collect(c.id) AS chunk_ids
}
RETURN v.tenant_id AS tenant_id, v.document_id AS document_id, v.version AS version, v.attempts AS attempts,
       chunk_ids"""

# Index version_retired. A version keeps its place in the document's history; only its chunks go.
_REMOVE_CHUNKS = """
MATCH (v:DocumentVersion) WHERE v.retired_at < $before
WITH v ORDER BY v.retired_at LIMIT $limit
OPTIONAL MATCH (d:Document {tenant_id: v.tenant_id, id: v.document_id})<-[:PART_OF]-(c:Chunk)
WHERE c.version = v.version
WITH v, collect(c) AS chunks
REMOVE v.retired_at
FOREACH (chunk IN chunks | DETACH DELETE chunk)
RETURN sum(size(chunks)) AS removed"""

# Index document_deleted, constraint document_version. Locked before its chunks are looked for: a new version, which
# always has some, may have revived the document. (The planner reuses `deleted_at` as it was before the lock.)
_REMOVE_DOCUMENTS = """
MATCH (d:Document) WHERE d.deleted_at < $before
WITH d ORDER BY d.tenant_id, d.id LIMIT $limit
SET d.locked_at = $now
WITH d WHERE NOT EXISTS { (d)<-[:PART_OF]-(:Chunk) }
OPTIONAL MATCH (v:DocumentVersion {tenant_id: d.tenant_id, document_id: d.id}) WHERE v.version > 0
DETACH DELETE v
WITH DISTINCT d
DELETE d"""


class Neo4jMaintenanceRepository:
    """The `MaintenanceRepository` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def claim_stale(self, idle_for: timedelta, limit: int) -> Sequence[StaleVersion]:
        """Return staged versions that stopped moving; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> list[StaleVersion]:
            records = tx.run(_CLAIM_STALE, before=now - idle_for, now=now, limit=limit)
            return [
                StaleVersion(
                    TenantScope(record["tenant_id"]),
                    record["document_id"],
                    record["version"],
                    record["attempts"],
                    record["chunk_ids"] or [chunk_id(record["document_id"], record["version"], 0)],
                )
                for record in records
            ]

        return self._client.write(work)

    def remove_retired(self, older_than: timedelta, limit: int) -> int:
        """Remove what left service some time ago; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> int:
            record = tx.run(_REMOVE_CHUNKS, before=now - older_than, limit=limit).single(strict=True)
            tx.run(_REMOVE_DOCUMENTS, before=now - older_than, now=now, limit=limit).consume()
            removed: int = record["removed"]
            return removed

        return self._client.write(work)
