"""Jobs, and the uploads that they wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from graphwell.domain.jobs import ANY_JOB, Job, JobError, JobFilter
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.documents import Page


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a client was told where to put."""

    job_id: str
    document_id: str
    filename: str
    media_type: str


@dataclass(frozen=True, slots=True)
class JobRetry:
    """What a retry found to do.

    Parameters:
        chunk_ids: chunks that the outbox holds new tasks for.
        lost: failed documents that the store can do nothing about, and why.
        waits_for_file: an uploaded file of the job was never taken in, for whatever reason.
    """

    chunk_ids: Sequence[str]
    lost: Sequence[JobError]
    waits_for_file: bool


class JobRepository(Protocol):
    """Jobs, their progress, and the uploads they wait for."""

    def await_upload(self, scope: TenantScope, upload: Upload) -> None:
        """Record a job that waits for one uploaded file; safe to repeat."""

    def upload(self, scope: TenantScope, job_id: str) -> Upload:
        """Return what was agreed on for a job's file.

        Raises:
            NotFound: there is no such job, it waits for no file, or it was cancelled.
        """

    def fail_upload(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """Record that the uploaded file of a job cannot be indexed."""

    def get(self, scope: TenantScope, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFound: there is none of that id.
        """

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int, wanted: JobFilter = ANY_JOB) -> Page[Job]:
        """Return jobs, newest first.

        A page of a filtered listing may hold fewer than `limit`, even none, and go on all the same.

        Raises:
            InvalidInput: the cursor is not one that this listing gave.
        """

    def cancel(self, scope: TenantScope, job_id: str) -> None:
        """Stop all that only this job waits for; what is live stays. Safe to repeat.

        Raises:
            NotFound: there is none of that id.
        """

    def retry(self, scope: TenantScope, job_id: str) -> JobRetry:
        """Stage the failed versions of a job again whose chunks are still there. Safe to repeat.

        Raises:
            NotFound: there is none of that id.
            Conflict: it was cancelled.
        """

    def await_upload_again(self, scope: TenantScope, job_id: str) -> None:
        """Take back that the uploaded file of a job cannot be indexed."""


@dataclass(frozen=True, slots=True)
class WaitingUpload:
    """A job that has waited for its file, or for the file to be taken in.

    Parameters:
        looks: how often it was looked at.
    """

    scope: TenantScope
    job_id: str
    looks: int


class JobMaintenance(Protocol):
    """Work over all tenants' jobs, for the reconciler alone; what it hands out carries the tenant's scope."""

    def claim_waiting_uploads(self, waited_for: timedelta, limit: int) -> Sequence[WaitingUpload]:
        """Return jobs that wait for a file since nobody looked at them for `waited_for`, counting a look for each."""

    def remove_expired(self, older_than: timedelta, limit: int) -> int:
        """Remove finished jobs that are `older_than`; documents stay.

        Returns:
            How many went.
        """


class ExtractQueue(Protocol):
    """Carries word of uploaded files to the extractor, at least once."""

    def send(self, scope: TenantScope, job_id: str, arrived_at: datetime) -> None:
        """Say that the file of a job is there since `arrived_at`, as the store does when it arrives.

        Raises:
            Unavailable: the queue does not answer.
        """


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """Where and how a client puts a file: an HTTP PUT to `url` with just these `headers`, before `expires_at`."""

    url: str
    headers: Mapping[str, str]
    expires_at: datetime


class UploadStore(Protocol):
    """Holds uploaded files, one a job, until they are taken in."""

    def presign(self, scope: TenantScope, job_id: str, *, media_type: str, size_bytes: int) -> UploadTarget:
        """Return where the client puts a file of just that size and type."""

    def fetch(self, scope: TenantScope, job_id: str) -> bytes:
        """Return the file of a job.

        Raises:
            NotFound: there is none.
            UnreadableFile: it is larger than a file may be.
            Unavailable: the store does not answer.
        """

    def arrival(self, scope: TenantScope, job_id: str) -> datetime | None:
        """Return when the file of a job arrived, None when there is none.

        Raises:
            Unavailable: the store does not answer.
        """

    def remove(self, scope: TenantScope, job_id: str) -> None:
        """Remove the file of a job; safe to repeat.

        Raises:
            Unavailable: the store does not answer.
        """
