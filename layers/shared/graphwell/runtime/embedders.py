"""Which embedding model answers, and which are fed: what the index says, found among the configured ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from graphwell.adapters.neo4j_schema import wrong_model
from graphwell.domain.embedding_plan import EmbeddingIdentity, EmbeddingPlan
from graphwell.ports import Embedder, EmbeddingPlans

REMEMBERED_FOR_S = 10.0
"""How long a query environment goes by what it read; the last model's vectors are kept and fed for longer."""


class Embedders:
    """The configured models, by what the index says of them.

    Parameters:
        configured: the model of the settings, and the next one.
        now_s: monotonic seconds.
    """

    def __init__(
        self, plans: EmbeddingPlans, configured: Sequence[Embedder], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._plans = plans
        self._configured = {EmbeddingIdentity(each.model, each.dimensions): each for each in configured}
        self._now_s = now_s
        self._remembered: tuple[EmbeddingPlan, float] | None = None

    def plan(self, *, fresh: bool) -> EmbeddingPlan:
        """Return what the index holds.

        Parameters:
            fresh: as of now, for whoever writes; else as of the last `REMEMBERED_FOR_S`.

        Raises:
            IncompatibleIndex: there is no schema yet.
        """
        if fresh or self._remembered is None or self._now_s() >= self._remembered[1]:
            self._remembered = self._plans.read(), self._now_s() + REMEMBERED_FOR_S
        return self._remembered[0]

    def of(self, model: EmbeddingIdentity) -> Embedder:
        """Return the embedder of a model.

        Raises:
            IncompatibleIndex: it is not configured.
        """
        embedder = self.find(model)
        if embedder is None:
            raise wrong_model(model, next(iter(self._configured)))
        return embedder

    def find(self, model: EmbeddingIdentity) -> Embedder | None:
        """Return the embedder of a model; None when it is not configured."""
        return self._configured.get(model)
