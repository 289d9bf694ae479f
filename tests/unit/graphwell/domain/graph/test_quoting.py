"""Quotes around a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.entities import entities_of
from graphwell.domain.graph.names import comparable, normal_form
from graphwell.domain.graph.quoting import MAX_QUOTE_LENGTH, quote_around


def quoted(text: str, name: str) -> str:
    start, end = quote_around(text, normal_form(name))
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "name", "quote"),
    [
        ("It rains. We met Ada Byron. It rains.", "Ada Byron", "We met Ada Byron."),
        ("# Ada Byron\n\nIt rains. Then Ada Byron came.", "Ada Byron", "Then Ada Byron came."),
        ("# Of Ada Byron\n\nIt rains. It pours.", "Ada Byron", "# Of Ada Byron"),
        ("It rains.\nSAW ADA BYRON AT HOME.", "Ada Byron", "SAW ADA BYRON AT HOME."),
        ("It rains. We saw ada, byron there.", "Ada Byron", "We saw ada, byron there."),
        (
            "The American Psychological Association (APA) met. The APA left.",
            "American Psychological Association",
            "The American Psychological Association (APA) met.",
        ),
        ("It rains. It pours.", "Ada Byron", "It rains."),
        ("  | --- |  ", "Ada Byron", "| --- |"),
        ("We met Adabyron. We met Ada Byronic.", "Ada Byron", "We met Adabyron."),
        ("Then `Ada.byron()` ran.", "Ada.byron()", "Then `Ada.byron()` ran."),
        ("Zoë and Beyoncé sang. It rained.", "Beyonce", "Zoë and Beyoncé sang."),
    ],
)
def test_a_quote_is_the_first_sentence_that_names_it_or_what_comes_nearest(text: str, name: str, quote: str) -> None:
    assert quoted(text, name) == quote


@pytest.mark.parametrize("before", [0, 50, 200, 900])
@pytest.mark.parametrize("after", [0, 50, 200, 900])
def test_a_long_sentence_is_shortened_around_the_name_between_words(before: int, after: int) -> None:
    quote = quoted(f"{'word ' * before}Ada Byron{' word' * after}.", "Ada Byron")
    assert "Ada Byron" in quote
    assert len(quote) <= MAX_QUOTE_LENGTH
    assert set(quote.rstrip(".").split()) <= {"word", "Ada", "Byron"}


NAMES = st.sampled_from(
    ["Ada Byron", "U.S.", "the Rank Organisation", "FastAPI", "Österreich", "O'Neill's", "`code_x`"]
)
PARTS = st.one_of(NAMES, st.sampled_from([". ", " ", "\n\n", "\n# ", "word", "```\n", "| ", "x" * 400, ", ", "(", ")"]))


@given(st.lists(PARTS, min_size=1, max_size=30).map("".join).filter(str.strip), st.text(max_size=12))
def test_a_quote_of_what_a_text_names_holds_its_words(text: str, unheard: str) -> None:
    for key in [*(entity.key for entity in entities_of("", (), text)), normal_form(unheard) or "x"]:
        start, end = quote_around(text, key)
        assert 0 <= start < end <= len(text)
        assert end - start <= MAX_QUOTE_LENGTH + 200
        assert text[start:end].strip()
    for entity in entities_of("", (), text):
        start, end = quote_around(text, entity.key)
        assert entity.key.replace(" ", "") in comparable(text[start:end]).replace(" ", "") or end - start > 200
