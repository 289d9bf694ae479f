"""The command line against an API in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devstack.cli.context import CliContext
from devstack.cli.main import run
from devstack.client.api import GraphwellClient
from devstack.client.connection import Connection
from devstack.client.credentials import FixedToken
from devstack.client.session import ApiSession
from tests.unit.devstack.client.collections import write_collection
from tests.unit.devstack.client.fake_api import FakeApi, Waits


@dataclass(frozen=True)
class CommandResult:
    """What a command printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(api: FakeApi, waits: Waits) -> GraphwellClient:
    connection = Connection("https://api.test/prod", FixedToken("secret"))

    def behind_stage(request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith("/prod/")
        request.url = request.url.copy_with(path=request.url.path.removeprefix("/prod"))
        return api(request)

    return GraphwellClient(ApiSession(connection, transport=httpx.MockTransport(behind_stage), sleep=waits.sleep))


@pytest.fixture
def graphwell(api: FakeApi, waits: Waits, capsys: pytest.CaptureFixture[str]) -> Callable[..., CommandResult]:
    """Return a function that runs a command line against the API in memory."""

    def run_command(*arguments: object, connect: bool = True) -> CommandResult:
        words = [str(argument) for argument in arguments]
        if connect:
            words += ["--url", "https://api.test", "--token", "secret"]
        context = CliContext(transport=api.transport, sleep=waits.sleep, clock_s=waits.clock_s)
        exit_code = run(words, context=context)
        captured = capsys.readouterr()
        return CommandResult(exit_code, captured.out, captured.err)

    return run_command


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    return write_collection(
        tmp_path / "fruit",
        {"a/1": "red apple", "a:1": "green apple pie", "p@1": "pear", "empty": " "},
        {"q1": "green apple pie", "q2": "pear", "q3": "kiwi"},
        {("q1", "a/1"): 2, ("q1", "a:1"): -1, ("q2", "p@1"): 1, ("q2", "empty"): 1},
    )
