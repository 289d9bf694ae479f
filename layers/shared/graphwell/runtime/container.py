"""The wiring: the one place that knows every class. Each part is built when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphwell.runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier
    from graphwell.adapters.neo4j_client import Neo4jClient
    from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository
    from graphwell.adapters.neo4j_reembedding import Neo4jReembedding
    from graphwell.adapters.s3_upload_store import S3UploadStore
    from graphwell.adapters.sqs_lease import SqsLease
    from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache
    from graphwell.adapters.valkey_client import ValkeyClient
    from graphwell.domain.circuit_breaker import BreakerState, CircuitBreaker
    from graphwell.domain.embedding_plan import EmbeddingIdentity, Slot
    from graphwell.domain.identity import Principal
    from graphwell.domain.rate_limits import RateClass, RateVerdict
    from graphwell.domain.tenancy import TenantScope
    from graphwell.ports import (
        AnswerCache,
        Answerer,
        AnswerLock,
        BreakerBoard,
        Chunker,
        Clock,
        DocumentRepository,
        Embedder,
        EmbedOutbox,
        EmbedQueue,
        ExtractQueue,
        Idempotency,
        JobRepository,
        MetadataKeys,
        PassageIndex,
        QuestionRewriter,
        ReadStatistics,
        Reranker,
        StagingRepository,
        TenantHoldings,
        TenantSettings,
        TextExtractor,
        Tracer,
    )
    from graphwell.runtime.embedders import Embedders
    from graphwell.usecases.answer_question import AnswerQuestion
    from graphwell.usecases.check_health import CheckHealth
    from graphwell.usecases.declare_metadata_keys import ApplyMetadataKeys, DeclareMetadataKeys
    from graphwell.usecases.delete_document import DeleteDocument
    from graphwell.usecases.embed_chunks import EmbedChunks
    from graphwell.usecases.erase_tenant import ContinueErases, StartErase
    from graphwell.usecases.explain_search import ExplainSearch
    from graphwell.usecases.extract_upload import ExtractUpload
    from graphwell.usecases.fill_beside import FillBeside
    from graphwell.usecases.find_passages import FindPassages
    from graphwell.usecases.ingest_documents import IngestDocuments
    from graphwell.usecases.kept_answers import KeptAnswers
    from graphwell.usecases.limit_rate import LimitRate
    from graphwell.usecases.migrate import Migrate
    from graphwell.usecases.read_jobs import ReadJobs
    from graphwell.usecases.reconcile import Reconcile
    from graphwell.usecases.reembed import Reembed
    from graphwell.usecases.refuse_erased import RefuseErased
    from graphwell.usecases.request_upload import RequestUpload
    from graphwell.usecases.retry_job import RetryJob
    from graphwell.usecases.send_tasks import SendTasks
    from graphwell.usecases.tidy_jobs import TidyJobs

    _Serving = tuple[FindPassages, AnswerQuestion, ExplainSearch]

# ruff: noqa: PLC0415  # an import costs cold-start time, so each part imports its own when it is built


class Container:
    """Builds use cases and adapters for one process; imports and connections wait until a part is used.

    Parameters:
        settings: those of the process; read from the environment when None.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._given_settings = settings
        self._beside: dict[tuple[EmbeddingIdentity, Slot], FillBeside] = {}
        self._served: tuple[tuple[EmbeddingIdentity, Slot], _Serving] | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self._given_settings or load_settings()

    # -- use cases

    @property
    def find_passages(self) -> FindPassages:
        """Finds passages for a question in a conversation, by the model that serves."""
        return self._serving[0]

    @property
    def answer_question(self) -> AnswerQuestion:
        """Answers questions, by the model that serves."""
        return self._serving[1]

    @property
    def explain_search(self) -> ExplainSearch:
        """Explains searches, by the model that serves."""
        return self._serving[2]

    @property
    def _serving(self) -> _Serving:
        """What searches with one model's questions, vectors and index; made anew when another model serves."""
        from graphwell.usecases.explain_search import ExplainSearch

        plan = self.embedders.plan(fresh=False)
        key = plan.serving, plan.slot
        if self._served is None or self._served[0] != key:
            find_passages, index = self._find_by(*key)
            answer_question = self._answer_by(find_passages, index, plan.serving)
            self._served = key, (find_passages, answer_question, ExplainSearch(answer_question, index))
        return self._served[1]

    def _find_by(self, model: EmbeddingIdentity, slot: Slot) -> tuple[FindPassages, PassageIndex]:
        from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
        from graphwell.adapters.porter_term_counter import PorterTermCounter
        from graphwell.usecases.find_passages import FindPassages
        from graphwell.usecases.search import Search

        self._verify_schema()
        index = self._sampled(Neo4jPassageIndex(self.neo4j, slot), slot)
        search = Search(
            self.embedders.of(model), index, PorterTermCounter(), self.metadata_keys.declared, self.breakers
        )
        return FindPassages(search, rewriter=self._rewriter(), reranker=self._reranker()), index

    def _sampled(self, index: PassageIndex, slot: Slot) -> PassageIndex:
        """Return an index whose recall is measured on a share of the searches."""
        if not self.settings.recall_sample_share:
            return index
        from graphwell.adapters.neo4j_exact_neighbours import Neo4jExactNeighbours
        from graphwell.runtime.measures import record_recall
        from graphwell.usecases.sample_recall import SampleRecall

        exact = Neo4jExactNeighbours(self.neo4j, slot)
        return SampleRecall(index, exact, self.settings.recall_sample_share, record_recall)

    def _answer_by(self, find_passages: FindPassages, index: PassageIndex, model: EmbeddingIdentity) -> AnswerQuestion:
        from graphwell.adapters.extractive_answerer import ExtractiveAnswerer
        from graphwell.usecases.answer_once import AnswerOnce
        from graphwell.usecases.answer_question import AnswerQuestion

        extractive = ExtractiveAnswerer()
        generative = self._generative_answerer()
        answerer = generative or extractive
        return AnswerQuestion(
            find_passages,
            self.embedders.of(model),
            answerer=answerer,
            fallback=extractive if generative else None,
            kept=self._kept_answers(index, model, f"{model.model}|{find_passages.identity}|{answerer.identity}"),
            once=AnswerOnce(self._answer_lock()),
        )

    @cached_property
    def ingest_documents(self) -> IngestDocuments:
        """Takes documents in."""
        from graphwell.usecases.ingest_documents import IngestDocuments

        return IngestDocuments(
            self.extractor, self.chunker, self.staging, self.send_tasks, self.settings.embedding_model
        )

    @cached_property
    def send_tasks(self) -> SendTasks:
        """Tells the queue what to embed next."""
        from graphwell.usecases.send_tasks import SendTasks

        return SendTasks(self.embed_outbox, self.embed_queue, self.settings.embed_workers)

    @property
    def embed_chunks(self) -> EmbedChunks:
        """Embeds what a queue message names, by what the index holds at this moment."""
        from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
        from graphwell.usecases.embed_chunks import EmbedChunks

        plan = self.embedders.plan(fresh=True)
        beside = self._fill_beside(plan.beside, plan.slot.other) if plan.beside else None
        staging = Neo4jStagingRepository(self.neo4j, self.clock, slot=plan.slot)
        return EmbedChunks(self.embedders.of(plan.serving), staging, self.send_tasks, beside)

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
            self.embed_queue,
            self.clock,
            configured=self._embedding_identity,
            wanted=self._next_identity,
        )

    @cached_property
    def request_upload(self) -> RequestUpload:
        """Hands out places for files."""
        from graphwell.usecases.request_upload import RequestUpload

        return RequestUpload(self.jobs, self.upload_store)

    @cached_property
    def read_jobs(self) -> ReadJobs:
        """Reports on jobs."""
        from graphwell.usecases.read_jobs import ReadJobs

        return ReadJobs(self.jobs, self.embed_queue, self.clock)

    @cached_property
    def retry_job(self) -> RetryJob:
        """Sends a job's failed and idle work again."""
        from graphwell.usecases.retry_job import RetryJob

        return RetryJob(self.jobs, self.upload_store, self.send_tasks, self.extract_queue)

    @cached_property
    def tidy_jobs(self) -> TidyJobs:
        """Ends jobs that nobody else does."""
        from graphwell.adapters.neo4j_job_maintenance import Neo4jJobMaintenance
        from graphwell.usecases.tidy_jobs import TidyJobs

        return TidyJobs(
            Neo4jJobMaintenance(self.neo4j, self.clock),
            self.jobs,
            self.upload_store,
            self.extract_queue,
            kept_for=timedelta(days=self.settings.job_retention_days),
        )

    @cached_property
    def extract_upload(self) -> ExtractUpload:
        """Turns uploaded files into documents."""
        from graphwell.usecases.extract_upload import ExtractUpload

        return ExtractUpload(self.upload_store, self.file_reader, self.jobs, self.ingest_documents)

    @cached_property
    def delete_document(self) -> DeleteDocument:
        """Deletes documents with all that was made of them."""
        from graphwell.usecases.delete_document import DeleteDocument

        return DeleteDocument(self.documents, self.upload_store, self.answer_cache)

    @cached_property
    def start_erase(self) -> StartErase:
        """Begins to erase tenants."""
        from graphwell.usecases.erase_tenant import StartErase

        return StartErase(self.erasures, self._holdings)

    @cached_property
    def continue_erases(self) -> ContinueErases:
        """Goes on with the erases of tenants."""
        from graphwell.usecases.erase_tenant import ContinueErases

        return ContinueErases(self.erasures, self._holdings, self.clock)

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
    def reconcile(self) -> Reconcile:
        """Repairs what stopped."""
        from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
        from graphwell.usecases.reconcile import Reconcile

        maintenance = Neo4jMaintenanceRepository(self.neo4j, self.clock)
        return Reconcile(maintenance, self.staging, self.embed_outbox, self.embed_queue, self.send_tasks)

    @cached_property
    def migrate(self) -> Migrate:
        """Creates the schema."""
        from graphwell.adapters.neo4j_schema import Neo4jSchema
        from graphwell.usecases.migrate import Migrate

        schema = Neo4jSchema(self.neo4j, self._next_identity)
        return Migrate(schema, self._reembedding, self._embedding_identity, self._next_identity)

    @cached_property
    def check_health(self) -> CheckHealth:
        """Checks the parts."""
        from graphwell.adapters.machine_health import MachineHealth
        from graphwell.adapters.neo4j_health import Neo4jHealth, OldestTask
        from graphwell.adapters.sqs_health import SqsHealth
        from graphwell.adapters.valkey_health import BreakersHealth, ValkeyHealth
        from graphwell.ports import HealthProbe
        from graphwell.usecases.check_health import CheckHealth

        settings = self.settings
        probes: list[HealthProbe] = [Neo4jHealth(self.neo4j), MachineHealth()]
        if settings.valkey_url:
            probes += [ValkeyHealth(self.valkey), BreakersHealth(self._breaker_board)]
        if settings.embed_queue_url:
            oldest = OldestTask(self.neo4j, self.clock)
            probes.append(SqsHealth(self.sqs, "embed_queue", settings.embed_queue_url, settings.embed_dlq_url, oldest))
        if settings.extract_queue_url:
            probes.append(SqsHealth(self.sqs, "extract_queue", settings.extract_queue_url, settings.extract_dlq_url))
        return CheckHealth(probes)

    def verify_token(self, token: str) -> Principal:
        """Return whom a bearer token speaks for; see `JwtTokenVerifier.verify`."""
        return self._token_verifier.verify(token)

    def refuse_erased(self, scope: TenantScope) -> None:
        """Refuse a request to a tenant that is being erased; see `RefuseErased`."""
        self._refuse_erased(scope)

    def limit_rate(self, caller: Principal, rate_class: RateClass) -> RateVerdict | None:
        """Count a request of a caller; see `LimitRate`. None where limits are off."""
        return self._limit_rate(caller, rate_class) if self.settings.rate_limits else None

    # -- ports

    @cached_property
    def clock(self) -> Clock:
        """The machine's clock."""
        from graphwell.adapters.system_clock import SystemClock

        return SystemClock()

    @cached_property
    def staging(self) -> StagingRepository:
        """Staging and activation in Neo4j."""
        from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository

        return Neo4jStagingRepository(self.neo4j, self.clock)

    @cached_property
    def documents(self) -> DocumentRepository:
        """Documents in Neo4j."""
        from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository

        return Neo4jDocumentRepository(self.neo4j, self.clock)

    @cached_property
    def tenant_settings(self) -> TenantSettings:
        """What administrators set, in Neo4j."""
        from graphwell.adapters.neo4j_tenant_settings import Neo4jTenantSettings

        return Neo4jTenantSettings(self.neo4j, self.clock)

    @cached_property
    def metadata_keys(self) -> MetadataKeys:
        """The keys that tenants filter by, in Neo4j."""
        from graphwell.adapters.neo4j_metadata_keys import Neo4jMetadataKeys

        return Neo4jMetadataKeys(self.neo4j, self.clock)

    @cached_property
    def tenant_statistics(self) -> ReadStatistics:
        """What tenants amount to, in Neo4j."""
        from graphwell.adapters.neo4j_tenant_statistics import Neo4jTenantStatistics

        return Neo4jTenantStatistics(self.neo4j)

    @cached_property
    def erasures(self) -> Neo4jErasureRepository:
        """Erases of tenants, in Neo4j."""
        from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository

        return Neo4jErasureRepository(self.neo4j, self.clock)

    @cached_property
    def jobs(self) -> JobRepository:
        """Jobs in Neo4j."""
        from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository

        return Neo4jJobRepository(self.neo4j, self.clock)

    @cached_property
    def embed_outbox(self) -> EmbedOutbox:
        """What the embed queue is to be told, in Neo4j."""
        from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox

        return Neo4jEmbedOutbox(self.neo4j, self.clock)

    @cached_property
    def embed_queue(self) -> EmbedQueue:
        """The queue of chunks to embed."""
        from graphwell.adapters.sqs_embed_queue import SqsEmbedQueue

        return SqsEmbedQueue(self.sqs, self.settings.embed_queue_url, self.tracer)

    @cached_property
    def embed_lease(self) -> SqsLease:
        """Holds messages of the embed queue."""
        from graphwell.adapters.sqs_lease import SqsLease

        return SqsLease(self.sqs, self.settings.embed_queue_url)

    @cached_property
    def extract_lease(self) -> SqsLease:
        """Holds messages of the extract queue."""
        from graphwell.adapters.sqs_lease import SqsLease

        return SqsLease(self.sqs, self.settings.extract_queue_url)

    @cached_property
    def extract_queue(self) -> ExtractQueue:
        """The queue of uploaded files."""
        from graphwell.adapters.sqs_extract_queue import SqsExtractQueue

        return SqsExtractQueue(self.sqs, self.settings.extract_queue_url)

    @cached_property
    def idempotency(self) -> Idempotency:
        """What became of keyed requests, in DynamoDB."""
        from graphwell.adapters.dynamodb_idempotency import DynamoDbIdempotency

        return DynamoDbIdempotency(self.dynamodb, self.settings.idempotency_table)

    @cached_property
    def upload_store(self) -> S3UploadStore:
        """The bucket of uploaded files."""
        from graphwell.adapters.s3_upload_store import S3UploadStore

        return S3UploadStore(self.s3, self.settings.bucket, self.clock)

    @cached_property
    def answer_cache(self) -> AnswerCache:
        """Finished answers in Valkey; none without one."""
        from graphwell.adapters.valkey_answer_cache import NoAnswerCache

        return self._valkey_answers if self.settings.valkey_url else NoAnswerCache()

    @cached_property
    def embedder(self) -> Embedder:
        """The configured embedding model."""
        if self.settings.embedding_provider == "onnx":
            from graphwell.adapters.onnx_embedder import OnnxEmbedder

            return OnnxEmbedder(self.settings.onnx_model_dir)
        return self._openai_embedder(self._embedding_identity, self.settings.embedding_base_url, "embedding")

    @cached_property
    def embedders(self) -> Embedders:
        """The configured embedding model, and the one that the index moves to."""
        from graphwell.runtime.embedders import Embedders

        further = self._next_identity
        if further is None:
            return Embedders(self._reembedding, [self.embedder])
        following = self._openai_embedder(further, self.settings.next_embedding_base_url, "next_embedding")
        return Embedders(self._reembedding, [self.embedder, following])

    def _openai_embedder(self, identity: EmbeddingIdentity, base_url: str, breaker: str) -> Embedder:
        from graphwell.adapters.openai_embedder import OpenAIEmbedder

        return OpenAIEmbedder(
            model=identity.model,
            dimensions=identity.dimensions,
            base_url=base_url or None,
            api_key=self._model_api_key(),
            breaker=self.breakers[breaker],
            longest_query_s=self.settings.embedding_query_timeout_s,
        )

    @cached_property
    def chunker(self) -> Chunker:
        """Cuts text in tokens of the embedding model."""
        from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker

        size = ChunkSize(self.settings.chunk_tokens, self.settings.chunk_overlap_tokens)
        if self.settings.embedding_provider == "onnx":
            return SemanticChunker.for_local_model(self.settings.onnx_model_dir / "tokenizer.json", size)
        return SemanticChunker.for_openai_model(self.settings.embedding_model, size)

    @cached_property
    def extractor(self) -> TextExtractor:
        """Gets text out of HTML that came in a request."""
        from graphwell.adapters.markup_text_extractor import MarkupTextExtractor

        return MarkupTextExtractor()

    @cached_property
    def file_reader(self) -> TextExtractor:
        """Gets text out of uploaded files."""
        from graphwell.adapters.files.isolated_reader import IsolatedReader, ReadLimits

        settings = self.settings
        return IsolatedReader(ReadLimits(settings.extract_memory_mib * 1024**2, settings.extract_time_s))

    # -- clients

    @cached_property
    def breakers(self) -> Mapping[str, CircuitBreaker]:
        """One before each part that can be away, by the name under which metrics and health show it."""
        from graphwell.domain.circuit_breaker import BreakerPolicy, CircuitBreaker
        from graphwell.runtime.measures import record_retry

        policy = BreakerPolicy(self.settings.breaker_failures, self.settings.breaker_open_s)
        names = ("neo4j", "valkey", "embedding", "next_embedding", "llm", "rerank", "vector", "fulltext")
        return {
            name: CircuitBreaker(
                name, policy, on_change=self._tell_breaker, around=self.tracer.span, on_retry=record_retry
            )
            for name in names
        }

    @cached_property
    def tracer(self) -> Tracer:
        """Where the time of invocations goes."""
        settings = self.settings
        if settings.tracing == "xray":
            from graphwell.adapters.xray_tracer import XRayTracer

            return XRayTracer()
        if settings.tracing == "otlp":
            from graphwell.adapters.otlp_tracer import OtlpTracer
            from graphwell.runtime.observability import logger

            return OtlpTracer(settings.otlp_endpoint, logger.service, settings.stage)
        from graphwell.adapters.untraced import UNTRACED

        return UNTRACED

    def _tell_breaker(self, part: str, state: BreakerState) -> None:
        """Tell operators what this environment's breaker before a part does."""
        from graphwell.domain.circuit_breaker import BreakerState
        from graphwell.domain.errors import Unavailable
        from graphwell.runtime.observability import record_breaker

        record_breaker(part, state)
        if self.settings.valkey_url and part != "valkey":
            with suppress(Unavailable):
                self._breaker_board.show(part, is_open=state is BreakerState.OPEN)

    @cached_property
    def _breaker_board(self) -> BreakerBoard:
        from graphwell.adapters.valkey_breaker_board import ValkeyBreakerBoard

        return ValkeyBreakerBoard(self.valkey, kept_for_s=2 * self.settings.breaker_open_s)

    @cached_property
    def neo4j(self) -> Neo4jClient:
        """The pooled driver."""
        from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
        from graphwell.adapters.secrets_manager import RotatedSecret

        settings = self.settings
        secret = RotatedSecret(settings.neo4j_secret)

        def credentials() -> tuple[str, str]:
            fields = secret()
            return fields["username"], fields["password"]

        pool = PoolSettings(
            max_size=settings.neo4j_max_pool_size,
            acquisition_timeout_s=settings.neo4j_acquisition_timeout_s,
            max_retry_time_s=settings.neo4j_max_retry_time_s,
            liveness_check_s=settings.neo4j_liveness_check_s,
            max_lifetime_s=settings.neo4j_max_lifetime_s,
            connect_timeout_s=settings.neo4j_connect_timeout_s,
            query_timeout_s=settings.neo4j_query_timeout_s,
        )
        return Neo4jClient(settings.neo4j_uri, settings.neo4j_database, credentials, pool, self.breakers["neo4j"])

    @cached_property
    def valkey(self) -> ValkeyClient:
        """The pooled cache client."""
        from graphwell.adapters.secrets_manager import RotatedSecret
        from graphwell.adapters.valkey_client import ValkeyClient

        secret = RotatedSecret(self.settings.valkey_secret)
        return ValkeyClient(self.settings.valkey_url, secret, self.breakers["valkey"])

    @cached_property
    def sqs(self) -> SQSClient:
        """The SQS client; tasks are sent while a lock is held, so it gives up soon."""
        import boto3
        from botocore.config import Config

        return boto3.client("sqs", config=Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2}))

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client; a request waits for it, so it gives up long before the gateway does."""
        import boto3
        from botocore.config import Config

        retries: Any = {"mode": "standard", "total_max_attempts": 3}
        return boto3.client("dynamodb", config=Config(connect_timeout=1, read_timeout=2, retries=retries))

    @cached_property
    def s3(self) -> S3Client:
        """The S3 client; only version 4 signatures can bind a presigned address to a size."""
        import boto3
        from botocore.config import Config

        return boto3.client("s3", config=Config(signature_version="s3v4"))

    @cached_property
    def _token_verifier(self) -> JwtTokenVerifier:
        from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier

        return JwtTokenVerifier(self.settings.issuers)

    @cached_property
    def _valkey_answers(self) -> ValkeyAnswerCache:
        from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache

        return ValkeyAnswerCache(self.valkey, self.clock)

    @cached_property
    def _holdings(self) -> list[TenantHoldings]:
        """Every store that holds things of tenants; not the logs of rate limits, see docs/security.md."""
        from graphwell.adapters.dynamodb_idempotency_holdings import DynamoDbIdempotencyHoldings
        from graphwell.adapters.s3_upload_holdings import S3UploadHoldings

        holdings: list[TenantHoldings] = [self.erasures, S3UploadHoldings(self.s3, self.settings.bucket)]
        if self.settings.idempotency_table:
            holdings.append(DynamoDbIdempotencyHoldings(self.dynamodb, self.settings.idempotency_table))
        if self.settings.valkey_url:
            holdings.append(self._valkey_answers)
        return holdings

    @cached_property
    def _refuse_erased(self) -> RefuseErased:
        from graphwell.usecases.refuse_erased import RefuseErased

        return RefuseErased(self.erasures)

    @cached_property
    def _reembedding(self) -> Neo4jReembedding:
        from graphwell.adapters.neo4j_reembedding import Neo4jReembedding

        return Neo4jReembedding(self.neo4j, self.clock)

    @cached_property
    def _limit_rate(self) -> LimitRate:
        from graphwell.adapters.local_rate_log import LocalRateLog
        from graphwell.adapters.valkey_rate_log import ValkeyRateLog
        from graphwell.usecases.limit_rate import LimitRate

        local = LocalRateLog()
        shared = ValkeyRateLog(self.valkey) if self.settings.valkey_url else None
        return LimitRate(self.tenant_settings, shared=shared, local=local)

    def _kept_answers(self, index: PassageIndex, model: EmbeddingIdentity, identity: str) -> KeptAnswers:
        from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
        from graphwell.usecases.kept_answers import KeptAnswers

        min_cosine = self.settings.semantic_min_cosine
        by_meaning = self.settings.valkey_url and min_cosine < 1
        return KeptAnswers(
            self.answer_cache,
            ValkeyQuestionCache(self.valkey, model.dimensions) if by_meaning else None,
            index,
            min_cosine=min_cosine,
            identity=identity,
        )

    def _answer_lock(self) -> AnswerLock:
        from graphwell.adapters.valkey_answer_lock import NoAnswerLock, ValkeyAnswerLock

        return ValkeyAnswerLock(self.valkey) if self.settings.valkey_url else NoAnswerLock()

    def _generative_answerer(self) -> Answerer | None:
        if not self.settings.llm_model:
            return None
        from graphwell.adapters.openai_answerer import OpenAIAnswerer

        return OpenAIAnswerer(
            model=self.settings.llm_model,
            base_url=self.settings.llm_base_url or None,
            api_key=self._model_api_key(),
            breaker=self.breakers["llm"],
            longest_s=self.settings.llm_timeout_s,
        )

    def _rewriter(self) -> QuestionRewriter | None:
        if not self.settings.llm_model:
            return None
        from graphwell.adapters.openai_rewriter import OpenAIRewriter

        return OpenAIRewriter(
            model=self.settings.llm_model,
            base_url=self.settings.llm_base_url or None,
            api_key=self._model_api_key(),
            breaker=self.breakers["llm"],
        )

    def _reranker(self) -> Reranker | None:
        if not self.settings.rerank_url:
            return None
        from graphwell.adapters.http_reranker import HttpReranker
        from graphwell.adapters.secrets_manager import RotatedSecret

        secret = RotatedSecret(self.settings.model_secret)
        return HttpReranker(
            url=self.settings.rerank_url,
            model=self.settings.rerank_model,
            api_key=lambda: secret().get("rerank_api_key", ""),
            breaker=self.breakers["rerank"],
        )

    def _model_api_key(self) -> Callable[[], str]:
        """Return what gives one client the key; each asks again by itself when its key is refused."""
        from graphwell.adapters.secrets_manager import RotatedSecret

        secret = RotatedSecret(self.settings.model_secret)
        return lambda: secret().get("api_key", "")

    @property
    def _next_identity(self) -> EmbeddingIdentity | None:
        from graphwell.domain.embedding_plan import EmbeddingIdentity

        settings = self.settings
        if not settings.next_embedding_model:
            return None
        return EmbeddingIdentity(settings.next_embedding_model, settings.next_embedding_dimensions)

    @property
    def _embedding_identity(self) -> EmbeddingIdentity:
        from graphwell.domain.embedding_plan import EmbeddingIdentity

        if self.settings.embedding_provider == "onnx":
            from graphwell.adapters.onnx_embedder import DIMENSIONS, MODEL

            return EmbeddingIdentity(MODEL, DIMENSIONS)
        return EmbeddingIdentity(self.settings.embedding_model, self.settings.embedding_dimensions)

    def _verify_schema(self) -> None:
        from graphwell.adapters.neo4j_schema import Neo4jSchema

        Neo4jSchema(self.neo4j, self._next_identity).verify(self._embedding_identity)
