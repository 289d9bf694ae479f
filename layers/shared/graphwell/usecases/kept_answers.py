"""Find a kept answer to a question, by its text or by its meaning, and keep new ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.intent import Verdict, compare
from graphwell.domain.passages import AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnswerCache, AnsweredText, KeptQuestion, PassageIndex, QuestionCache, Vector
from graphwell.usecases.search import SearchRequest


class CacheHit(StrEnum):
    """How an answer was found in the cache."""

    EXACT = "exact"
    SEMANTIC = "semantic"


class NotCompared(StrEnum):
    """Why no kept question was compared with a question."""

    OFF = "off"
    CONVERSATION = "conversation"
    """Its meaning lies in turns that the comparison does not see."""
    NO_VECTOR = "no_vector"
    """The search needs no vector, or the model does not answer."""
    NOT_NEEDED = "not_needed"
    """An answer to the very question was there."""
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class ComparedQuestion:
    """A kept question near to the one that is asked, and whether its answer may stand for the other."""

    kept: KeptQuestion
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CacheDecision:
    """What the cache has for a question, and why.

    Parameters:
        key: under which an answer to exactly this lies.
        stamp: what must be equal for a question to be found by its meaning.
        corpus_version: of the tenant at this moment, part of both.
        answers: whether the cache itself answers.
        kept: the answer that was found.
        hit: how it was found; None when it was not.
        compared: kept questions that were compared, nearest first.
        not_compared: why there are none; None when there were or could have been some.
    """

    key: str
    stamp: str
    corpus_version: int
    answers: bool
    kept: AnswerWithPassages | None = None
    hit: CacheHit | None = None
    compared: Sequence[ComparedQuestion] = ()
    not_compared: NotCompared | None = None


class KeptAnswers:
    """Looks for an answer by the text of a question first, then by its meaning.

    Questions in a conversation are found by their text and all turns alone: what they mean is what a model, or the
    words of the turn before, make of them, and an answer should not rest on two guesses.

    Parameters:
        questions: None finds answers by text alone.
        min_cosine: see `compare`.
        identity: names what shapes an answer, such as the models; part of every key.
    """

    def __init__(
        self,
        answers: AnswerCache,
        questions: QuestionCache | None,
        index: PassageIndex,
        *,
        min_cosine: float,
        identity: str,
    ) -> None:
        self._answers = answers
        self._questions = questions
        self._index = index
        self._min_cosine = min_cosine
        self._identity = identity

    def find(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> CacheDecision:
        """Return what the cache has for an accepted request, of the tenant's documents as they are now.

        Raises:
            Unavailable: the index does not answer: without it nothing can be proved fresh.
        """
        decision = self._by_text(scope, request, deadline)
        if decision.hit or not decision.answers:
            return decision
        return self._by_meaning(scope, request, decision, deadline, counts=True)

    def explain(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> CacheDecision:
        """Return the same with all comparisons, those that a hit makes needless as well; no question counts as used."""
        decision = self._by_text(scope, request, deadline)
        if not decision.answers:
            return decision
        compared = self._by_meaning(scope, request, decision, deadline, counts=False)
        return replace(compared, kept=decision.kept, hit=decision.hit) if decision.hit else compared

    def keep(
        self,
        scope: TenantScope,
        request: SearchRequest,
        decision: CacheDecision,
        content: AnswerWithPassages,
        deadline: Deadline,
    ) -> bool:
        """Keep an answer if it is one of the documents as they were when the cache was asked, and still are.

        Returns:
            Whether it was kept.
        """
        try:
            if not self._index.is_current(scope, decision.corpus_version, content.passages, deadline):
                return False
            if not self._answers.put(scope, decision.key, decision.corpus_version, content):
                return False
        except Unavailable:
            return False
        if self._questions is not None and request.vector is not None and not request.history:
            with suppress(Unavailable):
                answered = AnsweredText(
                    request.query,
                    request.vector(deadline),
                    decision.stamp,
                    decision.corpus_version,
                    decision.key,
                )
                self._questions.put(scope, answered)
        return True

    def _by_text(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> CacheDecision:
        decision = self._empty(scope, request, self._index.corpus_version(scope, deadline))
        try:
            kept = self._answers.get(decision.key)
        except Unavailable:
            return replace(decision, answers=False, not_compared=NotCompared.UNAVAILABLE)
        if kept is None:
            return decision
        return replace(decision, kept=kept, hit=CacheHit.EXACT, not_compared=NotCompared.NOT_NEEDED)

    def _by_meaning(
        self, scope: TenantScope, request: SearchRequest, decision: CacheDecision, deadline: Deadline, *, counts: bool
    ) -> CacheDecision:
        """Return the decision with the kept questions that are near, and the answer of the first that asks the same."""
        vector = None if request.history else _vector_of(request, deadline)
        if self._questions is None or vector is None:
            return replace(decision, not_compared=self._why_not_compared(request))
        try:
            nearest = self._questions.nearest(scope, decision.stamp, vector)
            compared = tuple(self._compared(request.query, kept) for kept in nearest)
            decision = replace(decision, compared=compared, not_compared=None)
            for each in compared:
                answer = self._answer_of(scope, each, counts=counts)
                if answer is not None:
                    return replace(decision, kept=answer, hit=CacheHit.SEMANTIC)
        except Unavailable:
            return replace(decision, answers=False, not_compared=NotCompared.UNAVAILABLE)
        return decision

    def _why_not_compared(self, request: SearchRequest) -> NotCompared:
        if self._questions is None:
            return NotCompared.OFF
        return NotCompared.CONVERSATION if request.history else NotCompared.NO_VECTOR

    def _answer_of(self, scope: TenantScope, compared: ComparedQuestion, *, counts: bool) -> AnswerWithPassages | None:
        if self._questions is None or not compared.verdict.same:
            return None
        return self._questions.take(scope, compared.kept) if counts else self._answers.get(compared.kept.answer_key)

    def _compared(self, question: str, kept: KeptQuestion) -> ComparedQuestion:
        return ComparedQuestion(kept, compare(question, kept.text, kept.cosine, self._min_cosine))

    def _empty(self, scope: TenantScope, request: SearchRequest, corpus_version: int) -> CacheDecision:
        """Return the decision before anything was looked for. Whoever reads in a tenant reads all of it: it is the
        access scope."""
        searched = [request.top_k, request.mode, request.filters or None]
        stamped = [scope.tenant_id, corpus_version, self._identity, *searched]
        asked = [*stamped, request.query, [[turn.role, turn.content] for turn in request.history]]
        key = f"answer:{{{scope.tenant_id.encode().hex()}}}:{_digest(asked)}"
        return CacheDecision(key, _digest(stamped), corpus_version, answers=True)


def _vector_of(request: SearchRequest, deadline: Deadline) -> Vector | None:
    """Return the question's vector, None where the search has none or the model does not answer."""
    if request.vector is None:
        return None
    try:
        return request.vector(deadline)
    except Unavailable:
        return None


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, sort_keys=True).encode()).hexdigest()
