"""Which messages the local stack holds, in a small SQLite file.

Lambda's pollers outlive any crash of a function; the local stack's do not. After kill -9 of the stack its messages
would stay invisible for the rest of their visibility timeout (six minutes for the embed queue); so they go on at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from devstack.gateway.journal import open_journal
from devstack.gateway.sqs_batches import Message
from devstack.gateway.sqs_source import MessageQueue

_SCHEMA = """
CREATE TABLE IF NOT EXISTS in_flight (
    queue TEXT NOT NULL, message_id TEXT NOT NULL, receipt_handle TEXT NOT NULL,
    PRIMARY KEY (queue, message_id)
) WITHOUT ROWID
"""


class InFlightJournal:
    """Receipt handles of received messages, by queue."""

    def __init__(self, path: Path) -> None:
        """Open the journal, which is made when it is missing."""
        self._database = open_journal(path, _SCHEMA)

    def held(self, queue: str) -> list[Message]:
        """Return what an earlier life of the stack received from a queue and did not finish."""
        rows = self._database.execute("SELECT message_id, receipt_handle FROM in_flight WHERE queue = ?", (queue,))
        return [{"MessageId": message_id, "ReceiptHandle": handle} for message_id, handle in rows]

    def record(self, queue: str, messages: Sequence[Message]) -> None:
        """Note that messages were received; one that comes again replaces its older handle."""
        rows = [(queue, message["MessageId"], message["ReceiptHandle"]) for message in messages]
        self._database.executemany("INSERT OR REPLACE INTO in_flight VALUES (?, ?, ?)", rows)

    def forget(self, queue: str, messages: Sequence[Message]) -> None:
        """Note that messages were deleted or given back."""
        rows = [(queue, message["MessageId"]) for message in messages]
        self._database.executemany("DELETE FROM in_flight WHERE queue = ? AND message_id = ?", rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class JournaledQueue:
    """A `MessageQueue` that remembers what it holds, and first gives back what an earlier life held."""

    def __init__(self, queue: MessageQueue, name: str, journal: InFlightJournal) -> None:
        self._queue = queue
        self._name = name
        self._journal = journal
        self._recovered = False

    async def receive(self, maximum: int, wait_s: int) -> Sequence[Message]:
        """Return up to `maximum` (1 to 10) messages, waiting `wait_s` seconds for the first."""
        if not self._recovered:
            await self._give_back()
        messages = await self._queue.receive(maximum, wait_s)
        if messages:
            self._journal.record(self._name, messages)
        return messages

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages."""
        await self._queue.delete(messages)
        self._journal.forget(self._name, messages)

    async def release(self, messages: Sequence[Message]) -> None:
        """Make messages visible again at once."""
        await self._queue.release(messages)
        self._journal.forget(self._name, messages)

    async def _give_back(self) -> None:
        """Release one by one: a handle may have run out, or its message may have gone to the dead-letter queue."""
        for message in self._journal.held(self._name):
            with contextlib.suppress(Exception):
                await self._queue.release([message])
            self._journal.forget(self._name, [message])
        self._recovered = True
