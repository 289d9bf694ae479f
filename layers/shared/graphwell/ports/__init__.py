"""What the use cases need of the outside world; adapters implement these, tests fake them."""

from graphwell.domain.embedding_plan import EmbeddingIdentity
from graphwell.ports.caching import AnsweredText, AnswerLock, Claim, KeptQuestion, QuestionCache
from graphwell.ports.clock import Clock
from graphwell.ports.documents import (
    DocumentRepository,
    MaintenanceRepository,
    Page,
    SchemaMigrator,
    StagingRepository,
    StaleVersion,
    UnembeddedChunk,
)
from graphwell.ports.embedding import Embedder, EmbedOutbox, EmbedQueue, EmbedTask, Vector
from graphwell.ports.erasure import ErasureRepository, TenantHoldings
from graphwell.ports.health import Ailing, BreakerBoard, HealthProbe
from graphwell.ports.idempotency import Idempotency, KeyedRequest
from graphwell.ports.jobs import (
    ExtractQueue,
    JobMaintenance,
    JobRepository,
    JobRetry,
    Upload,
    UploadStore,
    UploadTarget,
    WaitingUpload,
)
from graphwell.ports.metadata_keys import Declaration, MetadataKeys, ReadDeclaration
from graphwell.ports.rate_limits import RateLog, TenantSettings
from graphwell.ports.reembedding import BesideVectors, ChunkPlace, EmbeddingPlans
from graphwell.ports.search import (
    AnswerCache,
    AnswerCutShort,
    Answerer,
    ExactNeighbours,
    IndexReply,
    LegReport,
    PassageIndex,
    QuestionRewriter,
    Reranker,
    SearchQuery,
    Tell,
    TermCounter,
)
from graphwell.ports.statistics import ReadStatistics, TenantStatistics
from graphwell.ports.text import Chunker, ExtractedText, TextExtractor
from graphwell.ports.tracing import Tracer

__all__ = [
    "Ailing",
    "AnswerCache",
    "AnswerCutShort",
    "AnswerLock",
    "AnsweredText",
    "Answerer",
    "BesideVectors",
    "BreakerBoard",
    "ChunkPlace",
    "Chunker",
    "Claim",
    "Clock",
    "Declaration",
    "DocumentRepository",
    "EmbedOutbox",
    "EmbedQueue",
    "EmbedTask",
    "Embedder",
    "EmbeddingIdentity",
    "EmbeddingPlans",
    "ErasureRepository",
    "ExactNeighbours",
    "ExtractQueue",
    "ExtractedText",
    "HealthProbe",
    "Idempotency",
    "IndexReply",
    "JobMaintenance",
    "JobRepository",
    "JobRetry",
    "KeptQuestion",
    "KeyedRequest",
    "LegReport",
    "MaintenanceRepository",
    "MetadataKeys",
    "Page",
    "PassageIndex",
    "QuestionCache",
    "QuestionRewriter",
    "RateLog",
    "ReadDeclaration",
    "ReadStatistics",
    "Reranker",
    "SchemaMigrator",
    "SearchQuery",
    "StagingRepository",
    "StaleVersion",
    "Tell",
    "TenantHoldings",
    "TenantSettings",
    "TenantStatistics",
    "TermCounter",
    "TextExtractor",
    "Tracer",
    "UnembeddedChunk",
    "Upload",
    "UploadStore",
    "UploadTarget",
    "Vector",
    "WaitingUpload",
]
