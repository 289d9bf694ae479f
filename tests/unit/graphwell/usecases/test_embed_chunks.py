"""Embedding a message's chunks, once or again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import VersionStatus
from graphwell.domain.embed_batches import TOKENS_A_BATCH, TOKENS_A_CHUNK
from graphwell.domain.errors import TextRefused, Unavailable
from graphwell.domain.graph.chunk_graph import ChunkGraph
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, UnembeddedChunk, Vector
from graphwell.usecases.embed_chunks import EmbedChunks, EmbedOutcome
from graphwell.usecases.ingest_documents import IngestDocuments, Submission
from graphwell.usecases.send_tasks import TASKS_A_WORKER
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import WORKERS, FakeChunker, FakeEmbedQueue, FakeExtractor, sending

ACME = TenantScope("acme")


def in_time() -> Deadline:
    return Deadline.after(10, FakeMonotonic())


@pytest.fixture
def staging() -> FakeStaging:
    staging = FakeStaging()
    take_in(staging, "one\ntwo")
    return staging


def take_in(staging: FakeStaging, text: str, name: str = "a") -> None:
    send_tasks = sending(staging, FakeEmbedQueue())
    ingest = IngestDocuments(FakeExtractor(), FakeChunker(), staging, send_tasks, "fake-model")
    ingest(ACME, [Submission("Title", text, id=name)])


def embedding(embedder: FakeEmbedder, staging: FakeStaging, queue: FakeEmbedQueue | None = None) -> EmbedChunks:
    return EmbedChunks(embedder, staging, LocalGraphExtractor(), sending(staging, queue or FakeEmbedQueue()))


def status(staging: FakeStaging) -> VersionStatus:
    return staging.versions["acme", "a"][0].status


def test_a_complete_version_goes_live(staging: FakeStaging) -> None:
    embedder = FakeEmbedder()
    outcome = embedding(embedder, staging)(EmbedTask(ACME, ["a~1~0", "a~1~1"]), in_time())
    assert outcome == EmbedOutcome(2, 1)
    assert embedder.asked == ["Title\none", "Title\ntwo"]
    assert status(staging) is VersionStatus.ACTIVE


def test_what_reads_the_graph_leaves_time_to_keep_the_vectors(staging: FakeStaging) -> None:
    clock = FakeMonotonic()
    deadline = Deadline.after(10, clock)

    class SlowExtractor(LocalGraphExtractor):
        def extract(
            self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], deadline: Deadline
        ) -> list[ChunkGraph]:
            clock.reading_s = deadline.at_s
            return super().extract(scope, chunks, deadline)

    embed = EmbedChunks(FakeEmbedder(), staging, SlowExtractor(), sending(staging, FakeEmbedQueue()))
    assert embed(EmbedTask(ACME, ["a~1~0", "a~1~1"]), deadline) == EmbedOutcome(2, 1)
    assert deadline.remaining_s() > 1


def test_a_task_done_before_embeds_nothing(staging: FakeStaging) -> None:
    task = EmbedTask(ACME, ["a~1~0", "a~1~1"])
    embedding(FakeEmbedder(), staging)(task, in_time())
    embedder = FakeEmbedder()
    assert embedding(embedder, staging)(task, in_time()) == EmbedOutcome(0, 0)
    assert embedder.asked == []


def test_of_a_task_done_in_part_only_the_rest_is_embedded(staging: FakeStaging) -> None:
    embedding(FakeEmbedder(), staging)(EmbedTask(ACME, ["a~1~0"]), in_time())
    assert status(staging) is VersionStatus.STAGED
    embedder = FakeEmbedder()
    assert embedding(embedder, staging)(EmbedTask(ACME, ["a~1~0", "a~1~1"]), in_time()) == EmbedOutcome(1, 1)
    assert embedder.asked == ["Title\ntwo"]


def test_a_run_that_died_before_activation_is_finished_by_the_next(staging: FakeStaging) -> None:
    chunk_ids = ["a~1~0", "a~1~1"]
    chunks = staging.unembedded(ACME, chunk_ids)
    staging.store_vectors(ACME, chunks, [[1.0], [1.0]])
    assert embedding(FakeEmbedder(), staging)(EmbedTask(ACME, chunk_ids), in_time()) == EmbedOutcome(0, 1)


def test_without_the_model_nothing_is_written(staging: FakeStaging) -> None:
    with pytest.raises(Unavailable):
        embedding(FakeEmbedder(down=True), staging)(EmbedTask(ACME, ["a~1~0"]), in_time())
    assert staging.versions["acme", "a"][0].vectors == {}


def test_a_text_that_the_model_never_takes_fails_its_document_at_once_and_no_other(staging: FakeStaging) -> None:
    class Picky(FakeEmbedder):
        def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
            if "Title\ntwo" in texts:
                raise TextRefused(texts.index("Title\ntwo"), "The model refuses a text.")
            return super().embed_passages(texts, deadline)

    take_in(staging, "fine", name="b")
    task = EmbedTask(ACME, ["a~1~0", "a~1~1", "b~1~0"])
    assert embedding(Picky(), staging)(task, in_time()) == EmbedOutcome(1, 1)
    (failed,), (fine,) = staging.versions["acme", "a"], staging.versions["acme", "b"]
    assert (failed.status, failed.error) == (VersionStatus.FAILED, "The model refuses a text.")
    assert fine.status is VersionStatus.ACTIVE


def test_chunks_of_another_tenant_are_not_touched(staging: FakeStaging) -> None:
    task = EmbedTask(TenantScope("Acme"), ["a~1~0", "a~1~1"])
    assert embedding(FakeEmbedder(), staging)(task, in_time()) == EmbedOutcome(0, 0)
    assert status(staging) is VersionStatus.STAGED


def test_a_task_that_is_done_makes_room_for_the_next(staging: FakeStaging) -> None:
    lines = TOKENS_A_BATCH // TOKENS_A_CHUNK * TASKS_A_WORKER * WORKERS
    take_in(staging, "\n".join(["line"] * lines))
    first, queue = staging.sent[0], FakeEmbedQueue()
    waiting = len(staging.waiting)
    embedding(FakeEmbedder(), staging, queue)(first, in_time())
    assert first not in staging.sent
    assert (len(queue.tasks), len(staging.waiting)) == (1, waiting - 1)


def test_a_task_is_done_even_if_the_next_cannot_be_sent(staging: FakeStaging) -> None:
    (task,) = staging.sent
    staging.waiting.append(EmbedTask(ACME, ["b~1~0"], "next"))
    assert embedding(FakeEmbedder(), staging, FakeEmbedQueue(down=True))(task, in_time()) == EmbedOutcome(2, 1)
    assert (staging.sent, [task.id for task in staging.waiting]) == ([], ["next"])


def test_a_task_that_failed_keeps_its_place(staging: FakeStaging) -> None:
    (task,) = staging.sent
    with pytest.raises(Unavailable):
        embedding(FakeEmbedder(down=True), staging)(task, in_time())
    assert staging.sent == [task]


def test_a_task_that_is_given_up_fails_what_it_could_not_embed_and_nothing_else(staging: FakeStaging) -> None:
    (task,) = staging.sent
    chunks = staging.unembedded(ACME, task.chunk_ids)
    staging.waiting.append(EmbedTask(ACME, ["b~1~0"], "next"))
    queue = FakeEmbedQueue()
    embed = embedding(FakeEmbedder(), staging, queue)
    embed.give_up(task, "The model refuses this text.")
    version = staging.versions["acme", "a"][0]
    assert (version.status, version.error) == (VersionStatus.FAILED, "The model refuses this text.")
    assert [sent.id for sent in queue.tasks] == ["next"]
    assert task not in staging.sent
    assert chunks


def test_a_task_that_was_done_meanwhile_is_given_up_without_harm(staging: FakeStaging) -> None:
    (task,) = staging.sent
    embed = embedding(FakeEmbedder(), staging)
    embed(task, in_time())
    embed.give_up(task, "Too late.")
    assert status(staging) is VersionStatus.ACTIVE
