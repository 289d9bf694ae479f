"""How a stack answers more and more callers at once: a closed loop, each caller asking again when it is answered."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from devstack.client.problems import ApiError
from devstack.errors import DevstackError
from devstack.evaluation.metrics import percentile

_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class LoadStep:
    """What happened at one number of callers.

    Parameters:
        seconds: from the first request to the last reply.
        latencies_s: of the successful requests.
        refusals: how many others there were, by status.
    """

    callers: int
    seconds: float
    latencies_s: Sequence[float]
    refusals: Counter[int]

    def as_json(self) -> dict[str, Any]:
        """Return the step as `graphwell bench --json` prints it."""
        return {
            "concurrency": self.callers,
            "seconds": round(self.seconds, 1),
            "requests": len(self.latencies_s) + self.refusals.total(),
            "requests_per_s": round(len(self.latencies_s) / self.seconds, 1) if self.seconds else 0.0,
            **{f"p{share}_ms": self._percentile_ms(share / 100) for share in _PERCENTILES},
            "errors": {str(status): count for status, count in sorted(self.refusals.items())},
        }

    def _percentile_ms(self, share: float) -> float | None:
        return round(1000 * percentile(self.latencies_s, share), 1) if self.latencies_s else None


class Load:
    """Asks questions in turn, over and over, of whatever `ask` reaches.

    Parameters:
        ask: sends one question; raises `ApiError` when it is refused.
        questions: at least one. Each is asked anew, so that a cache answers as many as it would.
        clock_s: monotonic seconds.
    """

    def __init__(
        self,
        ask: Callable[[str], object],
        questions: Sequence[str],
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        if not questions:
            raise DevstackError("There is nothing to ask: the tenant has no documents; name --questions FILE.")
        self._ask = ask
        self._questions: Iterator[str] = itertools.cycle(questions)
        self._clock_s = clock_s
        self._lock = threading.Lock()

    def step(self, callers: int, seconds: float) -> LoadStep:
        """Let so many callers ask for so long.

        Raises:
            ApiError: the stack refuses the caller: every other request would fare the same.
            DevstackError: the stack cannot be reached.
        """
        began = self._clock_s()
        with ThreadPoolExecutor(callers, thread_name_prefix="caller") as pool:
            shares = list(pool.map(lambda _: self._call(began + seconds), range(callers)))
        latencies = [latency for share, _ in shares for latency in share]
        refusals = sum((refused for _, refused in shares), Counter[int]())
        return LoadStep(callers, self._clock_s() - began, latencies, refusals)

    def _call(self, until_s: float) -> tuple[list[float], Counter[int]]:
        latencies: list[float] = []
        refusals: Counter[int] = Counter()
        while (asked_s := self._clock_s()) < until_s:
            try:
                self._ask(self._next())
            except ApiError as error:
                if error.is_refused_caller:
                    raise
                refusals[error.status] += 1
            else:
                latencies.append(self._clock_s() - asked_s)
        return latencies, refusals

    def _next(self) -> str:
        with self._lock:
            return next(self._questions)
