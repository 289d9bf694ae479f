"""Reading, retrying and tidying up jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.jobs import FILE_WAIT, STALLED_AFTER, Job, JobCounts, JobError, JobFilter
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, JobRetry, Upload, WaitingUpload
from graphwell.usecases.read_jobs import ReadJobs
from graphwell.usecases.retry_job import NO_FILE, RetryJob
from graphwell.usecases.tidy_jobs import MAX_LOOKS, JobRepairs, TidyJobs
from tests.fakes.agent_jobs import FakeAgentJobMaintenance
from tests.fakes.clock import FakeClock
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeEmbedQueue, sending
from tests.fakes.uploads import FakeExtractQueue, FakeJobs, FakeUploadStore

ACME = TenantScope("acme")
JOB = ("acme", "job-1")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PENDING = JobCounts(total=1, unchanged=0, pending=1, done=0, failed=0, chunks_total=1, chunks_embedded=0)
IDLE = Job("job-1", PENDING, (), NOON - timedelta(hours=1), NOON - STALLED_AFTER - timedelta(seconds=1))
MOVING = replace(IDLE, id="job-2", moved_at=NOON)


class Reading:
    """Jobs that can be read: one that has not moved, one that has."""

    def __init__(self, queue: FakeEmbedQueue) -> None:
        jobs = FakeJobs()
        jobs.jobs = {("acme", job.id): job for job in (IDLE, MOVING)}
        self.read = ReadJobs(jobs, queue, FakeClock(NOON))

    def listed(self, *, stalled: bool | None) -> list[tuple[str, bool]]:
        """Return ids and whether they are stalled."""
        page = self.read.page(ACME, cursor=None, limit=10, wanted=JobFilter(), stalled=stalled)
        return [(view.job.id, view.stalled) for view in page.items]


def busy_queue() -> FakeEmbedQueue:
    queue = FakeEmbedQueue()
    queue.send([EmbedTask(TenantScope("another"), ["x~1~0"])])
    return queue


@pytest.mark.parametrize(
    ("queue", "stalled"),
    [(FakeEmbedQueue(), True), (busy_queue(), False), (FakeEmbedQueue(down=True), True)],
    ids=["empty", "busy", "away"],
)
def test_idle_work_is_stalled_unless_it_may_stand_behind_others(queue: FakeEmbedQueue, *, stalled: bool) -> None:
    reading = Reading(queue)
    assert reading.read.get(ACME, "job-1").stalled is stalled
    assert reading.listed(stalled=None) == [("job-1", stalled), ("job-2", False)]
    assert reading.listed(stalled=True) == ([("job-1", True)] if stalled else [])
    assert reading.listed(stalled=False) == ([("job-2", False)] if stalled else [("job-1", False), ("job-2", False)])


def test_work_that_moves_is_never_stalled() -> None:
    assert not Reading(FakeEmbedQueue()).read.get(ACME, "job-2").stalled


class Retrying:
    """The use case that tries again, with all it stands on."""

    def __init__(self, retry: JobRetry, *, embed_queue_down: bool = False) -> None:
        self.jobs = FakeJobs()
        self.jobs.jobs[JOB] = IDLE
        self.jobs.retries[JOB] = retry
        self.jobs.uploads[JOB] = Upload("job-1", "guide", "guide.md", "text/markdown")
        self.jobs.failures[JOB] = "It failed 5 times."
        self.store = FakeUploadStore()
        self.staging = FakeStaging()
        self.embed_queue = FakeEmbedQueue(down=embed_queue_down)
        self.extract_queue = FakeExtractQueue()

    def run(self, scope: TenantScope = ACME) -> Sequence[JobError]:
        """Try again."""
        return RetryJob(self.jobs, self.store, sending(self.staging, self.embed_queue), self.extract_queue)(
            scope, "job-1"
        )


def test_a_retry_sends_the_chunks_and_names_what_is_lost() -> None:
    lost = JobError("b", "Send the document again.")
    retrying = Retrying(JobRetry(["a~1~0"], [lost], waits_for_file=False))
    retrying.staging.waiting.append(EmbedTask(ACME, ["a~1~0"], "task"))
    assert retrying.run() == [lost]
    assert [task.id for task in retrying.embed_queue.tasks] == ["task"]
    assert retrying.extract_queue.sent == []


def test_with_the_embed_queue_away_the_reconciler_sends_what_was_staged() -> None:
    assert Retrying(JobRetry(["a~1~0"], [], waits_for_file=False), embed_queue_down=True).run() == []


def test_a_file_that_is_still_there_is_taken_in_again() -> None:
    retrying = Retrying(JobRetry([], [], waits_for_file=True))
    retrying.store.files[JOB] = b"text"
    assert retrying.run() == []
    assert retrying.extract_queue.sent == [JOB]
    assert retrying.jobs.failures == {}


def test_a_file_that_is_gone_has_to_be_sent_again() -> None:
    retrying = Retrying(JobRetry([], [], waits_for_file=True))
    assert retrying.run() == [JobError("guide", NO_FILE)]
    assert retrying.extract_queue.sent == []
    assert retrying.jobs.failures == {JOB: "It failed 5 times."}


def test_a_store_that_is_away_is_not_taken_for_a_file_that_is_gone() -> None:
    retrying = Retrying(JobRetry([], [], waits_for_file=True))
    retrying.store.down = True
    with pytest.raises(Unavailable):
        retrying.run()


def test_a_job_of_another_tenant_is_not_retried() -> None:
    with pytest.raises(NotFound):
        Retrying(JobRetry([], [], waits_for_file=False)).run(TenantScope("other"))


class FakeJobMaintenance:
    """The `JobMaintenance` port with uploads that wait and a number of expired jobs."""

    def __init__(self, *waiting: WaitingUpload, expired: int = 0) -> None:
        self._waiting = waiting
        self._expired = expired
        self.asked: list[timedelta] = []

    def claim_waiting_uploads(self, waited_for: timedelta, limit: int) -> Sequence[WaitingUpload]:
        """Return the uploads."""
        self.asked.append(waited_for)
        return self._waiting[:limit]

    def remove_expired(self, older_than: timedelta, limit: int) -> int:
        """Return the number of expired jobs."""
        self.asked.append(older_than)
        return min(self._expired, limit)


class Tidying:
    """The use case that ends jobs, with all it stands on."""

    def __init__(self, looks: int = 1) -> None:
        self.jobs, self.store, self.queue = FakeJobs(), FakeUploadStore(), FakeExtractQueue()
        self.maintenance = FakeJobMaintenance(WaitingUpload(ACME, "job-1", looks), expired=7)

    def run(self) -> JobRepairs:
        """Run once."""
        agent_jobs = FakeAgentJobMaintenance(lost=3, old=2)
        return TidyJobs(self.maintenance, self.jobs, self.store, self.queue, agent_jobs, kept_for=timedelta(days=30))()


def test_an_upload_whose_file_never_came_fails_with_that_reason() -> None:
    tidying = Tidying()
    assert tidying.run() == JobRepairs(failed_uploads=1, resent_uploads=0, expired_jobs=9, lost_agent_jobs=3)
    assert "never came" in tidying.jobs.failures[JOB]
    assert tidying.maintenance.asked == [FILE_WAIT, timedelta(days=30)]


def test_the_word_of_a_file_that_lies_there_is_sent_again() -> None:
    tidying = Tidying(looks=MAX_LOOKS)
    tidying.store.files[JOB] = b"text"
    assert tidying.run() == JobRepairs(failed_uploads=0, resent_uploads=1, expired_jobs=9, lost_agent_jobs=3)
    assert (tidying.queue.sent, tidying.jobs.failures) == ([JOB], {})


def test_a_file_that_is_never_taken_in_fails_its_job_and_stays_for_a_retry() -> None:
    tidying = Tidying(looks=MAX_LOOKS + 1)
    tidying.store.files[JOB] = b"text"
    assert tidying.run() == JobRepairs(failed_uploads=1, resent_uploads=0, expired_jobs=9, lost_agent_jobs=3)
    assert "retry the job" in tidying.jobs.failures[JOB]
    assert JOB in tidying.store.files


def test_with_the_store_away_no_upload_is_given_up() -> None:
    tidying = Tidying()
    tidying.store.down = True
    with pytest.raises(Unavailable):
        tidying.run()
    assert tidying.jobs.failures == {}
