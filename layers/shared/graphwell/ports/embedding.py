"""Embedding models, and the queue that feeds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from graphwell.domain.deadline import Deadline
from graphwell.domain.origin import Origin
from graphwell.domain.tenancy import TenantScope

Vector = Sequence[float]
"""An embedding of unit length."""


class Embedder(Protocol):
    """Turns text into vectors of one model."""

    @property
    def model(self) -> str:
        """Name of the model, recorded with the index."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    def embed_query(self, text: str, deadline: Deadline) -> Vector:
        """Return the vector of a question.

        Raises:
            Unavailable: the model does not answer.
        """

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Return one vector a text, in order; a text's vector never depends on its batch-mates.

        Raises:
            TextRefused: the model will never take one of the texts.
            Unavailable: the model does not answer.
        """


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """One queue message: references only, never text.

    Parameters:
        id: the task's place in the outbox, which is freed when its chunks are done; None for one that has none.
        origin: what staged the chunks; None when nobody knows.
    """

    scope: TenantScope
    chunk_ids: Sequence[str]
    id: str | None = None
    origin: Origin | None = None


class EmbedQueue(Protocol):
    """Carries embed tasks to the workers, at least once, in any order."""

    def send(self, tasks: Sequence[EmbedTask]) -> None:
        """Send all tasks.

        Raises:
            Unavailable: some were not taken; those that were may be sent again.
        """

    def is_empty(self) -> bool:
        """Tell whether no task waits or is being worked on, as far as the queue can tell.

        Raises:
            Unavailable: the queue does not answer.
        """


class EmbedOutbox(Protocol):
    """Tasks that the queue is to be told of, written with the chunks that they are about.

    Staging writes them, activation removes them; in between, a bounded number of each tenant's is on its way.
    """

    def send_waiting(self, scope: TenantScope, window: int, send: Callable[[Sequence[EmbedTask]], None]) -> int:
        """Give a tenant's oldest waiting tasks to `send` until `window` of them are on their way.

        They count as sent when `send` returned. Safe to repeat; a task may be sent twice, never left out.

        Parameters:
            window: tasks of one tenant that are on their way at most.

        Returns:
            How many were sent: none while less than a third of the window is free.

        Raises:
            Unavailable: the store does not answer, or `send` says so; what waited still waits.
        """

    def put_back(self, scope: TenantScope, document_id: str, version: int) -> Sequence[str]:
        """Write waiting tasks for those chunks of a staged version that lack a vector.

        A version whose chunks all have one gets a task of its first chunk, which leads to its activation.

        Returns:
            The chunks; none when the version is not staged.
        """

    def idle_tenants(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants with tasks that wait though none is on its way, so that none will let them out.

        For the reconciler alone.
        """

    def remove_lost(self, older_than: timedelta, limit: int) -> int:
        """Remove tasks that were sent `older_than` ago and free their places; for the reconciler alone.

        Returns:
            How many there were.
        """
