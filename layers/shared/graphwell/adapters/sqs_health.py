"""Health of a queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsHealth:
    """The `HealthProbe` port: how much waits in a queue; questions are answered without it, so it is not vital.

    Parameters:
        client: boto3 client of SQS.
        name: short name of the queue.
        queue_url: its address.
    """

    vital = False

    def __init__(self, client: SQSClient, name: str, queue_url: str) -> None:
        self.name = name
        self._client = client
        self._queue_url = queue_url

    def check(self) -> Mapping[str, str | int | float]:
        """Return the number of messages that wait and that are being worked on."""
        attributes = self._client.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return {
            "waiting": int(attributes["ApproximateNumberOfMessages"]),
            "in_flight": int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        }
