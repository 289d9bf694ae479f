"""What each function imports when it starts: an import that crept in shows in no test but as a slower cold start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVERS = {"neo4j", "redis", "boto3", "botocore.session", "openai", "httpx", "httpx2"}
TRACERS = {"aws_xray_sdk", "opentelemetry.sdk"}
MODELS = {"onnxruntime", "tokenizers", "numpy", "tiktoken", "semantic_text_splitter"}
READERS = {"mammoth", "openpyxl", "pypdfium2", "lxml", "markdown_it", "markdownify", "bs4"}
OTHER_SETTINGS = {"pydantic_settings", "dotenv", "argparse"}
LATER = SERVERS | TRACERS | MODELS | READERS | OTHER_SETTINGS
"""What the first request that needs it imports."""

WEB = {"fastapi", "starlette", "mangum"}
SEARCH = {"graphwell.ports.search", "graphwell.domain.context", "graphwell.domain.filters"}
"""What a package that imports all of its modules would bring with it."""

BODIES = {f"graphwell.http.{of}_models" for of in ("debug", "document", "graph", "job", "search", "tenant")}
"""Each takes a few milliseconds to build its models; a function has those of its own routes."""

NEVER = {
    "authorizer": LATER | WEB | {"pydantic"},
    "query": LATER | {"graphwell.http.document_models", "graphwell.http.tenant_models"},
    "stream": LATER | {"mangum"} | BODIES - {"graphwell.http.search_models"},
    "ingest": LATER,
    "health": LATER | SEARCH | BODIES,
    "embed": LATER | WEB | SEARCH,
    "extract": LATER | WEB,
    "agent": LATER | WEB,
    "reconcile": LATER | WEB,
    "migrate": LATER | WEB,
}
ENVIRONMENT = {
    "GRAPHWELL_TOKEN_ISSUER": "https://issuer.example",
    "GRAPHWELL_TOKEN_AUDIENCE": "project",
    "GRAPHWELL_JWKS_URL": "https://issuer.example/jwks",
    "GRAPHWELL_NEO4J_URI": "bolt://127.0.0.1",
    "GRAPHWELL_NEO4J_SECRET": "secret",
    "POWERTOOLS_SERVICE_NAME": "service",
}


def test_every_function_is_looked_at(root: Path) -> None:
    assert {path.parent.name for path in (root / "functions").glob("*/app.py")} == NEVER.keys()


@pytest.mark.parametrize("function", NEVER)
def test_a_function_starts_without_what_its_first_request_may_not_need(root: Path, function: str) -> None:
    path = os.pathsep.join([str(root / "functions" / function), str(root / "layers" / "shared")])
    code = "import app, sys; print(*sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **ENVIRONMENT}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert NEVER[function] & set(done.stdout.split()) == set()
