"""POST /v1/search, POST /v1/query, POST /v1/agent, POST /v1/debug/search, and the entity graph."""

from graphwell.http.agent_routes import agent_router
from graphwell.http.app import create_app
from graphwell.http.debug_routes import debug_router
from graphwell.http.graph_routes import graph_router
from graphwell.http.search_routes import search_router
from graphwell.runtime.container import Container
from graphwell.runtime.lambda_http import http_handler

container = Container()
handler = http_handler(
    create_app(
        guarded=[search_router(container), agent_router(container), debug_router(container), graph_router(container)],
        limit_rate=container.limit_rate,
        refuse_erased=container.refuse_erased,
    ),
    tracer=container.tracer,
)
