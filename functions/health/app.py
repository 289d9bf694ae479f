"""GET /v1/health and GET /v1/health/ready, without an authorizer."""

from graphwell.http.app import create_app
from graphwell.http.health_routes import health_router
from graphwell.runtime.container import Container
from graphwell.runtime.lambda_http import http_handler

handler = http_handler(create_app(public=[health_router(Container())]))
