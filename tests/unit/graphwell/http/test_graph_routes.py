"""The entity graph over HTTP."""

from __future__ import annotations

import pytest

from graphwell.domain.errors import IndexFault
from graphwell.domain.graph.reading import (
    Direction,
    EntitySummary,
    EntityView,
    Neighbour,
    StatedRelation,
    Support,
)
from graphwell.domain.identity import Role
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, assert_problem, caller

READER = caller(Role.READER)
ENTITIES = "/v1/graph/entities"
VIEW = EntityView(
    EntitySummary("abc", "Ada Byron", 3, 2),
    [
        Neighbour("def", "London", 4, 2, ["a~1~0"], (StatedRelation("lived in", Direction.OUT, 1, ["a~1~0"]),)),
        Neighbour("ghi", "Lord Byron", 1, 1, ["a~1~0"]),
    ],
    [Support("a", "a~1~0", "Of Ada", "We met Ada Byron.", 5, 22, None, about=False)],
    None,
    truncated=False,
)


@pytest.fixture
def graph(container: FakeContainer) -> FakeContainer:
    container.graph_reader.views["acme", "abc"] = VIEW
    return container


def test_names_are_found(gateway: Gateway, graph: FakeContainer) -> None:
    reply = gateway.send("GET", ENTITIES, as_caller=READER, query={"query": "byron"})
    assert reply.status == 200
    assert reply.json == {
        "entities": [{"id": "abc", "name": "Ada Byron", "passage_count": 3, "document_count": 2}],
        "next_cursor": None,
        "truncated": False,
    }
    assert gateway.send("GET", ENTITIES, as_caller=READER, query={"query": "x"}).json["entities"] == []
    assert gateway.send("GET", ENTITIES, as_caller=READER).json == reply.json
    assert graph.graph_reader.asked == ["byron", "x", None]


@pytest.mark.usefixtures("graph")
def test_an_entity_has_its_neighbours_and_passages(gateway: Gateway) -> None:
    reply = gateway.send("GET", f"{ENTITIES}/abc", as_caller=READER)
    assert reply.status == 200
    assert reply.json == {
        "id": "abc",
        "name": "Ada Byron",
        "passage_count": 3,
        "document_count": 2,
        "neighbours": [
            {
                "id": "def",
                "name": "London",
                "passage_count": 4,
                "weight": 2,
                "evidence": ["a~1~0"],
                "relations": [{"name": "lived in", "direction": "out", "weight": 1, "evidence": ["a~1~0"]}],
            },
            {
                "id": "ghi",
                "name": "Lord Byron",
                "passage_count": 1,
                "weight": 1,
                "evidence": ["a~1~0"],
                "relations": [],
            },
        ],
        "passages": [
            {
                "document_id": "a",
                "chunk_id": "a~1~0",
                "title": "Of Ada",
                "quote": "We met Ada Byron.",
                "start": 5,
                "end": 22,
                "page": None,
                "about": False,
            }
        ],
        "next_cursor": None,
        "truncated": False,
    }
    few = gateway.send("GET", f"{ENTITIES}/abc", as_caller=READER, query={"limit": "1"}).json
    assert [each["id"] for each in few["neighbours"]] == ["def"]


@pytest.mark.usefixtures("graph")
def test_an_id_of_another_tenant_is_one_of_nothing(gateway: Gateway) -> None:
    foreign = gateway.send("GET", f"{ENTITIES}/abc", as_caller=caller(Role.READER, tenant_id="other"))
    unknown = gateway.send("GET", f"{ENTITIES}/xyz", as_caller=caller(Role.READER, tenant_id="other"))
    assert assert_problem(foreign, 404, "not-found")["detail"] == "There is no entity 'abc' in this tenant."
    assert foreign.text.replace("abc", "xyz") == unknown.text


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("path", [ENTITIES, f"{ENTITIES}/abc"])
@pytest.mark.parametrize(
    ("field", "value"),
    [("cursor", "none"), ("cursor", ""), ("cursor", "x" * 2049), ("limit", "0"), ("limit", "101"), ("limit", "x")],
)
def test_what_is_wrong_with_a_page_is_named(gateway: Gateway, path: str, field: str, value: str) -> None:
    problem = assert_problem(gateway.send("GET", path, as_caller=READER, query={field: value}), 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("query", ["x" * 201, "a\x00b"])
def test_what_is_wrong_with_a_query_is_named(gateway: Gateway, query: str) -> None:
    problem = assert_problem(
        gateway.send("GET", ENTITIES, as_caller=READER, query={"query": query}), 422, "invalid-input"
    )
    assert [error["field"] for error in problem["errors"]] == ["query"]


@pytest.mark.parametrize("path", [ENTITIES, f"{ENTITIES}/abc"])
def test_an_index_that_is_away_is_told(gateway: Gateway, container: FakeContainer, path: str) -> None:
    container.graph_reader.error = IndexFault("The index of names does not answer; try again shortly.")
    reply = gateway.send("GET", path, as_caller=READER)
    assert_problem(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "5"


@pytest.mark.parametrize("path", [ENTITIES, f"{ENTITIES}/abc"])
def test_time_that_is_over_is_told(gateway: Gateway, path: str) -> None:
    assert_problem(gateway.send("GET", path, as_caller=READER, left_s=0.0), 503, "deadline-exceeded")
