"""Graph mode: what the walk is asked, what it adds to the ranking, and the search without it."""

from __future__ import annotations

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.filters import accept_filters
from graphwell.domain.graph.walk import REACH, Bridge, narrowness
from graphwell.domain.passages import Hit, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.rank_candidates import LEAST_CANDIDATES
from graphwell.usecases.search import Search, SearchRequest, SearchTrace
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder, vector_of
from tests.fakes.metadata_keys import YEAR, FakeMetadataKeys
from tests.fakes.search import FakePassageGraph, FakePassageIndex, FakeTermCounter, passage

ACME = TenantScope("acme")
FOUND = [passage(1, "a steam boiler"), passage(2, "a tank")]
NEW = Hit(passage(9, "the maker"), SearchMode.GRAPH, 1, 0.1)
BRIDGE = Bridge("d1~1~0", "orbit press", "Orbit Press", 3, "d9~1~0")


def traced(
    graph: FakePassageGraph,
    index: FakePassageIndex | None = None,
    *,
    embedder: FakeEmbedder | None = None,
    **options: object,
) -> SearchTrace:
    keys = FakeMetadataKeys()
    keys.stored[ACME] = YEAR
    search = Search(
        embedder or FakeEmbedder(),
        index or FakePassageIndex(vector=FOUND, fulltext=FOUND[:1]),
        FakeTermCounter(),
        keys.declared,
        lambda: graph,
    )
    request = SearchRequest("steam boiler", mode=SearchMode.GRAPH, **options)  # type: ignore[arg-type]  # its own fields
    return search.traced(ACME, request, Deadline.after(10, FakeMonotonic()))


def test_the_walk_is_asked_once_in_the_callers_tenant_from_the_best_passages() -> None:
    graph = FakePassageGraph()
    found = traced(graph, filters={"metadata.year": 1990})
    ((scope, query),) = graph.queries
    assert scope == ACME
    assert (query.question, query.vector, query.known) == (
        "steam boiler",
        vector_of("steam boiler"),
        ["d1~1~0", "d2~1~0"],
    )
    assert query.starts[0].chunk_id == "d1~1~0"
    assert query.starts[0].strength == 1.0
    assert query.as_of_ms == found.reply.as_of_ms == FakePassageIndex.as_of_ms
    assert query.filters == accept_filters({"metadata.year": 1990}, YEAR)


def test_what_is_reached_is_ranked_with_the_strength_of_its_path() -> None:
    found = traced(FakePassageGraph(NEW, bridges=[BRIDGE]))
    assert found.walk is not None
    assert found.walk.added == (NEW,)
    ranking = found.ranking
    scores = dict(zip((hit.passage.document_id for hit in ranking.candidates), ranking.scores, strict=True))
    walked = dict(zip((hit.passage.document_id for hit in ranking.candidates), ranking.walked, strict=True))
    assert walked["d9"] == pytest.approx(REACH * narrowness(3))
    assert walked["d1"] == REACH
    assert [each.document_id for each in found.result.passages] == sorted(scores, key=lambda each: -scores[each])
    assert found.walk.paths["d9~1~0"].bridge == BRIDGE


def test_a_walk_that_reaches_nothing_leaves_the_order_as_it_is() -> None:
    without = traced(FakePassageGraph(down=True))
    found = traced(FakePassageGraph())
    assert [each.chunk_id for each in found.result.passages] == [each.chunk_id for each in without.result.passages]
    assert found.result.degraded == ()
    assert "walk" in found.result.timings_ms


def test_without_the_graph_the_search_stands_and_says_so() -> None:
    found = traced(FakePassageGraph(down=True))
    assert found.walk is None
    assert [each.document_id for each in found.result.passages] == ["d1", "d2"]
    assert found.result.degraded == ("graph",)


def test_without_the_model_the_walk_goes_on_from_words() -> None:
    graph = FakePassageGraph(Hit(passage(9), SearchMode.GRAPH, 1), bridges=[BRIDGE])
    found = traced(graph, embedder=FakeEmbedder(down=True))
    assert graph.queries[0][1].vector is None
    assert {each.document_id for each in found.result.passages} == {"d1", "d9"}
    assert found.result.degraded == ("embedding",)


def test_how_far_the_best_passage_stands_out_does_not_depend_on_the_walk() -> None:
    """A walk always lifts the passage that it starts from, and with it would lift what answers nothing."""
    many = [passage(number, f"number {number}") for number in range(LEAST_CANDIDATES)]
    index = FakePassageIndex(vector=many)
    assert traced(FakePassageGraph(), index).result.standing == pytest.approx(
        traced(FakePassageGraph(down=True), index).result.standing
    )


@pytest.mark.parametrize("mode", [SearchMode.HYBRID, SearchMode.VECTOR, SearchMode.FULLTEXT])
def test_no_other_mode_walks(mode: SearchMode) -> None:
    graph = FakePassageGraph()
    index = FakePassageIndex(vector=FOUND, fulltext=FOUND)
    search = Search(FakeEmbedder(), index, FakeTermCounter(), FakeMetadataKeys().declared, lambda: graph)
    search(ACME, SearchRequest("boiler", mode=mode), Deadline.after(10, FakeMonotonic()))
    assert graph.queries == []
