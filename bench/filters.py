"""Filters inside the vector index against filters after it: time, recall@10, and hits short of what there is.

One tenant's chunks have a number that a share of them satisfies: a half, a tenth, a hundredth, a thousandth. Inside,
the number is a property of the index. After it, hits are filtered and four times as many asked for while fewer than
wanted are left, 1,600 at most; then all matching chunks are compared one by one. Both indexes hold the same nodes. The
vectors are those of bench/growth.py. Some minutes: `python -m bench.filters`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import neo4j
import numpy as np

from bench.chunk_sizes import Matrix
from bench.growth import TOP, NearDuplicates, Question, questions_of
from bench.loaded_index import LoadedIndex, loaded_index
from bench.ranking.collections import NAMES, load_stored
from devstack.evaluation.metrics import percentile
from graphwell.adapters.onnx_embedder import DIMENSIONS
from graphwell.usecases.search import CANDIDATES

RESULT = Path(__file__).with_name("results") / "filters.json"
SHARES = (1.0, 0.5, 0.1, 0.01, 0.001)
MOST = 1_600
TENANT = "asked"
_BATCH = 500

INDEXES = {
    "inside": "p.tenant_id, p.document_id, " + ", ".join(f"p.f{slot}" for slot in range(1, 9)),
    "after": "p.tenant_id",
}

_CREATE_INDEX = """CYPHER 25
CREATE VECTOR INDEX {name} FOR (p:Point) ON p.{name} WITH [{properties}]
OPTIONS {{indexConfig: {{
  `vector.dimensions`: $dimensions, `vector.similarity_function`: 'cosine',
  `vector.hnsw.m`: 16, `vector.hnsw.ef_construction`: 200, `vector.quantization.enabled`: false}}}}"""

_ADD = """
UNWIND range(0, size($vectors) - 1) AS number
CREATE (p:Point {{tenant_id: $tenant_id, number: $first + number, f1: $values[number]}})
SET p.document_id = 'd' + p.number
WITH p, $vectors[number] AS vector
CALL db.create.setNodeVectorProperty(p, '{name}', vector)"""

_ADD_TO = """
UNWIND range(0, size($vectors) - 1) AS number
MATCH (p:Point {{tenant_id: $tenant_id, number: $first + number}})
WITH p, $vectors[number] AS vector
CALL db.create.setNodeVectorProperty(p, '{name}', vector)"""

_INSIDE = """CYPHER 25
MATCH (p:Point)
  SEARCH p IN (
    VECTOR INDEX inside FOR $vector WHERE p.tenant_id = $tenant_id AND p.f1 < $below LIMIT $limit
  ) SCORE AS score
RETURN p.number AS number, score ORDER BY score DESC"""

_UNFILTERED = """CYPHER 25
MATCH (p:Point)
  SEARCH p IN (VECTOR INDEX {name} FOR $vector WHERE p.tenant_id = $tenant_id LIMIT $limit) SCORE AS score
RETURN p.number AS number, score ORDER BY score DESC"""

_AFTER = """CYPHER 25
MATCH (p:Point)
  SEARCH p IN (VECTOR INDEX after FOR $vector WHERE p.tenant_id = $tenant_id LIMIT $limit) SCORE AS score
