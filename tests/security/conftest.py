"""One local stack for all attacks on the whole API, with throttling and counting off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack; stopped at the end."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    started = running.command("up", "--detach", "--rate-limits", "off")
    assert started.returncode == 0, started.stderr
    yield running
    stopped = running.command("down")
    assert stopped.returncode == 0, stopped.stderr
