"""What rules read out of a chunk: its names, and the short forms that it explains."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.chunk_graph import Relation
from graphwell.domain.graph.entities import MAX_ENTITIES, entities_of
from graphwell.domain.graph.rules import SHORT_FOR, graph_by_rules


def test_a_short_form_is_related_to_the_name_it_stands_for() -> None:
    graph = graph_by_rules("", (), "The American Psychological Association (APA) met.")
    assert graph.relations == (Relation("apa", SHORT_FOR, "american psychological association"),)
    assert graph.entities == entities_of("", (), "The American Psychological Association (APA) met.")


def test_a_name_in_small_letters_counts_where_it_is_explained() -> None:
    graph = graph_by_rules("Vision", (), "We train a convolutional neural network (CNN) on it.")
    assert graph.relations == (Relation("cnn", SHORT_FOR, "convolutional neural network"),)
    assert [entity.name for entity in graph.entities] == ["Vision", "CNN", "convolutional neural network"]


def test_without_a_short_form_there_are_the_entities_alone() -> None:
    text = "Ada Byron met Charles Babbage (in London)."
    graph = graph_by_rules("Ada Byron", ("Life",), text)
    assert (list(graph.entities), graph.relations) == (entities_of("Ada Byron", ("Life",), text), ())


PARTS = st.sampled_from(
    ["World Health Organization (WHO) ", "WHO ", "sat in the rain (SIR), ", "Ada Byron ", "(X) ", "no. "]
)


@given(st.lists(PARTS, max_size=20).map("".join), st.integers(0, 70))
def test_a_chunk_says_a_bounded_amount_of_what_it_names(text: str, more: int) -> None:
    text += " x ".join(f"Name{number}" for number in range(more))
    graph = graph_by_rules("", (), text)
    assert len(graph.entities) <= MAX_ENTITIES
    assert list(graph.entities)[: len(entities_of("", (), text))] == entities_of("", (), text)
    assert len(set(graph.relations)) == len(graph.relations)
