"""Everything that invokes functions without a request: queues, buckets and schedules of the template."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from devstack.errors import DevstackError
from devstack.gateway.bucket_watch import BucketWatch, ObjectVersion
from devstack.gateway.environments import InvokeResult
from devstack.gateway.function_view import FunctionSpec
from devstack.gateway.functions import Functions
from devstack.gateway.in_flight import InFlightJournal, JournaledQueue
from devstack.gateway.local_aws import LocalAws
from devstack.gateway.resource_view import read_buckets, read_queues
from devstack.gateway.schedules import ScheduleRunner
from devstack.gateway.sqs_queue import SqsQueue
from devstack.gateway.sqs_source import QueuePoller
from devstack.gateway.template import Template
from devstack.gateway.watch_journal import WatchJournal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


class EventSource(Protocol):
    """Invokes functions in the background."""

    def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End."""


class EventSources:
    """Starts and stops them together."""

    def __init__(self, template: Template, functions: Functions, aws: LocalAws, data_dir: Path) -> None:
        """Prepare the event sources of provisioned queues and buckets.

        Parameters:
            template: what declares them.
            functions: what they invoke.
            aws: the local servers.
            data_dir: folder of the files that remember which objects were announced and which messages are held.

        Raises:
            DevstackError: a mapping names a queue that the template does not have, or a schedule cannot be read.
        """
        self._template = template
        self._functions = functions
        self._aws = aws
        self._sqs = aws.sqs()
        self._queue_urls = {
            queue.arn: str(template.references(queue.logical_id, None)) for queue in read_queues(template)
        }
        mappings = sum(len(spec.queues) for spec in functions.specs)
        self._threads = ThreadPoolExecutor(max(1, 2 * mappings), thread_name_prefix="sqs")
        self._journal = WatchJournal(data_dir / "bucket-watch.sqlite")
        self._in_flight = InFlightJournal(data_dir / "in-flight.sqlite")
        self._all: list[EventSource] = [*self._pollers(), *self._watches(), *self._schedules()]

    def start(self) -> None:
        """Start all of them."""
        for source in self._all:
            source.start()

    async def stop(self) -> None:
        """Stop all of them."""
        await asyncio.gather(*(source.stop() for source in self._all))
        self._threads.shutdown(wait=False)
        self._journal.close()
        self._in_flight.close()

    def _pollers(self) -> Iterator[QueuePoller]:
        for spec in self._functions.specs:
            for source in spec.queues:
                yield QueuePoller(
                    source,
                    self._queue(source.queue_arn),
                    self._invoker(spec),
                    concurrency=self._functions.pool(spec.short_name).maximum,
                    region=self._template.account.region,
                )

    def _queue(self, arn: str) -> JournaledQueue:
        return JournaledQueue(SqsQueue(self._sqs, self._url(arn), self._threads), arn, self._in_flight)

    def _watches(self) -> Iterator[BucketWatch]:
        for bucket in read_buckets(self._template):
            for notification in bucket.notifications:
                yield BucketWatch(
                    notification,
                    self._journal,
                    list_objects=partial(_list_objects, self._aws.s3()),
                    send=partial(_send, self._sqs, self._url(notification.queue_arn)),
                    region=self._template.account.region,
                )

    def _schedules(self) -> Iterator[ScheduleRunner]:
        for spec in self._functions.specs:
            for source in spec.schedules:
                yield ScheduleRunner(source, self._invoker(spec), self._template.account)

    def _invoker(self, spec: FunctionSpec) -> Callable[[bytes], Awaitable[InvokeResult]]:
        return partial(self._functions.invoke, spec.short_name)

    def _url(self, queue_arn: str) -> str:
        if queue_arn not in self._queue_urls:
            raise DevstackError(f"The template sends events from or to {queue_arn}, which is not one of its queues.")
        return self._queue_urls[queue_arn]


def _list_objects(s3: S3Client, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield ObjectVersion(item["Key"], item["ETag"], item["Size"], item["LastModified"])


def _send(sqs: SQSClient, url: str, body: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=body)
