"""What a tenant amounts to, in Neo4j."""

from __future__ import annotations

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbeddingIdentity, TenantStatistics

# Constraints tenant_id, document_version, chunk_id, job_id, index document_created. A version's chunks stay for a while
# after it left service, and are counted as long.
_GET = """
OPTIONAL MATCH (t:Tenant {id: $tenant_id})
OPTIONAL MATCH (m:IndexMetadata {id: 'embedding'})
CALL () {
  MATCH (v:DocumentVersion {tenant_id: $tenant_id}) WHERE v.document_id > '' AND v.version > 0
  RETURN count(v) AS versions, sum(CASE v.status WHEN 'active' THEN v.size_bytes ELSE 0 END) AS bytes
}
RETURN coalesce(t.corpus_version, 0) AS corpus_version, m.model AS model, m.dimensions AS dimensions, versions, bytes,
  CASE m.move WHEN 'building' THEN m.beside_model END AS next_model, m.beside_dimensions AS next_dimensions,
  CASE m.move WHEN 'building' THEN COUNT {
    MATCH (n:Chunk {tenant_id: $tenant_id}) WHERE n.id > ''
      AND n[CASE m.slot WHEN 'b' THEN 'embedding' ELSE 'embedding_b' END] IS NOT NULL
  } ELSE 0 END AS moved_chunks,
  COUNT {
    MATCH (d:Document {tenant_id: $tenant_id}) WHERE d.created_at IS NOT NULL AND d.deleted_at IS NULL
  } AS documents,
  COUNT { MATCH (n:Chunk {tenant_id: $tenant_id}) WHERE n.id > '' } AS chunks,
  COUNT { MATCH (n:Job {tenant_id: $tenant_id}) WHERE n.id > '' } AS jobs"""


class Neo4jTenantStatistics:
    """Counts what one Neo4j database holds of tenants."""

    def __init__(self, client: Neo4jClient) -> None:
        self._client = client

    def __call__(self, scope: TenantScope) -> TenantStatistics:
        """Return a tenant's counts; zeros for one that nothing is known of."""
        row = self._client.read(_GET, replica_ok=True, tenant_id=scope.tenant_id)[0].data()
        embedding = EmbeddingIdentity(row.pop("model") or "", row.pop("dimensions") or 0)
        model, dimensions = row.pop("next_model"), row.pop("next_dimensions")
        moving_to = EmbeddingIdentity(model, dimensions) if model else None
        return TenantStatistics(**row, embedding=embedding, moving_to=moving_to)
