"""Check the parts the service stands on, all at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from enum import StrEnum

from graphwell.ports import HealthProbe

PROBE_TIMEOUT_S = 2.0
"""Longest wait for all probes together."""


class HealthStatus(StrEnum):
    """State of a part, or of the whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Check:
    """State of one part; `error` is the kind of failure, never its text."""

    status: HealthStatus
    latency_ms: float
    detail: Mapping[str, str | int | float]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Unhealthy when a vital part is, degraded when another is."""

    status: HealthStatus
    checks: Mapping[str, Check]


class CheckHealth:
    """Runs every probe in its own thread and waits for none longer than `timeout_s`.

    A probe that still hangs is waited for again, never started twice: a part that hangs takes no other part's thread.
    """

    def __init__(self, probes: Sequence[HealthProbe], timeout_s: float = PROBE_TIMEOUT_S) -> None:
        self._probes = probes
        self._timeout_s = timeout_s
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(probes)), thread_name_prefix="health")
        self._running: dict[str, Future[Check]] = {}

    def __call__(self) -> HealthReport:
        """Return the state of all parts and of the whole."""
        until = time.monotonic() + self._timeout_s
        for probe in self._probes:
            if probe.name not in self._running:
                self._running[probe.name] = self._pool.submit(_run, probe)
        checks: dict[str, Check] = {}
        for probe in self._probes:
            future = self._running[probe.name]
            try:
                checks[probe.name] = future.result(timeout=max(0.0, until - time.monotonic()))
                del self._running[probe.name]
            except FutureTimeoutError:
                checks[probe.name] = Check(HealthStatus.UNHEALTHY, self._timeout_s * 1000, {}, "Timeout")
        return HealthReport(self._overall(checks), checks)

    def _overall(self, checks: Mapping[str, Check]) -> HealthStatus:
        failed = [probe for probe in self._probes if checks[probe.name].status is not HealthStatus.HEALTHY]
        if any(probe.vital for probe in failed):
            return HealthStatus.UNHEALTHY
        return HealthStatus.DEGRADED if failed else HealthStatus.HEALTHY


def _run(probe: HealthProbe) -> Check:
    started = time.perf_counter()
    try:
        detail = probe.check()
    except Exception as error:  # noqa: BLE001  # whatever a part fails with, the check must report it
        return Check(HealthStatus.UNHEALTHY, _since_ms(started), {}, type(error).__name__)
    return Check(HealthStatus.HEALTHY, _since_ms(started), detail)


def _since_ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
