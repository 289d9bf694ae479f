"""Staging and activation of document versions in Neo4j.

A version is written and embedded out of sight; one small transaction then moves the document's pointer
(`Document.version`), and a chunk counts only while its version is the pointer's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphwell.adapters.filter_terms import filter_terms
from graphwell.adapters.neo4j_activation import activate_complete, fail_staged, fail_staged_of
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_embed_outbox import remove_task, write_tasks
from graphwell.adapters.neo4j_graph_writing import write_graphs
from graphwell.adapters.neo4j_job_outcomes import KEEP_OUTCOMES
from graphwell.adapters.neo4j_metadata_keys import fill_new
from graphwell.adapters.neo4j_schema import VECTOR_PROPERTIES
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.adapters.neo4j_unembedded_chunks import unembedded_chunks
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.chunks import chunk_id, embedding_text
from graphwell.domain.documents import (
    PreparedDocument,
    StagedDocument,
    StagingDecision,
    VersionContent,
    VersionState,
    VersionStatus,
)
from graphwell.domain.embed_batches import WaitingChunk
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import Conflict, Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, UnembeddedChunk, Vector

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from graphwell.domain.graph.chunk_graph import ChunkGraph

KEPT_VERSIONS = 50
"""Entries of a document's history."""

# Constraint job_id; `upload_filename` has no index that could be taken instead. Locks the job: of two deliveries of one
# file the second finds it taken in.
_LOCK_UPLOAD = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id}) WHERE j.upload_filename IS NOT NULL
SET j.locked_at = $now
RETURN j.awaits_upload AS awaits_upload"""

# Constraints job_id, document_id, document_version. Locks the job, then the documents in the order of their
# ids, so that no two submissions deadlock.
_LOCK_FOR_STAGING = """
MERGE (j:Job {tenant_id: $tenant_id, id: $job_id}) ON CREATE SET j.created_at = $now
SET j.locked_at = $now
WITH j
UNWIND $document_ids AS document_id
MERGE (d:Document {tenant_id: $tenant_id, id: document_id})
  ON CREATE SET d.created_at = $now, d.version = 0, d.latest_version = 0
SET d.locked_at = $now
WITH j, d
OPTIONAL MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: d.id, version: d.latest_version})
OPTIONAL MATCH (live:DocumentVersion {tenant_id: $tenant_id, document_id: d.id, version: d.version})
RETURN d.id AS id, d.latest_version AS latest_version, v.status AS status, d.version AS live_version,
       v {.content_hash, .fingerprint} AS newest, live {.content_hash, .fingerprint} AS live,
       coalesce(d.deleted_at, v.accepted_at) AS changed_at, j.cancelled_at IS NOT NULL AS cancelled"""

# Constraints job_id, document_version. What the job itself brought in, when it was staged before, is no repetition.
_RECORD_JOB = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})
CALL (j) {
  UNWIND $kept AS row
  MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: row.document_id, version: row.version})
  WHERE NOT EXISTS { (j)-[:INGESTS]->(v) }
  RETURN count(v) AS unchanged
}
SET j.total = $total, j.unchanged = unchanged
REMOVE j.awaits_upload, j.upload_error"""

# Constraints document_id, document_version, chunk_id.
_CREATE_VERSIONS = """
UNWIND $versions AS row
MATCH (d:Document {tenant_id: $tenant_id, id: row.document_id})
SET d.latest_version = row.version
REMOVE d.deleted_at
CREATE (v:DocumentVersion {tenant_id: $tenant_id, document_id: row.document_id, version: row.version})
SET v += row.properties, v.status = 'staged', v.accepted_at = $accepted_at, v.moved_at = $now, v.attempts = 0
WITH d, row
UNWIND row.chunks AS chunk
CREATE (c:Chunk {tenant_id: $tenant_id, id: chunk.id})-[:PART_OF]->(d)
SET c += chunk.properties, c.tenant_term = $tenant_term, c.document_id = row.document_id, c.version = row.version,
    c.title = row.properties.title, c.created_at = $now, c.filter_terms = row.filter_terms"""

