"""Runs of the agent that are jobs, in memory."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.jobs import UNFINISHED, AgentJob, AgentQuestion, AgentTask, BegunRun
from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.jobs import JobStatus
from graphwell.domain.tenancy import TenantScope

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class KeptRun:
    """What is kept of a run."""

    question: AgentQuestion
    asker: str
    request_id: str
    status: JobStatus = JobStatus.QUEUED
    tries: int = 0
    reason: str | None = None
    answer: AgentAnswer | None = None


class FakeAgentJobs:
    """The `AgentJobs` port; `runs` is keyed by tenant and job id. While `cannot_tell`, `is_open` finds nothing out."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], KeptRun] = {}
        self.cannot_tell = False

    def create(self, scope: TenantScope, job_id: str, question: AgentQuestion, *, asker: str, request_id: str) -> None:
        """Keep a question."""
        self.runs[scope.tenant_id, job_id] = KeptRun(question, asker, request_id)

    def begin(self, scope: TenantScope, job_id: str) -> BegunRun | None:
        """Count a try."""
        run = self.runs.get((scope.tenant_id, job_id))
        if run is None or run.status not in UNFINISHED:
            return None
        run.status, run.tries = JobStatus.RUNNING, run.tries + 1
        return BegunRun(run.question, run.tries)

    def is_open(self, scope: TenantScope, job_id: str) -> bool:
        """Tell whether it has not ended."""
        if self.cannot_tell:
            raise Unavailable("The graph does not answer.")
        run = self.runs.get((scope.tenant_id, job_id))
        return run is not None and run.status in UNFINISHED

    def finish(self, scope: TenantScope, job_id: str, answer: AgentAnswer) -> None:
        """Keep the answer."""
        self._end(scope, job_id, JobStatus.SUCCEEDED, answer=answer)

    def fail(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """Keep the reason."""
        self._end(scope, job_id, JobStatus.FAILED, reason=reason)

    def cancel(self, scope: TenantScope, job_id: str, *, asker: str) -> None:
        """End a run."""
        self.get(scope, job_id, asker=asker)
        self._end(scope, job_id, JobStatus.CANCELLED)

    def get(self, scope: TenantScope, job_id: str, *, asker: str) -> AgentJob:
        """Return a run."""
        run = self.runs.get((scope.tenant_id, job_id))
        if run is None or run.asker != asker:
            raise NotFound("There is no such job in this tenant.")
        answer = asdict(run.answer) if run.answer else None
        return AgentJob(job_id, run.status, run.request_id, NOW, NOW, run.reason, answer)

    def _end(
        self,
        scope: TenantScope,
        job_id: str,
        status: JobStatus,
        *,
        answer: AgentAnswer | None = None,
        reason: str | None = None,
    ) -> None:
        run = self.runs[scope.tenant_id, job_id]
        if run.status in UNFINISHED:
            run.status, run.answer, run.reason = status, answer, reason


class FakeAgentQueue:
    """The `AgentQueue` port. While `down`, it does not answer."""

    def __init__(self) -> None:
        self.sent: list[AgentTask] = []
        self.down = False

    def send(self, task: AgentTask) -> None:
        """Keep a task."""
        if self.down:
            raise Unavailable("The queue of the agent's runs does not answer; try again shortly.")
        self.sent.append(task)


class FakeAgentJobMaintenance:
    """The `AgentJobMaintenance` port with a number of runs that are lost, and of old ones."""

    def __init__(self, *, lost: int = 0, old: int = 0) -> None:
        self._lost = lost
        self._old = old

    def fail_lost(self, unmoved_for: timedelta, reason: str, limit: int) -> int:  # noqa: ARG002
        """Return how many were lost."""
        return min(self._lost, limit)

    def remove_old(self, older_than: timedelta, limit: int) -> int:  # noqa: ARG002
        """Return how many were old."""
        return min(self._old, limit)
