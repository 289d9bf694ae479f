"""The move of an index from one embedding model to another, in Neo4j.

Cypher names indexes and, where they are removed, properties in the statement itself, so those come from constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_schema import VECTOR_INDEXES, VECTOR_PROPERTIES, create_vector_index
from graphwell.adapters.neo4j_unembedded_chunks import unembedded_chunks
from graphwell.domain.embed_batches import WaitingChunk
from graphwell.domain.embedding_plan import EmbeddingIdentity, EmbeddingPlan, Move, Slot
from graphwell.domain.errors import IncompatibleIndex
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ChunkPlace, Clock, UnembeddedChunk, Vector

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

BATCH = 5_000
"""Vectors removed in one transaction."""

# Constraint index_metadata.
_READ = """
MATCH (m:IndexMetadata {id: 'embedding'})
RETURN m {.model, .dimensions, .slot, .beside_model, .beside_dimensions, .move, .changed_at} AS record"""

# Constraint index_metadata. Only from the state that the step was decided in, so that of two runs one takes it; locked
# before it is read.
_RECORD = """
MATCH (m:IndexMetadata {id: 'embedding'})
SET m.locked_at = $now
WITH m WHERE coalesce(m.move, 'none') = $from
SET m += $record, m.changed_at = $now
RETURN count(m) AS recorded"""

# Constraint chunk_id, whose index has the chunks in order. All tenants.
_LACKING = """
MATCH (c:Chunk) WHERE c.tenant_id >= $after_tenant AND c.id > ''
WITH c WHERE (c.tenant_id > $after_tenant OR c.id > $after_id)
  AND c.embedded_at IS NOT NULL AND c[$property] IS NULL
RETURN c.tenant_id AS tenant_id, c.id AS chunk_id, c.document_id AS document_id, c.version AS version,
       size(c.title) + size(c.text) AS size
ORDER BY tenant_id, chunk_id LIMIT $limit"""

# Constraint index_metadata. Until the transaction ends nobody writes chunks with a vector in one slot alone.
_LOCK = "MATCH (m:IndexMetadata {id: 'embedding'}) SET m.locked_at = $now"

# Label scan. All tenants.
_ANY_LACKING = """
OPTIONAL MATCH (c:Chunk) WHERE c.embedded_at IS NOT NULL AND c[$property] IS NULL
WITH c LIMIT 1
RETURN count(c) > 0 AS lacking"""

# Label scan, in batches. All tenants.
_CLEAR = {
    slot: f"""
