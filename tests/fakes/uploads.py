"""Jobs and uploaded files in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.jobs import Job
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Page, Upload, UploadTarget

Key = tuple[str, str]


class FakeJobs:
    """The `JobRepository` port; `jobs`, `uploads` and `failures` are keyed by tenant and job id."""

    def __init__(self) -> None:
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

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[Job]:  # noqa: ARG002
        """Return the tenant's first jobs."""
        return Page([job for (tenant_id, _), job in self.jobs.items() if tenant_id == scope.tenant_id][:limit], None)


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

    def remove(self, scope: TenantScope, job_id: str) -> None:
        """Forget the file of a job."""
        self.files.pop((scope.tenant_id, job_id), None)
