"""An exact search finds what the vector index finds in a small tenant, and of live chunks alone."""

from __future__ import annotations

import pytest

from graphwell.adapters.neo4j_exact_neighbours import Neo4jExactNeighbours
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared, stage
from tests.integration.graphwell.store import Store


def cosines(store: Store, scope: TenantScope, count: int = 10) -> list[float]:
    exact = Neo4jExactNeighbours(store.client)
    return list(exact.cosines(scope, vector_of("boiler"), count, Deadline.after(10)))


def test_it_finds_what_the_index_finds(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, *(prepared(f"d{number}", f"boiler {number}", f"pump {number}") for number in range(8)))
    legs = frozenset({SearchMode.VECTOR})
    hits = store.index.search(scope, SearchQuery("boiler", vector_of("boiler"), legs, 10), Deadline.after(10)).hits
    found = [hit.similarity for hit in hits]
    assert len(found) == 10
    assert cosines(store, scope) == pytest.approx(found, abs=1e-5)
    assert cosines(store, scope, 3) == pytest.approx(found[:3], abs=1e-5)


def test_only_live_chunks_count(store: Store, scope: TenantScope) -> None:
    assert cosines(store, scope) == []
    stage(store.staging, scope, prepared("staged", "boiler"))
    assert cosines(store, scope) == []
    ingest(store.staging, scope, prepared("live", "pump"))
    (before,) = cosines(store, scope)
    ingest(store.staging, scope, prepared("live", "valve"))
    (after,) = cosines(store, scope)
    assert after != before
