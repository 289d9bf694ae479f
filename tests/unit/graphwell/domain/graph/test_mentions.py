"""What a text names is found by how it is written, where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.graph.mentions import MAX_NAME_WORDS, mentions_of


def _surfaces(text: str) -> list[str]:
    return [mention.surface for mention in mentions_of(text)]


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("It was directed by Raoul Walsh and starred Valerie Hobson.", ["Raoul Walsh", "Valerie Hobson"]),
        ("He studied at the University of Vienna.", ["University of Vienna", "Vienna"]),
        ("The capital of the United States of America", ["United States of America", "America"]),
        (
            "Society for the Study of Evolution",
            ["Society for the Study of Evolution", "Study of Evolution", "Evolution"],
        ),
        ("a street by Ludwig van der Rohe", ["Ludwig van der Rohe"]),
        ("In Colorado the silver was found.", ["Colorado"]),
        ("Released by Real Records, it sold well.", ["Released", "Real Records"]),
        ("Released in May, then released again.", []),
        ("Silver was mined. Miners sold silver.", ["Miners"]),
        ("on 9 October 1410 in Prague", ["October 1410", "Prague"]),
        ("It opened in October 1410, on a Monday.", ["October 1410"]),
        ("Standard & Poor rated AT&T Inc.", ["Standard & Poor", "AT&T Inc"]),
        ("President John F. Kennedy came to St. Helens. He left.", ["President John F. Kennedy", "St. Helens"]),
        ("the album Schindler's List of 1993", ["Schindler's List", "Schindler", "List"]),
        ("the brother of Neil Young's.", ["Neil Young"]),
        ('he read \u201cthe old house\u201d and "a tale"', ["the old house", "a tale"]),
        ("see [the guide](https://example.org/a) and `Depends`", ["the guide", "Depends"]),
        ("![a picture](x.png) of nothing", []),
        ('<img src="/img/of/nothing.png" class="small">', []),
        ("the 3D model of a B-29", ["3D", "B-29"]),
        ("in 1995 and 12,000 more", []),
        ("only small letters here", []),
        ("\u6771\u4eac\u306f\u65e5\u672c\u306e\u9996\u90fd", []),
        ("", []),
    ],
)
def test_names(text: str, surfaces: list[str]) -> None:
    assert _surfaces(text) == surfaces


def test_a_text_in_capitals_names_nothing() -> None:
    assert mentions_of("WE SHALL " * MAX_NAME_WORDS) == []


def test_equal_names_have_one_key() -> None:
    keys = {
        mention.key for mention in mentions_of("The Rank Organisation was large. We met the Rank Organisation's owner.")
    }

    assert keys == {"rank organisation"}


@given(st.text(st.sampled_from('aA bB. of the\u2019s\n"`[](&1-\u00dc\u6771'), max_size=60))
def test_every_mention_stands_where_it_says(text: str) -> None:
    mentions = mentions_of(text)

    assert all(mention.surface == text[mention.start : mention.end] for mention in mentions)
    assert all(mention.key for mention in mentions)
    assert [mention.start for mention in mentions] == sorted(mention.start for mention in mentions)
    assert len({(mention.start, mention.end) for mention in mentions}) == len(mentions)
