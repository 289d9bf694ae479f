"""Jobs and uploaded files in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.jobs import ANY_JOB, Job, JobFilter
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import JobRetry, Page, Upload, UploadTarget

Key = tuple[str, str]

ARRIVAL = datetime(2026, 1, 1, 11, tzinfo=UTC)
"""When every file arrived."""


class FakeJobs:
    """The `JobRepository` port; `jobs`, `uploads`, `failures` and `retries` are keyed by tenant and job id.

    `now` is the time at which listings are filtered.
    """

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
        self.retries: dict[Key, JobRetry] = {}
        self.retried: list[Key] = []
        self.jobs: dict[Key, Job] = {}
        self.uploads: dict[Key, Upload] = {}
        self.failures: dict[Key, str] = {}

    def await_upload(self, scope: TenantScope, upload: Upload) -> None:
        """Keep what was agreed on."""
        self.uploads[scope.tenant_id, upload.job_id] = upload

    def upload(self, scope: TenantScope, job_id: str) -> Upload:
        """Return what was agreed on."""
        try:
            return self.uploads[scope.tenant_id, job_id]
        except KeyError:
            raise NotFound("There is no such upload.") from None

    def fail_upload(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """Keep the reason."""
        self.failures[scope.tenant_id, job_id] = reason

    def get(self, scope: TenantScope, job_id: str) -> Job:
        """Return a job."""
        try:
            return self.jobs[scope.tenant_id, job_id]
        except KeyError:
            raise NotFound("There is no such job in this tenant.") from None

    def page(
        self,
        scope: TenantScope,
        *,
        cursor: str | None,  # noqa: ARG002
        limit: int,
        wanted: JobFilter = ANY_JOB,
    ) -> Page[Job]:
        """Return the tenant's first jobs."""
        own = [job for (tenant_id, _), job in self.jobs.items() if tenant_id == scope.tenant_id]
        return Page([job for job in own if wanted.keeps(job, self.now)][:limit], None)

    def cancel(self, scope: TenantScope, job_id: str) -> None:
        """Mark a job as cancelled."""
        self.jobs[scope.tenant_id, job_id] = replace(self.get(scope, job_id), cancelled=True)

    def retry(self, scope: TenantScope, job_id: str) -> JobRetry:
        """Return what was put into `retries`."""
        self.get(scope, job_id)
        self.retried.append((scope.tenant_id, job_id))
        return self.retries.get((scope.tenant_id, job_id), JobRetry((), (), waits_for_file=False))

    def await_upload_again(self, scope: TenantScope, job_id: str) -> None:
        """Forget why the file failed."""
        self.failures.pop((scope.tenant_id, job_id), None)


class FakeUploadStore:
    """The `UploadStore` port; `files` is keyed by tenant and job id. While `down`, no file can be read."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.files: dict[Key, bytes] = {}
        self.presigned: list[tuple[Key, str, int]] = []

    def presign(self, scope: TenantScope, job_id: str, *, media_type: str, size_bytes: int) -> UploadTarget:
        """Return an address that names tenant and job."""
        self.presigned.append(((scope.tenant_id, job_id), media_type, size_bytes))
        url = f"https://files.example/{scope.tenant_id}/{job_id}"
        return UploadTarget(url, {"Content-Type": media_type}, datetime(2026, 1, 1, tzinfo=UTC))

    def fetch(self, scope: TenantScope, job_id: str) -> bytes:
        """Return the file of a job."""
        if self.down:
            raise Unavailable("The file store does not answer.")
        try:
            return self.files[scope.tenant_id, job_id]
        except KeyError:
            raise NotFound("There is no such file.") from None

    def arrival(self, scope: TenantScope, job_id: str) -> datetime | None:
        """Return when the file arrived."""
        if self.down:
            raise Unavailable("The file store does not answer.")
        return ARRIVAL if (scope.tenant_id, job_id) in self.files else None

    def remove(self, scope: TenantScope, job_id: str) -> None:
        """Forget the file of a job."""
        self.files.pop((scope.tenant_id, job_id), None)


class FakeExtractQueue:
    """The `ExtractQueue` port; `sent` lists tenants and jobs. While `down`, it takes nothing."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.sent: list[Key] = []

    def send(self, scope: TenantScope, job_id: str, arrived_at: datetime) -> None:
        """Keep the word."""
        if self.down:
            raise Unavailable("The queue does not answer.")
        assert arrived_at == ARRIVAL
        self.sent.append((scope.tenant_id, job_id))
