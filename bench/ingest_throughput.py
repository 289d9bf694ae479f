"""How fast documents become searchable, as a share of what the embedder alone does on the same chunks."""

from __future__ import annotations

import concurrent.futures
import os
import time
from functools import partial
from typing import Any

import psutil

from bench.local_stack import COLLECTIONS, BenchStack
from bench.stack_processes import keep_apart, parts, processor_s
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

    All servers share the processors with the embedder here, where deployed ones have their own. So it is measured
    twice: as it is, and `apart`, with a processor for the embedder and the others for all else, against as many
    processes of the embedder alone on that processor.
    """
    texts = _chunk_texts()[:SAMPLE]
    fresh = _ingest(stack, "fresh")
    for round_number in range(WARM_UPS):
        _ingest(stack, f"warm-up-{round_number}")
    before = _embedder_alone(texts)
    began = processor_s(parts(stack))
    report = _ingest(stack, "throughput")
    ended = processor_s(parts(stack))
    after = _embedder_alone(texts)
    alone = (before + after) / 2
    chunks = report["ingest"]["chunks"]
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
        "processor_ms_a_chunk": {
            name: round(1000 * (ended[name] - began.get(name, 0.0)) / chunks, 2)
            for name in sorted(ended, key=lambda name: began.get(name, 0.0) - ended[name])
        },
        "apart": _apart(stack, texts),
    }


def _apart(stack: BenchStack, texts: list[str]) -> dict[str, Any]:
    """Return the same with the embedder on a processor of its own, and all else on the others."""
    keep_apart(parts(stack), alone="embed")
    processes = len(parts(stack)["embed"])
    last = max(psutil.Process().cpu_affinity() or [0])
    before = _rate(texts, processes=processes, threads=1, only=last)
    rate = _ingest(stack, "apart")["chunks_per_s"]
    alone = (before + _rate(texts, processes=processes, threads=1, only=last)) / 2
    return {
        "chunks_per_s": rate,
        "embedder_alone_chunks_per_s": round(alone, 1),
        "share": round(rate / alone, 3),
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


def _rate(texts: list[str], *, processes: int, threads: int, only: int | None = None) -> float:
    """Return chunks a second of so many processes.

    Parameters:
        only: the processor that they share; None for all.
    """
    shares = [texts[first::processes] for first in range(processes)]
    start = partial(_stay_on, only) if only is not None else None
    with concurrent.futures.ProcessPoolExecutor(processes, initializer=start) as pool:
        list(pool.map(_embed, [shares[0][:4]] * processes, [threads] * processes))
        started = time.perf_counter()
        list(pool.map(_embed, shares, [threads] * processes))
        return len(texts) / (time.perf_counter() - started)


def _stay_on(processor: int) -> None:
    psutil.Process().cpu_affinity([processor])


_embedders: dict[int, OnnxEmbedder] = {}


def _embed(texts: list[str], threads: int) -> int:
    """Embed in a worker process, which keeps its model loaded from the warm-up on."""
    if threads not in _embedders:
        _embedders[threads] = OnnxEmbedder(ensure_model(), threads=threads)
    return len(_embedders[threads].embed_passages(texts, Deadline.after(600)))
