"""Moves the messages of a dead-letter queue back to the queue they came from."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from devstack.client.addresses import is_loopback
from devstack.errors import DevstackError, UsageError
from devstack.stack_options import DEFAULT_DATA
from devstack.state import DataFolder

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LOCAL_QUEUES = {"embed": "EmbedDeadLetterQueue", "extract": "ExtractDeadLetterQueue", "agent": "AgentDeadLetterQueue"}
_POLL_S = 0.5
_TIMEOUT_S = 600.0


def move_back(queue: str, data: Path | None, *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Move all messages of a dead-letter queue back, and wait for the end of it.

    Parameters:
        queue: `embed`, `extract` or `agent` of the local stack, or the address of a dead-letter queue, which the AWS
            credentials of the environment have to give access to.
        data: data folder of the local stack; None for the default one.

    Returns:
        How many messages were moved.

    Raises:
        UsageError: there is no such queue.
        DevstackError: the local stack does not run, SQS cannot be asked, or the move failed.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  (start-up time)

    try:
        sqs, url = _queue(queue, data)
        return move_messages(sqs, url, sleep=sleep)
    except ClientError as error:
        raise DevstackError(f"SQS refused to move the messages: {error}.") from error
    except BotoCoreError as error:
        why = str(error).rstrip(".")
        raise DevstackError(
            f"SQS could not be asked ({why}); check the queue's URL and the AWS credentials."
        ) from error


def move_messages(sqs: SQSClient, queue_url: str, *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Move all messages of the dead-letter queue at this address; return how many.

    Raises:
        DevstackError: the move failed, or took longer than ten minutes.
    """
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.start_message_move_task(SourceArn=arn)
    for _ in range(int(_TIMEOUT_S / _POLL_S)):
        task = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"][0]
        if task["Status"] == "COMPLETED":
            return task.get("ApproximateNumberOfMessagesMoved", 0)
        if task["Status"] != "RUNNING":
            raise DevstackError(f"The move ended as {task['Status']}: {task.get('FailureReason', 'no reason given')}.")
        sleep(_POLL_S)
    raise DevstackError("The move goes on; see ListMessageMoveTasks of SQS.")


def _queue(queue: str, data: Path | None) -> tuple[SQSClient, str]:
    import boto3  # noqa: PLC0415  (start-up time)

    if queue not in LOCAL_QUEUES:
        if not queue.startswith(("http://", "https://")):
            raise UsageError(f"{queue!r} is no dead-letter queue; use embed, extract, agent or a queue's URL.")
        if is_loopback(queue):
            return _local_client("/".join(queue.split("/")[:3])), queue
        return boto3.client("sqs", region_name=_region(queue)), queue
    folder = DataFolder(data or DEFAULT_DATA)
    state = folder.read_state() if folder.is_held() else None  # after a kill -9 it tells of what ran before
    service = state.services.get("sqs") if state else None
    if service is None or service.port is None:
        raise DevstackError("The local stack is not running; start it with `graphwell up`, or give a queue's URL.")
    client = _local_client(f"http://127.0.0.1:{service.port}")
    urls = client.list_queues().get("QueueUrls", [])
    return client, next(url for url in urls if LOCAL_QUEUES[queue] in url)


def _local_client(endpoint_url: str) -> SQSClient:
    import boto3  # noqa: PLC0415  (start-up time)

    return boto3.client(
        "sqs",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106  # the local server takes any
    )


def _region(queue_url: str) -> str | None:
    """Return the region in an address such as https://sqs.eu-west-1.amazonaws.com/123456789012/name."""
    host = queue_url.split("/")[2].split(".")
    return host[1] if host[0] == "sqs" and len(host) > 2 else None  # noqa: PLR2004
