"""The tenant as a term of the fulltext index."""

from __future__ import annotations

from graphwell.domain.tenancy import TenantScope


def tenant_term(scope: TenantScope) -> str:
    """Return one word that the english analyzer keeps whole and distinct for each tenant.

    The analyzer lower-cases, stems and splits on `-`, so the id is written in hexadecimal; the last digit keeps the
    stemmer, which only takes letters off, away. The tenant's equality is checked after the index all the same.
    """
    return f"t{scope.tenant_id.encode().hex()}0"
