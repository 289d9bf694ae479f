"""Every statement finds its nodes through an index, never by scanning a label or the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from graphwell.adapters import (
    neo4j_activation,
    neo4j_agent_jobs,
    neo4j_document_repository,
    neo4j_embed_outbox,
    neo4j_erasure_repository,
    neo4j_exact_neighbours,
    neo4j_graph_filling,
    neo4j_graph_reader,
    neo4j_graph_writing,
    neo4j_health,
    neo4j_job_control,
    neo4j_job_maintenance,
    neo4j_job_repository,
    neo4j_maintenance_repository,
    neo4j_metadata_keys,
    neo4j_passage_graph,
    neo4j_passage_index,
    neo4j_reembedding,
    neo4j_staging_repository,
    neo4j_tenant_lock,
    neo4j_tenant_statistics,
    neo4j_token_budget,
)
from graphwell.adapters.filter_terms import filter_parameters
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.filters import Filters, accept_filters
from graphwell.domain.metadata_keys import DeclaredKey, MetadataType
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = {"document_id": "a", "version": 1, "properties": {"title": "T"}, "chunks": [{"id": "a", "properties": {}}]}
PARAMETERS: Mapping[str, Any] = {
    "tenant_id": "t", "document_id": "a", "document_ids": ["a"], "version": 1, "versions": [VERSION],
    "chunk_ids": ["a~1~0"], "rows": [{"id": "a~1~0", "vector": vector_of("a")}], "tenant_term": "t",
    "job_id": "j", "filename": "a.md", "media_type": "text/plain", "total": 1, "unchanged": 0, "reason": "r",
    "tasks": [{"id": "t", "chunk_ids": ["a~1~0"], "versions": [["a", 1]]}], "task_id": "t", "window": 4,
    "kept": [VERSION], "kept_versions": 1, "kept_until": NOW, "cancelled": 1, "followed": ["a~1"],
    "created_after": NOW, "created_before": NOW,
    "before": NOW, "now": NOW, "after": -1, "after_id": "a", "limit": 10,
    "vector": vector_of("a"), "lucene": "text:a", "candidates": 10, "count": 10,
    "vector_breadth": 10, "fulltext_breadth": 10,
    "corpus_version": 1, "erasure_id": "e", "with_limits": False, "remaining": {},
    "keys": "{}", "filled": [{"document_id": "a", "version": 1, "slots": {}, "terms": "t"}],
    "entities": [{"id": "e", "key": "k", "name": "N", "mentions": [{"chunk_id": "a~1~0", "about": True}]}],
    "relations": [{"source": "e", "name": "r", "target": "f", "chunk_ids": ["a~1~0"]}],
    "identity": "rules", "day": "2026-01-01", "tokens": 1,
    "starts": [{"id": "a~1~0", "strength": 1.0}], "question": " a ", "known": ["a~1~0"], "as_of_ms": 1,
    "max_mentions": 9, "max_holders": 9, "most": 9,
    "entity_id": "e", "same_id": "e", **asdict(neo4j_graph_reader.Bounds()),
    "asker": "a", "request_id": "r", "state": "failed", "answer": "{}",
    "property": "embedding", "after_tenant": "a", "from": "none", "record": {},
}  # fmt: skip

STATEMENTS = {
    ("staging", "_LOCK_FOR_STAGING"): {"job_id", "document_id", "document_version"},
    ("staging", "_RECORD_JOB"): {"job_id", "document_version"},
    ("staging", "_CREATE_VERSIONS"): {"document_id"},
    ("staging", "_FOLLOW_VERSIONS"): {"job_id", "document_version"},
    ("staging", "_FORGET_VERSIONS"): {"document_version"},
    ("staging", "_UNEMBEDDED"): {"chunk_id", "document_version"},
    ("staging", "_HOLD_SLOT"): {"index_metadata"},
    ("staging", "_WRITE_VECTORS"): {"chunk_id"},
    ("activation", "_STAGED_VERSIONS"): {"chunk_id", "document_version"},
    ("activation", "LOCK_DOCUMENTS"): {"document_id"},
    ("activation", "_ACTIVATE"): {"document_id", "document_version"},
    ("activation", "_NEW_CORPUS_VERSION"): {"tenant_id"},
    ("activation", "_FAIL"): {"document_version", "document_id"},
    ("document", "_GET"): {"document_id", "document_version"},
    ("document", "_PAGE"): {"document_created", "document_version"},
    ("document", "_CHUNKS"): {"document_id"},
    ("document", "_DELETE"): {"document_id", "document_version", "tenant_id"},
    ("job", "_GET"): {"job_id"},
    ("job", "_PAGE"): {"job_created"},
    ("job", "_UPLOAD"): {"job_id"},
    ("job", "_FAIL_UPLOAD"): {"job_id"},
    ("outbox", "_CREATE_TASKS"): {"document_version"},
    ("outbox", "_REMOVE_TASK"): {"embed_task_id"},
    ("outbox", "_ROOM"): {"embed_task_state"},
    ("outbox", "_CLAIM"): {"tenant_id", "embed_task_state"},
    ("outbox", "_LEFT"): {"document_version", "document_id"},
    ("outbox", "_IDLE_TENANTS"): {"embed_task_state"},
    ("outbox", "_REMOVE_LOST"): {"embed_task_state"},
    ("maintenance", "_CLAIM_STALE"): {"version_moved"},
    ("maintenance", "_FORGET_RETIRED"): {"version_retired", "document_id"},
    ("job", "_AWAIT_UPLOAD"): {"job_id"},
    ("job control", "_LOCK_JOB"): {"job_id"},
    ("job control", "_CANCEL_FOLLOWING"): {"job_id"},
    ("job control", "_CANCEL_VERSIONS"): {"job_id"},
    ("job control", "_CANCEL_JOB"): {"job_id"},
    ("job control", "_RETRIABLE"): {"job_id", "document_id"},
    ("job control", "_RESTAGE"): {"document_version", "document_id"},
    ("job control", "_AWAIT_AGAIN"): {"job_id"},
    ("job maintenance", "_CLAIM_WAITING"): {"job_looked_at"},
    ("job maintenance", "_REMOVE_EXPIRED"): {"job_age"},
    ("agent jobs", "_CREATE"): {"agent_job_id"},
    ("agent jobs", "_BEGIN"): {"agent_job_id"},
    ("agent jobs", "_IS_OPEN"): {"agent_job_id"},
    ("agent jobs", "_END"): {"agent_job_id"},
    ("agent jobs", "_GET"): {"agent_job_id"},
    ("agent jobs", "_FAIL_LOST"): {"agent_job_moved"},
    ("agent jobs", "_REMOVE_OLD"): {"agent_job_age"},
    ("maintenance", "_REMOVE_CHUNKS"): {"version_retired", "document_id"},
    ("maintenance", "_REMOVE_DOCUMENTS"): {"document_deleted", "document_version"},
    ("passages", "_CORPUS_VERSION"): {"tenant_id"},
    ("passages", "_IS_CURRENT"): {"tenant_id", "chunk_id"},
    ("staging", "_LOCK_UPLOAD"): {"job_id"},
    ("document", "_COUNT"): {"document_id", "document_version"},
    ("document", "_UPLOADS"): {"job_upload"},
    ("lock", "_LOCK"): {"tenant_id"},
    ("keys", "_GET"): {"tenant_id"},
    ("keys", "_DECLARE"): {"tenant_id"},
    ("keys", "_NEXT_DOCUMENTS"): {"document_id", "document_version"},
    ("keys", "_FILL"): {"document_id"},
    ("keys", "_APPLIED_TO"): {"tenant_id"},
    ("keys", "_UNAPPLIED"): {"tenant_keys_applied"},
    ("erasure", "_START"): {"tenant_id"},
    ("erasure", "_GET"): {"erasure_id"},
    ("erasure", "_PROPERTIES"): {"tenant_id"},
    ("erasure", "_COUNT"): {
        "chunk_id",
        "entity_id",
        "embed_task_id",
        "document_version",
        "job_id",
        "document_id",
        "agent_job_id",
    },
    ("erasure", "_RUNNING"): {"tenant_id"},
    ("erasure", "_UNFINISHED"): {"erasure_state"},
    ("erasure", "_FINISH"): {"tenant_id", "erasure_id"},
    ("health", "_OLDEST"): {"embed_task_state"},
    ("health", "_SLOT"): {"index_metadata"},
    ("statistics", "_GET"): {"tenant_id", "document_version", "document_created", "chunk_id", "job_id"},
    ("reembedding", "_READ"): {"index_metadata"},
    ("reembedding", "_RECORD"): {"index_metadata"},
    ("reembedding", "_LOCK"): {"index_metadata"},
    ("reembedding", "_LACKING"): {"chunk_id"},
    ("reembedding", "_MISSING"): {"chunk_id", "document_version"},
    ("reembedding", "_STORE"): {"chunk_id"},
    ("exact", "_COSINES"): {"document_created"},
    ("graph writing", "_WRITE_MENTIONS"): {"entity_id", "chunk_id"},
    ("graph writing", "_WRITE_RELATIONS"): {"entity_id"},
    ("graph filling", "_READ"): {"index_metadata"},
    ("graph filling", "_RECORD"): {"index_metadata"},
    ("graph filling", "_UNFILLED"): {"tenant_graph_filled"},
    ("graph filling", "_NEXT"): {"tenant_id", "chunk_id"},
    ("graph filling", "_HOLD"): {"chunk_id"},
    ("graph filling", "_FILLED_TO"): {"tenant_id"},
    ("passage graph", "_METADATA"): {"document_version"},
    ("token budget", "_TAKE"): {"tenant_id"},
    ("graph reading", "_NAMED"): {"entity_id"},
    ("graph reading", "_NEWEST"): {"document_created"},
    ("graph reading", "_MENTIONS"): {"entity_id"},
    ("graph reading", "_NEIGHBOURS"): {"chunk_id", "entity_id"},
    ("graph reading", "_PASSAGES"): {"chunk_id"},
}
MODULES = {
    "staging": neo4j_staging_repository,
    "activation": neo4j_activation,
    "document": neo4j_document_repository,
    "job": neo4j_job_repository,
    "outbox": neo4j_embed_outbox,
    "job control": neo4j_job_control,
    "job maintenance": neo4j_job_maintenance,
    "agent jobs": neo4j_agent_jobs,
    "maintenance": neo4j_maintenance_repository,
    "passages": neo4j_passage_index,
    "lock": neo4j_tenant_lock,
    "keys": neo4j_metadata_keys,
    "erasure": neo4j_erasure_repository,
    "health": neo4j_health,
    "statistics": neo4j_tenant_statistics,
    "reembedding": neo4j_reembedding,
    "exact": neo4j_exact_neighbours,
    "graph writing": neo4j_graph_writing,
    "graph filling": neo4j_graph_filling,
    "passage graph": neo4j_passage_graph,
    "token budget": neo4j_token_budget,
    "graph reading": neo4j_graph_reader,
}
SCANS = ("AllNodesScan", "NodeByLabelScan", "UnionNodeByLabelsScan", "RelationshipTypeScan", "NodeIndexScan")


def operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield operator and details of a plan from its root down."""
    yield plan["operatorType"].split("@")[0], str(plan["args"].get("Details", ""))
    for child in plan.get("children", ()):
        yield from operators(child)


