"""Graph search as it ships, against a real Neo4j: what it finds and takes, beside the modes that do not walk.

python -m bench.graph_search

Collections are tenants of one database, whose mentions are written as the embed function writes them. Each question is
searched in every mode with the vector that its text has; a question of one mode follows the same of another, so that
all modes see the machine in the same state.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from bench.chunk_sizes import NO_HURRY_S
from bench.loaded_index import LoadedIndex, loaded_index
from bench.ranking.collections import StoredCollection, load_stored
from devstack.downloads.model import ensure_model
from devstack.evaluation.metrics import Judgements, judged_ranking, ndcg, percentile, recall
from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.adapters.neo4j_graph_writing import write_graphs
from graphwell.adapters.neo4j_passage_graph import Neo4jPassageGraph
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.chunks import chunk_id
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.chunk_graph import ChunkGraph
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Declaration, UnembeddedChunk, Vector
from graphwell.usecases.search import Search, SearchRequest

RESULT = Path(__file__).parent / "results" / "graph_search.json"
NAMES = ("musique_100", "hotpotqa_100", "scifact", "cranfield")
MODES = (SearchMode.VECTOR, SearchMode.HYBRID, SearchMode.GRAPH)
CHUNKS_A_TRANSACTION = 16
"""As many as one message of the embed queue refers to."""

TOP_K = 50
"""Passages asked for: fewer than the candidates of a leg, so that these are as many as for any request."""
_EMBEDDED_CHUNKS = 200
"""Chunks whose embedding is timed."""

_WARM_UP = 20
_DRAWS = 10_000
_EDGES = """
MATCH (c:Chunk {tenant_id: $tenant_id}) WHERE c.id > ''
OPTIONAL MATCH (c)-[m:MENTIONS]->(e:Entity)
RETURN count(DISTINCT c) AS chunks, count(m) AS mentions, count(DISTINCT e) AS entities"""


class StoredVectors:
    """The `Embedder` port for questions whose vectors are there already."""

    model, dimensions = "stored", OnnxEmbedder.dimensions

    def __init__(self, stored: StoredCollection) -> None:
        self._vectors: dict[str, Vector] = {
            question: vector.tolist()
            for question, vector in zip(stored.questions.values(), stored.question_vectors, strict=True)
        }

    def embed_query(self, text: str, deadline: Deadline) -> Vector:  # noqa: ARG002
        """Return the stored vector."""
        return self._vectors[text]

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Questions alone are embedded."""
        raise NotImplementedError


