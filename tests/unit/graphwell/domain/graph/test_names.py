"""Equal names are equal however they are written."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.names import MAX_KEY_LENGTH, comparable, holds_name, normal_form, title_names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Rank Organisation", "rank organisation"),
        ("Neil Young's", "neil young"),
        ("Hornets\u2019 Nest", "hornets nest"),
        ("Akinosh\u016b Kenji", "akinoshu kenji"),
        ("Stra\u00dfe", "strasse"),
        ("U.S. Army", "us army"),
        ("J.R.R. Tolkien", "jrr tolkien"),
        ("Standard & Poor's", "standard and poor"),
        ("O'Brien", "obrien"),
        ("Metro-North", "metro north"),
        ("The The", "the"),
        ("A", "a"),
        ("\u6771\u4eac", "\u6771\u4eac"),
        ("...", ""),
        ("", ""),
        ("x" * (MAX_KEY_LENGTH + 1), ""),
        ("x " * 5000, ""),
    ],
)
def test_normal_form(name: str, key: str) -> None:
    assert normal_form(name) == key


@given(st.text(max_size=100))
def test_a_normal_form_is_its_own_or_its_words_without_articles(name: str) -> None:
    key = normal_form(name)

    assert normal_form(key) in {key, key.removeprefix("a ").removeprefix("an ").removeprefix("the ")}
    assert len(key) <= MAX_KEY_LENGTH
    assert key == " ".join(key.split())


@given(st.lists(st.text(string.ascii_letters, min_size=1, max_size=8), min_size=1, max_size=4))
def test_case_and_spaces_do_not_matter(words: list[str]) -> None:
    assert normal_form(" ".join(words)) == normal_form(f"  {' - '.join(words).upper()}! ")


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("Decade (Neil Young album)", ("decade neil young album", "decade")),
        ("Portland, Oregon", ("portland oregon", "portland")),
        ("Portland (community), Dodge County", ("portland community dodge county", "portland community")),
        ("Austria", ("austria",)),
        ("(Untitled)", ("untitled",)),
        ("Closed)", ("closed",)),
        ("  ", ()),
    ],
)
def test_a_title_gives_its_subject_a_shorter_name_too(title: str, keys: tuple[str, ...]) -> None:
    assert title_names(title) == keys


def test_names_are_held_as_whole_words() -> None:
    question = comparable("Who directed Jump for Glory, and when?")

    assert holds_name(question, "jump for glory")
    assert holds_name(question, "when")
    assert not holds_name(question, "glor")


def test_a_question_of_any_length_is_comparable() -> None:
    assert holds_name(comparable("why " * 2000 + "the Rank Organisation's?"), "rank organisation")
