"""Constraints and indexes, and the record of the embedding model that the vectors come from."""

from __future__ import annotations

from graphwell.adapters.filter_terms import SLOTS
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.embedding_plan import EmbeddingIdentity, Slot
from graphwell.domain.errors import IncompatibleIndex

VECTOR_INDEXES = {Slot.A: "chunk_embedding", Slot.B: "chunk_embedding_b"}
VECTOR_PROPERTIES = {Slot.A: "embedding", Slot.B: "embedding_b"}
"""Of the chunks, by the slot that vectors lie in; `domain/embedding_plan.py` says what slots are for."""

FULLTEXT_INDEX = "chunk_text"
ENTITY_INDEX = "entity_name"

VECTOR_FILTERS = ("tenant_id", "document_id", *SLOTS)
"""Properties of chunks by which the vector index filters."""

FULLTEXT_PROPERTIES = ("title", "text", "tenant_term", "filter_terms")

MINIMUM_SERVER = (2026, 2)
"""First release whose Cypher 25 has SEARCH with a filter inside the vector index."""

_STATEMENTS = (
    "CREATE CONSTRAINT tenant_id IF NOT EXISTS FOR (t:Tenant) REQUIRE t.id IS UNIQUE",
    "CREATE CONSTRAINT document_id IF NOT EXISTS FOR (d:Document) REQUIRE (d.tenant_id, d.id) IS UNIQUE",
    "CREATE CONSTRAINT chunk_id IF NOT EXISTS FOR (c:Chunk) REQUIRE (c.tenant_id, c.id) IS UNIQUE",
    "CREATE CONSTRAINT job_id IF NOT EXISTS FOR (j:Job) REQUIRE (j.tenant_id, j.id) IS UNIQUE",
    """CREATE CONSTRAINT document_version IF NOT EXISTS
       FOR (v:DocumentVersion) REQUIRE (v.tenant_id, v.document_id, v.version) IS UNIQUE""",
    "CREATE CONSTRAINT embed_task_id IF NOT EXISTS FOR (t:EmbedTask) REQUIRE (t.tenant_id, t.id) IS UNIQUE",
    "CREATE CONSTRAINT entity_id IF NOT EXISTS FOR (e:Entity) REQUIRE (e.tenant_id, e.id) IS UNIQUE",
    "CREATE CONSTRAINT agent_job_id IF NOT EXISTS FOR (j:AgentJob) REQUIRE (j.tenant_id, j.id) IS UNIQUE",
    "CREATE CONSTRAINT erasure_id IF NOT EXISTS FOR (e:Erasure) REQUIRE (e.tenant_id, e.id) IS UNIQUE",
    "CREATE CONSTRAINT index_metadata IF NOT EXISTS FOR (m:IndexMetadata) REQUIRE m.id IS UNIQUE",
    "CREATE INDEX document_created IF NOT EXISTS FOR (d:Document) ON (d.tenant_id, d.created_at)",
    "CREATE INDEX job_created IF NOT EXISTS FOR (j:Job) ON (j.tenant_id, j.created_at)",
    "CREATE INDEX embed_task_state IF NOT EXISTS FOR (t:EmbedTask) ON (t.state, t.tenant_id, t.created_at)",
    "CREATE INDEX job_looked_at IF NOT EXISTS FOR (j:Job) ON (j.awaits_upload, j.looked_at)",
    "CREATE INDEX job_age IF NOT EXISTS FOR (j:Job) ON (j.created_at)",
    "CREATE INDEX agent_job_moved IF NOT EXISTS FOR (j:AgentJob) ON (j.state, j.moved_at)",
    "CREATE INDEX agent_job_age IF NOT EXISTS FOR (j:AgentJob) ON (j.created_at)",
    "CREATE INDEX job_upload IF NOT EXISTS FOR (j:Job) ON (j.tenant_id, j.upload_document_id)",
    "CREATE INDEX erasure_state IF NOT EXISTS FOR (e:Erasure) ON (e.state, e.started_at)",
    "CREATE INDEX version_moved IF NOT EXISTS FOR (v:DocumentVersion) ON (v.status, v.moved_at)",
    "CREATE INDEX version_retired IF NOT EXISTS FOR (v:DocumentVersion) ON (v.retired_at)",
    "CREATE INDEX tenant_keys_applied IF NOT EXISTS FOR (t:Tenant) ON (t.keys_applied_to)",
    "CREATE INDEX tenant_graph_filled IF NOT EXISTS FOR (t:Tenant) ON (t.graph_filled_to)",
    "CREATE INDEX document_deleted IF NOT EXISTS FOR (d:Document) ON (d.deleted_at)",
    # The tenant term narrows inside Lucene; the english analyzer stems what people type and write.
    f"""CREATE FULLTEXT INDEX {FULLTEXT_INDEX} IF NOT EXISTS
        FOR (c:Chunk) ON EACH [{", ".join(f"c.{name}" for name in FULLTEXT_PROPERTIES)}]
        OPTIONS {{indexConfig: {{`fulltext.analyzer`: 'english'}}}}""",
    # Names are not stemmed, and "The Who" keeps both words.
    f"""CREATE FULLTEXT INDEX {ENTITY_INDEX} IF NOT EXISTS FOR (e:Entity) ON EACH [e.name, e.tenant_term]
        OPTIONS {{indexConfig: {{`fulltext.analyzer`: 'standard-no-stop-words'}}}}""",
)

