"""What administrators set for their tenants, on the tenants' nodes in Neo4j."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_NAMES = tuple(field.name for field in fields(RateLimits))
LIMIT_PREFIX = "limit_"
"""Of the names under which limits lie on a tenant's node."""

# Constraint tenant_id.
_GET = "MATCH (t:Tenant {id: $tenant_id}) RETURN properties(t) AS tenant"

# Constraint tenant_id; the tenant is locked.
_SET = "MATCH (t:Tenant {id: $tenant_id}) SET t += $limits"


class Neo4jTenantSettings:
    """The `TenantSettings` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def limits(self, scope: TenantScope) -> RateLimits | None:
        """Return the limits set for the tenant; see the port. One that an older release did not know is the default."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id)
        stored = records[0]["tenant"] if records else {}
        known = {name: stored[LIMIT_PREFIX + name] for name in _NAMES if LIMIT_PREFIX + name in stored}
        return RateLimits(**known) if known else None

    def set_limits(self, scope: TenantScope, limits: RateLimits) -> None:
        """Set the limits; see the port."""
        properties = {LIMIT_PREFIX + name: value for name, value in asdict(limits).items()}
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> None:
            refuse_while_erased(tx, scope, now)
            tx.run(_SET, tenant_id=scope.tenant_id, limits=properties).consume()

        self._client.write(work)
