"""Who calls, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from graphwell.domain.errors import Forbidden
from graphwell.domain.tenancy import TenantScope


class Role(StrEnum):
    """Roles from least to most; each includes those before it, within a tenant."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"
    PLATFORM_ADMIN = "platform_admin"


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller.

    Parameters:
        subject: the issuer's id of the user or machine.
        tenant_id: the tenant that the token names as home.
        roles: roles in the home tenant.
        expires_at: when the token ends, aware UTC.
        tenants: roles in further tenants, as the token's `tenants` map says.
    """

    subject: str
    tenant_id: str
    roles: frozenset[Role]
    expires_at: datetime
    tenants: Mapping[str, Role] = field(default_factory=dict)

    def authorize(self, required: Role, *, requested_tenant: str | None = None) -> TenantScope:
        """Return the scope of the request, or refuse it.

        Parameters:
            required: the least role that the route asks for.
            requested_tenant: the tenant that the request names, None for the home tenant.

        Raises:
            Forbidden: the principal has no access to that tenant, or too small a role there.
        """
        tenant_id = self.tenant_id if requested_tenant is None else requested_tenant
        held = self._roles_in(tenant_id)
        if not held:
            raise Forbidden("This identity has no access to that tenant; use the tenant of the token.")
        if max(_RANK[role] for role in held) < _RANK[required]:
            raise Forbidden(f"This route needs the role {required.value}; ask an administrator of the tenant for it.")
        return TenantScope(tenant_id)

    def reaches_as_platform_admin(self, scope: TenantScope) -> bool:
        """Tell whether this is a platform administrator in a tenant that is not the home tenant."""
        return Role.PLATFORM_ADMIN in self.roles and scope.tenant_id != self.tenant_id

    def _roles_in(self, tenant_id: str) -> frozenset[Role]:
        if tenant_id == self.tenant_id:
            return self.roles
        granted = self.tenants.get(tenant_id)
        everywhere = self.roles & {Role.PLATFORM_ADMIN}
        return everywhere | ({granted} if granted else frozenset())
