"""The state of a job follows from its counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graphwell.domain.jobs import FILE_WAIT, STALLED_AFTER, Job, JobCounts, JobFilter, JobStatus

MOVED_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
EMPTY = JobCounts(total=0, unchanged=0, pending=0, done=0, failed=0, chunks_total=0, chunks_embedded=0)


def job(counts: JobCounts, *, cancelled: bool = False) -> Job:
    return Job("j", counts, (), MOVED_AT, MOVED_AT, cancelled)


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        (replace(EMPTY, pending=2), JobStatus.QUEUED),
        (replace(EMPTY, pending=2, unchanged=1), JobStatus.QUEUED),
        (replace(EMPTY, pending=2, chunks_embedded=1), JobStatus.RUNNING),
        (replace(EMPTY, pending=1, done=1), JobStatus.RUNNING),
        (replace(EMPTY, pending=1, failed=1), JobStatus.RUNNING),
        (replace(EMPTY, done=2), JobStatus.SUCCEEDED),
        (replace(EMPTY, unchanged=2), JobStatus.SUCCEEDED),
        (replace(EMPTY, done=1, unchanged=1), JobStatus.SUCCEEDED),
        (replace(EMPTY, failed=2), JobStatus.FAILED),
        (replace(EMPTY, failed=1, done=1), JobStatus.PARTIALLY_FAILED),
        (replace(EMPTY, failed=1, unchanged=1), JobStatus.PARTIALLY_FAILED),
        (replace(EMPTY, failed=1, cancelled=1), JobStatus.FAILED),
        (replace(EMPTY, done=1, cancelled=1), JobStatus.SUCCEEDED),
        (replace(EMPTY, cancelled=1), JobStatus.CANCELLED),
        (EMPTY, JobStatus.FAILED),
    ],
)
def test_status(counts: JobCounts, status: JobStatus) -> None:
    assert job(counts).status is status
    assert job(counts, cancelled=True).status is JobStatus.CANCELLED


def test_a_job_is_idle_when_work_is_left_that_has_not_moved() -> None:
    waiting = job(replace(EMPTY, pending=1))
    assert not waiting.idle(MOVED_AT + STALLED_AFTER)
    assert waiting.idle(MOVED_AT + STALLED_AFTER + timedelta(seconds=1))


def test_a_file_has_longer_to_come_than_work_to_move() -> None:
    waiting = replace(job(replace(EMPTY, pending=1)), awaits_file=True)
    assert not waiting.idle(MOVED_AT + FILE_WAIT)
    assert waiting.idle(MOVED_AT + FILE_WAIT + timedelta(seconds=1))


def test_a_finished_or_cancelled_job_is_never_idle() -> None:
    much_later = MOVED_AT + timedelta(days=1)
    assert not job(replace(EMPTY, done=1)).idle(much_later)
    assert not job(replace(EMPTY, pending=1), cancelled=True).idle(much_later)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (JobFilter(), True),
        (JobFilter(status=JobStatus.QUEUED), True),
        (JobFilter(status=JobStatus.FAILED), False),
        (JobFilter(idle=True), True),
        (JobFilter(idle=False), False),
        (JobFilter(status=JobStatus.QUEUED, idle=False), False),
    ],
)
def test_a_filter_keeps_what_all_of_it_asks_for(wanted: JobFilter, *, kept: bool) -> None:
    assert wanted.keeps(job(replace(EMPTY, pending=1)), MOVED_AT + timedelta(days=1)) is kept
