"""Chunks that are not live, staged or replaced, never crowd the live ones out of a search."""

from __future__ import annotations

import pytest

from graphwell.adapters.neo4j_passage_index import MAX_CANDIDATES
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared, stage
from tests.integration.graphwell.store import Store

CHUNKS = 10
REVISIONS = 25
CANDIDATES = 20


@pytest.fixture(scope="module")
def crowded(store: Store) -> TenantScope:
    """A tenant whose one document was replaced many times, and is about to be again, in the same words."""
    scope = TenantScope("crowded-index")
    for revision in range(REVISIONS):
        texts = [f"Boiler pressure at step {step}." for step in range(CHUNKS)]
        ingest(store.staging, scope, prepared("manual", *texts, title=f"Revision {revision}"))
    stage(store.staging, scope, prepared("manual", *texts, title="Next"))
    return scope


@pytest.mark.parametrize("leg", [SearchMode.VECTOR, SearchMode.FULLTEXT])
def test_live_chunks_are_found_behind_replaced_ones(store: Store, crowded: TenantScope, leg: SearchMode) -> None:
    assert CHUNKS * (REVISIONS + 1) < MAX_CANDIDATES
    query = SearchQuery("boiler pressure", vector_of("boiler"), frozenset({leg}), CANDIDATES)
    hits = store.index.search(crowded, query, Deadline.after(20)).hits
    assert {hit.passage.title for hit in hits} == {f"Revision {REVISIONS - 1}"}
    assert [hit.rank for hit in hits] == list(range(1, CHUNKS + 1))


@pytest.mark.parametrize("leg", [SearchMode.VECTOR, SearchMode.FULLTEXT])
def test_as_many_live_chunks_come_back_as_are_wanted(store: Store, scope: TenantScope, leg: SearchMode) -> None:
    """Where more than half of the hits are live, too."""
    for revision in range(2):
        texts = [f"Boiler pressure at step {step}." for step in range(CHUNKS)]
        ingest(store.staging, scope, prepared("manual", *texts, title=f"Revision {revision}"))
        ingest(store.staging, scope, prepared(f"guide {revision}", *texts))
    query = SearchQuery("boiler pressure", vector_of("boiler"), frozenset({leg}), CANDIDATES, least=CANDIDATES)
    hits = store.index.search(scope, query, Deadline.after(20)).hits
    assert [hit.rank for hit in hits] == list(range(1, CANDIDATES + 1))


def test_no_more_hits_come_back_than_wanted(store: Store, crowded: TenantScope) -> None:
    query = SearchQuery("boiler", vector_of("boiler"), frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}), 4)
    hits = store.index.search(crowded, query, Deadline.after(20)).hits
    for leg in (SearchMode.VECTOR, SearchMode.FULLTEXT):
        assert [hit.rank for hit in hits if hit.leg is leg] == [1, 2, 3, 4]
