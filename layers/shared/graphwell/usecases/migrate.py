"""Bring the store's schema up to date."""

from __future__ import annotations

from graphwell.domain.embedding_plan import Move
from graphwell.ports import EmbeddingIdentity, EmbeddingPlans, SchemaMigrator


class Migrate:
    """Safe to repeat; run at every deployment, before the functions get their new settings.

    Parameters:
        moving_to: the model that the index is to move to; None to stay with its own.
    """

    def __init__(
        self,
        schema: SchemaMigrator,
        plans: EmbeddingPlans,
        embedding: EmbeddingIdentity,
        moving_to: EmbeddingIdentity | None = None,
    ) -> None:
        self._schema = schema
        self._plans = plans
        self._embedding = embedding
        self._moving_to = moving_to

    def __call__(self) -> EmbeddingIdentity:
        """Create what is missing, and return the embedding model the index is for.

        Raises:
            IncompatibleIndex: the server is too old, or the index holds another model's vectors.
        """
        self._schema.migrate(self._embedding)
        plan = self._plans.read()
        # A reconciler that still has the old settings would else switch to a model that these settings do not name.
        if plan.move is Move.BUILDING and plan.beside != self._moving_to:
            self._plans.retire(plan)
        return self._embedding
