"""Embed one queue message's chunks and activate the documents that are complete."""

from __future__ import annotations

from dataclasses import dataclass

from graphwell.domain.deadline import Deadline
from graphwell.ports import Embedder, EmbedTask, StagingRepository
from graphwell.usecases.fill_beside import FillBeside


@dataclass(frozen=True, slots=True)
class EmbedOutcome:
    """How many chunks got a vector, and how many versions went live with it."""

    embedded: int
    activated: int


class EmbedChunks:
    """Safe to run twice: chunks that have a vector, or that nobody waits for any more, are passed over.

    Parameters:
        fill_beside: gives them a vector of a second model first; None while the index has one alone.
    """

    def __init__(
        self, embedder: Embedder, repository: StagingRepository, fill_beside: FillBeside | None = None
    ) -> None:
        self._embedder = embedder
        self._repository = repository
        self._fill_beside = fill_beside

    def __call__(self, task: EmbedTask, deadline: Deadline) -> EmbedOutcome:
        """Embed what is left of a task.

        Raises:
            Unavailable: the model or the graph does not answer; the whole task may be tried again.
        """
        if self._fill_beside is not None:
            self._fill_beside(task, deadline)
        chunks = self._repository.unembedded(task.scope, task.chunk_ids)
        if chunks:
            vectors = self._embedder.embed_passages([chunk.text for chunk in chunks], deadline)
            self._repository.store_vectors(task.scope, chunks, vectors)
        # Also when nothing was left to embed: an earlier run may have ended between the vectors and this.
        return EmbedOutcome(len(chunks), self._repository.activate(task.scope, task.chunk_ids))
