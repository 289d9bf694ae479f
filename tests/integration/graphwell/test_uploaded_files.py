"""Files from the S3 server to chunks with pages in the graph, and what happens when they cross each other."""

from __future__ import annotations

import urllib.request
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from boto3 import Session
from botocore.config import Config

from devstack.endpoints import Endpoints
from graphwell.adapters.files.isolated_reader import IsolatedReader, ReadLimits
from graphwell.adapters.s3_upload_store import S3UploadStore
from graphwell.adapters.system_clock import SystemClock
from graphwell.domain.citing import cite
from graphwell.domain.context import assemble
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import NotFound
from graphwell.domain.files import PDF
from graphwell.domain.jobs import JobStatus
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, SearchQuery
from graphwell.usecases.extract_upload import ExtractUpload
from graphwell.usecases.ingest_documents import IngestDocuments
from graphwell.usecases.request_upload import RequestUpload
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, sending
from tests.fakes.sample_files import Line, pdf
from tests.integration.graphwell.ingestion import embed, ingest, prepared
from tests.integration.graphwell.store import Store

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)


class Files:
    """Uploads of one tenant, and the function that takes them in."""

    def __init__(self, store: Store, uploads: S3UploadStore, scope: TenantScope) -> None:
        self.store, self.uploads, self.scope = store, uploads, scope
        self._request = RequestUpload(store.jobs, uploads)
        reader = IsolatedReader(ReadLimits())
        send_nothing = sending(FakeStaging(), FakeEmbedQueue())
        documents = IngestDocuments(reader, FakeChunker(), store.staging, send_nothing, "model")
        self.extract = ExtractUpload(uploads, reader, store.jobs, documents)

    def put(self, content: bytes) -> str:
        """Upload a file for the document `guide` and return its job."""
        accepted = self._request(
            self.scope, filename="guide.pdf", content_type=PDF, size_bytes=len(content), document_id="guide"
        )
        self.put_again(accepted.job_id, content)
        return accepted.job_id

    def put_again(self, job_id: str, content: bytes) -> None:
        """Put the file of a job."""
        target = self.uploads.presign(self.scope, job_id, media_type=PDF, size_bytes=len(content))
        request = urllib.request.Request(target.url, content, {"Content-Type": PDF}, method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def embed_all(self) -> None:
        """Embed all that waits."""
        tasks: list[EmbedTask] = []
        self.store.outbox.send_waiting(self.scope, 100, tasks.extend)
        for task in tasks:
            embed(self.store.staging, self.scope, task.chunk_ids)

    @property
    def texts(self) -> list[str]:
        """The chunks that readers see."""
        return [
            chunk.draft.text for chunk in self.store.documents.chunks(self.scope, "guide", cursor=None, limit=50).items
        ]


@pytest.fixture(scope="module")
def uploads(endpoints: Endpoints) -> S3UploadStore:
    session = Session(aws_access_key_id="local", aws_secret_access_key="local")
    config = Config(signature_version="s3v4")
    client = session.client("s3", endpoint_url=endpoints.s3_url, region_name=endpoints.region, config=config)
    bucket = f"b{uuid.uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    return S3UploadStore(client, bucket, SystemClock())


@pytest.fixture
def files(store: Store, uploads: S3UploadStore, scope: TenantScope) -> Files:
    return Files(store, uploads, scope)


def page(text: str) -> list[Line]:
    return [Line(text)]


def test_the_pages_of_a_file_reach_chunks_and_citations(files: Files) -> None:
    job_id = files.put(pdf([page("Open the valve."), [], page("Close the boiler.")]))
    files.extract(files.scope, job_id, NOON)
    files.embed_all()

    chunks = files.store.documents.chunks(files.scope, "guide", cursor=None, limit=50).items
    assert [(chunk.draft.text, chunk.draft.page) for chunk in chunks] == [
        ("Open the valve.", 1),
        ("Close the boiler.", 3),
    ]
    query = SearchQuery("boiler", None, frozenset({SearchMode.FULLTEXT}), 5)
    (hit,) = files.store.index.search(files.scope, query, Deadline.after(10)).hits
    (citation,) = cite("It closes. [1]", assemble([hit.passage]).blocks).citations
    assert (citation.quote, citation.page) == ("Close the boiler.", 3)
    assert files.store.jobs.get(files.scope, job_id).status is JobStatus.SUCCEEDED


def test_a_chunk_across_pages_cites_the_page_of_its_sentence(store: Store, scope: TenantScope) -> None:
    (document,) = ingest_with_pages(store, scope)
    query = SearchQuery("boiler", None, frozenset({SearchMode.FULLTEXT}), 5)
    (hit,) = store.index.search(scope, query, Deadline.after(10)).hits
    assert (hit.passage.document_id, hit.passage.page, hit.passage.page_breaks) == (document, 4, (16,))
    pages = [
        citation.page
        for citation in cite("Open the valve. [1] Close the boiler. [1]", assemble([hit.passage]).blocks).citations
    ]
    assert pages == [4, 5]


def test_a_file_delivered_again_after_a_newer_one_changes_nothing(files: Files) -> None:
    old, new = pdf([page("Open the valve.")]), pdf([page("Close the valve.")])
    first = files.put(old)
    files.extract(files.scope, first, NOON)
    second = files.put(new)
    files.extract(files.scope, second, NOON + A_SECOND)
    files.put_again(first, old)  # as if the function had died before it removed the file

    files.extract(files.scope, first, NOON)
    files.embed_all()

    assert files.texts == ["Close the valve."]
    assert [version.version for version in files.store.documents.get(files.scope, "guide").history] == [2, 1]
    with pytest.raises(NotFound):
        files.uploads.fetch(files.scope, first)


def test_a_file_read_after_a_newer_one_is_overtaken(files: Files) -> None:
    first, second = files.put(pdf([page("Open the valve.")])), files.put(pdf([page("Close the valve.")]))
    files.extract(files.scope, second, NOON + A_SECOND)

    files.extract(files.scope, first, NOON)
    files.embed_all()

    assert files.texts == ["Close the valve."]
    job = files.store.jobs.get(files.scope, first)
    assert (job.status, job.errors[0].reason.split(":")[0]) == (JobStatus.FAILED, "overtaken")


def test_a_file_that_came_before_its_document_was_deleted_does_not_bring_it_back(files: Files) -> None:
    first = files.put(pdf([page("Open the valve.")]))
    ingest(files.store.staging, files.scope, prepared("guide", "text"))
    files.store.documents.delete(files.scope, "guide")

    files.extract(files.scope, first, NOON)

    with pytest.raises(NotFound):
        files.store.documents.get(files.scope, "guide")
    assert files.store.jobs.get(files.scope, first).errors[0].reason.startswith("overtaken: ")


def test_an_unusable_file_fails_its_job_by_name_and_goes(files: Files) -> None:
    job_id = files.put(pdf([[]]))
    files.extract(files.scope, job_id, NOON)
    job = files.store.jobs.get(files.scope, job_id)
    assert (job.status, job.errors[0].reason.split(":")[0]) == (JobStatus.FAILED, "scanned")
    with pytest.raises(NotFound):
        files.uploads.fetch(files.scope, job_id)


def ingest_with_pages(store: Store, scope: TenantScope) -> list[str]:
    """Ingest a document of one chunk that spans pages 4 and 5."""
    document = prepared("guide", "Open the valve. Close the boiler.")
    (draft,) = document.chunks
    spanning = replace(document, chunks=(replace(draft, page=4, page_breaks=(16,)),))
    return [staged.id for staged in ingest(store.staging, scope, spanning)]
