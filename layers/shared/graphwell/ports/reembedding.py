"""Moving an index from one embedding model to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graphwell.domain.embed_batches import WaitingChunk
from graphwell.domain.embedding_plan import EmbeddingIdentity, EmbeddingPlan, Slot
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.documents import UnembeddedChunk
from graphwell.ports.embedding import Vector


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """A chunk of any tenant, by the order in which chunks are gone through."""

    scope: TenantScope
    chunk: WaitingChunk


class EmbeddingPlans(Protocol):
    """The record of an index's models, and the steps of its move; for the reconciler, but for `read`."""

    def read(self) -> EmbeddingPlan:
        """Return what the index holds.

        Raises:
            IncompatibleIndex: there is no schema yet.
        """

    def build(self, model: EmbeddingIdentity) -> None:
        """Make an empty index for a model beside the one that serves; from then on workers fill both."""

    def lacking(self, slot: Slot, after: ChunkPlace | None, limit: int) -> Sequence[ChunkPlace]:
        """Return embedded chunks of all tenants that have no vector in a slot, in order, from a place on."""

    def switch(self, plan: EmbeddingPlan) -> bool:
        """Let the other slot serve, unless a chunk lacks a vector there; in one transaction.

        Returns:
            Whether it serves.
        """

    def retire(self, plan: EmbeddingPlan) -> None:
        """Say that the other slot is used no more."""

    def clear(self, plan: EmbeddingPlan) -> bool:
        """Remove the other slot's index and some of its vectors; safe to repeat.

        Returns:
            Whether none is left.
        """

    def end(self) -> None:
        """Say that the move is over."""


class BesideVectors(Protocol):
    """Vectors in a slot, of staged chunks as of live ones."""

    def missing(self, scope: TenantScope, chunk_ids: Sequence[str], slot: Slot) -> list[UnembeddedChunk]:
        """Return those of the chunks that have no vector in a slot, but for failed versions'."""

    def store_beside(
        self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], vectors: Sequence[Vector], slot: Slot
    ) -> None:
        """Write one vector a chunk; safe to repeat."""
