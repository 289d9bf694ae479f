"""Which models' vectors an index holds, and how it moves from one to another: build beside, switch, drop.

Vectors lie in one of two slots. One slot serves. While an index moves, new chunks get a vector in both, so that a query
finds everything by either, and never mixes them: it takes question, vectors and index from one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WORKERS_SETTLE_AFTER = timedelta(seconds=90)
"""Longer than an embedding function may run (60 s): whatever it does by the plan of before has ended."""

QUERIES_SETTLE_AFTER = timedelta(seconds=60)
"""Longer than a query environment remembers a plan (10 s) and its longest request (29 s) together."""


@dataclass(frozen=True, slots=True)
class EmbeddingIdentity:
    """The model that an index's vectors come from."""

    model: str
    dimensions: int


class Slot(StrEnum):
    """Where a model's vectors lie."""

    A = "a"
    B = "b"

    @property
    def other(self) -> Slot:
        """The other one."""
        return Slot.B if self is Slot.A else Slot.A


class Move(StrEnum):
    """State of an index between two models."""

    NONE = "none"
    BUILDING = "building"
    SWITCHED = "switched"
    DROPPING = "dropping"


@dataclass(frozen=True, slots=True)
class EmbeddingPlan:
    """What the index holds, as recorded in it.

    Parameters:
        serving: the model by which queries are answered.
        slot: where its vectors lie.
        beside: the model of the other slot: the next one while it is being built, the last one for as long as queries
            may still ask for it after the switch.
        move: where the index stands between the two.
        changed_at: since when, aware UTC; None for an index that never moved.
    """

    serving: EmbeddingIdentity
    slot: Slot = Slot.A
    beside: EmbeddingIdentity | None = None
    move: Move = Move.NONE
    changed_at: datetime | None = None

    def settled(self, now: datetime, after: timedelta) -> bool:
        """Tell whether the last change is so long ago."""
        return self.changed_at is None or now - self.changed_at > after
