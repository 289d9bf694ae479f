"""The chunks nearest to a vector, found without an index: by comparing all of a tenant's."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_schema import VECTOR_PROPERTIES
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Vector

# Index document_created, then the documents' own chunks. Vectors lie in `%s`.
_COSINES = """
MATCH (d:Document {tenant_id: $tenant_id}) WHERE d.created_at IS NOT NULL
MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = d.version
WITH vector.similarity.cosine(c.%s, $vector) AS similarity
WHERE similarity IS NOT NULL
WITH similarity ORDER BY similarity DESC LIMIT $count
RETURN collect(2 * similarity - 1) AS cosines"""


class Neo4jExactNeighbours:
    """The `ExactNeighbours` port over one Neo4j database.

    Parameters:
        slot: where the vectors lie that are compared.
    """

    def __init__(self, client: Neo4jClient, slot: Slot = Slot.A) -> None:
        self._client = client
        self._statement = _COSINES % VECTOR_PROPERTIES[slot]

    def cosines(self, scope: TenantScope, vector: Vector, count: int, deadline: Deadline) -> Sequence[float]:
        """Return the highest cosines, highest first; see the port."""
        [record] = self._client.read(
            self._statement, deadline, tenant_id=scope.tenant_id, vector=list(vector), count=count
        )
        return [float(cosine) for cosine in record["cosines"]]
