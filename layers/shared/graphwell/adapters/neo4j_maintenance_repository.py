"""What the reconciler does over all tenants, in Neo4j."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_graph_writing import REMOVE_CHUNKS
from graphwell.adapters.neo4j_job_outcomes import KEEP_OUTCOMES
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, StaleVersion

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# Index version_moved. A version whose work is in the outbox waits its turn, however long.
_CLAIM_STALE = """
MATCH (v:DocumentVersion) WHERE v.status = 'staged' AND v.moved_at < $before
  AND NOT EXISTS { (v)<-[:EMBEDS]-(:EmbedTask) }
WITH v ORDER BY v.moved_at LIMIT $limit
SET v.moved_at = $now, v.attempts = v.attempts + 1
RETURN v.tenant_id AS tenant_id, v.document_id AS document_id, v.version AS version, v.attempts AS attempts"""

# Index version_retired, constraint document_id.
_REMOVE_CHUNKS = f"""
MATCH (v:DocumentVersion) WHERE v.retired_at < $before
CALL (v) {{
  MATCH (d:Document {{tenant_id: v.tenant_id, id: v.document_id}})
  MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version
  RETURN c
}}
WITH c LIMIT $limit
{REMOVE_CHUNKS}"""

# Index version_retired, constraint document_id. A version stays in the document's history when its chunks are gone.
_FORGET_RETIRED = """
MATCH (v:DocumentVersion) WHERE v.retired_at < $before AND NOT EXISTS {
  MATCH (d:Document {tenant_id: v.tenant_id, id: v.document_id})<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version
}
WITH v LIMIT $limit
REMOVE v.retired_at"""

# Index document_deleted, constraint document_version. Locked before its chunks are looked for: a new version, which
# always has some, may have revived the document. (The planner reuses `deleted_at` as it was before the lock.)
_REMOVE_DOCUMENTS = f"""
MATCH (d:Document) WHERE d.deleted_at < $before
WITH d ORDER BY d.tenant_id, d.id LIMIT $limit
SET d.locked_at = $now
WITH d WHERE NOT EXISTS {{ (d)<-[:PART_OF]-(:Chunk) }}
OPTIONAL MATCH (v:DocumentVersion {{tenant_id: d.tenant_id, document_id: d.id}}) WHERE v.version > 0
{KEEP_OUTCOMES}
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
                )
                for record in records
            ]

        return self._client.write(work)

    def remove_retired(self, older_than: timedelta, limit: int) -> int:
        """Remove what left service some time ago; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> int:
            bounds: dict[str, Any] = {"before": now - older_than, "limit": limit}
            removed: int = tx.run(_REMOVE_CHUNKS, bounds, now=now).single(strict=True)["removed"]
            tx.run(_FORGET_RETIRED, bounds).consume()
            tx.run(_REMOVE_DOCUMENTS, bounds, now=now).consume()
            return removed

        return self._client.write(work)
