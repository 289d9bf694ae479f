"""Jobs, and the uploads that start one."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from graphwell.domain.agent.jobs import asker_key
from graphwell.domain.errors import InvalidInput, NotFound
from graphwell.domain.jobs import JobFilter, JobStatus
from graphwell.http.access import EditorScope, FollowerScope, GuardedRoute, ReaderScope
from graphwell.http.agent_models import AgentJobReply
from graphwell.http.agent_replies import agent_job
from graphwell.http.document_models import UploadBody, UploadReply
from graphwell.http.idempotency import IdempotencyKey, Once
from graphwell.http.job_models import EraseJobReply, JobPageReply, JobReply, RetryReply
from graphwell.http.request_context import principal
from graphwell.http.tenant_routes import erase_job
from graphwell.runtime.container import Container
from graphwell.usecases.read_jobs import JobView

JobId = Annotated[str, Path(max_length=128)]
Moment = Annotated[str | None, Query(json_schema_extra={"format": "date-time"}, description="RFC 3339.")]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


def job_router(container: Container) -> APIRouter:
    """Return the routes over jobs."""
    router = APIRouter(prefix="/v1", tags=["jobs"], route_class=GuardedRoute)
    once_uploaded, once_retried = Once(container, "jobs.upload"), Once(container, "jobs.retry")

    @router.post("/uploads", status_code=HTTPStatus.CREATED, response_model=UploadReply, summary="Start a file upload")
    def upload(body: UploadBody, scope: EditorScope, request: Request, idempotency_key: IdempotencyKey = None) -> Any:
        def work(job_id: str | None) -> dict[str, Any]:
            accepted = container.of(scope).request_upload(
                scope,
                filename=body.filename,
                content_type=body.content_type,
                size_bytes=body.size,
                document_id=body.id,
                job_id=job_id,
            )
            return asdict(accepted)

        ids = once_uploaded(request, scope, idempotency_key, work, body=body.model_dump)
        # A repetition gets an address of its own, since the first may have expired, for the same job.
        target = container.of(scope).request_upload.place(
            scope, ids["job_id"], content_type=body.content_type, size_bytes=body.size
        )
        return {**ids, **asdict(target)}

    @router.get("/jobs", response_model=JobPageReply, summary="List jobs, newest first")
    def page(
        scope: ReaderScope,
        *,
        status: JobStatus | None = None,
        stalled: Annotated[bool | None, Query(description="Work is left and lost.")] = None,
        created_after: Moment = None,
        created_before: Moment = None,
        cursor: Annotated[str | None, Query(max_length=1024)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Any:
        wanted = JobFilter(
            status=status,
            created_after=_moment(created_after, "created_after"),
            created_before=_moment(created_before, "created_before"),
        )
        found = container.of(scope).read_jobs.page(scope, cursor=cursor, limit=limit, wanted=wanted, stalled=stalled)
        return {"jobs": [_job(view) for view in found.items], "next_cursor": found.next_cursor}

    @router.get("/jobs/{job_id}", response_model=EraseJobReply | AgentJobReply | JobReply, summary="Follow a job")
    def read(job_id: JobId, scope: FollowerScope, request: Request) -> Any:
        shard = container.of(scope)
        with suppress(NotFound):
            return _job(shard.read_jobs.get(scope, job_id))
        with suppress(NotFound):
            return agent_job(shard.agent_jobs.get(scope, job_id, asker=_asker(request)))
        return erase_job(shard.erasures.get(scope, job_id))

    @router.post(
        "/jobs/{job_id}/retry",
        status_code=HTTPStatus.ACCEPTED,
        response_model=RetryReply,
        summary="Send a job's failed and idle work again",
    )
    def retry(job_id: JobId, scope: EditorScope, request: Request, idempotency_key: IdempotencyKey = None) -> Any:
        def work(_: str | None) -> dict[str, Any]:
            return {"send_again": [asdict(error) for error in container.of(scope).retry_job(scope, job_id)]}

        retried = once_retried(request, scope, idempotency_key, work, body=lambda: job_id)
        return {**_job(container.of(scope).read_jobs.get(scope, job_id)), **retried}

    @router.post(
        "/jobs/{job_id}/cancel", response_model=AgentJobReply | JobReply, summary="Stop what only this job waits for"
    )
    def cancel(job_id: JobId, scope: EditorScope, request: Request) -> Any:
        shard = container.of(scope)
        with suppress(NotFound):
            shard.jobs.cancel(scope, job_id)
            return _job(shard.read_jobs.get(scope, job_id))
        shard.agent_jobs.cancel(scope, job_id, asker=_asker(request))
        return agent_job(shard.agent_jobs.get(scope, job_id, asker=_asker(request)))

    return router


def _asker(request: Request) -> str:
    return asker_key(principal(request).subject)


def _moment(value: str | None, field: str) -> datetime | None:
    if value is None:
        return None
    try:
        if _MOMENT.match(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInput(field, "A moment is a date and time with its offset, such as 2026-01-31T12:00:00Z.")


def _job(view: JobView) -> dict[str, Any]:
    job, counts = view.job, view.job.counts
    return {
        "id": job.id,
        "status": job.status,
        "stalled": view.stalled,
        "documents": {
            "total": counts.total,
            "unchanged": counts.unchanged,
            "pending": counts.pending,
            "done": counts.done,
            "failed": counts.failed,
            "cancelled": counts.cancelled,
        },
        "chunks": {"total": counts.chunks_total, "embedded": counts.chunks_embedded},
        "errors": [asdict(error) for error in job.errors],
        "created_at": job.created_at,
        "moved_at": job.moved_at,
    }
