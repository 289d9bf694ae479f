"""The Neo4j adapters that a test works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository
from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox
from graphwell.adapters.neo4j_graph_filling import Neo4jGraphFilling
from graphwell.adapters.neo4j_graph_reader import Neo4jGraphReader
from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository
from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
from graphwell.adapters.neo4j_metadata_keys import Neo4jMetadataKeys
from graphwell.adapters.neo4j_passage_graph import Neo4jPassageGraph
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.ports import EmbeddingIdentity
from tests.fakes.embedding import FakeEmbedder

EMBEDDING = EmbeddingIdentity(FakeEmbedder.model, FakeEmbedder.dimensions)
NO_GRACE = timedelta(seconds=-60)
"""Everything that left service by now."""

POOL = PoolSettings(max_size=20, acquisition_timeout_s=5, max_retry_time_s=5, liveness_check_s=30, max_lifetime_s=300)


@dataclass(frozen=True)
class Store:
    """Every Neo4j adapter over one database whose schema is there."""

    client: Neo4jClient
    staging: Neo4jStagingRepository
    documents: Neo4jDocumentRepository
    jobs: Neo4jJobRepository
    maintenance: Neo4jMaintenanceRepository
    index: Neo4jPassageIndex
    outbox: Neo4jEmbedOutbox
    keys: Neo4jMetadataKeys
    graph: Neo4jPassageGraph
    filling: Neo4jGraphFilling
    reader: Neo4jGraphReader
