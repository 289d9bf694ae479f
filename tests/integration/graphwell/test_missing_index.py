"""A search index that is gone, in a database that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graphwell.adapters.neo4j_health import Neo4jHealth
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_INDEXES, Neo4jSchema
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import IndexFault
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Ailing
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakePassageGraph, FakeTermCounter
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import EMBEDDING, Store


@contextmanager
def without(store: Store, index: str) -> Iterator[None]:
    """Drop an index for the length of a with block."""
    store.client.run(f"DROP INDEX {index}")
    try:
        yield
    finally:
        Neo4jSchema(store.client).migrate(EMBEDDING)


@pytest.mark.parametrize(
    ("index", "leg", "other"),
    [
        (VECTOR_INDEXES[Slot.A], SearchMode.VECTOR, SearchMode.FULLTEXT),
        (FULLTEXT_INDEX, SearchMode.FULLTEXT, SearchMode.VECTOR),
    ],
)
def test_the_other_index_answers_alone(
    store: Store, scope: TenantScope, index: str, leg: SearchMode, other: SearchMode
) -> None:
    ingest(store.staging, scope, prepared("d", "The boiler runs at 2 bar."))
    search = Search(FakeEmbedder(), store.index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph)
    with without(store, index):
        for mode in (SearchMode.HYBRID, other):
            result = search(scope, SearchRequest("boiler", mode=mode), Deadline.after(30))
            assert [passage.document_id for passage in result.passages] == ["d"]
            assert result.degraded == ((leg,) if mode is SearchMode.HYBRID else ())
        with pytest.raises(IndexFault):
            search(scope, SearchRequest("boiler", mode=leg), Deadline.after(30))
        with pytest.raises(Ailing) as ailing:
            Neo4jHealth(store.client).check()
        assert (ailing.value.reason, ailing.value.detail[index]) == ("IndexNotOnline", "missing")
    result = search(scope, SearchRequest("boiler"), Deadline.after(30))
    assert ([passage.document_id for passage in result.passages], result.degraded) == (["d"], ())
