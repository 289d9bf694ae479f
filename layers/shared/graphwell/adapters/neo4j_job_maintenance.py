"""What the reconciler does about all tenants' jobs, in Neo4j."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, WaitingUpload

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# Index job_looked_at, which holds only the jobs that wait.
_CLAIM_WAITING = """
MATCH (j:Job) WHERE j.awaits_upload = true AND j.looked_at < $before
WITH j ORDER BY j.looked_at LIMIT $limit
SET j.looked_at = $now, j.looks = j.looks + 1
RETURN j.tenant_id AS tenant_id, j.id AS job_id, j.looks AS looks"""

# Index job_age.
_REMOVE_EXPIRED = """
MATCH (j:Job) WHERE j.created_at < $before AND j.awaits_upload IS NULL
  AND NOT EXISTS { (j)-[:INGESTS]->(v:DocumentVersion) WHERE v.status = 'staged' }
WITH j LIMIT $limit
DETACH DELETE j
RETURN count(*) AS removed"""


class Neo4jJobMaintenance:
    """The `JobMaintenance` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def claim_waiting_uploads(self, waited_for: timedelta, limit: int) -> Sequence[WaitingUpload]:
        """Return jobs that wait for a file; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> list[WaitingUpload]:
            records = tx.run(_CLAIM_WAITING, before=now - waited_for, now=now, limit=limit)
            return [WaitingUpload(TenantScope(row["tenant_id"]), row["job_id"], row["looks"]) for row in records]

        return self._client.write(work)

    def remove_expired(self, older_than: timedelta, limit: int) -> int:
        """Remove finished jobs of a certain age; see the port."""
        return self._client.write_count(_REMOVE_EXPIRED, before=self._clock.now() - older_than, limit=limit)