def main() -> None:
    """Fill a database, ask every question in every mode and write the figures."""
    report: dict[str, Any] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "collections": {}}
    with loaded_index() as index:
        collections = {name: load_stored(name) for name in NAMES}
        for name, stored in collections.items():
            index.add(name, stored.chunks, stored.vectors)
            report["collections"][name] = {"ingest": written(index, name, stored)}
        index.settle()
        for name, stored in collections.items():
            report["collections"][name] |= asked(index, name, stored)
            print(name, json.dumps(report["collections"][name], indent=1), flush=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n")


def written(index: LoadedIndex, tenant: str, stored: StoredCollection) -> dict[str, Any]:
    """Read and write a tenant's mentions, and return what a chunk takes beside its embedding."""
    scope = TenantScope(tenant)
    chunks = [
        UnembeddedChunk(chunk_id(chunk.document, 1, chunk.ordinal), chunk.text, chunk.title, tuple(chunk.headings))
        for chunk in stored.chunks
    ]
    deadline = Deadline.after(NO_HURRY_S)
    embedder = OnnxEmbedder(ensure_model(), threads=1)
    sample = chunks[:: max(1, len(chunks) // _EMBEDDED_CHUNKS)]
    began = time.process_time()
    embedder.embed_passages([chunk.text for chunk in sample], deadline)
    embedding_ms = (time.process_time() - began) * 1000 / len(sample)

    began = time.process_time()
    graphs = LocalGraphExtractor().extract(scope, chunks, deadline)
    extraction_ms = (time.process_time() - began) * 1000 / len(chunks)

    began = time.perf_counter()
    for first in range(0, len(chunks), CHUNKS_A_TRANSACTION):
        batch = slice(first, first + CHUNKS_A_TRANSACTION)
        said = {chunk.chunk_id: graph for chunk, graph in zip(chunks[batch], graphs[batch], strict=True)}
        index.client.write(lambda tx, said=said: write_graphs(tx, scope, said))  # type: ignore[misc]  # bound now
    write_ms = (time.perf_counter() - began) * 1000 / len(chunks)

    [counted] = index.run(_EDGES, tenant_id=tenant)
    assert counted["mentions"] == sum(len(graph.entities) for graph in graphs)
    return {
        "chunks": len(chunks),
        "extraction_ms_a_chunk": round(extraction_ms, 3),
        "embedding_ms_a_chunk": round(embedding_ms, 2),
        "extraction_over_embedding": round(extraction_ms / embedding_ms, 4),
        "write_ms_a_chunk": round(write_ms, 2),
        "mentions_a_chunk": round(counted["mentions"] / len(chunks), 2),
        "entities_a_chunk": round(counted["entities"] / len(chunks), 2),
        **_shared(graphs),
    }


def _shared(graphs: Sequence[ChunkGraph]) -> dict[str, float]:
    chunks_of: dict[str, int] = {}
    for graph in graphs:
        for entity in graph.entities:
            chunks_of[entity.key] = chunks_of.get(entity.key, 0) + 1
    return {"entities_in_several_chunks": round(fmean(count > 1 for count in chunks_of.values()), 3)}


def asked(index: LoadedIndex, tenant: str, stored: StoredCollection) -> dict[str, Any]:
    """Ask every question of a tenant in every mode, after some that warm the caches."""
    scope = TenantScope(tenant)
    search = Search(
        StoredVectors(stored),
        Neo4jPassageIndex(index.client),
        PorterTermCounter(),
        lambda _: Declaration(),
        lambda: Neo4jPassageGraph(index.client),
    )
    found: dict[SearchMode, dict[str, list[str]]] = {mode: {} for mode in MODES}
    times: dict[SearchMode, list[float]] = {mode: [] for mode in MODES}
    questions = list(stored.questions.items())
    for query, question in [*questions[:_WARM_UP], *questions]:
        for mode in MODES:
            began = time.perf_counter()
            result = search(scope, SearchRequest(question, TOP_K, mode), Deadline.after(NO_HURRY_S))
            times[mode].append((time.perf_counter() - began) * 1000)
            found[mode][query] = list(dict.fromkeys(passage.document_id for passage in result.passages))
    warm = {mode: taken[_WARM_UP:] for mode, taken in times.items()}
    report = {mode.value: scored(found[mode], stored.judgements, warm[mode]) for mode in MODES}
    best = max((SearchMode.VECTOR, SearchMode.HYBRID), key=lambda mode: report[mode.value]["recall@5"])
    return {
        "questions": len(questions),
        **report,
        "graph_over_hybrid_p50": round(median(warm[SearchMode.GRAPH]) / median(warm[SearchMode.HYBRID]), 2),
        "recall@5_gain": gain(found[SearchMode.GRAPH], found[best], stored.judgements, _recall_at_5),
        "ndcg@10_gain": gain(found[SearchMode.GRAPH], found[SearchMode.HYBRID], stored.judgements, ndcg),
    }


def scored(
    rankings: Mapping[str, list[str]], judgements: Mapping[str, Judgements], times: Sequence[float]
) -> dict[str, Any]:
    """Return the means of a mode's rankings, and its times."""

    def mean(measure: Any, **options: Any) -> float:
        return round(
            fmean(
                measure(judged_ranking(ranking, judgements[query]), judgements[query], **options)
                for query, ranking in rankings.items()
            ),
            4,
        )

    return {
        "recall@5": mean(recall, depth=5),
        "recall@10": mean(recall, depth=10),
        "ndcg@10": mean(ndcg),
        "ms": {"p50": round(median(times), 1), "p95": round(percentile(times, 0.95), 1)},
    }


def _recall_at_5(ranking: Sequence[str], judged: Judgements) -> float:
    return recall(ranking, judged, depth=5)


def gain(
    after: Mapping[str, list[str]], before: Mapping[str, list[str]], judgements: Mapping[str, Judgements], measure: Any
) -> dict[str, float]:
    """Return the mean gain of a measure with its 95 % interval, by a paired bootstrap over the questions."""

    def each(rankings: Mapping[str, list[str]]) -> np.ndarray[Any, Any]:
        return np.array(
            [measure(judged_ranking(rankings[query], judgements[query]), judgements[query]) for query in after]
        )

    gains = each(after) - each(before)
    drawn = np.random.default_rng(0).choice(gains, size=(_DRAWS, len(gains))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"mean": round(float(gains.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


if __name__ == "__main__":
    main()
