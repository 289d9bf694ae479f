"""POST /v1/query/stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import Passage
from graphwell.http.access import AskingScope, GuardedRoute
from graphwell.http.event_stream import EventStream, TellEvent
from graphwell.http.models import PassageReply, QueryBody, QueryReply
from graphwell.http.request_context import deadline
from graphwell.http.search_routes import query_reply, query_request
from graphwell.runtime.container import Container


def stream_router(container: Container) -> APIRouter:
    """Return the route that answers as `POST /v1/query` does, in parts."""
    router = APIRouter(prefix="/v1", tags=["search"], route_class=GuardedRoute)

    @router.post("/query/stream", response_class=EventStream, summary="Answer a question in parts")
    async def stream(body: QueryBody, scope: AskingScope, request: Request) -> Response:
        def answer(tell: TellEvent, until: Deadline) -> None:
            answered = container.answer_question(scope, query_request(body), until, _Teller(tell))
            # As the buffered route sends it: through the model, which names and orders the fields.
            tell("answer", QueryReply.model_validate(query_reply(request, answered)).model_dump(mode="json"))

        return EventStream(answer, deadline(request))

    return router


class _Teller:
    """The `Audience` that tells events: `passages` once, then each part of the text as a `delta`."""

    def __init__(self, tell: TellEvent) -> None:
        self._tell = tell

    def see(self, passages: Sequence[Passage]) -> None:
        self._tell("passages", {"passages": [_shown(passage) for passage in passages]})

    def hear(self, text: str) -> None:
        self._tell("delta", {"text": text})


def _shown(passage: Passage) -> dict[str, object]:
    return PassageReply.model_validate(asdict(passage)).model_dump(mode="json")
