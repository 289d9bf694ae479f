"""Finds out whether a part is back, in a thread that outlives the request that asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from graphwell.domain.errors import CircuitOpen

WAIT_S = 0.75
"""The request that asks waits this long for the outcome; a part that has just started may take seconds. Those after it
do not wait: together they would take as long as the part is silent."""


FRESH_S = 1.0
"""An outcome older than this says nothing of now: an environment that nobody called meanwhile asks again, or it would
refuse everybody for another period though the part is back."""


class PatientProbe:
    """A probe for `CircuitBreaker.call`, which lets one call at a time in here.

    Parameters:
        part: name of the part.
        ask: returns when the part answers; ends by itself after some seconds.
        clock: monotonic clock in seconds.
    """

    def __init__(self, part: str, ask: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._part = part
        self._ask = ask
        self._clock = clock
        self._ended_s = 0.0
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{part}-probe")
        self._asking: Future[object] | None = None

    def __call__(self) -> None:
        """Return when the part is back.

        Raises:
            CircuitOpen: nobody knows yet; the next call is told the same outcome.
            Exception: what `ask` raised; the part is still away.
        """
        if self._asking and self._asking.done() and self._clock() - self._ended_s > FRESH_S:
            self._asking = None
        wait_s = 0.0 if self._asking else WAIT_S
        asking = self._asking = self._asking or self._threads.submit(self._timed_ask)
        if not wait([asking], wait_s).done:
            raise CircuitOpen(self._part, retry_after_s=1)
        self._asking = None
        asking.result()

    def _timed_ask(self) -> object:
        try:
            return self._ask()
        finally:
            self._ended_s = self._clock()