# Constraints job_id, document_version. The job follows its versions, new or already on their way, one of a document.
_FOLLOW_VERSIONS = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})
UNWIND $versions AS row
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: row.document_id, version: row.version})
MERGE (j)-[:INGESTS]->(v)
WITH DISTINCT j
MATCH (j)-[earlier:INGESTS]->(o:DocumentVersion)
WHERE o.document_id IN $document_ids AND NOT o.document_id + '~' + o.version IN $followed
DELETE earlier"""

# Constraint document_version. Old entries whose chunks are gone leave the history; their jobs keep what became of them.
_FORGET_VERSIONS = f"""
UNWIND $versions AS row
MATCH (v:DocumentVersion {{tenant_id: $tenant_id, document_id: row.document_id}})
WHERE v.version <= row.version - $kept_versions AND NOT v.status IN ['staged', 'active'] AND v.retired_at IS NULL
{KEEP_OUTCOMES}
DETACH DELETE v"""

# Constraints chunk_id, document_version.
_UNEMBEDDED = """
UNWIND $chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id}) WHERE c.embedded_at IS NULL
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: c.document_id, version: c.version})
WHERE v.status = 'staged'
RETURN c.id AS id, c.title AS title, c.headings AS headings, c.text AS text"""

# Constraint index_metadata. Locked before it is read, as by the switch, which knows of chunks with a vector in one slot
# alone, or they are not written.
_HOLD_SLOT = """
MATCH (m:IndexMetadata {id: 'embedding'})
SET m.locked_at = $now
RETURN coalesce(m.slot, 'a') AS slot"""

# Constraint chunk_id. The procedure stores 32-bit floats; a chunk that was removed meanwhile is passed over.
_WRITE_VECTORS = """
UNWIND $rows AS row
MATCH (c:Chunk {tenant_id: $tenant_id, id: row.id})
SET c.embedded_at = $now
WITH c, row
CALL db.create.setNodeVectorProperty(c, $property, row.vector)
RETURN collect(c.id) AS written"""


class Neo4jStagingRepository:
    """The `StagingRepository` port over one Neo4j database.

    Parameters:
        kept_versions: entries that a document's history has at least before old ones are forgotten.
        slot: where vectors are written.
    """

    def __init__(
        self, client: Neo4jClient, clock: Clock, kept_versions: int = KEPT_VERSIONS, slot: Slot = Slot.A
    ) -> None:
        self._client = client
        self._clock = clock
        self._kept_versions = kept_versions
        self._slot = slot

    def stage(
        self,
        scope: TenantScope,
        job_id: str,
        documents: Sequence[PreparedDocument],
        *,
        arrived_at: datetime | None = None,
    ) -> list[StagedDocument]:
        """Write new versions and their job, all or nothing; see the port."""
        now = self._clock.now()
        kept = self._kept_versions
        return self._client.write(
            lambda tx: _stage(tx, scope, job_id, documents, now, arrived_at=arrived_at, kept_versions=kept)
        )

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[UnembeddedChunk]:
        """Return the staged chunks that wait for a vector; see the port."""
        records = self._client.read(_UNEMBEDDED, tenant_id=scope.tenant_id, chunk_ids=list(chunk_ids))
        return unembedded_chunks(records)

    def store_vectors(
        self,
        scope: TenantScope,
        chunks: Sequence[UnembeddedChunk],
        vectors: Sequence[Vector],
        *,
        graphs: Sequence[ChunkGraph] = (),
        alone: bool = False,
    ) -> None:
        """Write vectors and a part of the graph that nobody sees yet; see the port."""
        rows = [{"id": chunk.chunk_id, "vector": list(vector)} for chunk, vector in zip(chunks, vectors, strict=True)]
        said = {chunk.chunk_id: graph for chunk, graph in zip(chunks, graphs, strict=bool(graphs))}
        parameters = {"rows": rows, "property": VECTOR_PROPERTIES[self._slot], "now": self._clock.now()}

        def work(tx: ManagedTransaction) -> None:
            if alone and tx.run(_HOLD_SLOT, parameters).single(strict=True)["slot"] != self._slot:
                raise Unavailable("The index moved to another model meanwhile; it is tried again.")
            written = tx.run(_WRITE_VECTORS, parameters, tenant_id=scope.tenant_id).single(strict=True)["written"]
            write_graphs(tx, scope, {chunk_id: said[chunk_id] for chunk_id in written if chunk_id in said})

        self._client.write(work)

    def activate(self, scope: TenantScope, chunk_ids: Sequence[str], *, task_id: str | None = None) -> int:
        """Activate what is complete; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> int:
            activated = activate_complete(tx, scope, chunk_ids, now)
            if task_id is not None:  # last: whoever locks a version has locked its document before
                remove_task(tx, scope, task_id)
            return activated

        return self._client.write(work)

    def fail(self, scope: TenantScope, document_id: str, version: int, reason: str) -> None:
        """Mark a staged version as failed; see the port."""
        now = self._clock.now()
        self._client.write(lambda tx: fail_staged(tx, scope, document_id, version, reason=reason, now=now))

    def give_up(self, scope: TenantScope, chunk_ids: Sequence[str], reason: str) -> None:
        """Mark the staged versions of chunks as failed; see the port."""
        now = self._clock.now()
        self._client.write(lambda tx: fail_staged_of(tx, scope, chunk_ids, reason=reason, now=now))


