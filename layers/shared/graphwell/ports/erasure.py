"""Erasing tenants, and the stores that hold things of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.tenancy import TenantScope


class TenantHoldings(Protocol):
    """One store's things of a tenant."""

    def count(self, scope: TenantScope) -> Counts:
        """Return how many there are, by kind. A store whose things expire by themselves may leave them out.

        Raises:
            Unavailable: the store does not answer.
        """

    def remove(self, erasure: Erasure) -> bool:
        """Remove some of them, a bounded number; safe to repeat.

        Returns:
            Whether none is left.

        Raises:
            Unavailable: the store does not answer.
        """


class ErasureRepository(Protocol):
    """Erases of tenants, running and over."""

    def start(self, scope: TenantScope, erasure_id: str, before: Counts, *, with_limits: bool) -> Erasure:
        """Record an erase, or return the tenant's running one; from then on nothing new is accepted in the tenant."""

    def get(self, scope: TenantScope, erasure_id: str) -> Erasure:
        """Return an erase of the tenant.

        Raises:
            NotFound: there is none of that id.
        """

    def running(self, scope: TenantScope) -> str | None:
        """Return the id of the tenant's running erase, None when there is none."""

    def unfinished(self, limit: int) -> Sequence[Erasure]:
        """Return running erases of all tenants, oldest first; for the reconciler alone."""

    def finish(self, erasure: Erasure, after: Counts) -> bool:
        """End an erase and open the tenant again, unless the graph holds anything of it; all in one transaction.

        Parameters:
            after: what is left in the other stores.

        Returns:
            Whether it has ended.
        """
