"""Uploads files that the stack reads itself, a few at a time."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from devstack.client.api import GraphwellClient
from devstack.client.documents import DocumentOutcome, OutcomeStatus, UploadableFile, failed
from devstack.client.problems import ApiError

UPLOADS_IN_FLIGHT = 3


class FileUploader:
    """Uploads files and tells what became of each. Meant for one run.

    Parameters:
        client: the stack.
        run_id: distinguishes this run's idempotency keys; None for a random one.
    """

    def __init__(self, client: GraphwellClient, *, run_id: str | None = None) -> None:
        self._client = client
        self._run_id = run_id or uuid.uuid4().hex

    def upload(self, files: Iterable[UploadableFile]) -> Iterator[DocumentOutcome]:
        """Yield the outcome of each file as it is done.

        Raises:
            DevstackError: the stack cannot be reached or refuses the caller; files may have been accepted before.
        """
        executor = ThreadPoolExecutor(UPLOADS_IN_FLIGHT, thread_name_prefix="upload")
        try:
            for done in as_completed([executor.submit(self._upload, file) for file in files]):
                yield done.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def _upload(self, file: UploadableFile) -> DocumentOutcome:
        try:
            content = file.path.read_bytes()
        except OSError as error:
            return failed(file, f"cannot be read: {error.strerror}")
        try:
            place = self._client.request_upload(
                filename=file.filename,
                content_type=file.media_type,
                size_bytes=len(content),
                document_id=file.id,
                idempotency_key=hashlib.sha256(f"{self._run_id} {file.id}".encode()).hexdigest(),
            )
            self._client.put_file(place, content)
        except ApiError as error:
            if error.is_refused_caller or not error.is_refused_input:
                raise
            return failed(file, str(error))
        return DocumentOutcome(file.file, OutcomeStatus.ACCEPTED, file.id, job_id=place.job_id)
