"""POST /v1/search and POST /v1/query."""

from graphwell.http.app import create_app
from graphwell.http.search_routes import search_router
from graphwell.runtime.container import Container
from graphwell.runtime.lambda_http import http_handler

container = Container()
handler = http_handler(
    create_app(
        guarded=[search_router(container)], limit_rate=container.limit_rate, refuse_erased=container.refuse_erased
    )
)
