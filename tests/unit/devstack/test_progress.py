"""Progress is one line a change in a log, and a table on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from devstack.progress import LineDisplay, LiveDisplay, open_display
from devstack.state import ComponentState, Status


def test_without_a_terminal_each_change_of_status_is_a_plain_line() -> None:
    out = io.StringIO()
    with open_display(Console(file=out)) as display:
        assert isinstance(display, LineDisplay)
        display.show("neo4j", ComponentState(Status.WAITING))
        display.show("neo4j", ComponentState(Status.DOWNLOADING, "0/237 files"))
        display.show("neo4j", ComponentState(Status.DOWNLOADING, "99/237 files"))
        display.show("neo4j", ComponentState(Status.READY, "in 7.0 s"))

    assert out.getvalue() == "neo4j      downloading 0/237 files\nneo4j      ready in 7.0 s\n"


def test_on_a_terminal_every_component_has_a_row_with_its_last_state() -> None:
    out = io.StringIO()
    with open_display(Console(file=out, force_terminal=True, width=80)) as display:
        assert isinstance(display, LiveDisplay)
        display.show("neo4j", ComponentState(Status.DOWNLOADING, "99/237 files"))
        display.show("valkey", ComponentState(Status.READY, "in 0.2 s"))
        display.show("neo4j", ComponentState(Status.READY, "in 7.0 s"))

    last = out.getvalue()[out.getvalue().rindex("neo4j") :]
    assert "in 7.0 s" in last
    assert "in 0.2 s" in last
    assert "237" not in last
