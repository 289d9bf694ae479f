"""Environments of a function: one that cannot be started fails its caller, and holds up nobody."""

from __future__ import annotations

import asyncio
from typing import cast

import psutil
import pytest

from devstack.gateway.environments import Environment, InvokeResult
from devstack.gateway.function_pool import FunctionPool
from devstack.gateway.function_view import FunctionSpec

pytestmark = pytest.mark.anyio


class GoneAtOnce:
    """A process that has ended before anything could be asked of it."""

    alive = False
    cold_start = None

    async def start(self) -> None:
        raise psutil.NoSuchProcess(1)


class Works:
    """A process that answers."""

    alive = True
    cold_start = None

    async def start(self) -> None:
        """Start."""

    async def invoke(self, payload: bytes, trace_id: str) -> InvokeResult:  # noqa: ARG002
        return InvokeResult(payload)


async def test_a_process_that_is_gone_at_once_fails_its_caller_and_gives_its_place_back() -> None:
    kinds = iter([GoneAtOnce, Works])
    pool = FunctionPool(
        cast("FunctionSpec", None),
        maximum=1,
        create=lambda: cast("Environment", next(kinds)()),
        starts=asyncio.Semaphore(1),
    )

    async with asyncio.timeout(5):
        failed = await pool.invoke(b"1", "trace")
        answered = await pool.invoke(b"2", "trace")

    assert (failed.function_error, answered.payload) == ("Unhandled", b"2")
