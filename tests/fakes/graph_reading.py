"""An entity graph in memory."""

from __future__ import annotations

from graphwell.adapters.graph_cursors import decode_places
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import NotFound
from graphwell.domain.graph.reading import EntityPage, EntityView
from graphwell.domain.tenancy import TenantScope


class FakeGraphReader:
    """The `GraphReader` port: gives the first page of a tenant's entities, whatever page is asked for.

    `views` is keyed by tenant and entity id; `asked` lists queries. `error` is raised by every call when it is set.
    """

    def __init__(self) -> None:
        self.views: dict[tuple[str, str], EntityView] = {}
        self.asked: list[str | None] = []
        self.error: Exception | None = None

    def find(
        self, scope: TenantScope, query: str | None, deadline: Deadline, *, cursor: str | None, limit: int
    ) -> EntityPage:
        """Return the tenant's entities whose name holds the query."""
        self._answer(deadline)
        if cursor is not None:
            decode_places(cursor, query or "", [("",)])
        self.asked.append(query)
        own = [view.entity for (tenant_id, _), view in self.views.items() if tenant_id == scope.tenant_id]
        found = [entity for entity in own if (query or "").lower() in entity.name.lower()]
        return EntityPage(found[:limit], None, truncated=len(found) > limit)

    def read(
        self, scope: TenantScope, entity_id: str, deadline: Deadline, *, cursor: str | None, limit: int
    ) -> EntityView:
        """Return an entity of the tenant."""
        self._answer(deadline)
        if cursor is not None:
            decode_places(cursor, entity_id, [("",)])
        try:
            view = self.views[scope.tenant_id, entity_id]
        except KeyError:
            raise NotFound(f"There is no entity {entity_id!r} in this tenant.") from None
        return EntityView(view.entity, view.neighbours[:limit], view.passages[:limit], None, truncated=False)

    def _answer(self, deadline: Deadline) -> None:
        deadline.remaining_s()
        if self.error is not None:
            raise self.error
