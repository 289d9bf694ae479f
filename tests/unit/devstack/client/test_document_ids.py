"""Document ids made from paths and from ids of other systems."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.client.document_ids import (
    MAX_ID_LENGTH,
    collection_document_ids,
    is_accepted_id,
    path_document_id,
)
from graphwell.domain.documents import check_document_id

AWKWARD = st.text(alphabet=st.sampled_from("aZ09._:@-/ %é\x00\ud800"), max_size=12)
ANY_TEXT = st.one_of(AWKWARD, st.text(alphabet=st.characters(), max_size=300))


@pytest.mark.parametrize(
    ("path", "document_id"),
    [
        ("index.md", "index.md"),
        ("tutorial/first-steps.md", "tutorial:first-steps.md"),
        ("_llm-test.md", "x@-_llm-test.md"),
        ("a b.md", "a@20b.md"),
        ("a:b.md", "a@3ab.md"),
        ("me@home.md", "me@40home.md"),
        ("é.md", "x@-@c3@a9.md"),
    ],
)
def test_paths_stay_readable(path: str, document_id: str) -> None:
    assert path_document_id(path) == document_id


@given(ANY_TEXT)
def test_ids_are_accepted_by_the_api(path: str) -> None:
    document_id = path_document_id(path)
    assert check_document_id(document_id, "id") == document_id
    assert is_accepted_id(document_id)


@given(st.lists(ANY_TEXT, min_size=2, max_size=2, unique=True))
def test_two_paths_never_share_an_id(paths: list[str]) -> None:
    assert path_document_id(paths[0]) != path_document_id(paths[1])


def test_long_paths_end_in_a_hash() -> None:
    first, second = (path_document_id("folder/" * 40 + name) for name in ("a.md", "b.md"))
    assert len(first) == len(second) == MAX_ID_LENGTH
    assert first != second
    assert first.startswith("folder:folder:")


@given(st.lists(ANY_TEXT, max_size=8))
def test_ids_of_a_collection_can_be_told_apart_and_stay_when_accepted(ids: list[str]) -> None:
    mapped = collection_document_ids(ids)
    assert set(mapped) == set(ids)
    assert len(set(mapped.values())) == len(mapped)
    assert all(is_accepted_id(document_id) for document_id in mapped.values())
    assert all(mapped[text] == text for text in ids if is_accepted_id(text))


def test_an_accepted_id_that_looks_like_a_mapped_one_keeps_its_name() -> None:
    mapped = collection_document_ids(["a/b", "a:b"])
    assert mapped["a:b"] == "a:b"
    assert mapped["a/b"] != "a:b"
