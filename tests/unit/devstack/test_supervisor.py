"""The supervisor starts, probes, restarts and ends servers; the servers here are small Python processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from devstack.board import Board
from devstack.downloads.fetch import Report
from devstack.errors import DevstackError
from devstack.services.base import Service, ServiceHome
from devstack.state import ComponentState, DataFolder, Status
from devstack.supervisor import Supervisor

ANSWERS = "import pathlib, time; pathlib.Path('up').touch(); time.sleep(600)"
ENDS_AT_ONCE = "import sys; print('no licence found'); sys.exit(3)"
NEVER_ANSWERS = "import time; print('waiting for a disk'); time.sleep(600)"


class ScriptService(Service):
    """A server that runs a script and answers when the script has made a file."""

    name: ClassVar[str] = "script"
    ready_timeout_s: ClassVar[float] = 30.0

    def __init__(self, home: ServiceHome, script: str, name: str = "script") -> None:
        super().__init__(home)
        self.script = script
        self.name = name  # type: ignore[misc]

    def argv(self) -> list[str]:
        (self.home.data_dir / "up").unlink(missing_ok=True)
        return [sys.executable, "-c", self.script]

    def probe(self) -> None:
        (self.home.data_dir / "up").stat()


class HopelessService(ScriptService):
    """A server that cannot be had."""

    def download(self, report: Report) -> None:  # noqa: ARG002
        raise DevstackError("Could not download it.")


class ImpatientService(ScriptService):
    """A server that is given little time."""

    ready_timeout_s: ClassVar[float] = 0.5


class Recorder:
    """A display that remembers."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, ComponentState]] = []

    def show(self, component: str, state: ComponentState) -> None:
        self.shown.append((component, state))

    def statuses(self, component: str) -> list[Status]:
        return [state.status for name, state in self.shown if name == component]

    async def until(self, component: str, status: Status, restarts: int = 0) -> ComponentState:
        async with asyncio.timeout(30):
            while True:
                for name, state in self.shown:
                    if name == component and state.status is status and state.restarts >= restarts:
                        return state
                await asyncio.sleep(0.02)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def board(tmp_path: Path, recorder: Recorder) -> Board:
    return Board(DataFolder(tmp_path), recorder, {})


def home(tmp_path: Path, name: str = "script") -> ServiceHome:
    return ServiceHome(tmp_path / name, tmp_path / "run", tmp_path / "logs", port=1)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await work()

    asyncio.run(bounded())


def test_servers_are_ready_when_start_returns_and_gone_when_stop_returns(
    tmp_path: Path, board: Board, recorder: Recorder
) -> None:
    services = [ScriptService(home(tmp_path, name), ANSWERS, name) for name in ("one", "two")]

    async def work() -> None:
        supervisor = Supervisor(services, board)
        await supervisor.start()
        pids = [(await recorder.until(name, Status.READY)).pid for name in ("one", "two")]
        assert all(pid and psutil.pid_exists(pid) for pid in pids)
        await supervisor.stop()
        assert not any(pid and psutil.pid_exists(pid) for pid in pids)

    run(work)
    assert recorder.statuses("one") == [Status.STARTING, Status.READY, Status.STOPPED]


def test_a_killed_server_is_started_again_and_reported(tmp_path: Path, board: Board, recorder: Recorder) -> None:
    told: list[str] = []

    async def restarted(name: str) -> None:
        told.append(name)

    async def work() -> None:
        supervisor = Supervisor([ScriptService(home(tmp_path), ANSWERS)], board, restarted)
        await supervisor.start()
        first = await recorder.until("script", Status.READY)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        second = await recorder.until("script", Status.READY, restarts=1)
        assert second.pid != first.pid
        await supervisor.stop()

    run(work)
    assert told == ["script"]
    assert any(state.detail == "ended with signal 9" for _, state in recorder.shown)


def test_a_server_that_ends_while_starting_fails_the_start_with_its_last_words(tmp_path: Path, board: Board) -> None:
    async def work() -> None:
        with pytest.raises(DevstackError, match=r"script ended with exit code 3 .*\n.*no licence found"):
            await Supervisor([ScriptService(home(tmp_path), ENDS_AT_ONCE)], board).start()

    run(work)


def test_a_server_that_does_not_answer_in_time_is_ended_and_fails_the_start(
    tmp_path: Path, board: Board, recorder: Recorder
) -> None:
    async def work() -> None:
        with pytest.raises(DevstackError, match=r"script did not answer within"):
            await Supervisor([ImpatientService(home(tmp_path), NEVER_ANSWERS)], board).start()
        started = await recorder.until("script", Status.STARTING)
        assert started.pid is not None
        assert not psutil.pid_exists(started.pid)

    run(work)


def test_one_failure_ends_the_others(tmp_path: Path, board: Board, recorder: Recorder) -> None:
    services = [
        ScriptService(home(tmp_path, "good"), ANSWERS, "good"),
        ScriptService(home(tmp_path, "bad"), ENDS_AT_ONCE, "bad"),
    ]

    async def work() -> None:
        with pytest.raises(DevstackError, match="bad ended with exit code 3"):
            await Supervisor(services, board).start()

    run(work)
    pids = [state.pid for name, state in recorder.shown if name == "good" and state.pid]
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_download_that_fails_fails_the_start(tmp_path: Path, board: Board) -> None:
    async def work() -> None:
        with pytest.raises(DevstackError, match="Could not download it"):
            await Supervisor([HopelessService(home(tmp_path), ANSWERS)], board).start()

    run(work)


def test_a_server_that_can_no_longer_be_had_after_a_crash_is_reported_to_whoever_waits(
    tmp_path: Path, board: Board, recorder: Recorder
) -> None:
    service = ScriptService(home(tmp_path), ANSWERS)

    async def refuse(_: str) -> None:
        raise DevstackError("The secrets could not be given back.")

    async def work() -> None:
        supervisor = Supervisor([service], board, refuse)
        await supervisor.start()
        pid = (await recorder.until("script", Status.READY)).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DevstackError, match="could not be given back"):
            await supervisor.failed()
        await supervisor.stop()

    run(work)
