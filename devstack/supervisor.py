"""Start servers together, see that they answer, start again what dies, and end everything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from devstack.board import Board
from devstack.downloads.fetch import DownloadProgress
from devstack.errors import DevstackError
from devstack.processes import ChildProcess
from devstack.services.base import Service
from devstack.state import ComponentState, Status

_PROBE_INTERVAL_S = 0.1
_BACKOFF_FIRST_S = 0.2
_BACKOFF_LAST_S = 10.0
_STEADY_AFTER_S = 30.0
"""A server that has answered for this long starts with the shortest backoff again when it dies."""
_LOG_LINES_QUOTED = 5

Restarted = Callable[[str], Awaitable[None]]


class Supervisor:
    """Keeps a set of servers running.

    Parameters:
        services: the servers; they do not depend on each other and start at once.
        board: is told the state of each.
        on_restart: called with the name of a server that answers again after it had died.
    """

    def __init__(self, services: Sequence[Service], board: Board, on_restart: Restarted | None = None) -> None:
        self._keepers = [_Keeper(service, board, on_restart) for service in services]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start everything and return when everything answers.

        Raises:
            DevstackError: a server did not come up; the others are stopped.
        """
        self._tasks = [asyncio.create_task(keeper.run()) for keeper in self._keepers]
        ready = asyncio.create_task(self._all_ready())
        failed = asyncio.create_task(self.failed())
        try:
            await asyncio.wait([ready, failed], return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                failed.result()
        except BaseException:
            await self.stop()
            raise
        finally:
            ready.cancel()
            failed.cancel()

    async def failed(self) -> None:
        """Wait until a server cannot be kept running.

        Raises:
            DevstackError: what is the matter with it.
        """
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Stop everything at once and return when all of it has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _all_ready(self) -> None:
        for keeper in self._keepers:
            await keeper.ready.wait()


class _Keeper:
    """The life of one server: download, start, probe, wait for its end, start again."""

    def __init__(self, service: Service, board: Board, on_restart: Restarted | None) -> None:
        self.ready = asyncio.Event()
        self._service = service
        self._board = board
        self._on_restart = on_restart
        self._cancelled = False
        self._state = ComponentState(Status.WAITING, port=service.home.port)

    async def run(self) -> None:
        await self._download()
        backoff_s = _BACKOFF_FIRST_S
        while True:
            started = time.monotonic()
            await self._run_once(started)
            backoff_s = _BACKOFF_FIRST_S if time.monotonic() - started > _STEADY_AFTER_S else backoff_s * 2
            await asyncio.sleep(min(backoff_s, _BACKOFF_LAST_S))
            self._state = replace(self._state, restarts=self._state.restarts + 1)

    async def _download(self) -> None:
        try:
            await asyncio.to_thread(self._service.download, self._report_download)
        except asyncio.CancelledError:
            self._cancelled = True
            raise

    async def _run_once(self, started: float) -> None:
        """Start the server and return when it has died."""
        child = ChildProcess(self._service.process())
        try:
            await child.start()
            again = self.ready.is_set()
            self._show(Status.RESTARTING if again else Status.STARTING, self._state.detail if again else "", child.pid)
            try:
                await self._answering(child)
            except DevstackError as error:
                if not again:
                    self._show(Status.FAILED, str(error))
                    raise
                self._show(Status.RESTARTING, str(error))
                return
            self._show(Status.READY, f"in {time.monotonic() - started:.1f} s", child.pid)
            self.ready.set()
            if again and self._on_restart:
                await self._on_restart(self._service.name)
            self._show(Status.RESTARTING, f"ended with {_describe_exit(await child.wait())}")
        finally:
            if child.returncode is None:
                await child.stop(self._service.stop_timeout_s)
                self._show(Status.STOPPED)

    async def _answering(self, child: ChildProcess) -> None:
        """Return when the server answers.

        Raises:
            DevstackError: it ended, or did not answer in time; quotes the end of its log.
        """
        problem: Exception | None = None
        deadline = time.monotonic() + self._service.ready_timeout_s
        while time.monotonic() < deadline:
            if child.returncode is not None:
                raise DevstackError(
                    self._failure(f"ended with {_describe_exit(child.returncode)} while it was starting")
                )
            try:
                await asyncio.to_thread(self._service.probe)
            except Exception as error:  # noqa: BLE001 - each protocol has its own kinds, and all mean: not yet
                problem = error
                await asyncio.sleep(_PROBE_INTERVAL_S)
            else:
                return
        raise DevstackError(
            self._failure(f"did not answer within {self._service.ready_timeout_s:.0f} s (last: {problem!r})")
        )

    def _failure(self, what: str) -> str:
        quoted = _last_lines(self._service.log_path)
        return f"{self._service.name} {what}; the end of {self._service.log_path}:\n{quoted}"

    def _report_download(self, progress: DownloadProgress) -> None:
        if self._cancelled:  # a thread cannot be cancelled; it ends at its next report
            raise DevstackError("The download was stopped.")
        self._show(Status.DOWNLOADING, str(progress))

    def _show(self, status: Status, detail: str = "", pid: int | None = None) -> None:
        self._state = replace(self._state, status=status, detail=detail, pid=pid)
        self._board.show(self._service.name, self._state)


def _describe_exit(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_lines(path: Path) -> str:
    with suppress(OSError):
        return "\n".join(path.read_text(errors="replace").splitlines()[-_LOG_LINES_QUOTED:])
    return "(no log)"
