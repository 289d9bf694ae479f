"""Event source mappings from SQS: receive, invoke, delete what succeeded, leave the rest to the visibility timeout."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from devstack.gateway.environments import InvokeResult
from devstack.gateway.function_view import QueueSource
from devstack.gateway.sqs_batches import Message, batch_event, failed_messages

_WAIT_S = 2
"""Length of a long poll, and so of the wait for one when the stack stops."""

_RETRY_S = 1.0
_MAX_RECEIVE = 10
_MAX_BATCH_BYTES = 3 * 1024 * 1024
"""A batch this large takes no more messages: one more receive stays below Lambda's 6 MB."""

_log = logging.getLogger(__name__)


class MessageQueue(Protocol):
    """One queue."""

    async def receive(self, maximum: int, wait_s: int) -> Sequence[Message]:
        """Return up to `maximum` (1 to 10) messages, waiting `wait_s` seconds for the first."""

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages."""

    async def release(self, messages: Sequence[Message]) -> None:
        """Make messages visible again at once."""


class QueuePoller:
    """Feeds one function from one queue."""

    def __init__(
        self,
        source: QueueSource,
        queue: MessageQueue,
        invoke: Callable[[bytes], Awaitable[InvokeResult]],
        *,
        concurrency: int,
        region: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Poll `queue` as `source` says.

        Parameters:
            source: the mapping.
            queue: where messages come from.
            invoke: calls the function with an event.
            concurrency: batches in work at most; no message is received before one of them is free.
            region: the queue's region.
            clock: seconds, for the batching window.
        """
        self.batches = 0
        self._source = source
        self._queue = queue
        self._invoke = invoke
        self._region = region
        self._clock = clock
        self._free = asyncio.Semaphore(min(concurrency, source.maximum_concurrency or concurrency))
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Poll in the background."""
        self._loop = asyncio.create_task(self._poll())

    async def stop(self, grace_s: float = 5.0) -> None:
        """Receive no more, give batches in work `grace_s` seconds, and put back what they did not finish."""
        self._stopping = True
        if self._working:
            await asyncio.wait(self._working, timeout=grace_s)
        for task in tuple(self._working):
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        if self._loop is not None:  # last: it may have waited for one of them to end
            await self._loop

    async def _poll(self) -> None:
        while not self._stopping:
            await self._free.acquire()
            if self._stopping:
                return
            messages: list[Message] = []
            try:
                await self._collect(messages)
            except Exception as error:  # noqa: BLE001 - whatever the queue's server does, polling goes on
                _log.warning("Receiving from %s failed: %s", self._source.queue_arn, error)
                await asyncio.sleep(_RETRY_S)
            if not messages:
                self._free.release()
                continue
            if self._stopping:
                await self._put_back(messages)
                return
            task = asyncio.create_task(self._work(messages))
            self._working.add(task)
            task.add_done_callback(self._finished)

    async def _collect(self, messages: list[Message]) -> None:
        """Fill a batch: wait for its first message, then, within the batching window, for the others."""
        size = self._source.batch_size
        messages += await self._queue.receive(min(_MAX_RECEIVE, size), _WAIT_S)
        closes_at = self._clock() + self._source.batching_window_s
        while messages and len(messages) < size and not self._stopping and _size_bytes(messages) < _MAX_BATCH_BYTES:
            wait_s = round(closes_at - self._clock())
            if wait_s <= 0:
                break
            messages += await self._queue.receive(min(_MAX_RECEIVE, size - len(messages)), min(_WAIT_S, wait_s))

    async def _work(self, messages: Sequence[Message]) -> None:
        self.batches += 1
        try:
            result = await self._invoke(batch_event(messages, self._source.queue_arn, self._region))
        except asyncio.CancelledError:
            await self._put_back(messages)
            raise
        ids = [message["MessageId"] for message in messages]
        failed = failed_messages(result, ids, reports_failures=self._source.reports_failures)
        done = [message for message in messages if message["MessageId"] not in failed]
        if failed:
            _log.warning("%d of %d messages of %s failed.", len(failed), len(ids), self._source.queue_arn)
        if done:
            await self._queue.delete(done)

    async def _put_back(self, messages: Sequence[Message]) -> None:
        with contextlib.suppress(Exception):  # the visibility timeout puts them back in any case
            await self._queue.release(messages)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._free.release()
        if not task.cancelled() and (error := task.exception()):
            _log.warning("A batch of %s failed: %s", self._source.queue_arn, error)


def _size_bytes(messages: Sequence[Message]) -> int:
    return sum(len(message["Body"]) for message in messages)