# Tenant, document and the values of declared metadata keys stand in the index, so that filters run inside it; they cost
# a search without filters nothing (bench/filters.py). Quantisation is off: with it a plain LIMIT 10
# finds 0.80 of the true top 10, without it 0.94, and 0.99 at LIMIT 50 (200,000 chunks).
_VECTOR_INDEX_STATEMENT = f"""CYPHER 25
CREATE VECTOR INDEX %(index)s IF NOT EXISTS FOR (c:Chunk) ON c.%(property)s
WITH [{", ".join(f"c.{name}" for name in VECTOR_FILTERS)}]
OPTIONS {{indexConfig: {{
  `vector.dimensions`: $dimensions, `vector.similarity_function`: 'cosine',
  `vector.hnsw.m`: 16, `vector.hnsw.ef_construction`: 200, `vector.quantization.enabled`: false}}}}"""

_INDEXES = "SHOW INDEXES YIELD name, properties WHERE name IN $names RETURN name, properties"

_RECORD = """
MERGE (m:IndexMetadata {id: 'embedding'})
  ON CREATE SET m.model = $model, m.dimensions = $dimensions, m.created_at = datetime()
RETURN m.model AS model, m.dimensions AS dimensions, coalesce(m.slot, 'a') AS slot,
       m.beside_dimensions AS beside_dimensions"""

# Label scan, in batches; what was embedded before an index could move to another model.
_DATE_VECTORS = """
MATCH (c:Chunk) WHERE c.embedded_at IS NULL AND c.embedding IS NOT NULL
CALL (c) { SET c.embedded_at = c.created_at } IN TRANSACTIONS OF 1000 ROWS"""

_READ_RECORD = """
CALL dbms.components() YIELD name, versions
WITH name, versions WHERE name = 'Neo4j Kernel'
OPTIONAL MATCH (m:IndexMetadata {id: 'embedding'})
RETURN versions[0] AS server, m.model AS model, m.dimensions AS dimensions"""


class Neo4jSchema:
    """The `SchemaMigrator` port over one Neo4j database.

    Parameters:
        moving_to: a model that the index may have moved to already; None when it stays with its model.
    """

    def __init__(self, client: Neo4jClient, moving_to: EmbeddingIdentity | None = None) -> None:
        self._client = client
        self._moving_to = moving_to

    def migrate(self, embedding: EmbeddingIdentity) -> None:
        """Create what is missing and wait until the indexes are online; safe to repeat.

        Raises:
            IncompatibleIndex: the server is too old, or the index holds another model's vectors.
        """
        self._check_server()
        self._drop_outdated()
        for statement in _STATEMENTS:
            self._client.run(statement)
        record = self._client.run(_RECORD, model=embedding.model, dimensions=embedding.dimensions)[0]
        self._check_same(EmbeddingIdentity(record["model"], record["dimensions"]), embedding)
        create_vector_index(self._client, Slot(record["slot"]), record["dimensions"])
        if record["beside_dimensions"]:
            create_vector_index(self._client, Slot(record["slot"]).other, record["beside_dimensions"])
        self._client.run(_DATE_VECTORS)
        self._client.run("CALL db.awaitIndexes(240)")

    def _drop_outdated(self) -> None:
        """Drop the indexes that an older release made without the properties that filters need, to be made anew.

        Chunks of then have no terms of filters, so all tenants' documents are put under their keys again.
        """
        wanted = {VECTOR_INDEXES[slot]: {name, *VECTOR_FILTERS} for slot, name in VECTOR_PROPERTIES.items()}
        wanted[FULLTEXT_INDEX] = {*FULLTEXT_PROPERTIES}
        found = {row["name"]: set(row["properties"]) for row in self._client.run(_INDEXES, names=list(wanted))}
        outdated = [name for name, properties in found.items() if properties != wanted[name]]
        for name in outdated:
            self._client.run(f"DROP INDEX {name} IF EXISTS")
        if outdated:
            self._client.run("MATCH (t:Tenant) SET t.keys_applied_to = ''")

    def verify(self, embedding: EmbeddingIdentity) -> None:
        """Check that this configuration fits the stored index.

        Raises:
            IncompatibleIndex: the schema is missing, the server too old, or the index holds another model's vectors.
        """
        record = self._check_server()
        if record.model == "":
            raise IncompatibleIndex("The database has no graphwell schema yet; run the migrate function once.")
        self._check_same(record, embedding)

    def _check_server(self) -> EmbeddingIdentity:
        record = self._client.read(_READ_RECORD, replica_ok=True)[0]
        if _release(record["server"]) < MINIMUM_SERVER:
            raise IncompatibleIndex(
                f"Neo4j {record['server']} is too old: 2026.02 or newer is needed (Cypher 25 with SEARCH); upgrade it."
            )
        return EmbeddingIdentity(record["model"] or "", record["dimensions"] or 0)

    def _check_same(self, stored: EmbeddingIdentity, configured: EmbeddingIdentity) -> None:
        if stored not in {configured, self._moving_to}:
            raise wrong_model(stored, configured)


def create_vector_index(client: Neo4jClient, slot: Slot, dimensions: int) -> None:
    """Create the vector index of a slot unless it is there."""
    names = {"index": VECTOR_INDEXES[slot], "property": VECTOR_PROPERTIES[slot]}
    client.run(_VECTOR_INDEX_STATEMENT % names, dimensions=dimensions)


def wrong_model(stored: EmbeddingIdentity, configured: EmbeddingIdentity) -> IncompatibleIndex:
    """Return the refusal of an index whose vectors are of a model that is not configured."""
    return IncompatibleIndex(
        f"The index holds vectors of {stored.model} ({stored.dimensions} dimensions) but the configured model is"
        f" {configured.model} ({configured.dimensions}); configure the stored one and name the other as the next model,"
        " see docs/reembed.md."
    )


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", 1)[0].split(".")[:2])
