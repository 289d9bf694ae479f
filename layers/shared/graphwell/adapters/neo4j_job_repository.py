"""Ingestion jobs in Neo4j; all progress is counted from what the graph holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from graphwell.adapters.cursors import encode_cursor, page_of, page_parameters
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_job_control import await_upload_again, cancel_job, retry_job
from graphwell.adapters.neo4j_job_outcomes import MAX_ERRORS, OUTCOME
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.domain.errors import NotFound
from graphwell.domain.jobs import ANY_JOB, Job, JobCounts, JobError, JobFilter
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, JobRetry, Page, Upload

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

SCANNED_JOBS = 100
"""Jobs that one statement of a filtered listing looks at; what a job's state is follows from all of its versions."""

SCANS = 5
"""Such statements a page, so that a page takes bounded time whatever is looked for."""

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)

# Relationship INGESTS; a version's chunks are counted one by one only while it is staged. Of failed and cancelled
# versions no vector is kept.
_PROGRESS = f"""
CALL (j) {{
  OPTIONAL MATCH (j)-[follows:INGESTS]->(v:DocumentVersion)
  OPTIONAL MATCH (d:Document {{tenant_id: v.tenant_id, id: v.document_id}}) WHERE v.status = 'staged'
  WITH v, {OUTCOME} AS outcome,
       COUNT {{ MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version AND c.embedded_at IS NULL }} AS waiting
  RETURN sum(CASE outcome WHEN 'staged' THEN 1 ELSE 0 END) AS staged,
         sum(CASE outcome WHEN 'failed' THEN 1 ELSE 0 END) AS failed,
         sum(CASE outcome WHEN 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
         sum(CASE WHEN outcome IN ['active', 'superseded'] THEN 1 ELSE 0 END) AS done,
         sum(coalesce(v.chunk_count, 0)) AS chunks_total,
         sum(CASE WHEN outcome IN ['failed', 'cancelled'] THEN 0 ELSE coalesce(v.chunk_count, 0) - waiting END)
           AS chunks_embedded,
         max(v.moved_at) AS moved_at,
         collect(CASE outcome WHEN 'failed' THEN [v.document_id, v.error] END)[..{MAX_ERRORS}] AS errors
}}
RETURN j {{.*, staged: staged, failed: failed, cancelled: cancelled, done: done, chunks_total: chunks_total,
           chunks_embedded: chunks_embedded, errors: errors,
           moved_at: coalesce(moved_at, j.moved_at, j.created_at)}} AS job"""

# Constraint job_id.
_GET = f"MATCH (j:Job {{tenant_id: $tenant_id, id: $job_id}}){_PROGRESS}"

# Index job_created.
_PAGE = f"""
MATCH (j:Job {{tenant_id: $tenant_id}})
WHERE j.created_at <= $before AND (j.created_at < $before OR $after_id IS NULL OR j.id > $after_id)
  AND j.created_at >= $created_after AND j.created_at < $created_before
WITH j ORDER BY j.created_at DESC, j.id LIMIT $limit{_PROGRESS}
ORDER BY job.created_at DESC, job.id"""

# Constraint job_id.
_AWAIT_UPLOAD = """
MERGE (j:Job {tenant_id: $tenant_id, id: $job_id})
ON CREATE SET
    j.created_at = $now, j.total = 1, j.unchanged = 0, j.awaits_upload = true, j.looked_at = $now, j.looks = 0,
    j.upload_document_id = $document_id, j.upload_filename = $filename, j.upload_media_type = $media_type"""

