"""Ingestion jobs: their state follows from what the graph holds, so counters cannot drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

STALLED_AFTER = timedelta(minutes=5)
"""Work that has not moved for this long, longer than a full embed batch, counts as idle."""

FILE_WAIT = timedelta(minutes=30)
"""Twice the life of an upload's address; longer than a file needs to be taken in, unless others are before it."""

FAILED_KEPT = timedelta(days=7)
"""How long the chunks of a failed version stay, so that a retry needs no text; they are in no index meanwhile."""


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
        done: versions that went live, or that a newer one overtook; deleted ones among them.
        failed: versions or uploads that cannot be indexed.
        cancelled: versions or uploads that were cancelled or deleted before they went live.
        chunks_total, chunks_embedded: over all versions of the job.
    """

    total: int
    unchanged: int
    pending: int
    done: int
    failed: int
    chunks_total: int
    chunks_embedded: int
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class JobError:
    """Why one document of a job cannot be indexed."""

    document_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job as readers of the API see it; times are aware UTC.

    Parameters:
        cancelled: somebody cancelled it; what other jobs follow as well goes on for them.
        awaits_file: its file is still to come, or to be read.
    """

    id: str
    counts: JobCounts
    errors: Sequence[JobError]
    created_at: datetime
    moved_at: datetime
    cancelled: bool = False
    awaits_file: bool = False

    @property
    def status(self) -> JobStatus:
        """State of the job, derived from the counts. Without any document that can be read it never succeeded."""
        counts = self.counts
        if self.cancelled:
            return JobStatus.CANCELLED
        if counts.pending:
            started = counts.done or counts.failed or counts.chunks_embedded
            return JobStatus.RUNNING if started else JobStatus.QUEUED
        readable = counts.done + counts.unchanged
        if counts.failed:
            return JobStatus.PARTIALLY_FAILED if readable else JobStatus.FAILED
        if readable:
            return JobStatus.SUCCEEDED
        return JobStatus.CANCELLED if counts.cancelled else JobStatus.FAILED

    def idle(self, now: datetime) -> bool:
        """Tell whether work is left but has not moved for `STALLED_AFTER`: it waits its turn, or it was lost.

        A file has `FILE_WAIT`: its sender may be slow.
        """
        longest = FILE_WAIT if self.awaits_file else STALLED_AFTER
        return not self.cancelled and self.counts.pending > 0 and now - self.moved_at > longest


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a listing holds; None for any.

    Parameters:
        idle: see `Job.idle`.
        created_after, created_before: aware UTC; the first belongs to the listing, the second does not.
    """

    status: JobStatus | None = None
    idle: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def keeps(self, job: Job, now: datetime) -> bool:
        """Tell whether a job of the right time belongs to the listing."""
        return self.status in {None, job.status} and self.idle in {None, job.idle(now)}


ANY_JOB = JobFilter()