def _stage(
    tx: ManagedTransaction,
    scope: TenantScope,
    job_id: str,
    documents: Sequence[PreparedDocument],
    now: datetime,
    *,
    arrived_at: datetime | None = None,
    kept_versions: int = KEPT_VERSIONS,
) -> list[StagedDocument]:
    common: dict[str, Any] = {"tenant_id": scope.tenant_id, "job_id": job_id, "now": now}
    upload = tx.run(_LOCK_UPLOAD, common).single()
    if upload and not upload["awaits_upload"]:
        return []
    ids = sorted(prepared.document.id for prepared in documents)
    locked = list(tx.run(_LOCK_FOR_STAGING, common, document_ids=ids))
    if any(record["cancelled"] for record in locked):
        raise Conflict("The job was cancelled; send its documents in a new request.")
    states = {record["id"]: _state(record) for record in locked}
    for state in states.values():
        state.refuse_overtaken(arrived_at)
    plan = [(prepared, *_decide(prepared, states[prepared.document.id])) for prepared in documents]
    new = [(prepared, outcome) for prepared, decision, outcome in plan if decision is StagingDecision.CREATE]
    kept = _keys(outcome for *_, outcome in plan if outcome.unchanged)
    tx.run(_RECORD_JOB, common, total=len(plan), kept=kept).consume()
    rows = [_version_row(scope, prepared, outcome) for prepared, outcome in new]
    accepted_at = arrived_at or now
    tx.run(_CREATE_VERSIONS, common, tenant_term=tenant_term(scope), accepted_at=accepted_at, versions=rows).consume()
    write_tasks(tx, scope, [chunk for each in new for chunk in _waiting_chunks(*each)], now)
    followed = _keys(outcome for *_, outcome in plan if not outcome.unchanged)
    keys = [f"{row['document_id']}~{row['version']}" for row in followed]
    document_ids = [row["document_id"] for row in followed]
    tx.run(_FOLLOW_VERSIONS, common, versions=followed, followed=keys, document_ids=document_ids).consume()
    if old := [row for row in rows if row["version"] > kept_versions]:
        tx.run(_FORGET_VERSIONS, common, versions=old, kept_versions=kept_versions).consume()
    refuse_while_erased(tx, scope, now)
    fill_new(tx, scope, {each.document.id: (outcome.version, each.document.metadata) for each, outcome in new})
    return [outcome for _, _, outcome in plan]


def _state(record: Any) -> VersionState:
    return VersionState(
        latest_version=record["latest_version"],
        newest_status=VersionStatus(record["status"]) if record["status"] else None,
        newest=VersionContent(**record["newest"]) if record["newest"] else None,
        live_version=record["live_version"],
        live=VersionContent(**record["live"]) if record["live"] else None,
        changed_at=record["changed_at"].to_native() if record["changed_at"] else None,
    )


def _keys(outcomes: Iterable[StagedDocument]) -> list[dict[str, Any]]:
    return [{"document_id": outcome.id, "version": outcome.version} for outcome in outcomes]


def _decide(prepared: PreparedDocument, state: VersionState) -> tuple[StagingDecision, StagedDocument]:
    document = prepared.document
    decision = state.decide(VersionContent(document.content_hash, prepared.fingerprint))
    if decision is StagingDecision.KEEP:
        return decision, StagedDocument(document.id, state.live_version, unchanged=True, chunk_ids=())
    version = state.latest_version + (decision is StagingDecision.CREATE)
    ids = tuple(chunk_id(document.id, version, chunk.ordinal) for chunk in prepared.chunks)
    return decision, StagedDocument(document.id, version, unchanged=False, chunk_ids=ids)


def _version_row(scope: TenantScope, prepared: PreparedDocument, outcome: StagedDocument) -> dict[str, Any]:
    document = prepared.document
    return {
        "document_id": document.id,
        "version": outcome.version,
        "filter_terms": filter_terms(scope, document.id, {}, {}),
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
                    "page_breaks": list(chunk.page_breaks),
                },
            }
            for identifier, chunk in zip(outcome.chunk_ids, prepared.chunks, strict=True)
        ],
    }


def _waiting_chunks(prepared: PreparedDocument, outcome: StagedDocument) -> list[WaitingChunk]:
    title = prepared.document.title
    return [
        WaitingChunk(
            identifier,
            outcome.id,
            outcome.version,
            len(embedding_text(title, chunk.headings, chunk.text).encode()),
        )
        for identifier, chunk in zip(outcome.chunk_ids, prepared.chunks, strict=True)
    ]
