"""Values as terms of the fulltext index."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.filter_terms import filter_terms, lucene_filters, slot_values
from graphwell.domain.filters import accept_filters
from graphwell.domain.metadata_keys import MAX_KEYS, DeclaredKey, MetadataType
from graphwell.domain.tenancy import TenantScope

ACME = TenantScope("acme")
NUMBER = {"n": DeclaredKey(MetadataType.NUMBER, 3)}
STRING = {"s": DeclaredKey(MetadataType.STRING, 4)}
LONGEST_TERM = 255
"""Characters after which Lucene's tokenizer cuts."""


def term(value: float) -> str:
    return next(each for each in filter_terms(ACME, "d", NUMBER, {"n": value}).split() if "k3" in each)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(numbers, numbers)
def test_terms_of_numbers_stand_in_the_order_of_the_numbers(one: float, other: float) -> None:
    assert (term(one) < term(other)) is (one < other)
    assert (term(one) == term(other)) is (one == other)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, MAX_KEYS))
def test_every_term_is_one_word_to_the_analyzer_and_ends_in_a_digit(value: str, slot: int) -> None:
    scope = TenantScope("t" * 64)
    for each in filter_terms(scope, "d", {"s": DeclaredKey(MetadataType.STRING, slot)}, {"s": value}).split(" "):
        assert re.fullmatch(r"[a-z0-9]+0", each)
        assert len(each) < LONGEST_TERM


def test_no_two_tenants_slots_or_texts_share_a_term() -> None:
    seen = [
        each
        for tenant in ("acme", "Acme", "ac-me")
        for slot in (1, 2)
        for value in ("a", "A", "b")
        for each in filter_terms(
            TenantScope(tenant), "d", {"s": DeclaredKey(MetadataType.STRING, slot)}, {"s": value}
        ).split()
        if "k0" not in each
    ]
    assert len(set(seen)) == len(seen) == 18


def test_what_has_another_type_lies_in_no_slot() -> None:
    assert set(slot_values(NUMBER, {"n": "7"}).values()) == {None}
    assert filter_terms(ACME, "d", NUMBER, {"n": "7"}) == filter_terms(ACME, "d", {}, {})
    assert slot_values(NUMBER, {"n": 7})["slot3"] == 7.0


def test_a_users_text_reaches_lucene_as_its_hash() -> None:
    clause = lucene_filters(ACME, accept_filters({"metadata.s": 'x") OR tenant_term:*'}, STRING))
    assert re.fullmatch(r" \+filter_terms:\([a-z0-9]+\)\^0", clause)
