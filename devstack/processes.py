"""Child processes that never outlive the stack that started them."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""Option of prctl(2): the signal that the kernel sends to this process when its parent dies."""


@dataclass(frozen=True)
class ProcessSpec:
    """What to run.

    Parameters:
        name: shown to people and used for the log file.
        argv: program and arguments.
        env: the whole environment of the child; nothing is inherited.
        cwd: working directory.
        log_path: file that stdout and stderr are appended to.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log_path: Path


@dataclass
class ChildProcess:
    """A running child; the kernel kills it when this process dies, however it dies."""

    spec: ProcessSpec
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """Process id of the child, which must have been started."""
        return self._started.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, or None while it runs or before it was started; minus the signal number when killed."""
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Start the child; call it from the main thread, for the kernel ties the child to the thread that forked it."""
        self.spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.spec.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.argv,
                env=dict(self.spec.env),
                cwd=self.spec.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C on a terminal reaches the whole process group; children are ended by the stack, in its order.
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()) if sys.platform == "linux" else None,
            )

    async def wait(self) -> int:
        """Wait until the child ends and return its exit code."""
        return await self._started.wait()

    async def stop(self, timeout_s: float = 15.0) -> int:
        """Ask the child to end (SIGTERM), kill it after timeout_s seconds, and return its exit code."""
        process = self._started
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(timeout_s):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        return await process.wait()

    @property
    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.spec.name} was not started")
        return self._process


def _die_with_parent(parent_pid: int) -> Callable[[], None]:
    """Return a hook, run in the child between fork and exec, that ties its life to the parent's."""
    libc = ctypes.CDLL(None)

    def hook() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # the parent died before prctl took effect
            os._exit(1)

    return hook
