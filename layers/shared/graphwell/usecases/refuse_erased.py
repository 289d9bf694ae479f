"""Refuse requests to a tenant that is being erased."""

from __future__ import annotations

import time
from collections.abc import Callable

from graphwell.domain.errors import Conflict
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ErasureRepository

OPEN_FOR_S = 5.0
"""How long a tenant counts as open once it was seen so. Writers are refused at once, in their transaction."""

_MAX_TENANTS = 1_000
"""Tenants that an environment keeps in mind."""


class RefuseErased:
    """Asks the graph once in a while, so that a search costs no more for it.

    Parameters:
        now_s: monotonic seconds.
    """

    def __init__(self, erasures: ErasureRepository, now_s: Callable[[], float] = time.monotonic) -> None:
        self._erasures = erasures
        self._now_s = now_s
        self._open_until_s: dict[str, float] = {}

    def __call__(self, scope: TenantScope) -> None:
        """Let a request pass.

        Raises:
            Conflict: the tenant is being erased.
            Unavailable: the graph does not answer.
        """
        now_s = self._now_s()
        if now_s < self._open_until_s.get(scope.tenant_id, now_s):
            return
        erasure_id = self._erasures.running(scope)
        if erasure_id is not None:
            raise Conflict(f"This tenant is being erased; try again when the job {erasure_id} has ended.")
        if len(self._open_until_s) >= _MAX_TENANTS:
            self._open_until_s.clear()
        self._open_until_s[scope.tenant_id] = now_s + OPEN_FOR_S
