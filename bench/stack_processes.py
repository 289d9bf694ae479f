"""The processes of a running stack by the part that they are, to tell and to bound what each takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import httpx
import psutil

from bench.local_stack import BenchStack
from devstack.gateway.gateway_file import read_management_url
from devstack.state import DataFolder

Parts = Mapping[str, Sequence[psutil.Process]]


def parts(stack: BenchStack) -> Parts:
    """Return the processes of each server, of each function's environments, and of the gateway."""
    state = DataFolder(stack.data).read_state()
    assert state is not None
    found: dict[str, list[psutil.Process]] = {"gateway": [psutil.Process(state.pid)]}
    for name, service in state.services.items():
        if service.pid and service.pid != state.pid:
            found[name] = [psutil.Process(service.pid)]
    status = httpx.get(f"{read_management_url(stack.data)}/status").raise_for_status().json()
    for function in status["functions"]:
        found[function["function"]] = [psutil.Process(each["pid"]) for each in function["environments"] if each["pid"]]
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
