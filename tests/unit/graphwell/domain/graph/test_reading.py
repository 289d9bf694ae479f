"""The order in which names and neighbours are shown."""

from __future__ import annotations

from itertools import pairwise

import pytest

from graphwell.domain.errors import InvalidInput
from graphwell.domain.graph.reading import (
    MAX_EVIDENCE,
    MAX_QUERY_LENGTH,
    Direction,
    EntitySummary,
    Neighbour,
    StatedRelation,
    accept_query,
    name_rank,
    neighbour_rank,
    relations_of,
)


def entity(name: str, passages: int = 1) -> EntitySummary:
    return EntitySummary(f"id of {name}", name, passages, passages)


def test_names_go_by_what_they_share_with_the_query_then_by_passages_then_by_letters() -> None:
    wanted = [
        entity("The Rank Organisation"),
        entity("Rank Organisation of London", 2),
        entity("Organisation", 9),
        entity("Rank", 3),
        entity("Bank", 2),
        entity("Tank", 2),
    ]
    ranks = [name_rank("rank organisation", each) for each in wanted]
    assert all(before < after for before, after in pairwise(ranks))


def test_without_a_query_names_go_by_passages_then_by_letters() -> None:
    wanted = [entity("Long Name of Many Words", 3), entity("Ada", 2), entity("Bob", 2)]
    ranks = [name_rank(None, each) for each in wanted]
    assert all(before < after for before, after in pairwise(ranks))


def neighbour(name: str, weight: int, passages: int, *stated: int) -> Neighbour:
    relations = tuple(StatedRelation("of", Direction.OUT, each, ()) for each in stated)
    return Neighbour(f"id of {name}", name, passages, weight, (), relations)


def test_neighbours_go_by_what_is_stated_then_by_weight_then_by_rarity_then_by_letters() -> None:
    wanted = [
        neighbour("a", 0, 9, 1, 2),
        neighbour("b", 5, 1, 2),
        neighbour("c", 1, 1, 2),
        neighbour("d", 9, 9),
        neighbour("e", 2, 1),
        neighbour("f", 2, 7),
        neighbour("g", 2, 7),
    ]
    ranks = [neighbour_rank(each) for each in wanted]
    assert all(before < after for before, after in pairwise(ranks))


def test_a_relation_counts_each_chunk_once_and_goes_without_any() -> None:
    chunks = [f"c{number:02}" for number in range(MAX_EVIDENCE + 2)]
    found = relations_of(
        [("met", "in", ["c1"]), ("left", "out", []), ("of", "out", chunks), ("met", "in", ["c1", "c0"])]
    )
    assert found == (
        StatedRelation("of", Direction.OUT, len(chunks), chunks[:MAX_EVIDENCE]),
        StatedRelation("met", Direction.IN, 2, ["c0", "c1"]),
    )


@pytest.mark.parametrize("query", [None, "", "  "])
def test_nothing_visible_asks_for_all_names(query: str | None) -> None:
    assert accept_query(query) is None


def test_a_query_is_a_text_in_one_form() -> None:
    assert accept_query("Beyonce\u0301") == "Beyonc\u00e9"
    for refused in ("x" * (MAX_QUERY_LENGTH + 1), "a\x00b"):
        with pytest.raises(InvalidInput) as refusal:
            accept_query(refused)
        assert refusal.value.field == "query"
