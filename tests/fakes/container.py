"""The wiring of an application whose every port is a fake."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.domain.errors import Unauthenticated
from graphwell.domain.identity import Principal
from graphwell.usecases.answer_question import AnswerQuestion
from graphwell.usecases.check_health import CheckHealth
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.ingest_documents import IngestDocuments
from graphwell.usecases.limit_rate import LimitRate
from graphwell.usecases.request_upload import RequestUpload
from graphwell.usecases.search import Search
from tests.fakes.documents import FakeDocuments
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.graph import FakeStaging
from tests.fakes.health import FakeProbe
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor
from tests.fakes.rate_limits import FakeRateLog, FakeTenantSettings
from tests.fakes.search import FakeAnswerCache, FakeAnswerer, FakePassageIndex, FakeTermCounter
from tests.fakes.uploads import FakeJobs, FakeUploadStore


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
            FakeExtractor(), FakeChunker(), self.staging, self.embed_queue, "fake-model"
        )
        self.request_upload = RequestUpload(self.jobs, FakeUploadStore())
        self.search = Search(self.embedder, self.index, FakeTermCounter())
        self.find_passages = FindPassages(self.search, rewriter=None, reranker=None)
        self.answer_question = AnswerQuestion(
            self.find_passages,
            self.index,
            answerer=self.answerer,
            fallback=None,
            cache=FakeAnswerCache(),
            identity="fake-model",
        )
        self.tenant_settings = FakeTenantSettings()
        self.rate_log = FakeRateLog()
        self.limit_rate = LimitRate(self.tenant_settings, shared=self.rate_log, local=self.rate_log)
        self.check_health = CheckHealth([self.graph_probe, self.cache_probe])

    def verify_token(self, token: str) -> Principal:
        """Return whom a known token speaks for."""
        try:
            return self._principals[token]
        except KeyError:
            raise Unauthenticated("The token is not a valid ID token of this issuer; get a new one.") from None
