"""Jobs, and the uploads that they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from graphwell.domain.jobs import Job
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.documents import Page


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a client was told where to put."""

    job_id: str
    document_id: str
    filename: str
    media_type: str


class JobRepository(Protocol):
    """Jobs, their progress, and the uploads they wait for."""

    def await_upload(self, scope: TenantScope, upload: Upload) -> None:
        """Record a job that waits for one uploaded file."""

    def upload(self, scope: TenantScope, job_id: str) -> Upload:
        """Return what was agreed on for a job's file.

        Raises:
            NotFound: there is no such job, or it waits for no file.
        """

    def fail_upload(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """Record that the uploaded file of a job cannot be indexed."""

    def get(self, scope: TenantScope, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFound: there is none of that id.
        """

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[Job]:
        """Return jobs, newest first.

        Raises:
            InvalidInput: the cursor is not one that this listing gave.
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
            Unavailable: the store does not answer.
        """

    def remove(self, scope: TenantScope, job_id: str) -> None:
        """Remove the file of a job; safe to repeat.

        Raises:
            Unavailable: the store does not answer.
        """
