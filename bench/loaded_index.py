"""A Neo4j of its own with the shipped schema, filled straight with chunks and vectors that are there already."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import neo4j
import psutil

from bench.chunk_sizes import Matrix
from bench.ranking.collections import StoredChunk
from devstack.testing import running_services
from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.adapters.neo4j_schema import Neo4jSchema
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.chunks import chunk_id
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbeddingIdentity

_BATCH = 500
_VERSION = 1
_QUIET_PERCENT, _QUIET_FOR_S, _MERGES_WITHIN_S = 5.0, 2.0, 300.0
"""Share of a processor below which the database does nothing by itself any more; an idle one takes one percent."""

# Constraints tenant_id, document_id.
_ADD_DOCUMENTS = """
MERGE (t:Tenant {id: $tenant_id}) ON CREATE SET t.corpus_version = 1
WITH t UNWIND $documents AS id
MERGE (d:Document {tenant_id: $tenant_id, id: id})
  ON CREATE SET d.version = $version, d.latest_version = $version, d.created_at = datetime()"""

_ADD_CHUNKS = """
UNWIND $chunks AS row
MATCH (d:Document {tenant_id: $tenant_id, id: row.document_id})
CREATE (c:Chunk {tenant_id: $tenant_id, tenant_term: $tenant_term, version: $version})-[:PART_OF]->(d)
SET c += row.properties
WITH c, row CALL db.create.setNodeVectorProperty(c, 'embedding', row.vector)"""


@dataclass(frozen=True)
class LoadedIndex:
    """A database with the shipped schema."""

    client: Neo4jClient
    driver: neo4j.Driver
    uri: str
    login: tuple[str, str]
    server: psutil.Process

    def add(self, tenant: str, chunks: Sequence[StoredChunk], vectors: Matrix) -> None:
        """Store chunks as live documents of a tenant, as ingestion leaves them."""
        scope = TenantScope(tenant)
        ids = list(dict.fromkeys(chunk.document for chunk in chunks))
        for start in range(0, len(ids), _BATCH):
            self.run(_ADD_DOCUMENTS, tenant_id=tenant, documents=ids[start : start + _BATCH], version=_VERSION)
        for start in range(0, len(chunks), _BATCH):
            batch = slice(start, start + _BATCH)
            self.run(
                _ADD_CHUNKS,
                tenant_id=tenant,
                tenant_term=tenant_term(scope),
                version=_VERSION,
                chunks=[
                    _row(chunk, vector.tolist()) for chunk, vector in zip(chunks[batch], vectors[batch], strict=True)
                ],
            )

    def settle(self) -> None:
        """Wait until the indexes hold all that was written, and merge no more: that is still part of the filling."""
        self.run("CALL db.awaitIndexes(600)")
        self.run("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()")
        until = time.monotonic() + _MERGES_WITHIN_S
        while self.server.cpu_percent(_QUIET_FOR_S) > _QUIET_PERCENT and time.monotonic() < until:
            pass

    def run(self, query: LiteralString, **parameters: Any) -> list[neo4j.Record]:
        """Run a statement and return its records."""
        return self.driver.execute_query(query, parameters).records


def _row(chunk: StoredChunk, vector: Iterable[float]) -> dict[str, Any]:
    properties = {
        "id": chunk_id(chunk.document, _VERSION, chunk.ordinal),
        "document_id": chunk.document,
        "ordinal": chunk.ordinal,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "text": chunk.text,
        "start": 0,
        "end": len(chunk.text),
    }
    return {"document_id": chunk.document, "properties": properties, "vector": vector}


@contextmanager
def loaded_index() -> Iterator[LoadedIndex]:
    """Run an empty database with the shipped schema for the length of a with block."""
    with (
        tempfile.TemporaryDirectory(prefix="graphwell-bench-") as folder,
        running_services(Path(folder).resolve(), only=["neo4j"]) as services,
    ):
        uri = services.endpoints.neo4j_uri
        login = (services.endpoints.neo4j_username, services.endpoints.neo4j_password)
        client = Neo4jClient(uri, "neo4j", lambda: login, PoolSettings(4, 30.0, 10.0, 30.0, 300.0))
        Neo4jSchema(client).migrate(EmbeddingIdentity("bench", OnnxEmbedder.dimensions))
        with neo4j.GraphDatabase.driver(uri, auth=login, warn_notification_severity="OFF") as driver:
            yield LoadedIndex(client, driver, uri, login, psutil.Process(services.pid("neo4j")))
        client.close()
