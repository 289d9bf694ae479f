"""How search holds as the index grows: latency of a fixed tenant and of the largest, and recall at every tenant's size.

Vectors beyond the 16,000 real ones are near-duplicates: a real one, in turn, with Gaussian noise of a tenth of its
length, at a cosine of .995 to it and of about .99 to each other; their texts are the originals'. That is harder on a
graph index than new texts would be, whose vectors lie further apart. An hour on two free cores.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.chunk_sizes import Matrix
from bench.loaded_index import LoadedIndex, loaded_index
from bench.ranking.collections import NAMES, StoredChunk, StoredCollection, load_stored
from bench.search_overhead import RAW_FULLTEXT, RAW_VECTOR
from devstack.evaluation.metrics import percentile
from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import Hit, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.search import CANDIDATES

RESULT = Path(__file__).with_name("results") / "growth.json"
FIXED, LARGEST = "tenant-1000", "tenant-100000"
SIZES = (10, 100, 1_000, 10_000)
STEPS = ((20_000, 5_000), (60_000, 30_000), (120_000, 70_000), (200_000, 100_000))
"""Chunks of all other tenants together, and those of the largest among them."""
FILLER = 2_000
"""Chunks of each tenant that only fills the index."""
QUESTIONS = 100
NOISE = 0.1
TOP = 10
PASSES = 4
"""The first warms up; of the others the best counts, at every step alike: a busy moment of the machine is in few."""
BOTH = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})


@dataclass(frozen=True)
class Question:
    """A question as the index is asked it."""

    text: str
    vector: list[float]


class NearDuplicates:
    """Chunks without end: the real ones first, then near-duplicates of them in turn."""

    def __init__(self, chunks: Sequence[StoredChunk], vectors: Matrix, seed: int = 6) -> None:
        self._chunks = chunks
        self._vectors = vectors
        self._random = np.random.default_rng(seed)
        self._order = self._random.permutation(len(chunks))
        self._given = 0

    def take(self, count: int) -> tuple[list[StoredChunk], Matrix]:
        """Return the next chunks, each a document of its own, and their vectors."""
        numbers = range(self._given, self._given + count)
        self._given += count
        rows = [int(self._order[number % len(self._order)]) for number in numbers]
        noise = self._random.standard_normal((count, self._vectors.shape[1])) * NOISE / np.sqrt(self._vectors.shape[1])
        noise[[number < len(self._order) for number in numbers]] = 0
        vectors = self._vectors[rows] + noise
        chunks = [
            replace(self._chunks[row], document=f"d{number}", ordinal=0)
            for row, number in zip(rows, numbers, strict=True)
        ]
        return chunks, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def main() -> None:
    """Measure at each step until the time is used up, and keep the figures after each."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--minutes", type=float, default=90, help="no step is begun after so long")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    with loaded_index() as index:
        report: dict[str, Any] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "steps": []}
        for figures in steps(index, until):
            report["steps"].append(figures)
            first = report["steps"][0]["fixed_p50_ms"]
            report["fixed_tenant_growth"] = round(figures["fixed_p50_ms"] / first, 2)
            RESULT.write_text(json.dumps(report, indent=1) + "\n")
            print(json.dumps(figures), flush=True)


def steps(index: LoadedIndex, until: float) -> Iterator[dict[str, Any]]:
    """Fill the index step by step and yield the figures of each."""
    collections = [load_stored(name) for name in NAMES]
    questions = questions_of(collections)
    source = NearDuplicates(
        [chunk for stored in collections for chunk in stored.chunks], np.concatenate([s.vectors for s in collections])
    )
    held: dict[str, Matrix] = {}

    def grow(tenant: str, count: int) -> None:
        if count > 0:
            chunks, vectors = source.take(count)
            index.add(tenant, chunks, vectors)
            held[tenant] = np.concatenate([held[tenant], vectors]) if tenant in held else vectors

    for size in SIZES:
        grow(f"tenant-{size}", size)
    for others, largest in STEPS:
        if time.monotonic() > until:
            return
        started = time.monotonic()
        grow(LARGEST, largest - len(held.get(LARGEST, ())))
        while (missing := others + len(held[FIXED]) - sum(map(len, held.values()))) > 0:
            grow(f"filler-{len(held)}", min(FILLER, missing))
        index.settle()
        filled_s = time.monotonic() - started
        yield {"others": others, "largest": largest, "fill_s": round(filled_s), **measure(index, held, questions)}


