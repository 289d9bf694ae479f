"""Ingestion jobs in Neo4j; all progress is counted from what the graph holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from graphwell.adapters.cursors import page_of, page_parameters
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.domain.errors import NotFound
from graphwell.domain.jobs import Job, JobCounts, JobError
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, Page, Upload

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

MAX_ERRORS = 100
"""Errors shown of one job."""

# Relationship INGESTS; a version's chunks are counted one by one only while it is staged.
_PROGRESS = f"""
CALL (j) {{
  OPTIONAL MATCH (j)-[:INGESTS]->(v:DocumentVersion)
  OPTIONAL MATCH (d:Document {{tenant_id: v.tenant_id, id: v.document_id}}) WHERE v.status = 'staged'
  WITH v, COUNT {{ MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version AND c.embedded_at IS NULL }} AS waiting
  RETURN sum(CASE v.status WHEN 'staged' THEN 1 ELSE 0 END) AS staged,
         sum(CASE v.status WHEN 'failed' THEN 1 ELSE 0 END) AS failed,
         sum(coalesce(v.chunk_count, 0)) AS chunks_total,
         sum(coalesce(v.chunk_count, 0) - waiting) AS chunks_embedded,
         max(v.moved_at) AS moved_at,
         collect(CASE WHEN v.error IS NOT NULL THEN [v.document_id, v.error] END)[..{MAX_ERRORS}] AS errors
}}
RETURN j.id AS id, j.created_at AS created_at, coalesce(moved_at, j.created_at) AS moved_at, j.total AS total,
       j.unchanged AS unchanged, j.awaits_upload AS awaits_upload, j.upload_document_id AS upload_document_id,
       j.upload_error AS upload_error, staged, failed, chunks_total, chunks_embedded, errors"""

# Constraint job_id.
_GET = f"MATCH (j:Job {{tenant_id: $tenant_id, id: $job_id}}){_PROGRESS}"

# Index job_created.
_PAGE = f"""
MATCH (j:Job {{tenant_id: $tenant_id}})
WHERE j.created_at <= $before AND (j.created_at < $before OR $after_id IS NULL OR j.id > $after_id)
WITH j ORDER BY j.created_at DESC, j.id LIMIT $limit{_PROGRESS}
ORDER BY created_at DESC, id"""

# Constraint job_id.
_AWAIT_UPLOAD = """
CREATE (j:Job {tenant_id: $tenant_id, id: $job_id})
SET j.created_at = $now, j.total = 1, j.unchanged = 0, j.awaits_upload = true,
    j.upload_document_id = $document_id, j.upload_filename = $filename, j.upload_media_type = $media_type"""

# Constraint job_id.
_UPLOAD = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id}) WHERE j.upload_document_id IS NOT NULL
RETURN j.id AS job_id, j.upload_document_id AS document_id, j.upload_filename AS filename,
       j.upload_media_type AS media_type"""

# Constraint job_id. Only an upload that is still awaited can fail: what was staged has its own state.
_FAIL_UPLOAD = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id}) WHERE j.awaits_upload
SET j.awaits_upload = false, j.upload_error = $reason"""


class Neo4jJobRepository:
    """The `JobRepository` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def await_upload(self, scope: TenantScope, upload: Upload) -> None:
        """Record a job that waits for one uploaded file; see the port."""
        now = self._clock.now()
        parameters = {**asdict(upload), "now": now}

        def work(tx: ManagedTransaction) -> None:
            tx.run(_AWAIT_UPLOAD, parameters, tenant_id=scope.tenant_id).consume()
            refuse_while_erased(tx, scope, now)

        self._client.write(work)

    def upload(self, scope: TenantScope, job_id: str) -> Upload:
        """Return what was agreed on for a job's file; see the port."""
        records = self._client.read(_UPLOAD, tenant_id=scope.tenant_id, job_id=job_id)
        if not records:
            raise NotFound(f"No job {job_id!r} of this tenant waits for a file.")
        return Upload(**records[0].data())

    def fail_upload(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """Record that an uploaded file cannot be indexed; see the port."""
        parameters = {"job_id": job_id, "reason": reason}
        self._client.write(lambda tx: tx.run(_FAIL_UPLOAD, parameters, tenant_id=scope.tenant_id).consume())

    def get(self, scope: TenantScope, job_id: str) -> Job:
        """Return a job; see the port."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id, job_id=job_id)
        if not records:
            raise NotFound(f"There is no job {job_id!r} in this tenant.")
        return _job(records[0].data())

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[Job]:
        """Return jobs, newest first; see the port."""
        records = self._client.read(_PAGE, tenant_id=scope.tenant_id, **page_parameters(cursor, limit))
        return page_of([_job(record.data()) for record in records], limit)


def _job(row: Mapping[str, Any]) -> Job:
    upload_failed = row["upload_error"] is not None
    errors = [JobError(document_id, reason) for document_id, reason in row["errors"]]
    if upload_failed:
        errors.append(JobError(row["upload_document_id"], row["upload_error"]))
    pending = row["staged"] + bool(row["awaits_upload"])
    failed = row["failed"] + upload_failed
    counts = JobCounts(
        total=row["total"],
        unchanged=row["unchanged"],
        pending=pending,
        done=row["total"] - row["unchanged"] - pending - failed,
        failed=failed,
        chunks_total=row["chunks_total"],
        chunks_embedded=row["chunks_embedded"],
    )
    return Job(row["id"], counts, errors, row["created_at"].to_native(), row["moved_at"].to_native())
