"""Which words of a text count as a question's."""

from __future__ import annotations

from pathlib import Path

import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.porter_term_counter import PorterTermCounter

CHECKOUT = Path(__file__).resolve().parents[4]


def frequencies(question: str, text: str) -> dict[str, int]:
    ((counts),) = PorterTermCounter().count(question, [text])
    return dict(counts.frequencies)


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("boilers", "A boiler, two BOILERS and boilermakers.", {"boiler": 2}),
        ("happiness", "happy, unhappy", {"happi": 1}),
        ("relational databases", "They relate data in a database.", {"relat": 1, "databas": 1}),
        ("the boiler of the house", "the of the", {}),
        ("to be or not to be", "to be", {}),
        ("status_code", "status_code is a status", {"status_cod": 1}),
        ("\u6771\u4eac", "\u6771\u4eac\u90fd\u306e\u6771", {"\u6771": 2, "\u4eac": 1}),
        ("na\u00efve", "Na\u00efvely na\u00efve, naive", {"na\u00efv": 2}),
        ("???", "???", {}),
        ("(a+)+ [b .*", "aaaa b .*", {"b": 1}),
    ],
)
def test_words_with_the_same_stem_count(question: str, text: str, found: dict[str, int]) -> None:
    assert frequencies(question, text) == found


def test_a_question_of_very_many_words_counts_them_all_the_same() -> None:
    words = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}{chr(97 + n % 7)}k" for n in range(500)]
    text = " ".join(words)
    assert len(frequencies(text, text)) == len(set(words))


def test_the_length_is_about_that_of_the_words() -> None:
    for question in ("boiler", "???"):
        counts = PorterTermCounter().count(question, ["boiler", "a boiler at work", ""])
        assert [count.length for count in counts] == [1, 4, 1]


def test_each_word_of_real_text_is_found_by_itself() -> None:
    text = "\n".join(path.read_text() for path in sorted((CHECKOUT / "demo" / "texts").iterdir()))
    stemmer = Stemmer.Stemmer("porter")
    words = {word for word in text.lower().split() if word.isalpha() and word.isascii()}
    assert len(words) > 300
    odd = {word for word in words if not word.startswith(stemmer.stemWord(word)[:-1])}
    assert odd == set()


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=4))
def test_any_text_is_taken(question: str, texts: list[str]) -> None:
    assert len(PorterTermCounter().count(question, texts)) == len(texts)


def test_what_a_possessive_leaves_behind_is_no_term() -> None:
    (counts,) = PorterTermCounter().count("What is the boiler's pressure?", ["The pump's and the boiler's pressure."])
    assert counts.frequencies == {"boiler": 1, "pressur": 1}


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("steam boilers", "A steam boiler; boiler steam, STEAM BOILERS.", {("steam", "boiler"): 2}),
        ("steam boilers", "steam, boiler. Steam\n\nboiler", {("steam", "boiler"): 2}),
        ("steam boilers", "steam of the boiler", {}),
        ("pressure of the boiler", "a boiler's pressure boiler", {("pressur", "boiler"): 1}),
        ("\u6771\u4eac", "\u6771\u4eac\u90fd \u4eac\u6771", {("\u6771", "\u4eac"): 1}),
        ("boiler", "boiler boiler", {}),
    ],
)
def test_pairs_are_terms_that_follow_each_other_as_in_the_question(
    question: str, text: str, found: dict[tuple[str, str], int]
) -> None:
    (counts,) = PorterTermCounter().count(question, [text])
    assert counts.pairs == found


def test_no_pair_spans_two_texts() -> None:
    counts = PorterTermCounter().count("steam boiler", ["hot steam", "boiler room"])
    assert [count.pairs for count in counts] == [{}, {}]


def test_the_terms_of_a_text_are_its_stems_without_stop_words() -> None:
    assert PorterTermCounter().terms("The boilers' pressure of 2 BOILERS") == {"boiler", "pressur", "2"}
