"""Finding versions that stopped moving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox
from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.domain.chunks import chunk_id
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import StaleVersion
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import Store

IDLE = timedelta(minutes=3)
MANY = 1_000


class Setting:
    """Staging and maintenance over a clock that the test moves; it stands before all other tests' versions."""

    def __init__(self, store: Store, scope: TenantScope) -> None:
        self.clock = FakeClock()
        self.staging = Neo4jStagingRepository(store.client, self.clock)
        self.outbox = Neo4jEmbedOutbox(store.client, self.clock)
        self._maintenance = Neo4jMaintenanceRepository(store.client, self.clock)
        self._scope = scope

    def lose(self) -> None:
        """Send every task of this test's tenant to nowhere, and let the time pass after which it counts as lost."""
        self.outbox.send_waiting(self._scope, MANY, lambda _: None)
        self.clock.advance(IDLE + timedelta(seconds=1))
        self.outbox.remove_lost(IDLE, MANY)

    def claim(self) -> list[StaleVersion]:
        """Return the stale versions of this test's tenant."""
        return [stale for stale in self._maintenance.claim_stale(IDLE, MANY) if stale.scope == self._scope]

    def put_back(self, stale: StaleVersion) -> list[str]:
        """Return the chunks that are left of a version, after they were put back."""
        return list(self.outbox.put_back(stale.scope, stale.document_id, stale.version))


@pytest.fixture
def setting(store: Store, scope: TenantScope) -> Setting:
    return Setting(store, scope)


def test_a_version_whose_task_was_lost_is_claimed_and_what_is_left_of_it_put_back(
    setting: Setting, scope: TenantScope
) -> None:
    (staged,) = stage(setting.staging, scope, prepared("a", "1", "2", "3"))
    embed(setting.staging, scope, staged.chunk_ids[:1])
    setting.lose()
    (stale,) = setting.claim()
    assert stale == StaleVersion(scope, "a", 1, attempts=1)
    assert setting.put_back(stale) == list(staged.chunk_ids[1:])


def test_a_version_whose_work_waits_or_is_on_its_way_is_never_claimed(setting: Setting, scope: TenantScope) -> None:
    stage(setting.staging, scope, prepared("a", "1"))
    setting.clock.advance(timedelta(days=1))
    assert setting.claim() == []
    setting.outbox.send_waiting(scope, MANY, lambda _: None)
    setting.clock.advance(timedelta(days=1))
    assert setting.claim() == []


def test_a_claim_counts_an_attempt_and_starts_the_wait_anew(setting: Setting, scope: TenantScope) -> None:
    stage(setting.staging, scope, prepared("a", "1"))
    for attempt in range(1, 4):
        setting.lose()
        (stale,) = setting.claim()
        assert stale.attempts == attempt
        assert setting.claim() == []
        setting.put_back(stale)


def test_embedding_a_batch_starts_the_wait_anew(setting: Setting, scope: TenantScope) -> None:
    (staged,) = stage(setting.staging, scope, prepared("a", "1", "2"))
    setting.lose()
    embed(setting.staging, scope, staged.chunk_ids[:1])
    assert setting.claim() == []


def test_a_version_embedded_whole_but_not_activated_is_claimed_and_activated_by_its_first_chunk(
    setting: Setting, scope: TenantScope
) -> None:
    (staged,) = stage(setting.staging, scope, prepared("a", "1", "2"))
    chunks = setting.staging.unembedded(scope, staged.chunk_ids)
    setting.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks])
    setting.lose()
    (stale,) = setting.claim()
    left = setting.put_back(stale)
    assert left == [chunk_id("a", 1, 0)]
    assert embed(setting.staging, scope, left).activated == 1


def test_what_is_live_failed_or_deleted_is_never_claimed(setting: Setting, store: Store, scope: TenantScope) -> None:
    (live,) = stage(setting.staging, scope, prepared("live", "1"))
    embed(setting.staging, scope, live.chunk_ids)
    stage(setting.staging, scope, prepared("failed", "1"), prepared("deleted", "1"))
    setting.staging.fail(scope, "failed", 1, "It did not work.")
    store.documents.delete(scope, "deleted")
    setting.lose()
    setting.clock.advance(timedelta(days=1))
    assert setting.claim() == []
    assert setting.put_back(StaleVersion(scope, "failed", 1, attempts=1)) == []


def test_what_left_service_goes_in_transactions_of_a_bounded_size(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", *(f"old {number}" for number in range(25))))
    ingest(store.staging, scope, prepared("a", "new"))
    clock = FakeClock(datetime.now(UTC) + timedelta(hours=1))
    maintenance = Neo4jMaintenanceRepository(store.client, clock)
    while maintenance.remove_retired(timedelta(minutes=1), MANY) == MANY:
        pass  # of other tests
    store.documents.delete(scope, "a")
    clock.advance(timedelta(hours=1))
    assert count(store, scope) == (1, 2, 1)
    ingest(store.staging, scope, prepared("b", *(f"old {number}" for number in range(25))))
    store.documents.delete(scope, "b")
    removed: list[int] = []
    while not removed or removed[-1] == 10:
        removed.append(maintenance.remove_retired(timedelta(minutes=1), 10))
    assert removed == [10, 10, 6]
    assert count(store, scope) == (0, 0, 0)


def count(store: Store, scope: TenantScope) -> tuple[int, ...]:
    """Return documents, versions and chunks of a tenant."""
    labels = ("Document", "DocumentVersion", "Chunk")
    counted = [f"COUNT {{ (n:{label}) WHERE n.tenant_id = $tenant }}" for label in labels]
    (record,) = store.client.run(f"RETURN {', '.join(counted)}", tenant=scope.tenant_id)
    return tuple(record.values())
