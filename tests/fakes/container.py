"""The wiring of an application whose every port is a fake."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.adapters.local_rate_log import LocalRateLog
from graphwell.domain.errors import Unauthenticated
from graphwell.domain.identity import Principal
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import TenantStatistics
from graphwell.usecases.agent_jobs import StartAgentJob
from graphwell.usecases.answer_once import AnswerOnce
from graphwell.usecases.answer_question import AnswerQuestion
from graphwell.usecases.check_health import CheckHealth
from graphwell.usecases.declare_metadata_keys import DeclareMetadataKeys
from graphwell.usecases.delete_document import DeleteDocument
from graphwell.usecases.erase_tenant import StartErase
from graphwell.usecases.explain_search import ExplainSearch
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.ingest_documents import IngestDocuments
from graphwell.usecases.kept_answers import KeptAnswers
from graphwell.usecases.limit_rate import LimitRate
from graphwell.usecases.read_jobs import ReadJobs
from graphwell.usecases.refuse_erased import RefuseErased
from graphwell.usecases.request_upload import RequestUpload
from graphwell.usecases.retry_job import RetryJob
from graphwell.usecases.run_agent import RunAgent
from graphwell.usecases.search import Search
from tests.fakes.agent import FakeNames, FakeToolModel
from tests.fakes.agent_jobs import FakeAgentJobs, FakeAgentQueue
from tests.fakes.caching import FakeAnswerLock, FakeQuestionCache
from tests.fakes.clock import FakeClock
from tests.fakes.documents import FakeDocuments
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.erasure import FakeErasures, FakeHoldings
from tests.fakes.graph import FakeStaging
from tests.fakes.graph_reading import FakeGraphReader
from tests.fakes.health import FakeProbe
from tests.fakes.idempotency import FakeIdempotency
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor, sending
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.rate_limits import FakeRateLog, FakeTenantSettings
from tests.fakes.search import FakeAnswerCache, FakeAnswerer, FakePassageGraph, FakePassageIndex, FakeTermCounter
from tests.fakes.uploads import FakeExtractQueue, FakeJobs, FakeUploadStore


class FakeContainer:
    """What the routers take from the `Container`.

    Parameters:
        principals: whom each known token speaks for.
    """

    def __init__(self, principals: Mapping[str, Principal] | None = None) -> None:
        self._principals = principals or {}
        self.staging = FakeStaging()
        self.embed_queue = FakeEmbedQueue()
        self.embedder = FakeEmbedder()
        self.index = FakePassageIndex()
        self.answerer = FakeAnswerer()
        self.graph_probe = FakeProbe("graph", vital=True)
        self.cache_probe = FakeProbe("cache")

        self.documents = FakeDocuments()
        self.jobs = FakeJobs()
        self.ingest_documents = IngestDocuments(
            FakeExtractor(), FakeChunker(), self.staging, sending(self.staging, self.embed_queue), "fake-model"
        )
        self.upload_store = FakeUploadStore()
        self.extract_queue = FakeExtractQueue()
        self.idempotency = FakeIdempotency()
        self.request_upload = RequestUpload(self.jobs, self.upload_store)
        self.read_jobs = ReadJobs(self.jobs, self.embed_queue, FakeClock())
        self.retry_job = RetryJob(
            self.jobs, self.upload_store, sending(self.staging, self.embed_queue), self.extract_queue
        )
        self.answer_cache = FakeAnswerCache()
        self.questions = FakeQuestionCache(self.answer_cache)
        self.delete_document = DeleteDocument(self.documents, self.upload_store, self.answer_cache)
        self.erasures = FakeErasures()
        self.holdings = [FakeHoldings("documents"), FakeHoldings("files")]
        self.start_erase = StartErase(self.erasures, self.holdings)
        self.refuse_erased = RefuseErased(self.erasures)
        self.statistics: dict[TenantScope, TenantStatistics] = {}
        self.tenant_statistics = self.statistics.__getitem__
        self.metadata_keys = FakeMetadataKeys()
        self.declare_metadata_keys = DeclareMetadataKeys(self.metadata_keys)
        self.search = Search(
            self.embedder, self.index, FakeTermCounter(), self.metadata_keys.declared, FakePassageGraph
        )
        self.find_passages = FindPassages(self.search, rewriter=None, reranker=None)
        self.answer_question = AnswerQuestion(
            self.find_passages,
            self.embedder,
            answerer=self.answerer,
            fallback=None,
            kept=KeptAnswers(self.answer_cache, self.questions, self.index, min_cosine=0.9, identity="fake-model"),
            once=AnswerOnce(FakeAnswerLock()),
        )
        self.tool_model = FakeToolModel()
        self.names = FakeNames()
        self.run_agent = RunAgent(
            self.find_passages,
            self.documents,
            self.names,
            model=self.tool_model,
            answerer=self.answerer,
            fallback=FakeAnswerer("extract"),
        )
        self.agent_jobs = FakeAgentJobs()
        self.agent_queue = FakeAgentQueue()
        self.start_agent_job = StartAgentJob(self.agent_jobs, self.agent_queue, self.metadata_keys.declared)
        self.explain_search = ExplainSearch(self.answer_question, self.index)
        self.graph_reader = FakeGraphReader()
        self.tenant_settings = FakeTenantSettings()
        self.rate_log = FakeRateLog()
        self.limit_rate = LimitRate(self.tenant_settings, shared=self.rate_log, local=LocalRateLog())
        self.check_health = CheckHealth([self.graph_probe, self.cache_probe])

    def of(self, _scope: TenantScope) -> FakeContainer:
        """Return what works on the database of a tenant: of all of them, this."""
        return self

    def verify_token(self, token: str) -> Principal:
        """Return whom a known token speaks for."""
        try:
            return self._principals[token]
        except KeyError:
            raise Unauthenticated("The token is not a valid ID token of this issuer; get a new one.") from None
