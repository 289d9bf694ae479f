"""Whether a chunk costs the same however many a tenant has: 100,000 chunks through the graph.

The embedder makes a vector out of a hash, so that the graph alone is measured: staging, the outbox, vectors,
activation, and the indexes that Neo4j keeps.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil

from bench.local_stack import BenchStack
from devstack.testing import RunningServices, running_services
from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox
from graphwell.adapters.neo4j_schema import Neo4jSchema
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.adapters.system_clock import SystemClock
from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbeddingIdentity, EmbedTask, ExtractedText, Vector
from graphwell.usecases.embed_chunks import EmbedChunks
from graphwell.usecases.ingest_documents import IngestDocuments, Submission
from graphwell.usecases.send_tasks import SendTasks

CHUNKS = 100_000
STEP = 10_000
CHUNKS_A_DOCUMENT = 20
DOCUMENTS_A_REQUEST = 50
DIMENSIONS = 384
WARM_UP = 3_000
TIME_BOUND_S = 1_800.0
_POOL = PoolSettings(
    max_size=8, acquisition_timeout_s=30, max_retry_time_s=30, liveness_check_s=30, max_lifetime_s=3_600
)
_WORDS = ("boiler", "valve", "pressure", "steam", "pump", "cellar", "gauge", "tank", "burner", "flue", "meter", "pipe")
_WORDS_A_CHUNK = 40

Result = TypeVar("Result")


class CountingClient(Neo4jClient):
    """Counts transactions and round trips; a transaction's begin travels with its first statement."""

    transactions = 0
    round_trips = 0

    def read(self, query: str, deadline: Deadline | None = None, **parameters: Any) -> Any:
        """Count one of each."""
        self.transactions += 1
        self.round_trips += 1
        return super().read(query, deadline, **parameters)

    def write(self, work: Callable[[Any], Result]) -> Result:
        """Count the statements of the work and the commit."""
        self.transactions += 1
        self.round_trips += 1
        return super().write(lambda tx: work(_CountingTransaction(tx, self)))


class _CountingTransaction:
    def __init__(self, transaction: Any, client: CountingClient) -> None:
        self._transaction = transaction
        self._client = client

    def run(self, *arguments: Any, **parameters: Any) -> Any:
        self._client.round_trips += 1
        return self._transaction.run(*arguments, **parameters)


class HashEmbedder:
    """The `Embedder` port: a random direction that follows from the text, at no cost."""

    model = "hash"
    dimensions = DIMENSIONS

    def embed_query(self, text: str, deadline: Deadline) -> Vector:
        """Return the vector of a text."""
        return self.embed_passages([text], deadline)[0]

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:  # noqa: ARG002
        """Return one vector a text."""
        return [_direction(text) for text in texts]


class _LineChunker:
    fingerprint = "lines"

    def split(self, text: str, content_type: ContentType) -> list[ChunkDraft]:  # noqa: ARG002
        drafts, start = [], 0
        for ordinal, line in enumerate(text.split("\n")):
            drafts.append(ChunkDraft(ordinal, line, start, start + len(line)))
            start += len(line) + 1
        return drafts


class _NoMarkup:
    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        raise NotImplementedError(media_type, len(data))


class _ListQueue:
    """The `EmbedQueue` port as a list, worked off by the same process."""

    def __init__(self) -> None:
        self.tasks: list[EmbedTask] = []

    def send(self, tasks: Sequence[EmbedTask]) -> None:
        self.tasks.extend(tasks)

    def is_empty(self) -> bool:
        return not self.tasks


def measure(_: BenchStack) -> dict[str, Any]:
    """Return seconds and processor seconds of the server a chunk, for every 10,000 chunks of one tenant."""
    with (
        tempfile.TemporaryDirectory(prefix="graphwell-bench-") as folder,
        running_services(Path(folder), only=["neo4j"]) as services,
    ):
        return _grow(services)


def _grow(services: RunningServices) -> dict[str, Any]:
    account = (services.endpoints.neo4j_username, services.endpoints.neo4j_password)
    client = CountingClient(services.endpoints.neo4j_uri, "neo4j", lambda: account, _POOL)
    Neo4jSchema(client).migrate(EmbeddingIdentity(HashEmbedder.model, DIMENSIONS))
    server = psutil.Process(services.pid("neo4j") or 0)
    pipeline = _Pipeline(client)
    began, steps = time.perf_counter(), list[dict[str, float]]()
    pipeline.ingest("warm-up", WARM_UP)
    client.transactions = client.round_trips = 0
    while len(steps) * STEP < CHUNKS and time.perf_counter() - began < TIME_BOUND_S:
        started, cpu_s = time.perf_counter(), _cpu_s(server)
        pipeline.ingest(f"step{len(steps)}", STEP)
        seconds, cpu_s = time.perf_counter() - started, _cpu_s(server) - cpu_s
        steps.append({"ms_a_chunk": round(seconds / STEP * 1000, 3), "cpu_ms_a_chunk": round(cpu_s / STEP * 1000, 3)})
        print(steps[-1], flush=True)
    chunks = len(steps) * STEP
    client.close()
    return {
        "chunks": chunks,
        "steps_of_10000": steps,
        "last_over_first": {name: round(steps[-1][name] / steps[0][name], 2) for name in steps[0]},
        "transactions_a_chunk": round(client.transactions / chunks, 4),
        "round_trips_a_chunk": round(client.round_trips / chunks, 4),
    }


class _Pipeline:
    """The use cases of `ingest` and `embed` in one process; one tenant warms up, one is measured."""

    def __init__(self, client: Neo4jClient) -> None:
        clock = SystemClock()
        staging = Neo4jStagingRepository(client, clock)
        self._queue = _ListQueue()
        send_tasks = SendTasks(Neo4jEmbedOutbox(client, clock), self._queue, workers=2)
        self._ingest = IngestDocuments(_NoMarkup(), _LineChunker(), staging, send_tasks, HashEmbedder.model)
        self._embed = EmbedChunks(HashEmbedder(), staging, LocalGraphExtractor(), send_tasks)

    def ingest(self, name: str, chunks: int) -> None:
        """Take in documents of `CHUNKS_A_DOCUMENT` chunks until all are searchable."""
        scope = TenantScope("warm-up" if name == "warm-up" else "growing")
        documents = [
            Submission("Report", _text(f"{name}-{number}"), id=f"{name}-{number}")
            for number in range(chunks // CHUNKS_A_DOCUMENT)
        ]
        for first in range(0, len(documents), DOCUMENTS_A_REQUEST):
            self._ingest(scope, documents[first : first + DOCUMENTS_A_REQUEST])
            while self._queue.tasks:
                self._embed(self._queue.tasks.pop(0), Deadline.after(60))


def _text(seed: str) -> str:
    choice = np.random.default_rng(list(seed.encode()))
    lines = choice.integers(0, 5_000, (CHUNKS_A_DOCUMENT, _WORDS_A_CHUNK))
    return "\n".join(" ".join(f"{_WORDS[word % len(_WORDS)]}{word}" for word in line) for line in lines)


def _direction(text: str) -> list[float]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    values = np.random.default_rng(seed).standard_normal(DIMENSIONS)
    direction: list[float] = (values / np.linalg.norm(values)).tolist()
    return direction


def _cpu_s(server: psutil.Process) -> float:
    """Return the processor seconds of a server and of what it started."""
    family = [server, *server.children(recursive=True)]
    return sum(times.user + times.system for times in (process.cpu_times() for process in family))