# Constraint job_id. Asked for its filename, since the planner would look for a document id in index job_upload.
_UPLOAD = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id}) WHERE j.upload_filename IS NOT NULL AND j.cancelled_at IS NULL
RETURN j.id AS job_id, j.upload_document_id AS document_id, j.upload_filename AS filename,
       j.upload_media_type AS media_type"""

# Constraint job_id. Only an upload that is still awaited can fail: what was staged has its own state. Locked before
# that is read: whoever stages the file holds the job until all of it is written.
_FAIL_UPLOAD = """
MATCH (j:Job {tenant_id: $tenant_id, id: $job_id})
SET j.locked_at = $now
WITH j WHERE j.awaits_upload
SET j.upload_error = $reason, j.moved_at = $now
REMOVE j.awaits_upload"""


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
        parameters = {"job_id": job_id, "reason": reason, "now": self._clock.now()}
        self._client.write(lambda tx: tx.run(_FAIL_UPLOAD, parameters, tenant_id=scope.tenant_id).consume())

    def get(self, scope: TenantScope, job_id: str) -> Job:
        """Return a job; see the port."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id, job_id=job_id)
        if not records:
            raise NotFound(f"There is no job {job_id!r} in this tenant.")
        return _job(records[0]["job"])

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int, wanted: JobFilter = ANY_JOB) -> Page[Job]:
        """Return jobs, newest first; see the port."""
        now, kept = self._clock.now(), list[Job]()
        filters = wanted.status is not None or wanted.idle is not None
        for _ in range(SCANS if filters else 1):
            scanned = self._scan(scope, cursor, SCANNED_JOBS if filters else limit, wanted)
            for job in scanned.items:
                if wanted.keeps(job, now):
                    kept.append(job)
                if len(kept) == limit and job is not scanned.items[-1]:
                    return Page(kept, encode_cursor(job.created_at, job.id))
            cursor = scanned.next_cursor
            if cursor is None or len(kept) == limit:
                break
        return Page(kept, cursor)

    def cancel(self, scope: TenantScope, job_id: str) -> None:
        """Stop all that only this job waits for; see the port."""
        now = self._clock.now()
        self._client.write(lambda tx: cancel_job(tx, scope, job_id, now))

    def retry(self, scope: TenantScope, job_id: str) -> JobRetry:
        """Stage the failed versions of a job again; see the port."""
        now = self._clock.now()
        return self._client.write(lambda tx: retry_job(tx, scope, job_id, now))

    def await_upload_again(self, scope: TenantScope, job_id: str) -> None:
        """Take back that the uploaded file of a job cannot be indexed; see the port."""
        now = self._clock.now()
        self._client.write(lambda tx: await_upload_again(tx, scope, job_id, now))

    def _scan(self, scope: TenantScope, cursor: str | None, limit: int, wanted: JobFilter) -> Page[Job]:
        """Return the jobs of the right time, newest first."""
        records = self._client.read(
            _PAGE,
            tenant_id=scope.tenant_id,
            created_after=wanted.created_after or _EARLIEST,
            created_before=wanted.created_before or _LATEST,
            **page_parameters(cursor, limit),
        )
        return page_of([_job(record["job"]) for record in records], limit)


def _job(row: Mapping[str, Any]) -> Job:
    upload_failed = row.get("upload_error") is not None
    gone_errors = row.get("gone_errors", [])
    errors = [JobError(*error) for error in (*row["errors"], *zip(gone_errors[::2], gone_errors[1::2], strict=True))]
    if upload_failed:
        errors.append(JobError(row["upload_document_id"], row["upload_error"]))
    counts = JobCounts(
        total=row["total"],
        unchanged=row["unchanged"],
        pending=row["staged"] + bool(row.get("awaits_upload")),
        done=row["done"] + row.get("gone_done", 0),
        failed=row["failed"] + upload_failed + row.get("gone_failed", 0),
        cancelled=row["cancelled"] + bool(row.get("upload_cancelled")) + row.get("gone_cancelled", 0),
        chunks_total=row["chunks_total"] + row.get("gone_chunks", 0),
        chunks_embedded=row["chunks_embedded"] + row.get("gone_embedded", 0),
    )
    return Job(
        row["id"],
        counts,
        errors[:MAX_ERRORS],
        created_at=row["created_at"].to_native(),
        moved_at=row["moved_at"].to_native(),
        cancelled="cancelled_at" in row,
        awaits_file=bool(row.get("awaits_upload")),
    )
