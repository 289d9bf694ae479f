"""What a model says of a text counts only as far as the text bears it out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.chunk_graph import ChunkGraph, Relation
from graphwell.domain.graph.entities import MAX_ENTITIES, Entity, entities_of
from graphwell.domain.graph.names import comparable, holds_name
from graphwell.domain.graph.rules import SHORT_FOR, graph_by_rules
from graphwell.domain.graph.stated import MAX_RELATION_LENGTH, MAX_RELATIONS, StatedRelation, borne_out

TEXT = "Ada Byron met Charles Babbage in London."
RULES = ChunkGraph(entities_of("", (), TEXT))


def relations(*stated: tuple[str, str, str]) -> list[Relation]:
    return list(borne_out(RULES, TEXT, (), [StatedRelation(*each) for each in stated]).relations)


def test_spelling_does_not_matter_and_a_relation_counts_once() -> None:
    met = Relation("ada byron", "met", "charles babbage")
    assert relations(("ADA  BYRON", "Met", "Charles Babbage's"), ("Ada Byron", " met ", "charles babbage")) == [met]


def test_what_the_rules_state_comes_first_and_once() -> None:
    text = "The World Health Organization (WHO) met Ada Byron."
    rules = graph_by_rules("", (), text)
    stated = [StatedRelation("WHO", "met", "Ada Byron"), StatedRelation("WHO", SHORT_FOR, "World Health Organization")]
    assert borne_out(rules, text, (), stated).relations == (*rules.relations, Relation("who", "met", "ada byron"))


def test_direction_is_kept() -> None:
    assert relations(("London", "home of", "Ada Byron")) == [Relation("london", "home of", "ada byron")]


def test_what_the_text_does_not_hold_is_left_out() -> None:
    assert relations(("Ada Byron", "met", "Queen Victoria"), ("", "met", "London"), ("Byro", "met", "London")) == []
    assert borne_out(RULES, TEXT, ["Queen Victoria", "", "Byro", "1842"], ()) == ChunkGraph(RULES.entities)


def test_a_relation_needs_a_short_name_and_two_ends() -> None:
    long = "x" * (MAX_RELATION_LENGTH + 1)
    assert relations(("Ada Byron", "", "London"), ("Ada Byron", long, "London"), ("London", "is", "London")) == []


WORDS = st.sampled_from(["Ada", "Byron", "met", "Zed", "London", "in", "", "  ", "42", "\u00e9"])
NAMES = st.lists(WORDS, max_size=3).map(" ".join)


@given(
    words=st.lists(WORDS, max_size=12),
    names=st.lists(NAMES, max_size=80),
    stated=st.lists(st.builds(StatedRelation, NAMES, NAMES, NAMES), max_size=80),
)
def test_nothing_counts_that_no_text_holds(words: list[str], names: list[str], stated: list[StatedRelation]) -> None:
    text = " ".join(words)
    rules = ChunkGraph(entities_of("", (), text))
    graph = borne_out(rules, text, names, stated)
    assert list(graph.entities[: len(rules.entities)]) == list(rules.entities)
    assert len({entity.key for entity in graph.entities}) == len(graph.entities) <= MAX_ENTITIES
    assert all(holds_name(comparable(text), entity.key) for entity in graph.entities[len(rules.entities) :])
    assert len(set(graph.relations)) == len(graph.relations) <= MAX_RELATIONS


def test_the_rules_entities_keep_their_places_when_there_are_too_many() -> None:
    full = ChunkGraph([Entity(f"k{number}", f"K{number}") for number in range(MAX_ENTITIES)])
    assert borne_out(full, TEXT, ["London"], ()) == ChunkGraph(full.entities)
