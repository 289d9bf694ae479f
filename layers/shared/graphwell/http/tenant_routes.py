"""What administrators read and set about a tenant."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path

from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.http.access import AdminScope, GuardedRoute, PlatformAdminScope
from graphwell.http.models import TenantBody, TenantReply
from graphwell.runtime.container import Container

TenantId = Annotated[str, Path(description="The tenant; `X-Tenant-Id` is not needed beside it.")]


def tenant_router(container: Container) -> APIRouter:
    """Return the routes over tenants; the path's tenant is checked with the role, in `RequireRole`."""
    router = APIRouter(prefix="/v1/tenants", tags=["tenants"], route_class=GuardedRoute)

    @router.get("/{tenant_id}", response_model=TenantReply, summary="Read a tenant's settings")
    def read(tenant_id: TenantId, scope: AdminScope) -> Any:  # noqa: ARG001  # declared for the OpenAPI document
        return _settings(scope, container.tenant_settings.limits(scope) or RateLimits())

    @router.put("/{tenant_id}", response_model=TenantReply, summary="Set a tenant's settings, all of them")
    def write(tenant_id: TenantId, body: TenantBody, scope: PlatformAdminScope) -> Any:  # noqa: ARG001  # as above
        limits = RateLimits(**body.limits.model_dump())
        container.tenant_settings.set_limits(scope, limits)
        return _settings(scope, limits)

    return router


def _settings(scope: TenantScope, limits: RateLimits) -> dict[str, Any]:
    return {"id": scope.tenant_id, "limits": asdict(limits)}
