"""What POST /v1/search costs over the two index queries it is made of, asked raw by the driver in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, LiteralString

import httpx
import neo4j

from bench.local_stack import COLLECTIONS, BenchStack
from devstack.downloads.model import ensure_model
from devstack.evaluation.collection import load_collection
from devstack.evaluation.metrics import percentile
from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.neo4j_passage_index import FULLTEXT_BREADTH, VECTOR_BREADTH
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_INDEXES
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.search import CANDIDATES

COLLECTION = "scifact"
QUERIES = 200
WARM_UP = 20

RAW_VECTOR = f"""CYPHER 25
MATCH (c:Chunk)
  SEARCH c IN (
    VECTOR INDEX {VECTOR_INDEXES[Slot.A]} FOR $vector WHERE c.tenant_id = $tenant_id LIMIT {VECTOR_BREADTH}
  ) SCORE AS score
RETURN c.id AS id, c.text AS text, score"""

RAW_FULLTEXT = f"""
CALL db.index.fulltext.queryNodes('{FULLTEXT_INDEX}', $lucene, {{limit: {FULLTEXT_BREADTH}}}) YIELD node, score
WHERE node.tenant_id = $tenant_id
RETURN node.id AS id, node.text AS text, score"""

BEST = f" ORDER BY score DESC LIMIT {CANDIDATES}"
"""Of what an index gives, the search keeps and reads the best alone."""


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return p50 and p95 in milliseconds of each, and the ratio of the API's p50 to the sum of the raw p50s.

    All are asked in turn for every question, so that noise of the machine meets all alike.
    """
    stack.command("eval", str(COLLECTIONS / COLLECTION), "--tenant", COLLECTION, "--limit", "1")
    questions = [query.text for query in load_collection(COLLECTIONS / COLLECTION).queries][: QUERIES + WARM_UP]
    embedder = OnnxEmbedder(ensure_model())
    scope = TenantScope(COLLECTION)
    raw: dict[str, LiteralString] = {
        "vector": RAW_VECTOR,
        "fulltext": RAW_FULLTEXT,
        "vector_best": RAW_VECTOR + BEST,
        "fulltext_best": RAW_FULLTEXT + BEST,
    }
    times: dict[str, list[float]] = {"api": [], "embed": [], **{leg: [] for leg in raw}}
    with (
        stack.open_neo4j() as driver,
        driver.session(default_access_mode=neo4j.READ_ACCESS) as session,
        stack.client(COLLECTION) as client,
    ):
        for question in questions:
            started = time.perf_counter()
            vector = embedder.embed_query(question, Deadline.after(5))
            times["embed"].append(_since_ms(started))
            parameters = {"tenant_id": COLLECTION, "vector": vector, "lucene": lucene_query(scope, question)}
            for leg, query in raw.items():
                times[leg].append(_timed(_records, session, query, parameters))
            times["api"].append(_timed(_search, client, question))
    warm = {name: values[WARM_UP:] for name, values in times.items()}
    p50 = {name: percentile(values, 0.5) for name, values in warm.items()}
    return {
        "collection": COLLECTION,
        "queries": len(warm["api"]),
        "p50_ms": {name: round(value, 2) for name, value in p50.items()},
        "p95_ms": {name: round(percentile(values, 0.95), 2) for name, values in warm.items()},
        "api_over_raw": round(p50["api"] / (p50["vector"] + p50["fulltext"]), 2),
        "api_over_raw_best": round(p50["api"] / (p50["vector_best"] + p50["fulltext_best"]), 2),
        "api_over_raw_and_embedding": round(p50["api"] / (p50["vector"] + p50["fulltext"] + p50["embed"]), 2),
        "target": "api_over_raw <= 2.0",
    }


def _records(session: neo4j.Session, query: LiteralString, parameters: dict[str, Any]) -> list[neo4j.Record]:
    return list(session.run(query, parameters))


def _search(client: httpx.Client, question: str) -> Any:
    return client.post("/v1/search", json={"query": question}).raise_for_status().json()


def _timed(call: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    call(*arguments)
    return _since_ms(started)


def _since_ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
