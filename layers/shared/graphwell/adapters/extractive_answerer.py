"""Answers without a model: the best sentences of the passages, verbatim."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.citing import REFUSAL, citation_of
from graphwell.domain.context import Context
from graphwell.domain.deadline import Deadline
from graphwell.domain.extraction import find_answers
from graphwell.domain.passages import Answer, Message
from graphwell.ports import Tell


class ExtractiveAnswerer:
    """Answerer port on word overlap; takes milliseconds and calls nothing."""

    identity = "extractive-4"

    def prompt(self, question: str, context: Context) -> Sequence[Message]:  # noqa: ARG002
        """Return nothing: no model is asked."""
        return ()

    def answer(self, question: str, context: Context, deadline: Deadline) -> Answer:
        """Return one to three sentences of the passages, each with a marker such as [1] for its citation.

        Raises:
            DeadlineExceeded: the time is used up.
        """
        deadline.remaining_s()
        findings = find_answers(question, context.passages, standing=context.standing)
        if not findings:
            return Answer(REFUSAL, grounded=False, citations=())
        text = " ".join(f"{finding.sentence.text} [{number}]" for number, finding in enumerate(findings, start=1))
        return Answer(text, grounded=True, citations=[citation_of(item.passage, item.sentence) for item in findings])

    def stream(self, question: str, context: Context, deadline: Deadline, tell: Tell) -> Answer:
        """Return the same, and tell it at once: it is whole within milliseconds.

        Raises:
            DeadlineExceeded: the time is used up.
        """
        answer = self.answer(question, context, deadline)
        if answer.grounded:
            tell(answer.text)
        return answer
