"""What the graph holds after all: every document once and whole, nothing that belongs to nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import neo4j
import numpy as np

from devstack.downloads.model import ensure_model
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import chunk_id, embedding_text
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType
from graphwell.domain.graph.rules import graph_by_rules
from graphwell.runtime.settings import Settings
from tests.faults.library import Entry

_LEFTOVERS = {
    "chunks without a document": "MATCH (n:Chunk) WHERE NOT EXISTS { (n)-[:PART_OF]->(:Document) }",
    "chunks of no version": """
        MATCH (n:Chunk) WHERE NOT EXISTS {
          MATCH (v:DocumentVersion) WHERE v.tenant_id = n.tenant_id AND v.document_id = n.document_id
            AND v.version = n.version AND (v.status = 'active' OR v.retired_at IS NOT NULL)
        }""",
    "versions without a document": """
        MATCH (n:DocumentVersion)
        WHERE NOT EXISTS { MATCH (d:Document) WHERE d.tenant_id = n.tenant_id AND d.id = n.document_id }""",
    "versions under way or failed": "MATCH (n:DocumentVersion) WHERE n.status IN ['staged', 'failed']",
    "tasks of the outbox": "MATCH (n:EmbedTask)",
    "entities that nothing mentions": "MATCH (n:Entity) WHERE NOT EXISTS { (n)<-[:MENTIONS]-(:Chunk) }",
    "jobs without a version": """
        MATCH (n:Job) WHERE n.total > n.unchanged AND NOT n.awaits_upload AND NOT EXISTS { (n)-[:INGESTS]->() }""",
}

_DOCUMENTS = """
MATCH (d:Document) WHERE d.tenant_id = $tenant
MATCH (v:DocumentVersion {tenant_id: d.tenant_id, document_id: d.id}) WHERE v.status = 'active'
RETURN d.id AS id, d.version AS live, collect(v.version) AS active, v.chunk_count AS chunk_count"""

_NAMES = """
MATCH (d:Document)<-[:PART_OF]-(c:Chunk) WHERE d.tenant_id = $tenant AND c.version = d.version
OPTIONAL MATCH (c)-[:MENTIONS]->(e:Entity)
RETURN c.id AS id, c.title AS title, c.headings AS headings, c.text AS text, collect(e.key) AS names"""

_CHUNKS = """
MATCH (d:Document)<-[:PART_OF]-(c:Chunk) WHERE d.tenant_id = $tenant AND c.version = d.version
RETURN c.id AS id, c.text AS text, c.embedding AS embedding"""


def leftovers(driver: neo4j.Driver) -> dict[str, int]:
    """Return how many nodes of each kind there are that nothing explains."""
    counted = {
        kind: driver.execute_query(f"{match} RETURN count(n) AS found").records[0]["found"]
        for kind, match in _LEFTOVERS.items()
    }
    return {kind: count for kind, count in counted.items() if count}


def misread(driver: neo4j.Driver, tenant: str) -> list[str]:
    """Return the live chunks whose names in the graph are not those of their text, each once."""
    return [
        row["id"]
        for row in driver.execute_query(_NAMES, tenant=tenant).records
        if sorted(row["names"])
        != sorted(entity.key for entity in graph_by_rules(row["title"], row["headings"], row["text"]).entities)
    ]


def live_versions(driver: neo4j.Driver, tenant: str) -> dict[str, int]:
    """Return the live version of every document of a tenant; one with other active versions than that is -1."""
    found = driver.execute_query(_DOCUMENTS, tenant=tenant).records
    return {row["id"]: row["live"] if row["active"] == [row["live"]] else -1 for row in found}


def chunks_without_faults(entries: Sequence[Entry], revisions: Mapping[int, int]) -> dict[str, tuple[str, str]]:
    """Return text, and text to embed, of every chunk that a run without faults leaves behind, by id."""
    fields = Settings.model_fields
    size = ChunkSize(fields["chunk_tokens"].default, fields["chunk_overlap_tokens"].default)
    chunker = SemanticChunker.for_local_model(ensure_model() / "tokenizer.json", size)
    return {
        chunk_id(entry.id, revisions[entry.number], draft.ordinal): (
            draft.text,
            embedding_text(entry.title, draft.headings, draft.text),
        )
        for entry in entries
        for draft in chunker.split(entry.text(revisions[entry.number]), ContentType.PLAIN)
    }


def stored_chunks(driver: neo4j.Driver, tenant: str) -> dict[str, tuple[str, Any]]:
    """Return text and vector of every live chunk by id.

    Raises:
        AssertionError: two have the same id.
    """
    records = driver.execute_query(_CHUNKS, tenant=tenant).records
    found = {row["id"]: (row["text"], row["embedding"]) for row in records}
    assert len(found) == len(records)
    return found


def has_vector_of(text: str, stored: Sequence[float] | None, embedder: OnnxEmbedder) -> bool:
    """Tell whether a stored vector is just what the embedder gives for a text."""
    (expected,) = embedder.embed_passages([text], Deadline.after(60))
    return stored is not None and bool(np.array_equal(np.array(expected, np.float32), np.array(stored, np.float32)))
