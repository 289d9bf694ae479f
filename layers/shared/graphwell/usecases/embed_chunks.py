"""Embed one queue message's chunks and activate the documents that are complete."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.ports import Embedder, EmbedTask, StagingRepository
from graphwell.usecases.fill_beside import FillBeside
from graphwell.usecases.send_tasks import SendTasks


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
        self,
        embedder: Embedder,
        repository: StagingRepository,
        send_tasks: SendTasks,
        fill_beside: FillBeside | None = None,
    ) -> None:
        self._embedder = embedder
        self._repository = repository
        self._send_tasks = send_tasks
        self._fill_beside = fill_beside

    def __call__(self, task: EmbedTask, deadline: Deadline) -> EmbedOutcome:
        """Embed what is left of a task, and send the tenant's next ones in its place.

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
        activated = self._repository.activate(task.scope, task.chunk_ids, task_id=task.id)
        # This task is done even if the next cannot be sent: what still waits is found by the reconciler.
        with suppress(Unavailable):
            self._send_tasks(task.scope)
        return EmbedOutcome(len(chunks), activated)

    def give_up(self, task: EmbedTask, reason: str) -> None:
        """Fail the versions that a task could not bring in, and let the tenant's next task out.

        Raises:
            Unavailable: the graph does not answer.
        """
        self._repository.give_up(task.scope, task.chunk_ids, reason)
        self._repository.activate(task.scope, task.chunk_ids, task_id=task.id)
        with suppress(Unavailable):
            self._send_tasks(task.scope)
