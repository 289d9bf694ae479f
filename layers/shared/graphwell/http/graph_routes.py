"""GET /v1/graph/entities and GET /v1/graph/entities/{id}."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from graphwell.domain.graph.reading import MAX_QUERY_LENGTH, accept_query
from graphwell.http.access import GuardedRoute, ReaderScope
from graphwell.http.graph_models import EntityPageReply, EntityViewReply
from graphwell.http.request_context import deadline
from graphwell.runtime.container import Container

EntityId = Annotated[str, Path(max_length=128)]
Cursor = Annotated[str | None, Query(max_length=2048)]
Limit = Annotated[int, Query(ge=1, le=100)]
NameQuery = Annotated[
    str | None,
    Query(
        description="Words of a name; without it the names that most passages of the newest documents mention.",
        json_schema_extra={"maxLength": MAX_QUERY_LENGTH},
    ),
]


def graph_router(container: Container) -> APIRouter:
    """Return the routes over the entity graph; they block, as those of `search_router` do."""
    router = APIRouter(prefix="/v1/graph", tags=["graph"], route_class=GuardedRoute)

    @router.get("/entities", response_model=EntityPageReply, summary="Find names in the entity graph")
    async def find(
        scope: ReaderScope, request: Request, query: NameQuery = None, cursor: Cursor = None, limit: Limit = 20
    ) -> Any:
        asked, until = accept_query(query), deadline(request)
        return asdict(container.of(scope).graph_reader.find(scope, asked, until, cursor=cursor, limit=limit))

    @router.get("/entities/{entity_id}", response_model=EntityViewReply, summary="Read an entity and what is around it")
    async def read(
        entity_id: EntityId, scope: ReaderScope, request: Request, cursor: Cursor = None, limit: Limit = 20
    ) -> Any:
        reader = container.of(scope).graph_reader
        found = asdict(reader.read(scope, entity_id, deadline(request), cursor=cursor, limit=limit))
        return {**found.pop("entity"), **found}

    return router
