"""The vector of a question, made once for all who need it."""

from __future__ import annotations

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.ports import Embedder, Vector


class QuestionVector:
    """Embeds a question when it is first asked for; that the model did not answer is remembered as well."""

    def __init__(self, embedder: Embedder, question: str) -> None:
        self.question = question
        self._embedder = embedder
        self._made: Vector | None = None
        self._failure: Unavailable | None = None

    def __call__(self, deadline: Deadline) -> Vector:
        """Return the vector.

        Raises:
            Unavailable: the model does not answer.
        """
        if self._failure is not None:
            raise self._failure
        if self._made is None:
            try:
                self._made = self._embedder.embed_query(self.question, deadline)
            except Unavailable as failure:
                self._failure = failure
                raise
        return self._made
