"""What every server of the local stack has in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from devstack.downloads.fetch import Report
from devstack.processes import ProcessSpec


@dataclass(frozen=True)
class ServiceHome:
    """Where one server lives.

    Parameters:
        data_dir: its data, which outlives it.
        run_dir: configuration written at each start.
        log_dir: folder of its log files.
        port: loopback port that it listens on.
    """

    data_dir: Path
    run_dir: Path
    log_dir: Path
    port: int


class Service(ABC):
    """A server: how to get it, how to start it, how to tell that it answers."""

    name: ClassVar[str]
    ready_timeout_s: ClassVar[float] = 60.0
    stop_timeout_s: ClassVar[float] = 15.0

    def __init__(self, home: ServiceHome) -> None:
        self.home = home

    @property
    def log_path(self) -> Path:
        """File that its output goes to."""
        return self.home.log_dir / f"{self.name}.log"

    def download(self, report: Report) -> None:  # noqa: B027 - wheels bring what most servers need
        """Make sure that everything it runs from is on this machine. Blocks; runs in a thread.

        Raises:
            DevstackError: something is missing and cannot be had.
        """

    @abstractmethod
    def argv(self) -> list[str]:
        """Write its configuration and return program and arguments; download() was called before."""

    @abstractmethod
    def probe(self) -> None:
        """Talk to it in its own protocol. Blocks for a few seconds at most; runs in a thread.

        Raises:
            Exception: of any kind, as long as it does not answer as it should.
        """

    def process(self) -> ProcessSpec:
        """Return the process to start, with its folders made."""
        for folder in (self.home.data_dir, self.home.run_dir, self.home.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        return ProcessSpec(
            name=self.name,
            argv=self.argv(),
            env=child_environment(),
            cwd=self.home.data_dir,
            log_path=self.log_path,
        )


def child_environment() -> Mapping[str, str]:
    """Return the environment of a server: nothing of the user's shell but what programs need to find their files."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
