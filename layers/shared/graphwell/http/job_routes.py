"""Jobs, and the uploads that start one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from graphwell.domain.errors import NotFound
from graphwell.domain.jobs import Job
from graphwell.http.access import EditorScope, FollowerScope, GuardedRoute, ReaderScope
from graphwell.http.models import EraseJobReply, JobPageReply, JobReply, UploadBody, UploadReply
from graphwell.http.tenant_routes import erase_job
from graphwell.runtime.container import Container


def job_router(container: Container) -> APIRouter:
    """Return the routes over jobs."""
    router = APIRouter(prefix="/v1", tags=["jobs"], route_class=GuardedRoute)

    @router.post("/uploads", status_code=HTTPStatus.CREATED, response_model=UploadReply, summary="Start a file upload")
    def upload(body: UploadBody, scope: EditorScope) -> Any:
        accepted = container.request_upload(
            scope,
            filename=body.filename,
            content_type=body.content_type,
            size_bytes=body.size,
            document_id=body.id,
        )
        return {"job_id": accepted.job_id, "document_id": accepted.document_id, **asdict(accepted.target)}

    @router.get("/jobs", response_model=JobPageReply, summary="List jobs, newest first")
    def page(
        scope: ReaderScope,
        cursor: Annotated[str | None, Query(max_length=1024)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Any:
        found = container.jobs.page(scope, cursor=cursor, limit=limit)
        return {"jobs": [_job(job) for job in found.items], "next_cursor": found.next_cursor}

    @router.get("/jobs/{job_id}", response_model=EraseJobReply | JobReply, summary="Follow a job")
    def read(job_id: Annotated[str, Path(max_length=128)], scope: FollowerScope) -> Any:
        try:
            return _job(container.jobs.get(scope, job_id))
        except NotFound:
            return erase_job(container.erasures.get(scope, job_id))

    return router


def _job(job: Job) -> dict[str, Any]:
    counts = job.counts
    return {
        "id": job.id,
        "status": job.status,
        "stalled": job.stalled(datetime.now(UTC)),
        "documents": {
            "total": counts.total,
            "unchanged": counts.unchanged,
            "pending": counts.pending,
            "done": counts.done,
            "failed": counts.failed,
        },
        "chunks": {"total": counts.chunks_total, "embedded": counts.chunks_embedded},
        "errors": [asdict(error) for error in job.errors],
        "created_at": job.created_at,
    }
