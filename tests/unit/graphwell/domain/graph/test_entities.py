"""A chunk's entities: its subjects first, each once, not without end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.entities import MAX_ENTITIES, Entity, entities_of


def test_subjects_come_before_what_the_text_names() -> None:
    found = entities_of("Decade (Neil Young album)", ["Tracks"], "Decade is by Neil Young, on Reprise Records.")

    assert found == [
        Entity("decade neil young album", "Decade (Neil Young album)", is_subject=True),
        Entity("decade", "Decade", is_subject=True),
        Entity("tracks", "Tracks", is_subject=True),
        Entity("neil young", "Neil Young", is_subject=True),
        Entity("reprise records", "Reprise Records"),
    ]


def test_a_lower_case_title_is_a_subject() -> None:
    assert entities_of("aircraft carrier", [], "a ship") == [
        Entity("aircraft carrier", "aircraft carrier", is_subject=True)
    ]


def test_a_page_of_names_is_cut() -> None:
    found = entities_of("Index", [], ", ".join(f"Name{number}X" for number in range(500)))

    assert len(found) == MAX_ENTITIES
    assert found[0].key == "index"


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=200))
def test_each_entity_comes_once(title: str, headings: list[str], text: str) -> None:
    found = entities_of(title, headings, text)

    assert len({entity.key for entity in found}) == len(found) <= MAX_ENTITIES
    assert all(entity.key and entity.name for entity in found)
    assert found == sorted(found, key=lambda entity: not entity.is_subject)
