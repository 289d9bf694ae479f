"""Replies of jobs, and of what erases and deletes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from graphwell.domain.jobs import JobStatus


class JobDocumentsReply(BaseModel):
    """Documents of a job by state."""

    total: int
    unchanged: int
    pending: int
    done: int
    failed: int
    cancelled: int


class JobChunksReply(BaseModel):
    """Chunks of a job."""

    total: int
    embedded: int


class JobErrorReply(BaseModel):
    """Why a document cannot be indexed."""

    document_id: str
    reason: str


class JobReply(BaseModel):
    """A job; `stalled` when work is left that has not moved for some minutes and that no queue holds."""

    id: str
    status: JobStatus
    stalled: bool
    documents: JobDocumentsReply
    chunks: JobChunksReply
    errors: list[JobErrorReply]
    created_at: datetime
    moved_at: datetime


class RetryReply(JobReply):
    """The job after a retry; `send_again` has the documents that only their sender can bring in."""

    send_again: list[JobErrorReply]


class ErasedReply(BaseModel):
    """Things of an erased tenant by kind, before and after."""

    before: dict[str, int]
    after: dict[str, int]


class EraseJobReply(JobReply):
    """The job of a tenant's erase; it stays when all else has gone."""

    erased: ErasedReply
    finished_at: datetime | None


class EraseReply(BaseModel):
    """The job that erases a tenant, and what there was by kind when it began."""

    job_id: str
    status: JobStatus
    counts: dict[str, int]


class DryRunReply(BaseModel):
    """What would go, by kind."""

    dry_run: Literal[True] = True
    counts: dict[str, int]


class JobPageReply(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobReply]
    next_cursor: str | None
