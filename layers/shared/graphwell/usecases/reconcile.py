"""Repair what stopped: send lost work again, give up on what cannot work, remove what left service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from graphwell.ports import EmbedQueue, MaintenanceRepository, StagingRepository
from graphwell.usecases.ingest_documents import embed_tasks

IDLE_BEFORE_RESEND = timedelta(minutes=3)
"""A version moves with every batch written; idle for longer than the queue's redeliveries of one batch is lost."""

QUEUED_BEFORE_RESEND = timedelta(hours=1)
"""The same while the queue holds work: what waits its turn behind others is not lost, and must not fail for it."""

MAX_ATTEMPTS = 5
"""Times that idle work is sent again before its version fails."""

RETIRED_GRACE = timedelta(seconds=60)
"""Twice the longest request (29 s): chunks stay until no query that saw their version can still be running."""

BATCH = 200
"""Versions handled a run."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """What one run did."""

    resent_versions: int
    failed_versions: int
    removed_chunks: int


class Reconcile:
    """Safe to run at any time, twice, or not at all for a while."""

    def __init__(self, maintenance: MaintenanceRepository, staging: StagingRepository, queue: EmbedQueue) -> None:
        self._maintenance = maintenance
        self._staging = staging
        self._queue = queue

    def __call__(self) -> Repairs:
        """Run once over all tenants.

        Raises:
            Unavailable: the graph or the queue does not answer; the next run goes on.
        """
        resent = failed = 0
        idle_for = IDLE_BEFORE_RESEND if self._queue.is_empty() else QUEUED_BEFORE_RESEND
        for stale in self._maintenance.claim_stale(idle_for, BATCH):
            if stale.attempts > MAX_ATTEMPTS:
                reason = f"Embedding did not finish after {MAX_ATTEMPTS} further attempts; send the document again."
                self._staging.fail(stale.scope, stale.document_id, stale.version, reason)
                failed += 1
            else:
                self._queue.send(embed_tasks(stale.scope, stale.chunk_ids))
                resent += 1
        return Repairs(resent, failed, self._maintenance.remove_retired(RETIRED_GRACE, BATCH))
