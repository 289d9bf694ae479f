"""Waits for jobs to finish."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from devstack.client.api import GraphwellClient
from devstack.client.models import JobState
from devstack.errors import DevstackError

POLL_INTERVAL_S = 0.5
NO_PROGRESS_LIMIT_S = 900.0
"""Longer than the five minutes after which a job counts as stalled, plus the time that reconciling it takes."""


@dataclass(frozen=True)
class JobsProgress:
    """How far a set of jobs is."""

    chunks_embedded: int
    chunks_total: int
    jobs_finished: int


class JobWatch:
    """Polls jobs until each has finished.

    Parameters:
        client: the stack.
        sleep: waits the given seconds.
        clock_s: monotonic seconds.
        no_progress_limit_s: seconds without any progress after which waiting is given up.
    """

    def __init__(
        self,
        client: GraphwellClient,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock_s: Callable[[], float] = time.monotonic,
        no_progress_limit_s: float = NO_PROGRESS_LIMIT_S,
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._clock_s = clock_s
        self._no_progress_limit_s = no_progress_limit_s

    def wait(
        self, job_ids: Iterable[str], *, on_progress: Callable[[JobsProgress], None] = lambda _: None
    ) -> Mapping[str, JobState]:
        """Wait until every job has finished and return their last states by id.

        Parameters:
            job_ids: oldest first.
            on_progress: told after each round of polling.

        Raises:
            DevstackError: nothing moved for no_progress_limit_s seconds.
        """
        states = {job_id: self._client.job(job_id) for job_id in dict.fromkeys(job_ids)}
        progress, moved_at_s = _progress(states), self._clock_s()
        on_progress(progress)
        while unfinished := [job_id for job_id, state in states.items() if not state.is_finished]:
            if self._clock_s() - moved_at_s > self._no_progress_limit_s:
                raise DevstackError(
                    f"Job {unfinished[0]} has not moved for {self._no_progress_limit_s / 60:.0f} minutes; "
                    f"see `graphwell jobs {unfinished[0]}` and the logs of the embed function."
                )
            self._sleep(POLL_INTERVAL_S)
            # Jobs are worked off in order, so the oldest tells the progress without a request for each of hundreds.
            for job_id in unfinished:
                states[job_id] = self._client.job(job_id)
                if not states[job_id].is_finished:
                    break
            latest = _progress(states)
            if latest != progress:
                progress, moved_at_s = latest, self._clock_s()
                on_progress(progress)
        return states


def _progress(states: Mapping[str, JobState]) -> JobsProgress:
    return JobsProgress(
        chunks_embedded=sum(state.chunks.embedded for state in states.values()),
        chunks_total=sum(state.chunks.total for state in states.values()),
        jobs_finished=sum(state.is_finished for state in states.values()),
    )
