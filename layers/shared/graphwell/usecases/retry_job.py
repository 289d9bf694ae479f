"""Try again what a job could not bring in, and what of it stands still."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from graphwell.domain.errors import Unavailable
from graphwell.domain.jobs import JobError
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ExtractQueue, JobRepository, UploadStore
from graphwell.usecases.send_tasks import SendTasks

NO_FILE = "There is no file of this upload; start a new one, and put the file before its address expires."


class RetryJob:
    """Safe to run twice: what was sent is sent once more, and the workers pass over what is done.

    It needs nothing from a dead-letter queue. Messages are references; new ones do what the dead ones were for, which
    find nothing left to do if they are ever moved back.
    """

    def __init__(
        self, jobs: JobRepository, store: UploadStore, send_tasks: SendTasks, extract_queue: ExtractQueue
    ) -> None:
        self._jobs = jobs
        self._store = store
        self._send_tasks = send_tasks
        self._extract_queue = extract_queue

    def __call__(self, scope: TenantScope, job_id: str) -> Sequence[JobError]:
        """Send failed and idle work of a job again.

        Returns:
            The documents that cannot be tried again, each with what to do.

        Raises:
            NotFound: there is no such job.
            Conflict: it was cancelled.
            Unavailable: the graph, the file store or the queue of files does not answer; try again.
        """
        retry = self._jobs.retry(scope, job_id)
        # As at ingestion: it is staged, and the reconciler sends what stays behind.
        with suppress(Unavailable):
            self._send_tasks(scope)
        if not retry.waits_for_file:
            return retry.lost
        arrived_at = self._store.arrival(scope, job_id)
        if arrived_at is None:
            return [*retry.lost, JobError(self._jobs.upload(scope, job_id).document_id, NO_FILE)]
        self._jobs.await_upload_again(scope, job_id)
        self._extract_queue.send(scope, job_id, arrived_at)
        return retry.lost
