"""Staging and activation of document versions in Neo4j.

A version is written and embedded out of sight; one small transaction then moves the document's pointer
(`Document.version`), and a chunk counts only while its version is the pointer's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_activation import activate_complete, fail_staged
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_schema import VECTOR_PROPERTIES
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.chunks import chunk_id, embedding_text
from graphwell.domain.documents import PreparedDocument, StagedDocument, StagingDecision, VersionState, VersionStatus
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, UnembeddedChunk, Vector

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# Constraint document_id. Locks the documents in the order of their ids, so that no two submissions deadlock.
_LOCK_FOR_STAGING = """
MERGE (t:Tenant {id: $tenant_id}) ON CREATE SET t.corpus_version = 0, t.created_at = $now
WITH t
UNWIND $document_ids AS document_id
MERGE (d:Document {tenant_id: $tenant_id, id: document_id})
  ON CREATE SET d.created_at = $now, d.version = 0, d.latest_version = 0
SET d.locked_at = $now
WITH d
OPTIONAL MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: d.id, version: d.latest_version})
RETURN d.id AS id, d.latest_version AS latest_version,
       v.status AS status, v.content_hash AS content_hash, v.fingerprint AS fingerprint"""

# Constraint job_id; an upload's job is there already.
_RECORD_JOB = """
MERGE (j:Job {tenant_id: $tenant_id, id: $job_id})
  ON CREATE SET j.created_at = $now
SET j.total = $total, j.unchanged = $unchanged, j.awaits_upload = false"""

# Constraints document_id, document_version, chunk_id.
_CREATE_VERSIONS = """
UNWIND $versions AS row
MATCH (d:Document {tenant_id: $tenant_id, id: row.document_id})
SET d.latest_version = row.version
REMOVE d.deleted_at
CREATE (v:DocumentVersion {tenant_id: $tenant_id, document_id: row.document_id, version: row.version})
SET v += row.properties, v.status = 'staged', v.accepted_at = $now, v.moved_at = $now, v.attempts = 0
WITH d, row
UNWIND row.chunks AS chunk
CREATE (c:Chunk {tenant_id: $tenant_id, id: chunk.id})-[:PART_OF]->(d)
SET c += chunk.properties, c.tenant_term = $tenant_term, c.document_id = row.document_id, c.version = row.version,
    c.title = row.properties.title, c.created_at = $now"""

# Constraints job_id, document_version. The job follows its versions, new or already on their way.
_FOLLOW_VERSIONS = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})
UNWIND $versions AS row
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: row.document_id, version: row.version})
MERGE (j)-[:INGESTS]->(v)"""

# Constraints chunk_id, document_version.
_UNEMBEDDED = """
UNWIND $chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id}) WHERE c.embedded_at IS NULL
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: c.document_id, version: c.version})
WHERE v.status = 'staged'
RETURN c.id AS id, c.title AS title, c.headings AS headings, c.text AS text"""

# Constraint chunk_id. The procedure stores 32-bit floats; a chunk that was removed meanwhile is passed over.
_WRITE_VECTORS = """
UNWIND $rows AS row
MATCH (c:Chunk {tenant_id: $tenant_id, id: row.id})
SET c.embedded_at = $now
WITH c, row
CALL db.create.setNodeVectorProperty(c, $property, row.vector)"""


