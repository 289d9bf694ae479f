"""Give chunks a vector of the model that stands beside the serving one."""

from __future__ import annotations

from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.ports import BesideVectors, Embedder, EmbedTask


class FillBeside:
    """Run before a task's chunks go live, so that whoever searches by the other model finds them as well.

    Parameters:
        slot: where this model's vectors lie.
    """

    def __init__(self, embedder: Embedder, vectors: BesideVectors, slot: Slot) -> None:
        self._embedder = embedder
        self._vectors = vectors
        self._slot = slot

    def __call__(self, task: EmbedTask, deadline: Deadline) -> int:
        """Fill in what is missing of a task, and return how many chunks that were; safe to run twice.

        Raises:
            Unavailable: the model or the graph does not answer; the whole task may be tried again.
        """
        chunks = self._vectors.missing(task.scope, task.chunk_ids, self._slot)
        if chunks:
            vectors = self._embedder.embed_passages([chunk.text for chunk in chunks], deadline)
            self._vectors.store_beside(task.scope, chunks, vectors, self._slot)
        return len(chunks)
