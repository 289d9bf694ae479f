"""Repairing what stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from graphwell.domain.documents import VersionStatus
from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, StaleVersion
from graphwell.usecases.ingest_documents import CHUNKS_A_TASK, IngestDocuments, Submission
from graphwell.usecases.reconcile import (
    IDLE_BEFORE_RESEND,
    MAX_ATTEMPTS,
    QUEUED_BEFORE_RESEND,
    RETIRED_GRACE,
    Reconcile,
    Repairs,
)
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor

ACME = TenantScope("acme")
LONGEST_REQUEST = timedelta(seconds=29)


class FakeMaintenance:
    """The `MaintenanceRepository` port with one set of stale versions and a number of retired chunks."""

    def __init__(self, *stale: StaleVersion, retired_chunks: int = 0) -> None:
        self._stale = stale
        self._retired_chunks = retired_chunks
        self.idle_for: timedelta | None = None
        self.older_than: timedelta | None = None

    def claim_stale(self, idle_for: timedelta, limit: int) -> Sequence[StaleVersion]:
        """Return the stale versions."""
        self.idle_for = idle_for
        return self._stale[:limit]

    def remove_retired(self, older_than: timedelta, limit: int) -> int:
        """Return the number of retired chunks."""
        self.older_than = older_than
        return min(self._retired_chunks, limit)


def stale(attempts: int, chunks: int = 1) -> StaleVersion:
    return StaleVersion(ACME, "a", 1, attempts, [f"a~1~{number}" for number in range(chunks)])


@pytest.fixture
def staging() -> FakeStaging:
    staging = FakeStaging()
    IngestDocuments(FakeExtractor(), FakeChunker(), staging, FakeEmbedQueue(), "model")(
        ACME, [Submission("Title", "one", id="a")]
    )
    return staging


@pytest.mark.parametrize("attempts", [1, MAX_ATTEMPTS])
def test_work_that_stopped_is_sent_again(staging: FakeStaging, attempts: int) -> None:
    queue = FakeEmbedQueue()
    repairs = Reconcile(FakeMaintenance(stale(attempts, CHUNKS_A_TASK + 1)), staging, queue)()
    assert repairs == Repairs(resent_versions=1, failed_versions=0, removed_chunks=0)
    assert [len(task.chunk_ids) for task in queue.tasks] == [CHUNKS_A_TASK, 1]


def test_work_that_never_gets_done_fails_with_what_to_do(staging: FakeStaging) -> None:
    queue = FakeEmbedQueue()
    repairs = Reconcile(FakeMaintenance(stale(MAX_ATTEMPTS + 1)), staging, queue)()
    assert repairs == Repairs(resent_versions=0, failed_versions=1, removed_chunks=0)
    version = staging.versions["acme", "a"][0]
    assert version.status is VersionStatus.FAILED
    assert "send the document again" in (version.error or "")
    assert queue.tasks == []


def test_queued_work_is_not_taken_for_lost(staging: FakeStaging) -> None:
    maintenance, queue = FakeMaintenance(), FakeEmbedQueue()
    Reconcile(maintenance, staging, queue)()
    assert maintenance.idle_for == IDLE_BEFORE_RESEND
    queue.send([EmbedTask(ACME, ["b~1~0"])])
    Reconcile(maintenance, staging, queue)()
    assert maintenance.idle_for == QUEUED_BEFORE_RESEND


def test_with_the_queue_away_no_attempt_is_counted(staging: FakeStaging) -> None:
    maintenance = FakeMaintenance(stale(MAX_ATTEMPTS + 1))
    with pytest.raises(Unavailable):
        Reconcile(maintenance, staging, FakeEmbedQueue(down=True))()
    assert maintenance.idle_for is None
    assert staging.versions["acme", "a"][0].status is VersionStatus.STAGED


def test_what_left_service_is_removed_after_the_longest_request(staging: FakeStaging) -> None:
    maintenance = FakeMaintenance(retired_chunks=7)
    assert Reconcile(maintenance, staging, FakeEmbedQueue())().removed_chunks == 7
    assert maintenance.older_than == RETIRED_GRACE
    assert RETIRED_GRACE > LONGEST_REQUEST
