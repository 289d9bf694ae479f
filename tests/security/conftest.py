"""One local stack for all attacks on the whole API, with throttling and counting off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack; stopped at the end."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
