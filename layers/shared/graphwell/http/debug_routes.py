"""POST /v1/debug/search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from graphwell.domain.context import BUDGET_TOKENS, estimated_tokens
from graphwell.domain.fusion import LEXICAL_SHARE
from graphwell.http.access import AdminScope, GuardedRoute
from graphwell.http.debug_models import DebugSearchReply
from graphwell.http.request_context import deadline, request_id
from graphwell.http.search_models import SearchBody
from graphwell.http.search_routes import search_request
from graphwell.runtime.container import Container
from graphwell.usecases.answer_question import AnswerTrace
from graphwell.usecases.explain_search import ExplainedCandidate, Explanation
from graphwell.usecases.kept_answers import ComparedQuestion

if TYPE_CHECKING:
    from graphwell.domain.graph.walk import Path

_BEGINNING_LENGTH = 200
_WEIGHTS = {
    "similarity_z": 1 - LEXICAL_SHARE,
    "bm25_z": LEXICAL_SHARE,
    "title_evidence": 1.0,
    "repetition": 1.0,
    "path_evidence": 1.0,
}


def debug_router(container: Container) -> APIRouter:
    """Return the routes that explain."""
    router = APIRouter(prefix="/v1/debug", tags=["debug"], route_class=GuardedRoute)

    @router.post("/search", response_model=DebugSearchReply, summary="Explain a search")
    def search(body: SearchBody, scope: AdminScope, request: Request) -> Any:
        explanation = container.of(scope).explain_search(scope, search_request(body), deadline(request))
        return {**_stages(explanation), "request_id": request_id(request)}

    return router


def _stages(explanation: Explanation) -> dict[str, Any]:
    trace = explanation.trace
    found = trace.found.result
    return {
        "question": {"asked": trace.request.query, "searched": found.question, "wording": trace.found.wording},
        "mode": trace.request.mode,
        "top_k": trace.request.top_k,
        "filters": trace.request.filters or {},
        "legs": _legs(explanation),
        "walk": _walk(trace),
        "weights": _WEIGHTS,
        "candidates": [_candidate(candidate) for candidate in explanation.candidates],
        "passages": [asdict(passage) for passage in found.passages[: trace.request.top_k]],
        "context": _context(trace),
        "cache": {
            "hit": trace.cache.hit,
            "key": trace.cache.key,
            "corpus_version": trace.cache.corpus_version,
            "answers": trace.cache.answers,
            "compared": [_compared(each) for each in trace.cache.compared],
            "not_compared": trace.cache.not_compared,
        },
        "prompt": {"answerer": trace.answerer, "messages": [asdict(message) for message in trace.prompt]},
        "timings_ms": found.timings_ms,
        "degraded": [*([] if trace.cache.answers else ["cache"]), *found.degraded],
    }


def _compared(compared: ComparedQuestion) -> dict[str, Any]:
    return {"question": compared.kept.text, "cosine": compared.kept.cosine, **asdict(compared.verdict)}


def _context(trace: AnswerTrace) -> dict[str, Any]:
    context = trace.context
    return {
        "read": [passage.chunk_id for passage in trace.read],
        "blocks": [
            {
                "number": number,
                "chunk_ids": [part.chunk_id for part in block.parts],
                "document_id": block.parts[0].document_id,
                "start": block.parts[0].start,
                "end": block.parts[-1].end,
            }
            for number, block in enumerate(context.blocks, start=1)
        ],
        "dropped": [{"chunk_id": passage.chunk_id, "reason": reason} for passage, reason in context.dropped],
        "tokens": sum(estimated_tokens(passage.title) + estimated_tokens(passage.text) for passage in context.passages),
        "budget_tokens": BUDGET_TOKENS,
        "standing": context.standing,
    }


def _legs(explanation: Explanation) -> dict[str, Mapping[str, Any]]:
    return {
        leg: {
            **asdict(report),
            "alone_ms": explanation.leg_ms[leg],
            "hits": [
                {"rank": hit.rank, "chunk_id": hit.passage.chunk_id, "similarity": hit.similarity}
                for hit in explanation.hits[leg]
            ],
        }
        for leg, report in explanation.trace.found.search.reply.legs.items()
    }


def _walk(trace: AnswerTrace) -> dict[str, Any] | None:
    walk = trace.found.search.walk
    if walk is None:
        return None
    return {
        "starts": [asdict(start) for start in walk.starts],
        "reached": sum(path.bridge is not None for path in walk.paths.values()),
        "added": len(walk.added),
    }


def _candidate(candidate: ExplainedCandidate) -> dict[str, Any]:
    passage = candidate.passage
    parts = asdict(candidate)
    del parts["passage"]
    return {
        **parts,
        "path": candidate.path and _path(candidate.path),
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "title": passage.title,
        "beginning": passage.text[:_BEGINNING_LENGTH],
    }


def _path(path: Path) -> dict[str, Any]:
    bridge = path.bridge
    return {
        "strength": path.strength,
        "start": path.start,
        "entity": bridge and bridge.name,
        "holders": bridge and bridge.holders,
    }
