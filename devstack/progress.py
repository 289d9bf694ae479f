"""Show people what the stack is doing: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from devstack.state import ComponentState, Status

_STYLES = {
    Status.WAITING: "dim",
    Status.DOWNLOADING: "cyan",
    Status.STARTING: "yellow",
    Status.READY: "green",
    Status.RESTARTING: "magenta",
    Status.FAILED: "red",
    Status.STOPPED: "dim",
}
_BUSY = {Status.DOWNLOADING, Status.STARTING, Status.RESTARTING}


class Display(Protocol):
    """Somewhere to show the state of components."""

    def show(self, component: str, state: ComponentState) -> None:
        """Show the new state of one component; may be called from any thread."""


class NoDisplay:
    """Shows nothing."""

    def show(self, component: str, state: ComponentState) -> None:
        """Do nothing."""


class LineDisplay:
    """One line for each change of status; the counts of a download are left out, they would fill a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, Status] = {}

    def show(self, component: str, state: ComponentState) -> None:
        """Print a line when the status is another one than before."""
        if self._shown.get(component) != state.status and state.status is not Status.WAITING:
            self._console.print(
                f"{component:<10} {state.status} {state.detail}".rstrip(), highlight=False, markup=False
            )
        self._shown[component] = state.status


class LiveDisplay:
    """A table with one row a component, redrawn in place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._states: dict[str, ComponentState] = {}

    def show(self, component: str, state: ComponentState) -> None:
        """Redraw the table."""
        self._states = {**self._states, component: state}
        self._live.update(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for component, state in self._states.items():
            style = _STYLES[state.status]
            mark = Spinner("dots", style=style) if state.status in _BUSY else Text("●", style=style)
            table.add_row(mark, component, Text(state.status, style=style), Text(state.detail, style="dim"))
        return table


@contextmanager
def open_display(console: Console) -> Iterator[Display]:
    """Give the display that suits the console for the length of a with block."""
    if not console.is_terminal:
        yield LineDisplay(console)
        return
    with Live(console=console, refresh_per_second=8) as live:
        yield LiveDisplay(live)
