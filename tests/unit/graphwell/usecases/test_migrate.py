"""Bringing the schema up to date."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphwell.domain.embedding_plan import EmbeddingPlan, Move
from graphwell.domain.errors import IncompatibleIndex
from graphwell.ports import EmbeddingIdentity
from graphwell.usecases.migrate import Migrate
from tests.fakes.clock import FakeClock
from tests.fakes.reembedding import FakePlans

MODEL, NEXT = EmbeddingIdentity("model", 8), EmbeddingIdentity("next", 16)


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


def migrating(schema: FakeSchema) -> Migrate:
    return Migrate(schema, FakePlans(FakeClock(), EmbeddingPlan(MODEL)), MODEL)


def test_it_creates_the_schema_for_the_configured_model_and_can_be_repeated() -> None:
    schema = FakeSchema()
    assert [migrating(schema)() for _ in range(2)] == [MODEL, MODEL]
    assert schema.stored == MODEL


def test_another_model_is_refused() -> None:
    with pytest.raises(IncompatibleIndex):
        migrating(FakeSchema(EmbeddingIdentity("other", 16)))()


@pytest.mark.parametrize(
    ("moving_to", "move"), [(NEXT, Move.BUILDING), (None, Move.DROPPING), (replace(NEXT, dimensions=9), Move.DROPPING)]
)
def test_a_move_that_the_settings_do_not_name_is_given_up_before_functions_get_them(
    moving_to: EmbeddingIdentity | None, move: Move
) -> None:
    plans = FakePlans(FakeClock(), EmbeddingPlan(MODEL, beside=NEXT, move=Move.BUILDING))
    Migrate(FakeSchema(), plans, MODEL, moving_to)()
    assert plans.plan.move is move