MATCH (c:Chunk) WHERE c.{name} IS NOT NULL
WITH c LIMIT $limit
REMOVE c.{name}
RETURN count(*) AS cleared"""
    for slot, name in VECTOR_PROPERTIES.items()
}

# Constraints chunk_id, document_version. Those of a failed version stand in no index until they are tried again.
_MISSING = """
UNWIND $chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id}) WHERE c[$property] IS NULL
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: c.document_id, version: c.version})
WHERE v.status <> 'failed'
RETURN c.id AS id, c.title AS title, c.headings AS headings, c.text AS text"""

# Constraint chunk_id. A chunk that was removed meanwhile is passed over.
_STORE = """
UNWIND $rows AS row
MATCH (c:Chunk {tenant_id: $tenant_id, id: row.id})
CALL db.create.setNodeVectorProperty(c, $property, row.vector)"""


class Neo4jReembedding:
    """The `EmbeddingPlans` and `BesideVectors` ports over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def read(self) -> EmbeddingPlan:
        """Return what the index holds; see the port."""
        records = self._client.read(_READ)
        if not records:
            raise IncompatibleIndex("The database has no graphwell schema yet; run the migrate function once.")
        row: dict[str, Any] = records[0]["record"]
        beside = EmbeddingIdentity(row["beside_model"], row["beside_dimensions"]) if row["beside_model"] else None
        return EmbeddingPlan(
            serving=EmbeddingIdentity(row["model"], row["dimensions"]),
            slot=Slot(row["slot"] or Slot.A),
            beside=beside,
            move=Move(row["move"] or Move.NONE),
            changed_at=row["changed_at"].to_native() if row["changed_at"] else None,
        )

    def build(self, model: EmbeddingIdentity) -> None:
        """Make an empty index beside the one that serves; see the port."""
        create_vector_index(self._client, self.read().slot.other, model.dimensions)
        beside = {"beside_model": model.model, "beside_dimensions": model.dimensions}
        self._client.write(lambda tx: self._record(tx, Move.NONE, {**beside, "move": Move.BUILDING.value}))

    def lacking(self, slot: Slot, after: ChunkPlace | None, limit: int) -> Sequence[ChunkPlace]:
        """Return chunks without a vector in a slot; see the port."""
        records = self._client.read(
            _LACKING,
            property=VECTOR_PROPERTIES[slot],
            after_tenant=after.scope.tenant_id if after else "",
            after_id=after.chunk.id if after else "",
            limit=limit,
        )
        return [
            ChunkPlace(
                TenantScope(record["tenant_id"]),
                WaitingChunk(record["chunk_id"], record["document_id"], record["version"], record["size"]),
            )
            for record in records
        ]

    def switch(self, plan: EmbeddingPlan) -> bool:
        """Let the other slot serve; see the port."""
        assert plan.beside is not None  # noqa: S101  # what is being built has a model
        record = {
            "model": plan.beside.model,
            "dimensions": plan.beside.dimensions,
            "slot": plan.slot.other.value,
            "beside_model": plan.serving.model,
            "beside_dimensions": plan.serving.dimensions,
            "move": Move.SWITCHED.value,
        }

        def work(tx: ManagedTransaction) -> bool:
            tx.run(_LOCK, now=self._clock.now()).consume()
            if tx.run(_ANY_LACKING, property=VECTOR_PROPERTIES[plan.slot.other]).single(strict=True)["lacking"]:
                return False
            return self._record(tx, Move.BUILDING, record)

        return self._client.write(work)

    def retire(self, plan: EmbeddingPlan) -> None:
        """Say that the other slot is used no more; see the port."""
        record = {"beside_model": None, "beside_dimensions": None, "move": Move.DROPPING.value}
        self._client.write(lambda tx: self._record(tx, plan.move, record))

    def clear(self, plan: EmbeddingPlan) -> bool:
        """Remove the other slot's index and some of its vectors; see the port."""
        slot = plan.slot.other
        self._client.run(f"DROP INDEX {VECTOR_INDEXES[slot]} IF EXISTS")
        return self._client.write_count(_CLEAR[slot], limit=BATCH) == 0

    def end(self) -> None:
        """Say that the move is over; see the port."""
        self._client.write(lambda tx: self._record(tx, Move.DROPPING, {"move": Move.NONE.value}))

    def missing(self, scope: TenantScope, chunk_ids: Sequence[str], slot: Slot) -> list[UnembeddedChunk]:
        """Return chunks without a vector in a slot; see the port."""
        records = self._client.read(
            _MISSING, tenant_id=scope.tenant_id, chunk_ids=list(chunk_ids), property=VECTOR_PROPERTIES[slot]
        )
        return unembedded_chunks(records)

    def store_beside(
        self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], vectors: Sequence[Vector], slot: Slot
    ) -> None:
        """Write vectors into a slot; see the port."""
        rows = [{"id": chunk.chunk_id, "vector": list(vector)} for chunk, vector in zip(chunks, vectors, strict=True)]
        parameters: dict[str, Any] = {"rows": rows, "property": VECTOR_PROPERTIES[slot]}
        self._client.write(lambda tx: tx.run(_STORE, parameters, tenant_id=scope.tenant_id).consume())

    def _record(self, tx: ManagedTransaction, before: Move, record: dict[str, Any]) -> bool:
        parameters = {"from": before.value, "record": record, "now": self._clock.now()}
        return bool(tx.run(_RECORD, parameters).single(strict=True)["recorded"])
