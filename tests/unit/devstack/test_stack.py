"""A stack starts its parts in order, undoes what it did when one fails, and tells why."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devstack.board import Board
from devstack.cloud import Cloud
from devstack.downloads.fetch import Report
from devstack.endpoints import Endpoints
from devstack.errors import DevstackError
from devstack.progress import Display, NoDisplay
from devstack.stack import run_stack
from devstack.stack_options import StackOptions
from devstack.stack_parts import Parts
from devstack.state import DataFolder, StackRunningError, StackState, StackStatus
from devstack.supervisor import Restarted

ENDPOINTS = Endpoints(
    neo4j_uri="bolt://n",
    neo4j_username="neo4j",
    neo4j_password="secret",
    valkey_url="redis://v",
    sqs_url="http://q",
    dynamodb_url="http://d",
    s3_url="http://s",
    aws_url="http://a",
    onnx_model_dir=Path("/model"),
)


@dataclass
class World:
    """Fakes of the parts, and what was asked of them, in order."""

    fails_at: str = ""
    migrate_error: str | None = None
    migrate_payload: bytes = b"no such index"
    did: list[str] = field(default_factory=list)
    parameters: Mapping[str, str] = field(default_factory=dict)
    on_restart: Restarted | None = None
    server_failed: asyncio.Event = field(default_factory=asyncio.Event)

    def do(self, step: str) -> None:
        self.did.append(step)
        if step == self.fails_at:
            raise DevstackError(f"{step} failed.")

    def parts(self) -> Parts:
        return Parts(servers=self._servers, cloud=self._cloud, fetch_model=self._fetch_model, provision_wait_s=0.0)

    def _servers(self, folder: DataFolder, *, display: Display, on_restart: Restarted) -> FakeServers:
        self.on_restart = on_restart
        return FakeServers(self, Board(folder, display, {}))

    def _cloud(self, **arguments: Any) -> Cloud:
        self.parameters = arguments["parameters"]
        return FakeCloud(self)

    def _fetch_model(self, report: Report) -> Path:  # noqa: ARG002
        self.do("model")
        return ENDPOINTS.onnx_model_dir


@dataclass
class FakeServers:
    world: World
    board: Board
    endpoints: Endpoints = ENDPOINTS

    async def start(self) -> None:
        self.world.do("servers start")

    async def failed(self) -> None:
        await self.world.server_failed.wait()
        raise DevstackError("neo4j cannot be kept running.")

    async def stop(self) -> None:
        self.world.do("servers stop")


@dataclass(frozen=True)
class Outcome:
    payload: bytes
    function_error: str | None


@dataclass
class FakeCloud:
    world: World
    url: str = "http://127.0.0.1:1"

    async def provision(self) -> None:
        self.world.do("provision")

    async def start(self) -> None:
        self.world.do("cloud start")

    async def stop(self) -> None:
        self.world.do("cloud stop")

    async def invoke(self, function: str, payload: bytes) -> Outcome:
        self.world.do(f"invoke {function} {payload.decode()}")
        return Outcome(self.world.migrate_payload, self.world.migrate_error)


@pytest.fixture
def options(tmp_path: Path) -> StackOptions:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "migrate.json").write_text("{}")
    (tmp_path / "template.yaml").touch()
    return StackOptions(
        data=tmp_path / "data", template=tmp_path / "template.yaml", parameters={"LlmModel": "mine", "Stage": "other"}
    )


def state_of(options: StackOptions) -> StackState:
    state = DataFolder(options.data).read_state()
    assert state is not None
    return state


def run_until_ready(
    world: World, options: StackOptions, then: Callable[[], Awaitable[None]] | None = None
) -> StackState:
    """Run a stack, do something once it is ready, end it with SIGTERM, and return its state when it was ready."""
    seen: list[StackState] = []

    async def work() -> None:
        ready = asyncio.Event()
        running = asyncio.create_task(
            run_stack(options, NoDisplay(), on_ready=lambda _: ready.set(), parts=world.parts())
        )
        await ready.wait()
        seen.append(state_of(options))
        if then:
            await then()
        os.kill(os.getpid(), signal.SIGTERM)
        await running

    asyncio.run(asyncio.wait_for(work(), 30))
    return seen[0]


def test_servers_and_model_come_first_then_provision_start_and_migrate(options: StackOptions) -> None:
    world = World()

    ready = run_until_ready(world, options)

    assert sorted(world.did[:2]) == ["model", "servers start"]
    assert world.did[2:] == ["provision", "cloud start", "invoke migrate {}", "cloud stop", "servers stop"]
    assert (ready.status, ready.url) == (StackStatus.RUNNING, "http://127.0.0.1:1")
    assert state_of(options).status is StackStatus.STOPPED


def test_given_parameters_win_over_those_of_the_local_stack(options: StackOptions) -> None:
    world = World()

    run_until_ready(world, options)

    assert world.parameters == {
        "Stage": "other",
        "Release": "local",
        "Tracing": "none",
        "Neo4jUri": "bolt://n",
        "ValkeyUrl": "redis://v",
        "EmbeddingProvider": "onnx",
        "EmbeddingModel": "bge-small-en-v1.5-q",
        "RateLimits": "on",
        "EmbeddingDimensions": "384",
        "EmbedMaximumConcurrency": str(max(os.cpu_count() or 1, 2)),
        "LlmModel": "mine",
    }


@pytest.mark.parametrize("step", ["servers start", "model", "provision", "cloud start"])
def test_a_part_that_fails_ends_the_others_and_is_named_in_the_state(options: StackOptions, step: str) -> None:
    world = World(fails_at=step)

    with pytest.raises(DevstackError, match=f"{step} failed"):
        asyncio.run(run_stack(options, NoDisplay(), parts=world.parts()))

    assert world.did[-1] == "servers stop"
    assert (state_of(options).status, state_of(options).error) == (StackStatus.STOPPED, f"{step} failed.")
    assert not DataFolder(options.data).is_held()


def test_a_migration_that_fails_ends_the_stack_with_what_the_function_said(options: StackOptions) -> None:
    world = World(migrate_error="Unhandled")

    with pytest.raises(DevstackError, match="schema could not be set up: no such index"):
        asyncio.run(run_stack(options, NoDisplay(), parts=world.parts()))

    assert world.did[-2:] == ["cloud stop", "servers stop"]


def test_of_a_failed_migration_the_sentence_is_told_and_not_its_stack_trace(options: StackOptions) -> None:
    document = b'{"errorMessage": "The index holds other vectors.", "errorType": "X", "stackTrace": ["File a.py"]}'
    world = World(migrate_error="Unhandled", migrate_payload=document)

    with pytest.raises(DevstackError) as raised:
        asyncio.run(run_stack(options, NoDisplay(), parts=world.parts()))

    said = f"The database schema could not be set up: The index holds other vectors (logs in {options.data / 'logs'})."
    assert str(raised.value) == said


def test_a_server_that_cannot_be_kept_running_ends_the_stack(options: StackOptions) -> None:
    world = World()

    def fail(_: str | None) -> None:
        world.server_failed.set()

    with pytest.raises(DevstackError, match="neo4j cannot be kept running"):
        asyncio.run(run_stack(options, NoDisplay(), on_ready=fail, parts=world.parts()))

    assert state_of(options).error == "neo4j cannot be kept running."
    assert world.did[-2:] == ["cloud stop", "servers stop"]


@pytest.mark.parametrize(("server", "provisioned"), [("aws", 2), ("neo4j", 1)])
def test_only_the_server_without_a_disk_is_given_its_contents_back(
    options: StackOptions, server: str, provisioned: int
) -> None:
    world = World()

    async def restart() -> None:
        assert world.on_restart is not None
        await world.on_restart(server)

    run_until_ready(world, options, restart)

    assert world.did.count("provision") == provisioned


def test_contents_that_cannot_be_given_back_are_tried_again_and_then_reported(options: StackOptions) -> None:
    world = World()

    async def restart() -> None:
        world.fails_at = "provision"
        assert world.on_restart is not None
        with pytest.raises(DevstackError, match="could not be given back"):
            await world.on_restart("aws")

    run_until_ready(world, options, restart)

    assert world.did.count("provision") > 2


def test_a_second_stack_on_the_same_data_is_refused_and_leaves_the_first_alone(options: StackOptions) -> None:
    with DataFolder(options.data).held():
        world = World()
        with pytest.raises(StackRunningError, match="already running"):
            asyncio.run(run_stack(options, NoDisplay(), parts=world.parts()))

    assert world.did == []


def test_a_template_that_is_not_there_is_reported_before_anything_starts(options: StackOptions) -> None:
    options.template.unlink()
    world = World()

    with pytest.raises(DevstackError, match=r"There is no template at .*--template"):
        asyncio.run(run_stack(options, NoDisplay(), parts=world.parts()))

    assert world.did == []
