"""Answer a question from the tenant's documents, with citations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from graphwell.domain.context import Context, assemble
from graphwell.domain.conversation import accept_history
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Answer, AnswerWithPassages, Message, Passage, SearchMode
from graphwell.domain.reading import LOOK_AHEAD, passages_to_read, passages_to_show
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import AnswerCutShort, Answerer, Embedder
from graphwell.usecases.answer_once import AnswerOnce
from graphwell.usecases.embed_question import QuestionVector
from graphwell.usecases.find_passages import FindPassages, FoundTrace
from graphwell.usecases.kept_answers import CacheDecision, CacheHit, KeptAnswers
from graphwell.usecases.search import SearchRequest


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """An answer with its passages; `cache_hit` is None when it was made anew, `degraded` names the missing parts."""

    content: AnswerWithPassages
    cache_hit: CacheHit | None
    degraded: Sequence[str]


@dataclass(frozen=True, slots=True)
class AnswerTrace:
    """All that stands behind an answer, up to the answerer, which was not asked.

    Parameters:
        request: the question as it was accepted.
        read: the passages that the answer would be made of, best first.
        context: what of them the answerer would be given, and how.
        answerer: identity of who would make it.
        prompt: what a model would be sent; nothing where no model is asked.
    """

    request: SearchRequest
    cache: CacheDecision
    found: FoundTrace
    read: Sequence[Passage]
    context: Context
    answerer: str
    prompt: Sequence[Message]


class Audience(Protocol):
    """Who follows an answer while it is made."""

    def see(self, passages: Sequence[Passage]) -> None:
        """Take the passages that the answer is made of, best first; told once, before the first word."""

    def hear(self, text: str) -> None:
        """Take the next part of the answer's text; of a refusal there is none."""


class AnswerQuestion:
    """Searches, answers from the passages, and keeps the answer.

    A kept answer is found again only under the same corpus version, which is read from the graph for every
    question: no answer outlives a change to the tenant's documents, whatever happened to the cache meanwhile.

    Parameters:
        embedder: makes the vector by which kept questions are found, and which the search then uses.
        fallback: answers when the model behind `answerer` does not; None when `answerer` needs no model.
        kept: what was answered before.
        once: makes equal questions wait for one answer.
    """

    def __init__(
        self,
        find_passages: FindPassages,
        embedder: Embedder,
        *,
        answerer: Answerer,
        fallback: Answerer | None,
        kept: KeptAnswers,
        once: AnswerOnce,
    ) -> None:
        self._find_passages = find_passages
        self._embedder = embedder
        self._answerer = answerer
        self._fallback = fallback
        self._kept = kept
        self._once = once

    def __call__(
        self, scope: TenantScope, request: SearchRequest, deadline: Deadline, audience: Audience | None = None
    ) -> AnsweredQuestion:
        """Return the answer to a question.

        Parameters:
            audience: told the answer while it is made; a kept one all at once.

        Raises:
            InvalidInput: the question is not acceptable text.
            Unavailable: the index does not answer: without it nothing can be proved fresh.
        """
        request = self._accepted(request)
        cached = self._kept.find(scope, request, deadline)
        if cached.kept is not None:
            return _found_again(cached.kept, cached.hit, audience)
        if not cached.answers:
            return self._answered(scope, request, ("cache",), deadline, audience)
        with self._once.turn(cached.key, deadline) as turn:
            if turn.made_by_another:
                # Documents may have changed while it was waited for.
                cached = self._kept.find(scope, request, deadline)
                if cached.kept is not None:
                    return _found_again(cached.kept, cached.hit, audience)
            answered = self._answered(scope, request, (), deadline, audience)
            if not answered.degraded:
                turn.kept = self._kept.keep(scope, request, cached, answered.content, deadline)
            return answered

    def explain(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> AnswerTrace:
        """Return what stands behind the answer to a question; no language model is called and nothing is kept.

        Raises:
            InvalidInput: the question is not acceptable text.
            Unavailable: the index does not answer.
        """
        request = self._accepted(request)
        cached = self._kept.explain(scope, request, deadline)
        found = self._find_passages.traced(scope, _looking_ahead(request), deadline, ask_rewriter=False)
        question, passages = found.result.question, found.result.passages
        read = passages_to_read(question, passages, request.top_k)
        context = assemble(read, standing=found.result.standing)
        prompt = self._answerer.prompt(question, context)
        return AnswerTrace(request, cached, found, read, context, self._answerer.identity, prompt)

    def _accepted(self, request: SearchRequest) -> SearchRequest:
        """Return the request in the form that passages are kept in, where its words are found, composed or not."""
        question = accept_text(request.query, request.field, max_length=MAX_QUESTION_LENGTH)
        history = accept_history(request.history)
        wants_vector = not history and request.mode is not SearchMode.FULLTEXT
        vector = QuestionVector(self._embedder, question) if wants_vector else None
        return replace(request, query=question, history=history, vector=vector)

    def _answered(
        self,
        scope: TenantScope,
        request: SearchRequest,
        degraded: Sequence[str],
        deadline: Deadline,
        audience: Audience | None,
    ) -> AnsweredQuestion:
        found = self._find_passages(scope, _looking_ahead(request), deadline)
        read = passages_to_read(found.question, found.passages, request.top_k)
        if audience is not None:
            audience.see(read)
        context = assemble(read, standing=found.standing)
        answer, complete = self._answer(found.question, context, deadline, audience)
        missing = [*degraded, *found.degraded]
        if not complete and "llm" not in missing:
            missing.append("llm")
        content = AnswerWithPassages(answer, passages_to_show(read, answer.citations, request.top_k))
        return AnsweredQuestion(content, None, tuple(missing))

    def _answer(
        self, question: str, context: Context, deadline: Deadline, audience: Audience | None
    ) -> tuple[Answer, bool]:
        """Return the answer, and whether it is all that the answerer would say."""
        try:
            return _ask(self._answerer, question, context, deadline, audience), True
        except AnswerCutShort as cut:  # what was told cannot be taken back, and holds
            return cut.answer, False
        except Unavailable:
            if self._fallback is None:
                raise
            return _ask(self._fallback, question, context, deadline, audience), False


def _ask(answerer: Answerer, question: str, context: Context, deadline: Deadline, audience: Audience | None) -> Answer:
    if audience is None:
        return answerer.answer(question, context, deadline)
    return answerer.stream(question, context, deadline, audience.hear)


def _found_again(content: AnswerWithPassages, hit: CacheHit | None, audience: Audience | None) -> AnsweredQuestion:
    if audience is not None:
        audience.see(content.passages)
        if content.answer.grounded:
            audience.hear(content.answer.text)
    return AnsweredQuestion(content, hit, ())


def _looking_ahead(request: SearchRequest) -> SearchRequest:
    return replace(request, top_k=request.top_k + LOOK_AHEAD)
