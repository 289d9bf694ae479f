"""The audit log: who reached into a tenant that is not their own. It names people, tenants and routes, never text."""

from __future__ import annotations

from graphwell.domain.identity import Principal
from graphwell.domain.tenancy import TenantScope
from graphwell.runtime.observability import logger

EVENT = "cross-tenant access"
"""Message of every audit line; find them all by it."""


def record_cross_tenant_access(caller: Principal, scope: TenantScope, *, method: str, route: str) -> None:
    """Write one line before the request does anything.

    It is a warning, which every log level that template.yaml offers lets through.

    Parameters:
        route: the route's template, such as /v1/documents/{document_id}, so that no id gets into the log.
    """
    logger.warning(
        EVENT,
        extra={
            "audit": {
                "subject": caller.subject,
                "home_tenant": caller.tenant_id,
                "tenant": scope.tenant_id,
                "method": method,
                "route": route,
            }
        },
    )
