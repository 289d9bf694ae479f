"""An SQS batch as Lambda sees it: the event it becomes, and which messages its outcome leaves in the queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from devstack.gateway.environments import InvokeResult

Message = Mapping[str, Any]
"""A message as ReceiveMessage returns it."""


def batch_event(messages: Sequence[Message], queue_arn: str, region: str) -> bytes:
    """Return the event of a batch.

    Parameters:
        messages: at least one message.
        queue_arn: where they came from.
        region: the queue's region.
    """
    return json.dumps({"Records": [_record(message, queue_arn, region) for message in messages]}).encode()


def failed_messages(result: InvokeResult, message_ids: Collection[str], *, reports_failures: bool) -> set[str]:
    """Return the ids of the messages that stay in the queue.

    A failed invocation fails the batch. With ReportBatchItemFailures a handler may name the ones that failed; a
    report that cannot be read, or names a message that is not of the batch, fails the batch, as Lambda has it.

    Parameters:
        result: outcome of the invocation.
        message_ids: the batch.
        reports_failures: whether the mapping has ReportBatchItemFailures.
    """
    every = set(message_ids)
    if result.function_error:
        return every
    if not reports_failures:
        return set()
    try:
        reply = json.loads(result.payload)
        failures = [] if reply is None else reply.get("batchItemFailures")
        named = {failure["itemIdentifier"] for failure in failures or []}
    except (ValueError, KeyError, TypeError, AttributeError):
        return every
    return named if named <= every else every


def _record(message: Message, queue_arn: str, region: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute = {"stringListValues": [], "binaryListValues": [], "dataType": value.get("DataType", "String")}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    return attribute
