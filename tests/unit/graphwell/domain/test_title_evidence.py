"""Documents that the best passages name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.title_evidence import LeadingPassage, title_evidence


def terms(text: str) -> frozenset[str]:
    return frozenset(text.split())


def evidence(question: str, leading: list[tuple[str, str]], titles: dict[str, str]) -> dict[str, float]:
    return title_evidence(
        terms(question),
        [LeadingPassage(document, terms(text)) for document, text in leading],
        {document: terms(title) for document, title in titles.items()},
    )


def test_a_title_that_the_best_passage_of_another_document_names_is_full_evidence() -> None:
    found = evidence(
        "who founded it", [("emma", "published by john murray")], {"murray": "john murray", "emma": "emma"}
    )
    assert found == {"murray": 1.0, "emma": 0.0}


def test_the_question_and_a_passage_name_a_title_together() -> None:
    found = evidence("when did john die", [("emma", "published by murray")], {"murray": "john murray", "x": "other"})
    assert found["murray"] == 1.0


def test_a_document_does_not_vouch_for_itself() -> None:
    assert evidence("q", [("emma", "emma emma")], {"emma": "emma", "x": "y"})["emma"] == 0.0


def test_a_later_passage_is_less_evidence() -> None:
    leading = [("a", "nothing"), ("b", "murray")]
    assert evidence("q", leading, {"murray": "murray", "x": "y"})["murray"] == pytest.approx(2**-0.5)


def test_half_a_title_is_an_eighth_of_the_evidence() -> None:
    assert evidence("q", [("x", "report")], {"d": "report 2"})["d"] == pytest.approx(1 / 8)


@pytest.mark.parametrize("title", ["", "   "])
def test_without_a_title_there_is_no_evidence(title: str) -> None:
    assert evidence("q", [("x", "q")], {"d": title}) == {"d": 0.0}


texts = st.lists(st.sampled_from("abcde"), max_size=5).map(" ".join)


@given(
    texts,
    st.lists(st.tuples(st.sampled_from("xyz"), texts), max_size=4),
    st.dictionaries(st.sampled_from("xyz"), texts),
)
def test_evidence_lies_between_none_and_full(
    question: str, leading: list[tuple[str, str]], titles: dict[str, str]
) -> None:
    found = evidence(question, leading, titles)
    assert found.keys() == titles.keys()
    assert all(0 <= share <= 1 for share in found.values())
