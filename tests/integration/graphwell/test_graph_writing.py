"""The graph behind the chunks: it holds what they say, once, and nothing that no chunk says any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.chunk_graph import ChunkGraph, Relation
from graphwell.domain.graph.entities import Entity, entities_of
from graphwell.domain.graph.rules import SHORT_FOR
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.fill_graph import FillGraph
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared, stage
from tests.integration.graphwell.store import NO_GRACE, Store

LIMIT = 10_000
_MENTIONS = """
MATCH (c:Chunk {tenant_id: $tenant_id})-[m:MENTIONS]->(e:Entity {tenant_id: $tenant_id})
RETURN c.id AS chunk_id, e.key AS key, m.about AS about"""
_ENTITIES = "MATCH (e:Entity {tenant_id: $tenant_id}) RETURN e.key AS key, e.name AS name"
_RELATIONS = """
MATCH (a:Entity {tenant_id: $tenant_id})-[r:RELATED]->(b:Entity {tenant_id: $tenant_id})
RETURN a.key AS source, r.name AS name, b.key AS target, r.weight AS weight, r.evidence AS evidence"""
_FORGET = """
MATCH (c:Chunk {tenant_id: $tenant_id})-[m:MENTIONS]->(e:Entity) DELETE m
WITH DISTINCT e DETACH DELETE e"""


def mentions(store: Store, scope: TenantScope) -> set[tuple[str, str, bool]]:
    rows = store.client.run(_MENTIONS, tenant_id=scope.tenant_id)
    found = [(row["chunk_id"], row["key"], row["about"]) for row in rows]
    assert len(found) == len(set(found))
    return set(found)


def names(store: Store, scope: TenantScope) -> dict[str, str]:
    return {row["key"]: row["name"] for row in store.client.run(_ENTITIES, tenant_id=scope.tenant_id)}


def relations(store: Store, scope: TenantScope) -> list[dict[str, Any]]:
    return [row.data() for row in store.client.run(_RELATIONS, tenant_id=scope.tenant_id)]


def said(chunk_id: str, title: str, text: str) -> set[tuple[str, str, bool]]:
    return {(chunk_id, entity.key, entity.is_subject) for entity in entities_of(title, (), text)}


def test_each_chunk_mentions_what_it_names_and_what_it_is_about(store: Store, scope: TenantScope) -> None:
    texts = "Ada Byron met Charles Babbage.", "Charles Babbage lived in London."
    ingest(store.staging, scope, prepared("a", *texts, title="Ada Byron"))
    wanted = said("a~1~0", "Ada Byron", texts[0]) | said("a~1~1", "Ada Byron", texts[1])
    assert mentions(store, scope) == wanted
    assert names(store, scope) == {"ada byron": "Ada Byron", "charles babbage": "Charles Babbage", "london": "London"}


def test_what_is_delivered_twice_is_there_once(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "Ada Byron met Charles Babbage."))
    chunks = store.staging.unembedded(scope, staged.chunk_ids)
    graphs = LocalGraphExtractor().extract(scope, chunks, Deadline.after(10))
    for _ in range(2):
        store.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks], graphs=graphs)
    assert mentions(store, scope) == said("a~1~0", "Title", "Ada Byron met Charles Babbage.")


def test_tenants_share_no_entity(store: Store, scope: TenantScope) -> None:
    other = TenantScope(f"{scope.tenant_id}-2")
    for each in (scope, other):
        ingest(store.staging, each, prepared("a", "Ada Byron met Charles Babbage."))
    ingest(store.staging, other, prepared("b", "Ada Byron lived in London."))
    assert names(store, scope).keys() == {"title", "ada byron", "charles babbage"}
    store.documents.delete(scope, "a")
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert names(store, scope) == {}
    assert names(store, other).keys() == {"title", "ada byron", "charles babbage", "london"}


def test_an_entity_goes_with_the_last_chunk_that_mentions_it(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "Ada Byron met Charles Babbage."))
    ingest(store.staging, scope, prepared("b", "Charles Babbage lived in London."))
    ingest(store.staging, scope, prepared("a", "Ada Byron wrote notes."))
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert names(store, scope).keys() == {"title", "ada byron", "charles babbage", "london"}

    store.documents.delete(scope, "b")
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert names(store, scope).keys() == {"title", "ada byron"}
    assert mentions(store, scope) == said("a~2~0", "Title", "Ada Byron wrote notes.")


def test_a_document_counts_the_entities_that_no_other_names(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "Ada Byron met Charles Babbage.", "Ada Byron again.", title="x"))
    ingest(store.staging, scope, prepared("b", "Charles Babbage lived in London.", title="y"))
    assert store.documents.count(scope, "a")["entities"] == len({"x", "ada byron"})
    assert store.documents.count(scope, "b")["entities"] == len({"y", "london"})


def test_a_chunk_that_is_gone_leaves_no_entity_behind(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "Ada Byron met Charles Babbage."))
    chunks = store.staging.unembedded(scope, staged.chunk_ids)
    graphs = LocalGraphExtractor().extract(scope, chunks, Deadline.after(10))
    store.documents.delete(scope, "a")
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    store.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks], graphs=graphs)
    assert names(store, scope) == {}


def test_a_relation_is_as_strong_as_the_chunks_that_state_it_and_goes_with_the_last(
    store: Store, scope: TenantScope
) -> None:
    people = [Entity("ada byron", "Ada Byron"), Entity("charles babbage", "Charles Babbage")]
    friends = ChunkGraph(people, [Relation("ada byron", "friend of", "charles babbage")])
    for name, texts in (("a", ("one", "two")), ("b", ("three",))):
        (staged,) = stage(store.staging, scope, prepared(name, *texts))
        chunks = store.staging.unembedded(scope, staged.chunk_ids)
        for _ in range(2):
            vectors = [vector_of(chunk.text) for chunk in chunks]
            store.staging.store_vectors(scope, chunks, vectors, graphs=[friends] * len(chunks))
        store.staging.activate(scope, staged.chunk_ids)
    (relation,) = relations(store, scope)
    assert (relation["source"], relation["name"], relation["target"]) == ("ada byron", "friend of", "charles babbage")
    assert (relation["weight"], sorted(relation["evidence"])) == (3, ["a~1~0", "a~1~1", "b~1~0"])

    for name, left in (("a", ["b~1~0"]), ("b", [])):
        store.documents.delete(scope, name)
        store.maintenance.remove_retired(NO_GRACE, LIMIT)
        assert [(each["weight"], each["evidence"]) for each in relations(store, scope)] == ([(1, left)] if left else [])


def test_a_short_form_that_a_text_explains_is_related_to_its_name(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "The World Health Organization (WHO) met.", "The WHO left."))
    (relation,) = relations(store, scope)
    assert (relation["source"], relation["name"], relation["target"]) == ("who", SHORT_FOR, "world health organization")
    assert relation["evidence"] == ["a~1~0"]


def test_entities_that_come_while_others_go_are_kept_whole(store: Store, scope: TenantScope) -> None:
    """Documents about the same few names come and go at once, so that a name is found while its last chunk goes."""
    text = "Ada Byron met Charles Babbage in London."
    wanted = {key for _, key, _ in said("", "Title", text)}

    def come_and_go(name: str) -> None:
        for _ in range(6):
            ingest(store.staging, scope, prepared(name, text))
            store.documents.delete(scope, name)
            store.maintenance.remove_retired(NO_GRACE, LIMIT)
        ingest(store.staging, scope, prepared(name, text))

    documents = [f"d{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, documents))
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    found = [(chunk_id.split("~")[0], key) for chunk_id, key, _ in mentions(store, scope)]
    assert sorted(found) == sorted((name, key) for name in documents for key in wanted)
    assert names(store, scope).keys() == wanted


def test_what_was_embedded_before_the_graph_is_read_by_the_next_runs(store: Store, scope: TenantScope) -> None:
    texts = [f"Person{number} met Charles Babbage." for number in range(5)]
    ingest(store.staging, scope, prepared("a", *texts))
    stage(store.staging, scope, prepared("b", "Not embedded, says Ada Byron."))
    before = mentions(store, scope)
    store.client.run(_FORGET, tenant_id=scope.tenant_id)
    store.client.run("MATCH (m:IndexMetadata {id: 'graph'}) DELETE m")

    fill = FillGraph(store.filling, LocalGraphExtractor())
    while fill(Deadline.after(60)):
        pass
    assert mentions(store, scope) == before | said("b~1~0", "Title", "Not embedded, says Ada Byron.")
    assert scope not in store.filling.unfilled(LIMIT)
    assert fill(Deadline.after(60)) == 0


def test_reading_anew_leaves_another_tenants_place(store: Store, scope: TenantScope) -> None:
    other = TenantScope(f"{scope.tenant_id}-2")
    for each in (scope, other):
        ingest(store.staging, each, prepared("a", "Ada Byron.", "Charles Babbage."))
    store.filling.start(f"of {scope.tenant_id}")
    chunks = store.filling.next_chunks(scope, 1)
    store.filling.store(scope, chunks, LocalGraphExtractor().extract(scope, chunks, Deadline.after(10)))
    assert [len(store.filling.next_chunks(each, 9)) for each in (scope, other)] == [1, 2]


def test_reading_anew_goes_on_where_it_stopped(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "Ada Byron.", "Charles Babbage.", "London Bridge."))
    store.filling.start(f"of {scope.tenant_id}")
    seen = []
    while chunks := store.filling.next_chunks(scope, 2):
        seen.append([chunk.chunk_id for chunk in chunks])
        store.filling.store(scope, chunks, LocalGraphExtractor().extract(scope, chunks, Deadline.after(10)))
    store.filling.store(scope, (), ())
    assert seen == [["a~1~0", "a~1~1"], ["a~1~2"]]
    assert scope not in store.filling.unfilled(LIMIT)
