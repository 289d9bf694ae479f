"""What of a conversation is accepted, and the question that stands without it."""

from __future__ import annotations

import pytest

from graphwell.domain.conversation import MAX_HISTORY_LENGTH, MAX_TURNS, Role, Turn, accept_history, in_words_of
from graphwell.domain.errors import InvalidInput
from graphwell.domain.passages import MAX_QUESTION_LENGTH

ASKED, TOLD = Turn(Role.USER, "Who runs the boiler?"), Turn(Role.ASSISTANT, "The stoker runs it.")


def test_a_question_without_history_stays_as_it_is() -> None:
    assert in_words_of("And the pump?", ()) == "And the pump?"
    assert in_words_of("And the pump?", (TOLD,)) == "And the pump?"


def test_a_question_takes_along_the_one_before_it_and_no_answer() -> None:
    assert in_words_of("And the pump?", (ASKED, TOLD)) == "Who runs the boiler?\nAnd the pump?"
    assert in_words_of("And now?", (ASKED, TOLD, Turn(Role.USER, "The pump?"), TOLD)) == "The pump?\nAnd now?"


@pytest.mark.parametrize("question", ["When was it built?", "And the harbour of the old town by night?", "What else?"])
def test_a_question_that_points_back_or_says_little_takes_it_along(question: str) -> None:
    assert in_words_of(question, (ASKED, TOLD)).startswith(ASKED.content)


def test_a_question_that_says_what_it_is_about_stays_as_it_is() -> None:
    question = "How many ships enter the harbour of Bristol in winter?"
    assert in_words_of(question, (ASKED, TOLD)) == question


def test_the_question_itself_is_never_cut() -> None:
    question = "q" * MAX_QUESTION_LENGTH
    assert in_words_of(question, (ASKED,)) == question


def test_turns_are_kept_in_composed_letters() -> None:
    assert accept_history([Turn(Role.USER, "cafe\u0301")]) == (Turn(Role.USER, "caf\u00e9"),)


@pytest.mark.parametrize(
    ("turns", "field"),
    [
        ([ASKED] * (MAX_TURNS + 1), "history"),
        ([Turn(Role.USER, "x" * 9_000)] * (MAX_HISTORY_LENGTH // 9_000 + 1), "history"),
        ([ASKED, Turn(Role.ASSISTANT, " ")], "history[1].content"),
        ([Turn(Role.USER, "a\x00")], "history[0].content"),
        ([Turn(Role.USER, "x" * (MAX_QUESTION_LENGTH + 1))], "history[0].content"),
    ],
)
def test_what_is_no_conversation_is_refused_by_its_place(turns: list[Turn], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        accept_history(turns)
    assert refusal.value.field == field
