"""Hand out a place to put a file."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from graphwell.domain.documents import check_document_id
from graphwell.domain.errors import InvalidInput
from graphwell.domain.files import MAX_FILE_SIZE_BYTES, MAX_FILENAME_LENGTH, SUPPORTED_FILES, media_type_of
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import JobRepository, Upload, UploadStore, UploadTarget


@dataclass(frozen=True, slots=True)
class AcceptedUpload:
    """The job that follows the file, and the document it becomes."""

    job_id: str
    document_id: str


class RequestUpload:
    """Checks name, type and size before a byte is sent, and records the job that waits for the file."""

    def __init__(self, jobs: JobRepository, store: UploadStore) -> None:
        self._jobs = jobs
        self._store = store

    def __call__(
        self,
        scope: TenantScope,
        *,
        filename: str,
        content_type: str,
        size_bytes: int,
        document_id: str | None,
        job_id: str | None = None,
    ) -> AcceptedUpload:
        """Record that a file is to come; safe to repeat under the same job id.

        Parameters:
            job_id: the job that follows it, a new one when None.

        Raises:
            InvalidInput: the file's name, type or size is not acceptable.
            Unavailable: the graph does not answer; nothing was written.
        """
        name = accept_text(filename, "filename", max_length=MAX_FILENAME_LENGTH)
        media_type = media_type_of(name)
        if media_type is None:
            raise InvalidInput("filename", f"Files of this kind are not supported; send one of {SUPPORTED_FILES}.")
        if content_type != media_type:
            raise InvalidInput("content_type", f"A file of this name has the type {media_type}; send that.")
        if not 0 < size_bytes <= MAX_FILE_SIZE_BYTES:
            raise InvalidInput("size", f"A file has 1 to {MAX_FILE_SIZE_BYTES} bytes; this has {size_bytes}.")
        identifier = _name_id(name) if document_id is None else check_document_id(document_id, "id")
        job_id = job_id or uuid.uuid4().hex
        self._jobs.await_upload(scope, Upload(job_id, identifier, name, media_type))
        return AcceptedUpload(job_id, identifier)

    def place(self, scope: TenantScope, job_id: str, *, content_type: str, size_bytes: int) -> UploadTarget:
        """Return where to put the file of a job that was accepted with this type and size."""
        return self._store.presign(scope, job_id, media_type=content_type, size_bytes=size_bytes)


def _name_id(filename: str) -> str:
    """Return a document id made of the file's name, so that a newer file of that name is a new version."""
    return hashlib.sha256(filename.encode()).hexdigest()[:32]
