"""Documents, uploads, jobs and tenants' settings under /v1."""

from graphwell.http.app import create_app
from graphwell.http.document_routes import document_router
from graphwell.http.job_routes import job_router
from graphwell.http.tenant_routes import tenant_router
from graphwell.runtime.container import Container
from graphwell.runtime.lambda_http import http_handler

container = Container()
routers = [document_router(container), job_router(container), tenant_router(container)]
handler = http_handler(
    create_app(guarded=routers, limit_rate=container.limit_rate, refuse_erased=container.refuse_erased),
    tracer=container.tracer,
)
