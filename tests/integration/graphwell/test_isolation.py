"""Tenants whose names, document ids and texts are alike never see each other."""

from __future__ import annotations

import uuid

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import NotFound
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery, Upload
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import Store

NAMES = ["Acme", "acme", "ac-me", "ac_me", "ACME", "acm", "acmes", "acme-", "0acme", "acme0"]
TEXTS = ("The boiler runs at two bar.", "The boiler is in the cellar.")


@pytest.fixture(scope="module")
def tenants(store: Store) -> list[TenantScope]:
    """Tenants with the same documents; only the last sentence of the second names its tenant."""
    run = uuid.uuid4().hex[:8]
    scopes = [TenantScope(f"{name}{run}") for name in NAMES]
    for number, scope in enumerate(scopes):
        ingest(store.staging, scope, prepared("a", *TEXTS), prepared("b", f"Own words of number{number}."))
    return scopes


@pytest.mark.parametrize("leg", [SearchMode.VECTOR, SearchMode.FULLTEXT])
def test_a_search_finds_the_tenants_own_chunks_alone(store: Store, tenants: list[TenantScope], leg: SearchMode) -> None:
    for number, scope in enumerate(tenants):
        query = SearchQuery("boiler own words", vector_of("boiler"), frozenset({leg}), 100)
        hits = store.index.search(scope, query, Deadline.after(10)).hits
        assert sorted(hit.passage.text for hit in hits) == sorted([*TEXTS, f"Own words of number{number}."])
        assert [hit.rank for hit in hits] == [1, 2, 3]


def test_another_tenants_words_find_nothing(store: Store, tenants: list[TenantScope]) -> None:
    query = SearchQuery("number1", None, frozenset({SearchMode.FULLTEXT}), 100)
    for number, scope in enumerate(tenants):
        hits = store.index.search(scope, query, Deadline.after(10)).hits
        assert [hit.passage.document_id for hit in hits] == (["b"] if number == 1 else [])


def test_a_tenants_own_term_typed_as_a_question_finds_nothing(store: Store, tenants: list[TenantScope]) -> None:
    query = SearchQuery(f"t{tenants[1].tenant_id.encode().hex()}0", None, frozenset({SearchMode.FULLTEXT}), 100)
    assert store.index.search(tenants[0], query, Deadline.after(10)).hits == []


def test_listings_and_reads_show_the_tenants_own_documents_alone(store: Store, tenants: list[TenantScope]) -> None:
    for number, scope in enumerate(tenants):
        assert {document.id for document in store.documents.page(scope, cursor=None, limit=100).items} == {"a", "b"}
        chunks = store.documents.chunks(scope, "b", cursor=None, limit=100).items
        assert [chunk.draft.text for chunk in chunks] == [f"Own words of number{number}."]
        assert len(store.jobs.page(scope, cursor=None, limit=100).items) == 1


def test_jobs_and_uploads_of_another_tenant_are_unknown(store: Store, scope: TenantScope) -> None:
    own, other = scope, TenantScope(f"{scope.tenant_id}x")
    job_id = uuid.uuid4().hex
    store.jobs.await_upload(own, Upload(job_id, "a", "a.md", "text/markdown"))
    for read in (store.jobs.get, store.jobs.upload):
        with pytest.raises(NotFound):
            read(other, job_id)
    store.jobs.fail_upload(other, job_id, "Not theirs.")
    assert store.jobs.get(own, job_id).errors == []


def test_a_change_in_one_tenant_leaves_the_others_corpus_version(store: Store, scope: TenantScope) -> None:
    other = TenantScope(f"{scope.tenant_id}x")
    ingest(store.staging, scope, prepared("a", "one"))
    ingest(store.staging, other, prepared("a", "one"))
    store.documents.delete(other, "a")
    assert store.index.corpus_version(scope, Deadline.after(10)) == 1
    assert store.documents.get(scope, "a").version == 1


def test_another_tenants_chunks_cannot_be_embedded_or_failed(store: Store, scope: TenantScope) -> None:
    other = TenantScope(f"{scope.tenant_id}x")
    (staged,) = stage(store.staging, scope, prepared("a", "one"))
    stage(store.staging, other, prepared("b", "two"))
    outcome = embed(store.staging, other, staged.chunk_ids)
    assert (outcome.embedded, outcome.activated) == (0, 0)
    store.staging.fail(other, "a", 1, "Not theirs.")
    assert embed(store.staging, scope, staged.chunk_ids).activated == 1
