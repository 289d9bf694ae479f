"""What administrators read and set about a tenant, and its erase."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from graphwell.domain.erasure import Erasure
from graphwell.domain.identity import Role
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.http.access import AdminScope, GuardedRoute, PlatformAdminScope
from graphwell.http.dry_run import DryRun, dry_run_reply
from graphwell.http.job_models import DryRunReply, EraseReply
from graphwell.http.request_context import deadline, principal
from graphwell.http.tenant_models import StatisticsReply, TenantBody, TenantReply
from graphwell.ports import Declaration
from graphwell.runtime.container import Container

# ruff: noqa: ARG001  # each route declares the tenant's id for the OpenAPI document, and takes the scope

TenantId = Annotated[str, Path(description="The tenant; `X-Tenant-Id` is not needed beside it.")]


def tenant_router(container: Container) -> APIRouter:
    """Return the routes over tenants; the path's tenant is checked with the role, in `RequireRole`."""
    router = APIRouter(prefix="/v1/tenants", tags=["tenants"], route_class=GuardedRoute)

    @router.get("/{tenant_id}", response_model=TenantReply, summary="Read a tenant's settings")
    def read(tenant_id: TenantId, scope: AdminScope) -> Any:
        limits = container.of(scope).tenant_settings.limits(scope) or RateLimits()
        return _settings(scope, limits, container.of(scope).metadata_keys.declared(scope))

    @router.put("/{tenant_id}", response_model=TenantReply, summary="Set a tenant's settings, all of them")
    def write(tenant_id: TenantId, body: TenantBody, scope: PlatformAdminScope, request: Request) -> Any:
        limits = RateLimits(**body.limits.model_dump())
        declaration = container.of(scope).declare_metadata_keys(scope, body.metadata_keys, deadline(request))
        container.of(scope).tenant_settings.set_limits(scope, limits)
        return _settings(scope, limits, declaration)

    @router.get("/{tenant_id}/stats", response_model=StatisticsReply, summary="Count what a tenant holds")
    def stats(tenant_id: TenantId, scope: AdminScope) -> Any:
        return {"id": scope.tenant_id, **asdict(container.of(scope).tenant_statistics(scope))}

    @router.delete(
        "/{tenant_id}",
        status_code=HTTPStatus.ACCEPTED,
        response_model=EraseReply,
        responses={HTTPStatus.OK: {"model": DryRunReply, "description": "What would go, with dry_run"}},
        summary="Erase everything of a tenant",
    )
    def erase(tenant_id: TenantId, scope: AdminScope, request: Request, *, dry_run: DryRun = False) -> Any:
        if dry_run:
            return dry_run_reply(container.of(scope).start_erase.preview(scope))
        # What the platform has set for a tenant is not the tenant's to shake off.
        erasure = container.of(scope).start_erase(scope, with_limits=Role.PLATFORM_ADMIN in principal(request).roles)
        return {"job_id": erasure.id, "status": erasure.status, "counts": erasure.before}

    return router


def erase_job(erasure: Erasure) -> dict[str, Any]:
    """Return an erase in the form of a job."""
    total = erasure.before.get("documents", 0)
    done = total if erasure.finished_at else 0
    return {
        "id": erasure.id,
        "status": erasure.status,
        "stalled": erasure.stalled(datetime.now(UTC)),
        "documents": {
            "total": total,
            "unchanged": 0,
            "pending": total - done,
            "done": done,
            "failed": 0,
            "cancelled": 0,
        },
        "chunks": {"total": 0, "embedded": 0},
        "errors": [],
        "created_at": erasure.started_at,
        "moved_at": erasure.finished_at or erasure.started_at,
        "finished_at": erasure.finished_at,
        "erased": {"before": erasure.before, "after": erasure.after},
    }


def _settings(scope: TenantScope, limits: RateLimits, declaration: Declaration) -> dict[str, Any]:
    return {
        "id": scope.tenant_id,
        "limits": asdict(limits),
        "metadata_keys": declaration.types,
        "metadata_keys_applied": declaration.is_applied,
    }
