"""Events as they go out, and work whose caller goes away."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
from graphwell.http.event_stream import EventStream, TellEvent, Work

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Caller:
    """An ASGI server's end: `sent` is what came, and `leave` goes away."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()

    def leave(self) -> None:
        """Go away; from any thread."""
        self._loop.call_soon_threadsafe(self._gone.set)

    async def serve(self, work: Work) -> None:
        """Serve one reply."""
        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        await EventStream(work, Deadline.after(30))(scope, self._receive, self.sent.put)

    async def _receive(self) -> dict[str, str]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def left(self) -> list[Any]:
        """Return what has come and was not looked at."""
        return [self.sent.get_nowait() for _ in range(self.sent.qsize())]


async def test_an_event_goes_out_before_the_next_is_made() -> None:
    caller, seen = Caller(), threading.Event()

    def work(tell: TellEvent, _: Deadline) -> None:
        tell("first", {"text": "a\nb"})
        assert seen.wait(20)
        tell("last", {})

    serving = asyncio.create_task(caller.serve(work))
    assert (await caller.sent.get())["status"] == 200
    assert (await caller.sent.get())["body"] == b'event: first\ndata: {"text":"a\\nb"}\n\n'
    seen.set()
    await serving
    assert [message["body"] for message in caller.left()] == [b"event: last\ndata: {}\n\n", b""]


@pytest.mark.parametrize("tells_first", [True, False])
async def test_a_caller_who_goes_away_has_no_time_left(tells_first: bool) -> None:
    caller, ended, seen = Caller(), threading.Event(), []

    def work(tell: TellEvent, deadline: Deadline) -> None:
        if tells_first:
            tell("first", {})
        caller.leave()
        try:
            while deadline.half().within(5).remaining_s():  # also where only a part of the time was given on
                pass
        except DeadlineExceeded as error:
            seen.append(error)
            raise
        finally:
            ended.set()

    await caller.serve(work)
    assert await asyncio.to_thread(ended.wait, 20)
    assert len(seen) == 1


async def test_an_error_before_the_first_event_is_raised_and_nothing_is_sent() -> None:
    caller = Caller()

    def work(_tell: TellEvent, _deadline: Deadline) -> None:
        raise Unavailable("Away.")

    with pytest.raises(Unavailable):
        await caller.serve(work)
    assert caller.left() == []


async def test_the_work_runs_under_its_deadline() -> None:
    caller = Caller()

    def work(tell: TellEvent, deadline: Deadline) -> None:
        tell("done", {"is_current": Deadline.current() is deadline})

    await caller.serve(work)
    assert b'{"is_current":true}' in caller.left()[1]["body"]
