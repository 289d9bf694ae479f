"""Answer a question from the tenant's documents, with citations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from graphwell.domain.conversation import accept_history
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Answer, AnswerWithPassages, Message, Passage
from graphwell.domain.reading import LOOK_AHEAD, passages_to_read, passages_to_show
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import AnswerCache, Answerer, PassageIndex
from graphwell.usecases.find_passages import FindPassages, FoundTrace
from graphwell.usecases.search import SearchRequest


class CacheHit(StrEnum):
    """How an answer was found in the cache."""

    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """An answer with its passages; `cache_hit` is None when it was made anew, `degraded` names the missing parts."""

    content: AnswerWithPassages
    cache_hit: CacheHit | None
    degraded: Sequence[str]


@dataclass(frozen=True, slots=True)
class CacheDecision:
    """What the cache has for a question.

    Parameters:
        key: under which an answer to exactly this lies.
        corpus_version: of the tenant at this moment, part of the key.
        answers: whether the cache itself answers.
        kept: what lies under the key.
    """

    key: str
    corpus_version: int
    answers: bool
    kept: AnswerWithPassages | None

    @property
    def hit(self) -> CacheHit | None:
        """How an answer was found."""
        return None if self.kept is None else CacheHit.EXACT


@dataclass(frozen=True, slots=True)
class AnswerTrace:
    """All that stands behind an answer, up to the answerer, which was not asked.

    Parameters:
        request: the question as it was accepted.
        read: the passages that the answer would be made of, best first.
        answerer: identity of who would make it.
        prompt: what a model would be sent; nothing where no model is asked.
    """

    request: SearchRequest
    cache: CacheDecision
    found: FoundTrace
    read: Sequence[Passage]
    answerer: str
    prompt: Sequence[Message]


class AnswerQuestion:
    """Searches, answers from the passages, and keeps the answer.

    A kept answer is found again only under the same corpus version, which is read from the graph for every
    question: no answer outlives a change to the tenant's documents, whatever happened to the cache meanwhile.

    Parameters:
        fallback: answers when the model behind `answerer` does not; None when `answerer` needs no model.
        identity: names what shapes the search, such as the embedding model; part of the key, as the answerer's own is.
    """

    def __init__(
        self,
        find_passages: FindPassages,
        index: PassageIndex,
        *,
        answerer: Answerer,
        fallback: Answerer | None,
        cache: AnswerCache,
        identity: str,
    ) -> None:
        self._find_passages = find_passages
        self._index = index
        self._answerer = answerer
        self._fallback = fallback
        self._cache = cache
        self._identity = f"{identity}|{answerer.identity}"

    def __call__(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> AnsweredQuestion:
        """Return the answer to a question.

        Raises:
            InvalidInput: the question is not acceptable text.
            Unavailable: the index does not answer: without it nothing can be proved fresh.
        """
        request = _accepted(request)
        cached = self._look_up(scope, request, deadline)
        if cached.kept is not None:
            return AnsweredQuestion(cached.kept, cached.hit, ())

        found = self._find_passages(scope, _looking_ahead(request), deadline)
        degraded = [*([] if cached.answers else ["cache"]), *found.degraded]
        read = passages_to_read(found.question, found.passages, request.top_k)
        answer, complete = self._answer(found.question, read, deadline)
        if not complete and "llm" not in degraded:
            degraded.append("llm")
        content = AnswerWithPassages(answer, passages_to_show(read, answer.citations, request.top_k))
        if not degraded:
            with suppress(Unavailable):  # the answer stands without being kept
                self._cache.put(scope, cached.key, cached.corpus_version, content)
        return AnsweredQuestion(content, None, tuple(degraded))

    def explain(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> AnswerTrace:
        """Return what stands behind the answer to a question; no language model is called and nothing is kept.

        Raises:
            InvalidInput: the question is not acceptable text.
            Unavailable: the index does not answer.
        """
        request = _accepted(request)
        cached = self._look_up(scope, request, deadline)
        found = self._find_passages.traced(scope, _looking_ahead(request), deadline, ask_rewriter=False)
        question, passages = found.result.question, found.result.passages
        read = passages_to_read(question, passages, request.top_k)
        prompt = self._answerer.prompt(question, read)
        return AnswerTrace(request, cached, found, read, self._answerer.identity, prompt)

    def _look_up(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> CacheDecision:
        corpus_version = self._index.corpus_version(scope, deadline)
        key = self._key(scope, request, corpus_version)
        try:
            return CacheDecision(key, corpus_version, answers=True, kept=self._cache.get(key))
        except Unavailable:
            return CacheDecision(key, corpus_version, answers=False, kept=None)

    def _answer(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> tuple[Answer, bool]:
        try:
            return self._answerer.answer(question, passages, deadline), True
        except Unavailable:
            if self._fallback is None:
                raise
            return self._fallback.answer(question, passages, deadline), False

    def _key(self, scope: TenantScope, request: SearchRequest, corpus_version: int) -> str:
        parts = [scope.tenant_id, corpus_version, self._identity, request.query, request.top_k, request.mode]
        parts += [[turn.role, turn.content] for turn in request.history]
        if request.filters:
            parts.append(sorted(request.filters.items()))
        digest = hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()
        return f"answer:{{{scope.tenant_id.encode().hex()}}}:{digest}"


def _accepted(request: SearchRequest) -> SearchRequest:
    """Return the request in the form that passages are kept in, where its words are found, composed or not."""
    question = accept_text(request.query, request.field, max_length=MAX_QUESTION_LENGTH)
    return replace(request, query=question, history=accept_history(request.history))


def _looking_ahead(request: SearchRequest) -> SearchRequest:
    return replace(request, top_k=request.top_k + LOOK_AHEAD)
