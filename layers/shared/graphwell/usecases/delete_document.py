"""Delete a document, and all that was made of it."""

from __future__ import annotations

from contextlib import suppress

from graphwell.domain.erasure import Counts
from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnswerCache, DocumentRepository, UploadStore


class DeleteDocument:
    """Takes a document out of every answer at once; its chunks follow when no query can still be reading them.

    Files first, since without its document a file could not be found again; each part is safe to repeat until then.
    """

    def __init__(self, documents: DocumentRepository, files: UploadStore, answers: AnswerCache) -> None:
        self._documents = documents
        self._files = files
        self._answers = answers

    def __call__(self, scope: TenantScope, document_id: str) -> None:
        """Delete a document with its versions, chunks, uploaded files and the cached answers of before.

        Raises:
            NotFound: there is no document of that id.
            Unavailable: the graph or the file store does not answer; the document is still there.
        """
        for job_id in self._documents.uploads(scope, document_id):
            self._files.remove(scope, job_id)
        corpus_version = self._documents.delete(scope, document_id)
        # No question finds them any more, and they end by themselves within the hour.
        with suppress(Unavailable):
            self._answers.forget(scope, corpus_version)

    def preview(self, scope: TenantScope, document_id: str) -> Counts:
        """Return how many things of each kind a deletion would remove.

        Raises:
            NotFound: there is no document of that id.
        """
        files = len(self._documents.uploads(scope, document_id))
        return {**self._documents.count(scope, document_id), "files": files}
