"""Queues feed functions in batches and lose nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from devstack.gateway.environments import InvokeResult
from devstack.gateway.function_view import QueueSource
from devstack.gateway.sqs_batches import Message
from devstack.gateway.sqs_source import QueuePoller

pytestmark = pytest.mark.anyio


class FakeQueue:
    """A queue in memory: received messages are hidden until they are released."""

    def __init__(self, *bodies: str) -> None:
        self.visible = [{"MessageId": body, "ReceiptHandle": f"r-{body}", "Body": body} for body in bodies]
        self.deleted: list[str] = []
        self.released: list[str] = []
        self.asked: list[tuple[int, int]] = []
        self.failures = 0

    async def receive(self, maximum: int, wait_s: int) -> Sequence[Message]:
        self.asked.append((maximum, wait_s))
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        taken, self.visible = self.visible[:maximum], self.visible[maximum:]
        return taken

    async def delete(self, messages: Sequence[Message]) -> None:
        self.deleted += [message["MessageId"] for message in messages]

    async def release(self, messages: Sequence[Message]) -> None:
        self.released += [message["MessageId"] for message in messages]


class FakeFunction:
    """Records batches; answers what it is told, and waits for `gate` when that is set."""

    def __init__(self, answer: Callable[[list[str]], Any] = lambda _: None, error: str | None = None) -> None:
        self.batches: list[list[str]] = []
        self.running = 0
        self.most_running = 0
        self.gate: asyncio.Event | None = None
        self._answer = answer
        self._error = error

    async def __call__(self, payload: bytes) -> InvokeResult:
        ids = [record["messageId"] for record in json.loads(payload)["Records"]]
        self.batches.append(ids)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.gate is not None:
            await self.gate.wait()
        self.running -= 1
        return InvokeResult(json.dumps(self._answer(ids)).encode(), self._error)


def _poller(queue: FakeQueue, function: FakeFunction, *, concurrency: int = 1, **source: Any) -> QueuePoller:
    settings = {
        "queue_arn": "arn:q",
        "batch_size": 3,
        "batching_window_s": 0,
        "reports_failures": True,
        "maximum_concurrency": None,
    }
    return QueuePoller(
        QueueSource(**{**settings, **source}), queue, function, concurrency=concurrency, region="us-east-1"
    )


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_messages_are_worked_in_batches_and_deleted() -> None:
    queue, function = FakeQueue("a", "b", "c", "d"), FakeFunction()
    poller = _poller(queue, function)
    poller.start()
    await _until(lambda: len(queue.deleted) == 4)
    await poller.stop()

    assert function.batches == [["a", "b", "c"], ["d"]]
    assert queue.deleted == ["a", "b", "c", "d"]


async def test_messages_that_failed_are_not_deleted() -> None:
    queue = FakeQueue("a", "b", "c")
    poller = _poller(queue, FakeFunction(lambda ids: {"batchItemFailures": [{"itemIdentifier": ids[1]}]}))
    poller.start()
    await _until(lambda: bool(queue.deleted))
    await poller.stop()

    assert queue.deleted == ["a", "c"]


async def test_a_failed_invocation_deletes_nothing() -> None:
    queue, function = FakeQueue("a", "b"), FakeFunction(error="Unhandled")
    poller = _poller(queue, function)
    poller.start()
    await _until(lambda: bool(function.batches))
    await poller.stop()

    assert queue.deleted == []


async def test_no_more_batches_run_than_the_mapping_allows() -> None:
    queue, function = FakeQueue(*"abcdef"), FakeFunction()
    function.gate = asyncio.Event()
    poller = _poller(queue, function, batch_size=1, concurrency=4, maximum_concurrency=2)
    poller.start()
    await _until(lambda: function.running == 2)
    for _ in range(20):
        await asyncio.sleep(0)
    still_queued = len(queue.visible)
    function.gate.set()
    await _until(lambda: len(queue.deleted) == 6)
    await poller.stop()

    assert function.most_running == 2
    assert still_queued == 4


async def test_a_batching_window_fills_a_batch_over_ten_messages() -> None:
    queue, function = FakeQueue(*(str(number) for number in range(12))), FakeFunction()
    poller = _poller(queue, function, batch_size=12, batching_window_s=60)
    poller.start()
    await _until(lambda: len(queue.deleted) == 12)
    await poller.stop()

    assert [len(batch) for batch in function.batches] == [12]
    assert queue.asked[:2] == [(10, 2), (2, 2)]


async def test_polling_goes_on_after_the_queue_was_away() -> None:
    queue, function = FakeQueue("a"), FakeFunction()
    queue.failures = 1
    poller = _poller(queue, function)
    poller.start()
    await _until(lambda: queue.deleted == ["a"])
    await poller.stop()

    assert len(queue.asked) >= 2


async def test_a_batch_that_is_cut_off_by_a_stop_goes_back() -> None:
    queue, function = FakeQueue("a", "b"), FakeFunction()
    function.gate = asyncio.Event()
    poller = _poller(queue, function)
    poller.start()
    await _until(lambda: function.running == 1)
    await poller.stop(grace_s=0.01)

    assert queue.released == ["a", "b"]
    assert queue.deleted == []


async def test_a_batch_that_ends_in_time_is_finished_by_a_stop() -> None:
    queue, function = FakeQueue("a"), FakeFunction()
    function.gate = asyncio.Event()
    poller = _poller(queue, function)
    poller.start()
    await _until(lambda: function.running == 1)
    function.gate.set()
    await poller.stop()

    assert queue.deleted == ["a"]
