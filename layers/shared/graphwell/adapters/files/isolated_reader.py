"""Reads each file in a process of its own, since its parser runs on whatever a stranger made."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from graphwell.adapters.files.reader_process import MAX_RESULT_BYTES, read_outcome
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_PROCESS = "graphwell.adapters.files.reader_process"
_OUT_OF_TIME = frozenset({-signal.SIGKILL, -signal.SIGXCPU})


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one file may take.

    Parameters:
        memory_bytes: address space of the process, its libraries included.
        time_s: from its start to its end, and the same again of processor time.
    """

    memory_bytes: int = 1024**3
    time_s: float = 100.0


class IsolatedReader:
    """TextExtractor port: `FileTextExtractor` in a process that can hang, grow or crash without harm to this one."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text of a file; see the port. Raises the same faults, and those of the limits."""
        limits = self._limits
        command = [sys.executable, "-m", _PROCESS, media_type, str(limits.memory_bytes), str(math.ceil(limits.time_s))]
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as result:
            source.write(data)
            source.seek(0)
            try:
                done = subprocess.run(  # noqa: S603  (a fixed command)
                    command,
                    stdin=source,
                    stdout=result,
                    stderr=subprocess.DEVNULL,
                    env=reader_environment(),
                    timeout=limits.time_s,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise self._out_of_time() from None
            result.seek(0)
            written = result.read(MAX_RESULT_BYTES)
        if done.returncode in _OUT_OF_TIME:
            raise self._out_of_time()
        try:
            return read_outcome(written)
        except ValueError:
            raise UnreadableFile(
                FileFault.MEMORY,
                "Reading the file broke off, most likely for want of memory; split it.",
            ) from None

    def _out_of_time(self) -> UnreadableFile:
        return UnreadableFile(
            FileFault.TIMEOUT,
            f"Reading the file takes longer than {self._limits.time_s:g} s; split it.",
        )


def reader_environment() -> dict[str, str]:
    """Return the variables of the process: neither credentials nor the names of secrets reach a parser."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
