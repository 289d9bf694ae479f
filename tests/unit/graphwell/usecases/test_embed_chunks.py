"""Embedding a message's chunks, once or again."""

from __future__ import annotations

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import VersionStatus
from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask
from graphwell.usecases.embed_chunks import EmbedChunks, EmbedOutcome
from graphwell.usecases.ingest_documents import IngestDocuments, Submission
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue, FakeExtractor

ACME = TenantScope("acme")


def in_time() -> Deadline:
    return Deadline.after(10, FakeMonotonic())


@pytest.fixture
def staging() -> FakeStaging:
    staging = FakeStaging()
    ingest = IngestDocuments(FakeExtractor(), FakeChunker(), staging, FakeEmbedQueue(), "fake-model")
    ingest(ACME, [Submission("Title", "one\ntwo", id="a")])
    return staging


def status(staging: FakeStaging) -> VersionStatus:
    return staging.versions["acme", "a"][0].status


def test_a_complete_version_goes_live(staging: FakeStaging) -> None:
    embedder = FakeEmbedder()
    outcome = EmbedChunks(embedder, staging)(EmbedTask(ACME, ["a~1~0", "a~1~1"]), in_time())
    assert outcome == EmbedOutcome(2, 1)
    assert embedder.asked == ["Title\none", "Title\ntwo"]
    assert status(staging) is VersionStatus.ACTIVE


def test_a_task_done_before_embeds_nothing(staging: FakeStaging) -> None:
    task = EmbedTask(ACME, ["a~1~0", "a~1~1"])
    EmbedChunks(FakeEmbedder(), staging)(task, in_time())
    embedder = FakeEmbedder()
    assert EmbedChunks(embedder, staging)(task, in_time()) == EmbedOutcome(0, 0)
    assert embedder.asked == []


def test_of_a_task_done_in_part_only_the_rest_is_embedded(staging: FakeStaging) -> None:
    EmbedChunks(FakeEmbedder(), staging)(EmbedTask(ACME, ["a~1~0"]), in_time())
    assert status(staging) is VersionStatus.STAGED
    embedder = FakeEmbedder()
    assert EmbedChunks(embedder, staging)(EmbedTask(ACME, ["a~1~0", "a~1~1"]), in_time()) == EmbedOutcome(1, 1)
    assert embedder.asked == ["Title\ntwo"]


def test_a_run_that_died_before_activation_is_finished_by_the_next(staging: FakeStaging) -> None:
    chunk_ids = ["a~1~0", "a~1~1"]
    chunks = staging.unembedded(ACME, chunk_ids)
    staging.store_vectors(ACME, chunks, [[1.0], [1.0]])
    assert EmbedChunks(FakeEmbedder(), staging)(EmbedTask(ACME, chunk_ids), in_time()) == EmbedOutcome(0, 1)


def test_without_the_model_nothing_is_written(staging: FakeStaging) -> None:
    with pytest.raises(Unavailable):
        EmbedChunks(FakeEmbedder(down=True), staging)(EmbedTask(ACME, ["a~1~0"]), in_time())
    assert staging.versions["acme", "a"][0].vectors == {}


def test_chunks_of_another_tenant_are_not_touched(staging: FakeStaging) -> None:
    task = EmbedTask(TenantScope("Acme"), ["a~1~0", "a~1~1"])
    assert EmbedChunks(FakeEmbedder(), staging)(task, in_time()) == EmbedOutcome(0, 0)
    assert status(staging) is VersionStatus.STAGED
