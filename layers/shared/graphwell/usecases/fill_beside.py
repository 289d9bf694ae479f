"""Give chunks a vector of the model that stands beside the serving one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import TextRefused, Unavailable
from graphwell.ports import BesideVectors, Embedder, EmbedTask, UnembeddedChunk

REST_S = 60.0
"""How long a worker leaves a model alone that did not answer, so that waiting for it takes little from other work."""


class FillBeside:
    """Run before a task's chunks go live, so that whoever searches by the other model finds them as well.

    That model holds nobody up: it has half of the time, and what it does not embed is left to the re-embed.

    Parameters:
        embedder: None while the worker does not know the model, as during a deployment.
        slot: where this model's vectors lie.
        now_s: monotonic seconds.
    """

    def __init__(
        self,
        embedder: Embedder | None,
        vectors: BesideVectors,
        slot: Slot,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._vectors = vectors
        self._slot = slot
        self._now_s = now_s
        self._resting: tuple[float, str] | None = None

    def __call__(self, task: EmbedTask, deadline: Deadline) -> str | None:
        """Fill in what is missing of a task; safe to run twice.

        Returns:
            Why chunks were left without a vector; None when none was.

        Raises:
            Unavailable: the graph does not answer; the whole task may be tried again.
        """
        chunks = self._vectors.missing(task.scope, task.chunk_ids, self._slot)
        if not chunks:
            return None
        if self._embedder is None:
            return "The model beside is not configured here yet."
        if self._resting and self._now_s() < self._resting[0]:
            return self._resting[1]
        return self._fill(self._embedder, task, chunks, deadline.half())

    def _fill(
        self, embedder: Embedder, task: EmbedTask, chunks: Sequence[UnembeddedChunk], deadline: Deadline
    ) -> str | None:
        left = list(chunks)
        refusal = None
        while left:
            try:
                vectors = embedder.embed_passages([chunk.text for chunk in left], deadline)
            except TextRefused as error:
                refusal = f"{left.pop(error.position).chunk_id}: {error.detail}"
                continue
            except Unavailable as error:
                self._resting = self._now_s() + REST_S, error.detail
                return error.detail
            self._vectors.store_beside(task.scope, left, vectors, self._slot)
            break
        return refusal
