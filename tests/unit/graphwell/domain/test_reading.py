"""Which passages are read for an answer, and which of them are shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.passages import Citation, Passage
from graphwell.domain.reading import LOOK_AHEAD, MOST_ADDED, passages_to_read, passages_to_show

WORDS = ("status", "code", "invalid", "input", "valve")


def ranked(*texts: str) -> list[Passage]:
    return [Passage(f"d{n}", f"d{n}~1~0", "T", text, 0, len(text), 0.0) for n, text in enumerate(texts)]


def cited(passage: Passage) -> Citation:
    return Citation(passage.document_id, passage.chunk_id, passage.text, passage.start, passage.end)


def test_a_passage_behind_the_wanted_ones_is_read_when_it_alone_holds_a_word_of_the_question() -> None:
    found = ranked("A status code.", "Codes of status.", "More status.", "Invalid data.")
    assert passages_to_read("What status code for invalid input?", found, 2) == [found[0], found[1], found[3]]


def test_nothing_is_added_when_the_wanted_passages_hold_all_words() -> None:
    found = ranked("A status code for invalid input.", "x", "Invalid input.")
    assert passages_to_read("What status code for invalid input?", found, 1) == found[:1]


def test_what_is_far_behind_is_not_looked_at() -> None:
    found = ranked(*["A status code."] * (1 + LOOK_AHEAD), "Invalid data.")
    assert passages_to_read("What status code for invalid input?", found, 1) == found[:1]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=3), max_size=16), st.integers(1, 12))
def test_the_best_are_always_read_in_their_order_and_few_added(texts: list[list[str]], top_k: int) -> None:
    found = ranked(*(" ".join(text) for text in texts))
    read = passages_to_read(" ".join(WORDS), found, top_k)
    assert read[:top_k] == found[:top_k]
    assert len(read) <= top_k + MOST_ADDED
    assert len({passage.chunk_id for passage in read}) == len(read)


def test_an_added_passage_is_shown_when_it_is_cited_in_place_of_the_last_that_is_not() -> None:
    found = ranked("one", "two", "three")
    assert passages_to_show(found, [cited(found[1]), cited(found[2])], 2) == [found[1], found[2]]
    assert passages_to_show(found, [cited(found[2])], 2) == [found[0], found[2]]
    assert passages_to_show(found, [], 2) == found[:2]
