"""Activation of document versions in Neo4j: the one small transaction that moves a document's pointer.

Vectors are committed before, on their own: Neo4j shows a transaction's properties up to 250 ms before its entries in
the vector index (HNSW, 40 chunks, a busy machine), so a pointer that moved in the transaction of the last vectors
would name a version that the index does not find yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_schema import VECTOR_PROPERTIES
from graphwell.domain.jobs import FAILED_KEPT
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

KEPT_SWITCHES = 4
"""Moves of a pointer that a document remembers; more during one query are not told apart."""

# Constraints chunk_id, document_version.
_STAGED_VERSIONS = """
UNWIND $chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id})
WITH DISTINCT c.document_id AS document_id, c.version AS version
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: document_id, version: version})
WHERE v.status = 'staged'
RETURN document_id, version"""

# Constraint document_id. Locked before anything is counted: of two last batches, one counts after the other.
LOCK_DOCUMENTS = """
UNWIND $document_ids AS document_id
MATCH (d:Document {tenant_id: $tenant_id, id: document_id})
SET d.locked_at = $now"""

# Constraints document_id, document_version. A version older than the pointer, or of a deleted document, retires.
# `live` holds [version, since in ms by the server's clock] of the last switches in one property, newest first: a query
# takes the version that was live when it began, and reads it in one piece.
_ACTIVATE = f"""
UNWIND $versions AS row
MATCH (d:Document {{tenant_id: $tenant_id, id: row.document_id}})
MATCH (v:DocumentVersion {{tenant_id: $tenant_id, document_id: row.document_id, version: row.version}})
WHERE v.status = 'staged'
SET v.moved_at = $now
WITH d, v
WHERE NOT EXISTS {{
  MATCH (d)<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version AND c.embedded_at IS NULL
}}
WITH d, v, v.version > d.version AS newest
CALL (d, v, newest) {{
  WITH d, v WHERE newest AND d.version > 0
  MATCH (old:DocumentVersion {{tenant_id: $tenant_id, document_id: d.id, version: d.version}})
  SET old.status = 'superseded', old.retired_at = $now
  RETURN count(*) AS replaced
}}
SET v.status = CASE WHEN newest THEN 'active' ELSE 'superseded' END,
    v.activated_at = CASE WHEN newest THEN $now END,
    v.retired_at = CASE WHEN newest THEN null ELSE $now END,
    d.live = CASE WHEN newest
      THEN ([v.version, datetime.realtime().epochMillis] + coalesce(d.live, []))[..{2 * KEPT_SWITCHES}]
      ELSE d.live END,
    d.version = CASE WHEN newest THEN v.version ELSE d.version END
RETURN sum(CASE WHEN newest THEN 1 ELSE 0 END) AS activated"""

# Constraint tenant_id. `switched_at` is not before the `since` of any switch.
_NEW_CORPUS_VERSION = """
MATCH (t:Tenant {id: $tenant_id})
SET t.corpus_version = t.corpus_version + 1, t.switched_at = datetime.realtime().epochMillis"""

# Constraints document_version, document_id. Its chunks wait for a retry, and stand in no index meanwhile, where they
# would take the places of others' hits.
_FAIL = f"""
MATCH (v:DocumentVersion {{tenant_id: $tenant_id, document_id: $document_id, version: $version}})
WHERE v.status = 'staged'
SET v.status = 'failed', v.error = $reason, v.retired_at = $kept_until, v.moved_at = $now
WITH v
MATCH (:Document {{tenant_id: v.tenant_id, id: v.document_id}})<-[:PART_OF]-(c:Chunk) WHERE c.version = v.version
REMOVE {", ".join(f"c.{name}" for name in VECTOR_PROPERTIES.values())}, c.embedded_at, c.tenant_term"""


def activate_complete(tx: ManagedTransaction, scope: TenantScope, chunk_ids: Sequence[str], now: datetime) -> int:
    """Move the pointers of the chunks' documents to those versions whose chunks all have vectors.

    Returns:
        How many versions went live.
    """
    common: dict[str, Any] = {"tenant_id": scope.tenant_id, "now": now}
    staged = tx.run(_STAGED_VERSIONS, common, chunk_ids=list(chunk_ids)).data()
    if not staged:
        return 0
    # In the order of their ids, so that no two transactions deadlock.
    tx.run(LOCK_DOCUMENTS, common, document_ids=sorted({row["document_id"] for row in staged})).consume()
    activated: int = tx.run(_ACTIVATE, common, versions=staged).single(strict=True)["activated"]
    if activated:
        tx.run(_NEW_CORPUS_VERSION, common).consume()
    return activated


def fail_staged(
    tx: ManagedTransaction, scope: TenantScope, document_id: str, version: int, *, reason: str, now: datetime
) -> None:
    """Mark a version as failed, unless it was activated meanwhile: the lock keeps activation out."""
    common: dict[str, Any] = {"tenant_id": scope.tenant_id, "now": now}
    tx.run(LOCK_DOCUMENTS, common, document_ids=[document_id]).consume()
    kept_until = now + FAILED_KEPT
    tx.run(_FAIL, common, document_id=document_id, version=version, reason=reason, kept_until=kept_until).consume()


def fail_staged_of(
    tx: ManagedTransaction, scope: TenantScope, chunk_ids: Sequence[str], *, reason: str, now: datetime
) -> None:
    """Mark the staged versions that chunks belong to as failed."""
    staged = tx.run(_STAGED_VERSIONS, tenant_id=scope.tenant_id, chunk_ids=list(chunk_ids)).data()
    for row in sorted(staged, key=lambda row: row["document_id"]):
        fail_staged(tx, scope, row["document_id"], row["version"], reason=reason, now=now)
