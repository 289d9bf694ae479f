"""User text as a Lucene query."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from graphwell.adapters.lucene_query import MAX_TERM_LENGTH, MAX_TERMS, lucene_query
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.tenancy import TenantScope

ACME = TenantScope("acme")
QUERY = re.compile(r"\+tenant_term:(t[0-9a-f]+0)\^0 \+\(title:\((?P<title>[^()]*)\) text:\((?P<text>[^()]*)\)\)")
tenant_ids = st.text("abcxyzABCXYZ0189_-", min_size=1, max_size=64)


def terms_of(text: str) -> list[str]:
    query = lucene_query(ACME, text)
    assert query is not None
    match = QUERY.fullmatch(query)
    assert match is not None
    assert match["title"] == match["text"]
    return match["text"].split()


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example('AND OR NOT +a -b && || ! ( ) { } [ ] ^ " ~ * ? : \\ / title:x a*b')
@example("\u0130 \ufb01 \u212a \u1e9e")
def test_nothing_but_lower_case_words_and_quoted_ones_is_passed_on(text: str) -> None:
    query = lucene_query(ACME, text)
    if query is None:
        assert not re.search(r"\w", text)
        return
    match = QUERY.fullmatch(query)
    assert match is not None
    for term in match["text"].split():
        if re.fullmatch(r'"[^"\\]+"', term):
            continue
        assert re.fullmatch(r"\w+", term)
        assert term not in {"AND", "OR", "NOT", "TO"}
        assert len(term) <= MAX_TERM_LENGTH


def test_text_without_a_word_makes_no_query() -> None:
    assert lucene_query(ACME, "?! ... \u2014 \U0001f600") is None


def test_words_stand_once_in_the_order_of_the_question() -> None:
    assert terms_of("Boiler pressure, BOILER!") == ["boiler", "pressure"]


def test_what_the_index_keeps_as_one_token_is_asked_for_as_one_too() -> None:
    assert terms_of("Who at 192.168.0.17, O\u2019Brien's?")[-3:] == ['"192.168.0.17"', '"O\'Brien"', '"O\u2019Brien"']
    assert terms_of("What's os.path.join(x)?") == ["what", "s", "os", "path", "join", "x", '"os.path.join"']


def test_contractions_are_no_words_to_look_for() -> None:
    assert terms_of("Don\u2019t say it isn't") == ["don", "t", "say", "it", "isn"]


def test_words_with_signs_count_as_terms() -> None:
    assert len(terms_of(" ".join(f"a.b{number}" for number in range(5_000)))) == MAX_TERMS


def test_a_letter_stays_one_in_lower_case() -> None:
    assert terms_of("\u0130stanbul") == ["istanbul"]


def test_of_too_many_words_the_longest_are_kept() -> None:
    text = " ".join(["ab"] * 3 + [f"w{number:05}" for number in range(10_000)] + ["longestword"])
    terms = terms_of(text)
    assert len(terms) == MAX_TERMS
    assert "longestword" in terms
    assert "ab" not in terms


def test_each_han_letter_counts_as_the_word_that_the_analyzer_makes_of_it() -> None:
    assert terms_of("\u9505\u7089boiler\u3042\u30ab\u30bf") == ["\u9505", "\u7089", "boiler", "\u3042", "\u30ab\u30bf"]
    assert len(terms_of("".join(chr(0x4E00 + number) for number in range(5_000)))) == MAX_TERMS


@given(tenant_ids, tenant_ids)
@example("Acme", "acme")
@example("ac-me", "ac_me")
@example("acme", "acme0")
def test_tenants_have_different_terms(one: str, other: str) -> None:
    terms = {tenant_term(TenantScope(one)), tenant_term(TenantScope(other))}
    assert len(terms) == len({one, other})


@given(tenant_ids)
def test_a_tenants_term_is_one_word_that_no_analyzer_changes(tenant_id: str) -> None:
    """Lower case already, without a character to split on, ended by a digit that no stemmer takes off."""
    assert re.fullmatch(r"t[0-9a-f]{2,128}0", tenant_term(TenantScope(tenant_id)))
