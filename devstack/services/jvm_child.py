"""Java servers that are started from inside a Python process, because their own command cannot be told enough."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jpype

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def read_settings() -> dict[str, Any]:
    """Return the JSON settings whose path is this process's argument."""
    settings: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    return settings


def start_jvm(libjvm: str, class_path: Sequence[str], options: Sequence[str]) -> None:
    """Start the Java virtual machine in this process.

    The stop signals are blocked first: the machine's threads inherit that, so wait_for_stop() is the only receiver, and
    a signal that comes while the server is still starting waits for its turn.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    jpype.startJVM(libjvm, "-Xrs", *options, classpath=list(class_path), convertStrings=True)


def wait_for_stop() -> None:
    """Block until this process is asked to end."""
    signal.sigwait(_STOP_SIGNALS)
