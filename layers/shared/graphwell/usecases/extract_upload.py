"""Turn an uploaded file into a document."""

from __future__ import annotations

from datetime import datetime

from graphwell.domain.errors import Conflict, InvalidInput, NotFound, UnreadableFile, UnusableDocument
from graphwell.domain.files import FileFault
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import JobRepository, TextExtractor, UploadStore
from graphwell.usecases.ingest_documents import IngestDocuments, Submission


class ExtractUpload:
    """Safe to run twice: a file is taken in once, and goes only when it is, or when nobody waits for it any more.

    Of two changes to a document the one accepted last stays, and a file is accepted when it arrives, however long it
    waits to be read.
    """

    def __init__(
        self, store: UploadStore, extractor: TextExtractor, jobs: JobRepository, ingest: IngestDocuments
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._jobs = jobs
        self._ingest = ingest

    def __call__(self, scope: TenantScope, job_id: str, arrived_at: datetime) -> None:
        """Take in the file of a job; what makes it unusable is recorded there.

        Parameters:
            arrived_at: when the store had the whole file.

        Raises:
            NotFound: there is no such upload, or no file; its tenant may have been erased while it was on its way.
            Conflict: its job was cancelled.
            Unavailable: a part does not answer; try the whole again.
        """
        try:
            self._take_in(scope, job_id, arrived_at)
        except (NotFound, Conflict):
            self._store.remove(scope, job_id)
            raise
        self._store.remove(scope, job_id)

    def _take_in(self, scope: TenantScope, job_id: str, arrived_at: datetime) -> None:
        upload = self._jobs.upload(scope, job_id)
        try:
            data = self._store.fetch(scope, job_id)
            extracted = self._extractor.extract(data, upload.media_type)
            submission = Submission(
                id=upload.document_id,
                title=extracted.title or upload.filename,
                text=extracted.text,
                content_type=extracted.content_type,
                source=upload.filename,
                page_starts=extracted.page_starts,
            )
            self._ingest(scope, [submission], job_id=job_id, arrived_at=arrived_at)
        except UnreadableFile as error:
            self._jobs.fail_upload(scope, job_id, error.reason)
        except (UnusableDocument, InvalidInput) as error:
            self._jobs.fail_upload(scope, job_id, f"{FileFault.EMPTY}: {error.detail}")
