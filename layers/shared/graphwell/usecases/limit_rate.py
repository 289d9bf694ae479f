"""Count a request against the limits of its principal and tenant."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from graphwell.domain.errors import Unavailable
from graphwell.domain.identity import Principal
from graphwell.domain.rate_limits import RateClass, RateLimits, RateVerdict
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import RateLog, TenantSettings

SETTINGS_LIFE_S = 30.0
"""A changed limit counts everywhere after this long."""

LOCAL_SHARE = 0.25
"""Part of every limit that one environment allows by itself, since it cannot know what the others allow."""

_MAX_TENANTS = 1_000
"""Tenants whose limits an environment keeps in mind."""


class LimitRate:
    """Takes requests until a window is full, by the tenant that the token names as home.

    Counting by the home tenant lets no guest use up another tenant's ceiling, and leaves a platform administrator able
    to raise the limits of a tenant that has reached them.

    Parameters:
        settings: where a tenant's limits are; the defaults count while it does not answer.
        shared: counts over all environments; None where a deployment has no such log.
        local: counts in this one, with `LOCAL_SHARE` of the limits, while the shared log does not answer.
        now_s: monotonic seconds.
    """

    def __init__(
        self,
        settings: TenantSettings,
        *,
        shared: RateLog | None,
        local: RateLog,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._shared = shared
        self._local = local
        self._now_s = now_s
        self._limits: dict[str, tuple[RateLimits, float]] = {}

    def __call__(self, caller: Principal, rate_class: RateClass) -> RateVerdict:
        """Count one request; a refused one is not counted."""
        scope = TenantScope(caller.tenant_id)
        limits = self._limits_of(scope)
        if self._shared:
            with suppress(Unavailable):
                return self._shared.take(scope, limits.budgets(caller.subject, rate_class))
        verdict = self._local.take(scope, limits.share(LOCAL_SHARE).budgets(caller.subject, rate_class))
        return replace(verdict, is_partial=self._shared is not None)

    def _limits_of(self, scope: TenantScope) -> RateLimits:
        known = self._limits.get(scope.tenant_id)
        if known and self._now_s() < known[1]:
            return known[0]
        try:
            limits = self._settings.limits(scope) or RateLimits()
        except Unavailable:
            limits = known[0] if known else RateLimits()
        if len(self._limits) >= _MAX_TENANTS:
            self._limits.clear()
        self._limits[scope.tenant_id] = (limits, self._now_s() + SETTINGS_LIFE_S)
        return limits
