"""Recall@10 against exact search, with and without quantisation, by limit and by the size of the tenant.

The vectors are those of bench/growth.py: real ones first, near-duplicates of them after 16,000. Both indexes hold the
same nodes, so they differ in nothing else.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.chunk_sizes import Matrix
from bench.growth import TOP, NearDuplicates, Question, questions_of
from bench.loaded_index import LoadedIndex, loaded_index
from bench.ranking.collections import NAMES, load_stored
from devstack.evaluation.metrics import percentile
from graphwell.adapters.onnx_embedder import DIMENSIONS

RESULT = Path(__file__).with_name("results") / "index_settings.json"
SIZES = (10, 100, 1_000, 10_000, 100_000)
LIMITS = (10, 20, 50, 100, 200)
INDEXES = {"quantised": "true", "plain": "false"}

_CREATE_INDEX = """CYPHER 25
CREATE VECTOR INDEX {name} FOR (p:Point) ON p.{name} WITH [p.tenant_id]
OPTIONS {{indexConfig: {{
  `vector.dimensions`: $dimensions, `vector.similarity_function`: 'cosine',
  `vector.hnsw.m`: 16, `vector.hnsw.ef_construction`: 200, `vector.quantization.enabled`: {quantised}}}}}"""

_ADD = """
UNWIND range(0, size($vectors) - 1) AS number
CREATE (p:Point {tenant_id: $tenant_id, number: $first + number})
WITH p, $vectors[number] AS vector
CALL db.create.setNodeVectorProperty(p, 'quantised', vector)
CALL db.create.setNodeVectorProperty(p, 'plain', vector)"""

_ASK = """CYPHER 25
MATCH (p:Point)
  SEARCH p IN (VECTOR INDEX {name} FOR $vector WHERE p.tenant_id = $tenant_id LIMIT {limit}) SCORE AS score
RETURN p.number AS number, score ORDER BY score DESC LIMIT {top}"""


def main() -> None:
    """Fill both indexes tenant by tenant, measure, and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.index_settings", description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="chunks of the largest tenant")
    options = parser.parse_args()
    collections = [load_stored(name) for name in NAMES]
    questions = questions_of(collections)
    source = NearDuplicates(
        [chunk for stored in collections for chunk in stored.chunks], np.concatenate([s.vectors for s in collections])
    )
    with loaded_index() as index:
        for name, quantised in INDEXES.items():
            index.run(_CREATE_INDEX.format(name=name, quantised=quantised), dimensions=DIMENSIONS)
        held = {f"tenant-{size}": _fill(index, size, source) for size in SIZES if size <= options.largest}
        index.settle()
        rows = [
            {
                "tenant": len(vectors),
                "index": name,
                "limit": limit,
                **_measure(index, name, limit, tenant, vectors, questions),
            }
            for tenant, vectors in held.items()
            for name in INDEXES
            for limit in LIMITS
        ]
    report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "rows": rows}
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    for row in rows:
        print(row)


def _fill(index: LoadedIndex, size: int, source: NearDuplicates) -> Matrix:
    _, vectors = source.take(size)
    for first in range(0, size, 500):
        rows = vectors[first : first + 500].tolist()
        index.run(_ADD, tenant_id=f"tenant-{size}", first=first, vectors=rows)
    return vectors


def _measure(  # noqa: PLR0917  each is one axis of the table
    index: LoadedIndex, name: str, limit: int, tenant: str, vectors: Matrix, questions: Sequence[Question]
) -> dict[str, Any]:
    statement = _ASK.format(name=name, limit=limit, top=TOP)
    shares, times_ms = [], []
    with index.driver.session(default_access_mode="READ") as session:
        for question in questions:
            similarities = vectors @ np.array(question.vector, dtype=np.float32)
            least = np.sort(similarities)[::-1][:TOP][-1] - 1e-5
            started = time.perf_counter()
            found = list(session.run(statement, vector=question.vector, tenant_id=tenant))
            times_ms.append((time.perf_counter() - started) * 1000)
            near = sum(bool(similarities[record["number"]] >= least) for record in found)
            shares.append(near / min(TOP, len(vectors)))
    return {"recall@10": round(float(np.mean(shares)), 4), "p50_ms": round(percentile(times_ms, 0.5), 2)}


if __name__ == "__main__":
    main()
