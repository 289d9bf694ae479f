"""One local stack for all attacks on the whole API, with throttling and counting off, in one worker of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.e2e.stack import Stack, running_stack

ATTACKS_ON_THE_STACK = ("test_isolation.py", "test_naughty_strings.py", "test_openapi.py")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack; stopped at the end."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


class OneStack(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker whole files, and one of them all that attack the stack: no other starts a stack as well."""

    def _split_scope(self, nodeid: str) -> str:
        path: str = nodeid.partition("::")[0]
        return "stack" if path.endswith(ATTACKS_ON_THE_STACK) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneStack:
    """Schedule by what is shared."""
    return OneStack(config, log)