def plan_of(store: Store, statement: str, more: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    explained = statement.replace("CYPHER 25", "CYPHER 25 EXPLAIN", 1)
    explained = explained if "EXPLAIN" in explained else f"EXPLAIN {statement}"
    with store.client._open().session() as session:
        plan = session.run(explained, {**PARAMETERS, **(more or {})}).consume().plan
    assert plan is not None
    return list(operators(plan))


@pytest.fixture(scope="module")
def indexes(store: Store) -> dict[str, tuple[str, str]]:
    """Label and properties of every index by its name, over a store that holds some data."""
    ingest(store.staging, TenantScope("query-plans"), *(prepared(f"d{number}", "text") for number in range(50)))
    # Plans go by samples of the indexes, which are otherwise taken some time after they have changed.
    store.client.run("CALL db.prepareForReplanning(60)")
    rows = store.client.run("SHOW INDEXES YIELD name, labelsOrTypes, properties WHERE labelsOrTypes IS NOT NULL")
    return {row["name"]: (row["labelsOrTypes"][0], ", ".join(row["properties"])) for row in rows}


@pytest.mark.parametrize(("module", "name"), STATEMENTS, ids=lambda value: value)
def test_a_statement_uses_the_indexes_that_its_comment_names(
    store: Store, indexes: dict[str, tuple[str, str]], module: str, name: str
) -> None:
    plan = plan_of(store, getattr(MODULES[module], name).replace("%s", "embedding"))
    assert [operator for operator, _ in plan if operator.startswith(SCANS)] == []
    seeks = [details for operator, details in plan if "Seek" in operator or operator == "MergeUniqueNode"]
    for index in STATEMENTS[module, name]:
        label, properties = indexes[index]
        assert any(f":{label}({properties})" in seek for seek in seeks), (index, seeks)


LEGS = ({SearchMode.VECTOR}, {SearchMode.FULLTEXT}, {SearchMode.VECTOR, SearchMode.FULLTEXT})
FILTERS = accept_filters(
    {"document_id": ["a", "b"], "metadata.year": {"gte": 1, "lte": 2}, "metadata.kind": "x"},
    {"year": DeclaredKey(MetadataType.NUMBER, 1), "kind": DeclaredKey(MetadataType.STRING, 8)},
)


@pytest.mark.parametrize("legs", LEGS, ids=lambda legs: "+".join(sorted(legs)))
@pytest.mark.parametrize("filters", [(), FILTERS], ids=["all", "filtered"])
def test_a_search_reads_its_indexes_and_what_they_found(store: Store, legs: set[SearchMode], filters: Filters) -> None:
    plan = plan_of(store, neo4j_passage_index._statement(legs, filters), filter_parameters(filters))
    assert [operator for operator, _ in plan if operator.startswith(SCANS)] == []
    details = " ".join(f"{operator} {detail}" for operator, detail in plan)
    assert ("chunk_embedding" in details) is (SearchMode.VECTOR in legs)
    assert ("db.index.fulltext.queryNodes" in details) is (SearchMode.FULLTEXT in legs)


@pytest.mark.parametrize("filters", [(), FILTERS], ids=["all", "filtered"])
def test_a_walk_seeks_its_starts_and_follows_what_hangs_on_them(store: Store, filters: Filters) -> None:
    plan = plan_of(store, neo4j_passage_graph.statement(filters, Slot.A), filter_parameters(filters))
    assert [operator for operator, _ in plan if operator.startswith(SCANS)] == []
    seeks = [details for operator, details in plan if "Seek" in operator]
    assert len(seeks) == 1
    assert ":Chunk(tenant_id, id)" in seeks[0]


def test_names_are_found_by_their_index(store: Store) -> None:
    plan = plan_of(store, neo4j_graph_reader._NAMED)
    (details,) = [detail for operator, detail in plan if operator == "ProcedureCall"]
    assert "db.index.fulltext.queryNodes" in details


def test_every_statement_of_the_adapters_is_looked_at() -> None:
    """Each is a constant that matches or merges nodes; search builds its own of parts."""
    held = {
        (module, name)
        for module, source in MODULES.items()
        for name, value in vars(source).items()
        if isinstance(value, str) and ("MATCH (" in value or "MERGE (" in value)
    }
    parts = {("document", "_SHOWN"), ("job", "_PROGRESS"), ("job control", "LOCK_DOCUMENTS")}
    parts |= {("staging", "KEEP_OUTCOMES"), ("maintenance", "KEEP_OUTCOMES")}
    parts |= {("graph reading", "_LIVE"), ("graph reading", "_COUNTED")}
    parts |= {("passages", "_VECTOR_LEG"), ("passages", "_LIVE_HITS"), ("passages", "_METADATA")}
    parts |= {("graph writing", "REMOVE_CHUNKS"), ("maintenance", "REMOVE_CHUNKS"), ("passage graph", "_NEIGHBOURHOOD")}
    through_all_chunks_once_a_move = {("reembedding", "_ANY_LACKING")}
    through_all_tenants_once_a_release = {("graph filling", "_START")}
    assert held - parts - through_all_chunks_once_a_move - through_all_tenants_once_a_release == set(STATEMENTS)
