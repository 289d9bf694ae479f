"""Embed one queue message's chunks and activate the documents that are complete."""

from __future__ import annotations

from dataclasses import dataclass

from graphwell.domain.deadline import Deadline
from graphwell.ports import Embedder, EmbedTask, StagingRepository


@dataclass(frozen=True, slots=True)
class EmbedOutcome:
    """How many chunks got a vector, and how many versions went live with it."""

    embedded: int
    activated: int


class EmbedChunks:
    """Safe to run twice: chunks that have a vector, or that nobody waits for any more, are passed over."""

    def __init__(self, embedder: Embedder, repository: StagingRepository) -> None:
        self._embedder = embedder
        self._repository = repository

    def __call__(self, task: EmbedTask, deadline: Deadline) -> EmbedOutcome:
        """Embed what is left of a task.

        Raises:
            Unavailable: the model or the graph does not answer; the whole task may be tried again.
        """
        chunks = self._repository.unembedded(task.scope, task.chunk_ids)
        if chunks:
            vectors = self._embedder.embed_passages([chunk.text for chunk in chunks], deadline)
            self._repository.store_vectors(task.scope, chunks, vectors)
        # Also when nothing was left to embed: an earlier run may have ended between the vectors and this.
        return EmbedOutcome(len(chunks), self._repository.activate(task.scope, task.chunk_ids))
