"""The entity graph, read."""

from __future__ import annotations

from typing import Protocol

from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.reading import EntityPage, EntityView
from graphwell.domain.tenancy import TenantScope


class GraphReader(Protocol):
    """Names of a tenant and what they are mentioned with; of versions that readers see, never of others.

    The work of a call is bounded, whatever a tenant holds: what is left out is told by `truncated`.
    """

    def find(
        self, scope: TenantScope, query: str | None, deadline: Deadline, *, cursor: str | None, limit: int
    ) -> EntityPage:
        """Return names that share a word with a query, best first; see `domain.graph.reading.name_rank`.

        Parameters:
            query: as `accept_query` returns it. None for the names that most passages of the newest documents mention.

        Raises:
            InvalidInput: the cursor is not one that this listing gave for this query.
            Unavailable: the store does not answer in time.
        """

    def read(
        self, scope: TenantScope, entity_id: str, deadline: Deadline, *, cursor: str | None, limit: int
    ) -> EntityView:
        """Return an entity, with at most `limit` of its neighbours and as many of its passages.

        Raises:
            NotFound: no live passage mentions an entity of that id.
            InvalidInput: the cursor is not one that this entity gave.
            Unavailable: the store does not answer in time.
        """
