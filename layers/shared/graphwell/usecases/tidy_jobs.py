"""Bring jobs to an end that nobody will: files that never came or were never taken in, and jobs of long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from graphwell.domain.agent.jobs import KEPT, LOST_AFTER
from graphwell.domain.jobs import FILE_WAIT
from graphwell.ports import AgentJobMaintenance, ExtractQueue, JobMaintenance, JobRepository, UploadStore

MAX_LOOKS = 6
"""Times that the word of a file is sent again, half an hour apart, before its job fails."""

_LOST = "Nobody came to work on it in time; ask again."

BATCH = 200
"""Jobs handled a run, of each kind."""


@dataclass(frozen=True, slots=True)
class JobRepairs:
    """What one run did."""

    failed_uploads: int
    resent_uploads: int
    expired_jobs: int
    lost_agent_jobs: int


class TidyJobs:
    """Safe to run at any time, twice, or not at all for a while.

    Parameters:
        kept_for: how long a finished job can be read.
    """

    def __init__(
        self,
        maintenance: JobMaintenance,
        jobs: JobRepository,
        store: UploadStore,
        queue: ExtractQueue,
        agent_jobs: AgentJobMaintenance,
        *,
        kept_for: timedelta,
    ) -> None:
        self._maintenance = maintenance
        self._jobs = jobs
        self._store = store
        self._queue = queue
        self._agent_jobs = agent_jobs
        self._kept_for = kept_for

    def __call__(self) -> JobRepairs:
        """Run once over all tenants.

        Raises:
            Unavailable: the graph, the file store or the queue does not answer; the next run goes on.
        """
        failed = resent = 0
        for waiting in self._maintenance.claim_waiting_uploads(FILE_WAIT, BATCH):
            arrived_at = self._store.arrival(waiting.scope, waiting.job_id)
            if arrived_at is None:
                reason = "The file never came; start a new upload, and put the file before its address expires."
                self._jobs.fail_upload(waiting.scope, waiting.job_id, reason)
                failed += 1
            elif waiting.looks > MAX_LOOKS:
                reason = f"The file was not taken in after {MAX_LOOKS} further attempts; retry the job."
                self._jobs.fail_upload(waiting.scope, waiting.job_id, reason)
                failed += 1
            else:
                self._queue.send(waiting.scope, waiting.job_id, arrived_at)
                resent += 1
        expired = self._maintenance.remove_expired(self._kept_for, BATCH) + self._agent_jobs.remove_old(KEPT, BATCH)
        return JobRepairs(failed, resent, expired, self._agent_jobs.fail_lost(LOST_AFTER, _LOST, BATCH))
