"""Erases of tenants in Neo4j, and what the graph holds of a tenant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_lock import lock_tenant
from graphwell.adapters.neo4j_tenant_settings import LIMIT_PREFIX
from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.errors import NotFound
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock

if TYPE_CHECKING:
    from neo4j import ManagedTransaction, Record

BATCH = 1_000
"""Nodes removed in one transaction: it stays within a second, and the server's memory within bounds."""

# Each by the index of its constraint, which is used only when each of its properties is asked for. Chunks first: a
# document without them is removed without looking for them.
_KINDS = {
    "chunks": "MATCH (n:Chunk {tenant_id: $tenant_id}) WHERE n.id > ''",
    "entities": "MATCH (n:Entity {tenant_id: $tenant_id}) WHERE n.id > ''",
    "embed_tasks": "MATCH (n:EmbedTask {tenant_id: $tenant_id}) WHERE n.id > ''",
    "versions": "MATCH (n:DocumentVersion {tenant_id: $tenant_id}) WHERE n.document_id > '' AND n.version > 0",
    "jobs": "MATCH (n:Job {tenant_id: $tenant_id}) WHERE n.id > ''",
    "agent_jobs": "MATCH (n:AgentJob {tenant_id: $tenant_id}) WHERE n.id > ''",
    "documents": "MATCH (n:Document {tenant_id: $tenant_id}) WHERE n.id > ''",
}
_COUNT = "RETURN " + ",\n  ".join(f"COUNT {{ {match} }} AS {kind}" for kind, match in _KINDS.items())
_REMOVE = {
    kind: f"{match}\nWITH n LIMIT $limit\nDETACH DELETE n\nRETURN count(*) AS removed" for kind, match in _KINDS.items()
}

_ERASURE = """
e {.tenant_id, .id, .state, .started_at, .finished_at, .corpus_version, .before, .after, .awaited_files, .with_limits}
AS erasure"""

# Constraints tenant_id, job_id. The corpus version grows, so that no answer of before is found again.
_START = f"""
MATCH (t:Tenant {{id: $tenant_id}})
SET t.erasing = $erasure_id, t.corpus_version = t.corpus_version + 1
CREATE (e:Erasure {{tenant_id: $tenant_id, id: $erasure_id}})
SET e.state = 'running', e.started_at = $now, e.corpus_version = t.corpus_version, e.before = $before,
    e.with_limits = $with_limits,
    e.awaited_files = EXISTS {{ MATCH (j:Job {{tenant_id: $tenant_id}}) WHERE j.id > '' AND j.awaits_upload }}
RETURN {_ERASURE}"""

# Constraint erasure_id.
_GET = f"MATCH (e:Erasure {{tenant_id: $tenant_id, id: $erasure_id}}) RETURN {_ERASURE}"

# Constraint tenant_id.
_RUNNING = "MATCH (t:Tenant {id: $tenant_id}) RETURN t.erasing AS erasing"

# Index erasure_state. All tenants.
_UNFINISHED = f"""
MATCH (e:Erasure) WHERE e.state = 'running' AND e.started_at IS NOT NULL
RETURN {_ERASURE} ORDER BY e.started_at LIMIT $limit"""

# Constraint tenant_id.
_PROPERTIES = "MATCH (t:Tenant {id: $tenant_id}) RETURN properties(t) AS tenant"

# Constraints tenant_id, erasure_id.
_FINISH = """
MATCH (t:Tenant {id: $tenant_id})
SET t = $remaining, t.corpus_version = t.corpus_version + 1
WITH t
MATCH (e:Erasure {tenant_id: $tenant_id, id: $erasure_id})
SET e.state = 'succeeded', e.finished_at = $now, e.after = $after"""

_KEPT_OF_TENANTS = {"id", "created_at", "corpus_version"}
"""A tenant's counter survives its erase: a version that came a second time could find an answer of the first."""


class Neo4jErasureRepository:
    """The `ErasureRepository` port, and the graph's `TenantHoldings`, over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def start(self, scope: TenantScope, erasure_id: str, before: Counts, *, with_limits: bool) -> Erasure:
        """Record an erase, or return the running one; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> Erasure:
            running = lock_tenant(tx, scope, now)
            if running is not None:
                return _erasure(tx.run(_GET, tenant_id=scope.tenant_id, erasure_id=running).single(strict=True))
            parameters = {"erasure_id": erasure_id, "before": json.dumps(before), "with_limits": with_limits}
            return _erasure(tx.run(_START, parameters, tenant_id=scope.tenant_id, now=now).single(strict=True))

        return self._client.write(work)

    def get(self, scope: TenantScope, erasure_id: str) -> Erasure:
        """Return an erase; see the port."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id, erasure_id=erasure_id)
        if not records:
            raise NotFound(f"There is no job {erasure_id!r} in this tenant.")
        return _erasure(records[0])

    def running(self, scope: TenantScope) -> str | None:
        """Return the id of the running erase; see the port."""
        records = self._client.read(_RUNNING, tenant_id=scope.tenant_id)
        return records[0]["erasing"] if records else None

    def unfinished(self, limit: int) -> Sequence[Erasure]:
        """Return running erases; see the port."""
        return [_erasure(record) for record in self._client.read(_UNFINISHED, limit=limit)]

    def finish(self, erasure: Erasure, after: Counts) -> bool:
        """End an erase; see the port."""
        tenant_id, now = erasure.scope.tenant_id, self._clock.now()

        def work(tx: ManagedTransaction) -> bool:
            if lock_tenant(tx, erasure.scope, now) != erasure.id:
                return True  # ended by an earlier try
            left = tx.run(_COUNT, tenant_id=tenant_id).single(strict=True).data()
            if any(left.values()):
                return False
            tenant = tx.run(_PROPERTIES, tenant_id=tenant_id).single(strict=True)["tenant"]
            kept = {name: value for name, value in tenant.items() if _outlives(name, erasure)}
            parameters = {
                "erasure_id": erasure.id,
                "remaining": kept,
                "after": json.dumps({**left, **after}),
                "now": now,
            }
            tx.run(_FINISH, parameters, tenant_id=tenant_id).consume()
            return True

        return self._client.write(work)

    def count(self, scope: TenantScope) -> Counts:
        """Return how many nodes of each kind there are; see the port."""
        counts: Counts = self._client.read(_COUNT, tenant_id=scope.tenant_id)[0].data()
        return counts

    def remove(self, erasure: Erasure) -> bool:
        """Remove one batch; see the port."""
        tenant_id = erasure.scope.tenant_id
        return not any(
            self._client.write_count(statement, tenant_id=tenant_id, limit=BATCH) for statement in _REMOVE.values()
        )


def _outlives(name: str, erasure: Erasure) -> bool:
    return name in _KEPT_OF_TENANTS or (name.startswith(LIMIT_PREFIX) and not erasure.with_limits)


def _erasure(record: Record) -> Erasure:
    row: dict[str, Any] = record["erasure"]
    return Erasure(
        scope=TenantScope(row["tenant_id"]),
        id=row["id"],
        started_at=row["started_at"].to_native(),
        finished_at=row["finished_at"].to_native() if row["finished_at"] else None,
        corpus_version=row["corpus_version"],
        before=json.loads(row["before"]),
        after=json.loads(row["after"] or "{}"),
        awaited_files=row["awaited_files"],
        with_limits=row["with_limits"],
    )
