"""Calls are those of docs/openapi.json: every route, every parameter and every field of a body."""

from __future__ import annotations

import inspect
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devstack.client import calls
from devstack.client.calls import Call

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[4] / "docs" / "openapi.json").read_text("utf-8"))
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
HISTORY = [{"role": "user", "content": "x"}]
ASKED: dict[str, Any] = {"top_k": 3, "mode": "hybrid", "history": HISTORY, "filters": {"document_id": "d"}}
NEW = {"id": "d", "title": "t", "text": "x", "content_type": "text/plain", "source": "s", "metadata": {}}
PAGE: dict[str, Any] = {"cursor": "c", "limit": 2}
TIME = datetime(2026, 1, 2, tzinfo=UTC)
CALLS: dict[str, list[Call[Any]]] = {
    "search.search": [calls.search("q", **ASKED)],
    "search.query": [calls.query("q", **ASKED)],
    "search.stream": [calls.query_stream("q", **ASKED)],
    "search.agent": [
        calls.agent("q", **ASKED, budget={"steps": 3}),
        calls.start_agent("q", **ASKED, budget={"seconds": 60}),
    ],
    "debug.search": [calls.explain_search("q", **ASKED)],
    "documents.ingest": [calls.ingest([NEW], idempotency_key="k")],
    "documents.page": [calls.documents(**PAGE)],
    "documents.read": [calls.document("a/b")],
    "documents.chunks": [calls.chunks("a/b", **PAGE)],
    "documents.delete": [calls.preview_delete("a/b"), calls.delete_document("a/b")],
    "jobs.upload": [calls.request_upload("f.md", "text/markdown", 1, id="d", idempotency_key="k")],
    "jobs.page": [calls.jobs(status="failed", stalled=True, created_after=TIME, created_before=TIME, **PAGE)],
    "jobs.read": [calls.job("j")],
    "jobs.retry": [calls.retry_job("j", idempotency_key="k")],
    "jobs.cancel": [calls.cancel_job("j")],
    "graph.find": [calls.entities(query="q", **PAGE)],
    "graph.read": [calls.entity("a/b", **PAGE)],
    "tenants.read": [calls.tenant("t")],
    "tenants.write": [calls.write_tenant("t", limits={}, metadata_keys={})],
    "tenants.stats": [calls.statistics("t")],
    "tenants.erase": [calls.preview_erase("t"), calls.erase_tenant("t")],
    "health.live": [calls.health()],
    "health.ready": [calls.readiness()],
}
"""Calls by operation, with every argument given; the first has all that the operation takes."""


def test_every_route_has_its_call_and_every_call_its_route() -> None:
    assert CALLS.keys() == OPERATIONS.keys()
    public = {name for name, made in inspect.getmembers(calls, inspect.isfunction) if made.__module__ == calls.__name__}
    assert len([name for name in public if not name.startswith("_")]) == sum(map(len, CALLS.values()))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_call_has_the_routes_method_path_parameters_and_body(name: str) -> None:
    method, path, operation = OPERATIONS[name]
    for call in CALLS[name]:
        assert call.request.method == method
        assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), call.request.path)
    request = CALLS[name][0].request
    in_query = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
    assert set(request.params) == in_query
    takes_key = any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
    assert (request.idempotency_key is not None) is takes_key
    assert (request.body is not None) is ("requestBody" in operation)
    if request.body is not None:
        assert set(json.loads(request.body)) == set(_schema(_body_schema(operation))["properties"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_reply_is_read_with_every_field_that_the_route_gives(name: str) -> None:
    given = {
        reference
        for status, reply in OPERATIONS[name][2]["responses"].items()
        if status.startswith("2")
        for content in reply.get("content", {}).values()
        for reference in re.findall(r"schemas/(\w+)", json.dumps(content.get("schema", {})))
    } or {"QueryReply"}  # of the stream, whose last event it is
    read: dict[str, Any] = {}
    for call in CALLS[name]:
        schema = call.reply.json_schema(mode="serialization")
        read |= schema.get("$defs", {}) | ({schema["title"]: schema} if "properties" in schema else {})
    for each in given:
        assert read[each]["properties"].keys() == _schema(each)["properties"].keys()


def test_what_is_left_out_is_not_sent() -> None:
    assert calls.query("q").request.body == b'{"question":"q"}'
    assert calls.jobs(stalled=False).request.params == {"stalled": "false"}


def _body_schema(operation: dict[str, Any]) -> str:
    return str(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]).rpartition("/")[2]


def _schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found
