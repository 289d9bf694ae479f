"""Where the time goes, and which request work goes back to, across functions, queue and servers."""

from __future__ import annotations

import json
import time
from typing import Any

from devstack.otlp_collector import Collector, Span
from tests.e2e.stack import ClientFactory, Stack, finished_job, ingest


def arrived(collector: Collector, name: str, **annotations: str) -> Span:
    """Return the last span of that name and annotations, which may come a moment after the reply."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for span in reversed(collector.named(name)):
            if annotations.items() <= span.annotations.items():
                return span
        time.sleep(0.05)
    raise AssertionError(f"No span {name} of {annotations} among {sorted({span.name for span in collector.spans})}.")


def parts_of(collector: Collector, span: Span) -> set[str]:
    """Return the names of the spans that a span is made of."""
    return {each.name for each in collector.spans if each.parent == span.id}


def test_a_question_is_made_of_its_calls_to_servers(client_of: ClientFactory, collector: Collector) -> None:
    client = client_of("traced", "reader", "editor")
    ingest(client, {"id": "one", "title": "Boiler", "text": "The boiler is in the cellar."})
    assert client.post("/v1/query", json={"question": "Where is the boiler?"}).status_code == 200
    root = arrived(collector, "POST /v1/query", caller_tenant="traced")
    assert (root.service, root.parent) == ("query", "")
    assert {"neo4j", "valkey"} <= {span.name for span in collector.spans if span.trace == root.trace}
    assert "boiler" not in repr(collector.spans).lower()


def test_embedding_is_part_of_the_trace_of_the_request_that_asked_for_it(
    client_of: ClientFactory, collector: Collector
) -> None:
    client = client_of("traced-ingest", "reader", "editor")
    ingest(client, {"id": "one", "title": "Pump", "text": "The pump is in the garden."})
    request = arrived(collector, "POST /v1/documents", caller_tenant="traced-ingest")
    embedding = arrived(collector, "embed", tenant="traced-ingest")
    assert (embedding.service, embedding.trace, embedding.parent) == ("embed", request.trace, request.id)
    assert "sqs" in {span.name for span in collector.spans if span.trace == request.trace and span.service == "ingest"}
    assert "neo4j" in parts_of(collector, embedding)


def test_log_lines_of_the_embedding_carry_the_id_of_the_request(client_of: ClientFactory, stack: Stack) -> None:
    client = client_of("logged", "reader", "editor")
    documents = [{"id": "one", "title": "Valve", "text": "The valve is in the attic."}]
    reply = client.post("/v1/documents", json={"documents": documents})
    request_id = reply.headers["x-amzn-requestid"]
    finished_job(client, reply.json()["job_id"])
    until = time.monotonic() + 30
    while not (told := embedding_lines(stack, "logged")) and time.monotonic() < until:
        time.sleep(0.2)  # the line is written after the version is live
    assert [line["correlation_id"] for line in told] == [request_id]


def embedding_lines(stack: Stack, tenant: str) -> list[dict[str, Any]]:
    lines = [line for log in stack.data.rglob("*embed*.log") for line in log.read_text().splitlines() if tenant in line]
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["message"] == "chunks embedded"]
