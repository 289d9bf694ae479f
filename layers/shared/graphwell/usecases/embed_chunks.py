"""Embed one queue message's chunks and activate the documents that are complete."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import TextRefused, Unavailable
from graphwell.ports import Embedder, EmbedTask, GraphExtractor, StagingRepository
from graphwell.usecases.fill_beside import FillBeside
from graphwell.usecases.send_tasks import SendTasks


@dataclass(frozen=True, slots=True)
class EmbedOutcome:
    """What became of a task.

    Parameters:
        embedded: chunks that got a vector.
        activated: versions that went live with it.
        left_beside: why chunks are without a vector of the model beside; None when they are not.
    """

    embedded: int
    activated: int
    left_beside: str | None = None


class EmbedChunks:
    """Safe to run twice: chunks that have a vector, or that nobody waits for any more, are passed over.

    Parameters:
        extractor: reads what goes into the graph.
        fill_beside: gives them a vector of a second model first; None while the index has one alone.
    """

    def __init__(
        self,
        embedder: Embedder,
        repository: StagingRepository,
        extractor: GraphExtractor,
        send_tasks: SendTasks,
        fill_beside: FillBeside | None = None,
    ) -> None:
        self._embedder = embedder
        self._repository = repository
        self._send_tasks = send_tasks
        self._extractor = extractor
        self._fill_beside = fill_beside

    def __call__(self, task: EmbedTask, deadline: Deadline) -> EmbedOutcome:
        """Embed what is left of a task, and send the tenant's next ones in its place.

        A version with a text that the model will never take fails, with the reason.

        Raises:
            Unavailable: the model or the graph does not answer; the whole task may be tried again.
        """
        left_beside = self._fill_beside(task, deadline) if self._fill_beside else None
        embedded = self._embed(task, deadline, alone=left_beside is not None)
        # Also when nothing was left to embed: an earlier run may have ended between the vectors and this.
        activated = self._repository.activate(task.scope, task.chunk_ids, task_id=task.id)
        # This task is done even if the next cannot be sent: what still waits is found by the reconciler.
        with suppress(Unavailable):
            self._send_tasks(task.scope)
        return EmbedOutcome(embedded, activated, left_beside)

    def _embed(self, task: EmbedTask, deadline: Deadline, *, alone: bool) -> int:
        while chunks := self._repository.unembedded(task.scope, task.chunk_ids):
            try:
                vectors = self._embedder.embed_passages([chunk.text for chunk in chunks], deadline)
            except TextRefused as refusal:  # of the others none is to suffer for it
                self._repository.give_up(task.scope, [chunks[refusal.position].chunk_id], refusal.detail)
                continue
            # A model that reads slowly has half of the time: the vectors are to be kept, or the next try begins anew.
            graphs = self._extractor.extract(task.scope, chunks, deadline.half())
            self._repository.store_vectors(task.scope, chunks, vectors, graphs=graphs, alone=alone)
            return len(chunks)
        return 0

    def give_up(self, task: EmbedTask, reason: str) -> None:
        """Fail the versions that a task could not bring in, and let the tenant's next task out.

        Raises:
            Unavailable: the graph does not answer.
        """
        self._repository.give_up(task.scope, task.chunk_ids, reason)
        self._repository.activate(task.scope, task.chunk_ids, task_id=task.id)
        with suppress(Unavailable):
            self._send_tasks(task.scope)
