"""Word of uploaded files on SQS, in the form in which S3 gives it itself."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from graphwell.adapters.aws_errors import unavailable_as
from graphwell.adapters.s3_upload_store import upload_key
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsExtractQueue:
    """The `ExtractQueue` port over one queue.

    Parameters:
        client: boto3 client of SQS.
        queue_url: address of the queue.
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, scope: TenantScope, job_id: str, arrived_at: datetime) -> None:
        """Say that the file of a job is there; see the port."""
        key = quote_plus(upload_key(scope, job_id), safe="/")
        event = {"eventName": "ObjectCreated:Put", "eventTime": arrived_at.isoformat()}
        record = {**event, "s3": {"object": {"key": key}}}
        with unavailable_as("The queue of uploaded files does not answer; try again shortly."):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps({"Records": [record]}))
