"""Embedding models, and the queue that feeds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graphwell.domain.deadline import Deadline
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
            Unavailable: the model does not answer.
        """


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """One queue message: references only, never text."""

    scope: TenantScope
    chunk_ids: Sequence[str]


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
