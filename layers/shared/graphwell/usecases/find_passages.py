"""Find passages for a question in a conversation: stand it alone, search, and rank what was found anew."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from graphwell.domain.conversation import accept_history, in_words_of
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import MAX_QUESTION_LENGTH, Passage
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import QuestionRewriter, Reranker
from graphwell.usecases.search import Search, SearchRequest, SearchResult

RERANK_DEPTH = 50
"""Passages that a reranker is given at least: it can only bring up what it sees."""


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
        began = time.perf_counter()
        question, degraded = self._stand_alone(request, deadline)
        rewritten = time.perf_counter()
        wanted = max(request.top_k, RERANK_DEPTH) if self._reranker else request.top_k
        found = self._search(scope, replace(request, query=question, history=(), top_k=wanted), deadline)
        timings_ms = dict(found.timings_ms)
        if request.history:
            timings_ms["stand_alone"] = _ms(rewritten - began)
        passages = found.passages
        if self._reranker:
            searched = time.perf_counter()
            passages, ranked = self._ranked(question, passages, deadline)
            timings_ms["rerank"] = _ms(time.perf_counter() - searched)
            degraded += () if ranked else ("rerank",)
        if len(timings_ms) > len(found.timings_ms):
            timings_ms["total"] = _ms(time.perf_counter() - began)
        return SearchResult(passages[: request.top_k], timings_ms, (*degraded, *found.degraded), question)

    def _stand_alone(self, request: SearchRequest, deadline: Deadline) -> tuple[str, tuple[str, ...]]:
        if not request.history:
            return request.query, ()
        question = accept_text(request.query, request.field, max_length=MAX_QUESTION_LENGTH)
        history = accept_history(request.history)
        if self._rewriter is None:
            return in_words_of(question, history), ()
        try:
            return self._rewriter.stand_alone(question, history, deadline), ()
        except Unavailable:
            return in_words_of(question, history), ("llm",)

    def _ranked(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> tuple[Sequence[Passage], bool]:
        """Return the passages in the reranker's order, and whether it gave one."""
        if self._reranker is None or not passages:
            return passages, True
        try:
            return self._reranker.rerank(question, passages, deadline), True
        except Unavailable:
            return passages, False


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
