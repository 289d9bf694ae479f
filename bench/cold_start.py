"""What a function's start and first request take under awslambdaric, over a bare handler that does the same.

The bare handlers (bench/bare) import what the route cannot do without and send the same first query to the same
servers. Both start in turn, each time anew, with the environment of a function of a running stack.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.init_time import PARAMETERS
from bench.local_stack import CHECKOUT, BenchStack, finished_job
from bench.stack_processes import parts
from devstack.gateway.environments import Environment
from devstack.gateway.function_log import FunctionLog
from devstack.gateway.function_view import FunctionSpec, read_functions
from devstack.gateway.template import Template
from devstack.gateway.tracing import trace_id
from devstack.stack_options import DEFAULT_TEMPLATE
from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.neo4j_passage_index import FULLTEXT_BREADTH, VECTOR_BREADTH, _statement
from graphwell.domain.filters import Filters
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.search import CANDIDATES

STARTS = 9
TENANT = "cold"
DOCUMENT = {"id": "one", "title": "Boiler", "text": "The boiler in the cellar is serviced every second spring."}
QUESTION = "How often is the boiler serviced?"
EVENTS = {
    "query": "query_search",
    "ingest": "ingest_jobs",
    "health": "health",
    "embed": "embed",
    "authorizer": "authorizer",
}


@dataclass(frozen=True)
class Start:
    """One cold start, in milliseconds and bytes."""

    init_ms: float
    first_ms: float
    rss_bytes: int


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return medians of each function and its bare one: init and first request, resident memory, and their ratio."""
    client = stack.client(TENANT)
    job = client.post("/v1/documents", json={"documents": [DOCUMENT]}).raise_for_status().json()["job_id"]
    finished_job(client, job)
    client.get("/v1/documents/one").raise_for_status()
    client.post("/v1/search", json={"query": QUESTION, "mode": "fulltext"}).raise_for_status()
    events = {name: event(name, str(client.headers["Authorization"])) for name in EVENTS}
    environments = {name: processes[0].environ() for name, processes in parts(stack).items() if name in EVENTS}
    return asyncio.run(_measure(events, environments))


def event(name: str, token: str) -> dict[str, Any]:
    """Return the first event of a function, for the tenant of this measurement."""
    found: dict[str, Any] = json.loads((CHECKOUT / "events" / f"{EVENTS[name]}.json").read_text())
    if name == "authorizer":
        return {**found, "authorizationToken": token}
    if "requestContext" in found:
        caller = {"tenant_id": TENANT, "tenants": json.dumps({TENANT: "admin"})}
        found["requestContext"]["authorizer"] = {**found["requestContext"].get("authorizer", {}), **caller}
    if name == "query":
        found["body"] = json.dumps({"query": QUESTION, "mode": "fulltext"})
    if name == "ingest":
        found |= {"resource": "/v1/documents/{id}", "path": "/v1/documents/one", "pathParameters": {"id": "one"}}
        found |= {"httpMethod": "GET", "body": None}
    return found


async def _measure(events: Mapping[str, Any], environments: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    specs = {spec.short_name: spec for spec in read_functions(Template(DEFAULT_TEMPLATE, PARAMETERS))}
    with tempfile.TemporaryDirectory() as folder:
        bare = {"BARE_STATEMENT": str(_write_statement(Path(folder))), "PYTHONPATH": str(CHECKOUT)}
        starts: dict[str, list[Start]] = {kind: [] for name in EVENTS for kind in (name, f"bare {name}")}
        for _ in range(STARTS):
            for name, first in events.items():
                log = FunctionLog(Path(folder) / f"{name}.log")
                starts[name].append(await _start(specs[name], log, environments[name], first))
                like = replace(specs[name], handler=f"bench.bare.{name}.handler", folder=CHECKOUT)
                starts[f"bare {name}"].append(await _start(like, log, {**environments[name], **bare}, first))
    return {name: _compared(starts[name], starts[f"bare {name}"]) for name in EVENTS}


async def _start(spec: FunctionSpec, log: FunctionLog, variables: Mapping[str, str], first: Any) -> Start:
    environment = Environment(
        spec, log, lambda api: {**variables, "AWS_LAMBDA_RUNTIME_API": api, "_HANDLER": spec.handler}
    )
    await environment.start()
    assert environment.cold_start is not None
    began = time.perf_counter()
    result = await environment.invoke(json.dumps(first).encode(), trace_id())
    first_ms = 1000 * (time.perf_counter() - began)
    rss = environment.rss_bytes
    await environment.stop()
    reply = json.loads(result.payload)
    if result.function_error or reply.get("statusCode", 200) >= 400:
        raise RuntimeError(f"{spec.handler} answered {result.payload.decode()}")
    return Start(environment.cold_start.init_ms, first_ms, rss)


def _write_statement(folder: Path) -> Path:
    scope = TenantScope(TENANT)
    parameters = {
        "tenant_id": TENANT,
        "vector": None,
        "lucene": lucene_query(scope, QUESTION, Filters()),
        "candidates": CANDIDATES,
        "vector_breadth": VECTOR_BREADTH,
        "fulltext_breadth": FULLTEXT_BREADTH,
    }
    path = folder / "statement.json"
    path.write_text(json.dumps({"statement": _statement([SearchMode.FULLTEXT], Filters()), "parameters": parameters}))
    return path


def _compared(real: list[Start], bare: list[Start]) -> dict[str, Any]:
    def median(starts: list[Start], name: str) -> float:
        return float(statistics.median(getattr(start, name) for start in starts))

    def total(starts: list[Start]) -> float:
        return statistics.median(start.init_ms + start.first_ms for start in starts)

    return {
        "init_ms": round(median(real, "init_ms"), 1),
        "first_request_ms": round(median(real, "first_ms"), 1),
        "bare_init_ms": round(median(bare, "init_ms"), 1),
        "bare_first_request_ms": round(median(bare, "first_ms"), 1),
        "over_bare": round(total(real) / total(bare), 2),
        "target": "over_bare <= 1.25",
        "rss_mb": round(median(real, "rss_bytes") / 2**20, 1),
        "bare_rss_mb": round(median(bare, "rss_bytes") / 2**20, 1),
    }
