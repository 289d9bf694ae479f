"""Health of a queue and its dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from graphwell.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsHealth:
    """The `HealthProbe` port: how much waits in a queue; questions are answered without it, so it is not vital.

    Parameters:
        client: boto3 client of SQS.
        name: short name of the queue.
        queue_url: its address.
        dead_letter_url: address of its dead-letter queue; empty for none.
        oldest_s: gives the age of the oldest work in it; SQS tells that to CloudWatch alone.
    """

    vital = False
    timeout_s = 3.0
    fresh_for_s = 10.0
    """AWS counts approximately, and bills each look."""

    def __init__(
        self,
        client: SQSClient,
        name: str,
        queue_url: str,
        dead_letter_url: str = "",
        oldest_s: Callable[[], float] | None = None,
    ) -> None:
        self.name = name
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_url = dead_letter_url
        self._oldest_s = oldest_s

    def check(self) -> Mapping[str, str | int | float]:
        """Return how many messages wait, are being worked on and could not be, and the age of the oldest in seconds."""
        waiting, in_flight = self._counts(self._queue_url)
        detail: dict[str, str | int | float] = {"waiting": waiting, "in_flight": in_flight}
        if self._dead_letter_url:
            detail["dead_letters"] = sum(self._counts(self._dead_letter_url))
        if self._oldest_s:
            with suppress(Unavailable):  # the graph has a check of its own
                detail["oldest_s"] = round(self._oldest_s(), 1)
        return detail

    def _counts(self, url: str) -> tuple[int, int]:
        attributes = self._client.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
        return (
            int(attributes["ApproximateNumberOfMessages"]),
            int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        )
