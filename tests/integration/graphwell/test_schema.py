"""Creating the schema and refusing an index that does not fit."""

from __future__ import annotations

import pytest

from graphwell.adapters import neo4j_erasure_repository
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_health import Neo4jHealth
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_FILTERS, VECTOR_INDEXES, Neo4jSchema
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import EmbeddingIdentity, Slot
from graphwell.domain.errors import IncompatibleIndex
from graphwell.domain.filters import accept_filters
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from tests.e2e.stack import CHECKOUT
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import EMBEDDING, Store

BOTH = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})


def schema_of(client: Neo4jClient) -> set[tuple[str, str]]:
    return {(row["name"], row["state"]) for row in client.run("SHOW INDEXES YIELD name, state")}


def test_migrating_again_changes_nothing(store: Store) -> None:
    before = schema_of(store.client)
    Neo4jSchema(store.client).migrate(EMBEDDING)
    assert schema_of(store.client) == before
    assert {(FULLTEXT_INDEX, "ONLINE"), (VECTOR_INDEXES[Slot.A], "ONLINE")} <= before


def test_the_vector_index_is_of_the_models_length(store: Store) -> None:
    (row,) = store.client.run("SHOW INDEXES YIELD name, options WHERE name = $name", name=VECTOR_INDEXES[Slot.A])
    config = row["options"]["indexConfig"]
    assert config["vector.dimensions"] == EMBEDDING.dimensions
    assert config["vector.similarity_function"] == "COSINE"
    assert config["vector.quantization.type"] == "NONE"


def test_the_configured_model_is_accepted(store: Store) -> None:
    Neo4jSchema(store.client).verify(EMBEDDING)


@pytest.mark.parametrize("other", [EmbeddingIdentity("other-model", 8), EmbeddingIdentity(EMBEDDING.model, 16)])
def test_another_model_is_refused_with_what_to_do(store: Store, other: EmbeddingIdentity) -> None:
    sentence = (
        rf"holds vectors of {EMBEDDING.model} \({EMBEDDING.dimensions} dimensions\) but the configured model is"
        rf" {other.model} \({other.dimensions}\); configure the stored one and name the other"
    )
    for check in (Neo4jSchema(store.client).verify, Neo4jSchema(store.client).migrate):
        with pytest.raises(IncompatibleIndex, match=sentence):
            check(other)
    Neo4jSchema(store.client).verify(EMBEDDING)


def test_before_the_first_migration_it_says_to_migrate(store: Store) -> None:
    """The record is taken away for the length of this test; no other statement reads it."""
    taken = "MATCH (m:IndexMetadata {id: 'embedding'}) WITH m, properties(m) AS record DELETE m RETURN record"
    (record,) = store.client.run(taken)
    try:
        with pytest.raises(IncompatibleIndex, match="run the migrate function once"):
            Neo4jSchema(store.client).verify(EMBEDDING)
    finally:
        store.client.run("CREATE (m:IndexMetadata) SET m = $record", record=record["record"])


def test_health_tells_the_version_and_that_both_indexes_are_online(store: Store) -> None:
    details = Neo4jHealth(store.client).check()
    assert str(details["version"]).startswith("2026.")
    assert {details[index] for index in (VECTOR_INDEXES[Slot.A], FULLTEXT_INDEX)} == {"online"}


def test_indexes_of_an_older_release_are_made_anew_with_what_filters_need(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("d", "The boiler runs at two bar."))
    of_then = """CYPHER 25 CREATE VECTOR INDEX chunk_embedding FOR (c:Chunk) ON c.embedding WITH [c.tenant_id]
        OPTIONS {indexConfig: {`vector.dimensions`: $dimensions, `vector.similarity_function`: 'cosine'}}"""
    store.client.run(f"DROP INDEX {VECTOR_INDEXES[Slot.A]}")
    store.client.run(of_then, dimensions=EMBEDDING.dimensions)
    store.client.run("MATCH (c:Chunk {tenant_id: $id}) REMOVE c.filter_terms", id=scope.tenant_id)

    Neo4jSchema(store.client).migrate(EMBEDDING)

    (row,) = store.client.run("SHOW INDEXES YIELD name, properties WHERE name = $name", name=VECTOR_INDEXES[Slot.A])
    assert {*row["properties"]} == {"embedding", *VECTOR_FILTERS}
    assert not store.keys.declared(scope).is_applied
    while not store.keys.apply(scope, 100):
        pass
    query = SearchQuery(
        "boiler", vector_of("boiler"), BOTH, 10, accept_filters({"document_id": "d"}, store.keys.declared(scope).keys)
    )
    found = store.index.search(scope, query, Deadline.after(20)).hits
    assert {hit.leg for hit in found} == BOTH
    store.client.run("MATCH (t:Tenant) REMOVE t.keys_applied_to")


def test_no_statement_asks_a_slot_whether_a_chunk_is_embedded() -> None:
    """After a move the other slot is empty; `embedded_at` tells, whichever slot serves."""
    for path in (CHECKOUT / "layers" / "shared" / "graphwell" / "adapters").glob("neo4j_*.py"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if ".embedding IS NULL" in line]
        assert lines == [], path.name


def test_an_erase_removes_every_kind_of_node_that_has_a_tenant(store: Store) -> None:
    rows = store.client.run("SHOW CONSTRAINTS YIELD labelsOrTypes, properties RETURN labelsOrTypes[0] AS l, properties")
    kinds = {row["l"] for row in rows if "tenant_id" in row["properties"]}
    assert kinds >= {"Chunk", "Document", "DocumentVersion", "Job"}
    removed = " ".join(neo4j_erasure_repository._REMOVE.values())
    assert [kind for kind in kinds - {"Erasure"} if f"(n:{kind} " not in removed] == []
