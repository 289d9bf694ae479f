"""An entity graph over documents that were taken in, as ingestion makes it of their chunks."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.graph.entities import entities_of, entity_id
from graphwell.domain.graph.names import normal_form
from graphwell.domain.tenancy import TenantScope

_CHUNKS = """
MATCH (c:Chunk {tenant_id: $tenant_id}) WHERE c.id > '' AND NOT EXISTS { (c)-[:MENTIONS]->() }
RETURN c.id AS id, c.title AS title, c.headings AS headings, c.text AS text"""

_MENTION = """
UNWIND $rows AS row
MATCH (c:Chunk {tenant_id: $tenant_id, id: row.chunk_id})
MERGE (e:Entity {tenant_id: $tenant_id, id: row.id})
  ON CREATE SET e.key = row.key, e.name = row.name, e.tenant_term = $tenant_term
MERGE (c)-[m:MENTIONS]->(e) SET m.about = row.about"""

_RELATE = """
MATCH (a:Entity {tenant_id: $tenant_id, id: $subject}), (b:Entity {tenant_id: $tenant_id, id: $object})
MERGE (a)-[r:RELATED {name: $name}]->(b) SET r.weight = size($evidence), r.evidence = $evidence"""


def mention(client: Neo4jClient, scope: TenantScope) -> None:
    """Write what the tenant's chunks mention, for those of which nothing is written yet."""
    rows = [
        {"chunk_id": row["id"], "id": entity_id(each.key), "key": each.key, "name": each.name, "about": each.is_subject}
        for row in client.run(_CHUNKS, tenant_id=scope.tenant_id)
        for each in entities_of(row["title"], row["headings"], row["text"])
    ]
    client.run(_MENTION, tenant_id=scope.tenant_id, tenant_term=tenant_term(scope), rows=rows)


def relate(client: Neo4jClient, scope: TenantScope, subject: str, name: str, other: str, evidence: Sequence[str]) -> None:
    """Write that chunks state something of two names."""
    ids = {"subject": entity_id(normal_form(subject)), "object": entity_id(normal_form(other))}
    client.run(_RELATE, tenant_id=scope.tenant_id, name=name, evidence=list(evidence), **ids)
