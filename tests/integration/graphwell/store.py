"""The Neo4j adapters that a test works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from graphwell.domain.tenancy import TenantScope
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


_BLOCKED = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*) AS blocked"


def changed_first(store: Store, scope: TenantScope, change: str, late: Callable[[], object]) -> None:
    """Run what is to come late while a transaction that changes the same nodes is open, and end that one when the late
    one waits for it.

    Parameters:
        change: a statement; its parameter `t` is the tenant.
    """
    with ThreadPoolExecutor(1) as pool:
        with store.client._open().session() as session, session.begin_transaction() as tx:
            tx.run(change, t=scope.tenant_id).consume()
            waiting = pool.submit(late)
            until_s = time.monotonic() + 5
            while not store.client.run(_BLOCKED)[0]["blocked"] and time.monotonic() < until_s:
                time.sleep(0.02)
            assert not waiting.done(), "It did not wait."
            tx.commit()
        waiting.result()
