"""Entities, mentions and relations of chunks in Neo4j: written behind their vectors, removed with their last chunk.

What is written shows nowhere until the version's pointer moves: whoever reads the graph goes from entities to live
chunks. So it may be there before, and the transaction that moves the pointer stays small.

Entities are taken in the order of their ids, by whoever writes mentions and by whoever removes them, so that no two
transactions deadlock. Whoever removes locks an entity before it looks for further mentions; whoever writes one that was
removed between being found and being mentioned is told so by the server, and `Neo4jClient.write` begins again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.graph.entities import entity_id
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from graphwell.domain.graph.chunk_graph import ChunkGraph

# Constraints entity_id, chunk_id.
_WRITE_MENTIONS = """
UNWIND $entities AS row
MERGE (e:Entity {tenant_id: $tenant_id, id: row.id})
  ON CREATE SET e.key = row.key, e.name = row.name, e.tenant_term = $tenant_term
WITH e, row
UNWIND row.mentions AS mention
MATCH (c:Chunk {tenant_id: $tenant_id, id: mention.chunk_id})
MERGE (c)-[m:MENTIONS]->(e)
SET m.about = mention.about"""

# Constraint entity_id.
_WRITE_RELATIONS = """
UNWIND $relations AS row
MATCH (a:Entity {tenant_id: $tenant_id, id: row.source})
MATCH (b:Entity {tenant_id: $tenant_id, id: row.target})
MERGE (a)-[r:RELATED {name: row.name}]->(b)
SET r.evidence = coalesce(r.evidence, []) + [id IN row.chunk_ids WHERE NOT id IN coalesce(r.evidence, [])]
SET r.weight = size(r.evidence)"""

REMOVE_CHUNKS = """
WITH collect(c) AS chunks
CALL (chunks) {
  UNWIND chunks AS c
  MATCH (c)-[:MENTIONS]->(:Entity)-[r:RELATED]->(:Entity)
  WHERE c.id IN r.evidence
  WITH r, collect(DISTINCT c.id) AS gone
  SET r.evidence = [id IN r.evidence WHERE NOT id IN gone]
  SET r.weight = size(r.evidence)
  WITH r WHERE r.weight = 0
  DELETE r
}
CALL (chunks) {
  UNWIND chunks AS c
  MATCH (c)-[m:MENTIONS]->(e:Entity)
  WITH e, collect(m) AS mentions ORDER BY e.tenant_id, e.id
  CALL (e, mentions) {
    FOREACH (m IN mentions | DELETE m)
    SET e.locked_at = $now
  }
  RETURN collect(e) AS entities
}
CALL (chunks) { UNWIND chunks AS c DETACH DELETE c }
CALL (entities) {
  UNWIND entities AS e
  WITH e WHERE NOT EXISTS { (e)<-[:MENTIONS]-() }
  DETACH DELETE e
}
RETURN size(chunks) AS removed"""
"""End of a statement that removes chunks `c`, with what they alone support; it needs the parameter `now`."""


def write_graphs(tx: ManagedTransaction, scope: TenantScope, graphs: Mapping[str, ChunkGraph]) -> None:
    """Write what chunks say, by their ids; safe to repeat.

    The chunks are there, and locked by this transaction: an entity that no chunk mentions is not to remain.
    """
    entities: dict[str, dict[str, Any]] = {}
    relations: dict[tuple[str, str, str], list[str]] = {}
    for chunk_id, graph in graphs.items():
        for entity in graph.entities:
            identifier = entity_id(entity.key)
            row = entities.setdefault(
                identifier, {"id": identifier, "key": entity.key, "name": entity.name, "mentions": []}
            )
            row["mentions"].append({"chunk_id": chunk_id, "about": entity.is_subject})
        for relation in graph.relations:
            ends = entity_id(relation.source), relation.name, entity_id(relation.target)
            relations.setdefault(ends, []).append(chunk_id)
    if entities:
        rows = [entities[identifier] for identifier in sorted(entities)]
        tx.run(_WRITE_MENTIONS, tenant_id=scope.tenant_id, tenant_term=tenant_term(scope), entities=rows).consume()
    if relations:
        tx.run(_WRITE_RELATIONS, tenant_id=scope.tenant_id, relations=_relation_rows(relations)).consume()


def _relation_rows(relations: Mapping[tuple[str, str, str], Sequence[str]]) -> list[dict[str, Any]]:
    return [
        {"source": source, "name": name, "target": target, "chunk_ids": list(dict.fromkeys(chunk_ids))}
        for (source, name, target), chunk_ids in sorted(relations.items())
    ]
