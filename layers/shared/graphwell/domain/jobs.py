"""Ingestion jobs: their state follows from what the graph holds, so counters cannot drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

STALLED_AFTER = timedelta(minutes=5)
"""Work that has not moved for this long, longer than a full embed batch with its redeliveries, counts as stalled."""


class JobStatus(StrEnum):
    """State of a job as a whole."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIALLY_FAILED = "partially_failed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobCounts:
    """What a job's documents and chunks amount to in the graph.

    Parameters:
        total: documents that the job was given.
        unchanged: of these, the ones whose content was there already.
        pending: versions whose chunks are still being embedded, or whose upload is still to come.
        done: versions that were activated, superseded or deleted since.
        failed: versions or uploads that cannot be indexed.
        chunks_total, chunks_embedded: over all versions of the job.
    """

    total: int
    unchanged: int
    pending: int
    done: int
    failed: int
    chunks_total: int
    chunks_embedded: int


@dataclass(frozen=True, slots=True)
class JobError:
    """Why one document of a job cannot be indexed."""

    document_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job as readers of the API see it; times are aware UTC."""

    id: str
    counts: JobCounts
    errors: Sequence[JobError]
    created_at: datetime
    moved_at: datetime
    cancelled: bool = False

    @property
    def status(self) -> JobStatus:
        """State of the job, derived from the counts."""
        counts = self.counts
        if self.cancelled:
            return JobStatus.CANCELLED
        if counts.pending:
            started = counts.done or counts.failed or counts.chunks_embedded
            return JobStatus.RUNNING if started else JobStatus.QUEUED
        if counts.failed:
            return JobStatus.PARTIALLY_FAILED if counts.done or counts.unchanged else JobStatus.FAILED
        return JobStatus.SUCCEEDED

    def stalled(self, now: datetime) -> bool:
        """Tell whether work is left but has not moved for `STALLED_AFTER`."""
        return not self.cancelled and self.counts.pending > 0 and now - self.moved_at > STALLED_AFTER
