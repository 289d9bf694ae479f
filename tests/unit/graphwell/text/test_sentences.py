"""Sentences and their places in plain and Markdown text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphwell.domain.sentences import sentences_of


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in sentences_of(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith paid 3.5 dollars, e.g. for tea.",
        "See https://a.test/b.html?x=1.2 for more!",
        "J. R. Miller wrote it.",
        "It is Fig. 3 in the annex.",
        'He said "stop!"',
        "Version 0.122.0 is out.",
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    assert texts(f"{sentence} Another one follows.") == [sentence, "Another one follows."]


def test_wrapped_lines_are_one_paragraph() -> None:
    assert texts("One sentence goes\nover two lines. And\nanother.") == [
        "One sentence goes\nover two lines.",
        "And\nanother.",
    ]


def test_code_headings_and_rules_are_no_sentences() -> None:
    markdown = (
        "# Head { #a }\n\nWords here.\n\n```python\n# comment. Not prose.\n```\n\n---\n\n/// note\n\nMore words.\n"
    )

    assert [(sentence.text, sentence.heading) for sentence in sentences_of(markdown)] == [
        ("Words here.", "Head"),
        ("More words.", "Head"),
    ]


@pytest.mark.parametrize(
    "line", [" " * 4_000 + "x", "\t" * 4_000 + "x", "# " * 2_000 + "x", "." * 4_000, "# a{" + " " * 4_000]
)
def test_a_line_of_one_character_takes_no_longer_than_others(line: str) -> None:
    began_s = time.process_time()

    sentences_of(f"One.\n{line}\nTwo.")

    assert time.process_time() - began_s < 0.1


def test_list_items_and_rows_stand_by_themselves() -> None:
    markdown = "- first item\n- second item\n  goes on\n1. numbered\n\n| port | depth |\n|---|---|\n| north | 12 m |\n"

    assert texts(markdown) == ["first item", "second item\n  goes on", "numbered", "port | depth", "north | 12 m"]


def test_stops_set_apart_by_spaces_end_sentences() -> None:
    assert texts("wind tunnel tests were made . the results are given .") == [
        "wind tunnel tests were made .",
        "the results are given .",
    ]


def test_full_width_stops_end_sentences() -> None:
    assert texts("东京是首都\u3002人口很多\uff01") == ["东京是首都\u3002", "人口很多\uff01"]


@given(st.text(alphabet=st.sampled_from("ab. !?\n\r`#|-*>1\u3002\"'A\u0301\U0001f600"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_each_sentence_is_the_text_at_its_offsets_and_none_overlap(text: str) -> None:
    end = 0
    for sentence in sentences_of(text):
        assert sentence.text == text[sentence.start : sentence.end]
        assert sentence.start >= end
        end = sentence.end
