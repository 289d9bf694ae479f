"""Pages of documents, chunks and jobs."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository
from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.domain.errors import InvalidInput
from graphwell.domain.tenancy import TenantScope
from tests.fakes.clock import FakeClock
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

GROUPS = 3
GROUP_SIZE = 5


@pytest.fixture
def listed(store: Store, scope: TenantScope) -> TenantScope:
    """A tenant with groups of documents and jobs of the same time."""
    clock = FakeClock()
    staging = Neo4jStagingRepository(store.client, clock)
    for group in range(GROUPS):
        for number in range(GROUP_SIZE):
            staging.stage(scope, f"{group}{number}" * 16, [prepared(f"{group}-{number}", "text")])
        clock.advance(timedelta(microseconds=1))
    return scope


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 15, 100])
def test_pages_of_documents_hold_each_once_newest_first(store: Store, listed: TenantScope, limit: int) -> None:
    ids, cursor = [], None
    while True:
        page = store.documents.page(listed, cursor=cursor, limit=limit)
        ids += [document.id for document in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.items) == limit
    assert ids == [f"{group}-{number}" for group in reversed(range(GROUPS)) for number in range(GROUP_SIZE)]


@pytest.mark.parametrize("limit", [2, 5, 100])
def test_pages_of_jobs_hold_each_once_newest_first(store: Store, listed: TenantScope, limit: int) -> None:
    ids, cursor = [], None
    while True:
        page = store.jobs.page(listed, cursor=cursor, limit=limit)
        ids += [job.id[:2] for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert ids == [f"{group}{number}" for group in reversed(range(GROUPS)) for number in range(GROUP_SIZE)]


def test_pages_of_chunks_follow_one_another(store: Store, scope: TenantScope) -> None:
    texts = [f"line {number}" for number in range(5)]
    ingest(store.staging, scope, prepared("a", *texts))
    first = store.documents.chunks(scope, "a", cursor=None, limit=3)
    rest = store.documents.chunks(scope, "a", cursor=first.next_cursor, limit=3)
    assert [chunk.draft.text for chunk in (*first.items, *rest.items)] == texts
    assert rest.next_cursor is None


def test_pages_of_chunks_never_mix_versions(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "old 0", "old 1", "old 2"))
    first = store.documents.chunks(scope, "a", cursor=None, limit=2)
    ingest(store.staging, scope, prepared("a", "new 0", "new 1", "new 2"))
    with pytest.raises(InvalidInput, match="changed") as refusal:
        store.documents.chunks(scope, "a", cursor=first.next_cursor, limit=2)
    assert refusal.value.field == "cursor"


def test_a_document_shows_its_live_version_while_the_next_is_on_its_way(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "old", title="Old"))
    store.staging.stage(scope, "f" * 32, [prepared("a", "new", "more", title="New")])
    record = store.documents.get(scope, "a")
    assert (record.title, record.version, record.chunk_count, record.status) == ("Old", 1, 1, "staged")
    assert store.documents.page(scope, cursor=None, limit=10).items[0].title == "Old"


def test_an_unknown_tenant_has_empty_listings(store: Store, scope: TenantScope) -> None:
    assert store.documents.page(scope, cursor=None, limit=10).items == []
    assert store.jobs.page(scope, cursor=None, limit=10).items == []


@pytest.mark.parametrize("cursor", ["x", "-1", "1", "9" * 9, "٣", "1.5", "a-b", "1-", "-", "1-99999999999999999999"])
def test_a_chunk_cursor_of_another_form_is_refused(store: Store, scope: TenantScope, cursor: str) -> None:
    ingest(store.staging, scope, prepared("a", "one"))
    with pytest.raises(InvalidInput) as refusal:
        store.documents.chunks(scope, "a", cursor=cursor, limit=10)
    assert refusal.value.field == "cursor"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_a_cursor_at_the_ends_of_time_is_refused(store: Store, scope: TenantScope, moment: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([moment, "a"]).encode()).decode().rstrip("=")
    clock = FakeClock()
    for repository in (Neo4jDocumentRepository(store.client, clock), Neo4jJobRepository(store.client, clock)):
        with pytest.raises(InvalidInput):
            repository.page(scope, cursor=cursor, limit=10)
