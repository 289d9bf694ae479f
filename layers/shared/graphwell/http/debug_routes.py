"""POST /v1/debug/search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request

from graphwell.domain.fusion import LEXICAL_SHARE
from graphwell.http.access import AdminScope, GuardedRoute
from graphwell.http.debug_models import DebugSearchReply
from graphwell.http.models import SearchBody
from graphwell.http.request_context import deadline, request_id
from graphwell.http.search_routes import search_request
from graphwell.runtime.container import Container
from graphwell.usecases.explain_search import ExplainedCandidate, Explanation

_BEGINNING_LENGTH = 200
_WEIGHTS = {"similarity_z": 1 - LEXICAL_SHARE, "bm25_z": LEXICAL_SHARE, "title_evidence": 1.0, "repetition": 1.0}


def debug_router(container: Container) -> APIRouter:
    """Return the routes that explain."""
    router = APIRouter(prefix="/v1/debug", tags=["debug"], route_class=GuardedRoute)

    @router.post("/search", response_model=DebugSearchReply, summary="Explain a search")
    def search(body: SearchBody, scope: AdminScope, request: Request) -> Any:
        explanation = container.explain_search(scope, search_request(body), deadline(request))
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
        "weights": _WEIGHTS,
        "candidates": [_candidate(candidate) for candidate in explanation.candidates],
        "passages": [asdict(passage) for passage in found.passages[: trace.request.top_k]],
        "context": {"read": [passage.chunk_id for passage in trace.read]},
        "cache": {
            "hit": trace.cache.hit,
            "key": trace.cache.key,
            "corpus_version": trace.cache.corpus_version,
            "answers": trace.cache.answers,
        },
        "prompt": {"answerer": trace.answerer, "messages": [asdict(message) for message in trace.prompt]},
        "timings_ms": found.timings_ms,
        "degraded": [*([] if trace.cache.answers else ["cache"]), *found.degraded],
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


def _candidate(candidate: ExplainedCandidate) -> dict[str, Any]:
    passage = candidate.passage
    parts = asdict(candidate)
    del parts["passage"]
    return {
        **parts,
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "title": passage.title,
        "beginning": passage.text[:_BEGINNING_LENGTH],
    }
