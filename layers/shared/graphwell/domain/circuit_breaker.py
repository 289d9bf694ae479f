"""When a part that keeps failing is left alone, and when it is tried again (Nygard, "Release It!", 2007)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import TypeVar

from graphwell.domain.errors import CircuitOpen

Result = TypeVar("Result")


class BreakerState(StrEnum):
    """Whether calls go through: all, none, or one at a time to find out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """How soon a part is left alone, and for how long.

    Parameters:
        failures: failures without a success between them that open the breaker.
        open_s: seconds until it is tried again.
    """

    failures: int = 5
    open_s: float = 60.0


class CircuitBreaker:
    """Stands before one part of the outside world. Safe to share among threads; no lock is held during a call.

    Parameters:
        name: of the part, as metrics and health show it.
        clock: monotonic clock in seconds.
        on_change: told name and state whenever the breaker opens, opens again after a probe, or closes.
        around: entered with the name around each call that goes through, as to time it.
        on_retry: told the name whenever a call is tried again.
    """

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[str, BreakerState], None] = lambda _name, _state: None,
        around: Callable[[str], AbstractContextManager[None]] = lambda _name: nullcontext(),
        on_retry: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.name = name
        self._policy = policy or BreakerPolicy()
        self._clock = clock
        self._on_change = on_change
        self._around = around
        self._on_retry = on_retry
        self._lock = Lock()
        self._failures = 0
        self._opened_at_s: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """The state at this moment."""
        if self._opened_at_s is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._closed_for_s(self._opened_at_s) > 0 else BreakerState.HALF_OPEN

    def call(
        self,
        work: Callable[[], Result],
        *,
        is_failure: Callable[[Exception], bool],
        probe: Callable[[], object] | None = None,
    ) -> Result:
        """Return what work returns.

        Only a failure of the part counts against it, and only a success for it: what else work raises, such as a fault
        in what it was asked, leaves the breaker as it is.

        Parameters:
            is_failure: tells whether an error shows that the part does not do its work.
            probe: tried first while nobody knows whether the part is back; cheaper than the work.

        Raises:
            CircuitOpen: the part is left alone, or another call is finding out whether it is back.
        """
        probing = admitted_to_probe = self._admit()
        try:
            if probing and probe is not None:
                probe()
                self.succeeded()
                probing = False  # that the part is back is known: its work fails like any other from here on
            with self._around(self.name):
                result = work()
        except Exception as error:
            if is_failure(error):
                self._failed(probing=probing)
            raise
        finally:
            if admitted_to_probe:
                self._probing = False
        self.succeeded()
        return result

    def retried(self) -> None:
        """Take note that a call is tried again; whoever does so tells it."""
        self._on_retry(self.name)

    def succeeded(self) -> None:
        """Take note that the part did its work; `call` does so by itself."""
        if self._failures == 0:
            return
        with self._lock:
            self._failures = 0
            was_open = self._opened_at_s is not None
            self._opened_at_s = None
        if was_open:
            self._on_change(self.name, BreakerState.CLOSED)

    def _admit(self) -> bool:
        """Let a call in, and tell whether it is the one that finds out."""
        with self._lock:
            if self._opened_at_s is None:
                return False
            left_s = self._closed_for_s(self._opened_at_s)
            if left_s > 0 or self._probing:
                raise CircuitOpen(self.name, retry_after_s=max(1, math.ceil(left_s)))
            self._probing = True
            return True

    def _failed(self, *, probing: bool) -> None:
        with self._lock:
            self._failures += 1
            was_open = self._opened_at_s is not None
            # What began before the breaker opened and fails now says nothing new.
            if not probing and (was_open or self._failures < self._policy.failures):
                return
            self._opened_at_s = self._clock()
        self._on_change(self.name, BreakerState.OPEN)

    def _closed_for_s(self, opened_at_s: float) -> float:
        """Return the seconds for which the part is still left alone."""
        return opened_at_s + self._policy.open_s - self._clock()
