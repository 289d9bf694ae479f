"""The processes of a running stack by the part that they are, to tell and to bound what each takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import httpx
import psutil

from bench.local_stack import BenchStack
from devstack.gateway.gateway_file import read_management_url
from devstack.state import DataFolder

Parts = Mapping[str, Sequence[psutil.Process]]


def parts(stack: BenchStack) -> Parts:
    """Return the processes of each server, of each function's environments, and of the gateway."""
    return {**servers(stack), **functions(stack)}


def servers(stack: BenchStack) -> Parts:
    """Return the process of each server, and of the gateway."""
    state = DataFolder(stack.data).read_state()
    assert state is not None
    pids = {name: service.pid for name, service in state.services.items() if service.pid != state.pid}
    return {name: _running([pid]) for name, pid in {"gateway": state.pid, **pids}.items()}


def functions(stack: BenchStack) -> Parts:
    """Return the environments of each function."""
    status = httpx.get(f"{read_management_url(stack.data)}/status", timeout=60).raise_for_status().json()
    return {each["function"]: _running([run["pid"] for run in each["environments"]]) for each in status["functions"]}


def _running(pids: Iterable[int | None]) -> list[psutil.Process]:
    found = []
    for pid in filter(None, pids):
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def processor_s(of: Parts) -> dict[str, float]:
    """Return the seconds of processor time that each part has taken since it began."""
    taken = {}
    for name, processes in of.items():
        taken[name] = 0.0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                taken[name] += times.user + times.system
    return taken


def keep_apart(of: Parts, alone: str) -> None:
    """Give one part the last processor, and all others the rest."""
    *rest, last = sorted(psutil.Process().cpu_affinity() or [])
    for name, processes in of.items():
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                for thread in process.threads():
                    psutil.Process(thread.id).cpu_affinity([last] if name == alone else rest)
