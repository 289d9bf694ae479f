"""The wiring of what a process has once; with its neighbours here the one place that knows every class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.runtime.place import DEFAULT_SHARD, Place
from graphwell.runtime.settings import Settings, load_settings
from graphwell.runtime.shard import Shard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier
    from graphwell.adapters.s3_upload_store import S3UploadStore
    from graphwell.adapters.sqs_lease import SqsLease
    from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache
    from graphwell.adapters.valkey_client import ValkeyClient
    from graphwell.domain.circuit_breaker import BreakerState, CircuitBreaker
    from graphwell.domain.identity import Principal
    from graphwell.domain.rate_limits import RateClass, RateVerdict
    from graphwell.ports import (
        AgentQueue,
        AnswerCache,
        AnswerLock,
        BreakerBoard,
        Chunker,
        Clock,
        EmbedQueue,
        ExtractQueue,
        Idempotency,
        TenantHoldings,
        TextExtractor,
        Tracer,
    )
    from graphwell.runtime.models import Models
    from graphwell.usecases.check_health import CheckHealth

# ruff: noqa: PLC0415  # an import costs cold-start time, so each part imports its own when it is built


class Container:
    """Builds what a process has once, and a `Shard` for each database; imports and connections wait for their use.

    Parameters:
        settings: those of the process; read from the environment when None.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._given_settings = settings

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self._given_settings or load_settings()

    # -- databases

    def of(self, scope: TenantScope) -> Shard:
        """Return what works on the database that holds a tenant."""
        return self.shards[self._shard_names.get(scope.tenant_id, DEFAULT_SHARD)]

    @cached_property
    def shards(self) -> Mapping[str, Shard]:
        """What works on each database, by name: that of most tenants first, then those of some to themselves."""
        settings = self.settings
        first = Place(DEFAULT_SHARD, settings.neo4j_uri, settings.neo4j_database, self._account(settings.neo4j_secret))
        others = [
            Place(name, entry.uri, entry.database, self._account(settings.neo4j_databases_secret, name))
            for name, entry in settings.neo4j_databases.items()
        ]
        return {place.shard: Shard(place, self) for place in (first, *others)}

    @cached_property
    def _shard_names(self) -> Mapping[str, str]:
        """The database of each tenant that has one to itself, or with some others."""
        databases = self.settings.neo4j_databases
        return {tenant_id: name for name, entry in databases.items() for tenant_id in entry.tenants}

    def _account(self, secret_id: str, database: str | None = None) -> Callable[[], tuple[str, str]]:
        """Return what gives (username, password): a secret's own fields, or those that it has for a database."""
        from graphwell.adapters.secrets_manager import RotatedSecret

        secret = RotatedSecret(secret_id)

        def credentials() -> tuple[str, str]:
            fields: Any = secret() if database is None else secret().get(database, {})
            try:
                return fields["username"], fields["password"]
            except (KeyError, TypeError):
                raise Unavailable("A secret lacks the account of a database; try again shortly.") from None

        return credentials

    # -- use cases

    @cached_property
    def check_health(self) -> CheckHealth:
        """Checks the parts."""
        # Before the first check begins, whose time it would take: on a small processor half of what Neo4j has.
        import neo4j  # noqa: F401

        from graphwell.adapters.machine_health import MachineHealth
        from graphwell.adapters.sqs_health import SqsHealth
        from graphwell.adapters.valkey_health import BreakersHealth, ValkeyHealth
        from graphwell.ports import HealthProbe
        from graphwell.usecases.check_health import CheckHealth

        settings = self.settings
        shards = self.shards.values()
        probes: list[HealthProbe] = [*(shard.neo4j_health for shard in shards), MachineHealth()]
        if settings.valkey_url:
            import redis  # noqa: F401  # as above

            probes += [ValkeyHealth(self.valkey), BreakersHealth(self._breaker_board)]
        if settings.embed_queue_url:

            def oldest_s() -> float:
                return max(shard.oldest_task_s() for shard in shards)

            probes.append(
                SqsHealth(self.sqs, "embed_queue", settings.embed_queue_url, settings.embed_dlq_url, oldest_s)
            )
        if settings.extract_queue_url:
            probes.append(SqsHealth(self.sqs, "extract_queue", settings.extract_queue_url, settings.extract_dlq_url))
        if settings.agent_queue_url:
            probes.append(SqsHealth(self.sqs, "agent_queue", settings.agent_queue_url, settings.agent_dlq_url))
        return CheckHealth(probes)

    def verify_token(self, token: str) -> Principal:
        """Return whom a bearer token speaks for; see `JwtTokenVerifier.verify`."""
        return self._token_verifier.verify(token)

    def refuse_erased(self, scope: TenantScope) -> None:
        """Refuse a request to a tenant that is being erased; see `RefuseErased`."""
        self.of(scope).refuse_erased(scope)

    def limit_rate(self, caller: Principal, rate_class: RateClass) -> RateVerdict | None:
        """Count a request of a caller; see `LimitRate`. None where limits are off."""
        if not self.settings.rate_limits:
            return None
        return self.of(TenantScope(caller.tenant_id)).limit_rate(caller, rate_class)

    # -- ports

    @cached_property
    def models(self) -> Models:
        """The models that are called."""
        from graphwell.runtime.models import Models

        return Models(self.settings, lambda: self.breakers)

    @cached_property
    def clock(self) -> Clock:
        """The machine's clock."""
        from graphwell.adapters.system_clock import SystemClock

        return SystemClock()

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
    def agent_lease(self) -> SqsLease:
        """Holds messages of the agent's queue."""
        from graphwell.adapters.sqs_lease import SqsLease

        return SqsLease(self.sqs, self.settings.agent_queue_url)

    @cached_property
    def agent_queue(self) -> AgentQueue:
        """The queue of the agent's runs."""
        from graphwell.adapters.sqs_agent_queue import SqsAgentQueue

        return SqsAgentQueue(self.sqs, self.settings.agent_queue_url)

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
        """One before each part that can be away and that all databases share, by the name under which metrics show it.

        Before each database, and its indexes, stands one of its own; see `Shard.breakers`.
        """
        return self.breakers_of(("valkey", "embedding", "next_embedding", "llm", "rerank"), lambda part: part)

    def breakers_of(self, parts: Iterable[str], shown_as: Callable[[str], str]) -> Mapping[str, CircuitBreaker]:
        """Return new breakers by part.

        Parameters:
            shown_as: gives the name of a part in logs and health; metrics know the part alone, so that their number
                does not grow with that of databases, and an alarm on a part looks at all of them.
        """
        from graphwell.domain.circuit_breaker import BreakerPolicy, CircuitBreaker
        from graphwell.runtime.measures import record_retry

        policy = BreakerPolicy(self.settings.breaker_failures, self.settings.breaker_open_s)
        return {
            part: CircuitBreaker(
                part,
                policy,
                on_change=partial(self._tell_breaker, shown_as(part)),
                around=self.tracer.span,
                on_retry=record_retry,
            )
            for part in parts
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

    def _tell_breaker(self, shown_as: str, part: str, state: BreakerState) -> None:
        """Tell operators what this environment's breaker before a part does."""
        from graphwell.domain.circuit_breaker import BreakerState
        from graphwell.runtime.observability import record_breaker

        record_breaker(part, state, shown_as)
        if self.settings.valkey_url and part != "valkey":
            with suppress(Unavailable):
                self._breaker_board.show(shown_as, is_open=state is BreakerState.OPEN)

    @cached_property
    def _breaker_board(self) -> BreakerBoard:
        from graphwell.adapters.valkey_breaker_board import ValkeyBreakerBoard

        return ValkeyBreakerBoard(self.valkey, kept_for_s=2 * self.settings.breaker_open_s)

    @cached_property
    def valkey(self) -> ValkeyClient:
        """The pooled cache client."""
        from graphwell.adapters.secrets_manager import RotatedSecret
        from graphwell.adapters.valkey_client import ValkeyClient

        secret = RotatedSecret(self.settings.valkey_secret)
        return ValkeyClient(self.settings.valkey_url, secret, self.breakers["valkey"])

    @cached_property
    def sqs(self) -> SQSClient:
        """The SQS client."""
        from graphwell.adapters.aws_clients import sqs_client

        return sqs_client()

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client."""
        from graphwell.adapters.aws_clients import dynamodb_client

        return dynamodb_client()

    @cached_property
    def s3(self) -> S3Client:
        """The S3 client."""
        from graphwell.adapters.aws_clients import s3_client

        return s3_client()

    @cached_property
    def _token_verifier(self) -> JwtTokenVerifier:
        from graphwell.adapters.jwt_token_verifier import JwtTokenVerifier

        return JwtTokenVerifier(self.settings.issuers)

    @cached_property
    def holdings_elsewhere(self) -> Sequence[TenantHoldings]:
        """Every store but the graph that holds things of tenants."""
        from graphwell.adapters.dynamodb_idempotency_holdings import DynamoDbIdempotencyHoldings
        from graphwell.adapters.s3_upload_holdings import S3UploadHoldings

        holdings: list[TenantHoldings] = [S3UploadHoldings(self.s3, self.settings.bucket)]
        if self.settings.idempotency_table:
            holdings.append(DynamoDbIdempotencyHoldings(self.dynamodb, self.settings.idempotency_table))
        if self.settings.valkey_url:
            holdings.append(self._valkey_answers)
        return holdings

    @cached_property
    def _valkey_answers(self) -> ValkeyAnswerCache:
        from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache

        return ValkeyAnswerCache(self.valkey, self.clock)

    def answer_lock(self) -> AnswerLock:
        """Return what keeps environments from working out one answer twice."""
        from graphwell.adapters.valkey_answer_lock import NoAnswerLock, ValkeyAnswerLock

        return ValkeyAnswerLock(self.valkey) if self.settings.valkey_url else NoAnswerLock()
