"""Reading filters, and what they let pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.errors import InvalidInput
from graphwell.domain.filters import MAX_VALUES, accept_filters, passes
from graphwell.domain.metadata_keys import MAX_KEYS, DeclaredKey, MetadataType, comparable, declare

KEYS = {
    "year": DeclaredKey(MetadataType.NUMBER, 1),
    "kind": DeclaredKey(MetadataType.STRING, 2),
    "draft": DeclaredKey(MetadataType.BOOLEAN, 3),
    "day": DeclaredKey(MetadataType.DATE, 4),
}


def lets_pass(filters: dict[str, Any], **metadata: Any) -> bool:
    return passes(accept_filters(filters, KEYS), "guide", metadata)


@pytest.mark.parametrize(
    ("filters", "metadata"),
    [
        ({}, {}),
        ({"document_id": "guide"}, {}),
        ({"document_id": ["menu", "guide"]}, {}),
        ({"metadata.year": 2020}, {"year": 2020.0}),
        ({"metadata.year": {"gte": 2020}}, {"year": 2020}),
        ({"metadata.year": {"gte": 2019, "lte": 2020.5}}, {"year": 2020}),
        ({"metadata.kind": {"eq": "caf\u00e9"}}, {"kind": "caf\u00e9"}),
        ({"metadata.kind": "cafe\u0301"}, {"kind": "caf\u00e9"}),
        ({"metadata.kind": ""}, {"kind": ""}),
        ({"metadata.draft": {"in": [True, False]}}, {"draft": False}),
        ({"metadata.day": "2026-01-31"}, {"day": "2026-01-31T01:00:00+01:00"}),
        ({"metadata.day": {"lte": "2026-01-31"}, "metadata.year": [1, 2]}, {"day": "1969-01-01", "year": 2}),
    ],
)
def test_a_document_that_satisfies_every_condition_passes(filters: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert lets_pass(filters, **metadata)


@pytest.mark.parametrize(
    ("filters", "metadata"),
    [
        ({"document_id": "Guide"}, {}),
        ({"metadata.year": 2020}, {}),
        ({"metadata.year": 1}, {"year": True}),
        ({"metadata.year": 2020}, {"year": "2020"}),
        ({"metadata.year": {"gte": 2021}}, {"year": 2020}),
        ({"metadata.kind": "a"}, {"kind": "A"}),
        ({"metadata.draft": True}, {"draft": 1}),
        ({"metadata.day": {"gte": "2026-01-31"}}, {"day": "soon"}),
        ({"metadata.day": {"gte": "2026-01-31"}, "metadata.year": 1}, {"day": "2026-02-01", "year": 2}),
    ],
)
def test_one_condition_that_fails_keeps_a_document_out(filters: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert not lets_pass(filters, **metadata)


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"year": 2020}, "filters.year"),
        ({"metadata.size": 1}, "filters.metadata.size"),
        ({"metadata.year": 1, f"metadata.{'k' * 64}": 1}, f"filters.metadata.{'k' * 64}"),
        ({"metadata.<script>": 1}, "filters.(name)"),
        ({"metadata.": 1}, "filters.metadata."),
        ({"document_id": 7}, "filters.document_id"),
        ({"document_id": "a/b"}, "filters.document_id"),
        ({"document_id": {"gte": "a"}}, "filters.document_id"),
        ({"document_id": []}, "filters.document_id"),
        ({"metadata.year": "2020"}, "filters.metadata.year"),
        ({"metadata.year": True}, "filters.metadata.year"),
        ({"metadata.year": None}, "filters.metadata.year"),
        ({"metadata.year": [[1]]}, "filters.metadata.year"),
        ({"metadata.year": 10**400}, "filters.metadata.year"),
        ({"metadata.year": float("nan")}, "filters.metadata.year"),
        ({"metadata.year": {}}, "filters.metadata.year"),
        ({"metadata.year": {"gt": 1}}, "filters.metadata.year"),
        ({"metadata.year": {"eq": 1, "gte": 1}}, "filters.metadata.year"),
        ({"metadata.year": {"in": 1}}, "filters.metadata.year.in"),
        ({"metadata.kind": {"gte": "a"}}, "filters.metadata.kind"),
        ({"metadata.draft": {"lte": True}}, "filters.metadata.draft"),
        ({"metadata.draft": 1}, "filters.metadata.draft"),
        ({"metadata.day": "31.1.2026"}, "filters.metadata.day"),
        ({"metadata.kind": "\ud800"}, "filters.metadata.kind"),
        ({"metadata.kind": "a\x00"}, "filters.metadata.kind"),
        ({"metadata.kind": "a" + 31 * "\u0301"}, "filters.metadata.kind"),
        ({"metadata.day": {"gte": "1" * 1025}}, "filters.metadata.day"),
        ({"metadata.year": list(range(MAX_VALUES + 1))}, "filters.metadata.year"),
        ({"metadata.year": list(range(200)), "metadata.kind": [str(n) for n in range(57)]}, "filters"),
    ],
)
def test_a_wrong_filter_is_refused_by_its_field_with_what_to_change(filters: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        accept_filters(filters, KEYS)
    assert refusal.value.field == field
    assert refusal.value.detail.endswith(".")


def test_the_refusal_of_an_undeclared_key_names_the_declared_ones() -> None:
    with pytest.raises(InvalidInput, match=r"\(day, draft, kind, year\)"):
        accept_filters({"metadata.size": 1}, KEYS)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_numbers_are_compared_as_doubles(value: float, end: float) -> None:
    assert lets_pass({"metadata.year": {"gte": end}}, year=value) is (value >= end)
    assert lets_pass({"metadata.year": end}, year=value) is (value == end)


def test_keys_that_stay_keep_their_slots_and_others_take_the_free_ones() -> None:
    first = declare({"a": MetadataType.NUMBER, "b": MetadataType.STRING, "c": MetadataType.DATE}, {}, "keys")
    assert {name: key.slot for name, key in first.items()} == {"a": 1, "b": 2, "c": 3}
    second = declare({"d": MetadataType.NUMBER, "c": MetadataType.DATE, "b": MetadataType.NUMBER}, first, "keys")
    assert {name: (key.type, key.slot) for name, key in second.items()} == {
        "d": (MetadataType.NUMBER, 1),
        "c": (MetadataType.DATE, 3),
        "b": (MetadataType.NUMBER, 2),
    }


@given(st.lists(st.dictionaries(st.sampled_from("abcdefghijkl"), st.sampled_from(MetadataType), max_size=MAX_KEYS)))
def test_no_two_keys_ever_share_a_slot(declarations: list[dict[str, MetadataType]]) -> None:
    keys: dict[str, DeclaredKey] = {}
    for wanted in declarations:
        keys = declare(wanted, keys, "keys")
        assert {name: key.type for name, key in keys.items()} == wanted
        assert len({key.slot for key in keys.values()}) == len(keys)
        assert all(1 <= key.slot <= MAX_KEYS for key in keys.values())


@pytest.mark.parametrize(
    "wanted",
    [
        {f"key{number}": MetadataType.STRING for number in range(MAX_KEYS + 1)},
        {"": MetadataType.STRING},
        {"a\x00": MetadataType.STRING},
        {"k" * 65: MetadataType.STRING},
        {"caf\u00e9": MetadataType.STRING, "cafe\u0301": MetadataType.STRING},
    ],
)
def test_a_wrong_declaration_is_refused(wanted: dict[str, MetadataType]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        declare(wanted, {}, "metadata_keys")
    assert refusal.value.field == "metadata_keys"


def test_dates_are_compared_to_the_microsecond() -> None:
    first, second = (comparable(f"2026-01-31T10:00:00.00000{digit}Z", MetadataType.DATE) for digit in (1, 2))
    assert isinstance(first, float)
    assert isinstance(second, float)
    assert second - first == 1
    assert comparable("0001-01-01T00:00:00+14:00", MetadataType.DATE) is not None
