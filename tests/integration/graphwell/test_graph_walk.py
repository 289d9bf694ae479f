"""The walk's neighbourhood: what shares a name with the starts, in this tenant, live, within bounds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphwell.adapters.neo4j_passage_graph import MAX_MENTIONS
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.deadline import Deadline
from graphwell.domain.filters import Filters, accept_filters
from graphwell.domain.graph.entities import entities_of
from graphwell.domain.graph.walk import MAX_HOLDERS, MAX_REACHED, Bridge, Start
from graphwell.domain.metadata_keys import MetadataType, declare
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Neighbourhood, SearchQuery, WalkQuery
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.embedding import FakeEmbedder, vector_of
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.integration.graphwell.ingestion import ingest, prepared, stage
from tests.integration.graphwell.store import Store

QUESTION = "When did the owner of the airline dissolve?"
AIRLINE, OWNER = "Novair was bought by Rank Group.", "Rank Group dissolved in 1996."


def now_ms(store: Store, scope: TenantScope) -> int:
    query = SearchQuery("anything", None, frozenset({SearchMode.FULLTEXT}), 1)
    return store.index.search(scope, query, Deadline.after(10)).as_of_ms


def walk(
    store: Store,
    scope: TenantScope,
    *starts: str,
    known: Sequence[str] = (),
    filters: Filters = (),
    question: str = QUESTION,
    as_of_ms: int | None = None,
) -> Neighbourhood:
    moment = now_ms(store, scope) if as_of_ms is None else as_of_ms
    begun = [Start(chunk_id, 1.0) for chunk_id in starts]
    query = WalkQuery(question, begun, [*starts, *known], vector_of(question), filters, moment)
    return store.graph.neighbourhood(scope, query, Deadline.after(20))


def reached(found: Neighbourhood) -> list[str]:
    return [hit.passage.chunk_id for hit in found.hits]


def test_a_passage_of_another_document_is_reached_over_a_name_that_both_hold(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"), prepared("owner", OWNER, title="y"))
    ingest(store.staging, scope, prepared("other", "Nothing of it.", title="z"))
    found = walk(store, scope, "airline~1~0")
    assert found.bridges == [Bridge("airline~1~0", "rank group", "Rank Group", 2, "owner~1~0")]
    (hit,) = found.hits
    assert (hit.leg, hit.rank, hit.passage.document_id, hit.passage.title) == (SearchMode.GRAPH, 1, "owner", "y")
    assert (hit.passage.text, hit.passage.start, hit.passage.end) == (OWNER, 0, len(OWNER))
    assert hit.similarity == pytest.approx(
        sum(a * b for a, b in zip(vector_of(QUESTION), vector_of(f"y\n{OWNER}"), strict=True)), abs=1e-5
    )


def test_a_candidate_that_is_reached_gets_its_bridge_and_does_not_come_twice(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"), prepared("owner", OWNER, title="y"))
    found = walk(store, scope, "airline~1~0", known=["owner~1~0"])
    assert [bridge.end for bridge in found.bridges] == ["owner~1~0"]
    assert found.hits == []


def test_another_tenants_passages_are_never_reached(store: Store, scope: TenantScope) -> None:
    other = TenantScope(f"{scope.tenant_id}-2")
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"))
    ingest(store.staging, other, prepared("airline", AIRLINE, title="x"), prepared("owner", OWNER, title="y"))
    assert walk(store, scope, "airline~1~0") == Neighbourhood([], [])
    assert reached(walk(store, other, "airline~1~0")) == ["owner~1~0"]


def test_versions_count_that_were_live_when_the_search_began(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"), prepared("owner", OWNER, title="y"))
    stage(store.staging, scope, prepared("later", "Rank Group came later.", title="z"))
    before = now_ms(store, scope)
    assert reached(walk(store, scope, "airline~1~0")) == ["owner~1~0"]

    ingest(store.staging, scope, prepared("owner", "Rank Group is what it was.", title="y"))
    assert reached(walk(store, scope, "airline~1~0", as_of_ms=before)) == ["owner~1~0"]
    assert reached(walk(store, scope, "airline~1~0")) == ["owner~2~0"]

    store.documents.delete(scope, "owner")
    assert reached(walk(store, scope, "airline~1~0")) == []


def test_a_name_that_the_question_holds_is_no_bridge(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"), prepared("owner", OWNER, title="y"))
    assert reached(walk(store, scope, "airline~1~0", question="Who owns the RANK group?")) == []


def test_a_name_that_too_many_documents_hold_is_no_bridge(store: Store, scope: TenantScope) -> None:
    documents = [
        prepared(f"d{number:02}", f"Number {number} of Rank Group.", title="x") for number in range(MAX_HOLDERS)
    ]
    ingest(store.staging, scope, *documents)
    found = walk(store, scope, "d00~1~0")
    assert len(found.hits) == MAX_HOLDERS - 1
    assert {bridge.holders for bridge in found.bridges} == {MAX_HOLDERS}
    ingest(store.staging, scope, prepared("one-more", "Rank Group again.", title="x"))
    assert reached(walk(store, scope, "d00~1~0")) == []


def test_a_name_that_too_many_chunks_hold_is_not_followed(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"))
    texts = [f"Rank Group, part {number}." for number in range(MAX_MENTIONS - 1)]
    ingest(store.staging, scope, prepared("long", *texts, title="y"))
    assert len(reached(walk(store, scope, "airline~1~0"))) == MAX_REACHED
    ingest(store.staging, scope, prepared("long", *texts, "Rank Group, the end.", title="y"))
    assert reached(walk(store, scope, "airline~1~0")) == []


def test_of_equally_strong_paths_the_passages_nearest_to_the_question_are_kept(
    store: Store, scope: TenantScope
) -> None:
    texts = [f"Rank Group, part {number}." for number in range(MAX_REACHED + 20)]
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"), prepared("long", *texts, title=""))
    hits = walk(store, scope, "airline~1~0").hits
    similarities = [hit.similarity or 0.0 for hit in hits]
    assert similarities == sorted(similarities, reverse=True)
    asked = vector_of(QUESTION)
    nearest = sorted((sum(a * b for a, b in zip(asked, vector_of(text), strict=True)) for text in texts), reverse=True)
    assert similarities == pytest.approx(nearest[:MAX_REACHED], abs=1e-5)


def test_a_passage_that_a_filter_refuses_is_not_reached(store: Store, scope: TenantScope) -> None:
    store.keys.declare(scope, declare({"year": MetadataType.NUMBER, "kind": MetadataType.STRING}, {}, "keys"))
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="x"))
    ingest(store.staging, scope, prepared("old", OWNER, title="y", metadata={"year": 1990, "kind": "a"}))
    ingest(store.staging, scope, prepared("new", OWNER, title="y", metadata={"year": 2020, "kind": "b"}))
    keys = store.keys.declared(scope).keys
    for wanted, names in (
        ({"metadata.year": {"gte": 2000}}, ["new"]),
        ({"metadata.kind": ["a", "b"]}, ["new", "old"]),
        ({"document_id": "old"}, ["old"]),
        ({"metadata.kind": "c"}, []),
    ):
        filters = accept_filters(wanted, keys)
        found = walk(store, scope, "airline~1~0", filters=filters)
        assert sorted(hit.passage.document_id for hit in found.hits) == names
        assert {bridge.end for bridge in found.bridges} == set(reached(found))


WORDS = st.sampled_from(["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay", "and", "saw"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=2, max_size=7))
def test_exactly_those_passages_are_reached_that_share_a_name(store: Store, texts: list[list[str]]) -> None:
    scope = TenantScope(f"t-{uuid.uuid4().hex}")
    bodies = [f"so {' x '.join(words)}" for words in texts]
    ingest(store.staging, scope, *(prepared(f"d{place}", body, title="") for place, body in enumerate(bodies)))
    names = [{entity.key for entity in entities_of("", (), body)} for body in bodies]
    sharing = {f"d{place}~1~0" for place in range(1, len(bodies)) if names[place] & names[0]}
    assert set(reached(walk(store, scope, "d0~1~0"))) == sharing


def test_a_search_in_graph_mode_finds_the_second_hop(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("airline", AIRLINE, title="Novair"), prepared("owner", OWNER, title="Rank"))
    fillers = [prepared(f"f{number}", f"The airline number {number} flew.", title=f"f{number}") for number in range(70)]
    ingest(store.staging, scope, *fillers)
    search = Search(FakeEmbedder(), store.index, PorterTermCounter(), FakeMetadataKeys().declared, lambda: store.graph)

    def place(mode: SearchMode) -> int:
        request = SearchRequest("What became of the buyer of Novair the airline?", top_k=72, mode=mode)
        passages = search(scope, request, Deadline.after(20)).passages
        assert passages[0].document_id == "airline"
        return [passage.document_id for passage in passages].index("owner")

    assert place(SearchMode.GRAPH) == 1 < place(SearchMode.HYBRID)
