"""Runs of the agent that take longer than a request: jobs, whose asker fetches the answer later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graphwell.domain.agent.budget import MAX_SECONDS, Budget
from graphwell.domain.conversation import Turn
from graphwell.domain.jobs import JobStatus
from graphwell.domain.origin import Origin
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope

MAX_TRIES = 3
"""Times that a run is begun, each with its whole budget, before its job fails."""

KEPT = timedelta(days=1)
"""How long a job can be read. Its answer quotes documents as they were, also those that were deleted since."""

LOST_AFTER = timedelta(minutes=90)
"""A job that has not moved for so long has no message any more: its queue keeps one for an hour."""

_STANDS_STILL_AFTER = timedelta(seconds=MAX_SECONDS + 60)

UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class RunOver(Exception):
    """Nobody waits for a run any more: it was cancelled, erased, or ended elsewhere."""


@dataclass(frozen=True, slots=True)
class AgentQuestion:
    """What somebody asked, of which everything has been found acceptable.

    Parameters:
        filters: as the request has them.
    """

    text: str
    top_k: int
    mode: SearchMode
    history: Sequence[Turn]
    filters: Mapping[str, Any] | None
    budget: Budget


@dataclass(frozen=True, slots=True)
class AgentTask:
    """A message that a run waits to be worked on. It is a reference, and holds no text of anybody's."""

    scope: TenantScope
    job_id: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class BegunRun:
    """A run that is to be worked on; `tries` counts this time."""

    question: AgentQuestion
    tries: int


@dataclass(frozen=True, slots=True)
class AgentJob:
    """A run as its asker sees it; times are aware UTC.

    Parameters:
        request_id: of the request that asked.
        reason: why it failed; None where it did not.
        answer: fields of its `AgentAnswer`, nested as `dataclasses.asdict` gives them; None where there is none.
    """

    id: str
    status: JobStatus
    request_id: str
    created_at: datetime
    moved_at: datetime
    reason: str | None = None
    answer: Mapping[str, Any] | None = None

    def stalled(self, now: datetime) -> bool:
        """Tell whether it was begun, and has been worked on for longer than any run is."""
        return self.status is JobStatus.RUNNING and now - self.moved_at > _STANDS_STILL_AFTER


def asker_key(subject: str) -> str:
    """Return what tells one asker from another, and names nobody."""
    return hashlib.sha256(subject.encode()).hexdigest()
