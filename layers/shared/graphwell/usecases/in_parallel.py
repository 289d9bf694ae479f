"""Do several things at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

Result = TypeVar("Result")

MAX_THREADS = 4
"""As many as an environment's pool of connections can serve at once, with room for the request's own."""


def in_parallel(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return what each work returns, in order; the first error in order is raised when all have ended.

    Each runs in a thread with a copy of this one's context, so that deadlines and traces hold in it too. Threads cannot
    be stopped: whatever is done has to end by its own deadline.
    """
    if len(works) <= 1:
        return [work() for work in works]
    with ThreadPoolExecutor(min(len(works), MAX_THREADS)) as pool:
        begun = [pool.submit(copy_context().run, work) for work in works]
    return [each.result() for each in begun]
