"""Ingests documents: submits them, waits for their jobs and reports what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from devstack.client.api import GraphwellClient
from devstack.client.documents import Document, DocumentOutcome, OutcomeStatus, UploadableFile
from devstack.client.job_watch import JobsProgress, JobWatch
from devstack.client.models import JobState
from devstack.client.submission import DocumentSubmitter
from devstack.client.uploads import FileUploader


class IngestProgress(Protocol):
    """Shows how an ingestion goes."""

    def submitted(self, documents: int) -> None:
        """Tell that so many more documents are done with, accepted or not."""
        ...

    def embedded(self, progress: JobsProgress) -> None:
        """Tell how far the jobs are."""
        ...


class SilentProgress:
    """Shows nothing."""

    def submitted(self, documents: int) -> None:
        """Ignore it."""

    def embedded(self, progress: JobsProgress) -> None:
        """Ignore it."""


@dataclass(frozen=True)
class IngestReport:
    """Result of an ingestion.

    Parameters:
        outcomes: one per document, and one per file that yields none.
        job_ids: jobs that this ingestion started.
        chunks_total: chunks of those jobs; None when it did not wait for them.
        chunks_embedded: of these, the ones with a vector; None likewise.
        elapsed_s: seconds from the first submission to the end.
    """

    outcomes: tuple[DocumentOutcome, ...]
    job_ids: tuple[str, ...]
    chunks_total: int | None
    chunks_embedded: int | None
    elapsed_s: float

    def count(self, status: OutcomeStatus) -> int:
        """Return how many documents ended so."""
        return sum(outcome.status is status for outcome in self.outcomes)

    @property
    def failures(self) -> Sequence[DocumentOutcome]:
        """The documents and files that failed."""
        return [outcome for outcome in self.outcomes if outcome.status is OutcomeStatus.FAILED]

    @property
    def chunks_per_s(self) -> float | None:
        """Chunks embedded a second; None when there was nothing to embed."""
        if not self.chunks_embedded or self.elapsed_s <= 0:
            return None
        return self.chunks_embedded / self.elapsed_s

    def with_outcomes(self, more: Iterable[DocumentOutcome]) -> IngestReport:
        """Return the report with the outcomes of files that were never submitted."""
        return replace(self, outcomes=self.outcomes + tuple(more))

    def as_json(self) -> dict[str, Any]:
        """Return the report as `graphwell ingest --json` prints it."""
        return {
            "counts": {status.value: self.count(status) for status in OutcomeStatus},
            "documents": [_outcome_json(outcome) for outcome in self.outcomes],
            "jobs": list(self.job_ids),
            "chunks": None
            if self.chunks_total is None
            else {"total": self.chunks_total, "embedded": self.chunks_embedded},
            "elapsed_s": round(self.elapsed_s, 3),
        }


class Ingestion:
    """Brings documents into a stack; running it again continues where an interrupted run ended.

    Parameters:
        client: the stack.
        sleep: waits the given seconds between polls.
        clock_s: monotonic seconds.
        run_id: see `DocumentSubmitter`.
    """

    def __init__(
        self,
        client: GraphwellClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock_s: Callable[[], float] = time.perf_counter,
        run_id: str | None = None,
    ) -> None:
        self._submitter = DocumentSubmitter(client, run_id=run_id)
        self._uploader = FileUploader(client, run_id=run_id)
        self._watch = JobWatch(client, sleep=sleep, clock_s=clock_s)
        self._clock_s = clock_s

    def run(
        self,
        documents: Iterable[Document | UploadableFile],
        *,
        wait: bool = True,
        progress: IngestProgress | None = None,
    ) -> IngestReport:
        """Submit documents, upload files, by default wait until they are searchable, and tell what became of each.

        Parameters:
            documents: read as they are needed; files among them are uploaded.
            wait: whether to wait for the jobs; they also follow what an earlier, interrupted run left unfinished.
            progress: told how it goes.

        Raises:
            DevstackError: the stack cannot be reached, refuses the caller, or stopped working on the jobs.
        """
        shown = progress or SilentProgress()
        started_s = self._clock_s()
        outcomes: list[DocumentOutcome] = []
        uploads: list[UploadableFile] = []
        for done in self._submitter.submit(_texts(documents, uploads)):
            outcomes.extend(done)
            shown.submitted(len(done))
        for outcome in self._uploader.upload(uploads):
            outcomes.append(outcome)
            shown.submitted(1)
        job_ids = tuple(dict.fromkeys(outcome.job_id for outcome in outcomes if outcome.job_id))
        if not wait:
            return IngestReport(tuple(outcomes), job_ids, None, None, self._clock_s() - started_s)
        states = self._watch.wait(job_ids, on_progress=shown.embedded)
        return IngestReport(
            outcomes=tuple(_settled(outcome, states) for outcome in outcomes),
            job_ids=job_ids,
            chunks_total=sum(state.chunks.total for state in states.values()),
            chunks_embedded=sum(state.chunks.embedded for state in states.values()),
            elapsed_s=self._clock_s() - started_s,
        )


def _texts(documents: Iterable[Document | UploadableFile], uploads: list[UploadableFile]) -> Iterator[Document]:
    """Yield the documents and put the files aside."""
    for document in documents:
        if isinstance(document, UploadableFile):
            uploads.append(document)
        else:
            yield document


def _settled(outcome: DocumentOutcome, states: Mapping[str, JobState]) -> DocumentOutcome:
    """Return the outcome as the finished job tells it."""
    state = states.get(outcome.job_id or "")
    if state is None:
        return outcome
    if state.status == "succeeded":
        is_old = outcome.status is OutcomeStatus.ACCEPTED and state.documents.unchanged == state.documents.total > 0
        return replace(outcome, status=OutcomeStatus.UNCHANGED) if is_old else outcome
    reasons = {error.document_id: error.reason for error in state.errors}
    reason = reasons.get(outcome.document_id or "")
    if reason is None and state.status in {"failed", "cancelled"}:
        reason = f"job {state.id} {'was cancelled' if state.status == 'cancelled' else 'failed'}"
    return replace(outcome, status=OutcomeStatus.FAILED, reason=reason) if reason else outcome


def _outcome_json(outcome: DocumentOutcome) -> dict[str, Any]:
    shown = {"file": outcome.file, "id": outcome.document_id, "status": outcome.status.value, "reason": outcome.reason}
    return {name: value for name, value in shown.items() if value is not None}
