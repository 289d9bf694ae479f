"""The wiring of the ports on one Neo4j database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from graphwell.runtime.place import DEFAULT_SHARD, Place

if TYPE_CHECKING:
    from graphwell.adapters.neo4j_agent_jobs import Neo4jAgentJobs
    from graphwell.adapters.neo4j_client import Neo4jClient
    from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository
    from graphwell.adapters.neo4j_health import Neo4jHealth, OldestTask
    from graphwell.adapters.neo4j_reembedding import Neo4jReembedding
    from graphwell.domain.circuit_breaker import CircuitBreaker
    from graphwell.ports import (
        DocumentRepository,
        EmbedOutbox,
        GraphReader,
        JobRepository,
        MetadataKeys,
        ReadStatistics,
        StagingRepository,
        TenantSettings,
    )
    from graphwell.runtime.container import Container
    from graphwell.runtime.embedders import Embedders

# ruff: noqa: PLC0415  # an import costs cold-start time, so each part imports its own when it is built


class Database:
    """Builds what reads and writes one database; imports and connections wait until a part is used.

    Parameters:
        place: the database.
        shared: what all databases of the process share.
    """

    def __init__(self, place: Place, shared: Container) -> None:
        self.place = place
        self._shared = shared

    @cached_property
    def neo4j(self) -> Neo4jClient:
        """The pooled driver."""
        from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
        from graphwell.runtime.measures import record_pool_use

        settings = self._shared.settings
        pool = PoolSettings(
            max_size=settings.neo4j_max_pool_size,
            acquisition_timeout_s=settings.neo4j_acquisition_timeout_s,
            max_retry_time_s=settings.neo4j_max_retry_time_s,
            liveness_check_s=settings.neo4j_liveness_check_s,
            max_lifetime_s=settings.neo4j_max_lifetime_s,
            connect_timeout_s=settings.neo4j_connect_timeout_s,
            query_timeout_s=settings.neo4j_query_timeout_s,
        )
        place = self.place
        return Neo4jClient(
            place.uri, place.database, place.credentials, pool, self.breakers["neo4j"], on_acquire=record_pool_use
        )

    @cached_property
    def breakers(self) -> Mapping[str, CircuitBreaker]:
        """One before the database and each of its search indexes; see `Container.breakers`."""
        return self._shared.breakers_of(("neo4j", "vector", "fulltext"), self.place.of)

    @cached_property
    def neo4j_health(self) -> Neo4jHealth:
        """Checks the database; without one that some tenants have to themselves, the others go on."""
        from graphwell.adapters.neo4j_health import Neo4jHealth

        return Neo4jHealth(self.neo4j, self.place.of("neo4j"), vital=self.place.shard == DEFAULT_SHARD)

    @cached_property
    def oldest_task_s(self) -> OldestTask:
        """Tells the age of the oldest work that the embed queue was told of."""
        from graphwell.adapters.neo4j_health import OldestTask

        return OldestTask(self.neo4j, self._shared.clock)

    @cached_property
    def embedders(self) -> Embedders:
        """The embedding models, by what this index holds."""
        from graphwell.runtime.embedders import Embedders

        return Embedders(self._reembedding, self._shared.models.embedders)

    @cached_property
    def staging(self) -> StagingRepository:
        """Staging and activation in Neo4j."""
        from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository

        return Neo4jStagingRepository(self.neo4j, self._shared.clock)

    @cached_property
    def documents(self) -> DocumentRepository:
        """Documents in Neo4j."""
        from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository

        return Neo4jDocumentRepository(self.neo4j, self._shared.clock)

    @cached_property
    def jobs(self) -> JobRepository:
        """Jobs in Neo4j."""
        from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository

        return Neo4jJobRepository(self.neo4j, self._shared.clock)

    @cached_property
    def agent_jobs(self) -> Neo4jAgentJobs:
        """Runs of the agent that are jobs, in Neo4j."""
        from graphwell.adapters.neo4j_agent_jobs import Neo4jAgentJobs

        return Neo4jAgentJobs(self.neo4j, self._shared.clock)

    @cached_property
    def embed_outbox(self) -> EmbedOutbox:
        """What the embed queue is to be told, in Neo4j."""
        from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox

        return Neo4jEmbedOutbox(self.neo4j, self._shared.clock)

    @cached_property
    def erasures(self) -> Neo4jErasureRepository:
        """Erases of tenants, in Neo4j."""
        from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository

        return Neo4jErasureRepository(self.neo4j, self._shared.clock)

    @cached_property
    def metadata_keys(self) -> MetadataKeys:
        """The keys that tenants filter by, in Neo4j."""
        from graphwell.adapters.neo4j_metadata_keys import Neo4jMetadataKeys

        return Neo4jMetadataKeys(self.neo4j, self._shared.clock)

    @cached_property
    def tenant_settings(self) -> TenantSettings:
        """What administrators set, in Neo4j."""
        from graphwell.adapters.neo4j_tenant_settings import Neo4jTenantSettings

        return Neo4jTenantSettings(self.neo4j, self._shared.clock)

    @cached_property
    def tenant_statistics(self) -> ReadStatistics:
        """What tenants amount to, in Neo4j."""
        from graphwell.adapters.neo4j_tenant_statistics import Neo4jTenantStatistics

        return Neo4jTenantStatistics(self.neo4j)

    @cached_property
    def graph_reader(self) -> GraphReader:
        """The entity graph in Neo4j."""
        from graphwell.adapters.neo4j_graph_reader import Neo4jGraphReader

        return Neo4jGraphReader(self.neo4j)

    @cached_property
    def _reembedding(self) -> Neo4jReembedding:
        from graphwell.adapters.neo4j_reembedding import Neo4jReembedding

        return Neo4jReembedding(self.neo4j, self._shared.clock)
