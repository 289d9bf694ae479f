"""Finding versions that stopped moving."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.domain.chunks import chunk_id
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import StaleVersion
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, prepared, stage
from tests.integration.graphwell.store import Store

IDLE = timedelta(minutes=3)


class Setting:
    """Staging and maintenance over a clock that the test moves; it stands before all other tests' versions."""

    def __init__(self, store: Store, scope: TenantScope) -> None:
        self.clock = FakeClock()
        self.staging = Neo4jStagingRepository(store.client, self.clock)
        self._maintenance = Neo4jMaintenanceRepository(store.client, self.clock)
        self._scope = scope

    def claim(self) -> list[StaleVersion]:
        """Return the stale versions of this test's tenant."""
        return [stale for stale in self._maintenance.claim_stale(IDLE, 1_000) if stale.scope == self._scope]


@pytest.fixture
def setting(store: Store, scope: TenantScope) -> Setting:
    return Setting(store, scope)


def test_a_version_that_stopped_is_claimed_with_what_is_left_of_it(setting: Setting, scope: TenantScope) -> None:
    (staged,) = stage(setting.staging, scope, prepared("a", "1", "2", "3"))
    embed(setting.staging, scope, staged.chunk_ids[:1])
    setting.clock.advance(IDLE)
    assert setting.claim() == []
    setting.clock.advance(timedelta(seconds=1))
    assert setting.claim() == [StaleVersion(scope, "a", 1, 1, list(staged.chunk_ids[1:]))]


def test_a_claim_counts_an_attempt_and_starts_the_wait_anew(setting: Setting, scope: TenantScope) -> None:
    stage(setting.staging, scope, prepared("a", "1"))
    for attempt in range(1, 4):
        setting.clock.advance(IDLE + timedelta(seconds=1))
        assert [stale.attempts for stale in setting.claim()] == [attempt]
        assert setting.claim() == []


def test_embedding_a_batch_starts_the_wait_anew(setting: Setting, scope: TenantScope) -> None:
    (staged,) = stage(setting.staging, scope, prepared("a", "1", "2"))
    setting.clock.advance(IDLE + timedelta(seconds=1))
    embed(setting.staging, scope, staged.chunk_ids[:1])
    assert setting.claim() == []


def test_a_version_embedded_whole_but_not_activated_is_claimed_by_its_first_chunk(
    setting: Setting, scope: TenantScope
) -> None:
    (staged,) = stage(setting.staging, scope, prepared("a", "1", "2"))
    chunks = setting.staging.unembedded(scope, staged.chunk_ids)
    setting.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks])
    setting.clock.advance(IDLE + timedelta(seconds=1))
    (stale,) = setting.claim()
    assert stale.chunk_ids == [chunk_id("a", 1, 0)]
    assert embed(setting.staging, scope, stale.chunk_ids).activated == 1


def test_what_is_live_failed_or_deleted_is_never_claimed(setting: Setting, store: Store, scope: TenantScope) -> None:
    (live,) = stage(setting.staging, scope, prepared("live", "1"))
    embed(setting.staging, scope, live.chunk_ids)
    stage(setting.staging, scope, prepared("failed", "1"), prepared("deleted", "1"))
    setting.staging.fail(scope, "failed", 1, "It did not work.")
    store.documents.delete(scope, "deleted")
    setting.clock.advance(timedelta(days=1))
    assert setting.claim() == []
