"""Verifies RS256 tokens against the issuer's published keys (Firebase in the cloud, the local stack's own here)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from graphwell.domain.errors import InvalidInput, Unauthenticated, Unavailable
from graphwell.domain.identity import Principal, Role
from graphwell.domain.tenancy import TenantScope

CLOCK_SKEW_S = 30
KEYS_LIFESPAN_S = 3600
KEYS_TIMEOUT_S = 3
MAX_TOKEN_LENGTH = 8192
"""Below API Gateway's limit for all headers together (10,240 bytes)."""


class JwtTokenVerifier:
    """Turns a bearer token into a principal.

    Parameters:
        issuer: the only accepted `iss`.
        audience: the only accepted `aud`.
        jwks_url: address of the public keys; fetched at first use and kept for an hour.
    """

    def __init__(self, issuer: str, audience: str, jwks_url: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = jwt.PyJWKClient(jwks_url, lifespan=KEYS_LIFESPAN_S, timeout=KEYS_TIMEOUT_S)

    def verify(self, token: str) -> Principal:
        """Return who the token speaks for.

        Raises:
            Unauthenticated: the token is not one of the issuer's, not for this audience, expired, or lacks a claim.
            Unavailable: the issuer's keys cannot be fetched.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated("The token is too long; send the issuer's ID token.")
        try:
            claims = jwt.decode(
                token,
                self._signing_key(token),
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=CLOCK_SKEW_S,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The token has expired; get a new one.") from error
        except jwt.PyJWTError as error:
            raise Unauthenticated("The token is not a valid ID token of this issuer; get a new one.") from error
        return principal_from_claims(claims)

    def _signing_key(self, token: str) -> Any:
        try:
            return self._keys.get_signing_key_from_jwt(token).key
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, OSError, ValueError) as error:
            # The last two come from a broken reply, such as a page of HTML; of a token they would be PyJWT's own.
            raise Unavailable("The issuer's keys cannot be fetched; try again shortly.") from error


def principal_from_claims(claims: Mapping[str, Any]) -> Principal:
    """Return the principal of verified claims: `sub`, `exp`, `tenant_id`, `roles`, and `tenants` when present.

    Raises:
        Unauthenticated: a claim is missing or has a wrong form.
    """
    try:
        subject, tenant_id, roles = claims["sub"], claims["tenant_id"], claims["roles"]
        if not (isinstance(subject, str) and subject and isinstance(tenant_id, str) and isinstance(roles, list)):
            raise Unauthenticated("The token's claims sub, tenant_id or roles have a wrong form.")
        return Principal(
            subject=subject,
            tenant_id=TenantScope(tenant_id).tenant_id,
            roles=frozenset(Role(role) for role in roles),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            tenants={TenantScope(name).tenant_id: Role(role) for name, role in claims.get("tenants", {}).items()},
        )
    except KeyError as error:
        raise Unauthenticated(f"The token lacks the claim {error.args[0]}; ask an administrator to set it.") from error
    except (ValueError, TypeError, AttributeError, OverflowError, OSError, InvalidInput) as error:
        raise Unauthenticated("The token's claims tenant_id, roles or tenants have a wrong form.") from error
