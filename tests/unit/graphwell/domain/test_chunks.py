"""Names of chunks and the text that is embedded for them."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.chunks import ChunkDraft, chunk_id, embedding_text, page_at, with_pages
from graphwell.domain.documents import check_document_id


def test_no_two_chunks_share_an_id_since_no_document_id_holds_the_separator() -> None:
    assert chunk_id("a", 1, 23) == "a~1~23"
    assert chunk_id("a", 12, 3) != chunk_id("a", 1, 23)
    assert chunk_id(check_document_id("a:1", "id"), 2, 3).split("~") == ["a:1", "2", "3"]


def test_a_chunk_is_embedded_under_its_title_and_headings() -> None:
    assert embedding_text("Manual", ("Boiler", "Pressure"), "Open the valve.") == (
        "Manual\nBoiler\nPressure\nOpen the valve."
    )


def test_a_heading_that_the_text_begins_with_is_not_repeated() -> None:
    assert embedding_text("Manual", ("Boiler",), "## Boiler\n\nText") == "Manual\n## Boiler\n\nText"
    assert embedding_text("manual", (), "MANUAL of the boiler") == "MANUAL of the boiler"


def test_a_heading_equal_to_the_title_stands_once() -> None:
    assert embedding_text("Manual", ("Manual", "Boiler"), "Text") == "Manual\nBoiler\nText"


def test_an_empty_title_leaves_no_empty_line() -> None:
    assert embedding_text("", (), "Text") == "Text"


@given(st.lists(st.integers(0, 60), max_size=6), st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_every_character_of_a_chunk_knows_its_page(later_pages: list[int], edges: list[int]) -> None:
    page_starts = [0, *sorted(later_pages)]
    places = sorted(set(edges))
    drafts = [ChunkDraft(0, "", start, end) for start, end in pairwise(places)]
    for draft in with_pages(drafts, page_starts):
        for offset in range(draft.start, draft.end):
            assert page_at(draft.page, draft.page_breaks, offset) == bisect_right(page_starts, offset)


def test_a_text_without_pages_has_none() -> None:
    (draft,) = with_pages([ChunkDraft(0, "text", 0, 4)], ())
    assert (draft.page, page_at(draft.page, draft.page_breaks, 2)) == (None, None)
