"""Replies of server-sent events, made by work that runs in a thread of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

from graphwell.domain.deadline import Deadline
from graphwell.http import problems

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

TellEvent = Callable[[str, Any], None]
"""Sends an event: its name, and its data, which becomes one line of JSON."""

Work = Callable[[TellEvent, Deadline], None]


class EventStream(Response):
    """A reply whose status waits for the first event: what fails before it is a problem like any other route's.

    What fails later is told as an event `error`, whose data is the same problem. A caller who goes away has no time
    left: the deadline that the work is given passes at that moment, wherever in the work it is looked at.

    Parameters:
        work: tells at least one event; in a thread, so that this one can send what it tells and hear of the caller.
        deadline: when the work has to end.
    """

    media_type = "text/event-stream"

    def __init__(self, work: Work, deadline: Deadline) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers()  # without the length of a body, which `Response` itself would give
        self._work = work
        self._deadline = deadline
        self._is_left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the work and send each event when it is told."""
        told: asyncio.Queue[bytes | None] = asyncio.Queue()
        working = asyncio.create_task(asyncio.to_thread(self._run, told, asyncio.get_running_loop()))
        leaving = asyncio.create_task(_until_left(receive))
        for task in (working, leaving):
            task.add_done_callback(lambda ended: _put_end(ended, told))
        try:
            is_started = False
            while (event := await told.get()) is not None:
                if not is_started:
                    await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                    is_started = True
                await send({"type": "http.response.body", "body": event, "more_body": True})
            error = working.exception() if working.done() else None
            if error is not None and not is_started:
                raise error
            if error is not None:
                problem = await problems.reply_to(Request(scope), error)
                await send(
                    {"type": "http.response.body", "body": _framed("error", bytes(problem.body)), "more_body": True}
                )
            if is_started:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._is_left = True
            leaving.cancel()

    def _run(self, told: asyncio.Queue[bytes | None], loop: asyncio.AbstractEventLoop) -> None:
        def tell(name: str, data: Any) -> None:
            event = _framed(name, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
            loop.call_soon_threadsafe(told.put_nowait, event)

        deadline = Deadline(self._deadline.at_s, self._now_s)
        with deadline.held():
            self._work(tell, deadline)

    def _now_s(self) -> float:
        return float("inf") if self._is_left else self._deadline.clock()


def _framed(name: str, data: bytes) -> bytes:
    """Return an event as the HTML standard frames it; JSON has no line ends of its own."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _put_end(ended: asyncio.Task[None], told: asyncio.Queue[bytes | None]) -> None:
    """Wake whoever waits for events; an error of work that nobody waits for any more counts as seen."""
    if not ended.cancelled():
        ended.exception()
    told.put_nowait(None)
