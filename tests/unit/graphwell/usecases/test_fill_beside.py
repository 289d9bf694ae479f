"""Vectors of the model beside: given before a chunk goes live where that can be, and holding nobody up where not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import VersionStatus
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import TextRefused
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, UnembeddedChunk, Vector
from graphwell.usecases.embed_chunks import EmbedChunks
from graphwell.usecases.fill_beside import REST_S, FillBeside
from graphwell.usecases.ingest_documents import IngestDocuments, Submission
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor, sending

ACME = TenantScope("acme")
TASK = EmbedTask(ACME, ["a~1~0", "a~1~1"])


class FakeBeside:
    """The `BesideVectors` port over the two chunks of `TASK`."""

    def __init__(self) -> None:
        self.filled: dict[str, Vector] = {}

    def missing(self, scope: TenantScope, chunk_ids: Sequence[str], slot: Slot) -> list[UnembeddedChunk]:
        """Return those without a vector."""
        assert (scope, slot) == (ACME, Slot.B)
        return [UnembeddedChunk(each, f"text of {each}") for each in chunk_ids if each not in self.filled]

    def store_beside(
        self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], vectors: Sequence[Vector], slot: Slot
    ) -> None:
        """Keep vectors."""
        assert (scope, slot) == (ACME, Slot.B)
        self.filled.update(zip((chunk.chunk_id for chunk in chunks), vectors, strict=True))


class SlowEmbedder(FakeEmbedder):
    """Uses up all the time it is given."""

    def __init__(self, reading: FakeMonotonic) -> None:
        super().__init__()
        self.asked_at: list[float] = []
        self._reading = reading

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Wait until it is too late."""
        self.asked_at.append(self._reading())
        self._reading.reading_s = deadline.at_s
        return super().embed_passages(texts, deadline)


class World:
    """A document of two chunks, and a worker that feeds two models."""

    def __init__(self, beside: FakeEmbedder | None, reading: FakeMonotonic | None = None) -> None:
        self.reading = reading or FakeMonotonic()
        self.serving, self.vectors, self.staging = FakeEmbedder(), FakeBeside(), FakeStaging()
        send_tasks = sending(self.staging, FakeEmbedQueue())
        IngestDocuments(FakeExtractor(), FakeChunker(), self.staging, send_tasks, "fake-model")(
            ACME, [Submission("Title", "one\ntwo", id="a")]
        )
        fill = FillBeside(beside, self.vectors, Slot.B, self.reading)
        self.embed = EmbedChunks(self.serving, self.staging, LocalGraphExtractor(), send_tasks, fill)

    def run(self) -> str | None:
        """Work on the task for at most 60 seconds, and return why chunks were left."""
        return self.embed(TASK, Deadline.after(60, self.reading)).left_beside

    def status(self) -> VersionStatus:
        """Where the document stands."""
        return self.staging.versions["acme", "a"][0].status


def test_a_chunk_goes_live_with_a_vector_of_both_models() -> None:
    world = World(FakeEmbedder())
    assert world.run() is None
    assert set(world.vectors.filled) == {"a~1~0", "a~1~1"}
    assert (world.status(), world.staging.alone) == (VersionStatus.ACTIVE, False)


@pytest.mark.parametrize("beside", [FakeEmbedder(down=True), None], ids=["it does not answer", "it is not configured"])
def test_a_document_goes_live_without_the_model_beside(beside: FakeEmbedder | None) -> None:
    world = World(beside)
    assert world.run()
    assert (world.status(), world.staging.alone) == (VersionStatus.ACTIVE, True)
    assert world.vectors.filled == {}


def test_a_model_that_does_not_answer_in_time_leaves_the_serving_one_half_and_then_rests() -> None:
    reading = FakeMonotonic()
    slow = SlowEmbedder(reading)
    world, began = World(slow, reading), reading()
    assert world.run()
    assert (world.status(), reading() - began) == (VersionStatus.ACTIVE, 30)
    assert world.run()
    assert slow.asked_at == [began], "a rest is due"
    reading.reading_s += REST_S
    assert world.run()
    assert len(slow.asked_at) == 2


def test_a_text_that_the_model_beside_refuses_costs_no_other_its_vector() -> None:
    class Picky(FakeEmbedder):
        def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
            if "text of a~1~0" in texts:
                raise TextRefused(texts.index("text of a~1~0"), "Too long.")
            return super().embed_passages(texts, deadline)

    world = World(Picky())
    assert world.run() == "a~1~0: Too long."
    assert (set(world.vectors.filled), world.status()) == ({"a~1~1"}, VersionStatus.ACTIVE)
