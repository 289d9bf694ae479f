"""Who may say who somebody is, and in which claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphwell.domain.errors import InvalidInput, Unauthenticated
from graphwell.domain.identity import Role
from graphwell.domain.tenancy import TenantScope

MAX_SUBJECT_LENGTH = 128
"""Of Firebase's user ids (firebase.google.com/docs/auth/admin/verify-id-tokens)."""

MAX_TENANTS = 64
"""Of a token's map: API Gateway limits what an authorizer hands on."""


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """The claims that hold tenant and roles. A name with dots is looked up whole first, then as a path."""

    tenant_id: str = "tenant_id"
    roles: str = "roles"
    tenants: str = "tenants"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer whose tokens are accepted.

    Parameters:
        issuer: the exact `iss`.
        audience: the exact `aud`.
        jwks_url: where its public keys are.
        claims: where it puts tenant and roles.
        role_names: its names of our roles; names it does not list count as they are.
        platform_admin: whether its tokens may hold the role that reaches every tenant.
        needs_auth_time: whether tokens must say when the user signed in, as Firebase's do.
        prefix: put before its subjects, so that equal ids of two issuers are two principals.
    """

    issuer: str
    audience: str
    jwks_url: str
    claims: ClaimNames = ClaimNames()
    role_names: Mapping[str, str] = field(default_factory=dict)
    platform_admin: bool = False
    needs_auth_time: bool = False
    prefix: str = ""

    def tenant_of(self, claims: Mapping[str, Any]) -> str:
        """Return the home tenant.

        Raises:
            Unauthenticated: the claim is missing or no tenant id.
        """
        return _tenant_id(_claim(claims, self.claims.tenant_id))

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """Return the roles in the home tenant.

        Raises:
            Unauthenticated: the claim is missing, no list, or names a role that does not exist or is not this issuer's.
        """
        named = _claim(claims, self.claims.roles)
        if not isinstance(named, list):
            raise Unauthenticated(f"The token's claim {self.claims.roles} must be a list of roles.")
        return frozenset(self._role(name, self.claims.roles) for name in named)

    def tenants_of(self, claims: Mapping[str, Any]) -> dict[str, Role]:
        """Return the roles in further tenants, none when the claim is absent.

        Raises:
            Unauthenticated: the claim is no map of tenants to roles, or has more than `MAX_TENANTS`.
        """
        named = _claim(claims, self.claims.tenants, required=False)
        if named is None:
            return {}
        if not isinstance(named, dict) or len(named) > MAX_TENANTS:
            detail = f"The token's claim {self.claims.tenants} must map at most {MAX_TENANTS} tenants to roles."
            raise Unauthenticated(detail)
        found = {_tenant_id(tenant): self._role(role, self.claims.tenants) for tenant, role in named.items()}
        if Role.PLATFORM_ADMIN in found.values():
            raise Unauthenticated(f"The token's claim {self.claims.tenants} cannot hold the role platform_admin.")
        return found

    def subject_of(self, claims: Mapping[str, Any]) -> str:
        """Return the id of the principal.

        Raises:
            Unauthenticated: `sub` is missing, empty, too long or no text.
        """
        subject = _claim(claims, "sub")
        if not isinstance(subject, str) or not subject.strip() or len(subject) > MAX_SUBJECT_LENGTH:
            raise Unauthenticated(f"The token's claim sub must be a text of 1 to {MAX_SUBJECT_LENGTH} characters.")
        if not subject.isprintable():
            raise Unauthenticated("The token's claim sub holds characters that cannot be shown.")
        return f"{self.prefix}{subject}"

    def _role(self, name: object, claim: str) -> Role:
        try:
            role = Role(self.role_names.get(name, name)) if isinstance(name, str) else None
        except ValueError:
            role = None
        if role is None:
            raise Unauthenticated(f"The token's claim {claim} names a role that does not exist; ask an administrator.")
        if role is Role.PLATFORM_ADMIN and not self.platform_admin:
            raise Unauthenticated("This issuer's tokens cannot hold the role platform_admin; ask the operator.")
        return role


def _tenant_id(value: object) -> str:
    try:
        if isinstance(value, str):
            return TenantScope(value).tenant_id
    except InvalidInput:
        pass
    raise Unauthenticated("The token names a tenant of a wrong form: 1 to 64 letters, digits, '-' or '_'.")


def _claim(claims: Mapping[str, Any], name: str, *, required: bool = True) -> Any:
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if found is None and required:
        raise Unauthenticated(f"The token lacks the claim {name}; ask an administrator to set it.")
    return found
