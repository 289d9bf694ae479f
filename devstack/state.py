"""The data folder of a stack: where its files are, who holds it, and what its state is."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from devstack.errors import DevstackError

_LOCK_WAIT_S = 1.0
"""`status` holds the lock for a moment to see whether it is free; a start must not fail because of that."""


class Status(StrEnum):
    """Where one component of the stack is."""

    WAITING = "waiting"
    DOWNLOADING = "downloading"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


class StackStatus(StrEnum):
    """Where the stack as a whole is."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"


class StackRunningError(DevstackError):
    """Another process holds this data folder."""


@dataclass(frozen=True)
class ComponentState:
    """State of one component.

    Parameters:
        detail: what a person wants to know besides, such as "38/237 files".
        pid: process id while it runs.
        port: loopback port that it listens on.
        restarts: how often it was started again after it had died.
    """

    status: Status
    detail: str = ""
    pid: int | None = None
    port: int | None = None
    restarts: int = 0


@dataclass(frozen=True)
class StackState:
    """What stack.json says; `error` is the sentence that a start failed with."""

    pid: int
    status: StackStatus
    data: str
    log_dir: str
    started_at: str
    url: str | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    services: Mapping[str, ComponentState] = field(default_factory=dict)
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON objects."""
        return asdict(self)


@dataclass(frozen=True)
class DataFolder:
    """Layout of a data folder."""

    root: Path

    @property
    def log_dir(self) -> Path:
        """Logs of the servers, of the functions and of the stack itself."""
        return self.root / "logs"

    @property
    def run_dir(self) -> Path:
        """Configuration files written at each start."""
        return self.root / "run"

    @property
    def state_path(self) -> Path:
        """State file."""
        return self.root / "stack.json"

    def service_dir(self, name: str) -> Path:
        """Return the folder that one server keeps its data in."""
        return self.root / name

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder: the kernel lets go of it when this process ends, however it ends.

        Raises:
            StackRunningError: another process holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        lock = self._lock()
        try:
            lock.acquire(timeout=_LOCK_WAIT_S)
        except Timeout as error:
            raise StackRunningError(
                f"A stack is already running on {self.root}; stop it with `graphwell down` or choose another --data."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_held(self) -> bool:
        """Tell whether a process holds the folder."""
        if not self.root.is_dir():
            return False
        lock = self._lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def holder(self) -> psutil.Process | None:
        """Return the process that holds the folder, or None; a recycled process id is not taken for it."""
        state = self.read_state()
        if state is None or not self.is_held():
            return None
        with suppress(psutil.Error):
            process = psutil.Process(state.pid)
            if str(self._lock_path.resolve()) in {file.path for file in process.open_files()}:
                return process
        return None

    def read_state(self) -> StackState | None:
        """Return the last state written, or None when there is none that can be read."""
        try:
            content = json.loads(self.state_path.read_text())
            services = {
                name: ComponentState(**{**entry, "status": Status(entry["status"])})
                for name, entry in content.pop("services").items()
            }
            return StackState(**{**content, "status": StackStatus(content["status"]), "services": services})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write_state(self, state: StackState) -> None:
        """Replace the state file in one step."""
        draft = self.state_path.with_suffix(".tmp")
        draft.write_text(json.dumps(state.to_json(), indent=1))
        draft.replace(self.state_path)

    def secret(self, name: str) -> str:
        """Return a random secret kept in the folder (mode 600), made at the first call."""
        path = self.root / "secrets" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(".tmp")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(24))
            draft.replace(path)
        return path.read_text()

    @property
    def _lock_path(self) -> Path:
        return self.root / "stack.lock"

    def _lock(self) -> FileLock:
        # Not a singleton and not per thread: holding and asking are different locks on one file.
        return FileLock(self._lock_path, thread_local=False, is_singleton=False)
