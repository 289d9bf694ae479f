"""Keeping a message to oneself for as long as it is worked on, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LEASE_S = 20
"""Seconds for which a message is hidden, again and again while it is worked on: after a crash it comes back this soon.
The queue's own timeout, six times its function's, would hide it for minutes."""

_RENEWED_EVERY_S = LEASE_S / 2

MAX_RECEIVES = 10
"""Times that a message is given out before it goes to the dead-letter queue; the template's `maxReceiveCount`."""

_FIRST_WAIT_S = 5
_LONGEST_WAIT_S = 300


class SqsLease:
    """Holds messages of one queue.

    Parameters:
        client: boto3 client of SQS.
        queue_url: address of the queue.
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    @contextmanager
    def held(self, receipt_handle: str, receives: int) -> Iterator[None]:
        """Hide a message for the length of a with block; one that fails is hidden for its wait before the next try.

        A queue that does not answer changes nothing: the message then comes back when its last timeout ends.

        Parameters:
            receives: how often it was given out, this time included.
        """
        done = threading.Event()
        self._hide(receipt_handle, LEASE_S)
        renewal = threading.Thread(target=self._renew, args=(receipt_handle, done), daemon=True)
        renewal.start()
        try:
            yield
        except Exception:
            done.set()
            renewal.join()
            self._hide(receipt_handle, retry_wait_s(receives))
            raise
        finally:
            done.set()

    def _renew(self, receipt_handle: str, done: threading.Event) -> None:
        while not done.wait(_RENEWED_EVERY_S):
            self._hide(receipt_handle, LEASE_S)

    def _hide(self, receipt_handle: str, seconds: int) -> None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        with suppress(BotoCoreError, ClientError):
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )


def retry_wait_s(receives: int) -> int:
    """Return the wait before the next try: 5 s, doubled each time, 300 s at most; some 20 minutes for all tries."""
    return int(min(_FIRST_WAIT_S * 2 ** (receives - 1), _LONGEST_WAIT_S))
