"""Verifies RS256 ID tokens against the published keys of trusted issuers: Firebase, and any OIDC issuer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt

from graphwell.adapters.jwks_key_set import JwksKeySet
from graphwell.adapters.token_form import MalformedToken, read_token
from graphwell.domain.errors import Unauthenticated
from graphwell.domain.identity import Principal
from graphwell.domain.issuers import Issuer

CLOCK_SKEW_S = 30
"""How far the issuer's clock and ours may be apart."""

LATEST_TIME_S = 253_402_300_799
"""The end of the year 9999, the last second that Python's datetime can hold."""

_REFUSED = "The token is not a valid ID token of a trusted issuer; get a new one."


class JwtTokenVerifier:
    """Turns a bearer token into a principal.

    Parameters:
        issuers: those trusted, each with an `iss` of its own.
        keys: opens the keys of an issuer at their address.
        now: seconds since 1970.

    Raises:
        ValueError: two issuers have the same `iss`, or an address of keys is not https.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        *,
        keys: Callable[[str], JwksKeySet] = JwksKeySet,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._trusted = {issuer.issuer: (issuer, keys(issuer.jwks_url)) for issuer in issuers}
        if len(self._trusted) != len(issuers):
            raise ValueError("Each trusted issuer needs an iss of its own.")
        self._now = now

    def verify(self, token: str) -> Principal:
        """Return who the token speaks for.

        The token's own `iss` only chooses which issuer's rules it is held against; then that issuer's key must have
        signed it, for its audience.

        Raises:
            Unauthenticated: it is not a trusted issuer's, not for its audience, expired, or lacks a claim.
            Unavailable: the issuer's keys cannot be fetched.
        """
        try:
            unverified = read_token(token)
        except MalformedToken as error:
            raise Unauthenticated(_REFUSED) from error
        named = unverified.claims.get("iss")
        if not isinstance(named, str) or named not in self._trusted:
            raise Unauthenticated(_REFUSED)
        issuer, keys = self._trusted[named]
        claims = self._verified_claims(token, issuer, keys.key(unverified.key_id))
        self._check_times(claims, issuer)
        return Principal(
            subject=issuer.subject_of(claims),
            tenant_id=issuer.tenant_of(claims),
            roles=issuer.roles_of(claims),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            tenants=issuer.tenants_of(claims),
        )

    def _verified_claims(self, token: str, issuer: Issuer, key: Any) -> dict[str, Any]:
        """Return the claims of a token with a good signature, for this audience; times are checked apart."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=issuer.audience,
                issuer=issuer.issuer,
                options={
                    "require": ["exp", "iat", "sub", "aud", "iss"],
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated(_REFUSED) from error
        return claims

    def _check_times(self, claims: Mapping[str, Any], issuer: Issuer) -> None:
        now = self._now()
        if _time(claims, "exp") <= now - CLOCK_SKEW_S:
            raise Unauthenticated("The token has expired; get a new one.")
        begun = ["iat", *(name for name in ("nbf", "auth_time") if name in claims)]
        if issuer.needs_auth_time and "auth_time" not in claims:
            raise Unauthenticated("The token lacks the claim auth_time; send a user's ID token.")
        if any(_time(claims, name) > now + CLOCK_SKEW_S for name in begun):
            raise Unauthenticated("The token is not valid yet; check the clock of the machine that made it.")


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Return a NumericDate (RFC 7519, section 2)."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated(_REFUSED)
    if not 0 <= value <= LATEST_TIME_S:  # nor is NaN
        raise Unauthenticated(_REFUSED)
    return value
