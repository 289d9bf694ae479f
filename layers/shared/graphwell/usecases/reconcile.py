"""Repair what stopped: send lost work again, give up on what cannot work, remove what left service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from graphwell.ports import EmbedOutbox, EmbedQueue, MaintenanceRepository, StagingRepository
from graphwell.usecases.send_tasks import SendTasks

IDLE_BEFORE_RESEND = timedelta(minutes=3)
"""With the queue empty, a task that was sent this long ago, longer than a worker holds it, is lost."""

QUEUED_BEFORE_RESEND = timedelta(hours=1)
"""The same while the queue holds work: what waits its turn behind others is not lost, and must not fail for it."""

MAX_ATTEMPTS = 5
"""Times that lost work is put back before its version fails."""

RETIRED_GRACE = timedelta(seconds=60)
"""Twice the longest request (29 s): chunks stay until no query that saw their version can still be running."""

BATCH = 200
"""Tasks, versions and tenants handled a run."""

CHUNKS_A_REMOVAL = 1_000
"""Chunks removed in one transaction: a tenth of a second, and memory of a few MB."""

REMOVALS_A_RUN = 20


@dataclass(frozen=True, slots=True)
class Repairs:
    """What one run did.

    Parameters:
        sent_tasks: that nobody had sent, or that were put back.
        lost_tasks: sent long ago, never done.
        resent_versions: put back because no task was about them any more.
        failed_versions: given up.
        removed_chunks: of versions that left service.
    """

    sent_tasks: int
    lost_tasks: int
    resent_versions: int
    failed_versions: int
    removed_chunks: int


class Reconcile:
    """Safe to run at any time, twice, or not at all for a while; a run does a bounded amount, the next goes on."""

    def __init__(
        self,
        maintenance: MaintenanceRepository,
        staging: StagingRepository,
        outbox: EmbedOutbox,
        queue: EmbedQueue,
        send_tasks: SendTasks,
    ) -> None:
        self._maintenance = maintenance
        self._staging = staging
        self._outbox = outbox
        self._queue = queue
        self._send_tasks = send_tasks

    def __call__(self) -> Repairs:
        """Run once over all tenants.

        Raises:
            Unavailable: the graph or the queue does not answer; the next run goes on.
        """
        removed = self._remove_retired()
        # Asked first, so that no attempt is counted while the queue is away.
        lost_after = IDLE_BEFORE_RESEND if self._queue.is_empty() else QUEUED_BEFORE_RESEND
        lost = self._outbox.remove_lost(lost_after, BATCH)
        resent, failed = self._put_back()
        sent = sum(self._send_tasks(scope) for scope in self._outbox.idle_tenants(BATCH))
        return Repairs(sent, lost, resent, failed, removed)

    def _put_back(self) -> tuple[int, int]:
        resent = failed = 0
        for stale in self._maintenance.claim_stale(IDLE_BEFORE_RESEND, BATCH):
            if stale.attempts > MAX_ATTEMPTS:
                reason = f"Embedding did not finish after {MAX_ATTEMPTS} further attempts; send the document again."
                self._staging.fail(stale.scope, stale.document_id, stale.version, reason)
                failed += 1
            else:
                self._outbox.put_back(stale.scope, stale.document_id, stale.version)
                resent += 1
        return resent, failed

    def _remove_retired(self) -> int:
        removed = 0
        for _ in range(REMOVALS_A_RUN):
            batch = self._maintenance.remove_retired(RETIRED_GRACE, CHUNKS_A_REMOVAL)
            removed += batch
            if batch < CHUNKS_A_REMOVAL:
                break
        return removed
