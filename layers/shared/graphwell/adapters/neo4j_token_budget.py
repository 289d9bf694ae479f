"""Tokens a day that a tenant's texts may cost, counted on the tenant's node in Neo4j."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_lock import lock_tenant
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# Constraint tenant_id; the tenant is locked.
_TAKE = """
MATCH (t:Tenant {id: $tenant_id})
WITH t, CASE WHEN t.graph_tokens_on = $day THEN t.graph_tokens ELSE 0 END AS taken
WITH t, taken, taken + $tokens <= $most AS granted
SET t.graph_tokens_on = $day, t.graph_tokens = taken + CASE WHEN granted THEN $tokens ELSE 0 END
RETURN granted"""


class Neo4jTokenBudget:
    """The `TokenBudget` port over one Neo4j database.

    Parameters:
        tokens_a_day: that each tenant has, by the day of UTC.
    """

    def __init__(self, client: Neo4jClient, clock: Clock, tokens_a_day: int) -> None:
        self._client = client
        self._clock = clock
        self._tokens_a_day = tokens_a_day

    def take(self, scope: TenantScope, tokens: int) -> bool:
        """Take tokens of the day; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> bool:
            lock_tenant(tx, scope, now)
            parameters = {"day": now.date().isoformat(), "tokens": tokens, "most": self._tokens_a_day}
            granted: bool = tx.run(_TAKE, parameters, tenant_id=scope.tenant_id).single(strict=True)["granted"]
            return granted

        return self._client.write(work)
