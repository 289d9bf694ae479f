"""API Gateway's throttles: token buckets for the stage and for methods that have a limit of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from devstack.gateway.api_view import ThrottleSetting


@dataclass
class TokenBucket:
    """Holds `burst` tokens at most and gains `rate_per_s`; each request takes one."""

    rate_per_s: float
    burst: int
    clock: Callable[[], float]

    def __post_init__(self) -> None:
        """Start full."""
        self._tokens = float(self.burst)
        self._filled_at = self.clock()

    def take(self) -> bool:
        """Take a token; False when there is none."""
        now = self.clock()
        self._tokens = min(float(self.burst), self._tokens + (now - self._filled_at) * self.rate_per_s)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttle:
    """The limits of a stage. The most specific setting of a method applies; methods without one share the stage's."""

    def __init__(self, settings: Iterable[ThrottleSetting], clock: Callable[[], float] = time.monotonic) -> None:
        """Make a bucket of each setting; `clock` gives seconds."""
        self._buckets = {
            (setting.path, setting.method): TokenBucket(setting.rate_per_s, setting.burst, clock)
            for setting in settings
        }

    def admits(self, method: str, resource: str) -> bool:
        """Whether a request to this method of this resource may pass."""
        for key in ((resource, method), (resource, "*"), ("/*", method), ("/*", "*")):
            if key in self._buckets:
                return self._buckets[key].take()
        return True
