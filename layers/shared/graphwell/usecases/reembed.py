"""Move an index to another embedding model while everybody goes on reading and writing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import groupby

from graphwell.domain.deadline import Deadline
from graphwell.domain.embed_batches import embed_batches
from graphwell.domain.embedding_plan import (
    QUERIES_SETTLE_AFTER,
    WORKERS_SETTLE_AFTER,
    EmbeddingIdentity,
    EmbeddingPlan,
    Move,
)
from graphwell.ports import ChunkPlace, Clock, EmbeddingPlans, EmbedQueue, EmbedTask

WINDOW = 1_000
"""Chunks in the queue at once: some seconds of embedding, so that new documents wait no longer behind them."""

POLL_S = 1.0


class Reembed:
    """One run does what can be done until its deadline; whatever ends it, the next run goes on from the graph.

    Building: every chunk that has a vector gets one of the next model, through the queue, a window at a time. Switch:
    when no chunk lacks one, and no worker is left that knew nothing of the next model. Drop: when the settings name the
    last model no more, and no query is left that knew nothing of the switch.

    Parameters:
        configured: the model that the settings name as the index's own, which it was until the switch.
        wanted: the model that the index is to move to; None to stay, or to give up a move that has not switched.
        sleep: waits while the queue works.
    """

    def __init__(
        self,
        plans: EmbeddingPlans,
        queue: EmbedQueue,
        clock: Clock,
        *,
        configured: EmbeddingIdentity,
        wanted: EmbeddingIdentity | None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plans = plans
        self._queue = queue
        self._clock = clock
        self._configured = configured
        self._wanted = wanted
        self._sleep = sleep

    def __call__(self, deadline: Deadline) -> int:
        """Go on with the move, and return how many chunks were sent to be embedded.

        Raises:
            DeadlineExceeded: the time was used up; the next run goes on.
            Unavailable: the graph or the queue does not answer; the next run goes on.
        """
        plan = self._plans.read()
        sent = 0
        if plan.move is Move.NONE and self._wanted not in {None, plan.serving}:
            assert self._wanted is not None  # noqa: S101  # it is not None and not what serves
            self._plans.build(self._wanted)
            plan = self._plans.read()
        if plan.move is Move.BUILDING:
            if plan.beside != self._wanted:
                self._plans.retire(plan)
            else:
                sent = self._build(plan, deadline)
        elif plan.move is Move.SWITCHED and self._is_over(plan):
            self._plans.retire(plan)
        elif plan.move is Move.DROPPING and plan.settled(self._clock.now(), WORKERS_SETTLE_AFTER):
            while not self._plans.clear(plan):
                deadline.remaining_s()
            self._plans.end()
        return sent

    def _is_over(self, plan: EmbeddingPlan) -> bool:
        return plan.beside != self._configured and plan.settled(self._clock.now(), QUERIES_SETTLE_AFTER)

    def _build(self, plan: EmbeddingPlan, deadline: Deadline) -> int:
        after: ChunkPlace | None = None
        sent = 0
        while found := self._plans.lacking(plan.slot.other, after, WINDOW):
            while not self._queue.is_empty():
                self._sleep(min(POLL_S, deadline.remaining_s()))
            self._queue.send(_tasks(found))
            sent += len(found)
            after = found[-1]
        # Settled first: chunks that a worker wrote by the plan of before are there to be missed by then.
        if sent == 0 and plan.settled(self._clock.now(), WORKERS_SETTLE_AFTER):
            self._plans.switch(plan)
        return sent


def _tasks(places: Sequence[ChunkPlace]) -> list[EmbedTask]:
    """Return the messages for chunks that come in the order of their tenants; they have no place in the outbox, since
    the next pass finds what is lost."""
    return [
        EmbedTask(scope, tuple(chunk.id for chunk in batch))
        for scope, own in groupby(places, key=lambda place: place.scope)
        for batch in embed_batches([place.chunk for place in own])
    ]
