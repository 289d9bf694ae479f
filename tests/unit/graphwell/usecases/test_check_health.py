"""Health of the whole from the health of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from graphwell.ports import Ailing
from graphwell.usecases.check_health import Check, CheckHealth, HealthStatus
from tests.fakes.clock import FakeMonotonic
from tests.fakes.health import FakeProbe

SHORT_S = 0.05


@pytest.fixture
def never() -> Iterator[Event]:
    """An event that is set only when the test is over, so that no thread is left waiting for it."""
    event = Event()
    yield event
    event.set()


def test_all_parts_well_is_healthy() -> None:
    report = CheckHealth([FakeProbe("graph", vital=True), FakeProbe("cache")])()
    assert report.status is HealthStatus.HEALTHY
    assert report.checks["graph"].detail == {"version": "1"}
    assert report.checks["graph"].latency_ms >= 0


def test_without_a_part_that_is_not_vital_it_is_degraded() -> None:
    report = CheckHealth([FakeProbe("graph", vital=True), FakeProbe("cache", error=ValueError("secret"))])()
    assert report.status is HealthStatus.DEGRADED
    assert report.checks["cache"].status is HealthStatus.UNHEALTHY


def test_without_a_vital_part_it_is_unhealthy() -> None:
    report = CheckHealth([FakeProbe("graph", vital=True, error=ValueError()), FakeProbe("cache")])()
    assert report.status is HealthStatus.UNHEALTHY
    assert report.checks["cache"].status is HealthStatus.HEALTHY


def test_a_failure_is_named_by_its_kind_alone() -> None:
    report = CheckHealth([FakeProbe("graph", error=ConnectionError("password=secret"))])()
    assert report.checks["graph"].error == "ConnectionError"
    assert "secret" not in repr(report)


def test_a_part_that_answers_wrongly_says_what_of_itself() -> None:
    report = CheckHealth([FakeProbe("graph", error=Ailing("IndexNotOnline", {"version": "1", "index": "failed"}))])()
    check = report.checks["graph"]
    assert (check.status, check.error) == (HealthStatus.UNHEALTHY, "IndexNotOnline")
    assert check.detail == {"version": "1", "index": "failed"}


def test_a_part_that_hangs_is_unhealthy_and_holds_up_no_other(never: Event) -> None:
    hanging = FakeProbe("graph", vital=True, until=never, timeout_s=SHORT_S)
    report = CheckHealth([hanging, FakeProbe("cache")])()
    assert report.status is HealthStatus.UNHEALTHY
    assert report.checks["graph"] == Check(HealthStatus.UNHEALTHY, SHORT_S * 1000, {}, "Timeout")
    assert report.checks["cache"].status is HealthStatus.HEALTHY


def test_a_part_that_goes_on_hanging_takes_no_other_parts_thread(never: Event) -> None:
    hanging, well = FakeProbe("queue", until=never, timeout_s=SHORT_S), FakeProbe("graph", vital=True)
    check = CheckHealth([hanging, well])
    reports = [check() for _ in range(4)]
    assert [report.status for report in reports] == [HealthStatus.DEGRADED] * 4
    assert (hanging.checks, well.checks) == (1, 4)


def test_a_part_that_answers_again_is_checked_anew() -> None:
    released = Event()
    probe = FakeProbe("queue", until=released, timeout_s=SHORT_S)
    check = CheckHealth([probe])
    assert check().status is HealthStatus.DEGRADED
    released.set()
    while check().status is not HealthStatus.HEALTHY:
        pass
    checked = probe.checks
    assert check().status is HealthStatus.HEALTHY
    assert probe.checks == checked + 1


def test_however_often_it_is_asked_a_part_is_checked_only_so_often() -> None:
    clock = FakeMonotonic()
    fast, slow = FakeProbe("graph", fresh_for_s=1), FakeProbe("queue", fresh_for_s=10, error=ValueError())
    check = CheckHealth([fast, slow], clock)
    for _ in range(20):
        assert check().status is HealthStatus.DEGRADED
        clock.reading_s += 0.5
    assert (fast.checks, slow.checks) == (10, 1)
    slow.error = None
    assert check().status is HealthStatus.HEALTHY
