"""Health of Neo4j."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_INDEXES
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import IncompatibleIndex

_VERSION = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version"

_SLOT = "MATCH (m:IndexMetadata {id: 'embedding'}) RETURN coalesce(m.slot, 'a') AS slot"

_ONLINE = "SHOW INDEXES YIELD name, state WHERE name IN $names AND state = 'ONLINE' RETURN count(*) AS online"


class Neo4jHealth:
    """The `HealthProbe` port: server version, and whether both search indexes are online."""

    name = "neo4j"
    vital = True

    def __init__(self, client: Neo4jClient) -> None:
        self._client = client

    def check(self) -> Mapping[str, str | int | float]:
        """Return the server's version and the number of search indexes online."""
        records = self._client.read(_SLOT)
        slot = Slot(records[0]["slot"]) if records else Slot.A
        names = [FULLTEXT_INDEX, VECTOR_INDEXES[slot]]
        online: int = self._client.read(_ONLINE, names=names)[0]["online"]
        if online < len(names):
            raise IncompatibleIndex("A search index is not online.")
        return {"version": self._client.read(_VERSION)[0]["version"], "indexes_online": online}
