"""The walk's neighbourhood in Neo4j: from passages over the names that they hold, in one statement."""

from __future__ import annotations

import json
from typing import Any

from graphwell.adapters.filter_terms import cypher_filters, filter_parameters
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_live_versions import SWITCHES, live_at
from graphwell.adapters.neo4j_schema import VECTOR_PROPERTIES
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.filters import Filters, passes
from graphwell.domain.graph.names import comparable
from graphwell.domain.graph.walk import MAX_HOLDERS, MAX_REACHED, Bridge
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Neighbourhood, WalkQuery

MAX_MENTIONS = 200
"""Chunks that an entity is followed to at most, of all versions; what more of them mention is no bridge."""

# Constraint chunk_id, then relationships alone. The degree is read before an entity is followed, so a name that is
# everywhere costs nothing; every node is checked for the tenant. An entity that several starts mention is followed
# once. The versions that were live at the search's moment count, so that no passage is of another version than a hit.
# Of passages with equally strong paths those come first that are more similar to the question.
_NEIGHBOURHOOD = """CYPHER 25
UNWIND $starts AS start
MATCH (s:Chunk {tenant_id: $tenant_id, id: start.id})-[:MENTIONS]->(e:Entity {tenant_id: $tenant_id})
WHERE NOT $question CONTAINS ' ' + e.key + ' ' AND 1 < COUNT { (e)<-[:MENTIONS]-() } <= $max_mentions
WITH e, collect({id: s.id, document_id: s.document_id, strength: start.strength}) AS starts
CALL (e) {
  MATCH (e)<-[:MENTIONS]-(c:Chunk {tenant_id: $tenant_id})-[:PART_OF]->(d:Document {tenant_id: $tenant_id})
  WITH c, SWITCHES AS live
  WITH c WHERE c.version = LIVE
  RETURN collect(c) AS chunks, count(DISTINCT c.document_id) AS holders
}
WITH e, starts, chunks, holders WHERE 1 < holders <= $max_holders
UNWIND starts AS start
UNWIND chunks AS c
WITH e, start, holders, c, start.strength / (1 + log(holders - 1)) AS strength
WHERE c.document_id <> start.document_idFILTERS
ORDER BY strength DESC, start.id, e.key
WITH c, collect([start.id, e.key, e.name, holders])[0] AS bridge, max(strength) AS strength,
     c.id IN $known AS is_known
WITH c, bridge, strength, is_known,
     CASE WHEN is_known THEN null ELSE vector.similarity.cosine(c.SLOT, $vector) END AS similarity
ORDER BY strength DESC, similarity DESC, c.id
WITH collect({chunk: c, bridge: bridge, similarity: similarity, is_known: is_known}) AS reached
WITH [r IN reached WHERE r.is_known | [r.chunk.id, r.bridge]] AS known,
     [r IN reached WHERE NOT r.is_known][..$most] AS added
RETURN known, [r IN added | [r.bridge, r.similarity, r.chunk {.document_id, .id, .version, .title, .text, .start, .end,
                                                              .headings, .page, .page_breaks}]] AS added"""

# Constraint document_version. Metadata decides in the end whether a document passes filters.
_METADATA = """
UNWIND $versions AS row
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: row[0], version: row[1]})
RETURN v.document_id AS document_id, v.metadata AS metadata"""


class Neo4jPassageGraph:
    """The `PassageGraph` port over one Neo4j database.

    Parameters:
        slot: where the vectors lie that are compared.
    """

    def __init__(self, client: Neo4jClient, slot: Slot = Slot.A) -> None:
        self._client = client
        self._slot = slot

    def neighbourhood(self, scope: TenantScope, query: WalkQuery, deadline: Deadline) -> Neighbourhood:
        """Return what lies one bridge from the starts; see the port. With filters it takes a round trip more."""
        if not query.starts:
            return Neighbourhood()
        [record] = self._client.read(
            statement(query.filters, self._slot),
            deadline,
            tenant_id=scope.tenant_id,
            starts=[{"id": start.chunk_id, "strength": start.strength} for start in query.starts],
            question=f" {comparable(query.question)} ",
            known=list(query.known),
            vector=query.vector,
            as_of_ms=query.as_of_ms,
            max_mentions=MAX_MENTIONS,
            max_holders=MAX_HOLDERS,
            most=MAX_REACHED,
            **filter_parameters(query.filters),
        )
        added = self._passed(scope, query.filters, record["added"], deadline)
        bridges = [_bridge(fields, chunk_id) for chunk_id, fields in record["known"]]
        bridges += [_bridge(fields, chunk["id"]) for fields, _, chunk in added]
        hits = [
            Hit(_passage(chunk), SearchMode.GRAPH, rank, None if similarity is None else 2 * similarity - 1)
            for rank, (_, similarity, chunk) in enumerate(added, start=1)
        ]
        return Neighbourhood(bridges, hits)

    def _passed(self, scope: TenantScope, filters: Filters, added: list[Any], deadline: Deadline) -> list[Any]:
        if not filters or not added:
            return added
        versions = [[chunk["document_id"], chunk["version"]] for *_, chunk in added]
        records = self._client.read(_METADATA, deadline, tenant_id=scope.tenant_id, versions=versions)
        metadata = {record["document_id"]: json.loads(record["metadata"]) for record in records}
        return [
            row
            for row in added
            if (document_id := row[2]["document_id"]) in metadata
            and passes(filters, document_id, metadata[document_id])
        ]


def statement(filters: Filters, slot: Slot) -> str:
    """Return the statement that reads a neighbourhood whose new passages pass filters."""
    return (
        _NEIGHBOURHOOD.replace("SWITCHES", SWITCHES)
        .replace("LIVE", live_at("$as_of_ms"))
        .replace("FILTERS", cypher_filters(filters))
        .replace("SLOT", VECTOR_PROPERTIES[slot])
    )


def _bridge(fields: list[Any], end: str) -> Bridge:
    start, key, name, holders = fields
    return Bridge(start, key, name, holders, end)


def _passage(chunk: dict[str, Any]) -> Passage:
    return Passage(
        document_id=chunk["document_id"],
        chunk_id=chunk["id"],
        title=chunk["title"],
        text=chunk["text"],
        start=chunk["start"],
        end=chunk["end"],
        score=0.0,
        headings=tuple(chunk["headings"]),
        page=chunk["page"],
        page_breaks=tuple(chunk["page_breaks"] or ()),
    )
