"""Submits documents in batches, a few requests at a time."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from devstack.client.api import GraphwellClient
from devstack.client.batches import Batch, batches
from devstack.client.documents import Document, DocumentOutcome, OutcomeStatus, failed
from devstack.client.models import Submission
from devstack.client.problems import ApiError

REQUESTS_IN_FLIGHT = 3
_MAX_SERVER_FAULTS = 3
_SERVER_FAULT = 500
_TOO_SLOW = 504


class DocumentSubmitter:
    """Submits documents and tells what became of each. Meant for one run.

    A batch that is refused is halved until the documents at fault stand alone, so one of them never holds up the
    others. Idempotency keys differ from run to run: a key that only followed the content would get the reply to an
    earlier submission, also after the document was deleted since.

    Parameters:
        client: the stack.
        requests_in_flight: most requests at one time.
        run_id: distinguishes this run's idempotency keys; None for a random one.
    """

    def __init__(
        self, client: GraphwellClient, *, requests_in_flight: int = REQUESTS_IN_FLIGHT, run_id: str | None = None
    ) -> None:
        self._client = client
        self._requests_in_flight = requests_in_flight
        self._run_id = run_id or uuid.uuid4().hex
        self._lock = threading.Lock()
        self._server_faults = 0

    def submit(self, documents: Iterable[Document]) -> Iterator[list[DocumentOutcome]]:
        """Yield the outcomes of each batch when it is done; every document is in exactly one of them.

        Parameters:
            documents: read as needed, in the calling thread.

        Raises:
            DevstackError: the stack cannot be reached or refuses the caller; documents may have been accepted before.
        """
        executor = ThreadPoolExecutor(self._requests_in_flight, thread_name_prefix="submit")
        pending: set[Future[list[DocumentOutcome]]] = set()
        try:
            for batch in batches(documents):
                if isinstance(batch, DocumentOutcome):
                    yield [batch]
                    continue
                pending.add(executor.submit(self._submit_batch, batch))
                if len(pending) > self._requests_in_flight:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def _submit_batch(self, batch: Batch) -> list[DocumentOutcome]:
        body = batch.body
        key = hashlib.sha256(self._run_id.encode() + body).hexdigest()
        try:
            submission = self._client.submit_documents(body, idempotency_key=key)
        except ApiError as error:
            if not self._may_be_one_documents_fault(error):
                raise
            if len(batch.members) == 1:
                return [self._refused(batch.documents[0], error)]
            first, second = batch.halves()
            return self._submit_batch(first) + self._submit_batch(second)
        return _outcomes(batch, submission)

    def _may_be_one_documents_fault(self, error: ApiError) -> bool:
        return error.is_refused_input or (
            error.status in {_SERVER_FAULT, _TOO_SLOW} and self._server_faults < _MAX_SERVER_FAULTS
        )

    def _refused(self, document: Document, error: ApiError) -> DocumentOutcome:
        """Return the failure of one document; too many faults of the server itself end the run instead."""
        if not error.is_refused_input:
            with self._lock:
                self._server_faults += 1
        return failed(document, str(error))


def _outcomes(batch: Batch, submission: Submission) -> list[DocumentOutcome]:
    status_of_id = {accepted.id: accepted.status for accepted in submission.documents}
    return [
        DocumentOutcome(document.file, OutcomeStatus.UNCHANGED, document.id)
        if status_of_id.get(document.id) == OutcomeStatus.UNCHANGED
        else DocumentOutcome(document.file, OutcomeStatus.ACCEPTED, document.id, job_id=submission.job_id)
        for document in batch.documents
    ]
