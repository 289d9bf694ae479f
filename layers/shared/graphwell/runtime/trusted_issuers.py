"""The issuers that the authorizer trusts, read without pydantic where they are the common case of one."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.domain.issuers import Issuer

FIREBASE_ISSUERS = "https://securetoken.google.com/"
"""Start of the `iss` of Firebase's ID tokens, which must say when the user signed in."""

_NO_MORE = {"", "[]"}


def read_issuers(environment: Mapping[str, str]) -> list[Issuer]:
    """Return what `TokenSettings` reads from the same variables.

    Every caller waits for the authorizer's cold start, and half of it was the import of pydantic: only a list of
    further issuers, or what is missing, needs that.

    Raises:
        pydantic.ValidationError: a variable is missing or has a wrong form.
    """
    names = ("GRAPHWELL_TOKEN_ISSUER", "GRAPHWELL_TOKEN_AUDIENCE", "GRAPHWELL_JWKS_URL")
    if environment.get("GRAPHWELL_MORE_ISSUERS", "") in _NO_MORE and all(name in environment for name in names):
        return [first_issuer(*(environment[name] for name in names))]
    from graphwell.runtime.settings import TokenSettings  # noqa: PLC0415  see above

    return TokenSettings.read().issuers


def first_issuer(issuer: str, audience: str, jwks_url: str) -> Issuer:
    """Return the issuer that may name administrators of the platform."""
    return Issuer(issuer, audience, jwks_url, platform_admin=True, needs_auth_time=issuer.startswith(FIREBASE_ISSUERS))
