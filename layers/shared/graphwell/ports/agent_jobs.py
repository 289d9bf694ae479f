"""Runs of the agent that are jobs, and the queue that carries word of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.jobs import AgentJob, AgentQuestion, AgentTask, BegunRun
from graphwell.domain.tenancy import TenantScope


class AgentJobs(Protocol):
    """Runs with their questions, and then their answers; each is its asker's alone."""

    def create(self, scope: TenantScope, job_id: str, question: AgentQuestion, *, asker: str, request_id: str) -> None:
        """Record a run that waits; safe to repeat.

        Parameters:
            asker: key of whoever may read it; see `asker_key`.

        Raises:
            Conflict: the tenant is being erased.
        """

    def begin(self, scope: TenantScope, job_id: str) -> BegunRun | None:
        """Count a try, and return what is to be done; None for a run that is over, or that there is none of."""

    def is_open(self, scope: TenantScope, job_id: str) -> bool:
        """Tell whether a run has not ended yet.

        Raises:
            Unavailable: the graph does not answer.
        """

    def finish(self, scope: TenantScope, job_id: str, answer: AgentAnswer) -> None:
        """Keep the answer, in place of the question. What has ended stays as it is.

        An answer that is too large to keep loses its last passages, which are not cited as long as there are others.
        """

    def fail(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """End a run without an answer. What has ended stays as it is."""

    def cancel(self, scope: TenantScope, job_id: str, *, asker: str) -> None:
        """End a run that nobody waits for any more; what has ended stays as it is.

        Raises:
            NotFound: there is none of that id and asker.
        """

    def get(self, scope: TenantScope, job_id: str, *, asker: str) -> AgentJob:
        """Return a run.

        Raises:
            NotFound: there is none of that id and asker.
        """


class AgentJobMaintenance(Protocol):
    """Work over all tenants' runs, for the reconciler alone."""

    def fail_lost(self, unmoved_for: timedelta, reason: str, limit: int) -> int:
        """End runs that wait or are in work but did not move for so long; return how many."""

    def remove_old(self, older_than: timedelta, limit: int) -> int:
        """Remove runs of that age with their answers; return how many."""


class AgentQueue(Protocol):
    """Carries word of runs to whoever works on them, at least once."""

    def send(self, task: AgentTask) -> None:
        """Say that a run waits.

        Raises:
            Unavailable: the queue does not answer.
        """
