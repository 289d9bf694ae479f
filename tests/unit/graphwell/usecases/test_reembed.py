"""The steps of a move to another model, decided from what is recorded."""

from __future__ import annotations

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.embed_batches import WaitingChunk
from graphwell.domain.embedding_plan import (
    QUERIES_SETTLE_AFTER,
    WORKERS_SETTLE_AFTER,
    EmbeddingIdentity,
    EmbeddingPlan,
    Move,
    Slot,
)
from graphwell.domain.errors import DeadlineExceeded, IncompatibleIndex
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ChunkPlace
from graphwell.runtime.embedders import REMEMBERED_FOR_S, Embedders
from graphwell.usecases.reembed import WINDOW, Reembed
from tests.fakes.clock import FakeClock, FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.ingestion import FakeEmbedQueue
from tests.fakes.reembedding import FakePlans

OLD, NEXT = EmbeddingIdentity("old", 4), EmbeddingIdentity("next", 8)
ACME, OTHER = TenantScope("acme"), TenantScope("other")


class World:
    """A reconciler that runs when a test says so, and a queue whose workers do nothing by themselves."""

    def __init__(self, chunks: int = 0) -> None:
        self.clock = FakeClock()
        found = [WaitingChunk(f"a~1~{number:05}", "a", 1, 400) for number in range(chunks)]
        places = [ChunkPlace(scope, chunk) for scope in (ACME, OTHER) for chunk in found]
        self.plans = FakePlans(self.clock, EmbeddingPlan(OLD), places)
        self.queue = FakeEmbedQueue()
        self.slept = 0

    def move(self) -> Move:
        """Where the index stands."""
        return self.plans.plan.move

    def run(
        self,
        wanted: EmbeddingIdentity | None = NEXT,
        deadline: Deadline | None = None,
        configured: EmbeddingIdentity = OLD,
    ) -> int:
        reembed = Reembed(self.plans, self.queue, self.clock, configured=configured, wanted=wanted, sleep=self._work)
        return reembed(deadline or Deadline.after(60))

    def _work(self, _seconds: float) -> None:
        self.slept += 1
        self.queue.tasks.clear()


def test_without_a_wanted_model_or_with_the_serving_one_nothing_moves() -> None:
    world = World(chunks=1)
    assert (world.run(None), world.run(OLD)) == (0, 0)
    assert world.plans.plan == EmbeddingPlan(OLD)


def test_the_way_from_one_model_to_another() -> None:
    world = World(chunks=1)
    assert world.run() == 2
    assert [(task.scope, list(task.chunk_ids)) for task in world.queue.tasks] == [
        (ACME, ["a~1~00000"]),
        (OTHER, ["a~1~00000"]),
    ]
    world.plans.without.clear()
    world.queue.tasks.clear()
    assert world.run() == 0
    assert world.move() is Move.BUILDING, "workers of before may still be writing"
    world.clock.advance(2 * WORKERS_SETTLE_AFTER)
    world.run()
    assert (world.plans.plan.serving, world.plans.plan.slot, world.plans.plan.beside) == (NEXT, Slot.B, OLD)
    world.run()
    assert world.move() is Move.SWITCHED, "queries of before may still be running"
    world.clock.advance(2 * QUERIES_SETTLE_AFTER)
    world.run()
    assert world.move() is Move.SWITCHED, "the settings still name the last model"
    world.run(None, configured=NEXT)
    assert (world.plans.plan.move, world.plans.plan.beside) == (Move.DROPPING, None)
    world.run()
    assert world.plans.to_clear == 2
    world.clock.advance(2 * WORKERS_SETTLE_AFTER)
    world.run()
    assert (world.plans.to_clear, world.plans.plan.move, world.plans.plan.serving) == (0, Move.NONE, NEXT)
    world.run()
    assert world.move() is Move.NONE


def test_no_more_than_a_window_is_in_the_queue() -> None:
    world = World(chunks=WINDOW)
    assert world.run() == 2 * WINDOW
    assert world.slept == 1
    assert sum(len(task.chunk_ids) for task in world.queue.tasks) == WINDOW


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next() -> None:
    world, reading = World(chunks=WINDOW), FakeMonotonic()
    world.plans.build(NEXT)
    with pytest.raises(DeadlineExceeded):
        world.run(deadline=Deadline(reading(), reading))
    assert len(world.queue.tasks) > 0
    world.queue.tasks.clear()
    assert world.run() == 2 * WINDOW


@pytest.mark.parametrize("wanted", [None, OLD, EmbeddingIdentity("third", 8)])
def test_a_move_that_is_not_wanted_any_more_is_dropped(wanted: EmbeddingIdentity | None) -> None:
    world = World()
    world.run()
    world.run(wanted)
    assert (world.plans.plan.move, world.plans.plan.serving) == (Move.DROPPING, OLD)


def test_functions_take_the_model_that_is_recorded() -> None:
    clock, reading = FakeClock(), FakeMonotonic()
    plans = FakePlans(clock, EmbeddingPlan(OLD))
    fake = FakeEmbedder()
    plans.plan = EmbeddingPlan(EmbeddingIdentity(fake.model, fake.dimensions))
    embedders = Embedders(plans, [fake], reading)
    assert embedders.of(embedders.plan(fresh=False).serving) is fake
    plans.plan = EmbeddingPlan(NEXT)
    assert embedders.plan(fresh=False).serving != NEXT
    assert embedders.plan(fresh=True).serving == NEXT
    plans.plan = EmbeddingPlan(OLD)
    reading.reading_s += REMEMBERED_FOR_S
    assert embedders.plan(fresh=False).serving == OLD
    with pytest.raises(IncompatibleIndex, match="name the other as the next model"):
        embedders.of(OLD)
