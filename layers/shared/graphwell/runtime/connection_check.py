"""The check of a deployment's concurrency against the connections that Neo4j takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from graphwell.domain.connection_plan import ConnectionPlan

_LIMITS = {
    "QueryMaximumConcurrency": "QueryEnvironments",
    "IngestMaximumConcurrency": "IngestEnvironments",
    "EmbedMaximumConcurrency": "EmbedEnvironments",
    "ExtractMaximumConcurrency": "ExtractEnvironments",
    "AgentMaximumConcurrency": "AgentEnvironments",
}
"""Property of the custom resource by the template's parameter that it comes from."""


def refuse_too_many_connections(properties: Mapping[str, str]) -> None:
    """Refuse a deployment whose environments may open more connections than its ceiling.

    Parameters:
        properties: ResourceProperties of SchemaMigration, numbers as text; 0 or no ceiling checks nothing.

    Raises:
        InvalidInput: they may; the detail says what would fit.
    """
    ceiling = int(properties.get("ConnectionCeiling", "0"))
    if not ceiling:
        return
    environments = {parameter: int(properties[name]) for parameter, name in _LIMITS.items()}
    environments["QueryMaximumConcurrency"] *= 2  # those of query, and as many of stream
    ConnectionPlan(int(properties["PoolSize"]), environments, _databases_of_one_server(properties)).refuse_above(
        ceiling
    )


def _databases_of_one_server(properties: Mapping[str, str]) -> int:
    """Return how many databases at most have one address."""
    further = json.loads(properties.get("Neo4jDatabases", "{}"))
    addresses = [properties.get("Neo4jUri"), *(database["uri"] for database in further.values())]
    return max(Counter(addresses).values())
