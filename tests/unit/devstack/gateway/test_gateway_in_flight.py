"""Messages that a killed stack held are given back by the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from devstack.gateway.in_flight import InFlightJournal, JournaledQueue
from devstack.gateway.sqs_batches import Message


class FakeQueue:
    """Hands out messages; a released one can be received again, an unknown handle is an error as in SQS."""

    def __init__(self, *ids: str) -> None:
        self.visible = list(ids)
        self.hidden: list[str] = []
        self.deleted: list[str] = []

    async def receive(self, maximum: int, wait_s: int) -> Sequence[Message]:
        del wait_s
        taken, self.visible = self.visible[:maximum], self.visible[maximum:]
        self.hidden += taken
        return [{"MessageId": name, "ReceiptHandle": f"handle-{name}"} for name in taken]

    async def delete(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.hidden.remove(message["MessageId"])
            self.deleted.append(message["MessageId"])

    async def release(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.hidden.remove(message["MessageId"])
            self.visible.append(message["MessageId"])


def test_what_a_killed_stack_held_comes_again_at_once(tmp_path: Path) -> None:
    server = FakeQueue("a", "b", "c")

    async def first_life() -> None:
        queue = JournaledQueue(server, "embed", InFlightJournal(tmp_path / "journal"))
        held = await queue.receive(2, 0)
        await queue.delete(held[:1])

    async def second_life() -> list[str]:
        queue = JournaledQueue(server, "embed", InFlightJournal(tmp_path / "journal"))
        return [message["MessageId"] for message in await queue.receive(10, 0)]

    asyncio.run(first_life())
    assert (server.visible, server.hidden) == (["c"], ["b"])
    assert sorted(asyncio.run(second_life())) == ["b", "c"]
    assert server.deleted == ["a"]


def test_a_message_that_is_gone_meanwhile_stops_nothing(tmp_path: Path) -> None:
    journal = InFlightJournal(tmp_path / "journal")
    journal.record("embed", [{"MessageId": "gone", "ReceiptHandle": "x"}])

    received = asyncio.run(JournaledQueue(FakeQueue("a"), "embed", journal).receive(10, 0))

    assert [message["MessageId"] for message in received] == ["a"]
    assert [message["MessageId"] for message in journal.held("embed")] == ["a"]


def test_queues_are_remembered_apart(tmp_path: Path) -> None:
    journal = InFlightJournal(tmp_path / "journal")
    journal.record("embed", [{"MessageId": "a", "ReceiptHandle": "x"}])

    asyncio.run(JournaledQueue(FakeQueue(), "extract", journal).receive(10, 0))

    assert [message["MessageId"] for message in journal.held("embed")] == ["a"]
