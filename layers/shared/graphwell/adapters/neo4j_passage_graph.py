"""The walk's neighbourhood in Neo4j: from passages over the names that they hold, in one statement."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from graphwell.adapters.filter_terms import cypher_filters, filter_parameters
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_live_versions import SWITCHES, live_at
from graphwell.adapters.neo4j_passage_index import cosine_of
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
WITH collect(CASE WHEN is_known THEN [c.id, bridge] END) AS known,
     collect(CASE WHEN NOT is_known THEN {chunk: c, bridge: bridge, similarity: similarity} END)[..$most] AS added
RETURN known, [r IN added | [
  r.bridge, r.similarity, r.chunk.document_id, r.chunk.id, r.chunk.version, r.chunk.title, r.chunk.text, r.chunk.start,
  r.chunk.end, r.chunk.headings, r.chunk.page, coalesce(r.chunk.page_breaks, [])
]] AS added"""

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
        added = self._passed(scope, query.filters, [_Added(*fields) for fields in record["added"]], deadline)
        bridges = [_bridge(fields, chunk_id) for chunk_id, fields in record["known"]]
        bridges += [_bridge(found.bridge, found.chunk_id) for found in added]
        return Neighbourhood(bridges, [_hit(found, rank) for rank, found in enumerate(added, start=1)])

    def _passed(self, scope: TenantScope, filters: Filters, added: list[_Added], deadline: Deadline) -> list[_Added]:
        if not filters or not added:
            return added
        versions = [[found.document_id, found.version] for found in added]
        records = self._client.read(_METADATA, deadline, tenant_id=scope.tenant_id, versions=versions)
        metadata = {record["document_id"]: json.loads(record["metadata"]) for record in records}
        return [
            found
            for found in added
            if found.document_id in metadata and passes(filters, found.document_id, metadata[found.document_id])
        ]


class _Added(NamedTuple):
    """A passage as the statement returns it, with its bridge."""

    bridge: list[Any]
    similarity: float | None
    document_id: str
    chunk_id: str
    version: int
    title: str
    text: str
    start: int
    end: int
    headings: list[str]
    page: int | None
    page_breaks: list[int]


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


def _hit(found: _Added, rank: int) -> Hit:
    passage = Passage(
        document_id=found.document_id,
        chunk_id=found.chunk_id,
        title=found.title,
        text=found.text,
        start=found.start,
        end=found.end,
        score=0.0,
        headings=tuple(found.headings),
        page=found.page,
        page_breaks=tuple(found.page_breaks),
    )
    return Hit(passage, SearchMode.GRAPH, rank, cosine_of(found.similarity))
