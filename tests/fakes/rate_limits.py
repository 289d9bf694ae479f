"""Limits, and a log of requests that keeps no time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from graphwell.domain.errors import Unavailable
from graphwell.domain.rate_limits import Budget, RateLimits, RateVerdict, WindowState
from graphwell.domain.tenancy import TenantScope


class FakeTenantSettings:
    """Settings in memory; they do not answer while `down`, and `asked` counts how often they were read."""

    def __init__(self) -> None:
        self.stored: dict[TenantScope, RateLimits] = {}
        self.down = False
        self.asked = 0

    def limits(self, scope: TenantScope) -> RateLimits | None:
        """Return the limits set for the tenant."""
        self.asked += 1
        if self.down:
            raise Unavailable("The graph does not answer.")
        return self.stored.get(scope)

    def set_limits(self, scope: TenantScope, limits: RateLimits) -> None:
        """Set them."""
        self.stored[scope] = limits


class FakeRateLog:
    """Counts requests and never forgets one; does not answer while `down`. `asked` holds the budgets of each call."""

    def __init__(self) -> None:
        self.taken: Counter[tuple[TenantScope, tuple[str, str]]] = Counter()
        self.asked: list[tuple[TenantScope, tuple[Budget, ...]]] = []
        self.down = False

    def take(self, scope: TenantScope, budgets: Sequence[Budget]) -> RateVerdict:
        """Count a request."""
        self.asked.append((scope, tuple(budgets)))
        if self.down:
            raise Unavailable("The log does not answer.")
        used = [(window, self.taken[scope, budget.owner]) for budget in budgets for window in budget.windows]
        allowed = all(count < window.limit for window, count in used)
        if allowed:
            self.taken.update((scope, budget.owner) for budget in budgets)
        states = [WindowState(window, count + allowed, float(window.seconds)) for window, count in used]
        return RateVerdict.of(states, allowed=allowed)
