"""Whole documents with a vector each, as the peers' own loaders store them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.chunk_sizes import CACHE, Matrix, VectorCache
from bench.local_stack import COLLECTIONS
from bench.ranking.collections import StoredChunk
from devstack.downloads.model import ensure_model
from devstack.evaluation.collection import load_collection
from graphwell.adapters.onnx_embedder import OnnxEmbedder

SMALL_TENANTS, SMALL_SIZE = 500, 10
_LEAD = 40
"""Characters by which a text is known to begin with its title."""


@dataclass(frozen=True)
class WholeDocument:
    """A document of a collection: title and text as one."""

    id: str
    text: str


def whole_documents(name: str) -> tuple[Sequence[WholeDocument], Matrix]:
    """Return a collection's documents and their vectors; the model reads the first 512 tokens of each."""
    documents = [
        WholeDocument(record.id, _joined(record.title.strip(), record.text.strip()))
        for record in load_collection(COLLECTIONS / name).records
    ]
    cache = VectorCache(OnnxEmbedder(ensure_model()), CACHE / "bench")
    return documents, cache.passages(f"{name}-whole", [document.text for document in documents])


def _joined(title: str, text: str) -> str:
    if title and text.startswith(title[:_LEAD]):
        return text
    return f"{title}\n{text}".strip() or "empty"


def small_tenants() -> Iterator[tuple[str, list[StoredChunk], Matrix]]:
    """Yield 500 tenants with ten short documents each, questions people asked, and their vectors."""
    lines = (COLLECTIONS / "qqp" / "pairs.jsonl").read_text().split("\n")
    pairs = [json.loads(line) for line in lines if line]
    texts = list(dict.fromkeys(pair[side] for side in ("a", "b") for pair in pairs))[: SMALL_TENANTS * SMALL_SIZE]
    cache = VectorCache(OnnxEmbedder(ensure_model()), CACHE / "bench")
    vectors = cache.passages("small-tenants", texts)
    for number in range(SMALL_TENANTS):
        rows = slice(number * SMALL_SIZE, (number + 1) * SMALL_SIZE)
        chunks = [StoredChunk(f"d{place}", 0, "", (), text) for place, text in enumerate(texts[rows])]
        yield f"small-{number}", chunks, vectors[rows]
