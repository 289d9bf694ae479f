"""Counting requests, and the limits that tenants have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from graphwell.domain.rate_limits import Budget, RateLimits, RateVerdict
from graphwell.domain.tenancy import TenantScope


class RateLog(Protocol):
    """Remembers when requests were taken."""

    def take(self, scope: TenantScope, budgets: Sequence[Budget]) -> RateVerdict:
        """Count a request in every budget if all of their windows have room, in none otherwise; atomically.

        Parameters:
            budgets: at least one, each of another owner.

        Raises:
            Unavailable: the log does not answer.
        """


class TenantSettings(Protocol):
    """What an administrator has set for a tenant."""

    def limits(self, scope: TenantScope) -> RateLimits | None:
        """Return the limits set for the tenant, None where none are.

        Raises:
            Unavailable: the store does not answer.
        """

    def set_limits(self, scope: TenantScope, limits: RateLimits) -> None:
        """Set them; a tenant without documents may have limits too.

        Raises:
            Unavailable: the store does not answer.
        """
