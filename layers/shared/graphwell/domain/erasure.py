"""The erase of a tenant: what was there, what is left, and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from graphwell.domain.jobs import JobStatus
from graphwell.domain.tenancy import TenantScope

Counts = Mapping[str, int]
"""How many things of each kind, such as documents or files."""

SETTLES_AFTER = timedelta(seconds=30)
"""Longer than the longest request (29 s): whatever was being answered when an erase began has ended."""

FILES_SETTLE_AFTER = timedelta(seconds=240)
"""The same for files, whose text may be being taken out when it begins: longer than that function may run."""

STALLED_AFTER = timedelta(minutes=15)
"""An erase makes progress every minute; one that is still there so much later is kept from it."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erase of a tenant, which outlives what it erased: counts and times alone.

    Parameters:
        scope: the tenant.
        id: id of its job.
        started_at, finished_at: aware UTC; the second is None while it runs.
        corpus_version: of the moment it began; answers made of an older one go.
        before, after: what there was, and what is left of it.
        awaited_files: whether uploads were on their way when it began.
        with_limits: whether the limits that the platform set for the tenant go as well.
    """

    scope: TenantScope
    id: str
    started_at: datetime
    finished_at: datetime | None
    corpus_version: int
    before: Counts
    after: Counts
    awaited_files: bool
    with_limits: bool

    @property
    def status(self) -> JobStatus:
        """State of its job."""
        return JobStatus.RUNNING if self.finished_at is None else JobStatus.SUCCEEDED

    def stalled(self, now: datetime) -> bool:
        """Tell whether it has not ended for `STALLED_AFTER`."""
        return self.finished_at is None and now - self.started_at > STALLED_AFTER

    def settled(self, now: datetime) -> bool:
        """Tell whether all that was under way when it began has ended, so that nothing can come after it."""
        return now - self.started_at > (FILES_SETTLE_AFTER if self.awaited_files else SETTLES_AFTER)
