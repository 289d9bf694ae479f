"""Health of Neo4j, and of the work that it remembers."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_INDEXES
from graphwell.domain.embedding_plan import Slot
from graphwell.ports import Ailing, Clock

_VERSION = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version"

# Constraint index_metadata.
_SLOT = "MATCH (m:IndexMetadata {id: 'embedding'}) RETURN coalesce(m.slot, 'a') AS slot"

_INDEXES = "SHOW INDEXES YIELD name, state WHERE name IN $names RETURN collect([name, state]) AS indexes"

# Index embed_task_state.
_OLDEST = """
MATCH (t:EmbedTask) WHERE t.state = 'sent' AND t.tenant_id > '' AND t.created_at IS NOT NULL
RETURN min(t.created_at) AS created_at"""


class Neo4jHealth:
    """The `HealthProbe` port: server version, and whether both search indexes are online.

    It asks whatever the circuit breaker says: whether the server is back is what it is for.

    Parameters:
        name: of the part.
        vital: whether nothing works without it.
    """

    timeout_s = 2.0
    fresh_for_s = 0.9

    def __init__(self, client: Neo4jClient, name: str = "neo4j", *, vital: bool = True) -> None:
        self.name = name
        self.vital = vital
        self._client = client
        self._version = ""

    def check(self) -> Mapping[str, str | int | float]:
        """Return the server's version and the state of each search index.

        Raises:
            Ailing: a search index is missing or not online.
        """
        records = self._client.ask(_SLOT, self.timeout_s)
        names = [FULLTEXT_INDEX, VECTOR_INDEXES[Slot(records[0]["slot"]) if records else Slot.A]]
        [record] = self._client.ask(_INDEXES, self.timeout_s, names=names)
        if not self._version:  # of a server that is upgraded the connections end, and with them this environment's
            self._version = self._client.ask(_VERSION, self.timeout_s)[0]["version"]
        states = dict.fromkeys(names, "missing") | {name: state.lower() for name, state in record["indexes"]}
        detail = {"version": self._version, **states}
        if set(states.values()) != {"online"}:
            raise Ailing("IndexNotOnline", detail)
        return detail


class OldestTask:
    """The age in seconds of the oldest work that the embed queue was told of; 0 when there is none."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def __call__(self) -> float:
        """Return the age.

        Raises:
            Unavailable: the graph does not answer.
        """
        created_at = self._client.ask(_OLDEST, Neo4jHealth.timeout_s)[0]["created_at"]
        return (self._clock.now() - created_at.to_native()).total_seconds() if created_at else 0.0
