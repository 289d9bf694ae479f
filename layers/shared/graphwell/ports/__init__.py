"""What the use cases need of the outside world; adapters implement these, tests fake them."""

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
from graphwell.ports.embedding import Embedder, EmbeddingIdentity, EmbedQueue, EmbedTask, Vector
from graphwell.ports.health import HealthProbe
from graphwell.ports.jobs import JobRepository, Upload, UploadStore, UploadTarget
from graphwell.ports.rate_limits import RateLog, TenantSettings
from graphwell.ports.search import (
    AnswerCache,
    Answerer,
    PassageIndex,
    QuestionRewriter,
    Reranker,
    SearchQuery,
    TermCounter,
)
from graphwell.ports.text import Chunker, ExtractedText, TextExtractor

__all__ = [
    "AnswerCache",
    "Answerer",
    "Chunker",
    "Clock",
    "DocumentRepository",
    "EmbedQueue",
    "EmbedTask",
    "Embedder",
    "EmbeddingIdentity",
    "ExtractedText",
    "HealthProbe",
    "JobRepository",
    "MaintenanceRepository",
    "Page",
    "PassageIndex",
    "QuestionRewriter",
    "RateLog",
    "Reranker",
    "SchemaMigrator",
    "SearchQuery",
    "StagingRepository",
    "StaleVersion",
    "TenantSettings",
    "TermCounter",
    "TextExtractor",
    "UnembeddedChunk",
    "Upload",
    "UploadStore",
    "UploadTarget",
    "Vector",
]
