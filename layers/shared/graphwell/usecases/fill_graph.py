"""Read chunks anew for the graph that were embedded before these rules read names."""

from __future__ import annotations

from contextlib import suppress

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Conflict, DeadlineExceeded
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import GraphExtractor, GraphFilling

TENANTS_A_RUN = 50
CHUNKS_A_BATCH = 200
"""Chunks of one transaction: some 1,500 entities, which take a second on a slow machine."""

CHUNKS_A_RUN = 4_000
RESERVE_S = 5.0
"""Kept of a run's time for its last batch."""


class FillGraph:
    """Adds what the rules find to what is there.

    A run reads a bounded number of chunks; the next goes on behind them. Safe to run twice at once.
    """

    def __init__(self, filling: GraphFilling, extractor: GraphExtractor) -> None:
        self._filling = filling
        self._extractor = extractor

    def __call__(self, deadline: Deadline) -> int:
        """Read the next chunks of tenants that are not through.

        Returns:
            How many were read.

        Raises:
            Unavailable: the graph does not answer; the next run goes on.
        """
        self._filling.start(self._extractor.identity)
        read = 0
        for scope in self._filling.unfilled(TENANTS_A_RUN):
            with suppress(Conflict, DeadlineExceeded):  # an erase takes the tenant's chunks away
                while read < CHUNKS_A_RUN and deadline.remaining_s() > RESERVE_S:
                    count = self._read_next(scope, deadline)
                    read += count
                    if not count:
                        break
        return read

    def _read_next(self, scope: TenantScope, deadline: Deadline) -> int:
        chunks = self._filling.next_chunks(scope, CHUNKS_A_BATCH)
        self._filling.store(scope, chunks, self._extractor.extract(scope, chunks, deadline))
        return len(chunks)
