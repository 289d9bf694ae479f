"""The one place where a route's role, tenant and rate are decided."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from starlette.routing import BaseRoute

from graphwell.domain.errors import InvalidInput, RateLimited
from graphwell.domain.identity import Principal, Role
from graphwell.domain.rate_limits import RateClass, RateVerdict
from graphwell.domain.tenancy import TenantScope
from graphwell.http.request_context import principal
from graphwell.http.strict_json import StrictJsonRoute
from graphwell.runtime.audit import record_cross_tenant_access
from graphwell.runtime.measures import record_rate_limited
from graphwell.runtime.reply_headers import add_reply_headers

RefuseErased = Callable[[TenantScope], None]
"""Raises `Conflict` for a tenant that is being erased."""

LimitRate = Callable[[Principal, RateClass], RateVerdict | None]
"""Counts a request; None where limits are off."""

TENANT_PARAMETER = "tenant_id"
"""Name of the path parameter of routes about a tenant; it names the tenant as `X-Tenant-Id` does elsewhere."""


class RequireRole:
    """Dependency that gives a route its tenant's scope, or refuses the caller.

    Parameters:
        role: the least role that the route asks for.
        rate_class: what a request of the route costs.
        while_erased: whether the route answers while its tenant is being erased; routes about tenants do anyway.
    """

    def __init__(self, role: Role, rate_class: RateClass = RateClass.STANDARD, *, while_erased: bool = False) -> None:
        self.role = role
        self.rate_class = rate_class
        self.while_erased = while_erased

    async def __call__(
        self, request: Request, x_tenant_id: Annotated[str | None, Header(max_length=64)] = None
    ) -> TenantScope:
        """Return the scope of the request; `X-Tenant-Id` or the path names another tenant than the token's.

        What a platform administrator does in another tenant is written to the audit log first.
        """
        caller = principal(request)
        scope = caller.authorize(self.role, requested_tenant=_requested_tenant(request, x_tenant_id))
        if caller.reaches_as_platform_admin(scope):
            route = request.scope["route"].path
            record_cross_tenant_access(caller, scope, method=request.method, route=route)
        if not self.while_erased and TENANT_PARAMETER not in request.path_params:
            refuse_erased: RefuseErased = request.app.state.refuse_erased
            refuse_erased(scope)
        return scope


class GuardedRoute(StrictJsonRoute):
    """A route that knows its caller and counts the request before it reads the body.

    What is refused for its role or its input counts as well, so nobody tries out tenants faster than they may use their
    own.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, behind the caller's limits."""
        handler, required = super().get_route_handler(), required_role(self)

        async def counted(request: Request) -> Response:
            if required is not None:
                _limit_rate(request, required.rate_class)
            return await handler(request)

        return counted


def required_role(route: BaseRoute) -> RequireRole | None:
    """Return what a route asks of its caller; None when it asks nothing, or is of a kind that cannot be guarded."""
    if not isinstance(route, GuardedRoute):
        return None
    return next((each.call for each in route.dependant.dependencies if isinstance(each.call, RequireRole)), None)


def _limit_rate(request: Request, rate_class: RateClass) -> None:
    limit_rate: LimitRate = request.app.state.limit_rate
    verdict = limit_rate(principal(request), rate_class)
    if verdict is None:
        return
    request.state.missing_parts = ("limits",) if verdict.is_partial else ()
    add_reply_headers(request.scope, _rate_headers(verdict))
    if not verdict.allowed:
        record_rate_limited()
        raise RateLimited(
            f"Too many requests; send the next one in {verdict.reset_s} s.", retry_after_s=verdict.reset_s
        )


def missing_parts(request: Request) -> tuple[str, ...]:
    """Return the parts that were missing when a request's access was decided."""
    found: tuple[str, ...] = getattr(request.state, "missing_parts", ())
    return found


def _requested_tenant(request: Request, header: str | None) -> str | None:
    in_path: str | None = request.path_params.get(TENANT_PARAMETER)
    if header is not None and in_path is not None and header != in_path:
        raise InvalidInput("X-Tenant-Id", "The header names another tenant than the path; leave the header out.")
    return header if in_path is None else in_path


def _rate_headers(verdict: RateVerdict) -> dict[str, str]:
    """Return the fields of draft-ietf-httpapi-ratelimit-headers-06."""
    return {
        "RateLimit-Limit": str(verdict.limit),
        "RateLimit-Remaining": str(verdict.remaining),
        "RateLimit-Reset": str(verdict.reset_s),
        "RateLimit-Policy": ", ".join(f"{window.limit};w={window.seconds}" for window in verdict.policy),
    }


ReaderScope = Annotated[TenantScope, Depends(RequireRole(Role.READER))]
FollowerScope = Annotated[TenantScope, Depends(RequireRole(Role.READER, while_erased=True))]
"""Of readers, on routes by which an erase is followed."""
EditorScope = Annotated[TenantScope, Depends(RequireRole(Role.EDITOR))]
AdminScope = Annotated[TenantScope, Depends(RequireRole(Role.ADMIN))]
PlatformAdminScope = Annotated[TenantScope, Depends(RequireRole(Role.PLATFORM_ADMIN))]
AskingScope = Annotated[TenantScope, Depends(RequireRole(Role.READER, RateClass.MODEL))]
"""Of readers, on routes that may call a language model."""


def refuse_undeclared_roles(routes: Iterable[BaseRoute]) -> None:
    """Make sure that every route declares a role; run when an application is put together.

    Raises:
        RuntimeError: a route declares none, so it would be open to anyone, or is of a kind that cannot declare one.
    """
    for route in routes:
        if required_role(route) is None:
            raise RuntimeError(f"{route} declares no role; give a GuardedRoute one of graphwell.http.access's scopes.")
