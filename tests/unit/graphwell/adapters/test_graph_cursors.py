"""Cursors over lists of the entity graph."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.cursors import packed, unpacked
from graphwell.adapters.graph_cursors import decode_places, encode_places, page_after
from graphwell.domain.errors import InvalidInput
from graphwell.domain.graph.names import MAX_KEY_LENGTH

FORMS = (0, ""), (0, "", 0)
RANKS = st.tuples(st.integers(), st.text())
PLACES = st.tuples(st.none() | RANKS, st.none() | st.tuples(st.integers(), st.text(), st.integers()))


@given(st.text(), PLACES)
def test_a_cursor_brings_back_where_its_lists_go_on(subject: str, places: tuple[Any, Any]) -> None:
    cursor = encode_places(subject, places)
    if places == (None, None):
        assert cursor is None
    else:
        assert cursor is not None
        assert tuple(decode_places(cursor, subject, FORMS)) == places


def test_a_cursor_of_the_longest_names_fits_into_an_address() -> None:
    key = "\U00020000" * MAX_KEY_LENGTH
    cursor = encode_places("\U00020000" * 200, [(1, -1, -1, 1000, key, "0" * 24), (1, "d" * 200, 9, "d" * 220)])
    assert cursor is not None
    assert len(cursor) <= 2048


@pytest.mark.parametrize(
    "key",
    [
        None, 1, "x", {}, [], ["other", [1, "a"], None], ["MARK"], ["MARK", [1, "a"]], ["MARK", None, None],
        ["MARK", [1], None], ["MARK", ["a", 1], None], ["MARK", [True, "a"], None], ["MARK", [1.0, "a"], None],
        ["MARK", [1, "a", 1], None], ["MARK", {"0": 1}, None], ["MARK", [1, "a"], None, None],
    ],
)  # fmt: skip
def test_what_is_of_another_form_is_refused(key: Any) -> None:
    mark = mark_of("s")
    cursor = packed([mark if part == "MARK" else part for part in key] if isinstance(key, list) else key)
    with pytest.raises(InvalidInput, match="no cursor of this listing"):
        decode_places(cursor, "s", FORMS)


@pytest.mark.parametrize("cursor", ["", "=", "é", "[" * 1000, packed("[" * 3)[:-1], "W1tbW1tb" * 200])
def test_what_was_never_packed_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="no cursor of this listing"):
        decode_places(cursor, "s", FORMS)


def test_a_cursor_of_another_subject_is_refused() -> None:
    cursor = encode_places("s", [(1, "a"), None])
    assert cursor is not None
    with pytest.raises(InvalidInput, match="no cursor of this listing"):
        decode_places(cursor, "t", FORMS)


@given(st.sets(st.integers(0, 50)), st.integers(1, 7))
def test_pages_hold_every_item_once_in_order(items: set[int], limit: int) -> None:
    seen: list[int] = []
    after: tuple[int | str, ...] | None = ()
    while after is not None:
        shown, after = page_after(items, lambda item: (item,), after, limit)
        seen += shown
    assert seen == sorted(items)
    assert page_after(items, lambda item: (item,), None, limit) == ([], None)


def mark_of(subject: str) -> Any:
    """Return what a cursor tells its subject by."""
    cursor = encode_places(subject, [(1, "a"), None])
    assert cursor is not None
    return unpacked(cursor)[0]
