"""What each function takes until it can take an event, over a handler that imports nothing; `stream` under uvicorn.

What their first request adds, and what of both could be saved, is in bench/cold_start.py.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.local_stack import CHECKOUT, BenchStack
from devstack.gateway.environments import ColdStart, Environment
from devstack.gateway.function_log import FunctionLog
from devstack.gateway.function_view import FunctionSpec, read_functions
from devstack.gateway.template import Template
from devstack.gateway.variables import function_variables
from devstack.gateway.web_environment import WebEnvironment

STARTS = 5
EMPTY = "empty"
PARAMETERS = {
    "Release": "bench",
    "Stage": "bench",
    "EmbeddingProvider": "onnx",
    "EmbeddingModel": "bge-small-en-v1.5-q",
    "EmbeddingDimensions": "384",
    "FirebaseProjectId": "bench",
    "Neo4jUri": "bolt://127.0.0.1:7687",
    "Neo4jUsername": "neo4j",
    "Neo4jPassword": "not-used-here",
    "ValkeyUrl": "redis://127.0.0.1:6379",
    "TokenIssuer": "http://127.0.0.1/issuer",
    "JwksUrl": "http://127.0.0.1/jwks.json",
}

_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"}


def measure(_stack: BenchStack) -> dict[str, Any]:
    """Return median init time and resident memory of each function and of the empty one, and their ratios.

    Every round starts each function once, so that noise of the machine meets all alike.
    """
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    template = Template(CHECKOUT / "template.yaml", PARAMETERS)
    with tempfile.TemporaryDirectory() as folder:
        specs = list(read_functions(template))
        specs.append(_empty_function(specs[0], Path(folder)))
        starts: dict[str, list[ColdStart]] = {spec.short_name: [] for spec in specs}
        for _ in range(STARTS):
            for spec in specs:
                variables = partial(function_variables, spec, account=template.account, local=_CREDENTIALS)
                starts[spec.short_name].append(await _start(spec, variables, Path(folder)))
    init_ms = {name: statistics.median(start.init_ms for start in found) for name, found in starts.items()}
    rss_mb = {name: statistics.median(start.rss_bytes for start in found) / 2**20 for name, found in starts.items()}
    return {
        name: {
            "init_ms": round(init_ms[name], 1),
            "over_empty": round(init_ms[name] / init_ms[EMPTY], 2),
            "rss_mb": round(rss_mb[name], 1),
        }
        for name in starts
    }


async def _start(spec: FunctionSpec, variables: Any, folder: Path) -> ColdStart:
    kind = WebEnvironment if spec.serves_http else Environment
    environment = kind(spec, FunctionLog(folder / f"{spec.short_name}.log"), variables)
    await environment.start()
    started = environment.cold_start
    await environment.stop()
    assert started is not None
    return started


def _empty_function(like: FunctionSpec, folder: Path) -> FunctionSpec:
    (folder / "app.py").write_text("def handler(event, context):\n    return {}\n")
    return replace(like, short_name=EMPTY, name=EMPTY, logical_id=EMPTY, folder=folder, python_path=())
