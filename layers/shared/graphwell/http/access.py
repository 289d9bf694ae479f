"""The one place where a route's role and tenant are decided."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute

from graphwell.domain.identity import Role
from graphwell.domain.tenancy import TenantScope
from graphwell.http.request_context import principal
from graphwell.runtime.audit import record_cross_tenant_access


class RequireRole:
    """Dependency that gives a route its tenant's scope, or refuses the caller.

    Parameters:
        role: the least role that the route asks for.
    """

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(
        self, request: Request, x_tenant_id: Annotated[str | None, Header(max_length=64)] = None
    ) -> TenantScope:
        """Return the scope of the request; `X-Tenant-Id` names another tenant than the token's.

        What a platform administrator does in another tenant is written to the audit log first.
        """
        caller = principal(request)
        scope = caller.authorize(self.role, requested_tenant=x_tenant_id)
        if caller.reaches_as_platform_admin(scope):
            route = request.scope["route"].path
            record_cross_tenant_access(caller, scope, method=request.method, route=route)
        return scope


ReaderScope = Annotated[TenantScope, Depends(RequireRole(Role.READER))]
EditorScope = Annotated[TenantScope, Depends(RequireRole(Role.EDITOR))]
AdminScope = Annotated[TenantScope, Depends(RequireRole(Role.ADMIN))]


def refuse_undeclared_roles(routes: list[APIRoute]) -> None:
    """Make sure that every route declares a role; run when an application is put together.

    Raises:
        RuntimeError: a route declares none, so it would be open to anyone.
    """
    for route in routes:
        calls = [dependency.call for dependency in route.dependant.dependencies]
        if not any(isinstance(call, RequireRole) for call in calls):
            raise RuntimeError(f"{route.path} declares no role; add one of graphwell.http.access's scopes.")
