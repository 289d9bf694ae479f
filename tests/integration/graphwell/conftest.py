"""Adapters over the real servers. Every test works in tenants of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from devstack.endpoints import Endpoints
from devstack.testing import RunningServices
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository
from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox
from graphwell.adapters.neo4j_graph_filling import Neo4jGraphFilling
from graphwell.adapters.neo4j_graph_reader import Neo4jGraphReader
from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository
from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
from graphwell.adapters.neo4j_metadata_keys import Neo4jMetadataKeys
from graphwell.adapters.neo4j_passage_graph import Neo4jPassageGraph
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.neo4j_schema import Neo4jSchema
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.adapters.system_clock import SystemClock
from graphwell.domain.tenancy import TenantScope
from tests.integration.graphwell.store import EMBEDDING, POOL, Store


@pytest.fixture(scope="session")
def endpoints(services: RunningServices) -> Endpoints:
    return services.endpoints


@pytest.fixture(scope="session")
def neo4j_client(endpoints: Endpoints) -> Iterator[Neo4jClient]:
    account = (endpoints.neo4j_username, endpoints.neo4j_password)
    client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: account, POOL)
    yield client
    client.close()


@pytest.fixture(scope="session")
def store(neo4j_client: Neo4jClient) -> Store:
    Neo4jSchema(neo4j_client).migrate(EMBEDDING)
    clock = SystemClock()
    return Store(
        client=neo4j_client,
        staging=Neo4jStagingRepository(neo4j_client, clock),
        documents=Neo4jDocumentRepository(neo4j_client, clock),
        jobs=Neo4jJobRepository(neo4j_client, clock),
        maintenance=Neo4jMaintenanceRepository(neo4j_client, clock),
        index=Neo4jPassageIndex(neo4j_client),
        outbox=Neo4jEmbedOutbox(neo4j_client, clock),
        keys=Neo4jMetadataKeys(neo4j_client, clock),
        graph=Neo4jPassageGraph(neo4j_client),
        filling=Neo4jGraphFilling(neo4j_client, clock),
        reader=Neo4jGraphReader(neo4j_client),
    )


@pytest.fixture
def scope() -> TenantScope:
    return TenantScope(f"t-{uuid.uuid4().hex}")
