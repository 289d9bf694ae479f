"""Processes of functions that serve HTTP, on small programs of the tests' own."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from devstack.gateway.function_log import FunctionLog
from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.runtime_api import RuntimeFailure
from devstack.gateway.web_environment import METADATA_END, WebEnvironment

pytestmark = pytest.mark.anyio

ECHO = """#!/usr/bin/env python3
import http.server, os

class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("127.0.0.1", int(os.environ["AWS_LWA_PORT"])), Echo).serve_forever()
"""


def _environment(folder: Path, program: str) -> WebEnvironment:
    (folder / "run").write_text(program)
    (folder / "run").chmod(0o755)
    function = FunctionSpec(
        logical_id="ServerFunction",
        name="server",
        short_name="server",
        arn="arn:server",
        folder=folder,
        handler="run",
        environment={},
        timeout_s=5.0,
        memory_mb=128,
        python_path=(),
        concurrency=None,
        routes=(),
        queues=(),
        schedules=(),
    )
    return WebEnvironment(function, FunctionLog(folder / "log"), lambda _: {})


async def test_a_body_that_api_gateway_encoded_arrives_as_it_was_sent(tmp_path: Path) -> None:
    event = {"httpMethod": "POST", "path": "/", "body": base64.b64encode(b"\0\xff").decode(), "isBase64Encoded": True}
    environment = _environment(tmp_path, ECHO)
    await environment.start()
    try:
        result = await environment.invoke(json.dumps(event).encode(), "Root=1")
    finally:
        await environment.stop(grace_s=0)

    assert result.payload.partition(METADATA_END)[2] == b"\0\xff"


async def test_a_process_that_ends_at_once_is_told_as_such(tmp_path: Path) -> None:
    """Whether it ends before the gateway has looked at it is chance, one time in five."""
    for _ in range(60):
        with pytest.raises(RuntimeFailure, match="exit status 3"):
            await _environment(tmp_path, "#!/bin/sh\nexit 3\n").start()
