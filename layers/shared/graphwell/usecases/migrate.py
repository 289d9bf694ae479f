"""Bring the store's schema up to date."""

from __future__ import annotations

from graphwell.ports import EmbeddingIdentity, SchemaMigrator


class Migrate:
    """Safe to repeat; run at every deployment."""

    def __init__(self, schema: SchemaMigrator, embedding: EmbeddingIdentity) -> None:
        self._schema = schema
        self._embedding = embedding

    def __call__(self) -> EmbeddingIdentity:
        """Create what is missing, and return the embedding model the index is for.

        Raises:
            IncompatibleIndex: the server is too old, or the index holds another model's vectors.
        """
        self._schema.migrate(self._embedding)
        return self._embedding