class Neo4jStagingRepository:
    """The `StagingRepository` port over one Neo4j database.

    Parameters:
        slot: where vectors are written.
    """

    def __init__(self, client: Neo4jClient, clock: Clock, slot: Slot = Slot.A) -> None:
        self._client = client
        self._clock = clock
        self._slot = slot

    def stage(self, scope: TenantScope, job_id: str, documents: Sequence[PreparedDocument]) -> list[StagedDocument]:
        """Write new versions and their job, all or nothing; see the port."""
        now = self._clock.now()
        return self._client.write(lambda tx: _stage(tx, scope, job_id, documents, now))

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[UnembeddedChunk]:
        """Return the staged chunks that wait for a vector; see the port."""
        records = self._client.read(_UNEMBEDDED, tenant_id=scope.tenant_id, chunk_ids=list(chunk_ids))
        return [
            UnembeddedChunk(record["id"], embedding_text(record["title"], tuple(record["headings"]), record["text"]))
            for record in records
        ]

    def store_vectors(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], vectors: Sequence[Vector]) -> None:
        """Write vectors that nobody sees yet; see the port."""
        rows = [{"id": chunk.chunk_id, "vector": list(vector)} for chunk, vector in zip(chunks, vectors, strict=True)]
        parameters = {"rows": rows, "property": VECTOR_PROPERTIES[self._slot], "now": self._clock.now()}
        self._client.write(lambda tx: tx.run(_WRITE_VECTORS, parameters, tenant_id=scope.tenant_id).consume())

    def activate(self, scope: TenantScope, chunk_ids: Sequence[str]) -> int:
        """Activate what is complete; see the port."""
        now = self._clock.now()
        return self._client.write(lambda tx: activate_complete(tx, scope, chunk_ids, now))

    def fail(self, scope: TenantScope, document_id: str, version: int, reason: str) -> None:
        """Mark a staged version as failed; see the port."""
        now = self._clock.now()
        self._client.write(lambda tx: fail_staged(tx, scope, document_id, version, reason=reason, now=now))


def _stage(
    tx: ManagedTransaction,
    scope: TenantScope,
    job_id: str,
    documents: Sequence[PreparedDocument],
    now: datetime,
) -> list[StagedDocument]:
    common: dict[str, Any] = {"tenant_id": scope.tenant_id, "job_id": job_id, "now": now}
    ids = sorted(prepared.document.id for prepared in documents)
    states = {record["id"]: _state(record) for record in tx.run(_LOCK_FOR_STAGING, common, document_ids=ids)}
    plan = [(prepared, *_decide(prepared, states[prepared.document.id])) for prepared in documents]
    new = [
        _version_row(prepared, outcome) for prepared, decision, outcome in plan if decision is StagingDecision.CREATE
    ]
    pending = [outcome for _, _, outcome in plan if not outcome.unchanged]
    tx.run(_RECORD_JOB, common, total=len(plan), unchanged=len(plan) - len(pending)).consume()
    tx.run(_CREATE_VERSIONS, common, tenant_term=tenant_term(scope), versions=new).consume()
    followed = [{"document_id": outcome.id, "version": outcome.version} for outcome in pending]
    tx.run(_FOLLOW_VERSIONS, common, versions=followed).consume()
    refuse_while_erased(tx, scope, now)
    return [outcome for _, _, outcome in plan]


def _state(record: Any) -> VersionState:
    return VersionState(
        latest_version=record["latest_version"],
        newest_status=VersionStatus(record["status"]) if record["status"] else None,
        newest_hash=record["content_hash"],
        newest_fingerprint=record["fingerprint"],
    )


def _decide(prepared: PreparedDocument, state: VersionState) -> tuple[StagingDecision, StagedDocument]:
    document = prepared.document
    decision = state.decide(document.content_hash, prepared.fingerprint)
    if decision is StagingDecision.KEEP:
        return decision, StagedDocument(document.id, state.latest_version, unchanged=True, chunk_ids=())
    version = state.latest_version + (decision is StagingDecision.CREATE)
    ids = tuple(chunk_id(document.id, version, chunk.ordinal) for chunk in prepared.chunks)
    return decision, StagedDocument(document.id, version, unchanged=False, chunk_ids=ids)


def _version_row(prepared: PreparedDocument, outcome: StagedDocument) -> dict[str, Any]:
    document = prepared.document
    return {
        "document_id": document.id,
        "version": outcome.version,
        "properties": {
            "title": document.title,
            "source": document.source,
            "content_type": document.content_type.value,
            "content_hash": document.content_hash,
            "fingerprint": prepared.fingerprint,
            "metadata": json.dumps(dict(document.metadata), ensure_ascii=False),
            "chunk_count": len(prepared.chunks),
            "size_bytes": len(document.text.encode()),
        },
        "chunks": [
            {
                "id": identifier,
                "properties": {
                    "ordinal": chunk.ordinal,
                    "headings": list(chunk.headings),
                    "text": chunk.text,
                    "start": chunk.start,
                    "end": chunk.end,
                    "page": chunk.page,
                },
            }
            for identifier, chunk in zip(outcome.chunk_ids, prepared.chunks, strict=True)
        ],
    }
