"""Cancel and retry of jobs, their listing by filters, and their end."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from graphwell.adapters.neo4j_job_maintenance import Neo4jJobMaintenance
from graphwell.adapters.neo4j_job_repository import SCANNED_JOBS, Neo4jJobRepository
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.adapters.system_clock import SystemClock
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Conflict, NotFound
from graphwell.domain.jobs import JobCounts, JobError, JobFilter, JobStatus
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import JobRetry, SearchQuery, Upload
from graphwell.usecases.search import CANDIDATES
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import NO_GRACE, Store, changed_first

LIMIT = 10_000
BOTH_LEGS = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})


@pytest.fixture
def job_id() -> str:
    return uuid.uuid4().hex


def status(store: Store, scope: TenantScope, job_id: str) -> JobStatus:
    return store.jobs.get(scope, job_id).status


def hits(store: Store, scope: TenantScope, text: str) -> set[str]:
    query = SearchQuery(text, vector_of(text), BOTH_LEGS, CANDIDATES)
    return {hit.passage.document_id for hit in store.index.search(scope, query, Deadline.after(10)).hits}


def send(store: Store, scope: TenantScope) -> None:
    """Tell a queue that loses everything of what waits."""
    store.outbox.send_waiting(scope, 100, lambda _: None)


def test_cancel_stops_what_is_left_and_leaves_what_is_live(store: Store, scope: TenantScope, job_id: str) -> None:
    live, staged = stage(store.staging, scope, prepared("a", "boiler"), prepared("b", "1", "2"), job_id=job_id)
    embed(store.staging, scope, live.chunk_ids)
    embed(store.staging, scope, staged.chunk_ids[:1])
    for _ in range(2):
        store.jobs.cancel(scope, job_id)
    assert store.staging.unembedded(scope, staged.chunk_ids) == []
    assert embed(store.staging, scope, staged.chunk_ids).activated == 0
    job = store.jobs.get(scope, job_id)
    assert job.status is JobStatus.CANCELLED
    assert job.counts == JobCounts(2, 0, pending=0, done=1, failed=0, cancelled=1, chunks_total=3, chunks_embedded=1)
    assert hits(store, scope, "boiler") == {"a"}
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert store.jobs.get(scope, job_id).counts == job.counts


def test_a_finished_job_stays_what_it_is_when_it_is_cancelled(store: Store, scope: TenantScope, job_id: str) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    embed(store.staging, scope, staged.chunk_ids)
    store.jobs.cancel(scope, job_id)
    assert status(store, scope, job_id) is JobStatus.SUCCEEDED


def test_what_two_jobs_wait_for_stops_with_the_second(store: Store, scope: TenantScope) -> None:
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    for job_id in (first, second):
        (staged,) = stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    store.jobs.cancel(scope, first)
    assert (status(store, scope, first), status(store, scope, second)) == (JobStatus.CANCELLED, JobStatus.QUEUED)
    assert len(store.staging.unembedded(scope, staged.chunk_ids)) == 1
    store.jobs.cancel(scope, second)
    assert store.staging.unembedded(scope, staged.chunk_ids) == []


def test_what_goes_on_for_another_job_is_cancelled_for_this_one(store: Store, scope: TenantScope) -> None:
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    for job_id in (first, second):
        (staged,) = stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    store.jobs.cancel(scope, first)
    embed(store.staging, scope, staged.chunk_ids)
    assert (status(store, scope, first), status(store, scope, second)) == (JobStatus.CANCELLED, JobStatus.SUCCEEDED)


def test_a_cancelled_upload_waits_for_nothing_and_takes_nothing_in(
    store: Store, scope: TenantScope, job_id: str
) -> None:
    store.jobs.await_upload(scope, Upload(job_id, "a", "a.md", "text/markdown"))
    store.jobs.cancel(scope, job_id)
    assert status(store, scope, job_id) is JobStatus.CANCELLED
    with pytest.raises(NotFound):
        store.jobs.upload(scope, job_id)
    assert stage(store.staging, scope, prepared("a", "1"), job_id=job_id) == []
    with pytest.raises(NotFound):
        store.documents.get(scope, "a")


def test_the_same_content_sent_again_after_a_cancel_is_taken_in(store: Store, scope: TenantScope, job_id: str) -> None:
    stage(store.staging, scope, prepared("a", "boiler"), job_id=job_id)
    store.jobs.cancel(scope, job_id)
    (again,) = ingest(store.staging, scope, prepared("a", "boiler"))
    assert (again.version, again.unchanged) == (2, False)
    assert hits(store, scope, "boiler") == {"a"}


def test_a_retry_stages_what_failed_and_sends_what_is_left(store: Store, scope: TenantScope, job_id: str) -> None:
    documents = prepared("done", "1"), prepared("failed", "boiler", "3"), prepared("idle", "4", "5")
    done, failed, idle = stage(store.staging, scope, *documents, job_id=job_id)
    embed(store.staging, scope, done.chunk_ids)
    embed(store.staging, scope, failed.chunk_ids[:1])
    embed(store.staging, scope, idle.chunk_ids[:1])
    send(store, scope)
    store.staging.give_up(scope, failed.chunk_ids, "The model said no.")
    assert store.jobs.get(scope, job_id).errors == [JobError("failed", "The model said no.")]

    retry = store.jobs.retry(scope, job_id)
    assert retry == JobRetry([*failed.chunk_ids, idle.chunk_ids[1]], [], waits_for_file=False)
    assert status(store, scope, job_id) is JobStatus.RUNNING
    assert store.jobs.get(scope, job_id).errors == []
    embed(store.staging, scope, retry.chunk_ids)
    assert status(store, scope, job_id) is JobStatus.SUCCEEDED
    assert hits(store, scope, "boiler") == {"done", "failed", "idle"}
    store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert hits(store, scope, "boiler") == {"done", "failed", "idle"}


def test_a_version_embedded_whole_is_retried_by_its_first_chunk(store: Store, scope: TenantScope, job_id: str) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "1", "2"), job_id=job_id)
    chunks = store.staging.unembedded(scope, staged.chunk_ids)
    store.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks])
    assert store.jobs.retry(scope, job_id).chunk_ids == [], "It waits its turn."
    send(store, scope)
    assert store.jobs.retry(scope, job_id).chunk_ids == ["a~1~0"]


def test_a_failed_version_takes_no_place_in_an_index(store: Store, scope: TenantScope, job_id: str) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "boiler", "pump"), job_id=job_id)
    embed(store.staging, scope, staged.chunk_ids[:1])
    store.staging.fail(scope, "a", 1, "It did not work.")
    rows = store.client.run("MATCH (c:Chunk {tenant_id: $tenant_id}) RETURN c", tenant_id=scope.tenant_id)
    assert {row["c"]["text"] for row in rows} == {"boiler", "pump"}
    assert not any({"embedding", "tenant_term"} & set(row["c"]) for row in rows)


def test_what_cannot_be_retried_is_named_with_what_to_do(store: Store, scope: TenantScope, job_id: str) -> None:
    stage(store.staging, scope, prepared("gone", "1"), prepared("overtaken", "2"), job_id=job_id)
    for name in ("gone", "overtaken"):
        store.staging.fail(scope, name, 1, "It did not work.")
    ingest(store.staging, scope, prepared("overtaken", "3"))
    removal = "MATCH (c:Chunk {tenant_id: $tenant_id, document_id: 'gone'}) DETACH DELETE c"
    store.client.run(removal, tenant_id=scope.tenant_id)
    retry = store.jobs.retry(scope, job_id)
    assert retry.chunk_ids == []
    assert [error.document_id for error in retry.lost] == ["gone", "overtaken"]
    assert all("send the document again" in error.reason for error in retry.lost)
    assert status(store, scope, job_id) is JobStatus.FAILED


def test_a_cancelled_and_an_unknown_job_are_not_retried(store: Store, scope: TenantScope, job_id: str) -> None:
    with pytest.raises(NotFound):
        store.jobs.retry(scope, job_id)
    with pytest.raises(NotFound):
        store.jobs.cancel(scope, job_id)
    stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    store.jobs.cancel(scope, job_id)
    with pytest.raises(Conflict):
        store.jobs.retry(scope, job_id)


def test_a_failed_upload_is_awaited_again(store: Store, scope: TenantScope, job_id: str) -> None:
    store.jobs.await_upload(scope, Upload(job_id, "a", "a.md", "text/markdown"))
    store.jobs.fail_upload(scope, job_id, "It failed 5 times.")
    assert store.jobs.retry(scope, job_id) == JobRetry([], [], waits_for_file=True)
    store.jobs.await_upload_again(scope, job_id)
    job = store.jobs.get(scope, job_id)
    assert (job.status, job.errors) == (JobStatus.QUEUED, [])


def test_an_upload_moves_when_it_fails_and_when_it_is_retried_or_cancelled(
    store: Store, scope: TenantScope, job_id: str
) -> None:
    clock = FakeClock()
    jobs = Neo4jJobRepository(store.client, clock)
    jobs.await_upload(scope, Upload(job_id, "a", "a.md", "text/markdown"))
    assert jobs.get(scope, job_id).awaits_file
    steps: Sequence[Callable[[], None]] = (
        lambda: jobs.fail_upload(scope, job_id, "It failed 5 times."),
        lambda: jobs.await_upload_again(scope, job_id),
        lambda: jobs.cancel(scope, job_id),
    )
    for step in steps:
        clock.advance(timedelta(hours=1))
        step()
        assert jobs.get(scope, job_id).moved_at == clock.now()


def test_an_upload_that_is_being_staged_fails_no_more(store: Store, scope: TenantScope, job_id: str) -> None:
    store.jobs.await_upload(scope, Upload(job_id, "a", "a.md", "text/markdown"))
    staged = "MATCH (j:Job {tenant_id: $t}) SET j.locked_at = datetime() REMOVE j.awaits_upload"

    changed_first(store, scope, staged, lambda: store.jobs.fail_upload(scope, job_id, "It failed 10 times."))

    assert store.jobs.get(scope, job_id).errors == []


def test_a_listing_holds_what_its_filters_ask_for(store: Store, scope: TenantScope) -> None:
    clock = FakeClock()
    staging, jobs = Neo4jStagingRepository(store.client, clock), Neo4jJobRepository(store.client, clock)
    made = {}
    for name in ("idle", "failed", "succeeded", "queued"):
        made[name] = uuid.uuid4().hex
        (staged,) = stage(staging, scope, prepared(name, "1"), job_id=made[name])
        if name == "failed":
            staging.fail(scope, name, 1, "It did not work.")
        if name == "succeeded":
            embed(staging, scope, staged.chunk_ids)
        clock.advance(timedelta(minutes=2))

    def listed(wanted: JobFilter) -> list[str]:
        found = jobs.page(scope, cursor=None, limit=10, wanted=wanted)
        assert found.next_cursor is None
        names = {job_id: name for name, job_id in made.items()}
        return [names[job.id] for job in found.items]

    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert listed(JobFilter()) == ["queued", "succeeded", "failed", "idle"]
    assert listed(JobFilter(status=JobStatus.FAILED)) == ["failed"]
    assert listed(JobFilter(status=JobStatus.QUEUED)) == ["queued", "idle"]
    assert listed(JobFilter(idle=True)) == ["idle"]
    assert listed(JobFilter(created_after=noon + timedelta(minutes=4))) == ["queued", "succeeded"]
    assert listed(JobFilter(created_before=noon + timedelta(minutes=4))) == ["failed", "idle"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_the_pages_of_a_filtered_listing_hold_each_job_once(store: Store, scope: TenantScope, limit: int) -> None:
    failed = []
    for number in range(7):
        job_id = uuid.uuid4().hex
        stage(store.staging, scope, prepared(f"d{number}", "1"), job_id=job_id)
        if number % 2:
            store.staging.fail(scope, f"d{number}", 1, "It did not work.")
            failed.append(job_id)
    found, cursor = [], None
    while True:
        page = store.jobs.page(scope, cursor=cursor, limit=limit, wanted=JobFilter(status=JobStatus.FAILED))
        assert len(page.items) <= limit
        found += [job.id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == failed[::-1]


def test_a_page_looks_at_a_bounded_number_of_jobs_and_goes_on(store: Store, scope: TenantScope, job_id: str) -> None:
    stage(store.staging, scope, prepared("a", "1"), job_id=job_id)
    store.staging.fail(scope, "a", 1, "It did not work.")
    later = """
    UNWIND range(1, $count) AS number
    CREATE (:Job {tenant_id: $tenant_id, id: 'j' + number, total: 1, unchanged: 1, created_at: datetime()})"""
    store.client.run(later, tenant_id=scope.tenant_id, count=5 * SCANNED_JOBS)
    wanted = JobFilter(status=JobStatus.FAILED)
    first = store.jobs.page(scope, cursor=None, limit=10, wanted=wanted)
    assert (first.items, first.next_cursor is None) == ([], False)
    second = store.jobs.page(scope, cursor=first.next_cursor, limit=10, wanted=wanted)
    assert ([job.id for job in second.items], second.next_cursor) == ([job_id], None)


def test_uploads_that_wait_are_claimed_once_in_a_while(store: Store, scope: TenantScope, job_id: str) -> None:
    clock = FakeClock()
    jobs, maintenance = Neo4jJobRepository(store.client, clock), Neo4jJobMaintenance(store.client, clock)
    jobs.await_upload(scope, Upload(job_id, "a", "a.md", "text/markdown"))
    wait = timedelta(minutes=30)

    def claimed() -> list[int]:
        found = maintenance.claim_waiting_uploads(wait, LIMIT)
        return [each.looks for each in found if (each.scope, each.job_id) == (scope, job_id)]

    assert claimed() == []
    for look in (1, 2):
        clock.advance(wait + timedelta(seconds=1))
        assert (claimed(), claimed()) == ([look], [])
    jobs.fail_upload(scope, job_id, "It never came.")
    clock.advance(timedelta(days=1))
    assert claimed() == []


def test_finished_jobs_end_in_bounded_batches_and_leave_their_documents(store: Store, scope: TenantScope) -> None:
    long_ago = FakeClock(datetime(2001, 1, 1, tzinfo=UTC))
    staging, jobs = Neo4jStagingRepository(store.client, long_ago), Neo4jJobRepository(store.client, long_ago)
    finished, waiting, awaited = (uuid.uuid4().hex for _ in range(3))
    (staged,) = stage(staging, scope, prepared("a", "boiler"), job_id=finished)
    embed(staging, scope, staged.chunk_ids)
    stage(staging, scope, prepared("b", "1"), job_id=waiting)
    jobs.await_upload(scope, Upload(awaited, "c", "c.md", "text/markdown"))

    maintenance = Neo4jJobMaintenance(store.client, SystemClock())
    age = datetime.now(UTC) - datetime(2001, 6, 1, tzinfo=UTC)
    assert maintenance.remove_expired(age, 1) == 1
    assert maintenance.remove_expired(age, 1) == 0
    with pytest.raises(NotFound):
        store.jobs.get(scope, finished)
    assert {status(store, scope, job_id) for job_id in (waiting, awaited)} == {JobStatus.QUEUED}
    assert hits(store, scope, "boiler") == {"a"}


def test_a_documents_history_is_bounded_and_jobs_keep_what_became_of_it(
    store: Store, scope: TenantScope, job_id: str
) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "0"), job_id=job_id)
    embed(store.staging, scope, staged.chunk_ids)
    before = store.jobs.get(scope, job_id).counts
    staging = Neo4jStagingRepository(store.client, SystemClock(), kept_versions=3)
    for number in range(1, 6):
        ingest(staging, scope, prepared("a", f"{number}"))
        store.maintenance.remove_retired(NO_GRACE, LIMIT)
    assert [entry.version for entry in store.documents.get(scope, "a").history] == [6, 5, 4]
    assert store.jobs.get(scope, job_id).counts == before
