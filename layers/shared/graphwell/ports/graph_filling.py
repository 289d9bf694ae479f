"""Reading anew what was embedded before the rules that read names, or by other rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from graphwell.domain.tenancy import TenantScope
from graphwell.ports.documents import UnembeddedChunk

if TYPE_CHECKING:
    from graphwell.domain.graph.chunk_graph import ChunkGraph


class GraphFilling(Protocol):
    """Tenants whose chunks are to be read anew, in the order of the chunks' ids; safe to stop and to repeat."""

    def start(self, identity: str) -> None:
        """Have all tenants' chunks read anew, unless these are the rules that they were last read by."""

    def unfilled(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants that are not through."""

    def next_chunks(self, scope: TenantScope, limit: int) -> Sequence[UnembeddedChunk]:
        """Return the next chunks of a tenant, of any version; none when it is through."""

    def store(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], graphs: Sequence[ChunkGraph]) -> None:
        """Write what the tenant's next chunks say, and go on behind them; without any the tenant is through.

        Raises:
            Conflict: the tenant is being erased.
        """