def questions_of(collections: Sequence[StoredCollection]) -> list[Question]:
    """Return some questions of each collection."""
    return [
        Question(text, vector.tolist())
        for stored in collections
        for text, vector in list(zip(stored.questions.values(), stored.question_vectors, strict=True))[::5]
    ][:: sum(-(-len(stored.questions) // 5) for stored in collections) // QUESTIONS]


def measure(index: LoadedIndex, held: dict[str, Matrix], questions: Sequence[Question]) -> dict[str, Any]:
    """Return latencies of the fixed and the largest tenant, and recall@10 against exact search by tenant."""
    search = Neo4jPassageIndex(index.client)
    ways: dict[str, Callable[[Question], object]] = {
        "fixed": lambda question: ask(search, FIXED, question),
        "largest": lambda question: ask(search, LARGEST, question),
        "largest_raw": lambda question: raw(index, LARGEST, question),
    }
    times: dict[str, list[list[float]]] = {way: [] for way in ways}
    for _ in range(PASSES):
        for measured in times.values():
            measured.append([])
        for question in questions:
            for way, call in ways.items():
                started = time.perf_counter()
                call(question)
                times[way][-1].append((time.perf_counter() - started) * 1000)
    p50 = {way: min(percentile(values, 0.5) for values in passes[1:]) for way, passes in times.items()}
    return {
        "fixed_p50_ms": round(p50["fixed"], 2),
        "largest_p50_ms": round(p50["largest"], 2),
        "largest_raw_p50_ms": round(p50["largest_raw"], 2),
        "largest_over_raw": round(p50["largest"] / p50["largest_raw"], 2),
        "recall@10": {
            str(len(held[tenant])): round(recall(search, tenant, held[tenant], questions), 4)
            for tenant in (*(f"tenant-{size}" for size in SIZES), LARGEST)
        },
    }


def ask(search: Neo4jPassageIndex, tenant: str, question: Question) -> list[Hit]:
    """Ask the shipped statement for both legs."""
    query = SearchQuery(question.text, question.vector, BOTH, CANDIDATES)
    return list(search.search(TenantScope(tenant), query, Deadline.after(30)).hits)


def raw(index: LoadedIndex, tenant: str, question: Question) -> None:
    """Ask both indexes by themselves, with the same limit, in one session."""
    parameters = {
        "tenant_id": tenant,
        "vector": question.vector,
        "lucene": lucene_query(TenantScope(tenant), question.text),
    }
    with index.driver.session(default_access_mode="READ") as session:
        for leg in (RAW_VECTOR, RAW_FULLTEXT):
            list(session.run(leg, parameters))


def recall(search: Neo4jPassageIndex, tenant: str, vectors: Matrix, questions: Sequence[Question]) -> float:
    """Return the share of the true nearest ten whose similarity the vector leg's best ten reach.

    Near-duplicates tie within rounding, so a hit counts when it is as near as the tenth.
    """
    found = []
    for question in questions:
        exact = np.sort(vectors @ np.array(question.vector, dtype=np.float32))[::-1][:TOP]
        query = SearchQuery(question.text, question.vector, frozenset({SearchMode.VECTOR}), CANDIDATES)
        hits = search.search(TenantScope(tenant), query, Deadline.after(30)).hits[:TOP]
        near = sum((hit.similarity or 0.0) >= exact[-1] - 1e-5 for hit in hits)
        found.append(near / len(exact))
    return float(np.mean(found))


if __name__ == "__main__":
    main()
