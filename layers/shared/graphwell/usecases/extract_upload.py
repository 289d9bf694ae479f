"""Turn an uploaded file into a document."""

from __future__ import annotations

from graphwell.domain.errors import InvalidInput, NotFound, UnusableDocument
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import JobRepository, TextExtractor, Upload, UploadStore
from graphwell.usecases.ingest_documents import IngestDocuments, Submission


class ExtractUpload:
    """Safe to run twice: the same content is no second version, and the file goes only once it is taken in."""

    def __init__(
        self, store: UploadStore, extractor: TextExtractor, jobs: JobRepository, ingest: IngestDocuments
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._jobs = jobs
        self._ingest = ingest

    def __call__(self, scope: TenantScope, job_id: str) -> None:
        """Take in the file of a job; what makes it unusable is recorded there.

        Raises:
            NotFound: there is no such upload.
            Unavailable: a part does not answer; try the whole again.
        """
        upload = self._upload(scope, job_id)
        data = self._store.fetch(scope, job_id)
        try:
            extracted = self._extractor.extract(data, upload.media_type)
            submission = Submission(
                id=upload.document_id,
                title=extracted.title or upload.filename,
                text=extracted.text,
                content_type=extracted.content_type,
                source=upload.filename,
            )
            self._ingest(scope, [submission], job_id=job_id)
        except (UnusableDocument, InvalidInput) as error:
            self._jobs.fail_upload(scope, job_id, error.detail)
        self._store.remove(scope, job_id)

    def _upload(self, scope: TenantScope, job_id: str) -> Upload:
        try:
            return self._jobs.upload(scope, job_id)
        except NotFound:  # its tenant was erased while it was on its way: nobody waits for it
            self._store.remove(scope, job_id)
            raise
