"""The state of the running stack, kept in the state file and on the display."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from devstack.progress import Display
from devstack.state import ComponentState, DataFolder, StackState, StackStatus


class Board:
    """Collects the states of components; may be used from any thread.

    Parameters:
        folder: data folder, held by this process, whose state file is kept up to date.
        display: where people see it.
        ports: the servers' ports, remembered for the next start.
    """

    def __init__(self, folder: DataFolder, display: Display, ports: Mapping[str, int]) -> None:
        self._folder = folder
        self._display = display
        self._lock = threading.Lock()
        self._state = StackState(
            pid=os.getpid(),
            status=StackStatus.STARTING,
            data=str(folder.root),
            log_dir=str(folder.log_dir),
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            ports=dict(ports),
        )
        folder.write_state(self._state)

    def show(self, component: str, state: ComponentState) -> None:
        """Take the new state of one component."""
        with self._lock:
            self._state = replace(self._state, services={**self._state.services, component: state})
            self._folder.write_state(self._state)
        self._display.show(component, state)

    def remember_port(self, name: str, port: int) -> None:
        """Keep a port for the next start."""
        self._change(ports={**self._state.ports, name: port})

    def running(self, url: str | None) -> None:
        """Everything answers, the gateway under this address."""
        self._change(status=StackStatus.RUNNING, url=url)

    def stopped(self, error: str | None = None) -> None:
        """Everything has ended; `error` is the sentence that says why, when nobody asked for it."""
        self._change(status=StackStatus.STOPPED, url=None, error=error)

    def _change(self, **fields: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **fields)
            self._folder.write_state(self._state)
