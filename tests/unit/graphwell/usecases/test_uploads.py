"""Files: asking for a place, and taking in what was put there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graphwell.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from graphwell.domain.files import MAX_FILE_SIZE_BYTES
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Upload
from graphwell.usecases.extract_upload import ExtractUpload
from graphwell.usecases.ingest_documents import IngestDocuments
from graphwell.usecases.request_upload import AcceptedUpload, RequestUpload
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor, sending
from tests.fakes.uploads import FakeJobs, FakeUploadStore

ACME = TenantScope("acme")
JOB = ("acme", "job-1")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def request(
    jobs: FakeJobs,
    filename: str = "guide.md",
    content_type: str = "text/markdown",
    size_bytes: int = 10,
    document_id: str | None = None,
) -> AcceptedUpload:
    return RequestUpload(jobs, FakeUploadStore())(
        ACME, filename=filename, content_type=content_type, size_bytes=size_bytes, document_id=document_id
    )


def test_a_place_is_given_and_a_job_waits_for_the_file() -> None:
    jobs, store = FakeJobs(), FakeUploadStore()
    upload = RequestUpload(jobs, store)
    accepted = upload(ACME, filename="guide.md", content_type="text/markdown", size_bytes=10, document_id="guide")
    target = upload.place(ACME, accepted.job_id, content_type="text/markdown", size_bytes=10)
    key = ("acme", accepted.job_id)
    assert jobs.uploads[key] == Upload(accepted.job_id, "guide", "guide.md", "text/markdown")
    assert store.presigned == [(key, "text/markdown", 10)]
    assert target.url.endswith(accepted.job_id)


def test_a_file_of_the_same_name_is_the_same_document() -> None:
    first, again, other = (request(FakeJobs(), filename=name) for name in ("a.md", "a.md", "b.md"))
    assert first.document_id == again.document_id != other.document_id
    assert first.job_id != again.job_id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"filename": "guide.exe"}, "filename"),
        ({"filename": "guide"}, "filename"),
        ({"filename": ""}, "filename"),
        ({"filename": "a\x00.md"}, "filename"),
        ({"filename": "a" * 253 + ".md"}, "filename"),
        ({"content_type": "text/plain"}, "content_type"),
        ({"size_bytes": 0}, "size"),
        ({"size_bytes": -1}, "size"),
        ({"size_bytes": MAX_FILE_SIZE_BYTES + 1}, "size"),
        ({"document_id": "a/b"}, "id"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_before_a_byte_is_sent(wrong: dict[str, object], field: str) -> None:
    jobs = FakeJobs()
    with pytest.raises(InvalidInput) as refusal:
        request(jobs, **wrong)  # type: ignore[arg-type]  # parameters of `request`, by name
    assert refusal.value.field == field
    assert jobs.uploads == {}


class Extraction:
    """The use case that takes files in, with all it stands on."""

    def __init__(self) -> None:
        self.jobs = FakeJobs()
        self.jobs.await_upload(ACME, Upload("job-1", "guide", "guide.md", "text/markdown"))
        self.store = FakeUploadStore()
        self.staging = FakeStaging()
        self.extractor = FakeExtractor()

    def run(self, scope: TenantScope = ACME, *, job_id: str = "job-1", arrived_at: datetime = NOON) -> None:
        """Take in the file of the job."""
        send_tasks = sending(self.staging, FakeEmbedQueue())
        ingest = IngestDocuments(self.extractor, FakeChunker(), self.staging, send_tasks, "model")
        ExtractUpload(self.store, self.extractor, self.jobs, ingest)(scope, job_id, arrived_at)


@pytest.fixture
def extraction() -> Extraction:
    return Extraction()


def test_a_file_becomes_a_document_under_its_job_and_goes(extraction: Extraction) -> None:
    extraction.store.files[JOB] = b"Open the valve."
    extraction.run()
    document = extraction.staging.versions["acme", "guide"][0].prepared.document
    assert (document.title, document.text, document.source) == ("guide.md", "Open the valve.", "guide.md")
    assert extraction.staging.job_ids == ["job-1"]
    assert extraction.store.files == {}


def test_the_title_in_the_file_comes_before_its_name(extraction: Extraction) -> None:
    extraction.extractor = FakeExtractor(title="Boiler guide")
    extraction.store.files[JOB] = b"Open the valve."
    extraction.run()
    assert extraction.staging.versions["acme", "guide"][0].prepared.document.title == "Boiler guide"


@pytest.mark.parametrize("content", [b"<>", b"...", b"a\x00b"])
def test_a_file_without_usable_text_fails_its_job_with_the_reason(extraction: Extraction, content: bytes) -> None:
    extraction.store.files[JOB] = content
    extraction.run()
    assert extraction.jobs.failures[JOB]
    assert extraction.staging.versions == {}
    assert extraction.store.files == {}


def test_a_file_delivered_twice_is_one_version(extraction: Extraction) -> None:
    for _ in range(2):
        extraction.store.files[JOB] = b"Open the valve."
        extraction.run()
    assert len(extraction.staging.versions["acme", "guide"]) == 1


def test_with_the_graph_away_the_file_stays(extraction: Extraction) -> None:
    extraction.store.files[JOB] = b"Open the valve."
    extraction.staging.down = True
    with pytest.raises(Unavailable):
        extraction.run()
    assert JOB in extraction.store.files
    assert extraction.jobs.failures == {}


def test_of_a_cancelled_job_nothing_stays_behind(extraction: Extraction) -> None:
    extraction.store.files[JOB] = b"Open the valve."
    extraction.staging.cancelled.add("job-1")
    with pytest.raises(Conflict):
        extraction.run()
    assert (extraction.store.files, extraction.staging.versions) == ({}, {})


def test_a_job_of_another_tenant_has_no_file(extraction: Extraction) -> None:
    extraction.store.files[JOB] = b"Open the valve."
    with pytest.raises(NotFound):
        extraction.run(TenantScope("other"))


def test_a_file_that_was_never_put_is_not_found(extraction: Extraction) -> None:
    with pytest.raises(NotFound):
        extraction.run()


def put_second_file(extraction: Extraction, arrived_at: datetime) -> None:
    """Take in a newer file of the same document, under a job of its own."""
    extraction.jobs.await_upload(ACME, Upload("job-2", "guide", "guide.md", "text/markdown"))
    extraction.store.files["acme", "job-2"] = b"Close the valve."
    extraction.run(job_id="job-2", arrived_at=arrived_at)


def texts(extraction: Extraction) -> list[str]:
    return [version.prepared.document.text for version in extraction.staging.versions["acme", "guide"]]


def test_a_file_delivered_again_after_a_newer_one_changes_nothing(extraction: Extraction) -> None:
    extraction.staging.uploads.update({"job-1", "job-2"})
    extraction.store.files[JOB] = b"Open the valve."
    extraction.run()
    put_second_file(extraction, NOON + timedelta(seconds=1))
    extraction.store.files[JOB] = b"Open the valve."  # as if the first run had died before it removed the file

    extraction.run()

    assert texts(extraction) == ["Open the valve.", "Close the valve."]
    assert extraction.jobs.failures == {}
    assert extraction.store.files == {}


def test_a_file_read_after_a_newer_one_is_overtaken(extraction: Extraction) -> None:
    put_second_file(extraction, NOON + timedelta(seconds=1))
    extraction.store.files[JOB] = b"Open the valve."

    extraction.run(arrived_at=NOON)

    assert texts(extraction) == ["Close the valve."]
    assert extraction.jobs.failures[JOB].startswith("overtaken: ")
    assert extraction.store.files == {}


def test_pages_reach_the_chunks(extraction: Extraction) -> None:
    extraction.extractor = FakeExtractor(page_starts=(0, 8, 8))
    extraction.store.files[JOB] = b"Page 1\n\nPage 3"
    extraction.run()
    chunks = extraction.staging.versions["acme", "guide"][0].prepared.chunks
    assert [(chunk.text, chunk.page) for chunk in chunks] == [("Page 1", 1), ("Page 3", 3)]
