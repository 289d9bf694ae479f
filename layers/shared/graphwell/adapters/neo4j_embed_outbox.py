"""The outbox of embed tasks in Neo4j: what the queue is to be told is committed with the chunks it is about.

A task is a node. It waits, is sent, and goes in the transaction that finds its chunks embedded. Sending happens inside
the transaction that marks it as sent, so a mark means that the queue took it; when the commit fails, it is sent twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.chunks import chunk_id
from graphwell.domain.embed_batches import WaitingChunk, embed_batches
from graphwell.domain.origin import Origin
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, EmbedTask

if TYPE_CHECKING:
    from neo4j import ManagedTransaction, Record

# Constraint document_version.
_CREATE_TASKS = """
UNWIND $tasks AS row
CREATE (t:EmbedTask {tenant_id: $tenant_id, id: row.id, state: 'waiting', created_at: $now, chunk_ids: row.chunk_ids})
SET t.correlation_id = $correlation_id, t.trace = $trace
WITH t, row
UNWIND row.versions AS version
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: version[0], version: version[1]})
CREATE (t)-[:EMBEDS]->(v)"""

# Constraint embed_task_id.
_REMOVE_TASK = "MATCH (t:EmbedTask {tenant_id: $tenant_id, id: $task_id}) DETACH DELETE t"

# Index embed_task_state. What a tenant has on its way is never more than its window.
_ROOM = """
RETURN
  COUNT { MATCH (t:EmbedTask {tenant_id: $tenant_id, state: 'sent'}) WHERE t.created_at IS NOT NULL } AS sent,
  EXISTS { MATCH (t:EmbedTask {tenant_id: $tenant_id, state: 'waiting'}) WHERE t.created_at IS NOT NULL } AS more"""

# Constraint tenant_id, index embed_task_state. The tenant is locked before its sent tasks are counted: of two senders
# one counts after the other.
_CLAIM = """
MATCH (tenant:Tenant {id: $tenant_id})
SET tenant.sending_at = $now
WITH tenant
CALL () {
  MATCH (t:EmbedTask {tenant_id: $tenant_id, state: 'sent'}) WHERE t.created_at IS NOT NULL
  RETURN count(t) AS sent
}
CALL () {
  MATCH (t:EmbedTask {tenant_id: $tenant_id, state: 'waiting'}) WHERE t.created_at IS NOT NULL
  WITH t ORDER BY t.created_at, t.id LIMIT $window
  RETURN collect(t) AS waiting
}
UNWIND waiting[..CASE WHEN sent < $window THEN $window - sent ELSE 0 END] AS t
SET t.state = 'sent', t.sent_at = $now
RETURN t.id AS id, t.chunk_ids AS chunk_ids, t.correlation_id AS correlation_id, t.trace AS trace"""

# Constraint document_version, then the document's own chunks.
_LEFT = """
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: $document_id, version: $version})
WHERE v.status = 'staged'
MATCH (d:Document {tenant_id: $tenant_id, id: v.document_id})
OPTIONAL MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version AND c.embedded_at IS NULL
WITH c ORDER BY c.ordinal
RETURN c.id AS id, size(c.title) + size(c.text) AS size"""

# Index embed_task_state. All tenants.
_IDLE_TENANTS = """
MATCH (t:EmbedTask) WHERE t.state = 'waiting' AND t.tenant_id > '' AND t.created_at IS NOT NULL
WITH DISTINCT t.tenant_id AS tenant
WHERE NOT EXISTS { MATCH (s:EmbedTask) WHERE s.state = 'sent' AND s.tenant_id = tenant AND s.created_at IS NOT NULL }
RETURN tenant LIMIT $limit"""

# Index embed_task_state. All tenants.
_REMOVE_LOST = """
MATCH (t:EmbedTask) WHERE t.state = 'sent' AND t.tenant_id > '' AND t.created_at IS NOT NULL AND t.sent_at < $before
WITH t LIMIT $limit
DETACH DELETE t
RETURN count(*) AS removed"""


class Neo4jEmbedOutbox:
    """The `EmbedOutbox` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def send_waiting(self, scope: TenantScope, window: int, send: Callable[[Sequence[EmbedTask]], None]) -> int:
        """Send a tenant's oldest tasks up to its window; see the port."""
        (room,) = self._client.read(_ROOM, tenant_id=scope.tenant_id)
        # A third at a time: a call to the queue costs about the same for one message as for ten.
        if not room["more"] or window - room["sent"] < max(1, window // 3):
            return 0
        parameters: dict[str, Any] = {"window": window, "now": self._clock.now()}

        def work(tx: ManagedTransaction) -> int:
            claimed = tx.run(_CLAIM, parameters, tenant_id=scope.tenant_id)
            tasks = [EmbedTask(scope, tuple(record["chunk_ids"]), record["id"], _origin(record)) for record in claimed]
            send(tasks)
            return len(tasks)

        return self._client.write(work)

    def put_back(self, scope: TenantScope, document_id: str, version: int) -> Sequence[str]:
        """Write new tasks for what is left of a staged version; see the port."""
        key = {"document_id": document_id, "version": version}
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> list[str]:
            first = chunk_id(document_id, version, 0)
            left = [
                WaitingChunk(record["id"] or first, document_id, version, record["size"] or 0)
                for record in tx.run(_LEFT, key, tenant_id=scope.tenant_id)
            ]
            write_tasks(tx, scope, left, now)
            return [chunk.id for chunk in left]

        return self._client.write(work)

    def idle_tenants(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants whose tasks wait for nothing; see the port."""
        return [TenantScope(record["tenant"]) for record in self._client.read(_IDLE_TENANTS, limit=limit)]

    def remove_lost(self, older_than: timedelta, limit: int) -> int:
        """Remove tasks that were sent long ago; see the port."""
        return self._client.write_count(_REMOVE_LOST, before=self._clock.now() - older_than, limit=limit)


def write_tasks(tx: ManagedTransaction, scope: TenantScope, chunks: Sequence[WaitingChunk], now: datetime) -> None:
    """Write the tasks that embed these chunks, in the order of their ids."""
    run = uuid.uuid4().hex
    tasks = [
        {"id": f"{run}-{place:06d}", "chunk_ids": [chunk.id for chunk in batch], "versions": _versions(batch)}
        for place, batch in enumerate(embed_batches(chunks))
    ]
    origin = Origin.current()
    came_from = {"correlation_id": origin and origin.correlation_id, "trace": origin and origin.trace}
    tx.run(_CREATE_TASKS, came_from, tenant_id=scope.tenant_id, tasks=tasks, now=now).consume()


def remove_task(tx: ManagedTransaction, scope: TenantScope, task_id: str) -> None:
    """Remove a task whose chunks need nothing more."""
    tx.run(_REMOVE_TASK, tenant_id=scope.tenant_id, task_id=task_id).consume()


def _origin(record: Record) -> Origin | None:
    return Origin(record["correlation_id"], record["trace"]) if record["correlation_id"] else None


def _versions(chunks: Iterable[WaitingChunk]) -> list[list[str | int]]:
    return [[*key] for key in dict.fromkeys((chunk.document_id, chunk.version) for chunk in chunks)]
