"""Answers made of the passages' own sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphwell.adapters.extractive_answerer import ExtractiveAnswerer
from graphwell.domain.citing import REFUSAL
from graphwell.domain.context import assemble
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded
from graphwell.domain.extraction import RULES, Rules, find_answers, question_coverage
from graphwell.domain.passages import Answer, Passage

TEXTS = {
    "pump": (
        "# The pump\n\nThe pump in Broad Street was built in 1854. Its handle was removed in September, which ended the"
        " outbreak.\n\n```sh\nremove the pump handle now\n```\n"
    ),
    "harbour": "Ships wait outside the bar for the tide. How long do ships wait? They enter within two hours.",
    "tea": "Tea was first planted in the valley by a doctor. The doctor kept a garden of rare herbs.",
}


def passages(*names: str) -> list[Passage]:
    chosen = names or tuple(TEXTS)
    return [
        Passage(name, f"{name}~1~0", name.title(), TEXTS[name], 1_000, 1_000 + len(TEXTS[name]), 1.0, page=2)
        for name in chosen
    ]


def ask(question: str, *names: str) -> Answer:
    return ExtractiveAnswerer().answer(question, assemble(passages(*names)), Deadline.after(5))


@pytest.mark.parametrize(
    ("question", "document", "words"),
    [
        ("When was the pump built?", "pump", "1854"),
        ("What ended the outbreak?", "pump", "handle was removed"),
        ("Where do ships wait?", "harbour", "outside the bar"),
        ("Who planted tea in the valley?", "tea", "by a doctor"),
    ],
)
def test_the_sentence_that_answers_is_quoted(question: str, document: str, words: str) -> None:
    answer = ask(question)

    assert answer.grounded
    assert any(words in quote.quote and quote.document_id == document for quote in answer.citations)


def test_citations_point_to_exactly_what_they_quote() -> None:
    answer = ask("When was the pump built?")

    for citation in answer.citations:
        source = TEXTS[citation.document_id]
        assert source[citation.start - 1_000 : citation.end - 1_000] == citation.quote
        assert citation.page == 2


def test_the_answer_is_the_quotations_each_with_its_marker() -> None:
    answer = ask("When was the pump built and its handle removed?")

    assert 1 <= len(answer.citations) <= 3
    assert answer.text == " ".join(
        f"{citation.quote} [{number}]" for number, citation in enumerate(answer.citations, start=1)
    )


def test_quotations_stand_in_reading_order() -> None:
    answer = ask("Was the handle of the pump that was built in 1854 removed in September?", "pump")

    starts = [citation.start for citation in answer.citations]
    assert len(starts) == 2
    assert starts == sorted(starts)


def test_a_question_in_the_text_is_no_answer_but_tells_what_follows_it() -> None:
    answer = ask("How long do ships wait?", "harbour")

    assert [citation.quote for citation in answer.citations] == [
        "Ships wait outside the bar for the tide.",
        "They enter within two hours.",
    ]


def test_a_further_sentence_says_what_the_best_one_leaves_unsaid() -> None:
    text = (
        "The registrar stamps and returns receipts on the day. A registrar who is away stamps and returns nothing."
        " Late applications go back to the sender with a note."
    )
    found = [Passage("d", "d~1~0", "Office", text, 0, len(text), 1.0)]
    question = "Does the registrar stamp and return receipts for late applications?"

    def second(rules: Rules) -> str:
        by_score = sorted(find_answers(question, found, rules), key=lambda finding: -finding.score)
        return by_score[1].sentence.text.split()[0]

    assert second(RULES) == "Late"
    assert second(replace(RULES, said_weight=1.0)) == "A"


@pytest.mark.parametrize(
    "question", ["What status code does it return for invalid input?", "Which kind of code is returned for bad input?"]
)
def test_the_noun_that_is_asked_for_weighs_less_than_what_is_told_of_it(question: str) -> None:
    texts = {
        "codes": "Each status code has a name and each code belongs to a kind of code.",
        "input": "For bad or invalid input it is 422 that the server returns.",
    }
    found = [Passage(name, f"{name}~1~0", "T", text, 0, len(text), 1.0) for name, text in texts.items()]

    best = max(find_answers(question, found), key=lambda finding: finding.score)

    assert best.passage.document_id == "input"


def test_code_is_not_quoted_as_a_sentence() -> None:
    assert not any("now" in citation.quote for citation in ask("How do I remove the pump handle?").citations)


@pytest.mark.parametrize("question", ["What is the capital of France?", "How do I bake sourdough bread?"])
def test_what_the_passages_do_not_speak_of_is_refused(question: str) -> None:
    assert ask(question) == Answer(REFUSAL, grounded=False, citations=())


def test_without_passages_the_question_is_refused() -> None:
    assert not ExtractiveAnswerer().answer("When?", assemble([]), Deadline.after(5)).grounded


@pytest.mark.parametrize("question", ["???", "the of and", "\U0001f600"])
def test_a_question_without_content_is_refused(question: str) -> None:
    assert not ask(question, "tea").grounded


def test_the_same_question_gets_the_same_answer() -> None:
    assert ask("Where do ships wait?") == ask("Where do ships wait?")


def test_nothing_is_answered_after_the_deadline() -> None:
    with pytest.raises(DeadlineExceeded):
        ExtractiveAnswerer().answer("When?", assemble(passages()), Deadline(1.0, lambda: 2.0))


def test_no_model_is_sent_anything() -> None:
    assert list(ExtractiveAnswerer().prompt("When?", assemble([]))) == []


def test_the_less_a_passage_stands_out_the_more_of_the_question_must_be_found() -> None:
    text = "The harbour has two piers and a crane."
    harbour = [Passage("harbour", "harbour~1~0", "", text, 0, len(text), 0.0)]
    question = "How deep is the harbour of the crane?"
    coverage = question_coverage(question, harbour)
    assert 0 < coverage < 1
    rules = replace(RULES, least_coverage=coverage, least_evidence=coverage + 2 * RULES.standing_weight)
    assert find_answers(question, harbour, rules)
    assert find_answers(question, harbour, rules, standing=2.1)
    assert not find_answers(question, harbour, rules, standing=1.9)


def test_nothing_read_covers_nothing() -> None:
    assert question_coverage("How deep is the harbour?", []) == 0.0


def test_a_streamed_answer_is_told_whole_and_a_refusal_not_at_all() -> None:
    text = "The boiler runs at two bar."
    context = assemble([Passage("d", "d~1~0", "Boiler", text, 0, len(text), 1.0)])
    heard: list[str] = []
    answer = ExtractiveAnswerer().stream(
        "At how many bar does the boiler run?", context, Deadline.after(5), heard.append
    )
    assert answer.grounded
    assert heard == [answer.text]
    refusal = ExtractiveAnswerer().stream("Who is the king of France?", context, Deadline.after(5), heard.append)
    assert (refusal.grounded, heard) == (False, [answer.text])
