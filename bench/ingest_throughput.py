"""How fast documents become searchable, as a share of what the embedder alone does on the same chunks."""

from __future__ import annotations

import concurrent.futures
import os
import time
from typing import Any

from bench.local_stack import COLLECTIONS, BenchStack
from devstack.downloads.model import ensure_model
from devstack.evaluation.collection import load_collection
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import embedding_text
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType
from graphwell.runtime.settings import Settings

COLLECTION = "cranfield"
SAMPLE = 600
"""Chunks that the embedder alone is measured on, before and after the ingestion."""

WARM_UPS = 2
"""Further ingestions before the one that counts. A database that just started spends 9 ms of processor time a chunk,
compiling itself; after 3,000 chunks it spends 2.5, and a deployed one is never younger than that for long."""


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return chunks a second end to end and of the embedder alone, at its best number of processes.

    The database has warmed up before; the first ingestion into it is reported besides. The embedder alone is measured
    before and after, and averaged, so that a slow spell of the machine counts in both.
    """
    texts = _chunk_texts()[:SAMPLE]
    fresh = _ingest(stack, "fresh")
    for round_number in range(WARM_UPS):
        _ingest(stack, f"warm-up-{round_number}")
    before = _embedder_alone(texts)
    report = _ingest(stack, "throughput")
    after = _embedder_alone(texts)
    alone = (before + after) / 2
    return {
        "collection": COLLECTION,
        "documents": report["documents"],
        "chunks_per_s": report["chunks_per_s"],
        "embedder_alone_chunks_per_s": round(alone, 1),
        "embedder_alone_before_after": [round(before, 1), round(after, 1)],
        "share": round(report["chunks_per_s"] / alone, 3),
        "target": "share >= 0.9",
        "fresh_database_chunks_per_s": fresh["chunks_per_s"],
        "fresh_database_share": round(fresh["chunks_per_s"] / alone, 3),
    }


def _ingest(stack: BenchStack, tenant: str) -> dict[str, Any]:
    report: dict[str, Any] = stack.json("eval", str(COLLECTIONS / COLLECTION), "--tenant", tenant, "--limit", "1")
    return report


def _chunk_texts() -> list[str]:
    defaults = Settings.model_fields
    size = ChunkSize(defaults["chunk_tokens"].default, defaults["chunk_overlap_tokens"].default)
    chunker = SemanticChunker.for_local_model(ensure_model() / "tokenizer.json", size)
    return [
        embedding_text(document.title, chunk.headings, chunk.text)
        for document in load_collection(COLLECTIONS / COLLECTION).records
        for chunk in chunker.split(document.text, ContentType.PLAIN)
    ]


def _embedder_alone(texts: list[str]) -> float:
    """Return chunks a second of the better of one process on all cores and one process a core."""
    cores = os.cpu_count() or 1
    return max(_rate(texts, processes=1, threads=cores), _rate(texts, processes=cores, threads=1))


def _rate(texts: list[str], *, processes: int, threads: int) -> float:
    shares = [texts[first::processes] for first in range(processes)]
    with concurrent.futures.ProcessPoolExecutor(processes) as pool:
        list(pool.map(_embed, [shares[0][:4]] * processes, [threads] * processes))
        started = time.perf_counter()
        list(pool.map(_embed, shares, [threads] * processes))
        return len(texts) / (time.perf_counter() - started)


_embedders: dict[int, OnnxEmbedder] = {}


def _embed(texts: list[str], threads: int) -> int:
    """Embed in a worker process, which keeps its model loaded from the warm-up on."""
    if threads not in _embedders:
        _embedders[threads] = OnnxEmbedder(ensure_model(), threads=threads)
    return len(_embedders[threads].embed_passages(texts, Deadline.after(600)))
