"""Declared metadata keys on the tenants' nodes in Neo4j, and the slots of chunks that they fill."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.filter_terms import filter_terms, slot_values
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_lock import refuse_while_erased
from graphwell.domain.documents import MetadataValue
from graphwell.domain.metadata_keys import DeclaredKey, DeclaredKeys, MetadataType
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, Declaration

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

DOCUMENTS_A_BATCH = 200

# Constraint tenant_id. Keys are applied to a tenant's documents in the order of their ids: `keys_applied_to` is the
# last that they were, and is gone when all are under them.
_GET = """
MATCH (t:Tenant {id: $tenant_id})
RETURN t.metadata_keys AS keys, t.keys_applied_to AS applied_to"""

# Constraint tenant_id; the tenant is locked. No answer of before is found again.
_DECLARE = """
MATCH (t:Tenant {id: $tenant_id})
SET t.metadata_keys = $keys, t.keys_applied_to = '', t.corpus_version = t.corpus_version + 1"""

# Constraints document_id, document_version. Versions that left service keep what they have.
_NEXT_DOCUMENTS = """
MATCH (d:Document {tenant_id: $tenant_id}) WHERE d.id > $after_id
WITH d ORDER BY d.id LIMIT $limit
OPTIONAL MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: d.id})
WHERE v.version > 0 AND v.status IN ['staged', 'active', 'failed']
RETURN d.id AS document_id, collect(v {.version, .metadata, .chunk_count}) AS versions ORDER BY document_id"""

# Constraint document_id, then the document's own chunks. What lies there already is left alone: the entry of its vector
# would be written again.
_FILL = """
UNWIND $filled AS row
MATCH (:Document {tenant_id: $tenant_id, id: row.document_id})<-[:PART_OF]-(c:Chunk)
WHERE c.version = row.version AND coalesce(c.filter_terms, '') <> row.terms
SET c += row.slots, c.filter_terms = row.terms"""

# Constraint tenant_id; the tenant is locked.
_APPLIED_TO = "MATCH (t:Tenant {id: $tenant_id}) SET t.keys_applied_to = $after_id"

# Index tenant_keys_applied. All tenants.
_UNAPPLIED = """
MATCH (t:Tenant) WHERE t.keys_applied_to >= ''
RETURN t.id AS tenant_id LIMIT $limit"""


class Neo4jMetadataKeys:
    """The `MetadataKeys` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def declared(self, scope: TenantScope) -> Declaration:
        """Return the tenant's declaration; see the port."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id)
        if not records:
            return Declaration()
        return Declaration(_read(records[0]["keys"]), records[0]["applied_to"] is None)

    def declare(self, scope: TenantScope, keys: DeclaredKeys) -> None:
        """Set the tenant's keys; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> None:
            refuse_while_erased(tx, scope, now)
            before = tx.run(_GET, tenant_id=scope.tenant_id).single(strict=True)
            if _read(before["keys"]) != keys:
                tx.run(_DECLARE, tenant_id=scope.tenant_id, keys=_written(keys)).consume()

        self._client.write(work)

    def apply(self, scope: TenantScope, most_chunks: int) -> bool:
        """Put the next documents under the tenant's keys; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> bool:
            refuse_while_erased(tx, scope, now)
            return _apply(tx, scope, most_chunks)

        return self._client.write(work)

    def unapplied(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants whose documents are not all under their keys; see the port."""
        return [TenantScope(record["tenant_id"]) for record in self._client.read(_UNAPPLIED, limit=limit)]


def fill_new(
    tx: ManagedTransaction, scope: TenantScope, versions: Mapping[str, tuple[int, Mapping[str, MetadataValue]]]
) -> None:
    """Put new versions, given with their metadata by document, under the tenant's keys.

    To be called when the tenant is locked: a declaration comes before, and these versions lie under it, or after, and
    it is applied to them.
    """
    if any(metadata for _, metadata in versions.values()):
        keys = _read(tx.run(_GET, tenant_id=scope.tenant_id).single(strict=True)["keys"])
        if keys:
            _fill(tx, scope, keys, [(document_id, *version) for document_id, version in versions.items()])


def _apply(tx: ManagedTransaction, scope: TenantScope, most_chunks: int) -> bool:
    tenant = tx.run(_GET, tenant_id=scope.tenant_id).single(strict=True)
    after: str | None = tenant["applied_to"]
    if after is None:
        return True
    found = tx.run(_NEXT_DOCUMENTS, tenant_id=scope.tenant_id, after_id=after, limit=DOCUMENTS_A_BATCH).data()
    taken = _within(found, most_chunks)
    versions = [
        (row["document_id"], version["version"], json.loads(version["metadata"]))
        for row in taken
        for version in row["versions"]
    ]
    _fill(tx, scope, _read(tenant["keys"]), versions)
    is_last = len(taken) == len(found) < DOCUMENTS_A_BATCH
    tx.run(_APPLIED_TO, tenant_id=scope.tenant_id, after_id=None if is_last else taken[-1]["document_id"]).consume()
    return is_last


def _fill(
    tx: ManagedTransaction,
    scope: TenantScope,
    keys: DeclaredKeys,
    versions: Iterable[tuple[str, int, Mapping[str, MetadataValue]]],
) -> None:
    rows = [
        {
            "document_id": document_id,
            "version": version,
            "slots": slot_values(keys, metadata),
            "terms": filter_terms(scope, document_id, keys, metadata),
        }
        for document_id, version, metadata in versions
    ]
    tx.run(_FILL, tenant_id=scope.tenant_id, filled=rows).consume()


def _within(found: Sequence[Mapping[str, Any]], most_chunks: int) -> list[Mapping[str, Any]]:
    """Return the first documents, with as many chunks as are wanted or with one document's."""
    taken: list[Mapping[str, Any]] = []
    for row in found:
        most_chunks -= sum(version["chunk_count"] for version in row["versions"])
        if taken and most_chunks < 0:
            break
        taken.append(row)
    return taken


def _read(stored: str | None) -> dict[str, DeclaredKey]:
    """Return the keys that lie on a tenant's node."""
    kept: dict[str, Any] = json.loads(stored) if stored else {}
    return {name: DeclaredKey(MetadataType(kind), slot) for name, (kind, slot) in kept.items()}


def _written(keys: DeclaredKeys) -> str:
    return json.dumps({name: [key.type.value, key.slot] for name, key in keys.items()}, ensure_ascii=False)
