"""Taking a question apart by names."""

from __future__ import annotations

from graphwell.domain.agent.open_names import open_names
from graphwell.domain.passages import Passage

QUESTION = "What year did the company that Novair International Airways is part of dissolve?"
AIRLINE = "Novair International Airways was bought by the Rank Organisation in 1985. It flew from Gatwick Airport."


def passage(title: str, text: str) -> Passage:
    return Passage(title, f"{title}~1~0", title, text, 0, len(text), 0.0)


def test_names_lead_on_from_what_was_found() -> None:
    found = [passage("Novair International Airways", AIRLINE)]
    assert open_names(QUESTION, found) == ["Rank Organisation", "Gatwick Airport"]


def test_what_a_document_that_was_seen_is_about_is_not_open() -> None:
    found = [passage("Novair International Airways", AIRLINE), passage("Rank Organisation", "A company of films.")]
    assert open_names(QUESTION, found) == ["Gatwick Airport"]


def test_both_sides_of_a_comparison_are_asked_for() -> None:
    question = "Which was founded first, Acme Boilers or the Harbour Trust?"
    assert open_names(question, []) == ["Acme Boilers", "Harbour Trust"]
    assert open_names(question, [passage("Acme Boilers", "They are hot.")]) == ["Harbour Trust"]


def test_a_question_without_names_has_none_open() -> None:
    assert open_names("how hot is the boiler", [passage("boilers", "they are hot")]) == []
