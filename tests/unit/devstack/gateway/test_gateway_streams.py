"""Replies that the gateway passes on while they are made."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devstack.gateway.references import Account
from devstack.gateway.rest_api import RestApi
from devstack.gateway.routing import Router
from devstack.gateway.runtime_api import RuntimeFailure
from tests.unit.devstack.gateway.http_samples import API, STREAMED, FakeFunctions, FakeServer

pytestmark = pytest.mark.anyio
CRASH = RuntimeFailure("Runtime.ExitError", "secret")


class Caller:
    """A caller of the streamed route; `sent` is what comes."""

    def __init__(self, server: FakeServer, *, timeout_s: float = 20) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._has_asked = False
        api = RestApi(
            API,
            Router([STREAMED]),
            FakeFunctions({}),
            server,
            account=Account(),
            throttle=None,
            integration_timeout_s=timeout_s,
        )
        scope = {"type": "http", "method": "GET", "raw_path": b"/v1/streamed", "query_string": b"", "headers": []}
        self.call = asyncio.create_task(api(scope, self._receive, self.sent.put))

    def leave(self) -> None:
        """Go away."""
        self._gone.set()

    async def _receive(self) -> dict[str, Any]:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        """Wait for the reply to begin."""
        begun = await self.sent.get()
        assert b"connection" not in dict(begun["headers"])
        return int(begun["status"])


async def test_a_chunk_is_passed_on_before_the_next_is_made() -> None:
    server = FakeServer([b"one", b"two"])
    caller = Caller(server)
    assert await caller.status() == 200
    assert (await caller.sent.get())["body"] == b"one"
    server.released.set()
    await caller.call
    assert [caller.sent.get_nowait()["body"] for _ in range(2)] == [b"two", b""]


async def test_a_caller_who_leaves_ends_the_reply() -> None:
    server = FakeServer([b"one", b"two"])
    caller = Caller(server)
    assert await caller.status() == 200
    caller.leave()
    await asyncio.wait_for(caller.call, 20)
    assert server.ended.is_set()


async def test_a_function_that_fails_before_its_reply_is_502_without_its_details() -> None:
    caller = Caller(FakeServer(failure=CRASH))
    assert await caller.status() == 502
    assert b"secret" not in (await caller.sent.get())["body"]


async def test_a_function_that_fails_within_its_reply_leaves_it_without_an_end() -> None:
    server = FakeServer([b"one"], failure=CRASH)
    caller = Caller(server)
    with pytest.raises(RuntimeFailure):
        await caller.call
    assert [caller.sent.get_nowait().get("body") for _ in range(caller.sent.qsize())] == [None, b"one"]


async def test_a_reply_that_takes_too_long_is_cut_off() -> None:
    server = FakeServer([b"one", b"two"])
    with pytest.raises(TimeoutError):
        await Caller(server, timeout_s=0.05).call
    assert server.ended.is_set()
