"""Answer a question from the passages that a run of the agent has seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from graphwell.domain.agent.steps import Step, StepKind
from graphwell.domain.context import BUDGET_TOKENS, Context, assemble, estimated_tokens, passage_tokens
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Answer, Passage, Usage
from graphwell.domain.reading import passages_to_read
from graphwell.ports import Answerer
from graphwell.usecases.agent_run import AgentRun
from graphwell.usecases.timing import in_ms

REPLY_TOKENS = 650
"""Tokens of a model's answer: six sentences with their citations take fewer."""


class AnswerRun:
    """Answers, and notes the answer as the run's last step.

    A model reads all that was seen, as far as the tokens that are left allow. What quotes sentences by the words they
    share with the question reads as many passages as a query would: of all that was seen it picks worse, 9 right
    answers to the 100 questions of musique_100 against 13 (docs/agent.md).

    Parameters:
        answerer: answers.
        fallback: quotes when the model behind `answerer` does not answer, or no tokens are left for it; None when
            `answerer` needs no model.
    """

    def __init__(self, answerer: Answerer, fallback: Answerer | None) -> None:
        self._answerer = answerer
        self._fallback = fallback

    def __call__(
        self, run: AgentRun, top_k: int, standing: float | None, deadline: Deadline, *, is_model_away: bool
    ) -> Answer:
        """Return the answer; its usage is that of the whole run.

        Parameters:
            standing: see `SearchResult`.
            is_model_away: whether the model has fallen away already.

        Raises:
            DeadlineExceeded: the time is used up.
        """
        began = time.perf_counter()
        ranked = run.evidence.ranked()
        answer = None if is_model_away else self._worded(run, ranked, standing, deadline)
        if answer is None:
            read = passages_to_read(run.question, ranked, top_k)
            quoting = self._fallback or self._answerer
            answer = quoting.answer(run.question, assemble(read, standing=standing), deadline)
        cited = dict.fromkeys(citation.chunk_id for citation in answer.citations)
        duration_ms = in_ms(time.perf_counter() - began)
        run.ledger.note(Step(StepKind.ANSWER, found=tuple(cited), duration_ms=duration_ms, usage=answer.usage))
        return replace(answer, usage=_total([step.usage for step in run.ledger.steps]))

    def _worded(
        self, run: AgentRun, ranked: Sequence[Passage], standing: float | None, deadline: Deadline
    ) -> Answer | None:
        """Return the model's answer; None without one, or when it does not answer, or has no tokens left for it."""
        if self._fallback is None:
            return None
        context = self._fitting(run, ranked, standing)
        if ranked and not context.passages:
            return None
        try:
            return self._answerer.answer(run.question, context, deadline)
        except Unavailable:
            run.miss(["llm"])
            return None

    def _fitting(self, run: AgentRun, ranked: Sequence[Passage], standing: float | None) -> Context:
        """Return the best passages whose prompt, the question and what stands around each included, the tokens bear."""
        left = run.ledger.tokens_left - REPLY_TOKENS
        room = min(BUDGET_TOKENS, left)
        while True:
            context = assemble(ranked, max(0, room), standing=standing)
            sent = sum(estimated_tokens(each.content) for each in self._answerer.prompt(run.question, context))
            if sent <= left or not context.passages:
                return context
            room = sum(map(passage_tokens, context.passages)) * left // sent


def _total(usages: Sequence[Usage]) -> Usage:
    return Usage(
        sum(usage.prompt_tokens for usage in usages),
        sum(usage.completion_tokens for usage in usages),
        next((usage.model for usage in reversed(usages) if usage.model), None),
    )
