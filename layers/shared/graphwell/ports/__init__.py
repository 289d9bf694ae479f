"""What the use cases need of the outside world; adapters implement these, tests fake them.

A name is imported from its module when it is first asked for: a start that needs one port does not load all of them,
with what of the domain they speak of.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphwell.domain.embedding_plan import EmbeddingIdentity as EmbeddingIdentity
    from graphwell.ports.agent import ModelTurn as ModelTurn
    from graphwell.ports.agent import ToolConversation as ToolConversation
    from graphwell.ports.agent import ToolModel as ToolModel
    from graphwell.ports.agent import ToolReply as ToolReply
    from graphwell.ports.agent_jobs import AgentJobMaintenance as AgentJobMaintenance
    from graphwell.ports.agent_jobs import AgentJobs as AgentJobs
    from graphwell.ports.agent_jobs import AgentQueue as AgentQueue
    from graphwell.ports.caching import AnsweredText as AnsweredText
    from graphwell.ports.caching import AnswerLock as AnswerLock
    from graphwell.ports.caching import Claim as Claim
    from graphwell.ports.caching import KeptQuestion as KeptQuestion
    from graphwell.ports.caching import QuestionCache as QuestionCache
    from graphwell.ports.clock import Clock as Clock
    from graphwell.ports.documents import DocumentRepository as DocumentRepository
    from graphwell.ports.documents import MaintenanceRepository as MaintenanceRepository
    from graphwell.ports.documents import Page as Page
    from graphwell.ports.documents import SchemaMigrator as SchemaMigrator
    from graphwell.ports.documents import StagingRepository as StagingRepository
    from graphwell.ports.documents import StaleVersion as StaleVersion
    from graphwell.ports.documents import UnembeddedChunk as UnembeddedChunk
    from graphwell.ports.embedding import Embedder as Embedder
    from graphwell.ports.embedding import EmbedOutbox as EmbedOutbox
    from graphwell.ports.embedding import EmbedQueue as EmbedQueue
    from graphwell.ports.embedding import EmbedTask as EmbedTask
    from graphwell.ports.embedding import Vector as Vector
    from graphwell.ports.erasure import ErasureRepository as ErasureRepository
    from graphwell.ports.erasure import TenantHoldings as TenantHoldings
    from graphwell.ports.graph import GraphExtractor as GraphExtractor
    from graphwell.ports.graph import Neighbourhood as Neighbourhood
    from graphwell.ports.graph import PassageGraph as PassageGraph
    from graphwell.ports.graph import TokenBudget as TokenBudget
    from graphwell.ports.graph import WalkQuery as WalkQuery
    from graphwell.ports.graph_filling import GraphFilling as GraphFilling
    from graphwell.ports.graph_reading import GraphReader as GraphReader
    from graphwell.ports.health import Ailing as Ailing
    from graphwell.ports.health import BreakerBoard as BreakerBoard
    from graphwell.ports.health import HealthProbe as HealthProbe
    from graphwell.ports.idempotency import Idempotency as Idempotency
    from graphwell.ports.idempotency import KeyedRequest as KeyedRequest
    from graphwell.ports.jobs import ExtractQueue as ExtractQueue
    from graphwell.ports.jobs import JobMaintenance as JobMaintenance
    from graphwell.ports.jobs import JobRepository as JobRepository
    from graphwell.ports.jobs import JobRetry as JobRetry
    from graphwell.ports.jobs import Upload as Upload
    from graphwell.ports.jobs import UploadStore as UploadStore
    from graphwell.ports.jobs import UploadTarget as UploadTarget
    from graphwell.ports.jobs import WaitingUpload as WaitingUpload
    from graphwell.ports.metadata_keys import Declaration as Declaration
    from graphwell.ports.metadata_keys import MetadataKeys as MetadataKeys
    from graphwell.ports.metadata_keys import ReadDeclaration as ReadDeclaration
    from graphwell.ports.rate_limits import RateLog as RateLog
    from graphwell.ports.rate_limits import TenantSettings as TenantSettings
    from graphwell.ports.reembedding import BesideVectors as BesideVectors
    from graphwell.ports.reembedding import ChunkPlace as ChunkPlace
    from graphwell.ports.reembedding import EmbeddingPlans as EmbeddingPlans
    from graphwell.ports.search import AnswerCache as AnswerCache
    from graphwell.ports.search import AnswerCutShort as AnswerCutShort
    from graphwell.ports.search import Answerer as Answerer
    from graphwell.ports.search import ExactNeighbours as ExactNeighbours
    from graphwell.ports.search import IndexReply as IndexReply
    from graphwell.ports.search import LegReport as LegReport
    from graphwell.ports.search import PassageIndex as PassageIndex
    from graphwell.ports.search import QuestionRewriter as QuestionRewriter
    from graphwell.ports.search import Reranker as Reranker
    from graphwell.ports.search import SearchQuery as SearchQuery
    from graphwell.ports.search import Tell as Tell
    from graphwell.ports.search import TermCounter as TermCounter
    from graphwell.ports.statistics import ReadStatistics as ReadStatistics
    from graphwell.ports.statistics import TenantStatistics as TenantStatistics
    from graphwell.ports.text import Chunker as Chunker
    from graphwell.ports.text import ExtractedText as ExtractedText
    from graphwell.ports.text import TextExtractor as TextExtractor
    from graphwell.ports.tracing import Tracer as Tracer

_NAMES = {
    "graphwell.domain.embedding_plan": ("EmbeddingIdentity",),
    "graphwell.ports.agent": (
        "ModelTurn",
        "ToolConversation",
        "ToolModel",
        "ToolReply",
    ),
    "graphwell.ports.agent_jobs": (
        "AgentJobMaintenance",
        "AgentJobs",
        "AgentQueue",
    ),
    "graphwell.ports.caching": (
        "AnswerLock",
        "AnsweredText",
        "Claim",
        "KeptQuestion",
        "QuestionCache",
    ),
    "graphwell.ports.clock": ("Clock",),
    "graphwell.ports.documents": (
        "DocumentRepository",
        "MaintenanceRepository",
        "Page",
        "SchemaMigrator",
        "StagingRepository",
        "StaleVersion",
        "UnembeddedChunk",
    ),
    "graphwell.ports.embedding": (
        "EmbedOutbox",
        "EmbedQueue",
        "EmbedTask",
        "Embedder",
        "Vector",
    ),
    "graphwell.ports.erasure": (
        "ErasureRepository",
        "TenantHoldings",
    ),
    "graphwell.ports.graph": (
        "GraphExtractor",
        "Neighbourhood",
        "PassageGraph",
        "TokenBudget",
        "WalkQuery",
    ),
    "graphwell.ports.graph_filling": ("GraphFilling",),
    "graphwell.ports.graph_reading": ("GraphReader",),
    "graphwell.ports.health": (
        "Ailing",
        "BreakerBoard",
        "HealthProbe",
    ),
    "graphwell.ports.idempotency": (
        "Idempotency",
        "KeyedRequest",
    ),
    "graphwell.ports.jobs": (
        "ExtractQueue",
        "JobMaintenance",
        "JobRepository",
        "JobRetry",
        "Upload",
        "UploadStore",
        "UploadTarget",
        "WaitingUpload",
    ),
    "graphwell.ports.metadata_keys": (
        "Declaration",
        "MetadataKeys",
        "ReadDeclaration",
    ),
    "graphwell.ports.rate_limits": (
        "RateLog",
        "TenantSettings",
    ),
    "graphwell.ports.reembedding": (
        "BesideVectors",
        "ChunkPlace",
        "EmbeddingPlans",
    ),
    "graphwell.ports.search": (
        "AnswerCache",
        "AnswerCutShort",
        "Answerer",
        "ExactNeighbours",
        "IndexReply",
        "LegReport",
        "PassageIndex",
        "QuestionRewriter",
        "Reranker",
        "SearchQuery",
        "Tell",
        "TermCounter",
    ),
    "graphwell.ports.statistics": (
        "ReadStatistics",
        "TenantStatistics",
    ),
    "graphwell.ports.text": (
        "Chunker",
        "ExtractedText",
        "TextExtractor",
    ),
    "graphwell.ports.tracing": ("Tracer",),
}
"""What each module has; the imports above are for type checkers, and a test holds the two together."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names}


if not TYPE_CHECKING:  # to whom it would make any name a port

    def __getattr__(name: str) -> Any:
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(module), name)
        return found
