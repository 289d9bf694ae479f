"""Liveness and readiness: public and terse; the parts are shown to administrators only."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from graphwell.domain.errors import Forbidden, Unauthenticated, Unavailable
from graphwell.domain.identity import Role
from graphwell.http.health_models import HealthReply, ReadinessReply
from graphwell.runtime.container import Container
from graphwell.usecases.check_health import HealthStatus


def health_router(container: Container) -> APIRouter:
    """Return the health routes, the only ones without an authorizer."""
    router = APIRouter(prefix="/v1/health", tags=["health"])

    @router.get("", response_model=HealthReply, summary="Liveness")
    def live() -> Any:
        return {"status": "healthy"}

    @router.get("/ready", response_model=ReadinessReply, response_model_exclude_none=True, summary="Readiness")
    def ready(response: Response, authorization: Annotated[str, Header(max_length=8300)] = "") -> Any:
        report = container.check_health()
        if report.status is HealthStatus.UNHEALTHY:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        if not _is_admin(container, authorization):
            return {"status": report.status}
        return {"status": report.status, "checks": {name: asdict(check) for name, check in report.checks.items()}}

    return router


def _is_admin(container: Container, authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    try:
        container.verify_token(token).authorize(Role.ADMIN)
    except (Unauthenticated, Forbidden, Unavailable):
        return False
    return True
