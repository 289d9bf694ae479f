"""Bringing the schema up to date."""

from __future__ import annotations

import pytest

from graphwell.domain.errors import IncompatibleIndex
from graphwell.ports import EmbeddingIdentity
from graphwell.usecases.migrate import Migrate

MODEL = EmbeddingIdentity("model", 8)


class FakeSchema:
    """The `SchemaMigrator` port over an index of one model."""

    def __init__(self, stored: EmbeddingIdentity | None = None) -> None:
        self.stored = stored

    def migrate(self, embedding: EmbeddingIdentity) -> None:
        """Take the model for the index, or refuse another."""
        self.stored = self.stored or embedding
        self.verify(embedding)

    def verify(self, embedding: EmbeddingIdentity) -> None:
        """Refuse another model than the stored one."""
        if self.stored != embedding:
            raise IncompatibleIndex("The index is of another model.")


def test_it_creates_the_schema_for_the_configured_model_and_can_be_repeated() -> None:
    schema = FakeSchema()
    assert [Migrate(schema, MODEL)() for _ in range(2)] == [MODEL, MODEL]
    assert schema.stored == MODEL


def test_another_model_is_refused() -> None:
    with pytest.raises(IncompatibleIndex):
        Migrate(FakeSchema(EmbeddingIdentity("other", 16)), MODEL)()
