"""How much of what is nearest the vector index finds, measured on a few of the questions that people ask."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import GraphwellError
from graphwell.domain.passages import Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ExactNeighbours, IndexReply, PassageIndex, SearchQuery, Vector

DEPTH = 10
"""Places that are compared: recall@10."""

WITHIN_S = 1.0
"""Longest that a comparison may hold up its question; tenants with too many chunks for that are not sampled."""

_EQUAL = 1e-6
"""Cosines closer than this are the same: which of equally near chunks comes first says nothing."""


class SampleRecall:
    """A `PassageIndex` that compares some replies of another with an exact search.

    Parameters:
        index: what searches.
        exact: compares all of a tenant's vectors.
        share: of searches by a vector, without filters, that are compared.
        tell: told the recall@10 of each.
        draw: gives a number in [0, 1).
    """

    def __init__(
        self,
        index: PassageIndex,
        exact: ExactNeighbours,
        share: float,
        tell: Callable[[float], None],
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._index = index
        self._exact = exact
        self._share = share
        self._tell = tell
        self._draw = draw

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:
        """Return the index's; see the port."""
        return self._index.corpus_version(scope, deadline)

    def is_current(
        self, scope: TenantScope, corpus_version: int, passages: Sequence[Passage], deadline: Deadline
    ) -> bool:
        """Tell what the index tells; see the port."""
        return self._index.is_current(scope, corpus_version, passages, deadline)

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> IndexReply:
        """Return the index's reply, whatever becomes of a comparison; see the port."""
        reply = self._index.search(scope, query, deadline)
        vector = query.vector if SearchMode.VECTOR in query.legs and not query.filters else None
        if vector is not None and self._draw() < self._share:
            with suppress(GraphwellError):
                self._compare(scope, vector, reply, deadline)
        return reply

    def _compare(self, scope: TenantScope, vector: Vector, reply: IndexReply, deadline: Deadline) -> None:
        nearest = self._exact.cosines(scope, vector, DEPTH, deadline.within(WITHIN_S))
        if not nearest:
            return
        found = [hit.similarity for hit in reply.hits if hit.leg is SearchMode.VECTOR and hit.similarity is not None]
        near = sum(cosine >= nearest[-1] - _EQUAL for cosine in found)
        self._tell(min(near, len(nearest)) / len(nearest))
