"""POST /v1/query/stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import Passage
from graphwell.http.access import AskingScope, GuardedRoute
from graphwell.http.event_stream import EventStream, TellEvent
from graphwell.http.request_context import deadline
from graphwell.http.search_models import DeltaEvent, PassagesEvent, QueryBody, QueryReply
from graphwell.http.search_routes import query_reply, query_request
from graphwell.runtime.container import Container


def stream_router(container: Container) -> APIRouter:
    """Return the route that answers as `POST /v1/query` does, in parts."""
    router = APIRouter(prefix="/v1", tags=["search"], route_class=GuardedRoute)

    @router.post("/query/stream", response_class=EventStream, status_code=200, summary="Answer a question in parts")
    async def stream(body: QueryBody, scope: AskingScope, request: Request) -> Response:
        def answer(tell: TellEvent, until: Deadline) -> None:
            answered = container.of(scope).answer_question(scope, query_request(body), until, _Teller(tell))
            tell("answer", QueryReply.model_validate(query_reply(request, answered)).model_dump(mode="json"))

        return EventStream(answer, deadline(request))

    return router


class _Teller:
    """The `Audience` that tells events: `passages` once, then each part of the text as a `delta`."""

    def __init__(self, tell: TellEvent) -> None:
        self._tell = tell

    def see(self, passages: Sequence[Passage]) -> None:
        event = PassagesEvent.model_validate({"passages": [asdict(passage) for passage in passages]})
        self._tell("passages", event.model_dump(mode="json"))

    def hear(self, text: str) -> None:
        self._tell("delta", DeltaEvent(text=text).model_dump())
