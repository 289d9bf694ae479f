"""What commands take from the outside world, so that tests pass fakes instead of patching."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    import typer


@dataclass(frozen=True)
class CliContext:
    """The outside world as the commands see it.

    Parameters:
        transport: sends HTTP requests; None for the network.
        sleep: waits the given seconds.
        clock_s: monotonic seconds.
    """

    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock_s: Callable[[], float] = time.perf_counter


def context_of(ctx: typer.Context) -> CliContext:
    """Return the context that the command was started with, by default the real world."""
    return ctx.obj if isinstance(ctx.obj, CliContext) else CliContext()
