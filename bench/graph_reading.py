"""Reading the graph around names that thousands of passages mention: what the bounds make of it.

python -m bench.graph_reading

Each size is a tenant of one database, filled straight: every chunk mentions one name, and some more of which a few are
frequent and most are rare.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from devstack.evaluation.metrics import percentile
from devstack.testing import running_services
from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.adapters.neo4j_graph_reader import Neo4jGraphReader
from graphwell.adapters.neo4j_schema import Neo4jSchema
from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.entities import entity_id
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbeddingIdentity

RESULT = Path(__file__).parent / "results" / "graph_reading.json"
SIZES = (1_000, 10_000, 50_000)
NAMES_A_CHUNK = 10
CHUNKS_A_DOCUMENT = 20
ROUNDS = 30
_BATCH = 500
_POOL = PoolSettings(
    max_size=4, acquisition_timeout_s=60, max_retry_time_s=60, liveness_check_s=60, max_lifetime_s=3600
)

# Constraints document_id, entity_id.
_WRITE = """
UNWIND $chunks AS row
MERGE (d:Document {tenant_id: $tenant_id, id: row.document_id}) ON CREATE SET d.version = 1, d.created_at = datetime()
CREATE (c:Chunk {tenant_id: $tenant_id, id: row.id, document_id: row.document_id, version: 1, ordinal: row.ordinal,
                 title: row.document_id, text: row.text, start: 0, end: size(row.text), headings: []})-[:PART_OF]->(d)
WITH c, row UNWIND row.entities AS entity
MERGE (e:Entity {tenant_id: $tenant_id, id: entity.id})
  ON CREATE SET e.key = entity.key, e.name = entity.name, e.tenant_term = $tenant_term
CREATE (c)-[:MENTIONS {about: false}]->(e)"""


def main() -> None:
    """Measure, print, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder, running_services(Path(folder), only=["neo4j"]) as services:
        account = (services.endpoints.neo4j_username, services.endpoints.neo4j_password)
        client = Neo4jClient(services.endpoints.neo4j_uri, "neo4j", lambda: account, _POOL)
        Neo4jSchema(client).migrate(EmbeddingIdentity("none", 8))
        report: dict[str, Any] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "chunks": {}}
        for size in SIZES:
            scope = TenantScope(f"size-{size}")
            fill(client, scope, size)
            report["chunks"][size] = measure(Neo4jGraphReader(client), scope)
        client.close()
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def fill(client: Neo4jClient, scope: TenantScope, size: int) -> None:
    """Write a tenant of so many chunks."""
    left = chunks(size)
    while rows := list(islice(left, _BATCH)):
        client.run(_WRITE, tenant_id=scope.tenant_id, tenant_term=tenant_term(scope), chunks=rows)
    client.run("CALL db.awaitIndexes(600)")


def chunks(size: int) -> Iterator[dict[str, Any]]:
    """Yield chunks that mention the hub and others, few of them often and most of them seldom."""
    dice = random.Random(size)
    for number in range(size):
        others = {int(dice.paretovariate(1)) + dice.randrange(3) * 1_000 for _ in range(NAMES_A_CHUNK)}
        names = ["Hub", *(f"Common Name {other}" for other in sorted(others))]
        document = f"d{number // CHUNKS_A_DOCUMENT}"
        yield {
            "id": f"{document}~1~{number % CHUNKS_A_DOCUMENT}",
            "document_id": document,
            "ordinal": number % CHUNKS_A_DOCUMENT,
            "text": f"{', '.join(names)} were mentioned here.",
            "entities": [{"id": entity_id(name.lower()), "key": name.lower(), "name": name} for name in names],
        }


def measure(reader: Neo4jGraphReader, scope: TenantScope) -> dict[str, Any]:
    """Return the median and 95th percentile of each reading, in ms."""
    deadline = Deadline.after(3_600)
    readings: dict[str, Callable[[], Any]] = {
        "without_query": lambda: reader.find(scope, None, deadline, cursor=None, limit=20),
        "common_word": lambda: reader.find(scope, "common", deadline, cursor=None, limit=20),
        "one_name": lambda: reader.find(scope, "hub", deadline, cursor=None, limit=20),
        "entity": lambda: reader.read(scope, entity_id("hub"), deadline, cursor=None, limit=20),
    }
    return {name: _timed(reading) for name, reading in readings.items()}


def _timed(reading: Callable[[], Any]) -> dict[str, Any]:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = reading()
        times.append((time.perf_counter() - began) * 1000)
    warm = times[3:]
    return {"p50_ms": round(median(warm), 1), "p95_ms": round(percentile(warm, 0.95), 1), "truncated": found.truncated}


if __name__ == "__main__":
    main()
