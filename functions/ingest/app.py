"""Documents, uploads and jobs under /v1."""

from graphwell.http.app import create_app
from graphwell.http.document_routes import document_router
from graphwell.http.job_routes import job_router
from graphwell.runtime.container import Container
from graphwell.runtime.lambda_http import http_handler

container = Container()
handler = http_handler(create_app(guarded=[document_router(container), job_router(container)]))
