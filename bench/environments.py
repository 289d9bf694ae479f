"""`python -m bench.environments`: as many pools as so many Lambda environments have, on one Neo4j and one Valkey.

Each environment is a Neo4j client and a Valkey client with the settings of a function, and asks one search at a time,
as an environment does; here they are threads of one process, which do not embed. More environments than connections
that Neo4j serves at once (its Bolt threads, 400 by default) show what happens at the ceiling.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis

from bench.local_stack import COLLECTIONS, BenchStack, running_stack
from devstack.evaluation.metrics import percentile
from devstack.services.neo4j import USERNAME
from devstack.state import DataFolder
from graphwell.adapters.neo4j_client import Neo4jClient, PoolSettings
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.onnx_embedder import DIMENSIONS
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import GraphwellError
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.runtime.settings import Settings

TENANT = "crowd"
STEPS = (25, 50, 100, 200, 500)
SEARCHES = 4
"""Each environment's, one after the other."""

DEADLINE_S = 28.0
QUERY = SearchQuery(
    "boundary layer", [DIMENSIONS**-0.5] * DIMENSIONS, frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}), 60
)
RESULT = Path(__file__).with_name("results") / "environments.json"


class Environment:
    """The clients of one environment."""

    def __init__(self, stack: BenchStack) -> None:
        port = DataFolder(stack.data).read_state().ports["neo4j"]  # type: ignore[union-attr]  # it runs
        account = USERNAME, DataFolder(stack.data).secret("neo4j-password")
        self.neo4j = Neo4jClient(f"bolt://127.0.0.1:{port}", "neo4j", lambda: account, _pool())
        self.valkey = ValkeyClient(stack.valkey_url, dict)

    def search(self) -> tuple[float, str]:
        """Return the milliseconds of one search, and what it failed with or nothing."""
        began = time.perf_counter()
        try:
            self.valkey.run(lambda client: client.ping())
            Neo4jPassageIndex(self.neo4j).search(TenantScope(TENANT), QUERY, Deadline.after(DEADLINE_S))
        except GraphwellError as error:
            return 1000 * (time.perf_counter() - began), type(error).__name__
        return 1000 * (time.perf_counter() - began), ""


def _pool() -> PoolSettings:
    default = {name: field.default for name, field in Settings.model_fields.items()}
    return PoolSettings(
        max_size=default["neo4j_max_pool_size"],
        acquisition_timeout_s=default["neo4j_acquisition_timeout_s"],
        max_retry_time_s=default["neo4j_max_retry_time_s"],
        liveness_check_s=default["neo4j_liveness_check_s"],
        max_lifetime_s=default["neo4j_max_lifetime_s"],
        connect_timeout_s=default["neo4j_connect_timeout_s"],
    )


def step(stack: BenchStack, count: int) -> dict[str, Any]:
    """Return what happens when so many environments ask at once."""
    environments = [Environment(stack) for _ in range(count)]

    def live(environment: Environment) -> Sequence[tuple[float, str]]:
        return [environment.search() for _ in range(SEARCHES)]

    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        done = [search for life in pool.map(live, environments) for search in life]
    seconds = time.perf_counter() - began
    with stack.open_neo4j() as driver, redis.Redis.from_url(stack.valkey_url) as valkey:
        at_neo4j = len(driver.execute_query("SHOW TRANSACTIONS YIELD transactionId RETURN 1").records)
        listed = driver.execute_query("CALL dbms.listConnections() YIELD connectionId RETURN count(*) AS n")
        report = {
            "environments": count,
            "connections_at_neo4j": int(listed.records[0]["n"]) - 1,
            "transactions_left": at_neo4j - 1,
            "connections_at_valkey": int(valkey.info("clients")["connected_clients"]) - 1,
        }
    for environment in environments:
        environment.neo4j.close()
        environment.valkey.close()
    times = [taken for taken, failure in done if not failure]
    return {
        **report,
        "searches_per_s": round(len(times) / seconds, 1),
        "p50_ms": round(percentile(times, 0.5), 1) if times else None,
        "p95_ms": round(percentile(times, 0.95), 1) if times else None,
        "failed": dict(Counter(failure for _, failure in done if failure)),
    }


def main() -> None:
    """Measure, print, and keep the figures in bench/results/environments.json."""
    with running_stack() as stack:
        stack.json("eval", str(COLLECTIONS / "cranfield"), "--tenant", TENANT, "--limit", "20")
        step(stack, 10)  # warms up
        steps = [step(stack, count) for count in STEPS]
    report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "steps": steps}
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
