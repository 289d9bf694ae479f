"""Jobs as readers see them: work that waits its turn is told from work that was lost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphwell.domain.errors import Unavailable
from graphwell.domain.jobs import Job, JobFilter
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, EmbedQueue, JobRepository, Page


@dataclass(frozen=True, slots=True)
class JobView:
    """A job, and whether it is stalled: work is left, it has not moved for some minutes, and no queue holds it."""

    job: Job
    stalled: bool


class ReadJobs:
    """Asks the queue only about jobs that have not moved for long, so following a job costs one read of the graph.

    While the queue holds anything, idle work may stand behind it and counts as queued; the reconciler sends again what
    was lost from a queue in use. A queue that does not answer counts as empty: that is what the operator has to hear.
    """

    def __init__(self, jobs: JobRepository, queue: EmbedQueue, clock: Clock) -> None:
        self._jobs = jobs
        self._queue = queue
        self._clock = clock

    def get(self, scope: TenantScope, job_id: str) -> JobView:
        """Return a job.

        Raises:
            NotFound: there is none of that id.
        """
        job = self._jobs.get(scope, job_id)
        return JobView(job, stalled=job.idle(self._clock.now()) and self._holds_nothing())

    def page(
        self, scope: TenantScope, *, cursor: str | None, limit: int, wanted: JobFilter, stalled: bool | None
    ) -> Page[JobView]:
        """Return jobs, newest first.

        Parameters:
            wanted: which jobs.
            stalled: whether they must be stalled, or must not; None for either.

        Raises:
            InvalidInput: the cursor is not one that this listing gave.
        """
        holds_nothing = self._holds_nothing() if stalled is not None else None
        if stalled and not holds_nothing:
            return Page([], None)
        if stalled is not None and holds_nothing:
            wanted = replace(wanted, idle=stalled)
        found = self._jobs.page(scope, cursor=cursor, limit=limit, wanted=wanted)
        now = self._clock.now()
        if holds_nothing is None and any(job.idle(now) for job in found.items):
            holds_nothing = self._holds_nothing()
        views = [JobView(job, stalled=bool(holds_nothing) and job.idle(now)) for job in found.items]
        return Page(views, found.next_cursor)

    def _holds_nothing(self) -> bool:
        try:
            return self._queue.is_empty()
        except Unavailable:
            return True
