"""Rewriters and rerankers in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphwell.domain.conversation import Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Passage


class FakeRewriter:
    """The `QuestionRewriter` port: gives `wording` for every question. While `down`, it does not answer."""

    identity = "fake-rewriter"

    def __init__(self, wording: str = "", *, down: bool = False) -> None:
        self.wording = wording
        self.down = down

    def stand_alone(self, question: str, history: Sequence[Turn], deadline: Deadline) -> str:  # noqa: ARG002
        """Return `wording`."""
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The model does not answer.")
        return self.wording


class FakeReranker:
    """The `Reranker` port: turns the order round; `asked` lists what it was asked. While `down`, it does not answer."""

    identity = "fake-reranker"

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.asked: list[tuple[str, int]] = []

    def rerank(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> list[Passage]:
        """Return the passages, last first, scored by their new places."""
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The reranker does not answer.")
        self.asked.append((question, len(passages)))
        return [replace(passage, score=1 / (1 + place)) for place, passage in enumerate(reversed(passages))]
