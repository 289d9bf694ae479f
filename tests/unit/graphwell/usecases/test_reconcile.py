"""Repairing what stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from graphwell.domain.documents import VersionStatus
from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import StaleVersion
from graphwell.usecases.ingest_documents import IngestDocuments, Submission
from graphwell.usecases.reconcile import (
    CHUNKS_A_REMOVAL,
    IDLE_BEFORE_RESEND,
    MAX_ATTEMPTS,
    QUEUED_BEFORE_RESEND,
    REMOVALS_A_RUN,
    RETIRED_GRACE,
    Reconcile,
    Repairs,
)
from tests.fakes.graph import FakeOutbox, FakeStaging
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor, sending

ACME = TenantScope("acme")
LONGEST_REQUEST = timedelta(seconds=29)
NOTHING = Repairs(0, 0, 0, 0, 0)


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
        """Return how many of the retired chunks fit."""
        self.older_than = older_than
        removed = min(self._retired_chunks, limit)
        self._retired_chunks -= removed
        return removed


class Setting:
    """The use case over a store in which document "a" was staged while the queue was away."""

    def __init__(self) -> None:
        self.staging, self.queue = FakeStaging(), FakeEmbedQueue()
        away = sending(self.staging, FakeEmbedQueue(down=True))
        IngestDocuments(FakeExtractor(), FakeChunker(), self.staging, away, "model")(
            ACME, [Submission("Title", "one", id="a")]
        )

    def run(self, maintenance: FakeMaintenance | None = None, lost: int = 0) -> Repairs:
        """Run once, with tasks that were sent and are lost."""
        self.outbox = FakeOutbox(self.staging, lost=lost)
        send_tasks = sending(self.staging, self.queue)
        return Reconcile(maintenance or FakeMaintenance(), self.staging, self.outbox, self.queue, send_tasks)()

    def queued(self) -> list[list[str]]:
        """Return the chunks of each message."""
        return [list(task.chunk_ids) for task in self.queue.tasks]


@pytest.fixture
def setting() -> Setting:
    return Setting()


def stale(attempts: int) -> StaleVersion:
    return StaleVersion(ACME, "a", 1, attempts)


def test_what_nobody_sent_is_sent(setting: Setting) -> None:
    assert setting.run() == replace(NOTHING, sent_tasks=1)
    assert setting.queued() == [["a~1~0"]]
    assert setting.run() == NOTHING


@pytest.mark.parametrize("attempts", [1, MAX_ATTEMPTS])
def test_work_that_was_lost_is_put_back_and_sent_again(setting: Setting, attempts: int) -> None:
    setting.run()
    setting.queue.tasks.clear()
    repairs = setting.run(FakeMaintenance(stale(attempts)), lost=1)
    assert repairs == replace(NOTHING, lost_tasks=1, resent_versions=1, sent_tasks=1)
    assert setting.queued() == [["a~1~0"]]


def test_work_that_never_gets_done_fails_with_what_to_do(setting: Setting) -> None:
    setting.run()
    setting.queue.tasks.clear()
    assert setting.run(FakeMaintenance(stale(MAX_ATTEMPTS + 1)), lost=1).failed_versions == 1
    version = setting.staging.versions["acme", "a"][0]
    assert version.status is VersionStatus.FAILED
    assert "send the document again" in (version.error or "")
    assert setting.queue.tasks == []


def test_queued_work_is_not_taken_for_lost(setting: Setting) -> None:
    setting.run()
    assert setting.outbox.older_than == IDLE_BEFORE_RESEND
    assert not setting.queue.is_empty()
    setting.run()
    assert setting.outbox.older_than == QUEUED_BEFORE_RESEND


def test_with_the_queue_away_no_attempt_is_counted(setting: Setting) -> None:
    setting.queue.down = True
    maintenance = FakeMaintenance(stale(MAX_ATTEMPTS + 1), retired_chunks=7)
    with pytest.raises(Unavailable):
        setting.run(maintenance)
    assert maintenance.idle_for is None
    assert setting.staging.versions["acme", "a"][0].status is VersionStatus.STAGED
    assert maintenance.older_than == RETIRED_GRACE, "What left service goes all the same."


def test_what_left_service_is_removed_after_the_longest_request(setting: Setting) -> None:
    maintenance = FakeMaintenance(retired_chunks=7)
    assert setting.run(maintenance).removed_chunks == 7
    assert maintenance.older_than == RETIRED_GRACE
    assert RETIRED_GRACE > LONGEST_REQUEST


def test_a_run_removes_much_in_small_transactions_and_leaves_the_rest_to_the_next(setting: Setting) -> None:
    most = CHUNKS_A_REMOVAL * REMOVALS_A_RUN
    maintenance = FakeMaintenance(retired_chunks=most + 1)
    assert setting.run(maintenance).removed_chunks == most
    assert setting.run(maintenance).removed_chunks == 1
