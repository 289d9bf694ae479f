"""Java servers that are started from inside a Python process, because their own command cannot be told enough."""

from __future__ import annotations

import json
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jpype


class StopSignal:
    """SIGTERM or SIGINT, whichever thread of the process receives it and however early it comes."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Block until it has come."""
        self._reader.recv(1)


def read_settings() -> dict[str, Any]:
    """Return the JSON settings whose path is this process's argument."""
    settings: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    return settings


def start_jvm(libjvm: str, class_path: Sequence[str], options: Sequence[str]) -> StopSignal:
    """Start the Java virtual machine in this process, and leave the stop signals to Python (-Xrs)."""
    stop = StopSignal()
    jpype.startJVM(libjvm, "-Xrs", *options, classpath=list(class_path), convertStrings=True, interrupt=False)
    return stop
