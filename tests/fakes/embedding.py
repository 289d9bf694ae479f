"""Embedders whose vectors follow from the text alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.ports import Vector

DIMENSIONS = 8


def vector_of(text: str) -> list[float]:
    """Return the unit vector that stands for a text: equal texts, equal vectors."""
    raw = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:DIMENSIONS]]
    length = math.sqrt(sum(value * value for value in raw))
    return [value / length for value in raw]


class FakeEmbedder:
    """The `Embedder` port; `asked` lists the texts it was given, in order. While `down`, the model does not answer."""

    model = "fake-model"
    dimensions = DIMENSIONS

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.asked: list[str] = []

    def embed_query(self, text: str, deadline: Deadline) -> Vector:
        """Return the vector of a question, within the deadline."""
        return self.embed_passages([text], deadline)[0]

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Return one vector a text, within the deadline."""
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The model does not answer.")
        self.asked.extend(texts)
        return [vector_of(text) for text in texts]
