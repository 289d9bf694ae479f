"""POST /v1/query/stream, served by uvicorn to Lambda Web Adapter; run.sh starts it."""

from graphwell.http.app import create_app
from graphwell.http.stream_routes import stream_router
from graphwell.runtime.container import Container
from graphwell.runtime.web_adapter import web_app

container = Container()
app = web_app(
    create_app(
        guarded=[stream_router(container)],
        limit_rate=container.limit_rate,
        refuse_erased=container.refuse_erased,
    ),
    tracer=container.tracer,
)
