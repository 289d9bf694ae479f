"""Embed tasks on SQS: references only, so a message stays small and holds no text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from graphwell.adapters.aws_errors import unavailable_as
from graphwell.adapters.untraced import UNTRACED
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput, Unavailable
from graphwell.domain.origin import Origin
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, Tracer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

LONGEST_CALL_S = 8.0
"""Two attempts of 1 s to connect and 3 s to answer, as the container makes the client."""

_BATCH = 10
"""Most messages in one SendMessageBatch call."""

_AWAY = "The embedding queue does not answer; try again shortly."

_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsEmbedQueue:
    """The `EmbedQueue` port over one queue.

    Parameters:
        client: boto3 client of SQS.
        queue_url: address of the queue.
        tracer: times what is sent.
    """

    def __init__(self, client: SQSClient, queue_url: str, tracer: Tracer = UNTRACED) -> None:
        self._client = client
        self._queue_url = queue_url
        self._tracer = tracer

    def send(self, tasks: Sequence[EmbedTask]) -> None:
        """Send all tasks; see the port. None is sent so late that a queue that is away would hold the caller up."""
        invocation = Deadline.current()
        for first in range(0, len(tasks), _BATCH):
            if invocation and invocation.remaining_s() < LONGEST_CALL_S:
                raise Unavailable("There is no time left to send work to the queue; the reconciler does.")
            entries = [_entry(index, task) for index, task in enumerate(tasks[first : first + _BATCH])]
            with self._tracer.span("sqs"), unavailable_as(_AWAY):
                reply = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            if reply.get("Failed"):
                raise Unavailable("The embedding queue did not take all work; try again shortly.")

    def is_empty(self) -> bool:
        """Tell whether no task waits or is being worked on; see the port."""
        with unavailable_as(_AWAY):
            reply = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=[*_COUNTS])
        return not any(int(reply["Attributes"][name]) for name in _COUNTS)


def _entry(index: int, task: EmbedTask) -> SendMessageBatchRequestEntryTypeDef:
    """Return a message of a batch.

    Its group makes the queue fair: a tenant with many messages in work waits for those with few. By X-Ray's header, if
    the origin's trace is one, Lambda links the traces of sender and receiver.
    """
    entry: SendMessageBatchRequestEntryTypeDef = {
        "Id": str(index),
        "MessageBody": encode_task(task),
        "MessageGroupId": task.scope.tenant_id,
    }
    if task.origin and task.origin.trace.startswith("Root="):
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": task.origin.trace}}
    return entry


def encode_task(task: EmbedTask) -> str:
    """Return the message body of a task."""
    fields = {"tenant_id": task.scope.tenant_id, "chunk_ids": list(task.chunk_ids), "task_id": task.id}
    return json.dumps(fields | ({"origin": asdict(task.origin)} if task.origin else {}))


def decode_task(body: str) -> EmbedTask:
    """Return the task of a message body.

    Raises:
        ValueError: the body is not one that `encode_task` made.
    """
    fields: Any = json.loads(body)
    try:
        scope, chunk_ids, task_id = TenantScope(fields["tenant_id"]), fields["chunk_ids"], fields.get("task_id")
    except (AttributeError, KeyError, TypeError, InvalidInput) as error:
        raise ValueError("An embed message holds a tenant_id and chunk_ids.") from error
    if not (isinstance(chunk_ids, list) and all(isinstance(chunk_id, str) for chunk_id in chunk_ids)):
        raise ValueError("An embed message's chunk_ids is a list of texts.")
    if not isinstance(task_id, str | None):
        raise ValueError("An embed message's task_id is a text.")  # noqa: TRY004  a caller tells by one class
    return EmbedTask(scope, tuple(chunk_ids), task_id, _origin(fields.get("origin")))


def _origin(fields: object) -> Origin | None:
    """Return the origin in a message; None for what has no such form, which logs and traces miss and nothing else."""
    match fields:
        case {"correlation_id": str(correlation_id), "trace": str(trace)}:
            return Origin(correlation_id, trace)
    return None
