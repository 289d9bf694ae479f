"""A job's progress is what the graph holds."""

from __future__ import annotations

import uuid

import pytest

from graphwell.domain.errors import NotFound
from graphwell.domain.jobs import JobCounts, JobError, JobStatus
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Upload
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import NO_GRACE, Store


@pytest.fixture
def job_id() -> str:
    return uuid.uuid4().hex


def test_a_job_goes_from_queued_over_running_to_succeeded(store: Store, scope: TenantScope, job_id: str) -> None:
    first, second = stage(store.staging, scope, prepared("a", "1", "2"), prepared("b", "3"), job_id=job_id)
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.QUEUED
    assert job.counts == JobCounts(2, 0, pending=2, done=0, failed=0, chunks_total=3, chunks_embedded=0)

    embed(store.staging, scope, first.chunk_ids[:1])
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.RUNNING
    assert job.counts == JobCounts(2, 0, pending=2, done=0, failed=0, chunks_total=3, chunks_embedded=1)

    embed(store.staging, scope, first.chunk_ids)
    embed(store.staging, scope, second.chunk_ids)
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert job.counts == JobCounts(2, 0, pending=0, done=2, failed=0, chunks_total=3, chunks_embedded=3)


def test_a_failed_document_is_named_with_the_reason(store: Store, scope: TenantScope, job_id: str) -> None:
    first, _ = stage(store.staging, scope, prepared("a", "1"), prepared("b", "2"), job_id=job_id)
    embed(store.staging, scope, first.chunk_ids)
    store.staging.fail(scope, "b", 1, "It did not work.")
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.PARTIALLY_FAILED
    assert job.errors == [JobError("b", "It did not work.")]


def test_unchanged_documents_are_counted_and_nothing_waits(store: Store, scope: TenantScope, job_id: str) -> None:
    ingest(store.staging, scope, prepared("a", "1"))
    stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert job.counts == JobCounts(1, 1, pending=0, done=0, failed=0, chunks_total=0, chunks_embedded=0)


def test_two_jobs_follow_the_version_that_both_sent(store: Store, scope: TenantScope) -> None:
    jobs = [uuid.uuid4().hex, uuid.uuid4().hex]
    for job_id in jobs:
        (staged,) = stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    embed(store.staging, scope, staged.chunk_ids)
    assert [store.jobs.get(scope, job_id).status for job_id in jobs] == [JobStatus.SUCCEEDED] * 2


def test_a_job_whose_version_was_overtaken_is_done(store: Store, scope: TenantScope, job_id: str) -> None:
    (older,) = stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    ingest(store.staging, scope, prepared("a", "2"))
    embed(store.staging, scope, older.chunk_ids)
    assert store.jobs.get(scope, job_id).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize("removed", [False, True], ids=["deleted", "removed"])
def test_what_became_of_a_document_stays_with_its_job_when_it_is_deleted(
    store: Store, scope: TenantScope, job_id: str, *, removed: bool
) -> None:
    texts = {"live": ["1", "2"], "failed": ["3"], "staged": ["4"], "overtaken": ["5"]}
    documents = [prepared(name, *lines) for name, lines in texts.items()]
    live, *_, overtaken = stage(store.staging, scope, *documents, job_id=job_id)
    embed(store.staging, scope, live.chunk_ids)
    store.staging.fail(scope, "failed", 1, "It did not work.")
    ingest(store.staging, scope, prepared("overtaken", "6"))
    embed(store.staging, scope, overtaken.chunk_ids)
    for document in documents:
        store.documents.delete(scope, document.document.id)
    if removed:
        store.maintenance.remove_retired(NO_GRACE, 10_000)
        with pytest.raises(NotFound):
            store.documents.get(scope, "failed")
    job = store.jobs.get(scope, job_id)
    assert job.counts == JobCounts(4, 0, pending=0, done=2, failed=1, cancelled=1, chunks_total=5, chunks_embedded=3)
    assert job.errors == [JobError("failed", "It did not work.")]
    assert job.status is JobStatus.PARTIALLY_FAILED


def test_a_job_whose_only_document_was_deleted_before_anybody_saw_it_never_succeeded(
    store: Store, scope: TenantScope, job_id: str
) -> None:
    stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    store.documents.delete(scope, "a")
    assert store.jobs.get(scope, job_id).status is JobStatus.CANCELLED


def test_staging_a_job_again_counts_each_document_once(store: Store, scope: TenantScope, job_id: str) -> None:
    """As after a crash between the commit and the reply: the sender repeats the request under its key."""
    documents = [prepared("live", "1"), prepared("failed", "2"), prepared("staged", "3")]
    live, *_ = stage(store.staging, scope, *documents, job_id=job_id)
    embed(store.staging, scope, live.chunk_ids)
    store.staging.fail(scope, "failed", 1, "It did not work.")
    stage(store.staging, scope, *documents, job_id=job_id)
    assert store.jobs.get(scope, job_id).counts == JobCounts(
        3, 0, pending=2, done=1, failed=0, chunks_total=3, chunks_embedded=1
    )


def test_what_readers_see_already_is_unchanged_whatever_failed_since(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "1"))
    stage(store.staging, scope, prepared("a", "2"))
    store.staging.fail(scope, "a", 2, "It did not work.")
    (again,) = stage(store.staging, scope, prepared("a", "1"))
    assert (again.version, again.unchanged) == (1, True)


def test_an_upload_waits_until_its_file_is_staged(store: Store, scope: TenantScope, job_id: str) -> None:
    upload = Upload(job_id, "a", "a.md", "text/markdown")
    store.jobs.await_upload(scope, upload)
    assert store.jobs.upload(scope, job_id) == upload
    assert store.jobs.get(scope, job_id).status is JobStatus.QUEUED

    (staged,) = stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    embed(store.staging, scope, staged.chunk_ids)
    assert store.jobs.get(scope, job_id).status is JobStatus.SUCCEEDED


def test_an_upload_that_cannot_be_indexed_fails_its_job(store: Store, scope: TenantScope, job_id: str) -> None:
    store.jobs.await_upload(scope, Upload(job_id, "a", "a.md", "text/markdown"))
    store.jobs.fail_upload(scope, job_id, "There is no text in it.")
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.FAILED
    assert job.errors == [JobError("a", "There is no text in it.")]


def test_an_unknown_job_and_one_without_a_file_are_not_found(store: Store, scope: TenantScope, job_id: str) -> None:
    with pytest.raises(NotFound):
        store.jobs.get(scope, job_id)
    stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    with pytest.raises(NotFound):
        store.jobs.upload(scope, job_id)
