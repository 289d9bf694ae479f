"""Processor, memory and disk of the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphwell.adapters.machine_health import MachineHealth
from graphwell.ports import Ailing


def kernel(folder: Path, *, available: int) -> Path:
    """Return a folder with the kernel's files of a machine with so much of 1000 kB of memory available."""
    (folder / "self" / "fd").mkdir(parents=True)
    (folder / "self" / "statm").write_text("100 20 5 1 0 50 0\n")
    (folder / "self" / "fd" / "0").touch()
    (folder / "meminfo").write_text(f"MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable: {available} kB\n")
    return folder


def test_shares_and_sizes_are_told(tmp_path: Path) -> None:
    detail = MachineHealth(kernel(tmp_path, available=400), tmp_path).check()
    assert detail.keys() == {"cpu", "memory", "disk", "resident_bytes", "open_files"}
    assert (detail["memory"], detail["open_files"]) == (0.6, 1)
    assert int(detail["resident_bytes"]) % 20 == 0


def test_memory_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    with pytest.raises(Ailing) as ailing:
        MachineHealth(kernel(tmp_path, available=10), tmp_path).check()
    assert (ailing.value.reason, ailing.value.detail["memory"]) == ("MemoryFull", 0.99)


def test_this_machine_can_be_read() -> None:
    assert 0 <= float(MachineHealth().check()["memory"]) <= 1
