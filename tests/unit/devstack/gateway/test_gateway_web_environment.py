"""Processes of functions that serve HTTP, on small programs of the tests' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.gateway.function_log import FunctionLog
from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.runtime_api import RuntimeFailure
from devstack.gateway.web_environment import WebEnvironment

pytestmark = pytest.mark.anyio


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


async def test_a_process_that_ends_at_once_is_told_as_such(tmp_path: Path) -> None:
    """Whether it ends before the gateway has looked at it is chance, one time in five."""
    for _ in range(60):
        with pytest.raises(RuntimeFailure, match="exit status 3"):
            await _environment(tmp_path, "#!/bin/sh\nexit 3\n").start()
