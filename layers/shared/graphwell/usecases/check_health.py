"""Check the parts the service stands on, all at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from graphwell.ports import Ailing, HealthProbe
from graphwell.usecases.timing import in_ms


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
    """Runs every probe in its own thread and waits for each as long as the probe says.

    However often it is asked, a part is checked no more often than the probe says: whoever polls the service puts no
    load on what it stands on. A probe that still hangs is waited for again, never started twice: a part that hangs
    takes no other part's thread.

    Parameters:
        now_s: monotonic seconds.
    """

    def __init__(self, probes: Sequence[HealthProbe], now_s: Callable[[], float] = time.monotonic) -> None:
        self._probes = probes
        self._now_s = now_s
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(probes)), thread_name_prefix="health")
        self._lock = Lock()
        self._running: dict[str, Future[Check]] = {}
        self._known: dict[str, tuple[Check, float]] = {}

    def __call__(self) -> HealthReport:
        """Return the state of all parts and of the whole."""
        with self._lock:
            began = time.monotonic()
            for probe in self._probes:
                if probe.name not in self._running and not self._is_fresh(probe):
                    self._running[probe.name] = self._pool.submit(_run, probe)
            checks = {probe.name: self._outcome(probe, began) for probe in self._probes}
        return HealthReport(self._overall(checks), checks)

    def _is_fresh(self, probe: HealthProbe) -> bool:
        known = self._known.get(probe.name)
        return known is not None and self._now_s() - known[1] < probe.fresh_for_s

    def _outcome(self, probe: HealthProbe, began: float) -> Check:
        running = self._running.get(probe.name)
        if running is None:
            return self._known[probe.name][0]
        try:
            check = running.result(timeout=max(0.0, began + probe.timeout_s - time.monotonic()))
        except FutureTimeoutError:
            return Check(HealthStatus.UNHEALTHY, probe.timeout_s * 1000, {}, "Timeout")
        del self._running[probe.name]
        self._known[probe.name] = check, self._now_s()
        return check

    def _overall(self, checks: Mapping[str, Check]) -> HealthStatus:
        failed = [probe for probe in self._probes if checks[probe.name].status is not HealthStatus.HEALTHY]
        if any(probe.vital for probe in failed):
            return HealthStatus.UNHEALTHY
        return HealthStatus.DEGRADED if failed else HealthStatus.HEALTHY


def _run(probe: HealthProbe) -> Check:
    started = time.perf_counter()
    try:
        detail = probe.check()
    except Ailing as ailing:
        return Check(HealthStatus.UNHEALTHY, _since_ms(started), ailing.detail, ailing.reason)
    except Exception as error:  # noqa: BLE001  # whatever a part fails with, the check must report it
        return Check(HealthStatus.UNHEALTHY, _since_ms(started), {}, type(error).__name__)
    return Check(HealthStatus.HEALTHY, _since_ms(started), detail)


def _since_ms(started: float) -> float:
    return in_ms(time.perf_counter() - started)
