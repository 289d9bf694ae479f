"""Runs of the agent in Neo4j: the question until a run ends, its answer from then on, for a day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.jobs import UNFINISHED, AgentJob, AgentQuestion, BegunRun
from graphwell.domain.conversation import Role, Turn
from graphwell.domain.errors import NotFound
from graphwell.domain.jobs import JobStatus
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

MAX_ANSWER_BYTES = 1_000_000
"""Of an answer as it is kept; a reply of the API may have six times as much."""

_UNFINISHED = "[" + ", ".join(f"'{state}'" for state in UNFINISHED) + "]"

# Constraint agent_job_id.
_CREATE = """
MERGE (j:AgentJob {tenant_id: $tenant_id, id: $job_id})
ON CREATE SET j.state = 'queued', j.asker = $asker, j.request_id = $request_id, j.question = $question, j.tries = 0,
    j.created_at = $now, j.moved_at = $now"""

# Constraint agent_job_id. Here and below a run is locked before its state is read: of two that change it at once, the
# second finds what the first made of it.
_BEGIN = f"""
MATCH (j:AgentJob {{tenant_id: $tenant_id, id: $job_id}})
SET j.locked_at = $now
WITH j WHERE j.state IN {_UNFINISHED}
SET j.state = 'running', j.tries = j.tries + 1, j.moved_at = $now
RETURN j.question AS question, j.tries AS tries"""

# Constraint agent_job_id.
_IS_OPEN = f"""
MATCH (j:AgentJob {{tenant_id: $tenant_id, id: $job_id}}) WHERE j.state IN {_UNFINISHED}
RETURN true AS open"""

# Constraint agent_job_id.
_END = f"""
MATCH (j:AgentJob {{tenant_id: $tenant_id, id: $job_id}})
SET j.locked_at = $now
WITH j WHERE j.state IN {_UNFINISHED}
SET j.state = $state, j.answer = $answer, j.reason = $reason, j.moved_at = $now
REMOVE j.question"""

# Constraint agent_job_id.
_GET = """
MATCH (j:AgentJob {tenant_id: $tenant_id, id: $job_id}) WHERE j.asker = $asker
RETURN j {.id, .state, .request_id, .created_at, .moved_at, .reason, .answer} AS job"""

# Index agent_job_moved, constraint agent_job_id. All tenants. Looked for anew, since the planner reuses what it read
# before the lock.
_FAIL_LOST = f"""
MATCH (found:AgentJob) WHERE found.state IN {_UNFINISHED} AND found.moved_at < $before
WITH found LIMIT $limit
SET found.locked_at = $now
WITH found.tenant_id AS tenant_id, found.id AS job_id
MATCH (j:AgentJob {{tenant_id: tenant_id, id: job_id}}) WHERE j.state IN {_UNFINISHED} AND j.moved_at < $before
SET j.state = 'failed', j.reason = $reason, j.moved_at = $now
REMOVE j.question
RETURN count(*) AS failed"""

# Index agent_job_age. All tenants.
_REMOVE_OLD = """
MATCH (j:AgentJob) WHERE j.created_at < $before
WITH j LIMIT $limit
DELETE j
RETURN count(*) AS removed"""


class Neo4jAgentJobs:
    """The `AgentJobs` and `AgentJobMaintenance` ports over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def create(self, scope: TenantScope, job_id: str, question: AgentQuestion, *, asker: str, request_id: str) -> None:
        """Record a run that waits; see the port."""
        now = self._clock.now()
        parameters = {"job_id": job_id, "asker": asker, "request_id": request_id, "question": _encoded(question)}

        def work(tx: ManagedTransaction) -> None:
            tx.run(_CREATE, parameters, tenant_id=scope.tenant_id, now=now).consume()
            refuse_while_erased(tx, scope, now)

        self._client.write(work)

    def begin(self, scope: TenantScope, job_id: str) -> BegunRun | None:
        """Count a try, and return what is to be done; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> BegunRun | None:
            record = tx.run(_BEGIN, tenant_id=scope.tenant_id, job_id=job_id, now=now).single()
            return BegunRun(_question(record["question"]), record["tries"]) if record else None

        return self._client.write(work)

    def is_open(self, scope: TenantScope, job_id: str) -> bool:
        """Tell whether a run has not ended yet; see the port."""
        return bool(self._client.read(_IS_OPEN, tenant_id=scope.tenant_id, job_id=job_id))

    def finish(self, scope: TenantScope, job_id: str, answer: AgentAnswer) -> None:
        """Keep the answer; see the port."""
        self._end(scope, job_id, JobStatus.SUCCEEDED, answer=_bounded(answer))

    def fail(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """End a run without an answer; see the port."""
        self._end(scope, job_id, JobStatus.FAILED, reason=reason)

    def cancel(self, scope: TenantScope, job_id: str, *, asker: str) -> None:
        """End a run that nobody waits for; see the port."""
        self.get(scope, job_id, asker=asker)
        self._end(scope, job_id, JobStatus.CANCELLED)

    def get(self, scope: TenantScope, job_id: str, *, asker: str) -> AgentJob:
        """Return a run; see the port."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id, job_id=job_id, asker=asker)
        if not records:
            raise NotFound(f"There is no job {job_id!r} in this tenant.")
        return _job(records[0]["job"])

    def fail_lost(self, unmoved_for: timedelta, reason: str, limit: int) -> int:
        """End runs that did not move; see the port."""
        now = self._clock.now()
        parameters = {"before": now - unmoved_for, "reason": reason, "now": now, "limit": limit}
        return self._client.write_count(_FAIL_LOST, **parameters)

    def remove_old(self, older_than: timedelta, limit: int) -> int:
        """Remove runs of a certain age; see the port."""
        return self._client.write_count(_REMOVE_OLD, before=self._clock.now() - older_than, limit=limit)

    def _end(
        self, scope: TenantScope, job_id: str, state: JobStatus, *, answer: str | None = None, reason: str | None = None
    ) -> None:
        parameters = {"job_id": job_id, "state": state.value, "answer": answer, "reason": reason}
        now = self._clock.now()
        self._client.write(lambda tx: tx.run(_END, parameters, tenant_id=scope.tenant_id, now=now).consume())


def _job(row: Mapping[str, Any]) -> AgentJob:
    return AgentJob(
        id=row["id"],
        status=JobStatus(row["state"]),
        request_id=row["request_id"],
        created_at=row["created_at"].to_native(),
        moved_at=row["moved_at"].to_native(),
        reason=row["reason"],
        answer=json.loads(row["answer"]) if row["answer"] else None,
    )


def _encoded(question: AgentQuestion) -> str:
    return json.dumps(asdict(question), ensure_ascii=False)


def _question(text: str) -> AgentQuestion:
    fields: dict[str, Any] = json.loads(text)
    return AgentQuestion(
        text=fields["text"],
        top_k=fields["top_k"],
        mode=SearchMode(fields["mode"]),
        history=tuple(Turn(Role(turn["role"]), turn["content"]) for turn in fields["history"]),
        filters=fields["filters"],
        budget=Budget(**fields["budget"]),
    )


def _bounded(answer: AgentAnswer) -> str:
    """Return an answer as it is kept, without as many of its last passages as are too much."""
    fields = asdict(answer)
    passages = fields["content"]["passages"] = list(fields["content"]["passages"])
    while True:
        text = json.dumps(fields, ensure_ascii=False)
        if len(text.encode()) <= MAX_ANSWER_BYTES or not passages:
            return text
        del passages[-max(1, len(passages) // 4) :]
