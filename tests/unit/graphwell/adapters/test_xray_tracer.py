"""Spans as the X-Ray daemon gets them, from a process like Lambda's: the SDK looks where it is when it is imported."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

TRACE = "1-5e645f3e-1dfad076a177c5ccc5de12f5"
SEGMENT = "53995c3f42cd8ad8"
IN_LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task", "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent={SEGMENT};Sampled=1"}

NESTED = """
with tracer.root("GET /v1/documents/{id}", caller_tenant="acme"):
    with tracer.span("neo4j"):
        print(tracer.carrier())
"""
FAILING = """
try:
    with tracer.root("embed", "Root=1-0;Parent=1;Sampled=1"):
        raise ValueError("secret")
except ValueError:
    print("raised")
"""


def traced(code: str, environment: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """Run code over a tracer, and return what it prints and the subsegments that the daemon got."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.setblocking(False)
        address = f"127.0.0.1:{daemon.getsockname()[1]}"
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"from graphwell.adapters.xray_tracer import XRayTracer\ntracer = XRayTracer()\n{code}",
            ],
            env={**os.environ, "AWS_XRAY_DAEMON_ADDRESS": address, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        documents: list[dict[str, Any]] = []
        while True:
            try:
                datagram = daemon.recv(65_536)
            except BlockingIOError:
                return done.stdout.strip(), documents
            documents.append(json.loads(datagram.split(b"\n", 1)[1]))


def test_spans_become_subsegments_of_lambdas_segment() -> None:
    carried, documents = traced(NESTED, IN_LAMBDA)
    by_name = {document["name"]: document for document in documents}
    root, child = by_name["GET /v1/documents/_id_"], by_name["neo4j"]
    assert (root["trace_id"], root["parent_id"], root["type"]) == (TRACE, SEGMENT, "subsegment")
    assert root["annotations"] == {"caller_tenant": "acme"}
    assert child["parent_id"] == root["id"]
    assert carried == f"Root={TRACE};Parent={child['id']};Sampled=1"


def test_an_error_is_told_by_its_class_and_never_by_its_text() -> None:
    printed, [document] = traced(FAILING, IN_LAMBDA)
    assert printed == "raised"
    assert document["fault"] is True
    assert document["annotations"] == {"caused_by": "1-0", "error": "ValueError"}
    assert "secret" not in json.dumps(document)


def test_what_lambda_does_not_sample_is_neither_sent_nor_carried() -> None:
    unsampled = {**IN_LAMBDA, "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent={SEGMENT};Sampled=0"}
    assert traced(NESTED, unsampled) == ("", [])


def test_outside_of_lambda_nothing_is_sent() -> None:
    assert traced(NESTED, {"LAMBDA_TASK_ROOT": ""}) == ("", [])
