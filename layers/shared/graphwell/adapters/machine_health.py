"""Health of the environment that answers: processor, memory and disk, as Linux tells them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from graphwell.ports import Ailing

_FULL = 0.95
"""Share of memory or disk above which an environment is about to fail."""


class MachineHealth:
    """The `HealthProbe` port. A busy processor is told and held against nobody: it is what it is there for.

    Parameters:
        proc: the kernel's files.
        disk: a folder on the disk that functions write to.
    """

    name = "machine"
    vital = False
    timeout_s = 0.5
    fresh_for_s = 0.9

    def __init__(self, proc: Path = Path("/proc"), disk: Path = Path("/tmp")) -> None:  # noqa: S108
        self._proc = proc
        self._disk = disk

    def check(self) -> Mapping[str, str | int | float]:
        """Return shares in use from 0 to 1, the process's memory in bytes, and its open files.

        Raises:
            Ailing: memory or disk are nearly full.
        """
        memory = self._memory()
        disk = shutil.disk_usage(self._disk)
        used = {
            "cpu": round(os.getloadavg()[0] / (os.cpu_count() or 1), 2),
            "memory": round(1 - memory["MemAvailable"] / memory["MemTotal"], 3),
            "disk": round(disk.used / disk.total, 3),
        }
        resident_pages = int((self._proc / "self" / "statm").read_text().split()[1])
        detail: dict[str, str | int | float] = {
            **used,
            "resident_bytes": resident_pages * os.sysconf("SC_PAGE_SIZE"),
            "open_files": sum(1 for _ in (self._proc / "self" / "fd").iterdir()),
        }
        for what in ("memory", "disk"):
            if used[what] > _FULL:
                raise Ailing(f"{what.capitalize()}Full", detail)
        return detail

    def _memory(self) -> dict[str, int]:
        lines = (self._proc / "meminfo").read_text().splitlines()
        return {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
