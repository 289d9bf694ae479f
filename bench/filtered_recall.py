"""Recall@10 of the vector leg against exact search, by tenant's size, without filters and with selective ones.

Every chunk is a document of its own with a number as metadata, which a tenth, or a hundredth, of the tenant's satisfy.
The shipped statement is asked; exact search compares the question with every matching vector. The vectors are those of
bench/growth.py. Minutes: `python -m bench.filtered_recall`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.chunk_sizes import Matrix
from bench.growth import TOP, NearDuplicates, Question, questions_of
from bench.loaded_index import LoadedIndex, loaded_index
from bench.ranking.collections import NAMES, load_stored
from devstack.evaluation.metrics import percentile
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.domain.deadline import Deadline
from graphwell.domain.filters import accept_filters
from graphwell.domain.metadata_keys import DeclaredKey, MetadataType
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.search import CANDIDATES

RESULT = Path(__file__).with_name("results") / "filtered_recall.json"
SIZES = (10, 100, 1_000, 10_000, 30_000)
SHARES = (1.0, 0.1, 0.01)
QUESTIONS = 60
KEYS = {"part": DeclaredKey(MetadataType.NUMBER, 1)}
_BATCH = 1_000

_ADD_VERSIONS = """
UNWIND $rows AS row
CREATE (:DocumentVersion {tenant_id: $tenant_id, document_id: row.id, version: 1, metadata: row.metadata})
WITH row MATCH (c:Chunk {tenant_id: $tenant_id, id: row.id + '~1~0'}) SET c.slot1 = row.part"""


def main() -> None:
    """Load tenants from small to large, measure, and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.filtered_recall", description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="chunks of the largest tenant")
    options = parser.parse_args()
    collections = [load_stored(name) for name in NAMES]
    questions = questions_of(collections)[:QUESTIONS]
    source = NearDuplicates(
        [chunk for stored in collections for chunk in stored.chunks], np.concatenate([s.vectors for s in collections])
    )
    held: dict[int, tuple[Matrix, Matrix]] = {}
    with loaded_index() as index:
        for size in SIZES:
            if size <= options.largest:
                held[size] = _load(index, size, source)
        index.settle()
        rows = list(_rows(index, held, questions))
    report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "questions": len(questions), "rows": rows}
    RESULT.write_text(json.dumps(report, indent=1) + "\n")


def _load(index: LoadedIndex, size: int, source: NearDuplicates) -> tuple[Matrix, Matrix]:
    """Store a tenant, and return its vectors and the number of each chunk, from 0 to 1."""
    chunks, vectors = source.take(size)
    parts = (np.random.default_rng(size).permutation(size) / size).astype(np.float32)
    index.add(_tenant(size), chunks, vectors)
    rows = [
        {"id": chunk.document, "part": float(part), "metadata": json.dumps({"part": float(part)})}
        for chunk, part in zip(chunks, parts, strict=True)
    ]
    for first in range(0, size, _BATCH):
        index.run(_ADD_VERSIONS, tenant_id=_tenant(size), rows=rows[first : first + _BATCH])
    return vectors, parts


def _rows(
    index: LoadedIndex, held: Mapping[int, tuple[Matrix, Matrix]], questions: Sequence[Question]
) -> Iterator[dict[str, Any]]:
    search = Neo4jPassageIndex(index.client)
    for size, (vectors, parts) in held.items():
        for share in SHARES:
            matching = parts < np.float32(share)
            if not matching.any():
                continue
            row = {"chunks": size, "matching": int(matching.sum())}
            row |= _measure(search, size, share, vectors[matching], questions)
            print(row, flush=True)
            yield row


def _measure(
    search: Neo4jPassageIndex, size: int, share: float, vectors: Matrix, questions: Sequence[Question]
) -> dict[str, Any]:
    # Just below the share, which is no chunk's number itself.
    given = {} if share == 1.0 else {"metadata.part": {"lte": float(np.nextafter(np.float32(share), np.float32(0)))}}
    filters = accept_filters(given, KEYS)
    recalls, times_ms, short = [], [], 0
    for question in questions:
        exact = np.sort(vectors @ np.array(question.vector, dtype=np.float32))[::-1][:TOP]
        query = SearchQuery(question.text, question.vector, frozenset({SearchMode.VECTOR}), CANDIDATES, filters)
        started = time.perf_counter()
        hits = search.search(TenantScope(_tenant(size)), query, Deadline.after(60)).hits
        times_ms.append((time.perf_counter() - started) * 1000)
        recalls.append(sum((hit.similarity or 0.0) >= exact[-1] - 1e-5 for hit in hits[:TOP]) / len(exact))
        short += len(hits) < min(CANDIDATES, len(vectors))
    return {
        "recall@10": round(float(np.mean(recalls)), 4),
        "short": short,
        "p50_ms": round(percentile(times_ms, 0.5), 2),
    }


def _tenant(size: int) -> str:
    return f"tenant-{size}"


if __name__ == "__main__":
    main()
