"""A queue of the local SQS server, called with boto3 in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from devstack.gateway.sqs_batches import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef

_T = TypeVar("_T")
_BATCH = 10


class SqsQueue:
    """One queue; implements devstack.gateway.sqs_source.MessageQueue."""

    def __init__(self, client: SQSClient, url: str, threads: ThreadPoolExecutor) -> None:
        """Use the queue at `url`; each call occupies one of the threads."""
        self._client = client
        self._url = url
        self._threads = threads

    async def receive(self, maximum: int, wait_s: int) -> Sequence[Message]:
        """Return up to `maximum` (1 to 10) messages, waiting `wait_s` seconds for the first."""
        reply = await self._call(
            lambda: self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=maximum,
                WaitTimeSeconds=wait_s,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        )
        return cast("Sequence[Message]", reply.get("Messages", []))

    async def delete(self, messages: Sequence[Message]) -> None:
        """Delete messages."""
        for first in range(0, len(messages), _BATCH):
            entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages[first : first + _BATCH])
            ]
            await self._call(partial(self._client.delete_message_batch, QueueUrl=self._url, Entries=entries))

    async def release(self, messages: Sequence[Message]) -> None:
        """Make messages visible again at once."""
        for message in messages:
            handle: str = message["ReceiptHandle"]
            change = partial(self._client.change_message_visibility, QueueUrl=self._url, VisibilityTimeout=0)
            await self._call(partial(change, ReceiptHandle=handle))

    async def _call(self, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)
