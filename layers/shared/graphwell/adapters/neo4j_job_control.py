"""Cancel and retry of jobs in Neo4j. Both lock the job, then its documents, in the order in which staging does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_activation import LOCK_DOCUMENTS
from graphwell.adapters.neo4j_embed_outbox import write_tasks
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.chunks import chunk_id
from graphwell.domain.embed_batches import WaitingChunk
from graphwell.domain.errors import Conflict, NotFound
from graphwell.domain.jobs import JobError
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import JobRetry

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_GONE = "Its text is not kept any more; send the document again."
_OVERTAKEN = "A newer version of the document is live; send the document again if this one is to replace it."

# Constraint job_id.
_LOCK_JOB = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})
SET j.locked_at = $now
WITH j
OPTIONAL MATCH (j)-[:INGESTS]->(v:DocumentVersion) WHERE v.status IN ['staged', 'failed']
RETURN j.cancelled_at IS NOT NULL AS cancelled, j.awaits_upload OR j.upload_error IS NOT NULL AS waits_for_file,
       collect(DISTINCT v.document_id) AS document_ids"""

# Constraint job_id.
_CANCEL_FOLLOWING = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})-[follows:INGESTS]->(v:DocumentVersion)
WHERE v.status = 'staged' AND follows.cancelled_at IS NULL
SET follows.cancelled_at = $now
RETURN count(*) AS cancelled"""

# Constraint job_id. What another job waits for goes on.
_CANCEL_VERSIONS = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})-[:INGESTS]->(v:DocumentVersion)
WHERE v.status = 'staged' AND NOT EXISTS { (v)<-[other:INGESTS]-(:Job) WHERE other.cancelled_at IS NULL }
SET v.status = 'cancelled', v.retired_at = $now, v.moved_at = $now"""

# Constraint job_id. A job with nothing left to stop stays what it is.
_CANCEL_JOB = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id}) WHERE $cancelled > 0 OR j.awaits_upload
SET j.cancelled_at = $now, j.moved_at = $now, j.upload_cancelled = j.awaits_upload
REMOVE j.awaits_upload"""

# Constraints job_id, document_id. A version whose chunks all have vectors waits for its activation alone; one that the
# queue has not been told of waits its turn.
_RETRIABLE = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})-[:INGESTS]->(v:DocumentVersion)
WHERE v.status = 'failed'
   OR v.status = 'staged' AND NOT EXISTS { (v)<-[:EMBEDS]-(task:EmbedTask) WHERE task.state = 'waiting' }
MATCH (d:Document {tenant_id: v.tenant_id, id: v.document_id})
CALL (d, v) {
  OPTIONAL MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version
  WITH c ORDER BY c.ordinal
  RETURN count(c) AS kept,
         collect(CASE WHEN c.embedded_at IS NULL THEN {id: c.id, size: size(c.title) + size(c.text)} END) AS chunks
}
RETURN v.document_id AS document_id, v.version AS version, v.status AS status, v.version > d.version AS newest,
       kept = v.chunk_count AS whole, chunks
ORDER BY document_id"""

# Constraints document_version, document_id. The tenant's term puts its chunks into the fulltext index again.
_RESTAGE = """
UNWIND $versions AS row
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: row.document_id, version: row.version})
SET v.status = 'staged', v.attempts = 0, v.moved_at = $now
REMOVE v.error, v.retired_at
WITH v
MATCH (:Document {tenant_id: v.tenant_id, id: v.document_id})<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version
SET c.tenant_term = $tenant_term"""

# Constraint job_id.
_AWAIT_AGAIN = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id}) WHERE j.upload_error IS NOT NULL
SET j.awaits_upload = true, j.moved_at = $now, j.looked_at = $now, j.looks = 0
REMOVE j.upload_error"""


def cancel_job(tx: ManagedTransaction, scope: TenantScope, job_id: str, now: datetime) -> None:
    """Stop what only this job waits for; safe to repeat.

    Raises:
        NotFound: there is no such job.
    """
    common = _parameters(scope, job_id, now)
    _lock(tx, common)
    cancelled = tx.run(_CANCEL_FOLLOWING, common).single(strict=True)["cancelled"]
    tx.run(_CANCEL_VERSIONS, common).consume()
    tx.run(_CANCEL_JOB, common, cancelled=cancelled).consume()


def retry_job(tx: ManagedTransaction, scope: TenantScope, job_id: str, now: datetime) -> JobRetry:
    """Stage the failed versions of a job again, and return all that is to be sent.

    Raises:
        NotFound: there is no such job.
        Conflict: it was cancelled.
    """
    common = _parameters(scope, job_id, now)
    job = _lock(tx, common)
    if job["cancelled"]:
        raise Conflict("The job was cancelled; send its documents again.")
    versions = tx.run(_RETRIABLE, common).data()
    lost = [JobError(row["document_id"], reason) for row in versions if (reason := _why_not(row))]
    sent = [row for row in versions if not _why_not(row)]
    failed = [{"document_id": row["document_id"], "version": row["version"]} for row in sent if _has_failed(row)]
    tx.run(_RESTAGE, common, versions=failed, tenant_term=tenant_term(scope)).consume()
    waiting = [chunk for row in sent for chunk in _waiting_chunks(row)]
    write_tasks(tx, scope, waiting, now)
    return JobRetry([chunk.id for chunk in waiting], lost, waits_for_file=bool(job["waits_for_file"]))


def await_upload_again(tx: ManagedTransaction, scope: TenantScope, job_id: str, now: datetime) -> None:
    """Take back that the file of a job could not be indexed."""
    tx.run(_AWAIT_AGAIN, _parameters(scope, job_id, now)).consume()


def _parameters(scope: TenantScope, job_id: str, now: datetime) -> dict[str, Any]:
    return {"tenant_id": scope.tenant_id, "job_id": job_id, "now": now}


def _lock(tx: ManagedTransaction, common: dict[str, Any]) -> Mapping[str, Any]:
    job = tx.run(_LOCK_JOB, common).single()
    if job is None:
        raise NotFound(f"There is no job {common['job_id']!r} in this tenant.")
    tx.run(LOCK_DOCUMENTS, common, document_ids=sorted(job["document_ids"])).consume()
    return job.data()


def _why_not(row: Mapping[str, Any]) -> str | None:
    """Return why a version cannot be tried again; None when it can."""
    if not _has_failed(row):
        return None
    if not row["newest"]:
        return _OVERTAKEN
    return None if row["whole"] else _GONE


def _has_failed(row: Mapping[str, Any]) -> bool:
    return bool(row["status"] == "failed")


def _waiting_chunks(row: Mapping[str, Any]) -> list[WaitingChunk]:
    document_id, version = row["document_id"], row["version"]
    chunks = row["chunks"] or [{"id": chunk_id(document_id, version, 0), "size": 0}]
    return [WaitingChunk(chunk["id"], document_id, version, chunk["size"]) for chunk in chunks]
