"""Deleting a document, and what maintenance removes after the grace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from neo4j import ManagedTransaction

from graphwell.adapters.neo4j_staging_repository import _stage
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import NotFound
from graphwell.domain.jobs import FAILED_KEPT
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.search import CANDIDATES
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import NO_GRACE, Store

BOTH_LEGS = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})
LIMIT = 10_000

BLOCKED = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN status"


def found(store: Store, scope: TenantScope) -> set[str]:
    query = SearchQuery("boiler", vector_of("boiler"), BOTH_LEGS, CANDIDATES)
    return {hit.passage.document_id for hit in store.index.search(scope, query, Deadline.after(10)).hits}


def chunk_count(store: Store, scope: TenantScope) -> int:
    chunks = "MATCH (c:Chunk {tenant_id: $tenant_id}) RETURN count(c) AS chunks"
    (row,) = store.client.run(chunks, tenant_id=scope.tenant_id)
    return int(row["chunks"])


def node_count(store: Store, scope: TenantScope) -> int:
    nodes = "MATCH (n:Document|DocumentVersion|Chunk {tenant_id: $tenant_id}) RETURN count(n) AS nodes"
    (row,) = store.client.run(nodes, tenant_id=scope.tenant_id)
    return int(row["nodes"])


def test_a_deleted_document_is_out_of_sight_at_once(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "boiler one"), prepared("b", "boiler two"))
    assert found(store, scope) == {"a", "b"}
    before = store.index.corpus_version(scope, Deadline.after(10))

    store.documents.delete(scope, "a")
    assert found(store, scope) == {"b"}
    assert store.index.corpus_version(scope, Deadline.after(10)) == before + 1
    assert [document.id for document in store.documents.page(scope, cursor=None, limit=10).items] == ["b"]
    for read in (
        lambda: store.documents.get(scope, "a"),
        lambda: store.documents.chunks(scope, "a", cursor=None, limit=10),
        lambda: store.documents.delete(scope, "a"),
    ):
        with pytest.raises(NotFound):
            read()


def test_a_document_is_removed_with_all_it_held_once_the_grace_is_over(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "boiler one", "boiler two"))
    store.documents.delete(scope, "a")
    store.maintenance.remove_retired(timedelta(minutes=5), LIMIT)
    assert chunk_count(store, scope) == 2

    assert store.maintenance.remove_retired(NO_GRACE, LIMIT) >= 2
    assert node_count(store, scope) == 0


def test_a_replaced_version_loses_its_chunks_and_keeps_its_place_in_the_history(
    store: Store, scope: TenantScope
) -> None:
    ingest(store.staging, scope, prepared("a", "boiler one", "boiler two"))
    ingest(store.staging, scope, prepared("a", "boiler three"))
    assert chunk_count(store, scope) == 3

    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert chunk_count(store, scope) == 1
    assert len(store.documents.get(scope, "a").history) == 2
    assert found(store, scope) == {"a"}


def test_a_failed_version_loses_its_chunks_when_nobody_tries_it_again(store: Store, scope: TenantScope) -> None:
    stage(store.staging, scope, prepared("a", "boiler"))
    store.staging.fail(scope, "a", 1, "It did not work.")
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert chunk_count(store, scope) == 1
    store.maintenance.remove_retired(NO_GRACE - FAILED_KEPT, LIMIT)
    assert chunk_count(store, scope) == 0


def test_a_document_sent_again_after_its_deletion_lives_on_as_a_new_version(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "boiler one"))
    store.documents.delete(scope, "a")
    (staged,) = ingest(store.staging, scope, prepared("a", "boiler one"))
    assert (staged.version, staged.unchanged) == (2, False)

    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    record = store.documents.get(scope, "a")
    assert (record.version, [version.version for version in record.history]) == (2, [2])
    assert found(store, scope) == {"a"}
    assert chunk_count(store, scope) == 1


def test_a_document_revived_while_maintenance_waits_for_its_lock_lives_on(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "boiler one"))
    store.documents.delete(scope, "a")
    store.maintenance.remove_retired(timedelta(minutes=5), LIMIT)
    store.client.run("MATCH (c:Chunk {tenant_id: $tenant_id}) DETACH DELETE c", tenant_id=scope.tenant_id)

    revived, committing = Event(), Event()

    def revive(tx: ManagedTransaction) -> None:
        _stage(tx, scope, "f" * 32, [prepared("a", "boiler two")], datetime.now(UTC))
        revived.set()
        committing.wait(20)

    with ThreadPoolExecutor(2) as pool:
        reviving = pool.submit(store.client.write, revive)
        revived.wait(20)
        removing = pool.submit(store.maintenance.remove_retired, NO_GRACE, LIMIT)
        while not removing.done() and not store.client.run(BLOCKED):
            pass
        committing.set()
        reviving.result()
        removing.result()
    assert embed(store.staging, scope, ["a~2~0"]).activated == 1
    assert found(store, scope) == {"a"}


def test_a_document_deleted_before_it_was_live_never_goes_live(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "boiler"))
    store.documents.delete(scope, "a")
    assert embed(store.staging, scope, staged.chunk_ids).activated == 0
    assert found(store, scope) == set()


def test_what_was_never_there_cannot_be_deleted(store: Store, scope: TenantScope) -> None:
    with pytest.raises(NotFound):
        store.documents.delete(scope, "a")