WITH p, score WHERE p.f1 < $below
RETURN p.number AS number, score ORDER BY score DESC LIMIT $wanted"""

# Index point_number.
_ONE_BY_ONE = """CYPHER 25
MATCH (p:Point {tenant_id: $tenant_id}) WHERE p.number >= 0 AND p.f1 < $below
RETURN p.number AS number, vector.similarity.cosine(p.after, $vector) AS score ORDER BY score DESC LIMIT $wanted"""

Ask = Callable[[neo4j.Session, Question, float], list[int]]


def main() -> None:
    """Fill both indexes, measure, and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.filters", description=__doc__)
    parser.add_argument("--chunks", type=int, default=20_000, help="of the tenant that is asked")
    parser.add_argument("--others", type=int, default=10_000, help="of other tenants")
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    collections = [load_stored(name) for name in NAMES]
    questions = questions_of(collections)[: options.questions]
    source = NearDuplicates(
        [chunk for stored in collections for chunk in stored.chunks], np.concatenate([s.vectors for s in collections])
    )
    with loaded_index() as index:
        for name, properties in INDEXES.items():
            index.run(_CREATE_INDEX.format(name=name, properties=properties), dimensions=DIMENSIONS)
        index.run("CREATE INDEX point_number FOR (p:Point) ON (p.tenant_id, p.number)")
        _, vectors = source.take(options.chunks)
        _, foreign = source.take(options.others)
        values = np.random.default_rng(7).permutation(options.chunks) / options.chunks
        fill_s = dict.fromkeys(INDEXES, 0.0)
        for tenant, matrix in ((TENANT, vectors), ("other", foreign)):
            for name, seconds in _fill(index, tenant, matrix, values).items():
                fill_s[name] += seconds
        index.settle()
        rows = [
            {
                "share": share,
                "matching": int((values < share).sum()),
                "way": name,
                **_measure(index, ask, share, vectors, values, questions),
            }
            for share in SHARES
            for name, ask in {"inside": _inside, "after": _after}.items()
        ]
        unfiltered = {
            name: _measure(index, _unfiltered(name), 1.0, vectors, values, questions) for name in (*INDEXES, *INDEXES)
        }
    report = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "chunks": options.chunks,
        "fill_ms_a_chunk": {name: round(1000 * s / (options.chunks + options.others), 3) for name, s in fill_s.items()},
        "without_filter": unfiltered,
        "rows": rows,
    }
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def _fill(index: LoadedIndex, tenant: str, vectors: Matrix, values: Sequence[float]) -> dict[str, float]:
    """Store points, the vectors of one index after those of the other in turn, and return the seconds of each."""
    seconds = dict.fromkeys(INDEXES, 0.0)
    for number, first in enumerate(range(0, len(vectors), _BATCH)):
        rows = vectors[first : first + _BATCH].tolist()
        names = list(INDEXES)[:: 1 if number % 2 else -1]
        for statement, name in zip((_ADD, _ADD_TO), names, strict=True):
            started = time.monotonic()
            index.run(
                statement.format(name=name),
                tenant_id=tenant,
                first=first,
                vectors=rows,
                values=[float(values[(first + place) % len(values)]) for place in range(len(rows))],
            )
            seconds[name] += time.monotonic() - started
    return seconds


def _unfiltered(name: str) -> Ask:
    def ask(session: neo4j.Session, question: Question, below: float) -> list[int]:  # noqa: ARG001
        found = session.run(
            neo4j.Query(_UNFILTERED.format(name=name)), vector=question.vector, tenant_id=TENANT, limit=CANDIDATES
        )
        return [record["number"] for record in found]

    return ask


def _inside(session: neo4j.Session, question: Question, below: float) -> list[int]:
    found = session.run(_INSIDE, vector=question.vector, tenant_id=TENANT, below=below, limit=CANDIDATES)
    return [record["number"] for record in found]


def _after(session: neo4j.Session, question: Question, below: float) -> list[int]:
    limit = CANDIDATES
    parameters = {"vector": question.vector, "tenant_id": TENANT, "below": below, "wanted": CANDIDATES}
    while limit <= MOST:
        found = [record["number"] for record in session.run(_AFTER, parameters, limit=limit)]
        if len(found) >= CANDIDATES // 2:
            return found
        limit *= 4
    return [record["number"] for record in session.run(_ONE_BY_ONE, parameters)]


def _measure(  # noqa: PLR0917  each is one axis of the table
    index: LoadedIndex, ask: Ask, share: float, vectors: Matrix, values: Sequence[float], questions: Sequence[Question]
) -> dict[str, Any]:
    matching = np.asarray(values) < share
    wanted = min(TOP, int(matching.sum()))
    recalls, times_ms, short = [], [], 0
    with index.driver.session(default_access_mode="READ") as session:
        for question in [*questions[:10], *questions]:
            similarities = vectors @ np.array(question.vector, dtype=np.float32)
            least = np.sort(similarities[matching])[::-1][:TOP][-1] - 1e-5
            started = time.perf_counter()
            found = ask(session, question, share)
            times_ms.append((time.perf_counter() - started) * 1000)
            assert all(matching[number] for number in found), "A hit violates the filter."
            recalls.append(sum(bool(similarities[number] >= least) for number in found[:TOP]) / wanted)
            short += len(found) < wanted
    return {
        "recall@10": round(float(np.mean(recalls[10:])), 4),
        "short": short,
        "p50_ms": round(percentile(times_ms[10:], 0.5), 2),
        "p95_ms": round(percentile(times_ms[10:], 0.95), 2),
    }


if __name__ == "__main__":
    main()
