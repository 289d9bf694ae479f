"""Find passages for a question in a conversation: stand it alone, search, and rank what was found anew."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from graphwell.domain.conversation import accept_history, in_words_of
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Passage
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import QuestionRewriter, Reranker
from graphwell.usecases.search import Search, SearchRequest, SearchResult, SearchTrace
from graphwell.usecases.timing import in_ms

RERANK_DEPTH = 50
"""Passages that a reranker is given at least: it can only bring up what it sees."""


class Wording(StrEnum):
    """Whose words are searched for."""

    ASKER = "asker"
    MODEL = "model"
    HISTORY = "history"
    """The asker's, with those of the question before it where it leans back."""


@dataclass(frozen=True, slots=True)
class FoundTrace:
    """What led to a question's passages: its wording, the search, and a reranker's order, None where none gave one."""

    wording: Wording
    search: SearchTrace
    reranked: Sequence[Passage] | None
    result: SearchResult


class FindPassages:
    """The search as routes and answers use it. A question without history, and no reranker, is a search and no more.

    Parameters:
        rewriter: makes a question stand alone; None leaves that to the words of the turns before it.
        reranker: ranks the passages found; None keeps the order of the search.
    """

    def __init__(self, search: Search, *, rewriter: QuestionRewriter | None, reranker: Reranker | None) -> None:
        self.identity = "|".join(part.identity for part in (rewriter, reranker) if part)
        self._search = search
        self._rewriter = rewriter
        self._reranker = reranker

    def __call__(self, scope: TenantScope, request: SearchRequest, deadline: Deadline) -> SearchResult:
        """Return the best passages; `SearchResult.question` is what was searched for.

        Raises:
            InvalidInput: question or history is not acceptable text.
            Unavailable: see `Search`.
        """
        return self.traced(scope, request, deadline).result

    def traced(
        self, scope: TenantScope, request: SearchRequest, deadline: Deadline, *, ask_rewriter: bool = True
    ) -> FoundTrace:
        """Return what led to the passages; the same is done, and raised, as when it is called.

        Parameters:
            ask_rewriter: whether a rewriter words the question, which may call a language model.
        """
        began = time.perf_counter()
        question, wording, degraded = self._stand_alone(request, deadline, self._rewriter if ask_rewriter else None)
        rewritten = time.perf_counter()
        wanted = max(request.top_k, RERANK_DEPTH) if self._reranker else request.top_k
        search = self._search.traced(scope, replace(request, query=question, history=(), top_k=wanted), deadline)
        found = search.result
        timings_ms = dict(found.timings_ms)
        if request.history:
            timings_ms["stand_alone"] = in_ms(rewritten - began)
        reranked = None
        if self._reranker:
            searched = time.perf_counter()
            reranked = self._reranked(question, found.passages, deadline)
            timings_ms["rerank"] = in_ms(time.perf_counter() - searched)
            degraded += () if reranked is not None else ("rerank",)
        passages = found.passages if reranked is None else reranked
        if len(timings_ms) > len(found.timings_ms):
            timings_ms["total"] = in_ms(time.perf_counter() - began)
        degraded += tuple(found.degraded)
        result = SearchResult(passages[: request.top_k], timings_ms, degraded, question, found.standing)
        return FoundTrace(wording, search, reranked, result)

    def _stand_alone(
        self, request: SearchRequest, deadline: Deadline, rewriter: QuestionRewriter | None
    ) -> tuple[str, Wording, tuple[str, ...]]:
        """Return the question to search for, whose words it is in, and what was missing."""
        if not request.history:
            return request.query, Wording.ASKER, ()
        question = accept_text(request.query, request.field, max_length=MAX_QUESTION_LENGTH)
        history = accept_history(request.history)
        if rewriter is None:
            return in_words_of(question, history), Wording.HISTORY, ()
        try:
            return rewriter.stand_alone(question, history, deadline), Wording.MODEL, ()
        except Unavailable:
            return in_words_of(question, history), Wording.HISTORY, ("llm",)

    def _reranked(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> Sequence[Passage] | None:
        """Return the passages in the reranker's order; None when it gives none."""
        if self._reranker is None or not passages:
            return passages
        try:
            return self._reranker.rerank(question, passages, deadline)
        except Unavailable:
            return None
