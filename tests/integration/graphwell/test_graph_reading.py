"""Reading the graph: what live chunks mention, and nothing of other tenants or versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.adapters.neo4j_graph_reader import Bounds, Neo4jGraphReader
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput, NotFound
from graphwell.domain.graph.chunk_graph import ChunkGraph, Relation
from graphwell.domain.graph.entities import Entity, entity_id
from graphwell.domain.graph.reading import Direction, EntityPage, EntitySummary, EntityView, Neighbour
from graphwell.domain.tenancy import TenantScope
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import NO_GRACE, Store

ADA = entity_id("ada byron")
CHARLES = entity_id("charles babbage")


def find(
    store: Store, scope: TenantScope, query: str | None = None, *, cursor: str | None = None, limit: int = 50
) -> EntityPage:
    return store.reader.find(scope, query, Deadline.after(20), cursor=cursor, limit=limit)


def names(store: Store, scope: TenantScope, query: str | None = None) -> list[str]:
    return [entity.name for entity in find(store, scope, query).entities]


def read(
    store: Store, scope: TenantScope, entity: str = ADA, *, cursor: str | None = None, limit: int = 50
) -> EntityView:
    return store.reader.read(scope, entity, Deadline.after(20), cursor=cursor, limit=limit)


def pages(store: Store, scope: TenantScope, entity: str, limit: int) -> Iterator[EntityView]:
    cursor = None
    while True:
        yield (view := read(store, scope, entity, cursor=cursor, limit=limit))
        cursor = view.next_cursor
        if cursor is None:
            return


def state(store: Store, scope: TenantScope, chunk_graphs: dict[str, tuple[str, ChunkGraph]]) -> None:
    """Take in a document for each graph, whose one chunk has this text and says what the graph has."""
    for name, (text, graph) in chunk_graphs.items():
        (staged,) = stage(store.staging, scope, prepared(name, text))
        chunks = store.staging.unembedded(scope, staged.chunk_ids)
        store.staging.store_vectors(scope, chunks, [vector_of(text)], graphs=[graph])
        store.staging.activate(scope, staged.chunk_ids)


def weights(neighbours: Sequence[Neighbour]) -> list[tuple[str, int]]:
    return [(neighbour.name, neighbour.weight) for neighbour in neighbours]


def test_a_name_is_found_by_its_words_best_first(store: Store, scope: TenantScope) -> None:
    texts = ("We met Ada Byron King.", "We met Ada Byron.", "We met Lord Byron.", "We met Charles Babbage.")
    ingest(store.staging, scope, prepared("a", *texts, title="note"))
    assert names(store, scope, "ada byron") == ["Ada Byron", "Ada Byron King", "Lord Byron"]
    assert names(store, scope, "BABBAGE'S") == ["Charles Babbage"]
    assert names(store, scope, "nobody") == names(store, scope, "?!") == []
    assert names(store, scope, 'name:* OR "x" \\') == []


@pytest.mark.parametrize("query", ["U.S.", "u.s", "The U.S.", "Beyonce", "Beyoncé", "rock'n'roll"])
def test_a_name_is_found_in_whatever_way_it_is_written(store: Store, scope: TenantScope, query: str) -> None:
    ingest(store.staging, scope, prepared("a", "In the U.S. we met Beyoncé and danced to Rock'n'Roll.", title="note"))
    assert len(names(store, scope, query)) == 1


def test_of_equal_names_the_one_that_more_passages_mention_is_first(store: Store, scope: TenantScope) -> None:
    texts = ("We met Ada King.", "We met Ada Byron.", "Then Ada Byron left.")
    ingest(store.staging, scope, prepared("a", *texts, title="note"))
    found = find(store, scope, "ada").entities
    assert [(each.name, each.passage_count, each.document_count) for each in found] == [
        ("Ada Byron", 2, 1),
        ("Ada King", 1, 1),
    ]


def test_without_a_query_the_names_that_most_passages_mention_come_first(store: Store, scope: TenantScope) -> None:
    for number in range(3):
        names_of_it = ["Ada Byron", "Charles Babbage", "Lord Byron"][: number + 1]
        ingest(store.staging, scope, prepared(f"d{number}", f"We met {' with '.join(names_of_it)}.", title="note"))
    page = find(store, scope)
    assert [(each.name, each.passage_count, each.document_count) for each in page.entities] == [
        ("Ada Byron", 3, 3),
        ("note", 3, 3),
        ("Charles Babbage", 2, 2),
        ("Lord Byron", 1, 1),
    ]
    assert not page.truncated
    assert page.next_cursor is None


@pytest.mark.parametrize("query", [None, "person"])
@pytest.mark.parametrize("limit", [1, 3, 5, 100])
def test_pages_of_names_hold_each_once_in_one_order(
    store: Store, scope: TenantScope, query: str | None, limit: int
) -> None:
    ingest(
        store.staging, scope, prepared("a", "We met Person One, Person Two, Person Three, Person Four, Person Five.")
    )
    whole = find(store, scope, query).entities
    seen: list[EntitySummary] = []
    cursor = None
    while True:
        page = find(store, scope, query, cursor=cursor, limit=limit)
        assert len(page.entities) <= limit
        seen += page.entities
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(whole)
    assert len(whole) >= 5


def test_an_entity_has_its_passages_those_about_it_first(store: Store, scope: TenantScope) -> None:
    long = "One two three. " * 30
    ingest(store.staging, scope, prepared("a", f"{long}Then came Ada Byron, as promised. {long}", title="note"))
    ingest(
        store.staging, scope, prepared("b", "She wrote notes. They are lost.", "ADA BYRON wrote.", title="Ada Byron")
    )
    view = read(store, scope)
    assert (view.entity.name, view.entity.passage_count, view.entity.document_count) == ("Ada Byron", 3, 2)
    assert [(passage.chunk_id, passage.about, passage.quote) for passage in view.passages] == [
        ("b~1~0", True, "She wrote notes."),
        ("b~1~1", True, "ADA BYRON wrote."),
        ("a~1~0", False, "Then came Ada Byron, as promised."),
    ]
    texts = {
        "a": f"{long}Then came Ada Byron, as promised. {long}",
        "b": "She wrote notes. They are lost.\nADA BYRON wrote.",
    }
    for passage in view.passages:
        assert texts[passage.document_id][passage.start : passage.end] == passage.quote
    assert [passage.title for passage in view.passages] == ["Ada Byron", "Ada Byron", "note"]


def test_neighbours_are_what_the_same_passages_mention_strongest_and_rarest_first(
    store: Store, scope: TenantScope
) -> None:
    texts = (
        "We saw Ada Byron with Charles Babbage in London.",
        "We saw Ada Byron with Charles Babbage and Mary Somerville.",
        "London is large.",
    )
    ingest(store.staging, scope, prepared("a", *texts, title="we"))
    view = read(store, scope)
    assert [(each.name, each.weight, each.passage_count, list(each.evidence)) for each in view.neighbours][:1] == [
        ("Charles Babbage", 2, 2, ["a~1~0", "a~1~1"])
    ]
    found = [(each.name, each.weight, each.passage_count) for each in view.neighbours if each.name != "we"]
    assert found == [("Charles Babbage", 2, 2), ("Mary Somerville", 1, 1), ("London", 1, 2)]
    assert not any(each.relations for each in view.neighbours)
    assert not view.truncated


def test_stated_relations_come_first_with_name_direction_and_live_evidence(store: Store, scope: TenantScope) -> None:
    people = [
        Entity("ada byron", "Ada Byron"),
        Entity("charles babbage", "Charles Babbage"),
        Entity("london", "London"),
    ]
    friends = [Relation("charles babbage", "friend of", "ada byron"), Relation("ada byron", "lived in", "london")]
    state(
        store,
        scope,
        {
            "a": ("one", ChunkGraph(people, friends)),
            "b": ("two", ChunkGraph(people, friends[1:])),
            "c": ("three", ChunkGraph([*people, Entity("mary", "Mary")])),
        },
    )
    view = read(store, scope)
    assert weights(view.neighbours) == [("London", 3), ("Charles Babbage", 3), ("Mary", 1)]
    london, charles, mary = view.neighbours
    assert [(each.name, each.direction, each.weight, list(each.evidence)) for each in london.relations] == [
        ("lived in", Direction.OUT, 2, ["a~1~0", "b~1~0"])
    ]
    assert [(each.name, each.direction, each.weight) for each in charles.relations] == [("friend of", Direction.IN, 1)]
    assert mary.relations == ()
    (seen_from_there,) = (each for each in read(store, scope, CHARLES).neighbours if each.id == ADA)
    assert [(each.name, each.direction) for each in seen_from_there.relations] == [("friend of", Direction.OUT)]

    store.documents.delete(scope, "a")
    charles, london = (
        next(each for each in read(store, scope).neighbours if each.name == name)
        for name in ("Charles Babbage", "London")
    )
    assert charles.relations == ()
    assert [(each.name, each.weight, list(each.evidence)) for each in london.relations] == [("lived in", 1, ["b~1~0"])]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_an_entity_go_on_with_neighbours_and_passages(store: Store, scope: TenantScope, limit: int) -> None:
    for number in range(5):
        met = " with ".join(["Ada Byron", *(f"Person{each}" for each in range(number))])
        ingest(store.staging, scope, prepared(f"d{number}", f"We met {met}.", title=f"note {number}"))
    whole = read(store, scope, limit=100)
    assert len(whole.neighbours) == 9
    assert len(whole.passages) == 5
    found = list(pages(store, scope, ADA, limit))
    assert [each for view in found for each in view.neighbours] == list(whole.neighbours)
    assert [each for view in found for each in view.passages] == list(whole.passages)
    assert {view.entity for view in found} == {whole.entity}


def test_a_version_that_is_staged_replaced_or_deleted_shows_nowhere(store: Store, scope: TenantScope) -> None:
    def seen() -> list[set[str]]:
        every = set(names(store, scope))
        by_name = {name for query in ("byron", "babbage", "somerville") for name in names(store, scope, query)}
        assert by_name <= every
        return [every, {each.name for each in read(store, scope).neighbours}]

    ingest(store.staging, scope, prepared("a", "We met Ada Byron with Charles Babbage.", title="we"))
    first = [{"we", "Ada Byron", "Charles Babbage"}, {"we", "Charles Babbage"}]
    assert seen() == first

    (staged,) = stage(store.staging, scope, prepared("a", "We met Ada Byron with Mary Somerville.", title="we"))
    chunks = store.staging.unembedded(scope, staged.chunk_ids)
    people = [Entity("ada byron", "Ada Byron"), Entity("mary somerville", "Mary Somerville")]
    store.staging.store_vectors(scope, chunks, [vector_of("x")], graphs=[ChunkGraph([*people, Entity("we", "we")])])
    assert seen() == first
    with pytest.raises(NotFound):
        read(store, scope, entity_id("mary somerville"))

    store.staging.activate(scope, staged.chunk_ids)
    second = [{"we", "Ada Byron", "Mary Somerville"}, {"we", "Mary Somerville"}]
    assert seen() == second
    with pytest.raises(NotFound):
        read(store, scope, CHARLES)
    store.maintenance.remove_retired(NO_GRACE, 10_000)
    assert seen() == second

    store.documents.delete(scope, "a")
    assert names(store, scope) == names(store, scope, "byron") == []
    with pytest.raises(NotFound):
        read(store, scope)


def test_tenants_that_share_names_see_their_own_alone(store: Store, scope: TenantScope) -> None:
    other, empty = TenantScope(f"{scope.tenant_id}-2"), TenantScope(f"{scope.tenant_id}2")
    ingest(store.staging, scope, prepared("a", "We met Ada Byron with Charles Babbage.", title="we"))
    before = find(store, scope), find(store, scope, "byron"), read(store, scope)
    texts = [f"We met Ada Byron with Person{number}." for number in range(30)]
    ingest(store.staging, other, prepared("a", *texts, title="Ada Byron"), prepared("b", "Lord Byron.", title="we"))
    assert (find(store, scope), find(store, scope, "byron"), read(store, scope)) == before
    assert names(store, other, "byron") == ["Ada Byron", "Lord Byron"]
    assert read(store, other).entity.passage_count == 30
    with pytest.raises(NotFound, match="There is no entity") as unknown:
        read(store, empty)
    with pytest.raises(NotFound) as foreign:
        read(store, scope, entity_id("lord byron"))
    assert str(foreign.value).replace(entity_id("lord byron"), ADA) == str(unknown.value)
    assert names(store, empty) == names(store, empty, "byron") == []


def test_what_is_stated_elsewhere_of_the_same_names_is_another_tenants(store: Store, scope: TenantScope) -> None:
    other = TenantScope(f"{scope.tenant_id}-2")
    people = [Entity("ada byron", "Ada Byron"), Entity("charles babbage", "Charles Babbage")]
    friends = ChunkGraph(people, [Relation("ada byron", "friend of", "charles babbage")])
    state(store, scope, {"a": ("one", ChunkGraph(people))})
    state(store, other, {"a": ("one", friends)})
    assert [each.relations for each in read(store, scope).neighbours] == [()]
    assert [len(each.relations) for each in read(store, other).neighbours] == [1]


@settings(max_examples=60, deadline=None)
@given(cursor=st.text(alphabet="abcABC019-_=WyJd", max_size=60))
def test_what_is_no_cursor_is_refused_by_name(store: Store, cursor: str) -> None:
    for ask in (find, read):
        with pytest.raises(InvalidInput, match="no cursor of this listing") as refusal:
            ask(store, TenantScope("cursors"), cursor=cursor)
        assert refusal.value.field == "cursor"


def test_a_cursor_of_another_listing_is_refused(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "We met Ada Byron with Charles Babbage and Lord Byron."))
    of_names = find(store, scope, "byron", limit=1).next_cursor
    of_ada = read(store, scope, limit=1).next_cursor
    assert of_names is not None
    assert of_ada is not None
    assert find(store, scope, "byron", cursor=of_names).entities
    for ask in (
        lambda: find(store, scope, "babbage", cursor=of_names),
        lambda: find(store, scope, cursor=of_names),
        lambda: find(store, scope, "byron", cursor=of_ada),
        lambda: read(store, scope, CHARLES, cursor=of_ada),
        lambda: read(store, scope, cursor=of_names),
    ):
        with pytest.raises(InvalidInput, match="no cursor of this listing"):
            ask()


def test_what_is_left_out_is_told(store: Store, scope: TenantScope) -> None:
    made = [prepared(f"d{number}", f"We met Ada Byron with Person{number}.") for number in range(4)]
    ingest(store.staging, scope, *made)
    whole = read(store, scope)
    assert not whole.truncated
    assert (whole.entity.passage_count, len(whole.neighbours)) == (4, 5)

    def bounded(**bounds: int) -> Store:
        return replace(store, reader=Neo4jGraphReader(store.client, Bounds(**bounds)))

    assert not find(store, scope).truncated
    assert find(bounded(newest=3), scope).truncated
    assert not find(bounded(newest=3), scope, "ada").truncated
    assert find(bounded(names=1), scope, "ada").truncated
    few = read(bounded(passages=3), scope)
    assert few.truncated
    assert few.entity == replace(whole.entity, passage_count=3, document_count=3)
    nearest = read(bounded(neighbours=1), scope)
    assert nearest.truncated
    assert nearest.neighbours == whole.neighbours[:1]


def test_staged_versions_of_a_common_name_do_not_hide_the_live_one(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("live", "We met Ada Byron."))
    (staged,) = stage(store.staging, scope, prepared("staged", *(f"We met Ada Byron, {each}." for each in range(30))))
    embed(store.staging, scope, staged.chunk_ids[:29])
    assert read(store, scope).entity.passage_count == 1
