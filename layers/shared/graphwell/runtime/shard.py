"""The wiring of the use cases over one Neo4j database, for the tenants that it holds and for no others."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from graphwell.runtime.database import Database

if TYPE_CHECKING:
    from graphwell.domain.embedding_plan import EmbeddingIdentity, Slot
    from graphwell.ports import GraphExtractor, TenantHoldings, TokenBudget
    from graphwell.runtime.container import Container
    from graphwell.runtime.place import Place
    from graphwell.runtime.serving import Serving
    from graphwell.usecases.agent_jobs import StartAgentJob, WorkAgentJob
    from graphwell.usecases.answer_question import AnswerQuestion
    from graphwell.usecases.declare_metadata_keys import ApplyMetadataKeys, DeclareMetadataKeys
    from graphwell.usecases.delete_document import DeleteDocument
    from graphwell.usecases.embed_chunks import EmbedChunks
    from graphwell.usecases.erase_tenant import ContinueErases, StartErase
    from graphwell.usecases.explain_search import ExplainSearch
    from graphwell.usecases.extract_upload import ExtractUpload
    from graphwell.usecases.fill_beside import FillBeside
    from graphwell.usecases.fill_graph import FillGraph
    from graphwell.usecases.find_passages import FindPassages
    from graphwell.usecases.ingest_documents import IngestDocuments
    from graphwell.usecases.limit_rate import LimitRate
    from graphwell.usecases.migrate import Migrate
    from graphwell.usecases.read_jobs import ReadJobs
    from graphwell.usecases.reconcile import Reconcile
    from graphwell.usecases.reembed import Reembed
    from graphwell.usecases.refuse_erased import RefuseErased
    from graphwell.usecases.request_upload import RequestUpload
    from graphwell.usecases.retry_job import RetryJob
    from graphwell.usecases.run_agent import RunAgent
    from graphwell.usecases.send_tasks import SendTasks
    from graphwell.usecases.tidy_jobs import TidyJobs

# ruff: noqa: PLC0415  # an import costs cold-start time, so each part imports its own when it is built


class Shard(Database):
    """Builds what works over one database, on its ports.

    Work over all tenants is over all of this database. Whatever such work hands out is dealt with in the same one.

    Parameters:
        place: the database.
        shared: what all shards of the process share.
    """

    def __init__(self, place: Place, shared: Container) -> None:
        super().__init__(place, shared)
        self._beside: dict[tuple[EmbeddingIdentity, Slot], FillBeside] = {}
        self._served: Serving | None = None

    @property
    def find_passages(self) -> FindPassages:
        """Finds passages for a question in a conversation, by the model that serves."""
        return self._serving.find_passages

    @property
    def answer_question(self) -> AnswerQuestion:
        """Answers questions, by the model that serves."""
        return self._serving.answer_question

    @property
    def explain_search(self) -> ExplainSearch:
        """Explains searches, by the model that serves."""
        return self._serving.explain_search

    @property
    def run_agent(self) -> RunAgent:
        """Answers questions step by step, by the model that serves."""
        return self._serving.run_agent

    @cached_property
    def start_agent_job(self) -> StartAgentJob:
        """Accepts runs of the agent that take longer than a request."""
        from graphwell.usecases.agent_jobs import StartAgentJob

        return StartAgentJob(self.agent_jobs, self._shared.agent_queue, self.metadata_keys.declared)

    @cached_property
    def work_agent_job(self) -> WorkAgentJob:
        """Works on such runs."""
        from graphwell.usecases.agent_jobs import WorkAgentJob

        return WorkAgentJob(self.agent_jobs, lambda: self.run_agent)

    @property
    def _serving(self) -> Serving:
        """What finds and answers; made anew, once the schema is seen to fit, when another model serves."""
        plan = self.embedders.plan(fresh=False)
        if self._served is None or not self._served.serves(plan.serving, plan.slot):
            from graphwell.runtime.serving import Serving

            self._verify_schema()
            self._served = Serving(self, self._shared, plan.serving, plan.slot)
        return self._served

    @cached_property
    def ingest_documents(self) -> IngestDocuments:
        """Takes documents in."""
        from graphwell.usecases.ingest_documents import IngestDocuments

        return IngestDocuments(
            self._shared.extractor,
            self._shared.chunker,
            self.staging,
            self.send_tasks,
            self._shared.settings.embedding_model,
        )

    @cached_property
    def send_tasks(self) -> SendTasks:
        """Tells the queue what to embed next."""
        from graphwell.usecases.send_tasks import SendTasks

        return SendTasks(self.embed_outbox, self._shared.embed_queue, self._shared.settings.embed_workers)

    @property
    def embed_chunks(self) -> EmbedChunks:
        """Embeds what a queue message names, by what the index holds at this moment."""
        from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
        from graphwell.usecases.embed_chunks import EmbedChunks

        plan = self.embedders.plan(fresh=True)
        beside = self._fill_beside(plan.beside, plan.slot.other) if plan.beside else None
        staging = Neo4jStagingRepository(self.neo4j, self._shared.clock, slot=plan.slot)
        return EmbedChunks(self.embedders.of(plan.serving), staging, self._graph_extractor, self.send_tasks, beside)

    @cached_property
    def _graph_extractor(self) -> GraphExtractor:
        def budget(tokens_a_day: int) -> TokenBudget:
            from graphwell.adapters.neo4j_token_budget import Neo4jTokenBudget

            return Neo4jTokenBudget(self.neo4j, self._shared.clock, tokens_a_day)

        return self._shared.models.graph_extractor(budget)

    def _fill_beside(self, model: EmbeddingIdentity, slot: Slot) -> FillBeside:
        """Return the one of this process, which remembers when a model did not answer."""
        from graphwell.usecases.fill_beside import FillBeside

        found = self._beside.get((model, slot))
        if found is None:
            found = self._beside[model, slot] = FillBeside(self.embedders.find(model), self._reembedding, slot)
        return found

    @cached_property
    def reembed(self) -> Reembed:
        """Moves the index to the next model."""
        from graphwell.usecases.reembed import Reembed

        return Reembed(
            self._reembedding,
            self._shared.embed_queue,
            self._shared.clock,
            configured=self._shared.models.embedding_identity,
            wanted=self._shared.models.next_identity,
        )

    @cached_property
    def request_upload(self) -> RequestUpload:
        """Hands out places for files."""
        from graphwell.usecases.request_upload import RequestUpload

        return RequestUpload(self.jobs, self._shared.upload_store)

    @cached_property
    def read_jobs(self) -> ReadJobs:
        """Reports on jobs."""
        from graphwell.usecases.read_jobs import ReadJobs

        return ReadJobs(self.jobs, self._shared.embed_queue, self._shared.clock)

    @cached_property
    def retry_job(self) -> RetryJob:
        """Sends a job's failed and idle work again."""
        from graphwell.usecases.retry_job import RetryJob

        return RetryJob(self.jobs, self._shared.upload_store, self.send_tasks, self._shared.extract_queue)

    @cached_property
    def tidy_jobs(self) -> TidyJobs:
        """Ends jobs that nobody else does."""
        from graphwell.adapters.neo4j_job_maintenance import Neo4jJobMaintenance
        from graphwell.usecases.tidy_jobs import TidyJobs

        return TidyJobs(
            Neo4jJobMaintenance(self.neo4j, self._shared.clock),
            self.jobs,
            self._shared.upload_store,
            self._shared.extract_queue,
            self.agent_jobs,
            kept_for=timedelta(days=self._shared.settings.job_retention_days),
        )

    @cached_property
    def extract_upload(self) -> ExtractUpload:
        """Turns uploaded files into documents."""
        from graphwell.usecases.extract_upload import ExtractUpload

        return ExtractUpload(self._shared.upload_store, self._shared.file_reader, self.jobs, self.ingest_documents)

    @cached_property
    def delete_document(self) -> DeleteDocument:
        """Deletes documents with all that was made of them."""
        from graphwell.usecases.delete_document import DeleteDocument

        return DeleteDocument(self.documents, self._shared.upload_store, self._shared.answer_cache)

    @cached_property
    def start_erase(self) -> StartErase:
        """Begins to erase tenants."""
        from graphwell.usecases.erase_tenant import StartErase

        return StartErase(self.erasures, self._holdings)

    @cached_property
    def continue_erases(self) -> ContinueErases:
        """Goes on with the erases of tenants."""
        from graphwell.usecases.erase_tenant import ContinueErases

        return ContinueErases(self.erasures, self._holdings, self._shared.clock)

    @cached_property
    def declare_metadata_keys(self) -> DeclareMetadataKeys:
        """Declares what tenants filter by."""
        from graphwell.usecases.declare_metadata_keys import DeclareMetadataKeys

        return DeclareMetadataKeys(self.metadata_keys)

    @cached_property
    def apply_metadata_keys(self) -> ApplyMetadataKeys:
        """Puts documents under the keys that were declared after they came."""
        from graphwell.usecases.declare_metadata_keys import ApplyMetadataKeys

        return ApplyMetadataKeys(self.metadata_keys)

    @cached_property
    def fill_graph(self) -> FillGraph:
        """Reads chunks anew that were embedded before these rules read names."""
        from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
        from graphwell.adapters.neo4j_graph_filling import Neo4jGraphFilling
        from graphwell.usecases.fill_graph import FillGraph

        return FillGraph(Neo4jGraphFilling(self.neo4j, self._shared.clock), LocalGraphExtractor())

    @cached_property
    def reconcile(self) -> Reconcile:
        """Repairs what stopped."""
        from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
        from graphwell.usecases.reconcile import Reconcile

        maintenance = Neo4jMaintenanceRepository(self.neo4j, self._shared.clock)
        return Reconcile(maintenance, self.staging, self.embed_outbox, self._shared.embed_queue, self.send_tasks)

    @cached_property
    def migrate(self) -> Migrate:
        """Creates the schema."""
        from graphwell.adapters.neo4j_schema import Neo4jSchema
        from graphwell.usecases.migrate import Migrate

        models = self._shared.models
        schema = Neo4jSchema(self.neo4j, models.next_identity)
        return Migrate(schema, self._reembedding, models.embedding_identity, models.next_identity)

    @cached_property
    def _holdings(self) -> list[TenantHoldings]:
        """Every store that holds things of tenants; not the logs of rate limits, see docs/security.md."""
        return [self.erasures, *self._shared.holdings_elsewhere]

    @cached_property
    def refuse_erased(self) -> RefuseErased:
        """Refuses requests to tenants that are being erased."""
        from graphwell.usecases.refuse_erased import RefuseErased

        return RefuseErased(self.erasures)

    @cached_property
    def limit_rate(self) -> LimitRate:
        """Counts requests against the limits of callers and tenants."""
        from graphwell.adapters.local_rate_log import LocalRateLog
        from graphwell.adapters.valkey_rate_log import ValkeyRateLog
        from graphwell.usecases.limit_rate import LimitRate

        local = LocalRateLog()
        shared = ValkeyRateLog(self._shared.valkey) if self._shared.settings.valkey_url else None
        return LimitRate(self.tenant_settings, shared=shared, local=local)

    def _verify_schema(self) -> None:
        from graphwell.adapters.neo4j_schema import Neo4jSchema

        Neo4jSchema(self.neo4j, self._shared.models.next_identity).verify(self._shared.models.embedding_identity)
