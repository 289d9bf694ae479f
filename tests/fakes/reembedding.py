"""The record of an index's models in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphwell.domain.embedding_plan import EmbeddingIdentity, EmbeddingPlan, Move, Slot
from graphwell.ports import ChunkPlace
from tests.fakes.clock import FakeClock


class FakePlans:
    """The `EmbeddingPlans` port; `without` holds the chunks that lack a vector in the other slot."""

    def __init__(self, clock: FakeClock, plan: EmbeddingPlan, without: Sequence[ChunkPlace] = ()) -> None:
        self.clock = clock
        self.plan = plan
        self.without = list(without)
        self.to_clear = 2

    def read(self) -> EmbeddingPlan:
        """Return the plan."""
        return self.plan

    def build(self, model: EmbeddingIdentity) -> None:
        """Begin."""
        self._move(Move.BUILDING, beside=model)

    def lacking(self, slot: Slot, after: ChunkPlace | None, limit: int) -> Sequence[ChunkPlace]:
        """Return what lacks a vector."""
        assert slot is self.plan.slot.other
        start = self.without.index(after) + 1 if after else 0
        return self.without[start : start + limit]

    def switch(self, plan: EmbeddingPlan) -> bool:
        """Change places."""
        assert plan.beside is not None
        self.plan = replace(self.plan, serving=plan.beside, slot=plan.slot.other)
        self._move(Move.SWITCHED, beside=plan.serving)
        return True

    def retire(self, plan: EmbeddingPlan) -> None:
        """Use the other slot no more."""
        assert plan == self.plan
        self._move(Move.DROPPING, beside=None)

    def clear(self, plan: EmbeddingPlan) -> bool:
        """Remove some."""
        assert plan.beside is None
        self.to_clear -= 1
        return self.to_clear <= 0

    def end(self) -> None:
        """End."""
        self._move(Move.NONE, beside=None)

    def _move(self, move: Move, *, beside: EmbeddingIdentity | None) -> None:
        self.plan = replace(self.plan, move=move, beside=beside, changed_at=self.clock.now())
