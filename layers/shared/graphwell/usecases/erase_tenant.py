"""Erase a tenant: say what would go, begin, and go on until nothing is left."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress

from graphwell.domain.deadline import Deadline
from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, ErasureRepository, TenantHoldings

ERASURES_A_RUN = 100
"""Erases that one run of the reconciler looks at."""


class StartErase:
    """From the moment it has returned, the tenant takes nothing in and gives nothing out.

    Parameters:
        holdings: every store that holds things of tenants.
    """

    def __init__(self, erasures: ErasureRepository, holdings: Sequence[TenantHoldings]) -> None:
        self._erasures = erasures
        self._holdings = holdings

    def __call__(self, scope: TenantScope, *, with_limits: bool) -> Erasure:
        """Begin to erase a tenant, or return the erase that is running.

        Parameters:
            with_limits: whether the limits that the platform set for the tenant go as well.

        Raises:
            Unavailable: a store does not answer; nothing was begun.
        """
        return self._erasures.start(scope, uuid.uuid4().hex, self.preview(scope), with_limits=with_limits)

    def preview(self, scope: TenantScope) -> Counts:
        """Return how many things of each kind an erase would remove.

        Raises:
            Unavailable: a store does not answer.
        """
        return _counted(self._holdings, scope)


class ContinueErases:
    """Goes on with every running erase; whatever ends it, the next run takes up what is left.

    An erase ends when all that was under way at its beginning has ended and every store counts nothing: in the graph
    in the transaction that opens the tenant again.

    Parameters:
        holdings: every store that holds things of tenants, the graph first: a file that comes later has no job there,
            and is removed when its arrival is heard of.
    """

    def __init__(self, erasures: ErasureRepository, holdings: Sequence[TenantHoldings], clock: Clock) -> None:
        self._erasures = erasures
        self._holdings = holdings
        self._clock = clock

    def __call__(self, deadline: Deadline) -> int:
        """Work until the deadline, and return how many erases have ended.

        A store that does not answer leaves its tenants for the next run.

        Raises:
            Unavailable: the graph does not answer.
        """
        ended = 0
        for erasure in self._erasures.unfinished(ERASURES_A_RUN):
            with suppress(Unavailable):
                ended += self._go_on(erasure, deadline)
        return ended

    def _go_on(self, erasure: Erasure, deadline: Deadline) -> bool:
        # Seen before anything is removed: what was under way then has ended, so this run finds all of it.
        settled = erasure.settled(self._clock.now())
        for holdings in self._holdings:
            while not holdings.remove(erasure):
                deadline.remaining_s()
        if not settled:
            return False
        deadline.remaining_s()
        after = _counted(self._holdings, erasure.scope)
        return not any(after.values()) and self._erasures.finish(erasure, after)


def _counted(stores: Sequence[TenantHoldings], scope: TenantScope) -> Counts:
    return {kind: count for store in stores for kind, count in store.count(scope).items()}
