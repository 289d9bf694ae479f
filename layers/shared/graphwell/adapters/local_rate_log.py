"""The request log of one environment, in its memory: what is left while Valkey is away."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

from graphwell.domain.rate_limits import Budget, RateVerdict, Window, WindowState
from graphwell.domain.tenancy import TenantScope

MAX_LOGS = 2_000
"""Logs kept, the least recently used out; an environment serves one request at a time, so few are ever in use."""


class LocalRateLog:
    """The `RateLog` port over the memory of this process.

    Parameters:
        now_s: monotonic seconds.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._logs: OrderedDict[tuple[TenantScope, tuple[str, str]], deque[float]] = OrderedDict()

    def take(self, scope: TenantScope, budgets: Sequence[Budget]) -> RateVerdict:
        """Count a request; see the port."""
        now = self._now_s()
        logs = [self._log(scope, budget) for budget in budgets]
        states = [
            _state(log, window, now) for log, budget in zip(logs, budgets, strict=True) for window in budget.windows
        ]
        allowed = all(state.used < state.window.limit for state in states)
        if allowed:
            for log in logs:
                log.appendleft(now)
            states = [WindowState(state.window, state.used + 1, state.frees_in_s) for state in states]
        return RateVerdict.of(states, allowed=allowed)

    def _log(self, scope: TenantScope, budget: Budget) -> deque[float]:
        key = (scope, budget.owner)
        longest = max(window.limit for window in budget.windows)
        log = self._logs.get(key)
        if log is None or log.maxlen != longest:
            log = self._logs[key] = deque(log or (), maxlen=longest)
        self._logs.move_to_end(key)
        if len(self._logs) > MAX_LOGS:
            self._logs.popitem(last=False)
        return log


def _state(log: deque[float], window: Window, now: float) -> WindowState:
    used, oldest = 0, now
    for taken in log:
        if taken <= now - window.seconds or used == window.limit:
            break
        used, oldest = used + 1, taken
    return WindowState(window, used, oldest + window.seconds - now)
