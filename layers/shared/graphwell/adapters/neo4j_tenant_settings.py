"""What administrators set for their tenants, on the tenants' nodes in Neo4j."""

from __future__ import annotations

from dataclasses import asdict, fields

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock

_NAMES = tuple(field.name for field in fields(RateLimits))
_PREFIX = "limit_"

# Constraint tenant_id.
_GET = "MATCH (t:Tenant {id: $tenant_id}) RETURN properties(t) AS tenant"

# Constraint tenant_id.
_SET = """
MERGE (t:Tenant {id: $tenant_id}) ON CREATE SET t.corpus_version = 0, t.created_at = $now
SET t += $limits"""


class Neo4jTenantSettings:
    """The `TenantSettings` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def limits(self, scope: TenantScope) -> RateLimits | None:
        """Return the limits set for the tenant; see the port. One that an older release did not know is the default."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id)
        stored = records[0]["tenant"] if records else {}
        known = {name: stored[_PREFIX + name] for name in _NAMES if _PREFIX + name in stored}
        return RateLimits(**known) if known else None

    def set_limits(self, scope: TenantScope, limits: RateLimits) -> None:
        """Set the limits; see the port."""
        properties = {_PREFIX + name: value for name, value in asdict(limits).items()}
        now = self._clock.now()
        self._client.write(lambda tx: tx.run(_SET, tenant_id=scope.tenant_id, limits=properties, now=now).consume())
