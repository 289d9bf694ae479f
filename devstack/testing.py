"""Real servers for tests and benches: a child process that supervises them and ends with its parent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.endpoints import Endpoints
from devstack.errors import DevstackError
from devstack.state import DataFolder

_STOP_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class RunningServices:
    """Servers that answer.

    Parameters:
        endpoints: where they listen.
        folder: their data folder, whose state file names their process ids.
        supervisor_pid: process that restarts them when they die.
    """

    endpoints: Endpoints
    folder: DataFolder
    supervisor_pid: int

    def pid(self, name: str) -> int | None:
        """Return the process id of one server as the state file has it now, or None between two lives."""
        state = self.folder.read_state()
        return state.services[name].pid if state else None


@contextmanager
def running_services(data: Path, only: Collection[str] | None = None) -> Iterator[RunningServices]:
    """Run servers on a data folder for the length of a with block; also from threads and under pytest-xdist.

    Parameters:
        data: data folder; a later call with the same one finds its data and its ports again.
        only: names out of devstack.services.group.SERVICE_NAMES; all of them when None.

    Raises:
        DevstackError: they did not come up.
    """
    command = [sys.executable, "-m", "devstack.services.run", "--data", str(data)]
    if only is not None:
        command += ["--only", ",".join(only)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield RunningServices(_read_endpoints(process), DataFolder(data.resolve()), process.pid)
    finally:
        _stop(process)


def _read_endpoints(process: subprocess.Popen[str]) -> Endpoints:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        _, said = process.communicate(timeout=_STOP_TIMEOUT_S)
        raise DevstackError(f"The servers did not start: {said.strip()}")
    fields = json.loads(line)
    return Endpoints(**{**fields, "onnx_model_dir": Path(fields["onnx_model_dir"])})


def _stop(process: subprocess.Popen[str]) -> None:
    """Close its input, which asks it to end; kill it, and its servers with it, when it does not."""
    try:
        process.communicate(timeout=_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
