"""The lock that tells what comes before a tenant's erase from what comes after it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from graphwell.domain.errors import Conflict
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# Constraint tenant_id.
_LOCK = """
MERGE (t:Tenant {id: $tenant_id}) ON CREATE SET t.corpus_version = 0, t.created_at = $now
SET t.locked_at = $now
RETURN t.erasing AS erasing"""


def lock_tenant(tx: ManagedTransaction, scope: TenantScope, now: datetime) -> str | None:
    """Lock the tenant until the end of the transaction, and return the id of its running erase, None for none."""
    erasing: str | None = tx.run(_LOCK, tenant_id=scope.tenant_id, now=now).single(strict=True)["erasing"]
    return erasing


def refuse_while_erased(tx: ManagedTransaction, scope: TenantScope, now: datetime) -> None:
    """Make sure that what a transaction writes is seen by an erase, or not written.

    To be called last: the tenant is locked while the transaction commits, so an erase begins before or after it, and a
    tenant's writers wait for each other's commit alone.

    Raises:
        Conflict: the tenant is being erased.
    """
    erasure_id = lock_tenant(tx, scope, now)
    if erasure_id is not None:
        raise being_erased(erasure_id)


def being_erased(erasure_id: str) -> Conflict:
    """Return the refusal of what comes while a tenant is being erased."""
    return Conflict(f"This tenant is being erased; try again when the job {erasure_id} has ended.")
