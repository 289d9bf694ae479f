"""What the use cases need of the outside world; adapters implement these, tests fake them."""

from graphwell.domain.embedding_plan import EmbeddingIdentity
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
from graphwell.ports.embedding import Embedder, EmbedQueue, EmbedTask, Vector
from graphwell.ports.erasure import ErasureRepository, TenantHoldings
from graphwell.ports.health import HealthProbe
from graphwell.ports.jobs import JobRepository, Upload, UploadStore, UploadTarget
from graphwell.ports.rate_limits import RateLog, TenantSettings
from graphwell.ports.reembedding import BesideVectors, ChunkPlace, EmbeddingPlans
from graphwell.ports.search import AnswerCache, Answerer, PassageIndex, SearchQuery, TermCounter
from graphwell.ports.statistics import ReadStatistics, TenantStatistics
from graphwell.ports.text import Chunker, ExtractedText, TextExtractor

__all__ = [
    "AnswerCache",
    "Answerer",
    "BesideVectors",
    "ChunkPlace",
    "Chunker",
    "Clock",
    "DocumentRepository",
    "EmbedQueue",
    "EmbedTask",
    "Embedder",
    "EmbeddingIdentity",
    "EmbeddingPlans",
    "ErasureRepository",
    "ExtractedText",
    "HealthProbe",
    "JobRepository",
    "MaintenanceRepository",
    "Page",
    "PassageIndex",
    "RateLog",
    "ReadStatistics",
    "SchemaMigrator",
    "SearchQuery",
    "StagingRepository",
    "StaleVersion",
    "TenantHoldings",
    "TenantSettings",
    "TenantStatistics",
    "TermCounter",
    "TextExtractor",
    "UnembeddedChunk",
    "Upload",
    "UploadStore",
    "UploadTarget",
    "Vector",
]
