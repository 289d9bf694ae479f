"""`python -m devstack.daemon OPTIONS_JSON`: the stack in the background; it tells how it is through the state file."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from devstack.errors import DevstackError
from devstack.progress import Display, NoDisplay
from devstack.stack import run_stack
from devstack.stack_options import StackOptions
from devstack.state import ComponentState, DataFolder, StackRunningError, StackState, StackStatus

_EXIT_HELD = 75
"""Another process holds the data folder (EX_TEMPFAIL)."""
_POLL_S = 0.1


def start_daemon(options: StackOptions) -> subprocess.Popen[bytes]:
    """Start the stack in a new session, with its output in the log folder, and return at once."""
    log_dir = DataFolder(options.data.resolve()).log_dir
    log_dir.mkdir(parents=True, exist_ok=True)
    with (log_dir / "stack.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "devstack.daemon", _to_json(options)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def follow(process: subprocess.Popen[bytes], folder: DataFolder, display: Display) -> StackState:
    """Show the progress of a daemon until it is ready, and return its state then.

    Raises:
        StackRunningError: another process holds the data folder.
        DevstackError: the sentence that the daemon failed with.
    """
    shown: dict[str, ComponentState] = {}
    while True:
        ended = process.poll()
        state = folder.read_state()
        if state and state.pid == process.pid:
            for name, component in state.services.items():
                if shown.get(name) != component:
                    display.show(name, component)
            shown = dict(state.services)
            if state.status is StackStatus.RUNNING and ended is None:
                return state
        if ended == _EXIT_HELD:
            raise StackRunningError(f"Another stack was started on {folder.root} at the same time.")
        if ended is not None:
            told = state.error if state and state.pid == process.pid else None
            raise DevstackError(told or f"The stack ended before it was ready; see {folder.log_dir / 'stack.log'}.")
        time.sleep(_POLL_S)


def main() -> int:
    """Run until told to stop; return the exit code."""
    # The folder that it was started from may be unmounted or removed while it runs.
    os.chdir("/")
    try:
        asyncio.run(run_stack(_from_json(sys.argv[1]), NoDisplay()))
    except StackRunningError:
        return _EXIT_HELD
    except DevstackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _to_json(options: StackOptions) -> str:
    return json.dumps(
        {
            "data": str(options.data.resolve()),
            "port": options.port,
            "rate_limits": options.rate_limits,
            "parameters": dict(options.parameters),
            "template": str(options.template.resolve()),
            "concurrency": options.concurrency,
        }
    )


def _from_json(text: str) -> StackOptions:
    fields = json.loads(text)
    return StackOptions(**{**fields, "data": Path(fields["data"]), "template": Path(fields["template"])})


if __name__ == "__main__":
    sys.exit(main())
